"""Worker threads take turns, so that a trace never depends on who was faster."""

# ruff: noqa: TID251 - an integration may use what we may not

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest

from harness.clock import (
    NANOSECONDS,
    ScenarioOver,
    VirtualClock,
    VirtualLoop,
    current_loop,
    run_virtual,
)
from harness.errors import IntegrationError, Stalled

START = 1_772_438_400 * NANOSECONDS


def in_threads(count: int, work: Callable[[int], None]) -> VirtualClock:
    """Run the work in so many threads of one pool and return the clock at the end."""
    clock = VirtualClock(START)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(count) as pool:
            await asyncio.gather(*(loop.run_in_executor(pool, work, n) for n in range(count)))

    run_virtual(main, clock=clock, seed=1)
    return clock


def trace(count: int) -> list[tuple[float, int, int]]:
    """Retry against a simulated call from so many threads, and note who came when."""
    seen: list[tuple[float, int, int]] = []

    async def simulate(name: int, call: int) -> bool:
        seen.append((time.monotonic(), name, call))
        await asyncio.sleep(0.12)
        return call >= 6

    def retry(name: int) -> None:
        call = 0
        while not loops[0].bridge.call(simulate(name, call)):
            sum(range(1000 * (count - name)))  # the first to start is the slowest
            call += 1
            time.sleep(2**call)

    loops: list[VirtualLoop] = []

    def work(name: int) -> None:
        retry(name)

    async def main() -> None:
        loops.append(current_loop())
        with ThreadPoolExecutor(count) as pool:
            jobs = (loops[0].run_in_executor(pool, work, n) for n in range(count))
            await asyncio.gather(*jobs)

    run_virtual(main, clock=VirtualClock(START), seed=1)
    return seen


@pytest.mark.parametrize("count", [1, 4, 16])
def test_threads_leave_one_trace(count: int) -> None:
    """However many threads, every run has the same calls in the same order."""
    first = trace(count)

    assert 7 * count == len(first)
    assert all(first == trace(count) for _ in range(4))


def test_only_one_thread_runs_at_a_time() -> None:
    """Between two waits a thread has the process to itself."""
    running: list[int] = []
    most: list[int] = []

    def work(name: int) -> None:
        for _ in range(3):
            running.append(name)
            most.append(len(running))
            threading.Event().wait(0.002)
            running.remove(name)
            time.sleep(1)

    in_threads(4, work)

    assert {1} == set(most)


def test_sleeping_threads_share_their_time() -> None:
    """Threads that sleep side by side do not add up."""
    assert in_threads(4, lambda _: time.sleep(10)).elapsed == 10 * NANOSECONDS


def test_a_thread_of_ones_own_is_adopted() -> None:
    """A thread that the loop did not start joins the clock at its first sleep."""
    polls: list[float] = []

    def poll() -> None:
        for _ in range(3):
            time.sleep(60)
            polls.append(time.time() - START / NANOSECONDS)

    async def main() -> None:
        thread = threading.Thread(target=poll)
        thread.start()
        while thread.is_alive():
            await asyncio.to_thread(time.sleep, 1)

    run_virtual(main, clock=VirtualClock(START), seed=1)

    assert [round(b - a) for a, b in pairwise(polls)] == [60, 60]


def test_a_call_keeps_the_threads_context() -> None:
    """What the thread had set in its context is there in the simulated call."""
    order = contextvars.ContextVar("order", default="none")

    async def look() -> str:
        return order.get()

    async def main() -> str:
        bridge = current_loop().bridge
        order.set("o1")
        return await asyncio.to_thread(lambda: bridge.call(look()))

    assert run_virtual(main, clock=VirtualClock(START), seed=1) == "o1"


def test_a_failing_call_fails_in_the_thread() -> None:
    """The error of the simulated call is raised where the call was made."""

    async def refuse() -> None:
        raise LookupError("no route")

    async def main() -> None:
        bridge = current_loop().bridge
        with pytest.raises(LookupError, match="no route"):
            await asyncio.to_thread(lambda: bridge.call(refuse()))

    run_virtual(main, clock=VirtualClock(START), seed=1)


def test_a_blocking_call_on_the_loop_is_refused() -> None:
    """Waiting for the loop on its own thread is an error that names the line, not a hang."""

    async def answer() -> None: ...

    async def main() -> None:
        with pytest.raises(IntegrationError, match=r"blocking call .*test_baton\.py:\d+"):
            current_loop().bridge.call(answer())

    run_virtual(main, clock=VirtualClock(START), seed=1)


@pytest.mark.parametrize("kind", ["sleeps", "waits"])
def test_threads_that_still_wait_are_unwound(kind: str) -> None:
    """The end of a scenario ends its threads, past retry loops, through their finally blocks."""
    ended: list[str] = []

    def poll(bridge: Any) -> None:
        try:
            while True:
                try:
                    if kind == "sleeps":
                        time.sleep(3600)
                    else:
                        bridge.call(asyncio.sleep(3600))
                except Exception:  # noqa: BLE001, S112 - as careless as retry loops are
                    continue
        except (ScenarioOver, asyncio.CancelledError):
            ended.append("unwound")
            raise
        finally:
            ended.append("cleaned up")

    async def main() -> None:
        loop = current_loop()
        loop.run_in_executor(None, poll, loop.bridge)
        await asyncio.sleep(10_000)

    run_virtual(main, clock=VirtualClock(START), seed=1)

    assert ended == ["unwound", "cleaned up"]


def test_a_stall_names_the_call_that_a_thread_waits_for() -> None:
    """A thread that waits for ever on a simulated call is told apart from one that hangs."""

    async def never() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        bridge = current_loop().bridge
        await asyncio.to_thread(lambda: bridge.call(never()))

    with pytest.raises(Stalled, match=r"nothing is in flight(.|\n)*task 'call from asyncio_0'"):
        run_virtual(main, clock=VirtualClock(START), seed=1)


def test_a_cancelled_timeout_does_not_wake_a_later_wait() -> None:
    """Each wait of a thread ends for its own reason only."""

    def work(loop: VirtualLoop) -> list[float]:
        seen = []
        future = asyncio.run_coroutine_threadsafe(asyncio.sleep(1), loop)
        future.result(timeout=5)
        for _ in range(3):
            time.sleep(3)
            seen.append(time.monotonic())
        return [round(b - a, 3) for a, b in pairwise(seen)]

    async def main() -> list[float]:
        return await asyncio.to_thread(work, current_loop())

    assert run_virtual(main, clock=VirtualClock(START), seed=1) == [3, 3]
