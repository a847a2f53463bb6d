"""Shipped orders become posted invoices: from time to time, and all of them in the night."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reference.invoices import sales_invoice, until_night
from harness.reference.mapping import Unmappable
from tests.reference.world import ALERTS, DEFAULTS, SECRETS, Answer, World, answer, play

URLS = {name: f"https://{name}.test" for name in ("oms", "erp", "ops")}
KNOWN = {**SECRETS, "erp_api_key": "key"}
LIST = "GET oms /api/v2/orders"
POST = "POST erp /api/golive/sales/v1.0/salesInvoices"
BATCH = f"{POST}/batch"
PARKED = "POST ops /parked/bookings"
ROUND = 2 * 3600.0


def order(number: str = "1001", **changes: Any) -> dict[str, Any]:
    """Return a shipped order."""
    return {
        "orderNo": number,
        "externalId": "450789469",
        "revision": 5,
        "status": "SHIPPED",
        "updatedAt": "2026-03-02T23:40:00Z",
        "currency": "EUR",
        "customerNo": "C-10017",
        "shippingNet": "4.12",
        "taxTotal": "7.69",
        "grandTotal": "73.18",
        "lines": [
            line("L1", "GOODS", "HAT-RED", "33.45", "6.35", description="Red hat", qty=2),
            line("L2", "GIFT_CARD", "GIFT-25", "25.00", "0.00"),
            line("L3", "SERVICE", "WRAP", "2.92", "0.56"),
        ],
        **changes,
    }


def line(ref: str, kind: str, sku: str, net: str, tax: str, **more: Any) -> dict[str, Any]:
    """Return a line of one."""
    return {"lineRef": ref, "kind": kind, "sku": sku, "qty": 1, "net": net, "tax": tax, **more}


def refused(code: str) -> httpx.Response:
    """Return a refusal of the ERP."""
    return answer(400, {"error": {"code": code}})


def result(number: str, said: str, **more: Any) -> dict[str, Any]:
    """Return what the ERP says of one invoice of a batch."""
    return {"externalDocumentNumber": number, "result": said, **more}


@pytest.fixture(autouse=True)
def _usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody answer as usual, where no test says otherwise."""
    monkeypatch.setitem(DEFAULTS, LIST, (200, {"orders": [order()], "next": None}))
    monkeypatch.setitem(DEFAULTS, f"{LIST}/1001", (200, order()))
    monkeypatch.setitem(DEFAULTS, POST, (201, {}))
    monkeypatch.setitem(DEFAULTS, PARKED, (201, {}))


def after(seconds: float, *posted: Answer, **scripts: list[Answer]) -> World:
    """Return the world after some time in which the calls were answered so."""
    world = World()
    world.script(POST, *posted)
    for name, answers in scripts.items():
        world.script({"batch": BATCH, "listed": LIST, "one": f"{LIST}/1001"}[name], *answers)

    async def story(world: World) -> None:
        await world.clock.advance(seconds)

    return play(story, world, urls=URLS, secrets=KNOWN)


def listed(*orders: dict[str, Any], next_: str | None = None) -> httpx.Response:
    """Return a page of the list of orders."""
    return answer(200, {"orders": list(orders), "next": next_})


async def tell(world: World, body: Any) -> int:
    """Let the OMS tell of an order."""
    raw = json.dumps(body).encode()
    mac = hmac.new(b"oms-secret", raw, hashlib.sha256).hexdigest()
    headers = {"X-Oms-Signature": mac, "X-Oms-Topic": "order.shipped"}
    return await world.post("/webhooks/oms", raw, headers)


def test_an_invoice_has_a_row_for_each_line_and_one_for_shipping() -> None:
    """Only goods are items; what is left of the tax is that of shipping."""
    body = sales_invoice(order())
    assert [
        (row["lineType"], row["lineObjectNumber"], row["netAmount"]) for row in body["lines"]
    ] == [
        ("Item", "HAT-RED", 33.45),
        ("Account", "3272", 25.0),
        ("Account", "8410", 2.92),
        ("Account", "8420", 4.12),
    ]
    assert body["lines"][3]["taxAmount"] == 0.78
    assert body["postingDate"] == "2026-03-03"


def test_free_shipping_makes_no_row_and_no_description_is_no_text() -> None:
    """What is not there is left out."""
    (row,) = sales_invoice(order(shippingNet="0.00", lines=[line("1", "GOODS", "A", "1", "0")]))[
        "lines"
    ]
    assert "description" not in row


@given(st.decimals(0, 9_999_999_999, places=2))
def test_no_amount_loses_a_cent(amount: Decimal) -> None:
    """A JSON number of twelve digits says all of them."""
    sent = json.dumps(sales_invoice(order(grandTotal=str(amount))))
    assert json.loads(sent, parse_float=Decimal)["totalIncludingTax"] == amount


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"customerNo": None}, "customerNo is missing"),
        ({"grandTotal": "73.185"}, "more than 2 decimals"),
        ({"lines": [line("1", "BRIBE", "A", "1", "0")]}, "kind has a value"),
    ],
)
def test_what_nobody_agreed_on_is_not_guessed(changes: dict[str, Any], why: str) -> None:
    """Neither an account, nor a cent, nor a customer."""
    with pytest.raises(Unmappable, match=why):
        sales_invoice(order(**changes))
    (parked,) = after(ROUND, listed=[listed(order(**changes))]).bodies(PARKED)
    assert why in parked["reason"]


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        ("2026-03-02T22:45:00+00:00", 1.0),
        ("2026-03-02T23:45:00+00:00", 24.0),
        ("2026-03-28T23:45:00+00:00", 23.0),
        ("2026-03-29T00:00:00+00:00", 22.75),
    ],
)
def test_the_night_is_that_of_berlin(now: str, hours: float) -> None:
    """Also when the clocks change."""
    assert until_night(datetime.fromisoformat(now)) == hours * 3600


def test_a_shipped_order_is_posted_alone_and_once() -> None:
    """It is listed for longer than it is needed."""
    world = after(3 * ROUND)
    assert world.times(POST) == [ROUND]
    assert len(world.times(LIST)) == 3


def test_several_are_posted_together_a_hundred_at_the_most() -> None:
    """Each call has its own answer for each."""
    orders = [order(str(number)) for number in range(102)]
    created = [result(str(number), "created") for number in range(102)]
    world = after(
        2 * ROUND,
        listed=[listed(*orders[:50], next_="2"), listed(*orders[50:])],
        batch=[answer(200, {"results": created[:100]}), answer(200, {"results": created[100:]})],
    )
    assert [len(body["invoices"]) for body in world.bodies(BATCH)] == [100, 2]
    assert world.requests(LIST)[1].url.params["after"] == "2"


def test_of_a_batch_one_is_refused_and_the_others_stand() -> None:
    """The integration hears of it, and whoever can mend it; what has no answer is parked, too."""
    said = [
        result("1", "created"),
        result("2", "already_exists"),
        result("3", "refused", error={"code": "ItemNotFound"}),
        result("4", "refused", error={"code": "TotalMismatch"}),
    ]
    orders = listed(*(order(number) for number in "12345"))
    world = after(ROUND, listed=[orders], batch=[answer(200, {"results": said})])
    assert [one["reference"] for one in world.bodies(PARKED)] == ["3", "4", "5"]
    assert [(one["reference"], one["recipient"]) for one in world.bodies(ALERTS)] == [
        ("3", "integration-team"),
        ("3", "master-data"),
        ("4", "integration-team"),
        ("4", "finance-team"),
        ("5", "integration-team"),
    ]


def test_an_invoice_that_is_there_already_is_fine() -> None:
    """The answer to the first call was lost."""
    world = after(ROUND + 60, httpx.ReadTimeout, refused("Internal_EntityWithSameKeyExists"))
    assert len(world.times(POST)) == 2
    assert world.times(PARKED) == []


@pytest.mark.parametrize(
    ("said", "team"),
    [
        (refused("ItemNotFound"), "master-data"),
        (refused("TotalMismatch"), "finance-team"),
        (httpx.Response(400, text="no"), "finance-team"),
        (answer(401), "integration-team"),
    ],
)
def test_an_invoice_that_is_refused_is_parked(said: httpx.Response, team: str) -> None:
    """Whoever can mend it hears of it, and it is not posted again."""
    world = after(3 * ROUND, said)
    assert [one["recipient"] for one in world.bodies(ALERTS)] == [team]
    assert (len(world.times(POST)), len(world.times(PARKED))) == (1, 1)


def test_a_throttled_invoice_waits_as_long_as_it_is_told() -> None:
    """The order is read again before it is posted; a 400 may mean the same."""
    world = after(2 * ROUND, answer(429, Retry_After="600"), refused("SSS_REQUEST_LIMIT_EXCEEDED"))
    first, second, third = world.times(POST)
    assert second - first == 600
    assert 0 < third - second <= 90
    assert len(world.times(f"{LIST}/1001")) == 1


def test_what_is_called_back_while_we_wait_is_not_invoiced() -> None:
    """The look before the second call shows it."""
    back = answer(200, order(revision=6, status="RELEASED"))
    gone = listed(order(revision=6, status="RELEASED"))
    world = after(
        2 * ROUND, answer(503, Retry_After="600"), listed=[listed(order()), gone], one=[back]
    )
    assert (len(world.times(POST)), world.times(PARKED)) == (1, [])


def test_after_six_calls_it_is_parked() -> None:
    """The integration team hears of it."""
    world = after(ROUND + 3600, *[answer(503)] * 9)
    assert len(world.times(POST)) == 6
    assert world.bodies(ALERTS)[0]["recipient"] == "integration-team"


def test_an_order_that_was_told_is_read_before_it_is_posted() -> None:
    """The list is out of order, and a webhook is no look."""
    world = World()
    world.script(LIST, answer(403))

    async def story(world: World) -> None:
        assert await tell(world, order()) == 200
        assert await tell(world, {"orderNo": "1001"}) == 400
        await world.clock.advance(ROUND)

    play(story, world, urls=URLS, secrets=KNOWN)
    assert len(world.times(f"{LIST}/1001")) == len(world.times(POST)) == 1


def test_an_order_that_cannot_be_read_waits_or_is_parked() -> None:
    """Without an answer it waits for the next round; one that is not shown is parked."""

    def told(*said: Answer) -> World:
        world = World()
        world.script(LIST, answer(403), answer(403))
        world.script(f"{LIST}/1001", *said)

        async def story(world: World) -> None:
            await tell(world, order())
            await world.clock.advance(2 * ROUND + 60)

        return play(story, world, urls=URLS, secrets=KNOWN)

    assert len(told(*[answer(503)] * 4).times(POST)) == 1
    assert "status 404" in told(answer(404)).bodies(PARKED)[0]["reason"]


def test_a_newer_version_is_not_replaced_by_an_older_one() -> None:
    """A webhook that comes late does not bring back what was called back."""
    world = World()
    none = [listed(), listed()]
    world.script(LIST, *none)

    async def story(world: World) -> None:
        await tell(world, order(revision=6, status="RELEASED"))
        await tell(world, order())
        await world.clock.advance(ROUND)

    assert play(story, world, urls=URLS, secrets=KNOWN).times(POST) == []


def test_many_parked_invoices_raise_the_alarm_once() -> None:
    """The alert names the contract, and no single order."""
    orders = [order(str(number)) for number in range(23)]
    world = after(ROUND, listed=[listed(*orders)], batch=[answer(400)])
    about = [one["reference"] for one in world.bodies(ALERTS)]
    assert about.count("oms-order-to-erp-invoice") == 1


def test_an_answer_that_makes_no_sense_loses_no_invoice() -> None:
    """What cannot be understood is parked; what was cut off is asked for again."""
    orders = listed(order("1"), order("2"))
    world = after(ROUND, listed=[orders], batch=[answer(200, {"results": [7]})])
    assert [one["reference"] for one in world.bodies(PARKED)] == ["1", "2"]
    cut = httpx.Response(200, content=b'{"results": [')
    whole = answer(200, {"results": [result("1", "created"), result("2", "created")]})
    world = after(ROUND + 60, listed=[orders], batch=[cut, whole])
    assert (len(world.times(BATCH)), world.times(PARKED)) == (2, [])
