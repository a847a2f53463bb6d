"""Payments and refunds: money that was promised, taken and given back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from harness.simulators.base import UnknownAction

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment at one moment. ``pending`` is asked back, ``refunded`` has gone back."""

    id: str
    external_id: str
    method: str
    currency: str
    amount: Decimal
    updated_at: int
    captured: Decimal = _NOTHING
    refunded: Decimal = _NOTHING
    pending: Decimal = _NOTHING
    ended: str = ""
    revision: int = 1

    @property
    def refundable(self) -> Decimal:
        """Return what can still be asked back."""
        return self.captured - self.refunded - self.pending

    @property
    def status(self) -> str:
        """Return the status that is told. A pending refund does not show: it is a wish."""
        if self.ended or not self.captured:
            return self.ended or "AUTHORISED"
        if self.refunded == self.captured:
            return "REFUNDED"
        return "PARTIALLY_REFUNDED" if self.refunded else "CAPTURED"


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund at one moment: PENDING, then SUCCESS or FAILURE for good."""

    id: str
    reference: str
    payment: str
    external_id: str
    currency: str
    amount: Decimal
    updated_at: int
    reason: str | None = None
    failure: str | None = None
    status: str = "PENDING"
    revision: int = 1


class Payments:
    """Payments and refunds by id. Never is more given back than was captured."""

    def __init__(self) -> None:
        self.payments: dict[str, Payment] = {}
        self.refunds: dict[str, Refund] = {}
        self.references: dict[str, str] = {}

    def authorise(
        self, *, external_id: str, method: str, currency: str, amount: Decimal, now: int
    ) -> Payment:
        """Let somebody promise money."""
        id_ = f"pay-{len(self.payments) + 1}"
        payment = Payment(id_, external_id, method, currency, amount, now)
        self.payments[id_] = payment
        return payment

    def capture(self, payment: Payment, amount: Decimal, *, now: int) -> Payment:
        """Take money that was promised, all at once or in parts.

        Raises:
            UnknownAction: so much was not promised, or the promise has ended.
        """
        if payment.ended:
            raise UnknownAction(f"payment {payment.id} is {payment.ended}; nothing can be captured")
        left = payment.amount - payment.captured
        if amount > left:
            raise UnknownAction(f"payment {payment.id} has {left} left to capture, not {amount}")
        return self._keep(payment, now=now, captured=payment.captured + amount)

    def end(self, payment: Payment, status: str, *, now: int) -> Payment:
        """End a promise of which nothing was taken.

        Raises:
            UnknownAction: something was taken, or it has ended.
        """
        if payment.status != "AUTHORISED":
            raise UnknownAction(f"payment {payment.id} is {payment.status}, not AUTHORISED")
        return self._keep(payment, now=now, ended=status)

    def ask_back(
        self,
        payment: Payment,
        amount: Decimal,
        *,
        now: int,
        reference: str | None = None,
        reason: str | None = None,
    ) -> Refund:
        """Ask for money back; the caller saw to it that so much is refundable."""
        id_ = f"re-{len(self.refunds) + 1}"
        refund = Refund(
            id_,
            reference or id_,
            payment.id,
            payment.external_id,
            payment.currency,
            amount,
            now,
            reason=reason,
        )
        self.refunds[id_] = refund
        self.references[refund.reference] = id_
        # Nobody is told of a wish, so the revision stays.
        self.payments[payment.id] = replace(payment, pending=payment.pending + amount)
        return refund

    def settle(self, refund: Refund, *, failure: str | None, now: int) -> tuple[Refund, Payment]:
        """Say how a refund ended: it succeeded, unless a failure is given.

        Raises:
            UnknownAction: it has ended before.
        """
        if refund.status != "PENDING":
            raise UnknownAction(f"refund {refund.id} is {refund.status} already")
        status = "SUCCESS" if failure is None else "FAILURE"
        changes: Mapping[str, Any] = {"status": status, "failure": failure, "updated_at": now}
        refund = replace(refund, revision=refund.revision + 1, **changes)
        self.refunds[refund.id] = refund
        payment = self.payments[refund.payment]
        payment = replace(payment, pending=payment.pending - refund.amount)
        self.payments[payment.id] = payment
        if failure is None:
            payment = self._keep(payment, now=now, refunded=payment.refunded + refund.amount)
        return refund, payment

    def _keep(self, payment: Payment, *, now: int, **changes: Any) -> Payment:
        after: Payment = replace(payment, revision=payment.revision + 1, updated_at=now, **changes)
        self.payments[after.id] = after
        return after
