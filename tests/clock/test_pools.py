"""Thread pools that the integration uses in its own way follow the clock as well."""

# ruff: noqa: TID251 - an integration may use what we may not

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from concurrent.futures.thread import BrokenThreadPool
from typing import Any, TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest

from harness.clock import NANOSECONDS, UPTIME, VirtualClock, current_loop, run_virtual
from harness.errors import IntegrationError

START = 1_772_438_400 * NANOSECONDS
T = TypeVar("T")


def in_thread(work: Callable[[], T]) -> tuple[T, float]:
    """Run sync code as a binding does; return its result and the virtual seconds it took."""
    clock = VirtualClock(START)

    async def main() -> T:
        return await asyncio.to_thread(work)

    return run_virtual(main, clock=clock, seed=1), clock.monotonic()


def nap(seconds: float) -> float:
    """Sleep and return for how long."""
    time.sleep(seconds)
    return seconds


def test_map_runs_side_by_side() -> None:
    """The commonest sync fan-out takes as long as its longest call."""

    def work() -> list[float]:
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(nap, [3, 1, 2]))

    assert in_thread(work) == ([3, 1, 2], 3)


def test_a_small_pool_takes_its_jobs_one_after_another() -> None:
    """Jobs that wait for a thread do not hold the clock."""

    def work() -> None:
        with ThreadPoolExecutor(2) as pool:
            for _ in range(5):
                pool.submit(nap, 10)

    assert in_thread(work) == (None, 30)


def test_as_completed_yields_in_the_order_of_ending() -> None:
    """Results come as they end in virtual time."""

    def work() -> list[float]:
        with ThreadPoolExecutor(4) as pool:
            return [f.result() for f in as_completed([pool.submit(nap, s) for s in (3, 1, 2)])]

    assert in_thread(work) == ([1, 2, 3], 3)


def test_as_completed_times_out_in_virtual_time() -> None:
    """A deadline of two seconds passes after two of the clock's seconds."""

    def work() -> float:
        with ThreadPoolExecutor(1) as pool:
            job = pool.submit(nap, 10)
            with pytest.raises(TimeoutError, match=r"1 \(of 1\) futures unfinished"):
                list(as_completed([job], timeout=2))
            return time.monotonic()

    assert in_thread(work)[0] == UPTIME + 2


@pytest.mark.parametrize(
    ("return_when", "took"),
    [
        (concurrent.futures.ALL_COMPLETED, 3),
        (concurrent.futures.FIRST_COMPLETED, 1),
        (concurrent.futures.FIRST_EXCEPTION, 2),
    ],
)
def test_wait_returns_when_it_should(return_when: str, took: float) -> None:
    """Each of the three conditions ends the wait at its own moment."""

    def fail_after(seconds: float) -> None:
        time.sleep(seconds)
        raise LookupError

    def work() -> float:
        pool = ThreadPoolExecutor(4)
        began = time.monotonic()
        jobs: list[Future[Any]] = [pool.submit(nap, 1), pool.submit(nap, 3)]
        wait([*jobs, pool.submit(fail_after, 2)], return_when=return_when)
        ended = time.monotonic()
        pool.shutdown()
        return ended - began

    assert in_thread(work)[0] == took


def test_wait_times_out_in_virtual_time() -> None:
    """What is not done by then is handed back as not done."""

    def work() -> tuple[int, int]:
        with ThreadPoolExecutor(2) as pool:
            done, pending = wait([pool.submit(nap, 1), pool.submit(nap, 9)], timeout=4)
            return len(done), len(pending)

    assert in_thread(work) == ((1, 1), 9)


def test_a_result_times_out_in_virtual_time() -> None:
    """A future's own timeout counts the clock's seconds."""

    def work() -> None:
        with ThreadPoolExecutor(1) as pool, pytest.raises(TimeoutError):
            pool.submit(nap, 100).result(timeout=5)

    assert in_thread(work) == (None, 100)


def test_an_error_in_a_job_reaches_its_future() -> None:
    """Errors travel as they do without us."""

    def work() -> BaseException | None:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(nap, -1).exception()

    assert isinstance(in_thread(work)[0], ValueError)


def test_shutting_down_without_waiting_lets_queued_jobs_end() -> None:
    """A pool that is let go still does what it was given."""
    done: list[float] = []

    def note(seconds: float) -> None:
        done.append(nap(seconds))

    def work() -> None:
        pool = ThreadPoolExecutor(1)
        for seconds in (1, 2):
            pool.submit(note, seconds)
        pool.shutdown(wait=False)
        time.sleep(10)

    assert in_thread(work) == (None, 10)
    assert done == [1, 2]


def test_shutting_down_can_cancel_what_waits() -> None:
    """Jobs that have not begun are cancelled on request."""

    def work() -> list[bool]:
        pool = ThreadPoolExecutor(1)
        jobs = [pool.submit(nap, 5) for _ in range(3)]
        time.sleep(1)
        pool.shutdown(cancel_futures=True)
        return [job.cancelled() for job in jobs]

    assert in_thread(work) == ([False, True, True], 5)


def test_a_pool_that_cannot_start_says_so() -> None:
    """A failing initializer breaks the job, not the clock."""

    def initialise() -> None:
        raise LookupError

    def work() -> None:
        pool = ThreadPoolExecutor(1, initializer=initialise)
        with pytest.raises(BrokenThreadPool):
            pool.submit(nap, 1).result()

    assert in_thread(work)[1] == 0


def test_a_pool_after_its_end_refuses_jobs() -> None:
    """A job for a pool that is gone is refused at once."""

    def work() -> None:
        pool = ThreadPoolExecutor(1)
        pool.shutdown()
        with pytest.raises(RuntimeError, match="after shutdown"):
            pool.submit(nap, 1)

    in_thread(work)


def test_a_pool_with_a_submit_of_its_own_keeps_it() -> None:
    """A subclass that carries context still does, and its threads follow the clock."""
    order = contextvars.ContextVar("order", default="none")

    class Carrying(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            return super().submit(contextvars.copy_context().run, fn, *args, **kwargs)

    def look() -> str:
        time.sleep(5)
        return order.get()

    async def main() -> str:
        order.set("o1")
        with Carrying(1) as pool:
            return await asyncio.get_running_loop().run_in_executor(pool, look)

    clock = VirtualClock(START)

    assert run_virtual(main, clock=clock, seed=1) == "o1"
    assert clock.monotonic() == 5


def test_blocking_on_a_thread_from_the_loop_is_refused() -> None:
    """The loop's thread cannot wait for a turn that only it can give."""

    async def main() -> None:
        pool = ThreadPoolExecutor(1)
        job = pool.submit(nap, 1)
        with pytest.raises(IntegrationError, match=r"waits for the result .*test_pools\.py:\d+"):
            job.result()
        assert await asyncio.wrap_future(job) == 1
        pool.shutdown()

    run_virtual(main, clock=VirtualClock(START), seed=1)


def test_a_cancelled_job_never_starts() -> None:
    """Cancelling before the turn came takes the job out."""
    ran: list[float] = []

    async def main() -> None:
        job = asyncio.get_running_loop().run_in_executor(None, ran.append, 1.0)
        job.cancel()
        await asyncio.sleep(1)

    run_virtual(main, clock=VirtualClock(START), seed=1)

    assert ran == []


def test_anyio_threads_hold_the_clock() -> None:
    """Real work in anyio's threads takes no virtual time, so nothing times out."""

    async def main() -> None:
        poller = asyncio.create_task(asyncio.sleep(60))
        async with asyncio.timeout(5):
            await anyio.to_thread.run_sync(threading.Event().wait, 0.03)
        poller.cancel()

    clock = VirtualClock(START)
    run_virtual(main, clock=clock, seed=1)

    assert clock.elapsed == 0


def test_anyio_threads_take_turns() -> None:
    """Endpoints that sleep run side by side, in the order in which they were called."""
    seen: list[tuple[float, int]] = []

    def endpoint(name: int) -> None:
        for _ in range(2):
            time.sleep(1)
            seen.append((time.time() - START / NANOSECONDS, name))

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for name in range(3):
                group.start_soon(anyio.to_thread.run_sync, endpoint, name)

    run_virtual(main, clock=VirtualClock(START), seed=1)

    assert seen == [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)]


def test_more_anyio_calls_than_threads_do_not_lock_up() -> None:
    """A limiter of one runs them one after the other."""

    async def main() -> None:
        limiter = anyio.CapacityLimiter(1)
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(lambda: anyio.to_thread.run_sync(nap, 5, limiter=limiter))

    clock = VirtualClock(START)
    run_virtual(main, clock=clock, seed=1)

    assert clock.monotonic() == 15


def test_anyio_threads_may_call_back() -> None:
    """A thread that asks the loop for something waits in virtual time."""

    def endpoint() -> float:
        anyio.from_thread.run(anyio.sleep, 7)
        return time.monotonic()

    clock = VirtualClock(START)

    async def main() -> float:
        began = time.monotonic()
        return await anyio.to_thread.run_sync(endpoint) - began

    assert run_virtual(main, clock=clock, seed=1) == 7


def test_an_abandoned_anyio_thread_gives_its_turn_back() -> None:
    """A caller that gives up leaves a thread behind that still ends in its time."""
    ended: list[float] = []

    def endpoint() -> None:
        time.sleep(10)
        ended.append(time.time() - START / NANOSECONDS)

    async def main() -> None:
        with anyio.move_on_after(1):
            await anyio.to_thread.run_sync(endpoint, abandon_on_cancel=True)
        await asyncio.sleep(20)

    clock = VirtualClock(START)
    run_virtual(main, clock=clock, seed=1)

    assert (ended, clock.monotonic()) == ([10], 21)


def test_an_anyio_thread_that_still_waits_is_unwound() -> None:
    """The end of a scenario ends anyio's threads too."""
    ended: list[str] = []

    def endpoint() -> None:
        try:
            time.sleep(10_000)
        finally:
            ended.append("cleaned up")

    async def main() -> None:
        with anyio.move_on_after(1):
            await anyio.to_thread.run_sync(endpoint, abandon_on_cancel=True)

    run_virtual(main, clock=VirtualClock(START), seed=1)

    assert ended == ["cleaned up"]


def test_outside_counts_what_is_out() -> None:
    """The count is one while a thread runs, and nothing while it waits in virtual time."""
    seen: list[int] = []

    async def look() -> None:
        seen.append(current_loop().outside)

    async def main() -> None:
        loop = current_loop()

        def work() -> None:
            seen.append(loop.outside)
            loop.bridge.call(look())

        await asyncio.to_thread(work)

    run_virtual(main, clock=VirtualClock(START), seed=1)

    assert seen == [1, 0]
