"""What a Shopify shop holds: orders, fulfilment orders, fulfilments, and the ids it gives out."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.simulators.base import UnknownAction, copied

Resource = dict[str, Any]

_FIRST: Final[Mapping[str, int]] = {
    "order": 5_400_000_000_001,
    "order_number": 1001,
    "line_item": 14_100_000_000_001,
    "fulfillment_order": 6_300_000_000_001,
    "fulfillment_order_line": 13_200_000_000_001,
    "fulfillment": 4_800_000_000_001,
}
"""Where invented ids begin; Shopify's own are 64-bit integers without a meaning."""


class Refusal(Exception):
    """The shop refuses a request; the text is Shopify's."""


class Shop:
    """Orders by id, with what of them is fulfilled. Times come in as text; nothing is told."""

    def __init__(self, *, location: int, lines_at_most: int) -> None:
        self.orders: dict[int, Resource] = {}
        self.fulfillments: dict[int, list[Resource]] = defaultdict(list)
        self._location = location
        self._lines_at_most = lines_at_most
        self._ids = _Ids()
        self._fulfilled: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self._order_of: dict[int, int] = {}
        self._work_of: dict[int, int] = {}
        self._line_ids: dict[tuple[int, int], int] = {}

    def place(self, payload: Any, *, now: str) -> Resource:
        """Take a new order; ids that are missing or already given out are made anew.

        A given ``created_at`` stays, as a payload tells a story; ``updated_at`` is now.
        """
        order: Resource = copied(_mapping(payload))
        order["id"] = self._ids.fresh("order", _whole(order.get("id")))
        self._number(order)
        order["created_at"] = order.get("created_at") or now
        order["updated_at"] = now
        for line in _lines(order):
            line["id"] = self._ids.fresh("line_item", _whole(line.get("id")))
        work = self._ids.fresh("fulfillment_order")
        self._order_of[work], self._work_of[order["id"]] = order["id"], work
        self._keep(order)
        return order

    def change(self, order: Resource, changes: Any, *, now: str) -> Resource:
        """Merge changes into an order, whose id stays: objects are merged, all else is replaced."""
        changed: Resource = _merged(order, _mapping({} if changes is None else changes))
        changed["id"], changed["updated_at"] = order["id"], now
        for line in _lines(changed):
            line["id"] = _whole(line.get("id")) or self._ids.fresh("line_item")
        sizes = {line["id"]: _quantity(line) for line in _lines(changed)}
        if len(sizes) < len(_lines(changed)):
            raise UnknownAction(f"two lines of order {order['id']} would have the same id")
        for line_id, fulfilled in self._fulfilled[order["id"]].items():
            if fulfilled > sizes.get(line_id, 0):
                raise UnknownAction(
                    f"line {line_id} of order {order['id']} has {fulfilled} fulfilled; "
                    f"it cannot be reduced to {sizes.get(line_id, 0)}"
                )
        self._keep(changed)
        return changed

    def fulfil(self, request: Resource, *, now: str) -> Resource:
        """Fulfil what the request asks for and return the fulfilment.

        Raises:
            Refusal: the request does not fit what is left to fulfil.
        """
        order, taken = self._asked_for(request)
        done = self._fulfilled[order["id"]]
        for line_id, quantity in taken.items():
            done[line_id] += quantity
        fulfillment = self._fulfillment(order, taken, request, now)
        self.fulfillments[order["id"]].append(fulfillment)
        left = {line["id"]: _quantity(line) - done[line["id"]] for line in _lines(order)}
        order["fulfillment_status"] = "partial" if any(left.values()) else "fulfilled"
        order["fulfillments"] = copied(self.fulfillments[order["id"]])
        order["updated_at"] = now
        for line in _lines(order):
            line["fulfillable_quantity"] = left[line["id"]]
            if done[line["id"]]:
                line["fulfillment_status"] = "partial" if left[line["id"]] else "fulfilled"
        return fulfillment

    def fulfillment_order(self, order: Resource) -> Resource:
        """Return the work to be done for an order; one, as the shop ships from one place."""
        number = self._work_of[order["id"]]
        left, status = self._left(order), self._status(order)
        return {
            "id": number,
            "order_id": order["id"],
            "assigned_location_id": self._location,
            "created_at": order["created_at"],
            "updated_at": order["updated_at"],
            "request_status": "unsubmitted",
            "status": status,
            "supported_actions": ["create_fulfillment"] if any(left.values()) else [],
            "destination": copied(order.get("shipping_address")),
            "line_items": [
                {
                    "id": self._line_ids[order["id"], line["id"]],
                    "fulfillment_order_id": number,
                    "line_item_id": line["id"],
                    "variant_id": line.get("variant_id"),
                    "quantity": _quantity(line),
                    "fulfillable_quantity": left.get(line["id"], 0),
                }
                for line in _lines(order)
            ],
        }

    def progress(self, order: Resource) -> list[Resource]:
        """Return what is ordered and fulfilled of each line."""
        done = self._fulfilled[order["id"]]
        return [
            {
                "id": line["id"],
                "sku": line.get("sku"),
                "ordered": _quantity(line),
                "fulfilled": done[line["id"]],
            }
            for line in _lines(order)
        ]

    def _keep(self, order: Resource) -> None:
        self.orders[order["id"]] = order
        for line in _lines(order):
            place = (order["id"], line["id"])
            if place not in self._line_ids:
                self._line_ids[place] = self._ids.fresh("fulfillment_order_line")

    def _number(self, order: Resource) -> None:
        name = order.get("name")
        digits = re.search(r"[0-9]{1,18}", name) if isinstance(name, str) else None
        given = _whole(digits[0] if digits else order.get("order_number"))
        number = self._ids.fresh("order_number", given)
        if number != given or "order_number" not in order:
            order["order_number"] = number
        if "name" not in order:
            order["name"] = f"#{number}"
        elif digits and number != given:
            order["name"] = digits.string[: digits.start()] + str(number)
            order["name"] += digits.string[digits.end() :]

    def _left(self, order: Resource) -> dict[int, int]:
        if order.get("cancelled_at"):
            return {}
        done = self._fulfilled[order["id"]]
        return {line["id"]: _quantity(line) - done[line["id"]] for line in _lines(order)}

    def _status(self, order: Resource) -> str:
        if order.get("cancelled_at"):
            return "cancelled"
        left = self._left(order)
        if not any(left.values()):
            return "closed"
        return "in_progress" if any(self._fulfilled[order["id"]].values()) else "open"

    def _asked_for(self, request: Resource) -> tuple[Resource, dict[int, int]]:
        groups = request.get("line_items_by_fulfillment_order")
        if not isinstance(groups, list) or not groups:
            raise Refusal("Line items by fulfillment order can't be blank")
        orders: set[int] = set()
        taken: dict[int, int] = defaultdict(int)
        for group in groups:
            number = _whole(group.get("fulfillment_order_id")) if isinstance(group, dict) else None
            if number not in self._order_of:
                raise Refusal("Fulfillment order does not exist.")
            order = self.orders[self._order_of[number]]
            if (status := self._status(order)) in ("closed", "cancelled"):
                raise Refusal(f"Fulfillment order {number} has an unfulfillable status= {status}.")
            orders.add(order["id"])
            for line_id, quantity in self._asked_lines(order, group):
                taken[line_id] += quantity
        if len(orders) > 1:
            raise Refusal("All fulfillment orders must belong to the same order and location.")
        order = self.orders[orders.pop()]
        left = self._left(order)
        if any(not 0 < quantity <= left[line_id] for line_id, quantity in taken.items()):
            raise Refusal("Invalid fulfillment order line item quantity requested.")
        return order, dict(taken)

    def _asked_lines(self, order: Resource, group: Resource) -> Iterator[tuple[int, int]]:
        asked = group.get("fulfillment_order_line_items")
        if not asked:
            yield from ((line, left) for line, left in self._left(order).items() if left)
            return
        if not isinstance(asked, list) or len(asked) > self._lines_at_most:
            raise Refusal(
                f"Fulfillment order line items: at most {self._lines_at_most} are allowed"
            )
        lines = {self._line_ids[order["id"], line["id"]]: line["id"] for line in _lines(order)}
        for item in asked:
            item_id = _whole(item.get("id")) if isinstance(item, dict) else None
            if item_id not in lines:
                raise Refusal("Fulfillment order line item does not exist.")
            quantity = _whole(item.get("quantity"))
            if not quantity or quantity < 1:
                raise Refusal("Invalid fulfillment order line item quantity requested.")
            yield lines[item_id], quantity

    def _fulfillment(
        self, order: Resource, taken: Mapping[int, int], request: Resource, now: str
    ) -> Resource:
        tracking = request.get("tracking_info")
        tracking = tracking if isinstance(tracking, dict) else {}
        number, url = tracking.get("number"), tracking.get("url")
        fulfillment_id = self._ids.fresh("fulfillment")
        count = len(self.fulfillments[order["id"]]) + 1
        return {
            "id": fulfillment_id,
            "order_id": order["id"],
            "status": "success",
            "created_at": now,
            "updated_at": now,
            "service": "manual",
            "location_id": self._location,
            "tracking_company": tracking.get("company"),
            "tracking_number": number,
            "tracking_numbers": [] if number is None else [number],
            "tracking_url": url,
            "tracking_urls": [] if url is None else [url],
            "shipment_status": None,
            "receipt": {},
            "name": f"{order.get('name')}.{count}",
            "admin_graphql_api_id": f"gid://shopify/Fulfillment/{fulfillment_id}",
            "line_items": [
                {**copied(line), "quantity": taken[line["id"]]}
                for line in _lines(order)
                if line["id"] in taken
            ],
        }


class _Ids:
    """Ids of a kind, each given out once: the wanted one while it is free, else the next free."""

    def __init__(self) -> None:
        self._given: dict[str, set[int]] = defaultdict(set)
        self._next: dict[tuple[str, int], int] = {}

    def fresh(self, kind: str, wanted: int | None = None) -> int:
        start = _FIRST[kind] if wanted is None else wanted
        number = self._next.get((kind, start), start)
        while number in self._given[kind]:
            number += 1
        self._given[kind].add(number)
        self._next[kind, start] = number + 1
        return number


def _whole(value: Any) -> int | None:
    """Return an integer, also one written as text, as Shopify takes it; None for anything else."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _quantity(line: Resource) -> int:
    return max(_whole(line.get("quantity")) or 0, 0)


def _lines(order: Resource) -> list[Resource]:
    lines = order.get("line_items") or []
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise UnknownAction(
            "line_items must be a list of objects, such as [{sku: A-1, quantity: 1}]"
        )
    return lines


def _mapping(payload: Any) -> Resource:
    if not isinstance(payload, Mapping):
        raise UnknownAction(f"an order is an object, not {type(payload).__name__}")
    return dict(payload)


def _merged(base: Any, changes: Any) -> Any:
    if not (isinstance(base, Mapping) and isinstance(changes, Mapping)):
        return copied(changes)
    changed = {key: _merged(base.get(key), value) for key, value in changes.items()}
    return copied(dict(base)) | changed
