"""An expression reads what it says, calculates exactly, and can do nothing else."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.mapping import ABSENT, Refused, Veiled, parse_expression, reader

ORDER: dict[str, Any] = {
    "first": "Ada",
    "last": "Quist",
    "qty": 3,
    "price": Decimal("0.10"),
    "paid": True,
    "lines": [{"sku": "A", "qty": 2, "note": None}, {"sku": "B", "qty": 3}],
    "note": None,
    "odd.key": "odd",
    "mail": Veiled(None, 3, ascii=True),
}


def value(text: str, order: Any = ORDER) -> Any:
    """Return what an expression makes of an order."""
    return parse_expression(text).evaluate(reader(order))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('first ~ " " ~ last', "Ada Quist"),
        ("first ~ qty ~ 1.50 ~ paid", "Ada31.50true"),
        ("qty * price", Decimal("0.30")),
        ("0.1 + 0.2", Decimal("0.3")),
        ("0.1 + 0.2 == 0.3", True),
        ("1.10", Decimal("1.10")),
        ("12345678901234567890.123456789", Decimal("12345678901234567890.123456789")),
        ("-qty", Decimal(-3)),
        ("+qty - -1", Decimal(4)),
        ("(qty / 7) | round(3, 'half_up')", Decimal("0.429")),
        ("lines.0.sku ~ lines[1]['sku']", "AB"),
        ('path("lines.*.qty") | sum', Decimal(5)),
        ('path("lines.*.sku") | join("+")', "A+B"),
        ("path('\"odd.key\"')", "odd"),
        ("first | upper | truncate(2)", "AD"),
        ("first if qty > 2 else last", "Ada"),
        ("first if qty in [1, 2] else last", "Quist"),
        ("paid and not (qty < 1)", True),
        ("note | default('none')", "none"),
        ("note is defined", False),
        ("note is undefined and first is defined", True),
        ("note", ABSENT),
        ("note | upper", ABSENT),
        ("first if qty > 9 else none", ABSENT),
        ("lines.7.sku", ABSENT),
        ("loop", ABSENT),
        ("self", ABSENT),
    ],
)
def test_an_expression_gives(text: str, expected: Any) -> None:
    """Paths, texts, exact numbers, conditions and every transform."""
    made = value(text)

    assert made == expected
    assert str(made) == str(expected)


def test_what_it_reads_is_known_before_it_runs() -> None:
    """Every path is listed once, in the order of the text, also in a branch not taken."""
    found = parse_expression('a.b if lines[0].qty > 1 else path("lines.*.sku") | first ~ a.b')

    assert [str(path) for path in found.paths] == ["lines.0.qty", "a.b", "lines.*.sku"]
    assert [str(stage) for stage in found.stages] == ["first"]
    assert str(found) == found.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("first + last", r"`\+` takes numbers, not 'Ada'.*`~` puts texts together"),
        ("first * 1000000000", "takes numbers"),
        ("-first", "`-` takes numbers"),
        ("note ~ first", "missing"),
        ("note + 1", "`note` has no value"),
        ("-note", "`note` has no value"),
        ("first == 'x' or note > 1", "`note` has no value"),
        ("(note | upper) == 'X'", "`note` has no value"),
        ("first < 3", "no order"),
        ("qty / 0", "no number of a reasonable size"),
        ("lines ~ first", "has no text"),
        ("qty | upper", "upper: '3' is not text"),
        ("mail", "`mail` is personal"),
    ],
)
def test_values_that_do_not_fit_are_refused(text: str, said: str) -> None:
    """The refusal quotes the expression and names the operand."""
    with pytest.raises(Refused, match=said):
        value(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1 to 500 characters"),
        ("a" * 501, "not 501"),
        ("first.__class__", "begins with `_`"),
        ("_first", "begins with `_`"),
        ("path('a._b')", "begins with `_`"),
        ("lines['__class__']", "begins with `_`"),
        ("range(10)", "nothing is called"),
        ("first.upper()", "nothing is called"),
        ("lipsum()", "nothing is called"),
        ("path(first)", "nothing is called"),
        ("path('a', 'b')", "nothing is called"),
        ("path('lines[0]')", "lines.0.sku"),
        ("(first | upper).x", "has no parts"),
        ("lines[qty]", "has no parts"),
        ("lines[:1]", "has no parts"),
        ("lines[true]", "has no parts"),
        ("qty ** 9", r"`\*\*` is not known"),
        ("qty // 2", "`//` is not known"),
        ("'%d' % qty", "`%` is not known"),
        ("{'a': 1}", "not an object"),
        ("first if paid", "write `else none`"),
        ("first is string", "`defined` or `undefined`"),
        ("first | abs", "no transform 'abs'"),
        ("first | truncat(2)", "did you mean 'truncate'"),
        ("first | truncate(-2)", "whole number"),
        ("first | truncate(2.5)", "whole number"),
        ("first | truncate(qty)", "text in quotes or a number"),
        ("first | truncate(length=2)", "without names"),
        ("first | convert('g', 'to', 'cm')", "same thing"),
        ("1_000.5", "not a number"),
        ("1e9999", "not a number"),
        ("first ~", "cannot be read"),
        ("first last", "should end before 'last'"),
        ("{{ first }}", "without `{{`"),
        ("first }} x {{ last", "without `{{`"),
        ("first # last", "cannot be read"),
        ("not " * 100 + "paid", "nested too deeply"),
        ("(" * 249 + ")" * 249, "cannot be read|nested"),
        (" + ".join(["1"] * 40), "nested too deeply"),
    ],
)
def test_what_cannot_stand_in_an_expression_is_refused(text: str, said: str) -> None:
    """The message says what to write instead; nothing of this is ever run."""
    with pytest.raises(ValueError, match=said):
        parse_expression(text)


NAMES = ["first", "qty", "note", "lines", "path", "number", "upper", "truncate", "sum", "range"]
SIGNS = [*"()[]{}.,|~+-*/%<#\\\n", "==", "__class__"]
VALUES = ["'a'", '"b"', "1", "2.5", "1e5", "none", "true"]
KEYWORDS = ["not", "and", "or", "if", "else", "in", "is", "defined", "for"]
WORDS = st.sampled_from([*NAMES, *SIGNS, *VALUES, *KEYWORDS])


@given(st.lists(WORDS, max_size=14).map(" ".join) | st.text(max_size=40))
def test_no_text_and_no_value_crashes(text: str) -> None:
    """Any text is an expression or is refused, and so is any result."""
    try:
        result = value(text)
    except ValueError as error:
        result = str(error)
    assert result is ABSENT or isinstance(result, (str, bool, Decimal, list, dict))


NUMBERS = st.decimals(-(10**12), 10**12, places=6)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_sums_and_products_are_exact(a: Decimal, b: Decimal, c: Decimal) -> None:
    """The result is the one of arithmetic, to the last digit."""
    made = value(f"a * b + c - {abs(a):f}", {"a": a, "b": b, "c": c})

    assert Fraction(made) == Fraction(a) * Fraction(b) + Fraction(c) - abs(Fraction(a))
