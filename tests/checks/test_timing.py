"""Receipts, delivery and answers against the time that was promised for them."""

from __future__ import annotations

import pytest

from harness.checks.case import Case
from harness.checks.timing import CHECK
from harness.contract import Contract
from harness.history import Origin
from harness.landscape import Calendar
from harness.timing import HOUR, MINUTE, SECOND
from harness.verdict import Grade, Status
from tests.checks.support import (
    Said,
    Story,
    batch,
    contract,
    dossier,
    failing,
    good,
    judged,
    landscape,
    said_by,
    ticket,
)

SHARE = {"delivered": {"fail": "5m", "share": "50%", "never_over": "30m"}}


def said(story: Story, agreed: Contract | None = None) -> Said:
    """Return what the timing check says."""
    return said_by(CHECK, story, agreed)


def late(wait: str, **how: object) -> Story:
    """Tell of a ticket whose batch comes after a while."""
    return Story().ticket().wait(wait).send(**how).settle()  # type: ignore[arg-type]


def test_in_time_is_proven_and_measured() -> None:
    """Receipt, delivery and answer each have a witness; delivery runs from the commit."""
    found = said(good())

    assert {found[p] for p in ("receive.answered", "timing.delivered", "timing.response")} == {
        Status.PROVEN
    }
    assert [m.value for m in found.measures if m.clause.endswith("delivered")] == [SECOND // 5]


def test_an_empty_history_says_nothing() -> None:
    """No message, no ruling."""
    assert said(Story().settle()).rulings == {}


def test_a_late_message_is_one_finding() -> None:
    """Nobody excuses an untouched message beyond `fail`."""
    assert failing(judged(late("6m"))) == ["timing.delivered"]


def test_a_warning_is_told_in_the_reason() -> None:
    """Between `warn` and `fail` the promise is kept, and the report says how narrowly."""
    assert "later than the warning" in said(late("2m")).rulings["timing.delivered"].reason


def test_a_message_that_a_fault_met_is_bound_by_the_last_limit_alone() -> None:
    """Faults give no credit beyond `never_over`, and are not counted before."""
    assert said(late("6m", faults=(0,)))["timing.delivered"] is Status.PROVEN
    assert said(late("31m", faults=(0,)))["timing.delivered"] is Status.FAILED


def test_without_times_nothing_about_time_is_proven() -> None:
    """A recording that kept no times leaves timing unproven."""
    story = Story(timed=False).ticket().send().settle()

    found = said(story)

    assert found["timing.delivered"] is Status.UNPROVEN
    assert found["timing.response"] is Status.UNPROVEN


def test_a_history_that_ends_before_the_deadline_is_unproven() -> None:
    """Not yet delivered is not lost."""
    assert said(Story().ticket().wait("10m").send(status=503))["timing.delivered"] is (
        Status.UNPROVEN
    )


def test_a_lost_message_fails_the_delivery() -> None:
    """Sent, never accepted, not parked: the most serious ending there is."""
    story = Story().ticket().send(batch(), status=400).settle()

    assert failing(judged(story)) == ["timing.delivered"]
    assert "the last of 1 call " in said(story).finding("timing.delivered").observed


def test_a_valid_message_that_the_target_refuses_is_the_targets() -> None:
    """What fits the target's own file and is refused is the target's to explain."""
    story = Story().ticket().send(status=400).settle()

    assert said(story).finding("timing.delivered").owner == "oven-team"


def test_a_refusal_that_a_fault_made_is_not_the_targets() -> None:
    """An injected answer says nothing about the real target."""
    story = Story().ticket().send(status=400, faults=(0,)).settle()

    assert said(story).finding("timing.delivered").owner == "glue-team"


def test_a_message_ended_by_its_failure_row_is_parked_not_late() -> None:
    """Refused, parked, told in time: no vote on delivery."""
    story = Story().ticket().send(status=422).park().tell("bakers").settle()

    assert said(story)["timing.delivered"] is None


def test_an_answer_that_was_lost_is_settled_by_the_commit() -> None:
    """The work was done in time, whatever the caller saw."""
    story = Story().ticket().send(status=None, commits=True).settle()

    assert said(story)["timing.delivered"] is Status.PROVEN


def test_an_unknown_outcome_is_neither_late_nor_in_time() -> None:
    """Where the target shows no commits a lost answer leaves the delivery open."""
    story = Story()
    story.origins["oven"] = Origin.RECORDED
    story.ticket().send(status=None).settle()

    assert said(story)["timing.delivered"] is Status.UNPROVEN


def test_first_sight_by_polling_can_fail_and_never_prove() -> None:
    """A poller without `happened_at` learns late, so its clock is a lower bound."""
    agreed = contract(receive={"style": "poll"})

    def polled(wait: str) -> Story:
        story = Story()
        story._exchange(
            "integration",
            "shop",
            "https://shop.test/tickets/7",
            None,
            200,
            None,
            method="GET",
            answer=ticket(),
        )
        return story.wait(wait).send().settle()

    assert said(polled("1s"), agreed)["timing.delivered"] is Status.UNPROVEN
    assert said(polled("31m"), agreed)["timing.delivered"] is Status.FAILED


@pytest.mark.parametrize(("waits", "status"), [("1s", Status.PROVEN), ("6m", Status.FAILED)])
def test_a_share_counts_the_messages_that_no_fault_touched(waits: str, status: Status) -> None:
    """Half of the messages must keep `fail`, all of them the last limit."""
    story = Story()
    for number in (1, 2, 3, 4):
        story.ticket(ticket(number), delivery=f"d{number}")
        story.wait("6m" if number == 1 else waits).send(batch(number))

    found = said(story.settle(), contract(timing=SHARE))

    assert found["timing.delivered.share"] is status
    assert found["timing.delivered"] is Status.PROVEN


def test_a_share_of_too_few_messages_has_no_vote() -> None:
    """One message cannot show a share."""
    found = said(good(), contract(timing=SHARE))

    assert found["timing.delivered.share"] is None
    assert "1 of the 2 messages" in found.idle["timing.delivered.share"]


def test_a_slow_answer_is_the_targets_unless_a_fault_made_it_slow() -> None:
    """`response` is about the target; what we slow down ourselves says nothing."""
    slow = said(Story().ticket().send(took="6s").settle())
    made_slow = said(Story().ticket().send(took="6s", faults=(0,)).settle())

    assert slow.finding("timing.response").owner == "oven-team"
    assert made_slow["timing.response"] is None


def test_a_webhook_without_an_answer_breaks_the_receipt() -> None:
    """Silence is no answer in time."""
    story = Story().ticket(status=None, took="5s").send().settle()

    assert said(story).failing() == ["receive.answered"]


def test_a_slow_receipt_breaks_it_as_well() -> None:
    """An answer after the limit is a finding."""
    assert said(Story().ticket(took="6s").send().settle()).failing() == ["receive.answered"]


def test_the_grade_is_that_of_the_weaker_side() -> None:
    """A simulated source and a live target are simulated evidence; the answer is the target's."""
    story = Story()
    story.origins["oven"] = Origin.LIVE
    found = said(story.ticket().send().settle())

    assert found.rulings["timing.delivered"].grade is Grade.SIMULATED
    assert found.rulings["timing.response"].grade is Grade.LIVE


def test_the_promise_of_a_version_runs_from_when_it_became_owed() -> None:
    """A ticket that is paid an hour after it was written is due five minutes after that."""
    story = Story().ticket(ticket(state="open"), delivery="d1").wait("1h")
    story.ticket(ticket(revision=2), delivery="d2").send().settle()

    found = said(story)

    assert found["timing.delivered"] is Status.PROVEN
    assert all(measure.value < MINUTE for measure in found.measures)


# -- workdays ------------------------------------------------------------------------------------


def worked(story: Story, **limits: object) -> Said:
    """Return what is said of a promise in workdays."""
    days = Calendar.described(calendar="de", zone="Europe/Berlin")
    land = landscape().model_copy(update={"calendars": {"de": days}})
    agreed = contract(timing={"delivered": {"fail": "1 workday", "calendar": "de", **limits}})
    return Said(CHECK.run(Case.of(dossier(story, agreed, land))))


def from_friday(wait: str) -> Story:
    """Tell of a ticket of a Friday afternoon whose batch comes after a while."""
    story = Story().wait("100h")  # Friday 2026-03-06, 13:00 in Berlin
    return story.ticket().wait(wait).send().settle("120h")


def test_the_weekend_does_not_count() -> None:
    """Friday one o'clock to Monday noon is less than a workday."""
    found = worked(from_friday("71h"))

    assert found["timing.delivered"] is Status.PROVEN
    assert [m.limit for m in found.measures if m.clause.endswith("delivered")] == [72 * HOUR]


def test_monday_afternoon_is_late() -> None:
    """The finding speaks of workdays."""
    finding = worked(from_friday("73h")).finding("timing.delivered")

    assert finding.expected == "accepted within 1 workday"


def test_an_unsent_message_is_open_over_the_weekend() -> None:
    """On Sunday nobody can tell."""
    story = Story().wait("100h").ticket().wait("40h").step("end")

    assert worked(story)["timing.delivered"] is Status.UNPROVEN


def test_workdays_of_an_unknown_calendar_are_unproven() -> None:
    """Nobody guesses which days are worked."""
    found = worked(from_friday("1h"), calendar="fr")

    assert found["timing.delivered"] is Status.UNPROVEN
    assert "no calendar fr" in found.rulings["timing.delivered"].reason
