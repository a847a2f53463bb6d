"""A Shopify shop: the REST Admin API that connectors speak, and the webhooks they live on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import urlsplit

from harness.history import Headers
from harness.landscape import System
from harness.simulators.base import (
    Call,
    Context,
    Delivered,
    Reply,
    Simulator,
    UnknownAction,
    Webhook,
    copied,
    reply,
    to_json,
)
from harness.simulators.bodies import NotJson, read_json
from harness.simulators.buckets import LeakyBucket
from harness.simulators.profiles import Number, Profile
from harness.simulators.routing import Parameters, Router
from harness.simulators.shopify.habits import HABITS
from harness.simulators.shopify.listing import BadQuery, list_orders
from harness.simulators.shopify.payments import Payments
from harness.simulators.shopify.payments_api import PaymentsApi
from harness.simulators.shopify.products import Products, Variant
from harness.simulators.shopify.products_api import ProductsApi
from harness.simulators.shopify.refunds import Refunds
from harness.simulators.shopify.returns import NotReturned, Returns, line_number
from harness.simulators.shopify.returns_graphql import ReturnsGraphQL
from harness.simulators.shopify.shop import Refusal, Resource, Shop
from harness.simulators.shopify.stock import Level, Stock
from harness.simulators.shopify.stock_api import StockApi
from harness.simulators.shopify.subscriptions import Subscriptions
from harness.simulators.shopify.subscriptions_api import SubscriptionsApi
from harness.simulators.webhooks import new_uuid, secret_of, signature, topics_of, try_again
from harness.timing import SECOND, find_zone

if TYPE_CHECKING:
    from harness.simulators.shopify.graphql import GraphQL


_API = "/admin/api/:version"
_PAYMENTS = f"{_API}/shopify_payments"
_GRAPHQL: Final = "/graphql.json"
_VERSION = re.compile(r"\d{4}-\d{2}")
_PAYING: Final = {
    "take_payment": "",
    "make_payout": "scheduled",
    "send_payout": "in_transit",
    "pay_out": "paid",
    "fail_payout": "failed",
    "cancel_payout": "canceled",
}
"""What money does, and the status in which a payout then is."""
_REFUNDING: Final = {"refund_order": "", "settle_refund": "success", "fail_refund": "failure"}
"""What becomes of money that is given back, and the status in which it then is."""
_RETURNING: Final = {
    "request_return": ("REQUESTED", "returns/request"),
    "approve_return": ("OPEN", "returns/approve"),
    "decline_return": ("DECLINED", "returns/decline"),
    "close_return": ("CLOSED", "returns/close"),
}
"""What becomes of goods that come back, and the topic that tells of it."""
_SUBSCRIBING: Final = ("subscribe", "unsubscribe")
_VERSIONING: Final = "https://shopify.dev/api/usage/versioning"
"""What a call of a retired version is told to read; that it is this header is an assumption."""
_EDITING: Final = ("add_product", "delete_product")
_COUNTING: Final = ("sell", "find", "stop_stocking")
_CHANGES: Final[Mapping[str, tuple[Any, ...]]] = {
    "pay_order": ({"financial_status": "paid"}, "orders/paid"),
    "partially_refund_order": ({"financial_status": "partially_refunded"},),
    "touch_order": ({},),
}
"""What an action sets, and the topics that tell of it."""
_PAID: Final = ("paid", "partially_paid", "partially_refunded")
_TOKEN_REFUSED = "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105 - a text
_THROTTLED = (
    "Exceeded {leak} calls per second for api client. "
    "Reduce request rates to resume uninterrupted service."
)


class Shopify(Simulator):
    """A shop with one location. It commits ``order``, ``fulfillment``, ``refund`` and ``return``.

    Its access token is the secret ``<system>_access_token``; webhooks are signed as the system's
    file says, and only topics that carry a message there are subscribed. Times have seconds, as
    Shopify's have: two changes within one second carry the same ``updated_at``.
    """

    habits: ClassVar[Mapping[str, Number]] = HABITS
    actions: ClassVar[Mapping[str, str]] = {
        "place_order": "A customer orders; the payload is the order, bare or under `order`.",
        "pay_order": "The order is paid in full; the payload may change more of it.",
        "partially_refund_order": "A part is refunded; the payload may change more of the order.",
        "cancel_order": "The order is cancelled; the payload may hold `cancel_reason` and more.",
        "touch_order": "Somebody edits the order: the payload is merged into it.",
        "sell": "A `quantity` of an `inventory_item_id` is sold elsewhere, such as at a till.",
        "find": "A `quantity` of an `inventory_item_id` turns up again.",
        "refund_order": "Of an order `lines`, `shipping` or an `amount` are given back; the "
        "`status` of the money is success unless it is said to be pending.",
        "settle_refund": "The money of a refund that was pending arrives.",
        "fail_refund": "The money of a refund that was pending comes back.",
        "request_return": "The customer wants to send `lines` of an order back, each with its "
        "`sku`, `quantity` and `reason`.",
        "approve_return": "The shop agrees to a return that was asked for.",
        "decline_return": "The shop does not agree to a return that was asked for.",
        "close_return": "A return is done.",
        "subscribe": "Somebody puts a `topic` into the app's file again.",
        "unsubscribe": "Somebody takes away all subscriptions to a `topic`; nobody says so.",
        "retire_versions": "Versions `older_than` one, such as 2026-01, are served by that one.",
        "take_payment": "Money moves in the balance: an `amount`, a `fee`, a `type`.",
        "make_payout": "The balance of a `currency` is gathered into a payout, on a `date`.",
        "send_payout": "The payout is on its way to the bank.",
        "pay_out": "The payout has arrived.",
        "fail_payout": "The bank sends the payout back.",
        "cancel_payout": "The payout is called off before it is sent.",
        "add_product": "The editors add a product: its `sku` and more of `variant`.",
        "delete_product": "The editors delete the product with a `sku`.",
        "stop_stocking": "An `inventory_item_id` is stocked nowhere any more.",
    }

    def __init__(
        self, system: System, context: Context, *, secrets: Mapping[str, str], profile: Profile
    ) -> None:
        super().__init__(system, context, secrets=secrets, profile=profile)
        self._token = secret_of(system, secrets, f"{system.system}_access_token")
        self._zone = find_zone(system.timezone)
        self._topics = topics_of(system.messages.get("order"))
        self._bucket = LeakyBucket(
            size=self.numbers["bucket_size"], leak=self.numbers["bucket_leak"]
        )
        self._shop = Shop(
            location=self.numbers["location"],
            lines_at_most=self.numbers["fulfillment_lines_at_most"],
        )
        self._stock = Stock(highest=self.numbers["highest_quantity"])
        self._graphql: GraphQL | None = None
        self._oldest = str(self.numbers["oldest_version"])
        self._products = Products(text_at_most=self.numbers["variant_text_at_most"])
        stock = StockApi(self._stock, self.numbers)
        self._payments = Payments(first=self.numbers["first_transaction"])
        self._refunds = Refunds(first=self.numbers["first_refund"])
        money = PaymentsApi(self._payments, self.numbers)
        products = ProductsApi(self._products, changed=self._variant_changed, clock=self._now)
        self._returns = Returns(first=self.numbers["first_return"])
        self._subscriptions = Subscriptions(
            [topic for one in system.messages.values() for topic in topics_of(one)],
            first=self.numbers["first_subscription"],
            version=self.numbers["webhook_version"],
        )
        self._hooks = SubscriptionsApi(self._subscriptions, self.numbers, clock=self._now)
        self._router = Router(
            {
                f"GET {_API}/webhooks.json": self._hooks.several,
                f"POST {_API}/webhooks.json": self._hooks.make,
                f"DELETE {_API}/webhooks/:id.json": self._hooks.remove,
                f"GET {_API}/inventory_levels.json": stock.levels,
                f"GET {_API}/orders.json": self._list,
                f"GET {_API}/orders/:id.json": self._one,
                f"GET {_API}/orders/:id/fulfillment_orders.json": self._work,
                f"GET {_API}/orders/:id/fulfillments.json": self._done,
                f"GET {_API}/products/:id/variants.json": products.of_product,
                f"GET {_API}/variants/:id.json": products.one,
                f"PUT {_API}/variants/:id.json": products.change,
                f"GET {_API}/orders/:id/refunds.json": self._refunds_of,
                f"GET {_API}/orders/:id/transactions.json": self._transactions_of,
                f"GET {_PAYMENTS}/payouts.json": money.payouts,
                f"GET {_PAYMENTS}/payouts/:id.json": money.payout,
                f"GET {_PAYMENTS}/balance/transactions.json": money.transactions,
                f"POST {_API}/fulfillments.json": self._fulfil,
            }
        )

    # Calls.

    def handle(self, call: Call) -> Reply:
        """Answer as the REST Admin API does."""
        if call.header("X-Shopify-Access-Token") != self._token:
            return self._framed(reply(401, {"errors": _TOKEN_REFUSED}))
        if call.path.endswith(_GRAPHQL):
            return self._framed(self._query(call))
        now = self.context.now
        taken = self._bucket.take(now)
        limit = f"{self._bucket.used(now)}/{self._bucket.size}"
        answer = self._answer(call) if taken else self._throttled()
        return self._framed(answer, ("X-Shopify-Shop-Api-Call-Limit", limit))

    def _framed(self, answer: Reply, *headers: tuple[str, str]) -> Reply:
        request_id = ("X-Request-Id", new_uuid(self.context.random))
        return Reply(answer.status, answer.body, (*answer.headers, request_id, *headers))

    def _answer(self, call: Call) -> Reply:
        found = self._router.find(call)
        if found is None or not _is_version(found[1]["version"]):
            return _not_found()
        handler, parameters = found
        return self._versioned(handler(call, parameters), parameters["version"])

    def _versioned(self, answer: Reply, asked: str) -> Reply:
        """Say which version served; one that is retired is served by the oldest that is left."""
        served = max(asked, self._oldest)
        headers = (*answer.headers, ("X-Shopify-API-Version", served))
        if served != asked:
            headers = (*headers, ("X-Shopify-API-Deprecated-Reason", _VERSIONING))
        return Reply(answer.status, answer.body, headers)

    def _query(self, call: Call) -> Reply:
        """Answer by GraphQL, which has points of its own, apart from the bucket."""
        version = call.path.removesuffix(_GRAPHQL).rpartition("/")[2]
        if call.method != "POST" or not _is_version(version):
            return _not_found()
        if self._graphql is None:
            # Whoever calls nothing by GraphQL need not wait for its library.
            from harness.simulators.shopify.graphql import GraphQL  # noqa: PLC0415

            self._graphql = GraphQL(
                self._shop,
                self._stock,
                self._products,
                self.numbers,
                fulfil=self._fulfilled,
                told=self._set,
                changed=self._variant_changed,
                clock=self._now,
                refunds=self._refunds,
                returns=ReturnsGraphQL(
                    self._returns,
                    self._shop,
                    self.numbers,
                    told=self._returned,
                    clock=self._now,
                ),
                subscriptions=self._hooks,
            )
        return self._versioned(self._graphql.answer(call, now=self.context.now), version)

    def _set(self, levels: Sequence[Level], rows: Sequence[Mapping[str, Any]]) -> None:
        for level, row in zip(levels, rows, strict=True):
            self.context.commit("available_quantity", str(row["inventoryItemId"]), row)
            self._note(level)

    def _variant_changed(self, variant: Variant, asked: Mapping[str, Any]) -> None:
        self.context.commit("variant", str(variant.sku), asked)
        self._note_variant(variant)

    def _note_variant(self, variant: Variant) -> None:
        if "product" in self.system.records:
            self.context.note("product", _product_row(variant))

    def _note(self, level: Level | None) -> None:
        if level is not None and "stock_level" in self.system.records:
            self.context.note("stock_level", _stock_row(level))

    def _throttled(self) -> Reply:
        errors = _THROTTLED.format(leak=self.numbers["bucket_leak"])
        return reply(429, {"errors": errors}, Retry_After=self.numbers["retry_after"])

    def _list(self, call: Call, _parameters: Parameters) -> Reply:
        try:
            listing = list_orders(
                list(self._shop.orders.values()),
                call.query,
                url=call.url.partition("?")[0],
                zone=self._zone,
                default_limit=self.numbers["page_size"],
                highest_limit=self.numbers["page_size_at_most"],
            )
        except BadQuery as refused:
            return reply(400, {"errors": refused.errors})
        link = {"Link": listing.link} if listing.link else {}
        return reply(200, {"orders": listing.orders}, **link)

    def _one(self, _call: Call, parameters: Parameters) -> Reply:
        order = self._find(parameters["id"])
        return _not_found() if order is None else reply(200, {"order": order})

    def _work(self, _call: Call, parameters: Parameters) -> Reply:
        order = self._find(parameters["id"])
        if order is None:
            return _not_found()
        return reply(200, {"fulfillment_orders": [self._shop.fulfillment_order(order)]})

    def _done(self, _call: Call, parameters: Parameters) -> Reply:
        order = self._find(parameters["id"])
        if order is None:
            return _not_found()
        return reply(200, {"fulfillments": self._shop.fulfillments[order["id"]]})

    def _refunds_of(self, _call: Call, parameters: Parameters) -> Reply:
        order = self._find(parameters["id"])
        if order is None:
            return _not_found()
        return reply(200, {"refunds": self._refunds.of_order.get(order["id"], [])})

    def _transactions_of(self, _call: Call, parameters: Parameters) -> Reply:
        order = self._find(parameters["id"])
        if order is None:
            return _not_found()
        return reply(200, {"transactions": self._refunds.of(order["id"])})

    def _fulfil(self, call: Call, _parameters: Parameters) -> Reply:
        try:
            body = read_json(call)
        except NotJson as error:
            return reply(400, {"errors": f"the body is not JSON: {error}"})
        request = body.get("fulfillment") if isinstance(body, dict) else None
        if not isinstance(request, dict) or not request:
            return reply(400, {"errors": {"fulfillment": "Required parameter missing or invalid"}})
        try:
            return reply(201, {"fulfillment": self._fulfilled(request)})
        except Refusal as refusal:
            return reply(422, {"errors": [str(refusal)]})

    def _fulfilled(self, request: Resource) -> Resource:
        """Fulfil what is asked for, and tell of it."""
        now = self._now()
        fulfillment = self._shop.fulfil(request, now=now)
        for line in fulfillment["line_items"]:
            sku, quantity = line.get("sku"), line["quantity"]
            self._note(self._stock.leave(str(sku), quantity, now=now, back=False))
        key = fulfillment["tracking_number"] or fulfillment["id"]
        self.context.commit("fulfillment", str(key), request)
        order = self._shop.orders[fulfillment["order_id"]]
        whole = order["fulfillment_status"] == "fulfilled"
        self._changed(order, "orders/fulfilled" if whole else "orders/partially_fulfilled")
        return fulfillment

    def _find(self, number: str) -> Resource | None:
        known = number.isascii() and number.isdigit() and len(number) < 20
        return self._shop.orders.get(int(number)) if known else None

    # Actions.

    def act(self, action: str, payload: Any, *, about: Any = None) -> Any:
        """Do a business action; each returns the handle of what it is about."""
        for actions, do in (
            (_PAYING, self._pay),
            (_REFUNDING, self._give_back),
            (_RETURNING, self._send_back),
            (_SUBSCRIBING, self._subscribe),
            (_EDITING, self._edit),
            (_COUNTING, self._count),
        ):
            if action in actions:
                return do(action, payload, about)
        if action in _CHANGES:
            values, *topics = _CHANGES[action]
            return self._change(about, payload, values, *topics)
        now = self._now()
        match action:
            case "place_order":
                order = self._shop.place(_bare(payload), now=now)
                self._promise(order, back=False)
                paid = ["orders/paid"] if order.get("financial_status") in _PAID else []
                return self._changed(order, "orders/create", *paid)
            case "retire_versions":
                self._oldest = _oldest(payload)
                return None
            case "cancel_order":
                if self._about(about).get("cancelled_at"):
                    raise UnknownAction(f"order {about['key']} is cancelled already")
                self._promise(self._about(about), back=True)
                values = {"cancelled_at": now, "cancel_reason": "customer"}
                return self._change(about, payload, values, "orders/cancelled")
        return super().act(action, payload, about=about)

    def send(self, message: str, body: Any) -> None:
        """Send exactly this order as a webhook; the shop itself does not learn of it."""
        if message != "order" or not self._topics:
            raise UnknownAction(f"{self.system.system} sends no webhook that carries {message!r}")
        self._emit(self._topics[0], _bare(body))

    def hold(self, message: str, rows: tuple[Mapping[str, Any], ...]) -> None:
        """Take over orders that were there before; nobody is told, nothing is committed.

        A given ``updated_at`` stays, so that an order may be older than the scenario.
        """
        if message == "inventory_level":
            location = self.numbers["location"]
            for row in rows:
                self._note(self._stock.stock(row, location=location, now=self._now()))
            return
        if message == "variant":
            for row in rows:
                self._add(row)
            return
        if message != "order":
            super().hold(message, rows)
        for row in rows:
            order = self._shop.place(row, now=self._now())
            order["updated_at"] = row.get("updated_at") or order["updated_at"]

    def delivered(self, outcome: Delivered) -> None:
        """Send a failed webhook again, its content and headers unchanged.

        After the last attempt a subscription that was made through the API is removed.
        """
        waits = self.numbers["webhook_retries"]
        try_again(self.context, outcome, waits)
        if not outcome.ok and outcome.webhook.attempt > len(waits):
            self._subscriptions.gave_up(outcome.webhook.delivery)

    def snapshot(self) -> Mapping[str, list[dict[str, Any]]]:
        """Return the orders with what is fulfilled of them, and the fulfilments, by id."""
        orders, fulfillments = self._shop.orders, self._shop.fulfillments
        levels = [_stock_row(level) for _, level in sorted(self._stock.levels.items())]
        products = [_product_row(one) for _, one in sorted(self._products.variants.items())]
        return {
            **({"stock_level": levels} if "stock_level" in self.system.records else {}),
            **({"product": products} if "product" in self.system.records else {}),
            "orders": [
                {
                    "id": number,
                    "financial_status": order.get("financial_status"),
                    "cancelled": bool(order.get("cancelled_at")),
                    "lines": [
                        {name: line[name] for name in ("id", "ordered", "fulfilled")}
                        for line in self._shop.progress(order)
                    ],
                }
                for number, order in sorted(orders.items())
            ],
            "fulfillments": [
                {name: row[name] for name in ("id", "order_id", "status", "tracking_number")}
                for _, rows in sorted(fulfillments.items())
                for row in rows
            ],
        }

    def _promise(self, order: Resource, *, back: bool) -> None:
        """Promise what is ordered and counted, or let what is not shipped be sold again."""
        now = self._now()
        for line in self._shop.progress(order):
            left, sku = line["ordered"] - line["fulfilled"], str(line["sku"])
            if back:
                self._note(self._stock.leave(sku, left, now=now, back=True))
            else:
                self._note(self._stock.take(sku, left, now=now))

    def _pay(self, action: str, payload: Any, about: Any) -> Resource:
        """Let money move between buyers, the shop's balance and the bank."""
        said = payload if isinstance(payload, Mapping) else {}
        of = about if isinstance(about, Mapping) else {}
        message, number = of.get("message"), int(of.get("key") or 0)
        if action == "take_payment":
            order = number if message == "order" else None
            made = self._payments.note(said, order=order, now=self._now())
            self.context.commit("balance_transaction", str(made["id"]), dict(made))
            return {"message": "balance_transaction", "key": str(made["id"])}
        if action == "make_payout":
            payout = self._payments.schedule(said, day=self._now()[:10])
        else:
            payout = self._payments.move(number if message == "payout" else 0, _PAYING[action])
        self.context.commit("payout", str(payout["id"]), dict(payout))
        for one in self._payments.transactions:
            if one["payout_id"] == payout["id"]:
                self.context.commit("balance_transaction", str(one["id"]), dict(one))
        return {"message": "payout", "key": str(payout["id"])}

    def _give_back(self, action: str, payload: Any, about: Any) -> Resource:
        """Refund an order, or let the money of a refund arrive or come back."""
        said = payload if isinstance(payload, Mapping) else {}
        now = self._now()
        if action == "refund_order":
            refund = self._refunds.refund(self._about(about), said, now=now)
            number, moved = refund["id"], refund["transactions"]
            for line in refund["refund_line_items"]:
                if line["restock_type"] != "no_restock":
                    sku = str(line["line_item"]["sku"])
                    self._note(self._stock.leave(sku, line["quantity"], now=now, back=True))
            self._tell("refund", refund)
        else:
            number = int(about["key"]) if isinstance(about, Mapping) and about.get("key") else 0
            moved = self._refunds.settle(number, _REFUNDING[action], now=now)
        for one in moved:
            self._tell("transaction", one)
            self._paid_back(self._shop.orders[one["order_id"]])
        return {"message": "refund", "key": str(number)}

    def _send_back(self, action: str, payload: Any, about: Any) -> Resource:
        """Let goods come back, as far as they were sent."""
        status, topic = _RETURNING[action]
        now = self._now()
        try:
            if action == "request_return":
                order = self._about(about)
                sent = self._shop.fulfillments[order["id"]]
                lines = _lines_sent(payload, sent)
                made = self._returns.make(order, sent, lines, status=status, now=now)
            else:
                number = int(about["key"]) if isinstance(about, Mapping) and about.get("key") else 0
                made = self._returns.move(number, status, now=now)
        except NotReturned as refused:
            raise UnknownAction(f"the return cannot be: {refused}") from refused
        self._returned(made, topic)
        return {"message": "return", "key": str(made["id"])}

    def _returned(self, made: Resource, topic: str) -> None:
        if "return" in self.system.messages:
            self.context.commit("return", str(made["id"]), copied(made))
            self._emit(topic, made)

    def _subscribe(self, action: str, payload: Any, _about: Any) -> Resource:
        """Let somebody change what the app is told of."""
        topic = payload.get("topic") if isinstance(payload, Mapping) else None
        if not isinstance(topic, str):
            raise UnknownAction("say which topic: {topic: orders/create}")
        if action == "unsubscribe":
            self._subscriptions.forget(topic)
        elif not self._subscriptions.configure(topic):
            raise UnknownAction(f"no message of {self.system.system} is carried by {topic}")
        return {"message": "subscription", "key": topic}

    def _tell(self, message: str, resource: Resource) -> None:
        """Commit a resource as it is now, and tell those who are subscribed."""
        self.context.commit(message, str(resource["id"]), copied(resource))
        for topic in topics_of(self.system.messages.get(message)):
            self._emit(topic, resource)

    def _paid_back(self, order: Resource) -> None:
        """Let the status of an order follow what was really paid back of it."""
        paid = self._refunds.paid_back(order["id"])
        if paid:
            whole = paid >= Decimal(str(order.get("total_price") or paid))
            status = "refunded" if whole else "partially_refunded"
            self._changed(
                self._shop.change(order, {"financial_status": status}, now=self._now()),
                "orders/updated",
            )

    def _add(self, row: Mapping[str, Any]) -> Variant:
        number = self.numbers["first_variant"] + 3 * len(self._products.variants)
        variant = self._products.add(row, number=number, now=self._now())
        self._note_variant(variant)
        return variant

    def _edit(self, action: str, payload: Any, _about: Any) -> Resource:
        """Let the editors of the shop add a product, or take one away."""
        sku = payload.get("sku") if isinstance(payload, Mapping) else None
        if not isinstance(sku, str):
            raise UnknownAction("say which SKU: {sku: HAT-RED}")
        if action == "add_product":
            self._add(payload)
        else:
            self._products.drop(sku)
        return {"message": "variant", "key": sku}

    def _count(self, action: str, payload: Any, _about: Any) -> Resource:
        """Let stock change without an order."""
        item, quantity = _item_in(payload), payload.get("quantity")
        if action == "stop_stocking":
            for level in self._stock.of(item):
                self._note(replace(level, available=0))
            self._stock.drop(item)
            return _level_handle(item)
        sign = -1 if action == "sell" else 1
        if type(quantity) is not int or quantity < 1:
            raise UnknownAction("say how many: {inventory_item_id: 808950810, quantity: 2}")
        self._note(self._stock.change(item, by=sign * quantity, now=self._now()))
        return _level_handle(item)

    def _change(self, about: Any, payload: Any, values: Resource, *topics: str) -> Resource:
        changes = {} if payload is None else _bare(payload)
        order = self._about(about)
        return self._changed(
            self._shop.change(order, values | changes, now=self._now()), *topics, "orders/updated"
        )

    def _changed(self, order: Resource, *topics: str) -> Resource:
        """Commit an order as it now is, tell those who are subscribed, and return its handle."""
        key = str(order["id"])
        self.context.commit("order", key, order)
        for topic in topics:
            if topic in self._topics:
                self._emit(topic, order)
        return {"message": "order", "key": key}

    def _about(self, about: Any) -> Resource:
        key = about.get("key") if isinstance(about, Mapping) else None
        order = self._find(str(key))
        if order is None:
            lacks = "no step is named" if key is None else f"there is no order {key}"
            raise UnknownAction(
                f"{self.system.system}: {lacks}; say with `of` which step placed the order"
            )
        return order

    # Webhooks.

    def _emit(self, topic: str, order: Mapping[str, Any]) -> None:
        body, event = to_json(order), ""
        for number in self._subscriptions.to(topic):
            # One event has one id, however many subscriptions it is told to.
            delivery = new_uuid(self.context.random)
            event = event or new_uuid(self.context.random)
            self._subscriptions.sent(delivery, number)
            self._deliver(topic, str(order.get("id", "")), body, delivery, event)

    def _deliver(self, topic: str, key: str, body: bytes, delivery: str, event: str) -> None:
        headers: Headers = (
            ("Content-Type", "application/json"),
            ("User-Agent", "Shopify-Captain-Hook"),
            ("X-Shopify-Topic", topic),
            *signature(self.system, self.secrets, body),
            ("X-Shopify-Shop-Domain", urlsplit(self.system.base_urls[0]).hostname or ""),
            ("X-Shopify-API-Version", self.numbers["webhook_version"]),
            ("X-Shopify-Webhook-Id", delivery),
            ("X-Shopify-Triggered-At", _exactly(self.context.now)),
            ("X-Shopify-Event-Id", event),
        )
        self.context.emit(Webhook(topic, key, body, headers, delivery=delivery, event=event))

    def _now(self) -> str:
        return datetime.fromtimestamp(self.context.now // SECOND, tz=self._zone).isoformat()


def _oldest(payload: Any) -> str:
    version = payload.get("older_than") if isinstance(payload, Mapping) else None
    if not isinstance(version, str) or _VERSION.fullmatch(version) is None:
        raise UnknownAction('say before which: {older_than: "2026-01"}')
    return version


def _bare(payload: Any) -> Resource:
    inner = payload.get("order") if isinstance(payload, Mapping) else None
    payload = inner if isinstance(inner, Mapping) else payload
    if not isinstance(payload, Mapping):
        raise UnknownAction(f"the payload is an order resource, not {type(payload).__name__}")
    return dict(payload)


def _item_in(payload: Any) -> int:
    item = payload.get("inventory_item_id") if isinstance(payload, Mapping) else None
    if type(item) is not int:
        raise UnknownAction("say which item: {inventory_item_id: 808950810}")
    return item


def _lines_sent(payload: Any, sent: Sequence[Resource]) -> list[Resource]:
    """Return lines that a customer names by their SKU as lines of what was sent."""
    asked = payload.get("lines") if isinstance(payload, Mapping) else None
    if not isinstance(asked, list) or not all(isinstance(one, Mapping) for one in asked):
        raise UnknownAction("say what comes back: lines: [{sku: A-1, quantity: 1}]")
    numbers = {
        str(line.get("sku")): line_number(one, at)
        for one in sent
        for at, line in enumerate(one["line_items"])
    }
    return [
        {
            "fulfillment_line_item_id": numbers.get(str(one.get("sku")), 0),
            "quantity": one.get("quantity", 1),
            "reason": one.get("reason", "UNKNOWN"),
        }
        for one in asked
    ]


def _level_handle(item: int) -> Resource:
    return {"message": "inventory_level", "key": str(item)}


def _product_row(variant: Variant) -> Resource:
    return {
        "sku": variant.sku,
        "barcode": variant.barcode,
        "price": str(variant.price),
        "grams": variant.grams,
        "taxable": variant.taxable,
    }


def _stock_row(level: Level) -> Resource:
    return {
        "inventory_item_id": f"gid://shopify/InventoryItem/{level.item}",
        "location_id": f"gid://shopify/Location/{level.location}",
        "available": level.available,
    }


def _is_version(text: str) -> bool:
    return text == "unstable" or _VERSION.fullmatch(text) is not None


def _not_found() -> Reply:
    return reply(404, {"errors": "Not Found"})


def _exactly(now: int) -> str:
    """Return an instant in UTC with nine decimals, as Shopify's own header has it."""
    seconds, rest = divmod(now, SECOND)
    moment = datetime.fromtimestamp(seconds, tz=UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"
