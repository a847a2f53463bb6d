"""How a target refuses a message: each field held against what its system says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from harness.landscape import FieldSpec, Message, Required
from harness.mapping import (
    ABSENT,
    Uncomparable,
    comparable,
    parse_condition,
    parse_path,
    read_all,
    to_decimal,
)

_COUNTRY = re.compile(r"[A-Z]{2}")
_CURRENCY = re.compile(r"[A-Z]{3}")


@cache
def _is_country(value: Any) -> bool:
    """Return whether a text is an officially assigned code of ISO 3166-1 alpha-2."""
    import pycountry  # noqa: PLC0415 - reads its tables when it is first asked

    text = isinstance(value, str) and _COUNTRY.fullmatch(value) is not None
    return text and pycountry.countries.get(alpha_2=value) is not None


@dataclass(frozen=True, slots=True)
class Violation:
    """One field that is not as its system wants it."""

    field: str
    code: str
    message: str


def violations(message: Message, body: Any) -> list[Violation]:
    """Return everything in which a body breaks the fields of its message, in their order."""
    return [
        Violation(".".join(map(str, found.at)), code, text)
        for path, spec in message.fields.items()
        for found in read_all(parse_path(path), body)
        for code, text in _wrong(spec, found.value, body)
    ]


def _wrong(spec: FieldSpec, value: Any, body: Any) -> Iterator[tuple[str, str]]:
    if value is ABSENT or (value is None and not spec.nullable):
        if _required(spec, body):
            yield "required", "a value is required"
        elif value is None:
            yield "null", "null is not allowed; leave the field out"
    elif value is not None:
        try:
            comparable(value, spec.type)
        except (Uncomparable, ArithmeticError):
            yield "type", f"expected {spec.type}"
        else:
            yield from _out_of_bounds(spec, value)


def _required(spec: FieldSpec, body: Any) -> bool:
    if isinstance(spec.required, Required):
        return parse_condition(spec.required.when).holds_for(body) is True
    return spec.required == "always"


def _out_of_bounds(spec: FieldSpec, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and spec.max is not None and len(value) > spec.max:
        yield "too_long", f"{len(value)} characters; at most {spec.max} are allowed"
    if spec.enum and not spec.open_enum and value not in spec.enum:
        yield "not_allowed", f"allowed: {', '.join(spec.enum)}"
    if spec.type == "country_code" and not _is_country(value):
        yield "unknown_country", "not an assigned code of ISO 3166-1 alpha-2"
    if spec.type == "currency_code" and not _CURRENCY.fullmatch(value):
        yield "unknown_currency", "expected three capital letters"
    if spec.encoded_as and isinstance(value, str) != (spec.encoded_as == "text"):
        yield "encoding", f"a number is sent as JSON {spec.encoded_as}"
    if spec.type in ("decimal", "integer"):
        yield from _too_exact(spec, to_decimal(value))


def _too_exact(spec: FieldSpec, number: Decimal) -> Iterator[tuple[str, str]]:
    _, digits, exponent = number.as_tuple()
    decimals = max(-exponent, 0) if isinstance(exponent, int) else 0
    if spec.decimals is not None and decimals > spec.decimals:
        yield "decimals", f"{decimals} decimals; at most {spec.decimals} are allowed"
    if spec.digits is not None and len(digits) > spec.digits:
        yield "digits", f"{len(digits)} digits; at most {spec.digits} are allowed"
