"""What the world learns of the ledger: messages it holds, rows of its records, webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.landscape import System
from harness.simulators.base import Context, Webhook, to_json
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
        """Say that the ledger now holds a message."""
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

    def emit(self, message: str, topic: str, body: Mapping[str, Any]) -> None:
        """Send a webhook, where the message travels in it."""
        spec = self._system.messages.get(message)
        if spec is None or topic not in topics_of(spec):
            return
        self._events += 1
        raw = to_json(body)
        delivery, event = f"ldg-dlv-{self._events}", f"ldg-evt-{self._events}"
        headers = (
            ("Content-Type", "application/json"),
            ("User-Agent", "ledger-webhooks/1"),
            ("X-Ledger-Topic", topic),
            *signature(self._system, self._secrets, raw),
            ("X-Ledger-Delivery", delivery),
            ("X-Ledger-Event", event),
        )
        key = str(body.get(spec.key, ""))
        self._context.emit(Webhook(topic, key, raw, headers, delivery=delivery, event=event))
