"""What holds for every simulator, whatever is done to it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.simulators.base import UnknownAction
from harness.timing import SECOND
from tests.simulators.stage import Stage, data

API = "/admin/api/2025-07"
FULFIL = f"{API}/fulfillments.json"
ROUTES = {
    "shopify": [FULFIL],
    "oms": ["/api/v2/sales-orders"],
    "ops": ["/alerts", "/parked/orders"],
}

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
anything = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)
quantities = st.integers(-1, 4)


def _mostly(*names: str) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, anything))


fulfillments = st.fixed_dictionaries(
    {
        "fulfillment": anything
        | st.fixed_dictionaries(
            {
                "line_items_by_fulfillment_order": anything
                | st.lists(_mostly("fulfillment_order_id", "fulfillment_order_line_items"))
            },
            optional={"tracking_info": anything},
        )
    }
)
sales_orders = _mostly("externalId", "status", "grandTotal", "orderedAt", "shipTo") | (
    st.fixed_dictionaries(
        {"lines": st.lists(anything | _mostly("lineRef", "sku", "qty"), max_size=3)}
    )
)


@pytest.mark.parametrize("name", sorted(ROUTES))
@settings(max_examples=60)
@given(body=st.binary(max_size=40) | (anything | fulfillments | sales_orders).map(json.dumps))
def test_no_body_makes_a_simulator_raise(name: str, body: bytes | str) -> None:
    """Any bytes and any JSON get an answer, and refused ones leave no trace."""
    stage = Stage(name)
    if name == "shopify":
        stage.do("place_order", {"line_items": [{"quantity": 1}]})
        stage.commits.clear()
    for path in ROUTES[name]:
        raw = body if isinstance(body, bytes) else body.encode()
        answer = stage.call("POST", path, raw)
        assert 200 <= answer.status < 500
        assert (answer.status >= 300) == (not stage.commits)
        stage.commits.clear()


@settings(max_examples=60)
@given(
    orders=st.lists(st.lists(quantities, max_size=3), min_size=1, max_size=3),
    steps=st.lists(
        st.tuples(
            st.sampled_from(["fulfil", "rest", "cancel_order", "touch_order", "pay_order"]),
            st.integers(0, 2),
            st.lists(quantities, max_size=3),
        ),
        max_size=12,
    ),
)
def test_a_shop_never_fulfils_more_than_was_ordered(
    orders: list[list[int]], steps: list[tuple[str, int, list[int]]]
) -> None:
    """Whatever is asked for in whatever order, each line keeps fulfilled at most at ordered."""
    shop = Stage("shopify")
    handles = [
        shop.do("place_order", {"line_items": [{"sku": "A", "quantity": n} for n in numbers]})
        for numbers in orders
    ]
    for step, which, numbers in steps:
        shop.advance(SECOND)
        handle = handles[which % len(handles)]
        if step in ("fulfil", "rest"):
            path = f"{API}/orders/{handle['key']}/fulfillment_orders.json"
            (work,) = data(shop.call("GET", path))["fulfillment_orders"]
            asked = [
                {"id": line["id"], "quantity": number}
                for line, number in zip(work["line_items"], numbers, strict=False)
            ]
            group = {
                "fulfillment_order_id": work["id"],
                "fulfillment_order_line_items": asked if step == "fulfil" else [],
            }
            body = {"fulfillment": {"line_items_by_fulfillment_order": [group]}}
            assert shop.call("POST", FULFIL, body).status in (201, 422)
        else:
            _try(
                shop, step, _edited(shop, handle, numbers) if step == "touch_order" else {}, handle
            )
        lines = [line for row in shop.simulator.snapshot()["orders"] for line in row["lines"]]
        assert all(0 <= line["fulfilled"] <= line["ordered"] for line in lines)


@settings(max_examples=60)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["ship", "correct_shipment", "void_shipment"]),
            st.integers(1, 4),
            st.lists(st.tuples(st.sampled_from(["1", "2", "3"]), quantities), max_size=2),
            st.sampled_from(["SHIPPED", "VOIDED"]),
        ),
        max_size=10,
    )
)
def test_an_oms_never_ships_more_than_was_ordered(steps: list[tuple[Any, ...]]) -> None:
    """Shipments, corrections and voids in any order keep shipped at most at ordered."""
    oms = Stage("oms")
    _take(oms, {"1": 2, "2": 3})
    for action, number, lines, status in steps:
        asked = [{"lineRef": ref, "qty": quantity} for ref, quantity in lines]
        key = "77" if action == "ship" else f"F-{number}"
        _try(oms, action, {"lines": asked, "status": status}, {"key": key})
        (row,) = oms.simulator.snapshot()["sales_orders"]
        assert all(0 <= line["shipped"] <= line["ordered"] for line in row["lines"])


def _try(stage: Stage, action: str, payload: Any, about: Any) -> None:
    try:
        stage.do(action, payload, about)
    except UnknownAction as error:
        assert str(error)  # noqa: PT017 - an action that makes no sense is explained


def _edited(shop: Stage, handle: Any, numbers: list[int]) -> dict[str, Any]:
    order = data(shop.call("GET", f"{API}/orders/{handle['key']}.json"))["order"]
    pairs = zip(order["line_items"], numbers, strict=False)
    return {"line_items": [{**line, "quantity": number} for line, number in pairs]}


def _take(oms: Stage, ordered: dict[str, int]) -> None:
    amounts = dict.fromkeys(
        ("itemsTotal", "discountTotal", "shippingTotal", "taxTotal", "grandTotal"), "0.00"
    )
    line = {"sku": "A", "unitPrice": "0.00", "gross": "0.00"}
    body = {
        "externalId": "77",
        "orderNo": "1",
        "status": "RELEASED",
        "currency": "EUR",
        **amounts,
        "taxIncluded": False,
        "orderedAt": "2026-03-02T08:00:00Z",
        "channel": "WEB",
        "shipTo": {"name": "N", "street1": "S", "city": "C", "country": "DE"},
        "lines": [{**line, "lineRef": ref, "qty": qty} for ref, qty in ordered.items()],
    }
    assert oms.call("POST", "/api/v2/sales-orders", body).status == 201
