"""The OMS: what it takes, refuses, remembers, ships and tells."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.landscape import System
from harness.simulators.base import Call, Reply, UnknownAction
from harness.simulators.oms import Oms
from harness.simulators.profiles import Profile
from harness.timing import DAY, HOUR, MINUTE, SECOND
from tests.simulators.stage import SECRETS, Stage, data, header, system

ORDERS = "/api/v2/sales-orders"


@pytest.fixture
def oms() -> Stage:
    """Return an OMS without orders."""
    return Stage("oms")


def sales_order(**changes: Any) -> dict[str, Any]:
    """Return a sales order as the OMS wants it: two lines, of 2 and 1."""
    line = {"sku": "A", "unitPrice": "1.00", "gross": "1.00"}
    order = {
        "externalId": "77",
        "orderNo": "1001",
        "status": "RELEASED",
        "currency": "EUR",
        "itemsTotal": "3.00",
        "discountTotal": "0.00",
        "shippingTotal": "0.00",
        "taxTotal": "0.00",
        "taxIncluded": False,
        "grandTotal": "3.00",
        "orderedAt": "2026-03-02T08:00:00Z",
        "channel": "WEB",
        "shipTo": {"name": "N", "street1": "S", "city": "C", "country": "NO"},
        "lines": [{**line, "lineRef": "1", "qty": 2}, {**line, "lineRef": "2", "qty": 1}],
    }
    return order | changes


def post(oms: Stage, order: Any = None, key: str | None = None) -> Reply:
    """Post a sales order."""
    headers = {"Idempotency-Key": key} if key else {}
    return oms.call("POST", ORDERS, sales_order() if order is None else order, headers)


def shipped(oms: Stage, payload: Any = None) -> Any:
    """Post an order, ship it as the payload says, and return the handle of the fulfilment."""
    if not oms.commits:
        post(oms)
    return oms.do("ship", payload, {"message": "order", "key": "77"})


def codes(answer: Reply) -> dict[str, str]:
    """Return the code of each field that a 422 complains of."""
    assert answer.status == 422
    return {error["field"]: error["code"] for error in data(answer)["errors"]}


def test_without_the_key_nothing_is_taken(oms: Stage) -> None:
    """A call without the right bearer key is refused."""
    wrong = (("Authorization", "Bearer other"),)
    for headers in ((), wrong):
        answer = oms.simulator.handle(Call("POST", "https://oms.test" + ORDERS, headers, b"{}"))
        assert answer.status == 401


def test_an_order_is_taken(oms: Stage) -> None:
    """A good order is committed as it came, and can be read with what the OMS adds."""
    answer = post(oms)
    assert (answer.status, header(answer, "Location")) == (201, ORDERS + "/SO-1")
    assert oms.commits == [("sales_order", "77", sales_order())]
    read = data(oms.call("GET", ORDERS + "/SO-1"))
    assert read == data(answer)
    assert (read["id"], read["warehouse"], read["grandTotal"]) == ("SO-1", "WH-1", "3.00")


def test_the_same_key_and_body_is_answered_again(oms: Stage) -> None:
    """A repeated post with its key makes no second order, even after hours."""
    first = post(oms, key="k")
    oms.advance(23 * HOUR)
    again = post(oms, key="k")
    assert (again.status, again.body) == (200, first.body)
    assert header(again, "Idempotent-Replayed") == "true"
    assert len(oms.commits) == 1


def test_the_same_key_with_another_body_is_refused(oms: Stage) -> None:
    """A key belongs to one body."""
    post(oms, key="k")
    assert codes(post(oms, sales_order(orderNo="2"), key="k")) == {"Idempotency-Key": "key_reused"}


def test_a_refused_body_does_not_use_up_its_key(oms: Stage) -> None:
    """After a refusal the corrected body may come with the same key."""
    assert post(oms, sales_order(channel="TV"), key="k").status == 422
    assert post(oms, key="k").status == 201


def test_a_forgotten_key_meets_the_known_id(oms: Stage) -> None:
    """After a day the key is forgotten, and the order is known by its externalId."""
    post(oms, key="k")
    oms.advance(DAY)
    again = post(oms, key="k")
    assert (again.status, data(again)) == (409, {"error": "already_exists", "id": "SO-1"})


def test_two_posts_in_a_row_without_a_key_make_two_orders(oms: Stage) -> None:
    """The look-up by externalId lags, so only the key protects a quick retry."""
    assert [post(oms).status, post(oms, key="k").status] == [201, 201]
    assert data(oms.call("GET", ORDERS + "?externalId=77"))["total"] == 0
    oms.advance(2 * SECOND)
    assert data(oms.call("GET", ORDERS + "?externalId=77"))["total"] == 2
    assert post(oms).status == 409
    assert len(oms.commits) == 2


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"externalId": 77}, {"externalId": "type"}),
        ({"orderNo": "x" * 21}, {"orderNo": "too_long"}),
        ({"status": "OPEN"}, {"status": "not_allowed"}),
        ({"currency": "eur"}, {"currency": "unknown_currency"}),
        ({"grandTotal": 3}, {"grandTotal": "encoding"}),
        ({"grandTotal": "3.001"}, {"grandTotal": "decimals"}),
        ({"grandTotal": None}, {"grandTotal": "required"}),
        ({"note": None}, {"note": "null"}),
        ({"orderedAt": "yesterday"}, {"orderedAt": "type"}),
        ({"lines": []}, {"lines": "required"}),
        ({"shipTo": {"name": "N", "street1": "S", "city": "C", "country": "XX"}},
         {"shipTo.country": "unknown_country"}),
    ],
)  # fmt: skip
def test_a_field_that_is_not_as_described_is_refused(
    oms: Stage, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    """Each field is held against the system's own file, and named in the refusal."""
    assert codes(post(oms, sales_order(**changes))) == expected
    assert oms.commits == []


def test_everything_missing_is_named_at_once(oms: Stage) -> None:
    """An empty order gets one refusal with every required field."""
    wrong = codes(post(oms, {}))
    assert {"externalId", "shipTo.name", "grandTotal"} <= set(wrong)
    assert set(wrong.values()) == {"required"}


def test_an_unknown_sku_is_refused_until_it_is_known(oms: Stage) -> None:
    """The business refuses an item that it does not know."""
    oms.simulator.hold("refused_sku", ({"sku": "A"},))
    assert codes(post(oms)) == {"lines.0.sku": "unknown_sku", "lines.1.sku": "unknown_sku"}
    oms.do("accept_sku", {"sku": "A"})
    assert post(oms).status == 201
    oms.do("refuse_sku", {"sku": "A"})
    assert post(oms, sales_order(externalId="78")).status == 422


def test_lines_make_sense(oms: Stage) -> None:
    """A line has a quantity, and a reference of its own."""
    first, second = sales_order()["lines"]
    lines = [{**first, "qty": 0}, {**second, "lineRef": "1"}]
    wrong = codes(post(oms, sales_order(lines=lines)))
    assert wrong == {"lines.0.qty": "out_of_range", "lines.1.lineRef": "duplicate"}


@pytest.mark.parametrize("body", [b"", b"[", b"\xff", b"NaN", b"[" * 100_000, b"1e999999999"])
def test_a_body_that_is_no_json_is_refused(oms: Stage, body: bytes) -> None:
    """What a strict server cannot read is a bad request, whatever it is."""
    assert post(oms, body).status == 400


def test_the_bucket_says_when_to_come_back() -> None:
    """A full bucket answers 429 with whole seconds to wait."""
    oms = Stage("oms", Profile(numbers={"bucket_size": 1, "bucket_leak": 1}))
    assert post(oms).status == 201
    refused = post(oms)
    assert (refused.status, header(refused, "Retry-After")) == (429, "1")


def test_all_that_is_left_is_shipped(oms: Stage) -> None:
    """A shipment is committed, told, and read, with the lines of the sales order."""
    assert shipped(oms, {"carrier": "UPS", "trackingNumber": "T"}) == {
        "message": "fulfilment",
        "key": "F-1",
    }
    (body,) = oms.committed("fulfilment")
    assert body == {
        "fulfilmentId": "F-1",
        "revision": 1,
        "externalId": "77",
        "status": "SHIPPED",
        "shippedAt": "2026-03-02T08:00:00Z",
        "carrier": "UPS",
        "trackingNumber": "T",
        "lines": [
            {"lineRef": "1", "sku": "A", "qty": 2},
            {"lineRef": "2", "sku": "A", "qty": 1},
        ],
    }
    assert json.loads(oms.emitted[0].body) == body
    assert data(oms.call("GET", "/api/v2/fulfilments/F-1")) == body
    with pytest.raises(UnknownAction, match="nothing is left to ship of order 77"):
        shipped(oms)


def test_the_webhook_is_signed(oms: Stage) -> None:
    """The raw bytes are signed in hex, and the delivery and its event are named."""
    shipped(oms)
    (webhook,) = oms.emitted
    digest = hmac.new(b"oms-secret", webhook.body, hashlib.sha256).hexdigest()
    assert header(webhook, "X-Oms-Signature") == digest
    assert header(webhook, "X-Oms-Topic") == "fulfilment.shipped"
    assert (header(webhook, "X-Oms-Delivery"), header(webhook, "X-Oms-Event")) == ("dlv-1", "evt-1")


def test_a_failed_delivery_climbs_the_ladder(oms: Stage) -> None:
    """A delivery is tried five times at the agreed waits, under one delivery id."""
    shipped(oms)
    times = []
    for wait in (10 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE):
        oms.fail(oms.emitted[-1])
        oms.advance(wait)
        times.append(len(oms.emitted))
    oms.fail(oms.emitted[-1])
    assert times == [2, 3, 4, 5]
    assert not oms.due
    assert {webhook.delivery for webhook in oms.emitted} == {"dlv-1"}


def test_lines_are_shipped_in_parts(oms: Stage) -> None:
    """Lines are named by lineRef or sku; the same sku on two lines fills one after the other."""
    post(oms)
    shipped(oms, {"lines": [{"lineRef": "1", "qty": 1}]})
    shipped(oms, {"lines": [{"sku": "A", "qty": 1}, {"sku": "A", "qty": 1}]})
    assert [line["lineRef"] for line in oms.committed("fulfilment")[1]["lines"]] == ["1", "2"]
    state = oms.simulator.snapshot()["sales_orders"][0]
    assert [(line["ordered"], line["shipped"]) for line in state["lines"]] == [(2, 2), (1, 1)]


def test_more_than_ordered_is_never_shipped(oms: Stage) -> None:
    """Shipping more than is left, or an unknown line, is an error of the scenario."""
    for lines, message in (
        ([{"lineRef": "1", "qty": 3}], "has 2 left to ship, not 3"),
        ([{"sku": "B", "qty": 1}], "has no line"),
        ("A", "lines is a list"),
    ):
        with pytest.raises(UnknownAction, match=message):
            shipped(oms, {"lines": lines})


def test_a_correction_is_a_new_revision(oms: Stage) -> None:
    """Changed fields are told under a higher revision; the rest stays."""
    handle = shipped(oms, {"trackingNumber": "OLD"})
    oms.advance(HOUR)
    assert oms.do("correct_shipment", {"trackingNumber": "NEW"}, handle) == handle
    first, second = oms.committed("fulfilment")
    assert (first["revision"], first["trackingNumber"]) == (1, "OLD")
    assert second == first | {"revision": 2, "trackingNumber": "NEW"}
    assert len({webhook.delivery for webhook in oms.emitted}) == 2


def test_what_was_voided_can_be_shipped_again(oms: Stage) -> None:
    """A voided shipment is told, and its lines are left to ship once more."""
    handle = shipped(oms)
    oms.do("void_shipment", None, handle)
    assert json.loads(oms.emitted[-1].body)["status"] == "VOIDED"
    shipped(oms)
    rows = oms.simulator.snapshot()["fulfilments"]
    assert [row["status"] for row in rows] == ["VOIDED", "SHIPPED"]
    with pytest.raises(UnknownAction, match="left to ship"):
        oms.do("correct_shipment", {"status": "SHIPPED"}, handle)


def test_a_shipment_may_lack_what_it_should_have(oms: Stage) -> None:
    """A scenario can send a shipment that breaks the OMS's own description."""
    shipped(oms, {"carrier": None})
    assert oms.committed("fulfilment")[0]["carrier"] is None


def test_an_order_that_never_came_is_not_shipped(oms: Stage) -> None:
    """Shipping before the integration has sent the order is explained."""
    with pytest.raises(UnknownAction, match="no sales order for 77"):
        oms.do("ship", None, {"message": "order", "key": "77"})
    with pytest.raises(UnknownAction, match="there is no fulfilment F-9"):
        oms.do("void_shipment", None, {"message": "fulfilment", "key": "F-9"})


def test_a_message_of_ones_own_is_sent(oms: Stage) -> None:
    """A fulfilment is sent exactly as given, and the OMS does not hold it."""
    oms.simulator.send("fulfilment", {"fulfilmentId": "X"})
    assert oms.emitted[0].body == b'{"fulfilmentId":"X"}'
    assert oms.simulator.snapshot()["fulfilments"] == []


def test_a_system_that_is_no_oms_is_refused() -> None:
    """A file without the fields that the OMS lives on is an error when the world is built."""
    thin = System.described(
        system="oms", kind="oms", owner="o", base_urls=["https://oms.test"], messages={}
    )
    with pytest.raises(HarnessError, match=r"lines\.\*\.qty"):
        Oms(thin, Stage("oms"), secrets=SECRETS, profile=Profile())


def test_a_missing_secret_is_explained() -> None:
    """Without its secret a simulator cannot be built, and the error says where to write it."""
    with pytest.raises(HarnessError, match=r"under \[secrets\] in golive.toml"):
        Oms(system("oms"), Stage("oms"), secrets={}, profile=Profile())
