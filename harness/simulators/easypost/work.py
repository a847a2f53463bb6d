"""What EasyPost does, whoever asks: the API, a scenario, or a carrier that scans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from harness.mapping import to_decimal
from harness.simulators.base import Context
from harness.simulators.easypost.addresses import Addresses, Parcels
from harness.simulators.easypost.forms import Forms
from harness.simulators.easypost.labels import ASKED, Shipment, Shipments
from harness.simulators.easypost.refusals import NotFound, Refused
from harness.simulators.easypost.tariff import Fee, Rate, Tariff, new_id
from harness.simulators.easypost.telling import Telling
from harness.simulators.easypost.tracking import Scan, Tracker, Trackers
from harness.simulators.easypost.views import (
    adjustment_view,
    label_row,
    parcel_row,
    refund_view,
    shipment_view,
    tracker_view,
)

Body = Mapping[str, Any]

CREATED: Final = "tracker.created"
UPDATED: Final = "tracker.updated"
"""Topics of webhooks."""

SANDBOX: Final[Mapping[str, str]] = {
    "EZ1000000001": "pre_transit",
    "EZ2000000002": "in_transit",
    "EZ3000000003": "out_for_delivery",
    "EZ4000000004": "delivered",
    "EZ5000000005": "return_to_sender",
    "EZ6000000006": "failure",
    "EZ7000000007": "unknown",
}
"""The tracking codes of the sandbox, and what becomes of their parcels."""


class Work:
    """Shipments, trackers and what is told of them."""

    def __init__(
        self, context: Context, telling: Telling, numbers: Mapping[str, Any], forms: Forms
    ) -> None:
        self.context = context
        self.numbers = numbers
        self.telling = telling
        self.forms = forms
        self.tariff = Tariff(numbers)
        self.shipments = Shipments(self.tariff, numbers)
        self.trackers = Trackers(tick=numbers["tick"], forward_only=numbers["forward_only"])
        self.addresses = Addresses(numbers["mode"])
        self.parcels = Parcels(numbers["mode"])

    # Labels.

    def make_shipment(self, body: Body) -> Shipment:
        """Return a new shipment with its rates.

        Raises:
            Refused: it is not described as it should be.
        """
        self.forms.refuse_unfit("label_request", body, "SHIPMENT.INVALID_PARAMS")
        now, random = self.context.now, self.context.random
        currency = self.numbers["currency"]
        shipment = Shipment(
            id=new_id("shp", random),
            created_at=now,
            updated_at=now,
            to_address=self.addresses.taken(body["to_address"], now=now, random=random),
            from_address=self.addresses.taken(body["from_address"], now=now, random=random),
            parcel=self.parcels.taken(body["parcel"], now=now, random=random),
            reference=body.get("reference"),
            is_return=body.get("is_return") is True,
            options={"currency": currency, "payment": {"type": "SENDER"}, "date_advance": 0}
            | dict(body.get("options") or {}),
            customs=body.get("customs_info"),
        )
        return self.shipments.rated(shipment, random)

    def buy(
        self, shipment: Shipment, rate: Rate, *, insurance: Any = None, code: str | None = None
    ) -> Shipment:
        """Return the shipment with the label that was bought; its tracker begins.

        Raises:
            Refused: the label cannot be bought.
        """
        self.shipments.refuse_unbuyable(shipment, rate)
        random, now = self.context.random, self.context.now
        tracker = self.trackers.add(
            Tracker(
                id=new_id("trk", random),
                code=code or self._new_code(),
                carrier=rate.carrier,
                created_at=now,
                updated_at=now,
                service=rate.service,
                shipment=shipment.id,
                is_return=shipment.is_return,
                days=rate.days,
                weight=shipment.parcel["weight"],
            )
        )
        bought = self.shipments.buy(
            shipment,
            rate,
            tracker,
            label=new_id("pl", random),
            insurance=None if insurance is None else to_decimal(insurance),
            now=now,
        )
        self.tell(tracker, event=CREATED)
        known = Scan(
            "pre_transit",
            "label_created",
            f"Shipment information sent to {rate.carrier}",
            now,
        )
        self.context.after(
            self.numbers["label_event_after"], lambda: self._announce(tracker, known)
        )
        return bought

    def ask_refund(self, shipment: Shipment) -> Shipment:
        """Return the shipment for whose label a refund was asked; the carrier decides later.

        Raises:
            Refused: there is nothing to refund.
        """
        tracker = self.trackers.by_id.get(shipment.tracker or "")
        refund = new_id("rfnd", self.context.random)
        asked = self.shipments.ask_refund(shipment, tracker, refund=refund, now=self.context.now)
        self.tell_label(asked)
        self.telling.commit("refund", refund_view(asked))
        if asked.refund_status == ASKED:
            takes = self.numbers["refund_takes"]
            self.context.after(takes, lambda: self._refund_is_due(asked.id, refund))
        return asked

    def decide_refund(self, shipment: Shipment, *, granted: bool) -> Shipment:
        """Return the shipment with the carrier's answer; a label paid back is no longer good."""
        now = self.context.now
        decided = self.shipments.decide_refund(shipment, granted=granted, now=now)
        tracker = self.trackers.by_id.get(shipment.tracker or "")
        if granted and tracker is not None and not tracker.is_scanned:
            text = "The label was voided"
            self.heard(tracker, Scan("cancelled", "cancelled", text, now))
        else:
            self.tell_label(decided)
        self.telling.commit("refund", refund_view(decided))
        self.telling.happened(
            "refund.successful" if granted else "refund.failed", refund_view(decided)
        )
        return decided

    def adjust(self, shipment: Shipment, fee: Fee, reason: str) -> Shipment:
        """Return the shipment with what its carrier charges later, or pays back."""
        charged = self.shipments.charge(shipment, fee, now=self.context.now)
        self.tell_label(charged)
        adjustment = adjustment_view(
            new_id("shpinv", self.context.random), charged, fee, reason, self.context.now
        )
        self.telling.commit("adjustment", adjustment)
        self.telling.happened("shipment.invoice.created", adjustment)
        return charged

    def rate_of(self, shipment: Shipment, rate: str) -> Rate:
        """Return one of the offers for a shipment; NotFound when it has no such offer."""
        for one in shipment.rates:
            if one.id == rate:
                return one
        raise NotFound

    # Parcels.

    def follow(self, code: str, carrier: str | None) -> Tracker:
        """Return the tracker of a label that was bought elsewhere.

        Raises:
            Refused: the code is not known, or no carrier writes such codes.
        """
        now, numbers = self.context.now, self.numbers
        if numbers["mode"] == "test" and code not in SANDBOX:
            raise _untrackable("The tracking code is not one of the sandbox.")
        found = carrier or carrier_of(code)
        if found is None:
            raise _untrackable("No carrier writes tracking codes like this one.")
        known = self.trackers.registered(code, found, since=now - numbers["same_tracker_for"])
        if known is not None:
            return known
        tracker = self.trackers.add(
            Tracker(
                id=new_id("trk", self.context.random),
                code=code,
                carrier=found,
                created_at=now,
                updated_at=now,
                fee=numbers["tracker_fee"],
            )
        )
        self._begin(tracker)
        return self.trackers.by_id[tracker.id]

    def send_back(self, tracker: Tracker) -> Tracker:
        """Return the tracker of the way back, which bears the same tracking code."""
        now = self.context.now
        back = self.trackers.add(
            replace(
                tracker,
                id=new_id("trk", self.context.random),
                created_at=now,
                updated_at=now,
                status="pre_transit",
                detail="label_created",
                is_return=True,
                signed_by=None,
                expected_at=None,
                shipment=None,
                fee=None,
                scans=(Scan("pre_transit", "label_created", "Return label created", now),),
            )
        )
        self.tell(back, event=CREATED)
        return back

    def heard(self, tracker: Tracker, scan: Scan, **also: Any) -> Tracker:
        """Take in a scan of a parcel, and what else is learned with it; tell of it."""
        before = replace(self.trackers.by_id[tracker.id], **also)
        after = self.trackers.heard(before, scan, now=self.context.now)
        self.tell(after, previous={"status": before.status})
        return after

    def expect(self, tracker: Tracker, at: int | None) -> Tracker:
        """Take in another day on which a parcel is expected."""
        before = self.trackers.by_id[tracker.id]
        after = self.trackers.changed(replace(before, expected_at=at), now=self.context.now)
        self.tell(after)
        return after

    # Telling.

    def tell(self, tracker: Tracker, *, event: str = UPDATED, previous: Body | None = None) -> None:
        """Say what a tracker is now, and with it the shipment whose parcel it is."""
        view = tracker_view(tracker, mode=self.numbers["mode"])
        self.telling.commit("tracker", view)
        self.telling.note("parcel", parcel_row(tracker))
        if tracker.shipment is not None:
            shipment = self.shipments.by_id[tracker.shipment]
            if event != CREATED:
                shipment = self.shipments.changed(shipment, now=self.context.now)
            self.tell_label(shipment)
        self.telling.happened(event, view, previous)

    def tell_label(self, shipment: Shipment) -> None:
        """Say what a bought label is now."""
        self.telling.commit("shipment", self.view(shipment))
        self.telling.note("label", label_row(shipment))

    def view(self, shipment: Shipment) -> dict[str, Any]:
        """Return a shipment as it is shown."""
        tracker = self.trackers.by_id.get(shipment.tracker or "")
        return shipment_view(shipment, tracker, mode=self.numbers["mode"])

    def _announce(self, tracker: Tracker, scan: Scan, *, was: str = "unknown") -> None:
        """Let something be heard of a parcel, unless more is known of it by now."""
        if self.trackers.by_id[tracker.id].status == was:
            self.heard(tracker, scan)

    def _refund_is_due(self, shipment: str, refund: str) -> None:
        """Let the carrier decide: a label that was used after all is not paid back."""
        asked = self.shipments.by_id[shipment]
        if asked.refund_status == ASKED and asked.refund == refund:
            tracker = self.trackers.by_id.get(asked.tracker or "")
            self.decide_refund(asked, granted=tracker is None or not tracker.is_scanned)

    def _begin(self, tracker: Tracker) -> None:
        """Let a tracker begin as those of its code do."""
        becomes = SANDBOX.get(tracker.code)
        if becomes in (None, "unknown"):
            self.tell(tracker, event=CREATED)
            return
        now = self.context.now
        first = Scan("pre_transit", "status_update", "Shipping label created", now)
        begun = self.trackers.add(
            replace(tracker, status=first.status, detail=first.detail, scans=(first,))
        )
        self.tell(begun, event=CREATED)
        later = self.numbers["sandbox_event_after"]
        last = Scan(str(becomes), "status_update", "The parcel of a test", now + later)
        if last.status != first.status:
            self.context.after(later, lambda: self._announce(tracker, last, was=first.status))

    def _new_code(self) -> str:
        """Return the tracking code of the next label; they are counted, so that one can foresee."""
        bought = sum(1 for one in self.shipments.by_id.values() if one.bought is not None)
        return f"{self.numbers['code_prefix']}{bought + 1:010d}"


_CODES: Final[Mapping[str, tuple[str, int]]] = {
    "USPS": ("94001", 17),
    "UPS": ("1Z999AA1", 10),
    "FedEx": ("", 12),
    "DHLExpress": ("", 10),
}


def carrier_of(code: str) -> str | None:
    """Return the carrier that writes such tracking codes, or None."""
    if code in SANDBOX:
        return "USPS"
    for carrier, (prefix, digits) in _CODES.items():
        rest = code.removeprefix(prefix)
        if code.startswith(prefix) and len(rest) == digits and rest.isdecimal():
            return carrier
    return "UPS" if code.startswith("1Z") and len(code) == 18 else None


def _untrackable(text: str) -> Refused:
    return Refused("TRACKER.CREATE.ERROR", f"Unable to create a tracker: {text}")
