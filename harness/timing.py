"""Lengths of time and points in time, as integers of nanoseconds, and how people write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from harness.errors import did_you_mean

MICROSECOND: Final = 1_000
MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_UNITS: Final = {"d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND, "ms": MILLISECOND, "us": MICROSECOND, "ns": 1}
_PART: Final = re.compile(r"(\d{1,12})(?:\.(\d{1,9}))?(ms|us|ns|d|h|m|s)")
_ISO: Final = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,9}))?S)?)?")
_INSTANT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9}))?\s*(Z|[+-]\d\d:?\d\d)?(?:\s+(\S+))?"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def parse_duration(text: str) -> int:
    """Return the nanoseconds of a length of time such as ``15m``, ``1h30m`` or ``PT15M``.

    Raises:
        ValueError: the message says what to write instead.
    """
    if isinstance(text, bool) or not isinstance(text, str):
        raise ValueError(f"{text!r} is not a duration; add a unit, as in `{text}s` or `{text}m`")
    iso = _ISO.fullmatch(text)
    if iso and any(iso.groups()):
        days, hours, minutes, seconds, fraction = iso.groups()
        whole = (int(days or 0) * DAY + int(hours or 0) * HOUR + int(minutes or 0) * MINUTE)
        return whole + int(seconds or 0) * SECOND + int((fraction or "0").ljust(9, "0"))
    position, total, last = 0, 0, DAY + 1
    while match := _PART.match(text, position):
        number, fraction, unit = match.groups()
        size = _UNITS[unit]
        if size >= last:
            break
        total += int(number) * size + _fraction(text, fraction, size)
        position, last = match.end(), size
    if not text or position != len(text):
        raise ValueError(_no_duration(text))
    return total


def show_duration(duration: int) -> str:
    """Return the shortest exact text of a length of time; ``parse_duration`` reads it back."""
    if duration < 0:
        return "-" + show_duration(-duration)
    parts, rest = [], duration
    for unit, size in _UNITS.items():
        number, rest = divmod(rest, size)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"


def parse_instant(text: str, *, zone: str | None = None) -> int:
    """Return the nanoseconds since 1970 of a point in time.

    Read are ISO 8601 with an offset and ``2026-03-02 09:00 Europe/Berlin``; ``zone`` is used for
    a text that names none.

    Raises:
        ValueError: it is no point in time, or could be two.
    """
    match = _INSTANT.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ValueError(
            f"{text!r} is not a point in time; write `2026-03-02T08:00:00Z` or "
            "`2026-03-02 09:00 Europe/Berlin`"
        )
    day, clock, fraction, offset, named = match.groups()
    if offset and named:
        raise ValueError(f"{text!r} has an offset and a zone; write one of them")
    try:
        bare = datetime.fromisoformat(f"{day}T{clock}{(offset or '').replace('Z', '+00:00')}")
    except ValueError as error:
        raise ValueError(f"{text!r} is not a point in time: {error}") from error
    if bare.tzinfo is None:
        bare = _in_zone(text, bare, named or zone)
    whole = (bare - _EPOCH) // timedelta(seconds=1)
    return whole * SECOND + int((fraction or "0").ljust(9, "0"))


def show_instant(instant: int) -> str:
    """Return a point in time in UTC, as in ``2026-03-02T08:00:00.12Z``."""
    seconds, rest = divmod(instant, SECOND)
    text = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    return text + (f".{rest:09d}".rstrip("0") if rest else "") + "Z"


@lru_cache(maxsize=256)
def find_zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name.

    Raises:
        ValueError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        hint = did_you_mean(name, sorted(available_timezones()))
        raise ValueError(f"there is no time zone {name!r}; {hint}") from error


def _in_zone(text: str, bare: datetime, zone: str | None) -> datetime:
    if zone is None:
        raise ValueError(f"{text!r} has no zone; add `Z`, an offset, or a name like Europe/Berlin")
    info = find_zone(zone)
    early, late = bare.replace(tzinfo=info), bare.replace(tzinfo=info, fold=1)
    if early.utcoffset() == late.utcoffset():
        return early.astimezone(UTC)
    if early.astimezone(UTC).astimezone(info).replace(tzinfo=None) != bare:
        raise ValueError(f"{text!r} does not exist: clocks in {zone} skip it")
    raise ValueError(f"{text!r} comes twice in {zone}; write it with its offset")


def _fraction(text: str, fraction: str | None, size: int) -> int:
    if not fraction:
        return 0
    part, rest = divmod(int(fraction) * size, 10 ** len(fraction))
    if rest:
        raise ValueError(f"{text!r} is finer than a nanosecond")
    return part


def _no_duration(text: str) -> str:
    words = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*", text)
    known = {"sec": "s", "min": "m", "hour": "h", "hr": "h", "day": "d", "milli": "ms"}
    if words:
        unit = next((u for word, u in known.items() if words[2].lower().startswith(word)), None)
        unit = unit or (words[2] if words[2] in _UNITS else None)
        if unit:
            return f"{text!r} is not a duration; write '{words[1]}{unit}'"
    if re.fullmatch(r"\d+", text):
        return f"{text!r} is not a duration; add a unit, as in '{text}s' or '{text}m'"
    return f"{text!r} is not a duration; write a number and a unit, as in '250ms', '15m' or '1h30m'"


def _read_duration(value: Any) -> int:
    return parse_duration(value)


def _read_moment(value: Any) -> int:
    return parse_instant(value)


Duration = Annotated[
    int,
    BeforeValidator(_read_duration),
    PlainSerializer(show_duration, when_used="json"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^(\d+(\.\d+)?(ms|us|ns|d|h|m|s))+$|^P",
            "examples": ["250ms", "5s", "15m", "2h", "3d"],
        }
    ),
]
"""A length of time, in nanoseconds; people write ``15m``."""

Moment = Annotated[
    int,
    BeforeValidator(_read_moment),
    PlainSerializer(show_instant, when_used="json"),
    WithJsonSchema(
        {
            "type": "string",
            "examples": ["2026-03-02T08:00:00Z", "2026-03-02 09:00 Europe/Berlin"],
        }
    ),
]
"""A point in time, in nanoseconds since 1970; people write ``2026-03-02 09:00 Europe/Berlin``."""
