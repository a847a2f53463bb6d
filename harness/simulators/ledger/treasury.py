"""What happens to money, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from harness.simulators.base import Context
from harness.simulators.ledger.costs import CarrierInvoice, Charge, Costs, Duty
from harness.simulators.ledger.money import Currencies
from harness.simulators.ledger.payments import Payment, Payments, Refund
from harness.simulators.ledger.payouts import Balance, Payout
from harness.simulators.ledger.telling import Telling
from harness.simulators.ledger.views import Row, Views
from harness.timing import SECOND

REFUND_TOPICS: Final = {
    "PENDING": "refund.pending",
    "SUCCESS": "refund.succeeded",
    "FAILURE": "refund.failed",
}


class Treasury:
    """Payments, refunds, payouts and costs; each change is committed, noted and told."""

    def __init__(
        self,
        context: Context,
        telling: Telling,
        currencies: Currencies,
        numbers: Mapping[str, Any],
        *,
        zone: str,
    ) -> None:
        self.payments = Payments()
        self.balance = Balance()
        self.costs = Costs()
        self.views = Views(currencies)
        self.currencies = currencies
        self._context = context
        self._telling = telling
        self._numbers = numbers
        self._zone = ZoneInfo(zone)

    # Payments.

    def authorise(
        self, external_id: str, *, method: str, currency: str, amount: Decimal
    ) -> Payment:
        """Let somebody promise money, for as long as a promise lasts."""
        payment = self.payments.authorise(
            external_id=external_id,
            method=method,
            currency=currency,
            amount=amount,
            now=self._context.now,
        )
        lifetime = self._numbers["authorisation_lifetime"]
        self._context.after(lifetime, lambda: self._expire(payment.id))
        return self._paid(payment)

    def capture(self, payment: Payment, amount: Decimal) -> Payment:
        """Take money that was promised; the provider keeps its fee of it."""
        now = self._context.now
        payment = self.payments.capture(payment, amount, now=now)
        wanted = amount * self._numbers["fee_rate"] + self._numbers["fee_fixed"]
        fee = self.currencies.rounded(wanted, payment.currency)
        self.move("CHARGE", payment.currency, amount, fee=fee, about=payment.id)
        return self._paid(payment)

    def void(self, payment: Payment) -> Payment:
        """Give up a promise of money."""
        return self._paid(self.payments.end(payment, "VOIDED", now=self._context.now))

    def ask_back(
        self,
        payment: Payment,
        amount: Decimal,
        *,
        reference: str | None = None,
        reason: str | None = None,
    ) -> Refund:
        """Ask for money back; it succeeds after a while, unless it is settled before."""
        now = self._context.now
        refund = self.payments.ask_back(
            payment, amount, now=now, reference=reference, reason=reason
        )
        self._context.after(self._numbers["refund_takes"], lambda: self._succeed(refund.id))
        return self._asked_back(refund)

    def settle(self, refund: Refund, *, failure: str | None = None) -> Refund:
        """Say how a refund ended; only then has money moved."""
        now = self._context.now
        refund, payment = self.payments.settle(refund, failure=failure, now=now)
        if failure is None:
            self.move("REFUND", refund.currency, -refund.amount, about=refund.id)
            self._paid(payment)
        return self._asked_back(refund)

    # Payouts.

    def move(
        self,
        type_: str,
        currency: str,
        amount: Decimal,
        *,
        fee: Decimal = Decimal(0),
        about: str | None = None,
    ) -> Row:
        """Let money come or go at the provider."""
        now = self._context.now
        available_at = now + self._numbers["available_after"]
        made = self.balance.add(
            type_, currency, amount, fee=fee, now=now, available_at=available_at, about=about
        )
        body = self.views.transaction(made)
        self._telling.commit("balance_transaction", body)
        self._telling.note("provider_balance", self.balance_row(currency))
        return body

    def pay_out(self, currency: str) -> Payout:
        """Pay out what is available; it is sent and reaches the bank later, unless it fails."""
        numbers, now = self._numbers, self._context.now
        date = self._day(now + numbers["payout_paid_after"])
        payout = self.balance.pay_out(currency, date=date, now=now)
        for status, delay in (("IN_TRANSIT", "payout_sent_after"), ("PAID", "payout_paid_after")):
            self._advance_later(payout.id, status, numbers[delay])
        for transaction in self.balance.of_payout(payout.id):
            self._telling.commit("balance_transaction", self.views.transaction(transaction))
        self._telling.note("provider_balance", self.balance_row(currency))
        return self._paid_out(payout)

    def fail(self, payout: Payout) -> Payout:
        """Let a payout fail; its money is back at the provider, for the next one."""
        payout = self.balance.move(payout, "FAILED", now=self._context.now)
        self.move("PAYOUT_FAILURE", payout.currency, payout.amount, about=payout.id)
        return self._paid_out(payout)

    def balance_row(self, currency: str) -> Row:
        """Return what the record of the provider's balance holds."""
        left = self.currencies.text(self.balance.left(currency), currency)
        return {"currency": currency, "left": left}

    # Costs.

    def receive_invoice(
        self, number: str, *, carrier: str, currency: str, charges: Sequence[Charge]
    ) -> CarrierInvoice:
        """Receive the invoice of a carrier."""
        now = self._context.now
        invoice = CarrierInvoice(number, carrier, currency, tuple(charges), now)
        return self._invoiced(self.costs.receive(invoice), "carrier_invoice.received")

    def adjust_invoice(self, invoice: CarrierInvoice, charges: Sequence[Charge]) -> CarrierInvoice:
        """Add to an invoice what the carrier found out after the fact."""
        after = self.costs.adjust(invoice, charges, now=self._context.now)
        return self._invoiced(after, "carrier_invoice.adjusted")

    def assess(self, duty: Duty) -> Duty:
        """Keep what a border takes, or what that is corrected to."""
        duty = self.costs.assess(duty)
        body = self.views.duty(duty)
        self._telling.commit("duty", body)
        self._telling.note("duty", self.views.duty_row(duty))
        topic = "duty.assessed" if duty.revision == 1 else "duty.corrected"
        self._telling.emit("duty", topic, body)
        return duty

    # What time brings.

    def _expire(self, id_: str) -> None:
        payment = self.payments.payments[id_]
        if payment.status == "AUTHORISED":
            self._paid(self.payments.end(payment, "EXPIRED", now=self._context.now))

    def _succeed(self, id_: str) -> None:
        refund = self.payments.refunds[id_]
        if refund.status == "PENDING":
            self.settle(refund)

    def _advance_later(self, id_: str, status: str, delay: int) -> None:
        def advance() -> None:
            payout = self.balance.payouts[id_]
            if payout.status != "FAILED":
                self._paid_out(self.balance.move(payout, status, now=self._context.now))

        self._context.after(delay, advance)

    # How it is told.

    def _paid(self, payment: Payment) -> Payment:
        body = self.views.payment(payment)
        self._telling.commit("payment", body)
        self._telling.note("payment", self.views.payment_row(payment))
        self._telling.emit("payment", f"payment.{payment.status.lower()}", body)
        return payment

    def _asked_back(self, refund: Refund) -> Refund:
        body = self.views.refund(refund)
        self._telling.commit("refund", body)
        self._telling.note("refund", self.views.refund_row(refund))
        self._telling.emit("refund", REFUND_TOPICS[refund.status], body)
        return refund

    def _paid_out(self, payout: Payout) -> Payout:
        body = self.views.payout(payout)
        self._telling.commit("payout", body)
        self._telling.note("payout", self.views.payout_row(payout))
        self._telling.emit("payout", f"payout.{payout.status.lower()}", body)
        return payout

    def _invoiced(self, invoice: CarrierInvoice, topic: str) -> CarrierInvoice:
        body = self.views.invoice(invoice)
        self._telling.commit("carrier_invoice", body)
        self._telling.note("carrier_invoice", self.views.invoice_row(invoice))
        self._telling.emit("carrier_invoice", topic, body)
        return invoice

    def _day(self, now: int) -> str:
        moment = datetime.fromtimestamp(now // SECOND, UTC)
        return moment.astimezone(self._zone).date().isoformat()


def objection(treasury: Treasury, payment: Payment, amount: Decimal) -> str:
    """Return why so much of a payment cannot be asked back, or an empty text."""
    if amount <= 0:
        return "a refund is more than nothing"
    if not treasury.currencies.fits(amount, payment.currency):
        return f"{payment.currency} has no such small parts"
    if amount > payment.refundable:
        return f"{treasury.currencies.text(payment.refundable, payment.currency)} is refundable"
    return ""
