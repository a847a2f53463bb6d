"""An order management system: takes orders, holds, splits and ships them, and tells of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from harness.errors import HarnessError
from harness.landscape import System
from harness.mapping import Uncomparable
from harness.simulators.base import (
    Call,
    Context,
    Delivered,
    Reply,
    Simulator,
    UnknownAction,
    reply,
)
from harness.simulators.bounds import objections
from harness.simulators.buckets import LeakyBucket
from harness.simulators.oms.habits import HABITS
from harness.simulators.oms.intake import Intake, Taken
from harness.simulators.oms.intake_api import IntakeApi
from harness.simulators.oms.keys import Keys
from harness.simulators.oms.orders import Order
from harness.simulators.oms.orders_api import OrdersApi
from harness.simulators.oms.parcels_api import ParcelsApi
from harness.simulators.oms.records import rows_of
from harness.simulators.oms.returns import Return
from harness.simulators.oms.taking import Desk
from harness.simulators.oms.telling import Telling
from harness.simulators.oms.work import FULFILMENT_TOPIC, ORDER_TOPICS, Handle, Work
from harness.simulators.profiles import Number, Profile
from harness.simulators.routing import Handler, Router
from harness.simulators.validation import violations
from harness.simulators.webhooks import secret_of, topics_of, try_again
from harness.timing import SECOND, show_instant

Values = Mapping[str, Any]


class Oms(Simulator):
    """An OMS that commits ``sales_order``, ``fulfilment`` and all else that its file has.

    Its key is the secret ``<system>_api_key``. A body is held against the fields of its message
    in the system's file. Every sales order and every marketplace order becomes an ``order``, which
    is told of, and stands in the history, from the moment that somebody subscribes.
    """

    habits: ClassVar[Mapping[str, Number]] = HABITS
    actions: ClassVar[Mapping[str, str]] = {
        "ship": "Ship an order, all that is left of it unless `lines` are given; `carrier` and "
        "`trackingNumber` are invented when the payload leaves them out. A marketplace order "
        "leaves in `packages`.",
        "correct_shipment": "Change fields of a fulfilment; its revision grows.",
        "void_shipment": "Void a fulfilment; its revision grows.",
        "refuse_sku": "From now on the `sku` is unknown, and orders with it are refused.",
        "accept_sku": "The `sku` is known again.",
        "subscribe": "From now on orders are told under `topics`, all of them unless some are "
        "named.",
        "unsubscribe": "Orders are no longer told, and nobody says so.",
        "place_order": "The OMS takes an order itself, as by telephone.",
        "hold_order": "An order is held for a `reason`, such as FRAUD or ADDRESS.",
        "release_order": "A `reason` to hold an order is gone, or all of them.",
        "change_order": "The `shipTo` or the `service` of an order changes.",
        "split_order": "Some `lines` of an order are shipped by another `warehouse`, as an order "
        "of their own.",
        "cancel_order": "What is open of an order is cancelled.",
        "cancel_lines": "Some `lines` of an order are cancelled.",
        "receive_stock": "A `qty` of a `sku` arrives in a `warehouse`; from then on it is counted.",
        "lose_stock": "A `qty` of a `sku` in a `warehouse` is gone.",
        "announce_return": "Lines of an order will come back, all that left unless `lines` are "
        "given.",
        "receive_return": "A return arrives; about an order, it is announced first.",
        "restock_return": "What came back goes on the shelf, all of it unless `lines` are given.",
        "scrap_return": "What came back is scrapped, all of it unless `lines` are given.",
    }

    def __init__(
        self, system: System, context: Context, *, secrets: Mapping[str, str], profile: Profile
    ) -> None:
        super().__init__(system, context, secrets=secrets, profile=profile)
        _refuse_unfit(system)
        numbers = self.numbers
        self._key = secret_of(system, secrets, f"{system.system}_api_key")
        self._bucket = LeakyBucket(size=numbers["bucket_size"], leak=numbers["bucket_leak"])
        self._keys = Keys(lifetime=numbers["idempotency_lifetime"])
        self._sales_orders = Intake("SO", index_lag=numbers["index_lag"])
        self._marketplace_orders = Intake("MO", index_lag=numbers["index_lag"])
        self._refused_skus: set[str] = set()
        self._named_skus: set[str] = set()
        self._topics = topics_of(system.messages.get("order"))
        self._telling = Telling(system, context, secrets)
        self._desk = Desk(numbers)
        self._work = Work(context, self._telling, numbers)
        self._router = Router(self._handlers())

    def _handlers(self) -> dict[str, Handler]:
        orders = OrdersApi(
            self._work, self.system, self._telling, page_size=self.numbers["page_size"]
        )
        parcels = ParcelsApi(
            self._work,
            self.system,
            self.context,
            keys=self._keys,
            strict=self.numbers["refuses_backward_moves"],
        )
        return {
            **self._intake_handlers(),
            "GET /api/v2/fulfilments/:id": self._fulfilment,
            "GET /api/v2/marketplace-shipments/:id": self._marketplace_shipment,
            "GET /api/v2/orders": orders.several,
            "GET /api/v2/orders/:id": orders.one,
            "POST /api/v2/orders/:orderNo/cancellations": orders.cancel,
            "POST /api/v2/orders/:orderNo/parcels": parcels.confirm,
            "GET /api/v2/orders/:orderNo/parcels": parcels.of_order,
            "PUT /api/v2/parcels/:trackingNumber/status": parcels.follow,
            "GET /api/v2/parcels/:trackingNumber/status": parcels.status,
            "GET /api/v2/returns/:id": orders.one_return,
        }

    def _intake_handlers(self) -> dict[str, Handler]:
        """Return what answers about orders that are sent here, as far as the file has them."""
        kinds = {
            "sales_order": ("sales-orders", self._sales_orders, violations, self._sold),
            "marketplace_order": (
                "marketplace-orders",
                self._marketplace_orders,
                objections,
                self._sold_by_marketplace,
            ),
        }
        handlers: dict[str, Handler] = {}
        for name, (path, intake, judge, taken) in kinds.items():
            if name not in self.system.messages:
                continue
            api = IntakeApi(
                intake,
                self.context,
                self.system.messages[name],
                judge=judge,
                keys=self._keys,
                refused_skus=self._refused_skus,
                numbers=self.numbers,
                taken=taken,
            )
            handlers[f"POST /api/v2/{path}"] = api.create
            handlers[f"GET /api/v2/{path}"] = api.search
            handlers[f"GET /api/v2/{path}/:id"] = api.one
        return handlers

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

    def _fulfilment(self, _call: Call, parameters: Mapping[str, str]) -> Reply:
        found = self._work.shipments.fulfilments.get(parameters["id"])
        return reply(404, {"error": "not_found"}) if found is None else reply(200, found)

    def _marketplace_shipment(self, _call: Call, parameters: Mapping[str, str]) -> Reply:
        found = self._work.shipments.of_marketplace.get(parameters["id"])
        return reply(404, {"error": "not_found"}) if found is None else reply(200, found)

    def _sold(self, taken: Taken) -> None:
        self._telling.commit("sales_order", taken.body)
        self._work.take(self._desk.of_sales_order(taken.body, id_=taken.id, now=self.context.now))

    def _sold_by_marketplace(self, taken: Taken) -> None:
        self._telling.commit("marketplace_order", taken.body)
        self._work.take(self._desk.of_marketplace(taken.body, id_=taken.id, now=self.context.now))

    # Actions.

    def act(self, action: str, payload: Any, *, about: Any = None) -> Any:
        """Do a business action; return the handle of what it made or changed."""
        values = {} if payload is None else payload
        if not isinstance(values, Mapping):
            raise UnknownAction(f"the payload of {action} is an object, such as {{carrier: DHL}}")
        if action not in self.actions:
            return super().act(action, payload, about=about)
        if action in _ON_RETURNS:
            return self._act_on_return(action, values, about)
        if (doer := self._doers().get(action)) is not None:
            return doer(values, about)
        return self._act_on_order(action, self._order(values, about), values)

    def _doers(self) -> dict[str, Callable[[Values, Any], Any]]:
        """Return what does the actions that are not about an order or a return."""
        void = {"status": "VOIDED"}
        return {
            "correct_shipment": lambda values, about: self._work.correct(_key_of(about), values),
            "void_shipment": lambda values, about: self._work.correct(
                _key_of(about), {**values, **void}
            ),
            "refuse_sku": lambda values, _: self._know_sku(values, known=False),
            "accept_sku": lambda values, _: self._know_sku(values, known=True),
            "subscribe": lambda values, _: self._subscribe(values),
            "unsubscribe": lambda values, _: self._subscribe(values, wanted=False),
            "receive_stock": lambda values, _: self._put_stock(values, sign=1),
            "lose_stock": lambda values, _: self._put_stock(values, sign=-1),
            "place_order": lambda values, _: self._place(values),
        }

    def _act_on_order(self, action: str, order: Order, values: Values) -> Handle:
        work = self._work
        doers: dict[str, Callable[[], Handle]] = {
            "ship": lambda: work.ship(order, values),
            "hold_order": lambda: work.hold(order, _text(values, "reason", "FRAUD")),
            "release_order": lambda: work.release(order, values.get("reason")),
            "change_order": lambda: work.change(order, values),
            "split_order": lambda: work.split(
                order, values.get("lines"), _text(values, "warehouse", "WH-2")
            ),
            "cancel_order": lambda: work.cancel(order, None),
            "cancel_lines": lambda: work.cancel(order, _lines(values)),
        }
        return doers[action]()

    def _act_on_return(self, action: str, values: Values, about: Any) -> Handle:
        found = self._return(action, values, about)
        if action == "receive_return":
            found = self._work.receive_return(found)
        elif action != "announce_return":
            restock = action == "restock_return"
            found = self._work.decide_return(found, values.get("lines"), restock=restock)
        return {"message": "return", "key": found.id}

    def _return(self, action: str, values: Values, about: Any) -> Return:
        known = self._work.returns.by_id.get(str(values.get("returnId", _key_of(about))))
        if known is not None and action != "announce_return":
            return known
        if action not in ("announce_return", "receive_return"):
            raise UnknownAction("say with `of` which step announced the return")
        return self._work.announce_return(self._order(values, about), values)

    def _place(self, values: Values) -> Handle:
        try:
            order = self._desk.of_own(values, now=self.context.now)
        except Uncomparable as error:
            raise UnknownAction(f"an amount of the order is none: {error}") from error
        return {"message": "order", "key": self._work.take(order).number}

    def _order(self, values: Values, about: Any) -> Order:
        """Return the order that an action is about: of its parts, the first with something open.

        Raises:
            UnknownAction: there is none.
        """
        orders, key = self._work.orders, _key_of(about)
        if number := values.get("orderNo"):
            if str(number) not in orders.by_number:
                raise UnknownAction(f"there is no order {number}")
            return orders.by_number[str(number)]
        external_id = key if key is not None else values.get("externalId")
        if key in orders.by_number and not orders.called(key):
            return orders.by_number[key]
        known = orders.called(str(external_id))
        if not known:
            named = external_id is not None
            lacks = f"there is no sales order for {external_id}" if named else "no step is named"
            raise UnknownAction(
                f"{lacks}; say with `of` which step placed the order, and ship it after the "
                "integration has sent it"
            )
        parts = orders.parts(known[0])
        return next((part for part in parts if +orders.open(part)), parts[0])

    def send(self, message: str, body: Any) -> None:
        """Send exactly this message as a webhook; the OMS itself does not learn of it."""
        spec = self.system.messages.get(message)
        topics = topics_of(spec)
        if spec is None or not topics or not isinstance(body, Mapping):
            able = sorted(name for name, m in self.system.messages.items() if topics_of(m))
            raise UnknownAction(
                f"{self.system.system} sends only a {', '.join(f'`{n}`' for n in able)}, an object"
            )
        topic = topics[0]
        if message == "fulfilment":
            topic = FULFILMENT_TOPIC
        elif message == "order":
            topic = ORDER_TOPICS.get(str(body.get("status")), topic)
        self._telling.emit(topic, str(body.get(spec.key, "")), body)

    def hold(self, message: str, rows: tuple[Mapping[str, Any], ...]) -> None:
        """Take over skus that are refused, stock, bundles, items, parcels or subscriptions."""
        takers: dict[str, Callable[[Values], None]] = {
            "refused_sku": lambda row: self._know_sku(row, known=False),
            "stock": self._set_stock,
            "bundle": self._know_bundle,
            "item": self._know_item,
            "parcel": self._know_parcel,
            "subscription": lambda row: self._subscribe(
                {"topics": [row.get("topic")]}, wanted=row.get("wanted", True) is not False
            ),
        }
        if message not in takers:
            super().hold(message, rows)
        for row in rows:
            takers[message](row)

    def delivered(self, outcome: Delivered) -> None:
        """Send a failed webhook again, its content and headers unchanged."""
        try_again(self.context, outcome, self.numbers["webhook_retries"])

    def snapshot(self) -> Mapping[str, list[dict[str, Any]]]:
        """Return the sales orders, the fulfilments, and the rows of every record of the file."""
        work = self._work
        rows = {**rows_of(work), **self._own_rows()}
        return {
            "sales_orders": [self._sold_row(taken) for taken in self._sales_orders.taken.values()],
            "fulfilments": [
                {name: row.get(name) for name in _SHOWN}
                for row in work.shipments.fulfilments.values()
            ],
            **{name: rows[name] for name in self.system.records if name in rows},
        }

    def _own_rows(self) -> dict[str, list[dict[str, Any]]]:
        kinds = sorted(self._desk.kinds.items())
        return {
            "item": [{"sku": sku, "kind": kind} for sku, kind in kinds],
            "refused_sku": [self._sku_row(sku) for sku in sorted(self._named_skus)],
            "subscription": [self._topic_row(topic) for topic in sorted(self._topics)],
        }

    def _sold_row(self, taken: Taken) -> dict[str, Any]:
        orders = self._work.orders
        parts = [one for one in orders.called(taken.external_id) if one.id == taken.id]
        return {
            "id": taken.id,
            "externalId": taken.external_id,
            "status": taken.body["status"],
            "lines": [
                {
                    "lineRef": line["lineRef"],
                    "sku": line["sku"],
                    "ordered": int(line["qty"]),
                    "shipped": sum(orders.shipped(part)[line["lineRef"]] for part in parts),
                }
                for line in taken.lines
            ],
        }

    def _know_sku(self, values: Values, *, known: bool) -> None:
        sku = _text(values, "sku", "A-1")
        self._named_skus.add(sku)
        if known:
            self._refused_skus.discard(sku)
        else:
            self._refused_skus.add(sku)
        self._telling.note("refused_sku", self._sku_row(sku))

    def _know_bundle(self, row: Values) -> None:
        bundle, component = _text(row, "bundle", "SET-MUGS"), _text(row, "component", "MUG")
        self._work.parcels.bundles.setdefault(bundle, {})[component] = _units(row)
        self._telling.note("bundle", {"bundle": bundle, "component": component, "qty": row["qty"]})

    def _know_item(self, row: Values) -> None:
        sku, kind = _text(row, "sku", "WRAP"), _text(row, "kind", "SERVICE")
        if kind not in ("GOODS", "GIFT_CARD", "SERVICE"):
            raise UnknownAction(f"{kind} is no kind of item; there are GOODS, GIFT_CARD, SERVICE")
        self._desk.kinds[sku] = kind
        self._telling.note("item", {"sku": sku, "kind": kind})

    def _subscribe(self, values: Values, *, wanted: bool = True) -> None:
        topics = values.get("topics", self._topics)
        for topic in topics:
            if topic not in self._topics:
                known = ", ".join(self._topics)
                raise UnknownAction(f"there is no topic {topic}; there are: {known}")
        if wanted:
            self._work.topics.update(topics)
        else:
            self._work.topics.difference_update(topics)
        for topic in topics:
            self._telling.note("subscription", self._topic_row(topic))

    def _sku_row(self, sku: str) -> dict[str, Any]:
        return {"sku": sku, "refused": sku in self._refused_skus}

    def _topic_row(self, topic: str) -> dict[str, Any]:
        return {"topic": topic, "wanted": topic in self._work.topics}

    def _put_stock(self, values: Values, *, sign: int) -> None:
        sku, warehouse = _text(values, "sku", "A-1"), _text(values, "warehouse", "WH-1")
        self._work.put_stock(sku, warehouse, sign * _units(values))

    def _know_parcel(self, row: Values) -> None:
        """Know a parcel that left before the scenario began."""
        tracking = _text(row, "trackingNumber", "EZ0000000001")
        at = show_instant(self.context.now // SECOND * SECOND)
        self._work.announce(tracking, leg=str(row.get("leg", "OUTBOUND")), at=at)

    def _set_stock(self, row: Values) -> None:
        """Let so many be available; what is allocated lies there beside them."""
        sku, warehouse = _text(row, "sku", "A-1"), _text(row, "warehouse", "WH-1")
        wanted = row.get("available", row.get("on_hand"))
        if type(wanted) is not int or wanted < 0:
            raise UnknownAction("say how much is there: {sku: A-1, warehouse: WH-1, available: 5}")
        available = self._work.stock.available((sku, warehouse))
        self._work.put_stock(sku, warehouse, wanted - available)


_ON_RETURNS: Final = ("announce_return", "receive_return", "restock_return", "scrap_return")
_NEEDED: Final = ("externalId", "status", "lines.*.lineRef", "lines.*.sku", "lines.*.qty")
_SHOWN: Final = ("fulfilmentId", "revision", "externalId", "status", "trackingNumber", "lines")


def _refuse_unfit(system: System) -> None:
    message = system.messages.get("sales_order")
    fields = message.fields if message else {}
    unfit = [name for name in _NEEDED if name not in fields or fields[name].required != "always"]
    if unfit:
        raise HarnessError(
            f"the simulator oms plays {system.system}, whose message sales_order must have these "
            f"fields, `required: always`: {', '.join(unfit)}"
        )


def _text(values: Values, name: str, example: str) -> str:
    found = values.get(name)
    if not isinstance(found, str) or not found:
        raise UnknownAction(f"say which: {{{name}: {example}}}")
    return found


def _units(values: Values) -> int:
    found = values.get("qty")
    if type(found) is not int or found < 1:
        raise UnknownAction("say how many: {qty: 3}")
    return found


def _lines(values: Values) -> Any:
    if not values.get("lines"):
        raise UnknownAction("say which lines: {lines: [{sku: A-1, qty: 1}]}")
    return values["lines"]


def _key_of(about: Any) -> str | None:
    return str(about["key"]) if isinstance(about, Mapping) and "key" in about else None
