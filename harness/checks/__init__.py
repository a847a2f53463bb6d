"""Pure judging: what a history shows about contracts and a scenario, as rulings."""

from __future__ import annotations

from collections.abc import Sequence

from harness.checks import delivery, expectations, failures, mapping, retry, timing
from harness.checks.case import Case, Check
from harness.checks.dossier import Dossier, Facts, dossiers
from harness.contract import Contract
from harness.history import History
from harness.landscape import Landscape
from harness.rules import personal_paths
from harness.scenario import Scenario
from harness.verdict import Judgement, Measure, Ruling, unproven

CHECKS: tuple[Check, ...] = (
    mapping.CHECK,
    timing.CHECK,
    delivery.CHECK,
    retry.CHECK,
    failures.CHECK,
)
"""Every family of promises; a family is added by adding its module here."""


def judge(
    history: History,
    *,
    contracts: Sequence[Contract],
    landscape: Landscape,
    scenario: Scenario | None = None,
) -> Judgement:
    """Hold a history against contracts and a scenario.

    Every clause either gets a ruling or a reason why it has none. A check that breaks leaves its
    clauses unproven.
    """
    facts = Facts.of(history, landscape, personal_paths(landscape, contracts))
    rulings: list[Ruling] = []
    idle: dict[str, str] = {}
    measures: list[Measure] = []
    built = dossiers(contracts, facts)
    for dossier in built:
        for check in CHECKS:
            _run(check, dossier, rulings, idle, measures)
    rulings += expectations.check(history, scenario, facts, built, rulings)
    decided = {ruling.clause for ruling in rulings}
    for contract in contracts:
        for clause in contract.clauses():
            if clause.id not in decided and not clause.attested:
                idle.setdefault(clause.id, "nothing in this history touches it")
    kept = {clause: reason for clause, reason in idle.items() if clause not in decided}
    return Judgement(tuple(rulings), kept, tuple(measures))


def _run(
    check: Check,
    dossier: Dossier,
    rulings: list[Ruling],
    idle: dict[str, str],
    measures: list[Measure],
) -> None:
    try:
        docket = check.run(Case.of(dossier))
        found, reasons = docket.rulings(), docket.reasons
    except Exception as error:  # noqa: BLE001 - a check may break; its clauses are then unproven
        said = f"the check itself failed: {type(error).__name__}: {error}"
        rulings += [
            unproven(clause.id, said, would_prove="a check that works; report this as a bug")
            for clause in dossier.contract.clauses()
            if clause.kind in check.kinds
        ]
        return
    rulings += found
    idle.update(reasons)
    measures += docket.measures


__all__ = ["CHECKS", "Case", "Check", "judge"]
