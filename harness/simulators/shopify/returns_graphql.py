"""Returns by GraphQL: made, read and ended; REST has none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.simulators.shopify.connections import GID, Row, number_of, page_of
from harness.simulators.shopify.returns import NotReturned, Resource, Returns
from harness.simulators.shopify.shop import Shop


class ReturnsGraphQL:
    """Resolvers for returns; ``told`` is called with each that is new or changed."""

    def __init__(
        self,
        returns: Returns,
        shop: Shop,
        numbers: Mapping[str, Any],
        *,
        told: Callable[[Resource, str], None],
        clock: Callable[[], str],
    ) -> None:
        self._returns = returns
        self._shop = shop
        self._most = numbers["page_size_at_most"]
        self._told = told
        self._clock = clock

    def resolvers(self) -> dict[str, Callable[..., Any]]:
        """Return what answers, by the name of the field."""
        return {
            "return": lambda _info, id: self._one(id),  # noqa: A006 - GraphQL's word
            "returnCreate": lambda _info, returnInput: self._create(returnInput),  # noqa: N803
            "returnClose": lambda _info, id: self._move(id, "CLOSED", "returns/close"),  # noqa: A006
            "returnCancel": lambda _info, id: self._move(id, "CANCELED", "returns/cancel"),  # noqa: A006
        }

    def of(self, order: int, page: Row) -> Row:
        """Return a page of the returns of an order."""
        rows = [self._shown(one) for one in self._returns.of_order.get(order, ())]
        return page_of(rows, page, most=self._most)

    def _one(self, gid: str) -> Row | None:
        found = self._returns.find(number_of(gid, "Return") or 0)
        return None if found is None else self._shown(found)

    def _create(self, asked: Row) -> Row:
        order = self._shop.orders.get(number_of(asked["orderId"], "Order") or 0)
        if order is None:
            return _refused(["returnInput", "orderId"], "Order does not exist.")
        lines = [
            {
                "fulfillment_line_item_id": number_of(
                    line["fulfillmentLineItemId"], "FulfillmentLineItem"
                )
                or 0,
                "quantity": line["quantity"],
                "reason": line.get("returnReason") or "UNKNOWN",
            }
            for line in asked["returnLineItems"]
        ]
        sent = self._shop.fulfillments[order["id"]]
        try:
            made = self._returns.make(order, sent, lines, status="OPEN", now=self._clock())
        except NotReturned as refused:
            return _refused(["returnInput", "returnLineItems"], str(refused))
        self._told(made, "returns/approve")
        return {"return": self._shown(made), "userErrors": []}

    def _move(self, gid: str, status: str, topic: str) -> Row:
        try:
            moved = self._returns.move(number_of(gid, "Return") or 0, status, now=self._clock())
        except NotReturned as refused:
            return _refused(["id"], str(refused))
        self._told(moved, topic)
        return {"return": self._shown(moved), "userErrors": []}

    def _shown(self, row: Resource) -> Row:
        lines = [
            {
                "id": f"{GID}ReturnLineItem/{line['id']}",
                "quantity": line["quantity"],
                "returnReason": line["reason"],
            }
            for line in row["return_line_items"]
        ]
        return {
            "id": f"{GID}Return/{row['id']}",
            "name": row["name"],
            "status": row["status"],
            "totalQuantity": row["total_return_line_items"],
            "returnLineItems": lambda _info, **page: page_of(lines, page, most=self._most),
        }


def _refused(field: list[str], text: str) -> Row:
    return {"return": None, "userErrors": [{"field": field, "message": text}]}
