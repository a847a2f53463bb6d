"""Paths read what they name, tell absent from null, and say what to write instead."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.mapping import ABSENT, EVERY, Found, parse_path, read, read_all

ORDER = {
    "id": 7,
    "note": None,
    "lines": [{"sku": "A", "qty": 1}, {"sku": None}],
    "odd.key": {"x": "y"},
}
PARTS = st.lists(
    st.text(min_size=1, max_size=8).filter(lambda t: t != EVERY), min_size=1, max_size=5
)


def test_a_path_reads_keys_and_indexes() -> None:
    """A number names an element of a list, a word a key of a mapping."""
    assert read(parse_path("lines.0.sku"), ORDER) == "A"


def test_a_quoted_part_may_hold_dots() -> None:
    """Quotation marks keep a dot inside a key."""
    assert read(parse_path('"odd.key".x'), ORDER) == "y"


@pytest.mark.parametrize(
    "path", ["nothing", "lines.9.sku", "note.deeper", "id.deeper", "lines.sku"]
)
def test_what_is_not_there_is_absent(path: str) -> None:
    """Reading past the end, or through null and scalars, finds nothing."""
    assert read(parse_path(path), ORDER) is ABSENT


def test_null_is_not_absent() -> None:
    """Null is a value that is there."""
    assert read(parse_path("note"), ORDER) is None


def test_a_star_reads_every_element_with_its_place() -> None:
    """A missing value in one row is found as absent, so that rows stay in step."""
    found = read_all(parse_path("lines.*.qty"), ORDER)

    assert found == [Found(("lines", 0, "qty"), 1), Found(("lines", 1, "qty"), ABSENT)]


def test_absent_has_no_truth_value() -> None:
    """Nobody can take an absent value for false by accident."""
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(ABSENT)


def test_absent_stays_itself_when_copied_or_sent() -> None:
    """There is one absent value, also after a copy and in another process."""
    assert copy.deepcopy(ABSENT) is ABSENT
    assert pickle.loads(pickle.dumps(ABSENT)) is ABSENT  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    ("text", "way_out"),
    [("lines[0].sku", "lines.0.sku"), ("{id}", ":id"), ("$.id", "without `\\$`"), ("a..b", "dots")],
)
def test_what_is_no_path_says_what_to_write(text: str, way_out: str) -> None:
    """The common spellings of other tools get the right one named."""
    with pytest.raises(ValueError, match=way_out):
        parse_path(text)


@given(PARTS)
def test_a_written_path_reads_back(parts: list[str]) -> None:
    """Whatever the keys are, the text of a path parses to the same path."""
    quoted = ".".join('"' + p.replace("\\", "\\\\").replace('"', '\\"') + '"' for p in parts)
    path = parse_path(quoted)

    assert path.parts == tuple(parts)
    assert parse_path(str(path)) == path


@given(PARTS, st.integers())
def test_a_value_is_read_where_it_was_put(parts: list[str], value: int) -> None:
    """Nested mappings are read back along the keys they were built with."""
    data: Any = value
    for part in reversed(parts):
        data = {part: data}
    path = parse_path(
        ".".join('"' + p.replace("\\", "\\\\").replace('"', '\\"') + '"' for p in parts)
    )

    assert read(path, data) == value
