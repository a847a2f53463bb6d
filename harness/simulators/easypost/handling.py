"""What people do with parcels and labels: carriers, customers, the warehouse, an accountant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, Final

from harness.mapping import Uncomparable, to_decimal
from harness.simulators.base import UnknownAction
from harness.simulators.easypost.instants import as_if_utc
from harness.simulators.easypost.labels import ASKED, Shipment
from harness.simulators.easypost.refusals import Refused
from harness.simulators.easypost.tariff import Fee, new_id
from harness.simulators.easypost.tracking import MOVES, Place, Scan, Tracker
from harness.simulators.easypost.work import Work, carrier_of
from harness.timing import find_zone, parse_duration, parse_instant

Values = Mapping[str, Any]
Handle = dict[str, str]


@dataclass(frozen=True, slots=True)
class Deed:
    """A scan with a name of its own: what the parcel is then, and what the carrier writes."""

    status: str
    detail: str
    message: str
    sentence: str


DEEDS: Final[Mapping[str, Deed]] = {
    "pick_up": Deed(
        "in_transit", "received_at_origin_facility", "Picked up", "The carrier takes the parcel."
    ),
    "out_for_delivery": Deed(
        "out_for_delivery",
        "out_for_delivery",
        "Out for delivery",
        "The parcel is on the van to the door.",
    ),
    "deliver": Deed(
        "delivered",
        "arrived_at_destination",
        "Delivered",
        "The parcel is handed over, `signed_by` somebody or laid down.",
    ),
    "fail_delivery": Deed(
        "in_transit",
        "delivery_exception",
        "Delivery attempted, nobody was there",
        "Nobody takes the parcel; the carrier will try again.",
    ),
    "leave_at_shop": Deed(
        "available_for_pickup",
        "arrived_at_pickup_location",
        "Ready for pickup",
        "The parcel waits in a shop for its customer.",
    ),
    "delay": Deed("in_transit", "delayed", "Delayed", "The parcel is late, and the carrier knows."),
    "hold": Deed("in_transit", "held", "Held by customs", "Somebody holds the parcel on its way."),
    "return_to_sender": Deed(
        "return_to_sender",
        "refused",
        "Refused by the customer",
        "The parcel goes back under the same tracker.",
    ),
    "lose": Deed("failure", "lost", "The parcel cannot be found", "The parcel is lost."),
    "damage": Deed("failure", "damaged", "The parcel is damaged", "The parcel is destroyed."),
    "find": Deed("in_transit", "status_update", "The parcel was found", "A lost parcel turns up."),
}
"""The scans that a scenario asks for by name."""


class Handling:
    """Does what a scenario asks for, and says what is missing where it makes no sense."""

    def __init__(self, work: Work, zone: str) -> None:
        self._work = work
        self._zone = zone

    # Labels.

    def buy_label(self, values: Values, _about: Any) -> Handle:
        """Buy a label by hand; what is left out is invented."""
        body = {
            "to_address": {**_CUSTOMER, **_object(values, "to_address")},
            "from_address": {**_WAREHOUSE, **_object(values, "from_address")},
            "parcel": {**_PARCEL, **_object(values, "parcel")},
            "customs_info": values.get("customs_info", {"contents_type": "merchandise"}),
            "options": {"currency": values["currency"]} if "currency" in values else {},
            **{name: values[name] for name in _SAID if name in values},
        }
        shipment = _explained(lambda: self._work.make_shipment(body))
        rates = [
            rate
            for rate in shipment.rates
            if values.get("carrier") in (None, rate.carrier)
            and values.get("service") in (None, rate.service)
        ]
        if not rates:
            there = ", ".join(f"{rate.carrier} {rate.service}" for rate in shipment.rates)
            raise UnknownAction(f"no carrier offers that; there are: {there or 'none'}")
        code, insurance = values.get("tracking_code"), values.get("insurance")
        bought = _explained(
            lambda: self._work.buy(shipment, rates[0], insurance=insurance, code=code)
        )
        return _label(bought)

    def ask_refund(self, values: Values, about: Any) -> Handle:
        """Ask for a refund by hand; the carrier decides in its own time."""
        asked = _explained(lambda: self._work.ask_refund(self._shipment(values, about)))
        return _label(asked)

    def void_label(self, values: Values, about: Any) -> Handle:
        """Give a label back, for which the carrier pays at once."""
        asked = _explained(lambda: self._work.ask_refund(self._shipment(values, about)))
        if asked.refund_status == ASKED:
            self._work.decide_refund(asked, granted=True)
        return _label(asked)

    def decide_refund(self, values: Values, about: Any) -> Handle:
        """Let the carrier decide now about a refund that was asked for."""
        shipment = self._shipment(values, about)
        if shipment.refund_status != ASKED:
            raise UnknownAction(f"no refund of {shipment.id} waits for a decision")
        self._work.decide_refund(shipment, granted=values.get("granted", True) is True)
        return _label(shipment)

    def adjust_charge(self, values: Values, about: Any) -> Handle:
        """Charge something more, or pay it back, days after a label was bought."""
        shipment = self._shipment(values, about)
        try:
            amount = to_decimal(values["amount"])
        except (KeyError, Uncomparable) as error:
            raise UnknownAction('say how much: {amount: "2.35", reason: weight}') from error
        if shipment.bought is None:
            raise UnknownAction(f"no label of {shipment.id} was bought")
        fee = Fee(str(values.get("type", "PostageFee")), amount)
        return _label(self._work.adjust(shipment, fee, str(values.get("reason", "weight"))))

    # Parcels.

    def follow(self, values: Values, _about: Any) -> Handle:
        """Register a parcel whose label was bought elsewhere."""
        code = values.get("tracking_code")
        if not isinstance(code, str) or not code:
            raise UnknownAction("say which: {tracking_code: 1Z999AA10123456784, carrier: UPS}")
        carrier = values.get("carrier", carrier_of(code) or "UPS")
        tracker = _explained(lambda: self._work.follow(code, carrier))
        return _handle(tracker)

    def scan(self, values: Values, about: Any) -> Handle:
        """Report a scan, whatever came before it."""
        tracker = self._tracker(values, about)
        status = values.get("status", "in_transit")
        if status not in MOVES:
            raise UnknownAction(f"there is no status {status!r}; there are: {', '.join(MOVES)}")
        self._report(tracker, Deed(str(status), "status_update", "Scanned", ""), values)
        return _handle(tracker)

    def repeat_scan(self, values: Values, about: Any) -> Handle:
        """Report the last scan once more, as it was."""
        tracker = self._tracker(values, about)
        if not tracker.scans:
            raise UnknownAction(f"{tracker.code} was never scanned")
        self._work.heard(tracker, tracker.scans[-1])
        return _handle(tracker)

    def deed(self, name: str, values: Values, about: Any) -> Handle:
        """Report one of the scans that have a name, if the parcel can be so."""
        tracker, deed = self._tracker(values, about), DEEDS[name]
        if not tracker.can_become(deed.status):
            raise UnknownAction(f"{tracker.code} is {tracker.status}, and cannot be {deed.status}")
        self._report(tracker, deed, values)
        return _handle(tracker)

    def travel(self, values: Values, about: Any) -> Handle:
        """Let a parcel be handed over and go all its way, scan by scan."""
        tracker = self._tracker(values, about)
        self._shown_at(values, Place())  # refused now rather than on the way
        for status, detail, text, after in self._work.numbers["journey"]:
            deed = Deed(status, detail, text, "")
            self._work.context.after(after, partial(self._report, tracker, deed, values))
        return _handle(tracker)

    def expect(self, values: Values, about: Any) -> Handle:
        """Change the day on which a parcel is expected."""
        tracker = self._tracker(values, about)
        return _handle(self._work.expect(tracker, _midnight(values.get("day"))))

    def send_back(self, values: Values, about: Any) -> Handle:
        """Let the customer send a parcel back under its tracking code."""
        return _handle(self._work.send_back(self._tracker(values, about)))

    def hold_tracker(self, row: Values) -> None:
        """Take over a parcel that is on its way already; nothing is told."""
        code, status = row.get("tracking_code"), row.get("status", "pre_transit")
        if not isinstance(code, str) or not code or status not in MOVES:
            raise UnknownAction("say which: {tracking_code: T1, carrier: UPS, status: in_transit}")
        now, random = self._work.context.now, self._work.context.random
        scan = Scan(str(status), "status_update", "Scanned", now)
        self._work.trackers.add(
            Tracker(
                id=str(row.get("id") or new_id("trk", random)),
                code=code,
                carrier=str(row.get("carrier", "UPS")),
                created_at=now,
                updated_at=now,
                status=scan.status,
                detail=scan.detail,
                is_return=row.get("is_return") is True,
                scans=(scan,),
            )
        )

    def told_about(self, values: Values, about: Any) -> str:
        """Return the id of the thing that was told of: the tracker, unless another is named."""
        events = self._work.telling.events
        named = _named(values, about, "id")
        return (
            named if any(one.about == named for one in events) else self._tracker(values, about).id
        )

    def _report(self, tracker: Tracker, deed: Deed, values: Values) -> None:
        """Let a scan be made now, or be heard of late."""
        scan, also = self._scan(deed, values), _learned(values)
        self._later(lambda: self._work.heard(tracker, scan, **also))

    def _later(self, work: Any) -> None:
        wait = self._work.numbers["heard_after"]
        if wait:
            self._work.context.after(wait, work)
        else:
            work()

    def _scan(self, deed: Deed, values: Values) -> Scan:
        place = Place(**{name.name: values.get(name.name) for name in fields(Place)})
        return Scan(
            status=deed.status,
            detail=str(values.get("status_detail", deed.detail)),
            message=str(values.get("message", deed.message)),
            at=self._shown_at(values, place),
            place=place,
            code=values.get("carrier_code"),
        )

    def _shown_at(self, values: Values, place: Place) -> int:
        """Return the instant that is shown of a scan.

        Carriers give local times. Where the place is not known either, the time on the wall is
        shown as if it were UTC.
        """
        try:
            at = self._work.context.now - parse_duration(str(values.get("ago", "0s")))
            if "datetime" in values:
                at = parse_instant(str(values["datetime"]), zone=self._zone)
            zone = str(values.get("zone", self._zone))
            find_zone(zone)
        except ValueError as error:
            raise UnknownAction(str(error)) from error
        return as_if_utc(at, zone) if place == Place() else at

    # Which one.

    def _shipment(self, values: Values, about: Any) -> Shipment:
        """Return the shipment that is meant: named, the one of a step, or of an order."""
        shipments = self._work.shipments.by_id
        named = _named(values, about, "shipment")
        if named in shipments:
            return shipments[named]
        if named in self._work.trackers.by_id:
            owner = self._work.trackers.by_id[named].shipment
            if owner is not None:
                return shipments[owner]
        wanted = values.get("reference", named)
        found = [one for one in shipments.values() if wanted in (one.reference, one.tracking_code)]
        if not found:
            raise UnknownAction(f"there is no label for {wanted!r}; say {{reference: 1001}}")
        return found[-1]

    def _tracker(self, values: Values, about: Any) -> Tracker:
        """Return the tracker that is meant: named, the one of a step, or of a tracking code."""
        trackers = self._work.trackers
        named = _named(values, about, "tracker")
        if named in trackers.by_id:
            return trackers.by_id[named]
        found = trackers.of_code(str(values.get("tracking_code", named)))
        if found:
            return found[-1]
        shipment = self._shipment(values, about)
        if shipment.tracker is None:
            raise UnknownAction(f"no label of {shipment.id} was bought")
        return trackers.by_id[shipment.tracker]


def _learned(values: Values) -> dict[str, Any]:
    """Return what a carrier may say with a scan, beside the scan itself."""
    also: dict[str, Any] = {}
    if "signed_by" in values:
        also["signed_by"] = values["signed_by"]
    if "is_return" in values:
        also["is_return"] = values["is_return"] is True
    if "est_delivery_date" in values:
        also["expected_at"] = _midnight(values["est_delivery_date"])
    return also


def _midnight(day: Any) -> int | None:
    """Return the beginning of a day, which may be written as an instant; None for no day."""
    if day is None:
        return None
    try:
        return parse_instant(f"{str(day)[:10]}T00:00:00Z")
    except ValueError as error:
        raise UnknownAction(f"{day} is no day; write it as in 2026-03-05") from error


def _label(shipment: Shipment) -> Handle:
    """Return the handle of the parcel for which a label was bought."""
    return {"message": "tracker", "key": str(shipment.tracker)}


def _handle(tracker: Tracker) -> Handle:
    return {"message": "tracker", "key": tracker.id}


def _named(values: Values, about: Any, kind: str) -> str:
    """Return the id that a step names, or that of the thing that it is about."""
    if kind in values:
        return str(values[kind])
    return str(about["key"]) if isinstance(about, Mapping) and "key" in about else ""


def _object(values: Values, name: str) -> Values:
    found = values.get(name, {})
    if not isinstance(found, Mapping):
        raise UnknownAction(f"{name} is an object")
    return found


def _explained(work: Any) -> Any:
    """Do what a scenario asks for; say why where EasyPost refuses it."""
    try:
        return work()
    except Refused as refused:
        raise UnknownAction(f"EasyPost refuses it: {refused.code}: {refused}") from refused


_SAID: Final = ("reference", "is_return", "insurance")
_CUSTOMER: Final[Values] = {
    "name": "Ada Quist",
    "street1": "179 N Harbor Dr",
    "city": "Redondo Beach",
    "state": "CA",
    "zip": "90277",
    "country": "US",
    "phone": "5555550123",
}
_WAREHOUSE: Final[Values] = {
    "company": "Golive",
    "street1": "388 Townsend St",
    "city": "San Francisco",
    "state": "CA",
    "zip": "94107",
    "country": "US",
    "phone": "5555550100",
}
_PARCEL: Final[Values] = {"length": 10, "width": 8, "height": 4, "weight": 16}
