"""The dotted paths of contracts: parse, read, and write back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, final


@final
class Absent:
    """There is no value here: not null, not empty text. It has no truth value."""

    _only: Absent | None = None

    def __new__(cls) -> Absent:
        """Return the only one there is."""
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __bool__(self) -> bool:
        raise TypeError("ABSENT is neither true nor false; compare with `is`")

    def __repr__(self) -> str:
        return "absent"

    def __copy__(self) -> Absent:
        return self

    def __deepcopy__(self, memo: object) -> Absent:
        return self

    def __reduce__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()
EVERY: Final = "*"

_PLAIN = re.compile(r"[^\s.\"'\[\]{}(),$^*|#]+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_WAYS_OUT = {
    "[": "write `lines.0.sku` for one element and `lines.*.sku` for all",
    "{": "write `:id` for a part that varies",
    "$": "a path starts at the message, without `$`",
    ",": "a path has no commas; give several sources as a list",
    " ": 'a key with a space is quoted: `"odd key"`',
}


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path: ``up`` levels above the element, then keys, indexes and ``*``."""

    parts: tuple[str, ...]
    up: int = 0
    many: bool = False

    def __str__(self) -> str:
        return "^" * self.up + ".".join(
            part if part == EVERY or _PLAIN.fullmatch(part) else _quoted(part)
            for part in self.parts
        )

    @property
    def head(self) -> str:
        """Return the first part."""
        return self.parts[0]

    def tail(self) -> Path:
        """Return the path without its first part."""
        rest = self.parts[1:]
        return Path(rest, 0, EVERY in rest)


@dataclass(frozen=True, slots=True)
class Found:
    """A value and the concrete place where it stands."""

    at: tuple[str | int, ...]
    value: Any


@lru_cache(maxsize=8192)
def parse_path(text: str) -> Path:
    """Parse a dotted path.

    Raises:
        ValueError: the text is no path; the message says what to write instead.
    """
    if not text:
        raise ValueError("a path is a text such as `lines.*.sku`")
    up = len(text) - len(text.lstrip("^"))
    rest, parts = text[up:], []
    while rest:
        match = _QUOTED.match(rest)
        if match:
            parts.append(re.sub(r"\\(.)", r"\1", match[1]))
        elif rest.startswith(EVERY) and rest[1:2] in ("", "."):
            match = re.match(r"\*", rest)
            parts.append(EVERY)
        else:
            match = _PLAIN.match(rest)
            if not match:
                raise _no_path(text, rest)
            parts.append(match[0])
        assert match is not None  # noqa: S101 - one of the branches matched
        rest = rest[match.end() :]
        if rest:
            if not rest.startswith(".") or rest == ".":
                raise _no_path(text, rest)
            rest = rest[1:]
    if not parts:
        raise ValueError(f"{text!r} climbs and names nothing; write `^field`")
    return Path(tuple(parts), up, EVERY in parts)


def read(path: Path, value: Any) -> Any:
    """Return the value at a path without ``*``, or ABSENT.

    Reading through null or a scalar finds nothing.
    """
    for part in path.parts:
        if isinstance(value, dict):
            if part not in value:
                return ABSENT
            value = value[part]
        elif isinstance(value, list):
            if not part.isdigit() or int(part) >= len(value):
                return ABSENT
            value = value[int(part)]
        else:
            return ABSENT
    return value


def read_all(path: Path, value: Any) -> list[Found]:
    """Return every value at the path, with its place; a missing value is found as ABSENT."""
    if len(path.parts) == 1 and type(value) is dict and not path.many:
        return [Found(path.parts, value.get(path.parts[0], ABSENT))]
    found: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    for part in path.parts:
        further: list[tuple[tuple[str | int, ...], Any]] = []
        for at, here in found:
            if part == EVERY:
                if isinstance(here, list):
                    further += [((*at, index), element) for index, element in enumerate(here)]
            elif isinstance(here, dict):
                further.append(((*at, part), here.get(part, ABSENT)))
            elif isinstance(here, list) and part.isdigit() and int(part) < len(here):
                further.append(((*at, int(part)), here[int(part)]))
            else:
                further.append(((*at, part), ABSENT))
        found = further
    return [Found(at, here) for at, here in found]


def missing(value: Any) -> bool:
    """Return whether there is nothing to map: absent or null. Empty text is a value."""
    return value is ABSENT or value is None


def _quoted(part: str) -> str:
    escaped = part.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _no_path(text: str, rest: str) -> ValueError:
    way_out = _WAYS_OUT.get(rest[:1], "write keys with dots between them, as in `lines.*.sku`")
    return ValueError(f"{text!r} is not a path; {way_out}")
