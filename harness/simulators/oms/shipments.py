"""What has left: fulfilments of shop orders, and shipments of marketplace orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from harness.simulators.base import UnknownAction, copied
from harness.simulators.oms.orders import Order, Orders, Units

Body = dict[str, Any]


class Shipments:
    """Fulfilments and marketplace shipments by id. Nothing shipped exceeds what is wanted."""

    def __init__(self, orders: Orders) -> None:
        self.fulfilments: dict[str, Body] = {}
        self.of_marketplace: dict[str, Body] = {}
        self._orders = orders
        self._order_of: dict[str, str] = {}

    def order_of(self, shipment: str) -> Order:
        """Return the order of a shipment."""
        return self._orders.by_number[self._order_of[shipment]]

    def ship(self, order: Order, values: Mapping[str, Any], *, shipped_at: str, now: int) -> Body:
        """Ship lines of an order, all that is left when none are named."""
        number = len(self.fulfilments) + 1
        fulfilment = {
            "fulfilmentId": f"F-{number}",
            "revision": 1,
            "externalId": order.external_id,
            "status": "SHIPPED",
            "shippedAt": shipped_at,
            "carrier": "DHL",
            "trackingNumber": f"TRK{number:010d}",
        }
        fulfilment |= _without_identity(values)
        fulfilment["lines"] = lines_of(order, values.get("lines"), self._orders.open(order))
        return self._keep(order, fulfilment, now=now)

    def correct(self, fulfilment_id: str | None, values: Mapping[str, Any], *, now: int) -> Body:
        """Change fields of a fulfilment; the time of the shipment stays.

        Raises:
            UnknownAction: there is no such fulfilment, or more would be shipped than is left.
        """
        before = self.fulfilments.get(fulfilment_id or "")
        if before is None:
            named = fulfilment_id is not None
            lacks = f"there is no fulfilment {fulfilment_id}" if named else "no step is named"
            raise UnknownAction(f"{lacks}; say with `of` which step shipped it")
        order = self.order_of(before["fulfilmentId"])
        after = before | _without_identity(values) | {"revision": before["revision"] + 1}
        left = self._orders.open(order, apart_from=before["fulfilmentId"])
        after["lines"] = lines_of(order, values.get("lines") or before["lines"], left)
        return self._keep(order, after, now=now)

    def ship_to_marketplace(
        self, order: Order, values: Mapping[str, Any], *, shipped_at: str, now: int
    ) -> Body:
        """Ship packages of a marketplace order, one with all that is left when none are named.

        Raises:
            UnknownAction: the packages make no sense, or hold more than is left.
        """
        asked = values.get("packages", [values])
        if not isinstance(asked, list) or not all(isinstance(each, Mapping) for each in asked):
            raise UnknownAction("packages is a list such as [{carrier: UPS, lines: [...]}]")
        number = len(self.of_marketplace) + 1
        first = 1 + sum(
            len(body["packages"])
            for shipment, body in self.of_marketplace.items()
            if self._order_of[shipment] == order.number
        )
        left, packages = self._orders.open(order), []
        for count, package in enumerate(asked, start=first):
            lines = lines_of(order, package.get("lines"), left)
            left.subtract(units_of(lines))
            packages.append(_package(order, package, lines, number=count, shipment=number))
        body: Body = {
            "shipmentId": f"MS-{number}",
            "externalId": order.external_id,
            "marketplaceId": order.marketplace_id,
            "shippedAt": shipped_at,
            "packages": packages,
        }
        units = units_of([line for package in packages for line in package["lines"]])
        self._orders.ship(body["shipmentId"], order, units, now=now)
        self.of_marketplace[body["shipmentId"]] = body
        self._order_of[body["shipmentId"]] = order.number
        shown: Body = copied(body)
        return shown

    def _keep(self, order: Order, fulfilment: Body, *, now: int) -> Body:
        number = fulfilment["fulfilmentId"]
        units = Counter() if fulfilment["status"] == "VOIDED" else units_of(fulfilment["lines"])
        self._orders.ship(number, order, units, now=now)
        self.fulfilments[number] = fulfilment
        self._order_of[number] = order.number
        shown: Body = copied(fulfilment)
        return shown


def units_of(lines: Sequence[Mapping[str, Any]]) -> Units:
    """Return how many of each line are named."""
    units: Units = Counter()
    for line in lines:
        units[line["lineRef"]] += line["qty"]
    return units


def lines_of(order: Order, asked: Any, left: Units) -> list[dict[str, Any]]:
    """Return the lines of a shipment; asked ones name ``lineRef`` or ``sku``, none means all.

    Raises:
        UnknownAction: there is no such line, or not so much is left of it.
    """
    if not asked:
        asked = [{"lineRef": ref, "qty": qty} for ref, qty in left.items() if qty]
        if not asked:
            raise UnknownAction(f"nothing is left to ship of order {order.external_id}")
    if not isinstance(asked, list) or not all(isinstance(line, Mapping) for line in asked):
        raise UnknownAction("lines is a list such as [{sku: A-1, qty: 2}]")
    rest, shipped = Counter(left), []
    for line in asked:
        ref, sku = _named(order, line, rest)
        quantity = line.get("qty", rest[ref])
        if type(quantity) is not int or not 0 < quantity <= rest[ref]:
            raise UnknownAction(
                f"line {ref} of order {order.external_id} has "
                f"{rest[ref]} left to ship, not {quantity}"
            )
        rest[ref] -= quantity
        shipped.append({"lineRef": ref, "sku": sku, "qty": quantity})
    return shipped


def _named(order: Order, asked: Mapping[str, Any], left: Units) -> tuple[str, str]:
    """Return reference and item of a line; of several with one item, one that has some left."""
    by_ref = "lineRef" in asked
    fitting = [
        (line.ref, line.sku)
        for line in order.lines
        if (line.ref == asked["lineRef"] if by_ref else line.sku == asked.get("sku"))
    ]
    if not fitting:
        raise UnknownAction(f"order {order.external_id} has no line {dict(asked)}")
    return next((found for found in fitting if left[found[0]]), fitting[0])


def _package(
    order: Order,
    values: Mapping[str, Any],
    lines: list[dict[str, Any]],
    *,
    number: int,
    shipment: int,
) -> Body:
    carrier = values.get("carrier", "DHL")
    package = {
        "packageNo": number,
        "carrier": carrier,
        "service": order.service,
        # A UPS number begins with 1Z, and marketplaces look.
        "trackingNumber": f"{'1Z' if carrier == 'UPS' else ''}TRM{shipment:06d}{number:03d}",
    }
    given = {name: copied(values[name]) for name in package if name in values}
    return {**package, **given, "lines": lines}


def _without_identity(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given fields that may differ from one shipment to the next."""
    fixed = ("fulfilmentId", "revision", "externalId", "lines")
    return {name: copied(value) for name, value in values.items() if name not in fixed}
