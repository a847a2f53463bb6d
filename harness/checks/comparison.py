"""What the rules make of a source message, held against a target message that was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from harness.checks.phrases import spoken
from harness.mapping import ABSENT, canonical_text, missing, read, read_all
from harness.rules import (
    CannotKnow,
    Expected,
    FieldPlan,
    Missing,
    Result,
    RowPlan,
    Rules,
    Unmapped,
    read_plain,
)

HOLDING = ("park", "fail")
"""What may be agreed instead of sending a message whose source lacks a value."""


@dataclass(frozen=True, slots=True)
class RowOutlook:
    """What the rules make of one source row; ``key`` is None where it cannot be known."""

    key: tuple[str, ...] | None
    plan: RowPlan
    results: tuple[tuple[FieldPlan, Result], ...]
    source: Any

    @property
    def label(self) -> str:
        """Return its key as people read it."""
        values = _values_of(self.results)
        return _label(self.plan, lambda one: values.get(one.clause, ABSENT))


@dataclass(frozen=True, slots=True)
class Hold:
    """A reason why the message must not be delivered: the clause that says so, and what it asks."""

    clause: str
    action: str
    why: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """What all rules of a contract make of one source message."""

    source: Any
    in_part: bool
    fields: tuple[tuple[FieldPlan, Result], ...]
    rows: tuple[tuple[RowPlan, tuple[RowOutlook, ...] | None], ...]
    holds: tuple[Hold, ...]

    def expected(self, name: str) -> Result | None:
        """Return what is expected of a top field, or None when no rule fills it."""
        return next((result for plan, result in self.fields if plan.name == name), None)


@dataclass(frozen=True, slots=True)
class Deviation:
    """One value, or one row, that is not what the rules make of the source."""

    clause: str
    cause: str
    expected: str
    observed: str
    plan: FieldPlan | None = None


@dataclass(slots=True)
class Comparison:
    """One target message against one outlook: clause paths by what was found.

    ``idle`` tells why a clause is not exercised by this message.
    """

    same: list[str] = field(default_factory=list)
    different: list[Deviation] = field(default_factory=list)
    unknown: list[tuple[str, str]] = field(default_factory=list)
    idle: list[tuple[str, str]] = field(default_factory=list)

    @property
    def fits(self) -> bool:
        """Return whether nothing differs."""
        return not self.different


def outlook(rules: Rules, source: Any, *, in_part: bool = False) -> Outlook:
    """Return what the rules make of a source message."""
    fields = tuple((plan, plan.expect(source, partial=in_part)) for plan in rules.fields)
    rows = tuple((plan, _row_outlooks(plan, source)) for plan in rules.rows)
    results = [*fields, *(pair for _, some in rows for row in some or () for pair in row.results)]
    holds = {hold.clause: hold for plan, result in results if (hold := _hold(plan, result))}
    return Outlook(source, in_part, fields, rows, tuple(holds.values()))


def compare(view: Outlook, target: Any) -> Comparison:
    """Hold a target message against an outlook, field by field and row by row."""
    found = Comparison()
    for plan, result in view.fields:
        _compare_field(plan, result, view.source, None, target, target, found, None)
    for rows, outlooks in view.rows:
        _Rows(rows, view.source, target, found).compare(outlooks)
    return found


def observed_at(plan: FieldPlan, holder: Any) -> Any:
    """Return what stands at the target field of a rule."""
    if plan.target.many:
        return [one.value for one in read_all(plan.target, holder)]
    return read_plain(plan.target, holder)


def _compare_field(
    plan: FieldPlan,
    result: Result,
    source: Any,
    row: Any,
    holder: Any,
    target: Any,
    found: Comparison,
    place: RowOutlook | None,
) -> None:
    if plan.reads_target:
        result = plan.expect(source, row=row, target=target)
    observed = observed_at(plan, holder)
    match result:
        case Expected():
            _compare_value(plan, result, observed, found, place)
            if plan.unlike is not None and found.same and found.same[-1] == plan.clause:
                _only_where_different(plan, source, row, found)
        case Missing("leave_out", clause):
            if missing(observed):
                found.same.append(clause)
            else:
                said = spoken(observed, personal=plan.personal)
                found.different.append(
                    Deviation(
                        clause,
                        "invented_value",
                        f"{plan.name} left out{_in(place)}, because the source has no value",
                        said,
                        plan,
                    )
                )
            found.idle.append((plan.clause, "the source has no value"))
        case Missing():
            found.idle.append((plan.clause, "the source has no value"))
        case Unmapped(_, clause, value):
            said = spoken(value, personal=plan.personal)
            found.idle.append((plan.clause, f"{said} is not in the map ({clause})"))
        case CannotKnow(reason):
            found.unknown.append((plan.clause, f"{plan.name}{_in(place)}: {reason}"))


def _compare_value(
    plan: FieldPlan,
    expected: Expected,
    observed: Any,
    found: Comparison,
    place: RowOutlook | None,
) -> None:
    value, pair, kept = expected.value, expected.pair, expected.kept
    agree = plan.agrees(value, observed)
    if agree:
        if pair is not None:
            found.same.append(f"maps.{plan.rule.map}.{pair}")
        elif kept:
            found.same.append(f"maps.{plan.rule.map}.if_unmapped")
        found.same.append(plan.clause)
        return
    if agree is None:
        found.unknown.append((plan.clause, f"{plan.name}{_in(place)}: a value is veiled"))
        return
    clause = plan.clause
    if pair is not None:
        clause = f"maps.{plan.rule.map}.{pair}"
        found.idle.append((plan.clause, f"see {clause}"))
    elif kept:
        clause = f"maps.{plan.rule.map}.if_unmapped"
        found.idle.append((plan.clause, f"see {clause}"))
    found.different.append(
        Deviation(
            clause,
            "missing_value" if missing(observed) else "wrong_value",
            f"{plan.name} {spoken(value, personal=plan.personal)}{_in(place)}{_origin(plan)}",
            spoken(observed, personal=plan.personal),
            plan,
        )
    )


def _only_where_different(plan: FieldPlan, source: Any, row: Any, found: Comparison) -> None:
    if plan.differs(source, row=row) is not True:
        found.same.pop()
        other = plan.rule.unlike
        found.idle.append((plan.clause, f"{' and '.join(plan.rule.sources)} and {other} agree"))


class _Rows:
    """Pairs the rows of one list by key and compares what is paired."""

    def __init__(self, plan: RowPlan, source: Any, target: Any, found: Comparison) -> None:
        self._plan = plan
        self._source = source
        self._target = target
        self._found = found
        self._inner = Comparison()

    def compare(self, outlooks: tuple[RowOutlook, ...] | None) -> None:
        listed = read(self._plan.target, self._target)
        rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
        expected = outlooks or ()
        if any(row.key is None for row in expected):
            reason = "the key of a source row cannot be known"
            self._found.unknown.append((self._plan.clause, reason))
            return
        lost, extra = self._pair(expected, rows)
        self._pair_by_content(lost, extra)
        for one in lost:
            self._deviate("missing_row", f"a row {one.label}{self._from()}", "no such row")
        for row in extra:
            label = _label(self._plan, partial(_observed_of, row))
            self._deviate("extra_row", f"no row beside those of {self._each}", f"a row {label}")
        self._conclude(bool(expected), intact=not lost and not extra)

    def _pair(
        self, expected: Sequence[RowOutlook], rows: Sequence[Any]
    ) -> tuple[list[RowOutlook], list[Any]]:
        waiting: dict[tuple[str, ...] | None, list[Any]] = {}
        for row in rows:
            waiting.setdefault(self._key_of(row), []).append(row)
        lost = []
        for one in self._most_certain_first(expected, waiting):
            candidates = waiting.get(one.key)
            if not candidates:
                lost.append(one)
                continue
            row = self._nearest(one, candidates) if len(candidates) > 1 else candidates[0]
            candidates.remove(row)
            self._compare_row(one, row, self._inner)
        return lost, [row for left in waiting.values() for row in left]

    def _most_certain_first(
        self, expected: Sequence[RowOutlook], waiting: dict[tuple[str, ...] | None, list[Any]]
    ) -> list[RowOutlook]:
        # Rows with a repeated key compare as multisets: those that find their like go first, so
        # that they do not take it from one another.
        def has_no_like(one: RowOutlook) -> bool:
            rows = waiting.get(one.key, [])
            return len(rows) > 1 and not any(self._fits(one, row) for row in rows)

        return sorted(expected, key=has_no_like)

    def _nearest(self, one: RowOutlook, rows: Sequence[Any]) -> Any:
        return min(rows, key=lambda row: len(self._compared(one, row).different))

    def _fits(self, one: RowOutlook, row: Any) -> bool:
        return self._compared(one, row).fits

    def _pair_by_content(self, lost: list[RowOutlook], extra: list[Any]) -> None:
        """Pair rows that differ in their key alone: then the key is wrong and no row is lost."""
        keys = {plan.clause for plan in self._plan.keys}
        for one in list(lost):
            for row in extra:
                seen = self._compared(one, row)
                wrong = {deviation.clause for deviation in seen.different}
                if wrong and wrong <= keys and set(seen.same) - keys:
                    lost.remove(one)
                    extra.remove(row)
                    self._compare_row(one, row, self._inner)
                    break

    def _compared(self, one: RowOutlook, row: Any) -> Comparison:
        found = Comparison()
        self._compare_row(one, row, found)
        return found

    def _compare_row(self, one: RowOutlook, row: Any, found: Comparison) -> None:
        for plan, result in one.results:
            _compare_field(
                plan,
                result,
                self._source,
                one.source,
                row,
                self._target,
                found,
                one,
            )

    def _conclude(self, any_rows: bool, *, intact: bool) -> None:  # noqa: FBT001 - private
        found, inner = self._found, self._inner
        wrong = {deviation.clause for deviation in inner.different}
        unsure = {clause for clause, _ in inner.unknown}
        found.different += inner.different
        found.unknown += dict(inner.unknown).items()
        settled = dict.fromkeys(inner.same)
        found.same += [clause for clause in settled if clause not in wrong | unsure]
        found.idle += [pair for pair in dict(inner.idle).items() if pair[0] not in settled]
        if not any_rows:
            found.idle.append((self._plan.clause, f"{self._each} has no rows"))
        elif intact:
            found.same.append(self._plan.clause)

    def _deviate(self, cause: str, expected: str, observed: str) -> None:
        self._found.different.append(Deviation(self._plan.clause, cause, expected, observed))

    def _key_of(self, row: Any) -> tuple[str, ...]:
        return tuple(_key_text(plan, observed_at(plan, row)) for plan in self._plan.keys)

    @property
    def _each(self) -> str:
        return self._plan.rule.each or ""

    def _from(self) -> str:
        return f" (from {self._each})"


def _row_outlooks(plan: RowPlan, source: Any) -> tuple[RowOutlook, ...] | None:
    rows = plan.rows(source)
    if rows is None:
        return None
    return tuple(_row_outlook(plan, source, row) for row in rows)


def _row_outlook(plan: RowPlan, source: Any, row: Any) -> RowOutlook:
    results = tuple((one, one.expect(source, row=row)) for one in plan.fields)
    values = _values_of(results)
    known = all(one.clause in values for one in plan.keys)
    key = tuple(_key_text(one, values[one.clause]) for one in plan.keys) if known else None
    return RowOutlook(key, plan, results, row)


def _values_of(results: Iterable[tuple[FieldPlan, Result]]) -> dict[str, Any]:
    return {one.clause: result.value for one, result in results if isinstance(result, Expected)}


def _in(place: RowOutlook | None) -> str:
    return "" if place is None else f" in row {place.label}"


def _label(plan: RowPlan, value_of: Callable[[FieldPlan], Any]) -> str:
    return ", ".join(spoken(value_of(one), personal=one.personal) for one in plan.keys)


def _observed_of(row: Any, plan: FieldPlan) -> Any:
    return observed_at(plan, row)


def _key_text(plan: FieldPlan, value: Any) -> str:
    if type(value) is str and plan.type == "text":
        return value
    return canonical_text(value, plan.type)


def _hold(plan: FieldPlan, result: Result) -> Hold | None:
    if isinstance(result, Missing) and result.action in HOLDING:
        return Hold(result.clause, result.action, f"{' and '.join(plan.rule.sources)} has no value")
    if isinstance(result, Unmapped) and result.action in HOLDING:
        said = spoken(result.value, personal=plan.personal)
        return Hold(result.clause, result.action, f"{said} is not in map {plan.rule.map}")
    return None


def _origin(plan: FieldPlan) -> str:
    return f" (from {' and '.join(plan.rule.sources)})" if plan.sources else ""
