"""Build a project around a patched copy of the reference integration, and rehearse it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.history import History
from harness.journal import read_journal, write_journal
from harness.loader import Project, load_project, load_scenarios, scenario_files
from harness.readiness import Readiness, ScenarioResult
from harness.redaction import Veil
from harness.rehearsal import Rehearsal
from harness.runner import run_scenario
from harness.scenario import Scenario
from tests.defects.patches import Patch

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What one rehearsal of all scenarios gave."""

    rehearsal: Rehearsal
    runs: tuple[tuple[Scenario, History], ...]
    results: tuple[ScenarioResult, ...]
    record: Readiness

    @property
    def project(self) -> Project:
        """Return the project that was rehearsed."""
        return self.rehearsal.project

    def statuses(self) -> dict[str, str]:
        """Return the status of each clause."""
        return {c.id: c.status for contract in self.record.contracts for c in contract.clauses}


def build(folder: Path, patch: Patch | None) -> Project:
    """Copy landscape and integration into a folder, patch the integration, load the project."""
    for name in ("contracts", "scenarios"):
        shutil.copytree(ROOT / name, folder / name)
    package = "middleware_" + (
        "".join(c if c.isalnum() else "_" for c in patch.name) if patch else "as_is"
    )
    target = folder / package
    shutil.copytree(
        ROOT / "harness" / "reference", target, ignore=shutil.ignore_patterns("__pycache__")
    )
    for file in target.glob("*.py"):
        text = file.read_text(encoding="utf-8").replace("harness.reference", package)
        file.write_text(text, encoding="utf-8")
    for name, old, new in patch.changes if patch else ():
        text = (target / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name}: {old!r} occurs {text.count(old)} times"
        (target / name).write_text(text.replace(old, new), encoding="utf-8")
    settings = (ROOT / "golive.toml").read_text(encoding="utf-8")
    (folder / "golive.toml").write_text(
        settings.replace("harness.reference.app", f"{package}.app"), encoding="utf-8"
    )
    project = load_project(folder)
    assert not project.problems
    return project


def scenarios(project: Project) -> list[Scenario]:
    """Return every scenario of a project."""
    return [
        scenario
        for file in scenario_files(project.scenarios_folder)
        for scenario in load_scenarios(file, project)
    ]


def rehearse(
    folder: Path, patch: Patch | None = None, *, keep_then: bool = True, about: str = ""
) -> Rehearsed:
    """Run and judge every scenario, or those about one contract; without ``then`` on request."""
    project = build(folder, patch)
    rehearsal = Rehearsal.of(project, folder=folder / "reports")
    runs, results = [], []
    for scenario in scenarios(project):
        if about and about not in scenario.contracts:
            continue
        told = scenario if keep_then else _without_then(scenario)
        history = run_scenario(told, project, seed=rehearsal.seed)
        runs.append((told, history))
        results.append(rehearsal.judged(told, history, store=False))
    return Rehearsed(rehearsal, tuple(runs), tuple(results), rehearsal.record_of(results))


def results_of(
    rehearsed: Rehearsed, runs: Sequence[tuple[Scenario, History]]
) -> list[ScenarioResult]:
    """Judge histories anew."""
    return [rehearsed.rehearsal.judged(s, h, store=False) for s, h in runs]


def statuses_from_disk(rehearsed: Rehearsed, folder: Path) -> dict[str, str]:
    """Store every journal, read it back, and return the status that each clause then has."""
    stored = []
    for scenario, history in rehearsed.runs:
        veil = Veil(
            rehearsed.project.landscape, rehearsed.project.contracts, key=b"key", key_id="test"
        )
        path = folder / f"{scenario.name}.jsonl"
        write_journal(history, path, veil=veil)
        stored.append((scenario, read_journal(path)))
    record = rehearsed.rehearsal.record_of(results_of(rehearsed, stored))
    return {c.id: c.status for contract in record.contracts for c in contract.clauses}


def forget(folder: Path) -> None:
    """Let the patched package go."""
    sys.path[:] = [entry for entry in sys.path if entry != str(folder)]
    for name in [name for name in sys.modules if name.startswith("middleware_")]:
        del sys.modules[name]


def _without_then(scenario: Scenario) -> Scenario:
    copy = scenario.model_copy(update={"then": ()})
    case = scenario.name.partition("[")[2].rstrip("]")
    lines = {"": scenario.line()}
    return copy.located(scenario.file, lines, case=case)
