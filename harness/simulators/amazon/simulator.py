"""A marketplace behind the Selling Partner API: tokens, usage plans, and what buyers do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from harness.errors import HarnessError
from harness.landscape import System
from harness.simulators.amazon import feeds_api, listings_api, orders_api
from harness.simulators.amazon.feeds import Feeds
from harness.simulators.amazon.feeds_api import FeedsApi
from harness.simulators.amazon.habits import HABITS, PLANS
from harness.simulators.amazon.inventory_api import InventoryApi
from harness.simulators.amazon.listings import Listings
from harness.simulators.amazon.listings_api import ListingsApi
from harness.simulators.amazon.notifications_api import NotificationsApi
from harness.simulators.amazon.notifier import Notifier
from harness.simulators.amazon.operations import Asked, Operation
from harness.simulators.amazon.orders import Defaults, Order, Orders
from harness.simulators.amazon.orders_2026_api import Orders2026Api
from harness.simulators.amazon.orders_api import OrdersApi
from harness.simulators.amazon.plans import buckets_of
from harness.simulators.amazon.refusals import Refused, error
from harness.simulators.amazon.stock import Stock, Stocked
from harness.simulators.amazon.telling import (
    Telling,
    feed_row,
    offer_row,
    order_row,
    stock_row,
)
from harness.simulators.amazon.tokens import Application, NoToken, Tokens
from harness.simulators.base import (
    Call,
    Context,
    Delivered,
    Reply,
    Simulator,
    UnknownAction,
    copied,
    reply,
)
from harness.simulators.profiles import Number, Profile
from harness.simulators.routing import Handler, Parameters, Router
from harness.simulators.webhooks import new_uuid, secret_of, try_again
from harness.timing import SECOND


class Amazon(Simulator):
    """The account of one seller.

    It commits ``order``, ``order_item``, ``order_address``, ``order_2026``,
    ``shipment_confirmation``, ``listing_quantity``, ``listing``, ``fba_summary`` and ``feed``, as
    far as the system's file has them. An application is known by the secrets
    ``<system>_client_id``, ``<system>_client_secret`` and ``<system>_refresh_token``.

    ORDER_CHANGE is told to who subscribed, through the API or in a scenario. Times have seconds:
    two changes within one second carry the same ``LastUpdateDate``.
    """

    habits: ClassVar[Mapping[str, Number]] = HABITS
    actions: ClassVar[Mapping[str, str]] = {
        "place_order": "A buyer orders: an order of version 0 with its OrderItems, Pending unless "
        "OrderStatus says otherwise.",
        "confirm_payment": "The payment of a pending order is confirmed; it is Unshipped now.",
        "request_cancel": "The buyer asks to cancel; the order stays as it is. SellerSKU or "
        "OrderItemId name one item.",
        "cancel_order": "What is open of an order, or of the item named, is cancelled.",
        "let_ship_date_elapse": "The latest ship date passes and Amazon cancels what is open.",
        "change_order": "The payload is merged into the order, its address and its buyer.",
        "ship_by_amazon": "Amazon ships all that is open of an order that it fulfils.",
        "expire_token": "Every token that was given is refused from now on.",
        "revoke_authorization": "The seller withdraws the consent; no more tokens are given.",
        "list_item": "A `sku` is offered with a `quantity`, or its offer is changed by hand.",
        "close_listing": "The offer of a `sku` is withdrawn.",
        "spoil_listing": "Changes of a `sku` are accepted and fail later, for a `reason`.",
        "heal_listing": "Changes of a `sku` show again.",
        "send_to_amazon": "A `quantity` of a `sku` is announced, or arrives `to` a place.",
        "move_stock": "Amazon moves a `quantity` of a `sku` `from` one place `to` another.",
        "lose_stock": "Amazon loses a `quantity` of a `sku`, `from` a place.",
        "subscribe": "The integration is told of changed orders from now on.",
        "unsubscribe": "The subscription is gone, and nobody says so.",
        "notify_again": "The last notification about the order is delivered once more.",
    }

    def __init__(
        self, system: System, context: Context, *, secrets: Mapping[str, str], profile: Profile
    ) -> None:
        super().__init__(system, context, secrets=secrets, profile=profile)
        _refuse_unfit(system)
        numbers = self.numbers
        self._tokens = Tokens(
            lifetime=numbers["token_lifetime"],
            restricted_lifetime=numbers["restricted_token_lifetime"],
        )
        self._buckets = buckets_of(numbers, PLANS)
        self._orders = Orders(
            Defaults(
                marketplace=numbers["marketplace"],
                currency=numbers["currency"],
                unit_price=numbers["unit_price"],
                ship_within=numbers["ship_within"],
                deliver_within=numbers["deliver_within"],
            )
        )
        self._listings = Listings()
        self._stock = Stock()
        self._feeds = Feeds(numbers["upload_lifetime"])
        self._telling = Telling(system, context, marketplace=numbers["marketplace"])
        self._notifier = Notifier(system, context, numbers, secrets)
        self._router = Router(self._handlers())

    def _handlers(self) -> dict[str, Handler]:
        """Return what answers, by address; documents are open to who knows where they are."""
        messages, context, numbers = self.system.messages, self.context, self.numbers
        orders = OrdersApi(
            self._orders,
            context,
            numbers,
            messages.get("shipment_confirmation"),
            shipped=self._confirmed,
        )
        listings = ListingsApi(
            self._listings,
            context,
            numbers,
            messages.get("listing_quantity"),
            submitted=partial(self._telling.commit, "listing_quantity"),
            shown=self._telling.listing,
        )
        feeds = FeedsApi(
            self._feeds, context, numbers, take=listings.take, changed=self._telling.feed
        )
        operations = {
            "POST /tokens/2021-03-01/restrictedDataToken": Operation(
                "createRestrictedDataToken", self._restrict
            ),
            **orders.operations(),
            **Orders2026Api(self._orders, context, numbers).operations(),
            **listings.operations(),
            **InventoryApi(self._stock, context, numbers).operations(),
            **feeds.operations(),
            **NotificationsApi(self._notifier.subscriptions, context).operations(),
        }
        return {
            "POST /auth/o2/token": self._give_token,
            f"PUT {feeds_api.UPLOADS}/:id": feeds.put,
            f"GET {feeds_api.UPLOADS}/:id": feeds.fetch,
            **{name: partial(self._let_in, operation) for name, operation in operations.items()},
        }

    # Calls.

    def handle(self, call: Call) -> Reply:
        """Answer as the Selling Partner API does, and as Login with Amazon does for tokens."""
        found = self._router.find(call)
        if found is None:
            answer = error(404, "NotFound", "There is nothing at this address.")
        else:
            handler, parameters = found
            answer = handler(call, parameters)
        request_id = ("x-amzn-RequestId", new_uuid(self.context.random))
        return replace(answer, headers=(*answer.headers, request_id))

    def _let_in(self, operation: Operation, call: Call, parameters: Parameters) -> Reply:
        """Answer a call of an operation, if its token and its usage plan allow it."""
        try:
            asked = self._asked(operation, call, parameters)
        except Refused as refused:
            return refused.answer
        bucket = self._buckets[operation.name]
        if not bucket.take(self.context.now):
            text = "You exceeded your quota for the requested resource."
            return error(429, "QuotaExceeded", text)
        try:
            answer = operation.answer(asked)
        except Refused as refused:
            answer = refused.answer
        limit = ("x-amzn-RateLimit-Limit", bucket.rate)
        return replace(answer, headers=(*answer.headers, limit))

    def _asked(self, operation: Operation, call: Call, parameters: Parameters) -> Asked:
        access = self._tokens.access(call.header("x-amz-access-token"), now=self.context.now)
        elements = access.elements(call.method, call.path)
        if access.grantless != operation.grantless or elements is None:
            text = "Access to requested resource is denied."
            raise Refused(text, status=403, code="Unauthorized")
        return Asked(call, parameters, elements, restricted=access.resources is not None)

    def _give_token(self, call: Call, _parameters: Parameters) -> Reply:
        form = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
        try:
            token = self._tokens.give(
                form, self._application(), now=self.context.now, random=self.context.random
            )
        except NoToken as refused:
            body = {"error": refused.code, "error_description": str(refused)}
            return reply(refused.status, body)
        lifetime = self.numbers["token_lifetime"] // SECOND
        answer = {"access_token": token, "token_type": "bearer", "expires_in": lifetime}
        if form["grant_type"] == "refresh_token":
            answer["refresh_token"] = form["refresh_token"]
        return reply(200, answer)

    def _application(self) -> Application:
        """Return who may ask for tokens; read late, so that who never asks needs no secrets."""
        names = ("client_id", "client_secret", "refresh_token")
        prefix = self.system.system
        return Application(
            *(secret_of(self.system, self.secrets, f"{prefix}_{name}") for name in names)
        )

    def _restrict(self, asked: Asked) -> Reply:
        token = self._tokens.restrict(
            asked.body(),
            most=self.numbers["restricted_resources_at_most"],
            now=self.context.now,
            random=self.context.random,
        )
        lifetime = self.numbers["restricted_token_lifetime"] // SECOND
        return reply(200, {"restrictedDataToken": token, "expiresIn": lifetime})

    # Actions.

    def act(self, action: str, payload: Any, *, about: Any = None) -> Any:
        """Do a business action; it returns the handle of the order, listing or stock it touched."""
        values = {} if payload is None else payload
        if not isinstance(values, Mapping):
            raise UnknownAction(f"the payload of {action} is an object")
        if action in (to_orders := self._actions_on_orders()):
            order = self._about(about, values)
            to_orders[action](order, values)
            return self._changed(order, buyer_asks=action == "request_cancel")
        if action == "notify_again":
            self._notifier.again(self._about(about, values))
            return None
        if action in (others := self._other_actions()):
            return others[action](values)
        return super().act(action, payload, about=about)

    def _actions_on_orders(self) -> Mapping[str, Callable[[Order, Mapping[str, Any]], None]]:
        return {
            "confirm_payment": lambda order, _values: self._orders.pay(order),
            "request_cancel": self._orders.request_cancel,
            "cancel_order": self._cancel,
            "let_ship_date_elapse": lambda order, _values: self._cancel(order, {}),
            "change_order": self._orders.change,
            "ship_by_amazon": self._ship,
        }

    def _other_actions(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        return {
            "place_order": self._place,
            "expire_token": lambda _values: self._tokens.expire(self.context.now),
            "revoke_authorization": self._revoke,
            "list_item": self._offer,
            "close_listing": self._close,
            "spoil_listing": partial(self._spoil, spoiled=True),
            "heal_listing": partial(self._spoil, spoiled=False),
            "send_to_amazon": partial(self._move, self._stock.receive),
            "move_stock": partial(self._move, self._stock.move),
            "lose_stock": partial(self._move, self._stock.lose),
            "subscribe": lambda _values: self._notifier.subscribe(),
            "unsubscribe": lambda _values: self._notifier.subscriptions.by_type.clear(),
        }

    def hold(self, message: str, rows: tuple[Mapping[str, Any], ...]) -> None:
        """Take over what was there before; nothing is committed.

        ``order``; ``listing`` (`sku`, `quantity`); ``fba_stock`` (`sku`, `quantity`, fulfillable
        unless `to` says otherwise); ``subscription`` (a row may be empty).
        """
        now = self.context.now
        for row in rows:
            match message:
                case "order":
                    order = self._orders.place(row, now=now)
                    self._notifier.see(order)
                    self._telling.note("order_state", order_row(order))
                case "listing":
                    listing = self._listings.offer(row, now=now)
                    self._telling.note("offer", offer_row(listing))
                case "fba_stock":
                    stocked = self._stock.receive({"to": "fulfillable", **row}, now=now)
                    self._telling.note("fba_stock", stock_row(stocked))
                case "subscription":
                    self._notifier.subscribe()
                case _:
                    super().hold(message, rows)

    def send(self, message: str, body: Any) -> None:
        """Send exactly this notification; the marketplace itself does not learn of it.

        It may be whole, or what stands in its ``Payload.OrderChangeNotification``.
        """
        carried = message == "order" and self._notifier.is_carried
        if not carried or not isinstance(body, Mapping):
            raise UnknownAction(
                f"{self.system.system} sends only an `order` that ORDER_CHANGE tells"
            )
        self._notifier.emit(body if "Payload" in body else self._notifier.wrapped(body))

    def delivered(self, outcome: Delivered) -> None:
        """Deliver a notification again that was not taken, its content and headers unchanged."""
        try_again(self.context, outcome, self.numbers["notice_retries"])

    def snapshot(self) -> Mapping[str, list[dict[str, Any]]]:
        """Return the rows of every record of the system's file, by key."""
        held: Mapping[str, list[dict[str, Any]]] = {
            "order_state": [order_row(row) for _, row in sorted(self._orders.by_id.items())],
            "offer": [offer_row(row) for _, row in sorted(self._listings.by_sku.items())],
            "fba_stock": [stock_row(row) for _, row in sorted(self._stock.by_sku.items())],
            "feed_state": [feed_row(row) for _, row in sorted(self._feeds.by_id.items())],
        }
        return {name: rows for name, rows in held.items() if name in self.system.records}

    def _place(self, values: Mapping[str, Any]) -> dict[str, str]:
        order = self._orders.place(values, now=self.context.now)
        try:
            self._sell(order)
        except UnknownAction:
            self._orders.forget(order)
            raise
        return self._changed(order)

    def _sell(self, order: Order) -> None:
        wanted = [(item.sku, item.open) for item in order.items if item.open]
        if order.by_amazon:
            self._telling.stock(self._stock.reserve(wanted, now=self.context.now))
        else:
            self._telling.offers(self._listings.sell(wanted))

    def _ship(self, order: Order, _values: Mapping[str, Any]) -> None:
        self._telling.stock(self._stock.ship(self._orders.ship(order), now=self.context.now))

    def _cancel(self, order: Order, values: Mapping[str, Any]) -> None:
        gone = self._orders.cancel(order, values)
        if order.by_amazon:
            self._telling.stock(self._stock.release(gone, now=self.context.now))
        else:
            self._telling.offers(self._listings.put_back(gone))

    def _confirmed(self, order: Order, message: Mapping[str, Any]) -> None:
        number = str(message["packageDetail"]["trackingNumber"])
        self._telling.commit("shipment_confirmation", number, copied(message))
        self._changed(order)

    def _changed(self, order: Order, *, buyer_asks: bool = False) -> dict[str, str]:
        """Tell the history and the subscriber of an order, and return its handle."""
        order.updated_at = max(order.updated_at, self.context.now)
        self._telling.order(order)
        self._notifier.tell(order, buyer_asks=buyer_asks)
        return {"message": "order", "key": order.id}

    def _revoke(self, _values: Mapping[str, Any]) -> None:
        self._tokens.authorized = False
        self._tokens.expire(self.context.now)

    def _offer(self, values: Mapping[str, Any]) -> dict[str, str]:
        listing = self._listings.offer(values, now=self.context.now)
        self._telling.listing(listing)
        return {"message": "listing", "key": listing.sku}

    def _close(self, values: Mapping[str, Any]) -> None:
        listing = self._listings.about(values.get("sku"))
        listing.quantity = 0
        self._telling.offers([listing])
        del self._listings.by_sku[listing.sku]

    def _spoil(self, values: Mapping[str, Any], *, spoiled: bool) -> None:
        listing = self._listings.about(values.get("sku"))
        reason = str(values.get("reason", "The submission could not be processed."))
        listing.spoiled = reason if spoiled else None

    def _move(self, move: Callable[..., Stocked], values: Mapping[str, Any]) -> dict[str, str]:
        stocked = move(values, now=self.context.now)
        self._telling.stock([stocked])
        return {"message": "fba_summary", "key": stocked.sku}

    def _about(self, about: Any, values: Mapping[str, Any]) -> Order:
        key = about.get("key") if isinstance(about, Mapping) else values.get("AmazonOrderId")
        order = self._orders.by_id.get(key) if isinstance(key, str) else None
        if order is None:
            lacks = "no step is named" if key is None else f"there is no order {key}"
            raise UnknownAction(
                f"{self.system.system}: {lacks}; say with `of` which step placed the order"
            )
        return order


def _refuse_unfit(system: System) -> None:
    messages = system.messages
    unfit = {
        "shipment_confirmation": orders_api.is_fit(messages.get("shipment_confirmation")),
        "listing_quantity": listings_api.is_fit(messages.get("listing_quantity")),
    }
    for name, fields in unfit.items():
        if fields:
            raise HarnessError(
                f"the simulator amazon plays {system.system}, whose message {name} must have these "
                f"fields, `required: always`: {', '.join(fields)}"
            )
