"""What the world learns of EasyPost: messages it holds, rows of its records, webhooks."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from harness.landscape import System
from harness.simulators.base import Context, UnknownAction, Webhook, to_json
from harness.simulators.easypost.instants import seconds
from harness.simulators.easypost.tariff import new_id
from harness.simulators.webhooks import secret_of, topics_of

SIGNATURE: Final = "X-Hmac-Signature"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as it is told and may be told again."""

    id: str
    topic: str
    about: str
    body: Mapping[str, Any]


class Telling:
    """Commits messages, notes rows and sends webhooks, as far as the system's file has them."""

    def __init__(
        self, system: System, context: Context, secrets: Mapping[str, str], *, mode: str
    ) -> None:
        self.events: list[Event] = []
        self.is_listening = True
        self._system = system
        self._context = context
        self._secrets = secrets
        self._mode = mode
        self._sent = 0
        self._noted: dict[tuple[str, str], Mapping[str, Any]] = {}

    def commit(self, message: str, body: Mapping[str, Any], *, key: str | None = None) -> None:
        """Say that EasyPost now holds a message; ``key`` serves where the body has none."""
        if message in self._system.messages:
            own = body.get(self._system.messages[message].key)
            self._context.commit(message, str(key if own is None else own), body)

    def note(self, record: str, row: Mapping[str, Any]) -> None:
        """Say what a record holds from now on, unless it held the same before."""
        if record not in self._system.records:
            return
        key = record, str([row[name] for name in self._system.records[record].key])
        if self._noted.get(key) != row:
            self._noted[key] = row
            self._context.note(record, row)

    def happened(
        self, topic: str, result: Mapping[str, Any], previous: Mapping[str, Any] | None = None
    ) -> None:
        """Keep an event, and tell the integration of it."""
        event = self._event(topic, result, previous or {})
        self.events.append(event)
        self._emit(event)

    def again(self, about: str) -> Event:
        """Tell the last event about a thing once more.

        Raises:
            UnknownAction: nothing was told about it yet.
        """
        events = [event for event in self.events if event.about == about]
        if not events:
            raise UnknownAction(f"nothing was told about {about} yet")
        self._emit(events[-1])
        return events[-1]

    def send(self, topic: str, result: Mapping[str, Any]) -> None:
        """Tell the integration of a result that EasyPost itself does not hold."""
        self._emit(self._event(topic, result, {}))

    def _event(self, topic: str, result: Mapping[str, Any], previous: Mapping[str, Any]) -> Event:
        at = seconds(self._context.now).replace("Z", ".000Z")
        event = new_id("evt", self._context.random)
        body = {
            "id": event,
            "object": "Event",
            "mode": self._mode,
            "description": topic,
            "previous_attributes": dict(previous),
            "created_at": at,
            "updated_at": at,
            "pending_urls": [],
            "completed_urls": [],
            "status": "pending",
            "user_id": f"user_{self._system.system}",
            "result": result,
        }
        return Event(event, topic, str(result.get("id")), body)

    def _emit(self, event: Event) -> None:
        carried = any(event.topic in topics_of(one) for one in self._system.messages.values())
        if not carried or not self.is_listening:
            return
        self._sent += 1
        body = to_json(event.body)
        headers = (
            ("Content-Type", "application/json"),
            ("User-Agent", "EasyPost"),
            (SIGNATURE, f"hmac-sha256-hex={self._digest(body)}"),
        )
        self._context.emit(
            Webhook(
                event.topic,
                event.about,
                body,
                headers,
                delivery=f"dlv-{self._sent}",
                event=event.id,
            )
        )

    def _digest(self, body: bytes) -> str:
        """Return the digest of the raw bytes; the secret is taken in its NFKD form."""
        name = f"{self._system.system}_webhook_secret"
        secret = unicodedata.normalize("NFKD", secret_of(self._system, self._secrets, name))
        return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
