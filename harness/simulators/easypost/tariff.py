"""What carriers ask for a parcel, and what EasyPost asks beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from random import Random
from typing import Any, Final

_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Rate:
    """An offer of one carrier for one shipment."""

    id: str
    carrier: str
    service: str
    price: Decimal
    currency: str
    days: int


@dataclass(frozen=True, slots=True)
class Fee:
    """A sum that was charged, and perhaps paid back."""

    type: str
    amount: Decimal
    charged: bool = True
    refunded: bool = False


class Tariff:
    """The prices of all carriers; some of them may not answer just now."""

    def __init__(self, numbers: Mapping[str, Any]) -> None:
        self.closed: set[str] = set()
        self._numbers = numbers

    @property
    def carriers(self) -> list[str]:
        """Return the carriers that there are, sorted."""
        return sorted({line[0] for line in self._numbers["tariff"]})

    def rates(self, weight: Decimal, currency: str, random: Random) -> list[Rate]:
        """Return the offers for a weight in ounces, by all carriers that answer."""
        ounces = weight.to_integral_value(ROUND_CEILING)
        included = self._numbers["ounces_included"]
        return [
            Rate(
                id=new_id("rate", random),
                carrier=carrier,
                service=service,
                price=(begin + max(ounces - included, Decimal(0)) * each).quantize(
                    _CENT, ROUND_HALF_UP
                ),
                currency=currency,
                days=days,
            )
            for carrier, service, begin, each, days in self._numbers["tariff"]
            if carrier not in self.closed
        ]

    def fees(self, rate: Rate, insured: Decimal | None) -> tuple[Fee, ...]:
        """Return what is charged when a label is bought for a rate."""
        numbers = self._numbers
        fees = [Fee("PostageFee", rate.price)]
        if numbers["label_fee"]:
            fees.append(Fee("LabelFee", numbers["label_fee"]))
        if insured:
            share = (insured * numbers["insurance_share"]).quantize(_CENT, ROUND_HALF_UP)
            fees.append(Fee("InsuranceFee", max(share, numbers["insurance_at_least"])))
        return tuple(fees)


def new_id(prefix: str, random: Random) -> str:
    """Return an id as EasyPost gives them, drawn from the run's randomness."""
    return f"{prefix}_{random.getrandbits(128):032x}"
