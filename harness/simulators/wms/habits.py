"""What the warehouse does that is a number, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harness.simulators.profiles import Number
from harness.timing import HOUR, MINUTE, SECOND

_OURS: Final = "assumption: an invented WMS with common habits"
_AS_OF: Final = "2026-03"
_SHIPBOB: Final = "developer.shipbob.com"

HABITS: Final[Mapping[str, Number]] = {
    "calls": Number(
        150, f"{_SHIPBOB}, rate limits", _AS_OF, "Calls of one user in a span that slides."
    ),
    "calls_per": Number(MINUTE, f"{_SHIPBOB}, rate limits", _AS_OF, "How long that span is."),
    "page_size": Number(
        50, f"{_SHIPBOB}, lists", _AS_OF, "Rows in a page where the call does not say `limit`."
    ),
    "page_most": Number(250, f"{_SHIPBOB}, lists", _AS_OF, "The largest `limit` that is taken."),
    "webhook_retries": Number(
        (10 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR),
        "developer.shiphero.com: up to 5 retries; assumption: the waits between them",
        _AS_OF,
        "Waits between the attempts of one delivery.",
    ),
    "inventory_form": Number(
        "absolute",
        _OURS + "; as of which figures a vendor tells has to be asked",
        _AS_OF,
        "Whether inventory.changed tells figures as they are (`absolute`), or under the same "
        "names by how much they changed (`delta`).",
    ),
    "inventory_delay": Number(
        0, _OURS, _AS_OF, "How long after a change inventory.changed is sent, with what held then."
    ),
    "snapshot_lifetime": Number(
        15 * MINUTE, _OURS, _AS_OF, "How long the pages of one snapshot can be read."
    ),
    "cancellable_until": Number(
        "picking",
        "assumption: as warehouses commonly do, the order can be called back until it is picked",
        _AS_OF,
        "From where on an order can no longer be called back: `picking` or `packed`.",
    ),
    "reuses_cancelled_refs": Number(
        True,
        _OURS + ": what was called back may be released again under its number",
        _AS_OF,
        "Whether the order_ref of a cancelled order can be sent again.",
    ),
    "refuses_other_bodies": Number(
        False,
        _OURS + ": an order_ref that is known is known, whatever else is sent with it",
        _AS_OF,
        "Whether a known order_ref with another body is refused as order_differs.",
    ),
    "items_from_the_start": Number(
        False,
        _OURS + ": items are checked as soon as one is known, as when the feed is switched on",
        _AS_OF,
        "Whether an order is refused for its items before the first product is known.",
    ),
    "refuses_unit_change": Number(
        True,
        _OURS + ": what lies there was counted in the old unit",
        _AS_OF,
        "Whether the unit of an item that is in stock cannot be changed.",
    ),
    "new_item_weight": Number(
        200, _OURS, _AS_OF, "What an item weighs in grams that is given without its weight."
    ),
    "carrier": Number("dhl", _OURS, _AS_OF, "The carrier where the warehouse chooses."),
    "tracking_prefix": Number(
        "003404341610940",
        "assumption: an invented range of serial shipping container codes",
        _AS_OF,
        "How the numbers begin that the warehouse gives to packages.",
    ),
    "packaging_weight": Number(150, _OURS, _AS_OF, "What an empty package weighs, in grams."),
    "scale_ends": Number(
        999_999, _OURS, _AS_OF, "The heaviest package in grams that is weighed, others are not."
    ),
}
"""Vendor numbers; the names are the keys of a profile."""
