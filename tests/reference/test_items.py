"""Items of the ERP reach the warehouse: each version once, under the id that stays."""

from __future__ import annotations

from typing import Any

import pytest

from harness.reference.items import grams, product
from harness.reference.mapping import Unmappable
from tests.reference.world import ALERTS, DEFAULTS, SECRETS, Answer, World, answer, play

URLS = {name: f"https://{name}.test" for name in ("erp", "wms", "ops")}
KNOWN = {**SECRETS, "erp_api_key": "k", "wms_api_key": "k", "wms_webhook_secret": "s"}
LIST = "GET erp /api/golive/sales/v1.0/items"
PUT = "PUT wms /v1/products/i-1"
HOURS = 3600.0


@pytest.fixture(autouse=True)
def _usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody answer as usual."""
    usual: dict[str, tuple[int, Any]] = {
        LIST: (200, {"value": []}),
        PUT: (200, {}),
        "GET wms /v1/shipments": (200, {"shipments": []}),
        "POST ops /parked/items": (201, {}),
    }
    for call, said in usual.items():
        monkeypatch.setitem(DEFAULTS, call, said)


def item(minute: int = 0, **changes: Any) -> dict[str, Any]:
    """Return an item of the ERP."""
    return {
        "id": "i-1",
        "lastModifiedDateTime": f"2026-03-02T07:{minute:02}:30Z",
        "number": "HAT-RED",
        "displayName": "Red hat",
        "type": "Inventory",
        "blocked": False,
        "baseUnitOfMeasureCode": "PCS",
        "tariffNo": "6505 00 30",
        "grossWeight": 0.18,
        **changes,
    }


def read(*pages: Any, then: float = 60.0, wms: tuple[Answer, ...] = ()) -> World:
    """Return the world after the ERP answered with these pages, one after the other."""
    world = World()
    world.script(LIST, *(answer(200, page) for page in pages))
    world.script(PUT, *wms)

    async def story(world: World) -> None:
        await world.clock.advance(then)

    return play(story, world, urls=URLS, secrets=KNOWN)


def test_an_item_is_put_under_its_id() -> None:
    """Its weight in whole grams, its tariff number without blanks."""
    (body,) = read({"value": [item()]}).bodies(PUT)
    assert (body["sku"], body["uom"], body["weight_g"]) == ("HAT-RED", "each", 180)
    assert (body["hs_code"], body["changed_at"]) == ("65050030", "2026-03-02T07:00:30Z")
    assert "barcode" not in body


@pytest.mark.parametrize("changes", [{"type": "Service"}, {"blocked": True}])
def test_what_cannot_be_sold_is_kept_back(changes: dict[str, Any]) -> None:
    """It takes up no shelf."""
    assert read({"value": [item(**changes)]}).times(PUT) == []


def test_a_version_is_sent_once_and_the_next_one_again() -> None:
    """Rounds overlap by five minutes."""
    pages = [{"value": [item()]}, {"value": [item()]}, {"value": [item(9, number="HAT")]}]
    world = read(*pages, then=0.6 * HOURS)
    assert [body["sku"] for body in world.bodies(PUT)] == ["HAT-RED", "HAT"]
    assert [request.url.params.get("modifiedAfter") for request in world.requests(LIST)] == [
        None,
        "2026-03-02T07:55:00Z",
        "2026-03-02T08:10:00Z",
    ]


def test_a_round_that_broke_off_is_read_again() -> None:
    """Of the address of the next page only the query is followed."""
    first = {"value": [item()], "nextLink": "https://elsewhere.test/items?page=2"}
    world = World()
    world.script(LIST, answer(200, first), answer(401), answer(200, {"value": []}))

    async def story(world: World) -> None:
        await world.clock.advance(0.3 * HOURS)

    play(story, world, urls=URLS, secrets=KNOWN)
    assert [dict(request.url.params) for request in world.requests(LIST)] == [{}, {"page": "2"}, {}]


@pytest.mark.parametrize(
    ("status", "calls", "team"),
    [(422, 1, "master-data"), (404, 1, "integration-team"), (503, 8, "integration-team")],
)
def test_what_the_warehouse_does_not_take_is_parked(status: int, calls: int, team: str) -> None:
    """A refused item is for master data; the next version is sent all the same."""
    world = read({"value": [item()]}, then=4 * HOURS, wms=(answer(status),) * calls)
    assert len(world.times(PUT)) == calls
    assert world.bodies(ALERTS)[0]["recipient"] == team
    again = read({"value": [item()]}, {"value": [item(9)]}, then=900, wms=(answer(422),))
    assert len(again.times(PUT)) == 2


def test_three_days_without_a_change_are_told_once() -> None:
    """To master data, and about the contract."""
    alerts = read({"value": [item()]}, then=80 * HOURS).bodies(ALERTS)
    assert [(one["recipient"], one["reference"]) for one in alerts] == [
        ("master-data", "erp-item-to-wms")
    ]


def test_a_unit_that_nobody_agreed_on_is_not_guessed() -> None:
    """A weight below a gram is a gram."""
    with pytest.raises(Unmappable, match="baseUnitOfMeasureCode"):
        product(item(baseUnitOfMeasureCode="METER"))
    assert grams(item(grossWeight="0.0004")) == 1
