"""Idempotency keys: the first answer to each, given again for as long as it is remembered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from harness.simulators.base import Reply, reply


@dataclass(frozen=True, slots=True)
class _Remembered:
    body: Any
    answer: Reply
    until: int


class Keys:
    """What was answered under each key of each address; refusals are not remembered."""

    def __init__(self, *, lifetime: int, longest: int) -> None:
        self._lifetime = lifetime
        self._longest = longest
        self._known: dict[tuple[str, str], _Remembered] = {}

    def answer(self, path: str, key: str | None, body: Any, *, now: int) -> Reply | None:
        """Return the answer that a key already decides, or None when the call is a new one."""
        if key is None:
            return None
        if not 0 < len(key) <= self._longest:
            text = f"an Idempotency-Key has 1 to {self._longest} characters"
            return reply(400, {"error": "bad_key", "message": text})
        known = self._known.get((path, key))
        if known is None or now >= known.until:
            return None
        if body != known.body:
            return reply(422, {"error": "key_reused"})
        headers = (*known.answer.headers, ("Idempotent-Replayed", "true"))
        return replace(known.answer, headers=headers)

    def remember(self, path: str, key: str | None, body: Any, answer: Reply, *, now: int) -> None:
        """Keep an accepted answer under its key."""
        if key is not None and answer.status < 300:
            self._known[path, key] = _Remembered(body, answer, now + self._lifetime)
