"""What the OMS does with its orders, from the moment they are taken, and what it tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from harness.simulators.base import Context, UnknownAction
from harness.simulators.oms import views
from harness.simulators.oms.orders import Order, Orders, Units
from harness.simulators.oms.parcels import Contents, Parcels
from harness.simulators.oms.returns import Return, Returns
from harness.simulators.oms.shipments import Shipments, lines_of, units_of
from harness.simulators.oms.stock import Stock
from harness.simulators.oms.telling import Telling
from harness.timing import SECOND, show_instant

Handle = dict[str, str]
Values = Mapping[str, Any]

FULFILMENT_TOPIC: Final = "fulfilment.shipped"
"""The topic of every revision of a fulfilment, a voided one included."""
MARKETPLACE_TOPIC: Final = "marketplace.shipped"
ORDER_TOPICS: Final[Mapping[str, str]] = {
    "HOLD": "order.held",
    "RELEASED": "order.released",
    "SHIPPED": "order.shipped",
    "CANCELLED": "order.cancelled",
}
"""The topic under which an order is told, by its status."""


class Work:
    """The orders of one OMS. An order is told of only to who subscribed to its topics."""

    def __init__(self, context: Context, telling: Telling, numbers: Mapping[str, Any]) -> None:
        self.orders = Orders()
        self.stock = Stock(self.orders)
        self.shipments = Shipments(self.orders)
        self.parcels = Parcels()
        self.returns = Returns(self.orders)
        self.topics: set[str] = set()
        self._context = context
        self._telling = telling
        self._ship_within = numbers["ship_within"]

    # Orders.

    def take(self, order: Order) -> Order:
        """Take an order, and release it unless something holds it."""
        order = self.orders.add(order)
        parts = [order] if order.holds else self._allocated(order)
        for part in parts:
            self.orders.keep(part)
            self._changed(part)
        return parts[0]

    def hold(self, order: Order, reason: str) -> Handle:
        """Hold an order for a reason."""
        after = self.orders.hold(order, reason, now=self._context.now)
        return _handle(after if after is order else self._changed(after))

    def release(self, order: Order, reason: str | None) -> Handle:
        """Drop one reason to hold an order, or all of them; without any left it is released.

        Raises:
            UnknownAction: it is not held for that.
        """
        dropped = order.holds if reason is None else order.holds & {reason}
        if not dropped:
            held = ", ".join(sorted(order.holds)) or "nothing"
            raise UnknownAction(f"order {order.number} is held for {held}")
        order = self.orders.change(order, now=self._context.now, holds=order.holds - dropped)
        parts = [order] if order.holds else self._allocated(order)
        for part in parts:
            self.orders.keep(part)
            self._changed(part)
        return _handle(parts[0])

    def cancel(self, order: Order, lines: Any) -> Handle:
        """Cancel lines of an order; all that is open when none are named, if anything is."""
        left = self.orders.open(order)
        if lines is None and not +left:
            return _handle(order)
        units = units_of(lines_of(order, lines, left))
        return _handle(self._changed(self.orders.cancel(order, units, now=self._context.now)))

    def split(self, order: Order, lines: Any, warehouse: str) -> Handle:
        """Let another warehouse ship lines of an order, as an order of its own.

        Raises:
            UnknownAction: the warehouse lacks some of it, or the lines are not open.
        """
        if not lines:
            raise UnknownAction("say which lines go: {lines: [{sku: A-1}], warehouse: WH-2}")
        units = units_of(lines_of(order, lines, self.orders.open(order)))
        for line in order.lines:
            place = line.sku, warehouse
            if line.ref in order.counted and self.stock.available(place) < units[line.ref]:
                raise UnknownAction(f"{warehouse} has not enough of {line.sku}")
        now = self._context.now
        stays, new = self.orders.split(order, units, warehouse=warehouse, now=now)
        self._changed(stays)
        return _handle(self._changed(new))

    def change(self, order: Order, values: Values) -> Handle:
        """Change where and how an order is sent.

        Raises:
            UnknownAction: it has left, or is cancelled.
        """
        status = self.orders.status(order)
        if status in ("SHIPPED", "CANCELLED"):
            raise UnknownAction(f"order {order.number} is {status}, too late to change it")
        ship_to = {**order.ship_to, **values.get("shipTo", {})}
        service = values.get("service", order.service)
        now = self._context.now
        return _handle(
            self._changed(self.orders.change(order, now=now, ship_to=ship_to, service=service))
        )

    # What leaves.

    def ship(self, order: Order, values: Values) -> Handle:
        """Ship lines of an order, all that is left when none are named.

        Raises:
            UnknownAction: it is held, or so much is not left.
        """
        if order.holds and self.orders.status(order) == "HOLD":
            held = ", ".join(sorted(order.holds))
            raise UnknownAction(f"order {order.number} is held for {held}; release it first")
        now = self._context.now
        return self._ship(order, values, shipped_at=show_instant(now // SECOND * SECOND))

    def correct(self, fulfilment: str | None, values: Values) -> Handle:
        """Change fields of a fulfilment."""
        return self._tell(self.shipments.correct(fulfilment, values, now=self._context.now))

    def confirm(self, order: Order, body: Values, contents: Contents) -> None:
        """Take a parcel that a warehouse confirms; what is whole in it has left."""
        self.parcels.confirm(body, contents)
        self._telling.commit("shipment_confirmation", body)
        self.announce(body["trackingNumber"], leg="OUTBOUND", at=body["shippedAt"])
        if not contents.units:
            return
        values = {
            "carrier": body["carrier"],
            "trackingNumber": body["trackingNumber"],
            "lines": [{"lineRef": ref, "qty": qty} for ref, qty in contents.units.items()],
        }
        self._ship(order, values, shipped_at=body["shippedAt"])

    def announce(self, tracking: Any, *, leg: str, at: str) -> None:
        """Get to know a parcel by its tracking number."""
        if self.parcels.announce(tracking, leg=leg, at=at):
            self._telling.note("parcel", self.parcels.row(tracking))

    def follow(self, body: Values) -> None:
        """Believe what is said of a parcel."""
        self.parcels.states[body["trackingNumber"]] = body
        self._telling.commit("parcel_status", body)
        self._telling.note("parcel", self.parcels.row(body["trackingNumber"]))

    # What comes in.

    def put_stock(self, sku: str, warehouse: str, units: int) -> None:
        """Add units to a warehouse or take some away; orders that waited for them are released."""
        self.stock.put(sku, warehouse, units)
        self._telling.note("stock", self.stock.row((sku, warehouse)))
        for order in list(self.orders.by_number.values()):
            waits = order.holds == {"STOCK"} and self.orders.status(order) == "HOLD"
            if waits and self.stock.plan(order) is not None:
                self.release(order, "STOCK")

    def announce_return(self, order: Order, values: Values) -> Return:
        """Announce that lines of an order come back."""
        found = self.returns.announce(order, values, now=self._context.now)
        at = show_instant(self._context.now // SECOND * SECOND)
        self.announce(found.tracking, leg="RETURN", at=at)
        return self._returned(found)

    def receive_return(self, found: Return) -> Return:
        """Say that a return has arrived."""
        return self._returned(self.returns.receive(found, now=self._context.now))

    def decide_return(self, found: Return, lines: Any, *, restock: bool) -> Return:
        """Restock or scrap what came back; what is restocked lies in the order's warehouse."""
        now = self._context.now
        after, units = self.returns.decide(found, lines, restock=restock, now=now)
        order = self.orders.by_number[found.order]
        self._returned(after)
        for ref, count in units.items():
            line = order.line(ref)
            if restock and line is not None and self.stock.counts(line.sku):
                self.put_stock(line.sku, order.warehouse, count)
        return after

    # How it is told.

    def _allocated(self, order: Order) -> list[Order]:
        """Return an order as it is released: with its stock, in parts if need be, or held for it.

        What was allocated or shipped before stays where it is.
        """
        now = self._context.now
        ship_by = now + self._ship_within
        settled = order.counted or not self.stock.places or self.orders.shipped(order).total()
        if settled:
            return [replace(order, ship_by=ship_by)]
        plan = self.stock.plan(order)
        if plan is None:
            return [replace(order, holds=order.holds | {"STOCK"}, ship_by=None)]
        (first, _), *rest = plan.items()
        counted = frozenset(line.ref for line in order.lines if self.stock.counts(line.sku))
        order = replace(order, warehouse=first, counted=counted, ship_by=ship_by)
        return self._divided(order, dict(rest))

    def _divided(self, order: Order, others: Mapping[str, Units]) -> list[Order]:
        now, new = self._context.now, []
        for warehouse, units in others.items():
            order, part = self.orders.split(order, units, warehouse=warehouse, now=now)
            new.append(part)
        return [order, *new]

    def _ship(self, order: Order, values: Values, *, shipped_at: str) -> Handle:
        now = self._context.now
        if order.marketplace_id is None:
            body = self.shipments.ship(order, values, shipped_at=shipped_at, now=now)
            return self._tell(body)
        body = self.shipments.ship_to_marketplace(order, values, shipped_at=shipped_at, now=now)
        key = body["shipmentId"]
        self._telling.commit("marketplace_shipment", body)
        if self._telling.carries("marketplace_shipment", MARKETPLACE_TOPIC):
            self._telling.emit(MARKETPLACE_TOPIC, key, body)
        for package in body["packages"]:
            self.announce(package["trackingNumber"], leg="OUTBOUND", at=shipped_at)
        self._changed(self.orders.by_number[order.number])
        return {"message": "marketplace_shipment", "key": key}

    def _tell(self, fulfilment: dict[str, Any]) -> Handle:
        key = str(fulfilment["fulfilmentId"])
        self._context.commit("fulfilment", key, fulfilment)
        self._telling.emit(FULFILMENT_TOPIC, key, fulfilment)
        at = str(fulfilment["shippedAt"])
        self.announce(fulfilment["trackingNumber"], leg="OUTBOUND", at=at)
        self._changed(self.shipments.order_of(key))
        return {"message": "fulfilment", "key": key}

    def _returned(self, found: Return) -> Return:
        body, topic = views.returned(found), f"return.{found.status.lower()}"
        self._telling.commit("return", body)
        self._telling.note("return_state", views.return_row(found))
        if self._telling.carries("return", topic):
            self._telling.emit(topic, found.id, body)
        return found

    def _changed(self, order: Order) -> Order:
        self._telling.note("order_state", views.order_row(order, self.orders))
        skus = {line.sku for line in order.lines}
        for place in self.stock.places:
            if place[0] in skus:
                self._telling.note("stock", self.stock.row(place))
        if self.topics:
            body = views.order(order, self.orders)
            self._telling.commit("order", body)
            topic = ORDER_TOPICS[body["status"]]
            if topic in self.topics and self._telling.carries("order", topic):
                self._telling.emit(topic, order.number, body)
        return order


def _handle(order: Order) -> Handle:
    return {"message": "order", "key": order.number}
