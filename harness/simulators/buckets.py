"""The leaky bucket by which vendors limit calls, in exact integers."""

from __future__ import annotations

from harness.timing import SECOND


class LeakyBucket:
    """Each call is a drop; the bucket holds ``size`` drops and loses ``leak`` of them a second."""

    def __init__(self, *, size: int, leak: int) -> None:
        self.size = size
        self._leak = leak
        self._level = 0  # in parts of a drop, SECOND parts each, so that nothing is rounded
        self._seen = 0

    def take(self, now: int) -> bool:
        """Return whether one more call fits in at this instant; if it does, it is in."""
        self._drain(now)
        if self._level + SECOND > self.size * SECOND:
            return False
        self._level += SECOND
        return True

    def used(self, now: int) -> int:
        """Return how many drops are in, the last one counted until it has gone."""
        self._drain(now)
        return -(-self._level // SECOND)

    def wait(self, now: int) -> int:
        """Return the nanoseconds until one more call fits in."""
        self._drain(now)
        excess = max(self._level + SECOND - self.size * SECOND, 0)
        return -(-excess // self._leak)

    def _drain(self, now: int) -> None:
        self._level = max(self._level - (now - self._seen) * self._leak, 0)
        self._seen = now
