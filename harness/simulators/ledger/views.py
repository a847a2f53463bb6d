"""How the ledger shows money: messages, and the rows of its records."""

from __future__ import annotations

from typing import Any

from harness.simulators.ledger.costs import CarrierInvoice, Duty
from harness.simulators.ledger.money import Currencies
from harness.simulators.ledger.payments import Payment, Refund
from harness.simulators.ledger.payouts import Payout, Transaction
from harness.timing import show_instant

Row = dict[str, Any]


class Views:
    """Writes amounts with the decimals of their currency."""

    def __init__(self, currencies: Currencies) -> None:
        self._text = currencies.text

    def payment(self, found: Payment) -> Row:
        """Return a payment as it stands."""
        return {
            **self.payment_row(found),
            "revision": found.revision,
            "updatedAt": show_instant(found.updated_at),
            "method": found.method,
        }

    def payment_row(self, found: Payment) -> Row:
        """Return what the record of a payment holds."""
        return {
            "paymentId": found.id,
            "externalId": found.external_id,
            "status": found.status,
            "currency": found.currency,
            "amount": self._text(found.amount, found.currency),
            "captured": self._text(found.captured, found.currency),
            "refunded": self._text(found.refunded, found.currency),
        }

    def refund(self, found: Refund) -> Row:
        """Return a refund as it stands."""
        return {
            **self.refund_row(found),
            "revision": found.revision,
            "updatedAt": show_instant(found.updated_at),
            "externalId": found.external_id,
            "reference": found.reference,
            "reason": found.reason,
            "failureReason": found.failure,
        }

    def refund_row(self, found: Refund) -> Row:
        """Return what the record of a refund holds."""
        return {
            "refundId": found.id,
            "paymentId": found.payment,
            "status": found.status,
            "currency": found.currency,
            "amount": self._text(found.amount, found.currency),
        }

    def payout(self, found: Payout) -> Row:
        """Return a payout as it stands."""
        return {
            **self.payout_row(found),
            "revision": found.revision,
            "updatedAt": show_instant(found.updated_at),
            "date": found.date,
        }

    def payout_row(self, found: Payout) -> Row:
        """Return what the record of a payout holds."""
        return {
            "payoutId": found.id,
            "status": found.status,
            "currency": found.currency,
            "amount": self._text(found.amount, found.currency),
        }

    def transaction(self, found: Transaction) -> Row:
        """Return a transaction, with the payout that it is in, if any."""
        return {
            "transactionId": found.id,
            "type": found.type,
            "currency": found.currency,
            "amount": self._text(found.amount, found.currency),
            "fee": self._text(found.fee, found.currency),
            "net": self._text(found.net, found.currency),
            "about": found.about,
            "payoutId": found.payout,
            "processedAt": show_instant(found.processed_at),
            "availableAt": show_instant(found.available_at),
        }

    def invoice(self, found: CarrierInvoice) -> Row:
        """Return a carrier's invoice as it stands."""
        return {
            **self.invoice_row(found),
            "updatedAt": show_instant(found.updated_at),
            "carrier": found.carrier,
            "lines": [
                {
                    "lineNo": number,
                    "shipmentRef": charge.shipment,
                    "kind": charge.kind,
                    "amount": self._text(charge.amount, found.currency),
                }
                for number, charge in enumerate(found.charges, start=1)
            ],
        }

    def invoice_row(self, found: CarrierInvoice) -> Row:
        """Return what the record of a carrier's invoice holds."""
        return {
            "invoiceNo": found.number,
            "revision": found.revision,
            "currency": found.currency,
            "total": self._text(found.total, found.currency),
        }

    def duty(self, found: Duty) -> Row:
        """Return a duty as it stands."""
        return {
            **self.duty_row(found),
            "updatedAt": show_instant(found.updated_at),
            "country": found.country,
            "duty": self._text(found.duty, found.currency),
            "importTax": self._text(found.import_tax, found.currency),
        }

    def duty_row(self, found: Duty) -> Row:
        """Return what the record of a duty holds."""
        return {
            "dutyId": found.id,
            "externalId": found.external_id,
            "revision": found.revision,
            "currency": found.currency,
            "total": self._text(found.total, found.currency),
        }
