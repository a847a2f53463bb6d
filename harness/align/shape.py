"""What is known of a value on its way from a source field to a target field."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import cache, reduce
from typing import Any, Final

from harness.align.pair import Feed, RuleView
from harness.landscape import FieldSpec
from harness.mapping import Limits, Stage

NUMBERS: Final = ("integer", "decimal", "number")
_TEXTS: Final = ("text", "currency_code", "country_code")
_ANY: Final = ("any", "list")
_KEEPS_DIGITS: Final = frozenset({"to_decimal", "to_integer", "negate", "absolute", "round"})
_KEEPS_MEASURE: Final = _KEEPS_DIGITS | {
    *("round_money", "to_text", "format_number", "default", "sum", "largest", "smallest"),
    *("first", "last", "nth", "first_of", "drop_missing", "distinct"),
}
"""The transforms that leave a figure in its unit."""
_CHOOSES: Final = frozenset({"first_of", "drop_missing"})
_RECASES: Final = frozenset({"lower", "upper", "capitalize"})
_NOTHING: Final = Limits()
_SETS: Final = re.compile(r"\[(?!\^)(?:\\.|[^\]\\])*\]")
_WIDE: Final = re.compile(r"\\[wWDSsuUxN]|\[\^|\(\?(?!:)")
_DOT: Final = re.compile(r"(?<!\\)\.")
TO_MAJOR: Final = frozenset({"major_units", "from_minor_units", "amount_from_minor_units"})
TO_MINOR: Final = frozenset({"minor_units", "to_minor_units", "amount_to_minor_units"})
"""The transforms that lead from amounts in cents to amounts in whole units, and back."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What every value at one place has in common; None and ``any`` say nothing.

    ``digits`` are those before the point. ``missing`` says that there may be no value, ``null``
    that null may stand in its place; of several values ``all_missing`` says that none may be
    there. ``known`` is false where nothing is known at all.
    """

    kind: str
    limits: Limits = _NOTHING
    digits: int | None = None
    unit: str | None = None
    minor: bool | None = None
    missing: bool = False
    null: bool = False
    all_missing: bool = False
    known: bool = True


UNKNOWN: Final = Shape("any", known=False)


def shape_of(spec: FieldSpec) -> Shape:
    """Return what a system says of a field."""
    kind = "text" if spec.type in _TEXTS else spec.type
    number = kind in ("integer", "decimal")
    decimals = 0 if kind == "integer" else spec.decimals
    longest = spec.max
    if spec.enum is not None and not spec.open_enum and kind == "text":
        known = max(map(len, spec.enum), default=0)
        longest = known if longest is None else min(longest, known)
    if spec.type == "currency_code":
        longest = 3
    elif spec.type == "country_code":
        longest = 2
    ascii_only = spec.charset == "ascii" or spec.type in ("currency_code", "country_code")
    ascii_only = ascii_only or (spec.pattern is not None and _is_plain(spec.pattern))
    if spec.enum is not None and not spec.open_enum:
        ascii_only = ascii_only or all(value.isascii() for value in spec.enum)
    return Shape(
        kind=kind,
        limits=Limits(
            max_length=longest if kind == "text" else None,
            decimals=decimals if number else None,
            lower=spec.at_least,
            upper=spec.at_most,
            ascii=ascii_only,
        ),
        digits=None if spec.digits is None or not number else spec.digits - (decimals or 0),
        unit=spec.unit,
        minor=spec.minor_units if spec.money is not None else None,
        missing=spec.required == "optional",
        null=spec.nullable,
    )


@cache
def _is_plain(pattern: str) -> bool:
    """Return whether a pattern surely takes ASCII alone; in doubt it does not."""
    wide = _WIDE.search(pattern) or _DOT.search(_SETS.sub("", pattern))
    return pattern.isascii() and wide is None


def shape_of_feed(feed: Feed) -> Shape:
    """Return what is known of a source field; a list of values has the shape of one of them."""
    if feed.spec is None:
        return UNKNOWN
    shape = shape_of(feed.spec)
    # Whether the list itself is there is another question than whether each element has a value.
    return replace(shape, missing=False, null=False) if feed.many else shape


def through(shape: Shape, stage: Stage) -> Shape:
    """Return what is known behind a transform."""
    entry = stage.entry
    kind: str = shape.kind if entry.gives == "any" else entry.gives
    if entry.accepts == "list" and entry.gives == "any":
        kind = "any"
    limits = stage.limits(shape.limits)
    if entry.name == "default":
        limits = _either(shape.limits, _listed([_as(shape.kind, stage.arguments[0])]).limits)
    if entry.name in _RECASES:
        # A few letters grow when their case changes; nobody sizes a field for them.
        limits = replace(limits, max_length=shape.limits.max_length)
    after = replace(shape, kind=kind, limits=limits)
    if entry.name not in _KEEPS_DIGITS:
        after = replace(after, digits=None)
    if entry.name not in _KEEPS_MEASURE:
        after = replace(after, unit=None, minor=None)
    if entry.name == "convert":
        after = replace(after, unit=str(stage.arguments[-1]))
    if entry.name in TO_MAJOR | TO_MINOR:
        after = replace(after, minor=entry.name in TO_MINOR)
    if entry.name in _CHOOSES:
        after = replace(after, missing=shape.all_missing, null=False)
    elif entry.takes_missing:
        after = replace(after, missing=False, null=False)
    if entry.name == "missing_if":
        after = replace(after, missing=True)
    return after


def arriving(view: RuleView) -> Shape:
    """Return what is known of the value that a rule gives to the target."""
    rule = view.rule
    if "fixed" in rule.model_fields_set:
        return _fixed(rule.fixed)
    if view.expression is not None or not view.feeds:
        return UNKNOWN
    shape = shape_of_feed(view.feeds[0]) if len(view.feeds) == 1 else _several(view)
    for stage in view.pipe.stages if view.pipe is not None else ():
        shape = through(shape, stage)
    if view.value_map is not None:
        values = list(view.value_map.pairs.values())
        if view.value_map.if_unmapped != "keep":
            shape = replace(_listed(values), missing=shape.missing, null=shape.null)
        else:
            shape = replace(UNKNOWN, missing=shape.missing, null=shape.null)
    return shape


def _several(view: RuleView) -> Shape:
    """Return what is known of a list of source fields; one that is missing leaves no list."""
    shapes = [shape_of_feed(feed) for feed in view.feeds]
    first = shapes[0]
    return Shape(
        kind="list",
        limits=reduce(_either, (one.limits for one in shapes)),
        unit=first.unit if all(one.unit == first.unit for one in shapes) else None,
        minor=first.minor,
        missing=any(one.missing for one in shapes),
        null=any(one.null for one in shapes),
        all_missing=all(one.missing or one.null for one in shapes),
    )


def _either(one: Limits, other: Limits) -> Limits:
    """Return what holds for a value of which one or the other holds."""

    def widest(choose: Callable[..., Any], left: Any, right: Any) -> Any:
        return None if left is None or right is None else choose(left, right)

    return Limits(
        max_length=widest(max, one.max_length, other.max_length),
        decimals=widest(max, one.decimals, other.decimals),
        lower=widest(min, one.lower, other.lower),
        upper=widest(max, one.upper, other.upper),
        ascii=one.ascii and other.ascii,
    )


def _as(kind: str, text: str) -> object:
    """Return a text as the number that it stands for where numbers are."""
    try:
        return Decimal(text) if kind in NUMBERS else text
    except InvalidOperation:
        return text


def _fixed(value: object) -> Shape:
    return _listed([value])


def _listed(values: list[object]) -> Shape:
    if values and all(isinstance(value, str) for value in values):
        texts = [str(value) for value in values]
        limits = Limits(
            max_length=max(map(len, texts)), ascii=all(text.isascii() for text in texts)
        )
        return Shape("text", limits)
    if values and all(isinstance(value, bool) for value in values):
        return Shape("boolean")
    numbers = [Decimal(str(v)) for v in values if isinstance(v, (int, Decimal))]
    if numbers and len(numbers) == len(values):
        whole = all(number == number.to_integral_value() for number in numbers)
        exponents = [-int(number.normalize().as_tuple().exponent) for number in numbers]
        return Shape(
            "integer" if whole else "decimal",
            Limits(decimals=max(0, *exponents), lower=min(numbers), upper=max(numbers)),
        )
    return UNKNOWN


def fits(kind: str, spec: FieldSpec, *, written: bool = False) -> bool:
    """Return whether a kind of value can stand in a field, as far as kinds tell.

    ``written`` says that a text is a time or a day that was written by a pattern.
    """
    wanted = "text" if spec.type in _TEXTS else spec.type
    if kind in _ANY or wanted in _ANY:
        return True
    if written and wanted in ("instant", "date"):
        return True
    if kind == "number":
        return wanted in ("integer", "decimal")
    if kind == wanted:
        return True
    return (kind, wanted) in {("integer", "decimal"), ("decimal", "integer")}
