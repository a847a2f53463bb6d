"""Refunds of a shop: what is given back, the money that moves for it, and who hears of it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.simulators.base import UnknownAction
from tests.simulators.stage import Stage, data

HAT = {"sku": "HAT", "quantity": 3, "price": "10.00", "total_discount": "1.00"}
HAT["tax_lines"] = [{"price": "2.76"}]
MUG = {"sku": "MUG", "quantity": 1, "price": "7.00"}


def placed(**changes: Any) -> tuple[Stage, Any]:
    """Return a shop with a paid order, and its handle."""
    shop = Stage("shopify")
    order = {"financial_status": "paid", "total_price": "38.76", "line_items": [HAT, MUG]}
    return shop, shop.do("place_order", {**order, **changes})


def refund(shop: Stage, order: Any, **said: Any) -> dict[str, Any]:
    """Refund, and return the refund as it was committed."""
    shop.do("refund_order", said, order)
    found: dict[str, Any] = shop.committed("refund")[-1]
    return found


def test_a_part_of_a_line_is_given_back_with_its_tax() -> None:
    """After discounts; its money moves, and the order is refunded in part."""
    shop, order = placed()
    made = refund(shop, order, lines=[{"sku": "HAT", "quantity": 2}], note="too small")
    (line,) = made["refund_line_items"]
    assert (line["subtotal"], line["total_tax"], line["restock_type"]) == (
        "19.33",
        "1.84",
        "return",
    )
    assert (made["transactions"][0]["amount"], made["restock"]) == ("21.17", True)
    assert [hook.topic for hook in shop.emitted[-2:]] == [
        "refunds/create",
        "order_transactions/create",
    ]
    assert json.loads(shop.emitted[-1].body)["status"] == "success"
    base = f"/admin/api/2026-01/orders/{order['key']}"
    shown = data(shop.call("GET", f"{base}.json"))["order"]
    assert shown["financial_status"] == "partially_refunded"
    assert data(shop.call("GET", f"{base}/refunds.json"))["refunds"] == [made]
    assert (
        data(shop.call("GET", f"{base}/transactions.json"))["transactions"] == made["transactions"]
    )


def test_tax_that_is_in_the_price_is_not_paid_twice() -> None:
    """A shop that sells with tax gives back what was paid."""
    shop, order = placed(taxes_included=True)
    made = refund(shop, order, lines=[{"sku": "HAT"}])
    assert made["transactions"][0]["amount"] == made["refund_line_items"][0]["subtotal"]


def test_shipping_and_goodwill_are_adjustments() -> None:
    """Negative, since they are paid back, with their tax apart."""
    shop, order = placed()
    made = refund(shop, order, shipping="4.12", shipping_tax="0.78", amount="2.50")
    assert [(a["kind"], a["amount"], a["tax_amount"]) for a in made["order_adjustments"]] == [
        ("shipping_refund", "-4.12", "-0.78"),
        ("refund_discrepancy", "-2.50", "0.00"),
    ]
    assert made["transactions"][0]["amount"] == "7.40"


def test_pending_money_moves_later_or_comes_back() -> None:
    """Until then the order is as paid as before."""
    shop, order = placed()
    first = shop.do("refund_order", {"lines": [{"sku": "MUG"}], "status": "pending"}, order)
    second = shop.do("refund_order", {"lines": [{"sku": "HAT"}], "status": "pending"}, order)
    assert shop.committed("order")[-1]["financial_status"] == "paid"
    shop.do("settle_refund", None, first)
    shop.do("fail_refund", None, second)
    assert [one["status"] for one in shop.committed("transaction")] == [
        "pending",
        "pending",
        "success",
        "failure",
    ]
    assert shop.committed("order")[-1]["financial_status"] == "partially_refunded"
    with pytest.raises(UnknownAction, match="does not wait"):
        shop.do("settle_refund", None, first)


def test_what_is_given_back_in_full_is_refunded() -> None:
    """All lines and shipping together."""
    shop, order = placed(total_price="38.76")
    lines = [{"sku": "HAT", "quantity": 3}, {"sku": "MUG", "restock_type": "no_restock"}]
    refund(shop, order, lines=lines)
    assert shop.committed("order")[-1]["financial_status"] == "refunded"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "what is given back"),
        ({"lines": [{"sku": "CAP"}]}, "which line"),
        ({"lines": [{"sku": "HAT", "quantity": 4}]}, "only 3 are left"),
        ({"lines": [{"sku": "HAT", "quantity": 0}]}, "1 or more"),
        ({"lines": [{"sku": "HAT", "restock_type": "burn"}]}, "restock_type"),
        ({"amount": "-1"}, "two decimals"),
        ({"amount": "x"}, "two decimals"),
        ({"amount": "1.00", "status": "maybe"}, "status"),
    ],
)
def test_a_refund_that_makes_no_sense_is_explained(said: Any, why: str) -> None:
    """Nothing is committed, and nobody is told."""
    shop, order = placed()
    with pytest.raises(UnknownAction, match=why):
        shop.do("refund_order", said, order)
    assert shop.committed("refund") == []


def test_what_is_not_there_is_not_found() -> None:
    """An unknown order, and an unknown refund."""
    shop, _ = placed()
    for list_ in ("refunds", "transactions"):
        assert shop.call("GET", f"/admin/api/2026-01/orders/9/{list_}.json").status == 404
    with pytest.raises(UnknownAction, match="no refund 0"):
        shop.do("settle_refund")


@given(st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_never_more_is_given_back_than_was_sold(quantities: list[int]) -> None:
    """However it is cut up, and to the cent but for rounding of each part."""
    shop, order = placed()
    for quantity in quantities:
        try:
            refund(shop, order, lines=[{"sku": "HAT", "quantity": quantity}])
        except UnknownAction:
            break
    made = shop.committed("refund")
    assert sum(one["refund_line_items"][0]["quantity"] for one in made) <= 3
    assert sum(Decimal(one["transactions"][0]["amount"]) for one in made) <= Decimal("31.79")
