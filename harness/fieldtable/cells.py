"""What one cell says: the columns of the table, and the values that their texts stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

from harness.errors import BadInput
from harness.fieldtable.yamltext import flow
from harness.mapping import ABSENT
from harness.yamlfile import read_text
from harness.yamlfile.places import FORBIDDEN

Kind = Literal["field", "list", "not_mapped", "no_rule", "unmapped"]
KINDS: Final[Mapping[Kind, str]] = {
    "field": "a rule of the contract",
    "list": "how the rows of a list are paired; its fields follow",
    "not_mapped": "a source field that is left out, with a reason",
    "no_rule": "a target field without a rule; fill in `from`, `fixed`, … to give it one",
    "unmapped": "a source field that nothing uses; fill in `reason` to leave it out on purpose",
}

Says = Literal["place", "clause", "comment", "information"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it is called, what it says, and for which kinds of rows.

    A ``place`` tells rows apart, a ``clause`` is a key of the YAML, ``information`` is shown and
    never read back.
    """

    name: str
    says: Says
    description: str
    kinds: tuple[Kind, ...] = ("field",)


COLUMNS: Final = (
    Column("kind", "place", "What the row is: " + ", ".join(KINDS) + ".", tuple(KINDS)),
    Column("target", "place", "The target field; a field of a list with the list before it."),
    Column("list", "place", "The target list that the field belongs to."),
    Column("block", "place", "The named block of rows, where a list has several."),
    Column("type", "information", "The type, from the system file."),
    Column("max", "information", "The most characters, from the system file."),
    Column("required", "information", "When the target insists on it, from the system file."),
    Column(
        "from",
        "clause",
        "The source field, or several with commas; for a list, the source list.",
        ("field", "list"),
    ),
    Column("using", "clause", "The transforms."),
    Column("map", "clause", "The name of the value map; its pairs stand in the YAML."),
    Column("fixed", "clause", 'The value that is always sent; text in quotes stays text: "12".'),
    Column("expression", "clause", "A sandboxed expression, for what nothing else can say."),
    Column("set_by", "clause", "`target` where the receiver fills the field."),
    Column("checked_by", "clause", "The clause that checks the field, such as `sums.tax`."),
    Column("unlike", "clause", "The source field it is easily mixed up with."),
    Column("if_missing", "clause", "What happens without a value: park, fail, leave_out."),
    Column("tolerance", "clause", "The largest difference that is accepted."),
    Column("match_by", "clause", "The fields that pair the rows of a list.", ("list",)),
    Column("severity", "clause", "How much a breach hurts, where it is said.", ("field", "list")),
    Column("owner", "clause", "The role or team that answers for the field, where it is said."),
    Column("reason", "clause", "Why a source field is left out.", ("not_mapped",)),
    Column("comment", "comment", "The comment at the end of the line.", ("field", "list")),
    Column("above", "information", "The comment lines above; change them in the YAML."),
)
BY_NAME: Final = {column.name: column for column in COLUMNS}

FIELD_CLAUSES: Final = tuple(c.name for c in COLUMNS if c.says == "clause" and "field" in c.kinds)
LIST_CLAUSES: Final = ("match_by", "from", "severity")

_GUARDED: Final = re.compile(r"'*[=+\-@\t\r\n]")
_PATHS: Final = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^,"])+')
_NUMBER: Final = re.compile(r"-?[0-9][0-9.eE+-]*")
_RESEMBLES_A_NUMBER: Final = re.compile(r"[-+.,]*[0-9]")
_WORDS: Final = {"true": True, "false": False, "null": None, "~": None}
_MOST: Final = 60


def guarded(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; ``unguarded`` gives it back."""
    return "'" + text if _GUARDED.match(text) else text


def unguarded(text: str) -> str:
    """Return a cell without the apostrophe that guarded it."""
    return text[1:] if text.startswith("'") and _GUARDED.match(text) else text


def cell_of(column: str, value: Any) -> str:
    """Return the text of a cell; an absent value is an empty one."""
    if value is ABSENT:
        return ""
    if column in ("from", "match_by"):
        return ", ".join(value)
    if column == "fixed":
        return _fixed_cell(value)
    return str(value)


def value_of(column: str, cell: str) -> Any:
    """Return the value that a cell stands for; an empty cell has none.

    Raises:
        ValueError: the text cannot stand in this column.
    """
    if not cell:
        return ABSENT
    if column in ("from", "match_by"):
        return _paths(cell)
    if column == "tolerance":
        return _number(cell)
    if column == "fixed":
        return _fixed(cell)
    if column == "comment" and (FORBIDDEN.search(cell) or "\n" in cell or "\r" in cell):
        raise ValueError("a comment is one line of visible characters")
    return cell


def value_in(column: str, raw: Any) -> Any:
    """Return what a value of the YAML is in the table, so that both can be compared."""
    if column == "fixed":
        return raw
    if raw is None:
        return ABSENT
    if column in ("from", "match_by"):
        return (raw,) if isinstance(raw, str) else tuple(raw)
    return Decimal(raw) if column == "tolerance" else str(raw).strip() or ABSENT


def in_yaml(column: str, value: Any) -> Any:
    """Return a value as the YAML says it: one source is a text, several are a list."""
    if column == "from":
        return value[0] if len(value) == 1 else list(value)
    return list(value) if column == "match_by" else value


def alike(one: Any, other: Any) -> bool:
    """Tell whether two values are the same; true is not 1, and 1.50 is as much as 1.5."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if _is_number(one) and _is_number(other):
        return bool(one == other)
    return type(one) is type(other) and bool(one == other)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _paths(cell: str) -> tuple[str, ...]:
    parts, position = [], 0
    while True:
        match = _PATHS.match(cell, position)
        if match is None or not match[0].strip():
            unclosed = cell[position : position + 1] == '"' or cell.count('"') % 2
            raise ValueError(
                "a quotation mark is not closed" if unclosed else "a path is missing beside a comma"
            )
        parts.append(match[0].strip())
        position = match.end()
        if position == len(cell):
            return tuple(parts)
        if cell[position] != ",":
            raise ValueError("a quotation mark is not closed")
        position += 1


def _number(cell: str) -> Decimal:
    try:
        number = Decimal(cell)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        hint = "; write a point before the decimals" if "," in cell else ""
        raise ValueError(f"{_cut(cell)!r} is not a number{hint}")
    return number


def _fixed_cell(value: Any) -> str:
    if not isinstance(value, str):
        return flow(value)
    bare = (
        value
        and value == value.strip()
        and value[0] not in "[{\"'"
        and value.lower() not in _WORDS
        and not _RESEMBLES_A_NUMBER.match(value)  # a spreadsheet would make a number or a day of it
        and not FORBIDDEN.search(value)
        and not set(value) & set("\t\r\n")
    )
    return value if bare else flow(value, '"')


def _fixed(cell: str) -> Any:
    if cell.lower() in _WORDS:  # spreadsheets write TRUE; a text `TRUE` is in quotes
        return _WORDS[cell.lower()]
    kinds = {"[": list, "{": dict, '"': str, "'": str}
    if cell[0] not in kinds and not _NUMBER.fullmatch(cell):
        return cell
    try:
        documents = read_text(cell, "")
    except BadInput as error:
        raise ValueError(f"{_cut(cell)} is not one value: {error.problems[0].message}") from error
    value = documents[0].data if len(documents) == 1 else ABSENT
    if cell[0] in kinds and not isinstance(value, kinds[cell[0]]):
        raise ValueError(f"{_cut(cell)} is not one value; close what the first sign opens")
    return value


def _cut(text: str) -> str:
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"
