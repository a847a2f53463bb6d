"""Two values are the same when their declared type says so; a veiled one is never guessed."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.mapping import (
    ABSENT,
    Uncomparable,
    Veiled,
    canonical_text,
    comparable,
    same,
    shown,
    to_instant,
    veil,
    veiled_from_json,
    veiled_to_json,
)


def mac(text: str) -> str:
    """Return a digest, as a keyed one would be."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("left", "right", "type_"),
    [
        ("1.0", Decimal("1.00"), "decimal"),
        (1, Decimal("1.0"), "integer"),
        ("2026-03-02T09:00:00+01:00", "2026-03-02T08:00:00Z", "instant"),
        (None, ABSENT, "text"),
        ({"a": 1, "b": [2]}, {"b": [2], "a": 1}, "any"),
    ],
)
def test_spellings_of_one_value_are_the_same(left: object, right: object, type_: str) -> None:
    """Decimals agree by value, instants as instants, mappings in any order."""
    assert same(left, right, type_) is True


@pytest.mark.parametrize(
    ("left", "right", "type_"),
    [
        ("01234", "1234", "text"),
        ("NO", False, "text"),
        ("\u00e9", "e\u0301", "text"),
        ("1", 1, "integer"),
        ("", None, "text"),
        ("2026-03-02T09:00:00+01:00", "2026-03-02T09:00:00Z", "instant"),
    ],
)
def test_different_values_stay_different(left: object, right: object, type_: str) -> None:
    """A lost zero, a lost zone, a truth value in place of a country are seen."""
    assert same(left, right, type_) is False


def test_a_tolerance_allows_a_small_difference() -> None:
    """A cent is allowed when a cent was agreed."""
    assert same("10.00", "10.01", "decimal", tolerance=Decimal("0.01")) is True
    assert same("10.00", "10.02", "decimal", tolerance=Decimal("0.01")) is False


def test_veiled_values_compare_by_digest() -> None:
    """The same value under the same key is the same; another one is not."""
    assert same(veil("Ada", "text", mac), veil("Ada", "text", mac)) is True
    assert same(veil("Ada", "text", mac), veil("Bob", "text", mac)) is False


def test_without_digests_only_the_length_tells() -> None:
    """Veiled without a key: unequal lengths differ, equal ones cannot be known."""
    assert same(veil("Ada", "text", None), veil("Bob", "text", None)) is None
    assert same(veil("Ada", "text", None), veil("Robert", "text", None)) is False


def test_a_veiled_value_against_a_plain_one_is_never_the_same() -> None:
    """Nobody without the key can say that they agree."""
    assert same(veil("Ada", "text", mac), "Ada") is None
    assert same(veil("Ada", "text", mac), None) is False


@given(st.text())
def test_a_veil_survives_storage(text: str) -> None:
    """Stored and read back, a veiled value is the same."""
    hidden = veil(text, "text", mac)

    assert veiled_from_json(veiled_to_json(hidden)) == hidden
    assert hidden == Veiled(mac(canonical_text(text, "text")), len(text), text.isascii())


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12))
def test_trailing_zeros_never_matter(number: Decimal) -> None:
    """A decimal agrees with itself written with two more zeros."""
    longer = Decimal(f"{number:f}" + ("00" if "." in f"{number:f}" else ".00"))

    assert same(number, longer, "decimal") is True
    assert canonical_text(number, "decimal") == canonical_text(longer, "decimal")


@given(
    number=st.integers(-(10**30), 10**30).map(lambda small: small * 10**5000 + 1),
    type_=st.sampled_from(["any", "boolean", "date", "decimal", "instant", "integer", "text"]),
)
def test_a_number_of_thousands_of_digits_is_a_value_like_others(number: int, type_: str) -> None:
    """It has a text, is the same as itself alone, and is refused with our own failure only."""
    assert shown(number) == str(Decimal(number))
    assert same(number, number, type_) is True
    assert same(number, number + 1, type_) is False
    assert veil(number, type_, None).length == len(shown(number))
    if type_ not in ("integer", "decimal", "any"):
        with pytest.raises(Uncomparable):
            comparable(number, type_)


@given(st.one_of(st.integers(), st.integers().map(lambda n: n**900), st.booleans(), st.floats()))
def test_what_is_no_text_is_no_instant(value: object) -> None:
    """Whatever comes, the failure is our own."""
    with pytest.raises(Uncomparable, match="is not an instant"):
        to_instant(value)
