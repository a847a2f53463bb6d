"""What becomes of orders: picked, missed, packed, shipped, given up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.mapping import to_decimal
from harness.simulators.base import UnknownAction, copied
from harness.simulators.wms.book import Book, Handle
from harness.simulators.wms.orders import (
    ALLOCATED,
    CANCELLED,
    OPEN,
    PACKED,
    PICKED,
    SHIPPED,
    SHORT,
    STAGES,
    WAITING,
    Line,
    Order,
    Package,
    Shortage,
    Units,
    chosen,
)

Values = Mapping[str, Any]


class Floor:
    """The people who work on orders."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._packages = 0

    def take(self, body: Values) -> Handle:
        """Take an order, and promise it what is available."""
        number = len(self._book.orders.by_id) + 1
        lines = []
        for row in body["lines"]:
            sku, units = str(row["sku"]), int(to_decimal(row["qty"]))
            counted = self._book.stock.counts((sku, str(body["warehouse"])))
            lines.append(Line(str(row["line_ref"]), sku, sku, counted, {WAITING: units}))
        order = Order(f"OB-{number}", number, copied(body), tuple(lines))
        self._book.tell("outbound_order", order.body)
        return _handle(self._book.keep(order))

    def call_back(self, order: Order, body: Values) -> Handle:
        """Cancel an order as its sender asks; the caller saw to it that it can be."""
        self._book.tell("outbound_cancel", body)
        return _handle(self._book.keep(self._cancelled(order)))

    def pick(self, order: Order, values: Values) -> Handle:
        """Take what is promised to an order off the shelves."""
        units = chosen(order, values.get("lines"), order.units(ALLOCATED))
        if not units:
            raise UnknownAction(_nothing(order, "pick"))
        return _handle(self._book.keep(order.moved(units, ALLOCATED, PICKED)))

    def short_pick(self, order: Order, values: Values) -> Handle:
        """Find less than was promised: the rest is not there, or damaged and set aside."""
        reason = values.get("reason", "not_found")
        if reason not in ("not_found", "damaged"):
            raise UnknownAction("the reason is not_found or damaged")
        left = order.units(ALLOCATED) if reason == "damaged" else order.units(ALLOCATED, WAITING)
        units = chosen(order, values.get("lines"), left)
        if not units:
            raise UnknownAction(_nothing(order, "miss"))
        on_shelf = units & order.units(ALLOCATED)
        for index, count in on_shelf.items():
            gone = {"quarantine": count} if reason == "damaged" else {"on_hand": -count}
            self._book.reckon(order, order.lines[index], allocated=-count, **gone)
        order = order.moved(on_shelf, ALLOCATED, SHORT).moved(units - on_shelf, WAITING, SHORT)
        missed = tuple(Shortage(index, count, reason) for index, count in sorted(units.items()))
        return _handle(
            self._book.keep(self._ended(replace(order, shortages=(*order.shortages, *missed))))
        )

    def pack(self, order: Order, values: Values) -> Handle:
        """Put what is picked into packages."""
        return _handle(self._book.keep(self._packed(order, values)))

    def ship(self, order: Order, values: Values) -> Handle:
        """Close the packages of an order and give them to the carrier."""
        if not order.packages or "packages" in values or "lines" in values:
            order = self._packed(order, values)
        units: Units = Counter()
        for package in order.packages:
            units.update(package.units)
        for index, count in units.items():
            self._book.reckon(order, order.lines[index], on_hand=-count, allocated=-count)
        key = f"S-{len(self._book.shipments) + 1}"
        shipment = {
            "shipment_id": key,
            "order_ref": order.ref,
            "warehouse": order.warehouse,
            "closed_at": self._book.now,
            "packages": [_shown(order, package) for package in order.packages],
        }
        if order.shortages:
            rows = _short_rows(order)
            shipment["short_lines"] = [
                {name: row[name] for name in ("line_ref", "qty", "reason")} for row in rows
            ]
        self._book.shipments[key] = shipment
        self._book.tell("shipment", shipment)
        order = order.moved(units, PACKED, SHIPPED)
        self._book.keep(replace(order, packages=(), shortages=()))
        return {"message": "shipment", "key": key}

    def cancel(self, order: Order) -> Handle:
        """Give up what is open of an order, and tell its sender."""
        if not order.at(*OPEN):
            raise UnknownAction(f"order {order.ref} is {order.status}, nothing of it is open")
        given_up = tuple(
            Shortage(index, count, "cancelled") for index, count in order.units(*OPEN).items()
        )
        order = self._cancelled(order)
        order = self._ended(replace(order, shortages=(*order.shortages, *given_up)))
        return _handle(self._book.keep(order))

    def _cancelled(self, order: Order) -> Order:
        for stage in OPEN:
            units = order.units(stage)
            if stage != WAITING:
                for index, count in units.items():
                    self._book.reckon(order, order.lines[index], allocated=-count)
            order = order.moved(units, stage, CANCELLED)
        return replace(order, packages=())

    def _ended(self, order: Order) -> Order:
        """Tell what will never leave, when nothing more of the order is going to be shipped."""
        if order.at(*OPEN) or not order.shortages:
            return order
        body = {
            "order_ref": order.ref,
            "warehouse": order.warehouse,
            "cancelled_at": self._book.now,
            "lines": _short_rows(order),
        }
        self._book.tell("outbound_cancelled", body)
        return replace(order, shortages=())

    def _packed(self, order: Order, values: Values) -> Order:
        asked = values.get("packages", [values])
        if not isinstance(asked, list) or not all(isinstance(each, Mapping) for each in asked):
            raise UnknownAction("packages is a list such as [{carrier: ups, lines: [...]}]")
        for each in asked:
            order = self._one_packed(order, {**values, **each})
        return order

    def _one_packed(self, order: Order, values: Values) -> Order:
        picked, lines = order.units(PICKED), values.get("lines")
        left = picked if picked and lines is None else order.units(PICKED, ALLOCATED)
        units = chosen(order, lines, left)
        if not units:
            raise UnknownAction(_nothing(order, "pack"))
        order = order.moved(units - picked, ALLOCATED, PICKED)  # what is packed was picked before
        order = order.moved(units, PICKED, PACKED)
        package = Package(self._head(order, units, values), units)
        return replace(order, packages=(*order.packages, package))

    def _head(self, order: Order, units: Units, values: Values) -> dict[str, Any]:
        self._packages += 1
        number = self._packages
        head = {
            "package_id": f"P-{number}",
            "carrier": self._book.numbers["carrier"],
            "tracking": f"{self._book.numbers['tracking_prefix']}{number:05d}",
        }
        weight = self._weight(order, units)
        if weight is not None:
            head["weight_g"] = weight
        named = (*head, "weight_g")
        return head | {name: copied(values[name]) for name in named if name in values}

    def _weight(self, order: Order, units: Units) -> int | None:
        total = self._book.numbers["packaging_weight"]
        for index, count in units.items():
            one = self._book.items.weight(order.lines[index].stocked_as)
            if one is None:
                return None
            total += count * one
        return total if total <= self._book.numbers["scale_ends"] else None


def _handle(order: Order) -> Handle:
    return {"message": "outbound_order", "key": order.ref}


def _nothing(order: Order, deed: str) -> str:
    stages = ", ".join(f"{order.at(stage)} {stage}" for stage in STAGES if order.at(stage))
    return f"order {order.ref} has nothing to {deed}: {stages}"


def _shown(order: Order, package: Package) -> dict[str, Any]:
    rows = [
        {"line_ref": order.lines[index].ref, "sku": order.lines[index].sku, "qty": count}
        for index, count in sorted(package.units.items())
    ]
    return {**package.head, "lines": rows}


def _short_rows(order: Order) -> list[dict[str, Any]]:
    return [
        {
            "line_ref": order.lines[short.line].ref,
            "sku": order.lines[short.line].sku,
            "qty": short.count,
            "reason": short.reason,
        }
        for short in order.shortages
    ]
