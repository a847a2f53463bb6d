"""Returns of a shop: asked for, agreed to, done; never more than was sent."""

from typing import Any

import pytest

from harness.landscape import Message
from harness.simulators.base import UnknownAction
from harness.simulators.profiles import Profile
from harness.simulators.shopify import Shopify
from tests.simulators.stage import SECRETS, Stage, data, system

CREATE = (
    "mutation($o: ID!, $l: ID!, $q: Int!) { returnCreate(returnInput: {orderId: $o, "
    'returnLineItems: [{fulfillmentLineItemId: $l, quantity: $q, returnReason: "STYLE"}]}) '
    "{ return { id status totalQuantity returnLineItems(first: 5) { nodes { quantity "
    "returnReason } } } userErrors { message } } }"
)
READ = (
    "query($o: ID!) { order(id: $o) { returns(first: 5) { nodes { id name status } } "
    "refunds { id } totalRefundedSet { shopMoney { amount } } fulfillments { "
    "fulfillmentLineItems(first: 5) { nodes { id quantity lineItem { sku } } } } } }"
)


def shop_that_tells() -> Stage:
    """Return a shop whose file has returns."""
    told = Message.described(
        key="id",
        carried_by={"push": {"webhook": ["returns/request", "returns/close"], "at": "body"}},
        fields={"id": {"type": "integer"}},
    )
    spec = system("shopify")
    spec = spec.model_copy(update={"messages": {**spec.messages, "return": told}})
    shop = Stage("shopify")
    shop.simulator = Shopify(spec, shop, secrets=SECRETS, profile=Profile())
    return shop


def sent(shop: Stage) -> tuple[Any, str]:
    """Return an order of two hats that was sent, and the line of its fulfilment."""
    order = shop.do("place_order", {"line_items": [{"sku": "HAT", "quantity": 2}]})
    base = f"/admin/api/2026-01/orders/{order['key']}/fulfillment_orders.json"
    work = data(shop.call("GET", base))["fulfillment_orders"][0]["id"]
    asked = {"line_items_by_fulfillment_order": [{"fulfillment_order_id": work}]}
    shop.call("POST", "/admin/api/2026-01/fulfillments.json", {"fulfillment": asked})
    lines = seen(shop, order)["fulfillments"][0]["fulfillmentLineItems"]["nodes"]
    assert lines[0]["lineItem"] == {"sku": "HAT"}
    return order, lines[0]["id"]


def ask(shop: Stage, query: str, **variables: Any) -> Any:
    """Ask by GraphQL."""
    body = {"query": query, "variables": variables}
    return data(shop.call("POST", "/admin/api/2026-01/graphql.json", body))["data"]


def gid(order: Any) -> str:
    """Return the global id of an order."""
    return f"gid://shopify/Order/{order['key']}"


def seen(shop: Stage, order: Any) -> Any:
    """Return an order with its returns."""
    return ask(shop, READ, o=gid(order))["order"]


def test_a_return_is_made_and_closed() -> None:
    """The shop makes it of lines that were sent; it moves no money by itself."""
    shop = shop_that_tells()
    order, line = sent(shop)
    made = ask(shop, CREATE, o=gid(order), l=line, q=2)["returnCreate"]["return"]
    assert (made["status"], made["totalQuantity"]) == ("OPEN", 2)
    assert made["returnLineItems"]["nodes"] == [{"quantity": 2, "returnReason": "STYLE"}]
    close = "mutation($i: ID!) { returnClose(id: $i) { return { status } userErrors { message } } }"
    assert ask(shop, close, i=made["id"])["returnClose"]["return"] == {"status": "CLOSED"}
    assert "cannot become" in str(ask(shop, close, i=made["id"]))
    found = seen(shop, order)
    assert [one["name"] for one in found["returns"]["nodes"]] == ["#1001-R1"]
    assert found["refunds"] == []
    assert found["totalRefundedSet"]["shopMoney"]["amount"] == "0.00"
    read = "query($i: ID!) { return(id: $i) { status } }"
    assert ask(shop, read, i=made["id"])["return"] == {"status": "CLOSED"}
    assert [one["status"] for one in shop.committed("return")] == ["OPEN", "CLOSED"]


def test_no_more_comes_back_than_was_sent() -> None:
    """What is on its way back cannot come back twice; what was called off can."""
    shop = Stage("shopify")
    order, line = sent(shop)
    first = ask(shop, CREATE, o=gid(order), l=line, q=2)["returnCreate"]["return"]
    refused = ask(shop, CREATE, o=gid(order), l=line, q=1)["returnCreate"]
    assert refused["userErrors"] == [{"message": "Quantity is invalid; 0 can be returned."}]
    ask(
        shop, "mutation($i: ID!) { returnCancel(id: $i) { userErrors { message } } }", i=first["id"]
    )
    assert ask(shop, CREATE, o=gid(order), l=line, q=1)["returnCreate"]["return"]
    nowhere = ask(shop, CREATE, o="gid://shopify/Order/1", l=line, q=1)["returnCreate"]
    assert nowhere["userErrors"] == [{"message": "Order does not exist."}]


def test_a_customer_asks_and_the_shop_decides() -> None:
    """Each step is told where the app is subscribed to it."""
    shop = shop_that_tells()
    order, _ = sent(shop)
    asked = shop.do("request_return", {"lines": [{"sku": "HAT", "reason": "DEFECTIVE"}]}, order)
    shop.do("approve_return", None, asked)
    shop.do("close_return", None, asked)
    statuses = [one["status"] for one in shop.committed("return")]
    assert statuses == ["REQUESTED", "OPEN", "CLOSED"]
    assert [hook.topic for hook in shop.emitted][-2:] == ["returns/request", "returns/close"]
    other = shop.do("request_return", {"lines": [{"sku": "HAT"}]}, order)
    shop.do("decline_return", None, other)
    assert shop.committed("return")[-1]["status"] == "DECLINED"


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {"lines": []},
        {"lines": [{"sku": "MUG"}]},
        {"lines": [{"sku": "HAT", "quantity": 3}]},
        {"lines": [{"sku": "HAT", "reason": "BORED"}]},
    ],
)
def test_a_return_that_cannot_be_is_explained(payload: Any) -> None:
    """Nothing, something that was not sent, too much, or a reason that Shopify does not have."""
    shop = Stage("shopify")
    order, _ = sent(shop)
    with pytest.raises(UnknownAction):
        shop.do("request_return", payload, order)
    with pytest.raises(UnknownAction, match="does not exist"):
        shop.do("close_return", None, None)
