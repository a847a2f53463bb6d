"""Which fields are personal because a rule or a join ties them to a personal one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.contract import Contract, FieldRule, Join, RowRule
from harness.landscape import Landscape
from harness.mapping import EVERY, TABLES, Path, parse_expression, parse_path
from harness.remembered import remembered
from harness.rules.elements import bare_root
from harness.rules.reach import MESSAGE_ITSELF, Reach, reach_of

Field = tuple[str, str]
"""A field of a message: the full name of the message, and the path of the field."""


@remembered
def personal_paths(
    landscape: Landscape, contracts: Sequence[Contract]
) -> Mapping[str, frozenset[str]]:
    """Return the personal fields of every message, by its full name.

    A target field that is fed by a personal one is personal, and the other way round, so that
    both sides of a rule are veiled or neither is. The same holds for the two sides of a join.
    """
    found: dict[str, set[str]] = {
        name: {path for path, spec in message.fields.items() if spec.sensitive == "personal"}
        for name, message in landscape.messages().items()
    }
    links = [tuple(link) for contract in contracts for link in _links(contract)]
    changed = True
    while changed:
        changed = False
        for link in links:
            if not any(_touches_any(path, found.get(message, set())) for message, path in link):
                continue
            for message, path in link:
                paths = found.setdefault(message, set())
                if not _touches_any(path, paths):
                    paths.add(path)
                    changed = True
    return {name: frozenset(paths) for name, paths in found.items()}


def fed_by(
    rule: FieldRule, contract: Contract, *, each: Reach | None, joins: Mapping[str, str]
) -> list[Field]:
    """Return the fields that a rule reads, each from the top of its message.

    ``each`` is the source list of its rows, ``joins`` tells for each name what is joined.
    Tables hold what everybody may know, and are left out.
    """
    texts: Iterable[str | Path] = rule.sources
    if rule.expression is not None:
        texts = parse_expression(rule.expression).paths
    fields = []
    for text in texts:
        place = at_top(
            reach_of(text, in_row=each is not None, joins=joins, bare=bare_root(contract)),
            contract,
            each=each,
            joins=joins,
        )
        if place is not None:
            fields.append(place)
    return fields


def at_top(
    reach: Reach, contract: Contract, *, each: Reach | None, joins: Mapping[str, str]
) -> Field | None:
    """Return the field that a path reads, from the top of its message; None for other things."""
    if reach.root in ("source", "element") and reach.path.parts:
        return contract.source, _from_top(contract, reach.root, reach.path.parts)
    if reach.root == "join" and reach.name in joins:
        return _joined_field(joins[reach.name], reach.path.parts)
    if reach.root == "row" and each is not None:
        if each.root == "join" and each.name in joins:
            return _joined_field(joins[each.name], (*each.path.parts, *reach.path.parts))
        if not each.path.parts:
            return contract.source, _from_top(contract, bare_root(contract), reach.path.parts)
        every = () if each.path.parts[-1:] == (EVERY,) else (EVERY,)
        parts = (*each.path.parts, *every, *reach.path.parts)
        return contract.source, _from_top(contract, each.root, parts)
    return None


def _from_top(contract: Contract, root: str, parts: tuple[str, ...]) -> str:
    if root == "element" and contract.one_per is not None:
        before = parse_path(contract.one_per).parts
        every = () if before[-1:] == (EVERY,) else (EVERY,)
        parts = (*before, *every, *parts)
    return str(Path(parts, 0, EVERY in parts))


def touch(left: Sequence[str], right: Sequence[str]) -> bool:
    """Return whether one path is the other or leads to it."""
    return all(a == b or EVERY in (a, b) for a, b in zip(left, right, strict=False))


def _links(contract: Contract) -> Iterator[list[Field]]:
    joined = _named(contract.with_)
    yield from _join_links(contract, contract.with_, joined, each=None)
    for name, rule in contract.fields.items():
        if isinstance(rule, FieldRule):
            yield from _rule_links(contract, name, rule, each=None, joins=joined)
            continue
        yield from _list_links(contract, name, rule, joined)


def _list_links(
    contract: Contract, name: str, rule: RowRule, outer: Mapping[str, str]
) -> Iterator[list[Field]]:
    bare = bare_root(contract)
    each = reach_of(rule.each, in_row=False, joins=outer, bare=bare) if rule.each else None
    for inner, one in rule.fields.items():
        target = f"{name}.*.{inner}"
        yield from _rule_links(contract, target, one, each=each, joins=outer)
    for block in rule.rows.values():
        joins = {**outer, **_named(block.with_)}
        each = MESSAGE_ITSELF
        if block.each:
            each = reach_of(block.each, in_row=False, joins=outer, bare=bare)
        yield from _join_links(contract, block.with_, joins, each=each)
        for inner, one in block.fields.items():
            target = f"{name}.*.{inner}"
            yield from _rule_links(contract, target, one, each=each, joins=joins)


def _rule_links(
    contract: Contract,
    target: str,
    rule: FieldRule,
    *,
    each: Reach | None,
    joins: Mapping[str, str],
) -> Iterator[list[Field]]:
    fields = fed_by(rule, contract, each=each, joins=joins)
    if fields:
        yield [(contract.to, target), *fields]


def _join_links(
    contract: Contract,
    own: Mapping[str, Join],
    joins: Mapping[str, str],
    *,
    each: Reach | None,
) -> Iterator[list[Field]]:
    for join in own.values():
        for theirs, mine in join.on.items():
            reach = reach_of(mine, in_row=each is not None, joins=joins, bare=bare_root(contract))
            field = at_top(reach, contract, each=each, joins=joins)
            if field is not None and join.name.partition(".")[0] != TABLES:
                yield [(join.name, theirs), field]


def _named(joins: Mapping[str, Join]) -> dict[str, str]:
    return {name: join.name for name, join in joins.items()}


def _joined_field(what: str, parts: tuple[str, ...]) -> Field | None:
    if what.partition(".")[0] == TABLES:
        return None
    inner = parts[1:] if parts[:1] == (EVERY,) else parts
    return (what, str(Path(inner, 0, EVERY in inner))) if inner else None


def _touches_any(path: str, others: Iterable[str]) -> bool:
    parts = parse_path(path).parts
    return any(touch(parts, parse_path(other).parts) for other in others)
