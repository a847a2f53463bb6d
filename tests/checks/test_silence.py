"""Somebody is told when nothing comes."""

from __future__ import annotations

from typing import Any

from harness.checks.case import Case
from harness.checks.silence import CHECK
from harness.history import EventKind
from harness.verdict import Status
from tests.checks.support import NAME, Said, Story, contract, dossier, ticket

EVERY = "timing.every"


def said(story: Story, **every: Any) -> Said:
    """Return what the check says of eight hours, after which the source is told in 30 minutes."""
    agreed = contract(timing={"every": {"each": "8h", "tell": "source", "within": "30m", **every}})
    return Said(CHECK.run(Case.of(dossier(story, agreed))))


def test_a_silence_that_is_told_in_time_is_proven() -> None:
    """The alert names the contract."""
    story = Story().ticket().wait("8h").wait("10m").tell("shop-team", about=NAME).settle("1h")
    assert said(story)[EVERY] is Status.PROVEN


def test_a_silence_that_nobody_hears_of_is_one_finding() -> None:
    """Neither is one that is told to others, about something else, or too late."""
    silent = Story().ticket().wait("8h").settle("1h")
    others = Story().ticket().wait("8h").tell("glue-team", about=NAME).settle("1h")
    other = Story().ticket().wait("8h").tell("shop-team", about="7").settle("1h")
    late = Story().ticket().wait("9h").tell("shop-team", about=NAME).settle("1h")

    for story in (silent, others, other, late):
        assert said(story).finding(EVERY).cause == "nobody_told"
    assert "they were told 1h100ms late" in said(late).finding(EVERY).observed


def test_where_something_always_comes_nobody_has_to_be_told() -> None:
    """One every seven hours; nor in an empty history, nor while the integration is down."""
    story = Story().event(EventKind.STARTED)
    for number in range(3):
        story.ticket(ticket(number), delivery=f"d{number}").wait("7h")
    assert said(story.settle("1m"))[EVERY] is None
    assert said(Story())[EVERY] is None
    down = Story().ticket().event(EventKind.STOPPED, why="x").wait("10h")
    assert said(down.event(EventKind.STARTED).settle("1m"))[EVERY] is None


def test_an_end_before_they_had_to_be_told_decides_nothing() -> None:
    """Ten minutes were left."""
    assert said(Story().ticket().wait("8h").settle("20m"))[EVERY] is Status.UNPROVEN


def test_with_nobody_to_tell_the_silence_is_the_breach() -> None:
    """The source answers for it; regular arrivals prove it."""
    regular = Story().ticket().wait("7h").ticket(ticket(8), delivery="d2")
    agreed = {"tell": None, "within": None}
    assert said(regular.settle("1m"), **agreed)[EVERY] is Status.PROVEN
    finding = said(Story().ticket().settle("9h"), **agreed).finding(EVERY)
    assert (finding.cause, finding.owner) == ("silent", "shop-team")
