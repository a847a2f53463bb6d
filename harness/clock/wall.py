"""Where the wall clock is read (for live systems) and where it is replaced (for simulated ones)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from harness.clock.virtual import NANOSECONDS, Clock
from harness.errors import HarnessError


class RealClock:
    """The time outside, for runs that have a live system.

    The wall clock is read once; from there the monotonic clock counts, so that a correction of
    the machine's time never turns the order of a history around.
    """

    __slots__ = ("_began", "start")

    def __init__(self) -> None:
        self.start = time.time_ns()
        self._began = time.monotonic_ns()

    @property
    def now(self) -> int:
        """Return nanoseconds since the epoch."""
        return self.start + self.elapsed

    @property
    def elapsed(self) -> int:
        """Return nanoseconds since the clock was made."""
        return time.monotonic_ns() - self._began

    def monotonic(self) -> float:
        """Return seconds since the clock was made."""
        return self.elapsed / NANOSECONDS


@contextmanager
def wall_clock(clock: Clock) -> Iterator[None]:
    """Let ``time.time``, ``datetime.now`` and their kin answer from the clock.

    time-machine replaces them in C, so it does not matter how they were imported. It has no door
    for a clock of one's own: its traveller is given another class, and the result is checked.
    """
    import time_machine  # noqa: PLC0415 - it imports pytest, which a plain command need not pay for

    travel = time_machine.travel(0, tick=False)
    traveller: Any = travel.start()
    try:
        traveller.__class__ = _follower(traveller.__class__)
        traveller.clock = clock
        if time.time_ns() != clock.now:
            raise HarnessError(
                "time-machine no longer asks its traveller for the time, so the wall clock cannot "
                "follow the scenario; install a version of time-machine that golive was tested with"
            )
        yield
    finally:
        travel.stop()


@cache
def _follower(base: Any) -> Any:
    """Return the traveller's class with its time taken from ``self.clock``."""

    def time_ns(self: Any) -> int:
        now: int = self.clock.now
        return now

    return type("ClockTraveller", (base,), {"time_ns": time_ns})
