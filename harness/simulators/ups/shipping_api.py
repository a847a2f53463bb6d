"""The face of shipping: addresses, rates, labels, and labels given back."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from harness.simulators.base import Call, Reply, reply
from harness.simulators.routing import Handler, Parameters
from harness.simulators.ups.depot import Depot
from harness.simulators.ups.parcels import STAGES
from harness.simulators.ups.refusals import Refused, no_resource
from harness.simulators.ups.requests import Body, packages_of, read_object, refuse_unfit
from harness.simulators.ups.views import SUCCESS, View, label_view, money, shipment_view

_US_POSTCODE: Final = re.compile(r"\d{5}(-?\d{4})?")


class ShippingApi:
    """Answers calls about parcels that are to be sent."""

    def __init__(self, depot: Depot) -> None:
        self._depot = depot

    def handlers(self) -> dict[str, Handler]:
        """Return what answers, by address."""
        return {
            "POST /api/addressvalidation/:version/:option": self._address,
            "POST /api/rating/:version/:option": self._rate,
            "POST /api/shipments/:version/ship": self._ship,
            "DELETE /api/shipments/:version/void/cancel/:id": self._void,
            "POST /api/labels/:version/recovery": self._recover,
        }

    def _address(self, call: Call, _: Parameters) -> Reply:
        """Answer whether an address of the United States can be delivered to, by its postcode."""
        form = read_object(call, "XAVRequest", "AddressKeyFormat")
        country, postcode = form.get("CountryCode"), str(form.get("PostcodePrimaryLow", ""))
        if country not in ("US", "PR"):
            raise Refused("9264028", "Country code is invalid")
        if not _US_POSTCODE.fullmatch(postcode):
            return reply(200, {"XAVResponse": {"Response": SUCCESS, "NoCandidatesIndicator": ""}})
        candidate = {"AddressKeyFormat": {**form, "PostcodePrimaryLow": postcode[:5]}}
        found = {"ValidAddressIndicator": "", "Candidate": [candidate]}
        return reply(200, {"XAVResponse": {"Response": SUCCESS, **found}})

    def _rate(self, call: Call, parameters: Parameters) -> Reply:
        """Answer the price of one service, or of all when they are shopped for."""
        shipment = read_object(call, "RateRequest", "Shipment")
        shop = parameters["option"].casefold() == "shop"
        if not shop and parameters["option"].casefold() != "rate":
            raise no_resource()
        services = self._depot.numbers["services"]
        asked = shipment.get("Service")
        wanted = asked.get("Code") if isinstance(asked, dict) else None
        first = {"Code": services[0][0]} if shop else asked
        refuse_unfit({**shipment, "Service": first}, self._depot.numbers, self._depot.account)
        rated = [
            self._rated(shipment, code, days)
            for code, _, _, _, days in services
            if shop or code == wanted
        ]
        return reply(200, {"RateResponse": {"Response": SUCCESS, "RatedShipment": rated}})

    def _rated(self, shipment: Body, service: str, days: int) -> View:
        depot = self._depot
        price = money(depot.price(shipment, service), depot.numbers)
        return {
            "Service": {"Code": service, "Description": ""},
            "TransportationCharges": price,
            "ServiceOptionsCharges": money(Decimal(0), depot.numbers),
            "TotalCharges": price,
            "GuaranteedDelivery": {"BusinessDaysInTransit": str(days)},
            "RatedPackage": [{} for _ in packages_of(shipment)],
        }

    def _ship(self, call: Call, _: Parameters) -> Reply:
        depot = self._depot
        body = read_object(call, "ShipmentRequest", "Shipment")
        shipment = depot.ship(body)
        depot.commit("label_request", {**body, "id": shipment.id})
        results = shipment_view(shipment, depot.numbers)
        answer = {"Response": SUCCESS, "ShipmentResults": results}
        return reply(200, {"ShipmentResponse": answer})

    def _void(self, call: Call, parameters: Parameters) -> Reply:
        asked = call.query.get("trackingnumber")
        voided = self._depot.void(parameters["id"], asked.split(",") if asked else [])
        done = {"Code": "1", "Description": "Voided"}
        answer = {
            "Response": SUCCESS,
            "SummaryResult": {"Status": done},
            "PackageLevelResults": [
                {"TrackingNumber": package.number, "Status": done} for package in voided
            ],
        }
        return reply(200, {"VoidShipmentResponse": answer})

    def _recover(self, call: Call, _: Parameters) -> Reply:
        """Answer a label once more, by its tracking number."""
        depot, parcels = self._depot, self._depot.parcels
        number = str(read_object(call, "LabelRecoveryRequest").get("TrackingNumber", ""))
        package = parcels.packages.get(number)
        if package is None or package.latest.stage is STAGES["void"]:
            raise Refused("300022", "The label cannot be recovered")
        shipment = parcels.shipments[package.shipment]
        label = {
            "TrackingNumber": number,
            "LabelImage": {
                "LabelImageFormat": {"Code": "ZPL"},
                "GraphicImage": label_view(number, shipment, depot.numbers)["GraphicImage"],
            },
        }
        answer = {
            "Response": SUCCESS,
            "ShipmentIdentificationNumber": shipment.id,
            "LabelResults": [label],
        }
        return reply(200, {"LabelRecoveryResponse": answer})
