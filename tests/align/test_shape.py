"""What is known of a value is carried through transforms, and never claims too much."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.align.pair import Pair
from harness.align.shape import Shape, arriving, shape_of
from harness.landscape import FieldSpec
from harness.mapping import Refused
from tests.align.support import changed, world

SOURCE = "systems.0.messages.order.fields"
RULE = "contracts.0.fields"


def arrives(rule: dict[str, Any], spec: dict[str, Any]) -> tuple[Pair, Shape]:
    """Return the contract with a rule for ``mail`` of one field, and what arrives there."""
    data = changed(f"{SOURCE}.email", spec)
    pair = world(changed(f"{RULE}.mail", rule, base=data)).pairs[0]
    return pair, next(arriving(view) for view in pair.rules if view.target == "mail")


@pytest.mark.parametrize(
    ("using", "unit"),
    [
        ("to_decimal | round 1 half_up", "g"),
        ("convert g to kg", "kg"),
        ("from_percent", None),
    ],
)
def test_a_unit_is_kept_changed_or_lost(using: str, unit: str | None) -> None:
    """Nobody knows the unit of what a figure was turned into."""
    _, shape = arrives({"from": "email", "using": using}, {"type": "integer", "unit": "g"})

    assert unit == shape.unit


@pytest.mark.parametrize(
    ("spec", "length", "plain"),
    [
        ({"max": 9}, 9, False),
        ({"enum": ("a", "bcd")}, 3, True),
        ({"enum": ("a", "bcd"), "open_enum": True}, None, False),
        ({"type": "country_code"}, 2, True),
        ({"pattern": "[A-Z]{2}-[0-9]+"}, None, True),
        ({"pattern": "[^0-9]+"}, None, False),
        ({"pattern": "[a.]+\\."}, None, True),
        ({"pattern": "\\w+"}, None, False),
    ],
)
def test_a_text_is_as_long_and_as_plain_as_its_system_says(
    spec: dict[str, Any], length: int | None, *, plain: bool
) -> None:
    """A list of values says both, and a pattern says which characters."""
    shape = shape_of(FieldSpec.model_validate(spec))

    assert (shape.limits.max_length, shape.limits.ascii) == (length, plain)


PIPES = [
    "lower",
    "truncate 3",
    "default xyz",
    "to_ascii",
    "add_prefix A-",
    'replace a "bb"',
    "trim",
]


@given(
    text=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8),
    names=st.lists(st.sampled_from(PIPES), min_size=1, max_size=3),
)
def test_no_text_is_longer_than_what_is_known_of_it(text: str, names: list[str]) -> None:
    """Letters that grow when their case changes are left out on purpose."""
    if len(text.lower()) != len(text):
        return
    pair, shape = arrives({"from": "email", "using": " | ".join(names)}, {"max": 8})
    pipe = next(view.pipe for view in pair.rules if view.target == "mail")
    assert pipe is not None
    try:
        made = pipe.apply(text)
    except Refused:
        return

    longest = shape.limits.max_length
    assert longest is None or not isinstance(made, str) or len(made) <= longest


@given(amount=st.integers(0, 99_999), digits=st.integers(0, 3))
def test_no_number_has_more_decimals_or_digits_than_what_is_known_of_it(
    amount: int, digits: int
) -> None:
    """What is held against the target's figures is never too small."""
    using = f"to_decimal | round {digits} half_up"
    _, shape = arrives({"from": "email", "using": using}, {"type": "decimal", "decimals": 2})
    made = round(Decimal(amount).scaleb(-2), digits)

    assert shape.limits.decimals is not None
    assert -int(made.as_tuple().exponent) <= max(digits, shape.limits.decimals)
