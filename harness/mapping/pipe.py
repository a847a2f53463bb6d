"""A pipe of transforms, as in ``to_decimal | round 2 half_up``: parsed, typed, applied."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from harness.errors import did_you_mean
from harness.mapping.paths import ABSENT, missing
from harness.mapping.transforms import (
    UNLIMITED,
    Kind,
    Limits,
    Parameter,
    Refused,
    Transform,
    catalogue,
    find_transform,
)
from harness.mapping.values import Uncomparable, to_decimal, to_instant

_WORD = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^\s|"]+)|(\|))')
_WHOLE = re.compile(r"[0-9]{1,9}")
ROUNDING: Final = frozenset({"round", "round_money"})
"""The transforms that take a mode of rounding."""

_NUMBERS = ("integer", "decimal", "number")


@dataclass(frozen=True, slots=True)
class Stage:
    """One transform with its arguments."""

    entry: Transform
    arguments: tuple[Any, ...]

    def __str__(self) -> str:
        return " ".join([self.entry.name, *(_written(argument) for argument in self.arguments)])

    def apply(self, value: Any) -> Any:
        """Apply the transform; elementwise ones go into lists.

        Raises:
            Refused: the transform cannot take the value.
        """
        if missing(value) and not self.entry.takes_missing:
            return ABSENT
        if isinstance(value, list) and self.entry.each:
            return [element if missing(element) else self._once(element) for element in value]
        return self._once(value)

    def invert(self, value: Any) -> Any:
        """Return what the value was before.

        Raises:
            Refused: the transform loses information, or never gives such a value.
        """
        inverse = self.entry.inverse
        if inverse is None:
            raise Refused(f"{self} cannot be reversed")
        if missing(value):
            return ABSENT
        if isinstance(value, list) and self.entry.each:
            return [one if missing(one) else self._called(inverse, one) for one in value]
        return self._called(inverse, value)

    def limits(self, before: Limits) -> Limits:
        """Return what is known of every result, from what is known of every value before."""
        return self.entry.limits(before, *self.arguments) if self.entry.limits else UNLIMITED

    def _once(self, value: Any) -> Any:
        entry = self.entry
        result = self._called(entry.function, value)
        if entry.built_in or _is_of_kind(result, entry.gives):
            return result
        raise Refused(f"{self}: it says that it gives {self.entry.gives}, and gave {result!r}")

    def _called(self, function: Callable[..., Any], value: Any) -> Any:
        try:
            return function(value, *self.arguments)
        except Refused as error:
            raise Refused(f"{self}: {error}") from error
        except ArithmeticError as error:
            raise Refused(f"{self}: the number is out of range") from error
        # What a project adds may raise anything; what is built in may not.
        except Exception as error:
            if self.entry.built_in:
                raise
            raise Refused(
                f"{self}: the transform of {self.entry.home} failed with "
                f"{type(error).__name__}: {error}"
            ) from error


@dataclass(frozen=True, slots=True)
class Pipe:
    """Transforms one after the other; equal pipes do the same."""

    stages: tuple[Stage, ...]

    def __str__(self) -> str:
        return " | ".join(str(stage) for stage in self.stages)

    @property
    def rounds(self) -> bool:
        """Return whether one of the transforms rounds, so that its mode can matter."""
        return any(stage.entry.name in ROUNDING for stage in self.stages)

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
            value = stage.invert(value)
        return value

    def limits(self, before: Limits = UNLIMITED) -> Limits:
        """Return what is known of every result, from what is known of every value that goes in."""
        for stage in self.stages:
            before = stage.limits(before)
        return before

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


@lru_cache(maxsize=4096)
def parse_pipe(text: str) -> Pipe:
    """Parse a pipe and check that each transform fits the one before.

    Raises:
        ValueError: the message says which transform is wrong, and what it takes.
    """
    stages = tuple(_stage(words, text) for words in _split(text))
    # Whether the value may be a list; of what goes in, nothing is known.
    listed = True
    for before, after in pairwise(stages):
        listed = _may_be_list(before.entry, listed)
        if not _fits(before.entry.gives, after.entry, listed=listed):
            raise ValueError(_misfit(before, after))
    return Pipe(stages)


def parse_stage(name: str, words: Sequence[str]) -> Stage:
    """Return a transform with its arguments, each given as it is written in a pipe.

    Raises:
        ValueError: the message says what is wrong, and how the transform is written.
    """
    entry = find_transform(name)
    if entry is None:
        hint = did_you_mean(name, list(catalogue())) or "the reference lists all transforms"
        raise ValueError(f"there is no transform {name!r} ~ hint: {hint}")
    needed = sum(parameter.default is None for parameter in entry.parameters)
    if not needed <= len(words) <= len(entry.parameters):
        raise ValueError(f"`{name}` is written `{entry.usage}`; here it has {len(words)} arguments")
    named, silent = entry.parameters[: len(words)], entry.parameters[len(words) :]
    said = [_argument(entry, one, word) for one, word in zip(named, words, strict=True)]
    implied = [parameter.default for parameter in silent]
    stage = Stage(entry, (*said, *implied))
    for wrong in entry.check(*stage.arguments) if entry.check else ():
        raise ValueError(f"`{stage}`: {wrong}")
    return stage


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
    name, *given = (word for word, _ in words)
    try:
        return parse_stage(name, given)
    except ValueError as error:
        if find_transform(name) is None:
            said, _, hint = str(error).partition(" ~ ")
            raise ValueError(f"{said} in `{text}` ~ {hint}") from error
        raise


def _argument(entry: Transform, parameter: Parameter, word: str) -> Any:
    if parameter.choices and word not in parameter.choices:
        known = ", ".join(parameter.choices)
        raise ValueError(f"`{entry.usage}`: {parameter.name.upper()} is {known}; not {word!r}")
    if parameter.kind is str:
        return word
    if parameter.kind is int:
        if not _WHOLE.fullmatch(word):
            raise ValueError(
                f"`{entry.usage}`: {parameter.name.upper()} is a whole number, not {word!r}"
            )
        return int(word)
    try:
        return to_decimal(word)
    except Uncomparable as error:
        raise ValueError(
            f"`{entry.usage}`: {parameter.name.upper()} is a number, not {word!r}"
        ) from error


def _may_be_list(entry: Transform, listed: bool) -> bool:  # noqa: FBT001 - what it was before
    """Return whether a list may come out, given whether one may go in."""
    return entry.gives in ("list", "any") or (entry.each and listed)


def _fits(gives: Kind, after: Transform, *, listed: bool) -> bool:
    accepts = after.accepts
    if "any" in (gives, accepts) or gives == accepts:
        return True
    if accepts == "list":
        return listed
    if gives == "list":
        return after.each
    if gives == "text" and accepts in ("instant", "date"):
        return True
    return gives in _NUMBERS and accepts in _NUMBERS


_BETWEEN: Final = {
    "text": "put `to_text` between them",
    "number": "put `to_decimal` between them",
    "integer": "put `to_integer` between them",
    "decimal": "put `to_decimal` between them",
    "boolean": "put `to_boolean` between them",
    "list": "a list is several sources, `lines.*.sku`, or what `split` gives",
}


def _misfit(before: Stage, after: Stage) -> str:
    gives, accepts = before.entry.gives, after.entry.accepts
    said = f"`{before}` gives {gives}, and `{after}` takes {accepts}"
    if gives == "list":
        return f"{said} ~ hint: take one element, as in `first`, or put them together, as in `join`"
    if gives in ("instant", "date") and accepts == "text":
        word = "format_date" if gives == "instant" else "format_day"
        return f"{said} ~ hint: `{word}` writes it by a pattern"
    hint = _BETWEEN.get(accepts)
    return f"{said} ~ hint: {hint}" if hint else said


def _is_of_kind(value: Any, kind: Kind) -> bool:
    """Return whether a value is what a transform says it gives; nothing is of every kind."""
    if missing(value) or kind == "any":
        return True
    if kind in ("instant", "date"):
        return _is_point_in_time(value, kind)
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def _is_point_in_time(value: Any, kind: Kind) -> bool:
    try:
        if kind == "instant":
            to_instant(value)
        else:
            date.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "text": str,
    "integer": int,
    "decimal": (Decimal, int),
    "number": (Decimal, int),
    "boolean": bool,
    "list": list,
}


def _written(argument: Any) -> str:
    text = str(argument)
    if isinstance(argument, (int, Decimal)) or re.fullmatch(r"[^\s|\"\\]+", text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
