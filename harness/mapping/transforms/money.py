"""Transforms of amounts of money: main and smallest units, by digits or by currency."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

from harness.errors import did_you_mean
from harness.mapping.transforms.entries import Limits, Refused, transform
from harness.mapping.transforms.numbers import (
    Mode,
    few_digits,
    rounded,
    rounded_limits,
    scaled,
    shifted,
)
from harness.mapping.transforms.operands import elements, text, whole


@cache
def _exponents() -> dict[str, int | None]:
    """Return the digits of each currency in force; None for gold and others that have none.

    They come from the table of ISO 4217 itself. The tables of CLDR look alike and differ: they
    hold what people write, so that some currencies have fewer digits than in payments.
    """
    import iso4217  # noqa: PLC0415 - its table is read only by contracts that need it

    return {currency.code: currency.exponent for currency in iso4217.Currency}


def _digits(currency: str) -> int:
    """Return how many digits a currency has after the point; ValueError where it has none."""
    known = _exponents()
    if currency not in known:
        near = did_you_mean(currency, list(known)) or "write three letters such as EUR"
        raise ValueError(f"{currency!r} is no currency in force in ISO 4217 ~ hint: {near}")
    digits = known[currency]
    if digits is None:
        raise ValueError(f"{currency} has no smallest unit in ISO 4217")
    return digits


def _currency(currency: str, *_others: Any) -> Iterator[str]:
    try:
        _digits(currency)
    except ValueError as error:
        yield str(error)


def _minor(before: Limits, digits: int) -> Limits:
    return replace(shifted(digits)(before), decimals=0)


def _to_minor(value: Any, digits: int) -> int:
    return whole(scaled(value, digits))


@transform(
    accepts="number",
    gives="integer",
    inverse=lambda value, digits: scaled(value, -digits),
    each=True,
    check=few_digits,
    limits=_minor,
)
def minor_units(value: Any, digits: int) -> int:
    """Write an amount in its smallest unit: 12.34 becomes 1234 with 2 digits."""
    return _to_minor(value, digits)


@transform(
    accepts="number",
    gives="decimal",
    inverse=scaled,
    each=True,
    check=few_digits,
    limits=lambda before, digits: shifted(-digits)(before),
)
def major_units(value: Any, digits: int) -> Decimal:
    """Write an amount in its main unit: 1234 becomes 12.34 with 2 digits."""
    return scaled(value, -digits)


@transform(
    accepts="number",
    gives="integer",
    inverse=lambda value, currency: scaled(value, -_digits(currency)),
    each=True,
    check=_currency,
    limits=lambda before, currency: _minor(before, _digits(currency)),
)
def to_minor_units(value: Any, currency: str) -> int:
    """Write an amount in the smallest unit of ISO 4217: `to_minor_units JPY` of 500 is 500."""
    return _to_minor(value, _digits(currency))


@transform(
    accepts="number",
    gives="decimal",
    inverse=lambda value, currency: _to_minor(value, _digits(currency)),
    each=True,
    check=_currency,
    limits=lambda before, currency: shifted(-_digits(currency))(before),
)
def from_minor_units(value: Any, currency: str) -> Decimal:
    """Write whole smallest units of ISO 4217 as an amount: `from_minor_units EUR` of 1234."""
    return scaled(whole(value), -_digits(currency))


@transform(
    accepts="number",
    gives="decimal",
    lossy=True,
    each=True,
    check=_currency,
    limits=lambda before, currency, mode: rounded_limits(before, _digits(currency), mode),
)
def round_money(value: Any, currency: str, mode: Mode) -> Decimal:
    """Round to the digits that a currency has in ISO 4217: `round_money EUR half_up`."""
    return rounded(value, _digits(currency), mode)


def _amount_and_digits(value: Any) -> tuple[Any, int]:
    pair = elements(value)
    if len(pair) != 2:
        raise Refused(f"an amount and its currency are two values, here are {len(pair)}")
    try:
        return pair[0], _digits(text(pair[1]))
    except Refused:
        raise
    except ValueError as error:
        raise Refused(str(error).partition(" ~ ")[0]) from error


@transform(accepts="list", gives="integer", lossy=True, limits=lambda _before: Limits(decimals=0))
def amount_to_minor_units(value: Any) -> int:
    """Write an amount in the smallest unit of the currency beside it: `from: [total, currency]`."""
    amount, digits = _amount_and_digits(value)
    return _to_minor(amount, digits)


@transform(accepts="list", gives="decimal", lossy=True)
def amount_from_minor_units(value: Any) -> Decimal:
    """Write smallest units as an amount of the currency beside it: `from: [total, currency]`."""
    amount, digits = _amount_and_digits(value)
    return scaled(whole(amount), -digits)
