"""Recorded messages give names and types, and nothing else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from harness.importing.examples import fields_of_examples, is_name, only_part
from harness.importing.fields import MOST_FIELDS


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["a"], {"type": "text"}),
        (["a", None], {"type": "text", "nullable": True}),
        ([None, 1], {"type": "integer", "nullable": True}),
        ([1, Decimal("1.5")], {"type": "decimal", "encoded_as": "number"}),
        ([1, "1"], {"type": "any"}),
        ([None], {"type": "any", "nullable": True}),
        ([True], {"type": "boolean"}),
        (["2026-03-02T09:00:00Z", "2026-03-02T09:00+01:00"], {"type": "instant"}),
        (["2026-03-02T09:00:00"], {"type": "text"}),
        (["2026-03-02"], {"type": "date"}),
        (["2026-02-31"], {"type": "text"}),
        (["2026-03-02", "soon"], {"type": "text"}),
        (["1.10"], {"type": "text"}),
        ([{}], {"type": "any"}),
        ([[]], {"type": "list"}),
    ],
)
def test_types_are_those_that_all_values_have(values: list[Any], said: Any) -> None:
    """A day that is none, a time without an offset and a text of digits stay texts."""
    assert {"x": said} == fields_of_examples([{"x": value} for value in values]).specs


def test_rows_and_parts_are_gone_through() -> None:
    """Of several rows all names are taken; a part that was null once is there as well."""
    found = fields_of_examples([{"rows": [{"a": 1}, {"b": {"c": "x"}}], "tags": ["x"]}, {"p": None},
                                {"p": {"q": 1}}])  # fmt: skip

    assert list(found.specs) == ["rows", "rows.*.a", "rows.*.b.c", "tags", "tags.*", "p", "p.q"]
    assert found.specs["p"] == {"type": "any", "nullable": True}


@pytest.mark.parametrize(
    "name",
    ["ada@x.example", "4711", "2026-03-02", "Ada Quist", "user4711123", "*", "",
     "a8f5f167f44f4964e6c998dee827110c", "123e4567-e89b-12d3-a456-426614174000"],
)  # fmt: skip
def test_names_that_are_values_are_not_written(name: str) -> None:
    """Nor are their neighbours, for they are values as well."""
    found = fields_of_examples([{"by": {name: 1, "ada": 2}, "ref": "x"}])

    assert found.specs == {"by": {"type": "any"}, "ref": {"type": "text"}}
    assert any(note.startswith("by: has names that look like values") for note in found.notes)


def test_names_that_software_gives_are_names() -> None:
    """As vendors write them."""
    names = ("id", "lineItems", "Order-Id", "address_line2", "@type", "$ref", "iso3166", "xml:lang")

    assert all(is_name(name) for name in names)


def test_what_was_recorded_cannot_know_is_said() -> None:
    """Every time, for nobody else says it."""
    notes = fields_of_examples([{"x": "1.5", "y": None, "z": 1}, {"z": "1"}]).notes

    assert [note.partition(": ")[0] for note in notes] == ["x", "y", "z", "the message"]


def test_large_recordings_keep_their_upper_names() -> None:
    """What is too deep or too much is left out and said."""
    deep: Any = 1
    for _ in range(50):
        deep = {"a": deep}
    wide = {f"f{n}": {"g": n} for n in range(MOST_FIELDS)}

    assert any("too deep" in note for note in fields_of_examples([deep]).notes)
    assert any("too deep" in note for note in fields_of_examples([wide]).notes)
    many = fields_of_examples([{f"f{n}": n for n in range(MOST_FIELDS + 5)}])
    assert len(many.specs) == MOST_FIELDS
    assert any(f"more than {MOST_FIELDS} fields" in note for note in many.notes)


def test_a_thing_is_taken_out_of_its_wrapping() -> None:
    """A wrapping whose name may be a value is no wrapping."""
    assert only_part({"order": {"a": 1}}) == ({"a": 1}, "order")
    assert only_part({"Ada Quist": {"a": 1}}) == ({"Ada Quist": {"a": 1}}, "")
    assert only_part({"a": 1}) == ({"a": 1}, "")
