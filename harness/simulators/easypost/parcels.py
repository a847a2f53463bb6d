"""What the carrier API holds: shipments with their charges, and trackers with their scans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from harness.simulators.base import UnknownAction, copied

STATUSES: Final = (
    "unknown",
    "pre_transit",
    "in_transit",
    "out_for_delivery",
    "delivered",
    "available_for_pickup",
    "return_to_sender",
    "failure",
    "cancelled",
    "error",
)
"""What a tracker can say; tracker_status.md of easypost/easypost-python."""

FEES: Final = {"LabelFee": Decimal("0.01"), "PostageFee": Decimal("5.57")}


class Refusal(Exception):
    """The API refuses a request; ``code`` and text are what it answers."""

    def __init__(self, code: str, text: str, status: int = 422) -> None:
        super().__init__(text)
        self.code = code
        self.status = status


@dataclass(slots=True)
class Tracker:
    """Where one parcel is, as the carrier saw it."""

    id: str
    tracking_code: str
    carrier: str
    created_at: str
    updated_at: str
    status: str = "unknown"
    is_return: bool = False
    signed_by: str | None = None
    est_delivery_date: str | None = None
    details: list[dict[str, Any]] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """Return it as the API tells it."""
        return {
            "id": self.id,
            "object": "Tracker",
            "mode": "test",
            "tracking_code": self.tracking_code,
            "carrier": self.carrier,
            "status": self.status,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "signed_by": self.signed_by,
            "est_delivery_date": self.est_delivery_date,
            "is_return": self.is_return,
            "tracking_details": copied(self.details),
        }


@dataclass(slots=True)
class Shipment:
    """A label: what it was bought for, and what it costs."""

    id: str
    reference: str | None
    currency: str
    created_at: str
    updated_at: str
    rates: list[dict[str, Any]] = field(default_factory=list)
    tracker: Tracker | None = None
    fees: list[dict[str, Any]] = field(default_factory=list)
    refund_status: str | None = None

    @property
    def bought(self) -> bool:
        """Return whether a label was bought."""
        return self.tracker is not None

    def shown(self) -> dict[str, Any]:
        """Return it as the API tells it."""
        rate = next((one for one in self.rates if one.get("chosen")), None)
        chosen = {"currency": self.currency, "rate": rate["rate"] if rate else None}
        return {
            "id": self.id,
            "object": "Shipment",
            "mode": "test",
            "reference": self.reference,
            "status": self.tracker.status if self.tracker else "unknown",
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "tracking_code": self.tracker.tracking_code if self.tracker else None,
            "tracker": {"id": self.tracker.id} if self.tracker else None,
            "refund_status": self.refund_status,
            "rates": [{k: v for k, v in one.items() if k != "chosen"} for one in self.rates],
            "selected_rate": chosen,
            "fees": copied(self.fees),
        }


class Parcels:
    """Shipments and trackers by id, in the order in which they came."""

    def __init__(self) -> None:
        self.shipments: dict[str, Shipment] = {}
        self.trackers: dict[str, Tracker] = {}

    def create(self, values: Mapping[str, Any], *, now: str, postage: Decimal) -> Shipment:
        """Quote a shipment; nothing is bought yet."""
        number = len(self.shipments) + 1
        shipment = Shipment(
            f"shp_{number:08d}",
            values.get("reference"),
            str(values.get("currency", "USD")),
            now,
            now,
        )
        for place, carrier in enumerate(("UPS", "DHL", "DPD")):
            price = postage + place
            shipment.rates.append(
                {
                    "id": f"rate_{number:08d}_{place}",
                    "carrier": carrier,
                    "service": "Ground",
                    "rate": f"{price:.2f}",
                    "currency": shipment.currency,
                }
            )
        self.shipments[shipment.id] = shipment
        return shipment

    def buy(self, shipment: Shipment, rate: str, code: str | None, *, now: str) -> Tracker:
        """Buy a label: a second purchase is refused, since the first one is paid.

        Raises:
            Refusal: it is bought already, or there is no such rate.
        """
        if shipment.bought:
            raise Refusal("SHIPMENT.POSTAGE.EXISTS", "Postage already exists for this shipment.")
        chosen = next((one for one in shipment.rates if one["id"] == rate), None)
        if chosen is None:
            raise Refusal("SHIPMENT.RATE.NOT_FOUND", "There is no such rate.", 404)
        chosen["chosen"] = True
        number = len(self.shipments)
        tracker = self.follow(code or f"EZ{number:010d}", chosen["carrier"], now=now)
        shipment.tracker, shipment.updated_at = tracker, now
        shipment.fees = [
            _fee("LabelFee", FEES["LabelFee"]),
            _fee("PostageFee", Decimal(chosen["rate"])),
        ]
        return tracker

    def follow(self, code: str, carrier: str, *, now: str) -> Tracker:
        """Begin to follow a parcel."""
        tracker = Tracker(f"trk_{len(self.trackers) + 1:08d}", code, carrier, now, now)
        self.trackers[tracker.id] = tracker
        return tracker

    def scan(self, tracker: Tracker, status: str, values: Mapping[str, Any], *, now: str) -> None:
        """Note a scan; the newest one is where the parcel is.

        Raises:
            UnknownAction: there is no such status.
        """
        if status not in STATUSES:
            raise UnknownAction(f"a tracker says one of: {', '.join(STATUSES)}")
        seen = {"object": "TrackingDetail", "datetime": now, "status": status}
        tracker.details.append({**seen, "message": values.get("message", status)})
        tracker.status, tracker.updated_at = status, now
        for name in ("signed_by", "est_delivery_date", "is_return"):
            if name in values:
                setattr(tracker, name, values[name])
        for shipment in self.shipments.values():
            if shipment.tracker is tracker:
                shipment.updated_at = now

    def refund(self, shipment: Shipment, *, now: str) -> None:
        """Void a label; once it was scanned that is too late.

        Raises:
            Refusal: nothing was bought, or the parcel is on its way.
        """
        if shipment.tracker is None:
            raise Refusal("SHIPMENT.REFUND.UNAVAILABLE", "There is no label to refund.")
        if shipment.tracker.status not in ("unknown", "pre_transit"):
            raise Refusal("SHIPMENT.REFUND.UNAVAILABLE", "The label has been used.")
        shipment.refund_status, shipment.updated_at = "submitted", now
        for fee in shipment.fees:
            fee["refunded"] = True

    def charge(self, shipment: Shipment, kind: str, amount: Decimal, *, now: str) -> None:
        """Add a charge after the fact, as when a parcel was heavier than said."""
        shipment.fees.append(_fee(kind, amount))
        shipment.updated_at = now

    def page(self, since: str, until: str, before: str | None) -> Iterator[Shipment]:
        """Yield the shipments made in a span of time, the newest first."""
        found = [one for one in self.shipments.values() if since <= one.created_at <= until]
        for one in reversed(found):
            if before is None or one.id < before:
                yield one


def _fee(kind: str, amount: Decimal) -> dict[str, Any]:
    return {
        "object": "Fee",
        "type": kind,
        "amount": f"{amount:.5f}",
        "charged": True,
        "refunded": False,
    }
