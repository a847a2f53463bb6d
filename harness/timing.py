"""Lengths of time and points in time, as integers of nanoseconds, and how people write them.

A duration is a number of nanoseconds; an instant is a number of nanoseconds since
1970-01-01T00:00Z. Everything here is exact: no float is involved.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Final, NoReturn
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)

from harness.errors import did_you_mean

NANOSECOND: Final = 1
MICROSECOND: Final = 1_000
MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

LONGEST: Final = 100_000 * DAY
"""The longest duration that is read; whatever is longer is a slip of the pen."""

_UNITS: Final = {
    "d": DAY,
    "h": HOUR,
    "m": MINUTE,
    "s": SECOND,
    "ms": MILLISECOND,
    "us": MICROSECOND,
    "ns": NANOSECOND,
}
_PART = re.compile(r"([0-9]{1,24}(?:\.[0-9]{1,24})?)(d|h|ms|m|s|us|ns)")
_SHORT = re.compile(rf"(?:{_PART.pattern})+")
_ISO = re.compile(
    r"P(?=[0-9T])(?:([0-9]{1,24})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,24})H)?(?:([0-9]{1,24})M)?(?:([0-9]{1,24}(?:\.[0-9]{1,24})?)S)?)?"
)
_BARE = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_LOOSE = re.compile(r"([0-9]+(?:[.,][0-9]+)?)\s*([a-zµμ]+)[\s,]*(?:and\s+)?")
_HOW_TO_WRITE_IT: Final = "write it as in '250ms', '5m', '1h30m' or 'PT15M'"
_LONGEST_TEXT: Final = 80
_UNIT_WORDS: Final = {
    **{unit: unit for unit in _UNITS},
    **dict.fromkeys(("day", "days"), "d"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("msec", "msecs", "millis", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("µs", "μs", "usec", "microsecond", "microseconds"), "us"),
    **dict.fromkeys(("nanosecond", "nanoseconds"), "ns"),
}


class Workdays(int):
    """A number of workdays; only a calendar tells how long they last.

    As a number it is the shortest that they can be, in nanoseconds, so that it can be put in
    order with durations; ``workdays.deadline`` knows better.
    """

    __slots__ = ()

    def __new__(cls, count: int) -> Workdays:
        """Return so many workdays."""
        return super().__new__(cls, count * DAY)

    def __getnewargs__(self) -> tuple[int]:
        """Return what makes an equal one, for copies."""
        return (self.count,)

    @property
    def count(self) -> int:
        """Return how many they are."""
        return int(self) // DAY


_WORKDAYS = re.compile(r"([0-9]{1,4}) ?workdays?")


def parse_limit(text: str) -> int:
    """Return the nanoseconds of a duration, or the Workdays of ``2 workdays``."""
    written = _WORKDAYS.fullmatch(text.strip())
    if written is None:
        return parse_duration(text)
    if not int(written[1]):
        raise ValueError(f"{text!r} is no time at all; write '1 workday' or more")
    return Workdays(int(written[1]))


def parse_duration(text: str) -> int:
    """Return the nanoseconds of ``5m``, ``1h30m``, ``1.5s`` or ``PT15M``.

    Units stand in falling order, each once, and only the last may have decimals. A day is 24 hours.
    ValueError says what to write instead.
    """
    if _SHORT.fullmatch(text):
        parts = [(amount, _UNITS[unit]) for amount, unit in _PART.findall(text)]
    elif iso := _ISO.fullmatch(text):
        parts = [
            (amount, unit)
            for amount, unit in zip(iso.groups(), (DAY, HOUR, MINUTE, SECOND), strict=True)
            if amount is not None
        ]
    else:
        _refuse_duration(text)
    sizes = [unit for _, unit in parts]
    if sizes != sorted(set(sizes), reverse=True):
        raise ValueError(f"{text!r} repeats or mixes up its units; write them as in '1d2h30m'")
    if any("." in amount for amount, _ in parts[:-1]):
        raise ValueError(f"{text!r} has decimals before its last unit; write it as in '1h30m'")
    return _total(text, parts)


def _total(text: str, parts: list[tuple[str, int]]) -> int:
    total = 0
    for amount, unit in parts:
        whole, _, fraction = amount.partition(".")
        rest, inexact = divmod(int(fraction or "0") * unit, 10 ** len(fraction))
        if inexact:
            raise ValueError(f"{text!r} is finer than a nanosecond; write fewer decimals")
        total += int(whole) * unit + rest
    if total > LONGEST:
        raise ValueError(f"{text!r} is longer than {show_duration(LONGEST)}; check its unit")
    return total


def _refuse_duration(text: str) -> NoReturn:
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"{text[:20]!r}… is not a duration; {_HOW_TO_WRITE_IT}")
    loose = text.strip().lower()
    if loose.startswith(("-", "\N{MINUS SIGN}")):
        raise ValueError(f"{text!r} is negative; a duration counts forward, as in '15m'")
    if _BARE.fullmatch(loose):
        forms = ", ".join(f"'{loose}{unit}'" for unit in ("ms", "s", "m", "h"))
        raise ValueError(f"{text!r} has no unit; write {forms} or '{loose}d'")
    raise ValueError(f"{text!r} is not a duration; {_duration_meant_by(loose)}")


def _duration_meant_by(loose: str) -> str:
    """Return what to write in place of ``15 min``, or how durations are written."""
    words = _LOOSE.findall(loose)
    if words and not _LOOSE.sub("", loose) and all(unit in _UNIT_WORDS for _, unit in words):
        written = "".join(amount.replace(",", ".") + _UNIT_WORDS[unit] for amount, unit in words)
        try:
            meant = parse_duration(written)
        except ValueError:
            return _HOW_TO_WRITE_IT
        return f"write {show_duration(meant)!r} or {_iso_duration(meant)!r}"
    return _HOW_TO_WRITE_IT


def show_duration(ns: int) -> str:
    """Return the shortest exact way to write a duration: ``5m``, ``1h30m``, ``120ms``, ``0s``."""
    if isinstance(ns, Workdays):
        return f"{ns.count} workday{'' if ns.count == 1 else 's'}"
    if ns < 0:
        return "-" + show_duration(-ns)
    days, rest = divmod(ns, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    shown = "".join(f"{n}{unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "m")) if n)
    if rest:
        unit = next(name for name in ("s", "ms", "us", "ns") if rest >= _UNITS[name])
        shown += _decimal(rest, _UNITS[unit]) + unit
    return shown or "0s"


def _decimal(ns: int, unit: int) -> str:
    whole, rest = divmod(ns, unit)
    if not rest:
        return str(whole)
    return f"{whole}.{rest:0{len(str(unit)) - 1}d}".rstrip("0")


def _iso_duration(ns: int) -> str:
    days, rest = divmod(ns, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    seconds = _decimal(rest, SECOND)
    clock = [(str(hours), "H"), (str(minutes), "M"), (seconds, "S")]
    shown = "".join(n + unit for n, unit in clock if n != "0")
    date_part = f"{days}D" if days else ""
    return f"P{date_part}" + (f"T{shown}" if shown or not days else "") + ("0S" if not ns else "")


_INSTANT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)"
    r"(?:\.(?P<fraction>[0-9]+))?"
    r"(?: ?(?P<offset>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)| (?P<zone>[A-Za-z][A-Za-z0-9_+/-]*))?"
)
_CLOCK = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?")
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_SECOND: Final = timedelta(seconds=1)
_FIRST_SECOND: Final = (1 - _EPOCH_DAY) * 86_400
_LAST_SECOND: Final = (date.max.toordinal() + 1 - _EPOCH_DAY) * 86_400 - 1


def parse_instant(text: str, *, zone: str | None = None) -> int:
    """Return the nanoseconds since 1970 of ``2026-03-02T09:00:00.5+01:00``.

    The scenario form ``2026-03-02 09:00 Europe/Berlin`` is read as well. ``zone`` serves times
    that carry neither offset nor zone; without it they are an error. A local time that the clocks
    skip or show twice is an error, never a guess.
    """
    match = _INSTANT.fullmatch(text)
    if match is None:
        _refuse_instant(text)
    fraction = match["fraction"] or ""
    if len(fraction) > 9:
        raise ValueError(f"{text!r} is finer than a nanosecond; write at most nine decimals")
    local = _local(text, match["day"], match["clock"])
    if match["offset"]:
        seconds = _seconds(local) - _offset(text, match["offset"])
    elif name := match["zone"] or zone:
        seconds = _in_zone(local, name)
    else:
        raise ValueError(
            f"{text!r} does not say in which zone; add 'Z', an offset such as '+01:00', "
            "or a zone such as 'Europe/Berlin'"
        )
    if not _FIRST_SECOND <= seconds <= _LAST_SECOND:
        raise ValueError(f"{text!r} is outside the calendar; write a year from 1 to 9999")
    return seconds * SECOND + int(fraction.ljust(9, "0"))


def _refuse_instant(text: str) -> NoReturn:
    text = text if len(text) <= _LONGEST_TEXT else text[:20] + "…"
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(f"{text!r} is a day, not an instant; add a time: '{text} 09:00 Etc/UTC'")
    raise ValueError(
        f"{text!r} is not an instant; write it as in '2026-03-02T09:00:00Z' "
        "or '2026-03-02 09:00 Europe/Berlin'"
    )


def _local(text: str, day: str, clock: str) -> datetime:
    year, month, day_of_month = (int(part) for part in day.split("-"))
    hour, minute, second = (int(part) for part in f"{clock}:00".split(":")[:3])
    try:
        return datetime(year, month, day_of_month, hour, minute, second)  # noqa: DTZ001 - local
    except ValueError as error:
        raise ValueError(f"{text!r} is not on the calendar: {error}") from error


def _seconds(moment: datetime) -> int:
    # Whole seconds only, so that no float is involved.
    return (moment.toordinal() - _EPOCH_DAY) * 86_400 + (
        moment.hour * 3600 + moment.minute * 60 + moment.second
    )


def _offset(text: str, written: str) -> int:
    if written in "Zz":
        return 0
    digits = written[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ValueError(f"{text!r} has an impossible offset; write it as in '+01:00'")
    return (hours * 3600 + minutes * 60) * (-1 if written[0] == "-" else 1)


def _in_zone(local: datetime, name: str) -> int:
    rules = find_zone(name)
    shown = local.isoformat(" ")
    try:
        candidates = [_through(local, rules, fold) for fold in (0, 1)]
    except OverflowError as error:
        raise ValueError(f"{shown} {name} is outside the calendar, years 1 to 9999") from error
    real = sorted({utc for utc, back in candidates if back == local})
    if not real:
        # Read with the offset from before the gap, the clock shows the time after it.
        meant = candidates[0][1].isoformat(" ")
        raise ValueError(
            f"{shown} does not exist in {name}, the clocks go forward over it; write {meant}"
        )
    if len(real) > 1:
        forms = " or ".join(repr(_with_offset(local, utc)) for utc in real)
        raise ValueError(
            f"{shown} happens twice in {name}, the clocks go back; say which by its offset: {forms}"
        )
    return _seconds(real[0])


def _through(local: datetime, rules: ZoneInfo, fold: int) -> tuple[datetime, datetime]:
    """Return the instant of a local time, and the local time of that instant."""
    aware = local.replace(tzinfo=rules, fold=fold)
    utc = aware.astimezone(UTC)
    return utc, utc.astimezone(rules).replace(tzinfo=None, fold=0)


def _with_offset(local: datetime, utc: datetime) -> str:
    away = (local - utc.replace(tzinfo=None)) // timedelta(minutes=1)
    sign = "-" if away < 0 else "+"
    return f"{local.isoformat()}{sign}{abs(away) // 60:02d}:{abs(away) % 60:02d}"


# Not zones but files beside them; `localtime` would be whatever the machine is set to.
_NOT_ZONES: Final = frozenset({"localtime", "posixrules", "Factory"})


@cache
def find_zone(name: str) -> ZoneInfo:
    """Return the rules of a time zone; ValueError names the nearest one when there is none."""
    try:
        if name not in _NOT_ZONES:
            return ZoneInfo(name)
    # ZoneInfo raises KeyError for unknown names, ValueError for odd ones, OSError for folders.
    except (KeyError, ValueError, OSError):
        pass
    near = did_you_mean(name, sorted(available_timezones() - _NOT_ZONES))
    raise ValueError(
        f"{name!r} is not a time zone; {near or 'write a name such as `Europe/Berlin`'}"
    )


def show_instant(ns: int) -> str:
    """Return an instant in ISO 8601 and UTC, as short as it goes: ``2026-03-02T08:00:00.12Z``."""
    seconds, rest = divmod(ns, SECOND)
    try:
        moment = _EPOCH + seconds * _ONE_SECOND
    except OverflowError as error:
        raise ValueError(f"{ns} ns since 1970 is outside the calendar") from error
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return f"{moment.replace(tzinfo=None).isoformat()}{fraction}Z"


def parse_clock(text: str) -> int:
    """Return the nanoseconds from midnight to a time of day such as ``14:00``."""
    match = _CLOCK.fullmatch(text)
    if match:
        hours, minutes, seconds = (int(part or "0") for part in match.groups())
        if hours < 24 and minutes < 60 and seconds < 60:
            return hours * HOUR + minutes * MINUTE + seconds * SECOND
    raise ValueError(
        f"{text!r} is not a time of day; write hours and minutes as in '14:00', up to '23:59'"
    )


def _read_duration(value: Any) -> int:
    if isinstance(value, str):
        return parse_duration(value)
    number = type(value) in (int, Decimal)
    hint = f" ~ hint: write `{value}s`, `{value}m` or `{value}h`" if number else ""
    raise ValueError(f"expected a duration such as `15m`, got {_plain(value)}{hint}")


def _read_limit(value: Any) -> int:
    return parse_limit(value) if isinstance(value, str) else _read_duration(value)


def _read_moment(value: Any) -> int:
    if isinstance(value, str):
        return parse_instant(value)
    raise ValueError(
        f"expected an instant such as `2026-03-02 09:00 Europe/Berlin`, got {_plain(value)}"
    )


def _plain(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list | tuple) else str(value)


Duration = Annotated[
    int,
    BeforeValidator(_read_duration),
    PlainSerializer(show_duration, return_type=str, when_used="json"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^(([0-9]+(\.[0-9]+)?(d|h|m|s|ms|us|ns))+|P[0-9DTHMS.]+)$",
            "examples": ["250ms", "5m", "1h30m", "PT15M"],
        }
    ),
]
"""Nanoseconds, read from text such as ``5m``. A bare number is refused, in Python as well."""

Limit = Annotated[
    int,
    PlainValidator(_read_limit),
    PlainSerializer(show_duration, return_type=str, when_used="json"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^(([0-9]+(\.[0-9]+)?(d|h|m|s|ms|us|ns))+|P[0-9DTHMS.]+"
            r"|[0-9]+ ?workdays?)$",
            "examples": ["5m", "2 workdays"],
        }
    ),
]
"""A duration, or a number of workdays, which a calendar must explain."""

Moment = Annotated[
    int,
    BeforeValidator(_read_moment),
    PlainSerializer(show_instant, return_type=str, when_used="json"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}",
            "examples": ["2026-03-02T08:00:00Z", "2026-03-02 09:00 Europe/Berlin"],
        }
    ),
]
"""Nanoseconds since 1970, read from text such as ``2026-03-02 09:00 Europe/Berlin``."""


def _zone(name: str) -> str:
    find_zone(name)
    return name


Zone = Annotated[str, AfterValidator(_zone)]
"""The name of an IANA time zone that exists, such as ``Europe/Berlin``."""
