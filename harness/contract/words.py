"""The words that sections of a contract share: paths, pipes, terms, shares, outcomes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from harness.mapping import parse_condition, parse_expression, parse_path, parse_pipe

Family = Literal["fields", "timing", "delivery", "failures", "owners"]
FAMILIES: tuple[Family, ...] = ("fields", "timing", "delivery", "failures", "owners")
SeverityWord = Literal["blocker", "major", "minor", "note"]
Role = Literal["business", "source", "target", "integration"]
ROLES: Final[tuple[Role, ...]] = ("business", "source", "target", "integration")
Action = Literal[
    "retry",
    "renew_and_retry",
    "reread_and_retry",
    "park",
    "skip",
    "treat_as_success",
    "stop",
    "undo",
]
WhenMissing = Literal["park", "fail", "leave_out"]

TIMES: Final = " * "
"""Between the factors of a term: ``price * quantity`` of one and the same row."""

# What an editor is told of a list that may be written as its only element.
_ONE_OR_MORE: Final = WithJsonSchema(
    {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
)
_NUMBER: Final = re.compile(r"\d+(\.\d+)?")


def _path(text: str) -> str:
    parse_path(text)
    return text


def _pipe(text: str) -> str:
    parse_pipe(text)
    return text


def _expression(text: str) -> str:
    parse_expression(text)
    return text


def _condition(data: Mapping[str, Any]) -> Mapping[str, Any]:
    parse_condition(data)
    return data


def _as_term(value: Any) -> Any:
    # A number stands for itself: `equals: [0]`.
    return str(value) if isinstance(value, (int, Decimal)) and value is not True else value


def _term(text: str) -> str:
    for factor in text.removeprefix("-").split(TIMES):
        if not _NUMBER.fullmatch(factor):
            parse_path(factor)
    return text


def _as_list(value: Any) -> Any:
    return (value,) if isinstance(value, (str, int, Decimal)) else value


def _share(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d{1,2}(\.\d+)?%", value):
        return Fraction(Decimal(value[:-1])) / 100
    if isinstance(value, Fraction) and 0 < value < 1:
        return value
    raise ValueError(f"{value!r} is not a share; write a percentage below 100 such as `99%`")


def _percentage(share: Fraction) -> str:
    percent = share * 100
    return f"{(Decimal(percent.numerator) / percent.denominator).normalize():f}%"


def _response_status(text: str) -> str:
    if text == "otherwise" or re.fullmatch(r"[1-5](\d\d|xx)|timeout|no_connection", text):
        return text
    if re.fullmatch(r"[a-z][a-z0-9_]*", text):
        return text
    raise ValueError(
        f"{text!r} is not an outcome; write a status (`422`), a class (`5xx`), `timeout`, "
        "`no_connection`, a named answer of the target, or `otherwise`"
    )


def _clock_time(text: Any) -> Any:
    if isinstance(text, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        return text
    raise ValueError(f'{text!r} is not a time of day; write it as "14:00"')


PathText = Annotated[str, AfterValidator(_path)]
Paths = Annotated[tuple[PathText, ...], BeforeValidator(_as_list), _ONE_OR_MORE]
PipeText = Annotated[str, AfterValidator(_pipe)]
ExpressionText = Annotated[str, AfterValidator(_expression)]
ConditionData = Annotated[dict[str, Any], AfterValidator(_condition)]
Term = Annotated[str, BeforeValidator(_as_term), AfterValidator(_term)]
Terms = Annotated[
    tuple[Term, ...],
    BeforeValidator(_as_list),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": ["string", "number"]},
                {"type": "array", "items": {"type": ["string", "number"]}},
            ]
        }
    ),
]
Share = Annotated[
    Fraction,
    BeforeValidator(_share),
    PlainSerializer(_percentage, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,2}(\.\d+)?%$", "examples": ["99%"]}),
]
Outcome = Annotated[str, AfterValidator(_response_status)]
Version = Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
ClockTime = Annotated[
    str,
    BeforeValidator(_clock_time),
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$"}),
]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
ContractId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
Subject = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
"""A message or a record of a system, ``system.name``."""
Joined = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_-]*$")]
"""A message or record, ``system.name``, or a table, ``tables.name``."""
Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$", examples=["2026-03-02"])]
