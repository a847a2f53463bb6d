"""Functions taken from the time module follow the scenario wherever a module keeps them."""

# ruff: noqa: TID251 - an integration may use what we may not

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import _pytest.timing
import pytest

from harness.clock import NANOSECONDS, UPTIME, VirtualClock, run_virtual, withdraw
from harness.clock.dispatch import exchange_captured

START = 1_772_438_400 * NANOSECONDS

SOURCE = """
import time
from time import monotonic, sleep

def retry(pause=sleep, *, now=monotonic):
    pause(5)
    return now()

class Backoff:
    pause = sleep
    other = staticmethod(sleep)

    def __init__(self, now=time.perf_counter):
        self.now = now

    def wait(self):
        self.pause(1)
        self.other(1)
        return self.now()
"""


@pytest.fixture
def shop() -> Iterator[Any]:
    """A module of an integration that keeps time's functions in many places."""
    module = ModuleType("shop_sync")
    sys.modules["shop_sync"] = module
    exec(SOURCE, vars(module))  # noqa: S102 - the source stands above
    yield module
    del sys.modules["shop_sync"]


def virtually(work: Any) -> Any:
    """Call sync code inside a scenario."""

    async def main() -> Any:
        return work()

    return run_virtual(main, clock=VirtualClock(START), seed=1)


def test_names_defaults_and_attributes_follow(shop: Any) -> None:
    """However a function was taken, it tells the scenario's time."""
    assert virtually(shop.retry) == UPTIME + 5
    assert virtually(lambda: shop.Backoff().wait()) == UPTIME + 2


def test_between_scenarios_they_tell_real_time(shop: Any) -> None:
    """What stays exchanged asks the machine when no scenario runs."""
    virtually(shop.retry)

    assert shop.monotonic() == pytest.approx(time.monotonic(), abs=5)


def test_withdrawing_puts_the_originals_back(shop: Any) -> None:
    """At the end of a session nothing of ours is left in anybody's module."""
    virtually(shop.retry)
    assert shop.sleep is not time.sleep

    withdraw()

    assert shop.sleep is time.sleep
    assert shop.retry.__defaults__ == (time.sleep,)
    assert shop.retry.__kwdefaults__ == {"now": time.monotonic}
    assert shop.Backoff.pause is time.sleep


def test_a_module_that_comes_later_is_found(shop: Any) -> None:
    """A module imported again under its name is searched again."""
    exchange_captured()
    late = ModuleType("shop_sync")
    sys.modules["shop_sync"] = late
    exec(SOURCE, vars(late))  # noqa: S102 - the source stands above

    assert virtually(late.retry) == UPTIME + 5


def test_lazy_objects_are_not_woken() -> None:
    """Searching a module asks nothing of what lies in it."""

    class Lazy:
        @property
        def __class__(self) -> Any:
            raise AssertionError("woken")

        @__class__.setter
        def __class__(self, value: Any) -> None: ...

    module = ModuleType("shop_lazy")
    vars(module)["settings"] = Lazy()
    sys.modules["shop_lazy"] = module
    try:
        exchange_captured()
        assert type(vars(module)["settings"]) is Lazy
    finally:
        del sys.modules["shop_lazy"]


def test_tools_and_the_standard_library_are_left_alone() -> None:
    """Threads, queues and the test runner itself keep real time."""
    exchange_captured()

    assert vars(threading)["_time"] is time.monotonic
    assert vars(queue)["time"] is time.monotonic
    assert _pytest.timing.sleep is time.sleep


def test_a_real_process_is_awaited_in_real_time() -> None:
    """A timeout on a process does not come early because the clock jumps."""

    def work() -> int:
        command = [sys.executable, "-c", "import time; time.sleep(0.05)"]
        return subprocess.run(command, timeout=30, check=True).returncode  # noqa: S603

    assert virtually(work) == 0
