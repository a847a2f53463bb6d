"""The orders that scenarios use: real enough, and right in every sum."""

import unicodedata
from decimal import Decimal
from typing import Any

import pytest

from harness.simulators.validation import violations
from tests.simulators.stage import Stage, fixture, system

NAMES = ("order_basic", "order_nasty", "order_minimal")


@pytest.mark.parametrize("name", NAMES)
def test_every_order_is_as_shopify_describes_it(name: str) -> None:
    """Each fixture keeps the rules of the shop's own file."""
    assert violations(system("shopify").messages["order"], fixture(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_money_adds_up(name: str) -> None:
    """Lines make the items, items less discount the subtotal, and all together the total."""
    order = fixture(name)
    amount = {key: Decimal(value) for key, value in order.items() if key in _AMOUNTS}
    shipping = sum(Decimal(line["price"]) for line in order["shipping_lines"])
    lines = sum(Decimal(line["price"]) * line["quantity"] for line in order["line_items"])
    tax = Decimal(0) if order["taxes_included"] else amount["total_tax"]
    subtotal = amount["total_line_items_price"] - amount["total_discounts"]
    assert lines == amount["total_line_items_price"]
    assert subtotal == amount["subtotal_price"]
    assert subtotal + tax + shipping == amount["total_price"]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_easily_confused_differs(name: str) -> None:
    """A wrong choice between two similar fields shows, because their values differ."""
    order = fixture(name)
    assert order["created_at"] != order["updated_at"]
    assert (
        len({order["total_line_items_price"], order["subtotal_price"], order["total_price"]}) == 3
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_order_can_be_placed(name: str) -> None:
    """The shop takes each as it is, and keeps its id."""
    shop = Stage("shopify")
    assert shop.do("place_order", fixture(name))["key"] == str(fixture(name)["id"])


def test_the_nasty_order_is_nasty() -> None:
    """It holds what breaks integrations: size, encoding, look-alikes, repeats."""
    order, address = fixture("order_nasty"), fixture("order_nasty")["shipping_address"]
    skus = [line["sku"] for line in order["line_items"]]
    assert order["id"] > 2**53
    assert ("0.10", 3) in [(line["price"], line["quantity"]) for line in order["line_items"]]
    assert skus.count("00123") == 2
    assert address["country_code"] == "NO"
    assert address["zip"].startswith("0")
    assert len(address["last_name"]) > 35
    assert len(address["address1"]) > 70
    assert len(order["note"]) > 500
    assert not unicodedata.is_normalized("NFC", address["last_name"])


def test_the_minimal_order_has_nothing_optional() -> None:
    """What may be null is null, and what may be absent is absent."""
    order: dict[str, Any] = fixture("order_minimal")
    assert all(order[name] is None for name in ("email", "phone", "note"))
    assert all(order["shipping_address"][name] is None for name in ("address2", "zip", "phone"))
    assert "total_weight" not in order


_AMOUNTS = (
    "total_line_items_price",
    "total_discounts",
    "subtotal_price",
    "total_tax",
    "total_price",
)
