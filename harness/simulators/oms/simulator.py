"""An order management system: takes sales orders, ships them, and tells of each shipment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Final

from harness.errors import HarnessError
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
from harness.simulators.oms.warehouse import SalesOrder, Warehouse
from harness.simulators.profiles import Number, Profile
from harness.simulators.routing import Parameters, Router
from harness.simulators.validation import Violation, violations
from harness.simulators.webhooks import secret_of, signature, try_again
from harness.timing import HOUR, MINUTE, SECOND, show_instant

_OURS: Final = "assumption: an invented OMS with common habits"
HABITS: Final[Mapping[str, Number]] = {
    "bucket_size": Number(100, _OURS, "2026-03", "Calls in the bucket."),
    "bucket_leak": Number(100, _OURS, "2026-03", "Calls a second that leak out."),
    "idempotency_lifetime": Number(
        24 * HOUR, _OURS, "2026-03", "How long an Idempotency-Key is remembered."
    ),
    "index_lag": Number(
        2 * SECOND,
        _OURS + ": externalId is unique, but looked up in an index that lags behind, so that "
        "two posts in a row without a common Idempotency-Key make two sales orders",
        "2026-03",
        "How long after it is taken a sales order can be found by its externalId.",
    ),
    "webhook_retries": Number(
        (10 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE),
        _OURS,
        "2026-03",
        "Waits between the attempts of one delivery.",
    ),
    "warehouse": Number("WH-1", _OURS, "2026-03", "The warehouse it chooses."),
}
"""Vendor numbers; the names are the keys of a profile."""

TOPIC: Final = "fulfilment.shipped"
"""The topic of every revision of a fulfilment, a voided one included."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    """The first answer to an Idempotency-Key. Only accepted orders are remembered."""

    body: Any
    answer: Reply
    until: int


class Oms(Simulator):
    """An OMS that commits ``sales_order`` and ``fulfilment``.

    Its key is the secret ``<system>_api_key``. A body is held against the fields of the message
    ``sales_order`` in the system's file.
    """

    habits: ClassVar[Mapping[str, Number]] = HABITS
    actions: ClassVar[Mapping[str, str]] = {
        "ship": "Ship an order, all that is left of it unless `lines` are given; `carrier` and "
        "`trackingNumber` are invented when the payload leaves them out.",
        "correct_shipment": "Change fields of a fulfilment; its revision grows.",
        "void_shipment": "Void a fulfilment; its revision grows.",
        "refuse_sku": "From now on the `sku` is unknown, and orders with it are refused.",
        "accept_sku": "The `sku` is known again.",
    }

    def __init__(
        self, system: System, context: Context, *, secrets: Mapping[str, str], profile: Profile
    ) -> None:
        super().__init__(system, context, secrets=secrets, profile=profile)
        _refuse_unfit(system)
        self._key = secret_of(system, secrets, f"{system.system}_api_key")
        self._bucket = LeakyBucket(
            size=self.numbers["bucket_size"], leak=self.numbers["bucket_leak"]
        )
        self._warehouse = Warehouse(index_lag=self.numbers["index_lag"])
        self._remembered: dict[str, _Remembered] = {}
        self._events = 0
        self._router = Router(
            {
                "POST /api/v2/sales-orders": self._create,
                "GET /api/v2/sales-orders": self._search,
                "GET /api/v2/sales-orders/:id": self._one,
                "GET /api/v2/fulfilments/:id": self._fulfilment,
            }
        )

    # Calls.

    def handle(self, call: Call) -> Reply:
        """Answer as the OMS does."""
        scheme, _, key = (call.header("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or key != self._key:
            return reply(401, {"error": "unauthorized"})
        now = self.context.now
        if not self._bucket.take(now):
            seconds = -(-self._bucket.wait(now) // SECOND)
            return reply(429, {"error": "too_many_requests"}, Retry_After=str(seconds))
        found = self._router.find(call)
        if found is None:
            return reply(404, {"error": "not_found"})
        handler, parameters = found
        return handler(call, parameters)

    def _create(self, call: Call, _parameters: Parameters) -> Reply:
        try:
            body = read_json(call)
        except NotJson as error:
            return reply(400, {"error": "bad_json", "message": str(error)})
        key, now = call.header("Idempotency-Key"), self.context.now
        earlier = self._remembered.get(key) if key else None
        if earlier is not None and now < earlier.until:
            return _replayed(earlier, body)
        wrong = self._wrong(body)
        if wrong:
            return _refused(*wrong)
        known = self._warehouse.indexed(body["externalId"], now=now)
        if known:
            return reply(409, {"error": "already_exists", "id": known[0].id})
        order = self._warehouse.take(body, now=now)
        self.context.commit("sales_order", body["externalId"], order.body)
        location = f"/api/v2/sales-orders/{order.id}"
        answer = reply(201, self._view(order), Location=location)
        if key:
            until = now + self.numbers["idempotency_lifetime"]
            self._remembered[key] = _Remembered(body, answer, until)
        return answer

    def _wrong(self, body: Any) -> list[Violation]:
        if not isinstance(body, dict):
            return [Violation("", "type", "expected an object")]
        return violations(self.system.messages["sales_order"], body) or self._warehouse.objections(
            body
        )

    def _search(self, call: Call, _parameters: Parameters) -> Reply:
        external_id = call.query.get("externalId")
        if not external_id:
            return _refused(Violation("externalId", "required", "say which order is wanted"))
        found = self._warehouse.indexed(external_id, now=self.context.now)
        return reply(200, {"items": [self._view(order) for order in found], "total": len(found)})

    def _one(self, _call: Call, parameters: Parameters) -> Reply:
        order = self._warehouse.orders.get(parameters["id"])
        return (
            reply(404, {"error": "not_found"}) if order is None else reply(200, self._view(order))
        )

    def _fulfilment(self, _call: Call, parameters: Parameters) -> Reply:
        found = self._warehouse.fulfilments.get(parameters["id"])
        return reply(404, {"error": "not_found"}) if found is None else reply(200, found)

    def _view(self, order: SalesOrder) -> dict[str, Any]:
        return {
            "id": order.id,
            "createdAt": show_instant(order.taken_at),
            "warehouse": self.numbers["warehouse"],
            **order.body,
        }

    # Actions.

    def act(self, action: str, payload: Any, *, about: Any = None) -> Any:
        """Do a business action; those about shipments return the handle of the fulfilment."""
        values = {} if payload is None else payload
        if not isinstance(values, Mapping):
            raise UnknownAction(f"the payload of {action} is an object, such as {{carrier: DHL}}")
        match action:
            case "ship":
                order = self._warehouse.order_about(_key_of(about) or values.get("externalId"))
                shipped_at = show_instant(self.context.now // SECOND * SECOND)
                return self._tell(self._warehouse.ship(order, values, shipped_at=shipped_at))
            case "correct_shipment":
                return self._tell(self._warehouse.correct(_key_of(about), values))
            case "void_shipment":
                return self._tell(
                    self._warehouse.correct(_key_of(about), {**values, "status": "VOIDED"})
                )
            case "refuse_sku" | "accept_sku":
                return self._know_sku(values, known=action == "accept_sku")
        return super().act(action, payload, about=about)

    def send(self, message: str, body: Any) -> None:
        """Send exactly this fulfilment as a webhook; the OMS itself does not learn of it."""
        if message != "fulfilment" or not isinstance(body, Mapping):
            raise UnknownAction(f"{self.system.system} sends only a `fulfilment`, an object")
        self._emit(body)

    def hold(self, message: str, rows: tuple[Mapping[str, Any], ...]) -> None:
        """Take over ``refused_sku``: rows with the `sku` that is unknown from the start."""
        if message != "refused_sku":
            super().hold(message, rows)
        for row in rows:
            self._know_sku(row, known=False)

    def delivered(self, outcome: Delivered) -> None:
        """Send a failed webhook again, its content and headers unchanged."""
        try_again(self.context, outcome, self.numbers["webhook_retries"])

    def snapshot(self) -> Mapping[str, list[dict[str, Any]]]:
        """Return the sales orders with what is shipped of them, and the fulfilments."""
        return {
            "sales_orders": [
                {
                    "id": order.id,
                    "externalId": order.external_id,
                    "status": order.body["status"],
                    "lines": self._warehouse.progress(order),
                }
                for order in self._warehouse.orders.values()
            ],
            "fulfilments": [
                {name: row.get(name) for name in _SHOWN}
                for row in self._warehouse.fulfilments.values()
            ],
        }

    def _know_sku(self, values: Mapping[str, Any], *, known: bool) -> None:
        sku = values.get("sku")
        if not isinstance(sku, str):
            raise UnknownAction("say which: {sku: A-1}")
        if known:
            self._warehouse.refused_skus.discard(sku)
        else:
            self._warehouse.refused_skus.add(sku)

    def _tell(self, fulfilment: dict[str, Any]) -> dict[str, str]:
        key = str(fulfilment["fulfilmentId"])
        self.context.commit("fulfilment", key, fulfilment)
        self._emit(fulfilment)
        return {"message": "fulfilment", "key": key}

    def _emit(self, fulfilment: Mapping[str, Any]) -> None:
        self._events += 1
        body = to_json(fulfilment)
        delivery, event = f"dlv-{self._events}", f"evt-{self._events}"
        headers = (
            ("Content-Type", "application/json"),
            ("User-Agent", "oms-webhooks/2"),
            ("X-Oms-Topic", TOPIC),
            *signature(self.system, self.secrets, body),
            ("X-Oms-Delivery", delivery),
            ("X-Oms-Event", event),
        )
        key = str(fulfilment.get("fulfilmentId", ""))
        self.context.emit(Webhook(TOPIC, key, body, headers, delivery=delivery, event=event))


_NEEDED = ("externalId", "status", "lines.*.lineRef", "lines.*.sku", "lines.*.qty")
_SHOWN = ("fulfilmentId", "revision", "externalId", "status", "trackingNumber", "lines")


def _replayed(earlier: _Remembered, body: Any) -> Reply:
    if body != earlier.body:
        text = "this key was used for another body"
        return _refused(Violation("Idempotency-Key", "key_reused", text))
    headers = (*earlier.answer.headers, ("Idempotent-Replayed", "true"))
    return Reply(200, earlier.answer.body, headers)


def _refused(*wrong: Violation) -> Reply:
    return reply(422, {"errors": [asdict(violation) for violation in wrong]})


def _refuse_unfit(system: System) -> None:
    message = system.messages.get("sales_order")
    fields = message.fields if message else {}
    unfit = [name for name in _NEEDED if name not in fields or fields[name].required != "always"]
    if unfit:
        raise HarnessError(
            f"the simulator oms plays {system.system}, whose message sales_order must have these "
            f"fields, `required: always`: {', '.join(unfit)}"
        )


def _key_of(about: Any) -> str | None:
    return str(about["key"]) if isinstance(about, Mapping) and "key" in about else None
