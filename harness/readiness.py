"""From rulings, attestations, waivers and the policy to one serialisable record and its verdict."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from harness.align import Alignment, Gap, checks
from harness.business import Outcomes, outcomes_of, percentile
from harness.contract import FAMILIES, Clause, Contract
from harness.declaration import Declaration
from harness.errors import BadInput, Problem
from harness.history import Event, EventKind, Exchange, History
from harness.landscape import Flow, Landscape
from harness.plurals import counted
from harness.scenario import Scenario
from harness.verdict import (
    Finding,
    Judgement,
    Measure,
    Ruling,
    Severity,
    Status,
    combine,
    ruling_from_json,
    ruling_to_json,
)

FORMAT: Final = "golive-readiness/1"
MOST_TIMELINE_ROWS: Final = 60
UNPROVEN_CAUSE: Final = "unproven"
"""The cause under which a waiver accepts what was never proven."""

Verdict = Literal["GO", "GO WITH ACCEPTED RISK", "NOT PROVEN", "NO-GO"]
OutcomeWord = Literal["proven", "unproven", "failed", "skipped", "broken"]
StatusWord = Literal["proven", "waived", "unproven", "failed", "attested"]


def _day(text: str) -> str:
    # Days are compared as text, so the other ways in which ISO 8601 writes one are refused.
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError("write the day as 2026-03-02")
    return text


def _said(text: str) -> str:
    # A signature of blanks would turn a promise green that nobody answers for.
    if sum(map(str.isalnum, text)) < 2:
        raise ValueError("write it in words; blanks and marks say nothing")
    return text


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
Day = Annotated[str, AfterValidator(_day), Field(examples=["2026-03-02"])]
Said = Annotated[str, AfterValidator(_said)]


class Attestation(Declaration):
    """A named person signs a promise that leaves no trace between the systems."""

    clause: str = Field(description="The clause, `contract#path`.")
    by: Said = Field(min_length=2, description="The person who signs.")
    on: Day = Field(description="The day of the signature.")
    note: str = Field("", description="What was looked at.")


class Waiver(Declaration):
    """A named person accepts what is not kept or not proven, until a day, for a reason."""

    clause: str = Field(description="The clause, `contract#path`.")
    cause: str | None = Field(
        None, description="Only findings with this cause; `unproven` is one. All when left out."
    )
    by: Said = Field(min_length=2, description="The person who accepts the risk.")
    reason: Said = Field(min_length=3, description="Why it is acceptable.")
    until: Day = Field(description="The last day on which it counts.")


class GapWaiver(Declaration):
    """A named person accepts an alignment finding, until a day, for a reason."""

    code: str = Field(pattern=r"^[A-Z]\d\d$", description="The code of the check, as `F04`.")
    at: str = Field(
        min_length=1,
        description="Where: `contract#path` as the finding shows it, or a contract for all of it.",
    )
    by: Said = Field(min_length=2, description="The person who accepts the risk.")
    reason: Said = Field(min_length=3, description="Why it is acceptable.")
    until: Day = Field(description="The last day on which it counts.")

    def covers(self, gap: Gap) -> bool:
        """Return whether it speaks of this gap."""
        return gap.code == self.code and self.at in (gap.about, f"{gap.about}#{gap.at}")


class Policy(Declaration):
    """The policy of a launch: what is signed, and what is accepted."""

    launch: str = Field("", description="What goes live.")
    date: Day | None = Field(None, description="The day of the launch.")
    policy: str = Field(
        "Every clause of every agreed contract is proven or signed.",
        description="The policy, in words.",
    )
    attested: tuple[Attestation, ...] = Field((), description="Promises that people sign.")
    waivers: tuple[Waiver, ...] = Field((), description="Risks that people accept.")
    alignment: tuple[GapWaiver, ...] = Field(
        (), description="Findings of `golive align` that people accept."
    )


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


class ClauseRecord(Record):
    """One clause, over all scenarios."""

    id: str
    contract: str
    path: str
    family: str
    text: str
    status: StatusWord
    reason: str
    would_prove: str
    severity: Severity
    owner: str
    place: str
    grades: tuple[str, ...]
    proven_by: tuple[str, ...]
    failed_by: tuple[str, ...]
    unproven_by: tuple[str, ...]


class Cell(Record):
    """One cell of the coverage matrix: how many clauses have which status."""

    proven: int = 0
    attested: int = 0
    waived: int = 0
    unproven: int = 0
    failed: int = 0


class ContractRecord(Record):
    """One contract, with all its clauses and its row of the coverage matrix."""

    id: str
    version: str
    status: str
    summary: str
    object: str
    source: str
    target: str
    file: str
    owners: dict[str, str]
    clauses: tuple[ClauseRecord, ...]
    coverage: dict[str, Cell]


class Blocker(Record):
    """Something that stands between the launch and its GO, and who must act."""

    kind: Literal["failed", "misaligned", "unproven", "broken"]
    clause: str
    cause: str
    fingerprint: str
    text: str
    expected: str
    observed: str
    severity: Severity
    contract: str
    place: str
    owner: str
    contact: str
    scenarios: tuple[str, ...]
    subjects: tuple[str, ...]


class AcceptedRisk(Record):
    """A waiver and what it does."""

    clause: str
    by: str
    reason: str
    until: str
    state: Literal["used", "expired", "not needed"]


class GapRecord(Record):
    """One alignment finding: both sides, what it means, who acts, and whether it is accepted."""

    code: str
    title: str
    weight: Severity
    about: str
    at: str
    message: str
    means: str
    mend: str
    owner: str
    contact: str
    places: tuple[str, ...]
    arithmetic: tuple[str, ...]
    state: Literal["open", "accepted", "not blocking"]
    accepted_by: str = ""
    reason: str = ""
    until: str = ""


class AlignmentRecord(Record):
    """What was found by looking at the contracts alone."""

    contracts: int
    checks: int = Field(description="How many checks were made.")
    broken: tuple[str, ...] = Field(description="Checks that broke; what they seek is not known.")
    gaps: tuple[GapRecord, ...]


class FlowRecord(Record):
    """A chain of contracts, and where its end-to-end promise stands."""

    id: str
    summary: str
    owner: str
    chain: tuple[str, ...]
    fail: int | None = Field(description="Nanoseconds from the first event to the last.")
    status: Literal["proposed", "unproven", "failed", "waived", "proven"]
    reason: str
    proven_by: tuple[str, ...] = ()


class TimingRecord(Record):
    """Measured times against one promise, for one kind of evidence."""

    clause: str
    text: str
    grade: str
    limit: int = Field(description="Nanoseconds; the promise may allow a share to be later.")
    ceiling: int = Field(description="Nanoseconds; nothing may be later than that.")
    count: int
    late: int = Field(description="How many are over the limit.")
    untouched: int = Field(description="How many no fault touched.")
    worst: int
    p50: int | None
    p95: int | None


class OwnerRecord(Record):
    """One team: what stands against its name."""

    team: str
    name: str
    contact: str
    failed: int
    unproven: int
    scenarios: int


class Readiness(Record):
    """The record of a rehearsal; every report is made from it and computes nothing."""

    format: Literal["golive-readiness/1"] = FORMAT
    launch: str
    launch_date: str | None
    policy: str
    as_of: str | None
    seed: int
    verdict: Verdict
    sentence: str
    conditions: tuple[str, ...] = Field(description="What must change before it is GO.")
    blockers: tuple[Blocker, ...]
    accepted: tuple[AcceptedRisk, ...]
    attested: tuple[Attestation, ...]
    alignment: AlignmentRecord
    contracts: tuple[ContractRecord, ...]
    flows: tuple[FlowRecord, ...]
    timing: tuple[TimingRecord, ...]
    outcomes: Outcomes = Field(description="What the business feels; it decides nothing by itself.")
    owners: tuple[OwnerRecord, ...]
    scenarios: tuple[ScenarioResult, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def build(
    *,
    landscape: Landscape,
    contracts: Sequence[Contract],
    policy: Policy,
    results: Iterable[ScenarioResult],
    alignment: Alignment,
    problems: Sequence[Problem],
    as_of: str | None,
    seed: int,
    flows: Sequence[Flow] = (),
    partial: bool = False,
) -> Readiness:
    """Return the record of these results; the order in which they came does not matter.

    ``partial`` says that some scenarios of the project were left out; such a record is no verdict
    on the launch, and never GO.

    Severity sorts the blockers and excuses nothing: a failed *note* is NO-GO as well, until a
    named person waives it.

    Raises:
        BadInput: ``as_of`` is not a day.
    """
    _check_day(as_of)
    scenarios = tuple(sorted(results, key=_order))
    clauses = {c.id: c for contract in contracts for c in contract.clauses()}
    by_clause: dict[str, list[tuple[str, Ruling]]] = defaultdict(list)
    for result in scenarios:
        for data in result.rulings:
            ruling = ruling_from_json(data)
            by_clause[ruling.clause].append((result.name, ruling))
    signed = {
        entry.clause: entry
        for entry in policy.attested
        if _can_be_signed(entry.clause, clauses) and entry.clause not in by_clause
        if as_of is not None and entry.on <= as_of
    }
    waivers = _Waivers(policy, as_of)
    ledger = _Ledger(
        landscape=landscape,
        contracts=contracts,
        clauses=clauses,
        scenarios={result.name: result for result in scenarios},
        by_clause=by_clause,
        standings={
            name: _standing(name, by_clause.get(name, []), waivers)
            for name in dict.fromkeys((*clauses, *by_clause))
            if name not in signed
        },
        results=scenarios,
    )
    idle = _idle_reasons(scenarios)
    records = {
        clause.id: _clause_record(ledger, clause, idle.get(clause.id, []), signed, policy)
        for clause in clauses.values()
    }
    said = (*map(str, problems), *_policy_problems(policy, ledger))
    flow_records = tuple(_flow_record(flow, ledger) for flow in flows)
    aligned = alignment_record(alignment, policy, as_of, landscape)
    blockers = [
        *_alignment_blockers(aligned),
        *_failed_blockers(ledger),
        *_unproven_blockers(ledger, records),
        *_scenario_blockers(ledger),
    ]
    place = {clause: number for number, clause in enumerate(clauses)}
    blockers.sort(key=lambda blocker: _rank(blocker, place))
    verdict, sentence, conditions = _verdict(
        ledger, records, said, blockers, aligned, flow_records, partial=partial
    )
    return Readiness(
        launch=policy.launch,
        launch_date=policy.date,
        policy=policy.policy,
        as_of=as_of,
        seed=seed,
        verdict=verdict,
        sentence=sentence,
        conditions=tuple(conditions),
        blockers=tuple(blockers),
        accepted=(*waivers.record(), *_accepted_gaps(aligned, policy, as_of)),
        attested=tuple(policy.attested),
        alignment=aligned,
        contracts=tuple(
            _contract_record(contract, [records[c.id] for c in contract.clauses()])
            for contract in contracts
            if contract.status != "retired"
        ),
        flows=flow_records,
        timing=_timing(ledger),
        outcomes=_outcomes(ledger, flows),
        owners=_owners(ledger, records),
        scenarios=scenarios,
        problems=said,
        notes=_notes(scenarios, as_of),
    )


def _can_be_signed(clause: str, clauses: Mapping[str, Clause]) -> bool:
    return clause in clauses and clauses[clause].attested


def _check_day(as_of: str | None) -> None:
    if as_of is None:
        return
    try:
        _day(as_of)
    except ValueError as error:
        message = f"{as_of!r} is not a day"
        raise BadInput([Problem("as_of", 0, 0, message, "write it as 2026-03-02")]) from error


def _order(result: ScenarioResult) -> tuple[str, ...]:
    # Names are unique in a good project; the rest keeps a bad one reproducible.
    return result.name, result.file, result.outcome, result.reason, result.journal


@dataclass(frozen=True, slots=True)
class _Standing:
    """Where a clause stands after the waivers, and the causes that nobody accepted."""

    status: Status
    open: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ledger:
    """All that was promised and seen, by clause.

    Rulings on clauses of no contract are *expectations*: a scenario's own ``then``, or the run
    itself. They always block, for nothing else would tell of them.
    """

    landscape: Landscape
    contracts: Sequence[Contract]
    clauses: Mapping[str, Clause]
    results: Sequence[ScenarioResult]
    scenarios: Mapping[str, ScenarioResult]
    by_clause: Mapping[str, list[tuple[str, Ruling]]]
    standings: Mapping[str, _Standing]

    def blocks(self, clause: str) -> bool:
        """Return whether this clause can stand in the way of a launch."""
        found = self.clauses.get(clause)
        return found is None or found.contract in self.blocking

    @property
    def blocking(self) -> frozenset[str]:
        """Return the contracts that can stand in the way of a launch."""
        return frozenset(c.contract for c in self.contracts if c.blocking)

    def expectations(self, status: Status) -> list[str]:
        """Return the expectations with this status, in order."""
        return sorted(
            name
            for name, standing in self.standings.items()
            if name not in self.clauses and standing.status is status
        )

    def owner(self, result: ScenarioResult) -> str:
        """Return who answers for a scenario: its owner, or who integrates its first contract."""
        teams = (
            contract.owners.team("integration")
            for contract in self.contracts
            if contract.contract in result.contracts
        )
        return result.owner or next(teams, "")

    def contact(self, team: str) -> str:
        """Return where to reach a team, or an empty text."""
        found = self.landscape.teams.get(team)
        return found.contact if found is not None else ""


class _Waivers:
    """Which waivers count on that day, and which were needed."""

    def __init__(self, policy: Policy, as_of: str | None) -> None:
        self._waivers = policy.waivers
        self._as_of = as_of
        self._used: set[int] = set()

    def left(self, clause: str, causes: Iterable[str]) -> frozenset[str]:
        """Return the causes that no waiver covers."""
        wanted = frozenset(causes)
        covered: frozenset[str] = frozenset()
        for index, waiver in enumerate(self._waivers):
            if waiver.clause != clause or not self._counts(waiver):
                continue
            hit = wanted if waiver.cause is None else wanted & {waiver.cause}
            if hit:
                self._used.add(index)
                covered |= hit
        return wanted - covered

    def record(self) -> tuple[AcceptedRisk, ...]:
        """Return every waiver with what became of it."""
        return tuple(
            AcceptedRisk(
                clause=waiver.clause,
                by=waiver.by,
                reason=waiver.reason,
                until=waiver.until,
                state=(
                    "expired"
                    if not self._counts(waiver)
                    else "used"
                    if index in self._used
                    else "not needed"
                ),
            )
            for index, waiver in enumerate(self._waivers)
        )

    def _counts(self, waiver: Waiver) -> bool:
        return _counts_on(waiver.until, self._as_of)


def _standing(clause: str, seen: list[tuple[str, Ruling]], waivers: _Waivers) -> _Standing:
    worst = combine(ruling.status for _, ruling in seen)
    if worst is Status.PROVEN:
        return _Standing(worst, frozenset())
    causes = {finding.cause for _, ruling in seen for finding in ruling.findings}
    if not seen or any(ruling.status is Status.UNPROVEN for _, ruling in seen):
        causes.add(UNPROVEN_CAUSE)
    left = waivers.left(clause, causes)
    if not left:
        return _Standing(Status.WAIVED, left)
    return _Standing(Status.UNPROVEN if left == {UNPROVEN_CAUSE} else Status.FAILED, left)


def _clause_record(
    ledger: _Ledger,
    clause: Clause,
    idle: list[str],
    signed: Mapping[str, Attestation],
    policy: Policy,
) -> ClauseRecord:
    seen = ledger.by_clause.get(clause.id, [])
    entry = signed.get(clause.id)
    status: StatusWord
    if entry is not None:
        status, reason = "attested", f"signed by {entry.by} on {entry.on}"
    elif clause.attested and not seen:
        status, reason = _word(ledger.standings[clause.id].status), _unsigned(clause, policy)
    else:
        standing = ledger.standings[clause.id].status
        worst = combine(ruling.status for _, ruling in seen)
        status = _word(standing)
        reason = _reason(worst if standing is Status.WAIVED else standing, seen, idle)
    return ClauseRecord(
        id=clause.id,
        contract=clause.contract,
        path=clause.path,
        family=clause.family,
        text=clause.text,
        status=status,
        reason=reason,
        would_prove="" if status in ("proven", "attested") else clause.would_prove,
        severity=Severity(clause.severity),
        owner=clause.owner,
        place=clause.place,
        grades=tuple(sorted({str(r.grade) for _, r in seen if r.status is Status.PROVEN})),
        proven_by=_named(seen, Status.PROVEN),
        failed_by=_named(seen, Status.FAILED),
        unproven_by=_named(seen, Status.UNPROVEN),
    )


def _unsigned(clause: Clause, policy: Policy) -> str:
    trace = "it leaves no trace between the systems"
    days = [entry.on for entry in policy.attested if entry.clause == clause.id]
    if days:
        return f"{trace}; it is signed on {min(days)}, and the record is not made for a later day"
    return f"{trace}, and nobody has signed it"


def _reason(worst: Status, seen: list[tuple[str, Ruling]], idle: list[str]) -> str:
    if not seen:
        said = Counter(idle)
        most = sorted(said.items(), key=lambda pair: (-pair[1], pair[0]))
        return f"no scenario exercised it: {most[0][0]}" if most else "no scenario exercised it"
    name, ruling = next((n, r) for n, r in seen if r.status is worst)
    return f"{ruling.reason} ({name})"


def _word(status: Status) -> StatusWord:
    words: dict[Status, StatusWord] = {
        Status.PROVEN: "proven",
        Status.WAIVED: "waived",
        Status.UNPROVEN: "unproven",
        Status.FAILED: "failed",
    }
    return words[status]


def _named(seen: list[tuple[str, Ruling]], status: Status) -> tuple[str, ...]:
    return tuple(sorted({name for name, ruling in seen if ruling.status is status}))


def _idle_reasons(scenarios: Sequence[ScenarioResult]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for result in scenarios:
        for clause, reason in result.idle.items():
            found[clause].append(reason)
    return found


def _failed_blockers(ledger: _Ledger) -> list[Blocker]:
    groups: dict[tuple[str, str], list[tuple[str, Finding]]] = defaultdict(list)
    for clause, seen in ledger.by_clause.items():
        standing = ledger.standings.get(clause)
        if standing is None or not ledger.blocks(clause):
            continue
        for name, ruling in seen:
            for finding in ruling.findings:
                if finding.cause in standing.open:
                    groups[clause, finding.cause].append((name, finding))
    return [_failed_blocker(ledger, members) for members in groups.values()]


def _failed_blocker(ledger: _Ledger, members: Sequence[tuple[str, Finding]]) -> Blocker:
    name, first = members[0]
    clause = ledger.clauses.get(first.clause)
    result = ledger.scenarios[name]
    owner = first.owner or ledger.owner(result)
    return Blocker(
        kind="failed",
        clause=first.clause,
        cause=first.cause,
        fingerprint=first.fingerprint,
        text=clause.text if clause else result.title or first.clause,
        expected=first.expected,
        observed=first.observed,
        severity=min((f.severity for _, f in members), key=_SEVERITIES.index),
        contract=clause.contract if clause else "",
        place=clause.place if clause else _place_of(result),
        owner=owner,
        contact=ledger.contact(owner),
        scenarios=tuple(sorted({name for name, _ in members})),
        subjects=tuple(sorted({f.subject for _, f in members if f.subject}))[:20],
    )


def _unproven_blockers(ledger: _Ledger, records: Mapping[str, ClauseRecord]) -> list[Blocker]:
    return [
        Blocker(
            kind="unproven",
            clause=record.id,
            cause=UNPROVEN_CAUSE,
            fingerprint="",
            text=record.text,
            expected=record.would_prove,
            observed=record.reason,
            severity=record.severity,
            contract=record.contract,
            place=record.place,
            owner=record.owner,
            contact=ledger.contact(record.owner),
            scenarios=record.unproven_by,
            subjects=(),
        )
        for record in records.values()
        if record.status == "unproven" and ledger.blocks(record.id)
    ]


def _scenario_blockers(ledger: _Ledger) -> list[Blocker]:
    found = []
    never = set(ledger.expectations(Status.UNPROVEN))
    for result in ledger.results:
        if _went_wrong(result) or _shows_nothing(result):
            said = result.reason
            if _unexplained(result):
                said = said or "it failed, and no ruling says what"
            found.append(
                _scenario_blocker(
                    ledger, result, result.name, said, "a run of this scenario to its end"
                )
            )
        found += [
            _scenario_blocker(ledger, result, data["clause"], data["reason"], data["would_prove"])
            for data in result.rulings
            if data["clause"] in never and data["status"] == Status.UNPROVEN.word
        ]
    return found


def _scenario_blocker(
    ledger: _Ledger, result: ScenarioResult, clause: str, observed: str, expected: str
) -> Blocker:
    owner = ledger.owner(result)
    return Blocker(
        kind="broken" if _went_wrong(result) else "unproven",
        clause=clause,
        cause=result.outcome,
        fingerprint="",
        text=result.title or result.name,
        expected=expected,
        observed=observed,
        severity=result.severity,
        contract="",
        place=_place_of(result),
        owner=owner,
        contact=ledger.contact(owner),
        scenarios=(result.name,),
        subjects=(),
    )


def _shows_nothing(result: ScenarioResult) -> bool:
    """Return whether no ruling stands behind the outcome: skipped, lost, or never exercised."""
    said = {data["status"] for data in result.rulings}
    return result.outcome not in ("broken", "failed") and result.outcome not in said


def _went_wrong(result: ScenarioResult) -> bool:
    """Return whether it went wrong in a way that no clause speaks of."""
    return result.outcome == "broken" or _unexplained(result)


def _unexplained(result: ScenarioResult) -> bool:
    """Return whether it says that it failed, and no ruling says what."""
    failed = any(data["status"] == Status.FAILED.word for data in result.rulings)
    return result.outcome == "failed" and not failed


def alignment_record(
    alignment: Alignment, policy: Policy, as_of: str | None, landscape: Landscape
) -> AlignmentRecord:
    """Return what alignment found, with what people accepted of it."""
    about = {check.code: check for check in checks()}
    records = []
    for gap in alignment.gaps:
        risk = next(
            (w for w in policy.alignment if w.covers(gap) and _counts_on(w.until, as_of)), None
        )
        weighs = gap.blocking and gap.weight in ("blocker", "major")
        found = landscape.teams.get(gap.owner)
        records.append(
            GapRecord(
                code=gap.code,
                title=about[gap.code].title,
                weight=Severity(gap.weight),
                about=gap.about,
                at=gap.at,
                message=gap.message,
                means=about[gap.code].means,
                mend=about[gap.code].mend,
                owner=gap.owner,
                contact=found.contact if found is not None else "",
                places=gap.places,
                arithmetic=gap.arithmetic,
                state="accepted" if risk else "open" if weighs else "not blocking",
                accepted_by=risk.by if risk else "",
                reason=risk.reason if risk else "",
                until=risk.until if risk else "",
            )
        )
    return AlignmentRecord(
        contracts=alignment.contracts,
        checks=len(alignment.checks),
        broken=tuple(f"{code}: {reason}" for code, reason in alignment.broken),
        gaps=tuple(records),
    )


def _flow_record(flow: Flow, ledger: _Ledger) -> FlowRecord:
    """Return where a flow stands, from the histories in which something passed its whole chain.

    Only a contract that is still proposed excuses it; one that has retired breaks the chain.
    """
    proposed = {one.contract for one in ledger.contracts if one.status == "proposed"}
    open_ = [name for name in flow.chain if name in proposed]
    name = f"{flow.flow}#delivered"
    seen = ledger.by_clause.get(name, [])
    if open_:
        status, reason = "proposed", f"not agreed yet: {', '.join(open_)}"
    elif flow.delivered is None:
        status, reason = "proposed", "it promises nothing"
    elif not seen:
        status, reason = "unproven", "in no scenario did anything pass the whole chain"
    else:
        standing = ledger.standings[name].status
        worst = combine(ruling.status for _, ruling in seen)
        status = _word(standing)
        reason = _reason(worst if standing is Status.WAIVED else standing, seen, [])
    return FlowRecord.model_validate(
        {
            "id": flow.flow,
            "summary": flow.summary,
            "owner": flow.owner,
            "chain": flow.chain,
            "fail": flow.delivered.fail if flow.delivered is not None else None,
            "status": status,
            "reason": reason,
            "proven_by": _named(seen, Status.PROVEN),
        }
    )


def _alignment_blockers(aligned: AlignmentRecord) -> list[Blocker]:
    return [
        Blocker(
            kind="misaligned",
            clause=f"{gap.about}#{gap.at}",
            cause=gap.code,
            fingerprint=f"{gap.code} {gap.about}#{gap.at}",
            text=gap.title,
            expected=gap.mend,
            observed=gap.message,
            severity=gap.weight,
            contract=gap.about,
            place=gap.places[0] if gap.places else "",
            owner=gap.owner,
            contact=gap.contact,
            scenarios=(),
            subjects=(),
        )
        for gap in aligned.gaps
        if gap.state == "open"
    ]


def _accepted_gaps(
    aligned: AlignmentRecord, policy: Policy, as_of: str | None
) -> Iterator[AcceptedRisk]:
    taken = {(gap.code, gap.about, gap.at) for gap in aligned.gaps if gap.state == "accepted"}
    for waiver in policy.alignment:
        used = any(
            code == waiver.code and waiver.at in (about, f"{about}#{at}")
            for code, about, at in taken
        )
        yield AcceptedRisk(
            clause=f"{waiver.code} {waiver.at}",
            by=waiver.by,
            reason=waiver.reason,
            until=waiver.until,
            state=(
                "expired"
                if not _counts_on(waiver.until, as_of)
                else "used"
                if used
                else "not needed"
            ),
        )


def _counts_on(until: str, as_of: str | None) -> bool:
    # Without a day nobody can tell whether a waiver still counts, so it does not.
    return as_of is not None and until >= as_of


_SEVERITIES: Final = (Severity.BLOCKER, Severity.MAJOR, Severity.MINOR, Severity.NOTE)
_KINDS: Final = ("broken", "failed", "misaligned", "unproven")


def _rank(blocker: Blocker, place: Mapping[str, int]) -> tuple[Any, ...]:
    # A clause of a contract names the cause; an expectation of a scenario names the effect.
    return (
        _KINDS.index(blocker.kind),
        blocker.clause not in place,
        _SEVERITIES.index(blocker.severity),
        -len(blocker.scenarios),
        place.get(blocker.clause, 0),
        blocker.clause,
        blocker.cause,
    )


def _verdict(
    ledger: _Ledger,
    records: Mapping[str, ClauseRecord],
    problems: Sequence[str],
    blockers: Sequence[Blocker],
    aligned: AlignmentRecord,
    flows: Sequence[FlowRecord],
    *,
    partial: bool,
) -> tuple[Verdict, str, list[str]]:
    mine = [record for record in records.values() if ledger.blocks(record.id)]
    counts = Counter(record.status for record in mine)
    broken = sum(result.outcome == "broken" for result in ledger.results)
    unexplained = sum(map(_unexplained, ledger.results))
    failing = len(ledger.expectations(Status.FAILED))
    gaps = sum(gap.state == "open" for gap in aligned.gaps)
    # What is accepted of a contract that blocks nothing is no risk of the launch.
    aside_of = {record.contract for record in records.values()} - {one.contract for one in mine}
    risks = sum(
        gap.state == "accepted"
        and gap.weight in (Severity.BLOCKER, Severity.MAJOR)
        and gap.about not in aside_of
        for gap in aligned.gaps
    )
    wrong = {
        f"{counted(len(problems), 'problem')} in the project's files": problems,
        f"{counted(broken, 'scenario')} could not be run": broken,
        f"{counted(unexplained, 'scenario')} failed, and no ruling says what": unexplained,
        f"{counted(counts['failed'], 'clause')} of {len(mine)} failed": counts["failed"],
        f"{counted(failing, 'expectation')} of scenarios failed": failing,
        f"{counted(gaps, 'alignment finding')} open": gaps,
    }
    never = len(ledger.expectations(Status.UNPROVEN))
    idle = sum(_shows_nothing(result) for result in ledger.results)
    # One that a history touches and cannot decide is an unproven expectation already.
    chains = sum(
        flow.status == "unproven" and f"{flow.id}#delivered" not in ledger.by_clause
        for flow in flows
    )
    open_ = {
        "only a part of the scenarios was run": partial,
        "no scenario was run": not ledger.results,
        "no contract is agreed": not mine,
        f"{counted(counts['unproven'], 'clause')} of {len(mine)} never proven": counts["unproven"],
        f"{counted(never, 'expectation')} of scenarios never proven": never,
        f"{counted(idle, 'scenario')} skipped or without a result": idle,
        f"{counted(chains, 'flow')} never proven": chains,
        "alignment was not looked at": not aligned.checks,
        f"{counted(len(aligned.broken), 'alignment check')} broke": aligned.broken,
    }
    no_go = any(wrong.values())
    conditions = [said for said, true in {**wrong, **open_}.items() if true]
    aside = _aside(ledger)
    if no_go:
        first = next((b for b in blockers if b.kind != "unproven"), None)
        who = f" First to act: {first.owner}." if first and first.owner else ""
        return "NO-GO", f"{_sentence(conditions)}{who}{aside}", conditions
    if conditions:
        return "NOT PROVEN", f"{_sentence(conditions)}{aside}", conditions
    settled = f"All {counted(len(mine), 'clause')} are settled: {counts['proven']} proven by "
    settled += f"{counted(len(ledger.results), 'scenario')}, {counts['attested']} signed"
    if waived := counts["waived"] + len(ledger.expectations(Status.WAIVED)) + risks:
        risk = f"{settled}; {counted(waived, 'risk')} accepted.{aside}"
        return "GO WITH ACCEPTED RISK", risk, conditions
    return "GO", f"{settled}.{aside}", conditions


def _aside(ledger: _Ledger) -> str:
    proposed = sum(contract.status == "proposed" for contract in ledger.contracts)
    return f" {counted(proposed, 'proposed contract')} not counted." if proposed else ""


def _sentence(conditions: Sequence[str]) -> str:
    text = "; ".join(conditions)
    return text[:1].upper() + text[1:] + "."


def _contract_record(contract: Contract, clauses: Sequence[ClauseRecord]) -> ContractRecord:
    coverage = {
        family: Cell.model_validate(Counter(c.status for c in clauses if c.family == family))
        for family in FAMILIES
    }
    owners = contract.owners
    return ContractRecord(
        id=contract.contract,
        version=contract.version,
        status=contract.status,
        summary=contract.summary,
        object=contract.object,
        source=contract.source,
        target=contract.to,
        file=contract.file,
        owners={
            role: owners.team(role) for role in ("business", "source", "target", "integration")
        },
        clauses=tuple(clauses),
        coverage=coverage,
    )


def _timing(ledger: _Ledger) -> tuple[TimingRecord, ...]:
    clauses = ledger.clauses
    ceilings = {
        f"{contract.contract}#timing.delivered": contract.timing.delivered.ceiling
        for contract in ledger.contracts
        if contract.timing is not None and contract.timing.delivered is not None
    }
    groups: dict[tuple[str, str, int], list[dict[str, Any]]] = defaultdict(list)
    for result in ledger.results:
        for measure in result.measures:
            groups[measure["clause"], measure["grade"], measure["limit"]].append(measure)
    order = {clause: number for number, clause in enumerate(clauses)}
    records = []
    for (clause, grade, limit), measures in groups.items():
        values = sorted(measure["value"] for measure in measures)
        records.append(
            TimingRecord(
                clause=clause,
                text=clauses[clause].text if clause in clauses else clause,
                grade=grade,
                limit=limit,
                ceiling=max(ceilings.get(clause, limit), limit),
                count=len(values),
                late=sum(value > limit for value in values),
                untouched=sum(not measure["faulted"] for measure in measures),
                worst=values[-1],
                p50=percentile(values, 50),
                p95=percentile(values, 95),
            )
        )
    return tuple(
        sorted(records, key=lambda r: (order.get(r.clause, 0), r.clause, r.grade, r.limit))
    )


def _outcomes(ledger: _Ledger, flows: Sequence[Flow]) -> Outcomes:
    return outcomes_of(
        (
            (result.name, result.measures, result.tallies, _lost(result))
            for result in ledger.results
        ),
        objects={one.contract: one.object for one in ledger.contracts},
        flows=[flow.flow for flow in flows],
    )


def _lost(result: ScenarioResult) -> list[str]:
    """Return the timed promises that were broken without any time to measure."""
    return [
        finding["clause"]
        for ruling in result.rulings
        for finding in ruling["findings"]
        if finding["cause"] in ("lost", "never_sent", "stuck")
    ]


def _owners(ledger: _Ledger, records: Mapping[str, ClauseRecord]) -> tuple[OwnerRecord, ...]:
    mine = [record for record in records.values() if ledger.blocks(record.id)]
    owners = Counter(ledger.owner(result) for result in ledger.results)
    failed = Counter(record.owner for record in mine if record.status == "failed")
    unproven = Counter(record.owner for record in mine if record.status == "unproven")
    known = ledger.landscape.teams
    return tuple(
        OwnerRecord(
            team=team,
            name=known[team].name if team in known else team,
            contact=ledger.contact(team),
            failed=failed[team],
            unproven=unproven[team],
            scenarios=owners[team],
        )
        for team in sorted({*known, *owners, *failed, *unproven} - {""})
    )


def _notes(scenarios: Sequence[ScenarioResult], as_of: str | None) -> tuple[str, ...]:
    notes = []
    if as_of is None:
        notes.append("No day is given (`as_of`), so no signature and no waiver counts.")
    if scenarios and all(set(s.systems.values()) <= {"simulated"} for s in scenarios):
        notes.append(
            "All systems were simulated: times of systems say nothing about the real ones."
        )
    return tuple(notes)


def _policy_problems(policy: Policy, ledger: _Ledger) -> list[str]:
    found = []
    for index, signature in enumerate(policy.attested):
        clause, place = signature.clause, f"readiness.yaml: attested.{index}"
        if clause not in ledger.clauses:
            found.append(f"{place}: there is no clause {clause!r}")
        elif not ledger.clauses[clause].attested:
            found.append(
                f"{place}: {clause} can be seen between the systems, so it is proven, not signed"
            )
    for index, waiver in enumerate(policy.waivers):
        # Expectations of scenarios are waived by their own id, `ORD-001#then.0`.
        if waiver.clause not in ledger.clauses and (
            waiver.clause.partition("#")[0] not in ledger.scenarios
        ):
            found.append(
                f"readiness.yaml: waivers.{index}: there is no clause {waiver.clause!r}, and no "
                "scenario of that name was run"
            )
    return found


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


def _place_of(result: ScenarioResult | None) -> str:
    return f"{result.file}:{result.line}" if result is not None and result.file else ""
