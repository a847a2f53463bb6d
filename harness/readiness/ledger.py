"""Everything that was shown, put together clause by clause, with waivers taken into account."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harness.contract import Clause, Contract
from harness.landscape import Landscape
from harness.readiness.policy import Attestation, Policy, Waiver, unsigned_reason
from harness.readiness.record import AcceptedRisk, ClauseRecord, StatusWord
from harness.readiness.results import ScenarioResult
from harness.verdict import Ruling, Severity, Status, combine

UNPROVEN_CAUSE: Final = "unproven"
"""The cause under which a waiver accepts what was never proven."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a clause stands after the waivers, and the causes that nobody accepted."""

    status: Status
    open: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
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
    standings: Mapping[str, Standing]

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


class Waivers:
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
        return counts_on(waiver.until, self._as_of)


def standing_of(clause: str, seen: list[tuple[str, Ruling]], waivers: Waivers) -> Standing:
    """Return how a clause stands, over all scenarios and with waivers."""
    worst = combine(ruling.status for _, ruling in seen)
    if worst is Status.PROVEN:
        return Standing(worst, frozenset())
    causes = {finding.cause for _, ruling in seen for finding in ruling.findings}
    if not seen or any(ruling.status is Status.UNPROVEN for _, ruling in seen):
        causes.add(UNPROVEN_CAUSE)
    left = waivers.left(clause, causes)
    if not left:
        return Standing(Status.WAIVED, left)
    return Standing(Status.UNPROVEN if left == {UNPROVEN_CAUSE} else Status.FAILED, left)


def clause_record(
    ledger: Ledger,
    clause: Clause,
    idle: list[str],
    signed: Mapping[str, Attestation],
    policy: Policy,
) -> ClauseRecord:
    """Return what the record says of one clause."""
    seen = ledger.by_clause.get(clause.id, [])
    entry = signed.get(clause.id)
    status: StatusWord
    if entry is not None:
        status, reason = "attested", f"signed by {entry.by} on {entry.on}"
    elif clause.attested and not seen:
        status, reason = (
            word_of(ledger.standings[clause.id].status),
            unsigned_reason(clause, policy),
        )
    else:
        standing = ledger.standings[clause.id].status
        worst = combine(ruling.status for _, ruling in seen)
        status = word_of(standing)
        reason = reason_of(worst if standing is Status.WAIVED else standing, seen, idle)
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
        proven_by=names_with(seen, Status.PROVEN),
        failed_by=names_with(seen, Status.FAILED),
        unproven_by=names_with(seen, Status.UNPROVEN),
    )


def reason_of(worst: Status, seen: list[tuple[str, Ruling]], idle: list[str]) -> str:
    """Return why a clause stands as it does."""
    if not seen:
        said = Counter(idle)
        most = sorted(said.items(), key=lambda pair: (-pair[1], pair[0]))
        return f"no scenario exercised it: {most[0][0]}" if most else "no scenario exercised it"
    name, ruling = next((n, r) for n, r in seen if r.status is worst)
    return f"{ruling.reason} ({name})"


def word_of(status: Status) -> StatusWord:
    """Return the word of the record for a status."""
    words: dict[Status, StatusWord] = {
        Status.PROVEN: "proven",
        Status.WAIVED: "waived",
        Status.UNPROVEN: "unproven",
        Status.FAILED: "failed",
    }
    return words[status]


def names_with(seen: list[tuple[str, Ruling]], status: Status) -> tuple[str, ...]:
    """Return the scenarios in which a clause has that status."""
    return tuple(sorted({name for name, ruling in seen if ruling.status is status}))


def idle_reasons(scenarios: Sequence[ScenarioResult]) -> dict[str, list[str]]:
    """Return for each clause why scenarios say nothing about it."""
    found: dict[str, list[str]] = defaultdict(list)
    for result in scenarios:
        for clause, reason in result.idle.items():
            found[clause].append(reason)
    return found


def shows_nothing(result: ScenarioResult) -> bool:
    """Return whether no ruling stands behind the outcome: skipped, lost, or never exercised."""
    said = {data["status"] for data in result.rulings}
    return result.outcome not in ("broken", "failed") and result.outcome not in said


def went_wrong(result: ScenarioResult) -> bool:
    """Return whether it went wrong in a way that no clause speaks of."""
    return result.outcome == "broken" or is_unexplained(result)


def is_unexplained(result: ScenarioResult) -> bool:
    """Return whether it says that it failed, and no ruling says what."""
    failed = any(data["status"] == Status.FAILED.word for data in result.rulings)
    return result.outcome == "failed" and not failed


def counts_on(until: str, as_of: str | None) -> bool:
    """Return whether something that is valid until a day still counts on another."""
    # Without a day nobody can tell whether a waiver still counts, so it does not.
    return as_of is not None and until >= as_of


def lost_clauses(result: ScenarioResult) -> list[str]:
    """Return the timed promises that were broken without any time to measure."""
    return [
        finding["clause"]
        for ruling in result.rulings
        for finding in ruling["findings"]
        if finding["cause"] in ("lost", "never_sent", "stuck")
    ]
