"""A project read whole: landscape and contracts, with all problems at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.contract import Contract
from harness.errors import BadInput, Problem
from harness.landscape import Calendar, Flow, Landscape, System, Teams
from harness.loader.agreements import SharedMap, read_contracts
from harness.loader.composing import settled
from harness.loader.files import Reader
from harness.loader.references import (
    Known,
    contract_problems,
    expression_problems,
    flow_problems,
    system_problems,
)
from harness.loader.settings import Settings, load_settings, setting_problem
from harness.loader.tables import read_tables
from harness.loader.transforms import own_transforms


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


def load_project(root: Path, *, contracts: Path | None = None) -> Project:
    """Read the project in that folder; problems are collected, not raised.

    ``contracts`` names another folder for the contracts. The modules that the project names for
    its own transforms are imported.
    """
    problems: list[Problem] = []
    try:
        settings = load_settings(root)
    except BadInput as error:
        problems += error.problems
        settings = Settings()
    reader = Reader(root, problems)
    folder = contracts or root / settings.folders.contracts
    if not folder.is_dir():
        hint = "`golive init DIR` makes a project that runs; `--contracts DIR` names another"
        message = "there is no folder of contracts here"
        problems.append(Problem(reader.shown(folder), 0, 0, message, hint))
    with own_transforms(root, settings.integration.transforms) as unusable:
        for said in unusable:
            problems.append(setting_problem(root, "integration.transforms", said))
        return _Loading(root, settings, folder, reader).project()


class _Loading:
    """Reads the folder of contracts into a project."""

    def __init__(self, root: Path, settings: Settings, folder: Path, reader: Reader) -> None:
        self._root, self._settings = root, settings
        self._folder, self._reader = folder, reader

    def project(self) -> Project:
        reader, problems = self._reader, self._reader.problems
        systems = reader.named(System, self._files("systems"), "system")
        shared = reader.named(SharedMap, self._files("maps"), "map")
        calendars = reader.named(Calendar, self._files("calendars"), "calendar")
        flows = reader.named(Flow, self._files("flows"), "flow")
        teams = reader.one(Teams, self._folder / "teams.yaml")
        tables = read_tables(self._folder / "tables", reader=reader)
        agreed = read_contracts(reader, self._folder, shared)
        landscape = Landscape(
            systems={name: system for name, (system, _) in systems.items()},
            teams=teams.teams if teams else {},
            tables=tables,
            calendars={name: calendar for name, (calendar, _) in calendars.items()},
        )
        certain = {*problems, *(problem for one in agreed for problem in one.problems)}
        known = Known(
            landscape,
            tuple(one.composed.name for one in agreed),
            teams=teams is not None,
            complete=not certain,
        )
        found: list[Problem] = []
        for system, document in systems.values():
            found += system_problems(system, document, known)
        for flow, document in flows.values():
            found += flow_problems(flow, document, known)
        for one in agreed:
            if one.contract is not None:
                one.problems += contract_problems(one.contract, one.composed, known)
                if self._settings.contracts.expressions == "forbid":
                    one.problems += expression_problems(one.contract, one.composed)
        kept = tuple(one.contract for one in agreed if one.contract and not one.problems)
        found += settled([(one.composed, one.problems) for one in agreed], problems)
        if certain:
            said = "other files could not be read; mend those first"
            found = [p if p in certain else replace(p, hint=p.hint or said) for p in found]
        problems += found
        return Project(
            root=self._root,
            settings=self._settings,
            landscape=landscape,
            contracts=kept,
            flows=tuple(flow.located(document.file) for flow, document in flows.values()),
            problems=tuple(sorted(set(problems))),
        )

    def _files(self, name: str) -> list[Path]:
        return sorted((self._folder / name).glob("*.y*ml"))
