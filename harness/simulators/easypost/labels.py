"""Shipments: rated, bought once, and refunded as long as nobody has scanned the parcel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Any, Final

from harness.simulators.easypost.refusals import NotFound, Refused
from harness.simulators.easypost.tariff import Fee, Rate, Tariff
from harness.simulators.easypost.tracking import Tracker
from harness.timing import SECOND

Body = Mapping[str, Any]

ASKED: Final = "submitted"
GRANTED: Final = "refunded"
DENIED: Final = "rejected"
NEVER: Final = "not_applicable"


@dataclass(frozen=True, slots=True)
class Shipment:
    """A parcel to be sent, and the label for it once one is bought."""

    id: str
    created_at: int
    updated_at: int
    to_address: Body
    from_address: Body
    parcel: Body
    options: Body
    reference: str | None = None
    is_return: bool = False
    customs: Any = None
    rates: tuple[Rate, ...] = ()
    messages: tuple[Body, ...] = ()
    bought: Rate | None = None
    bought_at: int = 0
    label: str | None = None
    tracker: str | None = None
    tracking_code: str | None = None
    insurance: Decimal | None = None
    fees: tuple[Fee, ...] = ()
    refund: str | None = None
    refund_asked_at: int = 0
    refund_status: str | None = None

    @property
    def charged(self) -> Decimal:
        """Return what was charged for the label, refunded or not."""
        return sum((fee.amount for fee in self.fees if fee.charged), Decimal(0))

    @property
    def paid_back(self) -> Decimal:
        """Return what came back."""
        return sum((fee.amount for fee in self.fees if fee.refunded), Decimal(0))


class Shipments:
    """All shipments, by id, in the order in which they were made."""

    def __init__(self, tariff: Tariff, numbers: Mapping[str, Any]) -> None:
        self.by_id: dict[str, Shipment] = {}
        self.tariff = tariff
        self.wallet_is_empty = False
        self._numbers = numbers

    def find(self, key: str) -> Shipment:
        """Return a shipment by its id.

        Raises:
            NotFound: there is none.
        """
        if key not in self.by_id:
            raise NotFound
        return self.by_id[key]

    def add(self, shipment: Shipment) -> Shipment:
        """Keep a shipment, in the place of what it was."""
        self.by_id[shipment.id] = shipment
        return shipment

    def rated(self, shipment: Shipment, random: Random) -> Shipment:
        """Return the shipment with a rate of each carrier that answers, and why others do not."""
        silent = sorted(self.tariff.closed)
        messages = tuple(
            {
                "carrier": carrier,
                "type": "rate_error",
                "message": "The carrier did not respond.",
            }
            for carrier in silent
        )
        currency = shipment.options["currency"]
        rates = tuple(self.tariff.rates(shipment.parcel["weight"], currency, random))
        return self.add(replace(shipment, rates=rates, messages=messages))

    def refuse_unbuyable(self, shipment: Shipment, rate: Rate) -> None:
        """Refuse a label that cannot be bought.

        Raises:
            Refused: it is bought already, nobody pays for it, or the carrier does not want it.
        """
        if shipment.bought is not None:
            text = "Postage already exists for this shipment."
            raise Refused("SHIPMENT.POSTAGE.EXISTS", text)
        if self.wallet_is_empty:
            text = "The account has insufficient funds."
            raise Refused("PAYMENT_REQUIRED", text, status=402)
        if rate.carrier in self.tariff.closed:
            text = f"{rate.carrier} did not respond."
            raise Refused("SHIPMENT.POSTAGE.FAILURE", text)
        self._refuse_long_lines(shipment, rate.carrier)
        self._refuse_without_customs(shipment)

    def buy(
        self,
        shipment: Shipment,
        rate: Rate,
        tracker: Tracker,
        *,
        label: str,
        insurance: Decimal | None,
        now: int,
    ) -> Shipment:
        """Return the shipment with its label, for which the fees are charged."""
        bought = replace(
            shipment,
            bought=rate,
            bought_at=now,
            label=label,
            tracker=tracker.id,
            tracking_code=tracker.code,
            insurance=insurance,
            fees=self.tariff.fees(rate, insurance),
        )
        return self.changed(bought, now=now)

    def ask_refund(
        self, shipment: Shipment, tracker: Tracker | None, *, refund: str, now: int
    ) -> Shipment:
        """Return the shipment for whose label a refund was asked.

        Raises:
            Refused: there is no label, or it was used, is too old, or was asked for before.
        """
        if shipment.bought is None:
            raise _no_refund("There is no postage to refund.")
        if shipment.refund_status in (ASKED, GRANTED):
            raise _no_refund("A refund was already requested.")
        if tracker is not None and tracker.is_scanned:
            raise _no_refund("The parcel has been shipped.")
        carrier, numbers = shipment.bought.carrier, self._numbers
        window = dict(numbers["refund_windows"]).get(carrier, numbers["refund_window"])
        if now - shipment.bought_at > window:
            raise _no_refund("The label is too old.")
        status = NEVER if carrier in numbers["billed_on_scan"] else ASKED
        asked = replace(shipment, refund=refund, refund_asked_at=now, refund_status=status)
        return self.changed(asked, now=now)

    def decide_refund(self, shipment: Shipment, *, granted: bool, now: int) -> Shipment:
        """Return the shipment with the carrier's answer; what is granted is all paid back."""
        fees = tuple(replace(fee, refunded=granted and fee.charged) for fee in shipment.fees)
        status = GRANTED if granted else DENIED
        return self.changed(replace(shipment, fees=fees, refund_status=status), now=now)

    def charge(self, shipment: Shipment, fee: Fee, *, now: int) -> Shipment:
        """Return the shipment with one more fee, as when a parcel was heavier than declared."""
        return self.changed(replace(shipment, fees=(*shipment.fees, fee)), now=now)

    def changed(self, shipment: Shipment, *, now: int) -> Shipment:
        """Keep what a shipment is now; no two changes of one label bear the same instant."""
        known = self.by_id[shipment.id]
        tick = 0 if known.bought is None else self._numbers["tick"]
        at = max(now // SECOND * SECOND, known.updated_at // SECOND * SECOND + tick)
        return self.add(replace(shipment, updated_at=at))

    def _refuse_long_lines(self, shipment: Shipment, carrier: str) -> None:
        most = dict(self._numbers["line_lengths"]).get(carrier)
        for role in ("to_address", "from_address"):
            address = getattr(shipment, role)
            for name in ("name", "company", "street1", "street2"):
                text = address.get(name) or ""
                if most is not None and len(text) > most:
                    raise Refused(
                        "SHIPMENT.POSTAGE.FAILURE",
                        f"{carrier}: {role}.{name} has {len(text)} characters; at most {most}.",
                    )

    def _refuse_without_customs(self, shipment: Shipment) -> None:
        begin, end = shipment.from_address.get("country"), shipment.to_address.get("country")
        union = self._numbers["customs_union"]
        crosses = begin != end and not (begin in union and end in union)
        if crosses and not shipment.customs:
            text = "Customs information is required for this shipment."
            raise Refused("SHIPMENT.CUSTOMS_INFO.REQUIRED", text)


def _no_refund(text: str) -> Refused:
    return Refused("SHIPMENT.REFUND.UNAVAILABLE", f"Unable to request refund. {text}")
