"""Whether a message is what its own system says of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from harness.checks.fitness import breaches
from harness.landscape import Message
from harness.mapping import Veiled


def wrong(spec: dict[str, Any], body: dict[str, Any]) -> list[str]:
    """Return what is wrong with field `f` of a body."""
    message = Message.described(
        key="id", carried_by={"a": {"request": "POST /x"}}, fields={"f": spec}
    )
    return list(breaches(message, body))


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        ({"type": "text", "max": 3}, "abc"),
        ({"type": "integer"}, 3),
        ({"type": "decimal", "decimals": 2, "encoded_as": "text"}, "1.50"),
        ({"type": "decimal", "digits": 3}, Decimal("1.23")),
        ({"type": "country_code"}, "NO"),
        ({"type": "text", "enum": ["a"]}, "a"),
        ({"type": "text", "enum": ["a"], "open_enum": True}, "b"),
        ({"type": "text", "nullable": True, "required": "always"}, None),
        ({"type": "text", "max": 3}, Veiled("m", 3, ascii=True)),
    ],
)
def test_what_fits_breaks_nothing(spec: dict[str, Any], value: Any) -> None:
    """Values inside their limits are fine."""
    assert wrong(spec, {"f": value}) == []


@pytest.mark.parametrize(
    ("spec", "value", "said"),
    [
        ({"type": "text", "max": 3}, "abcd", "f is longer than 3"),
        ({"type": "text", "max": 3}, Veiled("m", 4, ascii=True), "f is longer than 3"),
        ({"type": "integer"}, "3", "f is no integer"),
        ({"type": "decimal", "decimals": 1}, "1.55", "f has more than 1 decimals"),
        ({"type": "decimal", "digits": 3}, 1200, "f has more than 3 digits"),
        ({"type": "decimal", "encoded_as": "text"}, 1, "f is not encoded as text"),
        ({"type": "country_code"}, "Norway", "f is no country code"),
        ({"type": "text", "enum": ["a", "b"]}, "c", "f is none of a, b"),
        ({"type": "text", "required": "always"}, None, "f is missing"),
    ],
)
def test_what_does_not_fit_is_named(spec: dict[str, Any], value: Any, said: str) -> None:
    """Field and fault are said without the value."""
    assert wrong(spec, {"f": value}) == [said]


def test_a_field_may_be_required_under_a_condition() -> None:
    """Only where the condition holds."""
    spec = {"type": "text", "required": {"when": {"state": "done"}}}

    assert wrong(spec, {"state": "done"}) == ["f is missing"]
    assert wrong(spec, {"state": "new"}) == []
