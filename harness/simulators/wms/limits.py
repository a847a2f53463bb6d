"""How many calls the warehouse takes in a span of time that slides."""

from __future__ import annotations

from collections import deque


class Window:
    """The calls of one user. A refused call does not count."""

    def __init__(self, *, most: int, span: int) -> None:
        self._most = most
        self._span = span
        self._made: deque[int] = deque()

    def take(self, now: int) -> int:
        """Count one more call; return the nanoseconds to wait when there is no room, else 0."""
        while self._made and self._made[0] <= now - self._span:
            self._made.popleft()
        if not self.left:
            return (self._made[0] if self._made else now) + self._span - now
        self._made.append(now)
        return 0

    @property
    def left(self) -> int:
        """Return how many more calls fit in."""
        return self._most - len(self._made)
