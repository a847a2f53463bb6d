"""JSON text: numbers keep their digits, and no text is mistaken for one."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.json_text import JsonWriter, json_text

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.sampled_from(["\x00golive-digits:1.5", "\x00golive-digits:", '"\\u0000golive-digits:2"'])
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def kinds(value: Any) -> Any:
    """Return a value with the kind of each leaf, so that 1 is not true and not 1.0."""
    if isinstance(value, dict):
        return {key: kinds(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [kinds(inner) for inner in value]
    return type(value), str(value) if not isinstance(value, Decimal) else value


@given(values)
def test_what_is_written_reads_as_the_same_value(value: Any) -> None:
    """Every leaf comes back with its kind and all of its digits, whatever texts stand beside."""
    assert kinds(json.loads(json_text(value), parse_float=Decimal)) == kinds(value)


def test_an_amount_longer_than_a_float_keeps_its_digits() -> None:
    """A float would round at the seventeenth digit."""
    assert json_text({"a": Decimal("12345678901234567890.12")}) == '{"a":12345678901234567890.12}'


def test_a_whole_decimal_stays_a_decimal() -> None:
    """Without its point it would be read as an integer."""
    assert json_text([Decimal(199)]) == "[199.0]"


def test_what_is_no_json_is_refused_by_name() -> None:
    """Nothing is written in some other form without being asked for."""
    with pytest.raises(TypeError, match="set is not JSON"):
        json_text({"a": {1}})


def test_a_writer_can_be_told_how_to_write_other_things() -> None:
    """The journal writes veiled values, also beside a text that looks like our own mark."""
    writer = JsonWriter(sorted)

    assert writer.text(["\x00golive-digits:1", Decimal("1.50"), {2, 1}]) == (
        '["\\u0000golive-digits:1",1.50,[1,2]]'
    )
