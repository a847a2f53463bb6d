"""What scenarios send: JSON files with values put in and taken out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from harness.errors import BadInput, Problem
from harness.loader.files import shown_as
from harness.loader.project import Project
from harness.mapping import parse_path
from harness.scenario import Payload, Scenario


def resolve_payload(payload: Payload | str | None, scenario: Scenario, project: Project) -> Any:
    """Return what a payload stands for: the file's JSON with the replacements made.

    Raises:
        BadInput: the file is missing or is not JSON.
    """
    if payload is None:
        return {}
    if isinstance(payload, str):
        payload = Payload.described(**{"from": payload})
    data: Any = {}
    if payload.source is not None:
        named = scenario.given.payloads.get(payload.source)
        if named is not None or payload.source in project.given:
            data = _named_payload(payload.source, named, scenario, project)
        else:
            data = read_json(find_payload(payload.source, scenario, project), project.root)
    for path, value in payload.set.items():
        put(data, parse_path(path).parts, value)
    for path in payload.remove:
        _take_out(data, parse_path(path).parts)
    return data


def find_payload(name: str, scenario: Scenario, project: Project) -> Path:
    """Return the file a payload names: beside the scenario, or in the scenarios' folder.

    Raises:
        BadInput: there is no such file.
    """
    beside = (project.root / scenario.file).parent if scenario.file else project.root
    for folder in (beside, project.scenarios_folder):
        if (folder / name).is_file():
            return folder / name
    raise BadInput(
        [
            Problem(
                scenario.file,
                scenario.line("when"),
                1,
                f"there is no payload {name!r}",
                f"looked in {shown_as(beside, project.root)} and "
                f"{shown_as(project.scenarios_folder, project.root)}; named payloads stand under "
                "`given.payloads`",
            )
        ]
    )


def read_json(file: Path, root: Path) -> Any:
    """Read a JSON file; numbers with a point become Decimal.

    Raises:
        BadInput: the file is missing, or is not JSON.
    """
    shown = shown_as(file, root)
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput([Problem(shown, 0, 0, f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise BadInput([Problem(shown, 0, 0, "is not UTF-8 text")]) from error
    try:
        return json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as error:
        line = text.splitlines()[error.lineno - 1] if text else ""
        raise BadInput(
            [Problem(shown, error.lineno, error.colno, f"is not JSON: {error.msg}", source=line)]
        ) from error
    except RecursionError as error:
        raise BadInput([Problem(shown, 0, 0, "is nested too deeply")]) from error


def put(data: Any, parts: Sequence[str | int], value: Any) -> None:
    """Put a value into nested mappings and lists, making the mappings that are missing."""
    for part in parts[:-1]:
        key: Any = _index(data, part)
        if isinstance(data, dict) and not isinstance(data.get(key), (dict, list)):
            data[key] = {}
        data = data[key]
    data[_index(data, parts[-1])] = value


def _take_out(data: Any, parts: Sequence[str | int]) -> None:
    for part in parts[:-1]:
        key: Any = _index(data, part)
        if isinstance(data, dict) and key not in data:
            return
        data = data[key]
    last: Any = _index(data, parts[-1])
    if isinstance(data, dict):
        data.pop(last, None)
    else:
        del data[last]


def _index(data: Any, part: str | int) -> str | int:
    return int(part) if isinstance(data, list) else str(part)


def _named_payload(
    name: str, named: Payload | str | None, scenario: Scenario, project: Project
) -> Any:
    if name in project.given:
        data = read_json(project.given[name], project.root)
        if (
            isinstance(data, dict)
            and len(data) == 1
            and isinstance(next(iter(data.values())), dict)
        ):
            return next(iter(data.values()))  # vendors wrap a resource in its name
        return data
    if isinstance(named, str):
        return read_json(find_payload(named, scenario, project), project.root)
    return resolve_payload(named, scenario, project)
