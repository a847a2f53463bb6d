"""EasyPost: labels that are bought once, refunds, lists, keys and limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from harness.simulators.base import Call, Reply, UnknownAction
from harness.simulators.profiles import Profile
from harness.timing import DAY, HOUR, MINUTE, SECOND
from tests.simulators.stage import Stage, data, system

SHIPMENTS = "/v2/shipments"


@pytest.fixture
def easypost() -> Stage:
    """Return an account without shipments."""
    return Stage("easypost")


def with_numbers(**numbers: Any) -> Stage:
    """Return an account with other habits."""
    return Stage("easypost", Profile(numbers=numbers))


def address(**changes: Any) -> dict[str, Any]:
    """Return an address that can be found."""
    place = {"street1": "179 N Harbor Dr", "city": "Redondo Beach", "state": "CA"}
    return {"name": "Ada Quist", **place, "zip": "90277", "country": "US", **changes}


def request(**changes: Any) -> dict[str, Any]:
    """Return what rates are asked for with."""
    body = {"to_address": address(), "from_address": address(), "parcel": {"weight": 15.4}}
    return {"shipment": {"reference": "1001", **body, **changes}}


def quoted(easypost: Stage, **changes: Any) -> dict[str, Any]:
    """Ask for rates."""
    answer = easypost.call("POST", SHIPMENTS, request(**changes))
    assert answer.status == 201, answer.body
    found: dict[str, Any] = data(answer)
    return found


def buy(easypost: Stage, shipment: dict[str, Any], carrier: str = "UPS", **also: Any) -> Reply:
    """Buy the label of a carrier's first rate."""
    rate = next(one for one in shipment["rates"] if one["carrier"] == carrier)
    path = f"{SHIPMENTS}/{shipment['id']}/buy"
    return easypost.call("POST", path, {"rate": {"id": rate["id"]}, **also})


def bought(easypost: Stage, **changes: Any) -> dict[str, Any]:
    """Ask for rates, and buy a label."""
    answer = buy(easypost, quoted(easypost, **changes))
    assert answer.status == 200, answer.body
    found: dict[str, Any] = data(answer)
    return found


def code(answer: Reply) -> str:
    """Return the code of a refusal."""
    found: str = data(answer)["error"]["code"]
    return found


def refund(easypost: Stage, shipment: dict[str, Any]) -> Reply:
    """Ask for the refund of a label."""
    return easypost.call("POST", f"{SHIPMENTS}/{shipment['id']}/refund")


# Labels.


def test_a_label_is_quoted_and_bought(easypost: Stage) -> None:
    """Buying charges the fees of the rate, and the tracker begins as unknown."""
    shipment = data(buy(easypost, quoted(easypost), insurance="249.99"))
    assert [(fee["type"], fee["amount"]) for fee in shipment["fees"]] == [
        ("PostageFee", "5.57000"),
        ("LabelFee", "0.01000"),
        ("InsuranceFee", "2.50000"),
    ]
    assert shipment["selected_rate"]["currency"] == "USD"
    assert shipment["tracking_code"] == shipment["tracker"]["tracking_code"] == "EZ0000000001"
    assert (shipment["status"], shipment["tracker"]["tracking_details"]) == ("unknown", [])
    assert easypost.commits[-1][:2] == ("shipment", shipment["id"])
    assert easypost.committed("shipment")[-1]["id"] == shipment["id"]


def test_a_label_is_paid_once(easypost: Stage) -> None:
    """A second purchase is refused, and costs nothing."""
    shipment = quoted(easypost)
    first = data(buy(easypost, shipment))
    again = buy(easypost, shipment)
    assert (again.status, code(again)) == (422, "SHIPMENT.POSTAGE.EXISTS")
    assert data(easypost.call("GET", f"{SHIPMENTS}/{shipment['id']}"))["fees"] == first["fees"]


def test_a_shipment_that_is_asked_for_twice_is_two(easypost: Stage) -> None:
    """Nothing protects who repeats a purchase with a new shipment: two labels, paid twice."""
    bodies = [bought(easypost), bought(easypost)]
    assert len({one["id"] for one in bodies}) == len({one["tracking_code"] for one in bodies}) == 2
    assert len(easypost.simulator.snapshot()["label"]) == 2


def test_one_call_can_rate_and_buy(easypost: Stage) -> None:
    """A request that names a service comes back with its label."""
    wanted = {"service": "Ground", "carrier_accounts": ["ca_ups"]}
    shipment = quoted(easypost, **wanted)
    assert (shipment["selected_rate"]["carrier"], shipment["tracking_code"]) == (
        "UPS",
        "EZ0000000001",
    )
    missing = easypost.call("POST", SHIPMENTS, request(service="Teleport"))
    assert (missing.status, code(missing)) == (422, "SHIPMENT.POSTAGE.FAILURE")


def test_the_heavier_the_dearer(easypost: Stage) -> None:
    """Each ounce beyond the first pound costs more, and a begun one counts."""
    prices = [quoted(easypost, parcel={"weight": w})["rates"][0]["rate"] for w in (16, 16.1, 17)]
    assert prices == ["5.57", "5.68", "5.68"]


@pytest.mark.parametrize(
    ("changes", "field", "wrong"),
    [
        ({"parcel": {}}, "parcel.weight", "REQUIRED"),
        ({"parcel": {"weight": 0}}, "parcel.weight", "TOO_SMALL"),
        ({"parcel": {"weight": "heavy"}}, "parcel.weight", "TYPE"),
        ({"to_address": address(country="XX")}, "to_address.country", "UNKNOWN_COUNTRY"),
        ({"to_address": address(street1=None)}, "to_address.street1", "REQUIRED"),
        ({"to_address": "here"}, "to_address.street1", "REQUIRED"),
        ({"insurance": "-1"}, "insurance", "TOO_SMALL"),
    ],
)
def test_what_is_not_as_it_should_be_is_refused(
    easypost: Stage, changes: dict[str, Any], field: str, wrong: str
) -> None:
    """Each field that is wrong is named."""
    answer = easypost.call("POST", SHIPMENTS, request(**changes))
    assert (answer.status, code(answer)) == (422, "SHIPMENT.INVALID_PARAMS")
    named = {one["field"]: one["code"] for one in data(answer)["error"]["errors"]}
    assert named[field] == wrong


@pytest.mark.parametrize(
    ("path", "body", "status", "expected"),
    [
        (SHIPMENTS, b"{", 400, "PARAMETER.INVALID"),
        (SHIPMENTS, [], 400, "PARAMETER.INVALID"),
        (SHIPMENTS, {}, 422, "PARAMETER.REQUIRED"),
        ("/v2/trackers", {"tracker": {}}, 422, "TRACKER.CREATE.ERROR"),
        ("/v2/parcels", {"parcel": {}}, 422, "PARCEL.PARAMETERS.INVALID"),
        ("/v2/addresses", {"address": {}}, 422, "ADDRESS.PARAMETERS.INVALID"),
        ("/v2/refunds", {"refund": {}}, 422, "PARAMETER.REQUIRED"),
        ("/v2/shipments/shp_0/buy", {}, 404, "NOT_FOUND"),
        ("/v2/nothing", {}, 404, "NOT_FOUND"),
    ],
)
def test_each_refusal_has_its_code(
    easypost: Stage, path: str, body: Any, status: int, expected: str
) -> None:
    """Refusals have one shape, and nothing is committed."""
    answer = easypost.call("POST", path, body)
    assert (answer.status, code(answer)) == (status, expected)
    assert set(data(answer)["error"]) == {"code", "message", "errors"}
    assert easypost.commits == []


def test_carriers_refuse_long_lines(easypost: Stage) -> None:
    """Rates are given all the same; the label is refused, and the next carrier may take it."""
    shipment = quoted(easypost, to_address=address(name="x" * 36))
    refused = buy(easypost, shipment)
    assert code(refused) == "SHIPMENT.POSTAGE.FAILURE"
    assert "to_address.name has 36 characters; at most 35" in data(refused)["error"]["message"]
    assert buy(easypost, shipment, "USPS").status == 200


def test_a_border_needs_a_customs_declaration(easypost: Stage) -> None:
    """Within the Union there is none."""
    german, french = address(country="DE", zip="01067"), address(country="FR", zip="75001")
    refused = buy(easypost, quoted(easypost, to_address=german))
    assert code(refused) == "SHIPMENT.CUSTOMS_INFO.REQUIRED"
    assert buy(easypost, quoted(easypost, to_address=german, from_address=french)).status == 200
    declared = quoted(easypost, to_address=german, customs_info={"contents_type": "merchandise"})
    assert buy(easypost, declared).status == 200


def test_a_carrier_that_is_away_gives_no_rate(easypost: Stage) -> None:
    """Why is said beside the rates; a rate from before is worth nothing meanwhile."""
    before = quoted(easypost)
    easypost.do("close_carrier", {"carrier": "UPS"})
    shipment = quoted(easypost)
    assert "UPS" not in {rate["carrier"] for rate in shipment["rates"]}
    assert [one["carrier"] for one in shipment["messages"]] == ["UPS"]
    assert code(buy(easypost, before)) == "SHIPMENT.POSTAGE.FAILURE"
    easypost.do("open_carrier", {"carrier": "UPS"})
    rated = data(easypost.call("POST", f"{SHIPMENTS}/{shipment['id']}/rerate"))
    assert buy(easypost, rated).status == 200


def test_without_money_there_are_no_labels(easypost: Stage) -> None:
    """The wallet is empty until it is filled."""
    shipment = quoted(easypost)
    easypost.do("empty_wallet")
    refused = buy(easypost, shipment)
    assert (refused.status, code(refused)) == (402, "PAYMENT_REQUIRED")
    easypost.do("fill_wallet")
    assert buy(easypost, shipment).status == 200


# Addresses and parcels.


def test_an_address_is_verified(easypost: Stage) -> None:
    """It comes back as carriers print it, and can be used by its id."""
    answer = easypost.call("POST", "/v2/addresses", {"address": address(), "verify": True})
    shown = data(answer)
    assert (answer.status, shown["city"]) == (201, "REDONDO BEACH")
    assert shown["verifications"]["delivery"]["success"] is True
    read = data(easypost.call("GET", f"/v2/addresses/{shown['id']}/verify"))
    assert read["address"]["id"] == shown["id"]
    parcel = data(easypost.call("POST", "/v2/parcels", {"parcel": {"weight": 3}}))
    shipment = quoted(easypost, to_address={"id": shown["id"]}, parcel={"id": parcel["id"]})
    assert (shipment["to_address"]["city"], shipment["parcel"]["weight"]) == ("REDONDO BEACH", 3)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"zip": "1234"}, "E.ZIP.INVALID"),
        ({"street1": "000 unknown street"}, "E.ADDRESS.NOT_FOUND"),
        ({"city": None}, "E.CITY_STATE.INVALID"),
    ],
)
def test_an_address_that_is_not_found_is_told(
    easypost: Stage, wrong: dict[str, Any], expected: str
) -> None:
    """Verified loosely it is kept with its errors; strictly it is refused."""
    body = address(**wrong)
    kept = data(easypost.call("POST", "/v2/addresses", {"address": body, "verify": True}))
    outcome = kept["verifications"]["delivery"]
    assert (outcome["success"], outcome["errors"][0]["code"]) == (False, expected)
    strict = easypost.call("POST", "/v2/addresses", {"address": body, "verify_strict": True})
    assert (strict.status, code(strict)) == (422, "ADDRESS.VERIFY.FAILURE")


# Refunds.


def test_a_refund_is_granted_in_the_carriers_own_time(easypost: Stage) -> None:
    """Fees stay charged for days, come back all at once, and the label is no longer good."""
    shipment = bought(easypost)
    asked = data(refund(easypost, shipment))
    assert asked["refund_status"] == "submitted"
    assert not any(fee["refunded"] for fee in asked["fees"])
    easypost.advance(15 * DAY)
    (row,) = easypost.simulator.snapshot()["label"]
    assert (row["status"], row["charged"]) == ("refunded", row["paid_back"])
    (listed,) = data(easypost.call("GET", "/v2/refunds"))["refunds"]
    assert (listed["status"], listed["shipment_id"]) == ("refunded", shipment["id"])
    assert data(easypost.call("GET", f"/v2/refunds/{listed['id']}")) == listed
    assert easypost.simulator.snapshot()["parcel"][0]["status"] == "cancelled"


def test_a_label_that_was_used_is_not_refunded(easypost: Stage) -> None:
    """Scanned before it was asked for: refused. Scanned after: rejected, and nothing comes back."""
    used, late = bought(easypost), bought(easypost)
    easypost.do("pick_up", {"tracking_code": used["tracking_code"]})
    refused = refund(easypost, used)
    assert (refused.status, code(refused)) == (422, "SHIPMENT.REFUND.UNAVAILABLE")
    refund(easypost, late)
    easypost.do("pick_up", {"tracking_code": late["tracking_code"]})
    easypost.advance(15 * DAY)
    shown = data(easypost.call("GET", f"{SHIPMENTS}/{late['id']}"))
    assert shown["refund_status"] == "rejected"
    assert not any(fee["refunded"] for fee in shown["fees"])


@pytest.mark.parametrize(("carrier", "days"), [("UPS", 90), ("USPS", 30)])
def test_a_label_is_refunded_within_its_window(easypost: Stage, carrier: str, days: int) -> None:
    """The carrier says how long; a moment later is too late."""
    shipment = data(buy(easypost, quoted(easypost), carrier))
    easypost.advance(days * DAY + SECOND)
    assert code(refund(easypost, shipment)) == "SHIPMENT.REFUND.UNAVAILABLE"
    fresh = data(buy(easypost, quoted(easypost), carrier))
    easypost.advance(days * DAY)
    assert data(refund(easypost, fresh))["refund_status"] == "submitted"


def test_refunds_are_asked_for_once(easypost: Stage) -> None:
    """What is asked for or paid back cannot be again; what was rejected can."""
    shipment = bought(easypost)
    label = {"message": "shipment", "key": shipment["id"]}
    refund(easypost, shipment)
    assert code(refund(easypost, shipment)) == "SHIPMENT.REFUND.UNAVAILABLE"
    easypost.do("decide_refund", {"granted": False}, label)
    assert data(refund(easypost, shipment))["refund_status"] == "submitted"
    easypost.do("decide_refund", None, label)
    assert code(refund(easypost, shipment)) == "SHIPMENT.REFUND.UNAVAILABLE"
    assert code(refund(easypost, quoted(easypost))) == "SHIPMENT.REFUND.UNAVAILABLE"


def test_what_is_billed_on_scan_has_nothing_to_refund(easypost: Stage) -> None:
    """The carrier says so, and never decides."""
    shipment = data(buy(easypost, quoted(easypost), "DHLExpress"))
    assert data(refund(easypost, shipment))["refund_status"] == "not_applicable"
    easypost.advance(30 * DAY)
    assert easypost.simulator.snapshot()["label"][0]["paid_back"] == 0


def test_refunds_are_asked_for_by_tracking_code(easypost: Stage) -> None:
    """Several at once; a code that is not known is refused."""
    shipment = bought(easypost)
    body = {"refund": {"carrier": "UPS", "tracking_codes": [shipment["tracking_code"]]}}
    answer = easypost.call("POST", "/v2/refunds", body)
    assert (answer.status, data(answer)[0]["status"]) == (201, "submitted")
    unknown = {"refund": {"carrier": "UPS", "tracking_codes": ["EZ9"]}}
    assert easypost.call("POST", "/v2/refunds", unknown).status == 404


def test_a_label_given_back_by_hand_costs_nothing_at_once(easypost: Stage) -> None:
    """In a scenario nobody waits for the carrier."""
    label = easypost.do("buy_label", {"reference": "1001"})
    easypost.do("void_label", None, label)
    assert all(fee["refunded"] for fee in easypost.committed("shipment")[-1]["fees"])
    used = easypost.do("buy_label")
    easypost.do("pick_up", None, used)
    with pytest.raises(UnknownAction, match="The parcel has been shipped"):
        easypost.do("void_label", None, used)


def test_charges_come_after_the_fact(easypost: Stage) -> None:
    """A parcel that was heavier than declared costs more, days later."""
    label = easypost.do("buy_label")
    easypost.advance(3 * DAY)
    easypost.do("adjust_charge", {"amount": "2.30", "reason": "weight"}, label)
    fee = easypost.committed("shipment")[-1]["fees"][-1]
    assert (fee["type"], fee["amount"]) == ("PostageFee", "2.30000")
    assert easypost.simulator.snapshot()["label"][0]["charged"] == Decimal("7.88")
    with pytest.raises(UnknownAction, match="say how much"):
        easypost.do("adjust_charge", None, label)


def test_two_changes_of_a_label_bear_two_instants(easypost: Stage) -> None:
    """The instant of the last change grows with each, so that a reader can tell which is newer."""
    label = easypost.do("buy_label")
    for amount in ("1", "2", "3"):
        easypost.do("adjust_charge", {"amount": amount}, label)
    instants = [body["updated_at"] for body in easypost.committed("shipment")]
    assert instants == sorted(set(instants))


# Lists.


def test_shipments_are_listed_page_by_page(easypost: Stage) -> None:
    """The newest first; what was only quoted is not among them, unless it is asked for."""
    ids = []
    for _ in range(5):
        ids.append(bought(easypost)["id"])
        easypost.advance(MINUTE)
    quoted(easypost)
    seen: list[str] = []
    path, more = f"{SHIPMENTS}?page_size=2", True
    while more:
        page = data(easypost.call("GET", path))
        seen += [one["id"] for one in page["shipments"]]
        path, more = f"{SHIPMENTS}?page_size=2&before_id={seen[-1]}", page["has_more"]
        easypost.advance(SECOND)
    assert seen == ids[::-1]
    newer = data(easypost.call("GET", f"{SHIPMENTS}?page_size=2&after_id={ids[1]}"))
    assert [one["id"] for one in newer["shipments"]] == [ids[3], ids[2]]
    assert newer["has_more"]
    every = data(easypost.call("GET", f"{SHIPMENTS}?purchased=false"))["shipments"]
    assert len(every) == 6


def test_a_list_has_a_window(easypost: Stage) -> None:
    """From its beginning on, and before its end; by itself it reaches back a month."""
    first = bought(easypost)
    easypost.advance(20 * DAY)
    second = bought(easypost)
    easypost.advance(11 * DAY)

    def listed(query: str) -> list[str]:
        easypost.advance(SECOND)
        page = data(easypost.call("GET", f"{SHIPMENTS}{query}"))
        return [one["id"] for one in page["shipments"]]

    assert listed("") == [second["id"]]
    window = "?start_datetime={}&end_datetime={}"
    made = (first["created_at"], second["created_at"])
    assert listed(window.format(*made)) == [first["id"]]
    assert listed(f"?start_datetime={made[0]}") == [second["id"], first["id"]]


@pytest.mark.parametrize(
    "query",
    [
        "page_size=0",
        "page_size=x",
        "start_datetime=today",
        "start_datetime=2026-03-05T00:00:00Z&end_datetime=2026-03-04T00:00:00Z",
        "start_datetime=2026-01-01T00:00:00Z&end_datetime=2026-03-04T00:00:00Z",
        "before_id=shp_1&after_id=shp_1",
    ],
)
def test_a_question_that_makes_no_sense_is_refused(easypost: Stage, query: str) -> None:
    """Nothing is guessed about what was meant."""
    assert code(easypost.call("GET", f"{SHIPMENTS}?{query}")) == "PARAMETER.INVALID"


# Keys and limits.


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 401),
        ("Basic %%%", 401),
        ("Basic b3RoZXI6", 403),
        ("Bearer other", 403),
        ("Basic a2V5Og==", 200),
        ("basic a2V5Og==", 200),
        ("Bearer key", 200),
    ],
)
def test_only_the_key_lets_in(easypost: Stage, header: str | None, status: int) -> None:
    """The key is the user of Basic authentication, without a password."""
    headers = () if header is None else (("Authorization", header),)
    url = system("easypost").base_urls[0] + SHIPMENTS
    assert easypost.simulator.handle(Call("GET", url, headers)).status == status


def test_a_key_is_revoked(easypost: Stage) -> None:
    """From one moment to the next nothing goes, until the key is restored."""
    easypost.do("revoke_key")
    refused = easypost.call("GET", SHIPMENTS)
    assert (refused.status, code(refused)) == (403, "APIKEY.INACTIVE")
    easypost.do("restore_key")
    assert easypost.call("GET", SHIPMENTS).status == 200


def test_lists_are_limited_more_than_other_calls(easypost: Stage) -> None:
    """Five lists in a second, then 429; single things can still be read."""
    statuses = [easypost.call("GET", SHIPMENTS).status for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    assert code(easypost.call("GET", SHIPMENTS)) == "RATE_LIMITED"
    assert easypost.call("GET", f"{SHIPMENTS}/shp_0").status == 404
    easypost.advance(SECOND)
    assert easypost.call("GET", SHIPMENTS).status == 200


def test_other_calls_are_limited_too() -> None:
    """A flood is throttled, and what was throttled was not done."""
    easypost = with_numbers(calls_at_once=2)
    statuses = [easypost.call("POST", SHIPMENTS, request()).status for _ in range(3)]
    assert statuses == [201, 201, 429]
    every = data(easypost.call("GET", f"{SHIPMENTS}?purchased=false"))["shipments"]
    assert len(every) == 2


@pytest.mark.parametrize(
    ("action", "payload", "reason"),
    [
        ("buy_label", {"carrier": "Owl"}, "there are: UPS Ground"),
        ("buy_label", {"to_address": 1}, "to_address is an object"),
        ("buy_label", {"parcel": {"weight": "x"}}, "SHIPMENT.INVALID_PARAMS"),
        ("void_label", {"reference": "7"}, "there is no label for '7'"),
        ("close_carrier", None, "say which"),
        ("follow", None, "say which"),
        ("deliver", {"tracking_code": "EZ9"}, "there is no label"),
        ("fly", None, "has no action"),
        ("buy_label", [], "is an object"),
    ],
)
def test_an_action_that_makes_no_sense_is_explained(
    easypost: Stage, action: str, payload: Any, reason: str
) -> None:
    """A scenario that asks for something odd is told what is odd."""
    with pytest.raises(UnknownAction, match=reason):
        easypost.do(action, payload)


def test_an_hour_of_quiet_changes_nothing(easypost: Stage) -> None:
    """What was looked at twice is the same twice."""
    shipment = bought(easypost)
    easypost.advance(HOUR)
    path = f"{SHIPMENTS}/{shipment['id']}"
    assert easypost.call("GET", path).body == easypost.call("GET", path).body
