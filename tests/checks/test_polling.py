"""The source is asked as often as agreed."""

from __future__ import annotations

from typing import Any

from harness.checks.case import Case
from harness.checks.polling import CHECK
from harness.history import INTEGRATION, EventKind
from harness.landscape import Landscape
from harness.verdict import Status
from tests.checks.support import Said, Story, contract, dossier, landscape, ticket


def listing() -> Landscape:
    """Return a shop that lists its tickets."""
    return landscape(
        carried_by={
            "list": {"response": "GET /tickets", "at": "body.tickets.*"},
            "read": {"response": "GET /tickets/:id", "at": "body"},
        }
    )


def poll(story: Story, path: str = "tickets", status: int = 200) -> Story:
    """Ask the shop for its tickets; there are none."""
    url = f"https://shop.test/{path}"
    story._exchange(
        INTEGRATION, "shop", url, None, status, None, method="GET", answer={"tickets": []}
    )
    return story


def said(story: Story, **receive: Any) -> Said:
    """Return what the check says."""
    agreed = contract(receive={"style": "poll", "every": "3m", **receive})
    return Said(CHECK.run(Case.of(dossier(story, agreed, listing()))))


def test_polls_in_time_are_proven() -> None:
    """Also those that find nothing, and those that fail."""
    story = poll(poll(poll(Story()).wait("3m"), status=503).wait("2m"))

    assert said(story)["receive.every"] is Status.PROVEN


def test_a_gap_is_one_finding() -> None:
    """Four minutes are too long, unless one poll may be missed."""
    story = poll(poll(poll(Story()).wait("4m")).wait("1m"))

    assert said(story).finding("receive.every").cause == "not_polled"
    assert said(story, missed_after=2)["receive.every"] is Status.PROVEN


def test_reading_one_ticket_is_no_poll() -> None:
    """It does not ask what is new."""
    story = poll(poll(poll(Story()).wait("2m"), path="tickets/7").wait("2m"))

    assert said(story)["receive.every"] is Status.FAILED


def test_an_integration_that_never_polls_is_found() -> None:
    """From its start to the end of the scenario."""
    story = Story().event(EventKind.STARTED).settle("10m")

    assert said(story)["receive.every"] is Status.FAILED


def test_while_it_is_down_nobody_polls() -> None:
    """Its next wait begins when it starts again."""
    story = poll(Story()).event(EventKind.STOPPED, why="x").wait("10m").event(EventKind.STARTED)

    assert said(poll(story.wait("1m")).settle("1m"))["receive.every"] is None


def test_without_times_it_is_unproven() -> None:
    """How long a wait was needs a clock."""
    assert said(poll(poll(Story(timed=False))))["receive.every"] is Status.UNPROVEN


def test_an_empty_history_says_nothing() -> None:
    """No poll, no start, no ruling."""
    assert said(Story()).rulings == {}


def test_a_version_that_was_gone_before_anybody_asked_owes_nothing() -> None:
    """The newest one does, also where no poll has shown it."""
    story = Story().committed(ticket()).wait("1s").committed(ticket(revision=2, state="draft"))
    agreed = contract(receive={"style": "poll", "every": "3m"})
    found = dossier(story.settle(), agreed, listing()).subjects["7"]
    assert found.owed is None
    late = Story().committed(ticket(state="draft")).wait("1s").committed(ticket(revision=2))
    found = dossier(late.settle(), agreed, listing()).subjects["7"]
    assert found.owed is found.versions[-1]
