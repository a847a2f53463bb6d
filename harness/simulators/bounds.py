"""The rest of what a field says of its values: patterns, smallest numbers, lengths of lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from harness.landscape import FieldSpec, Message
from harness.mapping import ABSENT, Uncomparable, parse_path, read_all, to_decimal
from harness.simulators.validation import Violation, violations


def objections(message: Message, body: Any) -> list[Violation]:
    """Return everything in which a body breaks the fields of its message."""
    return violations(message, body) + [
        Violation(".".join(map(str, found.at)), code, text)
        for path, spec in message.fields.items()
        for found in read_all(parse_path(path), body)
        for code, text in _outside(spec, found.value)
    ]


def _outside(spec: FieldSpec, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if spec.pattern is not None and not re.fullmatch(spec.pattern, value):
            yield "pattern", "the value does not have the form of the field"
        if spec.min is not None and len(value) < spec.min:
            yield "too_short", f"at least {spec.min} characters are needed"
    if spec.type == "list" and value is not ABSENT and not isinstance(value, list | None):
        yield "type", "expected list"
    if isinstance(value, list):
        if spec.fewest is not None and len(value) < spec.fewest:
            yield "too_few", f"at least {spec.fewest} elements are needed"
        if spec.most is not None and len(value) > spec.most:
            yield "too_many", f"at most {spec.most} elements are allowed"
    if spec.type in ("decimal", "integer"):
        yield from _out_of_range(spec, value)


def _out_of_range(spec: FieldSpec, value: Any) -> Iterator[tuple[str, str]]:
    try:
        number = to_decimal(value)
    except (Uncomparable, ArithmeticError):
        return  # what is no number is refused by its type
    if spec.digits is not None and _written(number) <= spec.digits <= number.adjusted():
        yield "digits", f"at most {spec.digits} digits are allowed, written out"
    if spec.at_least is not None and number < spec.at_least:
        yield "too_small", f"at least {spec.at_least}"
    if spec.at_most is not None and number > spec.at_most:
        yield "too_large", f"at most {spec.at_most}"


def _written(number: Decimal) -> int:
    """Return how many digits a number is written with; 1E+20 has one."""
    return len(number.as_tuple().digits)
