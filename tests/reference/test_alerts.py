import httpx
import pytest

from tests.reference.world import ALERTS, PARKED_ORDERS, Answer, World, answer, order, play


def after(call: str, *answers: Answer) -> World:
    """Return the world after an order was parked at a desk that answers so."""
    world = World()
    world.script(call, *answers)

    async def story(world: World) -> None:
        await world.shopify_sends(order(total_tax=None))
        await world.clock.advance(60)

    return play(story, world)


def test_an_alert_says_what_is_parked_and_why() -> None:
    """The team that is told needs to look nowhere else."""
    assert after(ALERTS).bodies(ALERTS) == [
        {
            "recipient": "integration-team",
            "reference": "1001",
            "reason": "total_tax is missing",
            "severity": "error",
        }
    ]


@pytest.mark.parametrize("call", [PARKED_ORDERS, ALERTS])
def test_the_desk_is_called_again(call: str) -> None:
    """Parking and telling survive a short failure of the desk, five seconds apart."""
    assert after(call, answer(503), httpx.ReadTimeout).times(call) == [0, 5, 10]


@pytest.mark.parametrize("failures", [[answer(403)], [answer(503)] * 9])
def test_people_are_told_although_parking_failed(
    failures: list[Answer], caplog: pytest.LogCaptureFixture
) -> None:
    """A parking place that is shut does not silence the alert, and the log keeps the failure."""
    assert len(after(PARKED_ORDERS, *failures).bodies(ALERTS)) == 1
    assert "/parked/orders about 1001 failed" in caplog.text
