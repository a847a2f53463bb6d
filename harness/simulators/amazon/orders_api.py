"""The Orders API, version 0: reading orders in three parts, and confirming shipments."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from harness import landscape
from harness.simulators.amazon import views
from harness.simulators.amazon.operations import Asked, Operation, Operations
from harness.simulators.amazon.orders import CLOSED, WAITING, Item, Order, Orders, seconds
from harness.simulators.amazon.pages import Pages
from harness.simulators.amazon.refusals import Refused
from harness.simulators.amazon.windows import (
    CHANNELS,
    Names,
    Question,
    read_list,
    read_size,
    read_window,
    refuse_strangers,
)
from harness.simulators.base import Context, Reply, reply
from harness.simulators.bounds import objections
from harness.timing import parse_instant

_NAMES: Final = Names("CreatedAfter", "CreatedBefore", "LastUpdatedAfter", "LastUpdatedBefore")
_KNOWN: Final = frozenset(
    {
        "CreatedAfter",
        "CreatedBefore",
        "LastUpdatedAfter",
        "LastUpdatedBefore",
        "MarketplaceIds",
        "OrderStatuses",
        "FulfillmentChannels",
        "AmazonOrderIds",
        "MaxResultsPerPage",
        "NextToken",
    }
)
_STATUSES: Final = (*WAITING, *views.ADDRESSED, *CLOSED)
_NEEDED: Final = (
    "orderId",
    "marketplaceId",
    "packageDetail.packageReferenceId",
    "packageDetail.trackingNumber",
    "packageDetail.shipDate",
    "packageDetail.orderItems.*.orderItemId",
    "packageDetail.orderItems.*.quantity",
)


class OrdersApi:
    """Answers for orders. ``shipped`` is told of an order and a package that was confirmed."""

    def __init__(
        self,
        orders: Orders,
        context: Context,
        numbers: Mapping[str, Any],
        confirmation: landscape.Message | None,
        *,
        shipped: Callable[[Order, Mapping[str, Any]], None],
    ) -> None:
        self._orders = orders
        self._context = context
        self._numbers = numbers
        self._confirmation = confirmation
        self._shipped = shipped
        lifetime = numbers["orders_token_lifetime"]
        self._pages: Pages[Order, Question] = Pages(lifetime=lifetime)
        self._item_pages: Pages[Item, str] = Pages(lifetime=lifetime)

    def operations(self) -> Operations:
        """Return what is answered, by address."""
        one = "/orders/v0/orders/:orderId"
        return {
            "GET /orders/v0/orders": Operation("getOrders", self._list),
            f"GET {one}": Operation("getOrder", self._one),
            f"GET {one}/orderItems": Operation("getOrderItems", self._items),
            f"GET {one}/address": Operation("getOrderAddress", self._address),
            f"GET {one}/buyerInfo": Operation("getOrderBuyerInfo", self._buyer),
            f"POST {one}/shipmentConfirmation": Operation("confirmShipment", self._confirm),
        }

    def _list(self, asked: Asked) -> Reply:
        query, now = asked.call.query, self._context.now
        refuse_strangers(query, _KNOWN)
        if not read_list(query, "MarketplaceIds"):
            raise Refused("MarketplaceIds is needed.")
        token = query.get("NextToken") or None
        question = self._pages.question(token, now=now) if token else self._question(query)
        page = self._pages.cut(
            [order for order in self._orders.by_id.values() if question.fits(order)],
            question,
            place=lambda order: (question.window.instant(order), order.id),
            size=question.size,
            token=token,
            now=now,
            random=self._context.random,
        )
        payload: dict[str, Any] = {
            "Orders": [views.head(order, asked.elements) for order in page.rows],
            ("LastUpdatedBefore" if question.window.by_update else "CreatedBefore"): seconds(
                question.window.end
            ),
        }
        if page.token is not None:
            payload["NextToken"] = page.token
        return reply(200, {"payload": payload})

    def _question(self, query: Mapping[str, str]) -> Question:
        behind = self._numbers["window_behind"]
        return Question(
            read_window(query, _NAMES, now=self._context.now, behind=behind),
            marketplaces=read_list(query, "MarketplaceIds"),
            statuses=read_list(query, "OrderStatuses", allowed=_STATUSES),
            channels=read_list(query, "FulfillmentChannels", allowed=CHANNELS),
            ids=read_list(query, "AmazonOrderIds"),
            size=read_size(query, "MaxResultsPerPage", most=self._numbers["orders_page"]),
        )

    def _one(self, asked: Asked) -> Reply:
        return reply(200, {"payload": views.head(self._find(asked), asked.elements)})

    def _items(self, asked: Asked) -> Reply:
        order = self._find(asked)
        now, token = self._context.now, asked.call.query.get("NextToken") or None
        if token and self._item_pages.question(token, now=now) != order.id:
            raise Refused("The page token belongs to another order.")
        places = {item.id: index for index, item in enumerate(order.items)}
        page = self._item_pages.cut(
            order.items,
            order.id,
            place=lambda item: (places[item.id],),
            size=self._numbers["order_items_page"],
            token=token,
            now=now,
            random=self._context.random,
        )
        payload: dict[str, Any] = {
            "AmazonOrderId": order.id,
            "OrderItems": [views.item(order, item) for item in page.rows],
        }
        if page.token is not None:
            payload["NextToken"] = page.token
        return reply(200, {"payload": payload})

    def _address(self, asked: Asked) -> Reply:
        order = self._find(asked)
        payload: dict[str, Any] = {"AmazonOrderId": order.id}
        if not asked.restricted:
            if self._numbers["address_unrestricted"] == "refused":
                raise Refused(
                    "Access to requested resource is denied.", status=403, code="Unauthorized"
                )
        elif found := views.address(order):
            payload["ShippingAddress"] = found
        return reply(200, {"payload": payload})

    def _buyer(self, asked: Asked) -> Reply:
        order = self._find(asked)
        told = order.buyer if asked.restricted and order.status not in WAITING else {}
        return reply(200, {"payload": {"AmazonOrderId": order.id, **told}})

    def _confirm(self, asked: Asked) -> Reply:
        order = self._find(asked)
        body = asked.object()
        message = {**body, "orderId": order.id}
        if self._confirmation is not None and (wrong := objections(self._confirmation, message)):
            raise Refused("; ".join(f"{one.field}: {one.message}" for one in wrong))
        if not isinstance(body["packageDetail"]["orderItems"], list):
            raise Refused("packageDetail.orderItems: expected list")
        self._refuse_order(order, body["marketplaceId"])
        self._refuse_package(order, body["packageDetail"])
        if self._orders.confirm(order, body["packageDetail"]):
            self._shipped(order, message)
        return Reply(204)

    def _refuse_order(self, order: Order, marketplace: str) -> None:
        if order.by_amazon:
            raise Refused(f"Order {order.id} is fulfilled by Amazon.")
        if order.status in (*WAITING, *CLOSED):
            raise Refused(f"Order {order.id} is {order.status}; it cannot be confirmed.")
        if marketplace != order.head.get("MarketplaceId"):
            raise Refused(f"Order {order.id} was not placed in marketplace {marketplace}.")

    def _refuse_package(self, order: Order, package: Mapping[str, Any]) -> None:
        carrier = package.get("carrierCode")
        form = self._numbers.get(f"tracking_form_{carrier}") or self._numbers["tracking_form"]
        if not re.fullmatch(form, package["trackingNumber"]):
            raise Refused(f"trackingNumber does not have the form that {carrier} uses.")
        shipped_at = parse_instant(package["shipDate"])
        if seconds(shipped_at) < order.head["PurchaseDate"]:
            raise Refused("shipDate is before the order was placed.")
        if shipped_at > self._context.now + self._numbers["ship_date_ahead"]:
            raise Refused("shipDate is in the future.")

    def _find(self, asked: Asked) -> Order:
        return self._orders.find(asked.parameters["orderId"])


def is_fit(confirmation: landscape.Message | None) -> list[str]:
    """Return the fields that the confirmation of a shipment must have, always, and has not."""
    fields = confirmation.fields if confirmation else {}
    return [name for name in _NEEDED if name not in fields or fields[name].required != "always"]
