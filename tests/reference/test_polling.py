import json

import httpx

from tests.reference.world import ORDER_LIST, SALES_ORDERS, Answer, World, answer, order, play

NEXT = '<https://elsewhere.test/admin/api/2025-07/orders.json?page_info=p2&limit=250>; rel="next"'


def after(*answers: Answer, seconds: float, every: float = 600) -> World:
    """Return the world after so much time with a Shopify that lists orders so."""
    world = World()
    world.script(ORDER_LIST, *answers)

    async def story(world: World) -> None:
        await world.clock.advance(seconds)

    return play(story, world, poll_every=every)


def listed(*orders: object, **headers: str) -> httpx.Response:
    """Return one page of orders."""
    return answer(200, {"orders": orders}, **headers)


def test_a_lost_webhook_is_made_up_for() -> None:
    """An order nobody told us of is found within ten minutes."""
    assert after(listed(order()), seconds=600).times(SALES_ORDERS) == [600]


def test_an_order_that_was_sent_is_not_sent_again() -> None:
    """Finding an order twice is finding it once."""
    assert len(after(listed(order()), listed(order()), seconds=1800).times(SALES_ORDERS)) == 1


def test_polling_looks_back_six_hours() -> None:
    """Whatever changed lately is asked for, whichever its status."""
    (request,) = after(seconds=600).requests(ORDER_LIST)
    assert dict(request.url.params) == {
        "status": "any",
        "updated_at_min": "2026-03-02T02:10:00Z",
        "limit": "250",
    }


def test_a_round_goes_on_from_the_last_complete_one() -> None:
    """With half an hour of overlap; one that broke off is read again from where it began."""
    world = after(listed(), answer(400), listed(), listed(), seconds=2400)
    since = [one.url.params["updated_at_min"][11:16] for one in world.requests(ORDER_LIST)]
    assert since == ["02:10", "07:40", "07:40", "08:00"]


def test_every_page_is_read_from_shopify_itself() -> None:
    """Pages are followed by their query alone; the token goes to no other host."""
    pages = listed(order(), Link=NEXT), listed(order(id=1002))
    world = after(*pages, seconds=600)
    assert dict(world.requests(ORDER_LIST)[1].url.params) == {"page_info": "p2", "limit": "250"}
    assert [body["externalId"] for body in world.bodies(SALES_ORDERS)] == ["1001", "1002"]


def test_throttling_is_obeyed() -> None:
    """A list that is refused for now is asked for when Shopify says so."""
    world = after(answer(429, Retry_After="4.0"), listed(order()), seconds=700)
    assert world.times(ORDER_LIST) == [600, 604]
    assert world.times(SALES_ORDERS) == [604]


def test_polling_survives_whatever_happens() -> None:
    """Refusals, nonsense and foreign entries end one round, not the polling."""
    nonsense = httpx.Response(200, content=b"<html>")
    strange = httpx.Response(200, content=json.dumps({"orders": [{"id": None}, order()]}).encode())
    world = after(answer(401), nonsense, answer(200, {}), strange, seconds=2400)
    assert world.times(ORDER_LIST) == [600, 1200, 1800, 2400]
    assert world.times(SALES_ORDERS) == [2400]


def test_prices_in_a_list_are_exact() -> None:
    """Amounts that come by list never meet binary floating point."""
    body = json.dumps({"orders": [order()]}).replace('"33.60"', "33.60").encode()
    world = after(httpx.Response(200, content=body), seconds=600)
    assert [sent["grandTotal"] for sent in world.bodies(SALES_ORDERS)] == ["33.60"]
