"""The closed catalogue of typed transforms, and the decorator that adds one."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from harness.mapping.paths import ABSENT, missing
from harness.mapping.values import Uncomparable, shown, to_decimal, to_instant

Kind = Literal["text", "integer", "decimal", "number", "boolean", "instant", "date", "list", "any"]


class Refused(ValueError):
    """A transform cannot take this value; the message says why."""


@dataclass(frozen=True, slots=True)
class Transform:
    """One entry of the catalogue.

    ``parameters`` are the names and kinds of its arguments. ``accepts`` and ``gives`` are the
    kinds of value before and after. ``each`` transforms work on every element when they are
    given a list; ``takes_missing`` transforms are asked even when there is no value.
    """

    name: str
    accepts: Kind
    gives: Kind
    lossy: bool
    reversible: bool
    description: str
    parameters: tuple[tuple[str, type], ...]
    function: Callable[..., Any]
    inverse: Callable[..., Any] | None = None
    takes_missing: bool = False

    @property
    def usage(self) -> str:
        """Return how it is written, as in ``round DIGITS MODE``."""
        return " ".join([self.name, *(name.upper() for name, _ in self.parameters)])


_CATALOGUE: Final[dict[str, Transform]] = {}


def transform(
    *,
    accepts: Kind,
    gives: Kind,
    lossy: bool = False,
    inverse: Callable[..., Any] | None = None,
    takes_missing: bool = False,
    name: str | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add a function to the catalogue: value first, then its arguments, each annotated.

    A transform with an ``inverse`` is reversible. The first line of the docstring describes it.
    """

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        signature = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        word = name or function.__name__.strip("_")
        _CATALOGUE[word] = Transform(
            name=word,
            accepts=accepts,
            gives=gives,
            lossy=lossy,
            reversible=inverse is not None,
            description=(function.__doc__ or "").partition("\n")[0],
            parameters=tuple((p.name, p.annotation) for p in signature),
            function=function,
            inverse=inverse,
            takes_missing=takes_missing,
        )
        return function

    return add


def catalogue() -> Mapping[str, Transform]:
    """Return every transform by name, sorted."""
    return dict(sorted(_CATALOGUE.items()))


def _number(value: Any) -> Decimal:
    try:
        return to_decimal(value)
    except Uncomparable as error:
        raise Refused(str(error)) from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Refused(f"{shown(value)} is not text")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Refused(f"{shown(value)!r} is not a list")
    return value


@transform(accepts="any", gives="text", inverse=lambda value: value)
def to_text(value: Any) -> str:
    """Write a value as text: `450789469` becomes `"450789469"`."""
    if isinstance(value, (dict, list)):
        raise Refused("a list or an object has no text")
    return shown(value)


@transform(accepts="any", gives="integer", lossy=True)
def to_integer(value: Any) -> int:
    """Read a whole number; anything with a fraction is refused."""
    number = _number(value)
    if number != number.to_integral_value():
        raise Refused(f"{shown(value)} is not a whole number")
    return int(number)


@transform(accepts="any", gives="decimal", inverse=shown)
def _to_decimal(value: Any) -> Decimal:
    """Read an exact number from text or a number."""
    return _number(value)


@transform(accepts="any", gives="boolean", lossy=True)
def to_boolean(value: Any) -> bool:
    """Read true or false, also from the texts `true` and `false` in any case."""
    if isinstance(value, bool):
        return value
    word = value.casefold() if isinstance(value, str) else ""
    if word not in ("true", "false"):
        raise Refused(f"{shown(value)!r} is neither true nor false")
    return word == "true"


@transform(accepts="text", gives="text", lossy=True)
def lower(value: Any) -> str:
    """Write in small letters."""
    return _text(value).lower()


@transform(accepts="text", gives="text", lossy=True)
def upper(value: Any) -> str:
    """Write in capital letters."""
    return _text(value).upper()


@transform(accepts="text", gives="text", lossy=True)
def trim(value: Any) -> str:
    """Take white space off both ends."""
    return _text(value).strip()


@transform(accepts="text", gives="text", lossy=True)
def truncate(value: Any, length: int) -> str:
    """Keep that many characters (code points, not bytes)."""
    return _text(value)[:length]


@transform(accepts="text", gives="text", inverse=lambda value, _w, fill: value.lstrip(fill))
def pad_left(value: Any, length: int, fill: str) -> str:
    """Fill up from the left to that length."""
    return _text(value).rjust(length, fill[:1])


@transform(accepts="text", gives="text", inverse=lambda value, prefix: prefix + value)
def drop_prefix(value: Any, prefix: str) -> str:
    """Take a prefix off where it stands."""
    return _text(value).removeprefix(prefix)


@transform(accepts="text", gives="text", inverse=lambda value, prefix: value.removeprefix(prefix))
def add_prefix(value: Any, prefix: str) -> str:
    """Put a prefix in front."""
    return prefix + _text(value)


@transform(accepts="text", gives="text", lossy=True)
def replace(value: Any, old: str, new: str) -> str:
    """Replace every occurrence of a text."""
    return _text(value).replace(old, new)


@transform(accepts="text", gives="text", lossy=True)
def digits_only(value: Any) -> str:
    """Keep the digits 0 to 9."""
    return re.sub(r"[^0-9]", "", _text(value))


@transform(accepts="list", gives="text", lossy=True)
def join(value: Any, separator: str) -> str:
    """Put texts together; a missing part is refused."""
    parts = _list(value)
    if any(missing(part) for part in parts):
        raise Refused("a part is missing")
    return separator.join(shown(part) for part in parts)


@transform(accepts="text", gives="list", inverse=lambda value, separator: separator.join(value))
def split(value: Any, separator: str) -> list[str]:
    """Cut a text into a list."""
    if not separator:
        raise Refused("an empty separator cuts nothing")
    return _text(value).split(separator)


_MODES: Final = {
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "half_down": ROUND_HALF_DOWN,
    "up": ROUND_UP,
    "down": ROUND_DOWN,
    "ceiling": ROUND_CEILING,
    "floor": ROUND_FLOOR,
}


@transform(accepts="number", gives="decimal", lossy=True, name="round")
def round_to(value: Any, digits: int, mode: str) -> Decimal:
    """Round to that many digits after the point; modes: half_up half_even half_down up down."""
    return _number(value).quantize(Decimal(1).scaleb(-digits), rounding=_MODES[mode])


def _scaled(value: Any, digits: int) -> Decimal:
    return _number(value).scaleb(digits)


@transform(accepts="number", gives="integer", inverse=lambda value, digits: _scaled(value, -digits))
def minor_units(value: Any, digits: int) -> int:
    """Write an amount in its smallest unit: 12.34 becomes 1234 with 2 digits."""
    return int(to_integer(_scaled(value, digits)))


@transform(accepts="number", gives="decimal", inverse=_scaled)
def major_units(value: Any, digits: int) -> Decimal:
    """Write an amount in its main unit: 1234 becomes 12.34 with 2 digits."""
    return _scaled(value, -digits)


@transform(accepts="number", gives="decimal", inverse=lambda value: -_number(value))
def negate(value: Any) -> Decimal:
    """Turn the sign round."""
    return -_number(value)


@transform(accepts="number", gives="decimal", lossy=True)
def absolute(value: Any) -> Decimal:
    """Drop the sign."""
    return abs(_number(value))


_UNITS: Final[Mapping[str, tuple[str, Decimal]]] = {
    "g": ("mass", Decimal(1)),
    "kg": ("mass", Decimal(1000)),
    "lb": ("mass", Decimal("453.59237")),
    "oz": ("mass", Decimal("28.349523125")),
    "mm": ("length", Decimal(1)),
    "cm": ("length", Decimal(10)),
    "m": ("length", Decimal(1000)),
    "in": ("length", Decimal("25.4")),
}


def _converted(value: Any, unit: str, to: str) -> Decimal:
    return _number(value) * _UNITS[unit][1] / _UNITS[to][1]


@transform(
    accepts="number",
    gives="decimal",
    inverse=lambda value, unit, _to, other: _converted(value, other, unit),
)
def convert(value: Any, unit: str, to: str, other: str) -> Decimal:
    """Convert between units of mass (g kg lb oz) or length (mm cm m in): `convert g to kg`."""
    del to
    return _converted(value, unit, other)


def _moment(value: Any) -> datetime:
    try:
        return to_instant(value)
    except Uncomparable as error:
        raise Refused(str(error)) from error


@transform(accepts="instant", gives="instant", inverse=lambda value: value)
def to_utc(value: Any) -> str:
    """Write the same instant in UTC, with Z."""
    return _moment(value).isoformat().replace("+00:00", "Z")


@transform(accepts="instant", gives="instant", inverse=lambda value, _zone: value)
def in_zone(value: Any, zone: str) -> str:
    """Write the same instant with the offset of a time zone."""
    return _moment(value).astimezone(ZoneInfo(zone)).isoformat()


@transform(accepts="instant", gives="date", lossy=True)
def date_only(value: Any) -> str:
    """Keep the date of an instant, in the offset it is written with."""
    _moment(value)
    return str(value)[:10]


@transform(accepts="instant", gives="text", lossy=True)
def format_date(value: Any, pattern: str) -> str:
    """Write an instant, as it stands, by a pattern of %Y %m %d %H %M %S."""
    _moment(value)
    return datetime.fromisoformat(str(value)).strftime(pattern)


@transform(accepts="text", gives="instant", lossy=True)
def parse_date(value: Any, pattern: str) -> str:
    """Read an instant by a pattern; without %z it is UTC."""
    try:
        moment = datetime.strptime(_text(value), pattern)  # noqa: DTZ007 - the zone is set below
    except ValueError as error:
        raise Refused(f"{value!r} is not of the form {pattern}") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _country(value: Any) -> Any:
    import pycountry  # noqa: PLC0415 - its tables are read only by contracts that need them

    code = _text(value).upper()
    width = len(code) if len(code) in (2, 3) else 2
    table = pycountry.countries
    found = table.get(alpha_2=code) if width == 2 else table.get(alpha_3=code)
    if found is None:
        raise Refused(f"{value!r} is no country code of ISO 3166")
    return found


@transform(accepts="text", gives="text", inverse=lambda value: _country(value).alpha_3)
def country_2(value: Any) -> str:
    """Write a country as two letters of ISO 3166."""
    return str(_country(value).alpha_2)


@transform(accepts="text", gives="text", inverse=lambda value: _country(value).alpha_2)
def country_3(value: Any) -> str:
    """Write a country as three letters of ISO 3166."""
    return str(_country(value).alpha_3)


@transform(accepts="text", gives="text", lossy=True)
def e164(value: Any) -> str:
    """Write a phone number with + and digits; it must begin with + or 00."""
    bare = _text(value).strip().replace("(0)", "")
    digits = re.sub(r"[^0-9]", "", bare)
    if bare.startswith("00"):
        digits = digits[2:]
    elif not bare.startswith("+"):
        raise Refused("the number has no country prefix")
    if not 7 <= len(digits) <= 15:
        raise Refused("E.164 numbers have 7 to 15 digits")
    return "+" + digits


@transform(accepts="any", gives="any", lossy=True, takes_missing=True)
def default(value: Any, other: str) -> Any:
    """Take this text where there is no value."""
    return other if missing(value) else value


@transform(accepts="list", gives="any", lossy=True, takes_missing=True)
def first_of(value: Any) -> Any:
    """Take the first of several values that is there."""
    if not isinstance(value, list):
        return value
    return next((element for element in value if not missing(element)), ABSENT)


@transform(accepts="list", gives="integer", lossy=True)
def count(value: Any) -> int:
    """Count the elements."""
    return len(_list(value))


@transform(accepts="list", gives="decimal", lossy=True, name="sum")
def total(value: Any) -> Decimal:
    """Add the elements; the sum of none is 0."""
    return sum((_number(element) for element in _list(value)), Decimal(0))


@transform(accepts="list", gives="decimal", lossy=True)
def product(value: Any) -> Decimal:
    """Multiply the elements."""
    result = Decimal(1)
    for element in _list(value):
        result *= _number(element)
    return result


ELEMENTWISE: Final = frozenset(
    {"to_text", "to_integer", "to_decimal", "to_boolean", "trim", "lower", "upper"}
)
"""Transforms that work on every element when they are given a list."""


def check_arguments(entry: Transform, arguments: tuple[Any, ...]) -> Iterator[str]:
    """Yield what is wrong with arguments whose kind is right."""
    match entry.name, arguments:
        case "round", (int(digits), str(mode)):
            if mode not in _MODES:
                yield f"there is no rounding mode {mode!r}; modes: {', '.join(_MODES)}"
            if not 0 <= digits <= 12:
                yield "`round` takes 0 to 12 digits"
        case "convert", (str(unit), str(to), str(other)):
            unknown = [word for word in (unit, other) if word not in _UNITS]
            if to != "to":
                yield f"`convert` is written as in `convert g to kg`, not {unit} {to} {other}"
            elif unknown:
                yield f"there is no unit {unknown[0]!r}; units: {', '.join(_UNITS)}"
            elif _UNITS[unit][0] != _UNITS[other][0]:
                yield f"{unit} and {other} do not measure the same thing"
        case "in_zone", (str(zone),):
            try:
                ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                yield f"there is no time zone {zone!r}; write a name such as Europe/Berlin"
        case (("truncate" | "pad_left" | "minor_units" | "major_units"), (int(length), *_)):
            if not 0 <= length <= 100_000:
                yield f"`{entry.name}` takes a length from 0 to 100000"
        case _:
            return
