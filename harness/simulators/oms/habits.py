"""What the OMS does that is a number, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from harness.simulators.profiles import Number
from harness.timing import DAY, HOUR, MINUTE, SECOND

_OURS: Final = "assumption: an invented OMS with common habits"
_AS_OF: Final = "2026-03"

HABITS: Final[Mapping[str, Number]] = {
    "bucket_size": Number(100, _OURS, _AS_OF, "Calls in the bucket."),
    "bucket_leak": Number(100, _OURS, _AS_OF, "Calls a second that leak out."),
    "idempotency_lifetime": Number(
        24 * HOUR, _OURS, _AS_OF, "How long an Idempotency-Key is remembered."
    ),
    "index_lag": Number(
        2 * SECOND,
        _OURS + ": externalId is unique, but looked up in an index that lags behind, so that "
        "two posts in a row without a common Idempotency-Key make two sales orders",
        _AS_OF,
        "How long after it is taken a sales order can be found by its externalId.",
    ),
    "webhook_retries": Number(
        (10 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE),
        _OURS,
        _AS_OF,
        "Waits between the attempts of one delivery.",
    ),
    "page_size": Number(50, _OURS, _AS_OF, "Orders in one page of a list."),
    "warehouse": Number("WH-1", _OURS, _AS_OF, "The warehouse it chooses."),
    "service": Number("STANDARD", _OURS, _AS_OF, "How an order is sent that does not say it."),
    "ship_within": Number(DAY, _OURS, _AS_OF, "How long after its release an order is to ship."),
    "first_customer": Number(10001, _OURS, _AS_OF, "The number of the first customer."),
    "currency": Number("EUR", _OURS, _AS_OF, "The currency of orders that it takes by itself."),
    "gift_card_prefix": Number(
        "GIFT-",
        "assumption: as in the reference landscape",
        _AS_OF,
        "How the number of an item begins that is a gift card.",
    ),
    "services": Number(
        ("WRAP",),
        "assumption: as in the reference landscape",
        _AS_OF,
        "Items that are work, and not goods.",
    ),
    "largest_amount": Number(
        Decimal("9999999999.99"), _OURS, _AS_OF, "The largest amount that it can store."
    ),
    "refuses_backward_moves": Number(
        False,
        _OURS + ": it believes what it is told of a parcel",
        _AS_OF,
        "Whether a status that the file's `moves` do not allow is refused with 409.",
    ),
}
"""Vendor numbers; the names are the keys of a profile."""
