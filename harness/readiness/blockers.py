"""What stands in the way of a launch, and who must act; the worst first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from harness.readiness.ledger import (
    UNPROVEN_CAUSE,
    Ledger,
    is_unexplained,
    shows_nothing,
    went_wrong,
)
from harness.readiness.record import AlignmentRecord, Blocker, ClauseRecord
from harness.readiness.results import ScenarioResult
from harness.verdict import Finding, Severity, Status


def failed_blockers(ledger: Ledger) -> list[Blocker]:
    """Return a blocker for each cause of each clause that failed."""
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


def _failed_blocker(ledger: Ledger, members: Sequence[tuple[str, Finding]]) -> Blocker:
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


def unproven_blockers(ledger: Ledger, records: Mapping[str, ClauseRecord]) -> list[Blocker]:
    """Return a blocker for each clause of an agreed contract that nothing proves."""
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


def scenario_blockers(ledger: Ledger) -> list[Blocker]:
    """Return a blocker for each scenario that stands in the way by itself."""
    found = []
    never = set(ledger.expectations(Status.UNPROVEN))
    for result in ledger.results:
        if went_wrong(result) or shows_nothing(result):
            said = result.reason
            if is_unexplained(result):
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
    ledger: Ledger, result: ScenarioResult, clause: str, observed: str, expected: str
) -> Blocker:
    owner = ledger.owner(result)
    return Blocker(
        kind="broken" if went_wrong(result) else "unproven",
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


def alignment_blockers(aligned: AlignmentRecord) -> list[Blocker]:
    """Return a blocker for each open finding of alignment that keeps a launch."""
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


_SEVERITIES: Final = (Severity.BLOCKER, Severity.MAJOR, Severity.MINOR, Severity.NOTE)


_KINDS: Final = ("broken", "failed", "misaligned", "unproven")


def rank_of(blocker: Blocker, place: Mapping[str, int]) -> tuple[Any, ...]:
    """Return where a blocker stands among the others; the worst comes first."""
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


def _place_of(result: ScenarioResult | None) -> str:
    return f"{result.file}:{result.line}" if result is not None and result.file else ""
