"""A pipe of transforms, as in ``to_decimal | round 2 half_up``: parsed, typed, applied."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from harness.errors import did_you_mean
from harness.mapping.paths import ABSENT, missing
from harness.mapping.transforms import (
    ELEMENTWISE,
    Kind,
    Refused,
    Transform,
    catalogue,
    check_arguments,
)

_WORD = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^\s|"]+)|(\|))')
_NUMBERS = ("integer", "decimal", "number")


@dataclass(frozen=True, slots=True)
class Stage:
    """One transform with its arguments."""

    entry: Transform
    arguments: tuple[Any, ...]

    def __str__(self) -> str:
        return " ".join([self.entry.name, *(_written(argument) for argument in self.arguments)])

    def apply(self, value: Any) -> Any:
        """Apply the transform; elementwise ones go into lists."""
        if missing(value) and not self.entry.takes_missing:
            return ABSENT
        if isinstance(value, list) and self.entry.name in ELEMENTWISE:
            return [element if missing(element) else self._once(element) for element in value]
        return self._once(value)

    def _once(self, value: Any) -> Any:
        try:
            return self.entry.function(value, *self.arguments)
        except Refused as error:
            raise Refused(f"{self}: {error}") from error
        except (ArithmeticError, OverflowError) as error:
            raise Refused(f"{self}: the number is out of range") from error


@dataclass(frozen=True, slots=True)
class Pipe:
    """Transforms one after the other; equal pipes do the same."""

    stages: tuple[Stage, ...]

    def __str__(self) -> str:
        return " | ".join(str(stage) for stage in self.stages)

    def apply(self, value: Any) -> Any:
        """Send a value through; nothing comes out of nothing, save by ``default``.

        Raises:
            Refused: a transform cannot take the value.
        """
        for stage in self.stages:
            value = stage.apply(value)
        return value

    def invert(self, value: Any) -> Any:
        """Send a value backwards.

        Raises:
            Refused: the pipe loses information, or the value does not fit.
        """
        for stage in reversed(self.stages):
            if stage.entry.inverse is None:
                raise Refused(f"{stage} cannot be reversed")
            value = stage.entry.inverse(value, *stage.arguments)
        return value

    @property
    def accepts(self) -> Kind:
        """Return the kind of value that goes in."""
        return self.stages[0].entry.accepts

    @property
    def gives(self) -> Kind:
        """Return the kind of value that comes out."""
        return self.stages[-1].entry.gives

    @property
    def lossy(self) -> bool:
        """Return whether different values may become the same."""
        return any(stage.entry.lossy for stage in self.stages)

    @property
    def reversible(self) -> bool:
        """Return whether the value before can be told from the value after."""
        return all(stage.entry.reversible for stage in self.stages)

    @property
    def rounds(self) -> bool:
        """Return whether the pipe rounds numbers."""
        return any(stage.entry.name == "round" for stage in self.stages)


@lru_cache(maxsize=4096)
def parse_pipe(text: str) -> Pipe:
    """Parse a pipe and check that each transform fits the one before.

    Raises:
        ValueError: the message says which transform is wrong, and what it takes.
    """
    stages = tuple(_stage(words, text) for words in _split(text))
    for before, after in pairwise(stages):
        if not _fits(before.entry.gives, after.entry):
            raise ValueError(
                f"`{before}` gives {before.entry.gives}, and `{after}` takes {after.entry.accepts}"
            )
    return Pipe(stages)


def _split(text: str) -> list[list[tuple[str, bool]]]:
    groups: list[list[tuple[str, bool]]] = [[]]
    position = 0
    while position < len(text.rstrip()):
        match = _WORD.match(text, position)
        if match is None:
            raise ValueError(f"{text!r}: a quotation mark is not closed")
        position = match.end()
        quoted, plain, bar = match.groups()
        if bar:
            groups.append([])
        elif quoted is not None:
            groups[-1].append((re.sub(r"\\(.)", r"\1", quoted), True))
        else:
            groups[-1].append((plain, False))
    if not all(groups):
        raise ValueError(f"{text!r}: a transform is missing beside `|`")
    return groups


def _stage(words: list[tuple[str, bool]], text: str) -> Stage:
    name = words[0][0]
    entry = catalogue().get(name)
    if entry is None:
        hint = did_you_mean(name, list(catalogue()))
        raise ValueError(f"there is no transform {name!r} in `{text}` ~ hint: {hint}")
    given = words[1:]
    if len(given) != len(entry.parameters):
        raise ValueError(f"`{name}` is written `{entry.usage}`; here it has {len(given)} arguments")
    arguments = tuple(
        _argument(entry, parameter, kind, word)
        for (parameter, kind), (word, _) in zip(entry.parameters, given, strict=True)
    )
    for wrong in check_arguments(entry, arguments):
        raise ValueError(wrong)
    return Stage(entry, arguments)


def _argument(entry: Transform, parameter: str, kind: type, word: str) -> Any:
    if kind is not int:
        return word
    if not re.fullmatch(r"\d{1,9}", word):
        raise ValueError(f"`{entry.usage}`: {parameter.upper()} is a whole number, not {word!r}")
    return int(word)


def _fits(gives: Kind, after: Transform) -> bool:
    accepts = after.accepts
    if "any" in (gives, accepts) or gives == accepts:
        return True
    if gives == "list" and after.name in ELEMENTWISE:
        return True
    # An elementwise transform keeps a list a list, which its own type does not tell.
    if accepts == "list":
        return gives in ("decimal", "integer", "text", "boolean")
    if gives == "text" and accepts in ("instant", "date"):
        return True
    return gives in _NUMBERS and accepts in _NUMBERS


def _written(argument: Any) -> str:
    text = str(argument)
    if isinstance(argument, int) or re.fullmatch(r"[^\s|\"\\]+", text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
