"""What Shopify paid out becomes one balanced journal."""

from __future__ import annotations

from typing import Any

import pytest

from harness.reference.mapping import Unmappable
from harness.reference.payouts import payout_journal
from tests.reference.world import ALERTS, DEFAULTS, SECRETS, World, answer, play

URLS = {name: f"https://{name}.test" for name in ("shopify", "ledger", "ops")}
KNOWN = {**SECRETS, "ledger_api_key": "k"}
BASE = "/admin/api/2026-01/shopify_payments"
LIST = f"GET shopify {BASE}/payouts.json"
PARTS = f"GET shopify {BASE}/balance/transactions.json"
BOOK = "POST ledger /v1/journals"
HOURS = 3600.0


def payout(**changes: Any) -> dict[str, Any]:
    """Return a payout."""
    usual = {"id": 7, "status": "paid", "date": "2026-03-03", "currency": "EUR", "amount": "58.28"}
    return {**usual, **changes}


def part(kind: str, amount: str, fee: str, net: str) -> dict[str, Any]:
    """Return a transaction of it."""
    return {"type": kind, "currency": "EUR", "amount": amount, "fee": fee, "net": net}


USUAL = [
    part("charge", "40.70", "1.43", "39.27"),
    part("charge", "44.50", "1.54", "42.96"),
    part("refund", "-23.95", "0.00", "-23.95"),
    part("payout", "-58.28", "0.00", "-58.28"),
]


@pytest.fixture(autouse=True)
def _usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody answer as usual."""
    usual: dict[str, tuple[int, Any]] = {
        LIST: (200, {"payouts": [payout()]}),
        PARTS: (200, {"transactions": USUAL}),
        BOOK: (201, {}),
        "POST ops /parked/bookings": (201, {}),
    }
    for call, said in usual.items():
        monkeypatch.setitem(DEFAULTS, call, said)


def after(seconds: float = 60.0, **scripts: Any) -> World:
    """Return the world after a while; scripts are of `payouts`, `parts` and `book`."""
    world = World()
    for call, answers in scripts.items():
        world.script({"payouts": LIST, "parts": PARTS, "book": BOOK}[call], *answers)

    async def story(world: World) -> None:
        await world.clock.advance(seconds)

    return play(story, world, urls=URLS, secrets=KNOWN)


def test_kinds_and_fees_and_the_bank_have_lines_of_their_own() -> None:
    """The counter entry of the payout itself is none."""
    (body,) = after(13 * HOURS).bodies(BOOK)
    assert (body["reference"], body["bookedOn"]) == ("payout-7", "2026-03-03")
    assert {line["account"]: line["credit"] for line in body["lines"]} == {
        "8400": "85.20",
        "8450": "-23.95",
        "6855": "-2.97",
        "1361": "-58.28",
    }


def test_it_is_booked_when_it_was_paid() -> None:
    """What is on its way is looked at again in the next round."""
    waiting = answer(200, {"payouts": [payout(status="in_transit")]})
    world = after(7 * HOURS, payouts=(waiting,))
    assert [round(at / HOURS) for at in world.times(BOOK)] == [6]


def test_every_page_is_read() -> None:
    """Of the address of the next page only the query is followed."""
    link = f'<https://elsewhere.test{BASE}/x.json?page_info=2>; rel="next"'
    pages = (
        answer(200, {"transactions": USUAL[:1]}, Link=link),
        answer(200, {"transactions": USUAL[1:]}),
    )
    world = after(parts=pages)
    assert [dict(one.url.params) for one in world.requests(PARTS)] == [
        {"payout_id": "7", "limit": "250"},
        {"page_info": "2"},
    ]
    assert len(world.bodies(BOOK)) == 1


@pytest.mark.parametrize(("status", "team"), [(422, "finance-team"), (403, "integration-team")])
def test_what_the_ledger_does_not_take_is_parked(status: int, team: str) -> None:
    """A refused journal is for finance; one that is there already is booked."""
    assert after(book=(answer(status),)).bodies(ALERTS)[0]["recipient"] == team
    assert after(book=(answer(409),)).bodies(ALERTS) == []


def test_a_list_that_cannot_be_read_is_read_again() -> None:
    """In the next round."""
    assert len(after(7 * HOURS, payouts=(answer(403),)).bodies(BOOK)) == 1


def test_what_does_not_add_up_or_is_unknown_is_not_booked() -> None:
    """A page that is missing shows in the sum."""
    with pytest.raises(Unmappable, match="add up"):
        payout_journal(payout(), USUAL[:2])
    with pytest.raises(Unmappable, match="kind"):
        payout_journal(payout(), [part("tax", "1", "0", "1")])
