"""A fresh look before writing, and one message before another."""

from __future__ import annotations

from typing import Any

from harness.checks.case import Case
from harness.checks.order import CHECK
from harness.contract import Contract
from harness.history import INTEGRATION, Origin
from harness.landscape import Landscape, System
from harness.verdict import Status
from tests.checks.support import (
    Said,
    Story,
    batch,
    contract,
    dossier,
    failing,
    judged,
    landscape,
    said_by,
    ticket,
)

GUARDED = contract(guard={"seen_within": "5m"})
GUEST = {
    "key": "number",
    "carried_by": {"create": {"request": "POST /guests", "at": "body"}},
    "fields": {"number": {"type": "integer"}},
}


def said(story: Story, agreed: Contract = GUARDED) -> Said:
    """Return what the order check says."""
    return said_by(CHECK, story, agreed)


def read(story: Story, number: int = 7) -> Story:
    """Let the integration read the ticket again."""
    story._exchange(
        INTEGRATION,
        "shop",
        f"https://shop.test/tickets/{number}",
        None,
        200,
        None,
        method="GET",
        answer=ticket(number),
    )
    return story


def test_a_read_in_time_proves_the_guard() -> None:
    """The read and the request are the witnesses."""
    story = read(Story().ticket().wait("20m")).send().settle()

    ruling = said(story).rulings["guard"]

    assert (ruling.status, len(ruling.witnesses)) == (Status.PROVEN, 2)


def test_a_read_too_long_ago_is_one_finding() -> None:
    """Six minutes later nobody knows whether the ticket still is what it was."""
    story = Story().ticket().wait("6m").send().settle()

    found = said(story)

    assert found.failing() == ["guard"]
    assert found.finding("guard").cause == "read_too_long_ago"


def test_a_look_after_the_request_is_no_look() -> None:
    """What is read once it was sent guards nothing."""
    story = read(Story().ticket().wait("6m").send()).settle()

    assert said(story)["guard"] is Status.FAILED


def test_without_times_the_guard_is_unproven() -> None:
    """How long ago needs a clock."""
    assert said(Story(timed=False).ticket().send())["guard"] is Status.UNPROVEN


def test_a_refused_request_is_not_guarded() -> None:
    """It wrote nothing."""
    found = said(Story().ticket().wait("6m").send(status=422).settle())

    assert found["guard"] is None
    assert "guard" in found.idle


def test_an_empty_history_says_nothing() -> None:
    """No message, no ruling."""
    assert said(Story().settle()).rulings == {}


def test_a_planted_defect_is_the_only_finding() -> None:
    """One late write among good ones breaks the guard, and nothing else."""
    story = Story().ticket().send().ticket(ticket(8), delivery="d2").wait("280s")
    story.wait("30s").send(batch(8)).settle()
    agreed = contract(
        guard={"seen_within": "5m"}, timing={"delivered": {"fail": "10m", "never_over": "30m"}}
    )

    assert failing(judged(story, agreed)) == ["guard"]


# -- after ---------------------------------------------------------------------------------------


def guests(**changes: Any) -> Landscape:
    """Return the bakery with an oven that knows guests."""
    land = landscape()
    oven = land.systems["oven"].model_dump(mode="json", by_alias=True, exclude_unset=True)
    oven["messages"]["guest"] = {**GUEST, **changes}
    systems = {**land.systems, "oven": System.model_validate(oven)}
    return Landscape(systems=systems, teams=land.teams)


def guest(story: Story, number: int = 7, status: int | None = 201, **more: Any) -> Story:
    """Send a guest to the oven."""
    url = "https://oven.test/api/guests"
    story._exchange(INTEGRATION, "oven", url, {"number": number, **more}, status, None)
    return story


def after(story: Story, land: Landscape | None = None, **changes: Any) -> Said:
    """Return what the order check says of a batch that comes after a guest."""
    agreed = contract(after="oven.guest", **changes)
    return Said(CHECK.run(Case.of(dossier(story, agreed, land or guests()))))


def test_the_first_message_came_first() -> None:
    """An equal key relates the two."""
    assert after(guest(Story().ticket()).send().settle())["after"] is Status.PROVEN


def test_the_first_message_came_later() -> None:
    """The order is the promise, not that both arrive."""
    found = after(guest(Story().ticket().send()).settle())

    assert found.finding("after").observed == "it was accepted later"


def test_the_first_message_of_another_key_does_not_count() -> None:
    """Each needs its own; that keys are equal here is shown by the others."""
    story = guest(Story().ticket(), 7).send().ticket(ticket(8), delivery="d2").send(batch(8))

    assert after(story.settle()).finding("after").observed == "it was never accepted"


def test_messages_that_nothing_relates_are_unproven() -> None:
    """Keys that never meet say nothing about the order."""
    found = after(guest(Story().ticket(), 900).send().settle())

    assert found["after"] is Status.UNPROVEN
    assert "relates" in found.rulings["after"].reason


def test_a_join_relates_what_keys_do_not() -> None:
    """A guest by the name on the ticket."""
    joined: Any = {"visitor": {"one": "oven.guest", "on": {"name": "guest"}}}

    good = guest(Story().ticket(), 900, name=" Ada Quist ").send().settle()
    bad = guest(Story().ticket(), 900, name="Bo").send().settle()

    assert after(good, **{"with": joined})["after"] is Status.PROVEN
    assert after(bad, **{"with": joined})["after"] is Status.FAILED


def test_an_unanswered_first_message_is_unproven() -> None:
    """It may have been accepted."""
    story = guest(Story().ticket(), status=None).send().settle()

    assert after(story)["after"] is Status.UNPROVEN


def test_a_real_target_may_have_known_it_before() -> None:
    """A history of a live system does not begin with its first message."""
    story = guest(Story().ticket(), 7).send().ticket(ticket(8), delivery="d2").send(batch(8))
    story.origins["oven"] = Origin.LIVE

    assert after(story.settle())["after"] is Status.UNPROVEN
