import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reference.mapping import Message
from harness.reference.problems import Undeliverable
from harness.reference.store import Background, Inbox
from tests.reference.world import settle


async def never(key: str, problem: Undeliverable) -> None:
    """Park nothing: the test expects no trouble."""
    raise AssertionError(f"{key}: {problem}")


@given(st.permutations(range(6)))
def test_the_newest_version_is_handled_last(arrival: list[int]) -> None:
    """Whatever the order of arrival, versions are handled in rising order up to the newest."""
    handled: list[int] = []

    async def handle(message: Message, newest: Callable[[], Message]) -> bool:
        handled.append(message["version"])
        await asyncio.sleep(0)
        return False

    async def story() -> None:
        inbox = Inbox(handle=handle, park=never, background=Background())
        for version in arrival:
            inbox.offer("k", (version,), {"version": version})
            await asyncio.sleep(0)
        await settle()

    asyncio.run(story())
    assert sorted(handled) == handled
    assert handled[-1] == 5


def test_one_key_is_never_handled_twice_at_once() -> None:
    """Work on one key waits its turn, work on another does not."""
    busy: list[str] = []
    most: list[int] = []

    async def handle(message: Message, newest: Callable[[], Message]) -> bool:
        busy.append(message["key"])
        most.append(busy.count("a"))
        await asyncio.sleep(0)
        busy.remove(message["key"])
        return False

    async def story() -> None:
        inbox = Inbox(handle=handle, park=never, background=Background())
        for version, key in enumerate("aabaab"):
            inbox.offer(key, (version,), {"key": key})
            await asyncio.sleep(0)
        await settle()

    asyncio.run(story())
    assert max(most) == 1


def test_a_defect_parks_the_message(caplog: pytest.LogCaptureFixture) -> None:
    """An error of our own loses nothing: people are told, and the log has the trace."""
    parked: list[tuple[str, str]] = []

    async def handle(message: Message, newest: Callable[[], Message]) -> bool:
        raise ZeroDivisionError

    async def park(key: str, problem: Undeliverable) -> None:
        parked.append((key, str(problem)))

    async def story() -> None:
        Inbox(handle=handle, park=park, background=Background()).offer("k", (1,), {})
        await settle()

    asyncio.run(story())
    assert parked == [("k", "internal error: ZeroDivisionError")]
    assert "handling k failed" in caplog.text


def test_closing_waits_for_work_before_it_cancels() -> None:
    """Work that is nearly done is finished, work that is not is ended."""
    ended: list[str] = []

    async def short() -> None:
        await asyncio.sleep(0)
        ended.append("done")

    async def long() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append("cancelled")

    async def story() -> None:
        background = Background()
        background.start(long())
        background.start(short())
        await background.close(grace=0.01)

    asyncio.run(story())
    assert ended == ["done", "cancelled"]
