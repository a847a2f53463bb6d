"""What lies in Hamburg is what the shop offers, compared with what it held a moment before."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from harness.reference.shelves import is_offered
from tests.reference.world import ALERTS, DEFAULTS, SECRETS, Answer, World, answer, play

URLS = {name: f"https://{name}.test" for name in ("wms", "shopify", "ops")}
KNOWN = {**SECRETS, "wms_api_key": "wms-key", "wms_webhook_secret": "wms-secret"}
LEVELS = "GET shopify /admin/api/2026-01/inventory_levels.json"
SET = "POST shopify /admin/api/2026-01/graphql.json"
SNAPSHOT = "GET wms /v1/inventory/snapshot"
AGAIN = "GET wms /v1/inventory/HAM1:HAT"
HOURS = 3600.0


def shelf(available: int | None = 8) -> dict[str, Any]:
    """Return what the shop shows."""
    return {"inventory_levels": [{"inventory_item_id": 5, "available": available}]}


def done(*codes: str) -> dict[str, Any]:
    """Return what Shopify answers, with the codes of what it refuses."""
    errors = [{"code": code, "field": None, "message": "no"} for code in codes]
    return {"data": {"inventorySetQuantities": {"userErrors": errors}}}


@pytest.fixture(autouse=True)
def _usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody answer as usual."""
    usual: dict[str, tuple[int, Any]] = {
        LEVELS: (200, shelf()),
        SET: (200, done()),
        SNAPSHOT: (200, {"rows": [], "next": None}),
        AGAIN: (200, line(9, 4)),
        "POST ops /parked/stock": (201, {}),
    }
    for call, said in usual.items():
        monkeypatch.setitem(DEFAULTS, call, said)


def line(seq: int = 1, available: int = 7, **changes: Any) -> dict[str, Any]:
    """Return a line of stock."""
    line = {"stock_id": "HAM1:HAT", "seq": seq, "warehouse": "HAM1", "available": available}
    return {**line, "shopify_item_id": 5, **changes}


def told(*lines: Any, then: float = 60.0, **scripts: tuple[Answer, ...]) -> World:
    """Return the world after the warehouse told of these; scripts are of `levels` and `set`."""
    world = World()
    for call, answers in scripts.items():
        world.script({"levels": LEVELS, "set": SET, "snapshot": SNAPSHOT}[call], *answers)

    async def story(world: World) -> None:
        for one in lines:
            body = json.dumps(one).encode()
            mac = hmac.new(b"wms-secret", body, hashlib.sha256).hexdigest()
            headers = {"X-Wms-Signature": mac, "X-Wms-Topic": "inventory.changed"}
            assert await world.post("/webhooks/wms", body, headers) == 200
            await world.clock.advance(1)
        await world.clock.advance(then)

    return play(story, world, urls=URLS, secrets=KNOWN)


def asked(world: World) -> list[tuple[int, int]]:
    """Return the figures that were set, each with what it was compared with."""
    rows = [body["variables"]["input"]["quantities"][0] for body in world.bodies(SET)]
    return [(row["quantity"], row["changeFromQuantity"]) for row in rows]


def test_what_can_be_sold_is_set() -> None:
    """With the ids of the shop, beside what it shows."""
    world = told(line())
    assert asked(world) == [(7, 8)]
    (row,) = world.bodies(SET)[0]["variables"]["input"]["quantities"]
    assert row["inventoryItemId"] == "gid://shopify/InventoryItem/5"
    assert row["locationId"] == "gid://shopify/Location/487838322"


@pytest.mark.parametrize("changes", [{"warehouse": "LEJ2"}, {"shopify_item_id": None}])
def test_what_the_shop_does_not_sell_is_not_set(changes: dict[str, Any]) -> None:
    """It lies elsewhere, or the shop does not know it."""
    assert not is_offered(line(**changes))
    assert asked(told(line(**changes))) == []


def test_a_stale_figure_is_compared_anew() -> None:
    """The shop sold one meanwhile; after three tries somebody is told."""
    stale = answer(200, done("CHANGE_FROM_QUANTITY_STALE"))
    world = told(line(), set=(stale,), levels=(answer(200, shelf(8)), answer(200, shelf(6))))
    assert asked(world) == [(7, 8), (7, 6)]
    given_up = told(line(), set=(stale,) * 3)
    assert len(asked(given_up)) == 3
    assert given_up.bodies(ALERTS)[0]["recipient"] == "integration-team"


@pytest.mark.parametrize(
    "scripts",
    [
        {"set": (answer(200, done("INVALID_INVENTORY_ITEM")),)},
        {"levels": (answer(200, shelf(None)),)},
        {"levels": (answer(200, {"inventory_levels": []}),)},
    ],
)
def test_an_item_that_the_shop_refuses_is_for_the_storefront(
    scripts: dict[str, Any],
) -> None:
    """So is one that it does not stock there."""
    world = told(line(), **scripts)
    assert [one["recipient"] for one in world.bodies(ALERTS)] == ["storefront-team"]
    assert len(world.times("POST ops /parked/stock")) == 1


def test_trouble_for_now_is_tried_again() -> None:
    """Errors, no points left, an answer that is cut off; after six calls it is parked."""
    throttled = answer(200, {"errors": [{"extensions": {"code": "THROTTLED"}}]})
    torn = answer(200)
    torn._content = b'{"data": {'
    world = told(line(), then=90, set=(answer(503), throttled, torn))
    assert len(asked(world)) == 4
    assert world.bodies(ALERTS) == []
    out = told(line(), then=900, set=(answer(503),) * 6)
    assert len(asked(out)) == 6
    assert out.bodies(ALERTS)[0]["recipient"] == "integration-team"


def test_the_night_brings_what_was_not_told() -> None:
    """On all pages; of the address of the next one only the query is followed."""
    first = {"rows": [line()], "next": "https://elsewhere.test/v1/inventory/snapshot?cursor=b"}
    world = told(
        then=24.1 * HOURS, snapshot=(answer(200, first), answer(200, {"rows": [line(2, 6)]}))
    )
    assert [dict(one.url.params) for one in world.requests(SNAPSHOT)] == [{}, {"cursor": "b"}]
    assert [quantity for quantity, _ in asked(world)][-1] == 6


def test_a_day_of_silence_is_told_once() -> None:
    """What is read at night is no sign of life of a line that should tell."""
    alerts = told(line(), then=50 * HOURS).bodies(ALERTS)
    assert [(one["recipient"], one["reference"]) for one in alerts] == [
        ("warehouse-it", "wms-stock-to-shopify")
    ]
