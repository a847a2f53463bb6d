"""What EasyPost expects of each body, where the system's file does not say it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from harness.landscape import Message

_TEXT: Final = {"type": "text", "nullable": True}
_ID: Final = {"type": "text", "max": 40}
_SIZE: Final = {"type": "decimal", "at_least": "0.1", "unit": "in", "nullable": True}
_WEIGHT: Final = {"type": "decimal", "at_least": "0.1", "unit": "oz"}
_INSURED: Final = {"type": "decimal", "decimals": 2, "at_least": "0", "nullable": True}
_PARTS: Final = ("name", "company", "street2", "city", "state", "zip", "phone", "email")
_SIZES: Final = ("length", "width", "height")


@cache
def expected() -> Mapping[str, Message]:
    """Return the messages that are sent to EasyPost, by name."""
    return {
        "address": _sent("POST /v2/addresses", "body.address", "id", _address("")),
        "parcel": _sent("POST /v2/parcels", "body.parcel", "id", _parcel("")),
        "label_request": _sent(
            "POST /v2/shipments",
            "body.shipment",
            "reference",
            {
                "reference": _TEXT,
                **_address("to_address."),
                **_address("from_address."),
                **_parcel("parcel."),
                "service": _TEXT,
                "insurance": _INSURED,
                "is_return": {"type": "boolean", "nullable": True},
            },
        ),
        "purchase": _sent(
            "POST /v2/shipments/:id/buy",
            "body",
            "id",
            {"id": _ID, "rate.id": {**_ID, "required": "always"}, "insurance": _INSURED},
        ),
        "tracker_request": _sent(
            "POST /v2/trackers",
            "body.tracker",
            "tracking_code",
            {"tracking_code": {**_ID, "required": "always"}, "carrier": _TEXT},
        ),
    }


def _sent(call: str, at: str, key: str, fields: Mapping[str, Any]) -> Message:
    return Message.described(
        key=key, carried_by={"create": {"request": call, "at": at}}, fields=dict(fields)
    )


def _address(where: str) -> dict[str, Any]:
    """Return the fields of an address; one that is known already is named by its id."""
    needed = {"required": {"when": {f"{where}id": {"is": "absent"}}}}
    return {
        f"{where}id": _ID,
        **{f"{where}{part}": _TEXT for part in _PARTS},
        f"{where}street1": {"type": "text", **needed},
        f"{where}country": {"type": "country_code", **needed},
    }


def _parcel(where: str) -> dict[str, Any]:
    needed = {"required": {"when": {f"{where}id": {"is": "absent"}}}}
    return {
        f"{where}id": _ID,
        f"{where}weight": {**_WEIGHT, **needed},
        **{f"{where}{size}": _SIZE for size in _SIZES},
    }
