"""What is seen before one time of day is accepted by another."""

from __future__ import annotations

import pytest

from harness.checks.case import Case
from harness.checks.cutoff import CHECK
from harness.contract import Contract
from harness.landscape import Calendar, Landscape
from harness.timing import parse_instant
from harness.verdict import Status
from tests.checks.support import Said, Story, contract, dossier, failing, judged, landscape

CUTOFF = {"seen_before": "14:00", "accepted_by": "16:00", "zone": "Europe/Berlin"}


def agreed(**changes: object) -> Contract:
    """Return a contract that promises nothing about time but the cut-off."""
    return contract(timing={"cutoff": {**CUTOFF, **changes}})


def day(name: str) -> Landscape:
    """Return the bakery with a calendar."""
    land = landscape()
    calendar = Calendar.described(calendar=name, zone="Europe/Berlin", holidays=["2026-03-03"])
    return Landscape(systems=land.systems, teams=land.teams, calendars={name: calendar})


def told(seen: str, sent: str | None, *, end: str = "48h", zone: str = "Europe/Berlin") -> Story:
    """Tell of a ticket seen at one time and sent at another."""
    story = Story()
    story.now = parse_instant(f"{seen} {zone}")
    story.ticket()
    if sent is not None:
        story.now = parse_instant(f"{sent} {zone}")
        story.send()
    return story.settle(end)


def said(story: Story, one: Contract | None = None, land: Landscape | None = None) -> Said:
    """Return what the check says."""
    return Said(CHECK.run(Case.of(dossier(story, one or agreed(), land or landscape()))))


def test_in_time_is_proven() -> None:
    """Seen at noon, accepted at three."""
    assert said(told("2026-03-02 12:00", "2026-03-02 15:00"))["timing.cutoff"] is Status.PROVEN


def test_too_late_is_the_only_finding() -> None:
    """Seen at noon, accepted at five."""
    story = told("2026-03-02 12:00", "2026-03-02 17:00")

    assert failing(judged(story, agreed())) == ["timing.cutoff"]


def test_what_comes_after_the_cutoff_goes_with_the_next_lot() -> None:
    """In time for the next day it proves nothing; later than that it is late."""
    assert said(told("2026-03-02 14:30", "2026-03-03 15:00"))["timing.cutoff"] is None
    assert said(told("2026-03-02 14:30", "2026-03-03 17:00"))["timing.cutoff"] is Status.FAILED


def test_before_the_deadline_nobody_can_tell() -> None:
    """A history that ends before four o'clock decides nothing, whatever else it promises."""
    story = Story().ticket().wait("1h").step("end")

    assert said(story)["timing.cutoff"] is Status.UNPROVEN


def test_after_the_deadline_an_open_message_is_late() -> None:
    """Whatever else it still has time for, this deadline is over."""
    story = Story().ticket().wait("30h").step("end")

    assert said(story).finding("timing.cutoff").observed == "it was not accepted by then"


def test_an_empty_history_says_nothing() -> None:
    """No message, no ruling."""
    assert said(Story().settle()).rulings == {}


@pytest.mark.parametrize(
    ("sent", "status"),
    [("2026-03-04 15:00", Status.PROVEN), ("2026-03-04 17:00", Status.FAILED)],
)
def test_an_earlier_time_is_that_of_the_next_workday(sent: str, status: Status) -> None:
    """Seen on Monday, due the next workday: Tuesday is a holiday."""
    one = agreed(seen_before="18:00", accepted_by="16:00", calendar="de")

    assert (
        said(told("2026-03-02 12:00", sent, end="72h"), one, day("de"))["timing.cutoff"] is status
    )


def test_an_unknown_calendar_is_unproven() -> None:
    """Nobody knows which days count."""
    story = told("2026-03-02 12:00", "2026-03-02 15:00")

    assert said(story, agreed(calendar="xx"))["timing.cutoff"] is Status.UNPROVEN


@pytest.mark.parametrize(
    ("sent", "status"),
    [("2026-03-29 13:30", Status.PROVEN), ("2026-03-29 14:30", Status.FAILED)],
)
def test_the_clocks_of_the_zone_count(sent: str, status: Status) -> None:
    """On the day on which the clocks go forward, 16:00 in Berlin is 14:00 UTC."""
    story = told("2026-03-29 11:00", sent, zone="Etc/UTC")

    assert said(story)["timing.cutoff"] is status
