"""Vendor YAML as plain data, read as YAML 1.2: `NO` is a country, and depth costs no stack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

import yaml

MAX_NODES: Final = 1_000_000
MAX_DEPTH: Final = 400
_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: Final = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER: Final = re.compile(r"[-+]?(?:[0-9]+|([0-9]*\.[0-9]+|[0-9]+\.?)([eE][-+]?[0-9]{1,4})?)")
_LONGEST_NUMBER: Final = 400
_UNSET: Final = object()


class Unreadable(ValueError):
    """The text is YAML that is not read here; it has a place, counted from 1."""

    def __init__(self, message: str, mark: Any) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, mark.line + 1, mark.column + 1


class _Branch:
    """A mapping or a list while it is read; ``key`` waits for its value."""

    __slots__ = ("anchor", "data", "is_key", "key", "merges")

    def __init__(self, data: Any, anchor: str | None, *, is_key: bool = False) -> None:
        self.data, self.anchor, self.is_key = data, anchor, is_key
        self.key: Any = _UNSET
        self.merges: list[Any] = []


def yaml_data(text: str, *, twice: dict[str, None]) -> Any:
    """Return the only document of a text; keys that are given twice are put into ``twice``.

    Raises:
        yaml.YAMLError: the text is no YAML.
        Unreadable: it is too deep, too large, or an alias stands inside of what it names.
    """
    return _Reading(twice).document(text)


class _Reading:
    """One pass over the events of a text, with a stack of its own."""

    def __init__(self, twice: dict[str, None]) -> None:
        self._twice = twice
        self._nodes = 0
        self._anchors: dict[str, Any] = {}

    def document(self, text: str) -> Any:
        root = _Branch([], None)
        stack = [root]
        for event in _events(text):
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self._put(stack[-1], _scalar(event), event)
            elif kind is yaml.AliasEvent:
                self._put(stack[-1], self._named(event), event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                stack.append(self._opened(event, stack))
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                done = stack.pop()
                for other in done.merges:
                    self._merge(done.data, other, event)
                if done.anchor is not None:
                    self._anchors[done.anchor] = done.data
                self._put(stack[-1], "" if done.is_key else done.data, event)
            elif kind is yaml.DocumentStartEvent and root.data:
                raise Unreadable("holds more than one document", event.start_mark)
        return root.data[0] if root.data else None

    def _opened(self, event: Any, stack: Sequence[_Branch]) -> _Branch:
        if len(stack) > MAX_DEPTH:
            raise Unreadable(f"is nested more than {MAX_DEPTH} levels deep", event.start_mark)
        self._anchors.pop(event.anchor, None)
        parent = stack[-1]
        is_key = isinstance(parent.data, dict) and parent.key is _UNSET
        return _Branch(
            {} if type(event) is yaml.MappingStartEvent else [], event.anchor, is_key=is_key
        )

    def _put(self, branch: _Branch, value: Any, event: Any) -> None:
        self._count(1, event)
        if type(event) is yaml.ScalarEvent and event.anchor is not None:
            self._anchors[event.anchor] = value
        if isinstance(branch.data, list):
            branch.data.append(value)
        elif branch.key is _UNSET:
            branch.key = _key(event, value)
        elif branch.key == "<<" and isinstance(value, (dict, list)):
            branch.merges.append(value)
            branch.key = _UNSET
        else:
            if branch.key in branch.data:
                self._twice[branch.key] = None
            branch.data[branch.key] = value
            branch.key = _UNSET

    def _merge(self, data: dict[str, Any], other: Any, event: Any) -> None:
        for one in other if isinstance(other, list) else [other]:
            if isinstance(one, dict):
                self._count(len(one), event)
                for key, value in one.items():
                    data.setdefault(key, value)

    def _named(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            message = "an alias names nothing, or what it stands in itself"
            raise Unreadable(message, event.start_mark)
        return self._anchors[event.anchor]

    def _count(self, nodes: int, event: Any) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise Unreadable(f"holds more than {MAX_NODES} keys and values", event.start_mark)


def place_in(text: str, path: Sequence[str]) -> tuple[int, int]:
    """Return line and column of the value at a path, or zeros where it cannot be found.

    JSON is read as well; this is for messages alone, so it is worked out when one is needed.
    """
    # Each open branch: the next index, or the key that waits (None: a key comes next).
    stack: list[list[Any]] = []
    want = tuple(path)
    try:
        for event in _events(text):
            kind = type(event)
            if kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                stack.pop()
                _step(stack)
                continue
            if kind not in _NODES:
                continue
            if stack and stack[-1] == [None]:
                if kind is not yaml.ScalarEvent:
                    return 0, 0  # a mapping or a list for a key: nothing points through it
                stack[-1][0] = event.value
                continue
            if len(stack) == len(want) and all(
                str(one[0]) == part for one, part in zip(stack, want, strict=True)
            ):
                return event.start_mark.line + 1, event.start_mark.column + 1
            if kind is yaml.MappingStartEvent:
                stack.append([None])
            elif kind is yaml.SequenceStartEvent:
                stack.append([0])
            else:
                _step(stack)
    except yaml.YAMLError:  # JSON that is no YAML, such as one with odd characters
        return 0, 0
    return 0, 0


_NODES: Final = (
    yaml.ScalarEvent,
    yaml.AliasEvent,
    yaml.MappingStartEvent,
    yaml.SequenceStartEvent,
)


def _step(stack: list[list[Any]]) -> None:
    if stack:
        stack[-1][0] = stack[-1][0] + 1 if isinstance(stack[-1][0], int) else None


def _events(text: str) -> Iterator[Any]:
    parser = _Parser(text)
    try:
        while type(event := parser.get_event()) is not yaml.StreamEndEvent:
            yield event
    finally:
        parser.dispose()


def _key(event: Any, value: Any) -> str:
    """Return a key as it is written: `200` and `null` are names where keys stand."""
    return event.value if type(event) is yaml.ScalarEvent else str(value)


def _scalar(event: Any) -> Any:
    text: str = event.value
    if event.style or event.tag in ("!", "tag:yaml.org,2002:str"):
        return text
    if text in _WORDS:
        return _WORDS[text]
    number = _NUMBER.fullmatch(text)
    if number is None or len(text) > _LONGEST_NUMBER:
        return text
    return int(text) if number[1] is None and number[2] is None else Decimal(text)
