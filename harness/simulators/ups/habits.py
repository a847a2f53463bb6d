"""What UPS does that is a number, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from harness.simulators.profiles import Number
from harness.timing import DAY, HOUR, MINUTE

_SHIPPING: Final = "UPS-API/api-documentation:Shipping.yaml"
_TRACKING: Final = "UPS-API/api-documentation:Tracking.yaml"
_ALERTS: Final = "UPS-API/api-documentation:UPSTrackAlert.yaml"
_AS_OF: Final = "2026-08"

HABITS: Final[Mapping[str, Number]] = {
    "token_lifetime": Number(
        4 * HOUR, "assumption: general knowledge", _AS_OF, "How long an access token is taken."
    ),
    "calls_at_once": Number(
        20,
        f"assumption: {_SHIPPING} says that there is a limit, and answers 429",
        _AS_OF,
        "Calls that are taken at once.",
    ),
    "calls_per_second": Number(
        10,
        f"assumption: {_SHIPPING} says that there is a limit, and answers 429",
        _AS_OF,
        "Calls that are taken in each second after that.",
    ),
    "name_length": Number(35, _SHIPPING, _AS_OF, "Characters of a name or an attention name."),
    "line_length": Number(35, _SHIPPING, _AS_OF, "Characters of a street line."),
    "lines": Number(3, _SHIPPING, _AS_OF, "Street lines of an address."),
    "city_length": Number(30, _SHIPPING, _AS_OF, "Characters of a city that are taken."),
    "city_printed": Number(15, _SHIPPING, _AS_OF, "Characters of a city on the label."),
    "state_length": Number(5, _SHIPPING, _AS_OF, "Characters of a state or province."),
    "postcode_length": Number(9, _SHIPPING, _AS_OF, "Characters of a postcode."),
    "phone_length": Number(15, _SHIPPING, _AS_OF, "Characters of a phone number."),
    "mail_length": Number(50, _SHIPPING, _AS_OF, "Characters of a mail address."),
    "reference_length": Number(35, _SHIPPING, _AS_OF, "Characters of a reference."),
    "weight_length": Number(5, _SHIPPING, _AS_OF, "Characters of a weight, its point included."),
    "size_length": Number(3, _SHIPPING, _AS_OF, "Characters of a length, a width or a height."),
    "packages": Number(
        50,
        "assumption: general knowledge says 200, and 50 outside the US",
        _AS_OF,
        "Packages of one shipment.",
    ),
    "pounds_at_most": Number(
        Decimal(150), "assumption: general knowledge", _AS_OF, "What one package weighs at most."
    ),
    "label_charset": Number(
        "latin-1",
        "UPS-API/api-documentation#148: other characters print as a question mark",
        _AS_OF,
        "The characters that a label can show.",
    ),
    "void_window": Number(
        90 * DAY,
        "docs.easypost.com/docs/shipments/shipping-refund, for labels of UPS",
        _AS_OF,
        "How long after it was made a label can be voided.",
    ),
    "kept_for": Number(120 * DAY, _TRACKING, _AS_OF, "How long a parcel can be tracked."),
    "alerts_at_once": Number(100, _ALERTS, _AS_OF, "Tracking numbers of one subscription call."),
    "alerts_last": Number(
        14 * DAY, _ALERTS, _AS_OF, "How long a parcel is told of; then the alert must be renewed."
    ),
    "webhook_waits": Number(
        (5 * MINUTE, 30 * MINUTE, 2 * HOUR),
        "assumption: nothing is published",
        _AS_OF,
        "The waits before an alert that failed is sent again.",
    ),
    "services": Number(
        (
            ("01", "Next Day Air", Decimal("31.20"), Decimal("2.10"), 1),
            ("02", "2nd Day Air", Decimal("19.40"), Decimal("1.35"), 2),
            ("03", "Ground", Decimal("9.80"), Decimal("0.62"), 4),
        ),
        f"codes and names: {_SHIPPING}; prices and days are an assumption",
        _AS_OF,
        "Code, name, price of the first pound, of each further pound, and days to the door.",
    ),
    "currency": Number("USD", "assumption", _AS_OF, "What prices are in."),
    "journey": Number(
        (
            ("pick_up", 4 * HOUR),
            ("depart", 8 * HOUR),
            ("arrive", 20 * HOUR),
            ("out_for_delivery", 26 * HOUR),
            ("deliver", 31 * HOUR),
        ),
        "assumption",
        _AS_OF,
        "The scans of a parcel that travels, each with the time after it was handed over.",
    ),
}
