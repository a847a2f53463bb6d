"""What the system's file must say, so that the warehouse can work with what it is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from harness.errors import HarnessError
from harness.landscape import System
from harness.simulators.base import UnknownAction
from harness.simulators.bounds import objections

_LINES: Final = ("warehouse", "lines", "lines.*.line_ref", "lines.*.sku", "lines.*.qty")
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "outbound_order": ("order_ref", *_LINES),
    "product": ("external_id", "sku", "uom", "weight_g", "changed_at"),
    "asn": ("asn_ref", *_LINES),
}
"""The fields that the warehouse works with, where the system's file has the message."""

_NUMBER: Final = re.compile(r"\.\d+\.")


def refuse_unfit(system: System) -> None:
    """Refuse a file whose messages lack a field that the warehouse works with.

    Raises:
        HarnessError: naming the fields of the first such message.
    """
    for name, fields in _NEEDED.items():
        if name not in system.messages and name != "outbound_order":
            continue
        described = system.messages[name].fields if name in system.messages else {}
        unfit = [
            one for one in fields if one not in described or described[one].required != "always"
        ]
        if unfit:
            raise HarnessError(
                f"the simulator wms plays {system.system}, whose message {name} must have these "
                f"fields, `required: always`: {', '.join(unfit)}"
            )


def fitting(system: System, name: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return what a scenario gives at the start; it may lack what the warehouse can do without.

    Raises:
        UnknownAction: it is not as its message is described.
    """
    if name not in system.messages:
        raise UnknownAction(f"{system.system} has no message {name}")
    for wrong in objections(system.messages[name], body):
        place = _NUMBER.sub(".*.", wrong.field)
        if wrong.code != "required" or place in _NEEDED[name]:
            raise UnknownAction(f"{name}: {wrong.field or 'it'}: {wrong.message}")
    return body
