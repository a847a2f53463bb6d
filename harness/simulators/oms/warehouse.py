"""What an OMS holds: sales orders, and the shipments that empty them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.simulators.base import UnknownAction, copied
from harness.simulators.validation import Violation

Fulfilment = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SalesOrder:
    """A sales order as it was taken."""

    id: str
    taken_at: int
    body: Mapping[str, Any]

    @property
    def external_id(self) -> str:
        """Return the id that the sender knows it by."""
        return str(self.body["externalId"])

    @property
    def lines(self) -> list[Mapping[str, Any]]:
        """Return its lines."""
        return list(self.body["lines"])


class Warehouse:
    """Sales orders and fulfilments by id. Nothing shipped exceeds what was ordered."""

    def __init__(self, *, index_lag: int) -> None:
        self.orders: dict[str, SalesOrder] = {}
        self.fulfilments: dict[str, Fulfilment] = {}
        self.refused_skus: set[str] = set()
        self._index_lag = index_lag
        self._by_external_id: dict[str, list[SalesOrder]] = {}
        self._order_of: dict[str, SalesOrder] = {}

    def objections(self, body: Mapping[str, Any]) -> list[Violation]:
        """Return why the business refuses a body whose fields are all as described."""
        lines = body.get("lines")
        if not isinstance(lines, list) or not lines:
            return [Violation("lines", "required", "an order has at least one line")]
        found, seen = [], set()
        for index, line in enumerate(lines):
            if line["sku"] in self.refused_skus:
                text = f"there is no item {line['sku']}"
                found.append(Violation(f"lines.{index}.sku", "unknown_sku", text))
            if line["qty"] < 1:
                found.append(Violation(f"lines.{index}.qty", "out_of_range", "at least 1"))
            if line["lineRef"] in seen:
                text = "another line has the same lineRef"
                found.append(Violation(f"lines.{index}.lineRef", "duplicate", text))
            seen.add(line["lineRef"])
        return found

    def take(self, body: Mapping[str, Any], *, now: int) -> SalesOrder:
        """Take a sales order under the next number."""
        order = SalesOrder(f"SO-{len(self.orders) + 1}", now, copied(body))
        self.orders[order.id] = order
        self._by_external_id.setdefault(order.external_id, []).append(order)
        return order

    def indexed(self, external_id: str, *, now: int) -> list[SalesOrder]:
        """Return the sales orders that a look-up finds; the newest are not in the index yet."""
        known = self._by_external_id.get(external_id, [])
        return [order for order in known if order.taken_at + self._index_lag <= now]

    def order_about(self, external_id: Any) -> SalesOrder:
        """Return the first sales order for a storefront order.

        Raises:
            UnknownAction: there is none, so there is nothing to ship.
        """
        known = self._by_external_id.get(str(external_id))
        if not known:
            named = external_id is not None
            lacks = f"there is no sales order for {external_id}" if named else "no step is named"
            raise UnknownAction(
                f"{lacks}; say with `of` which step placed the order, and ship it after the "
                "integration has sent it"
            )
        return known[0]

    def ship(self, order: SalesOrder, values: Mapping[str, Any], *, shipped_at: str) -> Fulfilment:
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
        fulfilment["lines"] = self._lines(order, values.get("lines"), self._left(order))
        return self._keep(order, fulfilment)

    def correct(self, fulfilment_id: str | None, values: Mapping[str, Any]) -> Fulfilment:
        """Change fields of a fulfilment; the time of the shipment stays.

        Raises:
            UnknownAction: there is no such fulfilment, or more would be shipped than is left.
        """
        before = self.fulfilments.get(fulfilment_id or "")
        if before is None:
            named = fulfilment_id is not None
            lacks = f"there is no fulfilment {fulfilment_id}" if named else "no step is named"
            raise UnknownAction(f"{lacks}; say with `of` which step shipped it")
        order = self._order_of[before["fulfilmentId"]]
        after = before | _without_identity(values) | {"revision": before["revision"] + 1}
        left = self._left(order, apart_from=before["fulfilmentId"])
        after["lines"] = self._lines(order, values.get("lines") or before["lines"], left)
        return self._keep(order, after)

    def progress(self, order: SalesOrder) -> list[dict[str, Any]]:
        """Return what is ordered and shipped of each line."""
        left = self._left(order)
        return [
            {
                "lineRef": line["lineRef"],
                "sku": line["sku"],
                "ordered": int(line["qty"]),
                "shipped": int(line["qty"]) - left[line["lineRef"]],
            }
            for line in order.lines
        ]

    def _keep(self, order: SalesOrder, fulfilment: Fulfilment) -> Fulfilment:
        self.fulfilments[fulfilment["fulfilmentId"]] = fulfilment
        self._order_of[fulfilment["fulfilmentId"]] = order
        shown: Fulfilment = copied(fulfilment)
        return shown

    def _left(self, order: SalesOrder, *, apart_from: str = "") -> Counter[str]:
        left = Counter({line["lineRef"]: int(line["qty"]) for line in order.lines})
        for number, fulfilment in self.fulfilments.items():
            if number == apart_from or self._order_of[number] is not order:
                continue
            if fulfilment["status"] != "VOIDED":
                left.subtract({line["lineRef"]: line["qty"] for line in fulfilment["lines"]})
        return left

    def _lines(self, order: SalesOrder, asked: Any, left: Counter[str]) -> list[dict[str, Any]]:
        """Return the lines of a shipment; asked ones name ``lineRef`` or ``sku``."""
        if not asked:
            asked = [{"lineRef": ref, "qty": qty} for ref, qty in left.items() if qty]
            if not asked:
                raise UnknownAction(f"nothing is left to ship of order {order.external_id}")
        if not isinstance(asked, list) or not all(isinstance(line, Mapping) for line in asked):
            raise UnknownAction("lines is a list such as [{sku: A-1, qty: 2}]")
        rest, shipped = Counter(left), []
        for line in asked:
            known = self._line(order, line, rest)
            quantity = line.get("qty", rest[known["lineRef"]])
            if type(quantity) is not int or not 0 < quantity <= rest[known["lineRef"]]:
                raise UnknownAction(
                    f"line {known['lineRef']} of order {order.external_id} has "
                    f"{rest[known['lineRef']]} left to ship, not {quantity}"
                )
            rest[known["lineRef"]] -= quantity
            shipped.append({"lineRef": known["lineRef"], "sku": known["sku"], "qty": quantity})
        return shipped

    def _line(
        self, order: SalesOrder, asked: Mapping[str, Any], left: Counter[str]
    ) -> Mapping[str, Any]:
        fitting = [
            line
            for line in order.lines
            if (
                line["lineRef"] == asked["lineRef"]
                if "lineRef" in asked
                else line["sku"] == asked.get("sku")
            )
        ]
        if not fitting:
            raise UnknownAction(f"order {order.external_id} has no line {dict(asked)}")
        return next((line for line in fitting if left[line["lineRef"]]), fitting[0])


def _without_identity(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given fields that may differ from one shipment to the next."""
    fixed = ("fulfilmentId", "revision", "externalId", "lines")
    return {name: copied(value) for name, value in values.items() if name not in fixed}
