"""The two clocks: one stands still, one counts on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.clock import NANOSECONDS, Clock, RealClock, VirtualClock

START = 1_772_438_400_000_000_000


@given(st.lists(st.integers(0, 10**18)))
def test_a_virtual_clock_adds_up_exactly(steps: list[int]) -> None:
    """No nanosecond is lost, however many steps."""
    clock = VirtualClock(START)
    for step in steps:
        clock.advance(step)

    assert (sum(steps), START + sum(steps)) == (clock.elapsed, clock.now)
    assert clock.monotonic() == sum(steps) / NANOSECONDS


def test_a_virtual_clock_never_goes_back() -> None:
    """A negative step is a mistake of ours, and is refused."""
    with pytest.raises(ValueError, match="cannot go back"):
        VirtualClock(START).advance(-1)


def test_a_real_clock_goes_on() -> None:
    """It counts from the moment it was made."""
    clock: Clock = RealClock()
    first = clock.now

    assert first <= clock.now
    assert clock.elapsed >= 0
    assert clock.monotonic() >= 0
