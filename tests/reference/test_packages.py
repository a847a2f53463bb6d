"""What left the warehouse reaches the OMS: each package once, and silence is noticed."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from harness.reference.mapping import Unmappable
from harness.reference.packages import parcel
from tests.reference.world import ALERTS, DEFAULTS, SECRETS, Answer, World, answer, play

URLS = {name: f"https://{name}.test" for name in ("wms", "oms", "ops")}
KNOWN = {**SECRETS, "wms_api_key": "wms-key", "wms_webhook_secret": "wms-secret"}
POST = "POST oms /api/v2/orders/1001/parcels"
LIST = "GET wms /v1/shipments"
HOURS = 3600.0


@pytest.fixture(autouse=True)
def _usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody answer as usual."""
    usual: dict[str, tuple[int, Any]] = {
        POST: (201, {}),
        LIST: (200, {"shipments": [], "next": None}),
        "POST ops /parked/shipments": (201, {}),
    }
    for call, said in usual.items():
        monkeypatch.setitem(DEFAULTS, call, said)


def package(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return one package."""
    return {
        "package_id": f"P-{number}",
        "carrier": "dhl",
        "tracking": f"0034{number}",
        "weight_g": 412,
        "lines": [{"line_ref": "L1", "sku": "MUG", "qty": 2}],
        **changes,
    }


def shipment(*packages: dict[str, Any]) -> dict[str, Any]:
    """Return a shipment that was closed."""
    return {
        "shipment_id": "S-1",
        "order_ref": "1001",
        "warehouse": "HAM1",
        "closed_at": "2026-03-02T09:00:00+01:00",
        "packages": list(packages or (package(),)),
    }


def signed(body: bytes) -> dict[str, str]:
    """Return the headers of a webhook as the warehouse signs it."""
    mac = hmac.new(b"wms-secret", body, hashlib.sha256).hexdigest()
    return {"X-Wms-Signature": mac, "X-Wms-Topic": "shipment.closed"}


def told(*shipments: Any, then: float = 60.0, oms: tuple[Answer, ...] = ()) -> World:
    """Return the world after the warehouse told of these, one after the other."""
    world = World()
    world.script(POST, *oms)

    async def story(world: World) -> None:
        for one in shipments:
            body = json.dumps(one).encode()
            assert await world.post("/webhooks/wms", body, signed(body)) == 200
            await world.clock.advance(1)
        await world.clock.advance(then)

    return play(story, world, urls=URLS, secrets=KNOWN)


def test_each_package_is_a_parcel() -> None:
    """Its order is in the address, its weight in kilograms, its time in UTC."""
    first, second = told(shipment(package(1), package(2, weight_g=None))).bodies(POST)
    assert (first["parcelRef"], first["weightKg"], first["carrier"]) == ("P-1", "0.412", "DHL")
    assert (second["parcelRef"], second["shippedAt"]) == ("P-2", "2026-03-02T08:00:00Z")
    assert "weightKg" not in second


def test_a_package_that_is_told_twice_is_confirmed_once() -> None:
    """Under its own idempotency key."""
    (request,) = told(shipment(), shipment()).requests(POST)
    assert request.headers["Idempotency-Key"] == "P-1"


def test_what_the_oms_has_already_is_no_trouble() -> None:
    """An answer may have been lost."""
    world = told(shipment(), oms=(answer(409),))
    assert (len(world.times(POST)), world.times(ALERTS)) == (1, [])


@pytest.mark.parametrize(
    ("status", "calls", "team"), [(404, 1, "commerce-ops"), (503, 6, "integration-team")]
)
def test_what_cannot_be_confirmed_is_parked(status: int, calls: int, team: str) -> None:
    """An order that nobody knows at once; everything else after six calls."""
    world = told(shipment(), then=1800, oms=(answer(status),) * calls)
    assert len(world.times(POST)) == calls
    assert world.bodies(ALERTS)[0]["recipient"] == team


def test_a_carrier_that_nobody_agreed_on_is_not_guessed() -> None:
    """The warehouse may know more carriers than we do."""
    with pytest.raises(Unmappable, match="carrier has a value"):
        parcel(shipment(), package(carrier="gls"))


def test_lost_shipments_are_found_every_hour() -> None:
    """On all pages; of the address of the next one only the query is followed."""
    world = World()
    page = {"shipments": [shipment()], "next": "https://elsewhere.test/v1/shipments?cursor=2"}
    world.script(LIST, answer(200, page), answer(200, {"shipments": [shipment(package(2))]}))

    async def story(world: World) -> None:
        await world.clock.advance(1.1 * HOURS)

    play(story, world, urls=URLS, secrets=KNOWN)
    asked = [dict(request.url.params) for request in world.requests(LIST)]
    assert asked == [{"closed_after": "2026-03-01T09:00:00Z"}, {"cursor": "2"}]
    assert len(world.bodies(POST)) == 2


def test_eight_hours_of_silence_are_told_once() -> None:
    """A shipment ends the silence."""
    silent = told(shipment(), then=15 * HOURS).bodies(ALERTS)
    assert [(one["recipient"], one["reference"]) for one in silent] == [
        ("warehouse-it", "wms-shipment-to-oms")
    ]
    assert told(shipment(), then=7 * HOURS).bodies(ALERTS) == []


def test_what_is_no_shipment_is_refused() -> None:
    """So is one that the warehouse did not sign."""
    world = World()

    async def story(world: World) -> None:
        body = b'{"shipment_id": "S-1"}'
        assert await world.post("/webhooks/wms", body, signed(body)) == 400
        assert await world.post("/webhooks/wms", body, {"X-Wms-Signature": "no"}) == 401

    play(story, world, urls=URLS, secrets=KNOWN)


def test_a_list_that_leads_in_a_circle_is_left_and_told() -> None:
    """A page that names itself as the next is not followed for ever."""
    page = {"shipments": [shipment()], "next": "https://wms.test/v1/shipments?cursor=50"}
    world = World()
    world.script(LIST, *[answer(200, page)] * 9)

    async def story(world: World) -> None:
        await world.clock.advance(1.1 * HOURS)

    play(story, world, urls=URLS, secrets=KNOWN)
    assert len(world.requests(LIST)) == 2
    assert world.bodies(ALERTS)[0]["recipient"] == "warehouse-it"
    assert len(world.bodies(POST)) == 1


def test_a_fraction_of_a_second_is_kept() -> None:
    """An instant is the instant that it was."""
    closed = {**shipment(), "closed_at": "2026-03-02T09:00:00.640+01:00"}
    assert parcel(closed, package())["shippedAt"] == "2026-03-02T08:00:00.640000Z"
