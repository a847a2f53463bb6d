"""The one notion of time in the harness, and the clock that only moves when it is told to."""

from __future__ import annotations

from typing import Protocol

NANOSECONDS = 1_000_000_000


class Clock(Protocol):
    """What everything that needs the time asks; simulated or real, integer nanoseconds."""

    @property
    def now(self) -> int:
        """Return nanoseconds since the epoch."""
        ...

    @property
    def elapsed(self) -> int:
        """Return nanoseconds since the clock was made."""
        ...

    def monotonic(self) -> float:
        """Return seconds since the clock was made; never goes back."""
        ...


class VirtualClock:
    """A clock that stands still until somebody moves it.

    Whole nanoseconds, because floats drift: after a year of additions they no longer say when
    anything happened. Only the loop (and a sleep that blocks it) moves the clock.
    """

    __slots__ = ("elapsed", "now", "start")

    def __init__(self, start_ns: int) -> None:
        self.start = start_ns
        self.now = start_ns
        self.elapsed = 0

    def monotonic(self) -> float:
        """Return seconds since the start."""
        return self.elapsed / NANOSECONDS

    def advance(self, ns: int) -> None:
        """Move forward by so many nanoseconds; nobody is woken."""
        if ns < 0:
            raise ValueError(f"a clock cannot go back: {ns} ns")
        self.elapsed += ns
        self.now = self.start + self.elapsed
