"""Everything goes through one door: routed or refused, met by its faults, timed, journalled."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from harness.clock import VirtualClock, run_virtual
from harness.faults import FaultPlan, Lost
from harness.history import INTEGRATION, NOBODY, EventKind, Exchange, Failure, History, Origin
from harness.history import Header as HistoryHeader
from harness.journal import Logbook
from harness.scenario import Fault
from harness.simulators.base import Call, Reply, reply, to_json
from harness.timing import MILLISECOND, SECOND
from harness.transport import (
    CAUSE,
    UNTIL_GIVEN_UP,
    Door,
    OutsideEdge,
    Patience,
    SimulatedEdge,
)
from tests.checks.support import START, landscape

OVEN = "https://oven.test/api/batches"
LATENCY = 120 * MILLISECOND
JSON = (("Content-Type", "application/json"),)


class World:
    """A door before one oven that counts its batches."""

    def __init__(self, *faults: dict[str, Any]) -> None:
        self.clock = VirtualClock(START)
        self.logbook = Logbook()
        self.baked: list[int | None] = []
        self.edges: dict[str, Any] = {"oven": SimulatedEdge(self.bake, latency=LATENCY)}
        planned = [Fault.model_validate({"on": "oven.batch", **fault}) for fault in faults]
        self.plan = FaultPlan(planned, start=START)

    def bake(self, call: Call) -> Reply:
        """Take a batch and note in whose course."""
        self.baked.append(CAUSE.get())
        return reply(201, {"ref": "7"})

    def door(self) -> Door:
        """Return the door of this world."""
        return Door(
            clock=self.clock,
            logbook=self.logbook,
            landscape=landscape(),
            edges=self.edges,
            plan=self.plan,
        )

    def call(self, url: str = OVEN, *, patience: int | None = None) -> Reply | Lost:
        """Make one call on virtual time and return what the caller sees."""
        door, call = self.door(), Call("POST", url, JSON, to_json({"ref": "7"}))
        return run_virtual(lambda: door.call(call, Patience(read=patience)), clock=self.clock)

    @property
    def history(self) -> History:
        """Return what was journalled."""
        return self.logbook.history(HistoryHeader("BUN-001", START, 1, {}))

    @property
    def exchange(self) -> Exchange:
        """Return the only exchange."""
        (exchange,) = self.history.exchanges
        return exchange


def test_a_call_is_routed_timed_and_journalled() -> None:
    """The caller gets the system's answer after its latency, and the journal holds both."""
    world = World()

    assert world.call() == reply(201, {"ref": "7"})
    told = world.exchange
    assert (told.sender, told.receiver, told.status) == (INTEGRATION, "oven", 201)
    assert (told.body.value, told.answer.value) == ({"ref": "7"}, {"ref": "7"})
    assert (told.sent_at, told.ended_at) == (START, START + LATENCY)


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.test/tickets",  # described, but not in this scenario
        "https://oven.test.evil.example/api",
        "http://oven.test/api/batches",
        "https://oven.test:8443/api/batches",
    ],
)
def test_a_call_to_nobody_is_refused_and_journalled(url: str) -> None:
    """It costs no time, reaches no system, and is seen by whoever judges."""
    world = World()

    assert world.call(url) == Lost(Failure.UNROUTED)
    told = world.exchange
    assert (told.receiver, told.url, told.failure) == (NOBODY, url, Failure.UNROUTED)
    assert (told.ended_at, world.baked) == (START, [])


@pytest.mark.parametrize(
    ("url", "system"),
    [
        ("https://oven.test", "oven"),
        ("https://OVEN.test:443/other?x=1", "oven"),
        ("https://oven.test:8443/", None),
        ("http://oven.test/", None),
    ],
)
def test_an_address_is_scheme_host_and_port(url: str, system: str | None) -> None:
    """The default port may be written out, case does not matter, the path neither."""
    assert system == World().door().system_at(url)


def test_only_systems_of_the_scenario_have_hosts() -> None:
    """What is described and does not take part is not let through."""
    assert World().door().hosts == {"oven.test"}


@pytest.mark.parametrize(
    ("fault", "seen", "baked"),
    [
        ({"do": "refuse"}, Lost(Failure.NO_CONNECTION), 0),
        ({"do": "lose_request"}, Lost(Failure.TIMEOUT), 0),
        ({"do": "lose_answer"}, Lost(Failure.TIMEOUT), 1),
        ({"do": "truncate"}, Lost(Failure.RESET), 1),
        ({"do": "answer", "status": 503}, Reply(503), 0),
    ],
    ids=lambda value: value["do"] if isinstance(value, dict) else None,
)
def test_a_fault_strikes_before_or_after_the_work(
    fault: dict[str, Any], seen: Reply | Lost, baked: int
) -> None:
    """A lost request leaves nothing behind; a lost answer hides work that was done."""
    world = World(fault)

    assert world.call(patience=5 * SECOND) == seen
    assert len(world.baked) == baked


def test_a_fault_is_journalled_with_the_exchange_that_it_met() -> None:
    """Evidence that was tampered with is known as such."""
    world = World({"do": "refuse"})
    world.call()
    (fault,) = world.history.events(EventKind.FAULT)

    assert (fault.system, fault.data["do"], fault.data["fault"]) == ("oven", "refuse", 0)
    assert fault.data["exchange"] == world.exchange.seq
    assert world.exchange.faults == (0,)


def test_a_throttled_call_is_told_when_to_come_back() -> None:
    """The answer in place of the system's own carries headers, and nothing is done."""
    world = World({"do": "throttle", "retry_after": "7s"})
    world.call()

    assert (world.exchange.status, world.exchange.answer_header("Retry-After")) == (429, "7")
    assert world.baked == []


def test_two_faults_meet_one_call() -> None:
    """Slowness adds up with what else goes wrong."""
    world = World({"do": "slow", "by": "3s"}, {"do": "answer", "status": 500})
    world.call()

    assert (world.exchange.status, world.exchange.faults) == (500, (0, 1))
    assert world.exchange.ended_at == START + 3 * SECOND + LATENCY


@pytest.mark.parametrize(
    ("slow", "patience", "seen", "took"),
    [
        ("1s", 2 * SECOND, 201, SECOND + LATENCY),
        ("9s", 2 * SECOND, None, 2 * SECOND),
        ("9s", None, 201, 9 * SECOND + LATENCY),
    ],
    ids=["in time", "too slow", "endless patience"],
)
def test_a_caller_waits_as_long_as_it_says(
    slow: str, patience: int | None, seen: int | None, took: int
) -> None:
    """Who gives up sees a timeout, and the work was done all the same."""
    world = World({"do": "slow", "by": slow})
    world.call(patience=patience)
    told = world.exchange

    assert (told.status, told.failure) == (seen, None if seen else Failure.TIMEOUT)
    assert (told.ended_at, len(world.baked)) == (START + took, 1)


@pytest.mark.parametrize(("patience", "took"), [(3 * SECOND, 3 * SECOND), (None, UNTIL_GIVEN_UP)])
def test_an_answer_that_never_comes_ends_the_patience(patience: int | None, took: int) -> None:
    """Even a caller without a timeout gives up one day."""
    world = World({"do": "lose_answer"})

    assert world.call(patience=patience) == Lost(Failure.TIMEOUT)
    assert world.exchange.ended_at == START + took


def test_what_a_system_commits_knows_its_cause() -> None:
    """The exchange in whose course it happened, and none afterwards."""
    world = World()

    async def main() -> int | None:
        await world.door().call(Call("POST", OVEN), Patience())
        return CAUSE.get()

    assert run_virtual(main, clock=world.clock) is None
    assert world.baked == [world.exchange.seq]


def test_work_goes_on_when_the_caller_has_gone() -> None:
    """A caller that is cancelled does not undo what the system has begun."""
    world = World()
    done: list[bool] = []

    async def slowly(_call: Call, _patience: Patience) -> Reply:
        await asyncio.sleep(5)
        done.append(True)
        return Reply(201)

    async def main() -> None:
        world.edges["oven"] = OutsideEdge(slowly, origin=Origin.LIVE)
        door = world.door()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(door.call(Call("POST", OVEN), Patience()), timeout=1)
        assert done == []
        await door.finish()

    run_virtual(main, clock=world.clock)

    assert (done, world.clock.elapsed) == ([True], 5 * SECOND)


def test_a_live_answer_takes_the_time_it_took() -> None:
    """No latency is added to a system that is really there, and its evidence says so."""
    world = World()

    async def at_once(_call: Call, _patience: Patience) -> Reply:
        return Reply(204)

    world.edges["oven"] = OutsideEdge(at_once, origin=Origin.LIVE)

    assert world.call() == Reply(204)
    assert (world.exchange.origin, world.exchange.ended_at) == (Origin.LIVE, START)


def test_a_live_call_that_was_lost_is_not_waited_for_twice() -> None:
    """Who really waited has spent the time; the patience of the caller reaches him."""
    world = World()
    patience: list[int | None] = []

    async def silent(_call: Call, given: Patience) -> Lost:
        patience.append(given.read)
        await asyncio.sleep(7)
        return Lost(Failure.TIMEOUT, waited=True)

    world.edges["oven"] = OutsideEdge(silent, origin=Origin.LIVE)

    async def main() -> None:
        await world.door().call(Call("POST", OVEN), Patience(read=7 * SECOND))

    run_virtual(main, clock=world.clock)

    assert (patience, world.clock.elapsed) == ([7 * SECOND], 7 * SECOND)


def test_calls_at_once_keep_the_order_in_which_they_began() -> None:
    """Each exchange lies between two ticks of one counter."""
    world = World({"do": "slow", "by": "3s", "times": 1})

    async def main() -> None:
        door = world.door()
        batch = Call("POST", OVEN, JSON, to_json({"ref": "7"}))
        await asyncio.gather(*(door.call(batch, Patience()) for _ in range(2)))

    run_virtual(main, clock=world.clock)
    first, second = world.history.exchanges

    assert (first.faults, second.faults) == ((0,), ())
    assert first.seq < second.seq < (second.done or 0) < (first.done or 0)
