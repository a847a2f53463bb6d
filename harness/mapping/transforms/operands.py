"""The values that transforms work on: taken as what they must be, or refused."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from typing import Any, Final

from harness.mapping.transforms.entries import Refused
from harness.mapping.values import Uncomparable, shown, to_decimal, to_instant

LARGEST_EXPONENT: Final = 1000
LONGEST_TEXT: Final = 1_000_000
_MOST_SHOWN: Final = 60
_PRECISION: Final = 4 * LARGEST_EXPONENT

# The usual context rounds to 28 digits without a word; amounts are exact here, or refused.
EXACT: Final = Context(prec=_PRECISION, traps=[InvalidOperation, DivisionByZero, Overflow, Inexact])
# A quotient that does not come out even keeps 50 digits.
QUOTIENT: Final = Context(prec=50, traps=[InvalidOperation, DivisionByZero, Overflow])
ROUNDING: Final = Context(prec=_PRECISION, traps=[InvalidOperation, DivisionByZero, Overflow])


def quoted(value: Any) -> str:
    """Return a value for a sentence, cut where it is long."""
    said = shown(value)
    return repr(said) if len(said) <= _MOST_SHOWN else f"{said[:_MOST_SHOWN]!r}…"


def word(value: Any) -> str:
    """Return one value as its text, or refuse; a list or an object has none."""
    if isinstance(value, (dict, list)):
        raise Refused("a list or an object has no text")
    said = shown(value)
    if isinstance(value, int) and len(said) > _PRECISION:
        raise Refused("the number has too many digits")
    return said


def number(value: Any) -> Decimal:
    """Return an exact number of a size that can be worked with, or refuse."""
    try:
        found = to_decimal(value)
    except Uncomparable as error:
        raise Refused(f"{quoted(value)} is not a number") from error
    if not -LARGEST_EXPONENT <= found.adjusted() <= LARGEST_EXPONENT:
        raise Refused("the number is out of range")
    return found


def whole(value: Any) -> int:
    """Return a whole number, or refuse."""
    found = number(value)
    if found != found.to_integral_value():
        raise Refused(f"{quoted(value)} is not a whole number")
    return int(found)


def text(value: Any) -> str:
    """Return a text, or refuse."""
    if not isinstance(value, str):
        raise Refused(f"{quoted(value)} is not text")
    return value


def elements(value: Any) -> list[Any]:
    """Return the elements of a list, or refuse."""
    if not isinstance(value, list):
        raise Refused(f"{quoted(value)} is not a list")
    return value


def encoded(value: Any) -> bytes:
    """Return a text in UTF-8, or refuse; half a character has no such form."""
    try:
        return text(value).encode()
    except UnicodeEncodeError as error:
        raise Refused("the text holds half a character (a lone surrogate)") from error


def moment(value: Any) -> datetime:
    """Return an instant in UTC, or refuse."""
    if not isinstance(value, str):
        raise Refused(f"{quoted(value)} is not an instant")
    try:
        return to_instant(value)
    except Uncomparable as error:
        raise Refused(str(error)) from error


def written(instant: datetime) -> str:
    """Return an instant in UTC as it is written, with Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
