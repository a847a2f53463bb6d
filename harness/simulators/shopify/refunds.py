"""Refunds of a shop: what is given back of an order, and the money that has to move for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

from harness.simulators.base import UnknownAction

Resource = dict[str, Any]
CENT: Final = Decimal("0.01")
RESTOCKS: Final = ("no_restock", "cancel", "return", "legacy_restock")
STATUSES: Final = ("pending", "success", "failure")


class Refunds:
    """The refunds of every order, and the transactions that pay them."""

    def __init__(self, *, first: int) -> None:
        self.of_order: dict[int, list[Resource]] = {}
        self.transactions: dict[int, Resource] = {}
        self._next = first

    def refund(self, order: Mapping[str, Any], said: Mapping[str, Any], *, now: str) -> Resource:
        """Give back lines, shipping, or an amount that belongs to neither.

        Raises:
            UnknownAction: it is more than was ordered, or makes no sense.
        """
        lines = [self._line(order, one) for one in said.get("lines") or ()]
        adjustments = self._adjustments(order, said)
        paid = sum(
            (
                Decimal(one["subtotal"])
                + (Decimal(0) if order.get("taxes_included") else Decimal(one["total_tax"]))
                for one in lines
            ),
            Decimal(0),
        ) - sum(
            (Decimal(one["amount"]) + Decimal(one["tax_amount"]) for one in adjustments), Decimal(0)
        )
        if paid <= 0:
            raise UnknownAction(
                "say what is given back: lines: [{sku: A-1, quantity: 1}], "
                'shipping: "4.90" or amount: "5.00"'
            )
        status = said.get("status", "success")
        if status not in STATUSES:
            raise UnknownAction(f"the status of the money is {', '.join(STATUSES)}")
        money = self._money(order, paid, status, now=now)
        made = {
            "id": self._number(),
            "order_id": order["id"],
            "created_at": now,
            "processed_at": now,
            "note": said.get("note"),
            "restock": any(one["restock_type"] != "no_restock" for one in lines),
            "refund_line_items": lines,
            "order_adjustments": adjustments,
            "transactions": [money],
        }
        self.of_order.setdefault(order["id"], []).append(made)
        return made

    def settle(self, number: int, status: str, *, now: str) -> list[Resource]:
        """Let the money of a refund arrive, or come back; return its transactions.

        Raises:
            UnknownAction: there is no such refund, or its money does not wait.
        """
        found = next(
            (r for rows in self.of_order.values() for r in rows if r["id"] == number), None
        )
        if found is None:
            raise UnknownAction(f"there is no refund {number}; say with `of` which step made it")
        moved = [one for one in found["transactions"] if one["status"] == "pending"]
        if not moved:
            raise UnknownAction(f"the money of refund {number} does not wait any more")
        for one in moved:
            one.update(status=status, processed_at=now)
        return moved

    def paid_back(self, order: int) -> Decimal:
        """Return what was really paid back of an order."""
        return sum(
            (
                Decimal(one["amount"])
                for one in self.transactions.values()
                if one["order_id"] == order and one["status"] == "success"
            ),
            Decimal(0),
        )

    def of(self, order: int) -> list[Resource]:
        """Return the transactions of an order."""
        return [one for one in self.transactions.values() if one["order_id"] == order]

    def _line(self, order: Mapping[str, Any], said: Mapping[str, Any]) -> Resource:
        line = _found(order.get("line_items") or (), said)
        ordered, quantity = line.get("quantity", 0), said.get("quantity", 1)
        if type(quantity) is not int or quantity < 1:
            raise UnknownAction("the quantity of a line that is given back is 1 or more")
        before = sum(
            one["quantity"]
            for refund in self.of_order.get(order["id"], ())
            for one in refund["refund_line_items"]
            if one["line_item_id"] == line["id"]
        )
        if before + quantity > ordered:
            raise UnknownAction(f"of line {line['id']} only {ordered - before} are left")
        restock = said.get("restock_type", "return")
        if restock not in RESTOCKS:
            raise UnknownAction(f"the restock_type is {', '.join(RESTOCKS)}")
        share = Decimal(quantity) / ordered
        taken_off = Decimal(str(line.get("total_discount") or "0"))
        tax = sum((Decimal(str(one["price"])) for one in line.get("tax_lines") or ()), Decimal(0))
        whole = Decimal(str(line.get("price") or "0")) * ordered - taken_off
        return {
            "id": self._number(),
            "line_item_id": line["id"],
            "line_item": {name: line.get(name) for name in ("id", "sku", "name", "price")},
            "quantity": quantity,
            "restock_type": restock,
            "subtotal": _cents(whole * share),
            "total_tax": _cents(tax * share),
        }

    def _adjustments(self, order: Mapping[str, Any], said: Mapping[str, Any]) -> list[Resource]:
        rows = []
        kinds = {"shipping": "shipping_refund", "amount": said.get("kind", "refund_discrepancy")}
        for name, kind in kinds.items():
            if said.get(name) is None:
                continue
            tax = _amount(said, f"{name}_tax") if f"{name}_tax" in said else Decimal(0)
            rows.append(
                {
                    "id": self._number(),
                    "order_id": order["id"],
                    "kind": kind,
                    "amount": _cents(-_amount(said, name)),
                    "tax_amount": _cents(-tax),
                    "reason": "Shipping refund" if name == "shipping" else "Refund discrepancy",
                }
            )
        return rows

    def _money(
        self, order: Mapping[str, Any], amount: Decimal, status: str, *, now: str
    ) -> Resource:
        made = {
            "id": self._number(),
            "order_id": order["id"],
            "kind": "refund",
            "gateway": "shopify_payments",
            "status": status,
            "amount": _cents(amount),
            "currency": order.get("currency"),
            "created_at": now,
            "processed_at": now,
        }
        self.transactions[made["id"]] = made
        return made

    def _number(self) -> int:
        self._next += 1
        return self._next


def _found(lines: Sequence[Mapping[str, Any]], said: Mapping[str, Any]) -> Mapping[str, Any]:
    for line in lines:
        if said.get("line_item_id") == line["id"] or said.get("sku", line) == line.get("sku"):
            return line
    raise UnknownAction("say which line is given back, by its `line_item_id` or its `sku`")


def _amount(said: Mapping[str, Any], name: str) -> Decimal:
    try:
        amount = Decimal(str(said[name]))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0 or amount != round(amount, 2):
        raise UnknownAction(f'say the {name} with two decimals, such as {name}: "4.90"')
    return amount


def _cents(amount: Decimal) -> str:
    return str(amount.quantize(CENT, ROUND_HALF_UP))
