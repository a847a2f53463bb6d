"""Whatever the integration calls with httpx, async or sync, goes through the door."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import httpx
import pytest

from harness.clock import VirtualClock, current_loop, run_virtual
from harness.faults import FaultPlan
from harness.history import Exchange, Failure, Header
from harness.interception import intercepted
from harness.journal import Logbook
from harness.scenario import Fault
from harness.simulators.base import Call, Reply, reply
from harness.timing import MILLISECOND, SECOND
from harness.transport import Door, SimulatedEdge
from tests.checks.support import START, landscape

OVEN = "https://oven.test/api/batches"


class World:
    """An oven behind the door, and the door behind httpx."""

    def __init__(self, **fault: Any) -> None:
        self.clock = VirtualClock(START)
        self.logbook = Logbook()
        self.seen: list[Call] = []
        planned = [Fault.model_validate({"on": "oven.batch", **fault})] if fault else []
        self.door = Door(
            clock=self.clock,
            logbook=self.logbook,
            landscape=landscape(),
            edges={"oven": SimulatedEdge(self.bake, latency=100 * MILLISECOND)},
            plan=FaultPlan(planned, start=START),
        )

    def bake(self, call: Call) -> Reply:
        """Take whatever comes."""
        self.seen.append(call)
        return reply(201, {"ref": "7"}, X_Oven="hot")

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run some code of an integration on virtual time."""

        async def main() -> Any:
            with intercepted(self.door, from_thread=current_loop().bridge.call):
                return await work

        return run_virtual(main, clock=self.clock, seed=1)

    @property
    def exchanges(self) -> list[Exchange]:
        """Return what was journalled."""
        return list(self.logbook.history(Header("BUN-001", START, 1, {})).exchanges)


async def post(url: str = OVEN, **options: Any) -> httpx.Response:
    """Call with an async client of our own."""
    async with httpx.AsyncClient(**options) as client:
        return await client.post(url, json={"ref": "7"}, headers={"X-Try": "1"})


def post_in_thread(url: str = OVEN) -> httpx.Response:
    """Call with a client that blocks."""
    with httpx.Client() as client:
        return client.post(url, json={"ref": "7"})


def test_an_async_call_is_answered_by_the_simulator() -> None:
    """Method, address, headers and body arrive; status, headers and body come back."""
    world = World()
    answer = world.run(post())
    (call,) = world.seen

    assert (call.method, call.url, call.json()) == ("POST", OVEN, {"ref": "7"})
    assert call.header("X-Try") == "1"
    assert (answer.status_code, answer.json()) == (201, {"ref": "7"})
    assert answer.headers["X-Oven"] == "hot"


def test_a_blocking_call_from_a_thread_is_answered_too() -> None:
    """It waits in the scenario's time, as an async one does."""
    world = World()
    answer = world.run(asyncio.to_thread(post_in_thread))

    assert (answer.status_code, world.clock.elapsed) == (201, 100 * MILLISECOND)
    assert [exchange.status for exchange in world.exchanges] == [201]


def test_calls_at_once_take_the_time_of_one() -> None:
    """The door does not put callers in a queue."""
    world = World()

    async def main() -> None:
        await asyncio.gather(*(post() for _ in range(5)))

    world.run(main())

    assert (len(world.exchanges), world.clock.elapsed) == (5, 100 * MILLISECOND)


@pytest.mark.parametrize(
    ("fault", "error", "failure"),
    [
        ("refuse", httpx.ConnectError, Failure.NO_CONNECTION),
        ("lose_request", httpx.ReadTimeout, Failure.TIMEOUT),
        ("lose_answer", httpx.ReadTimeout, Failure.TIMEOUT),
        ("truncate", httpx.ReadError, Failure.RESET),
    ],
)
def test_a_lost_call_is_the_error_that_httpx_would_raise(
    fault: str, error: type[httpx.TransportError], failure: Failure
) -> None:
    """An integration that retries on it retries here, and the error knows its request."""
    world = World(do=fault)

    with pytest.raises(error) as caught:
        world.run(post())

    assert str(caught.value.request.url) == OVEN
    assert [exchange.failure for exchange in world.exchanges] == [failure]


@pytest.mark.parametrize("in_thread", [False, True], ids=["async", "sync"])
def test_an_address_of_nobody_cannot_be_reached(in_thread: bool) -> None:
    """The host is named, and the attempt is on record."""
    world = World()
    away = "https://telemetry.example/ping"

    with pytest.raises(httpx.ConnectError, match=r"telemetry\.example belongs to no"):
        world.run(asyncio.to_thread(post_in_thread, away) if in_thread else post(away))

    assert [exchange.failure for exchange in world.exchanges] == [Failure.UNROUTED]
    assert world.seen == []


@pytest.mark.parametrize(
    ("timeout", "waited"),
    [
        (httpx.Timeout(2), 2 * SECOND),
        (httpx.Timeout(9, read=1), SECOND),
        (httpx.Timeout(None), 60 * SECOND),
    ],
    ids=["one for all", "its own", "none"],
)
def test_the_read_timeout_of_the_client_is_obeyed(timeout: httpx.Timeout, waited: int) -> None:
    """In virtual time, to the nanosecond."""
    world = World(do="lose_answer")

    with pytest.raises(httpx.ReadTimeout):
        world.run(post(timeout=timeout))

    assert world.clock.elapsed == waited


def test_the_integration_keeps_its_own_transports_and_hooks() -> None:
    """What stands around httpx's network layer still runs."""
    world = World()
    noted: list[int] = []

    async def note(response: httpx.Response) -> None:
        noted.append(response.status_code)

    options: dict[str, Any] = {
        "transport": httpx.AsyncHTTPTransport(retries=2),
        "event_hooks": {"response": [note]},
    }
    world.run(post(**options))

    assert noted == [201]


def test_bytes_that_are_no_text_arrive_as_they_are() -> None:
    """The door looks at bodies and does not change them."""
    world, raw = World(), bytes(range(256))

    async def main() -> None:
        async with httpx.AsyncClient() as client:
            await client.put(OVEN + "?q=a%20b", content=raw)

    world.run(main())
    (call,) = world.seen

    assert (call.body, call.query) == (raw, {"q": "a b"})


def test_everything_is_put_back_when_it_ends_badly() -> None:
    """A client that is made afterwards has its own network again."""
    world = World()

    async def crash() -> None:
        await post()
        raise KeyError("ref")

    with pytest.raises(KeyError):
        world.run(crash())
    again = World()
    again.run(post())

    assert (len(world.seen), len(again.seen)) == (1, 1)
