"""A marketplace behind the Selling Partner API: tokens, usage plans, and what buyers do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from harness.errors import HarnessError
from harness.landscape import System
from harness.simulators.amazon import listings_api, orders_api, views
from harness.simulators.amazon.habits import HABITS, PLANS
from harness.simulators.amazon.listings import Listing, Listings
from harness.simulators.amazon.listings_api import ListingsApi
from harness.simulators.amazon.operations import Asked, Operation
from harness.simulators.amazon.orders import Defaults, Order, Orders
from harness.simulators.amazon.orders_api import OrdersApi
from harness.simulators.amazon.plans import buckets_of
from harness.simulators.amazon.refusals import Refused, error
from harness.simulators.amazon.tokens import Application, NoToken, Tokens
from harness.simulators.base import (
    Call,
    Context,
    Reply,
    Simulator,
    UnknownAction,
    copied,
    reply,
)
from harness.simulators.profiles import Number, Profile
from harness.simulators.routing import Parameters, Router
from harness.simulators.webhooks import new_uuid, secret_of
from harness.timing import SECOND


class Amazon(Simulator):
    """The account of one seller.

    It commits ``order``, ``order_item``, ``order_address``, ``shipment_confirmation``,
    ``listing_quantity`` and ``listing``. An application is known by the secrets
    ``<system>_client_id``, ``<system>_client_secret`` and ``<system>_refresh_token``.

    Times have seconds: two changes within one second carry the same ``LastUpdateDate``.
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
        "expire_token": "Every token that was given is refused from now on.",
        "revoke_authorization": "The seller withdraws the consent; no more tokens are given.",
        "list_item": "A `sku` is offered with a `quantity`, or its offer is changed by hand.",
        "close_listing": "The offer of a `sku` is withdrawn.",
        "spoil_listing": "Changes of a `sku` are accepted and fail later, for a `reason`.",
        "heal_listing": "Changes of a `sku` show again.",
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
        self._told: dict[tuple[str, str], Any] = {}
        self._router = Router(
            {
                "POST /auth/o2/token": self._give_token,
                **{
                    pattern: partial(self._let_in, operation)
                    for pattern, operation in self._operations().items()
                },
            }
        )

    def _operations(self) -> dict[str, Operation]:
        messages = self.system.messages
        orders = OrdersApi(
            self._orders,
            self.context,
            self.numbers,
            messages.get("shipment_confirmation"),
            shipped=self._confirmed,
        )
        listings = ListingsApi(
            self._listings,
            self.context,
            self.numbers,
            messages.get("listing_quantity"),
            submitted=partial(self.context.commit, "listing_quantity"),
            shown=self._show_listing,
        )
        tokens = Operation("createRestrictedDataToken", self._restrict)
        return {
            "POST /tokens/2021-03-01/restrictedDataToken": tokens,
            **orders.operations(),
            **listings.operations(),
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
        """Do a business action; those about orders return the handle of the order."""
        values = {} if payload is None else payload
        if not isinstance(values, Mapping):
            raise UnknownAction(f"the payload of {action} is an object")
        if action == "place_order":
            return self._place(values)
        by_order = self._order_actions()
        if action in by_order:
            order = self._about(about, values)
            by_order[action](order, values)
            return self._changed(order)
        others = self._other_actions()
        if action in others:
            return others[action](values)
        return super().act(action, payload, about=about)

    def _order_actions(self) -> Mapping[str, Callable[[Order, Mapping[str, Any]], None]]:
        return {
            "confirm_payment": lambda order, _values: self._orders.pay(order),
            "request_cancel": self._orders.request_cancel,
            "cancel_order": self._cancel,
            "let_ship_date_elapse": lambda order, _values: self._cancel(order, {}),
            "change_order": self._orders.change,
        }

    def _other_actions(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        return {
            "expire_token": lambda _values: self._tokens.expire(self.context.now),
            "revoke_authorization": self._revoke,
            "list_item": self._offer,
            "close_listing": self._close,
            "spoil_listing": partial(self._spoil, spoiled=True),
            "heal_listing": partial(self._spoil, spoiled=False),
        }

    def hold(self, message: str, rows: tuple[Mapping[str, Any], ...]) -> None:
        """Take over ``order`` and ``listing`` rows that were there before; nothing is committed."""
        for row in rows:
            match message:
                case "order":
                    self._note_order(self._orders.place(row, now=self.context.now))
                case "listing":
                    self._note_listing(self._listings.offer(row, now=self.context.now))
                case _:
                    super().hold(message, rows)

    def snapshot(self) -> Mapping[str, list[dict[str, Any]]]:
        """Return the rows of every record, by key."""
        orders, listings = self._orders.by_id, self._listings.by_sku
        return {
            "order_state": [_order_row(orders[key]) for key in sorted(orders)],
            "offer": [_listing_row(listings[key]) for key in sorted(listings)],
        }

    def _place(self, values: Mapping[str, Any]) -> dict[str, str]:
        order = self._orders.place(values, now=self.context.now)
        try:
            self._sell(order)
        except UnknownAction:
            del self._orders.by_id[order.id]
            raise
        return self._changed(order)

    def _sell(self, order: Order) -> None:
        wanted = [(item.sku, item.open) for item in order.items]
        if not order.by_amazon:
            self._note_listings(self._listings.sell(wanted))

    def _cancel(self, order: Order, values: Mapping[str, Any]) -> None:
        gone = self._orders.cancel(order, values)
        if not order.by_amazon:
            self._note_listings(self._listings.put_back(gone))

    def _confirmed(self, order: Order, message: Mapping[str, Any]) -> None:
        number = str(message["packageDetail"]["trackingNumber"])
        self.context.commit("shipment_confirmation", number, copied(message))
        self._changed(order)

    def _revoke(self, _values: Mapping[str, Any]) -> None:
        self._tokens.authorized = False
        self._tokens.expire(self.context.now)

    def _offer(self, values: Mapping[str, Any]) -> dict[str, str]:
        listing = self._listings.offer(values, now=self.context.now)
        self._show_listing(listing)
        return {"message": "listing", "key": listing.sku}

    def _close(self, values: Mapping[str, Any]) -> None:
        listing = self._listings.about(values.get("sku"))
        listing.quantity = 0
        self._note_listing(listing)
        del self._listings.by_sku[listing.sku]

    def _spoil(self, values: Mapping[str, Any], *, spoiled: bool) -> None:
        listing = self._listings.about(values.get("sku"))
        reason = str(values.get("reason", "The submission could not be processed."))
        listing.spoiled = reason if spoiled else None

    # What changed, as the history learns of it.

    def _changed(self, order: Order) -> dict[str, str]:
        """Commit what is new of an order, note where it stands, and return its handle."""
        order.updated_at = max(order.updated_at, self.context.now)
        self.context.commit("order", order.id, views.head(order))
        for item in order.items:
            body = {"AmazonOrderId": order.id, **views.item(order, item)}
            self._commit_once("order_item", item.id, body)
        if found := views.address(order):
            body = {"AmazonOrderId": order.id, "ShippingAddress": found}
            self._commit_once("order_address", order.id, body)
        self._note_order(order)
        return {"message": "order", "key": order.id}

    def _commit_once(self, message: str, key: str, body: Mapping[str, Any]) -> None:
        if self._told.get((message, key)) != body:
            self._told[message, key] = copied(body)
            self.context.commit(message, key, body)

    def _show_listing(self, listing: Listing) -> None:
        whole = listings_api.view(listing, self.numbers["marketplace"])
        self.context.commit("listing", listing.sku, whole)
        self._note_listing(listing)

    def _note_order(self, order: Order) -> None:
        self.context.note("order_state", _order_row(order))

    def _note_listing(self, listing: Listing) -> None:
        self.context.note("offer", _listing_row(listing))

    def _note_listings(self, listings: Sequence[Listing]) -> None:
        for listing in listings:
            self._note_listing(listing)

    def _about(self, about: Any, values: Mapping[str, Any]) -> Order:
        key = about.get("key") if isinstance(about, Mapping) else values.get("AmazonOrderId")
        order = self._orders.by_id.get(key) if isinstance(key, str) else None
        if order is None:
            lacks = "no step is named" if key is None else f"there is no order {key}"
            raise UnknownAction(
                f"{self.system.system}: {lacks}; say with `of` which step placed the order"
            )
        return order


def _order_row(order: Order) -> dict[str, Any]:
    return {
        "AmazonOrderId": order.id,
        "OrderStatus": order.status,
        "LastUpdateDate": views.head(order)["LastUpdateDate"],
        "ordered": sum(item.ordered for item in order.items),
        "shipped": sum(item.shipped for item in order.items),
        "cancelled": sum(item.cancelled for item in order.items),
    }


def _listing_row(listing: Listing) -> dict[str, Any]:
    return {"sku": listing.sku, "quantity": listing.quantity}


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
