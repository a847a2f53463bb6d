"""How rulings speak: values, messages and times as a tester reads them, personal ones hidden."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.mapping import ABSENT, Veiled, shown
from harness.plurals import counted
from harness.timing import MILLISECOND, SECOND, Workdays, show_duration

LONGEST: Final = 120


def spoken(value: Any, *, personal: bool = False) -> str:
    """Return a value for a sentence; of a personal one only its length."""
    if isinstance(value, Veiled):
        return str(value)
    if value is ABSENT:
        return "nothing"
    if value is None:
        return "null"
    if personal:
        return f"(personal, {counted(len(_plain(value)), 'character')})"
    if value == "":
        return "an empty text"
    text = _plain(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"


def named(message: str, key: str) -> str:
    """Return a message with its key: ``sales order 1001``."""
    what = message.partition(".")[2].replace("_", " ")
    if key.startswith("veiled:"):
        return f"{what} (key veiled)"
    return f"{what} {key}" if key else f"{what} without a key"


def lasting(duration: int) -> str:
    """Return a length of time, coarse enough to read."""
    if isinstance(duration, Workdays):
        return show_duration(duration)
    if duration >= SECOND:
        duration = round(duration / (100 * MILLISECOND)) * 100 * MILLISECOND
    elif duration >= MILLISECOND:
        duration = round(duration / MILLISECOND) * MILLISECOND
    return show_duration(duration)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(
            f"{key}: {_plain(one)}" for key, one in value.items() if not str(key).startswith("$")
        )
        return "{" + inner + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_plain(one) for one in value) + "]"
    return shown(value)
