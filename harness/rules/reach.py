"""Where the paths of rules and conditions start, and what they read there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from harness.mapping import (
    ABSENT,
    EVERY,
    Columns,
    Condition,
    Incomplete,
    InPart,
    Path,
    Unsure,
    missing,
    parse_path,
    read,
    read_all,
)

Joined = Mapping[str, Any]
"""What was joined, by the name the contract gives it: an object, a list, ABSENT or Unsure."""
NO_JOINS: Final[Joined] = MappingProxyType({})
_IN_PART: Final = "the message was seen in part only"
ELEMENT: Final = "^element"
"""The key under which a source message holds the element that owes a message of its own."""


@dataclass(frozen=True, slots=True)
class Row:
    """One source row of a list: what bare paths read there, and what is joined to it.

    ``at`` is its place in the source message, None where it does not stand there.
    """

    value: Any
    joined: Joined
    at: tuple[str | int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Source rows that make one row together.

    ``keys`` holds the value that they share at each path they are grouped by; every other path
    gives the list of their values. ``names`` are the joins that each row has for itself.
    """

    members: tuple[Row, ...]
    keys: Mapping[str, Any]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reach:
    """A path and where it starts: the row, the source, the target, or what was joined.

    ``root`` is ``row``, ``element``, ``source``, ``target`` or ``join``; ``name`` is that of the
    join.
    """

    text: str
    root: str
    path: Path
    listed: Path | None
    name: str = ""

    def read(self, *, source: Any, row: Any, target: Any, joined: Joined = NO_JOINS) -> Any:
        """Return the value, a list for a path with ``*``, or ABSENT where the list is absent.

        What cannot be known is Unsure, and a list to which more may belong is Incomplete.
        """
        root = self.root
        start = row if root == "row" else target if root == "target" else source
        if root == "join":
            start = joined.get(self.name, _NOT_JOINED)
        elif root == "element":
            start = element_of(source)
        if type(start) is dict and not self.path.many:
            return read_plain(self.path, start)
        if type(start) is dict and not (root == "join" and self.path.head == EVERY):
            return self._many(start)
        if type(row) is Group and (root == "row" or self.name in row.names):
            return self._of_group(row, source=source, target=target)
        return self._elsewhere(start)

    def _many(self, start: Any) -> Any:
        if self.listed is not None and missing(read(self.listed, start)):
            return ABSENT
        return [found.value for found in read_all(self.path, start)]

    def _elsewhere(self, start: Any) -> Any:
        """Read what is no plain object: joined lists, and what was not seen whole."""
        if isinstance(start, Unsure) or not self.path.parts:
            return start
        if isinstance(start, list) and self.root == "join":
            return self._of_list(start)
        if self.path.head == EVERY and self.root == "join":
            return Unsure(f"{self.name} is one object here, and {self.text} reads a list")
        found = self._many(start) if self.path.many else read(self.path, start)
        return Unsure(_IN_PART) if found is ABSENT and type(start) is InPart else found

    def _of_list(self, start: list[Any]) -> Any:
        if self.path.head != EVERY:
            return Unsure(f"{self.name} is a list in no order; {self.text} cannot be read")
        values = [found.value for found in read_all(self.path, start)]
        if ABSENT in values and any(type(one) is InPart for one in start):
            return Incomplete(values, _IN_PART)
        return Incomplete(values, start.reason) if isinstance(start, Incomplete) else values

    def _of_group(self, group: Group, *, source: Any, target: Any) -> Any:
        if self.text in group.keys:
            return group.keys[self.text]
        values: list[Any] = []
        for one in group.members:
            value = self.read(source=source, row=one.value, target=target, joined=one.joined)
            if isinstance(value, (Unsure, Incomplete)):
                return Unsure(value.reason)
            values += value if self.path.many and isinstance(value, list) else [value]
        return values


MESSAGE_ITSELF: Final = Reach("", "source", Path(()), None)
"""Where bare paths of a row start that is not made from a list."""

_NOT_JOINED: Final = Unsure("what is joined is not known here")


@dataclass(frozen=True, slots=True)
class RootedCondition:
    """A condition of a contract, with where each of its paths starts."""

    condition: Condition
    reaches: Mapping[Path, Reach]

    def holds(
        self,
        *,
        source: Any,
        row: Any = None,
        target: Any = None,
        joined: Joined = NO_JOINS,
        columns: Columns | None = None,
        partial: bool = False,
    ) -> bool | None:
        """Return whether it holds; ``partial`` says that the source was seen in part only."""

        def read_at(path: Path) -> Any:
            reach = self.reaches.get(path)
            if reach is None:  # a column of a table
                return ABSENT if columns is None else columns(path)  # type: ignore[arg-type]
            found = reach.read(source=source, row=row, target=target, joined=joined)
            if found is ABSENT and path.many:
                return []
            if found is ABSENT and partial and reach.root in ("row", "source", "element"):
                return Unsure(_IN_PART)
            return found

        return self.condition.holds(read_at)


def rooted(
    condition: Condition, *, in_row: bool, joins: Collection[str] = (), bare: str = "source"
) -> RootedCondition:
    """Prepare a condition."""
    reaches = {
        path: reach_of(path, in_row=in_row, joins=joins, bare=bare) for path in condition.paths()
    }
    return RootedCondition(condition, reaches)


def reach_of(
    text: str | Path, *, in_row: bool, joins: Collection[str] = (), bare: str = "source"
) -> Reach:
    """Return where a path starts: a bare one at the row inside a row, else where ``bare`` says."""
    path = parse_path(text) if isinstance(text, str) else text
    root, name = "row" if in_row else bare, ""
    if path.up:
        # One level above the element of a row stands the message itself.
        root, path = "source", Path(path.parts, 0, path.many)
    elif path.head in joins:
        root, name, path = "join", path.head, path.tail()
    elif path.head in ("source", "target") and len(path.parts) > 1:
        root, path = path.head, path.tail()
    listed = None
    if path.many:
        before = path.parts[: path.parts.index(EVERY)]
        listed = Path(before) if before else None
    return Reach(str(text), root, path, listed, name)


def element_of(source: Any) -> Any:
    """Return the element that owes a message of its own, or the whole message."""
    return source.get(ELEMENT, source) if isinstance(source, dict) else source


def read_plain(path: Path, value: Any) -> Any:
    """Return what ``read`` returns, sooner for the paths of one part that most rules have."""
    if len(path.parts) == 1 and type(value) is dict:
        return value.get(path.parts[0], ABSENT)
    return read(path, value)
