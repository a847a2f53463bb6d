"""A failure that fits on a screen: what was promised, what was seen, how to see it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.loader import Project
from harness.readiness import Readiness, ScenarioResult
from harness.scenario import Scenario
from harness.timing import show_duration

MOST_FINDINGS = 3
MOST_STEPS = 8
MOST_LINES = 30


def failure_text(
    scenario: Scenario,
    result: ScenarioResult | None,
    project: Project,
    error: BaseException,
) -> list[str]:
    """Return at most thirty lines about a scenario that failed or proved nothing."""
    if result is None or not result.rulings:
        return _on_one_screen(str(error).splitlines(), scenario)
    lines = [f"{scenario.name}: {scenario.scenario}"]
    bad = [r for r in result.rulings if r["status"] == result.outcome]
    bad = bad or [r for r in result.rulings if r["status"] != "proven"]
    places = {c.id: c.place for contract in project.contracts for c in contract.clauses()}
    numbers: list[int] = []
    for ruling in bad[:MOST_FINDINGS]:
        lines.append("")
        lines += _ruling_lines(ruling, places, scenario, project)
        numbers += ruling["witnesses"]
    if len(bad) > MOST_FINDINGS:
        lines.append(f"... and {len(bad) - MOST_FINDINGS} more; the report has them all")
    steps = _steps(result, numbers)
    if steps:
        lines += ["", "what happened:", *steps]
    return _on_one_screen(lines, scenario)


def verdict_lines(record: Readiness, *, partial: bool) -> Iterator[str]:
    """Yield the verdict and who must act, as the terminal shows them."""
    part = " (a part of the scenarios: this is no verdict on the launch)" if partial else ""
    yield f"{record.verdict}{part}"
    yield record.sentence
    shown = record.blockers[:5]
    for blocker in shown:
        owner = f"{blocker.owner} ({blocker.contact})" if blocker.contact else blocker.owner
        yield f"  {blocker.kind:<8} {blocker.clause}  -> {owner or 'no owner'}"
        detail = (
            f"expected {blocker.expected}; observed {blocker.observed}"
            if blocker.kind == "failed"
            else blocker.observed
        )
        yield f"           {detail[:150]}"
    if len(record.blockers) > len(shown):
        yield f"  ... and {len(record.blockers) - len(shown)} more"


def _ruling_lines(
    ruling: Mapping[str, Any], places: Mapping[str, str], scenario: Scenario, project: Project
) -> Iterator[str]:
    clause = ruling["clause"]
    place = places.get(clause) or _scenario_place(clause, scenario)
    yield f"{ruling['status'].upper()} {clause}  {place}"
    yield from _excerpt(place, project)
    if ruling["status"] == "unproven":
        yield f"  why:         {ruling['reason'][:200]}"
        yield f"  would prove: {ruling['would_prove'][:200]}"
        return
    for finding in ruling["findings"][:2]:
        about = f" ({finding['subject']})" if finding["subject"] else ""
        yield f"  expected: {finding['expected'][:200]}{about}"
        yield f"  observed: {finding['observed'][:200]}"
        yield f"  owner:    {finding['owner']}"


def _excerpt(place: str, project: Project) -> Iterator[str]:
    file, _, line = place.rpartition(":")
    path = project.root / file
    if not file or not line.isdigit() or not path.is_file():
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    number = int(line)
    if 0 < number <= len(lines):
        yield f"  {number:>4} | {lines[number - 1].rstrip()[:110]}"


def _scenario_place(clause: str, scenario: Scenario) -> str:
    _, _, path = clause.partition("#")
    return f"{scenario.file}:{scenario.line(path)}"


def _steps(result: ScenarioResult, numbers: Sequence[int]) -> list[str]:
    wanted = set(numbers)
    rows = [step for step in result.timeline if step.seq in wanted]
    rows = rows or list(result.timeline)
    left = len(rows) - MOST_STEPS
    lines = [
        f"  {_time(step.t):>9}  {step.sender} -> {step.receiver or '-'}  {step.label[:60]}  "
        f"{step.result}{'  (fault)' if step.faulted else ''}"
        for step in rows[:MOST_STEPS]
    ]
    return [*lines, f"  ... {left} more"] if left > 0 else lines


def _time(nanoseconds: int | None) -> str:
    if nanoseconds is None:
        return "?"
    return "+" + show_duration(nanoseconds // 1_000_000 * 1_000_000)


def _on_one_screen(lines: list[str], scenario: Scenario) -> list[str]:
    again = ["", f'again: golive run {scenario.file} -k "{scenario.name}"']
    left = MOST_LINES - len(again)
    if len(lines) > left:
        lines = [*lines[: left - 1], "... and more; the report has it all"]
    return [*lines, *again]
