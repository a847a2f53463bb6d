"""The rows of every record of money."""

from __future__ import annotations

from harness.simulators.ledger.treasury import Treasury
from harness.simulators.ledger.views import Row


def rows_of(treasury: Treasury) -> dict[str, list[Row]]:
    """Return the rows of each record by its name, in the order of their keys."""
    views, payments, costs = treasury.views, treasury.payments, treasury.costs
    currencies = {one.currency for one in treasury.balance.transactions.values()}
    return {
        "payment": [views.payment_row(one) for _, one in sorted(payments.payments.items())],
        "refund": [views.refund_row(one) for _, one in sorted(payments.refunds.items())],
        "payout": [views.payout_row(one) for _, one in sorted(treasury.balance.payouts.items())],
        "provider_balance": [treasury.balance_row(currency) for currency in sorted(currencies)],
        "carrier_invoice": [views.invoice_row(one) for _, one in sorted(costs.invoices.items())],
        "duty": [views.duty_row(one) for _, one in sorted(costs.duties.items())],
    }
