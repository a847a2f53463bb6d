"""What EasyPost does that is a number, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from harness.simulators.profiles import Number
from harness.timing import DAY, HOUR, MINUTE, SECOND

_RATES: Final = "docs.easypost.com/guides/rate-limiting-guide"
_REFUNDS: Final = "docs.easypost.com/docs/shipments/shipping-refund"
_AS_OF: Final = "2026-08"

HABITS: Final[Mapping[str, Number]] = {
    "mode": Number(
        "production",
        "EasyPost/easypost-python:tests: keys of the sandbox give test",
        _AS_OF,
        "The mode of the key; in test only the tracking codes of the sandbox are known.",
    ),
    "lists_per_second": Number(5, _RATES, _AS_OF, "Lists that may be asked for in one second."),
    "calls_at_once": Number(
        100,
        f"assumption: {_RATES} says only that the limit follows the load",
        _AS_OF,
        "Other calls that are taken at once.",
    ),
    "calls_per_second": Number(
        20,
        f"assumption: {_RATES} says only that the limit follows the load",
        _AS_OF,
        "Other calls that are taken in each second after that.",
    ),
    "page_size": Number(
        20, "assumption: general knowledge", _AS_OF, "Rows of a list, if none are asked for."
    ),
    "page_size_at_most": Number(
        100, "assumption: general knowledge", _AS_OF, "Rows of a list at the most."
    ),
    "list_window": Number(
        30 * DAY,
        "assumption: general knowledge says one month",
        _AS_OF,
        "How far a list reaches back if nobody says, and how long its span may be.",
    ),
    "webhook_waits": Number(
        (10 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, 15 * HOUR),
        "www.easypost.com support: longer and longer waits, for 24 hours; the steps are an "
        "assumption",
        _AS_OF,
        "The waits before a failed webhook is sent again.",
    ),
    "code_prefix": Number(
        "EZ",
        "assumption: counted, so that a scenario can foresee them",
        _AS_OF,
        "What tracking codes begin with.",
    ),
    "label_event_after": Number(
        2 * MINUTE,
        "assumption",
        _AS_OF,
        "How long after a label is bought the carrier says that it knows of it.",
    ),
    "sandbox_event_after": Number(
        30 * SECOND,
        "EasyPost/easypost-python:tests: it begins as pre_transit and changes later; how much "
        "later is an assumption",
        _AS_OF,
        "When a tracker of the sandbox becomes what its tracking code stands for.",
    ),
    "heard_after": Number(
        0,
        "assumption: a scan is known at once, unless it is said to be late",
        _AS_OF,
        "How long a scan takes from the carrier to EasyPost.",
    ),
    "tick": Number(
        SECOND,
        "assumption: instants have seconds, and no two changes of one thing bear the same",
        _AS_OF,
        "What parts two changes of one tracker, or of one label, at the least.",
    ),
    "forward_only": Number(
        True,
        "assumption: a scan that comes after the end is listed, and changes nothing else",
        _AS_OF,
        "Whether a status stays where a late scan would lead it back.",
    ),
    "same_tracker_for": Number(
        90 * DAY,
        "docs.easypost.com/docs/trackers: no second tracker for the same code and carrier; "
        "three months is general knowledge",
        _AS_OF,
        "How long a tracking code that is registered again gives the tracker that is there.",
    ),
    "refund_windows": Number(
        (("USPS", 30 * DAY), ("UPS", 90 * DAY), ("FedEx", 90 * DAY)),
        _REFUNDS,
        _AS_OF,
        "How long after it was bought a label can be refunded, by carrier.",
    ),
    "refund_window": Number(
        30 * DAY, "assumption", _AS_OF, "The same, for carriers that are not named."
    ),
    "refund_takes": Number(
        15 * DAY,
        f"{_REFUNDS}: at least 15 days, at most 30",
        _AS_OF,
        "How long a carrier takes to decide about a refund.",
    ),
    "billed_on_scan": Number(
        ("DHLExpress",),
        f"{_REFUNDS}: such carriers say not_applicable; which they are is an assumption",
        _AS_OF,
        "Carriers who charge at the first scan, so that there is nothing to refund.",
    ),
    "line_lengths": Number(
        (("UPS", 35), ("FedEx", 35)),
        "UPS-API/api-documentation:Shipping.yaml; karrioapi/karrio, fedex connector",
        _AS_OF,
        "Characters of names and street lines that a carrier takes on a label.",
    ),
    "customs_union": Number(
        (
            "AT",
            "BE",
            "BG",
            "CY",
            "CZ",
            "DE",
            "DK",
            "EE",
            "ES",
            "FI",
            "FR",
            "GR",
            "HR",
            "HU",
            "IE",
            "IT",
            "LT",
            "LU",
            "LV",
            "MT",
            "NL",
            "PL",
            "PT",
            "RO",
            "SE",
            "SI",
            "SK",
        ),
        "european-union.europa.eu: its members",
        _AS_OF,
        "Countries between which no customs declaration is needed.",
    ),
    "tariff": Number(
        (
            ("UPS", "Ground", Decimal("5.57"), Decimal("0.11"), 4),
            ("UPS", "NextDayAir", Decimal("24.90"), Decimal("0.45"), 1),
            ("USPS", "GroundAdvantage", Decimal("4.20"), Decimal("0.09"), 3),
            ("USPS", "Priority", Decimal("7.10"), Decimal("0.14"), 2),
            ("FedEx", "FEDEX_GROUND", Decimal("6.05"), Decimal("0.12"), 4),
            ("DHL", "Paket", Decimal("6.57"), Decimal("0.08"), 2),
            ("DPD", "Classic", Decimal("7.57"), Decimal("0.08"), 2),
            ("DHLExpress", "ExpressWorldwide", Decimal("31.40"), Decimal("0.60"), 2),
        ),
        "assumption: invented",
        _AS_OF,
        "Carrier, service, price to begin with, price of each further ounce, days on the way.",
    ),
    "ounces_included": Number(
        Decimal(16),
        "assumption: invented",
        _AS_OF,
        "The ounces that the price to begin with pays for.",
    ),
    "currency": Number(
        "USD",
        "EasyPost's own examples",
        _AS_OF,
        "The currency of prices, unless another is wanted.",
    ),
    "label_fee": Number(
        Decimal("0.01"), "assumption: invented", _AS_OF, "What a label costs beside postage."
    ),
    "tracker_fee": Number(
        Decimal("0.02"),
        "assumption: invented",
        _AS_OF,
        "What a tracker costs whose label was bought elsewhere.",
    ),
    "insurance_share": Number(
        Decimal("0.01"),
        "assumption: invented",
        _AS_OF,
        "What insurance costs, as a share of the value.",
    ),
    "insurance_at_least": Number(
        Decimal("0.50"), "assumption: invented", _AS_OF, "What insurance costs at the least."
    ),
    "journey": Number(
        (
            ("in_transit", "received_at_origin_facility", "Picked up", 4 * HOUR),
            ("in_transit", "departed_facility", "Departed facility", 18 * HOUR),
            ("out_for_delivery", "out_for_delivery", "Out for delivery", 23 * HOUR),
            ("delivered", "arrived_at_destination", "Delivered", 28 * HOUR),
        ),
        "assumption: invented",
        _AS_OF,
        "The scans of a parcel that goes well, and how long after it is handed over each comes.",
    ),
}
"""Vendor numbers; the names are the keys of a profile."""
