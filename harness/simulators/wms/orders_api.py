"""How orders are sent to the warehouse, called back and read, and shipments read."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import Any, Final

from harness.landscape import System
from harness.simulators.base import Call, Reply, reply
from harness.simulators.routing import Parameters
from harness.simulators.wms import views
from harness.simulators.wms.book import Book
from harness.simulators.wms.floor import Floor
from harness.simulators.wms.orders import PACKED, PICKED, SHIPPED, SHORT, Order
from harness.simulators.wms.pages import cursor, instant, page, page_size, refuse_strangers
from harness.simulators.wms.reading import read_body, refuse_odd_lines, refuse_unknown
from harness.simulators.wms.refusals import Refused, already_exists, not_found
from harness.timing import parse_instant

_TOO_LATE: Final = {
    "picking": (PICKED, PACKED, SHIPPED, SHORT),
    "packed": (PACKED, SHIPPED),
}
"""Where a unit is when the order can no longer be called back, by the habit."""


_instant = lru_cache(maxsize=100_000)(parse_instant)
"""Lists hold the time of every shipment against their window, page by page."""


class OrdersApi:
    """Answers about orders and their shipments."""

    def __init__(self, book: Book, floor: Floor, system: System) -> None:
        self._book = book
        self._floor = floor
        self._messages = system.messages

    def create(self, call: Call, _parameters: Parameters) -> Reply:
        """Take an order, once for each order_ref."""
        body = read_body(call, self._messages["outbound_order"])
        refuse_odd_lines(body["lines"], "line_ref", "sku")
        self._refuse_known(body)
        strict = self._book.numbers["items_from_the_start"]
        refuse_unknown(body["lines"], self._book.items, from_the_start=strict)
        self._book.attempt(lambda: self._floor.take(body))
        order = self._book.orders.called(str(body["order_ref"]))
        assert order is not None  # noqa: S101 - it was taken right now
        return reply(201, views.order(order), Location=f"{call.path}/{order.id}")

    def cancel(self, call: Call, parameters: Parameters) -> Reply:
        """Call an order back, unless it is being picked; once more changes nothing."""
        order = self._order(parameters["order_ref"])
        body = read_body(call, self._messages.get("outbound_cancel"), order_ref=order.ref)
        if order.status != "cancelled":
            too_late = _TOO_LATE[self._book.numbers["cancellable_until"]]
            if order.at(*too_late):
                text = f"Order {order.ref} is {order.status}; it is too late to call it back."
                raise Refused("picking_started", text, status=409, status_of_order=order.status)
            self._book.attempt(lambda: self._floor.call_back(order, body))
        return reply(200, {"order_ref": order.ref, "status": "cancelled"})

    def one(self, _call: Call, parameters: Parameters) -> Reply:
        """Show an order by its id or its order_ref."""
        return reply(200, views.order(self._order(parameters["id"])))

    def several(self, call: Call, _parameters: Parameters) -> Reply:
        """List orders, the oldest first."""
        refuse_strangers(call, ("order_ref", "status", "warehouse"))
        rows = [
            (order.number, shown)
            for order in self._book.orders.by_id.values()
            if _fits(call, shown := views.order(order))
        ]
        return reply(200, page(call, rows, "orders", size=self._size(call)))

    def shipment(self, _call: Call, parameters: Parameters) -> Reply:
        """Show a shipment."""
        found = self._book.shipments.get(parameters["id"])
        if found is None:
            raise not_found(f"shipment {parameters['id']}")
        return reply(200, found)

    def shipments(self, call: Call, _parameters: Parameters) -> Reply:
        """List shipments closed at or after the beginning of a window, and before its end."""
        refuse_strangers(call, ("order_ref", "warehouse", "closed_after", "closed_before"))
        begin, end = instant(call, "closed_after"), instant(call, "closed_before")
        numbered = enumerate(self._book.shipments.values(), start=1)
        rows = (
            (number, shipment)
            for number, shipment in islice(numbered, cursor(call), None)
            if _fits(call, shipment) and _within(shipment["closed_at"], begin, end)
        )
        return reply(200, page(call, rows, "shipments", size=self._size(call)))

    def _order(self, name: str) -> Order:
        order = self._book.orders.by_id.get(name) or self._book.orders.called(name)
        if order is None:
            raise not_found(f"order {name}")
        return order

    def _refuse_known(self, body: dict[str, Any]) -> None:
        known = self._book.orders.called(str(body["order_ref"]))
        numbers = self._book.numbers
        if known is None or (known.status == "cancelled" and numbers["reuses_cancelled_refs"]):
            return
        if numbers["refuses_other_bodies"] and known.body != body:
            text = f"Order {known.ref} was taken before, with another body."
            raise Refused("order_differs", text, status=409, id=known.id)
        raise already_exists(id=known.id, order_ref=known.ref)

    def _size(self, call: Call) -> int:
        numbers = self._book.numbers
        return page_size(call, usual=numbers["page_size"], most=numbers["page_most"])


def _fits(call: Call, shown: dict[str, Any]) -> bool:
    names = ("order_ref", "status", "warehouse")
    return all(str(shown[name]) == call.query[name] for name in names if name in call.query)


def _within(text: str, begin: int | None, end: int | None) -> bool:
    at = _instant(text)
    return (begin is None or at >= begin) and (end is None or at < end)
