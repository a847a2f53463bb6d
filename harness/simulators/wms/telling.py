"""What the world learns of the warehouse: messages it holds, rows of its records, webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.landscape import System
from harness.simulators.base import Context, Webhook, copied, to_json
from harness.simulators.webhooks import signature, topics_of


class Telling:
    """Commits messages, notes rows and sends webhooks, those that the system's file has."""

    def __init__(self, system: System, context: Context, secrets: Mapping[str, str]) -> None:
        self._system = system
        self._context = context
        self._secrets = secrets
        self._events = 0
        self._noted: dict[tuple[str, str], Mapping[str, Any]] = {}

    def commit(self, message: str, body: Mapping[str, Any]) -> None:
        """Say that the warehouse now holds a message."""
        if message in self._system.messages:
            key = self._system.messages[message].key
            self._context.commit(message, str(body[key]), copied(body))

    def note(self, record: str, row: Mapping[str, Any]) -> None:
        """Say what a record holds from now on, unless it held the same before."""
        if record not in self._system.records:
            return
        key = record, str([row[name] for name in self._system.records[record].key])
        if self._noted.get(key) != row:
            self._noted[key] = row
            self._context.note(record, row)

    def announce(self, message: str, body: Mapping[str, Any], *, delay: int = 0) -> None:
        """Send a message to whoever is told of it, now or with what holds now later."""
        spec = self._system.messages.get(message)
        topics = topics_of(spec)
        if spec is None or not topics:
            return
        webhook = self._webhook(topics[0], str(body.get(spec.key, "")), to_json(body))
        if delay:
            self._context.after(delay, lambda: self._context.emit(webhook))
        else:
            self._context.emit(webhook)

    def _webhook(self, topic: str, key: str, body: bytes) -> Webhook:
        self._events += 1
        delivery, event = f"whd-{self._events}", f"whe-{self._events}"
        headers = (
            ("Content-Type", "application/json"),
            ("User-Agent", "wms-webhooks/1"),
            ("X-Wms-Topic", topic),
            *signature(self._system, self._secrets, body),
            ("X-Wms-Delivery", delivery),
            ("X-Wms-Event", event),
        )
        return Webhook(topic, key, body, headers, delivery=delivery, event=event)
