"""Which rows of the target a source message makes, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.mapping import (
    ABSENT,
    EVERY,
    Incomplete,
    Path,
    Unsure,
    Veiled,
    canonical_text,
    missing,
    read_all,
)
from harness.rules.joins import Pool, Tables, resolve
from harness.rules.plans import BlockPlan, RowPlan
from harness.rules.reach import Group, Joined, Row, element_of


@dataclass(frozen=True, slots=True)
class Made:
    """One row that the target must hold; ``value`` is a source row, or several in a Group."""

    block: BlockPlan
    value: Any
    joined: Joined
    at: tuple[str | int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Stray:
    """A source row for which the contract does not say what becomes of it."""

    row: str
    blocks: tuple[str, ...]

    @property
    def cause(self) -> str:
        """Return what is wrong, in a word."""
        return "row_in_several_blocks" if self.blocks else "row_in_no_block"

    def __str__(self) -> str:
        into = " and in ".join(self.blocks) if self.blocks else "no block"
        return f"{self.row} falls in {into}"


@dataclass(slots=True)
class Layout:
    """What becomes of all source rows of one list.

    ``unknown`` tells for blocks why their rows cannot be known.
    """

    rows: list[Made] = field(default_factory=list)
    dropped: list[Made] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)
    unknown: list[tuple[BlockPlan, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class World:
    """What rows are read in: the source message, what is joined to it, and what may be joined."""

    source: Any
    joined: Joined
    pool: Pool
    tables: Tables
    in_part: bool = False


def lay(plan: RowPlan, world: World) -> Layout:
    """Return the rows that a source message makes.

    Every source row falls in exactly one of the blocks that share its list. Errs towards
    *unknown*: where one condition cannot be decided, no row of the blocks it touches is known.
    """
    layout = Layout()
    for kin in dict.fromkeys(block.kin for block in plan.blocks):
        blocks = [block for block in plan.blocks if block.kin == kin]
        if blocks[0].each is None:
            for block in blocks:
                _lay_message(block, world, layout)
        else:
            _lay_list(blocks, world, layout)
    return layout


def _lay_message(block: BlockPlan, world: World, layout: Layout) -> None:
    itself = element_of(world.source)
    holds = _falls_in(block, itself, world)
    if holds is None:
        layout.unknown.append((block, f"whether there is a row of {block.name} cannot be known"))
    elif holds:
        _add(block, [Row(itself, world.joined, ())], world, layout)


def _lay_list(blocks: Sequence[BlockPlan], world: World, layout: Layout) -> None:
    rows = source_rows(blocks[0], world)
    if isinstance(rows, str):
        layout.unknown += [(block, rows) for block in blocks]
        return
    of_block: dict[str, list[Row]] = {block.clause: [] for block in blocks}
    doubts: dict[str, str] = {}
    for number, row in enumerate(rows, 1):
        label = f"row {number} of {blocks[0].kin}"
        answers = [(block, _falls_in(block, row.value, world)) for block in blocks]
        sure = [block for block, answer in answers if answer]
        open_ = [block for block, answer in answers if answer is None]
        if len(sure) > 1 or (not sure and not open_):
            layout.strays.append(Stray(label, tuple(block.name for block in sure)))
        elif open_:
            reason = f"whether {label} falls in {open_[0].name} cannot be known"
            doubts |= {block.clause: reason for block in (*sure, *open_)}
        else:
            of_block[sure[0].clause].append(row)
    for block in blocks:
        if block.clause in doubts:
            layout.unknown.append((block, doubts[block.clause]))
        else:
            _add(block, of_block[block.clause], world, layout)


def _add(block: BlockPlan, rows: Sequence[Row], world: World, layout: Layout) -> None:
    whole: list[Row] = []
    for row in rows:
        spread = [row] if block.drops else list(_spread(block, row, world))
        reason = next((one for one in spread if isinstance(one, str)), None)
        if reason is not None:
            layout.unknown.append((block, reason))
            return
        whole += [one for one in spread if isinstance(one, Row)]
    if block.group_by:
        grouped = _grouped(block, whole, world)
        if isinstance(grouped, str):
            layout.unknown.append((block, grouped))
            return
        layout.rows += grouped
        return
    into = layout.dropped if block.drops else layout.rows
    into += [Made(block, row.value, row.joined, row.at) for row in whole]


def _spread(block: BlockPlan, row: Row, world: World) -> Iterator[Row | str]:
    """Yield a row once for each thing that an ``all`` of its block joins to it."""
    spread: list[dict[str, Any]] = [{}]
    for join in block.joins:
        further = []
        for own in spread:
            joined = {**row.joined, **own}
            found = resolve(
                join,
                source=world.source,
                row=row.value,
                joined=joined,
                pool=world.pool,
                tables=world.tables,
            )
            if isinstance(found, (Unsure, Incomplete)):
                yield found.reason
                return
            if not join.one and not found:
                yield f"no {join.of} belongs to a row of {block.origin}"
                return
            further += [{**own, join.name: one} for one in ([found] if join.one else found)]
        spread = further
    for own in spread:
        yield Row(row.value, {**row.joined, **own} if own else row.joined, row.at)


def _grouped(block: BlockPlan, rows: Sequence[Row], world: World) -> list[Made] | str:
    groups: dict[tuple[str, ...], list[Row]] = {}
    shared: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in rows:
        values = {
            reach.text: reach.read(
                source=world.source, row=row.value, target=None, joined=row.joined
            )
            for reach, _ in block.group_by
        }
        key = tuple(_group_text(values[reach.text], type_) for reach, type_ in block.group_by)
        if "" in key:
            return f"by which values rows of {block.origin} are taken together cannot be known"
        groups.setdefault(key, []).append(row)
        shared.setdefault(key, values)
    names = frozenset(join.name for join in block.joins)
    outer = {name: value for name, value in world.joined.items() if name not in names}
    return [
        Made(block, Group(tuple(members), shared[key], names), outer, members[0].at)
        for key, members in groups.items()
    ]


def _group_text(value: Any, type_: str) -> str:
    """Return a text that is the same for the same value, veiled or not; empty for none."""
    if isinstance(value, Veiled):
        return f"veiled:{value.mac}" if value.mac else ""
    if isinstance(value, (Unsure, Incomplete)):
        return ""
    return canonical_text(None if missing(value) else value, type_)


def _falls_in(block: BlockPlan, row: Any, world: World) -> bool | None:
    if block.where is None:
        return True
    return block.where.holds(
        source=world.source,
        row=row,
        joined=world.joined,
        columns=world.tables.column,
        partial=world.in_part,
    )


def source_rows(block: BlockPlan, world: World) -> list[Row] | str:
    """Return the source rows that may fall in a block, or why they cannot be known."""
    each = block.each
    if each is None:
        return [Row(world.source, world.joined, ())]
    found = each.read(source=world.source, row=None, target=None, joined=world.joined)
    if isinstance(found, (Unsure, Incomplete)):
        return found.reason
    own = each.root in ("source", "element")
    if found is ABSENT and world.in_part and own:
        return "the message was seen in part only"
    if not own:
        return [Row(value, world.joined) for value in _flat(found, many=each.path.many)]
    if not isinstance(found, list):
        return []
    start = element_of(world.source) if each.root == "element" else world.source
    path = Path((*each.path.parts, EVERY), 0, many=True)
    if each.path.many and each.path.parts[-1] == EVERY:
        path = each.path
    return [
        Row(one.value, world.joined, one.at)
        for one in read_all(path, start)
        if one.value is not ABSENT
    ]


def _flat(found: Any, *, many: bool) -> list[Any]:
    if not isinstance(found, list):
        return []
    if not many:
        return found
    return [row for part in found for row in (part if isinstance(part, list) else [part])]
