"""What the ERP does that is a number, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from harness.simulators.profiles import Number
from harness.timing import HOUR, MINUTE, SECOND

_LIMITS: Final = "learn.microsoft.com, Work with API limits"
_NETSUITE: Final = "docs.oracle.com bridgehead_1525252812, for RESTlets"
_AS_OF: Final = "2026-08"

HABITS: Final[Mapping[str, Number]] = {
    "calls": Number(
        6000,
        f"{_LIMITS}: for each user; an older text says 600 a minute",
        _AS_OF,
        "Calls of one user within `calls_per`. A batch counts once: assumption.",
    ),
    "calls_per": Number(
        5 * MINUTE,
        f"{_LIMITS}; that the span slides is an assumption",
        _AS_OF,
        "The span in which calls are counted.",
    ),
    "places": Number(100, _LIMITS, _AS_OF, "Calls at the same time, of all integrations."),
    "crowded_status": Number(
        400, _NETSUITE, _AS_OF, "The status of a call for which there is no place."
    ),
    "crowded_code": Number(
        "SSS_REQUEST_LIMIT_EXCEEDED",
        _NETSUITE,
        _AS_OF,
        "The code of a call for which there is no place.",
    ),
    "retry_after_at_least": Number(
        SECOND,
        "assumption: whole seconds, never none",
        _AS_OF,
        "The shortest wait that a 429 asks for.",
    ),
    "page_size": Number(20_000, _LIMITS, _AS_OF, "Rows in one page of a list, at the most."),
    "batch_size": Number(
        100, f"{_LIMITS}: operations in one $batch", _AS_OF, "Invoices in one batch."
    ),
    "token_lifetime": Number(
        HOUR,
        "assumption: what Entra ID gives is 60 to 90 minutes",
        _AS_OF,
        "How long an access token is taken.",
    ),
    "tick": Number(
        SECOND // 1000,
        "assumption: instants are kept in milliseconds",
        _AS_OF,
        "What parts two changes of one item at the least.",
    ),
    "number_length": Number(
        20, "microsoft/BCApps BaseApp: Code[20]", _AS_OF, "Characters of a number at the most."
    ),
    "invoice_numbers": Number(
        ("PSI-000001", "PSI-999999"),
        "assumption: a number series without gaps, as tax law wants it",
        _AS_OF,
        "The first and the last number of an invoice.",
    ),
    "credit_memo_numbers": Number(
        ("PSC-000001", "PSC-999999"),
        "assumption: a number series without gaps, as tax law wants it",
        _AS_OF,
        "The first and the last number of a credit memo.",
    ),
    "order_numbers": Number(
        ("SO-000001", "SO-999999"),
        "assumption: a number series of its own",
        _AS_OF,
        "The first and the last number of a sales order.",
    ),
    "customer_numbers": Number(
        ("C-90001", "C-99999"),
        "assumption: apart from the numbers that other systems give",
        _AS_OF,
        "The first and the last number of a customer who comes without one.",
    ),
    "tolerance": Number(
        Decimal("0.00"),
        "assumption: lines and total agree to the cent",
        _AS_OF,
        "How far a total may be from its parts.",
    ),
    "currencies": Number(
        ("AUD", "CAD", "CHF", "CZK", "DKK", "EUR", "GBP", "JPY", "NOK", "PLN", "SEK", "USD"),
        "assumption: what a European brand has set up",
        _AS_OF,
        "The currencies that are set up.",
    ),
    "credited_units_checked": Number(
        True,
        "assumption: goods come back against the invoice that they left with",
        _AS_OF,
        "Whether no more of an item is credited than its invoice has, where it has it.",
    ),
    "new_item_price": Number(
        Decimal("10.00"), "invented", _AS_OF, "What an item costs that is made without a price."
    ),
    "new_item_weight": Number(
        Decimal("0.25"), "invented", _AS_OF, "What an item weighs, in kg, when nobody says."
    ),
}
"""Vendor numbers; the names are the keys of a profile."""
