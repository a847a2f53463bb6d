"""Pipes do what their transforms say, refuse what they cannot take, and are typed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.mapping import ABSENT, Limits, Refused, parse_pipe


def test_nothing_comes_out_of_nothing() -> None:
    """A missing value stays missing on its way through the pipe."""
    assert parse_pipe("trim | lower").apply(None) is ABSENT


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("to_decimel", "did you mean 'to_decimal'"),
        ("round 2", "round DIGITS MODE"),
        ("round 2 nearest", "half_up"),
        ("truncate long", "whole number"),
        ("truncate -1", "whole number"),
        ("lower |", "missing beside"),
        ('join "', "not closed"),
        ("count | lower", "`count` gives integer, and `lower` takes text.*put `to_text`"),
        ("count | sum", "`count` gives integer, and `sum` takes list"),
        ('join " " | sum', "gives text, and `sum` takes list"),
        ("lower | round 2 half_up", "takes number.*put `to_decimal`"),
        ("distinct | split ,", "gives list.*take one element"),
        ("to_utc | truncate 10", "gives instant.*`format_date`"),
        ("to_boolean | sum | lower", "gives decimal, and `lower` takes text"),
    ],
)
def test_a_wrong_pipe_is_refused_when_it_is_read(text: str, said: str) -> None:
    """The message names the transform and what it takes."""
    with pytest.raises(ValueError, match=said):
        parse_pipe(text)


@pytest.mark.parametrize(
    "text", ["split , | trim | join ;", "to_decimal | sum", "trim | first | lower", "first | sum"]
)
def test_what_works_on_each_element_keeps_a_list(text: str) -> None:
    """What goes in may be a list, and stays one through such transforms."""
    assert str(parse_pipe(text)) == text


def test_each_element_goes_both_ways() -> None:
    """An elementwise pipe reverses every element, and leaves missing ones missing."""
    pipe = parse_pipe("add_prefix A- | add_suffix !")

    assert pipe.apply(["x", None]) == ["A-x!", None]
    assert pipe.invert(["A-x!", None]) == ["x", None]


def test_an_argument_left_out_has_its_default() -> None:
    """A pipe with and without the default is the same pipe, and is written in full."""
    assert parse_pipe("format_number 2") == parse_pipe("format_number 2 point")
    assert str(parse_pipe("format_number 2")) == "format_number 2 point"


def test_limits_pass_through_a_pipe() -> None:
    """What is known of the text or number before is carried on, stage by stage."""
    assert parse_pipe("truncate 20 | add_prefix SO-").limits() == Limits(max_length=23)
    assert parse_pipe("trim").limits(Limits(max_length=9)) == Limits(max_length=9)
    assert parse_pipe("to_decimal | round 2 half_up").limits() == Limits(decimals=2)
    assert parse_pipe("truncate 20 | to_ascii").limits() == Limits(ascii=True)


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
