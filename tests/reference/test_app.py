import base64
import hashlib
import hmac
import json

import httpx
import pytest

from harness.reference.app import create
from tests.reference.world import (
    CREATE,
    SALES_ORDERS,
    SECRETS,
    URLS,
    World,
    answer,
    order,
    play,
    settle,
    shipment,
)

SHOPIFY, OMS = "/webhooks/shopify", "/webhooks/oms"


def mac(secret: bytes, body: bytes) -> hmac.HMAC:
    """Return the signature of a body."""
    return hmac.new(secret, body, hashlib.sha256)


@pytest.mark.parametrize(
    ("path", "message", "name", "value"),
    [
        (SHOPIFY, order(), "X-Shopify-Hmac-Sha256", "bm9wZQ=="),
        (SHOPIFY, order(), "X-Shopify-Hmac-Sha256", "\u00e9"),
        (SHOPIFY, order(), "X-Other", "1"),
        (OMS, shipment(), "X-Oms-Signature", "00ff"),
        (OMS, shipment(), "X-Other", "1"),
    ],
)
def test_a_wrong_or_missing_signature_is_refused(
    path: str, message: object, name: str, value: str
) -> None:
    """What the sender did not sign has no effect."""

    async def story(world: World) -> None:
        status = await world.post(path, json.dumps(message).encode(), {name: value})
        assert status == 401
        await settle()

    assert not play(story).calls


def test_the_signature_covers_the_raw_bytes() -> None:
    """A body is verified as it came, not as it would be written again."""
    body = json.dumps(order(), indent=3).encode() + b"\n"
    signed = base64.b64encode(mac(b"shop-secret", body).digest()).decode()

    async def story(world: World) -> None:
        headers = {"X-Shopify-Hmac-Sha256": signed}
        assert await world.post(SHOPIFY, body, headers) == 200
        assert await world.post(SHOPIFY, body.strip(), headers) == 401

    play(story)


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"id": "7"}', b"\xff", b""])
def test_a_body_that_is_no_message_is_refused(body: bytes) -> None:
    """Signed nonsense is a bad request, on both doors."""
    shop = base64.b64encode(mac(b"shop-secret", body).digest()).decode()
    oms = mac(b"oms-secret", body).hexdigest()

    async def story(world: World) -> None:
        assert await world.post(SHOPIFY, body, {"X-Shopify-Hmac-Sha256": shop}) == 400
        assert await world.post(OMS, body, {"X-Oms-Signature": oms}) == 400

    play(story)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("POST", "/healthz", 405),
        ("GET", SHOPIFY, 405),
        ("POST", "/elsewhere", 404),
    ],
)
def test_routes(method: str, path: str, status: int) -> None:
    """The service answers for its health, and for nothing it does not offer."""

    async def story(world: World) -> None:
        assert await world.request(method, path) == status

    play(story)


def test_the_answer_comes_before_the_work() -> None:
    """A webhook is answered although nothing has been sent on yet."""

    async def story(world: World) -> None:
        assert await world.shopify_sends(order()) == 200
        assert not world.calls
        await settle()
        assert world.times(SALES_ORDERS) == [0]

    play(story)


def test_webhooks_are_turned_away_while_the_service_stands_still() -> None:
    """Before the start and after the stop the sender is asked to come again."""

    async def story(world: World) -> None:
        del world

    world = play(story)

    async def late(again: World) -> None:
        del again
        assert await world.shopify_sends(order()) == 503

    play(late)


def test_a_stop_leaves_nothing_running() -> None:
    """Work that waits for its next try is ended with the service, as is the poller."""
    world = World()
    world.script(SALES_ORDERS, answer(503))
    world.script(CREATE, answer(503))

    async def story(world: World) -> None:
        await world.shopify_sends(order())
        await world.oms_sends(shipment())
        await settle()

    assert not play(story, world).left
    assert len(world.times(SALES_ORDERS)) == 1


def test_two_applications_share_nothing() -> None:
    """What one has seen the other has not."""

    async def story(world: World) -> None:
        await world.shopify_sends(order())

    first, second = play(story), play(story)
    assert [len(world.times(SALES_ORDERS)) for world in (first, second)] == [1, 1]


def test_each_system_is_shown_its_own_credentials() -> None:
    """No token goes to a system it was not made for."""

    async def story(world: World) -> None:
        await world.shopify_sends(order(total_tax=None))
        await world.shopify_sends(order(id=2))
        await world.oms_sends(shipment())

    shown = {
        request.url.host: (
            request.headers.get("X-Shopify-Access-Token"),
            request.headers.get("Authorization"),
        )
        for _, _, request in play(story).calls
    }
    assert shown == {
        "shopify.test": ("shop-token", None),
        "oms.test": (None, "Bearer oms-key"),
        "ops.test": (None, None),
    }


def test_a_missing_secret_is_noticed_at_once() -> None:
    """A service that could never work does not start."""
    with pytest.raises(KeyError, match="oms_api_key"):
        create(
            urls=URLS,
            secrets={k: v for k, v in SECRETS.items() if k != "oms_api_key"},
            transport=httpx.MockTransport(lambda request: answer(200)),
        )
