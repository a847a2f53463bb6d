"""Calls that are repeated: which, how often, how patiently, until when."""

from __future__ import annotations

import pytest

from harness.checks.retry import CHECK
from harness.checks.retry import retry_after as told_to_wait
from harness.checks.subjects import Attempt
from harness.contract import Contract
from harness.history import EventKind
from harness.messages import Fate, Sightings
from harness.timing import SECOND
from harness.verdict import Status
from tests.checks.support import (
    RULES,
    Said,
    Story,
    contract,
    failing,
    good,
    judged,
    landscape,
    said_by,
    ticket,
)


def said(story: Story, agreed: Contract | None = None) -> Said:
    """Return what the retry check says."""
    return said_by(CHECK, story, agreed)


def calls(*waits: str, last: int = 201, settle: bool = True) -> Story:
    """Tell of calls answered 503, a wait after each, and a last one."""
    story = Story().ticket()
    for wait in waits:
        story.send(status=503).wait(wait)
    story.send(status=last)
    return story.settle() if settle else story


def test_calls_repeated_as_agreed_prove_which_and_how_patiently() -> None:
    """Two 503, waits of 2 s and 4 s, then success."""
    found = said(calls("2s", "4s"))

    assert (found["retry.on"], found["retry.wait"]) == (Status.PROVEN, Status.PROVEN)
    assert found["retry.attempts"] is None


def test_a_message_accepted_at_once_says_nothing_about_retries() -> None:
    """Retry is exercised only by a retryable outcome; so it is in an empty history."""
    assert said(good()).rulings == {}
    assert said(Story().settle()).rulings == {}


def test_giving_up_after_the_last_attempt_proves_their_number() -> None:
    """Three calls, three failures, no fourth."""
    assert said(calls("2s", "4s", last=503))["retry.attempts"] is Status.PROVEN


@pytest.mark.parametrize(
    ("story", "path", "cause"),
    [
        (calls(last=503), "retry.on", "not_retried"),
        (calls("2s", last=503), "retry.attempts", "gave_up_early"),
        (calls("2s", "4s", "8s"), "retry.attempts", "too_many_calls"),
        (calls("500ms"), "retry.wait", "too_soon"),
        (calls("9s"), "retry.wait", "too_late"),
        (
            Story().ticket().send(status=400).wait("2s").send().settle(),
            "retry.on",
            "retried_in_vain",
        ),
    ],
)
def test_each_breach_is_one_finding(story: Story, path: str, cause: str) -> None:
    """Exactly the broken clause fails, with its cause."""
    found = said(story)

    assert found.failing() == [path]
    assert found.finding(path).cause == cause


def test_a_wait_may_be_off_by_a_quarter_of_a_second() -> None:
    """Small deviations are no breach."""
    assert said(calls("1800ms", "4200ms"))["retry.wait"] is Status.PROVEN


def test_full_jitter_allows_any_shorter_wait() -> None:
    """A wait between nothing and the longest is agreed."""
    retry = {**RULES["retry"], "wait": {"first": "2s", "factor": 2, "jitter": "full"}}

    assert said(calls("10ms"), contract(retry=retry))["retry.wait"] is Status.PROVEN


@pytest.mark.parametrize(("wait", "status"), [("5s", Status.PROVEN), ("2s", Status.FAILED)])
def test_a_retry_after_is_obeyed_in_place_of_the_agreed_wait(wait: str, status: Status) -> None:
    """The target's word wins, and the agreed wait has no vote."""
    story = Story().ticket().send(status=429, headers=[("Retry-After", "5")]).wait(wait).send()
    found = said(story.settle())

    assert (found["retry.obey_retry_after"], found["retry.wait"]) == (status, None)


def test_a_retry_after_may_be_a_date() -> None:
    """HTTP dates are understood, relative to the end of the call."""
    date = "Mon, 02 Mar 2026 08:00:30 GMT"
    story = Story().ticket().send(status=503, headers=[("Retry-After", date)])
    (sighting,) = Sightings(story.history(), landscape()).of("oven.batch")[-1:]

    waited = told_to_wait(Attempt(sighting, Fate(taken=False)))

    assert waited is not None
    assert 29 * SECOND < waited < 30 * SECOND


def test_stopping_because_of_the_time_proves_giving_up() -> None:
    """Attempts were left, the time was not."""
    retry = {**RULES["retry"], "give_up_after": "3s"}

    assert said(calls("2s", last=503), contract(retry=retry))["retry.give_up_after"] is (
        Status.PROVEN
    )


def test_a_call_after_the_time_to_give_up_fails() -> None:
    """Too late is too late, also for a call that succeeds."""
    retry = {**RULES["retry"], "give_up_after": "1s"}

    assert "retry.give_up_after" in said(calls("2s"), contract(retry=retry)).failing()


def test_a_history_that_ends_before_the_next_call_is_unproven() -> None:
    """Perhaps it would have come."""
    assert said(calls(last=503, settle=False))["retry.on"] is Status.UNPROVEN


def test_without_times_waits_are_unproven() -> None:
    """Repeating is seen, patience is not."""
    story = Story(timed=False).ticket().send(status=503).send().settle()
    found = said(story)

    assert (found["retry.on"], found["retry.wait"]) == (Status.PROVEN, Status.UNPROVEN)


def test_an_integration_that_was_stopped_is_not_blamed_for_the_missing_call() -> None:
    """Who is not running cannot try again."""
    story = Story().ticket().send(status=503).event(EventKind.STOPPED, why="scenario")

    assert said(story.settle()).rulings == {}


def test_calls_that_another_webhook_caused_are_no_repetition() -> None:
    """A sender that delivers again begins a new series, at its own pace."""
    story = Story().ticket().send(status=503).wait("1m")
    story.webhook(ticket(), delivery="d1")

    assert said(story.send().settle()).failing() == []


def test_a_retry_defect_is_one_finding_over_all_checks() -> None:
    """Impatience breaks the wait and nothing else."""
    assert failing(judged(calls("500ms", "4s"))) == ["retry.wait"]
