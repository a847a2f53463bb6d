"""A carrier reached directly: its labels, limits, scans and alerts."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.simulators.base import UnknownAction
from harness.simulators.ups.codes import is_tracking_number, tracking_number
from harness.timing import DAY, HOUR, MINUTE, SECOND
from tests.simulators.stage import data, header
from tests.simulators.ups_account import TRACK, Account, address, package, shipment


def test_a_label_is_made_and_tracked() -> None:
    """Each package of a shipment has a number of its own, and is known before it is handed over."""
    ups = Account()
    answer = data(ups.ship(Package=[package(), package("4")]))["ShipmentResponse"]
    results = answer["ShipmentResults"]
    first, second = (one["TrackingNumber"] for one in results["PackageResults"])
    assert results["ShipmentIdentificationNumber"] == first != second
    assert results["ShipmentCharges"]["TotalCharges"]["MonetaryValue"] == "22.70"
    assert results["BillingWeight"]["Weight"] == "000006.5"
    tracked = ups.track(second)
    assert tracked["currentStatus"]["type"] == "M"
    assert tracked["packageCount"] == 2
    assert [key for name, key, _ in ups.stage.commits if name == "package"] == [first, second]


def test_asked_twice_it_makes_two_labels() -> None:
    """No key tells a repeated request, so that whoever repeats one pays twice."""
    ups = Account()
    assert ups.number() != ups.number()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"ShipTo": {"Name": "x" * 36, "Address": address()}}, "120200"),
        ({"ShipTo": {"Name": "A", "AttentionName": "x" * 36, "Address": address()}}, "120201"),
        ({"ShipTo": {"Name": "A", "Address": address(AddressLine=["x"] * 4)}}, "120202"),
        ({"ShipTo": {"Name": "A", "Address": address(City="x" * 31)}}, "120205"),
        ({"ShipTo": {"Name": "A", "Address": address(StateProvinceCode="Kansas")}}, "120206"),
        ({"ShipTo": {"Name": "A", "Phone": {"Number": "1" * 16}, "Address": address()}}, "120213"),
        ({"Shipper": {"Name": "G", "ShipperNumber": "0", "Address": address()}}, "120120"),
        ({"Service": {"Code": "99"}}, "120500"),
        ({"Package": []}, "120600"),
        ({"Package": package(Packaging={})}, "120601"),
        ({"Package": package("1.2345")}, "120602"),
        ({"Package": package("151")}, "120602"),
        ({"Package": package("69", "KGS")}, "120602"),
        ({"Package": package(Dimensions={"Length": "1000"})}, "120603"),
        ({"Package": package(ReferenceNumber={"Value": "x" * 36})}, "120541"),
        ({"ShipTo": None}, "9260000"),
    ],
)
def test_what_does_not_fit_is_refused(changed: dict[str, Any], code: str) -> None:
    """A part that is missing or too long is named by its code, and no label is made."""
    ups = Account()
    answer = ups.ship(**changed)
    assert answer.status == 400
    assert [error["code"] for error in data(answer)["response"]["errors"]] == [code]
    assert not ups.stage.commits


def test_the_label_shows_less_than_was_taken() -> None:
    """A city is cut to what is printed, and other letters become question marks."""
    ups = Account()
    long = address(City="Llanfairpwllgwyngyll", AddressLine=["Ulica Świętego 5^XZ"])
    results = data(ups.ship(ShipTo={"Name": "Żaneta", "Address": long}))["ShipmentResponse"]
    (made,) = results["ShipmentResults"]["PackageResults"]
    label = base64.b64decode(made["ShippingLabel"]["GraphicImage"]).decode("latin-1")
    assert "^FDLlanfairpwllgwy CA 94107^FS" in label
    assert "^FD?aneta^FS" in label
    assert "Ulica ?wi?tego 5 XZ" in label


def test_rates_grow_with_the_weight() -> None:
    """Shopping gives a price of each service, asking for one gives that of the label."""
    ups = Account()
    body = {"RateRequest": {"Shipment": shipment(Package=package("10"))}}
    shopped = data(ups.call("POST", "/api/rating/v2409/Shop", body))["RateResponse"]
    prices = {
        one["Service"]["Code"]: one["TotalCharges"]["MonetaryValue"]
        for one in shopped["RatedShipment"]
    }
    assert prices == {"01": "50.10", "02": "31.55", "03": "15.38"}
    (rated,) = data(ups.call("POST", "/api/rating/v2409/Rate", body))["RateResponse"][
        "RatedShipment"
    ]
    assert rated["TotalCharges"]["MonetaryValue"] == prices["03"]
    assert ups.call("POST", "/api/rating/v2409/Guess", body).status == 404


def test_addresses_are_known_by_their_postcode() -> None:
    """A postcode of the right form gives a candidate, another none, a foreign one an error."""
    ups = Account()

    def asked(**form: str) -> Any:
        body = {"XAVRequest": {"AddressKeyFormat": {"CountryCode": "US", **form}}}
        return ups.call("POST", "/api/addressvalidation/v2/1", body)

    found = data(asked(PostcodePrimaryLow="94107-1234"))["XAVResponse"]
    assert found["Candidate"][0]["AddressKeyFormat"]["PostcodePrimaryLow"] == "94107"
    assert "NoCandidatesIndicator" in data(asked(PostcodePrimaryLow="9410"))["XAVResponse"]
    assert asked(CountryCode="DE").status == 400


def test_a_label_is_voided_until_it_is_scanned() -> None:
    """A voided label is no good any more; one in hand, old or unknown cannot be voided."""
    ups = Account(void_window=2 * DAY)
    good, scanned = ups.number(), ups.number()
    void = "/api/shipments/v2409/void/cancel"
    done = ups.call("DELETE", f"{void}/{good}?trackingnumber={good}")
    assert data(done)["VoidShipmentResponse"]["SummaryResult"]["Status"]["Description"] == "Voided"
    assert ups.track(good)["currentStatus"]["type"] == "MV"
    recovery = {"LabelRecoveryRequest": {"TrackingNumber": good}}
    assert ups.call("POST", "/api/labels/v1/recovery", recovery).status == 400
    ups.stage.do("pick_up", {"tracking_number": scanned})
    old = ups.number()
    ups.stage.advance(3 * DAY)
    answers = [_renewed(ups).call("DELETE", f"{void}/{one}") for one in (good, scanned, old, "1Z")]
    codes = [data(one)["response"]["errors"][0]["code"] for one in answers]
    assert codes == ["190117", "190101", "190102", "190102"]


def test_a_label_is_given_again() -> None:
    """Recovering a label gives the same image, and makes no other."""
    ups = Account()
    made = data(ups.ship())["ShipmentResponse"]["ShipmentResults"]["PackageResults"][0]
    body = {"LabelRecoveryRequest": {"TrackingNumber": made["TrackingNumber"]}}
    answer = data(ups.call("POST", "/api/labels/v1/recovery", body))["LabelRecoveryResponse"]
    image = answer["LabelResults"][0]["LabelImage"]["GraphicImage"]
    assert image == made["ShippingLabel"]["GraphicImage"]


def test_scans_show_both_clocks() -> None:
    """A scan bears the time at its place and that of Greenwich, which may be of another day."""
    ups = Account()
    number = ups.number()
    ups.stage.do(
        "pick_up", {"tracking_number": number, "zone": "Asia/Tokyo", "city": "Tokyo", "ago": "1h"}
    )
    scan = next(one for one in ups.track(number)["activity"] if one["status"]["type"] == "P")
    assert scan["gmtOffset"] == "+09:00"
    assert scan["location"]["address"] == {"city": "Tokyo"}
    local, gmt = int(scan["time"][:2]), int(scan["gmtTime"][:2])
    assert (local - gmt) % 24 == 9


def test_a_late_scan_leads_nowhere_back() -> None:
    """The status is that of the latest scan by its own time, not of the one heard last."""
    ups = Account()
    number = ups.number()
    ups.stage.advance(3 * HOUR + 30 * MINUTE)
    ups.stage.do("out_for_delivery", {"tracking_number": number})
    ups.stage.do("arrive", {"tracking_number": number, "ago": "3h"})
    tracked = ups.track(number)
    assert tracked["currentStatus"]["type"] == "O"
    assert [one["status"]["type"] for one in tracked["activity"]] == ["O", "I", "M"]


def test_a_parcel_travels_to_the_door() -> None:
    """It goes its way scan by scan, and ends delivered, with who took it."""
    ups = Account()
    number = ups.number()
    ups.stage.do("travel", {"tracking_number": number, "received_by": "QUIST"})
    ups.stage.advance(2 * DAY)
    tracked = _renewed(ups).track(number)
    assert [one["status"]["type"] for one in tracked["activity"]] == ["D", "O", "I", "I", "P", "M"]
    assert tracked["deliveryInformation"]["receivedBy"] == "QUIST"
    assert tracked["deliveryDate"][0]["type"] == "DEL"
    with pytest.raises(UnknownAction, match="is at its end"):
        ups.stage.do("depart", {"tracking_number": number})


def test_alerts_are_told_until_they_end() -> None:
    """Scans are told with the subscriber's credential; after 14 days nothing is, silently."""
    ups = Account()
    number = ups.number()
    asked = {"trackingNumberList": [number, "1Z"], "destination": {"credential": "sesame"}}
    answer = data(ups.call("POST", "/api/track/v1/subscription/standard/package", asked))
    assert answer == {"validTrackingNumbers": [number], "invalidTrackingNumbers": ["1Z"]}
    ups.stage.do("pick_up", {"tracking_number": number})
    (told,) = ups.stage.emitted
    assert header(told, "Credential") == "sesame"
    assert told.key == number
    ups.stage.fail(told)
    ups.stage.advance(HOUR)
    assert [one.attempt for one in ups.stage.emitted] == [1, 2]
    ups.stage.advance(14 * DAY)
    ups.stage.do("deliver", {"tracking_number": number})
    assert len(ups.stage.emitted) == 2
    ups.stage.do("renew_alert", {"tracking_number": number})
    ups.stage.do("return_to_sender", {"tracking_number": number})
    assert len(ups.stage.emitted) == 3


@pytest.mark.parametrize("numbers", [[], ["1Z"] * 101, "1Z"])
def test_an_alert_takes_a_hundred_numbers(numbers: Any) -> None:
    """More, fewer or no list of them are refused."""
    asked = {"trackingNumberList": numbers, "destination": {"credential": "sesame"}}
    answer = Account().call("POST", "/api/track/v1/subscription/standard/package", asked)
    assert answer.status == 400


def test_a_parcel_is_found_by_its_reference_or_shipment() -> None:
    """The reference gives every package that bears it, the shipment its packages page by page."""
    ups = Account()
    number = ups.number(Package=[package(), package()])
    found = data(ups.call("GET", "/api/track/v1/reference/details/1001"))["trackResponse"]
    assert len(found["shipment"][0]["package"]) == 2
    path = f"/api/track/v1/shipment/details/{number}"
    page = data(ups.call("GET", f"{path}?offset=1&count=5"))["trackResponse"]
    assert len(page["shipment"][0]["package"]) == 1
    assert ups.call("GET", f"{path}?count=x").status == 400
    assert ups.call("GET", "/api/track/v1/reference/details/9").status == 404


def test_what_is_not_known_is_not_found() -> None:
    """A wrong check digit is no number; an unknown or forgotten one has no information."""
    ups = Account()
    number = ups.number()
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert ups.call("GET", f"{TRACK}/{wrong}").status == 400
    assert ups.call("GET", f"{TRACK}/{tracking_number('GL0001', '03', 9)}").status == 404
    assert ups.call("GET", f"{TRACK}/{number}", headers=()).status == 400
    ups.stage.advance(121 * DAY)
    assert _renewed(ups).call("GET", f"{TRACK}/{number}").status == 404


def test_who_is_not_known_is_not_let_in() -> None:
    """A wrong secret gives no token, and an old token is refused."""
    ups = Account()
    assert ups.ask_token("bm9ib2R5OjE=").status == 401
    assert ups.ask_token("?").status == 401
    ups.stage.advance(4 * HOUR)
    answer = ups.call("GET", f"{TRACK}/1Z")
    assert answer.status == 401
    assert data(answer)["response"]["errors"][0]["code"] == "250002"


def test_too_many_calls_are_refused() -> None:
    """The calls over the limit are answered 429, and taken again a second later."""
    ups = Account(calls_at_once=2, calls_per_second=1)
    assert [ups.ship().status for _ in range(3)] == [200, 200, 429]
    ups.stage.advance(SECOND)
    assert ups.ship().status == 200


def test_a_scenario_is_told_what_cannot_be() -> None:
    """An action that makes no sense says why."""
    ups = Account()
    for action, payload, match in (
        ("pick_up", {"tracking_number": "1Z"}, "there is no package"),
        ("fly", None, "has no action"),
        ("ship", {"service": "99"}, "120500"),
        ("pick_up", [], "is an object"),
    ):
        with pytest.raises(UnknownAction, match=match):
            ups.stage.do(action, payload)
    handle = ups.stage.do("ship", {"reference": "7"})
    ups.stage.do("void_label", None, handle)
    with pytest.raises(UnknownAction, match="190117"):
        ups.stage.do("void_label", None, handle)
    assert ups.stage.simulator.snapshot()["parcel"] == [{"package": handle["key"], "status": "MV"}]


def test_a_published_number_is_right() -> None:
    """The number of UPS's own documentation has the check digit that we compute."""
    assert is_tracking_number("1Z999AA10123456784")
    assert not is_tracking_number("1Z999AA10123456785")


@given(st.from_regex("[0-9A-Z]{6}", fullmatch=True), st.integers(0, 9_999_999), st.integers(0, 17))
def test_one_wrong_digit_is_seen(shipper: str, serial: int, at: int) -> None:
    """Every number we make is one, and changing a digit of it makes another or none."""
    number = tracking_number(shipper, "03", serial)
    assert is_tracking_number(number)
    if number[at].isdecimal() and at % 2 == 0 and at > 1:
        changed = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
        assert not is_tracking_number(changed)


def _renewed(ups: Account) -> Account:
    ups.token = data(ups.ask_token())["access_token"]
    return ups
