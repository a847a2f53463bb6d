"""Where parcels are reaches the OMS: the newest word, once, and silence is noticed."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from harness.reference.mapping import Unmappable
from harness.reference.parcels import parcel_status
from tests.reference.world import ALERTS, DEFAULTS, SECRETS, Answer, World, answer, play

URLS = {name: f"https://{name}.test" for name in ("easypost", "oms", "ops")}
KNOWN = {**SECRETS, "easypost_api_key": "key", "easypost_webhook_secret": "carrier-secret"}
PUT = "PUT oms /api/v2/parcels/EZ1/status"
LIST, ONE = "GET easypost /v2/shipments", "GET easypost /v2/trackers/trk_1"
HOURS = 3600.0


@pytest.fixture(autouse=True)
def _usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody answer as usual."""
    usual: dict[str, tuple[int, Any]] = {
        PUT: (200, {}),
        LIST: (
            200,
            {"shipments": [{"id": "shp_1", "tracker": {"id": "trk_1"}}], "has_more": False},
        ),
        ONE: (200, tracker()),
        "POST ops /parked/shipments": (201, {}),
    }
    for call, said in usual.items():
        monkeypatch.setitem(DEFAULTS, call, said)


def tracker(status: str = "in_transit", minute: int = 0, **changes: Any) -> dict[str, Any]:
    """Return what the carrier says of a parcel."""
    return {
        "id": "trk_1",
        "tracking_code": "EZ1",
        "status": status,
        "updated_at": f"2026-03-02T08:{minute:02}:00Z",
        "est_delivery_date": "2026-03-03T00:00:00Z",
        "signed_by": None,
        "is_return": False,
        **changes,
    }


def told(*trackers: Any, then: float = 0.0, oms: tuple[Answer, ...] = ()) -> World:
    """Return the world after the carrier told of these, one after the other."""
    world = World()
    world.script(PUT, *oms)

    async def story(world: World) -> None:
        for one in trackers:
            body = json.dumps({"description": "tracker.updated", "result": one}).encode()
            mac = hmac.new(b"carrier-secret", body, hashlib.sha256).hexdigest()
            headers = {"X-Hmac-Signature": f"hmac-sha256-hex={mac}"}
            assert await world.post("/webhooks/easypost", body, headers) == 200
            await world.clock.advance(1)
        await world.clock.advance(then)

    return play(story, world, urls=URLS, secrets=KNOWN)


def test_the_word_of_the_carrier_becomes_ours() -> None:
    """The day at the door stays the day, whatever the zone."""
    (body,) = told(tracker("out_for_delivery")).bodies(PUT)
    assert (body["status"], body["leg"], body["expectedOn"]) == (
        "AT_THE_DOOR",
        "OUTBOUND",
        "2026-03-03",
    )


def test_a_scan_that_is_overtaken_or_repeated_is_not_told() -> None:
    """Delivered stays delivered."""
    late = told(tracker("delivered", 5), tracker("out_for_delivery", 3), tracker("delivered", 5))
    assert [one["status"] for one in late.bodies(PUT)] == ["DELIVERED"]


def test_a_parcel_that_nobody_has_seen_is_not_told() -> None:
    """The carrier knows the number, and nothing more."""
    assert told(tracker("unknown")).times(PUT) == []


def test_a_parcel_that_the_oms_does_not_know_is_no_trouble() -> None:
    """Somebody bought the label by hand; the same scan, read again, is not told again."""
    world = told(tracker(), tracker(), then=7 * HOURS, oms=(answer(404),))
    assert len(world.times(PUT)) == 1
    assert [one["recipient"] for one in world.bodies(ALERTS)] == ["carrier-desk"]


def test_what_cannot_be_told_is_parked() -> None:
    """After five calls; a word that nobody agreed on at once."""
    world = told(tracker(), then=1200, oms=(answer(503),) * 5)
    assert len(world.times(PUT)) == 5
    assert world.bodies(ALERTS)[0]["recipient"] == "integration-team"
    with pytest.raises(Unmappable, match="status has a value"):
        parcel_status(tracker("error"))


def test_lost_scans_are_found_every_six_hours() -> None:
    """By the labels of the last three days."""
    world = told(then=6.1 * HOURS)
    (request,) = world.requests(LIST)
    assert request.url.params["start_datetime"] == "2026-02-27T14:00:00Z"
    assert request.headers["Authorization"] == "Basic a2V5Og=="
    assert len(world.bodies(PUT)) == 1


def test_six_hours_of_silence_are_told_once() -> None:
    """The alert names the contract; a scan ends the silence."""
    silent = told(tracker(), then=11 * HOURS).bodies(ALERTS)
    assert [(one["recipient"], one["reference"]) for one in silent] == [
        ("carrier-desk", "carrier-tracker-to-oms")
    ]
    assert told(tracker(), then=5 * HOURS).bodies(ALERTS) == []


def test_an_event_that_holds_no_tracker_is_refused() -> None:
    """Neither is one with a wrong signature taken."""
    world = World()

    async def story(world: World) -> None:
        body = b'{"description": "batch.updated"}'
        mac = hmac.new(b"carrier-secret", body, hashlib.sha256).hexdigest()
        right = {"X-Hmac-Signature": f"hmac-sha256-hex={mac}"}
        assert await world.post("/webhooks/easypost", body, right) == 400
        assert await world.post("/webhooks/easypost", body, {"X-Hmac-Signature": mac}) == 401

    play(story, world, urls=URLS, secrets=KNOWN)
