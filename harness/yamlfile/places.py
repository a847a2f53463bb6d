"""Lines and columns: where every piece of a YAML file stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NoReturn

import yaml

from harness.errors import BadInput, Problem

MAX_PROBLEMS: Final = 50

Place = Sequence[str | int]

FORBIDDEN: Final = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""Characters that nobody can see in an editor, and halves of characters."""


class Source:
    """The text of one file, and the problems found in it."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text
        self.problems: list[Problem] = []

    @cached_property
    def lines(self) -> list[str]:
        """Return the lines as editors count them; a last empty line does not count."""
        lines = re.split("\r\n|\r|\n", self.text)
        return lines[:-1] if len(lines) > 1 and not lines[-1] else lines

    def problem(self, line: int, column: int, message: str, hint: str = "") -> Problem:
        """Return a problem at a place counted from 1; the end of the file is its last line."""
        if line > len(self.lines):
            line, column = len(self.lines), len(self.lines[-1]) + 1
        source = FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", self.lines[line - 1])
        return Problem(self.file, line, column, message, hint, source)

    def report(self, mark: yaml.Mark, message: str, hint: str = "") -> None:
        """Add a problem at a mark; after too many of them reading ends."""
        self.problems.append(self.problem(mark.line + 1, mark.column + 1, message, hint))
        if len(self.problems) == MAX_PROBLEMS:
            rest = f"{MAX_PROBLEMS} problems up to here; the rest of the file was not read"
            self.give_up(mark, rest, "mend these first")

    def give_up(self, mark: yaml.Mark, message: str, hint: str = "") -> NoReturn:
        """Raise everything that was found, and this."""
        last = self.problem(mark.line + 1, mark.column + 1, message, hint)
        raise BadInput([*self.problems, last])


class Branch:
    """Where a mapping or a list begins, and where its keys and values stand.

    ``data`` is what becomes of it. While it is read, ``key`` is the key that waits for its value.
    """

    __slots__ = ("children", "data", "is_key", "key", "keys", "mark")

    def __init__(self, mark: yaml.Mark, *, is_list: bool, is_key: bool = False) -> None:
        self.mark = mark
        self.data: Any = [] if is_list else {}
        self.children: Any = [] if is_list else {}
        self.keys: dict[str, yaml.Mark] | None = None if is_list else {}
        self.key: str | None = None
        self.is_key = is_key

    def step(self, part: str | int) -> Branch | yaml.Mark | None:
        """Return what stands under a key or an index, or None."""
        if self.keys is not None:
            found: Branch | yaml.Mark | None = self.children.get(str(part))
            return found
        text = str(part)
        if text.isascii() and text.isdigit() and len(text) < 10 and int(text) < len(self.children):
            element: Branch | yaml.Mark = self.children[int(text)]
            return element
        return None


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: plain data, and the way back to lines and columns.

    ``data`` consists of dict (keys are text), list, str, int, Decimal, bool and None.
    """

    data: Any
    file: str
    _tree: Branch | yaml.Mark = field(repr=False, compare=False)
    _source: Source = field(repr=False, compare=False)

    def place(self, path: Place) -> tuple[int, int]:
        """Return line and column of the value at a path, or of its nearest parent."""
        node = self._tree
        for part in path:
            inner = node.step(part) if isinstance(node, Branch) else None
            if inner is None:
                break
            node = inner
        return _line_and_column(node)

    def key_place(self, path: Place) -> tuple[int, int]:
        """Return line and column of the key of a path, or of its nearest parent's key.

        An element of a list has no key and stands for itself.
        """
        node = self._tree
        mark: Branch | yaml.Mark = node
        for part in path:
            inner = node.step(part) if isinstance(node, Branch) else None
            if inner is None or not isinstance(node, Branch):
                break
            mark = inner if node.keys is None else node.keys[str(part)]
            node = inner
        return _line_and_column(mark)

    def problem(self, path: Place, message: str, hint: str = "", *, key: bool = False) -> Problem:
        """Return a problem at the value at a path, or at its key, with the line it stands in."""
        line, column = self.key_place(path) if key else self.place(path)
        return self._source.problem(line, column, message, hint)


def _line_and_column(node: Branch | yaml.Mark) -> tuple[int, int]:
    mark = node.mark if isinstance(node, Branch) else node
    return mark.line + 1, mark.column + 1


def cut(text: str, most: int = 60) -> str:
    """Return a text short enough for a message."""
    return text if len(text) <= most else text[: most - 1] + "…"
