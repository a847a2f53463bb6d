"""Goods on their way back: asked for by a customer or made by the shop, then closed or called off.

A return moves no money: a refund may come with it, before it, or never (shopify.dev, returns;
microsoft/BCApps#8554).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

Resource = dict[str, Any]

REASONS: Final = (
    "COLOR",
    "DEFECTIVE",
    "NOT_AS_DESCRIBED",
    "OTHER",
    "SIZE_TOO_LARGE",
    "SIZE_TOO_SMALL",
    "STYLE",
    "UNKNOWN",
    "UNWANTED",
    "WRONG_ITEM",
)
MOVES: Final[Mapping[str, tuple[str, ...]]] = {
    "REQUESTED": ("OPEN", "DECLINED"),
    "OPEN": ("CLOSED", "CANCELED"),
    "CLOSED": ("OPEN",),
    "DECLINED": (),
    "CANCELED": (),
}
"""What a return may become."""
_GIVEN_UP: Final = ("DECLINED", "CANCELED")


class NotReturned(Exception):
    """A return cannot be: it is more than was sent, or has come to its end."""


class Returns:
    """The returns of every order."""

    def __init__(self, *, first: int) -> None:
        self.of_order: dict[int, list[Resource]] = {}
        self._by_id: dict[int, Resource] = {}
        self._next = first

    def make(
        self,
        order: Resource,
        sent: Sequence[Resource],
        lines: Sequence[Mapping[str, Any]],
        *,
        status: str,
        now: str,
    ) -> Resource:
        """Return a new return of lines, each with its ``fulfillment_line_item_id``.

        Raises:
            NotReturned: a line was not sent, or not so many of it are still with the customer.
        """
        there = {line_number(one, at): line for one in sent for at, line in _numbered(one)}
        rows: list[Resource] = []
        for asked in lines:
            number = int(asked["fulfillment_line_item_id"])
            quantity, reason = asked.get("quantity", 1), asked.get("reason", "UNKNOWN")
            if number not in there:
                raise NotReturned("Fulfillment line item does not exist.")
            left = there[number]["quantity"] - self._back(order["id"], number) - _of(rows, number)
            if type(quantity) is not int or not 1 <= quantity <= left:
                raise NotReturned(f"Quantity is invalid; {left} can be returned.")
            if reason not in REASONS:
                raise NotReturned("Return reason is invalid.")
            rows.append(
                {
                    "id": self._number(),
                    "fulfillment_line_item_id": number,
                    "line_item_id": there[number]["id"],
                    "sku": there[number].get("sku"),
                    "quantity": quantity,
                    "reason": reason,
                }
            )
        if not rows:
            raise NotReturned("Return line items can't be blank.")
        known = self.of_order.setdefault(order["id"], [])
        made = {
            "id": self._number(),
            "order_id": order["id"],
            "name": f"{order.get('name')}-R{len(known) + 1}",
            "status": status,
            "created_at": now,
            "updated_at": now,
            "total_return_line_items": sum(row["quantity"] for row in rows),
            "return_line_items": rows,
        }
        known.append(made)
        self._by_id[made["id"]] = made
        return made

    def move(self, number: int, status: str, *, now: str) -> Resource:
        """Return a return that became something else.

        Raises:
            NotReturned: there is none, or it cannot become that.
        """
        found = self._by_id.get(number)
        if found is None:
            raise NotReturned("Return does not exist.")
        if status not in MOVES[found["status"]]:
            raise NotReturned(f"Return is {found['status']} and cannot become {status}.")
        found.update(status=status, updated_at=now)
        return found

    def find(self, number: int) -> Resource | None:
        """Return a return by its number, or None."""
        return self._by_id.get(number)

    def _back(self, order: int, number: int) -> int:
        return sum(
            _of(one["return_line_items"], number)
            for one in self.of_order.get(order, ())
            if one["status"] not in _GIVEN_UP
        )

    def _number(self) -> int:
        self._next += 1
        return self._next


def line_number(fulfillment: Resource, at: int) -> int:
    """Return the number of a line of a fulfilment, which is not that of the order's line."""
    return int(fulfillment["id"]) * 1000 + at


def _numbered(fulfillment: Resource) -> list[tuple[int, Resource]]:
    return list(enumerate(fulfillment["line_items"]))


def _of(rows: Sequence[Resource], number: int) -> int:
    return sum(row["quantity"] for row in rows if row["fulfillment_line_item_id"] == number)
