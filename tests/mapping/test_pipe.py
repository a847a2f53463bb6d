"""Pipes do what their transforms say, refuse what they cannot take, and are typed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.mapping import ABSENT, Refused, catalogue, parse_pipe


@pytest.mark.parametrize(
    ("pipe", "before", "after"),
    [
        ("to_text", 450789469, "450789469"),
        ("to_decimal", "409.94", Decimal("409.94")),
        ("to_integer", "7", 7),
        ("to_boolean", "TRUE", True),
        ("trim | lower", " Ada@Example.com ", "ada@example.com"),
        ("upper", "no", "NO"),
        ("truncate 3", "ÄÖÜß", "ÄÖÜ"),
        ("pad_left 5 0", "42", "00042"),
        ('drop_prefix "#"', "#1001", "1001"),
        ("add_prefix SO-", "7", "SO-7"),
        ("replace - _", "a-b", "a_b"),
        ("digits_only", "a1-2", "12"),
        ('join " "', ["Ada", "Quist"], "Ada Quist"),
        ("split ,", "a,b", ["a", "b"]),
        ("round 2 half_up", "1.005", Decimal("1.01")),
        ("round 2 half_even", "1.005", Decimal("1.00")),
        ("minor_units 2", "12.34", 1234),
        ("major_units 2", 1234, Decimal("12.34")),
        ("negate", "1.5", Decimal("-1.5")),
        ("absolute", "-1.5", Decimal("1.5")),
        ("convert g to kg | round 3 half_up", 1250, Decimal("1.250")),
        ("to_utc", "2026-03-02T09:00:00+01:00", "2026-03-02T08:00:00Z"),
        ("in_zone Europe/Berlin", "2026-03-02T08:00:00Z", "2026-03-02T09:00:00+01:00"),
        ("date_only", "2026-03-02T23:30:00-05:00", "2026-03-02"),
        ("format_date %d.%m.%Y", "2026-03-02T08:00:00Z", "02.03.2026"),
        ("parse_date %Y%m%d", "20260302", "2026-03-02T00:00:00+00:00"),
        ("country_2", "NOR", "NO"),
        ("country_3", "NO", "NOR"),
        ("e164", "+49 (0)170 1234567", "+491701234567"),
        ("default none", None, "none"),
        ("first_of", [None, "b", "c"], "b"),
        ("count", [1, 2], 2),
        ("to_decimal | sum", ["0.10", "0.20"], Decimal("0.30")),
        ("to_decimal | product", ["0.10", 3], Decimal("0.30")),
        ("to_decimal | sum", [], Decimal(0)),
    ],
)
def test_each_transform_does_what_it_says(pipe: str, before: Any, after: Any) -> None:
    """One line for each entry of the catalogue."""
    assert parse_pipe(pipe).apply(before) == after


def test_every_transform_has_an_example_here() -> None:
    """No transform is in the catalogue without being tried above."""
    mark = test_each_transform_does_what_it_says.pytestmark[0]
    tried = {stage.entry.name for args in mark.args[1] for stage in parse_pipe(args[0]).stages}

    assert tried == set(catalogue())


@pytest.mark.parametrize(
    ("pipe", "value"),
    [
        ("to_decimal", "12,5"),
        ("to_integer", "1.5"),
        ("to_boolean", "yes"),
        ("lower", 5),
        ('join " "', ["Ada", None]),
        ("to_utc", "2026-03-02T09:00:00"),
        ("country_2", "XXX"),
        ("e164", "0170 1234567"),
        ("to_text", {"a": 1}),
    ],
)
def test_a_value_that_does_not_fit_is_refused(pipe: str, value: Any) -> None:
    """Nothing is guessed: the refusal names the transform."""
    with pytest.raises(Refused, match=pipe.split(maxsplit=1)[0]):
        parse_pipe(pipe).apply(value)


def test_nothing_comes_out_of_nothing() -> None:
    """A missing value stays missing on its way through the pipe."""
    assert parse_pipe("trim | lower").apply(None) is ABSENT


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("to_decimel", "to_decimal"),
        ("round 2", "round DIGITS MODE"),
        ("round 2 nearest", "half_up"),
        ("truncate long", "whole number"),
        ("convert g to cm", "same thing"),
        ("in_zone Mars/Base", "time zone"),
        ("count | lower", "gives integer"),
        ("lower |", "missing beside"),
        ('join "', "not closed"),
    ],
)
def test_a_wrong_pipe_is_refused_when_it_is_read(text: str, said: str) -> None:
    """The message names the transform and what it takes."""
    with pytest.raises(ValueError, match=said):
        parse_pipe(text)


REVERSIBLE = ["to_utc", "negate", "minor_units 2", "add_prefix A-", "convert kg to g", "country_3"]


@pytest.mark.parametrize("text", REVERSIBLE)
def test_a_reversible_pipe_goes_both_ways(text: str) -> None:
    """What went in comes out again."""
    value: Any = {"to_utc": "2026-03-02T08:00:00Z", "add_prefix A-": "x", "country_3": "NO"}.get(
        text, Decimal("12.34")
    )
    pipe = parse_pipe(text)

    assert pipe.reversible
    assert pipe.invert(pipe.apply(value)) == value


def test_a_lossy_pipe_cannot_go_back() -> None:
    """Rounding away digits is not undone."""
    with pytest.raises(Refused, match="cannot be reversed"):
        parse_pipe("round 2 half_up").invert(Decimal("1.01"))


@given(
    st.sampled_from(sorted({"trim", "lower | trim", "round 2 half_up", 'join ", "', "truncate 7"}))
)
def test_the_text_of_a_pipe_parses_to_the_same_pipe(text: str) -> None:
    """Digests of rules rest on one spelling of each pipe."""
    assert parse_pipe(str(parse_pipe(text))) == parse_pipe(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
SOME = [
    "to_text",
    "to_decimal",
    "to_integer",
    "round 2 half_up",
    "trim",
    "e164",
    "to_utc",
    "to_decimal | sum",
    'join " "',
    "country_2",
    "minor_units 2",
    "count",
    "date_only",
    "first_of",
]


@given(st.sampled_from(SOME), JSON)
def test_no_value_crashes_a_transform(text: str, value: Any) -> None:
    """Whatever a payload holds, a transform gives a value or refuses it."""
    said = ""
    try:
        parse_pipe(text).apply(value)
    except Refused as error:
        said = str(error)
    assert said == "" or ": " in said
