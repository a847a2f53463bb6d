"""Transforms between units of measure, by exact factors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from fractions import Fraction
from typing import Any, Final, Literal

from harness.errors import did_you_mean
from harness.mapping.transforms.entries import Limits, transform
from harness.mapping.transforms.operands import EXACT, QUOTIENT, number

# The international yard and pound are exactly 0.9144 m and 0.45359237 kg (agreement of 1959);
# the others follow: NIST Special Publication 811, appendix B. Litre and minute: SI brochure,
# table 8. A US gallon is 231 cubic inches.
_FACTORS: Final[Mapping[str, Mapping[str, str]]] = {
    "mass": {
        "mg": "0.001",
        "g": "1",
        "kg": "1000",
        "t": "1000000",
        "oz": "28.349523125",
        "lb": "453.59237",
    },
    "length": {
        "mm": "1",
        "cm": "10",
        "m": "1000",
        "km": "1000000",
        "in": "25.4",
        "ft": "304.8",
        "yd": "914.4",
        "mi": "1609344",
    },
    "area": {"cm2": "1", "m2": "10000", "in2": "6.4516", "ft2": "929.0304"},
    "volume": {
        "ml": "1",
        "cl": "10",
        "l": "1000",
        "cm3": "1",
        "m3": "1000000",
        "in3": "16.387064",
        "ft3": "28316.846592",
        "us_fl_oz": "29.5735295625",
        "us_gal": "3785.411784",
    },
    "time": {"ms": "0.001", "s": "1", "min": "60", "h": "3600", "d": "86400"},
    "count": {"each": "1", "pair": "2", "dozen": "12", "gross": "144"},
}
UNITS: Final[Mapping[str, tuple[str, Fraction]]] = {
    unit: (measure, Fraction(factor))
    for measure, units in _FACTORS.items()
    for unit, factor in units.items()
}
"""Each unit with what it measures, and its size in the smallest terms of that measure."""

# On the way back 40 of the 50 digits of a quotient are kept, so that every number of up to 40
# digits comes back as it was.
_BACK: Final = Context(prec=40, traps=[InvalidOperation, DivisionByZero, Overflow])


def _even(ratio: Fraction) -> bool:
    """Return whether dividing by it always comes out even, in decimal digits."""
    rest = ratio.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def _times(value: Decimal, ratio: Fraction, context: Context) -> Decimal:
    """Return a number times a ratio; exactly where that comes out even."""
    product = EXACT.multiply(value, Decimal(ratio.numerator))
    return (EXACT if _even(ratio) else context).divide(product, Decimal(ratio.denominator))


def _ratio(unit: str, other: str) -> Fraction:
    return UNITS[unit][1] / UNITS[other][1]


def _convert(value: Any, unit: str, _to: str, other: str) -> Decimal:
    return _times(number(value), _ratio(unit, other), QUOTIENT)


def _convert_back(value: Any, unit: str, _to: str, other: str) -> Decimal:
    there, back = _ratio(unit, other), _ratio(other, unit)
    if _even(there) and _even(back):
        return _times(number(value), back, EXACT)
    return _BACK.plus(_times(number(value), back, QUOTIENT))


def _known(unit: str, _to: str, other: str) -> Iterator[str]:
    strange = [word for word in (unit, other) if word not in UNITS]
    for word in strange:
        near = did_you_mean(word, list(UNITS)) or f"units: {', '.join(UNITS)}"
        yield f"there is no unit {word!r} ~ hint: {near}"
    if not strange and UNITS[unit][0] != UNITS[other][0]:
        measure = UNITS[unit][0]
        yield (
            f"{unit} and {other} do not measure the same thing: {unit} is a {measure}, "
            f"to be written in {', '.join(_FACTORS[measure])}"
        )


def _limits(before: Limits, unit: str, _to: str, other: str) -> Limits:
    ratio = _ratio(unit, other)
    bounds = [
        None if bound is None else _times(bound, ratio, QUOTIENT)
        for bound in (before.lower, before.upper)
    ]
    decimals = None
    if before.decimals is not None and _even(ratio):
        factor = _times(Decimal(1), ratio, EXACT).normalize()
        decimals = max(before.decimals - int(factor.as_tuple().exponent), 0)
    return Limits(decimals=decimals, lower=bounds[0], upper=bounds[1])


@transform(
    accepts="number",
    gives="decimal",
    inverse=_convert_back,
    each=True,
    check=_known,
    limits=_limits,
)
def convert(value: Any, unit: str, to: Literal["to"], other: str) -> Decimal:
    """Convert between units of one measure, such as `g kg lb oz` or `cm in`: `convert g to kg`."""
    return _convert(value, unit, to, other)
