"""What Amazon does that is a number, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harness.simulators.profiles import Number
from harness.timing import DAY, HOUR, MINUTE, SECOND

_MODELS: Final = "amzn/selling-partner-api-models, snapshot of 2026-08-05"
_PLANS: Final = _MODELS + ": usage plan of the operation"
_OURS: Final = "assumption: "
_AS_OF: Final = "2026-08"

PLANS: Final[Mapping[str, tuple[str, int]]] = {
    "getOrders": ("0.0167", 20),
    "getOrder": ("0.5", 30),
    "getOrderItems": ("0.5", 30),
    "getOrderAddress": ("0.5", 30),
    "getOrderBuyerInfo": ("0.5", 30),
    "confirmShipment": ("2", 10),
    "searchOrders": ("0.0056", 20),
    "getOrder2026": ("0.5", 30),
    "getInventorySummaries": ("2", 2),
    "getListingsItem": ("5", 10),
    "patchListingsItem": ("5", 5),
    "createFeedDocument": ("0.5", 15),
    "createFeed": ("0.0083", 15),
    "getFeeds": ("0.0222", 10),
    "getFeed": ("2", 15),
    "cancelFeed": ("2", 15),
    "getFeedDocument": ("0.0222", 10),
    "createRestrictedDataToken": ("1", 10),
    "createDestination": ("1", 5),
    "getDestinations": ("1", 5),
    "createSubscription": ("1", 5),
    "getSubscription": ("1", 5),
    "deleteSubscriptionById": ("1", 5),
}
"""Calls a second, and how many at once, by operation."""

_UNREAD_PLANS: Final = ("cancelFeed", "getFeedDocument")


def _plans() -> dict[str, Number]:
    numbers = {}
    for operation, (rate, burst) in PLANS.items():
        doubt = _OURS if operation in _UNREAD_PLANS else ""
        source = doubt + _PLANS
        numbers[f"{operation}_rate"] = Number(
            rate, source, _AS_OF, f"Calls of {operation} a second, in the long run."
        )
        numbers[f"{operation}_burst"] = Number(
            burst, source, _AS_OF, f"Calls of {operation} at once."
        )
    return numbers


HABITS: Final[Mapping[str, Number]] = {
    **_plans(),
    "token_lifetime": Number(
        HOUR, "developer-docs.amazon.com, connect to SP-API: expires_in 3600", _AS_OF,
        "How long an access token is taken.",
    ),
    "restricted_token_lifetime": Number(
        HOUR, _OURS + "as long as an access token", _AS_OF,
        "How long a restricted data token is taken.",
    ),
    "restricted_resources_at_most": Number(
        50, _MODELS + ": tokens_2021-03-01", _AS_OF, "Resources of one restricted data token."
    ),
    "address_unrestricted": Number(
        "left_out", _OURS + "the answer lacks the address; `refused` answers 403", _AS_OF,
        "What getOrderAddress does when it may not tell the address: left_out or refused.",
    ),
    "window_behind": Number(
        2 * MINUTE, _MODELS + ": ordersV0 and orders_2026-01-01; airbytehq/airbyte#52592", _AS_OF,
        "How old the end of a window of orders must be; it is the end when none is given.",
    ),
    "orders_page": Number(100, _MODELS + ": MaxResultsPerPage", _AS_OF, "Orders a page, at most."),
    "order_items_page": Number(
        100, _OURS + "the model tells of pages, not of their size", _AS_OF,
        "Items of an order a page, at most.",
    ),
    "orders_token_lifetime": Number(
        DAY, _MODELS + ": orders_2026-01-01; that version 0 does the same is an assumption", _AS_OF,
        "How long a page token of orders is taken.",
    ),
    "inventory_page": Number(
        50, _OURS + "the model does not tell the size of a page", _AS_OF,
        "Summaries of FBA stock a page, at most.",
    ),
    "inventory_skus_at_most": Number(
        50, _MODELS + ": fbaInventory", _AS_OF, "SKUs in one question for FBA stock."
    ),
    "inventory_token_lifetime": Number(
        30 * SECOND, _MODELS + ": fbaInventory", _AS_OF, "How long a page token of stock is taken."
    ),
    "ship_within": Number(
        2 * DAY, _OURS + "a handling time of two days", _AS_OF,
        "From purchase to the latest ship date, where the order does not say.",
    ),
    "deliver_within": Number(
        7 * DAY, _OURS + "standard shipping", _AS_OF,
        "From purchase to the latest delivery date, where the order does not say.",
    ),
    "ship_date_ahead": Number(
        HOUR, _OURS + "a ship date in the future is refused, but clocks differ", _AS_OF,
        "How far ahead of the present a ship date may be.",
    ),
    "tracking_form": Number(
        "[0-9A-Za-z]{5,40}",
        _OURS + "amzn/selling-partner-api-docs#489 says that forms are checked, not which",
        _AS_OF, "The form of a tracking number of a carrier without one of its own.",
    ),
    "tracking_form_UPS": Number(
        "1Z[0-9A-Z]{8,16}", _OURS + "the form of UPS, with room for numbers made up in tests",
        _AS_OF, "The form of a tracking number of UPS.",
    ),
    "listing_delay": Number(
        5 * MINUTE, _OURS + "minutes from ACCEPTED to the new figure", _AS_OF,
        "How long a change of a listing takes to show.",
    ),
    "upload_lifetime": Number(
        5 * MINUTE, _MODELS + ": feeds_2021-06-30, an upload address expires in 5 minutes", _AS_OF,
        "How long the address of a feed document is taken.",
    ),
    "feed_queued": Number(
        30 * SECOND, _OURS + "feeds wait in a queue", _AS_OF, "From IN_QUEUE to IN_PROGRESS."
    ),
    "feed_working": Number(
        2 * MINUTE, _OURS + "feeds take minutes", _AS_OF, "From IN_PROGRESS to DONE."
    ),
    "feed_report_compressed": Number(
        False, _OURS + "the model allows GZIP; plain until a profile asks for it", _AS_OF,
        "Whether a processing report is compressed with GZIP.",
    ),
    "notice_delay_least": Number(
        SECOND, _OURS + "seconds from the change to its notification", _AS_OF,
        "The shortest time from a change to its notification.",
    ),
    "notice_delay_most": Number(
        5 * SECOND, _OURS + "a standard queue keeps no order", _AS_OF,
        "The longest time from a change to its notification.",
    ),
    "notices_twice_in_thousand": Number(
        10, _OURS + "a standard queue delivers at least once", _AS_OF,
        "How many of a thousand notifications are delivered twice.",
    ),
    "notice_retries": Number(
        (30 * SECOND,) * 9,
        _OURS + "a standard queue shows a message again after its visibility timeout of 30 s, and "
        "sets it aside after the tenth attempt",
        _AS_OF, "Waits between the attempts of one notification.",
    ),
    "seller": Number("A3GOLIVE0SELLER", "invented", _AS_OF, "The seller in notifications."),
    "marketplace": Number(
        "A1PA6795UKMFR9", "developer-docs.amazon.com, marketplace ids; the choice is invented",
        _AS_OF, "The marketplace of an order that names none.",
    ),
    "unit_price": Number("7.00", "invented", _AS_OF, "The price of one, where none is named."),
    "currency": Number("EUR", "invented", _AS_OF, "The currency of a price that names none."),
}  # fmt: skip
"""Vendor numbers; the names are the keys of a profile."""
