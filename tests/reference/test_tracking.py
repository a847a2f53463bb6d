from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.reference.world import (
    ALERTS,
    CREATE,
    FULFILLMENT_ORDERS,
    FULFILLMENTS,
    PARKED_FULFILMENTS,
    Answer,
    World,
    answer,
    play,
    settle,
    shipment,
)

NONE = answer(200, {"fulfillments": []})
DONE = answer(200, {"fulfillments": [{"status": "success", "tracking_numbers": ["T-1"]}]})
UNDONE = answer(200, {"fulfillments": [{"status": "cancelled", "tracking_number": "T-1"}]})
CUT_OFF = httpx.Response(200, content=b'{"fulfillments": [{"tra')


def after(*answers: Answer, message: Any = None, seconds: float = 3600, **scripts: Any) -> World:
    """Return the world after a shipment was announced to a Shopify that answers so."""
    world = World()
    world.script(CREATE, *answers)
    for call, replies in {"found": FULFILLMENT_ORDERS, "known": FULFILLMENTS}.items():
        world.script(replies, *scripts.get(call, ()))

    async def story(world: World) -> None:
        await world.oms_sends(shipment() if message is None else message)
        await world.clock.advance(seconds)

    return play(story, world, poll_every=1e9)


def created(*messages: dict[str, Any]) -> list[Any]:
    """Return the fulfillments Shopify was sent, each webhook handled before the next."""

    async def story(world: World) -> None:
        for message in messages:
            await world.oms_sends(message)
            await settle()

    return [body["fulfillment"] for body in play(story).bodies(CREATE)]


def told(world: World) -> list[tuple[str, str]]:
    """Return which teams were told, about what."""
    return [(alert["recipient"], alert["reference"]) for alert in world.bodies(ALERTS)]


def test_a_shipment_becomes_a_fulfillment() -> None:
    """The shipped lines are looked up, and the customer is told of the tracking number."""
    assert created(shipment()) == [
        {
            "message": "Your order is on its way.",
            "notify_customer": True,
            "tracking_info": {"number": "T-1", "company": "DHL Express"},
            "line_items_by_fulfillment_order": [
                {
                    "fulfillment_order_id": 7,
                    "fulfillment_order_line_items": [{"id": 71, "quantity": 2}],
                }
            ],
        }
    ]


@pytest.mark.parametrize(
    ("messages", "numbers"),
    [
        ([shipment(), shipment()], ["T-1"]),
        ([shipment(), shipment(revision=2, trackingNumber="T-2")], ["T-1"]),
        ([shipment(status="VOIDED")], []),
        ([shipment(revision=2, status="VOIDED"), shipment()], []),
        ([shipment(status="VOIDED"), shipment(revision=2)], ["T-1"]),
        ([shipment(), shipment(fulfilmentId="F-2", trackingNumber="T-2")], ["T-1", "T-2"]),
    ],
)
def test_each_shipment_is_announced_once(
    messages: list[dict[str, Any]], numbers: list[str]
) -> None:
    """Repetitions and void or outdated revisions reach no customer."""
    assert numbers == [made["tracking_info"]["number"] for made in created(*messages)]


def test_waits_are_exactly_as_agreed() -> None:
    """Five attempts, 2 s, 8 s, 32 s and 128 s apart."""
    times = after(*[answer(503)] * 9).times(CREATE)
    assert [late - early for early, late in pairwise(times)] == [2, 8, 32, 128]


def test_retry_after_takes_the_place_of_the_wait() -> None:
    """Shopify says when it wants to be called again."""
    assert after(answer(429, Retry_After="3.5")).times(CREATE) == [0, 3.5]


@pytest.mark.parametrize("lost", [httpx.ReadTimeout, httpx.ReadError, answer(502)])
def test_a_lost_answer_is_looked_up_before_a_second_call(lost: Answer) -> None:
    """What Shopify did before its answer was lost is not done twice."""
    world = after(lost, known=[NONE, DONE])
    assert len(world.times(CREATE)) == 1
    assert told(world) == []


@pytest.mark.parametrize("seen", [NONE, UNDONE])
def test_a_call_that_was_lost_is_made_again(seen: Answer) -> None:
    """When Shopify has no such fulfillment, it is created after all."""
    assert after(httpx.ReadTimeout, known=[NONE, seen]).times(CREATE) == [0, 2]


@pytest.mark.parametrize("unread", [httpx.ReadTimeout, CUT_OFF, answer(503)])
def test_nothing_is_created_in_doubt(unread: Answer) -> None:
    """As long as Shopify does not say what it has, it is not asked for more."""
    world = after(httpx.ReadTimeout, known=[NONE, unread, DONE])
    assert len(world.times(CREATE)) == 1
    assert world.times(FULFILLMENTS) == [0, 2, 10]


def test_throttling_leaves_no_doubt() -> None:
    """A call that was turned away needs no look-up."""
    assert after(answer(429)).times(FULFILLMENTS) == [0]


def test_a_fulfillment_from_before_a_restart_is_not_repeated() -> None:
    """Shopify remembers what this service has forgotten."""
    assert after(known=[DONE]).times(CREATE) == []


@pytest.mark.parametrize(
    ("refusal", "team"),
    [(answer(422), "commerce-ops"), (answer(403), "integration-team")],
)
def test_a_refusal_is_parked_at_once(refusal: Answer, team: str) -> None:
    """What calling again would not change goes to the people who can change it."""
    world = after(refusal, seconds=0)
    assert len(world.times(CREATE)) == 1
    assert [parked["reference"] for parked in world.bodies(PARKED_FULFILMENTS)] == ["F-1"]
    assert [(team, "F-1")] == told(world)


def test_exhausted_attempts_are_parked_and_told() -> None:
    """When there is no way through, the integration team hears of it."""
    world = after(*[answer(503)] * 9)
    assert told(world) == [("integration-team", "F-1")]


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (shipment(), answer(404)),
        (shipment(), answer(200, {"fulfillment_orders": []})),
        (shipment(lines=[{"lineRef": "99", "sku": "X", "qty": 1}]), None),
        (shipment(lines=None), None),
        (shipment(trackingNumber=None), None),
    ],
)
def test_what_has_no_match_in_shopify_is_parked(message: Any, found: Answer | None) -> None:
    """A shipment of something Shopify does not know is for people to sort out."""
    world = after(message=message, found=[found] if found else [], seconds=0)
    assert world.times(CREATE) == []
    assert told(world) == [("integration-team", "F-1")]


def test_a_look_up_is_tried_again() -> None:
    """A moment of silence while looking up the order does no harm."""
    world = after(found=[answer(500), CUT_OFF])
    assert world.times(FULFILLMENT_ORDERS) == [0, 2, 10]
    assert world.times(CREATE) == [10]


def test_a_void_stops_the_retries() -> None:
    """A shipment that is voided between two attempts is not announced."""
    world = World()
    world.script(CREATE, answer(503))

    async def story(world: World) -> None:
        await world.oms_sends(shipment())
        await settle()
        await world.oms_sends(shipment(revision=2, status="VOIDED"))
        await world.clock.advance(3600)

    assert play(story, world, poll_every=1e9).times(CREATE) == [0]
