"""What the history learns of the marketplace: messages it holds, and rows of its records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.landscape import System
from harness.simulators.amazon import feeds_api, inventory_api, listings_api, views, views_2026
from harness.simulators.amazon.feeds import Feed
from harness.simulators.amazon.listings import Listing
from harness.simulators.amazon.orders import Order, seconds
from harness.simulators.amazon.stock import Stocked
from harness.simulators.base import Context, copied


class Telling:
    """Commits messages and notes rows, those that the system's file has."""

    def __init__(self, system: System, context: Context, *, marketplace: str) -> None:
        self._messages = system.messages
        self._records = system.records
        self._context = context
        self._marketplace = marketplace
        self._told: dict[tuple[str, str], Any] = {}

    def commit(self, message: str, key: str, body: Mapping[str, Any]) -> None:
        """Say that the marketplace now holds a message."""
        if message in self._messages:
            self._context.commit(message, key, body)

    def note(self, record: str, row: Mapping[str, Any]) -> None:
        """Say what a record holds from now on."""
        if record in self._records:
            self._context.note(record, row)

    def order(self, order: Order) -> None:
        """Say all that is new of an order, in the parts and versions in which it is read."""
        self.commit("order", order.id, views.head(order))
        for item in order.items:
            body = {"AmazonOrderId": order.id, **views.item(order, item)}
            self._once("order_item", item.id, body)
        if found := views.address(order):
            body = {"AmazonOrderId": order.id, "ShippingAddress": found}
            self._once("order_address", order.id, body)
        parts = frozenset(views_2026.PARTS)
        self.commit("order_2026", order.id, views_2026.order(order, parts))
        self.note("order_state", order_row(order))

    def listing(self, listing: Listing) -> None:
        """Say what a listing shows."""
        self.commit("listing", listing.sku, listings_api.view(listing, self._marketplace))
        self.note("offer", offer_row(listing))

    def offers(self, listings: Sequence[Listing]) -> None:
        """Say how many are offered, where only the quantity changed."""
        for listing in listings:
            self.note("offer", offer_row(listing))

    def stock(self, changed: Sequence[Stocked]) -> None:
        """Say what Amazon stores."""
        for stocked in changed:
            summary = inventory_api.view(stocked, detailed=True)
            self.commit("fba_summary", stocked.sku, summary)
            self.note("fba_stock", stock_row(stocked))

    def feed(self, feed: Feed) -> None:
        """Say how far a feed has come."""
        self.commit("feed", feed.id, feeds_api.view(feed))
        self.note("feed_state", feed_row(feed))

    def _once(self, message: str, key: str, body: Mapping[str, Any]) -> None:
        if self._told.get((message, key)) != body:
            self._told[message, key] = copied(body)
            self.commit(message, key, body)


def order_row(order: Order) -> dict[str, Any]:
    """Return where an order stands."""
    return {
        "AmazonOrderId": order.id,
        "OrderStatus": order.status,
        "LastUpdateDate": seconds(order.updated_at),
        "ordered": sum(item.ordered for item in order.items),
        "shipped": sum(item.shipped for item in order.items),
        "cancelled": sum(item.cancelled for item in order.items),
    }


def offer_row(listing: Listing) -> dict[str, Any]:
    """Return how many of an item buyers can order."""
    return {"sku": listing.sku, "quantity": listing.quantity}


def stock_row(stocked: Stocked) -> dict[str, Any]:
    """Return what Amazon stores of an item."""
    return {
        "sellerSku": stocked.sku,
        "totalQuantity": stocked.total,
        "fulfillableQuantity": stocked.units["fulfillable"],
        "reservedQuantity": stocked.reserved,
    }


def feed_row(feed: Feed) -> dict[str, Any]:
    """Return how far a feed has come."""
    return {"feedId": feed.id, "processingStatus": feed.status}
