"""Contracts as they hold: put together, maps filled in, each clause with the place it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from harness.contract import CommonSections, Contract, RowRule, ValueMap
from harness.errors import BadInput, Problem
from harness.loader.composing import Composed, compose
from harness.loader.files import Reader
from harness.yamlfile import Document, validate

DEFAULTS_FILE: Final = "defaults.yaml"
_NOT_CONTRACTS: Final = frozenset({"teams.yaml", "readiness.yaml", DEFAULTS_FILE})


class SharedMap(ValueMap):
    """A value map in a file of its own, shared by contracts."""

    map: str = Field(description="Its name, used by `map:` in field rules.")


@dataclass(slots=True)
class Agreed:
    """One contract, where its pieces stand, and what is wrong with it; None when it is broken."""

    contract: Contract | None
    composed: Composed
    problems: list[Problem]


def read_contracts(
    reader: Reader, folder: Path, shared: Mapping[str, tuple[ValueMap, Document]]
) -> list[Agreed]:
    """Return the contracts of a folder, put together."""
    maps = {name: document for name, (_, document) in shared.items()}
    found = []
    for composed in _composed(reader, folder, _documents(reader, folder), maps):
        try:
            contract = validate(Contract, composed, composed.data)
        except BadInput as error:
            found.append(Agreed(None, composed, list(error.problems)))
            continue
        contract = _with_shared_maps(contract, {name: m for name, (m, _) in shared.items()})
        places = _clause_places(contract, composed)
        contract = contract.located(
            composed.file,
            {path: line for path, (_, line) in places.items()},
            elsewhere={path: file for path, (file, _) in places.items()},
        )
        found.append(Agreed(contract, composed, []))
    return found


def composed_contracts(folder: Path, *, root: Path) -> dict[str, Composed]:
    """Return where the pieces of each contract in a folder stand; what cannot be read is left out.

    For those who need the place of something that is no clause.
    """
    reader = Reader(root, [])
    documents = _documents(reader, folder)
    maps = reader.named(SharedMap, sorted((folder / "maps").glob("*.y*ml")), "map")
    shared = {name: document for name, (_, document) in maps.items()}
    return {one.name: one for one in _composed(reader, folder, documents, shared)}


def _documents(reader: Reader, folder: Path) -> dict[str, Document]:
    """Return the documents of contracts by id; those without one are problems."""
    found: dict[str, Document] = {}
    for file in sorted(folder.glob("*.y*ml")):
        for document in () if file.name in _NOT_CONTRACTS else reader.documents(file):
            name = document.data.get("contract") if isinstance(document.data, Mapping) else None
            if not isinstance(name, str):
                reader.validated(Contract, document)
            elif name in found:
                message = f"contract {name!r} stands in {found[name].file} already"
                reader.problems.append(document.problem(("contract",), message))
            else:
                found[name] = document
    return found


def _composed(
    reader: Reader,
    folder: Path,
    documents: Mapping[str, Document],
    maps: Mapping[str, Document],
) -> Iterable[Composed]:
    common = None
    if (folder / DEFAULTS_FILE).is_file():
        common = reader.only(folder / DEFAULTS_FILE)
        if common is not None:
            reader.validated(CommonSections, common)
    return compose(documents, common=common, maps=maps, report=reader.problems.append)


def _with_shared_maps(contract: Contract, shared: Mapping[str, ValueMap]) -> Contract:
    used = {
        rule.map
        for _, _, rule in contract.field_rules()
        if rule.map is not None and rule.map not in contract.maps and rule.map in shared
    }
    if not used:
        return contract
    maps = {**contract.maps, **{name: shared[name] for name in sorted(used)}}
    return contract.model_copy(update={"maps": maps})


def _clause_places(contract: Contract, composed: Composed) -> dict[str, tuple[str, int]]:
    places: dict[str, tuple[str, int]] = {}

    def note(clause: str, path: Sequence[str]) -> None:
        places[clause] = composed.key_place(path)

    def walk(data: Any, path: tuple[str, ...], depth: int) -> None:
        if isinstance(data, Mapping) and depth:
            for key, value in data.items():
                note(".".join((*path, key)), (*path, key))
                walk(value, (*path, key), depth - 1)

    walk(composed.data, (), 3)
    for target, rows in contract.fields.items():
        if isinstance(rows, RowRule):
            for block in rows.rows:
                note(f"fields.{target}.{block}", ("fields", target, "rows", block))
    for path, clause, rule in contract.field_rules():
        note(clause, path)
        if rule.if_missing is not None:
            note(f"{clause}.if_missing", (*path, "if_missing"))
    for name, value_map in contract.maps.items():
        for value in value_map.pairs:
            note(f"maps.{name}.{value}", ("maps", name, "pairs", value))
        for word in ("if_unmapped", "if_missing"):
            if word in value_map.model_fields_set:
                note(f"maps.{name}.{word}", ("maps", name, word))
    return places
