"""JSON whose numbers keep their digits: an amount is a Decimal, never a float."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

_DIGITS: Final = "\x00golive-digits:"
_MARKED: Final = re.compile(r'"\\u0000golive-digits:([^"\\]*)"')


class JsonWriter:
    """Writes compact JSON in which every Decimal has the digits it has.

    The encoder of the standard library cannot be told to write bare digits, so a Decimal goes in
    as a marked text, and quotes and mark are taken off afterwards. ``plain`` turns what is not
    JSON into something that is.
    """

    def __init__(self, plain: Callable[[Any], Any] | None = None) -> None:
        self._decimals = 0
        self._other = plain or _refused
        self._encode = json.JSONEncoder(
            ensure_ascii=False, separators=(",", ":"), default=self._plain
        ).encode

    def text(self, data: Any) -> str:
        """Return data as JSON on one line; TypeError for what is no JSON."""
        self._decimals = 0
        text = self._encode(data)
        if not self._decimals:
            return text
        text, marked = _MARKED.subn(r"\1", text)
        if marked == self._decimals:
            return text
        # A text of somebody else's looks like one of our marks: the slow way, value by value.
        return self._slowly(data)

    def _slowly(self, data: Any) -> str:
        if isinstance(data, Mapping):
            pairs = (f"{self._encode(str(k))}:{self._slowly(v)}" for k, v in data.items())
            return "{" + ",".join(pairs) + "}"
        if isinstance(data, (list, tuple)):
            return "[" + ",".join(map(self._slowly, data)) + "]"
        if isinstance(data, Decimal):
            return _with_point(data)
        if data is None or isinstance(data, (str, int, float)):
            return self._encode(data)
        return self._slowly(self._other(data))

    def _plain(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            self._decimals += 1
            return _DIGITS + _with_point(value)
        return dict(value) if isinstance(value, Mapping) else self._other(value)


def json_text(data: Any) -> str:
    """Return data as compact JSON; a Decimal keeps its digits, and stays one when read again."""
    return JsonWriter().text(data)


def _with_point(value: Decimal) -> str:
    text = str(value)
    return text if "." in text or "E" in text else text + ".0"


def _refused(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} is not JSON")
