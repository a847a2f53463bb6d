"""Values as their fields declare them: when two are the same, and values nobody may read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, InvalidOperation
from typing import Any, Final

from harness.mapping.paths import ABSENT
from harness.plurals import counted

Mac = Callable[[str], str]

_WRITTEN_BITS: Final = 2_000
"""Python may refuse to write whole numbers of more than 640 digits; decimals it writes all."""


class Uncomparable(ValueError):
    """The value does not have the form that its type asks for."""


@dataclass(frozen=True, slots=True)
class Veiled:
    """A value that may not be read: a keyed digest, its length, and whether it is ASCII."""

    mac: str | None
    length: int
    ascii: bool

    def __str__(self) -> str:
        return f"(personal, {counted(self.length, 'character')})"


def veiled_to_json(value: Veiled) -> dict[str, Any]:
    """Return the form in which a veiled value is stored."""
    return {"$veiled": {"mac": value.mac, "len": value.length, "ascii": value.ascii}}


def veiled_from_json(data: Mapping[str, Any]) -> Veiled:
    """Return the veiled value that its stored form describes."""
    inner = data["$veiled"]
    return Veiled(inner["mac"], inner["len"], inner["ascii"])


def veil(value: Any, type_: str, mac: Mac | None) -> Veiled:
    """Hide a value; what stays is enough to tell whether another is the same."""
    text = canonical_text(value, type_)
    return Veiled(mac(text) if mac else None, len(shown(value)), text.isascii())


def shown(value: Any) -> str:
    """Return a value as people read it."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if value is ABSENT:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > _WRITTEN_BITS:
        return str(Decimal(value))
    return str(value)


def comparable(value: Any, type_: str) -> Any:
    """Return the canonical form of a value under its declared type.

    Raises:
        Uncomparable: the value does not have the form of the type.
    """
    if value is None or value is ABSENT:
        return None
    convert = _CONVERT.get(type_)
    return _structure(value) if convert is None else convert(value)


def canonical_text(value: Any, type_: str) -> str:
    """Return one text for all spellings of the same value; this is what a veil digests."""
    try:
        canonical = comparable(value, type_)
    except Uncomparable:
        canonical = _structure(value)
    return f"{type(canonical).__name__}:{canonical}" if type_ != "text" else f"str:{canonical}"


def same(
    left: Any, right: Any, type_: str = "any", *, tolerance: Decimal | None = None
) -> bool | None:
    """Return whether two values are the same under a type; None when that cannot be known.

    Absent and null count as the same nothing. A veiled value can be compared with a veiled one
    by digest, and with a plain one by length only.
    """
    if isinstance(left, Veiled) or isinstance(right, Veiled):
        return _same_veiled(left, right)
    if (left is None or left is ABSENT) != (right is None or right is ABSENT):
        return False
    try:
        a, b = comparable(left, type_), comparable(right, type_)
    except Uncomparable:
        return bool(_structure(left) == _structure(right))
    if tolerance is not None and isinstance(a, Decimal) and isinstance(b, Decimal):
        return bool(abs(a - b) <= tolerance)
    return bool(a == b)


def _same_veiled(left: Any, right: Any) -> bool | None:
    if isinstance(left, Veiled) and isinstance(right, Veiled):
        if left.mac is None or right.mac is None:
            return None if left.length == right.length else False
        return bool(left.mac == right.mac)
    veiled, plain = (left, right) if isinstance(left, Veiled) else (right, left)
    if plain is None or plain is ABSENT:
        return False
    text = shown(plain)
    if len(text) != veiled.length or text.isascii() != veiled.ascii:
        return False
    return None


def to_decimal(value: Any) -> Decimal:
    """Return a number exactly; text is read as a plain decimal number.

    Raises:
        Uncomparable: it is no number.
    """
    if isinstance(value, bool):
        raise Uncomparable(f"{shown(value)} is not a number")
    if isinstance(value, (int, Decimal)):
        number = Decimal(value)
    elif isinstance(value, float):
        number = Decimal(repr(value))
    elif isinstance(value, str) and _NUMBER.fullmatch(value):
        number = Decimal(value)
    else:
        raise Uncomparable(f"{shown(value)!r} is not a number")
    if not number.is_finite():
        raise Uncomparable(f"{shown(value)!r} is not a number")
    return number


def to_instant(value: Any) -> datetime:
    """Return an ISO 8601 instant in UTC.

    Raises:
        Uncomparable: it is no instant, or has no offset.
    """
    if not isinstance(value, str):
        raise Uncomparable(f"{shown(value)!r} is not an instant")
    try:
        instant = datetime.fromisoformat(value)
    except ValueError as error:
        raise Uncomparable(f"{value!r} is not an instant") from error
    if instant.tzinfo is None:
        raise Uncomparable(f"{value!r} has no offset")
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise Uncomparable(f"{value!r} is out of range") from error


_NUMBER: Final = re.compile(r"[+-]?\d{1,60}(\.\d{1,60})?([eE][+-]?\d{1,3})?")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Uncomparable(f"{shown(value)} is not text")
    return value


# The usual context would round what has more than 28 digits, and make two numbers one.
_EXACT: Final = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)


def _integer(value: Any) -> Decimal:
    if isinstance(value, str):
        raise Uncomparable(f"{value!r} is text, not an integer")
    number = to_decimal(value)
    if number != number.to_integral_value():
        raise Uncomparable(f"{value} is not an integer")
    return number.normalize(_EXACT) if number else Decimal(0)


def _decimal(value: Any) -> Decimal:
    try:
        number = to_decimal(value)
        return number.normalize(_EXACT) if number else Decimal(0)
    except InvalidOperation as error:
        raise Uncomparable(f"{value!r} is not a number") from error


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Uncomparable(f"{shown(value)!r} is not true or false")
    return value


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(_text(value))
    except ValueError as error:
        raise Uncomparable(f"{shown(value)!r} is not a date") from error


def _structure(value: Any) -> Any:
    if isinstance(value, Mapping):
        items = ((k, _structure(v)) for k, v in value.items() if not str(k).startswith("$"))
        return ("mapping", tuple(sorted(items)))
    if isinstance(value, (list, tuple)):
        return ("list", tuple(_structure(element) for element in value))
    if isinstance(value, bool) or value is None:
        return ("constant", str(value))
    if isinstance(value, (int, float, Decimal)):
        return ("number", str(_decimal(value)))
    if isinstance(value, Veiled):
        return ("veiled", str(value.mac))
    return ("text", str(value))


_CONVERT: Final[Mapping[str, Callable[[Any], Any]]] = {
    "text": _text,
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "instant": to_instant,
    "date": _date,
    "currency_code": _text,
    "country_code": _text,
}
