"""How the carrier API answers and tells."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, Final

from harness.landscape import System
from harness.simulators.base import (
    Call,
    Context,
    Delivered,
    Reply,
    Simulator,
    UnknownAction,
    Webhook,
    reply,
    to_json,
)
from harness.simulators.bodies import NotJson, read_json
from harness.simulators.buckets import LeakyBucket
from harness.simulators.easypost.parcels import Parcels, Refusal, Shipment, Tracker
from harness.simulators.profiles import Number, Profile
from harness.simulators.routing import Parameters, Router
from harness.simulators.webhooks import secret_of, try_again
from harness.timing import HOUR, MINUTE, SECOND, show_instant

_OURS: Final = "assumption: EasyPost publishes no figure"
HABITS: Final[Mapping[str, Number]] = {
    "bucket_size": Number(60, _OURS, "2026-11", "Calls at once."),
    "bucket_leak": Number(5, _OURS, "2026-11", "Calls a second that leak out."),
    "page_size": Number(20, "docs.easypost.com, pagination", "2026-11", "Rows of a page."),
    "postage": Number("5.57", _OURS, "2026-11", "The cheapest rate of a parcel."),
    "first_scan": Number(
        2 * SECOND,
        "easypost/easypost-python: a tracker is pre_transit at first and changes by itself",
        "2026-11",
        "How long after the label the tracker is pre_transit.",
    ),
    "webhook_retries": Number(
        (MINUTE, 5 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR),
        _OURS,
        "2026-11",
        "Waits between the attempts of one delivery.",
    ),
}
TOPIC: Final = "tracker.updated"
SANDBOX: Final[Mapping[str, str]] = {
    f"EZ{number}00000000{number}": status
    for number, status in enumerate(
        (
            "pre_transit",
            "in_transit",
            "out_for_delivery",
            "delivered",
            "return_to_sender",
            "failure",
            "unknown",
        ),
        start=1,
    )
}
"""Tracking numbers of the test mode, and what becomes of them (docs.easypost.com, trackers)."""


class EasyPost(Simulator):
    """Many carriers behind one API: rates, labels that are paid once, trackers, charges.

    It commits ``tracker`` and ``shipment``. Its key is the secret ``<system>_api_key``, sent as
    the user of basic authentication; webhooks carry `X-Hmac-Signature: hmac-sha256-hex=...` over
    the raw body, by the secret ``<system>_webhook_secret`` (easypost/easypost-python, util.py).
    """

    habits: ClassVar[Mapping[str, Number]] = HABITS
    actions: ClassVar[Mapping[str, str]] = {
        "buy_label": "Somebody buys a label; `reference`, `carrier`, `tracking_code` and "
        "`currency` may be given.",
        "follow": "A parcel of another shipper is followed: its `tracking_code` and `carrier`.",
        "scan": "The carrier scans the parcel: its `status`, such as in_transit.",
        "deliver": "The parcel is handed over, to whoever it is `signed_by`.",
        "fail_delivery": "The parcel could not be delivered.",
        "return_to_sender": "The parcel goes back.",
        "lose": "The carrier gives the parcel up.",
        "void_label": "The label is given back before its first scan, and its fees with it.",
        "adjust_charge": "The carrier charges an `amount` more, as for a heavier parcel.",
    }

    def __init__(
        self, system: System, context: Context, *, secrets: Mapping[str, str], profile: Profile
    ) -> None:
        super().__init__(system, context, secrets=secrets, profile=profile)
        self._parcels = Parcels()
        self._events = 0
        self._bucket = LeakyBucket(
            size=self.numbers["bucket_size"], leak=self.numbers["bucket_leak"]
        )
        self._router = Router(
            {
                "POST /v2/shipments": self._create,
                "GET /v2/shipments": self._list,
                "GET /v2/shipments/:id": self._shipment,
                "POST /v2/shipments/:id/buy": self._buy,
                "POST /v2/shipments/:id/refund": self._refund,
                "POST /v2/trackers": self._follow,
                "GET /v2/trackers/:id": self._tracker,
            }
        )

    # Calls.

    def handle(self, call: Call) -> Reply:
        """Answer as the API does."""
        key = secret_of(self.system, self.secrets, f"{self.system.system}_api_key")
        wanted = base64.b64encode(f"{key}:".encode()).decode()
        scheme, _, given = (call.header("Authorization") or "").partition(" ")
        if scheme.lower() != "basic" or not hmac.compare_digest(given, wanted):
            return _error(401, "APIKEY.INACTIVE", "This API key is no longer active.")
        now = self.context.now
        if not self._bucket.take(now):
            pause = -(-self._bucket.wait(now) // SECOND)
            return _error(429, "RATE_LIMITED", "Too many requests.", Retry_After=str(pause))
        found = self._router.find(call)
        if found is None:
            return _error(404, "NOT_FOUND", "The requested resource could not be found.")
        handler, parameters = found
        try:
            return handler(call, parameters)
        except Refusal as refusal:
            return _error(refusal.status, refusal.code, str(refusal))
        except NotJson as error:
            return _error(400, "BAD_REQUEST", str(error))

    def _create(self, call: Call, _parameters: Parameters) -> Reply:
        shipment = self._new(_part(call, "shipment"))
        return reply(201, shipment.shown())

    def _list(self, call: Call, _parameters: Parameters) -> Reply:
        query, size = call.query, int(self.numbers["page_size"])
        rows = [
            one.shown()
            for one in self._parcels.page(
                query.get("start_datetime", ""),
                query.get("end_datetime", "9999"),
                query.get("before_id"),
            )
            if one.bought
        ]
        return reply(200, {"shipments": rows[:size], "has_more": len(rows) > size})

    def _shipment(self, _call: Call, parameters: Parameters) -> Reply:
        return reply(200, self._found(parameters["id"]).shown())

    def _buy(self, call: Call, parameters: Parameters) -> Reply:
        shipment = self._found(parameters["id"])
        rate = _part(call, "rate").get("id", "")
        self._label(shipment, str(rate), None)
        return reply(200, shipment.shown())

    def _refund(self, _call: Call, parameters: Parameters) -> Reply:
        shipment = self._found(parameters["id"])
        self._parcels.refund(shipment, now=self._now)
        self._commit(shipment)
        return reply(200, shipment.shown())

    def _follow(self, call: Call, _parameters: Parameters) -> Reply:
        tracker = self._begin(_part(call, "tracker"))
        return reply(201, tracker.shown())

    def _tracker(self, _call: Call, parameters: Parameters) -> Reply:
        tracker = self._parcels.trackers.get(parameters["id"])
        if tracker is None:
            raise Refusal("TRACKER.NOT_FOUND", "There is no such tracker.", 404)
        return reply(200, tracker.shown())

    def _found(self, name: str) -> Shipment:
        shipment = self._parcels.shipments.get(name)
        if shipment is None:
            raise Refusal("SHIPMENT.NOT_FOUND", "There is no such shipment.", 404)
        return shipment

    # What happens.

    def act(self, action: str, payload: Any, *, about: Any = None) -> Any:
        """Do what people and carriers do; each returns the handle of the tracker."""
        values = payload if isinstance(payload, Mapping) else {}
        if action == "buy_label":
            shipment = self._new(values)
            wanted = values.get("carrier")
            rates = [one for one in shipment.rates if wanted in (None, one["carrier"])]
            if not rates:
                raise UnknownAction("the carrier is one of UPS, DHL, DPD")
            code = values.get("tracking_code")
            return _handle(self._label(shipment, rates[0]["id"], code))
        if action == "follow":
            return _handle(self._begin(values))
        if action not in self.actions:
            return super().act(action, payload, about=about)
        tracker = self._about(about, values)
        match action:
            case "void_label" | "adjust_charge":
                self._change(action, tracker, values)
            case _:
                told = {
                    "deliver": "delivered",
                    "fail_delivery": "failure",
                    "return_to_sender": "return_to_sender",
                    "lose": "error",
                }
                status = told.get(action) or str(values.get("status", "in_transit"))
                self._scan(tracker, status, values)
        return _handle(tracker)

    def send(self, message: str, body: Any) -> None:
        """Send exactly this tracker."""
        if message != "tracker" or not isinstance(body, Mapping):
            super().send(message, body)
        self._emit(str(body.get("id")), body)

    def delivered(self, outcome: Delivered) -> None:
        """Send a failed webhook again, unchanged."""
        try_again(self.context, outcome, self.numbers["webhook_retries"])

    def _change(self, action: str, tracker: Tracker, values: Mapping[str, Any]) -> None:
        shipment = next(
            (one for one in self._parcels.shipments.values() if one.tracker is tracker), None
        )
        if shipment is None:
            raise UnknownAction("the parcel has no label of ours")
        try:
            if action == "void_label":
                self._parcels.refund(shipment, now=self._now)
            else:
                kind = str(values.get("type", "PostageFee"))
                amount = Decimal(str(values.get("amount", "1.00")))
                self._parcels.charge(shipment, kind, amount, now=self._now)
        except Refusal as refusal:
            raise UnknownAction(str(refusal)) from refusal
        self._commit(shipment)

    def _about(self, about: Any, values: Mapping[str, Any]) -> Tracker:
        key = about.get("key") if isinstance(about, Mapping) else None
        for tracker in self._parcels.trackers.values():
            if key == tracker.id or values.get("tracking_code") == tracker.tracking_code:
                return tracker
        raise UnknownAction("say which parcel: of a step, or by its tracking_code")

    def _new(self, values: Mapping[str, Any]) -> Shipment:
        postage = Decimal(self.numbers["postage"])
        return self._parcels.create(values, now=self._now, postage=postage)

    def _label(self, shipment: Shipment, rate: str, code: str | None) -> Tracker:
        tracker = self._parcels.buy(shipment, rate, code, now=self._now)
        self._commit(shipment)
        self.context.commit("tracker", tracker.id, tracker.shown())
        self._first_scan(tracker)
        return tracker

    def _first_scan(self, tracker: Tracker) -> None:
        """Let the carrier see the parcel soon; a sandbox number says what it will see."""
        status = SANDBOX.get(tracker.tracking_code, "pre_transit")
        wait = self.numbers["first_scan"]
        self.context.after(wait, lambda: self._scan(tracker, status, {}, first=True))

    def _begin(self, values: Mapping[str, Any]) -> Tracker:
        code = str(values.get("tracking_code", "EZ1000000001"))
        tracker = self._parcels.follow(code, str(values.get("carrier", "UPS")), now=self._now)
        self.context.commit("tracker", tracker.id, tracker.shown())
        self._first_scan(tracker)
        return tracker

    def _scan(
        self, tracker: Tracker, status: str, values: Mapping[str, Any], *, first: bool = False
    ) -> None:
        if first and (tracker.status != "unknown" or status == "unknown"):
            return
        self._parcels.scan(tracker, status, values, now=self._now)
        self.context.commit("tracker", tracker.id, tracker.shown())
        self._emit(tracker.id, tracker.shown())

    def _commit(self, shipment: Shipment) -> None:
        self.context.commit("shipment", shipment.id, shipment.shown())

    def _emit(self, key: str, tracker: Mapping[str, Any]) -> None:
        self._events += 1
        event = f"evt_{self._events:08d}"
        raw = to_json(
            {
                "id": event,
                "object": "Event",
                "mode": "test",
                "description": TOPIC,
                "result": dict(tracker),
            }
        )
        secret = secret_of(self.system, self.secrets, f"{self.system.system}_webhook_secret")
        digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        headers = (
            ("Content-Type", "application/json"),
            ("User-Agent", "EasyPost/v2 Webhooks"),
            ("X-Hmac-Signature", f"hmac-sha256-hex={digest}"),
        )
        self.context.emit(Webhook(TOPIC, key, raw, headers, f"dlv-{event}", event))

    @property
    def _now(self) -> str:
        return show_instant(self.context.now // SECOND * SECOND)


def _part(call: Call, name: str) -> Mapping[str, Any]:
    body = read_json(call)
    part = body.get(name) if isinstance(body, dict) else None
    if not isinstance(part, dict):
        raise Refusal("PARAMETER.REQUIRED", f"Missing required parameter: {name}.")
    return part


def _handle(tracker: Tracker) -> dict[str, str]:
    return {"message": "tracker", "key": tracker.id}


def _error(status: int, code: str, text: str, **headers: str) -> Reply:
    return reply(status, {"error": {"code": code, "message": text, "errors": []}}, **headers)
