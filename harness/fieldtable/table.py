"""The mapping table of one contract: a row for each rule, and for what has none yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from harness.fieldtable.agreed import Agreed
from harness.fieldtable.cells import (
    COLUMNS,
    FIELD_CLAUSES,
    LIST_CLAUSES,
    Kind,
    cell_of,
    value_in,
)
from harness.fieldtable.yamltext import flow
from harness.landscape import FieldSpec, Landscape, Message
from harness.mapping import ABSENT, EVERY, parse_path

_LIST_WORDS: Final = frozenset({"each", "match_by", "rows"})
_BLOCK_WORDS: Final = ("where", "with", "group_by", "drop")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Which rule a row is about: a field, a field of a list, a list, or a source field left out.

    ``block`` names the block of rows where a list has several; ``name`` is empty for the list.
    """

    section: str
    list: str = ""
    block: str = ""
    name: str = ""

    @property
    def path(self) -> tuple[str, ...]:
        """Return where the rule stands in the contract."""
        path = (self.section, *((self.list,) if self.list else ()))
        path += ("rows", self.block) if self.block else ()
        return (*path, *(("fields",) if self.list and self.name else ()), *self._last)

    @property
    def _last(self) -> tuple[str, ...]:
        return (self.name,) if self.name else ()

    @property
    def target(self) -> str:
        """Return the field as the table shows it."""
        return ".".join(filter(None, (self.list, self.name)))

    @property
    def described(self) -> str:
        """Return the field as the system file names it."""
        return f"{self.list}.{EVERY}.{self.name}" if self.list and self.name else self.target

    def __str__(self) -> str:
        return ".".join(filter(None, (self.section, self.list, self.block, self.name)))


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what the contract says of a place, by column, and what is good to know beside.

    ``said`` holds the clauses that are written down, ``told`` the cells of information.
    """

    kind: Kind
    place: Place
    said: Mapping[str, Any] = field(default_factory=dict)
    comment: str = ""
    told: Mapping[str, str] = field(default_factory=dict)

    def cells(self) -> dict[str, str]:
        """Return the row as texts, by column."""
        cells = {column.name: "" for column in COLUMNS}
        cells |= {name: cell_of(name, value) for name, value in self.said.items()}
        cells |= {"kind": self.kind, "comment": self.comment, **self.told}
        if self.place.section == "fields":
            where = {"target": self.place.target, "list": self.place.list}
            return cells | where | {"block": self.place.block}
        return cells | {"from": self.place.name}


@dataclass(frozen=True, slots=True)
class Table:
    """Every row of a contract, in the order of its file; then what has no rule yet.

    ``notes`` say what holds for the rules and has no column.
    """

    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    def rules(self) -> dict[Place, Row]:
        """Return the rows that stand in the contract, by place."""
        return {row.place: row for row in self.rows if row.kind not in ("no_rule", "unmapped")}

    def cells(self) -> Iterator[dict[str, str]]:
        """Return the rows as texts, for a file."""
        return (row.cells() for row in self.rows)


def table_of(agreed: Agreed, landscape: Landscape) -> Table:
    """Return the table of a contract, with what the systems say of its fields."""
    source = _message(landscape, agreed.contract.source)
    target = _message(landscape, agreed.contract.to)
    rules = list(_rules(agreed, target))
    left_out = [
        Row("not_mapped", Place("not_mapped", name=name), _said("not_mapped", {"reason": reason}))
        for name, reason in (agreed.data.get("not_mapped") or {}).items()
    ]
    rows = (*rules, *_no_rule(rules, target), *left_out, *_unmapped(agreed, source))
    return Table(rows, tuple(_notes(agreed)))


def _notes(agreed: Agreed) -> Iterator[str]:
    """Yield what the YAML says of the rules and the table cannot show."""
    defaults = agreed.contract.defaults
    words = sorted(defaults.fields.model_fields_set) if defaults is not None else []
    if words:
        where = agreed.taken.places.get("defaults", "this contract")
        said = ", ".join(f"`{word}`" for word in words)
        yield f"{said}: `defaults` of {where} hold where a cell is empty"
    for name, rule in agreed.data["fields"].items():
        for block, body in _blocks(rule) if is_list(rule) else ():
            silent = [word for word in _BLOCK_WORDS if word in body]
            if silent:
                said = ", ".join(f"`{word}`" for word in silent)
                yield f"fields.{name}.{block}: {said} stand in the YAML only, and stay as they are"
    if "not_mapped" in agreed.taken.places:
        where = agreed.taken.places["not_mapped"]
        yield f"`not_mapped` stands in {where}, so its rows are not here"


def clauses_of(kind: Kind) -> tuple[str, ...]:
    """Return the columns that are clauses of a kind of row, in the order of the YAML."""
    if kind == "not_mapped":
        return ("reason",)
    return LIST_CLAUSES if kind == "list" else FIELD_CLAUSES


def is_list(rule: Any) -> bool:
    """Tell whether the data of a rule is about the rows of a list."""
    return isinstance(rule, Mapping) and bool(_LIST_WORDS & set(rule))


def described_as(message: Message, name: str) -> FieldSpec | None:
    """Return what a system says of a field; an index stands for every element."""
    if name in message.fields:
        return message.fields[name]
    parts = [EVERY if part.isdigit() else part for part in parse_path(name).parts]
    return next(
        (spec for path, spec in message.fields.items() if list(parse_path(path).parts) == parts),
        None,
    )


def _rules(agreed: Agreed, target: Message | None) -> Iterator[Row]:
    for name, rule in agreed.data["fields"].items():
        if not is_list(rule):
            yield _row(agreed, Place("fields", name=name), rule, target)
            continue
        yield _row(agreed, Place("fields", name), rule, target)
        for block, body in _blocks(rule):
            if block:
                yield _row(agreed, Place("fields", name, block), body, target)
            for inner, inner_rule in body.get("fields", {}).items():
                yield _row(agreed, Place("fields", name, block, inner), inner_rule, target)


def _blocks(rule: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Return the blocks of rows of a list, by name; a list with one block names none."""
    if "rows" in rule:
        yield from rule["rows"].items()
    else:
        yield "", rule


def _row(agreed: Agreed, place: Place, rule: Mapping[str, Any], target: Message | None) -> Row:
    kind: Kind = "field" if place.name else "list"
    tail = agreed.tail(place.path)
    told = {"above": agreed.above(place.path), **_told(target, place)}
    return Row(kind, place, _said(kind, rule), tail.comment if tail else "", told)


def _said(kind: Kind, rule: Mapping[str, Any]) -> dict[str, Any]:
    keys = {column: yaml_key(kind, column) for column in clauses_of(kind)}
    values = {c: value_in(c, rule[key]) for c, key in keys.items() if key in rule}
    return {column: value for column, value in values.items() if value is not ABSENT}


def yaml_key(kind: Kind, column: str) -> str:
    """Return the key that a column is in the YAML: a list says ``each`` where a field says from."""
    return "each" if kind == "list" and column == "from" else column


def _told(target: Message | None, place: Place) -> dict[str, str]:
    spec = described_as(target, place.described) if target is not None else None
    if spec is None:
        return {}
    required = (
        spec.required if isinstance(spec.required, str) else f"when {flow(spec.required.when)}"
    )
    return {
        "type": spec.type,
        "max": "" if spec.max is None else str(spec.max),
        "required": required,
    }


def _no_rule(rules: Iterable[Row], target: Message | None) -> Iterator[Row]:
    if target is None:
        return
    lists = {row.place.list for row in rules if row.kind == "list"}
    ruled = [parse_path(row.place.described).parts for row in rules if row.kind == "field"]
    for name in target.fields:
        parts = parse_path(name).parts
        # A rule for the whole covers its parts.
        if name not in lists and not any(parts[: len(rule)] == rule for rule in ruled):
            place = placed(name, lists)
            yield Row("no_rule", place, told=_told(target, place))


def placed(name: str, lists: Iterable[str]) -> Place:
    """Return the place of a target field, inside a list where one holds it.

    ``lines.sku`` and ``lines.*.sku`` are the same field of the list ``lines``.
    """
    for known in sorted(lists, key=len, reverse=True):
        if name.startswith(known + "."):
            inner = name.removeprefix(known + ".").removeprefix(EVERY + ".")
            return Place("fields", known, "", inner)
    return Place("fields", name=name)


def _unmapped(agreed: Agreed, source: Message | None) -> Iterator[Row]:
    if source is None:
        return
    used = {parse_path(name).parts for name in agreed.contract.not_mapped}
    for _, path in sources_of(agreed):
        used.add(path)
    for name in source.fields:
        parts = parse_path(name).parts
        if not any(parts[: len(path)] == path for path in used):
            yield Row("unmapped", Place("not_mapped", name=name))


def sources_of(agreed: Agreed) -> Iterator[tuple[Place, tuple[str, ...]]]:
    """Return each source field that a rule reads, from the start of the source message."""
    for name, rule in agreed.data["fields"].items():
        single: tuple[str, Mapping[str, Any]] = ("", {"fields": {name: rule}})
        for block, body in _blocks(rule) if is_list(rule) else (single,):
            row = (*parse_path(str(body["each"])).parts, EVERY) if "each" in body else ()
            for inner, inner_rule in body.get("fields", {}).items():
                place = Place("fields", name if row else "", block, inner)
                for path in value_in("from", inner_rule.get("from") or ()):
                    yield place, from_the_start(path, row)


def from_the_start(path: str, row: tuple[str, ...]) -> tuple[str, ...]:
    """Return the parts of a source path that begins at a row, from the start of the message."""
    parsed = parse_path(path)
    if not row:
        return parsed.parts
    if parsed.parts[:1] == ("source",):
        return parsed.parts[1:]
    for _ in range(parsed.up):
        # `^` is the element or message around the list that the row belongs to.
        row = row[:-1]
        while row and row[-1] != EVERY:
            row = row[:-1]
    return row + parsed.parts


def _message(landscape: Landscape, name: str) -> Message | None:
    return landscape.messages().get(name)
