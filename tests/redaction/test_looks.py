"""What is hidden for its look or its name, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.redaction.looks import (
    PLACEHOLDER,
    Look,
    Looks,
    Name,
    Values,
    by_itself,
    name_of,
    worth_looking_for,
)


@pytest.mark.parametrize(
    "text",
    [
        "Basic T-Shirt",
        "Basic cotton shirt, long sleeves",
        "2026-03-02T08:00:00+00:00",
        "5890840712243",
        "4111111111111112",
        "gid://shopify/Order/5890840712243",
        "https://track.test/p?id=7&lang=de",
        "sold_out",
        "author: unknown",
        "total = 7",
    ],
)
def test_harmless_texts_stay(text: str) -> None:
    """A journal in which everything is hidden judges nothing."""
    assert by_itself(text) is Look.PLAIN


@pytest.mark.parametrize(
    "text",
    [
        "ring ada@example.com first",
        "https://h.test/ada%40example.com",
        "call +49 (0)170 1234567 please",
        "4111 1111 1111 1111",
        "card 378282246310005.",
        "https://t.test/p?api_key=abc",
        '{"access_token": "abc"}',
        "<Password>abc</Password>",
    ],
)
def test_personal_texts_are_known_by_their_look(text: str) -> None:
    """E-mail addresses, telephone and card numbers, credentials in an address."""
    assert by_itself(text) is Look.PERSONAL


@pytest.mark.parametrize(
    "text",
    [
        "Bearer abc.def",
        "Basic dXNlcjpwYXNz",
        "eyJhbGciOiJIUzI1NiJ9.e30.abc",
        "shpat_0123456789abcdef",
        "JVBERi0x" * 80,
    ],
)
def test_secret_texts_are_known_by_their_look(text: str) -> None:
    """Tokens, and blobs that nobody can look into."""
    assert by_itself(text) is Look.SECRET


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("X-Shopify-Access-Token", Name.SECRET),
        ("client_secret", Name.SECRET),
        ("x-auth", Name.SECRET),
        ("author", Name.PLAIN),
        ("Idempotency-Key", Name.PLAIN),
        ("shipping_address.first_name", Name.PERSONAL),
        ("emailAddress", Name.PERSONAL),
        ("postalCode", Name.PERSONAL),
        ("name", Name.PLAIN),
        ("addressed", Name.PLAIN),
    ],
)
def test_names_say_what_stands_behind_them(name: str, says: Name) -> None:
    """Of a path the last part counts."""
    assert name_of(name) is says


@pytest.mark.parametrize(
    ("value", "worth"), [("Ann", False), ("Anna", True), ("1001", False), ("0170123", True)]
)
def test_short_values_are_not_looked_for(value: str, worth: bool) -> None:
    """They would be found in everything."""
    assert worth_looking_for(value) is worth


@given(
    st.lists(st.text("abAB 1é", min_size=4, max_size=10), min_size=1, max_size=5),
    st.text("abAB 1é", max_size=30),
)
def test_many_values_are_found_like_few(values: list[str], text: str) -> None:
    """The index for many values and the expression for few agree, and every part is a value."""
    few = Values(values)
    many = Values([*values, *(f"~~~~{n}" for n in range(300))])

    assert few.parts(text) == many.parts(text)
    assert few.within(text) == many.within(text) == bool(few.parts(text))
    assert all(text[start:end] in values for start, end in few.parts(text))


@pytest.mark.parametrize(
    ("text", "there"), [("for Bern.", True), ("Bernstein", False), ("x-Bern", True)]
)
def test_a_short_value_counts_as_a_word(text: str, there: bool) -> None:
    """A town is not found in the name of a stone."""
    assert Values(["Bern"]).within(text) is there


def test_secrets_are_found_in_other_spellings() -> None:
    """As they stand in an address."""
    looks = Looks(secrets=["a/b+c=", "abc"], personal=())

    assert looks.without_secrets("x?k=a%2Fb%2Bc%3D&y=abc") == "x?k=[removed]&y=abc"


@pytest.mark.parametrize("text", ["token." * 20_000, "a." * 50_000, "a@" * 50_000, "<" * 100_000])
def test_no_text_takes_more_time_than_its_length(text: str) -> None:
    """What would take an expression with a flaw hours is done, and says nothing personal."""
    assert by_itself(text) is Look.PLAIN


@pytest.mark.parametrize("word", ["[removed]", "[personal 3]", "personal-3", "+15550100003"])
def test_placeholders_are_recognised(word: str) -> None:
    """What stands for something hidden is told from what does not."""
    assert PLACEHOLDER.fullmatch(word)
    assert not PLACEHOLDER.search("personal number 3, +15550300003")
