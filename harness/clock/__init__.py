"""The one clock: virtual for what is simulated, real for what is live."""

from __future__ import annotations

from harness.clock.baton import Bridge, ScenarioOver
from harness.clock.dispatch import withdraw
from harness.clock.guard import guarded
from harness.clock.loop import UPTIME, VirtualLoop, current_loop
from harness.clock.scenario_time import installed, run_virtual
from harness.clock.virtual import NANOSECONDS, Clock, VirtualClock
from harness.clock.wall import RealClock, wall_clock

__all__ = [
    "NANOSECONDS",
    "UPTIME",
    "Bridge",
    "Clock",
    "RealClock",
    "ScenarioOver",
    "VirtualClock",
    "VirtualLoop",
    "current_loop",
    "guarded",
    "installed",
    "run_virtual",
    "wall_clock",
    "withdraw",
]
