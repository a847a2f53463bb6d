"""How each source message ended, decided once, so that one cause is one failure everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from harness.checks.comparison import Hold
from harness.checks.dossier import Dossier
from harness.checks.fitness import breaches
from harness.checks.subjects import Attempt, Ending, Subject, Told, Version
from harness.contract import FailureRule
from harness.messages import Outcome

RETRIES = ("retry", "renew_and_retry", "reread_and_retry")
"""Actions of failure rows that send the message again."""


class State(StrEnum):
    """What became of a source message under its contract."""

    NOT_OWED = "not owed"
    UNDECIDED = "undecided"
    HELD = "held"
    """A rule says that it must not be delivered as it is."""
    LAPSED = "lapsed"
    """It stopped being owed before anything was sent."""
    DELIVERED = "delivered"
    UNKNOWN = "unknown"
    HANDLED = "handled"
    """It failed, and the agreed action was done and the agreed person told in time."""
    MISHANDLED = "mishandled"
    """It failed, and only a part of what was agreed was done."""
    LOST = "lost"
    """It failed, and nobody did anything."""
    UNSENT = "unsent"
    OPEN = "open"
    """It is not delivered, and the history does not go on to its deadline."""


@dataclass(frozen=True, slots=True)
class Handling:
    """What was done about a failure; None where the history cannot tell.

    ``late`` is how long after the failure the person was told, where that was too long.
    """

    action: bool | None
    told: bool | None
    late: int | None = None
    witnesses: tuple[int, ...] = ()

    @property
    def proper(self) -> bool:
        """Return whether everything agreed was done in time."""
        return self.action is True and self.told is True


@dataclass(frozen=True, slots=True)
class Account:
    """One source message: what was owed, when, and how it ended."""

    subject: Subject
    state: State
    version: Version | None = None
    ending: Ending | None = None
    deadline: int | None = None
    holds: tuple[Hold, ...] = ()
    row: tuple[str, FailureRule] | None = None
    handling: Handling | None = None
    reason: str = ""


def account(dossier: Dossier, subject: Subject) -> Account:
    """Decide what became of one source message."""
    if subject.owed is None:
        state = State.UNDECIDED if subject.undecided else State.NOT_OWED
        return Account(subject, state, ending=subject.ending())
    if not subject.linked and not subject.attempts:
        reason = "what its target message is called cannot be worked out"
        return Account(subject, State.UNDECIDED, ending=subject.ending(), reason=reason)
    version, holds = _deliverable(dossier, subject)
    ending = subject.ending()
    deadline = _deadline(dossier, version)
    if holds:
        return Account(subject, State.HELD, version, ending, deadline, holds)
    if ending.kind == "taken":
        return Account(subject, State.DELIVERED, version, ending, deadline)
    if ending.kind == "unsent":
        return _unsent(dossier, subject, version, ending, deadline)
    return _failed(dossier, subject, version, ending, deadline)


def accounts(dossier: Dossier) -> list[Account]:
    """Decide what became of every source message of a dossier."""
    return [account(dossier, subject) for subject in dossier.subjects.values()]


def past(dossier: Dossier, deadline: int | None) -> bool | None:
    """Return whether a deadline lies within the history; a settled one has seen them all.

    None when there is a limit and the history holds no times.
    """
    if dossier.ceiling is None:
        return True if dossier.settled else None
    return dossier.over(deadline)


def handling_of(
    dossier: Dossier, subject: Subject, attempt: Attempt, rule: FailureRule
) -> Handling:
    """Return what was done after a call that failed for good."""
    action, seen = _action(dossier, subject, attempt, rule)
    told, late, heard = _told(dossier, subject, attempt, rule)
    return Handling(action, told, late, (attempt.number, *seen, *heard))


def followed(subject: Subject, attempt: Attempt) -> bool:
    """Return whether the call was repeated in its series."""
    return any(
        one.series == attempt.series and one.sighting.begun > attempt.sighting.begun
        for one in subject.attempts
    )


def answerable(dossier: Dossier, account_: Account) -> str:
    """Return the team that acts for a message that was not accepted.

    A target that refuses what its own file calls valid answers for it, a source whose message
    breaks its own file for that; in all other cases the integration does.
    """
    version, ending = account_.version, account_.ending
    if version is not None and next(breaches(dossier.source, version.body), None) is not None:
        return dossier.team("source")
    attempt = None if ending is None else ending.attempt
    if attempt is not None and attempt.outcome is Outcome.REJECTED and not attempt.faulted:
        valid = next(breaches(dossier.target, attempt.sighting.body), None) is None
        right = attempt.basis is not None and attempt.basis.comparison.fits
        row = dossier.row_for(attempt)
        # What was agreed to be tried again was for the integration to try.
        if valid and right and (row is None or row[1].then not in RETRIES):
            return dossier.team("target")
    return dossier.team("integration")


def _deliverable(dossier: Dossier, subject: Subject) -> tuple[Version, tuple[Hold, ...]]:
    """Return the first owed version that may be delivered, else the first with its holds."""
    owed = [version for version in subject.versions if version.fulfils]
    for version in owed:
        if not dossier.holds(version):
            return version, ()
    return owed[0], dossier.holds(owed[0])


def _deadline(dossier: Dossier, version: Version) -> int | None:
    return dossier.due_for(version)


def _unsent(
    dossier: Dossier, subject: Subject, version: Version, ending: Ending, deadline: int | None
) -> Account:
    later = [one for one in subject.versions if one.number > version.number]
    if any(one.fulfils is False for one in later):
        return Account(subject, State.LAPSED, version, ending, deadline)
    over = past(dossier, deadline)
    if over:
        return Account(subject, State.UNSENT, version, ending, deadline)
    return Account(subject, State.OPEN, version, ending, deadline, reason=_why_open(over))


def _failed(
    dossier: Dossier, subject: Subject, version: Version, ending: Ending, deadline: int | None
) -> Account:
    last = subject.attempts[-1]
    row = dossier.row_for(last)
    handling = None if row is None else handling_of(dossier, subject, last, row[1])
    over = past(dossier, deadline)

    def as_(state: State, reason: str = "") -> Account:
        return Account(
            subject, state, version, ending, deadline, row=row, handling=handling, reason=reason
        )

    if handling is not None and handling.proper:
        return as_(State.HANDLED)
    if ending.kind == "unknown":
        return as_(State.UNKNOWN)
    if not over:
        return as_(State.OPEN, _why_open(over))
    done_something = handling is not None and (
        handling.told is None or handling.action is None or _did_something(handling, row)
    )
    return as_(State.MISHANDLED if done_something else State.LOST)


def _did_something(handling: Handling, row: tuple[str, FailureRule] | None) -> bool:
    if row is None:
        return False
    parked = row[1].then == "park" and handling.action is True
    heard = row[1].tell is not None and (handling.told is True or handling.late is not None)
    # An action that is not doing something, as `skip` is, can hardly be told from a loss.
    undone = row[1].then == "undo" and handling.action is True
    passive = row[1].then not in ("park", "undo", *RETRIES) and row[1].tell is None
    return parked or undone or heard or passive


def _why_open(over: bool | None) -> str:  # noqa: FBT001 - the three answers of one question
    if over is None:
        return "the history does not tell when it is over"
    return "the history ends before the deadline"


def _action(
    dossier: Dossier, subject: Subject, attempt: Attempt, rule: FailureRule
) -> tuple[bool | None, list[int]]:
    again = followed(subject, attempt)
    if again and rule.then == "reread_and_retry":
        return _reread(dossier, subject, attempt)
    if rule.then == "undo":
        return _undone(dossier, subject, attempt, rule)
    if rule.then in RETRIES:
        return (True if again else None if dossier.halted_after(attempt.number) else False), []
    if rule.then == "park":
        return _parked(dossier, subject, attempt)
    if rule.then == "stop":
        later = any(
            one.sighting.begun > (attempt.done or attempt.number)
            for other in dossier.subjects.values()
            for one in other.attempts
        )
        return not later, []
    given_up = _given_up(subject, attempt) if rule.then == "treat_as_success" else []
    return not (again or given_up), given_up


def _given_up(subject: Subject, attempt: Attempt) -> list[int]:
    """Return the exchange by which a message was parked after a call, if it was."""
    begun = attempt.sighting.begun
    numbers = [one.number for one in subject.parked if one.begun > begun]
    return [number for number in numbers if number is not None][:1]


def _reread(dossier: Dossier, subject: Subject, attempt: Attempt) -> tuple[bool, list[int]]:
    """Return whether the source, or what is joined to it, was read between a call and the next."""
    begun = attempt.sighting.begun
    following = min(
        one.sighting.begun
        for one in subject.attempts
        if one.series == attempt.series and one.sighting.begun > begun
    )
    seen = [
        one.number
        for one in subject.shown
        if one.number is not None and one.known is not None and begun < one.known <= following
    ]
    known = subject.known_at(following)
    if dossier.joining is not None and known:
        for name in dossier.contract.with_:
            numbers = dossier.joining.shown_by(known[0].body, name, following)
            seen += [number for number in numbers if begun < number]
    return bool(seen), [*seen[:1], following]


def _undone(
    dossier: Dossier, subject: Subject, attempt: Attempt, rule: FailureRule
) -> tuple[bool | None, list[int]]:
    """Return whether the message of the contract that takes it back was accepted afterwards."""
    peer = dossier.peers.get(rule.undo or "")
    if peer is None:
        return None, []
    keys = {subject.of, *subject.target_keys}
    calls = [
        one
        for other in peer.subjects.values()
        for one in other.attempts
        if ({other.of, one.sighting.key} & keys) and one.sighting.begun > attempt.sighting.begun
    ]
    taken = [one.number for one in calls if one.fate.taken]
    if taken:
        return True, taken[:1]
    if any(one.fate.taken is None for one in calls) or dossier.halted_after(attempt.number):
        return None, [one.number for one in calls]
    over = dossier.settled or _grace_is_over(dossier, attempt)
    return (False if over else None), [one.number for one in calls]


def _parked(dossier: Dossier, subject: Subject, attempt: Attempt) -> tuple[bool | None, list[int]]:
    if dossier.contract.parked is None:
        return None, []
    series = [one.sighting.begun for one in subject.attempts if one.series == attempt.series]
    seen = [one for one in subject.parked if one.begun > min(series)]
    if seen:
        return True, [one.number for one in seen[:1] if one.number is not None]
    if dossier.halted_after(attempt.number):
        return None, []
    return (False if dossier.settled or _grace_is_over(dossier, attempt) else None), []


def _told(
    dossier: Dossier, subject: Subject, attempt: Attempt, rule: FailureRule
) -> tuple[bool | None, int | None, list[int]]:
    if rule.tell is None:
        return True, None, []
    team, ended = dossier.team(rule.tell), attempt.sighting.ended
    heard = [
        one
        for one in subject.told
        if one.who == team and one.sighting.begun > attempt.sighting.begun
    ]
    if not heard:
        limit = None if ended is None or rule.within is None else ended + rule.within
        over = dossier.over(limit) if limit is not None else dossier.settled or None
        return (False if over else None), None, []
    return _in_time(heard[0], ended, rule.within)


def _in_time(
    told: Told, ended: int | None, within: int | None
) -> tuple[bool | None, int | None, list[int]]:
    number = [] if told.sighting.number is None else [told.sighting.number]
    if within is None:
        return True, None, number
    at = told.sighting.at
    if at is None or ended is None:
        return None, None, number
    took = at - ended
    return (True, None, number) if took <= within else (False, took, number)


def _grace_is_over(dossier: Dossier, attempt: Attempt) -> bool:
    return dossier.over(dossier.due(attempt.sighting.ended)) is True
