"""Idempotency keys: the first accepted answer to each, given again for a while."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.simulators.base import Reply
from harness.simulators.oms.refusals import refused
from harness.simulators.validation import Violation


@dataclass(frozen=True, slots=True)
class _Remembered:
    body: Any
    answer: Reply
    until: int


class Keys:
    """What was accepted under each key at each address."""

    def __init__(self, *, lifetime: int) -> None:
        self._lifetime = lifetime
        self._known: dict[tuple[str, str], _Remembered] = {}

    def answer(self, path: str, key: str | None, body: Any, *, now: int) -> Reply | None:
        """Return the answer that a key already decides, or None when the call is a new one."""
        known = self._known.get((path, key)) if key else None
        if known is None or now >= known.until:
            return None
        if body != known.body:
            text = "this key was used for another body"
            return refused(Violation("Idempotency-Key", "key_reused", text))
        headers = (*known.answer.headers, ("Idempotent-Replayed", "true"))
        return Reply(200, known.answer.body, headers)

    def remember(self, path: str, key: str | None, body: Any, answer: Reply, *, now: int) -> None:
        """Keep an accepted answer under its key."""
        if key:
            self._known[path, key] = _Remembered(body, answer, now + self._lifetime)
