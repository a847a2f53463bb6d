"""Batches and pending answers, judged with everything there is."""

from __future__ import annotations

from typing import Any

from harness.checks import judge
from harness.history import INTEGRATION
from harness.landscape import Landscape, System
from harness.verdict import Judgement, Status
from tests.checks.support import NAME, Story, batch, contract, failing, landscape, ticket

AGREED = contract(idempotency=None, retry=None)


def bakery(**changes: Any) -> Landscape:
    """Return the bakery with an oven that takes many batches at once."""
    land = landscape()
    oven = land.systems["oven"].model_dump(mode="json", by_alias=True, exclude_unset=True)
    oven["messages"]["batch"]["carried_by"] = {
        "all": {
            "request": "POST /batches",
            "at": "body.all.*",
            "answer": {"at": "body.results.*", "on": {"ref": "ref"}, "accepted": {"ok": True}},
            "one_bad": "others_stand",
        }
    }
    oven["messages"]["verdict"] = {
        "key": "job",
        "carried_by": {"read": {"response": "GET /jobs/:job", "at": "body"}},
    }
    oven.update(changes)
    systems = {**land.systems, "oven": System.model_validate(oven)}
    return Landscape(systems=systems, teams=land.teams)


def sent(answer: Any, status: int | None = 200, *, commit: tuple[int, ...] = ()) -> Story:
    """Tell of two tickets that were sent in one request."""
    story = Story().ticket().ticket(ticket(8), delivery="d2")
    seq = story._next()
    for number in commit:
        story.committed(batch(number), cause=seq)
    story._exchange(
        INTEGRATION,
        "oven",
        "https://oven.test/api/batches",
        {"all": [batch(7), batch(8)]},
        status,
        None,
        seq=seq,
        answer=answer,
    )
    return story


def results(**said: bool) -> dict[str, Any]:
    """Return an answer for some of the batches."""
    return {"results": [{"ref": ref[1:], "ok": ok} for ref, ok in said.items()]}


def judged(story: Story, land: Landscape | None = None) -> Judgement:
    """Judge a story."""
    return judge(story.history(), contracts=(AGREED,), landscape=land or bakery())


def status(judgement: Judgement, path: str) -> Status | None:
    """Return what a clause became."""
    return next((r.status for r in judgement.rulings if r.clause == f"{NAME}#{path}"), None)


def test_all_accepted() -> None:
    """Both are proven by one exchange."""
    found = judged(sent(results(_7=True, _8=True), commit=(7, 8)).settle())

    assert failing(found) == []
    assert status(found, "timing.delivered") is Status.PROVEN


def test_one_refused_and_parked_is_no_finding() -> None:
    """The refused one alone ran into the failure row."""
    story = sent(results(_7=True, _8=False), commit=(7,)).park("8").tell("glue-team", "8")

    found = judged(story.settle())

    assert failing(found) == []
    assert status(found, "failures.otherwise") is Status.PROVEN


def test_one_refused_and_forgotten_is_one_finding() -> None:
    """A success of the whole hides no loss."""
    found = judged(sent(results(_7=True, _8=False), commit=(7,)).settle())

    assert failing(found) == ["timing.delivered"]


def test_one_left_out_of_the_answer_is_unproven() -> None:
    """It may have been accepted."""
    story = sent(results(_7=True))
    story.origins["oven"] = story.origins["shop"].LIVE

    found = judged(story.settle())

    assert status(found, "timing.delivered") is Status.UNPROVEN


# -- pending -------------------------------------------------------------------------------------

JOB = {
    "answers": {
        "taken": {
            "when": {"status": 202},
            "means": "pending",
            "decided_by": {
                "message": "verdict",
                "same": "job",
                "within": "30m",
                "accepted": {"state": "done"},
            },
        }
    }
}


def pending(state: str | None, wait: str = "1m", *, commit: tuple[int, ...] = ()) -> Judgement:
    """Judge two tickets that were taken as a job, and what became of it."""
    story = sent({"job": "j1"}, 202, commit=commit).wait(wait)
    if state is not None:
        url = "https://oven.test/api/jobs/j1"
        answer = {"job": "j1", "state": state}
        story._exchange(INTEGRATION, "oven", url, None, 200, None, method="GET", answer=answer)
    story.origins["oven"] = story.origins["shop"].LIVE
    return judged(story.settle(), bakery(**JOB))


def test_a_job_that_is_done_delivers() -> None:
    """The verdict that was read is the proof."""
    assert status(pending("done"), "timing.delivered") is Status.PROVEN


def test_a_job_that_failed_is_a_loss() -> None:
    """Nobody parked it and nobody was told."""
    assert failing(pending("bad")) == ["timing.delivered"]


def test_a_job_without_a_verdict_is_unproven() -> None:
    """Taken is not accepted."""
    assert status(pending(None), "timing.delivered") is Status.UNPROVEN


def test_a_verdict_read_too_late_leaves_a_doubt() -> None:
    """It may have been done long before it was read."""
    assert status(pending("done", "40m"), "timing.delivered") is Status.UNPROVEN
