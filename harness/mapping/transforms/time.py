"""Transforms of instants, dates and lengths of time, with zones named as IANA names them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

from harness.mapping.transforms.entries import Limits, Refused, transform
from harness.mapping.transforms.operands import (
    EXACT,
    moment,
    number,
    quoted,
    text,
    whole,
    written,
)

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Twice = Literal["refuse", "earlier", "later"]
"""Which one is meant where the clocks go back, and a local time happens twice."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@cache
def _rules(zone: str) -> ZoneInfo:
    """Return the rules of a zone; ValueError names the nearest one when there is none."""
    from harness.timing import find_zone  # noqa: PLC0415 - zones are read only where they are named

    return find_zone(zone)


def _zone(zone: str, *_others: Any) -> Iterator[str]:
    try:
        _rules(zone)
    except ValueError as error:
        yield str(error)


def _shifted(instant: datetime, zone: str) -> datetime:
    try:
        return instant.astimezone(_rules(zone))
    except OverflowError as error:
        raise Refused("the instant is at the edge of the calendar") from error


def _local(value: Any) -> datetime:
    try:
        local = datetime.fromisoformat(text(value))
    except ValueError as error:
        raise Refused(f"{quoted(value)} is not a local time such as 2026-03-02T09:00:00") from error
    if local.tzinfo is not None:
        raise Refused(f"{quoted(value)} has an offset; it is an instant, not a local time")
    return local


def _instant_of(local: datetime, zone: str, twice: str) -> datetime:
    """Return the instant in UTC of a local time; what never happens is refused."""
    try:
        rules = _rules(zone)
        real = {}
        for said, fold in (("earlier", 0), ("later", 1)):
            utc = local.replace(tzinfo=rules, fold=fold).astimezone(UTC)
            if utc.astimezone(rules).replace(tzinfo=None, fold=0) == local.replace(fold=0):
                real[said] = utc
    except OverflowError as error:
        raise Refused("the local time is at the edge of the calendar") from error
    shown = local.isoformat(" ")
    if not real:
        raise Refused(f"{shown} does not exist in {zone}: the clocks go forward over it")
    if twice == "refuse" and len(set(real.values())) > 1:
        raise Refused(
            f"{shown} happens twice in {zone}: the clocks go back; "
            f"`earlier` or `later` says which is meant"
        )
    return real.get(twice) or next(iter(real.values()))


def _date_limits(*_anything: Any) -> Limits:
    return Limits(max_length=10, ascii=True)


def _instant_limits(*_anything: Any) -> Limits:
    return Limits(max_length=len("2026-03-02T09:00:00.000000+01:00:00"), ascii=True)


@transform(
    accepts="instant",
    gives="instant",
    inverse=lambda value: value,
    each=True,
    limits=_instant_limits,
)
def to_utc(value: Any) -> str:
    """Write the same instant in UTC, with Z."""
    return written(moment(value))


@transform(
    accepts="instant",
    gives="instant",
    inverse=lambda value, _zone: value,
    each=True,
    check=_zone,
    limits=_instant_limits,
)
def in_zone(value: Any, zone: str) -> str:
    """Write the same instant with the offset of a time zone."""
    return _shifted(moment(value), zone).isoformat()


@transform(accepts="instant", gives="instant", lossy=True, each=True, limits=_instant_limits)
def whole_seconds(value: Any) -> str:
    """Leave out the fraction of a second."""
    moment(value)
    written_so = datetime.fromisoformat(text(value)).replace(microsecond=0)
    return written_so.isoformat().replace("+00:00", "Z")


@transform(accepts="instant", gives="date", lossy=True, each=True, limits=_date_limits)
def date_only(value: Any) -> str:
    """Keep the date of an instant, in the offset it is written with."""
    moment(value)
    return datetime.fromisoformat(text(value)).date().isoformat()


@transform(accepts="instant", gives="date", lossy=True, each=True, check=_zone, limits=_date_limits)
def date_in_zone(value: Any, zone: str) -> str:
    """Write the date that the calendars of a time zone show at an instant."""
    return _shifted(moment(value), zone).date().isoformat()


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(text(value))
    except ValueError as error:
        raise Refused(f"{quoted(value)} is not a date") from error


def _start(value: Any, zone: str) -> str:
    day = _day(value)
    try:
        # Where midnight is skipped, the offset before it gives the instant at which it would be.
        begin = datetime(day.year, day.month, day.day, tzinfo=_rules(zone)).astimezone(UTC)
    except OverflowError as error:
        raise Refused("the date is at the edge of the calendar") from error
    if _shifted(begin, zone).date() != day:
        raise Refused(f"the calendars of {zone} have no {day}")
    return written(begin)


@transform(
    accepts="date",
    gives="instant",
    inverse=date_in_zone,
    each=True,
    check=_zone,
    limits=_instant_limits,
)
def start_of_day(value: Any, zone: str) -> str:
    """Write the instant at which a date begins in a time zone, in UTC."""
    return _start(value, zone)


def _to_local(value: Any, zone: str, *_others: Any) -> str:
    return _shifted(moment(value), zone).replace(tzinfo=None).isoformat()


@transform(
    accepts="text",
    gives="instant",
    inverse=_to_local,
    each=True,
    check=_zone,
    limits=_instant_limits,
)
def local_to_utc(value: Any, zone: str, twice: Twice = "refuse") -> str:
    """Write a local time without an offset as an instant; it may be `earlier` or `later` of two."""
    return written(_instant_of(_local(value), zone, twice))


@transform(
    accepts="instant",
    gives="text",
    lossy=True,
    each=True,
    check=_zone,
    limits=lambda *_: Limits(max_length=26, ascii=True),
)
def to_local(value: Any, zone: str) -> str:
    """Write the local time of a zone without its offset; an hour in autumn then stands for two."""
    return _to_local(value, zone)


def _offset(instant: datetime) -> str:
    return instant.strftime("%z")


# Written here and not by `strftime`, which asks the machine for its language, and writes the
# year 999 with three digits on one and with four on another.
_WRITTEN: Final[Mapping[str, Callable[[datetime], str]]] = {
    "Y": lambda at: f"{at.year:04d}",
    "y": lambda at: f"{at.year % 100:02d}",
    "m": lambda at: f"{at.month:02d}",
    "d": lambda at: f"{at.day:02d}",
    "j": lambda at: f"{at.timetuple().tm_yday:03d}",
    "H": lambda at: f"{at.hour:02d}",
    "M": lambda at: f"{at.minute:02d}",
    "S": lambda at: f"{at.second:02d}",
    "f": lambda at: f"{at.microsecond:06d}",
    "z": _offset,
    "%": lambda _at: "%",
}
_OF_A_DAY: Final = "Yymdj%"
_WIDTHS: Final = {"Y": 4, "j": 3, "f": 6, "z": 7, "%": 1}


def _directives(pattern: str) -> list[str]:
    return re.findall(r"%(.?)", pattern, re.DOTALL)


def _pattern(pattern: str, *_others: Any, allowed: str = "".join(_WRITTEN)) -> Iterator[str]:
    for letter in _directives(pattern):
        if letter not in allowed or not letter:
            known = " ".join(f"%{one}" for one in allowed)
            yield f"a pattern is written with {known}, not with '%{letter}'"


def _reading_pattern(pattern: str, *others: Any, allowed: str = "YymdjHMSfz%") -> Iterator[str]:
    wrong = list(_pattern(pattern, allowed=allowed))
    yield from wrong
    letters = [letter for letter in _directives(pattern) if letter != "%"]
    for letter in sorted({letter for letter in letters if letters.count(letter) > 1}):
        yield f"%{letter} stands in the pattern more than once"
    if not wrong and not {"Y", "y"} & set(letters):
        yield f"{pattern!r} says no year; write one such as %Y-%m-%d"
    if others:
        yield from _zone(others[0])
        if "z" in letters:
            yield "the offset in the text says the zone; use `parse_date`"


def _day_pattern(pattern: str) -> Iterator[str]:
    yield from _pattern(pattern, allowed=_OF_A_DAY)


def _day_reading_pattern(pattern: str) -> Iterator[str]:
    yield from _reading_pattern(pattern, allowed=_OF_A_DAY)


def _by(pattern: str, at: datetime) -> str:
    return re.sub(r"%(.)", lambda match: _WRITTEN[match[1]](at), pattern)


def _pattern_limits(_before: Limits, pattern: str) -> Limits:
    letters = _directives(pattern)
    if any(letter == "z" for letter in letters):
        return Limits(ascii=pattern.isascii())
    length = len(pattern) + sum(_WIDTHS.get(letter, 2) - 2 for letter in letters)
    return Limits(max_length=length, ascii=pattern.isascii())


def _read(value: Any, pattern: str) -> datetime:
    try:
        return datetime.strptime(text(value), pattern)  # noqa: DTZ007 - the callers set the zone
    except ValueError as error:
        raise Refused(f"{quoted(value)} is not of the form {pattern}") from error


@transform(
    accepts="instant",
    gives="text",
    lossy=True,
    each=True,
    check=_pattern,
    limits=_pattern_limits,
)
def format_date(value: Any, pattern: str) -> str:
    """Write an instant, as it stands, by a pattern of %Y %m %d %H %M %S."""
    moment(value)
    return _by(pattern, datetime.fromisoformat(text(value)))


@transform(
    accepts="text",
    gives="instant",
    lossy=True,
    each=True,
    check=_reading_pattern,
    limits=_instant_limits,
)
def parse_date(value: Any, pattern: str) -> str:
    """Read an instant by a pattern; without %z it is UTC."""
    found = _read(value, pattern)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()


@transform(
    accepts="text",
    gives="instant",
    lossy=True,
    each=True,
    check=_reading_pattern,
    limits=_instant_limits,
)
def parse_local(value: Any, pattern: str, zone: str, twice: Twice = "refuse") -> str:
    """Read a local time of a zone by a pattern, and write it in UTC."""
    return written(_instant_of(_read(value, pattern), zone, twice))


@transform(
    accepts="date", gives="text", lossy=True, each=True, check=_day_pattern, limits=_pattern_limits
)
def format_day(value: Any, pattern: str) -> str:
    """Write a date by a pattern of %Y %m %d: `format_day %Y%m%d`."""
    day = _day(value)
    return _by(pattern, datetime(day.year, day.month, day.day, tzinfo=UTC))


@transform(
    accepts="text",
    gives="date",
    lossy=True,
    each=True,
    check=_day_reading_pattern,
    limits=_date_limits,
)
def parse_day(value: Any, pattern: str) -> str:
    """Read a date by a pattern of %Y %m %d: `parse_day %d.%m.%Y`."""
    return _read(value, pattern).date().isoformat()


def _count(value: Any) -> int:
    """Return the microseconds from 1970 to an instant."""
    return (moment(value) - _EPOCH) // _MICROSECOND


def _after_epoch(microseconds: Decimal) -> str:
    try:
        return written(_EPOCH + timedelta(microseconds=whole(microseconds)))
    except OverflowError as error:
        raise Refused("the instant is outside the calendar, years 1 to 9999") from error


@transform(
    accepts="instant", gives="integer", lossy=True, each=True, limits=lambda _: Limits(decimals=0)
)
def to_epoch_seconds(value: Any) -> int:
    """Write an instant as whole seconds since 1970 in UTC; a fraction is left out."""
    return _count(value) // 1_000_000


@transform(
    accepts="instant", gives="integer", lossy=True, each=True, limits=lambda _: Limits(decimals=0)
)
def to_epoch_ms(value: Any) -> int:
    """Write an instant as whole milliseconds since 1970 in UTC; what is finer is left out."""
    return _count(value) // 1_000


@transform(
    accepts="number",
    gives="instant",
    inverse=lambda value: Decimal(_count(value)).scaleb(-6, context=EXACT),
    each=True,
    limits=_instant_limits,
)
def from_epoch_seconds(value: Any) -> str:
    """Read seconds since 1970 in UTC, to the microsecond."""
    return _after_epoch(number(value).scaleb(6, context=EXACT))


@transform(
    accepts="number",
    gives="instant",
    inverse=lambda value: Decimal(_count(value)).scaleb(-3, context=EXACT),
    each=True,
    limits=_instant_limits,
)
def from_epoch_ms(value: Any) -> str:
    """Read milliseconds since 1970 in UTC, to the microsecond."""
    return _after_epoch(number(value).scaleb(3, context=EXACT))


_DURATION: Final = re.compile(
    r"P(?=[0-9T])(?:(?P<d>[0-9]{1,12})D)?"
    r"(?:T(?=[0-9])(?:(?P<h>[0-9]{1,12})H)?(?:(?P<m>[0-9]{1,12})M)?"
    r"(?:(?P<s>[0-9]{1,12}(?:\.[0-9]{1,12})?)S)?)?"
    r"|P(?P<w>[0-9]{1,12})W"
)
_LENGTHS: Final = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}


def _seconds(value: Any) -> Decimal:
    match = _DURATION.fullmatch(text(value))
    if match is None:
        raise Refused(f"{quoted(value)} is not a duration such as PT15M; years and months vary")
    parts = (
        EXACT.multiply(Decimal(amount), Decimal(_LENGTHS[unit]))
        for unit, amount in match.groupdict().items()
        if amount is not None
    )
    total = Decimal(0)
    for part in parts:
        total = EXACT.add(total, part)
    return total


def _duration(value: Any) -> str:
    seconds = number(value)
    if seconds < 0 or seconds.adjusted() >= 12 or -int(seconds.as_tuple().exponent) > 12:
        raise Refused(f"{quoted(value)} is not a length of time in seconds")
    minutes, rest = EXACT.divmod(seconds, Decimal(60))
    hours, left = divmod(int(minutes), 60)
    fraction = f"{rest:f}"
    if "." in fraction:
        fraction = fraction.rstrip("0").rstrip(".")
    parts = ((str(hours), "H"), (str(left), "M"), (fraction, "S"))
    return "PT" + ("".join(amount + unit for amount, unit in parts if amount != "0") or "0S")


@transform(accepts="text", gives="decimal", inverse=_duration, each=True)
def duration_to_seconds(value: Any) -> Decimal:
    """Read a duration of ISO 8601 in seconds: `PT15M` is 900; a day is 24 hours."""
    return _seconds(value)


@transform(
    accepts="number",
    gives="text",
    inverse=_seconds,
    each=True,
    limits=lambda _: Limits(max_length=40, ascii=True),
)
def seconds_to_duration(value: Any) -> str:
    """Write seconds as a duration of ISO 8601, in hours, minutes and seconds: 900 is `PT15M`."""
    return _duration(value)
