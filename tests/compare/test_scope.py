"""A change reaches contracts, flows, clauses and scenarios; what nobody tests yet is named."""

from __future__ import annotations

from harness.compare import Version, compare, scope_of_changes, scope_of_systems
from tests.align.support import ORDERS, changed, clean, described, world

FLOW = {
    "flow": "order-to-job",
    "summary": "From the shop to the depot.",
    "owner": "sales-team",
    "chain": ["orders"],
}


def version() -> Version:
    """Return the small landscape with a flow and two scenarios."""
    data = clean()
    data["flows"] = [FLOW]
    made = world(data)
    scenarios = {"ORD-001": frozenset({"orders"}), "OTHER-001": frozenset({"others"})}
    return Version(made.contracts, made.landscape, made.flows, scenarios)


def test_a_new_system_puts_its_contracts_in_scope() -> None:
    """With the reason, the flow they belong to and the scenarios that try them."""
    scope = scope_of_systems(version(), ["depot"])

    assert scope.contracts == {"orders": "depot receives depot.job"}
    assert (scope.flows, scope.scenarios) == (("order-to-job",), ("ORD-001",))
    assert "orders#retry.attempts" in scope.clauses


def test_a_system_that_shows_parked_messages_counts() -> None:
    """Whoever replaces it must see them parked again."""
    assert scope_of_systems(version(), ["ops"]).contracts == {"orders": "it parks in ops.parked"}


def test_a_system_that_nobody_uses_reaches_nothing() -> None:
    """An empty scope is said as such."""
    scope = scope_of_systems(version(), ["elsewhere"])

    assert (scope.contracts, scope.clauses, scope.scenarios) == ({}, (), ())


def test_clauses_that_nobody_tests_are_named() -> None:
    """Signed promises are no matter of tests; without a record nobody can say."""
    known = scope_of_systems(version(), ["depot"], tested={"orders#expect"})

    assert known.untested is not None
    assert "orders#expect" not in known.untested
    assert "orders#retry.on" in known.untested
    assert "orders#owners" not in known.untested
    assert scope_of_systems(version(), ["depot"]).untested is None


def test_changes_put_what_they_touch_in_scope() -> None:
    """A field of a system reaches the contracts that use it."""
    old = version()
    data = changed("systems.1.messages.job.fields.mail.max", 60)
    made = world(data)
    new = Version(made.contracts, made.landscape, made.flows, old.scenarios)

    scope = scope_of_changes(new, compare(old, new))

    assert list(scope.contracts) == ["orders"]
    assert scope.contracts["orders"].startswith("changed: message depot.job fields.mail.max")


def test_a_retired_contract_is_out_of_scope() -> None:
    """Nobody runs it again."""
    data = clean()
    data["contracts"] = [described(ORDERS, status="retired")]
    made = world(data)

    assert scope_of_systems(Version(made.contracts, made.landscape), ["depot"]).contracts == {}
