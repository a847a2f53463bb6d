"""JSON Schemas of everything that people write or read, in the draft that editors know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "calendar": ("harness.landscape", "Calendar"),
    "contract": ("harness.contract", "Contract"),
    "defaults": ("harness.contract", "CommonSections"),
    "flow": ("harness.landscape", "Flow"),
    "map": ("harness.loader", "SharedMap"),
    "policy": ("harness.readiness", "Policy"),
    "project": ("harness.loader", "Settings"),
    "readiness": ("harness.readiness", "Readiness"),
    "scenario": ("harness.scenario", "Scenario"),
    "systems": ("harness.landscape", "System"),
    "teams": ("harness.landscape", "Teams"),
}
"""Kind of file, and where its model stands."""


def schema_of(kind: str) -> dict[str, Any]:
    """Return the draft-07 JSON Schema of a kind of file; KeyError for an unknown kind."""
    module, name = KINDS[kind]
    schema = getattr(import_module(module), name).model_json_schema(by_alias=True)
    return {"$schema": "http://json-schema.org/draft-07/schema#", **_as_draft_07(schema)}


def schema_text(kind: str) -> str:
    """Return a schema as it is printed and stored."""
    return json.dumps(schema_of(kind), indent=2, ensure_ascii=False) + "\n"


def write_schemas(folder: Path) -> None:
    """Write every schema into a folder, each beside and then renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        part = folder / f"{kind}.json.part"
        part.write_text(schema_text(kind), encoding="utf-8")
        part.replace(folder / f"{kind}.json")


def _as_draft_07(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            ("definitions" if key == "$defs" else key): (
                inner.replace("#/$defs/", "#/definitions/")
                if key == "$ref" and isinstance(inner, str)
                else _as_draft_07(inner)
            )
            for key, inner in value.items()
            if key != "discriminator"
        }
    if isinstance(value, list):
        return [_as_draft_07(inner) for inner in value]
    return value
