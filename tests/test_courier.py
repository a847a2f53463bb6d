"""Webhooks arrive, get lost, come twice or late; their sender learns how each one ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any

import pytest

from harness.bindings import PythonBinding
from harness.clock import VirtualClock, run_virtual
from harness.courier import HELD_AT_MOST, INTEGRATION_URL, WEBHOOK_PATIENCE, Courier
from harness.errors import HarnessError
from harness.faults import FaultPlan
from harness.history import INTEGRATION, EventKind, Exchange, Failure, Header, History
from harness.journal import Logbook
from harness.scenario import Fault
from harness.simulators.base import Delivered, Webhook, to_json
from harness.simulators.webhooks import try_again
from harness.timing import MINUTE, SECOND
from tests.checks.support import START, landscape

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
SIGNED = (("X-Signature", "good"),)
RECEIVES = {"shop": "/hooks/shop"}


class World:
    """A courier between a shop that tries three times and an integration that we are."""

    def __init__(self, *faults: dict[str, Any], statuses: tuple[int, ...] = ()) -> None:
        self.clock = VirtualClock(START)
        self.logbook = Logbook()
        self.statuses = list(statuses)
        self.takes = 0.0
        self.reported: list[int | None] = []
        self.signatures: list[str] = []
        planned = [Fault.model_validate({"on": "shop.ticket", **fault}) for fault in faults]
        self.binding = PythonBinding(
            lambda **_: self.app, urls={}, secrets={}, on_crash=_raise, in_thread=asyncio.to_thread
        )
        self.courier = Courier(
            clock=self.clock,
            logbook=self.logbook,
            landscape=landscape(),
            plan=FaultPlan(planned, start=START),
            binding=self.binding,
            receives=RECEIVES,
            report=self.report,
        )

    async def app(self, scope: Any, receive: Any, send: Send) -> None:
        """Answer with the next status, or 200."""
        if scope["type"] == "lifespan":
            return
        self.signatures += [v.decode() for k, v in scope["headers"] if k == b"x-signature"]
        await asyncio.sleep(self.takes)
        status = self.statuses.pop(0) if self.statuses else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    @property
    def now(self) -> int:
        """Return the time, for the retry ladder."""
        return self.clock.now

    def after(self, delay: int, action: Callable[[], None]) -> None:
        """Do something later, for the retry ladder."""
        asyncio.get_running_loop().call_later(delay / SECOND, action)

    def emit(self, webhook: Webhook) -> None:
        """Send, for the retry ladder."""
        self.courier.emit("shop", webhook)

    def report(self, system: str, outcome: Delivered) -> None:
        """Learn how a delivery ended, and try again after 10 s and 60 s."""
        assert system == "shop"
        self.reported.append(outcome.status)
        try_again(self, outcome, (10 * SECOND, 60 * SECOND))  # type: ignore[arg-type]

    def run(self, *webhooks: Webhook, started: bool = True, gap: float = 1.0) -> list[Exchange]:
        """Let the shop send these, one second apart, and return all deliveries."""

        async def main() -> None:
            if started:
                await self.binding.start()
            for webhook in webhooks:
                self.courier.step = f"t{webhook.key}"
                self.emit(webhook)
                await asyncio.sleep(gap)
            await asyncio.sleep(3600)
            await self.courier.finish()

        run_virtual(main, clock=self.clock)
        return list(self.history.exchanges)

    @property
    def history(self) -> History:
        """Return what was journalled."""
        return self.logbook.history(Header("BUN-001", START, 1, {}))


def _raise(error: BaseException) -> None:
    raise error


def ticket(number: int = 1, **more: Any) -> Webhook:
    """Return the webhook of a ticket."""
    body = to_json({"number": number, "revision": 1, **more})
    return Webhook("ticket", str(number), body, SIGNED, f"d{number}", f"e{number}")


def times(exchanges: list[Exchange]) -> list[float]:
    """Return when deliveries were made, in seconds after the start."""
    return [((exchange.sent_at or 0) - START) / SECOND for exchange in exchanges]


def test_a_webhook_arrives_and_is_journalled() -> None:
    """It is an exchange from the system to the integration, with topic and delivery."""
    world = World()
    (told,) = world.run(ticket())

    assert (told.sender, told.receiver, told.status) == ("shop", INTEGRATION, 200)
    assert (told.url, told.topic, told.delivery) == (
        f"{INTEGRATION_URL}/hooks/shop",
        "ticket",
        "d1",
    )
    assert (told.body.value, world.reported) == ({"number": 1, "revision": 1}, [200])


def test_what_was_emitted_is_known_even_when_it_never_arrives() -> None:
    """A dropped webhook is no delivery, and its sender hears nothing."""
    world = World({"do": "drop"})

    assert world.run(ticket()) == []
    assert [e.data["key"] for e in world.history.events(EventKind.EMITTED)] == ["1"]
    assert [e.data["do"] for e in world.history.events(EventKind.FAULT)] == ["drop"]
    assert world.reported == []


def test_a_refused_webhook_comes_again_until_it_is_taken() -> None:
    """The ladder is the sender's; the delivery keeps its name and its bytes."""
    world = World(statuses=(500, 503))
    told = world.run(ticket())

    assert [exchange.status for exchange in told] == [500, 503, 200]
    assert times(told) == [0, 10, 70]
    assert [exchange.delivery for exchange in told] == ["d1"] * 3
    assert all(exchange.body == told[0].body for exchange in told)


def test_a_sender_gives_up_at_the_end_of_its_ladder() -> None:
    """Three attempts, then silence."""
    world = World(statuses=(500,) * 9)

    assert len(world.run(ticket())) == 3
    assert world.reported == [500, 500, 500]


def test_an_answer_that_comes_too_late_is_a_timeout() -> None:
    """The sender waits so long and no longer, and tries again."""
    world = World()
    world.takes = 2 * WEBHOOK_PATIENCE / SECOND
    first = world.run(ticket())[0]

    assert (first.status, first.failure) == (None, Failure.TIMEOUT)
    assert (first.ended_at or 0) - (first.sent_at or 0) == WEBHOOK_PATIENCE
    assert world.reported == [None] * 3


def test_nobody_at_home_is_no_connection() -> None:
    """An integration that does not run refuses at once, and the sender tries again."""
    told = World().run(ticket(), started=False)

    assert {exchange.failure for exchange in told} == {Failure.NO_CONNECTION}
    assert [exchange.ended_at == exchange.sent_at for exchange in told] == [True] * 3


def test_a_duplicate_is_the_same_delivery_and_reported_once() -> None:
    """Copies come after the original, a second apart where nothing else is said."""
    world = World({"do": "duplicate", "copies": 2})
    told = world.run(ticket())

    assert times(told) == [0, 1, 2]
    assert {exchange.delivery for exchange in told} == {"d1"}
    assert world.reported == [200]


def test_a_delayed_webhook_is_emitted_now_and_delivered_later() -> None:
    """What the system said and when is not changed by the way."""
    world = World({"do": "delay", "by": "5m", "times": 1})
    told = world.run(ticket(1), ticket(2))
    emitted = [e.at for e in world.history.events(EventKind.EMITTED)]

    assert [(e.delivery, at) for e, at in zip(told, times(told), strict=True)] == [
        ("d2", 1),
        ("d1", 300),
    ]
    assert emitted == [START, START + SECOND]


def test_a_reordered_webhook_waits_to_be_overtaken() -> None:
    """Two of its own kind go first; what else is said on the way does not count."""
    world = World({"do": "reorder", "behind": 2, "times": 1})
    told = world.run(ticket(1), ticket(2), replace(ticket(3), topic="news"), ticket(4))

    assert [exchange.delivery for exchange in told] == ["d2", "d3", "d4", "d1"]


def test_a_webhook_that_nothing_overtakes_arrives_in_the_end() -> None:
    """Reordering never loses anything."""
    told = World({"do": "reorder"}).run(ticket())

    assert times(told) == [HELD_AT_MOST / SECOND]


def test_a_stale_payload_comes_once_more_after_the_new_one() -> None:
    """The earlier webhook of the same key, a minute late."""
    world = World({"do": "stale", "match": {"state": "void"}})
    told = world.run(ticket(state="paid"), ticket(2), ticket(state="void"))

    assert [exchange.body.value.get("state") for exchange in told] == ["paid", None, "void", "paid"]
    assert times(told)[-1] == 2 + MINUTE / SECOND


def test_a_tampered_signature_travels_once_and_is_not_sent_again() -> None:
    """The retry of the sender carries the signature that it made itself."""
    world = World({"do": "bad_signature", "times": 1}, statuses=(401,))
    told = world.run(ticket())

    assert [exchange.faults for exchange in told] == [(0,), ()]
    assert world.signatures[0] != "good"
    assert world.signatures[1:] == ["good"]


def test_a_step_is_sent_again_as_it_was() -> None:
    """Only first attempts of that step count, and nobody reports the repeat."""
    world = World(statuses=(500,))
    world.run(ticket(1), ticket(2))
    before = len(world.reported)

    async def main() -> list[int]:
        await world.binding.start()
        sent = [world.courier.send_again(step) for step in ("t1", "t2", "t9")]
        await world.courier.finish()
        return sent

    # The retry of the first webhook was made in the course of the second step.
    assert run_virtual(main, clock=world.clock) == [1, 1, 0]
    assert [e.delivery for e in world.history.exchanges][-2:] == ["d1", "d2"]
    assert len(world.reported) == before


def test_a_system_without_a_path_is_an_error_that_names_the_setting() -> None:
    """Where its webhooks arrive must be written down."""
    with pytest.raises(HarnessError, match=r'integration\.receives.*write oven = "/path"'):
        World().courier.path_of("oven")
