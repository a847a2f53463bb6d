"""A carrier API: labels are paid once, parcels are followed, webhooks are signed."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.simulators.base import UnknownAction
from harness.simulators.easypost.parcels import STATUSES
from harness.simulators.profiles import Profile
from harness.timing import MINUTE, SECOND
from tests.simulators.stage import Stage, data, header


def easypost(**numbers: object) -> Stage:
    """Return the carrier API on a stage."""
    return Stage("easypost", Profile(numbers=numbers))


def quoted(stage: Stage) -> dict[str, object]:
    """Ask for rates."""
    made = stage.call("POST", "/v2/shipments", {"shipment": {"reference": "1001"}})
    found: dict[str, object] = data(made)
    return found


def test_a_label_is_quoted_bought_and_paid_once() -> None:
    """A second purchase is refused; the fees are those of the rate."""
    stage = easypost()
    shipment = quoted(stage)
    path = f"/v2/shipments/{shipment['id']}/buy"
    rate = {"rate": {"id": shipment["rates"][1]["id"]}}  # type: ignore[index]
    bought = data(stage.call("POST", path, rate))

    assert bought["reference"] == "1001"
    assert [fee["amount"] for fee in bought["fees"]] == ["0.01000", "6.57000"]
    assert data(stage.call("POST", path, rate))["error"]["code"] == "SHIPMENT.POSTAGE.EXISTS"


def test_a_parcel_is_scanned_and_told() -> None:
    """At first it is pre_transit by itself; every scan is a webhook over the raw body."""
    stage = easypost()
    label = stage.do("buy_label", {"reference": "1001", "carrier": "UPS"})
    stage.advance(3 * SECOND)
    stage.do("deliver", {"signed_by": "A. Quist"}, about=label)
    first, last = stage.emitted

    told = [json.loads(one.body)["result"]["status"] for one in (first, last)]
    assert told == ["pre_transit", "delivered"]
    digest = hmac.new(b"easypost-secret", last.body, hashlib.sha256).hexdigest()
    assert header(last, "X-Hmac-Signature") == f"hmac-sha256-hex={digest}"


@pytest.mark.parametrize(
    ("code", "status"), [("EZ1000000001", "pre_transit"), ("EZ4000000004", "delivered")]
)
def test_a_sandbox_number_says_what_becomes_of_it(code: str, status: str) -> None:
    """As in the test mode of the vendor."""
    stage = easypost()
    made = stage.call("POST", "/v2/trackers", {"tracker": {"tracking_code": code}})
    stage.advance(3 * SECOND)
    assert data(stage.call("GET", f"/v2/trackers/{data(made)['id']}"))["status"] == status


def test_a_label_is_given_back_only_before_its_first_scan() -> None:
    """Then its fees come back as well."""
    stage = easypost()
    label = stage.do("buy_label")
    stage.do("void_label", about=label)
    assert all(fee["refunded"] for fee in stage.committed("shipment")[-1]["fees"])
    used = stage.do("buy_label")
    stage.do("scan", {"status": "in_transit"}, about=used)
    with pytest.raises(UnknownAction, match="has been used"):
        stage.do("void_label", about=used)


def test_charges_come_after_the_fact() -> None:
    """A heavier parcel costs more, days later."""
    stage = easypost()
    label = stage.do("buy_label")
    stage.do("adjust_charge", {"amount": "2.30"}, about=label)
    assert stage.committed("shipment")[-1]["fees"][-1]["amount"] == "2.30000"


def test_shipments_are_listed_in_pages_of_a_window() -> None:
    """The newest first; what was only quoted is not among them."""
    stage = easypost(page_size=2)
    for _ in range(3):
        stage.do("buy_label")
        stage.advance(MINUTE)
    quoted(stage)
    page = data(stage.call("GET", "/v2/shipments?start_datetime=2026-03-02T08:00:00Z"))
    last = page["shipments"][-1]["id"]
    rest = data(stage.call("GET", f"/v2/shipments?before_id={last}"))

    assert ([one["id"][-1] for one in page["shipments"]], page["has_more"]) == (["3", "2"], True)
    assert ([one["id"][-1] for one in rest["shipments"]], rest["has_more"]) == (["1"], False)


def test_a_failed_webhook_comes_again_and_a_flood_is_throttled() -> None:
    """Strangers get nothing at all."""
    stage = easypost(bucket_size=1)
    stage.do("buy_label")
    stage.advance(3 * SECOND)
    stage.fail(stage.emitted[0])
    stage.advance(2 * MINUTE)
    assert [one.attempt for one in stage.emitted] == [1, 2]
    answers = [stage.call("GET", "/v2/trackers/trk_x").status for _ in range(2)]
    assert answers == [404, 429]
    stranger = stage.call("GET", "/v2/shipments", headers={"Authorization": "Basic eA=="})
    assert stranger.status == 401


@given(st.lists(st.sampled_from(STATUSES), max_size=12))
def test_a_tracker_says_what_was_scanned_last(statuses: list[str]) -> None:
    """And keeps every scan in its order."""
    stage = easypost()
    parcel = stage.do("follow", {"tracking_code": "EZ7000000007"})
    for status in statuses:
        stage.advance(SECOND)
        stage.do("scan", {"status": status}, about=parcel)
    shown = stage.committed("tracker")[-1]
    assert shown["status"] == (statuses[-1] if statuses else "unknown")
    assert [one["status"] for one in shown["tracking_details"]] == statuses
