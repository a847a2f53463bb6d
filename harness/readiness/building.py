"""From the results of all scenarios to one readiness record."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.align import Alignment, checks
from harness.business import Outcomes, outcomes_of, percentile
from harness.contract import FAMILIES, Contract
from harness.errors import BadInput, Problem
from harness.landscape import Flow, Landscape
from harness.plurals import counted
from harness.readiness.blockers import (
    alignment_blockers,
    failed_blockers,
    rank_of,
    scenario_blockers,
    unproven_blockers,
)
from harness.readiness.ledger import (
    Ledger,
    Waivers,
    clause_record,
    counts_on,
    idle_reasons,
    is_unexplained,
    lost_clauses,
    names_with,
    reason_of,
    shows_nothing,
    standing_of,
    word_of,
)
from harness.readiness.policy import Policy, can_be_signed, checked_day
from harness.readiness.record import (
    AcceptedRisk,
    AlignmentRecord,
    Blocker,
    Cell,
    ClauseRecord,
    ContractRecord,
    FlowRecord,
    GapRecord,
    OwnerRecord,
    Readiness,
    TimingRecord,
    Verdict,
)
from harness.readiness.results import ScenarioResult
from harness.verdict import Ruling, Severity, Status, combine, ruling_from_json


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
        if can_be_signed(entry.clause, clauses) and entry.clause not in by_clause
        if as_of is not None and entry.on <= as_of
    }
    waivers = Waivers(policy, as_of)
    ledger = Ledger(
        landscape=landscape,
        contracts=contracts,
        clauses=clauses,
        scenarios={result.name: result for result in scenarios},
        by_clause=by_clause,
        standings={
            name: standing_of(name, by_clause.get(name, []), waivers)
            for name in dict.fromkeys((*clauses, *by_clause))
            if name not in signed
        },
        results=scenarios,
    )
    idle = idle_reasons(scenarios)
    records = {
        clause.id: clause_record(ledger, clause, idle.get(clause.id, []), signed, policy)
        for clause in clauses.values()
    }
    said = (*map(str, problems), *_policy_problems(policy, ledger))
    flow_records = tuple(_flow_record(flow, ledger) for flow in flows)
    aligned = alignment_record(alignment, policy, as_of, landscape)
    blockers = [
        *alignment_blockers(aligned),
        *failed_blockers(ledger),
        *unproven_blockers(ledger, records),
        *scenario_blockers(ledger),
    ]
    place = {clause: number for number, clause in enumerate(clauses)}
    blockers.sort(key=lambda blocker: rank_of(blocker, place))
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


def _check_day(as_of: str | None) -> None:
    if as_of is None:
        return
    try:
        checked_day(as_of)
    except ValueError as error:
        message = f"{as_of!r} is not a day"
        raise BadInput([Problem("as_of", 0, 0, message, "write it as 2026-03-02")]) from error


def _order(result: ScenarioResult) -> tuple[str, ...]:
    # Names are unique in a good project; the rest keeps a bad one reproducible.
    return result.name, result.file, result.outcome, result.reason, result.journal


def alignment_record(
    alignment: Alignment, policy: Policy, as_of: str | None, landscape: Landscape
) -> AlignmentRecord:
    """Return what alignment found, with what people accepted of it."""
    about = {check.code: check for check in checks()}
    records = []
    for gap in alignment.gaps:
        risk = next(
            (w for w in policy.alignment if w.covers(gap) and counts_on(w.until, as_of)), None
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


def _flow_record(flow: Flow, ledger: Ledger) -> FlowRecord:
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
        status = word_of(standing)
        reason = reason_of(worst if standing is Status.WAIVED else standing, seen, [])
    return FlowRecord.model_validate(
        {
            "id": flow.flow,
            "summary": flow.summary,
            "owner": flow.owner,
            "chain": flow.chain,
            "fail": flow.delivered.fail if flow.delivered is not None else None,
            "status": status,
            "reason": reason,
            "proven_by": names_with(seen, Status.PROVEN),
        }
    )


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
                if not counts_on(waiver.until, as_of)
                else "used"
                if used
                else "not needed"
            ),
        )


def _verdict(
    ledger: Ledger,
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
    unexplained = sum(map(is_unexplained, ledger.results))
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
    idle = sum(shows_nothing(result) for result in ledger.results)
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


def _aside(ledger: Ledger) -> str:
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


def _timing(ledger: Ledger) -> tuple[TimingRecord, ...]:
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


def _outcomes(ledger: Ledger, flows: Sequence[Flow]) -> Outcomes:
    return outcomes_of(
        (
            (result.name, result.measures, result.tallies, lost_clauses(result))
            for result in ledger.results
        ),
        objects={one.contract: one.object for one in ledger.contracts},
        flows=[flow.flow for flow in flows],
    )


def _owners(ledger: Ledger, records: Mapping[str, ClauseRecord]) -> tuple[OwnerRecord, ...]:
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


def _policy_problems(policy: Policy, ledger: Ledger) -> list[str]:
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
