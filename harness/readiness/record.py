"""The readiness record as it is written: the verdict, its reasons, and what was never proven."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from harness.business import Outcomes
from harness.readiness.policy import Attestation
from harness.readiness.results import Record, ScenarioResult
from harness.verdict import Severity

FORMAT: Final = "golive-readiness/1"


Verdict = Literal["GO", "GO WITH ACCEPTED RISK", "NOT PROVEN", "NO-GO"]


StatusWord = Literal["proven", "waived", "unproven", "failed", "attested"]


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
