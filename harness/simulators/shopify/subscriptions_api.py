"""The REST and GraphQL faces of webhook subscriptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.simulators.base import Call, Reply, reply
from harness.simulators.bodies import NotJson, read_json
from harness.simulators.routing import Parameters
from harness.simulators.shopify.connections import GID, Row, instant_of, number_of, page_of
from harness.simulators.shopify.subscriptions import NotSubscribed, Resource, Subscriptions


class SubscriptionsApi:
    """Answers calls about subscriptions."""

    def __init__(
        self, subscriptions: Subscriptions, numbers: Mapping[str, Any], *, clock: Callable[[], str]
    ) -> None:
        self._subscriptions = subscriptions
        self._most = numbers["page_size_at_most"]
        self._clock = clock

    # REST.

    def several(self, call: Call, _: Parameters) -> Reply:
        """List the subscriptions, those to one topic if one is named."""
        topic = call.query.get("topic")
        rows = self._subscriptions.rows.values()
        return reply(200, {"webhooks": [row for row in rows if topic in (None, row["topic"])]})

    def make(self, call: Call, _: Parameters) -> Reply:
        """Subscribe."""
        try:
            body = read_json(call)
        except NotJson as error:
            return reply(400, {"errors": f"the body is not JSON: {error}"})
        asked = body.get("webhook") if isinstance(body, dict) else None
        if not isinstance(asked, dict):
            return reply(400, {"errors": {"webhook": "Required parameter missing or invalid"}})
        try:
            return reply(201, {"webhook": self._subscriptions.make(asked, now=self._clock())})
        except NotSubscribed as refused:
            return reply(422, {"errors": {refused.field: [str(refused)]}})

    def remove(self, _: Call, parameters: Parameters) -> Reply:
        """Unsubscribe."""
        number = parameters["id"]
        known = number.isascii() and number.isdigit() and self._subscriptions.remove(int(number))
        return reply(200, {}) if known else reply(404, {"errors": "Not Found"})

    # GraphQL.

    def resolvers(self) -> dict[str, Any]:
        """Return what answers, by the name of the field."""
        return {
            "webhookSubscriptions": lambda _info, topics=None, **page: page_of(
                [
                    _shown(row)
                    for row in self._subscriptions.rows.values()
                    if topics is None or _topic(row) in topics
                ],
                page,
                most=self._most,
            ),
            "webhookSubscriptionCreate": self._create,
            "webhookSubscriptionDelete": self._delete,
        }

    def _create(self, _info: Any, topic: str, webhookSubscription: Row) -> Row:  # noqa: N803 - GraphQL's word
        asked = {
            "topic": _path(topic),
            "address": webhookSubscription.get("uri"),
            "format": str(webhookSubscription.get("format") or "JSON").lower(),
        }
        try:
            made = self._subscriptions.make(asked, now=self._clock())
        except NotSubscribed as refused:
            place = ["topic"] if refused.field == "topic" else ["webhookSubscription", "uri"]
            wrong = {"field": place, "message": str(refused)}
            return {"webhookSubscription": None, "userErrors": [wrong]}
        return {"webhookSubscription": _shown(made), "userErrors": []}

    def _delete(self, _info: Any, id: str) -> Row:  # noqa: A002 - GraphQL's word
        number = number_of(id, "WebhookSubscription")
        if number is None or not self._subscriptions.remove(number):
            wrong = {"field": ["id"], "message": "Webhook subscription does not exist"}
            return {"deletedWebhookSubscriptionId": None, "userErrors": [wrong]}
        return {"deletedWebhookSubscriptionId": id, "userErrors": []}


_OF_TWO_WORDS = ("INVENTORY_LEVELS", "INVENTORY_ITEMS", "FULFILLMENT_ORDERS", "ORDER_TRANSACTIONS")


def _path(topic: str) -> str:
    """Return a topic as REST and webhooks have it: `ORDERS_CREATE` is `orders/create`."""
    for begin in _OF_TWO_WORDS:
        if topic.startswith(f"{begin}_"):
            return f"{begin}/{topic.removeprefix(f'{begin}_')}".lower()
    return topic.lower().replace("_", "/", 1)


def _topic(row: Resource) -> str:
    """Return a topic as GraphQL has it."""
    return str(row["topic"]).upper().replace("/", "_")


def _shown(row: Resource) -> Row:
    return {
        "id": f"{GID}WebhookSubscription/{row['id']}",
        "legacyResourceId": str(row["id"]),
        "topic": _topic(row),
        "uri": row["address"],
        "format": "JSON",
        "apiVersion": {"handle": row["api_version"]},
        "createdAt": instant_of(row["created_at"]),
    }
