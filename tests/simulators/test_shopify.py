"""The Shopify shop: what it answers, commits and tells."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.simulators.base import Call, UnknownAction, to_json
from harness.simulators.profiles import Profile
from harness.timing import HOUR, SECOND
from tests.simulators.stage import Stage, data, fixture, header

API = "/admin/api/2025-07"


@pytest.fixture
def shop() -> Stage:
    """Return a shop without orders."""
    return Stage("shopify")


def lines(**quantities: int) -> dict[str, Any]:
    """Return an order of one line per sku."""
    items = [{"sku": sku, "quantity": q, "price": "1.00"} for sku, q in quantities.items()]
    return {"financial_status": "paid", "line_items": items}


def work(shop: Stage, order: Any) -> Any:
    """Return the fulfilment order of an order."""
    path = f"{API}/orders/{order['key']}/fulfillment_orders.json"
    return data(shop.call("GET", path))["fulfillment_orders"][0]


def fulfil(shop: Stage, *groups: Any) -> Any:
    """Ask for a fulfilment."""
    request = {
        "message": "On its way.",
        "tracking_info": {"number": "T1", "company": "UPS"},
        "line_items_by_fulfillment_order": list(groups),
    }
    return shop.call("POST", f"{API}/fulfillments.json", {"fulfillment": request})


def all_of(order: Any) -> dict[str, Any]:
    """Return the part of a request that asks for everything that is left."""
    return {"fulfillment_order_id": order["id"]}


def some_of(order: Any, *quantities: int) -> dict[str, Any]:
    """Return the part of a request that asks for so many of each line."""
    pairs = zip(order["line_items"], quantities, strict=False)
    asked = [{"id": line["id"], "quantity": quantity} for line, quantity in pairs]
    return {"fulfillment_order_id": order["id"], "fulfillment_order_line_items": asked}


def test_without_the_token_nothing_is_shown(shop: Stage) -> None:
    """A call without the access token is refused."""
    answer = shop.simulator.handle(Call("GET", f"https://shop.test{API}/orders.json"))
    assert answer.status == 401
    assert "Invalid API key or access token" in data(answer)["errors"]


def test_the_bucket_runs_over_and_leaks(shop: Stage) -> None:
    """Forty calls fit in, the next is refused, and two fit in a second later."""
    answers = [shop.call("GET", f"{API}/orders.json") for _ in range(41)]
    assert [a.status for a in answers] == [200] * 40 + [429]
    assert header(answers[0], "X-Shopify-Shop-Api-Call-Limit") == "1/40"
    assert header(answers[40], "X-Shopify-Shop-Api-Call-Limit") == "40/40"
    assert header(answers[40], "Retry-After") == "2.0"
    shop.advance(SECOND)
    assert [shop.call("GET", f"{API}/orders.json").status for _ in range(3)] == [200, 200, 429]


def test_an_expired_version_is_served_by_the_oldest(shop: Stage) -> None:
    """A version that is gone falls forward; the answer says to which."""
    old = shop.call("GET", "/admin/api/2020-01/orders.json")
    assert header(old, "X-Shopify-API-Version") == "2025-04"
    new = shop.call("GET", "/admin/api/2026-01/orders.json")
    assert header(new, "X-Shopify-API-Version") == "2026-01"


@pytest.mark.parametrize(
    "path",
    ["/", "/admin/api/latest/orders.json", f"{API}/orders/1.json", f"{API}/orders/x/y.json"],
)
def test_what_is_not_there_is_not_found(shop: Stage, path: str) -> None:
    """Unknown paths, versions and orders give Shopify's own 404."""
    answer = shop.call("GET", path)
    assert (answer.status, data(answer)) == (404, {"errors": "Not Found"})


def test_a_placed_order_is_committed_and_told(shop: Stage) -> None:
    """A paid order is committed once, and told as created and as paid, with the same content."""
    handle = shop.do("place_order", fixture("order_basic"))
    (body,) = shop.committed("order")
    assert handle == {"message": "order", "key": "5400000000101"}
    assert [w.topic for w in shop.emitted] == ["orders/create", "orders/paid"]
    assert {w.body for w in shop.emitted} == {to_json(body)}
    assert body["created_at"] == "2026-03-01T17:42:09-05:00"
    assert body["updated_at"] == "2026-03-02T03:00:00-05:00"
    assert data(shop.call("GET", f"{API}/orders/{handle['key']}.json"))["order"]["name"] == "#1001"


def test_an_unpaid_order_is_only_created(shop: Stage) -> None:
    """An order that nobody has paid for is not told as paid."""
    shop.do("place_order", {"order": {**fixture("order_basic"), "financial_status": "pending"}})
    assert [w.topic for w in shop.emitted] == ["orders/create"]


def test_a_webhook_has_the_headers_of_shopify(shop: Stage) -> None:
    """The raw bytes are signed, and every header is there."""
    shop.do("place_order", fixture("order_nasty"))
    webhook = shop.emitted[0]
    digest = hmac.new(b"shop-secret", webhook.body, hashlib.sha256).digest()
    assert header(webhook, "X-Shopify-Hmac-Sha256") == base64.b64encode(digest).decode()
    assert header(webhook, "X-Shopify-Topic") == "orders/create"
    assert header(webhook, "X-Shopify-Shop-Domain") == "golive-demo.myshopify.com"
    assert header(webhook, "X-Shopify-API-Version") == "2026-01"
    assert header(webhook, "X-Shopify-Triggered-At") == "2026-03-02T08:00:00.000000000Z"
    assert header(webhook, "X-Shopify-Webhook-Id") == webhook.delivery
    assert header(webhook, "X-Shopify-Event-Id") == webhook.event


def test_a_failed_delivery_is_tried_eight_times_in_four_hours(shop: Stage) -> None:
    """Every retry is the same delivery, unchanged; after the last the shop gives up."""
    shop.do("place_order", lines(A=1) | {"financial_status": "pending"})
    (first,), attempts = shop.emitted, 1
    while shop.emitted:
        shop.fail(shop.emitted.pop(), None)
        shop.advance(4 * HOUR)
        attempts += len(shop.emitted)
        if shop.emitted:
            again = shop.emitted[0]
            assert (again.body, again.headers, again.delivery) == (
                first.body,
                first.headers,
                first.delivery,
            )
    assert attempts == 9


def test_the_retries_end_after_four_hours(shop: Stage) -> None:
    """The waits of all retries add up to what Shopify has published."""
    assert sum(shop.simulator.numbers["webhook_retries"]) == 4 * HOUR


def test_a_taken_delivery_is_not_tried_again(shop: Stage) -> None:
    """Any answer of success ends a delivery; a redirect is none."""
    shop.do("place_order", lines(A=1))
    shop.fail(shop.emitted[0], 204)
    assert not shop.due
    shop.fail(shop.emitted[1], 302)
    assert len(shop.due) == 1


def test_the_same_order_placed_again_is_another_order(shop: Stage) -> None:
    """Every id of a shop is given out once; the first order keeps the ids it came with."""
    for _ in range(120):
        shop.do("place_order", fixture("order_nasty"))
    bodies = shop.committed("order")
    assert bodies[0]["id"] == 9007199254740993
    assert [b["name"] for b in (bodies[0], bodies[119])] == ["#1002", "#1121"]
    assert len({b["id"] for b in bodies}) == 120
    assert len({line["id"] for b in bodies for line in b["line_items"]}) == 480


def test_missing_ids_are_made(shop: Stage) -> None:
    """An order of the bare minimum gets id, name, number and times."""
    shop.do("place_order", lines(A=1, B=2))
    (body,) = shop.committed("order")
    assert body["name"] == "#1001"
    assert body["created_at"] == body["updated_at"] == "2026-03-02T03:00:00-05:00"
    assert all(isinstance(line["id"], int) for line in body["line_items"])


def test_the_order_lives_on(shop: Stage) -> None:
    """Payment, refund, edit and cancellation each commit; only subscribed topics are told."""
    order = shop.do("place_order", {**lines(A=1), "financial_status": "pending"})
    shop.advance(SECOND)
    assert shop.do("pay_order", None, order) == order
    shop.do("partially_refund_order", None, order)
    shop.do("touch_order", {"shipping_address": {"zip": "1"}, "note": None}, order)
    shop.do("cancel_order", {"cancel_reason": "fraud"}, order)
    bodies = shop.committed("order")
    assert [b["financial_status"] for b in bodies[:3]] == ["pending", "paid", "partially_refunded"]
    assert bodies[3]["shipping_address"] == {"zip": "1"}
    assert (bodies[4]["cancelled_at"], bodies[4]["cancel_reason"]) == (
        "2026-03-02T03:00:01-05:00",
        "fraud",
    )
    assert [w.topic for w in shop.emitted] == ["orders/create", "orders/paid", "orders/cancelled"]
    assert bodies[0]["updated_at"] < bodies[1]["updated_at"]


def test_a_retired_version_is_served_by_the_oldest_that_is_left(shop: Stage) -> None:
    """The answer says which version served, and that the one asked for is over."""
    before = shop.call("GET", "/admin/api/2025-07/orders.json")
    shop.do("retire_versions", {"older_than": "2026-01"})
    after = shop.call("GET", "/admin/api/2025-07/orders.json")
    versions = [header(one, "X-Shopify-API-Version") for one in (before, after)]
    assert versions == ["2025-07", "2026-01"]
    assert header(before, "X-Shopify-API-Deprecated-Reason") is None
    assert header(after, "X-Shopify-API-Deprecated-Reason") is not None
    for payload in (None, {"older_than": "soon"}):
        with pytest.raises(UnknownAction, match="older_than"):
            shop.do("retire_versions", payload)


def test_what_was_committed_does_not_change(shop: Stage) -> None:
    """A later change of an order leaves earlier commits as they were."""
    order = shop.do("place_order", lines(A=1))
    shop.do("touch_order", {"note": "changed"}, order)
    assert "note" not in shop.committed("order")[0]


def test_actions_that_make_no_sense_are_explained(shop: Stage) -> None:
    """A wrong action, a missing order and a second cancellation are errors that say so."""
    with pytest.raises(UnknownAction, match="no action 'ship'; it has: add_product, approve"):
        shop.do("ship")
    with pytest.raises(UnknownAction, match="say with `of`"):
        shop.do("pay_order", {}, None)
    with pytest.raises(UnknownAction, match="not list"):
        shop.do("place_order", [])
    order = shop.do("place_order", lines(A=1))
    shop.do("cancel_order", None, order)
    with pytest.raises(UnknownAction, match="cancelled already"):
        shop.do("cancel_order", None, order)


def test_everything_left_is_fulfilled(shop: Stage) -> None:
    """Without a list of lines all that is left is fulfilled, and the request is committed."""
    order = shop.do("place_order", lines(A=2, B=1))
    answer = fulfil(shop, all_of(work(shop, order)))
    made = data(answer)["fulfillment"]
    assert answer.status == 201
    assert (made["status"], made["tracking_number"], made["tracking_numbers"]) == (
        "success",
        "T1",
        ["T1"],
    )
    assert [line["quantity"] for line in made["line_items"]] == [2, 1]
    (body,) = shop.committed("fulfillment")
    assert (body["message"], body["tracking_info"]["number"]) == ("On its way.", "T1")
    assert shop.committed("order")[-1]["fulfillment_status"] == "fulfilled"
    assert work(shop, order)["status"] == "closed"


def test_an_order_is_fulfilled_in_parts(shop: Stage) -> None:
    """What is left shrinks, and asking for more is refused in Shopify's words."""
    order = shop.do("place_order", lines(A=2, B=1))
    assert fulfil(shop, some_of(work(shop, order), 1)).status == 201
    left = work(shop, order)
    assert [line["fulfillable_quantity"] for line in left["line_items"]] == [1, 1]
    assert left["status"] == "in_progress"
    refused = fulfil(shop, some_of(left, 2))
    assert refused.status == 422
    assert data(refused) == {"errors": ["Invalid fulfillment order line item quantity requested."]}
    assert len(shop.committed("fulfillment")) == 1
    path = f"{API}/orders/{order['key']}/fulfillments.json"
    assert len(data(shop.call("GET", path))["fulfillments"]) == 1


def test_nothing_is_fulfilled_twice_or_after_a_cancellation(shop: Stage) -> None:
    """A closed and a cancelled fulfilment order are refused, each with its status."""
    order, other = (shop.do("place_order", lines(A=1)) for _ in range(2))
    fulfil(shop, all_of(work(shop, order)))
    assert "unfulfillable status= closed" in fulfil(shop, all_of(work(shop, order))).body.decode()
    shop.do("cancel_order", None, other)
    assert "status= cancelled" in fulfil(shop, all_of(work(shop, other))).body.decode()


def test_two_orders_are_not_fulfilled_at_once(shop: Stage) -> None:
    """One request fulfils one order."""
    works = [work(shop, shop.do("place_order", lines(A=1))) for _ in range(2)]
    assert fulfil(shop, *map(all_of, works)).status == 422
    assert shop.committed("fulfillment") == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"fulfillment": {}}', b"\xff", b'"\\ud800"'])
def test_a_body_that_is_no_fulfillment_is_refused(shop: Stage, body: bytes) -> None:
    """What is no JSON, or holds no fulfillment, is a bad request."""
    assert shop.call("POST", f"{API}/fulfillments.json", body).status == 400


def test_fulfilled_lines_cannot_be_edited_away(shop: Stage) -> None:
    """An edit below what is fulfilled is an error of the scenario."""
    order = shop.do("place_order", lines(A=2))
    fulfil(shop, all_of(work(shop, order)))
    line = {**shop.committed("order")[0]["line_items"][0], "quantity": 1}
    with pytest.raises(UnknownAction, match="has 2 fulfilled"):
        shop.do("touch_order", {"line_items": [line]}, order)


def test_orders_held_from_the_start_are_not_told(shop: Stage) -> None:
    """Orders that were there before can be read, and nobody hears of them."""
    row = {**lines(A=1), "updated_at": "2026-01-01T00:00:00-05:00"}
    shop.simulator.hold("order", (row,))
    (order,) = data(shop.call("GET", f"{API}/orders.json"))["orders"]
    assert order["updated_at"] == "2026-01-01T00:00:00-05:00"
    assert (shop.commits, shop.emitted) == ([], [])


def test_an_order_is_sent_exactly_as_it_is(shop: Stage) -> None:
    """A message of one's own is sent unchanged, and the shop does not hold it."""
    shop.simulator.send("order", {"id": 5})
    assert json.loads(shop.emitted[0].body) == {"id": 5}
    assert shop.simulator.snapshot() == {
        "orders": [],
        "fulfillments": [],
        "stock_level": [],
        "product": [],
    }


def test_the_snapshot_shows_what_is_fulfilled(shop: Stage) -> None:
    """The state of the shop: each order with its lines, each fulfilment."""
    order = shop.do("place_order", lines(A=2))
    fulfil(shop, some_of(work(shop, order), 1))
    state = shop.simulator.snapshot()
    line_id = shop.committed("order")[0]["line_items"][0]["id"]
    assert state["orders"][0]["lines"] == [{"id": line_id, "ordered": 2, "fulfilled": 1}]
    assert state["fulfillments"][0]["tracking_number"] == "T1"


def test_the_same_seed_gives_the_same_bytes() -> None:
    """Two shops with one seed tell the same, down to the last header."""
    stages = [Stage("shopify"), Stage("shopify")]
    for stage in stages:
        stage.do("place_order", fixture("order_basic"))
    assert stages[0].emitted == stages[1].emitted


def test_a_profile_changes_a_number() -> None:
    """A number of the profile takes the place of the documented one; an unknown one is refused."""
    small = Stage("shopify", Profile(numbers={"bucket_size": 1}))
    assert [small.call("GET", "/").status for _ in range(2)] == [404, 429]
    with pytest.raises(HarnessError, match="did you mean 'bucket_size'"):
        Stage("shopify", Profile(numbers={"bucketsize": 1}))
    with pytest.raises(HarnessError, match="expected int"):
        Stage("shopify", Profile(numbers={"bucket_size": "1"}))
