"""What the rules make of a message, digested while its personal values may still be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.contract import Contract
from harness.landscape import Landscape
from harness.mapping import Mac, veil
from harness.rules.elements import Place, cut
from harness.rules.personal import personal_paths
from harness.rules.plans import BlockPlan, FieldPlan, RowPlan
from harness.rules.prepared import Rules, rules_of
from harness.rules.reach import NO_JOINS, Row
from harness.rules.results import Expected, Missing, Result, Unmapped
from harness.rules.rows import Made, World, lay, source_rows

Entries = dict[tuple[str | int, ...], dict[str, dict[str, Any]]]
"""For each object of a message, by its place, what belongs under its ``$made``."""

_OWN = frozenset({"row", "source", "element"})


def made(
    contracts: Iterable[Contract],
    landscape: Landscape,
    message: str,
    body: Any,
    mac: Mac,
    *,
    personal: Mapping[str, frozenset[str]] | None = None,
) -> Entries:
    """Return what each rule that touches personal values makes of a message, digested.

    The result tells for each object of the message, by its place in ``body``, what belongs under
    its ``$made``: the empty place is the message itself, ``("line_items", 0)`` one of its rows.
    To be called before the message is veiled. A rule that reads two messages together is left
    out: what it makes of them is not known while one of them is written.
    """
    agreed = tuple(contracts)
    known = personal_paths(landscape, agreed) if personal is None else personal
    fed = [rules_of(one, landscape, known) for one in agreed if message in rules_feeding(one)]
    return made_by(fed, message, body, mac)


def rules_feeding(contract: Contract) -> tuple[str, ...]:
    """Return the messages that the rules of a contract read: its source, and what it joins."""
    return tuple(dict.fromkeys((contract.source, *(join.name for join in contract.joins()))))


def made_by(rules: Iterable[Rules], message: str, body: Any, mac: Mac) -> Entries:
    """Return the same as ``made``, for rules that are prepared already."""
    entries: Entries = {}
    for one in rules:
        if one.contract.source == message:
            _add_of_source(entries, one, body, mac)
        if one.joins:
            _add_of_joined(entries, one, message, body, mac)
    return entries


def _add_of_source(entries: Entries, rules: Rules, message: Any, mac: Mac) -> None:
    for place, body in cut(rules.contract, message):
        _add_of_one(entries, rules, body, mac, place)


def _add_of_one(entries: Entries, rules: Rules, body: Any, mac: Mac, place: Place) -> None:
    for plan in rules.fields:
        if _known_alone(plan):
            entries.setdefault(place, {})[plan.digest] = _entry(plan, plan.expect(body), mac)
    for rows in rules.rows:
        if not any(_known_alone(plan) for plan in rows.fields):
            continue
        for block, row in _rows(rows, rules.world(body, NO_JOINS)):
            for plan in block.fields:
                if row.at is not None and _known_alone(plan):
                    result = plan.expect(body, row=row.value)
                    entries.setdefault(row.at, {})[plan.digest] = _entry(plan, result, mac)


def _rows(rows: RowPlan, world: World) -> Iterator[tuple[BlockPlan, Row | Made]]:
    """Yield every row that a block may read; what it reads together must be known for sure."""
    for block in rows.blocks:
        if not block.group_by:
            found = source_rows(block, world)
            yield from ((block, row) for row in found if isinstance(row, Row))
    if any(block.group_by for block in rows.blocks):
        yield from ((row.block, row) for row in lay(rows, world).rows if row.block.group_by)


def _add_of_joined(entries: Entries, rules: Rules, message: str, body: Any, mac: Mac) -> None:
    """Add what rules make of a joined message alone: of the one, or of a row that it is."""
    names = {join.name for join in rules.joins if join.of == message}
    for plan in rules.fields:
        name = plan.sources[0].name if plan.sources else ""
        if plan.personal and len(plan.reads) == 1 and name in names:
            result = plan.expect({}, joined={name: body})
            entries.setdefault((), {})[plan.digest] = _entry(plan, result, mac)
    for block in (block for rows in rules.rows for block in rows.blocks):
        each = block.each
        if each is None or each.name not in names or each.path.parts or block.group_by:
            continue
        for plan in block.fields:
            if plan.personal and plan.reads == {"row"}:
                result = plan.expect({}, row=body)
                entries.setdefault((), {})[plan.digest] = _entry(plan, result, mac)


def _known_alone(plan: FieldPlan) -> bool:
    return plan.personal and bool(plan.reads) and plan.reads <= _OWN


def _entry(plan: FieldPlan, result: Result, mac: Mac) -> dict[str, Any]:
    match result:
        case Expected(value):
            hidden = veil(value, plan.type, mac)
            return {"mac": hidden.mac, "len": hidden.length, "ascii": hidden.ascii}
        case Missing(action):
            return {"missing": action}
        case Unmapped(action):
            return {"unmapped": action}
    return {"refused": True}
