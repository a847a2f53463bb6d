"""What labels cost is booked once, balanced, kind by kind."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reference.charges import ACCOUNTS, label_journal
from harness.reference.mapping import Unmappable
from tests.reference.world import ALERTS, DEFAULTS, SECRETS, Answer, World, answer, play

URLS = {name: f"https://{name}.test" for name in ("easypost", "ledger", "ops")}
KNOWN = {
    **SECRETS,
    "easypost_api_key": "key",
    "easypost_webhook_secret": "carrier-secret",
    "ledger_api_key": "key",
}
LIST, BOOK = "GET easypost /v2/shipments", "POST ledger /v1/journals"


def fee(kind: str = "PostageFee", amount: str = "5.57000", **changes: Any) -> dict[str, Any]:
    """Return a fee."""
    return {"type": kind, "amount": amount, "charged": True, "refunded": False, **changes}


def label(*fees: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a label with its fees."""
    return {
        "id": "shp_1",
        "reference": "1001",
        "created_at": "2026-03-02T23:30:00Z",
        "updated_at": "2026-03-02T23:30:00Z",
        "selected_rate": {"currency": "USD"},
        "fees": list(fees or (fee(), fee("LabelFee", "0.01000"))),
        **changes,
    }


@pytest.fixture(autouse=True)
def _usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody answer as usual."""
    monkeypatch.setitem(DEFAULTS, LIST, (200, {"shipments": [label()], "has_more": False}))
    monkeypatch.setitem(DEFAULTS, BOOK, (201, {}))
    monkeypatch.setitem(DEFAULTS, "POST ops /parked/bookings", (201, {}))


def after(seconds: float, *answers: Answer, pages: tuple[Answer, ...] = ()) -> World:
    """Return the world after some time in which the ledger answered so."""
    world = World()
    world.script(BOOK, *answers)
    world.script(LIST, *pages)

    async def story(world: World) -> None:
        await world.clock.advance(seconds)

    return play(story, world, urls=URLS, secrets=KNOWN)


def test_a_label_is_booked_once_on_the_day_in_berlin() -> None:
    """It is read every hour, and half past eleven in the night is the next day there."""
    (body,) = after(7200).bodies(BOOK)
    assert (body["reference"], body["bookedOn"], body["text"]) == (
        "label-shp_1",
        "2026-03-03",
        "1001",
    )
    assert [(one["account"], one["credit"]) for one in body["lines"]] == [
        ("6740", "-5.57000"),
        ("6741", "-0.01000"),
        ("1610", "5.58000"),
    ]


def test_every_page_is_read() -> None:
    """From the last one of the page before."""
    first = answer(200, {"shipments": [label(id="shp_2")], "has_more": True})
    world = after(0, pages=(first,))
    assert world.requests(LIST)[1].url.params["before_id"] == "shp_2"
    assert len(world.bodies(BOOK)) == 2


def test_what_is_not_charged_or_came_back_is_not_booked() -> None:
    """A label of which nothing is left costs nothing."""
    gone = answer(200, {"shipments": [label(fee(refunded=True))], "has_more": False})
    assert after(0, pages=(gone,)).bodies(BOOK) == []
    lines = label_journal(label(fee(), fee(charged=False)))["lines"]
    assert [one["account"] for one in lines] == ["6740", "1610"]


def test_a_journal_that_the_ledger_refuses_is_finances_matter() -> None:
    """One that is there already is fine; one without an answer is asked for again."""
    assert after(0, answer(422)).bodies(ALERTS)[0]["recipient"] == "finance-team"
    assert after(0, answer(409)).times(ALERTS) == []
    again = after(600, answer(503), answer(503)).requests(BOOK)
    assert len({one.headers["Idempotency-Key"] for one in again}) == 1
    assert len(again) == 3


def test_a_fee_that_nobody_agreed_on_is_not_guessed() -> None:
    """It has no account."""
    with pytest.raises(Unmappable, match="a fee is of a kind"):
        label_journal(label(fee("SurpriseFee")))


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(ACCOUNTS)), st.decimals("0.00001", 999, places=5)),
        min_size=1,
    )
)
def test_every_journal_balances(fees: list[tuple[str, Decimal]]) -> None:
    """Whatever was charged, to the last part of a cent."""
    lines = label_journal(label(*(fee(kind, str(amount)) for kind, amount in fees)))["lines"]
    assert sum(Decimal(one["credit"]) for one in lines) == 0
