"""How many calls fit into a minute and into a day."""

from __future__ import annotations

from harness.timing import DAY, MINUTE


class Limits:
    """Counts calls in minutes and days of the clock. A refused call does not count."""

    def __init__(self, *, minute: int, day: int) -> None:
        self._spans = ((MINUTE, minute), (DAY, day))
        self._counts: dict[int, tuple[int, int]] = {}

    def take(self, now: int) -> int:
        """Count one more call; return the nanoseconds to wait when there is no room, else 0."""
        waits = [span - now % span for span, most in self._spans if self._used(span, now) >= most]
        if waits:
            return max(waits)
        for span, _ in self._spans:
            self._counts[span] = (now // span, self._used(span, now) + 1)
        return 0

    def left(self, now: int) -> dict[str, str]:
        """Return the headers that say how many calls are left."""
        minute, day = (str(most - self._used(span, now)) for span, most in self._spans)
        return {"X-MinLimit-Remaining": minute, "X-DayLimit-Remaining": day}

    def _used(self, span: int, now: int) -> int:
        which, count = self._counts.get(span, (-1, 0))
        return count if which == now // span else 0
