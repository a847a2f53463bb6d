"""The warehouse and its orders: what it takes, refuses, picks, packs, ships and tells."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.landscape import System
from harness.simulators.base import Call, Reply, UnknownAction
from harness.simulators.profiles import Profile
from harness.simulators.wms import Wms
from harness.timing import HOUR, MINUTE, SECOND
from tests.simulators.stage import SECRETS, Stage, data, header, system

ORDERS = "/v1/outbound-orders"
ABOUT = {"message": "outbound_order", "key": "1001"}


@pytest.fixture
def wms() -> Stage:
    """Return a warehouse in which nothing is counted."""
    return Stage("wms")


def strict(**numbers: Any) -> Stage:
    """Return a warehouse with other habits."""
    return Stage("wms", Profile(numbers=numbers))


def line(ref: str = "L1", sku: str = "MUG", qty: int = 4) -> dict[str, Any]:
    """Return a line of an order."""
    return {"line_ref": ref, "sku": sku, "qty": qty}


def order(ref: str = "1001", *lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return an order as the warehouse wants it: 4 mugs and a hat, or the lines given."""
    ship_to = {"name": "Ada Quist", "street1": "1 Hill", "city": "Leipzig", "country": "DE"}
    body = {
        "order_ref": ref,
        "warehouse": "HAM1",
        "service": "std",
        "ship_to": ship_to,
        "lines": list(lines) or [line(), line("L2", "HAT-RED", 1)],
    }
    return body | changes


def post(wms: Stage, body: Any = None) -> Reply:
    """Send an order."""
    return wms.call("POST", ORDERS, order() if body is None else body)


def call_back(wms: Stage, ref: str = "1001") -> Reply:
    """Call an order back."""
    return wms.call("POST", f"{ORDERS}/{ref}/cancel")


def state(wms: Stage, ref: str = "1001") -> dict[str, Any]:
    """Return what the record of an order holds."""
    rows = wms.simulator.snapshot()["outbound_state"]
    return next(row for row in rows if row["order_ref"] == ref)


def test_an_order_is_taken(wms: Stage) -> None:
    """A good order is committed as it came, and can be read with its id and its status."""
    answer = post(wms)
    assert (answer.status, header(answer, "Location")) == (201, f"{ORDERS}/OB-1")
    assert wms.commits == [("outbound_order", "1001", order())]
    for name in ("OB-1", "1001"):
        read = data(wms.call("GET", f"{ORDERS}/{name}"))
        assert read == order() | {"id": "OB-1", "status": "allocated"}


def test_an_order_is_taken_once(wms: Stage) -> None:
    """The same order_ref again is known, whatever comes with it, and changes nothing."""
    post(wms)
    for body in (order(), order(service="exp")):
        answer = post(wms, body)
        assert (answer.status, data(answer)["code"]) == (409, "already_exists")
        assert data(answer)["id"] == "OB-1"
    assert len(wms.commits) == 1


def test_a_known_order_with_another_body_may_be_refused() -> None:
    """Where the habit says so, another body under a known order_ref is not taken for the same."""
    wms = strict(refuses_other_bodies=True)
    post(wms)
    assert data(post(wms))["code"] == "already_exists"
    assert data(post(wms, order(service="exp")))["code"] == "order_differs"


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"order_ref": "x" * 21}, "order_ref", "too_long"),
        ({"warehouse": "MUC3"}, "warehouse", "not_allowed"),
        ({"service": None}, "service", "required"),
        ({"ship_by": "soon"}, "ship_by", "type"),
        ({"lines": []}, "lines", "too_few"),
        ({"lines": [line(qty=0)]}, "lines.0.qty", "too_small"),
        ({"lines": [line(), line()]}, "lines.1.line_ref", "duplicate"),
        ({"ship_to": {}}, "ship_to.name", "required"),
    ],
)
def test_a_field_that_is_not_as_described_is_refused(
    wms: Stage, changes: dict[str, Any], field: str, code: str
) -> None:
    """Each field is held against the system's own file, and named in the refusal."""
    answer = post(wms, order(**changes))
    assert (answer.status, data(answer)["code"]) == (422, "invalid")
    assert (field, code) in {(one["field"], one["code"]) for one in data(answer)["errors"]}
    assert wms.commits == []


@pytest.mark.parametrize("body", [b"[", b"\xff", b"NaN", b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(wms: Stage, body: bytes) -> None:
    """What a strict server cannot read is a bad request, whatever it is."""
    answer = post(wms, body)
    assert (answer.status, data(answer)["code"]) == (400, "bad_json")


def test_a_bundle_has_several_items_in_one_line(wms: Stage) -> None:
    """Rows of one line_ref stand side by side where their items differ."""
    assert post(wms, order("1001", line("L1", "MUG", 8), line("L1", "BOX", 2))).status == 201
    wms.do("ship", None, ABOUT)
    (package,) = wms.committed("shipment")[0]["packages"]
    assert [(row["line_ref"], row["sku"]) for row in package["lines"]] == [
        ("L1", "MUG"),
        ("L1", "BOX"),
    ]


def test_an_unknown_item_is_refused(wms: Stage) -> None:
    """As soon as one item is known, an order of another is refused, and the item named."""
    assert post(wms, order("1")).status == 201
    wms.simulator.hold("product", ({"sku": "MUG"},))
    answer = post(wms)
    assert (answer.status, data(answer)["code"]) == (422, "unknown_item")
    assert [error["field"] for error in data(answer)["errors"]] == ["lines.1.sku"]
    assert post(strict(items_from_the_start=True)).status == 422


def test_an_item_is_refused_until_it_is_accepted(wms: Stage) -> None:
    """A scenario decides which items the warehouse does not know."""
    wms.do("refuse_sku", {"sku": "HAT-RED"})
    assert data(post(wms))["code"] == "unknown_item"
    wms.do("accept_sku", {"sku": "HAT-RED"})
    assert post(wms).status == 201
    assert wms.notes[-2:][0] == ("refused_sku", {"sku": "HAT-RED", "refused": False})


def test_an_order_is_picked_packed_and_shipped(wms: Stage) -> None:
    """The status follows the work, and each step is noted."""
    post(wms)
    for action in ("pick", "pack", "ship"):
        wms.do(action, None, ABOUT)
    statuses = [row["status"] for name, row in wms.notes if name == "outbound_state"]
    assert statuses == ["allocated", "picking", "packed", "shipped"]
    assert state(wms)["shipped"] == state(wms)["ordered"] == 5


def test_the_first_order_leaves_first(wms: Stage) -> None:
    """Where no order is named; with none to ship, nothing happens."""
    post(wms, order("2"))
    post(wms, order("1"))
    for _ in range(2):
        wms.do("ship_next")
    assert [body["order_ref"] for body in wms.committed("shipment")] == ["2", "1"]
    assert wms.do("ship_next") == {"message": "shipment", "key": ""}
    assert len(wms.committed("shipment")) == 2


def test_a_shipment_is_told(wms: Stage) -> None:
    """What leaves is committed, sent signed, and can be read, at the time on the warehouse wall."""
    post(wms)
    assert wms.do("ship", None, ABOUT) == {"message": "shipment", "key": "S-1"}
    (body,) = wms.committed("shipment")
    assert body == {
        "shipment_id": "S-1",
        "order_ref": "1001",
        "warehouse": "HAM1",
        "closed_at": "2026-03-02T09:00:00+01:00",
        "packages": [
            {
                "package_id": "P-1",
                "carrier": "dhl",
                "tracking": "00340434161094000001",
                "lines": order()["lines"],
            }
        ],
    }
    (webhook,) = wms.emitted
    assert (webhook.topic, json.loads(webhook.body)) == ("shipment.closed", body)
    digest = hmac.new(b"wms-secret", webhook.body, hashlib.sha256).hexdigest()
    assert header(webhook, "X-Wms-Signature") == digest
    assert data(wms.call("GET", "/v1/shipments/S-1")) == body


def test_several_packages_leave_in_one_shipment(wms: Stage) -> None:
    """Each package has its own lines, carrier and tracking; the last takes what is left."""
    post(wms)
    packages = [
        {"lines": [{"sku": "MUG", "qty": 3}], "carrier": "ups", "tracking": "1Z1", "weight_g": 900},
        {},
    ]
    wms.do("ship", {"packages": packages}, ABOUT)
    first, second = wms.committed("shipment")[0]["packages"]
    assert (first["carrier"], first["tracking"], first["weight_g"]) == ("ups", "1Z1", 900)
    assert [row["qty"] for row in second["lines"]] == [1, 1]
    assert state(wms)["status"] == "shipped"


def test_a_package_weighs_what_is_in_it(wms: Stage) -> None:
    """Where every item has a weight the package has one, and else none."""
    wms.simulator.hold("product", ({"sku": "MUG", "weight_g": 300}, {"sku": "HAT-RED"}))
    post(wms)
    wms.do("ship", None, ABOUT)
    assert wms.committed("shipment")[0]["packages"][0]["weight_g"] == 150 + 4 * 300 + 200


def test_the_rest_of_an_order_leaves_later(wms: Stage) -> None:
    """An order may leave in several shipments, each with lines of its own."""
    post(wms)
    wms.do("ship", {"lines": [{"line_ref": "L1", "qty": 1}]}, ABOUT)
    assert state(wms)["status"] == "part_shipped"
    wms.do("ship", None, ABOUT)
    assert [one["shipment_id"] for one in wms.committed("shipment")] == ["S-1", "S-2"]
    with pytest.raises(UnknownAction, match="nothing to pack: 5 shipped"):
        wms.do("ship", None, ABOUT)


def test_what_is_not_found_is_told_with_the_shipment(wms: Stage) -> None:
    """Short lines stand in the next shipment, once, with their reason."""
    post(wms)
    wms.do("short_pick", {"lines": [{"sku": "MUG", "qty": 1}]}, ABOUT)
    wms.do("short_pick", {"lines": [{"sku": "HAT-RED"}], "reason": "damaged"}, ABOUT)
    wms.do("ship", None, ABOUT)
    assert wms.committed("shipment")[0]["short_lines"] == [
        {"line_ref": "L1", "qty": 1, "reason": "not_found"},
        {"line_ref": "L2", "qty": 1, "reason": "damaged"},
    ]
    assert (state(wms)["status"], state(wms)["short"]) == ("short_shipped", 2)


def test_an_order_is_called_back(wms: Stage) -> None:
    """Before it is picked an order is cancelled; asking again is no error, and changes nothing."""
    post(wms)
    for _ in range(2):
        answer = call_back(wms)
        assert (answer.status, data(answer)["status"]) == (200, "cancelled")
    assert state(wms)["cancelled"] == 5
    assert call_back(wms, "7").status == 404


@pytest.mark.parametrize("action", ["pick", "short_pick", "pack", "ship"])
def test_an_order_is_not_called_back_once_it_is_picked(wms: Stage, action: str) -> None:
    """From the first pick on it is too late, and nothing is cancelled."""
    post(wms)
    wms.do(action, {"lines": [{"sku": "MUG", "qty": 1}]}, ABOUT)
    answer = call_back(wms)
    assert (answer.status, data(answer)["code"]) == (409, "picking_started")
    assert state(wms)["cancelled"] == 0


def test_a_patient_warehouse_lets_go_until_it_packs() -> None:
    """Where the habit says so, an order can be called back while it is picked."""
    wms = strict(cancellable_until="packed")
    post(wms)
    wms.do("pick", None, ABOUT)
    assert call_back(wms).status == 200


def test_a_cancelled_order_may_be_sent_again(wms: Stage) -> None:
    """What changed is cancelled and released again under its number."""
    post(wms)
    call_back(wms)
    assert data(post(wms, order(service="exp")))["id"] == "OB-2"
    assert state(wms)["status"] == "allocated"
    rigid = strict(reuses_cancelled_refs=False)
    post(rigid)
    call_back(rigid)
    assert post(rigid).status == 409


@pytest.mark.parametrize(
    ("action", "payload", "message"),
    [
        ("pick", {"lines": [{"sku": "MUG", "qty": 5}]}, "has 4 left, not 5"),
        ("pick", {"lines": [{"sku": "CAP"}]}, "has no line"),
        ("pick", {"lines": "MUG"}, "lines is a list"),
        ("pack", {"packages": [{}, {}]}, "nothing to pack"),
        ("pack", {"packages": 2}, "packages is a list"),
        ("short_pick", {"reason": "lost"}, "not_found or damaged"),
        ("pick", {"order_ref": "7"}, "there is no order 7"),
        ("pick", [], "is an object"),
        ("dance", {}, "has no action 'dance'"),
    ],
)
def test_work_that_makes_no_sense_is_explained(
    wms: Stage, action: str, payload: Any, message: str
) -> None:
    """A scenario learns why something cannot be done, and nothing of it is done."""
    post(wms)
    before = (len(wms.commits), len(wms.notes), wms.simulator.snapshot())
    with pytest.raises(UnknownAction, match=message):
        wms.do(action, payload, ABOUT)
    assert (len(wms.commits), len(wms.notes), wms.simulator.snapshot()) == before


def test_without_the_key_nobody_is_let_in(wms: Stage) -> None:
    """A call without the right bearer key is refused, and does not count."""
    for headers in ((), (("Authorization", "Bearer other"),)):
        answer = wms.simulator.handle(Call("GET", "https://wms.test" + ORDERS, headers))
        assert (answer.status, data(answer)["code"]) == (401, "unauthorized")
        assert header(answer, "x-remaining-calls") == "150"


def test_too_many_calls_are_told_when_to_come_back(wms: Stage) -> None:
    """The window of 150 calls a minute slides; the pause stands in x-retry-after."""
    for _ in range(3):
        wms.call("GET", ORDERS)
    wms.advance(30 * SECOND)
    for _ in range(147):
        assert wms.call("GET", ORDERS).status == 200
    refused = wms.call("GET", ORDERS)
    assert (refused.status, header(refused, "x-retry-after")) == (429, "30")
    assert data(refused)["code"] == "throttled"
    wms.advance(30 * SECOND)
    assert [wms.call("GET", ORDERS).status for _ in range(4)] == [200, 200, 200, 429]


def test_a_failed_delivery_climbs_the_ladder(wms: Stage) -> None:
    """A delivery is tried six times at the agreed waits, under one id, and given up then."""
    post(wms)
    wms.do("ship", None, ABOUT)
    for wait in (10 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR):
        wms.fail(wms.emitted[-1])
        wms.advance(wait - 1)
        before = len(wms.emitted)
        wms.advance(1)
        assert len(wms.emitted) == before + 1
    wms.fail(wms.emitted[-1])
    assert not wms.due
    assert {webhook.delivery for webhook in wms.emitted} == {"whd-1"}


def test_lists_lead_on_to_each_other(wms: Stage) -> None:
    """Orders and shipments come in pages; `next` is the address of the following one."""
    for number in range(5):
        post(wms, order(str(number)))
        wms.do("ship", {"order_ref": str(number)})
        wms.advance(MINUTE)
    for name, key in (("orders", "order_ref"), ("shipments", "order_ref")):
        path, seen = f"/v1/{'outbound-orders' if name == 'orders' else name}?limit=2", []
        while path:
            answer = data(wms.call("GET", path))
            seen += [row[key] for row in answer[name]]
            path = (answer["next"] or "").removeprefix("https://wms.golive-demo.example")
        assert seen == ["0", "1", "2", "3", "4"]


def test_shipments_are_listed_by_the_time_they_closed(wms: Stage) -> None:
    """The window begins with its first instant and ends before its last; what is odd is refused."""
    for number in range(3):
        post(wms, order(str(number)))
        wms.do("ship", {"order_ref": str(number)})
        wms.advance(MINUTE)
    window = "closed_after=2026-03-02T08:01:00Z&closed_before=2026-03-02T08:02:00Z"
    found = data(wms.call("GET", f"/v1/shipments?{window}"))["shipments"]
    assert [one["order_ref"] for one in found] == ["1"]
    for odd in ("closed_after=noon", "limit=0", "limit=251", "cursor=x", "color=red"):
        assert wms.call("GET", f"/v1/shipments?{odd}").status == 400


def test_a_message_of_ones_own_is_sent(wms: Stage) -> None:
    """A shipment is sent exactly as given, and the warehouse does not hold it."""
    wms.simulator.send("shipment", {"shipment_id": "X"})
    assert wms.emitted[0].body == b'{"shipment_id":"X"}'
    assert wms.commits == []
    with pytest.raises(UnknownAction, match="sends only"):
        wms.simulator.send("product", {})


def test_a_file_that_does_not_fit_is_refused() -> None:
    """A file without the fields that the warehouse works with, or an odd habit, is an error."""
    thin = System.described(
        system="wms", kind="wms", owner="o", base_urls=["https://wms.test"], messages={}
    )
    with pytest.raises(HarnessError, match=r"lines\.\*\.qty"):
        Wms(thin, Stage("wms"), secrets=SECRETS, profile=Profile())
    with pytest.raises(HarnessError, match="inventory_form is 'both'"):
        strict(inventory_form="both")
    with pytest.raises(HarnessError, match=r"under \[secrets\] in golive.toml"):
        Wms(system("wms"), Stage("wms"), secrets={}, profile=Profile())
