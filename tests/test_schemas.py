"""Schemas are of the draft that editors know, hold together, and are as strict as the models."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from harness.schemas import KINDS, schema_of, schema_text, write_schemas
from harness.yamlfile import read_documents
from tests.projects import ROOT

SCENARIO = {"scenario": "A loaf is sold", "id": "BRD-001"}


def walk(value: Any) -> list[dict[str, Any]]:
    """Return every object of a schema, however deep."""
    if isinstance(value, dict):
        return [value, *(found for inner in value.values() for found in walk(inner))]
    if isinstance(value, list):
        return [found for inner in value for found in walk(inner)]
    return []


@pytest.mark.parametrize("kind", KINDS)
def test_every_reference_leads_somewhere(kind: str) -> None:
    """Inside the schema itself, under the name of the older draft."""
    schema = schema_of(kind)
    named = {f"#/definitions/{name}" for name in schema.get("definitions", {})}
    used = {part["$ref"] for part in walk(schema) if isinstance(part.get("$ref"), str)}

    assert used <= named
    assert "$defs" not in json.dumps(schema)


@pytest.mark.parametrize("kind", KINDS)
def test_no_word_of_another_draft_is_left(kind: str) -> None:
    """`discriminator` belongs to OpenAPI; editors would complain."""
    schema = schema_of(kind)

    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert not [part for part in walk(schema) if "discriminator" in part]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"readiness"}))
def test_an_unknown_key_is_underlined_while_it_is_typed(kind: str) -> None:
    """The editor is as strict as the loader."""
    errors = jsonschema.Draft7Validator(schema_of(kind)).iter_errors({"mispelt": 1})

    assert [e.message for e in errors if "mispelt" in e.message]


@pytest.mark.parametrize("kind", KINDS)
def test_every_top_level_key_is_explained_or_is_plain(kind: str) -> None:
    """What people write has a sentence that the editor shows; the record is for programs."""
    silent = [
        name
        for name, part in schema_of(kind)["properties"].items()
        if "description" not in part and kind != "readiness"
    ]

    assert silent == []


@pytest.mark.parametrize(
    ("change", "good"),
    [
        ({}, True),
        ({"given": {"faults": [{"on": "shop.order", "do": "drop", "from": "1m"}]}}, True),
        ({"until": "settled"}, True),
        ({"id": "brd"}, False),
        ({"given": {"faults": [{"on": "shop.order", "do": "explode"}]}}, False),
        ({"when": [{"do": "shop"}]}, False),
        ({"systems": {"oven": "real"}}, False),
    ],
)
def test_a_scenario_is_judged_by_the_words_of_the_file(change: dict[str, Any], good: bool) -> None:
    """Aliases such as `from` are what the schema knows, not names of Python."""
    assert (
        jsonschema.Draft7Validator(schema_of("scenario")).is_valid({**SCENARIO, **change}) is good
    )


ESSENCE = {"contract": "a", "version": "1.0.0", "status": "proposed", "summary": "A loaf."}
WHOLE = {**ESSENCE, "from": "a.b", "to": "c.d", "object": "orders", "fields": {"a": {"fixed": 1}}}


@pytest.mark.parametrize(
    ("written", "good"),
    [
        ({**ESSENCE, "like": "b"}, True),
        (WHOLE, True),  # the owners may stand in defaults.yaml
        (ESSENCE, False),
        ({**WHOLE, "fields": {}}, False),
        ({"like": "b"}, False),
    ],
)
def test_a_contract_may_leave_to_others_what_the_loader_fills_in(
    written: dict[str, Any], good: bool
) -> None:
    """An editor underlines nothing that `like` or the common sections say."""
    assert jsonschema.Draft7Validator(schema_of("contract")).is_valid(written) is good


MARK = "# yaml-language-server: $schema="
SHIPPED = sorted(
    file
    for name in ("contracts", "scenarios")
    for file in (ROOT / name).rglob("*.y*ml")
    if not {"fixtures", "cassettes"} & set(file.parts)
)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_every_file_we_ship_names_its_schema_and_fits_it(file: Path) -> None:
    """Whoever opens it gets completion at once, and nothing in it is underlined."""
    first = file.read_text(encoding="utf-8").partition("\n")[0]
    assert first.startswith(MARK)
    schema = (file.parent / first.removeprefix(MARK)).resolve()
    assert schema.parent == ROOT / "docs" / "schema"
    validator = jsonschema.Draft7Validator(json.loads(schema.read_text(encoding="utf-8")))
    for document in read_documents(file):
        plain = json.loads(json.dumps(document.data, default=float))
        assert [error.message for error in validator.iter_errors(plain)] == []


def test_the_schema_of_the_project_fits_the_one_we_ship() -> None:
    """Settings are as strict in an editor as they are when they are read."""
    settings = tomllib.loads((ROOT / "golive.toml").read_text(encoding="utf-8"))
    settings["run"]["as_of"] = settings["run"]["as_of"].isoformat()
    validator = jsonschema.Draft7Validator(schema_of("project"))

    assert [error.message for error in validator.iter_errors(settings)] == []
    assert not validator.is_valid({"contracts": {"expressions": "perhaps"}})


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("calendar", {"calendar": "de", "zone": "Etc/UTC", "holidays": ["2026-12-25"]}),
        ("flow", {"flow": "f", "summary": "S.", "owner": "o", "chain": ["a"]}),
        ("map", {"map": "m", "pairs": {"a": "b"}}),
        ("defaults", {"defaults": {"fields": {"severity": "minor"}, "failures": {"tell": "x"}}}),
    ],
)
def test_what_stands_beside_contracts_has_a_schema(kind: str, written: dict[str, Any]) -> None:
    """Each kind of file below `contracts/` is completed and checked while it is typed."""
    assert jsonschema.Draft7Validator(schema_of(kind)).is_valid(written)


def test_an_unknown_kind_is_a_key_error() -> None:
    """The command line offers the known ones only."""
    with pytest.raises(KeyError):
        schema_of("nothing")


def test_written_schemas_are_the_printed_ones(tmp_path: Path) -> None:
    """One file for each kind, whole, and nothing else beside them."""
    folder = tmp_path / "docs" / "schema"
    write_schemas(folder)
    write_schemas(folder)

    assert {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()} == {
        f"{kind}.json": schema_text(kind) for kind in KINDS
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_text_that_ends_its_last_line(kind: str) -> None:
    """It can be stored and compared like any other source."""
    text = schema_text(kind)

    assert text.endswith("}\n")
    assert json.loads(text) == schema_of(kind)
