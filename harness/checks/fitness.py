"""Whether a message is what its own system says of it; this tells whose breach a refusal is."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from harness.landscape import FieldSpec, Message, Required
from harness.mapping import (
    Uncomparable,
    Veiled,
    comparable,
    missing,
    parse_condition,
    parse_path,
    read_all,
    reader,
    shown,
)


def breaches(message: Message, body: Any) -> Iterator[str]:
    """Yield the fields of a body that break the message's own file, with what is wrong.

    Errs towards none: a field that the file does not name, and a value that may not be read,
    break nothing, save by its length.
    """
    for name, spec in message.fields.items():
        for found in read_all(parse_path(name), body):
            wrong = _wrong(spec, found.value, body)
            if wrong:
                yield f"{'.'.join(str(part) for part in found.at)} {wrong}"


def _wrong(spec: FieldSpec, value: Any, body: Any) -> str:
    if missing(value):
        allowed = (value is None and spec.nullable) or not _required(spec, body)
        return "" if allowed else "is missing"
    if isinstance(value, Veiled):
        return _too_long(spec, value.length)
    try:
        known = comparable(value, spec.type)
    except Uncomparable:
        return f"is no {spec.type.replace('_', ' ')}"
    return (
        (_text_wrong(spec, value) if isinstance(value, str) else "")
        or _not_listed(spec, value)
        or (_number_wrong(spec, value, known) if isinstance(known, Decimal) else "")
    )


def _text_wrong(spec: FieldSpec, value: str) -> str:
    length = {"country_code": 2, "currency_code": 3}.get(spec.type)
    if length is not None and not (len(value) == length and value.isalpha() and value.isupper()):
        return f"is no {spec.type.replace('_', ' ')}"
    return _too_long(spec, len(value)) if spec.type == "text" else ""


def _not_listed(spec: FieldSpec, value: Any) -> str:
    if spec.enum is None or spec.open_enum or shown(value) in spec.enum:
        return ""
    return "is none of " + ", ".join(spec.enum)


def _number_wrong(spec: FieldSpec, value: Any, known: Decimal) -> str:
    if spec.encoded_as is not None and isinstance(value, str) != (spec.encoded_as == "text"):
        return f"is not encoded as {spec.encoded_as}"
    _, digits, exponent = known.as_tuple()
    places = max(0, -exponent) if isinstance(exponent, int) else 0
    if spec.decimals is not None and places > spec.decimals:
        return f"has more than {spec.decimals} decimals"
    whole = len(digits) + exponent if isinstance(exponent, int) and exponent > 0 else len(digits)
    if spec.digits is not None and whole > spec.digits:
        return f"has more than {spec.digits} digits"
    return ""


def _required(spec: FieldSpec, body: Any) -> bool:
    if isinstance(spec.required, Required):
        return parse_condition(spec.required.when).holds(reader(body)) is True
    return spec.required == "always"


def _too_long(spec: FieldSpec, length: int) -> str:
    return f"is longer than {spec.max}" if spec.max is not None and length > spec.max else ""
