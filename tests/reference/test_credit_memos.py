"""Refunds become credit memos, when their money has moved and their invoice is posted."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from decimal import Decimal
from typing import Any

import pytest

from harness.reference.credit_memos import credit_memo, has_moved
from harness.reference.mapping import Unmappable
from tests.reference.world import ALERTS, DEFAULTS, SECRETS, World, answer, play

URLS = {name: f"https://{name}.test" for name in ("shopify", "erp", "ops")}
KNOWN = {**SECRETS, "erp_api_key": "k"}
SHOP = "/admin/api/2026-01"
MONEY = f"GET shopify {SHOP}/orders/5/transactions.json"
ORDER = f"GET shopify {SHOP}/orders/5.json"
ORDERS = f"GET shopify {SHOP}/orders.json"
REFUNDS = f"GET shopify {SHOP}/orders/5/refunds.json"
INVOICE = "GET erp /api/golive/sales/v1.0/salesInvoices"
POST = "POST erp /api/golive/sales/v1.0/salesCreditMemos"
HOURS = 3600.0

REFUND = {
    "id": 7,
    "order_id": 5,
    "created_at": "2026-03-05T23:30:00Z",
    "refund_line_items": [
        {
            "id": 70,
            "line_item": {"sku": "HAT"},
            "quantity": 1,
            "subtotal": "16.72",
            "total_tax": "3.18",
        }
    ],
    "order_adjustments": [
        {"id": 71, "kind": "shipping_refund", "amount": "-4.12", "tax_amount": "-0.78"}
    ],
    "transactions": [{"id": 72}],
}
PAID = {"id": 72, "kind": "refund", "status": "success", "amount": "24.80"}
WAITS = {**PAID, "status": "pending"}
INVOICED = {"externalDocumentNumber": "1001", "customerNumber": "C-1", "currencyCode": "EUR"}


@pytest.fixture(autouse=True)
def _usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody answer as usual."""
    usual: dict[str, tuple[int, Any]] = {
        MONEY: (200, {"transactions": [PAID, {**PAID, "id": 99}]}),
        ORDER: (200, {"order": {"id": 5}}),
        ORDERS: (200, {"orders": []}),
        REFUNDS: (200, {"refunds": [REFUND]}),
        INVOICE: (200, {"value": [INVOICED]}),
        POST: (201, {}),
        "POST ops /parked/bookings": (201, {}),
    }
    for call, said in usual.items():
        monkeypatch.setitem(DEFAULTS, call, said)


def told(*hooks: tuple[str, Any], then: float = 60.0, **scripts: Any) -> World:
    """Return the world after these webhooks; scripts are of money, invoice, post and orders."""
    world = World()
    for call, answers in scripts.items():
        named = {"money": MONEY, "invoice": INVOICE, "post": POST, "orders": ORDERS}
        world.script(named[call], *answers)

    async def story(world: World) -> None:
        for topic, body in hooks:
            raw = json.dumps(body).encode()
            mac = hmac.new(KNOWN["shopify_webhook_secret"].encode(), raw, hashlib.sha256).digest()
            headers = {
                "X-Shopify-Topic": topic,
                "X-Shopify-Hmac-Sha256": base64.b64encode(mac).decode(),
            }
            status = await world.post("/webhooks/shopify", raw, headers=headers)
            assert status == (200 if body.get("id") else 400)
            await world.clock.advance(60.0)
        await world.clock.advance(then)

    return play(story, world, urls=URLS, secrets=KNOWN)


def test_goods_and_shipping_are_credited_with_their_tax() -> None:
    """On the day in Berlin, under the ids of the refund's own lines."""
    (body,) = told(("refunds/create", REFUND)).bodies(POST)
    assert (body["externalDocumentNumber"], body["invoiceExternalNumber"]) == ("7", "1001")
    assert (body["postingDate"], body["totalIncludingTax"]) == ("2026-03-06", 24.8)
    assert [
        (one["reference"], one["lineObjectNumber"], one["amount"]) for one in body["lines"]
    ] == [
        ("70", "HAT", 19.9),
        ("71", "8420", 4.9),
    ]


def test_money_that_waits_is_posted_when_it_moved() -> None:
    """The shop tells of it; what is of another refund changes nothing."""
    waiting = answer(200, {"transactions": [WAITS]})
    hooks = [("refunds/create", REFUND), ("order_transactions/create", {"id": 98})]
    assert told(*hooks, money=(waiting,)).bodies(POST) == []
    moved = ("order_transactions/create", PAID)
    assert len(told(*hooks, moved, moved, money=(waiting,)).bodies(POST)) == 1


def test_what_is_no_refund_is_refused() -> None:
    """So is what is no transaction."""
    hooks = [("refunds/create", {"x": 1}), ("order_transactions/create", {"x": 1})]
    assert told(*hooks).bodies(POST) == []


def test_a_refund_waits_for_its_invoice_but_not_for_ever() -> None:
    """It is looked for twice an hour; after a day finance is told."""
    none = answer(200, {"value": []})
    world = told(("refunds/create", REFUND), invoice=(none,) * 2, then=2 * HOURS)
    assert (len(world.times(INVOICE)), len(world.bodies(POST))) == (3, 1)
    never = told(("refunds/create", REFUND), invoice=(none,) * 40, then=23 * HOURS)
    assert never.bodies(ALERTS)[0]["recipient"] == "finance-team"


@pytest.mark.parametrize(
    ("status", "code", "team"),
    [
        (400, "PeriodClosed", "finance-team"),
        (403, "", "integration-team"),
        (400, "Internal_EntityWithSameKeyExists", ""),
    ],
)
def test_what_the_erp_does_not_take_is_parked(status: int, code: str, team: str) -> None:
    """What is there already is posted."""
    refused = answer(status, {"error": {"code": code}})
    alerts = told(("refunds/create", REFUND), post=(refused,)).bodies(ALERTS)
    assert [one["recipient"] for one in alerts] == ([team] if team else [])


def test_a_daily_look_finds_what_nobody_told() -> None:
    """Of orders of which something was paid back; a look that fails is made again."""
    order = {"id": 5, "financial_status": "partially_refunded"}
    page = answer(200, {"orders": [order, {"id": 6, "financial_status": "paid"}]})
    world = told(then=49 * HOURS, orders=(answer(403), page))
    assert len(world.bodies(POST)) == 1
    assert [dict(one.url.params)["since_id"] for one in world.requests(ORDERS)] == ["0", "0", "6"]


def test_a_wish_has_not_moved() -> None:
    """Nor has anything that is no refund."""
    assert has_moved([PAID])
    assert not has_moved([PAID, WAITS])
    assert not has_moved([{**PAID, "kind": "capture"}])
    assert not has_moved([])


def test_what_does_not_add_up_or_is_unknown_is_not_posted() -> None:
    """Tax that is in the price is not added to it."""
    paid = {**PAID, "amount": Decimal("24.80")}
    with pytest.raises(Unmappable, match="add up"):
        credit_memo(REFUND, {"taxes_included": True}, [paid], INVOICED)
    odd = {**REFUND, "order_adjustments": [{"id": 1, "kind": "fee", "amount": "1"}]}
    with pytest.raises(Unmappable, match="kind"):
        credit_memo(odd, {}, [paid], INVOICED)
