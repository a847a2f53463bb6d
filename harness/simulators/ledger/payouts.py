"""The balance at the payment provider: transactions with their fees, and payouts made of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from harness.simulators.base import UnknownAction

MOVES: Final = {"SCHEDULED": ("IN_TRANSIT", "FAILED"), "IN_TRANSIT": ("PAID", "FAILED")}
"""What a payout may become."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """Money that came or went at the provider; the fee is what the provider keeps of it."""

    id: str
    type: str
    currency: str
    amount: Decimal
    fee: Decimal
    processed_at: int
    available_at: int
    about: str | None = None
    payout: str | None = None

    @property
    def net(self) -> Decimal:
        """Return what it adds to a payout."""
        return self.amount - self.fee


@dataclass(frozen=True, slots=True)
class Payout:
    """A payout at one moment; its amount is the sum of the net amounts of its transactions."""

    id: str
    currency: str
    amount: Decimal
    date: str
    updated_at: int
    status: str = "SCHEDULED"
    revision: int = 1


class Balance:
    """Transactions and payouts by id. A transaction is in one payout at most, and stays in it.

    A payout that fails comes back as a transaction of its own, for the next payout.
    """

    def __init__(self) -> None:
        self.transactions: dict[str, Transaction] = {}
        self.payouts: dict[str, Payout] = {}

    def add(
        self,
        type_: str,
        currency: str,
        amount: Decimal,
        *,
        fee: Decimal = Decimal(0),
        now: int,
        available_at: int,
        about: str | None = None,
    ) -> Transaction:
        """Let money come or go."""
        id_ = f"tx-{len(self.transactions) + 1}"
        made = Transaction(id_, type_, currency, amount, fee, now, available_at, about)
        self.transactions[id_] = made
        return made

    def of_payout(self, payout: str) -> list[Transaction]:
        """Return what a payout is made of."""
        return [one for one in self.transactions.values() if one.payout == payout]

    def left(self, currency: str) -> Decimal:
        """Return what is in no payout yet, deferred money included."""
        return sum(
            (
                one.net
                for one in self.transactions.values()
                if one.currency == currency and one.payout is None
            ),
            Decimal(0),
        )

    def pay_out(self, currency: str, *, date: str, now: int) -> Payout:
        """Make a payout of all that is available.

        Raises:
            UnknownAction: nothing is, or more went than came.
        """
        parts = [
            one
            for one in self.transactions.values()
            if one.currency == currency and one.payout is None and one.available_at <= now
        ]
        amount = sum((one.net for one in parts), Decimal(0))
        if amount <= 0:
            raise UnknownAction(f"{amount} {currency} are available, so there is nothing to pay")
        payout = Payout(f"po-{len(self.payouts) + 1}", currency, amount, date, now)
        self.payouts[payout.id] = payout
        for one in parts:
            self.transactions[one.id] = replace(one, payout=payout.id)
        return payout

    def move(self, payout: Payout, status: str, *, now: int) -> Payout:
        """Let a payout come further.

        Raises:
            UnknownAction: it cannot become that.
        """
        if status not in MOVES.get(payout.status, ()):
            raise UnknownAction(f"payout {payout.id} is {payout.status}, it cannot be {status}")
        after = replace(payout, status=status, revision=payout.revision + 1, updated_at=now)
        self.payouts[payout.id] = after
        return after
