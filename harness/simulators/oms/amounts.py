"""Amounts divided so that nothing is lost: the parts always add up to the whole."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

CENT: Final = Decimal("0.01")


def shared(whole: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Return a part of the whole for each weight, in cents; without any weight the last has all."""
    total, given, behind = sum(weights, Decimal(0)), Decimal(0), Decimal(0)
    parts = []
    for index, weight in enumerate(weights):
        behind += weight
        last = index == len(weights) - 1
        upto = whole if last else cents(whole * behind / total) if total else Decimal(0)
        parts.append(upto - given)
        given = upto
    return parts


def of_units(whole: Decimal, units: int, *, out_of: int) -> Decimal:
    """Return what so many of all units of a line come to, in cents."""
    return whole if units == out_of else cents(whole * units / out_of)


def cents(amount: Decimal) -> Decimal:
    """Return an amount in cents, half a cent away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def text(amount: Decimal) -> str:
    """Return an amount as it is sent."""
    return f"{cents(amount) + 0:f}"
