"""Transforms of lists: taking one, putting together, counting and adding."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from decimal import Decimal
from typing import Any

from harness.mapping.paths import ABSENT, missing
from harness.mapping.transforms.entries import Limits, Refused, transform
from harness.mapping.transforms.operands import EXACT, LONGEST_TEXT, elements, number, text, word


def _same(before: Limits, *_arguments: Any) -> Limits:
    return before


@transform(accepts="list", gives="any", lossy=True, takes_missing=True, limits=_same)
def first_of(value: Any) -> Any:
    """Take the first of several values that is there."""
    if not isinstance(value, list):
        return value
    return next((element for element in value if not missing(element)), ABSENT)


@transform(accepts="list", gives="any", lossy=True, limits=_same)
def first(value: Any) -> Any:
    """Take the first element; of an empty list there is none."""
    return next(iter(elements(value)), ABSENT)


@transform(accepts="list", gives="any", lossy=True, limits=_same)
def last(value: Any) -> Any:
    """Take the last element; of an empty list there is none."""
    return next(reversed(elements(value)), ABSENT)


def _position(position: int) -> Iterator[str]:
    if position < 1:
        yield "elements are counted from 1"


@transform(accepts="list", gives="any", lossy=True, check=_position, limits=_same)
def nth(value: Any, position: int) -> Any:
    """Take one element, counted from 1; there is none in a shorter list."""
    found = elements(value)
    return found[position - 1] if position <= len(found) else ABSENT


@transform(accepts="list", gives="list", lossy=True, limits=_same)
def distinct(value: Any) -> list[Any]:
    """Keep the first of equal elements; numbers are equal by value."""
    kept: dict[Hashable, Any] = {}
    for element in elements(value):
        kept.setdefault(_identity(element), element)
    return list(kept.values())


def _identity(value: Any) -> Hashable:
    if isinstance(value, dict):
        return "object", frozenset((key, _identity(inner)) for key, inner in value.items())
    if isinstance(value, list):
        return "list", tuple(_identity(inner) for inner in value)
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return "number", number(value)
    return type(value).__name__, value


@transform(accepts="list", gives="list", lossy=True, takes_missing=True, limits=_same)
def drop_missing(value: Any) -> Any:
    """Leave out elements that are missing or blank; where none is left, there is no value."""
    if missing(value):
        return ABSENT
    kept = [one for one in elements(value) if not missing(one) and not _blank(one)]
    return kept or ABSENT


def _blank(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()


@transform(accepts="list", gives="text", lossy=True)
def join(value: Any, separator: str) -> str:
    """Put texts together; a missing part is refused."""
    parts = elements(value)
    if any(missing(part) for part in parts):
        raise Refused("a part is missing; `drop_missing` leaves it out")
    joined = separator.join(word(part) for part in parts)
    if len(joined) > LONGEST_TEXT:
        raise Refused("the text becomes too long")
    return joined


def _separator(separator: str) -> Iterator[str]:
    if not separator:
        yield "an empty separator cuts nothing; say at what the text is cut"


def _joined(value: Any, separator: str) -> str:
    return separator.join(text(part) for part in elements(value))


@transform(accepts="text", gives="list", inverse=_joined, check=_separator, limits=_same)
def split(value: Any, separator: str) -> list[str]:
    """Cut a text into a list."""
    return text(value).split(separator)


@transform(
    accepts="list",
    gives="integer",
    lossy=True,
    limits=lambda _: Limits(decimals=0, lower=Decimal(0)),
)
def count(value: Any) -> int:
    """Count the elements."""
    return len(elements(value))


def _added(before: Limits) -> Limits:
    return Limits(decimals=before.decimals)


def _gathered(value: Any, start: int, step: Callable[[Decimal, Decimal], Decimal]) -> Decimal:
    result = Decimal(start)
    for element in elements(value):
        result = step(result, number(element))
    return result


@transform(accepts="list", gives="decimal", lossy=True, name="sum", limits=_added)
def total(value: Any) -> Decimal:
    """Add the elements; the sum of none is 0."""
    return _gathered(value, 0, EXACT.add)


@transform(accepts="list", gives="decimal", lossy=True)
def product(value: Any) -> Decimal:
    """Multiply the elements."""
    return _gathered(value, 1, EXACT.multiply)


@transform(accepts="list", gives="decimal", lossy=True, limits=_same)
def smallest(value: Any) -> Any:
    """Take the smallest number; of an empty list there is none."""
    return min((number(element) for element in elements(value)), default=ABSENT)


@transform(accepts="list", gives="decimal", lossy=True, limits=_same)
def largest(value: Any) -> Any:
    """Take the largest number; of an empty list there is none."""
    return max((number(element) for element in elements(value)), default=ABSENT)
