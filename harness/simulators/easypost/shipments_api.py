"""The face of labels: addresses, parcels, shipments, and what is paid back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.simulators.base import Call, Reply, reply
from harness.simulators.easypost.forms import read_object
from harness.simulators.easypost.labels import Shipment
from harness.simulators.easypost.pages import Pager
from harness.simulators.easypost.refusals import NotFound, Refused
from harness.simulators.easypost.tariff import Rate
from harness.simulators.easypost.views import rate_view, refund_view
from harness.simulators.easypost.work import Work
from harness.simulators.routing import Handler, Parameters


class ShipmentsApi:
    """Answers calls about labels and all that belongs to them."""

    def __init__(self, work: Work, pager: Pager) -> None:
        self._work = work
        self._forms = work.forms
        self._pager = pager

    def handlers(self) -> dict[str, Handler]:
        """Return what answers, by address."""
        return {
            "POST /v2/addresses": self._make_address,
            "GET /v2/addresses/:id": self._one_address,
            "GET /v2/addresses/:id/verify": self._verify,
            "POST /v2/parcels": self._make_parcel,
            "GET /v2/parcels/:id": self._one_parcel,
            "POST /v2/shipments": self._make,
            "GET /v2/shipments": self._several,
            "GET /v2/shipments/:id": self._one,
            "POST /v2/shipments/:id/rerate": self._rerate,
            "POST /v2/shipments/:id/buy": self._buy,
            "POST /v2/shipments/:id/refund": self._refund,
            "GET /v2/rates/:id": self._rate,
            "POST /v2/refunds": self._refund_codes,
            "GET /v2/refunds": self._refunds,
            "GET /v2/refunds/:id": self._one_refund,
        }

    # Addresses and parcels.

    def _make_address(self, call: Call, _: Parameters) -> Reply:
        body = read_object(call)
        given = _inner(body, "address")
        self._forms.refuse_unfit("address", given, "ADDRESS.PARAMETERS.INVALID")
        work, now = self._work, self._work.context.now
        address = work.addresses.make(given, now, work.context.random)
        strict = _wanted(body, given, "verify_strict")
        if strict or _wanted(body, given, "verify"):
            address = work.addresses.verify(address, strict=strict, now=now)
        work.telling.commit("address", address)
        return reply(201, address)

    def _one_address(self, _: Call, parameters: Parameters) -> Reply:
        return reply(200, self._work.addresses.find(parameters["id"]))

    def _verify(self, _: Call, parameters: Parameters) -> Reply:
        address = self._work.addresses.find(parameters["id"])
        now = self._work.context.now
        return reply(200, {"address": self._work.addresses.verify(address, strict=True, now=now)})

    def _make_parcel(self, call: Call, _: Parameters) -> Reply:
        given = _inner(read_object(call), "parcel")
        self._forms.refuse_unfit("parcel", given, "PARCEL.PARAMETERS.INVALID")
        work = self._work
        parcel = work.parcels.make(given, work.context.now, work.context.random)
        work.telling.commit("parcel", parcel)
        return reply(201, parcel)

    def _one_parcel(self, _: Call, parameters: Parameters) -> Reply:
        return reply(200, self._work.parcels.find(parameters["id"]))

    # Shipments.

    def _make(self, call: Call, _: Parameters) -> Reply:
        given = _inner(read_object(call), "shipment")
        work = self._work
        shipment = work.make_shipment(given)
        if given.get("service"):
            # One call that makes the shipment and buys its label.
            shipment = work.buy(
                shipment, self._wanted_rate(shipment, given), insurance=given.get("insurance")
            )
        work.telling.commit("label_request", given, key=shipment.id)
        return reply(201, work.view(shipment))

    def _wanted_rate(self, shipment: Shipment, given: Mapping[str, Any]) -> Rate:
        accounts = given.get("carrier_accounts") or []
        for rate in shipment.rates:
            account = rate_view(rate, shipment, mode="")["carrier_account_id"]
            if rate.service == given["service"] and (not accounts or account in accounts):
                return rate
        text = f"No rate was found for the service {given['service']}."
        raise Refused("SHIPMENT.POSTAGE.FAILURE", text)

    def _several(self, call: Call, _: Parameters) -> Reply:
        wanted = call.query.get("purchased", "true") != "false"
        shipments = [
            one
            for one in self._work.shipments.by_id.values()
            if not wanted or one.bought is not None
        ]
        page, more = self._pager.page(
            call.query, shipments, id_of=lambda one: one.id, at_of=lambda one: one.created_at
        )
        views = [self._work.view(one) for one in page]
        return reply(200, {"shipments": views, "has_more": more})

    def _one(self, _: Call, parameters: Parameters) -> Reply:
        return reply(200, self._work.view(self._work.shipments.find(parameters["id"])))

    def _rerate(self, _: Call, parameters: Parameters) -> Reply:
        work = self._work
        shipment = work.shipments.find(parameters["id"])
        if shipment.bought is not None:
            text = "Postage already exists for this shipment."
            raise Refused("SHIPMENT.POSTAGE.EXISTS", text)
        return reply(200, work.view(work.shipments.rated(shipment, work.context.random)))

    def _buy(self, call: Call, parameters: Parameters) -> Reply:
        work = self._work
        shipment = work.shipments.find(parameters["id"])
        body = {**read_object(call), "id": shipment.id}
        self._forms.refuse_unfit("purchase", body, "SHIPMENT.POSTAGE.INVALID_PARAMS")
        rate = work.rate_of(shipment, str(body["rate"]["id"]))
        bought = work.buy(shipment, rate, insurance=body.get("insurance"))
        work.telling.commit("purchase", body)
        return reply(200, work.view(bought))

    def _refund(self, _: Call, parameters: Parameters) -> Reply:
        shipment = self._work.shipments.find(parameters["id"])
        return reply(200, self._work.view(self._work.ask_refund(shipment)))

    def _rate(self, _: Call, parameters: Parameters) -> Reply:
        mode = self._work.numbers["mode"]
        for shipment in self._work.shipments.by_id.values():
            for rate in shipment.rates:
                if rate.id == parameters["id"]:
                    return reply(200, rate_view(rate, shipment, mode=mode))
        raise NotFound

    # Refunds.

    def _refund_codes(self, call: Call, _: Parameters) -> Reply:
        """Ask for refunds by tracking codes; the first that cannot be refunded ends it."""
        given = _inner(read_object(call), "refund")
        codes = given.get("tracking_codes")
        if not isinstance(codes, list) or not codes:
            raise Refused("PARAMETER.REQUIRED", "Missing required parameter: tracking_codes.")
        shipments = [self._with_code(str(code), given.get("carrier")) for code in codes]
        return reply(201, [refund_view(self._work.ask_refund(shipment)) for shipment in shipments])

    def _with_code(self, code: str, carrier: Any) -> Shipment:
        for shipment in reversed(self._work.shipments.by_id.values()):
            bought = shipment.bought
            if shipment.tracking_code == code and bought and carrier in (None, bought.carrier):
                return shipment
        raise NotFound

    def _refunds(self, call: Call, _: Parameters) -> Reply:
        asked = [one for one in self._work.shipments.by_id.values() if one.refund]
        page, more = self._pager.page(
            call.query,
            sorted(asked, key=lambda one: one.refund_asked_at),
            id_of=lambda one: str(one.refund),
            at_of=lambda one: one.refund_asked_at,
        )
        return reply(200, {"refunds": [refund_view(one) for one in page], "has_more": more})

    def _one_refund(self, _: Call, parameters: Parameters) -> Reply:
        for shipment in self._work.shipments.by_id.values():
            if shipment.refund == parameters["id"]:
                return reply(200, refund_view(shipment))
        raise NotFound


def _inner(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the object that a body is about, which stands under its name."""
    inner = body.get(name)
    if not isinstance(inner, Mapping):
        raise Refused("PARAMETER.REQUIRED", f"Missing required parameter: {name}.")
    return inner


def _wanted(body: Mapping[str, Any], given: Mapping[str, Any], name: str) -> bool:
    """Return whether a verification is wanted; it is said beside the address, or in it."""
    return bool(body.get(name) or given.get(name))
