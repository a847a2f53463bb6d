"""Who is told of what: subscriptions of the app's own file, and those made through the API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

Resource = dict[str, Any]

CONFIGURED: Final = 0
"""Stands for the subscriptions of the app's file: the API neither lists nor removes them."""


class NotSubscribed(Exception):
    """A subscription is refused; ``field`` is what is wrong with it."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class Subscriptions:
    """The subscriptions that stand, by number.

    ``known`` are the topics that the shop has at all, as far as it is played. Those in the app's
    file stay until somebody takes them out of it; one that was made through the API is removed
    when a delivery to it was tried in vain to the end.
    """

    def __init__(self, known: Sequence[str], *, first: int, version: str) -> None:
        self.rows: dict[int, Resource] = {}
        self._known = tuple(known)
        self._configured = set(known)
        self._next = first
        self._version = version
        self._deliveries: dict[str, int] = {}

    def to(self, topic: str) -> list[int]:
        """Return the subscriptions to a topic; the one of the app's file comes first."""
        own = [CONFIGURED] if topic in self._configured else []
        return own + [number for number, row in self.rows.items() if row["topic"] == topic]

    def make(self, asked: Resource, *, now: str) -> Resource:
        """Subscribe to a topic at an address.

        Raises:
            NotSubscribed: the topic or the address cannot be, or are subscribed already.
        """
        topic, address = asked.get("topic"), asked.get("address")
        if topic not in self._known:
            raise NotSubscribed("topic", "Invalid topic specified.")
        if not isinstance(address, str) or urlsplit(address).scheme != "https":
            raise NotSubscribed("address", "is not a valid HTTPS address")
        if asked.get("format", "json") != "json":
            raise NotSubscribed("format", "is not included in the list")
        if any((row["topic"], row["address"]) == (topic, address) for row in self.rows.values()):
            raise NotSubscribed("address", "for this topic has already been taken")
        self._next += 1
        row = {
            "id": self._next,
            "address": address,
            "topic": topic,
            "format": "json",
            "api_version": self._version,
            "created_at": now,
            "updated_at": now,
        }
        self.rows[self._next] = row
        return row

    def remove(self, number: int) -> bool:
        """Take away a subscription that was made through the API; return whether there was one."""
        return self.rows.pop(number, None) is not None

    def forget(self, topic: str) -> None:
        """Take away every subscription to a topic, that of the app's file as well."""
        self._configured.discard(topic)
        for number in [one for one in self.to(topic) if one != CONFIGURED]:
            self.remove(number)

    def configure(self, topic: str) -> bool:
        """Put a topic into the app's file; return whether the shop has it."""
        if topic in self._known:
            self._configured.add(topic)
        return topic in self._known

    def sent(self, delivery: str, number: int) -> None:
        """Note for which subscription a delivery was made."""
        self._deliveries[delivery] = number

    def gave_up(self, delivery: str) -> None:
        """Remove the subscription to which a delivery was tried in vain to the end."""
        self.remove(self._deliveries.get(delivery, CONFIGURED))
