"""Everything installed together: all clocks agree, and all of it is undone."""

# ruff: noqa: TID251 - an integration may use what we may not

from __future__ import annotations

import asyncio
import datetime as dt
import random
import ssl
import time
import uuid
from time import monotonic as taken_monotonic
from time import sleep as taken_sleep
from typing import Any

import httpx
import pytest
import respx

from harness.clock import (
    NANOSECONDS,
    UPTIME,
    VirtualClock,
    VirtualLoop,
    current_loop,
    installed,
    run_virtual,
)
from harness.errors import HarnessError, IntegrationError, Stalled

START = 1_772_438_400 * NANOSECONDS
REAL = (time.sleep, time.monotonic, time.perf_counter, time.monotonic_ns, time.perf_counter_ns)


def clocks() -> dict[str, float]:
    """Read every clock there is, as seconds since the start."""
    start = START / NANOSECONDS
    now = dt.datetime.now(dt.UTC)
    return {
        "time": time.time() - start,
        "time_ns": (time.time_ns() - START) / NANOSECONDS,
        "datetime": now.timestamp() - start,
        "monotonic": time.monotonic() - UPTIME,
        "monotonic_ns": time.monotonic_ns() / NANOSECONDS - UPTIME,
        "perf_counter": time.perf_counter() - UPTIME,
        "perf_counter_ns": time.perf_counter_ns() / NANOSECONDS - UPTIME,
        "taken": taken_monotonic() - UPTIME,
    }


def test_all_clocks_agree_in_async_code() -> None:
    """Wall, monotonic and loop time move together."""

    async def main() -> None:
        for expected in (0, 90.5, 181):
            loop_time = current_loop().time() - UPTIME
            assert pytest.approx(expected) == loop_time
            assert clocks() == pytest.approx(dict.fromkeys(clocks(), expected))
            await asyncio.sleep(90.5)

    run_virtual(main, clock=VirtualClock(START), seed=1)


def test_all_clocks_agree_in_a_thread() -> None:
    """A thread that sleeps waits in virtual time and sees it."""

    def work() -> dict[str, float]:
        time.sleep(60)
        taken_sleep(60)
        return clocks()

    async def main() -> dict[str, float]:
        return await asyncio.to_thread(work)

    seen = run_virtual(main, clock=VirtualClock(START), seed=1)

    assert seen == pytest.approx(dict.fromkeys(seen, 120))


def test_sleeping_on_the_loops_thread_holds_everything_up() -> None:
    """A blocking sleep in async code moves the clock; other tasks are late, and it is noted."""
    ticks: list[float] = []

    async def tick() -> None:
        await asyncio.sleep(1)
        ticks.append(time.monotonic() - UPTIME)

    async def main() -> dict[str, int]:
        other = asyncio.create_task(tick())
        await asyncio.sleep(0)
        time.sleep(10)
        await other
        return current_loop().blocked

    blocked = run_virtual(main, clock=VirtualClock(START), seed=1)

    assert ticks == [10]
    assert list(blocked.values()) == [10 * NANOSECONDS]
    assert "test_scenario_time.py" in next(iter(blocked))


@pytest.mark.parametrize("bad", [-1, float("nan")])
def test_a_bad_sleep_fails_as_it_always_does(bad: float) -> None:
    """The arguments that Python's own sleep refuses are refused."""

    async def main() -> None:
        with pytest.raises(ValueError, match=r"non-negative|NaN"):
            time.sleep(bad)

    run_virtual(main, clock=VirtualClock(START), seed=1)


def test_everything_is_put_back_after_a_crash() -> None:
    """An error inside leaves no patched function and no changed random state behind."""
    state = random.getstate()
    tls, node, before = ssl.create_default_context, uuid.getnode(), time.time()

    async def main() -> None:
        random.random()
        await asyncio.sleep(1)
        raise LookupError

    with pytest.raises(LookupError):
        run_virtual(main, clock=VirtualClock(START), seed=1)

    now = (time.sleep, time.monotonic, time.perf_counter, time.monotonic_ns, time.perf_counter_ns)
    assert now == REAL
    assert time.time() >= before
    assert state == random.getstate()
    assert (tls, node) == (ssl.create_default_context, uuid.getnode())


def test_everything_is_put_back_after_a_stall() -> None:
    """Waiting for ever does not leave the process in virtual time."""

    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Stalled):
        run_virtual(main, clock=VirtualClock(START), seed=1)

    assert time.sleep is REAL[0]
    assert taken_monotonic() == pytest.approx(time.monotonic(), abs=5)


def test_it_can_be_installed_inside_a_running_loop() -> None:
    """The bridge comes from the block, and the end of the block ends virtual time."""

    async def answer() -> str:
        await asyncio.sleep(5)
        return "done"

    async def main() -> tuple[str, bool]:
        clock = current_loop().clock
        with installed(clock, asyncio.get_running_loop(), seed=1) as bridge:
            reply = await asyncio.to_thread(lambda: bridge.call(answer()))
        return reply, time.sleep is REAL[0]

    assert run_virtual(main, clock=VirtualClock(START)) == ("done", True)


def test_two_scenarios_at_once_are_refused() -> None:
    """One process has one time."""
    clock = VirtualClock(START)
    loop = VirtualLoop(clock)

    async def main() -> None:
        with (
            pytest.raises(HarnessError, match="already runs in this process"),
            installed(clock, loop, seed=1),
        ):
            pass

    run_virtual(main, clock=VirtualClock(START), seed=1)
    loop.close()


def test_a_foreign_loop_is_refused() -> None:
    """Another kind of event loop is named, not silently run in real time."""
    loop = asyncio.new_event_loop()
    try:
        with (
            pytest.raises(IntegrationError, match="event loop of its own"),
            installed(VirtualClock(START), loop, seed=1),
        ):
            pass
    finally:
        loop.close()


def test_another_tools_clock_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replaced time function is reported with its name, not fought over."""
    monkeypatch.setattr(time, "monotonic", lambda: 1.0)

    async def main() -> None:
        raise AssertionError

    with pytest.raises(HarnessError, match=r"time\.monotonic is .* another tool replaced it"):
        run_virtual(main, clock=VirtualClock(START), seed=1)


def test_a_client_costs_no_certificates() -> None:
    """TLS contexts are shared while a scenario runs, and only then."""

    async def main() -> tuple[Any, Any]:
        return ssl.create_default_context(), ssl.create_default_context()

    first, second = run_virtual(main, clock=VirtualClock(START), seed=1)

    assert first is second
    assert ssl.create_default_context() is not first


def test_a_day_of_retries_through_httpx_and_respx() -> None:
    """Hand-written retries against a system that is down for a day end when it is back."""
    clock = VirtualClock(START)
    calls: list[int] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        calls.append(clock.elapsed)
        await asyncio.sleep(0.12)
        return httpx.Response(503 if clock.elapsed < 86_400 * NANOSECONDS else 201)

    async def main() -> int:
        wait, deadline = 1.0, time.monotonic() + 26 * 3600
        async with httpx.AsyncClient() as client:
            while time.monotonic() < deadline:
                reply = await client.post("https://wms.test/orders", json={"id": 1})
                if reply.is_success:
                    return reply.status_code
                await asyncio.sleep(wait)
                wait = min(wait * 2, 300)
        return 0

    with respx.mock() as mock:
        mock.route().mock(side_effect=answer)
        status = run_virtual(main, clock=clock, seed=1)

    assert (status, len(calls)) == (201, 297)


def test_a_sync_client_in_a_thread_is_answered_over_the_bridge() -> None:
    """Blocking httpx calls reach an async simulator and take its latency in virtual time."""
    clock = VirtualClock(START)

    async def simulate() -> httpx.Response:
        await asyncio.sleep(0.12)
        return httpx.Response(503 if clock.elapsed < 3600 * NANOSECONDS else 201)

    def send() -> int:
        with httpx.Client() as client:
            while (reply := client.post("https://wms.test/orders")).status_code != 201:
                time.sleep(60)
        return reply.status_code

    async def main() -> int:
        bridge = current_loop().bridge
        with respx.mock() as mock:
            mock.route().mock(side_effect=lambda request: bridge.call(simulate()))
            return await asyncio.to_thread(send)

    assert run_virtual(main, clock=clock, seed=1) == 201
    assert (
        pytest.approx(clock.elapsed, abs=121_000_000)
        == (60 * 60 * NANOSECONDS + 61 * 120_000_000) - 120_000_000
    )
