"""What the target shows is young enough."""

from __future__ import annotations

from harness.checks.case import Case
from harness.checks.freshness import CHECK
from harness.verdict import Status
from tests.checks.support import Said, Story, batch, contract, dossier, ticket

FRESH = "timing.fresh"


def said(story: Story) -> Said:
    """Return what the check says of a limit of fifteen minutes."""
    agreed = contract(
        timing={"delivered": {"fail": "30m"}, "fresh": {"warn": "5m", "max_age": "15m"}},
        updates={"by": "revision", "show": "latest"},
    )
    return Said(CHECK.run(Case.of(dossier(story, agreed))))


def changed(story: Story, *, revision: int, total: str) -> Story:
    """Let a ticket change."""
    return story.ticket(ticket(revision=revision, total=total), delivery=f"d{revision}")


def test_a_value_replaced_in_time_is_proven_and_measured() -> None:
    """From the change of the source to the message that follows it."""
    story = changed(Story().ticket().send(), revision=2, total="6.00").wait("10m")
    found = said(story.send(batch(sum="6.00"), key="k2").settle())

    assert found[FRESH] is Status.PROVEN
    assert "later than the warning" in found.rulings[FRESH].reason
    assert len(found.measures) == 1


def test_a_value_that_is_shown_too_long_is_one_finding() -> None:
    """Whether it was replaced late, or never."""
    story = changed(Story().ticket().send(), revision=2, total="6.00").wait("20m")
    late = said(story.send(batch(sum="6.00"), key="k2").settle())
    never = said(changed(Story().ticket().send(), revision=2, total="6.00").settle())

    assert late.finding(FRESH).cause == never.finding(FRESH).cause == "stale"
    assert "still shows" in never.finding(FRESH).observed


def test_an_end_before_the_limit_is_no_proof() -> None:
    """There was time left."""
    story = changed(Story().ticket().send(), revision=2, total="6.00").wait("1m").settle("1s")
    assert said(story)[FRESH] is Status.UNPROVEN


def test_what_the_source_goes_on_to_hold_is_never_old() -> None:
    """Neither is anything in an empty history."""
    same = changed(Story().ticket().send(), revision=2, total="5.00").settle()
    assert said(same)[FRESH] is None
    assert said(Story().settle()).idle[FRESH].startswith("no source changed")
