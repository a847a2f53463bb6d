"""Events that were lost on their way are found again."""

from __future__ import annotations

from harness.checks import judge
from harness.checks.case import Case
from harness.checks.recovery import CHECK
from harness.contract import Contract
from harness.verdict import Status
from tests.checks.support import (
    Said,
    Story,
    batch,
    contract,
    dossier,
    failing,
    landscape,
    ticket,
)

RECOVERED = "timing.recovered"


def agreed() -> Contract:
    """Return a contract by which lost tickets are found within two hours."""
    return contract(
        timing={
            "delivered": {"fail": "5m"},
            "recovered": {"by": "reconcile", "looks_back": "6h", "fail": "2h"},
        }
    )


def said(story: Story) -> Said:
    """Return what the check says."""
    return Said(CHECK.run(Case.of(dossier(story, agreed()))))


def lost() -> Story:
    """Tell of a ticket of which no webhook came."""
    return Story().committed(ticket())


def test_a_lost_ticket_that_is_found_in_time_is_proven() -> None:
    """It counts from the loss, and is not late by the clock of those that were told."""
    story = lost().wait("1h").send(batch()).settle("3h")

    assert said(story)[RECOVERED] is Status.PROVEN
    whole = judge(story.history(), contracts=(agreed(),), landscape=landscape())
    assert failing(whole) == []


def test_one_that_is_found_late_or_never_is_one_finding() -> None:
    """Three hours are too long."""
    late = said(lost().wait("3h").send(batch()).settle("1h")).finding(RECOVERED)
    never = said(lost().settle("3h")).finding(RECOVERED)

    assert late.observed == "ticket 7 was lost, and accepted only after 3h100ms"
    assert never.observed == "ticket 7 was lost, and never accepted"


def test_an_end_before_it_has_to_be_found_decides_nothing() -> None:
    """There was an hour left."""
    assert said(lost().settle("1h"))[RECOVERED] is Status.UNPROVEN


def test_a_ticket_that_was_told_is_not_lost() -> None:
    """A webhook that was refused and never repeated is; an empty history loses nothing."""
    assert said(Story().ticket().send(batch()).settle("3h"))[RECOVERED] is None
    assert said(Story().ticket(status=500).settle("3h"))[RECOVERED] is Status.FAILED
    assert said(Story().settle("3h")).idle[RECOVERED] == "no event was lost"
