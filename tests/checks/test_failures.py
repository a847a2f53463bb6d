"""Each failure gets its agreed action, and somebody is told."""

from __future__ import annotations

import pytest

from harness.checks.failures import CHECK
from harness.contract import Contract
from harness.history import EventKind
from harness.verdict import Status
from tests.checks.support import (
    RULES,
    Said,
    Story,
    batch,
    contract,
    failing,
    good,
    judged,
    said_by,
    ticket,
)


def said(story: Story, agreed: Contract | None = None) -> Said:
    """Return what the failures check says."""
    return said_by(CHECK, story, agreed)


def refused(*, parked: bool = True, told: str = "bakers", after: str = "1s") -> Story:
    """Tell of a batch that is refused with 422, and of what is done about it."""
    story = Story().ticket().send(status=422).wait(after)
    if parked:
        story.park()
    if told:
        story.tell(told)
    return story.settle()


def row(**changes: object) -> Contract:
    """Return the contract with another row for 422."""
    return contract(failures={**RULES["failures"], 422: changes})


def test_the_agreed_action_and_the_agreed_person_prove_the_row() -> None:
    """Refused, parked, told in time; the shelf shows it."""
    found = said(refused())

    assert (found["failures.422"], found["parked.to"]) == (Status.PROVEN, Status.PROVEN)
    assert failing(judged(refused())) == []


def test_a_message_that_succeeds_says_nothing_about_failures() -> None:
    """A row is exercised only by its outcome; an empty history by none."""
    assert said(good()).rulings == {}
    assert said(Story().settle()).rulings == {}


@pytest.mark.parametrize(
    ("story", "cause"),
    [
        (refused(parked=False), "no_park"),
        (refused(told=""), "not_told"),
        (refused(told="shop-team"), "not_told"),
        (refused(after="20m"), "told_late"),
    ],
)
def test_each_half_done_handling_is_one_finding(story: Story, cause: str) -> None:
    """Exactly the row fails, over all checks."""
    assert said(story).finding("failures.422").cause == cause
    assert failing(judged(story)) == ["failures.422"]


def test_doing_nothing_at_all_loses_the_message() -> None:
    """Neither parked nor told: the finding is that of the delivery, the row points there."""
    story = refused(parked=False, told="")

    assert failing(judged(story)) == ["timing.delivered"]
    assert "timing.delivered" in said(story).idle["failures.422"]


def test_a_history_that_ends_before_somebody_must_be_told_is_unproven() -> None:
    """Fifteen minutes are agreed; after one nobody can say."""
    story = Story().ticket().send(status=422).park().wait("1m")

    assert said(story)["failures.422"] is Status.UNPROVEN


def test_an_alert_that_was_not_taken_tells_nobody() -> None:
    """What the alerting system refused was not heard."""
    story = Story().ticket().send(status=422).park().tell("bakers", status=500).settle()

    assert said(story)["failures.422"] is Status.FAILED


def test_an_alert_about_another_message_tells_nothing() -> None:
    """Who is told about ticket 8 does not know of ticket 7."""
    story = Story().ticket().send(status=422).park().tell("bakers", about="8").settle()

    assert said(story)["failures.422"] is Status.FAILED


def test_outcomes_that_no_row_names_fall_under_otherwise() -> None:
    """Three times 503, then parked and told: the last row of the table."""
    story = Story().ticket()
    for wait in ("2s", "4s", "1s"):
        story.send(status=503).wait(wait)

    found = said(story.park().tell("glue-team").settle())

    assert found["failures.otherwise"] is Status.PROVEN


def test_an_outcome_that_is_tried_again_runs_into_no_row() -> None:
    """Only the end of a series is a failure."""
    story = Story().ticket().send(status=503).wait("2s").send().settle()

    assert said(story).rulings == {}


def test_already_known_is_taken_for_success() -> None:
    """A 409 that says the batch exists ends the series."""
    story = Story().ticket().send(status=None, commits=True).wait("2s")
    story.send(status=409, commits=False, answer={"error": "known"}).settle()

    assert said(story)["failures.409"] is Status.PROVEN
    assert failing(judged(story)) == []


def test_skipping_is_proven_by_no_further_call() -> None:
    """`skip` leaves it at that."""
    assert said(refused(parked=False, told=""), row(then="skip"))["failures.422"] is (Status.PROVEN)


def test_stopping_means_that_nothing_more_is_sent() -> None:
    """`stop` is broken by the next message."""
    agreed = row(then="stop")
    story = Story().ticket().send(status=422)
    going_on = Story().ticket().send(status=422).ticket(ticket(8), delivery="d2").send(batch(8))

    assert said(story.settle(), agreed)["failures.422"] is Status.PROVEN
    assert said(going_on.settle(), agreed)["failures.422"] is Status.FAILED


def test_parking_that_nobody_can_see_is_unproven() -> None:
    """Without `parked.to` nobody can tell whether it was parked."""
    fields = {**RULES["fields"], "rows": RULES["fields"]["rows"]}
    agreed = contract(parked=None, fields=fields)

    assert said(refused(parked=False), agreed)["failures.422"] is Status.UNPROVEN


def test_an_integration_that_was_stopped_is_not_blamed() -> None:
    """It went down before it could act."""
    story = Story().ticket().send(status=422).event(EventKind.STOPPED, why="scenario").settle()

    assert said(story)["failures.422"] is not Status.PROVEN


def test_a_parked_message_with_an_unknown_reference_is_a_finding() -> None:
    """A shelf label that names nothing helps nobody."""
    assert said(good().park("nobody")).finding("parked.to").cause == "unknown_reference"


def parked(count: int, *, alarm: str = "") -> Story:
    """Tell of several refused tickets on the shelf, and perhaps of an alarm."""
    story = Story()
    for number in range(1, count + 1):
        story.ticket(ticket(number), delivery=f"d{number}").send(batch(number), status=422)
        story.park(str(number)).tell("bakers", str(number))
    return (story.tell("bakers", alarm) if alarm else story).settle()


def test_more_parked_than_agreed_needs_an_alarm() -> None:
    """Three on the shelf, two allowed: somebody must be alarmed about the contract."""
    assert said(parked(3, alarm="ticket-to-batch"))["parked.alarm_over"] is Status.PROVEN
    assert said(parked(3))["parked.alarm_over"] is Status.UNPROVEN
    assert said(parked(2))["parked.alarm_over"] is None
    assert said(parked(1)).idle["parked.alarm_over"] == "1 message parked, not more than 2"


def test_an_alarm_that_never_rings_is_a_finding() -> None:
    """Nobody was told anything after the shelf was full."""
    story = Story()
    for number in (1, 2, 3):
        story.ticket(ticket(number), delivery=f"d{number}").send(batch(number), status=422)
        story.park(str(number))

    assert said(story.settle())["parked.alarm_over"] is Status.FAILED
