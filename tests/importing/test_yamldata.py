"""Vendor YAML is read as YAML 1.2 means it, at any depth, and places are found again."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.importing.yamldata import Unreadable, place_in, yaml_data

PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(st.characters(codec="ascii"))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text("abc:#-{ \t'\"", max_size=4), inner, max_size=3),
    ),
    max_leaves=10,
)


def read(text: str) -> Any:
    """Read a text in which nothing is given twice."""
    twice: dict[str, None] = {}
    data = yaml_data(text, twice=twice)
    assert not twice
    return data


def test_countries_and_days_stay_texts() -> None:
    """YAML 1.1 would make `NO` false, a day a date, and a port a number of base 60."""
    assert read("[NO, on, 2026-03-02, 22:30, true, ~, 1.50, 012]") == [
        "NO", "on", "2026-03-02", "22:30", True, None, Decimal("1.50"), 12,
    ]  # fmt: skip


def test_keys_are_names() -> None:
    """A status is written as a number and looked up as a text."""
    assert read("{200: 1, null: 2, true: 3}") == {"200": 1, "null": 2, "true": 3}


def test_aliases_and_merges_are_followed() -> None:
    """What stands beside a merge wins over it."""
    text = "a: &a {x: 1, y: 2}\nb: {y: 3, <<: *a}\nc: *a\n"

    assert read(text) == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}, "c": {"x": 1, "y": 2}}


def test_what_is_given_twice_is_told() -> None:
    """The last one counts, and the name is kept for a note."""
    twice: dict[str, None] = {}

    assert yaml_data("a: 1\na: 2\n", twice=twice) == {"a": 2}
    assert list(twice) == ["a"]


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "a: &a {b: *a}", "b: *a", "a: 1\n---\nb: 1"],
    ids=["deep", "inside itself", "unnamed", "two documents"],
)
def test_what_is_not_read_has_a_place(text: str) -> None:
    """A hostile file neither fills the stack nor refers to itself."""
    with pytest.raises(Unreadable) as caught:
        read(text)

    assert caught.value.line >= 1
    assert caught.value.column >= 1


def test_merges_cannot_multiply() -> None:
    """A small text that would become millions of keys is refused."""
    many = ", ".join(f"k{n}: 1" for n in range(20_000))
    text = f"a: &a {{{many}}}\n" + "".join(f"b{n}: {{<<: *a}}\n" for n in range(60))

    with pytest.raises(Unreadable, match="holds more than"):
        read(text)


@given(data=PLAIN)
def test_json_means_the_same_as_yaml(data: Any) -> None:
    """So that a file's name does not decide what its facts are."""
    assert read(json.dumps(data, ensure_ascii=True)) == data


def test_places_are_found_in_yaml_and_in_json() -> None:
    """Line and column of a value, counted from 1; zeros for what is not there."""
    text = '{"a": [\n  {"b": 1},\n  {"b": {"$ref": "x"}}]}'

    assert place_in(text, ("a", "1", "b", "$ref")) == (3, 18)
    assert place_in(text, ("a", "0", "b")) == (2, 9)
    assert place_in(text, ("a", "7")) == (0, 0)
    assert place_in("? {a: b}\n: c\n", ("c",)) == (0, 0)
    assert place_in('{"a": \x01}', ("a",)) == (0, 0)
