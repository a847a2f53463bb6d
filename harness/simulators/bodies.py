"""Request bodies read as a strict server reads them: RFC 8259, in UTF-8, fit to be sent on."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn

from harness.simulators.base import Call

_EXPONENT_AT_MOST = 400
"""Beyond the range of a double, so no honest amount, and too long to be written out."""


class NotJson(ValueError):
    """The body is not JSON that a strict server takes."""


def read_json(call: Call) -> Any:
    """Return the body as a value; numbers with a point are Decimal.

    Raises:
        NotJson: it is no JSON, is nested without end, or holds what cannot be written again.
    """
    try:
        text = call.body.decode()
        value = json.loads(text, parse_float=_decimal, parse_constant=_no_number)
        if "\\u" in text:
            # A lone surrogate parses, but cannot be encoded again.
            json.dumps(value, ensure_ascii=False, default=str).encode()
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise NotJson(str(error) or "nested too deeply") from error
    return value


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if abs(number.adjusted()) > _EXPONENT_AT_MOST:
        raise ValueError(f"the number {text[:20]} is out of range")
    return number


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")
