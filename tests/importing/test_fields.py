"""Fields say what a schema says of them, in our words, and notes say the rest."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import BadInput
from harness.importing.documents import read_source
from harness.importing.fields import (
    MOST_FIELDS,
    Fields,
    Way,
    fields_of_schema,
    inner_node,
    sentence,
    whole_pattern,
)
from harness.importing.shapes import Part


def fields(folder: Path, schema: Any, way: Way = Way.UNSAID) -> Fields:
    """Return the fields of a schema."""
    file = folder / "s.json"
    file.write_text(json.dumps(schema), encoding="utf-8")
    source = read_source(file)
    return fields_of_schema(Part(source.data), source, way=way).fields


def one(folder: Path, schema: Any, way: Way = Way.UNSAID) -> tuple[dict[str, Any], list[str]]:
    """Return what is said of a single field, and the notes."""
    found = fields(folder, {"properties": {"x": schema}}, way)
    return found.specs["x"], found.notes


PART = {"type": "object", "required": ["c"], "properties": {"c": {"type": "string"}}}
WHEN_B = {"when": {"b": {"is": "present"}}}


@pytest.mark.parametrize(
    ("required", "part", "said"),
    [
        (["b"], PART, {"b.c": "always"}),
        ([], PART, {"b.c": WHEN_B}),
        (["b"], {**PART, "nullable": True}, {"b": "always", "b.c": WHEN_B}),
        (["b"], {**PART, "required": []}, {"b": "always", "b.c": None}),
        (["b"], {"type": "array", "items": PART}, {"b": "always", "b.*.c": "always"}),
        ([], {"type": "array", "items": PART}, {"b": None, "b.*.c": "always"}),
        ([], {"type": "array", "items": {**PART, "nullable": True}}, {"b": None, "b.*.c": None}),
    ],
)
def test_what_is_required_depends_on_what_is_around_it(
    tmp_path: Path, required: list[str], part: Any, said: dict[str, Any]
) -> None:
    """Inside of what may be missing a field is required only where that is there."""
    found = fields(tmp_path, {"required": required, "properties": {"b": part}})

    assert said == {path: spec.get("required") for path, spec in found.specs.items()}


def test_a_condition_reaches_down_and_ends_at_rows(tmp_path: Path) -> None:
    """A condition cannot speak of one row, so that this is said and not written."""
    row = {"type": "object", "properties": {"part": PART}}
    deep = {"type": "object", "required": ["b"], "properties": {"b": PART}}
    found = fields(tmp_path, {"properties": {"a": deep, "rows": {"type": "array", "items": row}}})

    assert found.specs["a.b.c"]["required"] == {"when": {"a": {"is": "present"}}}
    assert "required" not in found.specs["rows.*.part.c"]
    assert any(note.startswith("rows.*.part.c: is required wherever") for note in found.notes)


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (Way.SENT, (None, "always")),
        (Way.SHOWN, ("always", None)),
        (Way.EITHER, (None, None)),
        (Way.UNSAID, ("always", "always")),
    ],
)
def test_who_sets_a_field_decides_where_it_is_required(
    tmp_path: Path, way: Way, said: tuple[Any, Any]
) -> None:
    """What only answers hold is not required of a request."""
    properties = {
        "id": {"type": "string", "readOnly": True},
        "pin": {"type": "string", "writeOnly": True},
    }
    found = fields(tmp_path, {"required": ["id", "pin"], "properties": properties}, way)

    assert said == tuple(found.specs[name].get("required") for name in ("id", "pin"))


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "string", "maxLength": 5, "minLength": 0}, {"type": "text", "max": 5}),
        ({"type": "string", "format": "date-time"}, {"type": "instant"}),
        ({"type": "string", "format": "date"}, {"type": "date"}),
        ({"type": "integer", "format": "date-time"}, {"type": "integer"}),
        ({"type": "string", "format": "decimal"}, {"type": "decimal", "encoded_as": "text"}),
        ({"type": "string", "format": "password"}, {"type": "text", "sensitive": "secret"}),
        ({"type": "integer", "exclusiveMinimum": 0}, {"type": "integer", "at_least": 1}),
        (
            {"type": "integer", "maximum": 9, "exclusiveMaximum": True},
            {"type": "integer", "at_most": 8},
        ),
        ({"type": "integer", "enum": [1, 2]}, {"type": "integer", "enum": ["1", "2"]}),
        ({"type": "string", "enum": ["NO", "SE"]}, {"type": "text", "enum": ["NO", "SE"]}),
        (
            {"type": "string", "x-extensible-enum": ["a"]},
            {"type": "text", "enum": ["a"], "open_enum": True},
        ),
        ({"enum": ["a", 1]}, {"type": "any"}),
        ({"type": ["string", "integer"]}, {"type": "any"}),
        (
            {"type": "number", "multipleOf": 0.01},
            {"type": "decimal", "decimals": 2, "encoded_as": "number"},
        ),
        ({"type": "object"}, {"type": "any"}),
        ({"type": "array", "maxItems": 3, "minItems": 1}, {"type": "list", "most": 3, "fewest": 1}),
    ],
)
def test_words_of_the_schema_become_ours(tmp_path: Path, schema: Any, said: Any) -> None:
    """Type by type, and nothing that the schema does not say."""
    assert said == one(tmp_path, schema)[0]


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "number", "exclusiveMinimum": 0}, "its bound itself is excluded"),
        ({"type": "number", "multipleOf": 0.05}, "comes in steps of 0.05"),
        ({"type": "string", "pattern": r"\p{L}"}, "its pattern is none that can be used"),
        ({"type": "string", "not": {"const": "x"}}, "is not taken over: `not`"),
        ({"type": "array", "items": [{}, {}]}, "elements that differ by their position"),
        ({"type": "object", "additionalProperties": {}}, "a mapping whose names are values"),
        ({"maxLength": 5}, "does not say one type"),
        ({"type": "string", "enum": ["a", 1]}, "its listed values are none, too many, or of"),
    ],
)
def test_what_has_no_words_here_is_said(tmp_path: Path, schema: Any, said: str) -> None:
    """A fact that is left out silently would be taken for none."""
    assert any(note.startswith("x: ") and said in note for note in one(tmp_path, schema)[1])


@pytest.mark.parametrize(
    ("pattern", "whole"),
    [
        (r"^\d{3}$", r"\d{3}"),
        (r"^(a|b)$", "(a|b)"),
        (r"^\d+", r"\d+[\s\S]*"),
        ("x", r"[\s\S]*x[\s\S]*"),
        ("^a|b$", r"[\s\S]*(?:^a|b$)[\s\S]*"),
        (r"^a\$", r"a\$[\s\S]*"),
        ("", ""),
        ("((((", None),
        (r"a\Z", None),
        ("a{99999999999}", None),
        ("[[]", None),
    ],
)
def test_patterns_become_those_of_the_whole_text(pattern: str, whole: str | None) -> None:
    """A schema looks for its pattern anywhere; ours is that of the whole text."""
    assert whole == whole_pattern(pattern)


@given(pattern=st.text("ab|^$()[]*\\.", max_size=7), text=st.text("ab|^$.\n", max_size=5))
def test_a_whole_pattern_fits_what_the_schema_s_finds(pattern: str, text: str) -> None:
    """Whatever can be taken over means the same, except for a line's end at the very end."""
    whole = whole_pattern(pattern)

    if whole is not None and not text.endswith("\n"):
        found = re.search(pattern, text) is not None
        assert found == (re.fullmatch(whole or r"[\s\S]*", text) is not None)


def test_names_that_no_path_can_hold_are_left_out(tmp_path: Path) -> None:
    """A star would mean every element; half a character and a page of text mean nothing."""
    found = fields(
        tmp_path, {"properties": {"*": {}, "\ud800": {}, "n" * 3000: {}, "a.b": {"type": "string"}}}
    )

    assert list(found.specs) == ['"a.b"']
    assert found.notes == ["the message: has a name that no path can hold"]


def test_a_schema_with_too_many_fields_keeps_the_upper_ones(tmp_path: Path) -> None:
    """Every level that fits is whole, and what is left out is said."""
    every = {f"f{n}": {"$ref": f"#/$defs/a{n}"} for n in range(30)}
    defs = {f"a{n}": {"type": "object", "properties": every} for n in range(30)}

    found = fields(tmp_path, {"properties": every, "$defs": defs})

    assert 30 <= len(found.specs) <= MOST_FIELDS
    assert {path.count(".") for path in found.specs} == {1}
    assert any(f"more than {MOST_FIELDS} fields" in note for note in found.notes)


def test_one_level_with_too_many_fields_is_cut(tmp_path: Path) -> None:
    """The first ones stay."""
    many = {f"f{n}": {"type": "string"} for n in range(MOST_FIELDS + 5)}

    assert list(fields(tmp_path, {"properties": many}).specs) == list(many)[:MOST_FIELDS]


def test_a_list_of_messages_gives_those_of_one(tmp_path: Path) -> None:
    """And that it was a list is told, for the place of the message."""
    file = tmp_path / "s.json"
    file.write_text(json.dumps({"type": "array", "items": PART}), encoding="utf-8")
    source = read_source(file)

    described = fields_of_schema(Part(source.data), source)

    assert (list(described.fields.specs), described.elements) == (["c"], True)


@pytest.mark.parametrize("schema", [{"type": "string"}, True, {}, {"type": "array"}, [1]])
def test_what_is_no_object_is_refused(tmp_path: Path, schema: Any) -> None:
    """A single value is no message."""
    with pytest.raises(BadInput, match="describes no fields here"):
        fields(tmp_path, schema)


def test_a_path_that_is_none_is_said(tmp_path: Path) -> None:
    """In the words of the language."""
    file = tmp_path / "s.json"
    file.write_text(json.dumps(PART), encoding="utf-8")
    source = read_source(file)

    with pytest.raises(BadInput, match="is not a path"):
        inner_node(Part(source.data), "a[0]", source)


def test_paths_of_one_trouble_stand_in_one_note() -> None:
    """A list of hundreds is counted."""
    found = Fields()
    for n in range(8):
        found.note(f"f{n}", "is odd")

    assert found.notes == ["f0, f1, f2, f3, f4, f5 and 2 more: is odd"]


def test_descriptions_become_a_sentence() -> None:
    """Without marks, and not cut at an abbreviation."""
    assert sentence("Our <b>number</b> , e.g. 12. And more.") == "Our number, e.g. 12."
    assert len(sentence("x" * 500)) == 120
    assert sentence(None) == ""
