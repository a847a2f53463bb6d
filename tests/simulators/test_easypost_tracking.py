"""EasyPost: what carriers scan, in which order it is heard, and how it is told."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from harness.landscape import System
from harness.simulators.base import Delivered, UnknownAction
from harness.simulators.easypost import EasyPost
from harness.simulators.profiles import Profile
from harness.timing import DAY, HOUR, MINUTE, SECOND, show_duration
from tests.simulators.stage import SECRETS, Stage, data, header, system


@pytest.fixture
def easypost() -> Stage:
    """Return an account without parcels."""
    return Stage("easypost")


def told(easypost: Stage) -> list[str]:
    """Return the statuses that webhooks told, in their order."""
    return [json.loads(webhook.body)["result"]["status"] for webhook in easypost.emitted]


def last(easypost: Stage) -> dict[str, Any]:
    """Return the tracker as it was committed last."""
    found: dict[str, Any] = easypost.committed("tracker")[-1]
    return found


def on_its_way(easypost: Stage) -> Any:
    """Buy a label, hand the parcel over, and return the handle."""
    label = easypost.do("buy_label")
    easypost.advance(HOUR)
    easypost.do("pick_up", None, label)
    return label


def test_a_parcel_goes_all_its_way(easypost: Stage) -> None:
    """From the label to the door each scan is committed, told and noted once."""
    label = easypost.do("buy_label", {"reference": "1001"})
    easypost.do("travel", {"signed_by": "A. Quist"}, label)
    easypost.advance(2 * DAY)
    statuses = ["pre_transit", "in_transit", "in_transit", "out_for_delivery", "delivered"]
    assert told(easypost) == statuses
    assert [body["status"] for body in easypost.committed("tracker")] == ["unknown", *statuses]
    assert (last(easypost)["signed_by"], last(easypost)["finalized"]) == ("A. Quist", True)
    noted = [row["status"] for record, row in easypost.notes if record == "parcel"]
    assert noted == ["unknown", *statuses]
    assert easypost.committed("shipment")[-1]["status"] == "delivered"


@pytest.mark.parametrize(
    ("deed", "status", "detail"),
    [
        ("out_for_delivery", "out_for_delivery", "out_for_delivery"),
        ("deliver", "delivered", "arrived_at_destination"),
        ("fail_delivery", "in_transit", "delivery_exception"),
        ("leave_at_shop", "available_for_pickup", "arrived_at_pickup_location"),
        ("delay", "in_transit", "delayed"),
        ("return_to_sender", "return_to_sender", "refused"),
        ("lose", "failure", "lost"),
        ("damage", "failure", "damaged"),
    ],
)
def test_each_deed_is_a_scan(easypost: Stage, deed: str, status: str, detail: str) -> None:
    """What happens to a parcel is said by a status and its detail."""
    label = on_its_way(easypost)
    easypost.do(deed, None, label)
    assert (last(easypost)["status"], last(easypost)["status_detail"]) == (status, detail)
    assert last(easypost)["tracking_details"][-1]["status"] == status


def test_what_cannot_be_is_explained(easypost: Stage) -> None:
    """A delivered parcel is not lost; a lost one can be found, and delivered after all."""
    label = on_its_way(easypost)
    easypost.do("lose", None, label)
    with pytest.raises(UnknownAction, match="is failure, and cannot be delivered"):
        easypost.do("deliver", None, label)
    easypost.do("find", None, label)
    easypost.do("deliver", None, label)
    with pytest.raises(UnknownAction, match="is delivered, and cannot be failure"):
        easypost.do("lose", None, label)


def test_a_late_scan_is_listed_in_its_place(easypost: Stage) -> None:
    """A scan that is heard of late stands where it belongs, and does not lead the parcel back."""
    label = on_its_way(easypost)
    easypost.advance(HOUR)
    easypost.do("deliver", None, label)
    easypost.do("scan", {"status": "out_for_delivery", "ago": "30m", "city": "BONN"}, label)
    shown = last(easypost)
    statuses = [one["status"] for one in shown["tracking_details"]]
    assert statuses == ["pre_transit", "in_transit", "out_for_delivery", "delivered"]
    assert (shown["status"], told(easypost)[-2:]) == ("delivered", ["delivered"] * 2)


def test_a_scan_after_the_end_changes_nothing(easypost: Stage) -> None:
    """Some carriers scan the van after the door; the profile may let that lead back."""
    led = []
    for forward_only in (True, False):
        stage = Stage("easypost", Profile(numbers={"forward_only": forward_only}))
        label = on_its_way(stage)
        stage.do("deliver", None, label)
        stage.advance(5 * MINUTE)
        stage.do("scan", {"status": "out_for_delivery"}, label)
        led.append(last(stage)["status"])
    assert led == ["delivered", "out_for_delivery"]


def test_a_scan_may_come_twice(easypost: Stage) -> None:
    """It is listed twice and told again, with the same status and a newer instant."""
    label = on_its_way(easypost)
    before = last(easypost)
    easypost.do("repeat_scan", None, label)
    after = last(easypost)
    assert after["tracking_details"][-1] == after["tracking_details"][-2]
    assert after["status"] == before["status"]
    assert after["updated_at"] > before["updated_at"]


def test_where_the_place_is_unknown_the_clock_on_the_wall_is_shown(easypost: Stage) -> None:
    """With a place the instant is right; without one it is off by the zone, with a Z."""
    label = on_its_way(easypost)
    easypost.do("scan", {"zone": "America/New_York", "city": "BOSTON"}, label)
    assert last(easypost)["tracking_details"][-1]["datetime"] == "2026-03-02T09:00:00Z"
    easypost.do("scan", {"zone": "America/New_York"}, label)
    shown = [one["datetime"] for one in last(easypost)["tracking_details"]]
    assert "2026-03-02T04:00:00Z" in shown


def test_the_expected_day_is_midnight(easypost: Stage) -> None:
    """Nobody knows it before the first scan; then it is a day, written with a Z."""
    label = easypost.do("buy_label", {"carrier": "UPS"})
    assert last(easypost)["est_delivery_date"] is None
    easypost.do("pick_up", None, label)
    assert last(easypost)["est_delivery_date"] == "2026-03-06T00:00:00Z"
    easypost.do("expect", {"day": "2026-03-09"}, label)
    assert last(easypost)["est_delivery_date"] == "2026-03-09T00:00:00Z"
    with pytest.raises(UnknownAction, match="tomorrow is no day"):
        easypost.do("expect", {"day": "tomorrow"}, label)


def test_the_way_back_bears_the_same_code(easypost: Stage) -> None:
    """A parcel that is sent back has a second tracker, which says so."""
    label = on_its_way(easypost)
    easypost.do("deliver", None, label)
    back = easypost.do("send_back", None, label)
    easypost.do("pick_up", None, back)
    rows = easypost.simulator.snapshot()["parcel"]
    assert len({row["tracking_code"] for row in rows}) == 1
    assert {row["is_return"]: row["status"] for row in rows} == {
        False: "delivered",
        True: "in_transit",
    }


# Trackers of labels from elsewhere.


def test_a_code_is_registered_once(easypost: Stage) -> None:
    """The same code and carrier give the same tracker, until the code may be used anew."""
    body = {"tracker": {"tracking_code": "1Z999AA10123456784"}}
    first = data(easypost.call("POST", "/v2/trackers", body))
    assert (first["carrier"], first["fees"][0]["type"]) == ("UPS", "TrackerFee")
    assert data(easypost.call("POST", "/v2/trackers", body))["id"] == first["id"]
    easypost.advance(91 * DAY)
    assert data(easypost.call("POST", "/v2/trackers", body))["id"] != first["id"]


def test_a_code_of_no_carrier_is_refused(easypost: Stage) -> None:
    """Who names the carrier is believed."""
    answer = easypost.call("POST", "/v2/trackers", {"tracker": {"tracking_code": "T1"}})
    assert (answer.status, data(answer)["error"]["code"]) == (422, "TRACKER.CREATE.ERROR")
    named = {"tracker": {"tracking_code": "T1", "carrier": "DPD"}}
    assert easypost.call("POST", "/v2/trackers", named).status == 201


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("EZ1000000001", "pre_transit"),
        ("EZ2000000002", "in_transit"),
        ("EZ4000000004", "delivered"),
        ("EZ5000000005", "return_to_sender"),
        ("EZ6000000006", "failure"),
        ("EZ7000000007", "unknown"),
    ],
)
def test_a_code_of_the_sandbox_says_what_becomes_of_it(code: str, status: str) -> None:
    """It begins as pre_transit, and changes by itself; other codes are not known in the sandbox."""
    easypost = Stage("easypost", Profile(numbers={"mode": "test"}))
    made = data(easypost.call("POST", "/v2/trackers", {"tracker": {"tracking_code": code}}))
    assert made["status"] in ("pre_transit", "unknown")
    easypost.advance(MINUTE)
    shown = data(easypost.call("GET", f"/v2/trackers/{made['id']}"))
    assert (shown["status"], shown["mode"]) == (status, "test")
    real = {"tracker": {"tracking_code": "1Z999AA10123456784"}}
    assert easypost.call("POST", "/v2/trackers", real).status == 422


def test_trackers_are_found_by_code_and_listed(easypost: Stage) -> None:
    """By id, by code, by carrier; an unknown one is not found."""
    for code, carrier in (("T1", "DPD"), ("T2", "UPS")):
        easypost.do("follow", {"tracking_code": code, "carrier": carrier})
    assert data(easypost.call("GET", "/v2/trackers/T1"))["carrier"] == "DPD"
    found = data(easypost.call("GET", "/v2/trackers?carrier=UPS"))
    assert [one["tracking_code"] for one in found["trackers"]] == ["T2"]
    assert easypost.call("GET", "/v2/trackers/T3").status == 404


def test_parcels_may_be_on_their_way_from_the_start(easypost: Stage) -> None:
    """They are told to nobody, and go on from there."""
    easypost.simulator.hold("tracker", ({"tracking_code": "T1", "status": "in_transit"},))
    assert (easypost.commits, easypost.emitted) == ([], [])
    easypost.do("deliver", {"tracking_code": "T1"})
    assert told(easypost) == ["delivered"]
    with pytest.raises(UnknownAction, match="say which"):
        easypost.simulator.hold("tracker", ({"status": "lost"},))


# Webhooks.


def test_a_webhook_is_signed_over_its_bytes(easypost: Stage) -> None:
    """The header names the algorithm; the body is an event with the tracker as its result."""
    on_its_way(easypost)
    webhook = easypost.emitted[-1]
    digest = hmac.new(b"easypost-secret", webhook.body, hashlib.sha256).hexdigest()
    assert header(webhook, "X-Hmac-Signature") == f"hmac-sha256-hex={digest}"
    event = json.loads(webhook.body)
    assert (event["object"], event["description"]) == ("Event", "tracker.updated")
    assert event["previous_attributes"] == {"status": "pre_transit"}
    assert event["result"] == json.loads(json.dumps(last(easypost), default=float))


def test_a_secret_is_normalised_before_it_signs() -> None:
    """An accented letter counts as its letter and its accent, whoever wrote it."""
    easypost = Stage("easypost")
    secrets = {**SECRETS, "easypost_webhook_secret": "caf\u00e9"}
    easypost.simulator = EasyPost(
        system("easypost"), easypost, secrets=secrets, profile=easypost.profile
    )
    on_its_way(easypost)
    webhook = easypost.emitted[-1]
    digest = hmac.new("cafe\u0301".encode(), webhook.body, hashlib.sha256).hexdigest()
    assert header(webhook, "X-Hmac-Signature") == f"hmac-sha256-hex={digest}"


def test_a_failed_webhook_comes_again_for_a_day(easypost: Stage) -> None:
    """Unchanged, after longer and longer waits, and then no more."""
    on_its_way(easypost)
    first, begun = easypost.emitted[-1], easypost.now
    times = []
    while True:
        before = len(easypost.emitted)
        easypost.fail(easypost.emitted[-1], None)
        if not easypost.due:
            break
        easypost.advance(min(at for at, _ in easypost.due) - easypost.now)
        assert len(easypost.emitted) == before + 1
        times.append(show_duration(easypost.now - begun))
    assert times[:3] == ["10s", "1m10s", "6m10s"]
    assert (len(times), times[-1]) == (7, "23h36m10s")
    again = easypost.emitted[-1]
    assert (again.body, again.headers, again.event) == (first.body, first.headers, first.event)
    assert again.attempt == 8


def test_what_was_taken_is_not_sent_again(easypost: Stage) -> None:
    """Any 2xx will do."""
    on_its_way(easypost)
    before = len(easypost.emitted)
    easypost.simulator.delivered(Delivered(easypost.emitted[-1], 202))
    easypost.advance(DAY)
    assert len(easypost.emitted) == before


def test_a_disabled_webhook_is_silent(easypost: Stage) -> None:
    """Nobody is told, and the tracker goes on; the last event can be asked for afterwards."""
    label = on_its_way(easypost)
    easypost.do("disable_webhook")
    easypost.do("deliver", None, label)
    assert told(easypost)[-1] == "in_transit"
    easypost.do("enable_webhook")
    answer = easypost.call("POST", "/v2/events", {"result_id": label["key"]})
    assert (answer.status, told(easypost)[-1]) == (201, "delivered")
    assert easypost.call("POST", "/v2/events", {"result_id": "trk_0"}).status == 404


def test_an_event_is_told_again(easypost: Stage) -> None:
    """The same event, as a delivery of its own; events are listed, the newest first."""
    label = on_its_way(easypost)
    easypost.do("tell_again", None, label)
    again, before = easypost.emitted[-1], easypost.emitted[-2]
    assert (again.event, again.body) == (before.event, before.body)
    assert again.delivery != before.delivery
    events = data(easypost.call("GET", "/v2/events"))["events"]
    assert [one["description"] for one in events][-1] == "tracker.created"
    one = data(easypost.call("GET", f"/v2/events/{again.event}"))
    assert one["id"] == again.event


def test_exactly_what_is_given_is_sent(easypost: Stage) -> None:
    """A tracker is sent as it is, though EasyPost does not hold it; nothing else can be sent."""
    easypost.simulator.send("tracker", {"id": "trk_9", "status": "molten"})
    assert told(easypost) == ["molten"]
    with pytest.raises(UnknownAction, match="sends only a `tracker`"):
        easypost.simulator.send("shipment", {})


def test_what_the_file_has_more_is_told_too() -> None:
    """Refunds and later charges are committed and told where the system's file describes them."""
    easypost = _with_more()
    label = easypost.do("buy_label", {"reference": "1001"})
    easypost.do("adjust_charge", {"amount": "2.30"}, label)
    easypost.do("void_label", None, label)
    assert [webhook.topic for webhook in easypost.emitted] == [
        "shipment.invoice.created",
        "tracker.updated",
        "refund.successful",
    ]
    assert [body["status"] for body in easypost.committed("refund")] == ["submitted", "refunded"]
    assert easypost.committed("adjustment")[0]["amount"] == "2.30"
    easypost.call("POST", "/v2/parcels", {"parcel": {"weight": 3}})
    assert easypost.committed("parcel")[0]["weight"] == 3


def _with_more() -> Stage:
    """Let the file have refunds, later charges and parcels, as that of another project may."""
    text = {"type": "text", "required": "always"}
    more = {
        "refund": {"webhook": ["refund.successful", "refund.failed"], "at": "body.result"},
        "adjustment": {"webhook": "shipment.invoice.created", "at": "body.result"},
        "parcel": {"request": "POST /v2/parcels", "at": "body.parcel"},
    }
    described = system("easypost").model_dump(mode="json", by_alias=True, exclude_unset=True)
    for name, way in more.items():
        fields = {"weight": {"type": "decimal"}} if name == "parcel" else {"id": text}
        described["messages"][name] = {"key": "id", "carried_by": {"way": way}, "fields": fields}
    easypost = Stage("easypost")
    richer = System.described(**described)
    easypost.simulator = EasyPost(richer, easypost, secrets=SECRETS, profile=easypost.profile)
    return easypost


def test_a_scan_can_take_its_time() -> None:
    """Between the carrier and EasyPost lie hours, with some; the instant of the scan stays."""
    easypost = Stage("easypost", Profile(numbers={"heard_after": 2 * HOUR}))
    label = easypost.do("buy_label")
    easypost.advance(HOUR)
    easypost.do("pick_up", {"city": "BONN"}, label)
    assert told(easypost) == ["pre_transit"]
    easypost.advance(2 * HOUR + SECOND)
    assert told(easypost) == ["pre_transit", "in_transit"]
    assert last(easypost)["tracking_details"][-1]["datetime"] == "2026-03-02T09:00:00Z"
    assert last(easypost)["updated_at"] == "2026-03-02T11:00:00Z"
