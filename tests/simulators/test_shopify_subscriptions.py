"""Who a shop tells of what: the app's own file, the API, and what becomes of those in vain."""

from typing import Any

import pytest

from harness.simulators.base import UnknownAction
from harness.timing import HOUR
from tests.simulators.stage import Stage, data, header

HOOKS = "/admin/api/2026-01/webhooks"
ORDER = {"line_items": [{"sku": "HAT", "quantity": 1}]}
MINE = {"webhook": {"topic": "orders/create", "address": "https://a.example/hook"}}


def ask(shop: Stage, query: str, **variables: Any) -> Any:
    """Ask by GraphQL."""
    body = {"query": query, "variables": variables}
    return data(shop.call("POST", "/admin/api/2026-01/graphql.json", body))


def topics(shop: Stage) -> list[str]:
    """Return what was told."""
    return [hook.topic for hook in shop.emitted]


def test_one_event_is_told_to_each_subscription() -> None:
    """Each delivery has an id of its own, and all of them that of the event."""
    shop = Stage("shopify")
    assert shop.call("POST", f"{HOOKS}.json", MINE).status == 201
    shop.do("place_order", ORDER)
    first, second = shop.emitted
    assert first.event == second.event
    assert first.delivery != second.delivery
    assert header(first, "X-Shopify-Event-Id") == header(second, "X-Shopify-Event-Id")


def test_subscriptions_are_listed_and_removed() -> None:
    """The API shows only what was made through it, by REST and by GraphQL alike."""
    shop = Stage("shopify")
    assert data(shop.call("GET", f"{HOOKS}.json")) == {"webhooks": []}
    made = data(shop.call("POST", f"{HOOKS}.json", MINE))["webhook"]
    shop.call("POST", f"{HOOKS}.json", {"webhook": {**MINE["webhook"], "topic": "orders/paid"}})
    listed = data(shop.call("GET", f"{HOOKS}.json?topic=orders/create"))["webhooks"]
    assert listed == [made]
    seen = ask(
        shop,
        'query { webhookSubscriptions(first: 5, topics: ["ORDERS_PAID"]) { nodes { topic uri } } }',
    )
    nodes = seen["data"]["webhookSubscriptions"]["nodes"]
    assert nodes == [{"topic": "ORDERS_PAID", "uri": "https://a.example/hook"}]
    assert shop.call("DELETE", f"{HOOKS}/{made['id']}.json").status == 200
    assert shop.call("DELETE", f"{HOOKS}/{made['id']}.json").status == 404


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"topic": "orders/lost"}, "topic"),
        ({"address": "http://a.example"}, "address"),
        ({"format": "xml"}, "format"),
        ({}, "address"),
    ],
)
def test_what_cannot_be_subscribed_is_refused(changed: dict[str, str], field: str) -> None:
    """An unknown topic, another format, an open line, or the same once more."""
    shop = Stage("shopify")
    shop.call("POST", f"{HOOKS}.json", MINE)
    answer = shop.call("POST", f"{HOOKS}.json", {"webhook": {**MINE["webhook"], **changed}})
    assert answer.status == 422
    assert list(data(answer)["errors"]) == [field]


def test_a_body_that_is_none_is_refused() -> None:
    """What is no JSON, or has no webhook, makes nothing."""
    shop = Stage("shopify")
    assert shop.call("POST", f"{HOOKS}.json", b"{").status == 400
    assert shop.call("POST", f"{HOOKS}.json", {}).status == 400


def test_graphql_subscribes_and_unsubscribes() -> None:
    """The topic is written in capitals; what is wrong stands among the user errors."""
    shop = Stage("shopify")
    create = (
        "mutation($t: String!, $u: String) { webhookSubscriptionCreate(topic: $t, "
        "webhookSubscription: {uri: $u}) { webhookSubscription { id } userErrors { field } } }"
    )
    topic = "ORDER_TRANSACTIONS_CREATE"
    made = ask(shop, create, t=topic, u="https://a.example/hook")["data"]
    gid = made["webhookSubscriptionCreate"]["webhookSubscription"]["id"]
    wrong = ask(shop, create, t="ORDERS_LOST", u="https://a.example/hook")["data"]
    assert wrong["webhookSubscriptionCreate"]["userErrors"] == [{"field": ["topic"]}]
    delete = (
        "mutation($i: ID!) { webhookSubscriptionDelete(id: $i) "
        "{ deletedWebhookSubscriptionId userErrors { message } } }"
    )
    done = ask(shop, delete, i=gid)["data"]["webhookSubscriptionDelete"]
    assert done == {"deletedWebhookSubscriptionId": gid, "userErrors": []}
    again = ask(shop, delete, i=gid)["data"]["webhookSubscriptionDelete"]
    assert again["userErrors"]


def test_one_that_fails_to_the_end_is_removed() -> None:
    """After the last attempt in vain the subscription of the API is gone, silently; ours stays."""
    shop = Stage("shopify")
    shop.call("POST", f"{HOOKS}.json", MINE)
    shop.do("place_order", ORDER)
    for _ in range(9):
        for hook in [one for one in shop.emitted if one.attempt == shop.emitted[-1].attempt]:
            shop.fail(hook)
        shop.advance(3 * HOUR)
    assert data(shop.call("GET", f"{HOOKS}.json")) == {"webhooks": []}
    before = len(shop.emitted)
    shop.do("place_order", ORDER)
    assert len(shop.emitted) == before + 1


def test_somebody_takes_a_topic_away() -> None:
    """Nothing is told of it until it is there again, and what happened meanwhile stays untold."""
    shop = Stage("shopify")
    shop.call("POST", f"{HOOKS}.json", MINE)
    shop.do("unsubscribe", {"topic": "orders/create"})
    shop.do("place_order", ORDER)
    assert topics(shop) == []
    shop.do("subscribe", {"topic": "orders/create"})
    shop.do("place_order", ORDER)
    assert topics(shop) == ["orders/create"]
    for payload in (None, {"topic": "orders/lost"}):
        with pytest.raises(UnknownAction):
            shop.do("subscribe", payload)
