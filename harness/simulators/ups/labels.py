"""What a label says, in ZPL: what the printer cannot show becomes a question mark."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any


def zpl_label(number: str, ship_to: Mapping[str, Any], numbers: Mapping[str, Any]) -> str:
    """Return a label in base64; a city is cut to what fits."""
    address = ship_to["Address"]
    city = str(address["City"])[: numbers["city_printed"]]
    place = f"{city} {address.get('StateProvinceCode', '')} {address.get('PostalCode', '')}"
    lines = [ship_to["Name"], *_lines(address), place.rstrip(), address["CountryCode"], number]
    fields = "".join(
        f"^FO30,{30 + 40 * row}^FD{_printed(str(line))}^FS" for row, line in enumerate(lines)
    )
    charset = numbers["label_charset"]
    return base64.b64encode(f"^XA{fields}^XZ".encode(charset, errors="replace")).decode()


def _lines(address: Mapping[str, Any]) -> Sequence[Any]:
    lines = address["AddressLine"]
    return lines if isinstance(lines, list) else [lines]


def _printed(text: str) -> str:
    """Return a text without what ZPL takes for commands."""
    return text.replace("^", " ").replace("~", " ")
