"""What a message is read together with: by equality, one or all, of messages or of tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from harness.contract import Join
from harness.landscape import Landscape, Table
from harness.mapping import (
    ABSENT,
    TABLES,
    Absent,
    Column,
    Columns,
    Condition,
    Incomplete,
    InPart,
    Path,
    Unsure,
    Veiled,
    missing,
    parse_condition,
    parse_path,
    read_all,
    reader,
    same,
)
from harness.messages import key_text
from harness.rules.reach import Joined, Reach, reach_of

Wanted = tuple[tuple[Any, ...], ...]
"""For each pair under ``on`` the values of which the joined field must equal one."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two fields that must be equal: of what is joined, and of the message or row."""

    theirs: Path
    mine: Reach
    same_type: bool


@dataclass(frozen=True, slots=True)
class JoinPlan:
    """One join, prepared: ``name`` is the contract's word for it, ``of`` what is joined.

    ``sort`` is ``message``, ``record`` or ``table``.
    """

    name: str
    of: str
    sort: str
    one: bool
    pairs: tuple[Pair, ...]
    where: Condition | None

    def wanted(self, *, source: Any, row: Any = None, joined: Joined) -> Wanted | Unsure:
        """Return the values that the joined fields must have, or why they cannot be known."""
        found = []
        for pair in self.pairs:
            value = pair.mine.read(source=source, row=row, target=None, joined=joined)
            if isinstance(value, (Unsure, Incomplete)):
                return Unsure(value.reason)
            values = tuple(value) if isinstance(value, list) else (value,)
            if any(missing(one) for one in values):
                return Unsure(f"{pair.mine.text} has no value, so nothing can be joined by it")
            found.append(values)
        return tuple(found)

    def fits(self, body: Any, wanted: Wanted, columns: Columns) -> bool | None:
        """Return whether a message or a row of a table belongs to it."""
        answer: bool | None = True
        for pair, values in zip(self.pairs, wanted, strict=True):
            equal = _any_equal(pair, body, values)
            if equal is False:
                return False
            answer = None if equal is None else answer
        if self.where is not None:
            holds = self.where.holds(reader(body, columns))
            if holds is False:
                return False
            answer = None if holds is None else answer
        return answer


class Pool(Protocol):
    """The messages that may be joined, at one instant."""

    def candidates(self, join: JoinPlan, wanted: Wanted) -> Iterable[Any]:
        """Return every known body that may belong; the newest version of each message."""

    def lacking(self, join: JoinPlan, wanted: Wanted) -> str:
        """Return why more may belong than is known; empty when everything is known."""


class _Nothing:
    """Where no history is at hand."""

    def candidates(self, join: JoinPlan, wanted: Wanted) -> Iterable[Any]:  # noqa: ARG002
        return ()

    def lacking(self, join: JoinPlan, wanted: Wanted) -> str:  # noqa: ARG002
        return f"the {join.of} that belong to it are not known here"


NO_POOL: Final[Pool] = _Nothing()


class Tables:
    """The tables of a landscape, prepared for look-ups."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = tables
        self._columns: dict[Column, frozenset[str] | Absent] = {}
        self._rows: dict[tuple[str, Path], dict[str, list[Mapping[str, str]]]] = {}

    def column(self, column: Column) -> frozenset[str] | Absent:
        """Return the texts in a column, or ABSENT where there is no such column."""
        found = self._columns.get(column)
        if found is None:
            table = self._tables.get(column.table)
            known = table is not None and column.name in table.columns
            found = (
                frozenset(row[column.name] for row in table.rows if column.name in row)
                if known and table is not None
                else ABSENT
            )
            self._columns[column] = found
        return found

    def candidates(self, join: JoinPlan, wanted: Wanted) -> Sequence[Mapping[str, str]] | None:
        """Return the rows that may belong, or None where there is no such table."""
        name = join.of.partition(".")[2]
        table = self._tables.get(name)
        if table is None:
            return None
        if any(isinstance(value, Veiled) for value in wanted[0]):
            return table.rows
        column = join.pairs[0].theirs
        index = self._rows.get((name, column))
        if index is None:
            index = self._rows[(name, column)] = {}
            for row in table.rows:
                index.setdefault(row.get(column.parts[-1], ""), []).append(row)
        return [
            row for text in dict.fromkeys(map(key_text, wanted[0])) for row in index.get(text, ())
        ]


def resolve(
    join: JoinPlan, *, source: Any, row: Any = None, joined: Joined, pool: Pool, tables: Tables
) -> Any:
    """Return what is joined: an object or ABSENT for ``one``, a list for ``all``.

    What cannot be known for sure is Unsure, or an Incomplete list.
    """
    if join.sort == "record":
        return Unsure(f"{join.of} is a record, and this version does not judge joins of records")
    wanted = join.wanted(source=source, row=row, joined=joined)
    if isinstance(wanted, Unsure):
        return wanted
    found = tables.candidates(join, wanted) if join.sort == "table" else None
    if join.sort == "table" and found is None:
        return Unsure(f"there is no table {join.of}")
    fitting, undecided = [], False
    for body in pool.candidates(join, wanted) if found is None else found:
        answer = join.fits(body, wanted, tables.column)
        undecided = undecided or answer is None
        if answer:
            fitting.append(body)
    lacking = pool.lacking(join, wanted) if found is None else ""
    doubt = f"whether a {join.of} belongs to it cannot be known" if undecided else ""
    if join.one:
        return _only(join, fitting, lacking=lacking, doubt=doubt)
    return Incomplete(fitting, doubt or lacking) if doubt or lacking else fitting


def join_plan(
    name: str,
    join: Join,
    landscape: Landscape,
    *,
    in_row: bool,
    joins: Sequence[str],
    type_of: Callable[[Reach], str],
    bare: str = "source",
) -> JoinPlan:
    """Prepare a join; ``type_of`` tells the declared type of a field on this side."""
    sort = "table" if join.name.partition(".")[0] == TABLES else "message"
    if sort == "message" and join.name in landscape.records():
        sort = "record"
    pairs = []
    for theirs, text in join.on.items():
        mine = reach_of(text, in_row=in_row, joins=joins, bare=bare)
        alike = sort == "table" or declared_type(landscape, join.name, theirs) == type_of(mine)
        pairs.append(Pair(parse_path(theirs), mine, alike))
    where = parse_condition(join.where) if join.where else None
    return JoinPlan(name, join.name, sort, join.one is not None, tuple(pairs), where)


def declared_type(landscape: Landscape, message: str, path: str) -> str:
    """Return the declared type of a field; ``any`` where nobody describes it."""
    try:
        spec = landscape.fields(message).get(path)
    except KeyError:
        return "any"
    return "any" if spec is None else spec.type


def _only(join: JoinPlan, fitting: list[Any], *, lacking: str, doubt: str) -> Any:
    if len(fitting) > 1:
        return Unsure(f"{len(fitting)} {join.of} belong to it, where one was agreed")
    if doubt:
        return Unsure(doubt)
    if fitting:
        return fitting[0]
    return Unsure(f"no {join.of} that belongs to it was seen: {lacking}") if lacking else ABSENT


def _any_equal(pair: Pair, body: Any, values: tuple[Any, ...]) -> bool | None:
    answer: bool | None = False
    for found in read_all(pair.theirs, body):
        if found.value is ABSENT and type(body) is InPart:
            answer = None
            continue
        for value in values:
            equal = _equal(pair, found.value, value)
            if equal:
                return True
            answer = None if equal is None else answer
    return answer


def _equal(pair: Pair, theirs: Any, mine: Any) -> bool | None:
    if missing(theirs):
        return False
    if isinstance(theirs, Veiled) or isinstance(mine, Veiled):
        known = same(theirs, mine)
        if known is False and not pair.same_type and _as_long(theirs, mine):
            return None  # digests of different types of the same value differ
        return known
    return key_text(theirs) == key_text(mine)


def _as_long(left: Any, right: Any) -> bool:
    return (
        isinstance(left, Veiled)
        and isinstance(right, Veiled)
        and (left.length, left.ascii) == (right.length, right.ascii)
    )
