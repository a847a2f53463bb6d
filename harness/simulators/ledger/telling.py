"""What the world learns of the ledger: messages it holds, rows of its records, webhooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from harness.landscape import System
from harness.simulators.base import Context, UnknownAction, Webhook, to_json
from harness.simulators.webhooks import signature, topics_of

_DELIVERY: Final = "X-Ledger-Delivery"


class Telling:
    """Commits messages, notes rows and sends webhooks, those that the system's file has."""

    def __init__(self, system: System, context: Context, secrets: Mapping[str, str]) -> None:
        self._system = system
        self._context = context
        self._secrets = secrets
        self._events = self._repeats = 0
        self._last: dict[str, Webhook] = {}
        self._quiet = False
        self._noted: dict[tuple[str, str], Mapping[str, Any]] = {}

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Only note what records hold, as of things that were there before anybody listened."""
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False

    def commit(self, message: str, body: Mapping[str, Any]) -> None:
        """Say that the ledger now holds a message."""
        if message in self._system.messages and not self._quiet:
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
        if self._quiet or spec is None or topic not in topics_of(spec):
            return
        self._events += 1
        raw = to_json(body)
        delivery, event = f"ldg-dlv-{self._events}", f"ldg-evt-{self._events}"
        headers = (
            ("Content-Type", "application/json"),
            ("User-Agent", "ledger-webhooks/1"),
            ("X-Ledger-Topic", topic),
            *signature(self._system, self._secrets, raw),
            (_DELIVERY, delivery),
            ("X-Ledger-Event", event),
        )
        key = str(body.get(spec.key, ""))
        webhook = Webhook(topic, key, raw, headers, delivery=delivery, event=event)
        self._last[key] = webhook
        self._context.emit(webhook)

    def again(self, key: str | None) -> None:
        """Deliver the last webhook about a key once more, as a delivery of the same event.

        Raises:
            UnknownAction: none was sent.
        """
        webhook = self._last.get(key or "")
        if webhook is None:
            raise UnknownAction(f"no webhook was sent about {key or 'nothing'}")
        self._repeats += 1
        delivery = f"{webhook.delivery}-again-{self._repeats}"
        headers = tuple(
            (name, delivery if name == _DELIVERY else value) for name, value in webhook.headers
        )
        self._context.emit(replace(webhook, headers=headers, delivery=delivery))
