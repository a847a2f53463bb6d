"""Transforms between kinds of value, and those for values that are missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from harness.mapping.paths import ABSENT, missing
from harness.mapping.transforms.entries import Limits, Refused, transform
from harness.mapping.transforms.operands import number, quoted, text, whole, word
from harness.mapping.values import shown


@transform(accepts="any", gives="text", inverse=lambda value: value, each=True)
def to_text(value: Any) -> str:
    """Write a value as text: `450789469` becomes `"450789469"`."""
    return word(value)


def _whole_limits(before: Limits) -> Limits:
    return Limits(decimals=0, lower=before.lower, upper=before.upper)


@transform(accepts="any", gives="integer", lossy=True, each=True, limits=_whole_limits)
def to_integer(value: Any) -> int:
    """Read a whole number; anything with a fraction is refused."""
    return whole(value)


@transform(
    accepts="any",
    gives="decimal",
    inverse=shown,
    each=True,
    limits=lambda before: replace(before, max_length=None, ascii=False),
)
def to_decimal(value: Any) -> Decimal:
    """Read an exact number from text or a number."""
    return number(value)


@transform(accepts="any", gives="boolean", lossy=True, each=True)
def to_boolean(value: Any) -> bool:
    """Read true or false, also from the texts `true` and `false` in any case."""
    if isinstance(value, bool):
        return value
    said = value.casefold() if isinstance(value, str) else ""
    if said not in ("true", "false"):
        raise Refused(f"{quoted(value)} is neither true nor false")
    return said == "true"


def _unlike(yes: str, no: str) -> Iterator[str]:
    if yes == no:
        yield f"true and false need two words, not {yes!r} twice"


def _from_words(value: Any, yes: str, no: str) -> bool:
    said = word(value)
    if said not in (yes, no):
        raise Refused(f"{quoted(value)} is neither {yes!r} nor {no!r}")
    return said == yes


def _to_words(value: Any, yes: str, no: str) -> str:
    if not isinstance(value, bool):
        raise Refused(f"{quoted(value)} is neither true nor false")
    return yes if value else no


@transform(accepts="any", gives="boolean", inverse=_to_words, each=True, check=_unlike)
def read_boolean(value: Any, yes: str, no: str) -> bool:
    """Read true or false from two words: `read_boolean Y N`, `read_boolean 1 0`."""
    return _from_words(value, yes, no)


@transform(
    accepts="boolean",
    gives="text",
    inverse=_from_words,
    each=True,
    check=_unlike,
    limits=lambda _before, yes, no: Limits(
        max_length=max(len(yes), len(no)), ascii=(yes + no).isascii()
    ),
)
def write_boolean(value: Any, yes: str, no: str) -> str:
    """Write true and false as two words: `write_boolean Y N`."""
    return _to_words(value, yes, no)


def _opposite(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Refused(f"{quoted(value)} is neither true nor false")
    return not value


@transform(accepts="boolean", gives="boolean", inverse=_opposite, each=True)
def opposite(value: Any) -> bool:
    """Turn true into false: `taxable` is the opposite of `tax_exempt`."""
    return _opposite(value)


@transform(accepts="any", gives="any", lossy=True, takes_missing=True)
def default(value: Any, other: str) -> Any:
    """Take this text where there is no value."""
    return other if missing(value) else value


@transform(
    accepts="text", gives="text", lossy=True, each=True, limits=lambda before, _other: before
)
def missing_if(value: Any, other: str) -> Any:
    """Take this text for no value at all: `missing_if ""`."""
    return ABSENT if text(value) == other else value
