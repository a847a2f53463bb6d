"""What lies in Leipzig is what Amazon offers, looked at again before and after it is said."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from harness.reference.mapping import Unmappable
from harness.reference.offers import is_offered, listing_quantity
from tests.reference.world import ALERTS, DEFAULTS, SECRETS, Answer, World, answer, play

URLS = {name: f"https://{name}.test" for name in ("wms", "amazon", "ops")}
KNOWN = {
    **SECRETS,
    "wms_api_key": "wms-key",
    "wms_webhook_secret": "wms-secret",
    "amazon_client_id": "client",
    "amazon_client_secret": "secret",
    "amazon_refresh_token": "refresh",
}
LISTING = "amazon /listings/2021-08-01/items/A3DEMOSELLER/MUG/BLUE"
PATCH, LOOK = f"PATCH {LISTING}", f"GET {LISTING}"
AGAIN = "GET wms /v1/inventory/LEJ2:MUG"
PARKED = "POST ops /parked/stock"


@pytest.fixture(autouse=True)
def _usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody answer as usual."""
    usual: dict[str, tuple[int, Any]] = {
        "POST amazon /auth/o2/token": (200, {"access_token": "t", "expires_in": 36000}),
        "GET wms /v1/shipments": (200, {"shipments": []}),
        PATCH: (200, {"status": "ACCEPTED"}),
        LOOK: (200, {"sku": "MUG/BLUE", "issues": []}),
        AGAIN: (200, line(9, 4)),
        PARKED: (201, {}),
    }
    for call, said in usual.items():
        monkeypatch.setitem(DEFAULTS, call, said)


def line(seq: int = 1, available: int | None = 7, **changes: Any) -> dict[str, Any]:
    """Return a line of stock."""
    return {
        "stock_id": "LEJ2:MUG",
        "seq": seq,
        "sku": "MUG",
        "warehouse": "LEJ2",
        "available": available,
        "amazon_sku": "MUG/BLUE",
        **changes,
    }


def told(*lines: Any, then: float = 60.0, amazon: tuple[Answer, ...] = ()) -> World:
    """Return the world after the warehouse told of these, one after the other."""
    world = World()
    world.script(PATCH, *amazon)

    async def story(world: World) -> None:
        for one in lines:
            body = json.dumps(one).encode()
            mac = hmac.new(b"wms-secret", body, hashlib.sha256).hexdigest()
            headers = {"X-Wms-Signature": mac, "X-Wms-Topic": "inventory.changed"}
            assert await world.post("/webhooks/wms", body, headers) == 200
            await world.clock.advance(1)
        await world.clock.advance(then)

    return play(story, world, urls=URLS, secrets=KNOWN)


def shown(world: World) -> list[int]:
    """Return the figures that Amazon was sent."""
    return [body["patches"][0]["value"][0]["quantity"] for body in world.bodies(PATCH)]


def test_what_can_be_sold_is_offered() -> None:
    """Under the SKU of the listing, with its slash encoded once."""
    world = told(line())
    assert shown(world) == [7]
    assert b"/A3DEMOSELLER/MUG%2FBLUE?" in world.requests(PATCH)[0].url.raw_path


@pytest.mark.parametrize("changes", [{"warehouse": "HAM1"}, {"amazon_sku": None}])
def test_what_amazon_does_not_sell_is_not_offered(changes: dict[str, Any]) -> None:
    """It lies elsewhere, or has no listing."""
    assert not is_offered(line(**changes))
    assert shown(told(line(**changes))) == []


def test_an_older_or_repeated_figure_is_not_offered() -> None:
    """Webhooks come twice and out of order."""
    assert shown(told(line(2, 5), line(1, 7), line(2, 5), line(3, 4))) == [5, 4]


def test_a_figure_that_waited_is_read_again() -> None:
    """After two minutes of trouble, what the warehouse says then is sent."""
    assert shown(told(line(), then=600, amazon=(answer(503),) * 4)) == [7, 7, 7, 7, 4]


@pytest.mark.parametrize(
    ("said", "calls", "team"),
    [
        ((200, {"status": "INVALID"}), 1, "commerce-ops"),
        ((503, {}), 6, "integration-team"),
        ((400, {}), 1, "integration-team"),
    ],
)
def test_what_cannot_be_offered_is_parked(said: tuple[int, Any], calls: int, team: str) -> None:
    """A refused figure is for the people of the listing; the next figure is sent all the same."""
    world = told(line(), then=1800, amazon=(answer(*said),) * calls)
    assert len(world.bodies(PATCH)) == calls
    assert world.bodies(PARKED)[0]["reference"] == "LEJ2:MUG"
    assert world.bodies(ALERTS)[0]["recipient"] == team
    again = told(line(), line(2, 6), amazon=(answer(200, {"status": "INVALID"}),))
    assert shown(again) == [7, 6]


def test_a_figure_that_is_accepted_and_never_shown_is_noticed() -> None:
    """The listing says so minutes later."""
    world = World()
    world.script(LOOK, answer(200, {"issues": [{"severity": "ERROR"}]}))

    async def story(world: World) -> None:
        body = json.dumps(line()).encode()
        mac = hmac.new(b"wms-secret", body, hashlib.sha256).hexdigest()
        headers = {"X-Wms-Signature": mac, "X-Wms-Topic": "inventory.changed"}
        await world.post("/webhooks/wms", body, headers)
        await world.clock.advance(1200)

    play(story, world, urls=URLS, secrets=KNOWN)
    assert len(world.times(LOOK)) == 1
    assert [one["recipient"] for one in world.bodies(ALERTS)] == ["integration-team"]


def test_a_line_without_a_figure_is_not_guessed() -> None:
    """Nor is what is no line taken."""
    with pytest.raises(Unmappable, match="available is missing"):
        listing_quantity(line(available=None))
