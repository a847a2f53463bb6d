"""Where every version must be shown, each one owes a message."""

from __future__ import annotations

from harness.checks import judge
from harness.verdict import Judgement, Status
from tests.checks.support import Story, batch, contract, failing, landscape, ticket

AGREED = contract(updates={"by": "revision", "show": "every"}, idempotency=None)


def revised(revision: int, total: str) -> dict[str, object]:
    """Return a later version of the ticket."""
    buns = [{"kind": "rye", "count": 2, "cost": total}]
    return ticket(revision=revision, total=total, buns=buns)


def made(total: str) -> dict[str, object]:
    """Return the batch of that version."""
    return batch(sum=total, rows=[{"kind": "rye", "count": 2, "cost": total}])


def judged(story: Story) -> Judgement:
    """Judge a story."""
    return judge(story.history(), contracts=(AGREED,), landscape=landscape())


def status(judgement: Judgement, path: str = "updates") -> Status | None:
    """Return what a clause became."""
    found = (r.status for r in judgement.rulings if r.clause.endswith(f"#{path}"))
    return next(found, None)


def two() -> Story:
    """Tell of a ticket that was accepted and changes."""
    return Story().ticket().send().wait("1m").ticket(revised(2, "6.00"), delivery="d2")


def test_each_version_is_shown() -> None:
    """Two versions, two messages, nothing twice."""
    found = judged(two().send(made("6.00")).settle())

    assert failing(found) == []
    assert status(found) is Status.PROVEN


def test_a_version_that_was_skipped_is_the_only_finding() -> None:
    """The third alone does not show the second."""
    story = two().wait("1m").ticket(revised(3, "7.00"), delivery="d3").send(made("7.00"))

    assert failing(judged(story.settle())) == ["updates"]


def test_a_version_sent_twice_is_one_too_many() -> None:
    """Every version, each once."""
    found = judged(two().send(made("6.00")).send(made("6.00")).settle())

    assert failing(found) == ["expect"]


def test_a_change_of_nothing_that_is_sent_still_owes_a_message() -> None:
    """Two messages that look alike show two versions that look alike."""
    same = Story().ticket().send().ticket(ticket(revision=2, paid="1.00"), delivery="d2")

    assert failing(judged(same.settle())) == ["updates"]
    again = Story().ticket().ticket(ticket(revision=2, paid="1.00"), delivery="d2").send().send()
    assert failing(judged(again.settle())) == []


def test_before_it_is_due_nobody_can_tell() -> None:
    """The history ends too early."""
    assert status(judged(two().wait("1m").step("end"))) is Status.UNPROVEN


def test_a_late_version_is_late() -> None:
    """The time of each version counts."""
    assert failing(judged(two().wait("40m").send(made("6.00")).settle())) == ["timing.delivered"]


def test_nothing_changes_and_nothing_is_said() -> None:
    """One version shows nothing about every version; neither does an empty history."""
    assert status(judged(Story().ticket().send().settle())) is None
    assert status(judged(Story().settle())) is None
