"""Amounts in their currencies: exact, and written with as many decimals as they need."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

_COMMON: Final = 2
_EXACT: Final = Context(prec=2500, rounding=ROUND_HALF_UP)
"""Wide enough for every number that can be read, so that showing one never fails."""


@dataclass(frozen=True, slots=True)
class Currencies:
    """How many decimals a currency has; two, unless it is named."""

    whole: Collection[str]
    thousandth: Collection[str]

    def decimals(self, currency: str) -> int:
        """Return the decimals of a currency."""
        if currency in self.whole:
            return 0
        return 3 if currency in self.thousandth else _COMMON

    def fits(self, amount: Decimal, currency: str) -> bool:
        """Return whether an amount can be paid: whether it has no parts of the smallest unit."""
        return amount == self.rounded(amount, currency)

    def rounded(self, amount: Decimal, currency: str) -> Decimal:
        """Return an amount in whole smallest units, half of one rounded up."""
        return amount.quantize(Decimal(1).scaleb(-self.decimals(currency)), context=_EXACT)

    def text(self, amount: Decimal, currency: str) -> str:
        """Return an amount with the decimals of its currency, more only where it has more."""
        payable = self.rounded(amount, currency)
        shown = payable if payable == amount else amount.normalize(_EXACT)
        return f"{shown or abs(shown):f}"
