"""Numbers and nouns agree wherever people read them."""

from __future__ import annotations

import pytest

from harness.mapping import Veiled
from harness.plurals import counted


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "0 calls"), (1, "1 call"), (2, "2 calls"), (101, "101 calls")]
)
def test_only_one_is_one(number: int, expected: str) -> None:
    """None and many take an s."""
    assert counted(number, "call") == expected


@pytest.mark.parametrize(("length", "said"), [(1, "1 character"), (9, "9 characters")])
def test_the_length_of_a_personal_value(length: int, said: str) -> None:
    """It is all that is said of one, so it is said well."""
    assert str(Veiled(None, length, ascii=True)) == f"(personal, {said})"
