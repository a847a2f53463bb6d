"""ORDER_CHANGE: subscribed to, late, perhaps twice, and tried again."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from harness.simulators.base import UnknownAction, Webhook
from harness.timing import MINUTE, SECOND
from tests.simulators.stage import data, header
from tests.simulators.test_amazon import Account

PLACES = "/notifications/v1/destinations"
CHANGES = "/notifications/v1/subscriptions/ORDER_CHANGE"
SCOPE = "sellingpartnerapi::notifications"


def subscribed(**numbers: Any) -> Account:
    """Return an account whose integration is told of changed orders, each time once."""
    amazon = Account(**({"notices_twice_in_thousand": 0} | numbers))
    amazon.stage.do("subscribe")
    return amazon


def told(webhook: Webhook) -> Any:
    """Return what a notification says of its order."""
    return json.loads(webhook.body)["Payload"]["OrderChangeNotification"]


def test_nobody_is_told_who_did_not_subscribe() -> None:
    """Without a subscription an order changes in silence."""
    amazon = Account()
    amazon.place()
    amazon.stage.advance(MINUTE)
    assert amazon.stage.emitted == []


def test_the_api_subscribes() -> None:
    """A destination takes a grantless token, a subscription that of the seller."""
    amazon = Account()
    free = data(amazon.log_in(grant_type="client_credentials", scope=SCOPE))["access_token"]
    queue = {"name": "orders", "resourceSpecification": {"sqs": {"arn": "arn:aws:sqs:x"}}}
    assert amazon.refusal("POST", PLACES, queue).startswith("403")
    place = data(amazon.call("POST", PLACES, queue, free))["payload"]
    assert data(amazon.call("GET", PLACES, token=free))["payload"] == [place]
    wish = {"payloadVersion": "1.0", "destinationId": place["destinationId"]}
    subscription = data(amazon.call("POST", CHANGES, wish))["payload"]
    assert amazon.get(CHANGES) == subscription
    assert amazon.refusal("POST", CHANGES, wish).startswith("409")
    amazon.place()
    amazon.stage.advance(MINUTE)
    assert len(amazon.stage.emitted) >= 1
    ended = amazon.call("DELETE", f"{CHANGES}/{subscription['subscriptionId']}", token=free)
    assert (ended.status, amazon.refusal("GET", CHANGES)[:3]) == (200, "404")


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [("ORDER_CHANGE", {"destinationId": "x"}, "400"), ("ANY_OFFER_CHANGED", {}, "400")],
)
def test_a_bad_subscription_is_refused(kind: str, body: Any, status: str) -> None:
    """Its destination exists, and its type is one that is sent."""
    refusal = Account().refusal("POST", f"/notifications/v1/subscriptions/{kind}", body)
    assert refusal.startswith(status)


def test_a_new_status_is_told_some_seconds_later() -> None:
    """Each status is told once, with what the order was at that moment, and not at once."""
    amazon = subscribed()
    order = amazon.place(OrderStatus="Pending")
    assert amazon.stage.emitted == []
    amazon.stage.advance(MINUTE)
    amazon.stage.do("confirm_payment", None, order)
    amazon.stage.do("change_order", {"IsPrime": True}, order)
    amazon.stage.advance(MINUTE)
    first, second = amazon.stage.emitted
    assert [told(one)["Summary"]["OrderStatus"] for one in (first, second)] == [
        "Pending",
        "Unshipped",
    ]
    assert (first.key, first.topic) == (order["key"], "ORDER_CHANGE")
    body = json.loads(second.body)
    assert body["EventTime"] == "2026-03-02T08:01:00.000Z"
    assert body["NotificationMetadata"]["PublishTime"] > body["EventTime"]


def test_a_wish_to_cancel_is_told() -> None:
    """The notification says that the buyer asks, while the status is Unshipped as before."""
    amazon = subscribed()
    order = amazon.place()
    amazon.stage.do("request_cancel", None, order)
    amazon.stage.advance(MINUTE)
    (content,) = [c for c in map(told, amazon.stage.emitted) if c["OrderChangeType"][0] == "B"]
    assert content["OrderChangeTrigger"]["ChangeReason"] == "Buyer Requested Cancel"
    assert content["Summary"]["OrderStatus"] == "Unshipped"
    assert content["Summary"]["OrderItems"][0]["IsBuyerRequestedCancel"] is True


def test_a_notification_is_signed() -> None:
    """The relay signs the raw bytes, as the system's file says."""
    amazon = subscribed()
    amazon.place()
    amazon.stage.advance(MINUTE)
    (webhook,) = amazon.stage.emitted
    digest = hmac.new(b"amazon-secret", webhook.body, hashlib.sha256).hexdigest()
    assert header(webhook, "X-Relay-Signature") == digest
    assert header(webhook, "X-Relay-Delivery") == webhook.delivery


def test_a_notification_that_is_not_taken_comes_again() -> None:
    """It is tried ten times, half a minute apart, under one id, and then set aside."""
    amazon = subscribed()
    amazon.place()
    amazon.stage.advance(10 * SECOND)
    for _ in range(9):
        amazon.stage.fail(amazon.stage.emitted[-1], None)
        amazon.stage.advance(30 * SECOND)
    assert [webhook.attempt for webhook in amazon.stage.emitted] == [*range(1, 11)]
    amazon.stage.fail(amazon.stage.emitted[-1])
    assert amazon.stage.due == []
    assert len({webhook.delivery for webhook in amazon.stage.emitted}) == 1


def test_a_notification_may_come_twice() -> None:
    """Two deliveries of one event carry the same NotificationId."""
    amazon = subscribed(notices_twice_in_thousand=1000)
    order = amazon.place()
    amazon.stage.advance(MINUTE)
    amazon.stage.do("notify_again", None, order)
    assert len(amazon.stage.emitted) == 3
    assert len({webhook.event for webhook in amazon.stage.emitted}) == 1
    assert len({webhook.body for webhook in amazon.stage.emitted}) == 1
    assert len({webhook.delivery for webhook in amazon.stage.emitted}) == 3


def test_a_lost_subscription_is_silent() -> None:
    """When the subscription is gone nothing comes any more, and nobody says so."""
    amazon = subscribed()
    amazon.place()
    amazon.stage.do("unsubscribe")
    amazon.place()
    amazon.stage.advance(MINUTE)
    assert amazon.stage.emitted == []
    with pytest.raises(UnknownAction, match="nobody was notified"):
        amazon.stage.do("notify_again", None, amazon.place())


def test_a_message_of_ones_own_is_sent() -> None:
    """A notification is sent exactly as given, whole or its content alone."""
    amazon = Account()
    amazon.stage.simulator.send("order", {"AmazonOrderId": "999-0000007-0000007"})
    amazon.stage.simulator.send("order", {"Payload": {}})
    first, second = amazon.stage.emitted
    assert told(first) == {"AmazonOrderId": "999-0000007-0000007"}
    assert (first.key, second.body) == ("999-0000007-0000007", b'{"Payload":{}}')
    with pytest.raises(UnknownAction, match="sends only"):
        amazon.stage.simulator.send("listing", {})
