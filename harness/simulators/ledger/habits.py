"""What the ledger does that is a number, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from harness.simulators.profiles import Number
from harness.timing import DAY, HOUR, MINUTE

_OURS: Final = "assumption: an invented finance system with common habits"
_XERO: Final = "developer.xero.com/faq/limits, for each tenant"
_AS_OF: Final = "2026-08"

HABITS: Final[Mapping[str, Number]] = {
    "calls_a_minute": Number(60, _XERO, _AS_OF, "Calls in one minute of the clock."),
    "calls_a_day": Number(5000, _XERO, _AS_OF, "Calls in one day of UTC."),
    "key_lifetime": Number(7 * DAY, _OURS, _AS_OF, "How long an Idempotency-Key is remembered."),
    "key_length": Number(
        128, "XeroAPI/Xero-OpenAPI: Idempotency-Key", _AS_OF, "The longest Idempotency-Key."
    ),
    "page_size": Number(100, _OURS, _AS_OF, "Rows in one page of a list."),
    "opening_account": Number(
        "9000",
        "assumption: carried forward as in the chart of accounts SKR 03",
        _AS_OF,
        "The account that opening balances are booked against.",
    ),
    "whole_currencies": Number(
        ("JPY", "KRW", "VND", "XOF", "XPF"),
        "stripe/stripe-sfcc-b2c-connector issue 31",
        _AS_OF,
        "Currencies without a smaller unit.",
    ),
    "thousandth_currencies": Number(
        ("BHD", "JOD", "KWD", "OMR", "TND"),
        "assumption: ISO 4217 from memory",
        _AS_OF,
        "Currencies with a thousand smaller units.",
    ),
    "currency": Number("EUR", _OURS, _AS_OF, "The currency of money, unless it is said."),
    "fee_rate": Number(
        Decimal("0.029"),
        "assumption: what the payout of the reference landscape comes to",
        _AS_OF,
        "The part of a captured payment that the payment provider keeps.",
    ),
    "fee_fixed": Number(
        Decimal("0.25"),
        "assumption: what the payout of the reference landscape comes to",
        _AS_OF,
        "What the provider keeps of each captured payment, in its currency.",
    ),
    "authorisation_lifetime": Number(
        7 * DAY,
        "assumption: common among card schemes",
        _AS_OF,
        "How long money may be captured after it was authorised.",
    ),
    "refund_takes": Number(
        HOUR,
        "assumption: a refund is pending until the provider says that the money has moved",
        _AS_OF,
        "How long a refund is pending before it succeeds.",
    ),
    "available_after": Number(
        2 * DAY,
        "assumption: deferred money becomes available two days later",
        _AS_OF,
        "How long after a transaction its money may be paid out.",
    ),
    "payout_sent_after": Number(
        HOUR, _OURS, _AS_OF, "How long after it is made a payout is on its way."
    ),
    "payout_paid_after": Number(
        2 * DAY, _OURS, _AS_OF, "How long after it is made a payout reaches the bank."
    ),
    "webhook_retries": Number(
        (
            5 * MINUTE,
            30 * MINUTE,
            2 * HOUR,
            5 * HOUR,
            10 * HOUR,
            12 * HOUR,
            12 * HOUR,
            12 * HOUR,
            12 * HOUR,
        ),
        "assumption: the steps; that it grows and ends within three days is what is said of Stripe",
        _AS_OF,
        "Waits between the attempts of one delivery.",
    ),
}
"""Vendor numbers; the names are the keys of a profile."""
