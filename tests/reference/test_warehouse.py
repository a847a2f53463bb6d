"""Released orders reach the warehouse once, as it can pick and label them."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reference.mapping import Unmappable
from harness.reference.warehouse import LINE, _lines, outbound_order
from tests.reference.world import ALERTS, DEFAULTS, SECRETS, Answer, World, answer, play

URLS = {name: f"https://{name}.test" for name in ("oms", "wms", "ops")}
KNOWN = {**SECRETS, "wms_api_key": "k", "wms_webhook_secret": "s"}
POST = "POST wms /v1/outbound-orders"
AGAIN = "GET oms /api/v2/orders/1001"
PARKED = "POST ops /parked/orders"


def order(revision: int = 1, **changes: Any) -> dict[str, Any]:
    """Return a released order."""
    return {
        "orderNo": "1001",
        "revision": revision,
        "status": "RELEASED",
        "warehouse": "HAM1",
        "service": "EXPRESS",
        "shipTo": {
            "name": "Zoë Łukasz ",
            "street1": "Am alten Güterbahnhof in der Speicherstadt 17",
            "city": "Hamburg",
            "postcode": "20457",
            "country": "DE",
            "phone": "+49 40 123-45",
        },
        "lines": [
            {"lineRef": "L1", "kind": "GOODS", "sku": "SET-HAT", "qty": 2},
            {"lineRef": "L2", "kind": "GIFT_CARD", "sku": "GIFT-25", "qty": 1},
        ],
        **changes,
    }


@pytest.fixture(autouse=True)
def _usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody answer as usual."""
    usual: dict[str, tuple[int, Any]] = {
        POST: (201, {}),
        AGAIN: (200, order()),
        PARKED: (201, {}),
        "GET wms /v1/shipments": (200, {"shipments": []}),
    }
    for call, said in usual.items():
        monkeypatch.setitem(DEFAULTS, call, said)


def told(
    *orders: Any, then: float = 60.0, wms: tuple[Answer, ...] = (), oms: tuple[Answer, ...] = ()
) -> World:
    """Return the world after the OMS told of these orders, a second apart."""
    world = World()
    world.script(POST, *wms)
    world.script(AGAIN, *oms)

    async def story(world: World) -> None:
        for one in orders:
            raw = json.dumps(one).encode()
            mac = hmac.new(b"oms-secret", raw, hashlib.sha256).hexdigest()
            headers = {"X-Oms-Signature": mac, "X-Oms-Topic": "order.released"}
            status = await world.post("/webhooks/oms", raw, headers)
            assert status == (200 if isinstance(one, dict) and one.get("orderNo") else 400)
            await world.clock.advance(1.0)
        await world.clock.advance(then)

    return play(story, world, urls=URLS, secrets=KNOWN)


def test_an_order_is_sent_as_the_warehouse_can_pick_it() -> None:
    """Bundles in their parts, nothing that lies on no shelf, and letters that a label knows."""
    (body,) = told(order()).bodies(POST)
    assert body["lines"] == [
        {"line_ref": "L1", "sku": "HAT-RED", "qty": 2},
        {"line_ref": "L1", "sku": "SCARF-RED", "qty": 2},
    ]
    assert body["ship_to"] == {
        "name": "Zoe Lukasz",
        "street1": "Am alten Guterbahnhof in der",
        "street2": "Speicherstadt 17",
        "city": "Hamburg",
        "postcode": "20457",
        "country": "DE",
        "phone": "494012345",
    }
    assert (body["order_ref"], body["service"], "ship_by" in body) == ("1001", "exp", False)


def test_only_released_orders_are_sent_and_once() -> None:
    """Held ones wait; what comes again changes nothing; what is no order is refused."""
    world = told(order(1, status="HOLD"), order(2), order(2), order(3), [], {"revision": 1})
    assert len(world.times(POST)) == 1
    assert world.requests(POST)[0].headers["Idempotency-Key"] == "1001"


def test_an_order_that_is_cancelled_while_it_waits_is_not_sent() -> None:
    """Whether the OMS told so, or says so when it is asked."""
    trouble: tuple[Answer, ...] = (answer(503),) * 3
    told_so = told(order(), order(2, status="CANCELLED"), wms=trouble, then=3600)
    assert len(told_so.times(POST)) == 1
    trouble = (answer(503),) * 5
    asked = answer(200, order(2, status="CANCELLED"))
    assert len(told(order(), wms=trouble, oms=(asked,), then=3600).times(POST)) < 6
    blind = told(order(), wms=trouble, oms=(answer(503),), then=3600)
    assert blind.bodies(ALERTS) == []
    assert len(blind.times(POST)) == 6


@pytest.mark.parametrize(
    ("status", "code", "team"),
    [
        (409, "already_exists", ""),
        (409, "picking_started", "commerce-ops"),
        (422, "unknown_item", "master-data"),
        (422, "other", "integration-team"),
        (400, None, "integration-team"),
    ],
)
def test_each_refusal_is_told_to_whom_it_concerns(status: int, code: Any, team: str) -> None:
    """What the warehouse has already is sent."""
    alerts = told(order(), wms=(answer(status, {"code": code}),)).bodies(ALERTS)
    assert [one["recipient"] for one in alerts] == ([team] if team else [])


def test_what_nobody_agreed_on_is_not_guessed() -> None:
    """An order with an unknown service is parked; a day to ship by is told in UTC."""
    with pytest.raises(Unmappable, match="service"):
        outbound_order(order(service="DRONE"))
    sent = outbound_order(order(shipBy="2026-03-02T17:00:00+01:00"))
    assert sent["ship_by"] == "2026-03-02T16:00:00Z"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, categories=("L", "P", "N"))))
def test_lines_of_a_label_lose_nothing(text: str) -> None:
    """Whatever is written, no line is too long and no letter is lost."""
    lines = _lines(text)
    assert all(len(line) <= LINE for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
