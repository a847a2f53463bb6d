"""What the world learns of the OMS: messages it holds, rows of its records, webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.landscape import System
from harness.simulators.base import Context, Webhook, to_json
from harness.simulators.webhooks import signature, topics_of


class Telling:
    """Commits messages, notes rows and sends webhooks."""

    def __init__(self, system: System, context: Context, secrets: Mapping[str, str]) -> None:
        self._system = system
        self._context = context
        self._secrets = secrets
        self._events = 0
        self._noted: dict[tuple[str, str], Mapping[str, Any]] = {}

    def carries(self, message: str, topic: str) -> bool:
        """Return whether a message of the system's file travels in webhooks of a topic."""
        return topic in topics_of(self._system.messages.get(message))

    def commit(self, message: str, body: Mapping[str, Any]) -> None:
        """Say that the OMS now holds a message, where the system's file has it."""
        if message in self._system.messages:
            key = self._system.messages[message].key
            self._context.commit(message, str(body[key]), body)

    def note(self, record: str, row: Mapping[str, Any]) -> None:
        """Say what a record holds from now on, unless it held the same before."""
        if record not in self._system.records:
            return
        key = record, str([row[name] for name in self._system.records[record].key])
        if self._noted.get(key) != row:
            self._noted[key] = row
            self._context.note(record, row)

    def emit(self, topic: str, key: str, content: Mapping[str, Any]) -> None:
        """Send a webhook, signed as the system's file says."""
        self._events += 1
        body = to_json(content)
        delivery, event = f"dlv-{self._events}", f"evt-{self._events}"
        headers = (
            ("Content-Type", "application/json"),
            ("User-Agent", "oms-webhooks/2"),
            ("X-Oms-Topic", topic),
            *signature(self._system, self._secrets, body),
            ("X-Oms-Delivery", delivery),
            ("X-Oms-Event", event),
        )
        self._context.emit(Webhook(topic, key, body, headers, delivery=delivery, event=event))
