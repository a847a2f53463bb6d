"""Pure judging: what a history shows about contracts and a scenario, as rulings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from harness.checks import (
    cutoff,
    delivery,
    expectations,
    failures,
    freshness,
    mapping,
    order,
    polling,
    python,
    recovery,
    retry,
    silence,
    state,
    timing,
)
from harness.checks.case import Case, Check
from harness.checks.dossier import Dossier, Facts, claimed_elsewhere
from harness.checks.flows import DELIVERED, judge_flow
from harness.checks.tallies import tallies
from harness.contract import Clause, Contract
from harness.history import History
from harness.landscape import Flow, Landscape
from harness.rules import personal_paths
from harness.scenario import Scenario
from harness.verdict import Judgement, Measure, Ruling, Status, Tally, unproven

CHECKS: tuple[Check, ...] = (
    mapping.CHECK,
    timing.CHECK,
    delivery.CHECK,
    retry.CHECK,
    failures.CHECK,
    order.CHECK,
    cutoff.CHECK,
    polling.CHECK,
    state.CHECK,
    freshness.CHECK,
    silence.CHECK,
    recovery.CHECK,
    python.CHECK,
)
"""Every family of promises; a family is added by adding its module here."""


def judge(
    history: History,
    *,
    contracts: Sequence[Contract],
    landscape: Landscape,
    scenario: Scenario | None = None,
    flows: Sequence[Flow] = (),
    functions: Mapping[str, python.CheckFunction] | None = None,
) -> Judgement:
    """Hold a history against contracts and a scenario.

    ``flows`` are judged where all of their contracts are, and none is only proposed.
    ``functions`` are the Python checks that the contracts name, by ``module:function``.

    Every clause either gets a ruling or a reason why it has none. A check that breaks leaves its
    clauses unproven, and so does a history that breaks off: it can show a breach, and no proof.
    """
    ends = {end for contract in contracts for end in (contract.source, contract.to)}
    facts = Facts.of(history, landscape, personal_paths(landscape, contracts), ends)
    rulings: list[Ruling] = []
    idle: dict[str, str] = {}
    measures: list[Measure] = []
    built: list[Dossier] = []
    for contract in contracts:
        with _border(contract.clauses(), rulings):
            built.append(Dossier(contract, facts))
    peers = {dossier.contract.contract: dossier for dossier in built}
    for dossier in built:
        dossier.peers = peers
    for dossier in built:
        with _border(dossier.contract.clauses(), rulings):
            dossier.complete(claimed_elsewhere(dossier, built))
            _hear(Case.of(dossier, functions), rulings, idle, measures)
    for flow in flows:
        _follow(flow, peers, rulings, idle, measures)
    rulings += expectations.check(history, scenario, facts, built, rulings)
    if not history.header.complete:
        rulings = [_without_proof(ruling) for ruling in rulings]
    decided = {ruling.clause for ruling in rulings}
    for contract in contracts:
        for clause in contract.clauses():
            if clause.id not in decided and not clause.attested:
                idle.setdefault(clause.id, "nothing in this history touches it")
    kept = {clause: reason for clause, reason in idle.items() if clause not in decided}
    return Judgement(tuple(rulings), kept, tuple(measures), tuple(_compared(built)))


def _compared(dossiers: Sequence[Dossier]) -> list[Tally]:
    """Return what both sides have of the same thing; a figure that cannot be had is left out."""
    try:
        return list(tallies(dossiers))
    except Exception:  # noqa: BLE001 - outcomes are measured beside the verdict and decide nothing
        return []


def _follow(
    flow: Flow,
    dossiers: Mapping[str, Dossier],
    rulings: list[Ruling],
    idle: dict[str, str],
    measures: list[Measure],
) -> None:
    """Rule on the promise of a flow, unless it is not agreed as a whole."""
    chain = [dossiers.get(name) for name in flow.chain]
    if any(one is None or not one.contract.blocking for one in chain):
        return
    clause = f"{flow.flow}#{DELIVERED}"
    try:
        docket = judge_flow(flow, dossiers)
    except Exception as error:  # noqa: BLE001 - a check may break; its promise is then unproven
        said = f"the check itself failed: {type(error).__name__}: {error}"
        mend = "a check that works; report this as a bug"
        rulings.append(unproven(clause, said, would_prove=mend))
        return
    rulings += docket.rulings()
    idle.update(docket.reasons)
    measures += docket.measures


def _hear(case: Case, rulings: list[Ruling], idle: dict[str, str], measures: list[Measure]) -> None:
    """Let every check rule on one contract."""
    clauses = case.dossier.contract.clauses()
    for check in CHECKS:
        with _border([clause for clause in clauses if clause.kind in check.kinds], rulings):
            docket = check.run(case)
            found, reasons = docket.rulings(), docket.reasons
            rulings += found
            idle.update(reasons)
            measures += docket.measures


@contextmanager
def _border(clauses: Iterable[Clause], rulings: list[Ruling]) -> Iterator[None]:
    """Leave the clauses unproven when what judges them fails."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - a check may break; its clauses are then unproven
        said = f"the check itself failed: {type(error).__name__}: {error}"
        rulings += [
            unproven(clause.id, said, would_prove="a check that works; report this as a bug")
            for clause in clauses
            if not clause.attested
        ]


def _without_proof(ruling: Ruling) -> Ruling:
    """Take back what a history that breaks off seems to prove."""
    if ruling.status is not Status.PROVEN:
        return ruling
    return replace(
        ruling,
        status=Status.UNPROVEN,
        reason=f"the journal breaks off; so far: {ruling.reason}",
        would_prove="a journal with its last line",
    )


__all__ = ["CHECKS", "Case", "Check", "judge"]
