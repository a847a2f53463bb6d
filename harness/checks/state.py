"""Whether systems hold what was agreed: values of records, counts and sums of messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from harness.checks.case import Case, Check
from harness.checks.docket import Docket
from harness.checks.dossier import Dossier
from harness.checks.holdings import Held, amount
from harness.checks.phrases import spoken
from harness.contract import StateRule
from harness.landscape import FieldSpec
from harness.mapping import ABSENT, Veiled, missing, parse_path, read, read_all
from harness.mapping.transforms.operands import EXACT
from harness.messages import Outcome, Sighting, Way, key_text
from harness.timing import parse_clock, parse_instant
from harness.workdays import daily

_GROUPED: Final = ("count", "sum")


def check(case: Case) -> Docket:
    """Rule on what systems hold.

    A record's value is held against the demand at every change, at the end, or at a time of day;
    what was there before anything happened proves nothing. ``moves: forward`` needs each change
    to lead along the declared moves, and the version of the record never to fall. A count or a
    sum is over the messages that the target took: those it noted, else those it accepted. That
    there are not more than agreed is shown only where a second one was likely: the message was
    sent again, or its source came again. Errs towards *unproven*: where an outcome is unknown
    every possibility has to fit, and none for a failure.
    """
    docket = case.dossier.docket()
    for name, rule in case.dossier.contract.state.items():
        path = f"state.{name}"
        if rule.what.partition(" ")[0] in _GROUPED:
            _Counting(case, path, rule, docket).judge()
        else:
            _Watching(case.dossier, path, rule, docket).judge()
    return docket


class _Watching:
    """One demand on a value of a record."""

    def __init__(self, dossier: Dossier, path: str, rule: StateRule, docket: Docket) -> None:
        system, record, *rest = rule.what.split(".")
        self._dossier = dossier
        self._path = path
        self._rule = rule
        self._docket = docket
        self._record = f"{system}.{record}"
        self._value = ".".join(rest)
        self._spec = dossier.landscape.record(self._record).values.get(self._value, FieldSpec())

    def judge(self) -> None:
        known = self._dossier.holdings.of(self._record)
        if not known:
            self._docket.idle(self._path, f"nothing shows what {self._record} holds")
            return
        for key, held in known.items():
            if self._rule.moves is not None:
                self._moves(key, held)
                continue
            for moment in self._moments(held):
                self._hold(key, moment)

    # -- values --------------------------------------------------------------------------------

    def _moments(self, held: Sequence[Held]) -> Iterator[Held]:
        changed = [one for one in held if not one.opening]
        if self._rule.when == "always":
            yield from changed
        elif self._rule.when == "settled":
            if changed and self._dossier.settled:
                yield held[-1]
        else:
            yield from _at_clock(held, self._rule, self._dossier)

    def _hold(self, key: str, moment: Held) -> None:
        values = [value for value in moment.values(self._value) if value is not ABSENT]
        if not values:
            return
        answers = {self._fits(key, value, moment) for value in values}
        subject = f"{_spoken_record(self._record)} {key}"
        said = " or ".join(self._said(value) for value in values)
        if answers == {True} and len(values) == len(moment.rows):
            self._docket.prove(
                self._path, [moment.number], f"{self._value} of {subject} was {said}"
            )
        elif answers == {False} and len(values) == len(moment.rows):
            self._docket.fail(
                self._path,
                cause="state",
                expected=f"{self._rule.what} {_demand(self._rule)}",
                observed=f"{self._value} of {subject} was {said}",
                subject=subject,
                exchanges=[moment.number],
            )
        else:
            self._docket.doubt(
                self._path,
                f"nobody knows {self._value} of {subject}: perhaps {said}",
                would_prove="a later read, or a system that notes what it holds",
                witnesses=[moment.number],
            )

    def _fits(self, key: str, value: Any, moment: Held) -> bool | None:
        if isinstance(value, Veiled):
            return None
        return _fulfils(self._rule, value, self._other(key, moment))

    def _other(self, key: str, moment: Held) -> Callable[[str], Any]:
        def value_of(term: str) -> Any:
            parts = term.split(".")
            name = ".".join(parts[:2])
            if name not in self._dossier.landscape.records():
                return term
            held = [
                one
                for one in self._dossier.holdings.of(name).get(key, ())
                if one.tick <= moment.tick or self._rule.when == "settled"
            ]
            values = held[-1].values(".".join(parts[2:])) if held else (ABSENT,)
            return values[0] if len(values) == 1 else ABSENT

        return value_of

    def _said(self, value: Any) -> str:
        return spoken(value, personal=self._spec.sensitive is not None)

    # -- moves ---------------------------------------------------------------------------------

    def _moves(self, key: str, held: Sequence[Held]) -> None:
        newer_by = self._dossier.landscape.record(self._record).newer_by
        for before, after in pairwise(held):
            if newer_by is not None:
                self._never_older(key, before, after, newer_by)
            steps = {
                self._step(old, new)
                for old in before.values(self._value)
                for new in after.values(self._value)
            }
            if steps == {"same"}:
                continue
            self._move(key, before, after, steps)

    def _step(self, old: Any, new: Any) -> str:
        if ABSENT in (old, new) or isinstance(old, Veiled) or isinstance(new, Veiled):
            return "unknown"
        if old == new:
            return "same"
        return "forward" if str(new) in _ahead(str(old), self._spec.moves) else "back"

    def _move(self, key: str, before: Held, after: Held, steps: set[str]) -> None:
        subject = f"{_spoken_record(self._record)} {key}"
        old, new = (
            " or ".join(self._said(value) for value in one.values(self._value))
            for one in (before, after)
        )
        if steps == {"back"}:
            self._docket.fail(
                self._path,
                cause="went_back",
                expected=f"{self._rule.what} moves forward only",
                observed=f"{self._value} of {subject} went from {old} to {new}",
                subject=subject,
                exchanges=[before.number, after.number],
            )
        elif steps == {"forward"}:
            said = f"{self._value} of {subject} went from {old} to {new}"
            self._docket.prove(self._path, [before.number, after.number], said)
        elif steps - {"same", "forward"}:
            if "unknown" in steps and len(before.rows) == len(after.rows) == 1:
                return
            self._docket.doubt(
                self._path,
                f"nobody knows {self._value} of {subject}: perhaps from {old} to {new}",
                would_prove="a later read, or a system that notes what it holds",
                witnesses=[before.number, after.number],
            )

    def _never_older(self, key: str, before: Held, after: Held, newer_by: str) -> None:
        if len(before.rows) != 1 or len(after.rows) != 1:
            return
        old, new = before.values(newer_by)[0], after.values(newer_by)[0]
        if missing(old) or missing(new) or not _is_older(new, old):
            return
        subject = f"{_spoken_record(self._record)} {key}"
        self._docket.fail(
            self._path,
            cause="older_version",
            expected=f"{newer_by} of {self._record} never falls",
            observed=f"{newer_by} of {subject} went from {spoken(old)} to {spoken(new)}",
            subject=subject,
            exchanges=[before.number, after.number],
        )


@dataclass(slots=True)
class _Group:
    """The messages of one kind that share the values by which they are counted."""

    sure: list[Sighting]
    possible: list[Sighting]
    again: bool = False

    @property
    def numbers(self) -> list[int | None]:
        return [one.number for one in (*self.sure, *self.possible)]


class _Counting:
    """One demand on how many messages there are, or on the sum of one of their fields."""

    def __init__(self, case: Case, path: str, rule: StateRule, docket: Docket) -> None:
        word, message, *field = rule.what.split(" ")
        self._dossier = case.dossier
        self._path = path
        self._rule = rule
        self._docket = docket
        self._message = message
        self._field = field[0] if word == "sum" else None

    def judge(self) -> None:
        groups = self._groups()
        if not groups:
            self._docket.idle(self._path, f"no {self._message} was taken")
            return
        if not self._dossier.settled and self._rule.when != "always":
            self._docket.doubt(self._path, "the history ends before everything has settled")
            return
        for key, group in sorted(groups.items()):
            self._judge(key, group)

    def _groups(self) -> dict[str, _Group]:
        sightings = self._dossier.sightings
        noted = sightings.of(self._message, Way.COMMITTED)
        sent = sightings.of(self._message, Way.SENT)
        taken = list(noted) or [one for one in sent if one.outcome is Outcome.ACCEPTED]
        open_ = () if noted else (Outcome.UNKNOWN, Outcome.PENDING)
        groups: dict[str, _Group] = {}
        for one in taken:
            groups.setdefault(self._key(one), _Group([], [])).sure.append(one)
        for one in sent:
            if one.outcome in open_:
                groups.setdefault(self._key(one), _Group([], [])).possible.append(one)
        calls: dict[str, int] = {}
        for one in sent:
            calls[self._key(one)] = calls.get(self._key(one), 0) + 1
        nudged = self._nudged()
        for key, group in groups.items():
            group.again = calls.get(key, 0) > 1 or key in nudged
        groups.pop("", None)
        return groups

    def _nudged(self) -> set[str]:
        """Return the groups whose source came again, so that a second message was likely."""
        return {
            self._key(attempt.sighting)
            for subject in self._dossier.subjects.values()
            if len(subject.deliveries) > 1 or len(subject.shown) > 1
            for attempt in subject.attempts
            if attempt.sighting.message == self._message
        }

    def _key(self, sighting: Sighting) -> str:
        values = [read(parse_path(field), sighting.body) for field in self._rule.per]
        if any(missing(value) for value in values):
            return ""
        return " ".join(map(key_text, values)) if values else sighting.key or "all"

    def _judge(self, key: str, group: _Group) -> None:
        least, most = self._total(group.sure), self._total([*group.sure, *group.possible])
        subject = f"{self._message.partition('.')[2].replace('_', ' ')} {key}"
        if least is None or most is None:
            self._docket.doubt(
                self._path, f"{self._field} of {subject} is no number", witnesses=group.numbers
            )
            return
        low = _fulfils(self._rule, least, lambda term: term)
        high = _fulfils(self._rule, most, lambda term: term)
        said = str(least) if least == most else f"between {least} and {most}"
        if low is None or high is None or low is not high:
            self._docket.doubt(
                self._path,
                f"{self._what} of {subject} is {said}",
                would_prove="a later read, or a target that notes what it takes",
                witnesses=group.numbers,
            )
        elif not low:
            self._docket.fail(
                self._path,
                cause="state",
                expected=f"{self._rule.what} {_demand(self._rule)}",
                observed=f"{self._what} of {subject} is {said}",
                subject=subject,
                exchanges=group.numbers,
            )
        elif self._rule.at_least is None and self._field is None and not group.again:
            self._docket.idle(self._path, "no message was sent again, and no source came again")
        else:
            self._docket.prove(self._path, group.numbers, f"{self._what} of {subject} is {said}")

    @property
    def _what(self) -> str:
        return "the count" if self._field is None else f"the sum of {self._field}"

    def _total(self, sightings: Sequence[Sighting]) -> Decimal | None:
        if self._field is None:
            return Decimal(len(sightings))
        total = Decimal(0)
        for one in sightings:
            for found in read_all(parse_path(self._field), one.body):
                number = amount(found.value)
                if number is None:
                    return None
                total = EXACT.add(total, number)
        return total


def _fulfils(rule: StateRule, value: Any, value_of: Callable[[str], Any]) -> bool | None:
    """Return whether a value fulfils a demand; None where the two cannot be compared."""
    for word in ("is_", "at_least", "at_most"):
        demanded = getattr(rule, word)
        if demanded is None:
            continue
        other = value_of(demanded) if isinstance(demanded, str) else demanded
        number, limit = amount(value), amount(other)
        if number is None or limit is None:
            if word != "is_" or missing(other) or missing(value):
                return None
            return str(value) == str(other)
        return {"is_": number == limit, "at_least": number >= limit, "at_most": number <= limit}[
            word
        ]
    return None


def _at_clock(held: Sequence[Held], rule: StateRule, dossier: Dossier) -> Iterator[Held]:
    """Yield what was held whenever the clock showed the time of day of a demand."""
    start, end = dossier.history.header.start, dossier.end
    if start is None or end is None:
        return
    clock = parse_clock(rule.when)
    for instant in daily(clock, rule.zone or "Etc/UTC", since=start, until=end):
        before = [one for one in held if one.at is not None and one.at <= instant]
        if before and not before[-1].opening:
            yield before[-1]


def _demand(rule: StateRule) -> str:
    if rule.is_ is not None:
        return f"is {rule.is_}"
    if rule.at_least is not None:
        return f"is at least {rule.at_least}"
    return f"is at most {rule.at_most}"


def _ahead(start: str, moves: Mapping[str, Sequence[str]]) -> set[str]:
    """Return every value that can be reached from one."""
    reached: set[str] = set()
    left = [start]
    while left:
        for value in moves.get(left.pop(), ()):
            if value not in reached:
                reached.add(value)
                left.append(value)
    return reached


def _is_older(new: Any, old: Any) -> bool:
    left, right = amount(new), amount(old)
    if left is not None and right is not None:
        return left < right
    try:
        return parse_instant(str(new)) < parse_instant(str(old))
    except ValueError:
        return False


def _spoken_record(name: str) -> str:
    return name.partition(".")[2].replace("_", " ")


CHECK = Check("state", frozenset({"state"}), check)
