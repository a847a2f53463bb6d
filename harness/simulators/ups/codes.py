"""Tracking numbers as UPS writes them: 1Z, shipper, service, seven digits, a check digit."""

from __future__ import annotations

import re
from typing import Final

_FORM: Final = re.compile(r"1Z[0-9A-Z]{15}[0-9]")


def tracking_number(shipper: str, service: str, serial: int) -> str:
    """Return the number of a package: six characters of shipper, two of service, a serial."""
    begun = f"{shipper.upper():0<6.6}{service:0>2.2}{serial:07d}"
    return f"1Z{begun}{_check_digit(begun)}"


def is_tracking_number(text: str) -> bool:
    """Return whether a text has the form of a number, and its check digit is right."""
    return _FORM.fullmatch(text) is not None and _check_digit(text[2:17]) == int(text[17])


def _check_digit(text: str) -> int:
    """Return the digit that makes the weighted sum a multiple of ten; letters count as digits."""
    values = [int(char) if char.isdecimal() else (ord(char) - 63) % 10 for char in text]
    return -(sum(values[::2]) + 2 * sum(values[1::2])) % 10
