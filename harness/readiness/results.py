"""One scenario and what it showed: outcome, rulings, measures, and what happened in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from harness.errors import Problem
from harness.history import Event, EventKind, Exchange, History
from harness.scenario import Scenario
from harness.verdict import (
    Judgement,
    Measure,
    Ruling,
    Severity,
    Status,
    ruling_from_json,
    ruling_to_json,
)

MOST_TIMELINE_ROWS: Final = 60


OutcomeWord = Literal["proven", "unproven", "failed", "skipped", "broken"]


def _unwaived(ruling: Ruling) -> Ruling:
    # Only the policy waives; a ruling that says so of itself has shown nothing.
    if ruling.status is not Status.WAIVED:
        return ruling
    doubt = ruling.would_prove or "only the policy of the launch waives a clause"
    return replace(ruling, status=Status.UNPROVEN, would_prove=doubt)


def _readable(rulings: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    try:
        return tuple(ruling_to_json(_unwaived(ruling_from_json(data))) for data in rulings)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"is not a ruling: {error!r}") from error


Rulings = Annotated[tuple[dict[str, Any], ...], AfterValidator(_readable)]


class Record(BaseModel):
    """A part of the record: closed, frozen, plain data."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(Record):
    """One row of a scenario's sequence: who said what to whom, and how it ended."""

    seq: int
    t: int | None = Field(description="Nanoseconds after the start; null without times.")
    sender: str
    receiver: str
    label: str
    result: str = Field(description="A status, a failure, or empty.")
    good: bool
    faulted: bool


class ScenarioResult(Record):
    """What one scenario showed; plain data, so that it can travel between processes."""

    name: str
    title: str
    file: str
    line: int
    owner: str
    severity: Severity
    tags: tuple[str, ...]
    because: str
    contracts: tuple[str, ...]
    outcome: OutcomeWord
    reason: str
    rulings: Rulings = ()
    idle: dict[str, str] = Field(default_factory=dict)
    measures: tuple[dict[str, Any], ...] = ()
    tallies: tuple[dict[str, Any], ...] = Field(
        (), description="What both sides have of the same thing in the end."
    )
    problems: tuple[str, ...] = ()
    seed: int = 0
    journal: str = ""
    systems: dict[str, str] = Field(default_factory=dict)
    timeline: tuple[Step, ...] = ()
    left_out: int = Field(0, description="Rows of the timeline that are not kept.")

    @classmethod
    def of(
        cls, scenario: Scenario, judgement: Judgement, history: History, *, journal: str = ""
    ) -> ScenarioResult:
        """Return the result of a judged history."""
        status = judgement.status
        word: OutcomeWord = {
            Status.PROVEN: "proven",
            Status.FAILED: "failed",
        }.get(status, "unproven")  # type: ignore[assignment]
        worst = next((r for r in judgement.rulings if r.status is status), None)
        reason = "nothing was exercised" if worst is None else f"{worst.clause}: {worst.reason}"
        steps = _timeline(history)
        return cls(
            **_described(scenario),
            contracts=history.header.contracts,
            outcome=word,
            reason="" if word == "proven" else reason,
            rulings=tuple(ruling_to_json(ruling) for ruling in judgement.rulings),
            idle=dict(judgement.idle),
            measures=tuple(_measure_to_json(measure) for measure in judgement.measures),
            tallies=tuple(asdict(tally) for tally in judgement.tallies),
            seed=history.header.seed,
            journal=journal,
            systems={name: str(origin) for name, origin in history.header.systems.items()},
            timeline=tuple(steps[:MOST_TIMELINE_ROWS]),
            left_out=max(len(steps) - MOST_TIMELINE_ROWS, 0),
        )

    @classmethod
    def skipped(cls, scenario: Scenario, reason: str) -> ScenarioResult:
        """Return the result of a scenario that was not run on purpose."""
        return cls(
            **_described(scenario), contracts=scenario.contracts, outcome="skipped", reason=reason
        )

    @classmethod
    def broken(cls, scenario: Scenario, problems: Sequence[Problem]) -> ScenarioResult:
        """Return the result of a scenario that could not be run."""
        return cls(
            **_described(scenario),
            contracts=scenario.contracts,
            outcome="broken",
            reason=problems[0].message.partition("\n")[0] if problems else "could not be run",
            problems=tuple(str(problem) for problem in problems),
        )

    @classmethod
    def unreadable(cls, problems: Sequence[Problem]) -> ScenarioResult:
        """Return the result of a scenario file that could not be read."""
        first = problems[0]
        return cls(
            **_unnamed(first.file, first.line),
            outcome="broken",
            reason=first.message,
            problems=tuple(str(problem) for problem in problems),
        )

    @classmethod
    def lost(cls, name: str) -> ScenarioResult:
        """Return the result of a scenario that was collected and never reported."""
        return cls(
            **_unnamed(name, 0),
            outcome="unproven",
            reason="it was collected and never reported: its worker died, or the run was stopped",
        )


def _timeline(history: History) -> list[Step]:
    start = history.header.start
    rows = []
    for entry in history.entries:
        at = entry.sent_at if isinstance(entry, Exchange) else entry.at
        t = None if at is None or start is None else at - start
        if isinstance(entry, Exchange):
            rows.append(_exchange_step(entry, t))
        elif entry.kind in _SHOWN_EVENTS:
            rows.append(_event_step(entry, t))
    return rows


_SHOWN_EVENTS: Final = frozenset(
    {
        EventKind.STEP,
        EventKind.STARTED,
        EventKind.STOPPED,
        EventKind.CRASHED,
        EventKind.STALLED,
        EventKind.LEFT_OVER,
        EventKind.UNPLAYED,
        EventKind.MISSED,
    }
)


def _exchange_step(exchange: Exchange, t: int | None) -> Step:
    if exchange.topic is not None:
        label = exchange.topic
    else:
        path = exchange.url.partition("://")[2].partition("/")[2].partition("?")[0]
        label = f"{exchange.method} /{path}"
    failed = exchange.failure
    return Step(
        seq=exchange.seq,
        t=t,
        sender=exchange.sender,
        receiver=exchange.receiver or "nobody",
        label=label[:90],
        result=str(exchange.status) if exchange.status is not None else str(failed or ""),
        good=exchange.status is not None and exchange.status < 400,
        faulted=bool(exchange.faults),
    )


def _event_step(event: Event, t: int | None) -> Step:
    data = event.data
    said = {
        EventKind.STEP: f"{data.get('verb')} {data.get('what')}",
        EventKind.CRASHED: f"crashed: {str(data.get('error', '')).partition(':')[0]}",
    }.get(event.kind, str(event.kind).replace("_", " "))
    bad = event.kind not in (EventKind.STEP, EventKind.STARTED, EventKind.STOPPED)
    return Step(
        seq=event.seq,
        t=t,
        sender=event.system or "scenario",
        receiver="",
        label=said[:90],
        result="",
        good=not bad,
        faulted=False,
    )


def _measure_to_json(measure: Measure) -> dict[str, Any]:
    return {
        "clause": measure.clause,
        "value": measure.value,
        "limit": measure.limit,
        "subject": measure.subject,
        "faulted": measure.faulted,
        "grade": str(measure.grade),
    }


def _described(scenario: Scenario) -> dict[str, Any]:
    return {
        "name": scenario.name,
        "title": scenario.scenario,
        "file": scenario.file,
        "line": scenario.line(),
        "owner": scenario.owner or "",
        "severity": Severity(scenario.severity),
        "tags": scenario.tags,
        "because": scenario.because or "",
    }


def _unnamed(name: str, line: int) -> dict[str, Any]:
    return {
        "name": name,
        "title": "",
        "file": name if line else "",
        "line": line,
        "owner": "",
        "severity": Severity.BLOCKER,
        "tags": (),
        "because": "",
        "contracts": (),
    }
