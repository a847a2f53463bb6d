"""Who takes part in a scenario: the contracts that judge it, and the systems that are played."""

from __future__ import annotations

from collections.abc import Iterator

from harness.contract import Contract
from harness.loader import Project
from harness.mapping import TABLES
from harness.scenario import Scenario


def contracts_of(scenario: Scenario, project: Project) -> tuple[Contract, ...]:
    """Return the contracts a scenario is judged by: those it names, else all that it is about.

    It is about a contract when both of its systems appear in it; where that is none, when one of
    them does; where no system appears at all, about every contract. A retired one never counts
    unless it is named.
    """
    if scenario.contracts:
        return tuple(c for c in project.contracts if c.contract in scenario.contracts)
    alive = tuple(c for c in project.contracts if c.status != "retired")
    appearing = frozenset(_appearing(scenario))
    both = tuple(c for c in alive if appearing.issuperset(c.systems))
    return both or tuple(c for c in alive if appearing.intersection(c.systems)) or alive


def systems_of(scenario: Scenario, project: Project) -> frozenset[str]:
    """Return the systems that take part: those it names, and those its contracts speak of.

    Systems that tell people are always there.
    """
    named = {*_appearing(scenario), *project.landscape.alerting()}
    for contract in contracts_of(scenario, project):
        named.update(_spoken_of(contract))
    return frozenset(named & project.landscape.systems.keys())


def _spoken_of(contract: Contract) -> Iterator[str]:
    yield from contract.systems
    names = [join.name for join in contract.joins()]
    names += [
        state.what.split(" ")[-1 if " " not in state.what else 1]
        for state in contract.state.values()
    ]
    names += [name for name in (contract.after, contract.parked and contract.parked.to) if name]
    yield from (name.partition(".")[0] for name in names if not name.startswith(f"{TABLES}."))


def _appearing(scenario: Scenario) -> Iterator[str]:
    yield from scenario.systems
    names: list[str | None] = [*scenario.given.records]
    names += [fault.on for fault in scenario.given.faults]
    names += [name for step in scenario.when for name in (step.do, step.send, step.change)]
    names += [name for step in scenario.then for name in (step.message, step.never, step.record)]
    yield from (name.partition(".")[0] for name in names if name)
