"""Cells and values: each value survives its cell, and what a spreadsheet mangles is understood."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fieldtable.cells import alike, cell_of, value_of
from harness.fieldtable.yamltext import flow, flow_key
from harness.mapping import ABSENT
from harness.yamlfile import read_text

TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.sampled_from(["NO", "01234", "1.50", "TRUE", "null", "~", "a: b", "[x", "#", "- a", "'q'"]),
    st.from_regex(r"[-+=@#'\"\[{&*!|>%,:? a1]{1,6}", fullmatch=True),
)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=3)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), DECIMALS, TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXTS.filter(bool), inner, max_size=3)
    ),
    max_leaves=4,
)


@given(VALUES)
def test_fixed_value_survives(value: object) -> None:
    """Any value of `fixed` is the same after its cell, type included."""
    cell = cell_of("fixed", value)

    assert cell
    assert alike(value_of("fixed", cell.strip()), value)


@given(VALUES, st.sampled_from(["", "'", '"']))
def test_written_as_it_is_read(value: object, style: str) -> None:
    """What is written stands as the same value in lines and between braces."""
    text = flow(value, style)

    (document,) = read_text(f"a: {text}\nb: {{c: {text}, d: [{text}]}}\n", "")

    assert alike(document.data, {"a": value, "b": {"c": value, "d": [value]}})


@given(TEXTS.filter(bool))
def test_keys_are_written_as_read(key: str) -> None:
    """Any key is the same after it was written."""
    assert list(read_text(f"{flow_key(key)}: 1\n", "")[0].data) == [key]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("TRUE", True),
        ("12", 12),
        ("1.50", Decimal("1.50")),
        ('"12"', "12"),
        ("NO", "NO"),
        ("01234", "01234"),
        ("2026-03-02", "2026-03-02"),
        ("Yes, a: b", "Yes, a: b"),
        ("null", None),
        ("[a, 1]", ["a", 1]),
        ("", ABSENT),
    ],
)
def test_fixed_cells(cell: str, value: object) -> None:
    """A cell of `fixed` is what an analyst means by it."""
    assert alike(value_of("fixed", cell), value)


@pytest.mark.parametrize("text", ["12", "01234", "1-2", "true", "+49 30", "2026-03-02"])
def test_spreadsheets_leave_text_alone(text: str) -> None:
    """A text that a spreadsheet would convert is written in quotes."""
    assert cell_of("fixed", text) == f'"{text}"'


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("tolerance", "0,01", "write a point"),
        ("tolerance", "some", "is not a number"),
        ("from", "a,,b", "a path is missing"),
        ("from", '"a', "not closed"),
        ("fixed", '"12', "not one value"),
        ("fixed", '"a": b', "not one value"),
        ("fixed", "[a] b", "not one value"),
        ("comment", "a\nb", "one line"),
    ],
)
def test_refused(column: str, cell: str, said: str) -> None:
    """A text that stands for no value is refused with the reason."""
    with pytest.raises(ValueError, match=said):
        value_of(column, cell)


def test_paths_with_commas() -> None:
    """A comma inside a quoted part of a path parts nothing."""
    assert value_of("from", 'a."b, c", d') == ('a."b, c"', "d")
