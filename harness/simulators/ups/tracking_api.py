"""The face of tracking: a parcel by its number or reference, and alerts about it."""

from __future__ import annotations

from harness.simulators.base import Call, Reply, reply
from harness.simulators.routing import Handler, Parameters
from harness.simulators.ups.codes import is_tracking_number
from harness.simulators.ups.depot import Depot
from harness.simulators.ups.parcels import Package
from harness.simulators.ups.refusals import Refused, not_tracked
from harness.simulators.ups.requests import read_object
from harness.simulators.ups.views import View, package_view


class TrackingApi:
    """Answers calls about parcels on their way."""

    def __init__(self, depot: Depot) -> None:
        self._depot = depot

    def handlers(self) -> dict[str, Handler]:
        """Return what answers, by address."""
        return {
            "GET /api/track/v1/details/:number": self._one,
            "GET /api/track/v1/reference/details/:reference": self._of_reference,
            "GET /api/track/v1/shipment/details/:number": self._of_shipment,
            "POST /api/track/v1/subscription/standard/package": self._subscribe,
        }

    def _one(self, call: Call, parameters: Parameters) -> Reply:
        _named(call)
        number = parameters["number"]
        if not is_tracking_number(number):
            raise Refused("TV1002", "Invalid inquiry number")
        return self._answer(number, [self._depot.parcels.tracked(number, now=self._now)])

    def _of_reference(self, call: Call, parameters: Parameters) -> Reply:
        _named(call)
        reference, parcels = parameters["reference"], self._depot.parcels
        found = [
            package
            for package in parcels.packages.values()
            if reference in package.references and not parcels.is_gone(package, now=self._now)
        ]
        if not found:
            raise not_tracked()
        return self._answer(reference, found)

    def _of_shipment(self, call: Call, parameters: Parameters) -> Reply:
        """Answer all packages of the shipment that a package is of, from an offset on."""
        _named(call)
        parcels, number = self._depot.parcels, parameters["number"]
        lead = parcels.tracked(number, now=self._now)
        packages = [parcels.packages[one] for one in parcels.shipments[lead.shipment].numbers]
        begin, most = _whole(call, "offset", 0), _whole(call, "count", 50)
        return self._answer(number, packages[begin : begin + most])

    def _subscribe(self, call: Call, _: Parameters) -> Reply:
        _named(call)
        body = read_object(call)
        numbers, destination = body.get("trackingNumberList"), body.get("destination")
        most = self._depot.numbers["alerts_at_once"]
        if not isinstance(numbers, list) or not 1 <= len(numbers) <= most:
            raise Refused("VPS001", f"Give 1 to {most} tracking numbers")
        if not isinstance(destination, dict) or not destination.get("credential"):
            raise Refused("VPS002", "Give the destination with its credential")
        known = [str(one) for one in numbers if is_tracking_number(str(one))]
        self._depot.subscribe(known, str(destination["credential"]))
        unknown = [str(one) for one in numbers if str(one) not in known]
        answer = {"validTrackingNumbers": known, "invalidTrackingNumbers": unknown}
        return reply(200, answer)

    def _answer(self, asked: str, packages: list[Package]) -> Reply:
        depot = self._depot
        views: list[View] = [
            package_view(package, depot.parcels, depot.numbers) for package in packages
        ]
        shipment = {"inquiryNumber": asked, "package": views}
        return reply(200, {"trackResponse": {"shipment": [shipment]}})

    @property
    def _now(self) -> int:
        return self._depot.context.now


def _named(call: Call) -> None:
    """Refuse a call that does not say who asks and for which transaction (Tracking.yaml)."""
    for name in ("transId", "transactionSrc"):
        if not call.header(name):
            raise Refused("TV0010", f"Missing {name}")


def _whole(call: Call, name: str, otherwise: int) -> int:
    text = call.query.get(name, str(otherwise))
    if not text.isdecimal():
        raise Refused("TV0011", f"Invalid {name}")
    return int(text)
