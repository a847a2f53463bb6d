"""A system's file comes out of a vendor's description as far as that knows, and no further."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import BadInput
from harness.importing import (
    Imported,
    Wanted,
    import_example,
    import_json_schema,
    import_openapi,
)
from harness.landscape import FieldSpec, System
from harness.yamlfile import validate
from harness.yamlfile.reading import read_text

WANTED = Wanted(system="depot", message="job", kind="oms", owner="depot-team", key="ref")
ORDER: dict[str, Any] = {
    "type": "object",
    "required": ["ref", "lines"],
    "properties": {
        "ref": {"type": "string", "maxLength": 20, "description": "Our <b>number</b>. And more."},
        "state": {"type": ["string", "null"], "enum": ["NO", "yes", None]},
        "total": {"type": "number", "multipleOf": 0.01, "minimum": 0},
        "placed": {"type": "string", "format": "date-time"},
        "made": {"type": "string", "readOnly": True},
        "buyer": {"$ref": "#/components/schemas/Buyer"},
        "lines": {
            "type": "array",
            "maxItems": 50,
            "items": {
                "allOf": [
                    {"$ref": "#/components/schemas/Line"},
                    {"required": ["qty"], "properties": {"qty": {"type": "integer", "minimum": 1}}},
                ]
            },
        },
    },
}
API: dict[str, Any] = {
    "openapi": "3.0.3",
    "servers": [{"url": "https://depot.example/v2"}],
    "paths": {
        "/jobs": {
            "post": {
                "operationId": "createJob",
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Job"}}
                    }
                },
            }
        },
        "/jobs/{id}": {
            "get": {
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Job"}}
                        }
                    }
                }
            }
        },
    },
    "components": {
        "schemas": {
            "Job": ORDER,
            "Buyer": {
                "type": "object",
                "properties": {
                    "name": {"oneOf": [{"type": "string", "maxLength": 70}, {"type": "null"}]},
                    "referrer": {"$ref": "#/components/schemas/Buyer"},
                },
            },
            "Line": {
                "type": "object",
                "required": ["sku"],
                "properties": {"sku": {"type": "string"}},
            },
        }
    },
}


def written(folder: Path, data: Any, name: str = "api.json") -> Path:
    """Write a vendor's file."""
    file = folder / name
    file.write_text(json.dumps(data), encoding="utf-8")
    return file


def system(made: Imported) -> System:
    """Read what was made with the reader of the project."""
    (document,) = read_text(made.text, "depot.yaml")
    return validate(System, document, document.data)


def fields(made: Imported) -> dict[str, FieldSpec]:
    """Return the fields of the only message."""
    (message,) = system(made).messages.values()
    return message.fields


def test_an_operation_gives_a_file_that_can_be_read(tmp_path: Path) -> None:
    """With its address, the way the message travels, and where its fields come from."""
    file = written(tmp_path, API)
    wanted = Wanted(**{**as_data(WANTED), "operation": "POST /jobs"})

    made = import_openapi(file, wanted, root=tmp_path)

    assert system(made).base_urls == ("https://depot.example/v2",)
    (message,) = system(made).messages.values()
    assert message.key == "ref"
    assert message.carried_by["call"].request == "POST /jobs"  # type: ignore[union-attr]
    assert message.imported is not None
    assert message.imported.file == "api.json"


def as_data(wanted: Wanted) -> dict[str, Any]:
    """Return the words of a wish."""
    return {name: getattr(wanted, name) for name in wanted.__slots__}


def test_fields_say_what_the_schema_says(tmp_path: Path) -> None:
    """Types, sizes, presence, lists and parts by reference; a circle ends."""
    wanted = Wanted(**{**as_data(WANTED), "operation": "createJob"})
    made = import_openapi(written(tmp_path, API), wanted, root=tmp_path)
    found = {
        path: spec.model_dump(exclude_defaults=True, exclude={"description"})
        for path, spec in fields(made).items()
    }

    assert found == {
        "ref": {"max": 20, "required": "always"},
        "state": {"nullable": True, "enum": ("NO", "yes")},
        "total": {"type": "decimal", "decimals": 2, "at_least": 0, "encoded_as": "number"},
        "placed": {"type": "instant"},
        "made": {"read_only": True},
        "buyer.name": {"max": 70, "nullable": True},
        "buyer.referrer": {"type": "any"},
        "lines": {"type": "list", "most": 50, "required": "always"},
        "lines.*.sku": {"required": "always"},
        "lines.*.qty": {"type": "integer", "at_least": 1, "required": "always"},
    }
    assert fields(made)["ref"].description == "Our number."
    assert any("goes round in a circle" in note for note in made.notes)


def test_an_answer_is_taken_where_nothing_is_sent(tmp_path: Path) -> None:
    """Its parameters become those of our paths."""
    wanted = Wanted(**{**as_data(WANTED), "operation": "GET /jobs/{id}"})
    (message,) = system(
        import_openapi(written(tmp_path, API), wanted, root=tmp_path)
    ).messages.values()

    assert message.carried_by["call"].response == "GET /jobs/:id"  # type: ignore[union-attr]


def test_a_schema_by_itself_gives_its_fields(tmp_path: Path) -> None:
    """How the message travels it cannot know, and that is said."""
    schema = {**ORDER, "components": API["components"]}

    made = import_json_schema(written(tmp_path, schema), WANTED, root=tmp_path)

    assert "      lines.*.sku: {type: text, required: always}" in made.text
    assert "carried_by: say in which webhook, request or answer it travels" in made.notes


def test_an_example_gives_types_and_keeps_no_value(tmp_path: Path) -> None:
    """Vendors wrap a thing in its name; of several rows all fields are taken."""
    data = {
        "job": {
            "ref": "secret-ref",
            "total": "12.50",
            "placed": "2026-03-02T09:00:00Z",
            "day": "2026-03-02",
            "weight": 1.5,
            "gift": None,
            "lines": [{"sku": "a", "qty": 1}, {"sku": "b", "note": "Ada Quist"}],
        }
    }

    made = import_example(written(tmp_path, data), WANTED, root=tmp_path)

    assert not {"secret", "12.50", "Quist", "2026"} & set(made.text.replace("-", " ").split())
    # A text of digits may be a version or a house number, so that its type is not guessed.
    assert "      total: {type: text}" in made.text
    assert any(note.startswith("total: every text is a number") for note in made.notes)
    assert "      lines.*.note: {type: text}" in made.text
    assert "required" not in made.text
    assert any("says nothing of lengths" in note for note in made.notes)


@pytest.mark.parametrize(
    ("data", "wanted", "said"),
    [
        (API, {"operation": "POST /job"}, "did you mean 'POST /jobs'"),
        (API, {"part": "Jobb"}, "did you mean 'Job'"),
        (API, {"part": "Job", "key": "reff"}, "did you mean 'ref'"),
        ({"openapi": "3.0.3"}, {"part": "Job"}, "has no schema 'Job'"),
        ({"type": "object"}, {}, "is no OpenAPI description"),
        (
            {"openapi": "3.1.0", "components": {"schemas": {"Job": {"$ref": "http://x.example/j"}}}},
            {"part": "Job"},
            "leads out of the file",
        ),
        (
            {"openapi": "3.1.0", "components": {"schemas": {"Job": {"$ref": "#/components/y"}}}},
            {"part": "Job"},
            "leads nowhere",
        ),
        ({"openapi": "3.1.0", "components": {"schemas": {"Job": {"type": "string"}}}},
         {"part": "Job"}, "describes no fields"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_one_message(
    tmp_path: Path, data: Any, wanted: dict[str, str], said: str
) -> None:
    """With the name that was probably meant."""
    wish = Wanted(**{**as_data(WANTED), **wanted})

    with pytest.raises(BadInput, match=said):
        import_openapi(written(tmp_path, data), wish, root=tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("a: [", r"x.json:1:5: a key or a value is missing"),
        ("[1, 2]", "holds no object"),
        ("[" * 100_000, "is nested too deeply"),
        ("a: " + "[" * 100_000, r"x.json:1:403: is nested more than"),
        ("2026-13-45", "holds no object"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": 1e99999999999999999999}', "a number is too large"),
        ("a: 1\n---\nb: 2", "x.json:2:1: holds more than one document"),
    ],
)
def test_a_file_that_is_none_is_one_message(tmp_path: Path, text: str, said: str) -> None:
    """Never a traceback."""
    file = tmp_path / "x.json"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(BadInput, match=said):
        import_example(file, WANTED, root=tmp_path)


SCHEMAS = st.recursive(
    st.sampled_from([{"type": "string"}, {"type": ["integer", "null"]}, {}, True, {"enum": [1]}]),
    lambda inner: st.one_of(
        st.fixed_dictionaries(
            {"properties": st.dictionaries(st.text(min_size=1, max_size=6), inner, max_size=4)}
        ),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"allOf": st.lists(inner, min_size=1, max_size=3)}),
    ),
    max_leaves=12,
)


@given(schema=SCHEMAS)
def test_whatever_a_schema_says_can_be_read_again(
    tmp_path_factory: pytest.TempPathFactory, schema: Any
) -> None:
    """Keys of any script and form stay paths that the language knows."""
    file = written(tmp_path_factory.mktemp("schema"), {"properties": {"ref": {}, "x": schema}})

    made = import_json_schema(file, WANTED, root=file.parent)

    (document,) = read_text(
        made.text.replace("    # carried_by", "    carried_by: {a: {webhook: b}} #"), "x"
    )
    data = {**document.data, "base_urls": ["https://depot.example"]}
    assert "ref" in System.model_validate(data).messages["job"].fields


def wanted(**words: Any) -> Wanted:
    """Return a wish with a few words changed."""
    return Wanted(**{**as_data(WANTED), **words})


def test_words_that_no_file_can_hold_are_all_named(tmp_path: Path) -> None:
    """Before anything is read, each with its option and what may stand there."""
    wish = wanted(system="My Depot", message="a.b", kind="omss", owner="")

    with pytest.raises(BadInput) as caught:
        import_openapi(tmp_path / "none.json", wish, root=tmp_path)

    named = [one.file for one in caught.value.problems]
    assert named == ["--kind", "--message", "--owner", "--system"]
    assert "did you mean 'oms'" in str(caught.value)


def test_a_part_of_an_answer_is_the_message(tmp_path: Path) -> None:
    """It stands at that place of the body, and what wraps it is none of its fields."""
    page = {
        "properties": {"jobs": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}}}
    }
    content = {"application/json": {"schema": page}}
    api = {**API, "paths": {"/jobs": {"get": {"responses": {"200": {"content": content}}}}}}
    wish = wanted(operation="GET /jobs", part="jobs.*")

    made = import_openapi(written(tmp_path, api), wish, root=tmp_path)

    (message,) = system(made).messages.values()
    assert message.carried_by["call"].at == "body.jobs.*"
    assert "ref" in message.fields


def test_a_part_that_is_not_there_is_named_with_its_neighbours(tmp_path: Path) -> None:
    """The place is that of the schema that was looked in."""
    with pytest.raises(BadInput, match=r"api.json:\d+:\d+: has no part 'line'.*\n.*'lines'"):
        import_openapi(
            written(tmp_path, API), wanted(operation="createJob", part="line.*"), root=tmp_path
        )


def test_a_file_outside_of_the_project_is_not_watched(tmp_path: Path) -> None:
    """Nobody could find it again, and a name that leads nowhere would raise a false alarm."""
    root = tmp_path / "project"
    root.mkdir()

    made = import_openapi(written(tmp_path, API), wanted(part="Job"), root=root)

    assert "imported:" not in made.text.partition("\nsystem:")[2]
    assert any(note.startswith("imported: the file is outside") for note in made.notes)


def test_names_given_twice_are_said(tmp_path: Path) -> None:
    """Of a recorded message they are counted, for a name may be somebody's."""
    file = tmp_path / "x.json"
    file.write_text('{"ref": "a", "ref": "b"}', encoding="utf-8")

    made = import_example(file, WANTED, root=tmp_path)

    assert any("given twice" in note and note.endswith(": 1 name") for note in made.notes)


def test_an_api_is_no_schema(tmp_path: Path) -> None:
    """The message says which command to write instead."""
    with pytest.raises(BadInput, match="golive import openapi"):
        import_json_schema(written(tmp_path, API), WANTED, root=tmp_path)


@pytest.mark.parametrize("section", ["$defs", "definitions", "properties"])
def test_sections_of_the_wrong_kind_are_as_good_as_none(tmp_path: Path, section: str) -> None:
    """A list where names belong is one message."""
    with pytest.raises(BadInput, match="has no schema 'Job'"):
        import_json_schema(written(tmp_path, {section: [1]}), wanted(part="Job"), root=tmp_path)


@pytest.mark.parametrize("seed", ["0", "1", "77"])
def test_the_same_file_gives_the_same_bytes(tmp_path: Path, seed: str) -> None:
    """Whatever order sets have in a process."""
    file = written(tmp_path, {**ORDER, "components": API["components"]})
    code = (
        "import sys; from pathlib import Path; from harness.importing import *; "
        "w = Wanted(system='depot', message='job', kind='oms', owner='depot-team', key='ref'); "
        "f = Path(sys.argv[1]); "
        "sys.stdout.write(import_json_schema(f, w, root=f.parent).text)"
    )
    ran = subprocess.run(  # noqa: S603 - our own interpreter and our own text
        [sys.executable, "-c", code, str(file)],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )

    assert ran.stdout == import_json_schema(file, WANTED, root=tmp_path).text


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=8).map(lambda text: f"\u2603{text}\u2603"),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(value=VALUES)
def test_no_value_of_an_example_is_written_and_the_file_can_be_read(
    tmp_path_factory: pytest.TempPathFactory, value: Any
) -> None:
    """Every text in it has a mark, and the mark is found nowhere."""
    file = written(tmp_path_factory.mktemp("example"), {"ref": "\u2603", "x": value})

    made = import_example(file, WANTED, root=file.parent)

    assert "\u2603" not in made.text
    read_text(made.text, "x")
