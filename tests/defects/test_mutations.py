"""Every proven clause falls to a change of its journal; stored journals judge alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from harness.cast import contracts_of
from harness.checks import judge
from harness.contract import Contract
from harness.history import History
from harness.scenario import Scenario
from harness.verdict import Ruling, Status
from tests.defects.mutations import mutations
from tests.defects.workshop import Rehearsed, forget, rehearse, statuses_from_disk


@pytest.fixture(scope="module")
def correct(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    """Provide one rehearsal of the integration as it is."""
    folder = tmp_path_factory.mktemp("correct")
    yield rehearse(folder)
    forget(folder)


@pytest.mark.slow
def test_every_proven_clause_falls_to_a_mutation(correct: Rehearsed) -> None:
    """A check that cannot fail proves nothing."""
    project = correct.project
    standing = []
    proven = [
        clause
        for contract in correct.record.contracts
        for clause in contract.clauses
        if clause.status == "proven"
    ]
    runs = {scenario.name: (scenario, history) for scenario, history in correct.runs}
    for clause in proven:
        scenario, history = runs[clause.proven_by[0]]
        contracts = contracts_of(scenario, project)

        def status_of(
            changed: History,
            scenario: Scenario = scenario,
            contracts: Sequence[Contract] = contracts,
            clause: str = clause.id,
        ) -> Ruling | None:
            rulings = judge(
                changed, contracts=contracts, landscape=project.landscape, scenario=scenario
            ).rulings
            return next((ruling for ruling in rulings if ruling.clause == clause), None)

        ruling = status_of(history)
        assert ruling is not None
        fell = any(
            (now := status_of(changed)) is None or now.status is not Status.PROVEN
            for _, changed in mutations(history, ruling.witnesses)
        )
        if not fell:
            standing.append(clause.id)
    assert standing == []


@pytest.mark.slow
def test_stored_journals_give_the_statuses_of_the_run(correct: Rehearsed, tmp_path: Path) -> None:
    """Judged from disk, veiled and all, each clause has the status that it had in memory."""
    assert statuses_from_disk(correct, tmp_path) == correct.statuses()
