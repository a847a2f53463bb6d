"""Schemas are put together so that nothing is said which does not hold."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from harness.errors import BadInput
from harness.importing.documents import read_source
from harness.importing.shapes import Part, Shape, Shapes, number


def shape(folder: Path, schema: Any, **defs: Any) -> Shape:
    """Return the shape of a schema, with what it may refer to."""
    file = folder / "s.json"
    file.write_text(json.dumps({"x": schema, "$defs": defs}), encoding="utf-8")
    source = read_source(file)
    shapes = Shapes(source)
    found = shapes.of(Part(source.data["x"], ("x",)))
    shapes.settle()
    return found


def test_where_all_hold_the_stricter_bound_counts(tmp_path: Path) -> None:
    """Sizes, bounds and values are cut down, properties and requirements added."""
    found = shape(
        tmp_path,
        {
            "allOf": [
                {"maxLength": 9, "minLength": 1, "enum": ["a", "b"], "required": ["p"]},
                {"maxLength": 5, "minLength": 3, "enum": ["b", "c"], "required": ["q"]},
                {"minimum": 1, "maximum": 9},
                {"exclusiveMinimum": 1, "maximum": 9, "exclusiveMaximum": True},
            ]
        },
    )

    assert (found.longest, found.shortest, found.values) == (5, 3, ("b",))
    assert found.required == ("p", "q")
    assert (found.lower, found.upper) == ((Decimal(1), True), (Decimal(9), True))


@pytest.mark.parametrize("word", ["oneOf", "anyOf"])
def test_where_one_holds_the_weaker_bound_counts(tmp_path: Path, word: str) -> None:
    """And a bound that one form lacks is no bound."""
    forms = [
        {"type": "string", "maxLength": 5, "minLength": 2, "pattern": "a", "required": ["p", "q"]},
        {"type": "string", "maxLength": 9, "required": ["q"]},
    ]

    found = shape(tmp_path, {word: forms})

    assert (found.kind, found.longest, found.shortest) == ("string", 9, None)
    assert (found.pattern, found.required) == (None, ("q",))
    assert found.notes == ("has one of 2 forms; what holds for all of them is kept",)


def test_bounds_that_exclude_themselves_are_the_stricter_ones(tmp_path: Path) -> None:
    """Of forms the one that includes its bound counts."""
    forms = [{"maximum": 9, "minimum": 1}, {"exclusiveMaximum": 9, "exclusiveMinimum": 1}]

    found = shape(tmp_path, {"oneOf": forms})

    assert (found.lower, found.upper) == ((Decimal(1), False), (Decimal(9), False))


def test_forms_that_are_values_make_a_list(tmp_path: Path) -> None:
    """Vendors write a list of constants so that each has a description."""
    found = shape(tmp_path, {"oneOf": [{"const": "a"}, {"const": "b"}, {"enum": ["a", "c"]}]})

    assert (found.values, found.notes) == (("a", "b", "c"), ())


def test_a_form_that_may_be_anything_leaves_nothing_to_say(tmp_path: Path) -> None:
    """Not even the fields of the other forms."""
    found = shape(tmp_path, {"anyOf": [{"type": "object", "properties": {"a": {}}}, {}]})

    assert (found.kind, dict(found.properties)) == ("", {})


@pytest.mark.parametrize(
    "schema",
    [
        {"type": ["string", "null"]},
        {"type": "string", "nullable": True},
        {"type": "string", "x-nullable": True},
        {"oneOf": [{"type": "string"}, {"type": "null"}]},
        {"anyOf": [{"$ref": "#/$defs/s"}, {"enum": [None]}]},
        {"allOf": [{"$ref": "#/$defs/s"}], "nullable": True},
        {"enum": ["a", None]},
    ],
)
def test_null_is_written_in_many_ways(tmp_path: Path, schema: Any) -> None:
    """All of them mean the same."""
    found = shape(tmp_path, schema, s={"type": "string"})

    assert (found.kind, found.may_be_null, found.notes) == ("string", True, ())


def test_a_listed_null_does_not_widen_a_type(tmp_path: Path) -> None:
    """Where the type says text, null among the values is not allowed."""
    assert not shape(tmp_path, {"type": "string", "enum": ["a", None]}).may_be_null


def test_parts_that_contradict_each_other_are_said(tmp_path: Path) -> None:
    """No type is better than either."""
    found = shape(tmp_path, {"allOf": [{"type": "string"}, {"type": "integer"}]})

    assert (found.kind, found.notes) == ("", ("its parts want different types",))


def test_a_whole_number_is_a_number(tmp_path: Path) -> None:
    """All of both are whole; one of both is a number."""
    both = [{"type": "integer"}, {"type": "number"}]

    assert shape(tmp_path, {"allOf": both}).kind == "integer"
    assert shape(tmp_path, {"anyOf": both}).kind == "number"


def test_a_circle_ends_and_its_neighbour_does_not(tmp_path: Path) -> None:
    """What was met in another form is no circle."""
    card = {"type": "object", "properties": {"n": {"type": "string"}}}
    pay = {"type": "object", "properties": {"card": {"$ref": "#/$defs/card"}}}

    found = shape(
        tmp_path, {"oneOf": [{"$ref": "#/$defs/card"}, {"$ref": "#/$defs/pay"}]}, card=card, pay=pay
    )

    assert set(found.properties) == {"n", "card"}
    assert not any("circle" in note for note in found.notes)
    assert "circle" in shape(tmp_path, {"$ref": "#/$defs/a"}, a={"$ref": "#/$defs/a"}).notes[0]


def test_parts_that_would_multiply_are_put_together_once(tmp_path: Path) -> None:
    """Two to the power of fifty ways lead to this text."""
    chain = {
        f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}, {"$ref": f"#/$defs/a{n + 1}"}]}
        for n in range(25)
    }

    assert shape(tmp_path, {"$ref": "#/$defs/a0"}, **chain, a25={"type": "string"}).kind == "string"


@pytest.mark.parametrize("form", ["chain", "knot"])
def test_what_is_entangled_is_refused(tmp_path: Path, form: str) -> None:
    """A chain without an end of references, and schemas that all refer to each other."""
    if form == "chain":
        defs: dict[str, Any] = {f"a{n}": {"$ref": f"#/$defs/a{n + 1}"} for n in range(500)}
    else:
        defs = {
            f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{m}"} for m in range(12) if m != n]}
            for n in range(12)
        }

    with pytest.raises(BadInput, match=r"s.json:1:\d+: is entangled"):
        shape(tmp_path, {"$ref": "#/$defs/a0"}, **defs)


def test_every_reference_that_leads_away_is_named(tmp_path: Path) -> None:
    """With its place, and all at once."""
    schema = {"allOf": [{"$ref": "other.json"}, {"$ref": "#/$defs/none"}]}

    with pytest.raises(BadInput) as caught:
        shape(tmp_path, schema)

    assert len(caught.value.problems) == 2
    assert all(problem.column for problem in caught.value.problems)


def test_numbers_beyond_use_are_none() -> None:
    """They would only fill the file."""
    kept = (5, Decimal("0.01"))
    lost = (True, "5", 10**30, Decimal("1e9999"), Decimal("1e-9999"))

    assert [number(value) for value in kept] == list(kept)
    assert [number(value) for value in lost] == [None] * len(lost)
