"""Transforms of exact numbers: rounding, signs, shares, and how numbers are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
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

from harness.mapping.transforms.entries import Limits, Refused, transform
from harness.mapping.transforms.operands import EXACT, ROUNDING, number, quoted, text, whole

Mode = Literal["half_up", "half_even", "half_down", "up", "down", "ceiling", "floor"]
MODES: Final = {
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "half_down": ROUND_HALF_DOWN,
    "up": ROUND_UP,
    "down": ROUND_DOWN,
    "ceiling": ROUND_CEILING,
    "floor": ROUND_FLOOR,
}
MOST_DIGITS: Final = 12


def rounded(value: Any, digits: int, mode: str) -> Decimal:
    """Return a number rounded to digits after the point."""
    step = Decimal(1).scaleb(-digits)
    return number(value).quantize(step, rounding=MODES[mode], context=ROUNDING)


def scaled(value: Any, digits: int) -> Decimal:
    """Return a number with its point moved to the right, or left by negative digits."""
    return number(value).scaleb(digits, context=EXACT)


def shifted(digits: int) -> Callable[..., Limits]:
    """Return what moving the point by so many digits does to limits."""

    def after(before: Limits) -> Limits:
        decimals = None if before.decimals is None else max(before.decimals - digits, 0)
        bounds = [
            None if bound is None else bound.scaleb(digits)
            for bound in (before.lower, before.upper)
        ]
        return Limits(decimals=decimals, lower=bounds[0], upper=bounds[1])

    return after


def few_digits(digits: int, *_others: Any) -> Iterator[str]:
    """Yield what is wrong with a number of digits after the point."""
    if digits > MOST_DIGITS:
        yield f"a number keeps 0 to {MOST_DIGITS} digits after the point, not {digits}"


def rounded_limits(before: Limits, digits: int, mode: str) -> Limits:
    """Return what rounding does to limits: bounds are rounded, too, since it keeps order."""
    bounds = [
        None if bound is None else rounded(bound, digits, mode)
        for bound in (before.lower, before.upper)
    ]
    return Limits(decimals=digits, lower=bounds[0], upper=bounds[1])


@transform(
    accepts="number",
    gives="decimal",
    lossy=True,
    each=True,
    check=few_digits,
    limits=rounded_limits,
    name="round",
)
def round_to(value: Any, digits: int, mode: Mode) -> Decimal:
    """Round to that many digits after the point; modes: half_up half_even half_down up down."""
    return rounded(value, digits, mode)


def _negative(before: Limits) -> Limits:
    low, high = (None if bound is None else -bound for bound in (before.upper, before.lower))
    return replace(before, lower=low, upper=high)


@transform(
    accepts="number",
    gives="decimal",
    inverse=lambda value: number(value).copy_negate(),
    each=True,
    limits=_negative,
)
def negate(value: Any) -> Decimal:
    """Turn the sign round."""
    return number(value).copy_negate()


def _positive(before: Limits) -> Limits:
    upper = None
    if before.lower is not None and before.upper is not None:
        upper = max(abs(before.lower), abs(before.upper))
    return replace(before, lower=Decimal(0), upper=upper)


@transform(accepts="number", gives="decimal", lossy=True, each=True, limits=_positive)
def absolute(value: Any) -> Decimal:
    """Drop the sign."""
    return number(value).copy_abs()


@transform(
    accepts="number",
    gives="decimal",
    inverse=lambda value: scaled(value, -2),
    each=True,
    limits=shifted(2),
)
def to_percent(value: Any) -> Decimal:
    """Write a share as per cent: 0.19 becomes 19."""
    return scaled(value, 2)


@transform(
    accepts="number",
    gives="decimal",
    inverse=lambda value: scaled(value, 2),
    each=True,
    limits=shifted(-2),
)
def from_percent(value: Any) -> Decimal:
    """Write per cent as a share: 19 becomes 0.19."""
    return scaled(value, -2)


@transform(
    accepts="number",
    gives="integer",
    inverse=lambda value: scaled(value, -4),
    each=True,
    limits=lambda before: replace(shifted(4)(before), decimals=0),
)
def to_basis_points(value: Any) -> int:
    """Write a share in hundredths of a per cent: 0.0725 becomes 725; finer ones are refused."""
    return whole(scaled(value, 4))


@transform(
    accepts="number",
    gives="decimal",
    inverse=lambda value: whole(scaled(value, 4)),
    each=True,
    limits=shifted(-4),
)
def from_basis_points(value: Any) -> Decimal:
    """Write hundredths of a per cent as a share: 725 becomes 0.0725."""
    return scaled(value, -4)


Point = Literal["point", "comma"]
_MARKS: Final = {"point": (".", ","), "comma": (",", ".")}


def _read(value: Any, mark: str) -> Decimal:
    point, grouping = (re.escape(one) for one in _MARKS[mark])
    groups = (
        rf"[0-9]{{1,3}}(?:(?P<gap>[{grouping} \u00a0\u202f'’])[0-9]{{3}}(?:(?P=gap)[0-9]{{3}})*)"
    )
    form = rf"(?P<sign>[+-]?)(?P<whole>{groups}|[0-9]{{1,60}})(?:{point}(?P<rest>[0-9]{{1,60}}))?"
    match = re.fullmatch(form, text(value).strip())
    if match is None:
        raise Refused(f"{quoted(value)} is not a number written with a decimal {mark}")
    digits = re.sub(r"[^0-9]", "", match["whole"])
    fraction = f".{match['rest']}" if match["rest"] else ""
    return number(f"{match['sign']}{digits}{fraction}")


def _write(value: Any, digits: int, mark: str) -> str:
    found = number(value)
    fixed = found.quantize(Decimal(1).scaleb(-digits), context=ROUNDING)
    if fixed != found:
        raise Refused(
            f"{quoted(value)} has more than {digits} digits after the point; round it first"
        )
    # Zero has no sign here; `-0.00` is nobody's amount.
    return f"{fixed or fixed.copy_abs():f}".replace(".", _MARKS[mark][0])


@transform(accepts="text", gives="decimal", lossy=True, each=True)
def parse_number(value: Any, mark: Point) -> Decimal:
    """Read a number with a decimal comma or point: `parse_number comma` of `1.234,56`."""
    return _read(value, mark)


def _written_limits(before: Limits, digits: int, _mark: str = "") -> Limits:
    longest = None
    if before.lower is not None and before.upper is not None:
        longest = max(len(_write_bound(bound, digits)) for bound in (before.lower, before.upper))
    return Limits(max_length=longest, ascii=True)


def _write_bound(bound: Decimal, digits: int) -> str:
    return f"{rounded(bound, digits, 'up'):f}"


@transform(
    accepts="number",
    gives="text",
    inverse=lambda value, _digits, mark: _read(value, mark),
    each=True,
    check=few_digits,
    limits=_written_limits,
)
def format_number(value: Any, digits: int, mark: Point = "point") -> str:
    """Write exactly that many digits after the point: `format_number 2` of 12.3 is `12.30`."""
    return _write(value, digits, mark)
