"""The Notifications API: destinations of the application, subscriptions of the seller."""

from __future__ import annotations

from collections.abc import Mapping

from harness.simulators.amazon.notices import Subscriptions
from harness.simulators.amazon.operations import Asked, Operation, Operations
from harness.simulators.amazon.refusals import Refused
from harness.simulators.base import Context, Reply, reply


class NotificationsApi:
    """Answers for subscriptions."""

    def __init__(self, subscriptions: Subscriptions, context: Context) -> None:
        self._subscriptions = subscriptions
        self._context = context

    def operations(self) -> Operations:
        """Return what is answered, by address."""
        places, base = "/notifications/v1/destinations", "/notifications/v1/subscriptions/:type"
        ends = Operation("deleteSubscriptionById", self._end, grantless=True)
        return {
            f"POST {places}": Operation("createDestination", self._add, grantless=True),
            f"GET {places}": Operation("getDestinations", self._list, grantless=True),
            f"POST {base}": Operation("createSubscription", self._subscribe),
            f"GET {base}": Operation("getSubscription", self._one),
            f"DELETE {base}/:id": ends,
        }

    def _add(self, asked: Asked) -> Reply:
        body = asked.object()
        resource, name = body.get("resourceSpecification"), body.get("name")
        if not isinstance(resource, Mapping) or not resource or not isinstance(name, str):
            raise Refused("A destination has a name and a resourceSpecification.")
        number = self._subscriptions.add_destination(name, resource, self._context.random)
        return reply(200, {"payload": self._subscriptions.destinations[number]})

    def _list(self, _asked: Asked) -> Reply:
        return reply(200, {"payload": list(self._subscriptions.destinations.values())})

    def _subscribe(self, asked: Asked) -> Reply:
        destination = asked.object().get("destinationId")
        subscription = self._subscriptions.subscribe(
            asked.parameters["type"], str(destination), self._context.random
        )
        return reply(200, {"payload": subscription})

    def _one(self, asked: Asked) -> Reply:
        return reply(200, {"payload": self._subscriptions.find(asked.parameters["type"])})

    def _end(self, asked: Asked) -> Reply:
        self._subscriptions.end(asked.parameters["type"], asked.parameters["id"])
        return reply(200, {})
