"""What must be run again after a change: contracts, flows, clauses and scenarios."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.compare.changes import Change, Version
from harness.contract import Contract


@dataclass(frozen=True, slots=True)
class Scope:
    """What a change reaches.

    ``contracts`` are ids with the reason why each is in, ``untested`` the clauses that no scenario
    has exercised so far; None where no record tells.
    """

    contracts: Mapping[str, str]
    flows: tuple[str, ...]
    clauses: tuple[str, ...]
    scenarios: tuple[str, ...]
    untested: tuple[str, ...] | None


def scope_of_systems(
    version: Version, systems: Collection[str], *, tested: Collection[str] | None = None
) -> Scope:
    """Return what must be run again when these systems are replaced or changed."""
    reasons = {
        contract.contract: reason
        for contract in version.contracts
        if (reason := _reason(contract, set(systems)))
    }
    return _scope(version, reasons, tested)


def scope_of_changes(
    version: Version, changes: Sequence[Change], *, tested: Collection[str] | None = None
) -> Scope:
    """Return what must be run again after these changes; what grades as nothing counts, too."""
    reasons: dict[str, str] = {}
    for change in changes:
        said = f"{change.what} {change.about} {change.path}".strip()
        touched = {clause.partition("#")[0] for clause in change.clauses}
        if change.what == "contract":
            touched.add(change.about)
        for name in sorted(touched):
            if name in version.by_id:
                reasons.setdefault(name, f"{change.kind}: {said}")
    return _scope(version, reasons, tested)


def _scope(version: Version, reasons: Mapping[str, str], tested: Collection[str] | None) -> Scope:
    names = {name for name in reasons if version.by_id[name].status != "retired"}
    flows = [flow for flow in version.flows if names & set(flow.chain)]
    clauses = [
        clause
        for contract in version.contracts
        if contract.contract in names
        for clause in contract.clauses()
    ]
    untested = None
    if tested is not None:
        untested = tuple(c.id for c in clauses if c.id not in tested and not c.attested)
    return Scope(
        contracts={
            c.contract: reasons[c.contract] for c in version.contracts if c.contract in names
        },
        flows=tuple(flow.flow for flow in flows),
        clauses=tuple(clause.id for clause in clauses),
        scenarios=version.scenarios_of(names),
        untested=untested,
    )


def _reason(contract: Contract, systems: set[str]) -> str:
    """Return why a contract is in, or an empty text."""
    return next((why for name, why in _uses(contract) if name.partition(".")[0] in systems), "")


def _uses(contract: Contract) -> Iterator[tuple[str, str]]:
    yield contract.source, f"{contract.systems[0]} sends {contract.source}"
    yield contract.to, f"{contract.systems[1]} receives {contract.to}"
    for join in contract.joins():
        yield join.name, f"it is read together with {join.name}"
    if contract.after is not None:
        yield contract.after, f"it waits for {contract.after}"
    if contract.parked is not None:
        yield contract.parked.to, f"it parks in {contract.parked.to}"
    for state in contract.state.values():
        name = state.what.removeprefix("count ").removeprefix("sum ")
        yield name, f"it promises something about {state.what}"
