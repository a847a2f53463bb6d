"""From rulings, attestations, waivers and the policy to one serialisable record and its verdict."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from harness.contract import FAMILIES, Clause, Contract
from harness.declaration import Declaration
from harness.errors import Problem
from harness.history import Event, EventKind, Exchange, History
from harness.landscape import Landscape
from harness.scenario import Scenario
from harness.verdict import (
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
MOST_TIMELINE_ROWS: Final = 120
FEWEST_FOR_PERCENTILES: Final = 20

Verdict = Literal["GO", "GO WITH ACCEPTED RISK", "NOT PROVEN", "NO-GO"]
OutcomeWord = Literal["proven", "unproven", "failed", "skipped", "broken"]
StatusWord = Literal["proven", "waived", "unproven", "failed", "attested"]


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


Day = Annotated[str, AfterValidator(_day), Field(examples=["2026-03-02"])]


class Attestation(Declaration):
    """A named person signs a promise that leaves no trace between the systems."""

    clause: str = Field(description="The clause, `contract#path`.")
    by: str = Field(min_length=2, description="The person who signs.")
    on: Day = Field(description="The day of the signature.")
    note: str = Field("", description="What was looked at.")


class Waiver(Declaration):
    """A named person accepts what is not kept or not proven, until a day, for a reason."""

    clause: str = Field(description="The clause, `contract#path`.")
    cause: str | None = Field(None, description="Only findings with this cause.")
    by: str = Field(min_length=2, description="The person who accepts the risk.")
    reason: str = Field(min_length=3, description="Why it is acceptable.")
    until: Day = Field(description="The last day on which it counts.")


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
    rulings: tuple[dict[str, Any], ...] = ()
    idle: dict[str, str] = Field(default_factory=dict)
    measures: tuple[dict[str, Any], ...] = ()
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

    kind: Literal["failed", "unproven", "broken"]
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


class TimingRecord(Record):
    """Measured times against one promise, for one kind of evidence."""

    clause: str
    text: str
    grade: str
    limit: int = Field(description="Nanoseconds.")
    count: int
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
    contracts: tuple[ContractRecord, ...]
    timing: tuple[TimingRecord, ...]
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
    problems: Sequence[Problem],
    as_of: str | None,
    seed: int,
) -> Readiness:
    """Return the record of these results; the order in which they came does not matter."""
    scenarios = tuple(sorted(results, key=lambda result: (result.name, result.file)))
    rulings = [(result.name, ruling_from_json(data)) for result in scenarios for data in result.rulings]
    clauses = {c.id: c for contract in contracts for c in contract.clauses()}
    said = [str(problem) for problem in problems]
    said += _policy_problems(policy, clauses)
    waivers = _Waivers(policy, as_of)
    attested = {
        entry.clause: entry for entry in policy.attested if as_of is None or entry.on <= as_of
    }
    by_clause: dict[str, list[tuple[str, Ruling]]] = defaultdict(list)
    for name, ruling in rulings:
        by_clause[ruling.clause].append((name, ruling))
    idle = _idle_reasons(scenarios)
    records = {
        clause.id: _clause_record(
            clause, by_clause.get(clause.id, []), idle.get(clause.id, []), attested, waivers
        )
        for clause in clauses.values()
    }
    blocking = {contract.contract for contract in contracts if contract.blocking}
    blockers = [
        *_failed_blockers(by_clause, records, clauses, blocking, scenarios, landscape),
        *_unproven_blockers(records, blocking, landscape),
        *_scenario_blockers(scenarios, landscape),
    ]
    blockers.sort(key=_rank(clauses))
    verdict, sentence, conditions = _verdict(
        contracts, records, blocking, scenarios, by_clause, said, blockers
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
        accepted=waivers.record(),
        attested=tuple(policy.attested),
        contracts=tuple(
            _contract_record(contract, [records[c.id] for c in contract.clauses()])
            for contract in contracts
            if contract.status != "retired"
        ),
        timing=_timing(scenarios, clauses),
        owners=_owners(landscape, records, blocking, scenarios),
        scenarios=scenarios,
        problems=tuple(said),
        notes=_notes(scenarios, as_of),
    )


class _Waivers:
    """Which waivers count on that day, and which were needed."""

    def __init__(self, policy: Policy, as_of: str | None) -> None:
        self._waivers = policy.waivers
        self._as_of = as_of
        self._used: set[int] = set()

    def covers(self, clause: str, causes: Iterable[str]) -> bool:
        """Return whether every cause is waived by a waiver that counts."""
        wanted = set(causes) or {""}
        covered = set()
        for index, waiver in enumerate(self._waivers):
            if waiver.clause != clause or not self._counts(waiver):
                continue
            hit = wanted if waiver.cause is None else wanted & {waiver.cause}
            if hit:
                self._used.add(index)
                covered |= hit
        return covered == wanted

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
        # Without a day nobody can tell whether a waiver still counts, so it does not.
        return self._as_of is not None and waiver.until >= self._as_of


def _clause_record(
    clause: Clause,
    seen: list[tuple[str, Ruling]],
    idle: list[str],
    attested: Mapping[str, Attestation],
    waivers: _Waivers,
) -> ClauseRecord:
    status: StatusWord
    if clause.attested:
        entry = attested.get(clause.id)
        status = "unproven" if entry is None else "attested"
        reason = (
            "it leaves no trace between the systems, and nobody has signed it"
            if entry is None
            else f"signed by {entry.by} on {entry.on}"
        )
    else:
        worst = combine(ruling.status for _, ruling in seen)
        reason = _reason(worst, seen, idle)
        status = _word(worst)
    if status in ("failed", "unproven"):
        causes = [f.cause for _, r in seen for f in r.findings] if status == "failed" else []
        if waivers.covers(clause.id, causes):
            status = "waived"
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


def _failed_blockers(
    by_clause: Mapping[str, list[tuple[str, Ruling]]],
    records: Mapping[str, ClauseRecord],
    clauses: Mapping[str, Clause],
    blocking: set[str],
    scenarios: Sequence[ScenarioResult],
    landscape: Landscape,
) -> list[Blocker]:
    titles = {result.name: result for result in scenarios}
    found = []
    for clause_id, seen in by_clause.items():
        record = records.get(clause_id)
        if record is not None and (record.status == "waived" or record.contract not in blocking):
            continue
        groups: dict[str, list[tuple[str, Any]]] = defaultdict(list)
        for name, ruling in seen:
            for finding in ruling.findings:
                groups[finding.cause].append((name, finding))
        for cause, members in groups.items():
            first = members[0][1]
            clause = clauses.get(clause_id)
            result = titles.get(members[0][0])
            found.append(
                Blocker(
                    kind="failed",
                    clause=clause_id,
                    cause=cause,
                    fingerprint=first.fingerprint,
                    text=clause.text if clause else (result.title if result else clause_id),
                    expected=first.expected,
                    observed=first.observed,
                    severity=min((f.severity for _, f in members), key=_SEVERITIES.index),
                    contract=clause.contract if clause else "",
                    place=clause.place if clause else _place_of(result),
                    owner=first.owner,
                    contact=_contact(landscape, first.owner),
                    scenarios=tuple(sorted({name for name, _ in members})),
                    subjects=tuple(sorted({f.subject for _, f in members if f.subject}))[:20],
                )
            )
    return found


def _unproven_blockers(
    records: Mapping[str, ClauseRecord], blocking: set[str], landscape: Landscape
) -> list[Blocker]:
    return [
        Blocker(
            kind="unproven",
            clause=record.id,
            cause="unproven",
            fingerprint="",
            text=record.text,
            expected=record.would_prove,
            observed=record.reason,
            severity=record.severity,
            contract=record.contract,
            place=record.place,
            owner=record.owner,
            contact=_contact(landscape, record.owner),
            scenarios=record.unproven_by,
            subjects=(),
        )
        for record in records.values()
        if record.status == "unproven" and record.contract in blocking
    ]


def _scenario_blockers(
    scenarios: Sequence[ScenarioResult], landscape: Landscape
) -> list[Blocker]:
    found = []
    for result in scenarios:
        own = [
            ruling
            for data in result.rulings
            if (ruling := ruling_from_json(data)).clause.startswith(f"{result.name}#")
            and ruling.status is Status.UNPROVEN
        ]
        if result.outcome in ("skipped", "broken") or (
            result.outcome == "unproven" and not result.rulings
        ):
            kind: Literal["broken", "unproven"] = (
                "broken" if result.outcome == "broken" else "unproven"
            )
            said = [(result.name, kind, result.reason, "a run of this scenario to its end")]
        else:
            said = [(ruling.clause, "unproven", ruling.reason, ruling.would_prove) for ruling in own]
        found += [
            Blocker(
                kind="broken" if kind == "broken" else "unproven",
                clause=clause,
                cause=result.outcome,
                fingerprint="",
                text=result.title or result.name,
                expected=would_prove,
                observed=reason,
                severity=result.severity,
                contract="",
                place=_place_of(result),
                owner=result.owner,
                contact=_contact(landscape, result.owner),
                scenarios=(result.name,),
                subjects=(),
            )
            for clause, kind, reason, would_prove in said
        ]
    return found


_SEVERITIES: Final = (Severity.BLOCKER, Severity.MAJOR, Severity.MINOR, Severity.NOTE)
_KINDS: Final = ("broken", "failed", "unproven")


def _rank(clauses: Mapping[str, Clause]) -> Any:
    order = {clause: number for number, clause in enumerate(clauses)}

    def rank(blocker: Blocker) -> tuple[Any, ...]:
        # A clause of a contract names the cause; an expectation of a scenario names the effect.
        of_contract = blocker.clause in order
        return (
            _KINDS.index(blocker.kind),
            not of_contract,
            _SEVERITIES.index(blocker.severity),
            -len(blocker.scenarios),
            order.get(blocker.clause, 0),
            blocker.clause,
            blocker.cause,
        )

    return rank


def _verdict(
    contracts: Sequence[Contract],
    records: Mapping[str, ClauseRecord],
    blocking: set[str],
    scenarios: Sequence[ScenarioResult],
    by_clause: Mapping[str, list[tuple[str, Ruling]]],
    problems: Sequence[str],
    blockers: Sequence[Blocker],
) -> tuple[Verdict, str, list[str]]:
    mine = [record for record in records.values() if record.contract in blocking]
    counts = Counter(record.status for record in mine)
    failing = sorted(
        name
        for name, seen in by_clause.items()
        if name not in records and any(r.status is Status.FAILED for _, r in seen)
    )
    outcomes = Counter(result.outcome for result in scenarios)
    proposed = sum(contract.status == "proposed" for contract in contracts)
    aside = f" {_many(proposed, 'proposed contract')} not counted." if proposed else ""
    conditions: list[str] = []
    if problems:
        conditions.append(f"{_many(len(problems), 'problem')} in the project's files")
    if outcomes["broken"]:
        conditions.append(f"{_many(outcomes['broken'], 'scenario')} could not be run")
    if counts["failed"]:
        conditions.append(f"{_many(counts['failed'], 'clause')} of {len(mine)} failed")
    if failing:
        conditions.append(f"{_many(len(failing), 'expectation')} of scenarios failed")
    no_go = bool(conditions)
    if not scenarios:
        conditions.append("no scenario was run")
    if not mine:
        conditions.append("no contract is agreed")
    if counts["unproven"]:
        conditions.append(f"{_many(counts['unproven'], 'clause')} of {len(mine)} never proven")
    unfinished = outcomes["unproven"] + outcomes["skipped"]
    if unfinished:
        conditions.append(f"{_many(unfinished, 'scenario')} unproven or skipped")
    if no_go:
        first = next((b for b in blockers if b.kind in ("failed", "broken")), None)
        who = f" First to act: {first.owner}." if first and first.owner else ""
        return "NO-GO", f"{_sentence(conditions)}{who}{aside}", conditions
    if conditions:
        return "NOT PROVEN", f"{_sentence(conditions)}{aside}", conditions
    proven = f"All {len(mine)} clauses are settled: {counts['proven']} proven by "
    proven += f"{_many(len(scenarios), 'scenario')}, {counts['attested']} signed"
    if counts["waived"]:
        risk = f"{proven}, {counts['waived']} accepted as a risk.{aside}"
        return "GO WITH ACCEPTED RISK", risk, conditions
    return "GO", f"{proven}.{aside}", conditions


def _sentence(conditions: Sequence[str]) -> str:
    text = "; ".join(conditions)
    return text[:1].upper() + text[1:] + "."


def _many(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _contract_record(contract: Contract, clauses: Sequence[ClauseRecord]) -> ContractRecord:
    coverage = {
        family: Cell(**Counter(c.status for c in clauses if c.family == family))
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


def _timing(
    scenarios: Sequence[ScenarioResult], clauses: Mapping[str, Clause]
) -> tuple[TimingRecord, ...]:
    groups: dict[tuple[str, str, int], list[dict[str, Any]]] = defaultdict(list)
    for result in scenarios:
        for measure in result.measures:
            groups[measure["clause"], measure["grade"], measure["limit"]].append(measure)
    order = {clause: number for number, clause in enumerate(clauses)}
    records = []
    for (clause, grade, limit), measures in groups.items():
        values = sorted(measure["value"] for measure in measures)
        enough = len(values) >= FEWEST_FOR_PERCENTILES
        records.append(
            TimingRecord(
                clause=clause,
                text=clauses[clause].text if clause in clauses else clause,
                grade=grade,
                limit=limit,
                count=len(values),
                untouched=sum(not measure["faulted"] for measure in measures),
                worst=values[-1],
                p50=_percentile(values, 50) if enough else None,
                p95=_percentile(values, 95) if enough else None,
            )
        )
    return tuple(sorted(records, key=lambda r: (order.get(r.clause, 0), r.clause, r.grade, r.limit)))


def _percentile(values: Sequence[int], share: int) -> int:
    """Return the nearest-rank percentile."""
    return values[max(-(-len(values) * share // 100), 1) - 1]


def _owners(
    landscape: Landscape,
    records: Mapping[str, ClauseRecord],
    blocking: set[str],
    scenarios: Sequence[ScenarioResult],
) -> tuple[OwnerRecord, ...]:
    mine = [record for record in records.values() if record.contract in blocking]
    return tuple(
        OwnerRecord(
            team=team,
            name=contact.name,
            contact=contact.contact,
            failed=sum(r.owner == team and r.status == "failed" for r in mine),
            unproven=sum(r.owner == team and r.status == "unproven" for r in mine),
            scenarios=sum(s.owner == team for s in scenarios),
        )
        for team, contact in sorted(landscape.teams.items())
    )


def _notes(scenarios: Sequence[ScenarioResult], as_of: str | None) -> tuple[str, ...]:
    notes = []
    if as_of is None:
        notes.append("No day is given (`as_of`), so no waiver counts.")
    if scenarios and all(set(s.systems.values()) <= {"simulated"} for s in scenarios):
        notes.append(
            "All systems were simulated: times of systems say nothing about the real ones."
        )
    return tuple(notes)


def _policy_problems(policy: Policy, clauses: Mapping[str, Clause]) -> list[str]:
    found = []
    for word, entries in (("attested", policy.attested), ("waivers", policy.waivers)):
        for index, entry in enumerate(entries):
            clause = clauses.get(entry.clause)
            if clause is None and "#" in entry.clause and word == "waivers":
                # Expectations of scenarios can be waived by their own id.
                continue
            if clause is None:
                found.append(f"readiness.yaml: {word}.{index}: there is no clause {entry.clause!r}")
            elif word == "attested" and not clause.attested:
                found.append(
                    f"readiness.yaml: {word}.{index}: {entry.clause} can be seen between the "
                    "systems, so it is proven, not signed"
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


def _contact(landscape: Landscape, team: str) -> str:
    found = landscape.teams.get(team)
    return found.contact if found is not None else ""

