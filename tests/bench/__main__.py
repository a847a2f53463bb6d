"""Measure the budgets as ratios within one run, and print where each stands."""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import respx
import yaml

from harness.align import align
from harness.alignment import world_of
from harness.cast import contracts_of
from harness.checks import judge
from harness.journal import journal_bytes, read_journal
from harness.loader import Project, load_project, load_scenarios, scenario_files
from harness.readiness import Policy, build
from harness.rehearsal import Rehearsal
from harness.report import render_html
from harness.runner import run_scenario
from harness.scenario import Scenario
from harness.yamlfile import read_documents
from tests.align.landscapes import large
from tests.align.support import world
from tests.bench import tavern
from tests.projects import ROOT, landscape

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Budget:
    """One budget and what was measured, in the budget's own unit."""

    what: str
    measured: float
    most: float
    unit: str = "x"

    def __str__(self) -> str:
        kept = "kept " if self.measured <= self.most else "OVER "
        figures = f"{self.measured:8.2f} {self.unit:<3} of {self.most:g} {self.unit:<3}"
        return f"{kept} {figures} {self.what}"


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """One budget that could not be measured here, which is not the same as kept."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"not measured: {self.what}: {self.why}"


def median(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Return the median seconds of a piece of work."""
    times = []
    for _ in range(rounds):
        gc.collect()
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def exchange(folder: Path) -> Budget:
    """Measure one exchange of a 1 kB order, judged and journalled, against a bare httpx call.

    Both sides of the ratio send a body of one kilobyte; ours is also received as a webhook,
    mapped by the reference integration, and polled for.
    """
    here = ROOT / "tests/bench"
    place = landscape(folder, only=())
    for file in (place / "scenarios").rglob("*.yaml"):
        file.unlink()
    shutil.copy(here / "order_1kb.json", place / "scenarios/fixtures")
    shutil.copy(here / "exchange_scenario.yaml", place / "scenarios")
    project = load_project(place)
    scenario = _scenario(project, "BENCH-1")
    rehearsal = Rehearsal.of(project, folder=project.reports_folder)
    count = sum(1 for _ in run_scenario(scenario, project).exchanges)
    ours = median(lambda: rehearsal.rehearse(scenario)) / count
    body = json.dumps({"lines": [{"sku": "A", "text": "x" * 100}] * 8}).encode()

    async def bare() -> None:
        with respx.mock(using="httpcore") as router:
            router.post("https://oms.test/orders").respond(201, json={"id": "1"})
            async with httpx.AsyncClient() as client:
                for _ in range(count):
                    await client.post("https://oms.test/orders", content=body)

    theirs = median(lambda: asyncio.run(bare())) / count
    return Budget("one exchange, judged and journalled, against a bare call", ours / theirs, 2)


def outage(project: Project) -> Budget:
    """Measure a day of outage on virtual time, in seconds."""
    scenario = _scenario(project, "RES-016")
    took = median(lambda: run_scenario(scenario, project))
    return Budget("24 simulated hours of outage, four orders", took, 0.3, "s")


def loading() -> Budget:
    """Measure reading and checking all files against libyaml's own time on the same bytes."""
    files = sorted([*(ROOT / "contracts").rglob("*.yaml"), *(ROOT / "scenarios").rglob("*.yaml")])
    texts = [file.read_text(encoding="utf-8") for file in files]
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    def theirs() -> None:
        for text in texts:
            list(yaml.load_all(text, Loader=loader))

    ours = median(lambda: [read_documents(file) for file in files])
    return Budget("loading contracts and scenarios against libyaml", ours / median(theirs), 2)


def aligning() -> Budget:
    """Measure aligning 100 contracts of 60 fields against parsing them."""
    data = large(100, 60)
    texts = [yaml.safe_dump(one, sort_keys=False) for one in (*data["contracts"], *data["systems"])]
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    parsing = median(lambda: [yaml.load(text, Loader=loader) for text in texts], 3)  # noqa: S506 - the safe loader, by libyaml
    seen = world(data)
    found = align(seen)
    if found.gaps or found.broken or found.contracts != 100:
        raise SystemExit(f"the contracts of the bench do not line up: {found.gaps[:3]}")
    # Each time anew: what was prepared for one run is not there for the next.
    ours = median(lambda: align(replace(seen)), 3)
    return Budget("aligning 100 contracts of 60 fields against libyaml", ours / parsing, 3)


def judging(project: Project) -> Budget:
    """Measure judging a history against reading its journal from disk."""
    scenario = _scenario(project, "ORD-010")
    history = run_scenario(scenario, project)
    contracts = contracts_of(scenario, project)
    file = project.reports_folder / "bench.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(journal_bytes(history))
    parsing = median(lambda: read_journal(file))
    ours = median(
        lambda: judge(history, contracts=contracts, landscape=project.landscape, scenario=scenario)
    )
    return Budget("judging a recorded history against parsing its journal", ours / parsing, 1)


def report(project: Project) -> list[Budget]:
    """Measure the page for 10,000 scenarios: seconds and megabytes."""
    rehearsal = Rehearsal.of(project, folder=project.reports_folder)
    scenario = _scenario(project, "ORD-001")
    one = rehearsal.judged(scenario, run_scenario(scenario, project), store=False)
    many = [one.model_copy(update={"name": f"ORD-{n:05}"}) for n in range(10_000)]
    record = build(
        landscape=project.landscape,
        contracts=project.contracts,
        policy=Policy(),
        results=many,
        alignment=align(world_of(project, as_of="2026-03-02")),
        problems=(),
        as_of="2026-03-02",
        seed=1,
    )
    page = render_html(record)
    took = median(lambda: render_html(record), 3)
    return [
        Budget("rendering a page of 10,000 scenarios", took, 2, "s"),
        Budget("the page of 10,000 scenarios", len(page.encode()) / 1e6, 3, "MB"),
    ]


def thousand(folder: Path) -> list[Budget | NotMeasured]:
    """Measure 1,000 scenarios against 1,000 tests on loopback, by hand and by Tavern."""
    project = landscape(folder)
    for file in (project / "scenarios").rglob("*.yaml"):
        file.unlink()
    text = (ROOT / "tests/bench/small_scenario.yaml").read_text()
    for number in range(100):
        documents = [text.replace("ID", f"B-{number * 10 + n:04}") for n in range(10)]
        (project / "scenarios" / f"pack{number:03}.yaml").write_text("---\n".join(documents))
    by_hand = folder / "by_hand"
    by_hand.mkdir()
    source = (ROOT / "tests/bench/by_hand.py").read_text()
    (by_hand / "test_by_hand.py").write_text(source)
    ours = median(lambda: _thousand_pass(project, "-m", "harness.cli", "run", "-q"), 1)
    theirs = median(lambda: _thousand_pass(by_hand, "-m", "pytest", "-q", "-p", "no:golive"), 1)
    return [
        Budget("1,000 scenarios against 1,000 tests by hand", ours / theirs, 1.2),
        _against_tavern(folder / "by_tavern", ours),
    ]


def _against_tavern(folder: Path, ours: float) -> Budget | NotMeasured:
    what = "1,000 scenarios against 1,000 tests by Tavern"
    try:
        return Budget(what, ours / tavern.seconds(folder, 1000), 0.7)
    except tavern.NotInstalled as problem:
        return NotMeasured(what, str(problem))


def starting() -> Budget:
    """Measure `golive --help`, in seconds."""
    took = median(lambda: _process(ROOT, "-m", "harness.cli", "--help"))
    return Budget("golive --help", took, 0.25, "s")


def _thousand_pass(folder: Path, *arguments: str) -> None:
    said = _process(folder, *arguments)
    # The status alone does not tell: a landscape with clauses left unproven is not ready.
    if not said.rstrip().rpartition("\n")[2].startswith("1000 passed in "):
        raise RuntimeError(f"1000 passed were expected of {arguments}; it said\n{said[-2000:]}")


def _process(folder: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def _scenario(project: Project, name: str) -> Scenario:
    return next(
        scenario
        for file in scenario_files(project.scenarios_folder)
        for scenario in load_scenarios(file, project)
        if scenario.name == name
    )


def main() -> None:
    """Measure everything and print it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        project = load_project(landscape(place / "landscape"))
        budgets: list[Budget | NotMeasured] = [
            exchange(place / "exchange"),
            outage(project),
            loading(),
            aligning(),
            judging(project),
            *report(project),
            *thousand(place / "thousand"),
            starting(),
        ]
    for budget in budgets:
        print(budget)


if __name__ == "__main__":
    main()
