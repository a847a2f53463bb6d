"""Vendor files as plain data: JSON or YAML, of a bounded size, with references inside the file."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import unquote

import yaml

from harness.errors import BadInput, Problem, did_you_mean
from harness.importing.yamldata import Unreadable, place_in, yaml_data
from harness.yamlfile.places import FORBIDDEN
from harness.yamlfile.places import Source as YamlSource
from harness.yamlfile.syntax import syntax_problem

MAX_BYTES: Final = 30_000_000
_MOST_NAMES: Final = 12
_TOO_DEEP: Final = "is nested too deeply"

Pointer = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A vendor's file: its data, and what identifies it.

    ``twice`` are the names that stand more than once in one object; the last one counts.
    """

    file: Path
    data: Any
    sha256: str
    twice: tuple[str, ...]
    _text: str = field(repr=False)

    def refuse(self, message: str, hint: str = "", *, at: Pointer = ()) -> BadInput:
        """Return the error that this file is not what was expected, at a place in it."""
        return BadInput([self.problem(message, hint, at=at)])

    def problem(self, message: str, hint: str = "", *, at: Pointer = ()) -> Problem:
        """Return a problem at a place of this file; without one it is the whole file."""
        line, column = place_in(self._text, at) if at else (0, 0)
        return Problem(self.file.as_posix(), line, column, message, hint)

    def resolve(self, reference: str) -> tuple[Any, Pointer]:
        """Return what a reference such as ``#/components/schemas/Order`` points at, and its place.

        Raises:
            LookupError: it leads out of the file, or nowhere; the words are message and hint.
        """
        root = self.data.get("$id", self.data.get("id")) if isinstance(self.data, Mapping) else None
        base, _, inside = reference.partition("#")
        if base and base != str(root).rstrip("#"):
            raise LookupError(
                f"the reference {_cut(reference)} leads out of the file",
                "put the parts into one file first; nothing is fetched",
            )
        if inside and not inside.startswith("/"):
            return self._anchored(inside, reference)
        return self._pointed(inside, reference)

    def _pointed(self, pointer: str, reference: str) -> tuple[Any, Pointer]:
        here, place = self.data, []
        for part in pointer.split("/")[1:]:
            names = [name.replace("~1", "/").replace("~0", "~") for name in (part, unquote(part))]
            for name in names:
                if isinstance(here, Mapping) and name in here:
                    here = here[name]
                    break
                if isinstance(here, list) and _is_index(name, here):
                    here = here[int(name)]
                    break
            else:
                known = list(here) if isinstance(here, Mapping) else []
                raise LookupError(
                    f"the reference {_cut(reference)} leads nowhere", among(names[-1], known)
                )
            place.append(name)
        return here, tuple(place)

    def _anchored(self, name: str, reference: str) -> tuple[Any, Pointer]:
        waiting: list[tuple[Any, Pointer]] = [(self.data, ())]
        met: set[int] = set()
        while waiting:
            here, place = waiting.pop()
            if isinstance(here, (Mapping, list)):
                if id(here) in met:  # YAML lets one thing stand in several places
                    continue
                met.add(id(here))
            if isinstance(here, Mapping):
                anchors = (here.get("$anchor"), here.get("$dynamicAnchor"))
                if name in anchors or f"#{name}" in (here.get("$id"), here.get("id")):
                    return here, place
                waiting += [(inner, (*place, str(key))) for key, inner in here.items()]
            elif isinstance(here, list):
                waiting += [(inner, (*place, str(n))) for n, inner in enumerate(here)]
        raise LookupError(f"the reference {_cut(reference)} leads nowhere", "")


def among(name: str, known: Sequence[str]) -> str:
    """Return a hint with the names that were probably meant, or with some of those there are."""
    plain = {_plain(one): one for one in known}
    if _plain(name) in plain:
        return f"did you mean {plain[_plain(name)]!r}?"
    hint = did_you_mean(name, known)
    if hint or not known:
        return hint
    return f"there are {len(known)}, such as " + ", ".join(sorted(known)[:_MOST_NAMES])


def visible(text: str) -> str:
    """Return a text as one line of characters that people see."""
    return " ".join(FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text).split())


def read_source(file: Path) -> Source:
    """Read a vendor's file.

    Raises:
        BadInput: it is missing, too large, or neither JSON nor YAML.
    """
    shown = file.as_posix()
    raw = _bytes(file, shown)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8 text"
        raise BadInput([Problem(shown, line, column, message, "save it as UTF-8")]) from error
    twice: dict[str, None] = {}
    is_yaml = file.suffix.lower() in (".yaml", ".yml") or text.lstrip()[:1] not in ("{", "[")
    data = _yaml(text, shown, twice) if is_yaml else _json(text, shown, twice)
    return Source(file, data, hashlib.sha256(raw).hexdigest(), tuple(twice), text)


def _bytes(file: Path, shown: str) -> bytes:
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            # Reading a pipe or a device could last for ever.
            hint = "name a file in it" if stat.S_ISDIR(status.st_mode) else "save it in a file"
            raise BadInput([Problem(shown, 0, 0, "is not a regular file", hint)])
        with file.open("rb") as stream:
            raw = b"" if status.st_size > MAX_BYTES else stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: the name itself is impossible
        reason = getattr(error, "strerror", None) or error
        raise BadInput([Problem(shown, 0, 0, f"cannot be read: {reason}")]) from error
    size = max(status.st_size, len(raw))
    if size > MAX_BYTES:
        message = f"is {size / 1_000_000:.1f} MB, which is too large"
        hint = f"{MAX_BYTES // 1_000_000} MB is the most that is read; cut out the part you need"
        raise BadInput([Problem(shown, 0, 0, message, hint)])
    return raw


def _json(text: str, shown: str, twice: dict[str, None]) -> Any:
    def told_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names: set[str] = set()
            for name, _ in pairs:
                if name in names:
                    twice[name] = None
                names.add(name)
        return found

    try:
        return json.loads(
            text, object_pairs_hook=told_once, parse_float=Decimal, parse_constant=_no_number
        )
    except json.JSONDecodeError as error:
        message = f"is not JSON: {error.msg}"
        raise BadInput([Problem(shown, error.lineno, error.colno, message)]) from error
    except RecursionError as error:
        raise BadInput([Problem(shown, 0, 0, _TOO_DEEP)]) from error
    # ArithmeticError: an exponent that Decimal cannot hold.
    except (ValueError, ArithmeticError) as error:
        said = str(error) if isinstance(error, _NoNumber) else "a number is too large"
        raise BadInput([Problem(shown, 0, 0, f"is not JSON: {said}")]) from error


class _NoNumber(ValueError):
    pass


def _no_number(text: str) -> NoReturn:
    raise _NoNumber(f"{text} is no number")


def _yaml(text: str, shown: str, twice: dict[str, None]) -> Any:
    try:
        return yaml_data(text, twice=twice)
    except Unreadable as error:
        raise BadInput([Problem(shown, error.line, error.column, error.message)]) from error
    except yaml.MarkedYAMLError as error:
        # The line itself is not shown: of a recorded message it may hold somebody's name.
        problem = replace(syntax_problem(YamlSource(shown, text), error), source="")
        raise BadInput([problem]) from error
    # The parser in Python, used where libyaml is missing, lets some escapes fail as ValueError.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        first = visible(str(error).partition("\n")[0])
        raise BadInput([Problem(shown, 0, 0, f"is not YAML: {first}")]) from error


def _is_index(name: str, items: Sequence[Any]) -> bool:
    return name.isascii() and name.isdigit() and len(name) < 10 and int(name) < len(items)


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()


def _cut(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:79] + "…")


def names_of(items: Iterable[Any]) -> list[str]:
    """Return the texts among some values, in their order."""
    return [one for one in items if isinstance(one, str)]
