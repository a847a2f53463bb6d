"""Items of the ERP get their price, weight and tax in the shop, where its editors made them."""

from __future__ import annotations

from typing import Any

import pytest

from harness.reference.items import variant
from harness.reference.mapping import Unmappable
from tests.reference.test_items import item
from tests.reference.world import ALERTS, DEFAULTS, SECRETS, World, answer, play

URLS = {name: f"https://{name}.test" for name in ("erp", "shopify", "ops")}
KNOWN = {**SECRETS, "erp_api_key": "k"}
LIST = "GET erp /api/golive/sales/v1.0/items"
AGAIN = "GET erp /api/golive/sales/v1.0/items/i-1"
FIND = "POST shopify /admin/api/2026-01/graphql.json"
PUT = "PUT shopify /admin/api/2026-01/variants/7.json"
HOURS = 3600.0


def hat(**changes: Any) -> dict[str, Any]:
    """Return an item that is sold."""
    return item(**{"unitPrice": 19.9, "taxGroupCode": "TAXABLE", **changes})


def found(**numbers: str) -> dict[str, Any]:
    """Return what a search finds: numbers of variants by SKU."""
    nodes = [{"sku": sku, "legacyResourceId": number} for sku, number in numbers.items()]
    return {"data": {"productVariants": {"nodes": nodes}}}


@pytest.fixture(autouse=True)
def _usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody answer as usual."""
    usual: dict[str, tuple[int, Any]] = {
        LIST: (200, {"value": [hat()]}),
        AGAIN: (200, hat()),
        FIND: (200, found(**{"HAT-RED-XL": "8", "HAT-RED": "7"})),
        PUT: (200, {}),
        "POST ops /parked/items": (201, {}),
    }
    for call, said in usual.items():
        monkeypatch.setitem(DEFAULTS, call, said)


def after(seconds: float = 60.0, **scripts: Any) -> World:
    """Return the world after a while; scripts are of `find`, `put` and `again`."""
    world = World()
    for call, answers in scripts.items():
        world.script({"find": FIND, "put": PUT, "again": AGAIN}[call], *answers)

    async def story(world: World) -> None:
        await world.clock.advance(seconds)

    return play(story, world, urls=URLS, secrets=KNOWN)


def test_the_variant_with_exactly_this_sku_is_changed() -> None:
    """A search finds others that begin alike; its terms are quoted."""
    world = after()
    assert world.bodies(FIND)[0]["variables"] == {"query": "sku:'HAT-RED'"}
    (body,) = world.bodies(PUT)
    assert body["variant"] == {
        "id": 7,
        "sku": "HAT-RED",
        "price": "19.9",
        "grams": 180,
        "inventory_management": "shopify",
        "taxable": True,
    }


def test_what_the_editors_have_not_made_is_for_master_data() -> None:
    """Nothing is made in the shop on the way."""
    world = after(find=(answer(200, found()),))
    assert world.times(PUT) == []
    assert world.bodies(ALERTS)[0]["recipient"] == "master-data"


@pytest.mark.parametrize(
    ("status", "team"), [(404, "master-data"), (422, "master-data"), (403, "integration-team")]
)
def test_what_the_shop_does_not_take_is_parked(status: int, team: str) -> None:
    """Each refusal is told to whom it concerns."""
    assert after(put=(answer(status),)).bodies(ALERTS)[0]["recipient"] == team


def test_a_search_without_points_is_tried_again() -> None:
    """So is one that fails; neither is taken for a product that is not there."""
    throttled = answer(200, {"errors": [{"extensions": {"code": "THROTTLED"}}]})
    world = after(find=(throttled, answer(502)))
    assert (len(world.times(FIND)), len(world.times(PUT))) == (3, 1)
    assert world.bodies(ALERTS) == []


def test_an_old_version_is_read_again_before_it_is_written() -> None:
    """One that cannot be sold by then is left alone."""
    trouble = (answer(503),) * 4
    world = after(3 * HOURS, put=trouble, again=(answer(200, hat(unitPrice=21)),))
    assert world.bodies(PUT)[-1]["variant"]["price"] == "21"
    unread = after(850.0, put=trouble, again=(answer(502),))
    assert len(unread.times(PUT)) == 4
    gone = after(3 * HOURS, put=trouble, again=(answer(200, hat(blocked=True)),))
    assert len(gone.times(PUT)) == 4


def test_a_tax_group_that_nobody_agreed_on_is_not_guessed() -> None:
    """It is parked."""
    with pytest.raises(Unmappable, match="taxGroupCode"):
        variant({**hat(), "taxGroupCode": "REDUCED"})
