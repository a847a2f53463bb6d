"""What the rules make of a source message, held against a target message that was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from harness.checks.phrases import spoken
from harness.mapping import ABSENT, canonical_text, missing, read, read_all
from harness.rules import (
    NO_POOL,
    BlockPlan,
    CannotKnow,
    Expected,
    FieldPlan,
    Joined,
    Made,
    Missing,
    Pool,
    Result,
    RowPlan,
    Rules,
    Stray,
    Unmapped,
    World,
    lay,
    read_plain,
)
from harness.rules.rounding import rounding_matters

HOLDING = ("park", "fail")
"""What may be agreed instead of sending a message whose source lacks a value."""


@dataclass(frozen=True, slots=True)
class RowOutlook:
    """What the rules make of one source row; ``key`` is None where it cannot be known."""

    key: tuple[str, ...] | None
    block: BlockPlan
    results: tuple[tuple[FieldPlan, Result], ...]
    source: Any
    joined: Joined

    @property
    def label(self) -> str:
        """Return its key as people read it."""
        values = _values_of(self.results)
        return _label(self.block.keys, lambda one: values.get(one.clause, ABSENT))


@dataclass(frozen=True, slots=True)
class ListOutlook:
    """What the rules make of one list.

    ``dropped`` are rows that must not be there, as their sibling blocks would make them;
    ``strays`` are source rows of which the contract does not say what becomes; ``unknown`` tells
    why the rows of a block cannot be known.
    """

    plan: RowPlan
    rows: tuple[RowOutlook, ...]
    dropped: tuple[tuple[BlockPlan, tuple[RowOutlook, ...]], ...] = ()
    strays: tuple[Stray, ...] = ()
    unknown: tuple[tuple[BlockPlan, str], ...] = ()


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
    lists: tuple[ListOutlook, ...]
    holds: tuple[Hold, ...]
    joined: Joined

    def expected(self, name: str) -> Result | None:
        """Return what is expected of a top field, or None when no rule fills it."""
        return next((result for plan, result in self.fields if plan.name == name), None)


@dataclass(frozen=True, slots=True)
class Deviation:
    """One value, or one row, that is not what the rules make of the source.

    ``role`` is whose breach it is, where that is not the owner of the clause.
    """

    clause: str
    cause: str
    expected: str
    observed: str
    plan: FieldPlan | None = None
    role: str | None = None


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
        """Return whether nothing differs that whoever sent it answers for."""
        return not self.different or all(one.role is not None for one in self.different)


def outlook(rules: Rules, source: Any, *, in_part: bool = False, pool: Pool = NO_POOL) -> Outlook:
    """Return what the rules make of a source message, read together with what it joins."""
    joined = rules.joined(source, pool)
    fields = tuple(
        (plan, plan.expect(source, partial=in_part, joined=joined)) for plan in rules.fields
    )
    lists: tuple[ListOutlook, ...] = ()
    if rules.rows:
        world = rules.world(source, joined, pool, in_part=in_part)
        lists = tuple(_list_outlook(plan, world) for plan in rules.rows)
    results = [*fields, *(pair for one in lists for row in one.rows for pair in row.results)]
    holds = {hold.clause: hold for plan, result in results if (hold := _hold(plan, result))}
    return Outlook(source, in_part, fields, lists, tuple(holds.values()), joined)


def compare(view: Outlook, target: Any) -> Comparison:
    """Hold a target message against an outlook, field by field and row by row."""
    found = Comparison()
    place = _Place(view.source, None, view.joined)
    for plan, result in view.fields:
        _compare_field(plan, result, place, target, target, found)
    for one in view.lists:
        _Rows(one, view.source, target, found).compare()
    return found


@dataclass(slots=True)  # one for each row of each message; frozen ones take thrice as long
class _Place:
    """Where a rule reads: the source, the row of a list, and what is joined."""

    source: Any
    row: RowOutlook | None
    joined: Joined

    @property
    def value(self) -> Any:
        return None if self.row is None else self.row.source

    def __str__(self) -> str:
        return "" if self.row is None else f" in row {self.row.label}"


def observed_at(plan: FieldPlan, holder: Any) -> Any:
    """Return what stands at the target field of a rule."""
    target = plan.target
    if len(target.parts) == 1 and type(holder) is dict and not target.many:
        return holder.get(target.parts[0], ABSENT)
    if target.many:
        return [one.value for one in read_all(target, holder)]
    return read(target, holder)


def _compare_field(
    plan: FieldPlan,
    result: Result,
    place: _Place,
    holder: Any,
    target: Any,
    found: Comparison,
) -> None:
    if plan.reads_target:
        result = plan.expect(place.source, row=place.value, target=target, joined=place.joined)
    observed = observed_at(plan, holder)
    match result:
        case Expected():
            _compare_value(plan, result, observed, found, place)
            if found.same and found.same[-1] == plan.clause:
                _only_what_it_shows(plan, place, target, found)
        case Missing("leave_out", clause):
            if missing(observed):
                found.same.append(clause)
            else:
                said = spoken(observed, personal=plan.personal)
                found.different.append(
                    Deviation(
                        clause,
                        "invented_value",
                        f"{plan.name} left out{place}, because the source has no value",
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
            found.unknown.append((plan.clause, f"{plan.name}{place}: {reason}"))


def _compare_value(
    plan: FieldPlan,
    expected: Expected,
    observed: Any,
    found: Comparison,
    place: _Place,
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
        found.unknown.append((plan.clause, f"{plan.name}{place}: a value is veiled"))
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
            f"{plan.name} {spoken(value, personal=plan.personal)}{place}{_origin(plan)}",
            spoken(observed, personal=plan.personal),
            plan,
        )
    )


def _only_what_it_shows(plan: FieldPlan, place: _Place, target: Any, found: Comparison) -> None:
    """Take a value back that another field, or another way of rounding, would give as well."""
    start, row, joined = place.source, place.value, place.joined
    if plan.unlike is not None and plan.differs(start, row=row, joined=joined) is not True:
        found.same.pop()
        found.idle.append((plan.clause, f"{plan.origin} and {plan.rule.unlike} agree"))
    elif plan.pipe is not None and plan.pipe.rounds:
        matters = rounding_matters(plan, start, row=row, target=target, joined=joined)
        if matters is not True:
            found.same.pop()
            said = "is the same however it is rounded" if matters is False else "cannot be read"
            found.idle.append((plan.clause, f"{plan.origin} {said}"))


class _Rows:
    """Pairs the rows of one list by key and compares what is paired."""

    def __init__(self, view: ListOutlook, source: Any, target: Any, found: Comparison) -> None:
        self._view = view
        self._plan = view.plan
        self._keys = view.plan.keys
        self._source = source
        self._target = target
        self._found = found
        self._inner = Comparison()

    def compare(self) -> None:
        listed = read(self._plan.target, self._target)
        rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
        unknown = self._unknown()
        if unknown and self._plan.simple:
            clause, reason = next(iter(unknown.items()))
            fields = self._plan.fields if self._view.unknown else ()
            self._found.unknown += [(one, reason) for one in (clause, *(f.clause for f in fields))]
            return
        expected = self._view.rows
        if unknown:
            expected = tuple(row for row in expected if row.block.clause not in unknown)
        lost, extra = self._pair(expected, rows)
        self._pair_by_content(lost, extra)
        for one in lost:
            label = f"a row {one.label} (from {one.block.origin})"
            self._deviate(one.block.clause, "missing_row", label, "no such row")
        sent = self._dropped_and_sent(extra) if self._view.dropped else set()
        for clause, reason in unknown.items():
            self._found.unknown += [(clause, reason), (self._plan.clause, reason)]
        self._strays()
        if not (unknown or self._view.strays):  # which may have made them
            self._extra(extra)
        self._conclude(expected, lost, extra, unknown, sent)

    def _unknown(self) -> dict[str, str]:
        """Return the blocks whose rows cannot be known, by clause, and why."""
        unknown = {block.clause: reason for block, reason in self._view.unknown}
        for row in self._view.rows:
            if row.key is None:
                unknown[row.block.clause] = "the key of a source row cannot be known"
        return unknown

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
        for one in list(lost):
            keys = {plan.clause for plan in one.block.keys}
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
        place = _Place(self._source, one, one.joined)
        for plan, result in one.results:
            _compare_field(plan, result, place, row, self._target, found)

    def _dropped_and_sent(self, extra: list[Any]) -> set[str]:
        """Take the rows that are there although their block leaves them out; return the blocks."""
        sent: set[str] = set()
        for block, candidates in self._view.dropped:
            keys = {one.key for one in candidates if one.key is not None}
            for row in [row for row in extra if self._key_of(row) in keys]:
                extra.remove(row)
                sent.add(block.clause)
                reason = self._plan.rule.rows[block.name].drop
                self._deviate(
                    block.clause,
                    "dropped_row_sent",
                    f"no row for those of {block.origin} that are left out: {reason}",
                    f"a row {self._label_of(row)}",
                )
        return sent

    def _strays(self) -> None:
        for stray in self._view.strays:
            expected = "each source row falls in exactly one block"
            self._deviate(self._plan.clause, stray.cause, expected, str(stray), "business")

    def _extra(self, rows: Sequence[Any]) -> None:
        for row in rows:
            expected = f"no row beside those of {self._origins}"
            self._deviate(self._plan.clause, "extra_row", expected, f"a row {self._label_of(row)}")

    def _conclude(
        self,
        expected: Sequence[RowOutlook],
        lost: Sequence[RowOutlook],
        extra: Sequence[Any],
        unknown: Mapping[str, str],
        sent: set[str],
    ) -> None:
        found, inner = self._found, self._inner
        wrong = {deviation.clause for deviation in inner.different}
        unsure = {clause for clause, _ in inner.unknown}
        found.different += inner.different
        found.unknown += dict(inner.unknown).items()
        settled = dict.fromkeys(inner.same)
        found.same += [clause for clause in settled if clause not in wrong | unsure]
        found.idle += [pair for pair in dict(inner.idle).items() if pair[0] not in settled]
        if not self._plan.simple:
            self._conclude_blocks(expected, lost, extra, unknown, sent)
        if not expected:
            found.idle.append((self._plan.clause, f"{self._origins} has no rows"))
        elif not (lost or extra or unknown or sent or self._view.strays):
            found.same.append(self._plan.clause)
        elif lost or sent:
            found.idle.append((self._plan.clause, "a row of it is wrong, see its blocks"))

    def _conclude_blocks(
        self,
        expected: Sequence[RowOutlook],
        lost: Sequence[RowOutlook],
        extra: Sequence[Any],
        unknown: Mapping[str, str],
        sent: set[str],
    ) -> None:
        filled = {row.block.clause for row in expected}
        short = {row.block.clause for row in lost} | set(unknown)
        for block in self._plan.blocks:
            if block.clause in unknown:
                reason = unknown[block.clause]
                self._found.unknown += [(plan.clause, reason) for plan in block.fields]
            elif block.clause in filled and block.clause not in short:
                self._found.same.append(block.clause)
            elif not block.drops and block.clause not in filled:
                reason = f"no row of {block.origin} falls in {block.name}"
                self._found.idle.append((block.clause, reason))
        for block, _ in self._view.dropped:
            if block.clause in sent:
                continue
            if extra or unknown or self._view.strays:
                reason = f"a row is there that is not explained, see {self._plan.clause}"
                self._found.idle.append((block.clause, reason))
            else:
                self._found.same.append(block.clause)

    def _deviate(
        self, clause: str, cause: str, expected: str, observed: str, role: str | None = None
    ) -> None:
        deviation = Deviation(clause, cause, expected, observed, role=role)
        self._found.different.append(deviation)

    def _key_of(self, row: Any) -> tuple[str, ...]:
        return tuple(_key_text(plan, observed_at(plan, row)) for plan in self._keys)

    def _label_of(self, row: Any) -> str:
        return _label(self._keys, partial(_observed_of, row))

    @property
    def _origins(self) -> str:
        return " and ".join(dict.fromkeys(block.origin for block in self._plan.blocks))


def _list_outlook(plan: RowPlan, world: World) -> ListOutlook:
    each = plan.blocks[0].each
    if plan.simple and each is not None and each.root == "source" and not each.path.many:
        return _plain_list(plan, plan.blocks[0], world)
    layout = lay(plan, world)
    return ListOutlook(
        plan,
        tuple(_row_outlook(row.block, world.source, row.value, row.joined) for row in layout.rows),
        _dropped(plan, layout.dropped, world.source),
        tuple(layout.strays),
        tuple(layout.unknown),
    )


def _plain_list(plan: RowPlan, block: BlockPlan, world: World) -> ListOutlook:
    """Return the same for the list that most contracts have, sooner."""
    assert block.each is not None  # noqa: S101 - asked by the caller
    listed = read_plain(block.each.path, world.source)
    if not isinstance(listed, list):
        if listed is ABSENT and world.in_part:
            return ListOutlook(plan, (), unknown=((block, "the message was seen in part only"),))
        return ListOutlook(plan, ())
    source, joined = world.source, world.joined
    return ListOutlook(plan, tuple(_row_outlook(block, source, row, joined) for row in listed))


def _dropped(
    plan: RowPlan, rows: Sequence[Made], source: Any
) -> tuple[tuple[BlockPlan, tuple[RowOutlook, ...]], ...]:
    """Return dropped rows as each block beside theirs would make them."""
    found: dict[str, tuple[BlockPlan, list[RowOutlook]]] = {}
    for row in rows:
        beside = [b for b in plan.blocks if b.kin == row.block.kin and b.fields and not b.group_by]
        made = found.setdefault(row.block.clause, (row.block, []))[1]
        made += [_row_outlook(block, source, row.value, row.joined) for block in beside]
    return tuple((block, tuple(made)) for block, made in found.values())


def _row_outlook(block: BlockPlan, source: Any, row: Any, joined: Joined) -> RowOutlook:
    results = tuple((one, one.expect(source, row=row, joined=joined)) for one in block.fields)
    values = _values_of(results)
    known = all(one.clause in values for one in block.keys)
    key = tuple(_key_text(one, values[one.clause]) for one in block.keys) if known else None
    return RowOutlook(key, block, results, row, joined)


def _values_of(results: Iterable[tuple[FieldPlan, Result]]) -> dict[str, Any]:
    return {one.clause: result.value for one, result in results if isinstance(result, Expected)}


def _label(keys: Sequence[FieldPlan], value_of: Callable[[FieldPlan], Any]) -> str:
    return ", ".join(spoken(value_of(one), personal=one.personal) for one in keys)


def _observed_of(row: Any, plan: FieldPlan) -> Any:
    return observed_at(plan, row)


def _key_text(plan: FieldPlan, value: Any) -> str:
    if type(value) is str and plan.type == "text":
        return value
    return canonical_text(value, plan.type)


def _hold(plan: FieldPlan, result: Result) -> Hold | None:
    if isinstance(result, Missing) and result.action in HOLDING:
        return Hold(result.clause, result.action, f"{plan.origin} has no value")
    if isinstance(result, Unmapped) and result.action in HOLDING:
        said = spoken(result.value, personal=plan.personal)
        return Hold(result.clause, result.action, f"{said} is not in map {plan.rule.map}")
    return None


def _origin(plan: FieldPlan) -> str:
    return f" (from {plan.origin})" if plan.sources else ""
