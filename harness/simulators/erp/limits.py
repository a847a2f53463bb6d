"""How many calls the ERP takes: in a sliding span of time, and at the same time."""

from __future__ import annotations

from collections import deque


class Calls:
    """Calls of one user in a span that slides. A refused call does not count."""

    def __init__(self, *, most: int, span: int) -> None:
        self.most = most
        self._span = span
        self._made: deque[int] = deque()

    def take(self, now: int) -> int:
        """Count one more call; return the nanoseconds to wait when there is no room, else 0."""
        while self._made and self._made[0] <= now - self._span:
            self._made.popleft()
        if len(self._made) >= self.most:
            return self._made[0] + self._span - now
        self._made.append(now)
        return 0


class Places:
    """Calls at the same time. Each holds its place for as long as an answer takes."""

    def __init__(self, *, most: int, takes: int) -> None:
        self.most = most
        self.held_by_others = 0
        self._takes = takes
        self._free_at: deque[int] = deque()

    def take(self, now: int) -> bool:
        """Return whether there is a place for one more call; if there is, it has it."""
        while self._free_at and self._free_at[0] <= now:
            self._free_at.popleft()
        if len(self._free_at) + self.held_by_others >= self.most:
            return False
        self._free_at.append(now + self._takes)
        return True
