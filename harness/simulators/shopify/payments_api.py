"""Shopify Payments by REST."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.simulators.base import Call, Reply, reply
from harness.simulators.routing import Parameters
from harness.simulators.shopify.pages import listed
from harness.simulators.shopify.payments import Payments

PAYOUTS: Final = {"date": "date", "date_min": "date", "date_max": "date", "status": "status"}
TRANSACTIONS: Final = {"payout_id": "payout_id", "payout_status": "payout_status"}


class PaymentsApi:
    """Answers for payouts and for what moved the balance."""

    def __init__(self, payments: Payments, numbers: Mapping[str, Any]) -> None:
        self._payments = payments
        self._numbers = numbers

    def payouts(self, call: Call, _parameters: Parameters) -> Reply:
        """List the payouts, by day or by status."""
        rows = list(self._payments.payouts.values())
        return listed(call, rows, name="payouts", filters=PAYOUTS, numbers=self._numbers)

    def payout(self, _call: Call, parameters: Parameters) -> Reply:
        """Show a payout."""
        text = parameters["id"]
        known = text.isascii() and text.isdigit() and len(text) < 20
        found = self._payments.payouts.get(int(text)) if known else None
        if found is None:
            return reply(404, {"errors": "Not Found"})
        return reply(200, {"payout": found})

    def transactions(self, call: Call, _parameters: Parameters) -> Reply:
        """List what moved the balance, by the payout that it went with."""
        rows = self._payments.transactions
        return listed(call, rows, name="transactions", filters=TRANSACTIONS, numbers=self._numbers)
