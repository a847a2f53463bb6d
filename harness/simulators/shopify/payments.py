"""Shopify Payments: what buyers paid, what it cost, and how it travels to the bank."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from harness.simulators.base import UnknownAction

Resource = dict[str, Any]
KINDS: Final = ("charge", "refund", "dispute", "reserve", "adjustment", "credit", "debit")
MOVES: Final[Mapping[str, tuple[str, ...]]] = {
    "scheduled": ("in_transit", "canceled"),
    "in_transit": ("paid", "failed"),
    "paid": (),
    "failed": (),
    "canceled": (),
}
"""From which status of a payout to which others."""


class Payments:
    """The balance: transactions, most of them in a payout, and the payouts.

    A payout stands among its own transactions, as the counter entry that empties the balance.
    """

    def __init__(self, *, first: int) -> None:
        self.transactions: list[Resource] = []
        self.payouts: dict[int, Resource] = {}
        self._next = first

    def note(self, row: Mapping[str, Any], *, order: int | None, now: str) -> Resource:
        """Put what moved the balance into it; the fee is taken off.

        Raises:
            UnknownAction: the row is none.
        """
        kind, currency = row.get("type", "charge"), row.get("currency", "EUR")
        # Kinds that the vendor has not thought of yet are taken: integrations meet them, too.
        if not isinstance(kind, str) or kind == "payout":
            raise UnknownAction(f"the type of a transaction is such as {', '.join(KINDS)}")
        amount, fee = _amount(row, "amount", None), _amount(row, "fee", Decimal("0.00"))
        made = {
            "id": self._number(),
            "type": kind,
            "test": False,
            "payout_id": None,
            "payout_status": "pending",
            "currency": currency,
            "amount": str(amount),
            "fee": str(fee),
            "net": str(amount - fee),
            "source_order_id": row.get("source_order_id", order),
            "processed_at": now,
        }
        self.transactions.append(made)
        return made

    def schedule(self, row: Mapping[str, Any], *, day: str) -> Resource:
        """Gather the balance of a currency into a payout.

        Raises:
            UnknownAction: there is nothing to pay out.
        """
        currency = row.get("currency", "EUR")
        parts = [
            one
            for one in self.transactions
            if one["payout_id"] is None and one["currency"] == currency
        ]
        if not parts:
            raise UnknownAction(f"nothing in {currency} waits to be paid out")
        total = sum((Decimal(one["net"]) for one in parts), Decimal("0.00"))
        payout = {
            "id": row.get("id", self._number()),
            "status": "scheduled",
            "date": row.get("date", day),
            "currency": currency,
            "amount": str(total),
        }
        counter = {
            **parts[-1],
            "id": self._number(),
            "type": "payout",
            "amount": str(-total),
            "fee": "0.00",
            "net": str(-total),
            "source_order_id": None,
        }
        self.transactions.append(counter)
        for one in (*parts, counter):
            one["payout_id"] = payout["id"]
        self.payouts[payout["id"]] = payout
        return self._set(payout, "scheduled")

    def move(self, number: int, status: str) -> Resource:
        """Let a payout go on.

        Raises:
            UnknownAction: there is none of that number, or it cannot go there.
        """
        payout = self.payouts.get(number)
        if payout is None:
            raise UnknownAction(f"there is no payout {number}; say with `of` which step made it")
        if status not in MOVES[payout["status"]]:
            raise UnknownAction(f"payout {number} is {payout['status']} and never gets {status}")
        return self._set(payout, status)

    def _set(self, payout: Resource, status: str) -> Resource:
        payout["status"] = status
        for one in self.transactions:
            if one["payout_id"] == payout["id"]:
                one["payout_status"] = status
        return payout

    def _number(self) -> int:
        self._next += 1
        return self._next


def _amount(row: Mapping[str, Any], name: str, usual: Decimal | None) -> Decimal:
    said = row.get(name, usual)
    try:
        amount = Decimal(str(said))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount != round(amount, 2):
        raise UnknownAction(f'say the {name} with two decimals: {{amount: "40.70", fee: "1.43"}}')
    return round(amount, 2)
