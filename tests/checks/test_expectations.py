"""What a scenario expects, and what its run is worth."""

from __future__ import annotations

from typing import Any

import pytest

from harness.checks import judge
from harness.history import EMPTY_BODY, EventKind, Exchange, Failure, Origin
from harness.scenario import Scenario
from harness.verdict import Status
from tests.checks import kitchen
from tests.checks.support import START, Story, batch, contract, good, judged, ticket


def scenario(**parts: Any) -> Scenario:
    """Return a scenario about a ticket."""
    return Scenario.described(scenario="A ticket is baked", id="BUN-001", **parts)


def ruling(story: Story, step: dict[str, Any]) -> Status | None:
    """Return how one expectation is ruled."""
    return statuses(story, scenario(then=[step])).get("BUN-001#then.0")


def statuses(story: Story, told: Scenario | None = None) -> dict[str, Status]:
    """Return every ruling of the scenario and its run."""
    found = judged(story, scenario=told).rulings
    return {one.clause: one.status for one in found if one.clause.startswith("BUN-001")}


def stepped() -> Story:
    """Tell of two tickets in two steps."""
    story = Story().step("one").ticket(ticket(1), delivery="d1").send(batch(1)).wait("1m")
    return story.step("two").ticket(ticket(2), delivery="d2").send(batch(2)).settle()


@pytest.mark.parametrize(
    ("step", "status"),
    [
        ({"message": "oven.batch"}, Status.PROVEN),
        ({"message": "oven.batch", "times": 2}, Status.PROVEN),
        ({"message": "oven.batch", "times": 1}, Status.FAILED),
        ({"message": "oven.batch", "times": 3}, Status.FAILED),
        ({"message": "oven.batch", "match": {"ref": "2"}, "times": 1}, Status.PROVEN),
        ({"message": "oven.batch", "match": {"ref": "3"}}, Status.FAILED),
        ({"message": "oven.batch", "match": {"odd": 1}}, Status.UNPROVEN),
        ({"message": "oven.batch", "of": "one", "times": 1}, Status.PROVEN),
        ({"message": "oven.batch", "of": "two", "match": {"ref": "1"}}, Status.FAILED),
        ({"message": "oven.batch", "of": "never-begun"}, Status.UNPROVEN),
        ({"message": "oven.batch", "of": "two", "within": "10ms"}, Status.FAILED),
        ({"message": "oven.batch", "of": "two", "within": "10s"}, Status.PROVEN),
        ({"never": "oven.batch", "match": {"ref": "3"}}, Status.PROVEN),
        ({"never": "oven.batch"}, Status.FAILED),
        ({"never": "oven.batch", "match": {"ref": "3"}, "for": "9h"}, Status.UNPROVEN),
    ],
)
def test_expectations_about_messages(step: dict[str, Any], status: Status) -> None:
    """Counted, matched, related to a step, in time; unproven where it cannot be known."""
    assert ruling(stepped(), step) is status


def test_nothing_is_expected_of_a_history_in_which_nothing_happened() -> None:
    """An empty history proves not even that something never came."""
    story = Story()

    assert ruling(story, {"never": "oven.batch"}) is Status.UNPROVEN


def test_before_its_time_is_over_a_message_is_not_missing() -> None:
    """A history that ends early cannot show that nothing came."""
    story = Story().step("one").ticket().wait("1m")

    assert ruling(story, {"message": "oven.batch", "within": "5m", "of": "one"}) is (
        Status.UNPROVEN
    )


def test_a_call_without_an_answer_may_have_been_the_message() -> None:
    """Where the target shows no commits a lost answer leaves the expectation open."""
    story = Story()
    story.origins["oven"] = Origin.RECORDED
    story.ticket().send(status=None).settle()

    assert ruling(story, {"message": "oven.batch"}) is Status.UNPROVEN
    assert ruling(story, {"never": "oven.batch"}) is Status.UNPROVEN


def refused() -> Story:
    """Tell of a ticket that is refused and of which the bakers hear."""
    story = Story().step("one").ticket().send(status=422).wait("1m").park().tell("bakers")
    return story.settle()


@pytest.mark.parametrize(
    ("step", "status"),
    [
        ({"told": "bakers"}, Status.PROVEN),
        ({"told": "bakers", "about": "ticket-to-batch#failures.422"}, Status.PROVEN),
        ({"told": "bakers", "about": "ticket-to-batch#failures.otherwise"}, Status.FAILED),
        ({"told": "bakers", "of": "one", "within": "5m"}, Status.PROVEN),
        ({"told": "bakers", "of": "one", "within": "1s"}, Status.FAILED),
        ({"told": "shop-team"}, Status.FAILED),
        ({"told": "shop-team", "within": "9h"}, Status.UNPROVEN),
        ({"message": "bell.shelf", "match": {"ref": "7"}, "times": 1}, Status.PROVEN),
    ],
)
def test_expectations_about_people(step: dict[str, Any], status: Status) -> None:
    """Who was told, about what, and how soon."""
    assert ruling(refused(), step) is status


def test_a_fault_that_never_fires_makes_the_scenario_unproven() -> None:
    """A planned fault must meet something."""
    planned = scenario(given={"faults": [{"on": "oven.batch", "do": "refuse"}]})

    assert Status.UNPROVEN in statuses(good(), planned).values()
    assert (
        Status.UNPROVEN
        not in statuses(
            good().event(EventKind.FAULT, "oven", fault=0, do="refuse", exchange=3), planned
        ).values()
    )


def test_a_clause_that_was_to_be_covered_and_was_not_is_unproven() -> None:
    """`covers` is kept by any ruling on the clause, or below it."""
    missed = statuses(good(), scenario(covers=["ticket-to-batch#retry"]))
    met = statuses(good(), scenario(covers=["ticket-to-batch#timing"]))

    assert Status.UNPROVEN in missed.values()
    assert Status.UNPROVEN not in met.values()


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (EventKind.CRASHED, Status.FAILED),
        (EventKind.STALLED, Status.FAILED),
        (EventKind.LEFT_OVER, Status.FAILED),
        (EventKind.UNPLAYED, Status.FAILED),
        (EventKind.MISSED, Status.UNPROVEN),
    ],
)
def test_troubles_of_the_run_are_ruled_on(kind: EventKind, status: Status) -> None:
    """Each trouble has its clause, and its finding an owner."""
    story = good().event(
        kind,
        error="ValueError: x",
        waiting="a",
        tasks=["t"],
        episodes=[1],
        file="x.yaml",
        nearest=[],
    )
    found = judged(story).rulings
    (one,) = [r for r in found if r.clause == f"BUN-001#run.{kind.value}"]

    assert one.status is status
    assert all(finding.owner == "glue-team" for finding in one.findings)


def test_a_call_to_nobody_makes_the_run_unproven() -> None:
    """A call that belongs to no system is no proof of anything."""
    story = good()
    story.entries.append(
        Exchange(
            90,
            91,
            "integration",
            "",
            START,
            START,
            "GET",
            "https://odd.test/",
            (),
            EMPTY_BODY,
            failure=Failure.UNROUTED,
        )
    )

    assert statuses(story)["BUN-001#run.unrouted"] is Status.UNPROVEN


def test_a_run_without_any_exchange_is_unproven() -> None:
    """Nothing happened, nothing is shown."""
    assert statuses(Story().settle())["BUN-001#run.history"] is Status.UNPROVEN


def shelved(left: int, *, settled: bool = True) -> Story:
    """Tell of a shelf on which so much is left."""
    rows = [{"kind": "rye", "left": left}]
    story = Story().ticket().send(batch())
    story.event(EventKind.STATE, "shop", moment="changed", of="shelf", rows=rows, gone=[])
    return story.settle() if settled else story


@pytest.mark.parametrize(
    ("story", "step", "status"),
    [
        (shelved(3), {"match": {"kind": "rye", "left": 3}}, Status.PROVEN),
        (shelved(4), {"match": {"kind": "rye", "left": 3}}, Status.FAILED),
        (shelved(4), {"match": {"kind": "oat"}, "times": 0}, Status.PROVEN),
        (shelved(3, settled=False), {"match": {"left": 3}}, Status.UNPROVEN),
        (Story().ticket().settle(), {"match": {"left": 3}}, Status.FAILED),
        (Story().ticket().settle(), {"match": {"left": 3}, "times": 0}, Status.UNPROVEN),
    ],
)
def test_expectations_about_records(story: Story, step: dict[str, Any], status: Status) -> None:
    """What the system holds in the end decides; a history that shows nothing proves nothing."""
    told = scenario(then=[{"record": "shop.shelf", **step}])
    found = judge(
        story.history(), contracts=(contract(),), landscape=kitchen.landscape(), scenario=told
    )
    (ruling,) = [one for one in found.rulings if one.clause == "BUN-001#then.0"]
    assert ruling.status is status
