"""The virtual loop: what it jumps over, what it waits for, and when it gives up."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.clock import NANOSECONDS, VirtualClock, VirtualLoop, current_loop, run_virtual
from harness.errors import IntegrationError, Stalled

START = 1_772_438_400 * NANOSECONDS
DAY = 86_400

Main = Callable[[], Coroutine[Any, Any, Any]]


def ran(main: Main, **limits: Any) -> VirtualClock:
    """Run and return the clock as it stands at the end."""
    clock = VirtualClock(START)
    run_virtual(main, clock=clock, **limits)
    return clock


def test_a_day_of_retries_takes_few_jumps() -> None:
    """Idle time costs one step per wait, however long the wait is."""

    async def retry() -> tuple[int, int]:
        loop, wait, calls = current_loop(), 1.0, 0
        while loop.clock.elapsed < DAY * NANOSECONDS:
            async with asyncio.timeout(30):
                await asyncio.sleep(0.12)
            calls += 1
            await asyncio.sleep(wait)
            wait = min(wait * 2, 300)
        return calls, loop.jumps

    calls, jumps = run_virtual(retry, clock=VirtualClock(START))

    assert (calls, jumps) == (296, 592)


def test_whole_milliseconds_stay_whole() -> None:
    """Rounding never leaves a stray nanosecond in a timestamp."""

    async def sleep_often() -> None:
        for _ in range(1000):
            await asyncio.sleep(0.12)

    assert ran(sleep_often).elapsed == 120 * NANOSECONDS


@given(st.lists(st.integers(0, 10**13), min_size=1, max_size=8))
def test_timers_fire_in_order_and_on_time(delays: list[int]) -> None:
    """Each callback sees the clock at its own moment, to the microsecond."""
    fired: list[tuple[int, int]] = []

    async def schedule() -> None:
        loop = current_loop()

        def note(due: int) -> None:
            fired.append((due, loop.clock.elapsed))

        for delay in delays:
            loop.call_at_ns(START + delay, partial(note, delay))
        await asyncio.sleep(max(delays) / NANOSECONDS + 1)

    ran(schedule)

    assert sorted(delays) == [due for due, _ in fired]
    assert all(abs(due - at) <= 1000 for due, at in fired)


def test_a_sleep_of_400_days_ends() -> None:
    """Neither asyncio's cap of a day nor the width of a float stops a long wait."""

    async def sleep_long() -> None:
        await asyncio.sleep(400 * DAY + 0.1)
        await asyncio.sleep(0.001)

    assert abs(ran(sleep_long).elapsed - (400 * DAY * NANOSECONDS + 101_000_000)) < 1000


def test_a_heartbeat_for_an_hour_jumps_once_per_beat() -> None:
    """A poller costs one jump per poll."""

    async def beat() -> int:
        for _ in range(3600):
            await asyncio.sleep(1)
        return current_loop().jumps

    assert run_virtual(beat, clock=VirtualClock(START)) == 3600


def test_waiting_for_ever_names_the_task_and_the_line() -> None:
    """A wait that nothing can end is an error that says who waits, and where."""

    async def wait_for_stock() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(wait_for_stock(), name="stock-listener")

    with pytest.raises(Stalled, match=r"'stock-listener' waits at tests/clock/test_loop.py:\d+ in"):
        ran(main)


def test_a_stall_reads_the_same_every_time() -> None:
    """Numbers that asyncio counts up through the process do not reach the message."""

    async def listen() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        await asyncio.gather(listen(), listen())

    def message() -> str:
        with pytest.raises(Stalled) as caught:
            ran(main)
        return str(caught.value)

    assert message() == message()


def test_a_stall_leaves_time_for_cleaning_up() -> None:
    """What waits is cancelled, and may use virtual time to end."""
    ended: list[float] = []

    async def main() -> None:
        began = current_loop().time()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(3)
            ended.append(current_loop().time() - began)

    with pytest.raises(Stalled):
        ran(main)

    assert ended == [3]


def test_too_many_jumps_stop_the_run() -> None:
    """A poller that nobody stops does not run for ever."""

    async def poll() -> None:
        while True:
            await asyncio.sleep(1)

    with pytest.raises(Stalled, match="woke up 50 times without the scenario ending"):
        ran(poll, max_jumps=50)


def test_too_much_virtual_time_stops_the_run() -> None:
    """The clock never passes the limit that was set."""

    async def poll() -> None:
        while True:
            await asyncio.sleep(7)

    with pytest.raises(Stalled, match="did not end within 60 s of its own time"):
        ran(poll, max_elapsed=60 * NANOSECONDS)


def test_a_loop_that_never_waits_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Going round at one instant for ever is found as well."""
    monkeypatch.setattr("harness.clock.loop.MAX_SPINS", 100)

    async def spin() -> None:
        while True:
            await asyncio.sleep(0)

    with pytest.raises(Stalled, match="without any time passing"):
        ran(spin)


def test_a_task_that_refuses_to_end_does_not_hang_the_run() -> None:
    """Ignoring cancellation is answered by the same error, not by waiting for ever."""

    async def main() -> None:
        while True:
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                continue

    with pytest.raises(Stalled, match="woke up 20 times"):
        ran(main, max_jumps=20)


def test_the_clock_stands_still_while_a_thread_works() -> None:
    """Fifty real milliseconds in a thread are no virtual time, so nothing times out."""

    async def main() -> None:
        async with asyncio.timeout(0.01):
            await asyncio.to_thread(threading.Event().wait, 0.05)

    assert ran(main).elapsed == 0


def test_the_clock_stands_still_while_a_real_call_is_out() -> None:
    """A tracked call to another thread's server takes no virtual time."""

    async def main() -> int:
        loop, ours, theirs = current_loop(), *_pair()
        reply = threading.Timer(0.03, lambda: theirs.send(b"ok"))
        reply.start()
        async with asyncio.timeout(0.01), loop.real_work():
            held = loop.outside
            await loop.sock_recv(ours, 2)
        reply.join()
        ours.close()
        theirs.close()
        return held

    clock = VirtualClock(START)

    assert run_virtual(main, clock=clock) == 1
    assert clock.elapsed == 0


def _pair() -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    return ours, theirs


def test_loopback_in_the_same_loop_takes_no_time() -> None:
    """Real sockets are served before time is allowed to pass."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"x" * 300_000 + b"\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def main() -> int:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**20)
        port = server.sockets[0].getsockname()[1]
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
            writer.write(b"hello\n")
            body = await reader.readline()
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()
        return len(body)

    clock = VirtualClock(START)

    assert run_virtual(main, clock=clock) == 300_001
    assert clock.elapsed == 0


def test_a_thread_that_never_comes_back_is_named() -> None:
    """The clock does not stand still for ever: the thread and its line are reported."""
    release = threading.Event()

    def block_on_a_lock() -> None:
        release.wait(5)

    async def main() -> None:
        await asyncio.to_thread(block_on_a_lock)

    try:
        with pytest.raises(Stalled, match=r"asyncio_0' is at .* in .*block_on_a_lock"):
            ran(main, patience=0.05)
    finally:
        release.set()


def test_the_same_program_leaves_the_same_trace_twice() -> None:
    """Two runs of many tasks are equal, event for event."""

    def trace() -> list[tuple[int, int]]:
        seen: list[tuple[int, int]] = []

        async def one(name: int) -> None:
            for step in range(5):
                await asyncio.sleep((name * 7 + step) % 4)
                seen.append((current_loop().clock.elapsed, name))

        async def main() -> None:
            await asyncio.gather(*(one(name) for name in range(30)))

        ran(main)
        return seen

    assert trace() == trace()


def test_another_loop_is_refused_with_its_name() -> None:
    """Virtual time on somebody else's loop is an error that says so."""

    async def ask() -> None:
        with pytest.raises(IntegrationError, match=r"event loop of its own \(asyncio\..*Loop\)"):
            current_loop()

    with asyncio.Runner() as runner:
        runner.run(ask())


def test_the_errors_of_the_main_coroutine_come_through() -> None:
    """A run fails with what failed in it."""

    async def main() -> None:
        await asyncio.sleep(1)
        raise LookupError("no such order")

    with pytest.raises(LookupError, match="no such order"):
        ran(main)


def test_the_loop_of_the_caller_is_left_alone() -> None:
    """Running a scenario neither sets nor clears the thread's own event loop."""
    mine = asyncio.new_event_loop()
    asyncio.set_event_loop(mine)

    async def main() -> None:
        assert isinstance(asyncio.get_running_loop(), VirtualLoop)

    try:
        ran(main)
        assert asyncio.get_event_loop_policy().get_event_loop() is mine
    finally:
        asyncio.set_event_loop(None)
        mine.close()
