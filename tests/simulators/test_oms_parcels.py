"""Parcels, marketplace orders and returns of the OMS."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import landscape
from harness.landscape import Message
from harness.mapping import parse_path, read_all
from harness.simulators.base import Reply, UnknownAction
from harness.simulators.bounds import objections
from harness.simulators.oms import Oms
from harness.simulators.profiles import Profile
from harness.timing import DAY, HOUR, MINUTE, SECOND
from tests.simulators.stage import SECRETS, Stage, data, header, system
from tests.simulators.test_oms import codes, post, sales_order

ORDER = {"message": "order", "key": "77"}
PARCELS = "/api/v2/orders/1001/parcels"
MARKETPLACE = "/api/v2/marketplace-orders"


@pytest.fixture
def oms() -> Stage:
    """Return an OMS with one order of two lines, 2 and 1 of A, that tells of its orders."""
    oms = Stage("oms")
    oms.do("subscribe")
    post(oms)
    return oms


def parcel(*lines: tuple[str, str, int], **changes: Any) -> dict[str, Any]:
    """Return a parcel as a warehouse confirms it, by default with all of the order."""
    packed = lines or (("1", "A", 2), ("2", "A", 1))
    return {
        "parcelRef": "P-1",
        "shippedAt": "2026-03-02T07:59:00Z",
        "warehouse": "WH-1",
        "carrier": "UPS",
        "trackingNumber": "1Z1",
        "lines": [{"lineRef": ref, "sku": sku, "qty": qty} for ref, sku, qty in packed],
    } | changes


def confirm(oms: Stage, body: Any = None, key: str | None = None) -> Reply:
    """Confirm a parcel."""
    headers = {"Idempotency-Key": key} if key else {}
    return oms.call("POST", PARCELS, parcel() if body is None else body, headers)


def status(oms: Stage, number: str = "1001") -> str:
    """Return the status of an order."""
    found: str = data(oms.call("GET", f"/api/v2/orders/{number}"))["status"]
    return found


def records(oms: Stage, name: str) -> Any:
    """Return the rows of a record."""
    return oms.simulator.snapshot()[name]


def test_a_confirmed_parcel_ships_the_order(oms: Stage) -> None:
    """The parcel is committed with its order, becomes a fulfilment, and completes the order."""
    assert confirm(oms).status == 201
    (body,) = oms.committed("shipment_confirmation")
    assert body == {**parcel(), "orderNo": "1001"}
    assert data(oms.call("GET", PARCELS)) == {"parcels": [body]}
    (fulfilment,) = oms.committed("fulfilment")
    shown = ("carrier", "trackingNumber", "shippedAt")
    assert [fulfilment[name] for name in shown] == ["UPS", "1Z1", "2026-03-02T07:59:00Z"]
    assert [webhook.topic for webhook in oms.emitted[-2:]] == [
        "fulfilment.shipped",
        "order.shipped",
    ]
    assert status(oms) == "SHIPPED"


def test_a_parcel_is_taken_once(oms: Stage) -> None:
    """The key protects for a day, the reference for ever."""
    first = confirm(oms, key="k")
    again = confirm(oms, key="k")
    assert (again.status, again.body) == (200, first.body)
    oms.advance(DAY)
    known = confirm(oms, key="k")
    assert (known.status, data(known)) == (409, {"error": "already_exists", "parcelRef": "P-1"})
    assert len(oms.committed("shipment_confirmation")) == len(oms.committed("fulfilment")) == 1


def test_two_parcels_make_two_fulfilments(oms: Stage) -> None:
    """An order that leaves in parts is shipped with the last of them."""
    confirm(oms, parcel(("1", "A", 1)))
    assert status(oms) == "RELEASED"
    rest = parcel(("1", "A", 1), ("2", "A", 1), parcelRef="P-2", trackingNumber="1Z2")
    confirm(oms, rest)
    assert status(oms) == "SHIPPED"
    assert [row["trackingNumber"] for row in records(oms, "parcel")] == ["1Z1", "1Z2"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (parcel(("3", "A", 1)), {"lines.0.lineRef": "unknown_line"}),
        (parcel(("1", "B", 1)), {"lines.0.sku": "unknown_sku"}),
        (parcel(("1", "A", 3)), {"lines": "more_than_open"}),
        (parcel(("1", "A", 0)), {"lines.0.qty": "too_small"}),
        (parcel(carrier=None), {"carrier": "required"}),
        (parcel(weightKg="0.1234"), {"weightKg": "decimals"}),
        ([], {"": "type"}),
    ],
)
def test_a_parcel_that_does_not_fit_is_refused(
    oms: Stage, body: Any, expected: dict[str, str]
) -> None:
    """What was not ordered, or not as described, is refused and leaves no trace."""
    assert codes(confirm(oms, body)) == expected
    assert oms.committed("shipment_confirmation") == []


def test_a_parcel_of_an_unknown_order_is_not_found(oms: Stage) -> None:
    """The OMS does not know the order, whatever is in the parcel."""
    for method, body in (("POST", parcel()), ("GET", None)):
        assert oms.call(method, "/api/v2/orders/9/parcels", body).status == 404


def test_the_address_counts_and_not_the_body(oms: Stage) -> None:
    """An order number in the body does not move a parcel to another order."""
    confirm(oms, parcel(orderNo="9"))
    assert oms.committed("shipment_confirmation")[0]["orderNo"] == "1001"


def test_a_bundle_has_left_when_its_parts_have() -> None:
    """Parts of a bundle count when they make one whole, over as many parcels as it takes."""
    oms = Stage("oms")
    parts = [("MUG", 4), ("BOX", 1)]
    rows = [{"bundle": "SET", "component": sku, "qty": qty} for sku, qty in parts]
    oms.simulator.hold("bundle", tuple(rows))
    (line, _) = sales_order()["lines"]
    post(oms, sales_order(lines=[{**line, "sku": "SET"}]))
    confirm(oms, parcel(("1", "MUG", 8), ("1", "BOX", 1)))
    assert oms.committed("fulfilment")[0]["lines"] == [{"lineRef": "1", "sku": "SET", "qty": 1}]
    more = parcel(("1", "MUG", 1), parcelRef="P-2")
    assert codes(confirm(oms, more)) == {"lines": "more_than_open"}
    confirm(oms, parcel(("1", "BOX", 1), parcelRef="P-3", trackingNumber="1Z3"))
    assert status(oms) == "SHIPPED"


def put(oms: Stage, status: str, tracking: str = "1Z1", **changes: Any) -> Reply:
    """Say where a parcel is."""
    body = {"leg": "OUTBOUND", "status": status, "changedAt": "2026-03-02T09:00:00Z"} | changes
    return oms.call("PUT", f"/api/v2/parcels/{tracking}/status", body)


def test_a_parcel_is_followed(oms: Stage) -> None:
    """The status is committed under the tracking number, noted, and read again."""
    confirm(oms)
    path = "/api/v2/parcels/1Z1/status"
    assert data(oms.call("GET", path))["status"] == "ANNOUNCED"
    assert put(oms, "MOVING").status == 200
    (body,) = oms.committed("parcel_status")
    assert (body["trackingNumber"], body["status"]) == ("1Z1", "MOVING")
    assert data(oms.call("GET", path)) == body
    assert ("parcel", {"trackingNumber": "1Z1", "status": "MOVING"}) in oms.notes


def test_the_oms_believes_what_it_is_told(oms: Stage) -> None:
    """A status that goes back is taken, since it is the integration that must not send it."""
    confirm(oms)
    assert [put(oms, status).status for status in ("DELIVERED", "MOVING")] == [200, 200]
    assert records(oms, "parcel") == [{"trackingNumber": "1Z1", "status": "MOVING"}]


def test_a_strict_oms_refuses_to_go_back() -> None:
    """With the strict habit only the moves of the system's file are taken."""
    oms = Stage("oms", Profile(numbers={"refuses_backward_moves": True}))
    post(oms)
    confirm(oms)
    answers = [put(oms, each) for each in ("DELIVERED", "DELIVERED", "MOVING", "RETURNING")]
    assert [answer.status for answer in answers] == [200, 200, 409, 200]
    assert data(answers[2]) == {"error": "not_forward", "status": "DELIVERED"}


def test_a_parcel_that_nobody_knows_is_not_found(oms: Stage) -> None:
    """Only parcels that were shipped, or announced, can be followed."""
    assert put(oms, "MOVING", "1Z9").status == 404
    assert oms.call("GET", "/api/v2/parcels/1Z9/status").status == 404
    confirm(oms)
    assert codes(put(oms, "FLYING")) == {"status": "not_allowed"}
    assert oms.call("PUT", "/api/v2/parcels/1Z1/status", b"{").status == 400


def test_a_shipment_by_hand_can_be_followed_too(oms: Stage) -> None:
    """The tracking number of a fulfilment is known, and one that is missing is nobody's."""
    oms.do("ship", {"lines": [{"lineRef": "1"}], "trackingNumber": None}, ORDER)
    assert records(oms, "parcel") == []
    oms.do("ship", {"trackingNumber": "T-1"}, ORDER)
    assert put(oms, "MOVING", "T-1").status == 200


READ = {
    "GET /api/v2/sales-orders/:id": "SO-1",
    "GET /api/v2/fulfilments/:id": "F-1",
    "GET /api/v2/orders/:id": "1001",
    "GET /api/v2/orders": "",
    "GET /api/v2/orders/:orderNo/parcels": "1001",
    "GET /api/v2/parcels/:trackingNumber/status": "1Z1",
    "GET /api/v2/marketplace-orders/:id": "MO-1",
    "GET /api/v2/marketplace-shipments/:id": "MS-1",
}


def test_every_way_of_the_file_shows_what_the_file_describes(oms: Stage) -> None:
    """Each answer that the file says carries a message does, with the fields of the message."""
    confirm(oms)
    oms.do("ship", None, sold(oms))
    ways = [
        (message, way, way.response)
        for message in system("oms").messages.values()
        for way in message.carried_by.values()
        if isinstance(way, landscape.Call) and way.response
    ]
    assert {response for _, _, response in ways} == set(READ)
    for message, way, response in ways:
        path = re.sub(r":\w+", READ[response], response.removeprefix("GET "))
        body = {"body": data(oms.call("GET", path))}
        found = [each.value for each in read_all(parse_path(way.at), body)]
        assert found
        for shown in found:
            assert objections(message, shown) == []


# Marketplace orders.


def marketplace_order(**changes: Any) -> dict[str, Any]:
    """Return a marketplace order as the OMS wants it."""
    return {
        "externalId": "999-0000001-0000001",
        "status": "RELEASED",
        "marketplace": "AMAZON",
        "marketplaceId": "A1F83G8C2ARO7P",
        "orderedAt": "2026-03-02T08:00:00Z",
        "changedAt": "2026-03-02T08:31:00Z",
        "currency": "GBP",
        "grandTotal": "16.50",
        "shipTo": {"name": "N", "street1": "S", "city": "Leeds", "country": "GB"},
        "lines": [
            {"lineRef": "10000001", "sku": "MUG", "qty": 2, "amount": "14.00"},
            {"lineRef": "10000002", "sku": "HAT", "qty": 1, "amount": "2.00"},
        ],
    } | changes


def sold(oms: Stage) -> dict[str, str]:
    """Take a marketplace order and return what a step about it would name."""
    assert oms.call("POST", MARKETPLACE, marketplace_order()).status == 201
    return {"message": "order", "key": "999-0000001-0000001"}


def test_a_marketplace_order_is_taken_once(oms: Stage) -> None:
    """It is committed as it came, known by its key for a day and by its id after a moment."""
    headers = {"Idempotency-Key": "k"}
    first = oms.call("POST", MARKETPLACE, marketplace_order(), headers)
    assert (first.status, header(first, "Location")) == (201, f"{MARKETPLACE}/MO-1")
    assert oms.call("POST", MARKETPLACE, marketplace_order(), headers).status == 200
    oms.advance(2 * SECOND)
    assert oms.call("POST", MARKETPLACE, marketplace_order()).status == 409
    assert oms.committed("marketplace_order") == [marketplace_order()]
    read = data(oms.call("GET", f"{MARKETPLACE}/MO-1"))
    assert marketplace_order().items() <= read.items()


def test_a_marketplace_order_becomes_an_order(oms: Stage) -> None:
    """Its total is that of its lines, and what is beyond them is shipping."""
    sold(oms)
    order = oms.committed("order")[-1]
    assert objections(system("oms").messages["order"], order) == []
    assert (order["channel"], order["orderNo"]) == ("MARKETPLACE", "MO-1")
    assert (order["shippingNet"], order["grandTotal"]) == ("0.50", "16.50")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"lines": []}, {"lines": "too_few"}),
        ({"lines": "no"}, {"lines": "type"}),
        ({"status": "HOLD"}, {"status": "not_allowed"}),
        ({"grandTotal": 16.5}, {"grandTotal": "encoding"}),
        ({"grandTotal": "1E+99"}, {"grandTotal": "too_large"}),
    ],
)
def test_a_marketplace_order_that_does_not_fit_is_refused(
    oms: Stage, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    """Each field is held against the system's own file."""
    assert codes(oms.call("POST", MARKETPLACE, marketplace_order(**changes))) == expected


def test_a_marketplace_order_leaves_in_packages(oms: Stage) -> None:
    """Packages are counted within the order, each told with its lines and its number."""
    handle = sold(oms)
    packages = [
        {"carrier": "UPS", "trackingNumber": "1Z1", "lines": [{"sku": "MUG", "qty": 1}]},
        {"lines": [{"sku": "MUG", "qty": 1}]},
    ]
    assert oms.do("ship", {"packages": packages}, handle) == {
        "message": "marketplace_shipment",
        "key": "MS-1",
    }
    oms.do("ship", None, handle)
    first, second = oms.committed("marketplace_shipment")
    for body in (first, second):
        assert objections(system("oms").messages["marketplace_shipment"], body) == []
    numbers = [package["packageNo"] for body in (first, second) for package in body["packages"]]
    assert numbers == [1, 2, 3]
    told = [webhook for webhook in oms.emitted if webhook.topic == "marketplace.shipped"]
    assert json.loads(told[0].body) == first
    assert data(oms.call("GET", "/api/v2/marketplace-shipments/MS-1")) == first
    assert status(oms, "MO-1") == "SHIPPED"
    assert len(records(oms, "parcel")) == 3


def test_a_package_never_holds_more_than_is_left(oms: Stage) -> None:
    """Two packages of one call share what is left, and a refused call ships nothing."""
    handle = sold(oms)
    packages = [{"lines": [{"sku": "HAT", "qty": 1}]}] * 2
    with pytest.raises(UnknownAction, match="has 0 left to ship, not 1"):
        oms.do("ship", {"packages": packages}, handle)
    assert oms.committed("marketplace_shipment") == []
    with pytest.raises(UnknownAction, match="packages is a list"):
        oms.do("ship", {"packages": "one"}, handle)


def test_the_warehouse_ships_marketplace_orders_too(oms: Stage) -> None:
    """A confirmed parcel of a marketplace order is told as a marketplace shipment."""
    sold(oms)
    body = parcel(("10000001", "MUG", 2), ("10000002", "HAT", 1))
    assert oms.call("POST", "/api/v2/orders/MO-1/parcels", body).status == 201
    (shipment,) = oms.committed("marketplace_shipment")
    (package,) = shipment["packages"]
    assert (package["carrier"], package["trackingNumber"]) == ("UPS", "1Z1")


def test_a_failed_delivery_climbs_the_ladder(oms: Stage) -> None:
    """Webhooks of every kind are tried five times, under one delivery id."""
    oms.do("ship", None, sold(oms))
    webhook = next(each for each in oms.emitted if each.topic == "marketplace.shipped")
    for wait in (10 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE):
        oms.fail(webhook)
        oms.advance(wait)
        webhook = oms.emitted[-1]
    oms.fail(webhook)
    assert (webhook.attempt, oms.due) == (5, [])


@pytest.mark.parametrize(
    ("message", "body", "topic"),
    [
        ("order", {"orderNo": "1", "status": "CANCELLED"}, "order.cancelled"),
        ("order", {"orderNo": "1"}, "order.held"),
        ("marketplace_shipment", {"shipmentId": "X"}, "marketplace.shipped"),
    ],
)
def test_a_message_of_ones_own_is_sent(oms: Stage, message: str, body: Any, topic: str) -> None:
    """Exactly the given message is sent, under the topic that suits it."""
    oms.simulator.send(message, body)
    assert (oms.emitted[-1].topic, json.loads(oms.emitted[-1].body)) == (topic, body)
    with pytest.raises(UnknownAction, match="sends only a"):
        oms.simulator.send("sales_order", {})


# Returns.

RETURN = Message.described(
    key="returnId",
    version="revision",
    carried_by={"push": {"webhook": ["return.received", "return.closed"]}},
)


def with_returns(oms: Stage) -> Stage:
    """Let the system's file have returns, and ship the order."""
    messages = {**system("oms").messages, "return": RETURN}
    spec = system("oms").model_copy(update={"messages": messages})
    oms.simulator = Oms(spec, oms, secrets=SECRETS, profile=Profile())
    post(oms)
    oms.do("ship", None, ORDER)
    return oms


def test_what_comes_back_is_restocked_or_scrapped(oms: Stage) -> None:
    """A return is announced, received, decided line by line, and closed by the last decision."""
    oms = with_returns(oms)
    lines = {"lines": [{"lineRef": "1", "qty": 2}]}
    handle = oms.do("announce_return", {**lines, "trackingNumber": "BACK"}, ORDER)
    oms.do("receive_return", None, handle)
    oms.do("restock_return", {"lines": [{"lineRef": "1", "qty": 1}]}, handle)
    oms.advance(HOUR)
    oms.do("scrap_return", None, handle)
    bodies = oms.committed("return")
    assert [body["status"] for body in bodies] == ["ANNOUNCED", "RECEIVED", "RECEIVED", "CLOSED"]
    assert [body["revision"] for body in bodies] == [1, 2, 3, 4]
    (line,) = bodies[-1]["lines"]
    assert (line["qty"], line["restocked"], line["scrapped"]) == (2, 1, 1)
    assert [webhook.topic for webhook in oms.emitted[-3:]] == [
        "return.received",
        "return.received",
        "return.closed",
    ]
    assert data(oms.call("GET", "/api/v2/returns/R-1")) == bodies[-1]
    assert put(oms, "DELIVERED", "BACK", leg="RETURN").status == 200


def test_nothing_comes_back_that_was_not_shipped(oms: Stage) -> None:
    """More than was shipped is not returned, and what came back was not voided."""
    with pytest.raises(UnknownAction, match="nothing of order 77 can come back"):
        oms.do("receive_return", None, ORDER)
    shipment = oms.do("ship", None, ORDER)
    handle = oms.do("receive_return", {"lines": [{"lineRef": "1", "qty": 2}]}, ORDER)
    with pytest.raises(UnknownAction, match="has 0 left"):
        oms.do("announce_return", {"lines": [{"lineRef": "1", "qty": 1}]}, ORDER)
    with pytest.raises(UnknownAction, match="came back, so it was shipped"):
        oms.do("void_shipment", None, shipment)
    with pytest.raises(UnknownAction, match="is RECEIVED already"):
        oms.do("receive_return", None, handle)


def test_what_is_restocked_can_be_sold_again(oms: Stage) -> None:
    """Only what goes on the shelf counts as stock, in the warehouse that shipped it."""
    oms.simulator.hold("stock", ({"sku": "B", "warehouse": "WH-1", "available": 3},))
    lines = [{**line, "sku": "B"} for line in sales_order()["lines"]]
    post(oms, sales_order(externalId="78", orderNo="1002", lines=lines))
    about = {"key": "78"}
    oms.do("ship", None, about)
    handle = oms.do("receive_return", None, about)
    oms.do("scrap_return", {"lines": [{"lineRef": "1", "qty": 1}]}, handle)
    oms.do("restock_return", None, handle)
    assert records(oms, "stock")[0]["available"] == 2
    for action in ("restock_return", "scrap_return"):
        with pytest.raises(UnknownAction, match="is CLOSED"):
            oms.do(action, None, handle)
    assert records(oms, "return_state") == [
        {"returnId": "R-1", "status": "CLOSED", "restocked": 2, "scrapped": 1}
    ]


def test_a_decision_needs_a_return(oms: Stage) -> None:
    """Without a return there is nothing to decide; an announced one has not arrived."""
    oms.do("ship", None, ORDER)
    with pytest.raises(UnknownAction, match="which step announced the return"):
        oms.do("scrap_return", None, ORDER)
    handle = oms.do("announce_return", None, ORDER)
    with pytest.raises(UnknownAction, match="is ANNOUNCED, so nothing can be decided"):
        oms.do("scrap_return", None, handle)
    assert oms.call("GET", "/api/v2/returns/R-9").status == 404


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["1", "A", "1E+99"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60)
@given(st.sampled_from(sorted(parcel())), anything, st.sampled_from(sorted(marketplace_order())))
def test_no_body_makes_the_oms_raise(field: str, value: Any, other: str) -> None:
    """Any JSON in any field gets an answer, and what is refused leaves no trace."""
    oms = Stage("oms")
    post(oms)
    answers = [
        (confirm(oms, parcel(**{field: value})), "shipment_confirmation"),
        (oms.call("POST", MARKETPLACE, marketplace_order(**{other: value})), "marketplace_order"),
    ]
    for answer, message in answers:
        assert 200 <= answer.status < 500
        assert (answer.status == 201) == bool(oms.committed(message))
    assert put(oms, "MOVING", signedBy=value).status in (200, 404, 422)
