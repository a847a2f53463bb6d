from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.world import (
    ALERTS,
    PARKED_ORDERS,
    SALES_ORDERS,
    Answer,
    World,
    answer,
    order,
    play,
    settle,
)

EARLY, LATE = "2026-03-02T03:00:20-05:00", "2026-03-02T03:00:30-05:00"
CANCELLED = order(updated_at=LATE, cancelled_at=LATE)
PENDING = order(financial_status="pending")


def after(*answers: Answer, seconds: float = 3600, message: Any = None) -> World:
    """Return the world after an order was sent to an OMS that answers so."""
    world = World()
    world.script(SALES_ORDERS, *answers)

    async def story(world: World) -> None:
        await world.shopify_sends(order() if message is None else message)
        await world.clock.advance(seconds)

    return play(story, world, poll_every=1e9)


def received(*messages: dict[str, Any]) -> list[Any]:
    """Return the orders the OMS was sent after these webhooks, each handled before the next."""

    async def story(world: World) -> None:
        for message in messages:
            await world.shopify_sends(message)
            await settle()

    return play(story).bodies(SALES_ORDERS)


def told(world: World) -> list[tuple[str, str]]:
    """Return which teams were told, about what."""
    return [(alert["recipient"], alert["reference"]) for alert in world.bodies(ALERTS)]


def test_a_paid_order_is_released_once_with_its_key() -> None:
    """The OMS is called once, and can tell a repetition by the key."""
    (request,) = after(answer(201)).requests(SALES_ORDERS)
    assert request.headers["Idempotency-Key"] == "1001"


def test_the_same_webhook_twice_is_one_order() -> None:
    """Deliveries are at least once, releases are once."""
    assert len(received(order(), order())) == 1


def test_webhooks_at_once_are_one_order() -> None:
    """Two deliveries that overlap do not both reach the OMS."""

    async def story(world: World) -> None:
        await world.shopify_sends(order())
        await world.shopify_sends(order())

    assert len(play(story).bodies(SALES_ORDERS)) == 1


@pytest.mark.parametrize(
    "messages",
    [
        [PENDING],
        [order(test=True)],
        [CANCELLED],
        [CANCELLED, order(updated_at=EARLY)],
        [order(updated_at=LATE, financial_status="refunded"), order(updated_at=EARLY)],
    ],
)
def test_what_is_not_due_is_withheld(messages: list[dict[str, Any]]) -> None:
    """An older version that comes late does not release what the newest forbids."""
    assert received(*messages) == []


def test_an_order_is_released_as_soon_as_it_is_paid() -> None:
    """A version that is not due does not stand in the way of one that is."""
    assert len(received(PENDING, order(updated_at=EARLY))) == 1


def test_two_changes_within_one_second_are_both_heard() -> None:
    """An order that is created and paid in the same second is released."""
    assert len(received(PENDING, order())) == 1


def test_only_the_first_due_version_is_sent() -> None:
    """A later change of a released order is not sent again."""
    sent = received(order(), order(updated_at=LATE, note="changed"))
    assert [body.get("note") for body in sent] == [None]


@given(st.permutations([PENDING, order(updated_at=EARLY, financial_status="voided"), CANCELLED]))
def test_no_order_of_arrival_releases_a_dead_order(messages: list[dict[str, Any]]) -> None:
    """However the webhooks of an order that was never payable arrive, nothing is released."""
    assert received(*messages) == []


@pytest.mark.parametrize(
    "failure",
    [answer(503), answer(429), httpx.ReadTimeout, httpx.ConnectError, httpx.ReadError],
)
def test_what_may_pass_is_tried_again(failure: Answer) -> None:
    """Throttling, server errors, timeouts and lost connections are no reason to give up."""
    world = after(failure)
    assert len(world.times(SALES_ORDERS)) == 2
    assert told(world) == []


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_waits_grow_as_agreed(share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six attempts, each wait drawn between half and all of 2 s, 6 s, 18 s, 54 s, 162 s."""
    monkeypatch.setattr("random.uniform", lambda low, high: low + share * (high - low))
    times = after(*[answer(503)] * 9).times(SALES_ORDERS)
    waits = [late - early for early, late in pairwise(times)]
    assert waits == [most * (1 + share) / 2 for most in (2, 6, 18, 54, 162)]


def test_exhausted_attempts_are_parked_and_told() -> None:
    """When there is no way through, the integration team hears of it."""
    world = after(*[answer(503)] * 9)
    (parked,) = world.bodies(PARKED_ORDERS)
    assert parked["reference"] == "1001"
    assert "status 503" in parked["reason"]
    assert told(world) == [("integration-team", "1001")]


def test_no_call_is_made_after_twenty_minutes() -> None:
    """A server that asks for patience gets no more than was agreed."""
    world = after(*[answer(429, Retry_After="700")] * 9)
    assert world.times(SALES_ORDERS) == [0, 700]
    assert told(world) == [("integration-team", "1001")]


def test_an_order_that_exists_already_is_a_success() -> None:
    """The answer to a repetition of what was done is good news."""
    world = after(httpx.ReadTimeout, answer(409, {"error": "already_exists"}))
    assert len(world.times(SALES_ORDERS)) == 2
    assert told(world) == []


@pytest.mark.parametrize(
    ("refusal", "team"),
    [
        (answer(422, {"error": "invalid"}), "commerce-ops"),
        (answer(409, {"error": "locked"}), "integration-team"),
        (httpx.Response(409, content=b'{"error": "alre'), "integration-team"),
        (answer(400), "integration-team"),
        (answer(401), "integration-team"),
        (answer(302), "integration-team"),
    ],
)
def test_a_refusal_is_parked_at_once(refusal: Answer, team: str) -> None:
    """What calling again would not change goes to the people who can change it."""
    world = after(refusal, seconds=0)
    assert len(world.times(SALES_ORDERS)) == 1
    assert len(world.bodies(PARKED_ORDERS)) == 1
    assert [(team, "1001")] == told(world)


def test_an_order_that_cannot_be_mapped_is_parked() -> None:
    """The OMS is not shown what lacks a required field."""
    world = after(message=order(total_tax=None), seconds=0)
    assert world.bodies(SALES_ORDERS) == []
    assert world.bodies(PARKED_ORDERS) == [{"reference": "1001", "reason": "total_tax is missing"}]
    assert told(world) == [("integration-team", "1001")]


def test_a_cancellation_stops_the_retries() -> None:
    """An order that is cancelled between two attempts is not released."""
    world = World()
    world.script(SALES_ORDERS, answer(503))

    async def story(world: World) -> None:
        await world.shopify_sends(order())
        await settle()
        await world.shopify_sends(CANCELLED)
        await world.clock.advance(3600)

    play(story, world, poll_every=1e9)
    assert world.times(SALES_ORDERS) == [0]
    assert told(world) == []


def test_a_later_version_does_not_change_what_is_being_retried() -> None:
    """Calls that share a key share their body."""
    world = World()
    world.script(SALES_ORDERS, httpx.ReadTimeout)

    async def story(world: World) -> None:
        await world.shopify_sends(order())
        await settle()
        await world.shopify_sends(order(updated_at=LATE, note="changed"))
        await world.clock.advance(3600)

    first, second = play(story, world, poll_every=1e9).bodies(SALES_ORDERS)
    assert first == second


def test_orders_do_not_wait_for_each_other() -> None:
    """One order that is retried holds up no other."""
    world = World()
    world.script(SALES_ORDERS, answer(503))

    async def story(world: World) -> None:
        await world.shopify_sends(order())
        await settle()
        await world.shopify_sends(order(id=1002))
        await settle()

    assert [b["externalId"] for b in play(story, world).bodies(SALES_ORDERS)] == ["1001", "1002"]
