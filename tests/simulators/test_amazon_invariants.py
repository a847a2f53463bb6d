"""What holds for the marketplace, whatever is done to it."""

import json
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.simulators.amazon.plans import TokenBucket
from harness.simulators.base import UnknownAction
from harness.timing import MINUTE, SECOND
from tests.simulators.stage import system
from tests.simulators.test_amazon import MARKET, OFFERS, ORDERS, Account, confirmation, quantity

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
anything = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)
packages = st.fixed_dictionaries(
    {},
    optional={
        "packageReferenceId": anything | st.just("1"),
        "orderItems": anything | st.lists(anything | st.just({"orderItemId": "10000001"})),
        "trackingNumber": anything,
        "shipDate": anything,
    },
)
values = st.fixed_dictionaries(
    {}, optional={"quantity": anything, "fulfillment_channel_code": anything}
)
BODIES = (
    anything
    | packages.map(lambda package: confirmation(**package))
    | values.map(lambda value: {**quantity(1), "patches": [{**quantity(1)["patches"][0],
                                                           "value": [value]}]})
    | st.dictionaries(st.sampled_from(["productType", "patches", "feedType", "marketplaceIds",
                                       "restrictedResources", "contentType", "destinationId",
                                       "resourceSpecification", "name"]), anything)
)  # fmt: skip
PATHS = [
    ("POST", f"{ORDERS}/999-0000001-0000001/shipmentConfirmation"),
    ("PATCH", f"{OFFERS}/MUG?marketplaceIds={MARKET}"),
    ("POST", "/tokens/2021-03-01/restrictedDataToken"),
    ("POST", "/feeds/2021-06-30/documents"),
    ("POST", "/feeds/2021-06-30/feeds"),
    ("POST", "/notifications/v1/subscriptions/ORDER_CHANGE"),
    ("POST", "/auth/o2/token"),
]


@settings(max_examples=80, deadline=None)
@given(body=st.binary(max_size=40) | BODIES.map(json.dumps))
def test_no_body_makes_the_marketplace_raise(body: bytes | str) -> None:
    """Any bytes and any JSON get an answer; a refused confirmation leaves no trace."""
    amazon = Account()
    amazon.stage.do("list_item", {"sku": "MUG", "quantity": 9})
    order = amazon.place(("MUG", 1))
    for method, path in PATHS:
        raw = body if isinstance(body, bytes) else body.encode()
        answer = amazon.call(method, path, raw)
        assert 200 <= answer.status < 500
        if method == "POST" and "shipment" in path:
            assert (answer.status == 204) == (amazon.state(order)["shipped"] > 0)
    amazon.stage.advance(10 * MINUTE)


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=30) | BODIES.map(json.dumps) | st.lists(BODIES).map(
    lambda rows: json.dumps({"header": {}, "messages": rows})))  # fmt: skip
def test_no_feed_makes_the_marketplace_raise(content: bytes | str) -> None:
    """Whatever is uploaded ends as DONE or FATAL."""
    amazon = Account()
    raw = content if isinstance(content, bytes) else content.encode()
    feeds = amazon.stage.simulator
    opened = json.loads(
        amazon.call("POST", "/feeds/2021-06-30/documents", {"contentType": "x"}).body
    )
    amazon.stage.call(
        "PUT", f"/uploads/feeds/{opened['feedDocumentId']}", raw, {"Content-Type": "x"}
    )
    body = {"feedType": "JSON_LISTINGS_FEED", "marketplaceIds": [MARKET],
            "inputFeedDocumentId": opened["feedDocumentId"]}  # fmt: skip
    amazon.call("POST", "/feeds/2021-06-30/feeds", body)
    amazon.stage.advance(10 * MINUTE)
    (row,) = feeds.snapshot()["feed_state"]
    assert row["processingStatus"] in ("DONE", "FATAL")


steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["place", "place_afn", "confirm_payment", "request_cancel", "cancel_order", "confirm",
             "ship_by_amazon", "let_ship_date_elapse", "list", "patch", "wait", "move", "receive"]
        ),
        st.integers(0, 3),
        st.integers(1, 3),
        st.sampled_from(["A", "B"]),
    ),
    max_size=25,
)  # fmt: skip


def play(amazon: Account, actions: Any) -> list[Any]:
    """Do actions one after the other, those that make sense; return the handles of the orders."""
    orders: list[Any] = []
    for number, (action, which, units, sku) in enumerate(actions):
        try:
            _do(amazon, orders, action, which, units, sku, number)
        except UnknownAction as error:
            assert str(error)  # noqa: PT017 - an action that makes no sense is explained
    return orders


def _do(
    amazon: Account, orders: list[Any], action: str, which: int, units: int, sku: str, number: int
) -> None:
    stage = amazon.stage
    if action in ("place", "place_afn"):
        channel = "AFN" if action == "place_afn" else "MFN"
        lines = ((sku, units), ("B", 1))
        orders.append(amazon.place(*lines, FulfillmentChannel=channel, OrderStatus="Pending"))
    elif action == "wait":
        stage.advance(units * MINUTE)
    elif action == "list":
        stage.do("list_item", {"sku": sku, "quantity": units * 4})
    elif action == "patch":
        amazon.call("PATCH", f"{OFFERS}/{sku}?marketplaceIds={MARKET}", quantity(units - 2))
    elif action == "receive":
        stage.do("send_to_amazon", {"sku": sku, "quantity": units * 3, "to": "fulfillable"})
    elif action == "move":
        move = {"sku": sku, "quantity": units, "from": "fulfillable", "to": "researching"}
        stage.do("move_stock", move)
    elif orders and action == "confirm":
        line = (f"{10_000_000 + which + 1}", units)
        amazon.confirm(orders[which % len(orders)], line, packageReferenceId=str(number + 1))
    elif orders:
        stage.do(action, None, orders[which % len(orders)])


@settings(max_examples=60, deadline=None)
@given(actions=steps)
def test_quantities_stock_and_money_are_conserved(actions: Any) -> None:
    """Ordered is shipped, cancelled and open; no stock is below zero; lines add up to totals."""
    amazon = Account()
    orders = play(amazon, actions)
    held = amazon.stage.simulator.snapshot()
    for row in held["order_state"]:
        assert 0 <= row["shipped"] + row["cancelled"] <= row["ordered"]
    assert all(row["quantity"] >= 0 for row in held["offer"])
    for row in held["fba_stock"]:
        parts = row["fulfillableQuantity"] + row["reservedQuantity"]
        assert min(row["fulfillableQuantity"], row["reservedQuantity"]) >= 0
        assert parts <= row["totalQuantity"]
    for order in orders:
        _totals_fit(amazon, order)


def _totals_fit(amazon: Account, order: Any) -> None:
    head = [
        body for body in amazon.stage.committed("order") if body["AmazonOrderId"] == order["key"]
    ]
    latest = {body["OrderItemId"]: body for body in amazon.stage.committed("order_item")
              if body["AmazonOrderId"] == order["key"]}  # fmt: skip
    if "OrderTotal" in head[-1]:
        prices = [
            Decimal(row["ItemPrice"]["Amount"]) for row in latest.values() if "ItemPrice" in row
        ]
        assert Decimal(head[-1]["OrderTotal"]["Amount"]) == sum(prices)


@settings(max_examples=60, deadline=None)
@given(actions=steps)
def test_a_status_moves_as_the_file_says(actions: Any) -> None:
    """No order goes back, what is closed stays closed, and the notes lead to the snapshot."""
    amazon = Account()
    play(amazon, actions)
    moves = system("amazon").records["order_state"].values["OrderStatus"].moves
    last: dict[str, dict[str, Any]] = {}
    for name, row in amazon.stage.notes:
        if name == "order_state":
            before = last.get(row["AmazonOrderId"], row)
            status = before["OrderStatus"]
            assert row["OrderStatus"] in (status, *moves.get(status, ()))
            assert row["LastUpdateDate"] >= before["LastUpdateDate"]
            last[row["AmazonOrderId"]] = row
    held = amazon.stage.simulator.snapshot()["order_state"]
    assert held == [row for _, row in sorted(last.items())]


@settings(max_examples=30, deadline=None)
@given(actions=steps)
def test_the_same_seed_makes_the_same_bytes(actions: Any) -> None:
    """Two accounts that live through the same commit, note and tell the same."""
    runs = []
    for _ in range(2):
        amazon = Account()
        amazon.stage.do("subscribe")
        play(amazon, actions)
        amazon.stage.advance(10 * MINUTE)
        runs.append((amazon.token, amazon.stage.commits, amazon.stage.notes, amazon.stage.emitted))
    assert runs[0] == runs[1]


@given(
    waits=st.lists(st.integers(0, 90 * SECOND), max_size=40),
    rate=st.sampled_from(["0.0056", "0.0167", "0.5", "2"]),
    burst=st.integers(1, 20),
)
def test_a_plan_lets_no_more_calls_in_than_it_says(waits: list[int], rate: str, burst: int) -> None:
    """Over any time, calls let in are at most the burst and what the rate gained."""
    bucket, now, taken = TokenBucket(rate=rate, burst=burst), 0, 0
    for wait in waits:
        now += wait
        taken += bucket.take(now)
        assert taken <= burst + now * Decimal(rate) / SECOND
