"""Read a project: settings, landscape, contracts and scenarios, with all problems at once."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, ValidationError, field_validator

from harness.contract import Contract, RowRule, ValueMap
from harness.declaration import Declaration
from harness.errors import BadInput, Problem, did_you_mean
from harness.landscape import Flow, Landscape, System, Teams
from harness.mapping import parse_path
from harness.scenario import Payload, Scenario
from harness.yamlfile import Document, read_documents, validate

PROJECT_FILE = "golive.toml"
M = TypeVar("M", bound=Declaration)


class IntegrationSettings(Declaration):
    """The integration under test."""

    factory: str | None = Field(None, description="`package.module:function` that builds it.")
    receives: dict[str, str] = Field(
        default_factory=dict, description="For each system, the path its webhooks arrive at."
    )


class RunSettings(Declaration):
    """What every run starts from."""

    seed: int = Field(1, description="The seed of all randomness.")
    as_of: str | None = Field(None, description="The day the record is made for, as 2026-03-02.")

    @field_validator("as_of", mode="before")
    @classmethod
    def _date_as_text(cls, value: Any) -> Any:
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, str):
            date.fromisoformat(value)
        return value


class RedactionSettings(Declaration):
    """How personal values are veiled."""

    key: str | None = Field(None, description="The environment variable that holds the key.")


class Folders(Declaration):
    """Where things stand, from the project file's folder."""

    contracts: str = Field("contracts", description="Contracts, systems, maps, teams, policy.")
    scenarios: str = Field("scenarios", description="Scenario files.")
    reports: str = Field("reports", description="Where reports and journals are written.")


class Settings(Declaration):
    """The project file, golive.toml."""

    integration: IntegrationSettings = Field(default_factory=IntegrationSettings)
    secrets: dict[str, str] = Field(
        default_factory=dict, description="Secret name to environment variable."
    )
    live: dict[str, str] = Field(
        default_factory=dict,
        description="System to the environment variable that holds its address, for `live`.",
    )
    redaction: RedactionSettings = Field(default_factory=RedactionSettings)
    run: RunSettings = Field(default_factory=RunSettings)
    folders: Folders = Field(default_factory=Folders)


class SharedMap(ValueMap):
    """A value map in a file of its own, shared by contracts."""

    map: str = Field(description="Its name, used by `map:` in field rules.")


@dataclass(frozen=True, slots=True)
class Project:
    """Everything that was read, and everything that was wrong with it.

    What could be read is there even when other files are broken; a project with ``problems``
    can never be ready.
    """

    root: Path
    settings: Settings
    landscape: Landscape
    contracts: tuple[Contract, ...]
    flows: tuple[Flow, ...] = ()
    problems: tuple[Problem, ...] = ()
    given: Mapping[str, Path] = field(default_factory=dict)

    @property
    def contracts_folder(self) -> Path:
        """Return the folder of the contracts."""
        return self.root / self.settings.folders.contracts

    @property
    def scenarios_folder(self) -> Path:
        """Return the folder of the scenarios."""
        return self.root / self.settings.folders.scenarios

    @property
    def reports_folder(self) -> Path:
        """Return the folder that reports are written to."""
        return self.root / self.settings.folders.reports

    def contract(self, name: str) -> Contract | None:
        """Return the contract of that id, or None."""
        return next((c for c in self.contracts if c.contract == name), None)

    def giving(self, given: Mapping[str, Path]) -> Project:
        """Return the project with named payloads replaced by files."""
        return replace(self, given=dict(given))


def find_root(start: Path) -> Path | None:
    """Return the nearest folder, from ``start`` upwards, that holds a project file."""
    start = start.resolve()
    folders = [start, *start.parents] if start.is_dir() else list(start.parents)
    return next((folder for folder in folders if (folder / PROJECT_FILE).is_file()), None)


def load_settings(root: Path) -> Settings:
    """Read golive.toml; a project without one gets the defaults.

    Raises:
        BadInput: the file is not TOML, or not what a project file may hold.
    """
    file = root / PROJECT_FILE
    if not file.is_file():
        return Settings()
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInput([Problem(PROJECT_FILE, 0, 0, "is not UTF-8 text")]) from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+), column (\d+)", str(error))
        line, column = (int(place[1]), int(place[2])) if place else (0, 0)
        message = f"is not TOML: {str(error).partition(' (at')[0]}"
        raise BadInput([_toml_problem(text, line, column, message)]) from error
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        raise BadInput(_settings_problems(text, error)) from error


def load_project(root: Path, *, contracts: Path | None = None) -> Project:
    """Read the project in that folder; problems are collected, not raised.

    ``contracts`` names another folder for the contracts.
    """
    problems: list[Problem] = []
    try:
        settings = load_settings(root)
    except BadInput as error:
        problems += error.problems
        settings = Settings()
    folder = contracts or root / settings.folders.contracts
    reader = _Reader(root, problems)
    if not folder.is_dir():
        problems.append(
            Problem(
                reader.shown(folder),
                0,
                0,
                "there is no folder of contracts here",
                "`golive init DIR` makes a project that runs; `--contracts DIR` names another",
            )
        )
    systems = reader.named(System, sorted((folder / "systems").glob("*.y*ml")), "system")
    shared = reader.named(SharedMap, sorted((folder / "maps").glob("*.y*ml")), "map")
    teams = reader.one(Teams, folder / "teams.yaml")
    for flow in sorted((folder / "flows").glob("*.y*ml")):
        problems.append(
            Problem(reader.shown(flow), 0, 0, "flows are not judged by this version; move it away")
        )
    own = {"teams.yaml", "readiness.yaml"}
    files = [f for f in sorted(folder.glob("*.y*ml")) if f.name not in own]
    agreed = reader.contracts(files, {n: m for n, (m, _) in shared.items()})
    landscape = Landscape(
        systems={name: system for name, (system, _) in systems.items()},
        teams=teams.teams if teams else {},
    )
    some_broken = bool(problems)
    for system, document in systems.values():
        if teams and system.owner not in landscape.teams:
            problems.append(_unknown(document, ("owner",), "team", system.owner, landscape.teams))
    kept = []
    for contract, document in agreed:
        found = list(_references(contract, document, landscape, teams_known=teams is not None))
        if some_broken and found:
            found = [
                replace(p, hint=p.hint or "other files could not be read; mend those first")
                for p in found
            ]
        problems += found
        if not found:
            kept.append(contract)
    return Project(root, settings, landscape, tuple(kept), (), tuple(sorted(set(problems))))


def load_declaration(model: type[M], file: Path, *, root: Path) -> M | None:
    """Read one YAML file as a model; None when there is no such file.

    Raises:
        BadInput: everything that is wrong with it.
    """
    if not file.is_file():
        return None
    problems: list[Problem] = []
    found = _Reader(root, problems).one(model, file)
    if problems:
        raise BadInput(problems)
    return found


def load_scenarios(file: Path, project: Project) -> tuple[Scenario, ...]:
    """Read the scenarios of one file, cases spread out.

    Raises:
        BadInput: everything that is wrong with it, references to contracts included.
    """
    shown = _shown(file, project.root)
    documents = read_documents(file, shown=shown)
    if not documents:
        raise BadInput(
            [Problem(shown, 0, 0, "the file is empty", "write a scenario, or remove the file")]
        )
    problems: list[Problem] = []
    scenarios: list[Scenario] = []
    for document in documents:
        try:
            scenarios += _spread(document)
        except BadInput as error:
            problems += error.problems
    for scenario in scenarios:
        problems += _scenario_references(scenario, file, project)
    seen: set[str] = set()
    for scenario in scenarios:
        if scenario.name in seen:
            problems.append(
                Problem(shown, scenario.line("id"), 1, f"the id {scenario.name} is used twice")
            )
        seen.add(scenario.name)
    if problems:
        raise BadInput(problems)
    return tuple(scenarios)


def scenario_files(target: Path) -> list[Path]:
    """Return the scenario files of a folder, in a stable order."""
    return sorted(
        path
        for suffix in ("*.yaml", "*.yml")
        for path in target.rglob(suffix)
        if "fixtures" not in path.parts and "cassettes" not in path.parts
    )


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
                f"looked in {_shown(beside, project.root)} and "
                f"{_shown(project.scenarios_folder, project.root)}; named payloads stand under "
                "`given.payloads`",
            )
        ]
    )


def read_json(file: Path, root: Path) -> Any:
    """Read a JSON file; numbers with a point become Decimal.

    Raises:
        BadInput: the file is missing, or is not JSON.
    """
    shown = _shown(file, root)
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


class _Reader:
    """Reads YAML files into models and collects what is wrong with them."""

    def __init__(self, root: Path, problems: list[Problem]) -> None:
        self._root = root
        self._problems = problems

    def shown(self, file: Path) -> str:
        return _shown(file, self._root)

    def documents(self, file: Path) -> list[Document]:
        try:
            documents = read_documents(file, shown=self.shown(file))
        except BadInput as error:
            self._problems += error.problems
            return []
        if not documents:
            self._problems.append(
                Problem(self.shown(file), 0, 0, "the file is empty", "fill it, or remove it")
            )
        return documents

    def one(self, model: type[M], file: Path) -> M | None:
        documents = self.documents(file)
        if len(documents) > 1:
            self._problems.append(
                documents[1].problem((), "this file holds one document, here a second one begins")
            )
        return self._validated(model, documents[0]) if documents else None

    def named(
        self, model: type[M], files: Iterable[Path], name: str
    ) -> dict[str, tuple[M, Document]]:
        found: dict[str, tuple[M, Document]] = {}
        for file in files:
            for document in self.documents(file):
                value = self._validated(model, document)
                if value is None:
                    continue
                key = getattr(value, name)
                if key in found:
                    other = found[key][1].file
                    message = f"{name} {key!r} stands in {other} already"
                    self._problems.append(document.problem((name,), message))
                    continue
                found[key] = (value, document)
        return found

    def contracts(
        self, files: Iterable[Path], shared: Mapping[str, ValueMap]
    ) -> list[tuple[Contract, Document]]:
        found: dict[str, tuple[Contract, Document]] = {}
        for file in files:
            for document in self.documents(file):
                contract = self._validated(Contract, document)
                if contract is None:
                    continue
                if contract.contract in found:
                    other = found[contract.contract][1].file
                    message = f"contract {contract.contract!r} stands in {other} already"
                    self._problems.append(document.problem(("contract",), message))
                    continue
                contract = _with_shared_maps(contract, shared)
                contract = contract.located(document.file, _clause_lines(contract, document))
                found[contract.contract] = (contract, document)
        return list(found.values())

    def _validated(self, model: type[M], document: Document) -> M | None:
        try:
            return validate(model, document, document.data)
        except BadInput as error:
            self._problems += error.problems
            return None


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


def _clause_lines(contract: Contract, document: Document) -> dict[str, int]:
    lines: dict[str, int] = {}

    def note(clause: str, path: Sequence[str]) -> None:
        lines[clause] = document.key_place(path)[0]

    def walk(data: Any, path: tuple[str, ...], depth: int) -> None:
        if isinstance(data, Mapping) and depth:
            for key, value in data.items():
                note(".".join((*path, key)), (*path, key))
                walk(value, (*path, key), depth - 1)

    walk(document.data, (), 3)
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
    return lines


def _references(
    contract: Contract, document: Document, landscape: Landscape, *, teams_known: bool
) -> Iterator[Problem]:
    messages = landscape.messages()
    for key, name in (("from", contract.source), ("to", contract.to)):
        system = name.partition(".")[0]
        if system not in landscape.systems:
            yield _unknown(document, (key,), "system", system, landscape.systems)
        elif name not in messages:
            known = [m for m in messages if m.startswith(system + ".")]
            yield _unknown(document, (key,), "message", name, known)
    if contract.parked is not None and contract.parked.to not in messages:
        yield _unknown(document, ("parked", "to"), "message", contract.parked.to, messages)
    if teams_known:
        yield from _unknown_teams(contract, document, landscape)
    for path, _, rule in contract.field_rules():
        if rule.map is not None and rule.map not in contract.maps:
            yield _unknown(document, (*path, "map"), "map", rule.map, contract.maps)
        if rule.checked_by is not None:
            clauses = [clause.path for clause in contract.clauses()]
            if rule.checked_by not in clauses:
                sums = [clause for clause in clauses if clause.startswith("sums.")]
                yield _unknown(document, (*path, "checked_by"), "clause", rule.checked_by, sums)
    target = landscape.systems.get(contract.systems[1])
    if target is not None:
        named = {*target.answers, "throttled", "timeout", "no_connection", "otherwise"}
        words = [("failures", key) for key in contract.failures]
        words += [("retry", word) for word in (contract.retry.on if contract.retry else ())]
        for section, word in words:
            if not re.fullmatch(r"[1-5](\d\d|xx)", word) and word not in named:
                path = ("failures", word) if section == "failures" else ("retry", "on")
                yield _unknown(document, path, "outcome", word, sorted(named))


def _unknown_teams(
    contract: Contract, document: Document, landscape: Landscape
) -> Iterator[Problem]:
    owners = contract.owners
    named: list[tuple[tuple[str | int, ...], str]] = [
        (("owners", role), owners.team(role))
        for role in ("business", "source", "target", "integration")
    ]
    named += [
        (("owners", "escalation", index, "to"), step.to)
        for index, step in enumerate(owners.escalation)
    ]
    named += [
        (("failures", outcome, "tell"), owners.team(rule.tell))
        for outcome, rule in contract.failures.items()
        if rule.tell is not None
    ]
    if contract.parked is not None and contract.parked.replay_by is not None:
        named.append((("parked", "replay_by"), owners.team(contract.parked.replay_by)))
    for path, team in named:
        if team not in landscape.teams:
            yield _unknown(document, path, "team", team, landscape.teams)


def _unknown(
    document: Document,
    path: Sequence[str | int],
    kind: str,
    name: str,
    known: Iterable[str],
) -> Problem:
    where = ".".join(str(part) for part in path)
    return document.problem(
        path, f"{where}: there is no {kind} {name!r}", did_you_mean(name, list(known))
    )


def _spread(document: Document) -> list[Scenario]:
    base = validate(Scenario, document, document.data)
    lines = _scenario_lines(document)
    if not base.cases:
        return [base.located(document.file, lines)]
    found = []
    for index, case in enumerate(base.cases):
        data = _copy({k: v for k, v in document.data.items() if k != "cases"})
        for path, value in case.items():
            if path == "name":
                continue
            try:
                put(data, parse_path(path).parts, value)
            except (ValueError, KeyError, IndexError, TypeError) as error:
                raise BadInput(
                    [
                        document.problem(
                            ("cases", index, path),
                            f"cases.{index}: {path!r} leads nowhere in this scenario",
                            'quote keys with dots: when.0.with.set."address.city"',
                            key=True,
                        )
                    ]
                ) from error
        spread = validate(Scenario, document, data)
        found.append(spread.located(document.file, lines, case=str(case["name"])))
    return found


def _scenario_lines(document: Document) -> dict[str, int]:
    lines: dict[str, int] = {"": document.place(())[0]}

    def walk(data: Any, path: tuple[str | int, ...], depth: int) -> None:
        if not depth:
            return
        entries: Iterable[tuple[str | int, Any]] = ()
        if isinstance(data, Mapping):
            entries = data.items()
        elif isinstance(data, list):
            entries = enumerate(data)
        for key, value in entries:
            here = (*path, key)
            lines[".".join(map(str, here))] = document.place(here)[0]
            walk(value, here, depth - 1)

    walk(document.data, (), 3)
    return lines


def _scenario_references(scenario: Scenario, file: Path, project: Project) -> Iterator[Problem]:
    """Yield every reference of a scenario that leads nowhere."""
    check = _References(scenario, file)
    clauses = sorted({c.id for contract in project.contracts for c in contract.clauses()})
    systems = project.landscape.systems
    messages = sorted(project.landscape.messages())
    teams = list(project.landscape.teams)
    agreed = [contract.contract for contract in project.contracts]
    for index, name in enumerate(scenario.contracts):
        yield from check.known(f"contracts.{index}", "contract", name, agreed)
    for index, clause in enumerate(scenario.covers):
        families = [*clauses, *(c.rpartition(".")[0] for c in clauses)]
        yield from check.known(f"covers.{index}", "clause", clause, families)
    for name in scenario.systems:
        yield from check.known(f"systems.{name}", "system", name, systems)
    for name in scenario.given.records:
        yield from check.known("given.records", "message", name, messages)
    for index, fault in enumerate(scenario.given.faults):
        yield from check.known(f"given.faults.{index}", "message", fault.on, messages)
    seen: list[str] = []
    for index, step in enumerate(scenario.when):
        place = f"when.{index}"
        yield from check.known(place, "earlier step", step.of, seen)
        yield from check.known(place, "earlier step", step.send_again, seen)
        yield from check.known(place, "message", step.send, messages)
        if step.do is not None:
            yield from check.known(place, "system", step.do.partition(".")[0], systems)
        yield from check.payload(place, step.values, project)
        seen += [step.id] if step.id else []
    for index, then in enumerate(scenario.then):
        place = f"then.{index}"
        yield from check.known(place, "message", then.message or then.never, messages)
        yield from check.known(place, "step", then.of, seen)
        yield from check.known(place, "team", then.told, teams)
        yield from check.known(place, "clause", then.about, clauses)


class _References:
    """Looks references of one scenario up, and says where one leads nowhere."""

    def __init__(self, scenario: Scenario, file: Path) -> None:
        self._scenario = scenario
        self._file = file

    def known(
        self, path: str, kind: str, name: str | None, known: Iterable[str]
    ) -> Iterator[Problem]:
        names = list(known)
        if name is not None and name not in names:
            line = self._scenario.line(path)
            message = f"{path}: there is no {kind} {name!r}"
            hint = did_you_mean(name, names)
            yield Problem(self._scenario.file, line, 1, message, hint, _line_of(self._file, line))

    def payload(self, path: str, payload: Payload | None, project: Project) -> Iterator[Problem]:
        source = payload.source if payload is not None else None
        if source is None or source in {**self._scenario.given.payloads, **project.given}:
            return
        try:
            find_payload(source, self._scenario, project)
        except BadInput as error:
            line = self._scenario.line(path)
            text = _line_of(self._file, line)
            yield from (replace(p, line=line, source=text) for p in error.problems)


def _line_of(file: Path, line: int) -> str:
    lines = file.read_text(encoding="utf-8").splitlines()
    return lines[line - 1] if 0 < line <= len(lines) else ""


def _settings_problems(text: str, error: ValidationError) -> Iterator[Problem]:
    for found in error.errors():
        path = [str(part) for part in found["loc"]]
        line = next(
            (
                number
                for number, content in enumerate(text.splitlines(), 1)
                if path and re.match(rf"\s*(\[.*)?{re.escape(path[-1])}\b", content)
            ),
            0,
        )
        message = f"{'.'.join(path)}: {found['msg'].removeprefix('Value error, ')}"
        hint = ""
        if found["type"] == "extra_forbidden":
            message = f"{'.'.join(path)}: there is no such setting"
            model = Settings
            for part in path[:-1]:
                info = model.model_fields.get(part)
                model = info.annotation if info is not None else model  # type: ignore[assignment]
            hint = did_you_mean(path[-1], list(model.model_fields))
        yield _toml_problem(text, line, 1 if line else 0, message, hint)


def _toml_problem(text: str, line: int, column: int, message: str, hint: str = "") -> Problem:
    lines = text.splitlines()
    source = lines[line - 1] if 0 < line <= len(lines) else ""
    return Problem(PROJECT_FILE, line, column, message, hint, source)


def _copy(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {key: _copy(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_copy(value) for value in data]
    return data


def _shown(file: Path, root: Path) -> str:
    try:
        return file.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return file.as_posix()
