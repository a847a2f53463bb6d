"""Whether things happened in the agreed order: a fresh look first, one message after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.checks.case import Case, Check
from harness.checks.docket import Docket
from harness.checks.dossier import Dossier
from harness.checks.phrases import lasting
from harness.checks.subjects import Attempt, Subject
from harness.contract import Contract
from harness.history import Origin
from harness.landscape import Landscape
from harness.mapping import Path, parse_path, read
from harness.messages import Outcome, Sighting, Way, key_text

GUARD, AFTER = "guard", "after"


def check(case: Case) -> Docket:
    """Rule on what had to happen before a message was sent.

    Only what the target took counts: a request that was refused wrote nothing. The fresh look is
    any sight of the source that the integration had, by webhook or by reading. What must come
    first is found by a join of the contract, by a field of the target with the name of its key,
    or by an equal key; errs towards *unproven* where none of these relates the two.
    """
    docket = case.dossier.docket()
    for subject in case.dossier.subjects.values():
        for attempt in subject.attempts:
            _guarded(case.dossier, subject, attempt, docket)
            _followed(case.dossier, subject, attempt, docket)
    return docket


def _guarded(dossier: Dossier, subject: Subject, attempt: Attempt, docket: Docket) -> None:
    guard = dossier.contract.guard
    if guard is None or not _counts(attempt, GUARD, subject, docket):
        return
    number, begun = attempt.number, attempt.sighting.at
    seen = [one for one in subject.shown if _known_by(one, attempt.sighting.begun)]
    limit = lasting(guard.seen_within)
    if not seen:
        docket.fail(
            GUARD,
            cause="not_read",
            expected=f"{subject.name} is read at most {limit} before it is sent",
            observed=f"{dossier.target_name(attempt)} was sent, and it was not read at all",
            subject=subject.name,
            exchanges=[number],
        )
        return
    moments = [moment for one in seen if (moment := _seen_at(one)) is not None]
    if begun is None or not moments:
        docket.doubt(
            GUARD,
            "the history holds no times",
            would_prove="a history with times",
            witnesses=[number],
        )
        return
    age = max(begun - max(moments), 0)
    last = max(seen, key=lambda one: _seen_at(one) or 0)
    if age <= guard.seen_within:
        said = f"{subject.name} was read {lasting(age)} before it was sent"
        docket.prove(GUARD, [last.number, number], said)
        return
    docket.fail(
        GUARD,
        cause="read_too_long_ago",
        expected=f"{subject.name} is read at most {limit} before it is sent",
        observed=f"it was last read {lasting(age)} before {dossier.target_name(attempt)} was sent",
        subject=subject.name,
        exchanges=[last.number, number],
    )


def _followed(dossier: Dossier, subject: Subject, attempt: Attempt, docket: Docket) -> None:
    first = dossier.contract.after
    if first is None or not _counts(attempt, AFTER, subject, docket):
        return
    relation = _relation(dossier.contract, dossier.landscape, subject, attempt)
    if isinstance(relation, str):
        docket.doubt(AFTER, f"{subject.name}: {relation}", witnesses=[attempt.number])
        return
    before = relation.found(dossier, first)
    _judge_order(dossier, subject, attempt, before, relation, docket)


def _judge_order(
    dossier: Dossier,
    subject: Subject,
    attempt: Attempt,
    before: Sequence[Sighting],
    relation: _Relation,
    docket: Docket,
) -> None:
    first, begun = str(dossier.contract.after), attempt.sighting.begun
    accepted = next((one for one in before if _stood(one, begun)), None)
    if accepted is not None:
        said = f"{first} was accepted before {dossier.target_name(attempt)} was sent"
        docket.prove(AFTER, [accepted.number, attempt.number], said)
        return
    witnesses = [attempt.number, *(one.number for one in before[:5])]
    unsure = next((one for one in before if one.begun < begun and _unsure(one)), None)
    if unsure is not None:
        docket.doubt(
            AFTER,
            f"{subject.name}: nobody knows whether its {first} was accepted before",
            would_prove="a commit, a later read or a repeated call that settles it",
            witnesses=witnesses,
        )
        return
    if not before and not relation.declared and not _keys_meet(dossier, first):
        docket.doubt(
            AFTER,
            f"{subject.name}: no {first} has its key, and nothing else relates the two",
            would_prove=f"a join of {first} under `with`, or a history in which the keys are equal",
            witnesses=witnesses,
        )
        return
    if not before and dossier.origin(first.partition(".")[0]) is not Origin.SIMULATED:
        docket.doubt(
            AFTER,
            f"{subject.name}: its {first} may have been accepted before the history begins",
            would_prove=f"a history that shows the {first}",
            witnesses=witnesses,
        )
        return
    later = any(_stood(one, None) for one in before)
    docket.fail(
        AFTER,
        cause="too_early",
        expected=f"{first} is accepted before {dossier.target_name(attempt)} is sent",
        observed="it was accepted later" if later else "it was never accepted",
        subject=subject.name,
        exchanges=witnesses,
    )


@dataclass(frozen=True, slots=True)
class _Relation:
    """Which sightings of the first message belong to one message that came after.

    ``wanted`` are fields of the first message with the values that they must equal; without
    fields it is the key that must equal one of ``keys``. ``declared`` says that the files tell so.
    """

    wanted: tuple[tuple[Path, str], ...] = ()
    keys: frozenset[str] = frozenset()
    declared: bool = False

    def found(self, dossier: Dossier, first: str) -> list[Sighting]:
        """Return the sightings of the first message that belong, in the order of time."""
        if self.wanted:
            paths, texts = zip(*self.wanted, strict=True)
            return dossier.sightings_with(first, paths, texts)
        found = [one for key in self.keys if key for one in dossier.sightings_with(first, (), key)]
        return sorted(found, key=lambda one: one.begun)


def _relation(
    contract: Contract, landscape: Landscape, subject: Subject, attempt: Attempt
) -> _Relation | str:
    """Return how the first message is found, or why it cannot be."""
    first = str(contract.after)
    join = next((one for one in contract.with_.values() if one.name == first), None)
    if join is not None:
        pairs = []
        for theirs, mine in join.on.items():
            text = _value_at(contract, mine, subject, attempt)
            if not text:
                return f"`{mine}` has no value that relates it to {first}"
            pairs.append((parse_path(theirs), text))
        return _Relation(tuple(pairs), declared=True)
    key = landscape.message(first).key
    target = landscape.message(contract.to)
    if key != target.key and key in target.fields:
        text = key_text(read(parse_path(key), attempt.sighting.body))
        if text:
            return _Relation(keys=frozenset({text}), declared=True)
    return _Relation(keys=frozenset({subject.of, attempt.sighting.key} - {""}))


def _value_at(contract: Contract, text: str, subject: Subject, attempt: Attempt) -> str:
    """Return the value that a join names, read from the target or from the known source."""
    path = parse_path(text)
    if path.head in contract.with_ or path.many:
        return ""
    if path.head == "target" and len(path.parts) > 1:
        return key_text(read(path.tail(), attempt.sighting.body))
    if path.head == "source" and len(path.parts) > 1:
        path = path.tail()
    known = subject.known_at(attempt.sighting.begun)
    body = attempt.basis.view.source if attempt.basis else known[0].body if known else None
    return key_text(read(Path(path.parts), body))


def _keys_meet(dossier: Dossier, first: str) -> bool:
    """Return whether this history shows that the keys of both messages are the same."""
    known = {one.key for one in dossier.sightings.of(first)} - {""}
    return any(key in known for key in _all_keys(dossier))


def _all_keys(dossier: Dossier) -> Iterator[str]:
    for subject in dossier.subjects.values():
        yield subject.of
        yield from (attempt.sighting.key for attempt in subject.attempts)


def _stood(sighting: Sighting, tick: int | None) -> bool:
    """Return whether a sighting shows that the system had the message, before a tick."""
    if sighting.way is Way.SENT and sighting.outcome is not Outcome.ACCEPTED:
        return False
    if sighting.way is Way.EMITTED:
        return tick is None or sighting.begun <= tick
    known = sighting.known
    return known is not None and (tick is None or known <= tick)


def _unsure(sighting: Sighting) -> bool:
    return sighting.way is Way.SENT and not (sighting.outcome or Outcome.UNKNOWN).definite


def _counts(attempt: Attempt, path: str, subject: Subject, docket: Docket) -> bool:
    """Return whether a request is bound at all; one of unknown outcome leaves a doubt."""
    if attempt.fate.taken is None:
        docket.doubt(
            path,
            f"{subject.name}: nobody knows whether it was accepted",
            witnesses=[attempt.number],
        )
    elif not attempt.fate.taken:
        docket.idle(path, "no request was accepted")
    return attempt.fate.taken is True


def _known_by(sighting: Sighting, tick: int) -> bool:
    return sighting.known is not None and sighting.known <= tick


def _seen_at(sighting: Sighting) -> int | None:
    """Return when the integration saw it: a webhook when it came, an answer when it ended."""
    exchange = sighting.exchange
    return sighting.at if exchange is not None and exchange.topic else sighting.ended


CHECK = Check("order", frozenset({GUARD, AFTER}), check)
