"""The products of a shop, by REST and by GraphQL: one state."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.simulators.base import UnknownAction
from harness.simulators.shopify.connections import sku_in
from tests.simulators.stage import Stage, data
from tests.simulators.test_shopify_stock import ask

REST = "/admin/api/2026-01/variants/7.json"
FIND = """
query($wanted: String) {
  productVariants(first: 5, query: $wanted) { nodes { sku price inventoryItem { tracked
    measurement { weight { unit value } } } } pageInfo { hasNextPage } }
}
"""
BULK = """
mutation($product: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $product, variants: $variants) {
    productVariants { sku price } userErrors { field message }
  }
}
"""


@pytest.fixture
def shop() -> Stage:
    """Return a shop whose editors made two hats."""
    shop = Stage("shopify")
    rows = ({"id": 7, "product_id": 70, "sku": "HAT"}, {"sku": "HAT RED", "price": "5"})
    shop.simulator.hold("variant", rows)
    return shop


def put(shop: Stage, **values: Any) -> Any:
    """Change the first hat."""
    return shop.call("PUT", REST, {"variant": values})


def found(shop: Stage, query: str) -> list[str]:
    """Return the SKUs that a search finds."""
    nodes = ask(shop, FIND, wanted=query)["data"]["productVariants"]["nodes"]
    return [node["sku"] for node in nodes]


def test_a_change_shows_everywhere(shop: Stage) -> None:
    """By REST, by GraphQL, as a commit of what was asked, and as the record of the product."""
    values = {"id": 7, "price": "19.9", "grams": 180, "taxable": False}
    assert data(put(shop, **values))["variant"]["price"] == "19.90"
    assert shop.committed("variant") == [values]
    row = {"sku": "HAT", "barcode": None, "price": "19.90", "grams": 180, "taxable": False}
    assert shop.notes[-1] == ("product", row)
    assert row in shop.simulator.snapshot()["product"]
    seen = ask(shop, FIND, wanted="sku:HAT")["data"]["productVariants"]["nodes"][0]
    weight = {"unit": "GRAMS", "value": 180.0}
    assert seen["price"] == "19.90"
    assert seen["inventoryItem"] == {"tracked": False, "measurement": {"weight": weight}}
    assert data(shop.call("GET", REST))["variant"]["grams"] == 180
    listed = data(shop.call("GET", "/admin/api/2026-01/products/70/variants.json"))
    assert [one["id"] for one in listed["variants"]] == [7]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"price": "free"}, "price"),
        ({"price": -1}, "price"),
        ({"price": "1e400"}, "price"),
        ({"price": True}, "price"),
        ({"grams": 0.5}, "grams"),
        ({"taxable": "yes"}, "taxable"),
        ({"inventory_management": "erp"}, "inventory_management"),
        ({"barcode": 7}, "barcode"),
        ({"barcode": "7" * 256}, "barcode"),
        ({"id": 8}, "id"),
    ],
)
def test_a_wrong_value_refuses_all(shop: Stage, values: dict[str, Any], field: str) -> None:
    """Its field is named, and nothing is changed or committed."""
    answer = put(shop, **{"sku": "CAP", **values})
    assert (answer.status, list(data(answer)["errors"])) == (422, [field])
    assert (found(shop, "sku:CAP"), shop.committed("variant")) == ([], [])


def test_what_is_not_there_or_not_said_is_refused(shop: Stage) -> None:
    """An unknown variant, a body without one, and no JSON at all."""
    elsewhere = shop.call("PUT", "/admin/api/2026-01/variants/9.json", {"variant": {"price": 1}})
    assert elsewhere.status == 404
    assert shop.call("GET", "/admin/api/2026-01/variants/x.json").status == 404
    assert shop.call("GET", "/admin/api/2026-01/products/9/variants.json").status == 404
    assert put(shop).status == 400
    assert shop.call("PUT", REST, b"{").status == 400


def test_a_search_goes_by_the_beginning_and_ends_at_a_blank(shop: Stage) -> None:
    """Quotes keep a SKU together; without a SKU everything is found."""
    assert found(shop, "sku:'HAT RED'") == ["HAT RED"]
    assert (
        found(shop, "sku:HAT RED")
        == found(shop, "sku:hat")
        == found(shop, "")
        == [
            "HAT",
            "HAT RED",
        ]
    )


def test_variants_are_changed_in_bulk_or_not_at_all(shop: Stage) -> None:
    """One that is refused, or belongs to another product, takes the others with it."""

    def bulk(*variants: Any) -> Any:
        product = "gid://shopify/Product/70"
        done = ask(shop, BULK, product=product, variants=list(variants))
        return done["data"]["productVariantsBulkUpdate"]

    hat = {"id": "gid://shopify/ProductVariant/7", "price": "8"}
    kilo = {"weight": {"unit": "KILOGRAMS", "value": 0.18}}
    item = {"sku": "CAP", "tracked": True, "measurement": kilo}
    assert bulk({**hat, "inventoryItem": item})["productVariants"] == [
        {"sku": "CAP", "price": "8.00"}
    ]
    assert shop.committed("variant") == [
        {"price": "8", "sku": "CAP", "inventory_management": "shopify", "grams": 180}
    ]
    other = {"id": "gid://shopify/ProductVariant/808950803", "price": "1"}
    (error,) = bulk({**hat, "price": "9"}, other)["userErrors"]
    assert error["field"] == ["variants", "1", "id"]
    assert bulk({**hat, "price": "-1"})["userErrors"][0]["field"] == ["variants", "0", "price"]
    assert data(shop.call("GET", REST))["variant"]["price"] == "8.00"


def test_editors_add_and_delete(shop: Stage) -> None:
    """A wrong row, a second SKU and an unknown one are errors that say so."""
    assert shop.do("add_product", {"sku": "MUG"}) == {"message": "variant", "key": "MUG"}
    assert found(shop, "sku:MUG") == ["MUG"]
    shop.do("delete_product", {"sku": "MUG"})
    assert found(shop, "sku:MUG") == []
    for action, payload, said in (
        ("add_product", {"sku": "HAT"}, "already"),
        ("add_product", {"sku": "A", "price": "x"}, "price is not a number"),
        ("add_product", {"sku": "A", "id": "x"}, "whole numbers"),
        ("delete_product", {"sku": "B"}, "no variant"),
        ("add_product", {}, "say which SKU"),
    ):
        with pytest.raises(UnknownAction, match=said):
            shop.do(action, payload)


@given(st.text(alphabet=st.characters(exclude_characters="'"), min_size=1))
def test_what_stands_in_quotes_is_the_sku(sku: str) -> None:
    """Whatever it is made of."""
    assert sku_in(f"sku:'{sku}'") == sku


@given(st.decimals(0, 10**9, places=2))
def test_a_price_stays_what_it_is(price: Decimal) -> None:
    """To the cent."""
    shop = Stage("shopify")
    shop.simulator.hold("variant", ({"id": 7, "sku": "HAT"},))
    assert Decimal(data(put(shop, price=str(price)))["variant"]["price"]) == price
