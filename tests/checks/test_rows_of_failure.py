"""Failure rows with a count of their own, with a fresh read, and with a way back."""

from __future__ import annotations

from typing import Any

from harness.checks import judge
from harness.contract import Contract
from harness.history import INTEGRATION
from harness.landscape import Landscape, System
from harness.verdict import Judgement, Status
from tests.checks.support import NAME, Story, contract, failing, landscape, ticket

RETRY = {
    "attempts": 5,
    "wait": {"first": "2s"},
    "on": ["409", "5xx"],
}


def agreed(**row: Any) -> Contract:
    """Return a contract with one failure row."""
    return contract(failures={"423": row}, retry=None, idempotency=None)


def judged(story: Story, *contracts: Contract, land: Landscape | None = None) -> Judgement:
    """Judge a story."""
    return judge(story.history(), contracts=contracts, landscape=land or landscape())


def status(judgement: Judgement, path: str = "failures.423") -> Status | None:
    """Return what a clause became."""
    return next((r.status for r in judgement.rulings if r.clause == f"{NAME}#{path}"), None)


def calls(*statuses: int) -> Story:
    """Tell of a ticket that was sent again and again."""
    story = Story().ticket()
    for one in statuses:
        story.send(status=one).wait("2s")
    return story


COUNTED = {"then": "retry", "attempts": 2, "tell": "business", "within": "15m"}


def test_a_row_counts_its_own_calls() -> None:
    """Given up after two, and somebody told."""
    found = judged(calls(423, 423).tell("bakers").settle(), agreed(**COUNTED))

    assert failing(found) == []
    assert status(found) is Status.PROVEN


def test_one_call_too_many_is_one_finding() -> None:
    """The row says two."""
    found = judged(calls(423, 423, 201).settle(), agreed(**COUNTED))

    assert failing(found) == ["failures.423"]


def test_giving_up_early_is_a_finding() -> None:
    """One call, where two were agreed."""
    found = judged(calls(423).tell("bakers").settle(), agreed(**COUNTED))

    assert failing(found) == ["failures.423"]


def test_giving_up_and_telling_nobody_loses_the_message() -> None:
    """Its end is no agreed end."""
    assert failing(judged(calls(423, 423).settle(), agreed(**COUNTED))) == ["timing.delivered"]


def test_the_count_of_the_row_wins_over_that_of_the_retry() -> None:
    """Five calls in general, two for this one."""
    one = contract(failures={"409": COUNTED}, retry=RETRY, idempotency=None)
    land = landscape()

    found = judged(calls(409, 409).tell("bakers").settle(), one, land=land)

    assert failing(found) == []
    assert status(found, "failures.409") is Status.PROVEN


# -- a fresh read --------------------------------------------------------------------------------


def read(story: Story) -> Story:
    """Let the integration read the ticket."""
    url = "https://shop.test/tickets/7"
    story._exchange(INTEGRATION, "shop", url, None, 200, None, method="GET", answer=ticket())
    return story


def test_a_fresh_read_before_the_next_call() -> None:
    """Read, then sent again."""
    row = agreed(then="reread_and_retry")

    good = judged(read(calls(423)).send().settle(), row)
    bad = judged(calls(423, 201).settle(), row)

    assert (failing(good), status(good)) == ([], Status.PROVEN)
    assert failing(bad) == ["failures.423"]


def test_what_counts_as_success_is_not_parked() -> None:
    """Nobody has to look after a message that is there already."""
    row = agreed(then="treat_as_success")

    good = judged(calls(423).settle(), row)
    bad = judged(calls(423).park().settle(), row)

    assert (failing(good), failing(bad)) == ([], ["failures.423"])


# -- a way back ----------------------------------------------------------------------------------


def kitchen() -> Landscape:
    """Return the bakery with an oven that takes tickets back."""
    land = landscape()
    oven = land.systems["oven"].model_dump(mode="json", by_alias=True, exclude_unset=True)
    oven["messages"]["refund"] = {
        "key": "ref",
        "carried_by": {"create": {"request": "POST /refunds", "at": "body"}},
    }
    systems = {**land.systems, "oven": System.model_validate(oven)}
    return Landscape(systems=systems, teams=land.teams)


BACK = contract(
    contract="ticket-refund",
    to="oven.refund",
    when={"state": "void"},
    fields={"ref": {"from": "number", "using": "to_text"}},
    maps=None,
    sums=None,
    failures=None,
    retry=None,
    idempotency=None,
    parked=None,
)
UNDO = agreed(then="undo", undo="ticket-refund")


def refund(story: Story, status: int = 201) -> Story:
    """Send the message that takes a ticket back."""
    url = "https://oven.test/api/refunds"
    story._exchange(INTEGRATION, "oven", url, {"ref": "7"}, status, None)
    return story


def test_what_was_done_is_taken_back() -> None:
    """The other contract's message was accepted for the same key."""
    found = judged(refund(calls(423)).settle(), UNDO, BACK, land=kitchen())

    assert status(found) is Status.PROVEN


def test_what_is_not_taken_back_is_lost() -> None:
    """A refund that was refused takes nothing back."""
    found = judged(refund(calls(423), status=500).settle(), UNDO, BACK, land=kitchen())

    assert failing(found) == ["timing.delivered"]


def test_without_the_other_contract_nobody_can_tell() -> None:
    """Its messages are not looked at here."""
    found = judged(refund(calls(423)).settle(), UNDO, land=kitchen())

    assert status(found) is Status.UNPROVEN


def test_an_empty_history_says_nothing() -> None:
    """No call, no ruling."""
    assert status(judged(Story().settle(), UNDO, BACK, land=kitchen())) is None
