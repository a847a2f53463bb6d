"""The stock of a shop, by REST and by GraphQL: one state, paid for in calls and in points."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.simulators.base import UnknownAction
from harness.simulators.profiles import Profile
from harness.timing import SECOND
from tests.simulators.stage import Stage, data

ITEM, PLACE = 808950810, 487838322
ITEM_GID, PLACE_GID = f"gid://shopify/InventoryItem/{ITEM}", f"gid://shopify/Location/{PLACE}"
REST, GRAPHQL = "/admin/api/2026-01/inventory_levels.json", "/admin/api/2026-01/graphql.json"
SET = """
mutation($input: InventorySetQuantitiesInput!) {
  inventorySetQuantities(input: $input) {
    inventoryAdjustmentGroup { changes { delta quantityAfterChange } }
    userErrors { code field message }
  }
}
"""


def stocked(**numbers: Any) -> Stage:
    """Return a shop that offers five hats."""
    shop = Stage("shopify", Profile(numbers=numbers))
    row = {"inventory_item_id": ITEM, "location_id": PLACE, "available": 5, "sku": "HAT"}
    shop.simulator.hold("inventory_level", (row,))
    return shop


@pytest.fixture
def shop() -> Stage:
    """Return a shop that offers five hats."""
    return stocked()


def ask(shop: Stage, query: str, **variables: Any) -> Any:
    """Ask by GraphQL and return the whole body."""
    answer = shop.call("POST", GRAPHQL, {"query": query, "variables": variables})
    assert answer.status == 200
    return data(answer)


def figure(quantity: int = 3, before: int | None = 5, **changes: Any) -> dict[str, Any]:
    """Return one quantity to set."""
    row = {"inventoryItemId": ITEM_GID, "locationId": PLACE_GID, "quantity": quantity}
    return {**row, "changeFromQuantity": before, **changes}


def set_(shop: Stage, *rows: Any, name: str = "available") -> Any:
    """Set quantities; return the payload of the mutation."""
    asked = {"name": name, "reason": "correction", "quantities": list(rows)}
    return ask(shop, SET, input=asked)["data"]["inventorySetQuantities"]


def level(shop: Stage) -> int:
    """Return what REST shows of the hats."""
    (row,) = data(shop.call("GET", f"{REST}?inventory_item_ids={ITEM}"))["inventory_levels"]
    found: int = row["available"]
    return found


def test_a_figure_is_compared_and_set(shop: Stage) -> None:
    """It shows by REST, is committed, and is noted as the record of the shelf."""
    done = set_(shop, figure())
    assert done["inventoryAdjustmentGroup"]["changes"] == [{"delta": -2, "quantityAfterChange": 3}]
    assert (level(shop), done["userErrors"]) == (3, [])
    assert shop.committed("available_quantity") == [figure()]
    row = {"inventory_item_id": ITEM_GID, "location_id": PLACE_GID, "available": 3}
    assert shop.notes[-1] == ("stock_level", row)
    assert shop.simulator.snapshot()["stock_level"] == [row]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"before": 4}, "CHANGE_FROM_QUANTITY_STALE"),
        ({"inventoryItemId": "gid://shopify/InventoryItem/1"}, "INVALID_INVENTORY_ITEM"),
        ({"inventoryItemId": "1"}, "INVALID_INVENTORY_ITEM"),
        ({"locationId": "gid://shopify/Location/1"}, "INVALID_LOCATION"),
        ({"quantity": 1_000_000_001}, "INVALID_QUANTITY_TOO_HIGH"),
        ({"quantity": -1_000_000_001}, "INVALID_QUANTITY_TOO_LOW"),
    ],
)
def test_one_bad_figure_refuses_all(shop: Stage, wrong: dict[str, Any], code: str) -> None:
    """Nothing is set, and the place of the bad one is named."""
    shop.simulator.hold(
        "inventory_level", ({"inventory_item_id": 2, "location_id": PLACE, "available": 9},)
    )
    good = figure(8, 9, inventoryItemId="gid://shopify/InventoryItem/2")
    done = set_(shop, good, figure(**wrong))
    (error,) = done["userErrors"]
    assert (error["code"], error["field"][:3]) == (code, ["input", "quantities", "1"])
    assert (done["inventoryAdjustmentGroup"], level(shop)) == (None, 5)
    assert shop.committed("available_quantity") == []


def test_what_is_said_twice_or_of_another_name_is_refused(shop: Stage) -> None:
    """So is an item at a location where it is not stocked, and a call with too many."""
    assert set_(shop, figure(), figure())["userErrors"][0]["code"] == "DUPLICATE"
    assert set_(shop, figure(), name="committed")["userErrors"][0]["code"] == "INVALID_NAME"
    assert set_(stocked(quantities_at_most=0), figure())["userErrors"][0]["code"] == (
        "TOO_MANY_QUANTITIES"
    )
    shop.simulator.hold(
        "inventory_level", ({"inventory_item_id": 2, "location_id": 7, "available": 9},)
    )
    (error,) = set_(shop, figure(locationId="gid://shopify/Location/7"))["userErrors"]
    assert error["code"] == "ITEM_NOT_STOCKED_AT_LOCATION"


def test_orders_take_from_the_shelf_and_give_back(shop: Stage) -> None:
    """Promised units are on hand and not for sale; what is cancelled is for sale again."""
    order = {"financial_status": "paid", "line_items": [{"sku": "HAT", "quantity": 2}]}
    placed = shop.do("place_order", order)
    seen = ask(
        shop,
        "query($id: ID!) { inventoryItem(id: $id) { sku inventoryLevels(first: 1) { nodes {"
        ' quantities(names: ["available", "committed", "on_hand"]) { name quantity } } } } }',
        id=ITEM_GID,
    )["data"]["inventoryItem"]
    figures = seen["inventoryLevels"]["nodes"][0]["quantities"]
    assert [one["quantity"] for one in figures] == [3, 2, 5]
    shop.do("cancel_order", None, placed)
    assert level(shop) == 5


def test_stock_changes_without_orders_too(shop: Stage) -> None:
    """Sold at a till, found again, stocked nowhere; what makes no sense is explained."""
    about = {"inventory_item_id": ITEM}
    shop.do("sell", {**about, "quantity": 7})
    assert level(shop) == -2
    shop.do("find", {**about, "quantity": 3})
    assert level(shop) == 1
    shop.do("stop_stocking", about)
    assert data(shop.call("GET", f"{REST}?inventory_item_ids={ITEM}"))["inventory_levels"] == []
    for action, payload in (("sell", about), ("sell", {}), ("find", {**about, "quantity": 1})):
        with pytest.raises(UnknownAction):
            shop.do(action, payload)


def test_points_run_out_and_come_back() -> None:
    """A call without enough points is a 200 that says so, and a dear query is never run."""
    shop = stocked(points=15, points_restored=5)
    assert set_(shop, figure())["userErrors"] == []
    body = ask(shop, SET, input={"name": "available", "reason": "x", "quantities": []})
    assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert body["extensions"]["cost"]["throttleStatus"] == {
        "maximumAvailable": 15,
        "currentlyAvailable": 5,
        "restoreRate": 5,
    }
    shop.now += SECOND
    assert set_(shop, figure(4, 3))["userErrors"] == []
    dear = "{ orders(first: 250) { nodes { lineItems(first: 250) { nodes { sku } } } } }"
    assert ask(shop, dear)["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("{ orders(first: 1) { nodes { colour } } }", "Cannot query field 'colour'"),
        ("{ orders(first: 1", "Syntax Error"),
        ("{ orders { nodes { id } } }", "provide `first`"),
        ('{ orders(first: 1, after: "x") { nodes { id } } }', "cursor"),
    ],
)
def test_a_query_that_makes_no_sense_is_explained(shop: Stage, query: str, said: str) -> None:
    """Inside a 200, as GraphQL does."""
    assert said in ask(shop, query)["errors"][0]["message"]


def test_a_call_that_is_no_query_is_refused(shop: Stage) -> None:
    """Without a token, by another method, under no version, without JSON, without a query."""
    assert shop.call("POST", GRAPHQL, {"variables": {}}).status == 400
    assert shop.call("POST", GRAPHQL, b"{").status == 400
    assert shop.call("GET", GRAPHQL).status == 404
    assert shop.call("POST", "/admin/api/soon/graphql.json", {"query": "{x}"}).status == 404


def test_an_order_shows_by_graphql_as_by_rest(shop: Stage) -> None:
    """Ids in both forms, money in both currencies, times in UTC, each list with its own pages."""
    order = {
        "currency": "EUR",
        "presentment_currency": "PLN",
        "total_price": "12.00",
        "financial_status": "paid",
        "line_items": [
            {"sku": "A", "name": "Hat", "quantity": 2, "price": "4.00"},
            {"sku": "B", "name": "Cup", "quantity": 1, "price": "4.00"},
        ],
    }
    key = shop.do("place_order", order)["key"]
    query = """
      { orders(first: 5) { nodes { id legacyResourceId displayFinancialStatus createdAt
        totalPriceSet { presentmentMoney { amount currencyCode } shopMoney { currencyCode } }
        lineItems(first: 1) { nodes { sku unfulfilledQuantity } pageInfo { hasNextPage endCursor } }
      } } }
    """
    (seen,) = ask(shop, query)["data"]["orders"]["nodes"]
    assert (seen["id"], seen["legacyResourceId"]) == (f"gid://shopify/Order/{key}", key)
    assert (seen["displayFinancialStatus"], seen["createdAt"]) == ("PAID", "2026-03-02T08:00:00Z")
    assert seen["totalPriceSet"]["presentmentMoney"] == {"amount": "12.00", "currencyCode": "PLN"}
    assert seen["lineItems"]["nodes"] == [{"sku": "A", "unfulfilledQuantity": 2}]
    after = seen["lineItems"]["pageInfo"]["endCursor"]
    rest = ask(
        shop,
        "query($id: ID!, $after: String) { order(id: $id) {"
        " lineItems(first: 1, after: $after) { nodes { sku } pageInfo { hasNextPage } } } }",
        id=seen["id"],
        after=after,
    )["data"]["order"]["lineItems"]
    assert rest == {"nodes": [{"sku": "B"}], "pageInfo": {"hasNextPage": False}}


def test_a_fulfilment_by_graphql_is_one_of_the_shop(shop: Stage) -> None:
    """It is committed as the one by REST is, and what is too much is a user error."""
    key = shop.do("place_order", {"line_items": [{"sku": "HAT", "quantity": 2}]})["key"]
    work = data(shop.call("GET", f"/admin/api/2026-01/orders/{key}/fulfillment_orders.json"))
    number = work["fulfillment_orders"][0]["id"]
    create = (
        "mutation($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) {"
        " fulfillment { status trackingInfo { number } } userErrors { field message } } }"
    )
    asked = {
        "lineItemsByFulfillmentOrder": [
            {"fulfillmentOrderId": f"gid://shopify/FulfillmentOrder/{number}"}
        ],
        "trackingInfo": {"number": "T1"},
    }
    first, again = (ask(shop, create, f=asked)["data"]["fulfillmentCreate"] for _ in range(2))
    assert first["fulfillment"] == {"status": "SUCCESS", "trackingInfo": [{"number": "T1"}]}
    assert again["fulfillment"] is None
    assert "unfulfillable status= closed" in again["userErrors"][0]["message"]
    assert len(shop.committed("fulfillment")) == 1


def test_levels_are_asked_for_by_item_or_by_place(shop: Stage) -> None:
    """By neither, or by too many at once, is refused."""
    rows = data(shop.call("GET", f"{REST}?location_ids={PLACE}&limit=1"))["inventory_levels"]
    assert [row["inventory_item_id"] for row in rows] == [ITEM]
    assert shop.call("GET", REST).status == 422
    many = ",".join(map(str, range(51)))
    assert shop.call("GET", f"{REST}?inventory_item_ids={many}").status == 422


@given(st.lists(st.tuples(st.sampled_from(("sell", "find", "set")), st.integers(1, 9))))
def test_the_shelf_is_what_was_done_to_it(deeds: list[tuple[str, int]]) -> None:
    """Whatever is sold, found and set, both faces show the sum."""
    shop, held = stocked(), 5
    for deed, count in deeds:
        if deed == "set":
            assert set_(shop, figure(count, held))["userErrors"] == []
            held = count
        else:
            shop.do(deed, {"inventory_item_id": ITEM, "quantity": count})
            held += count if deed == "find" else -count
        shop.now += 5 * SECOND
    assert level(shop) == held
    assert json.loads(json.dumps(shop.simulator.snapshot()["stock_level"]))[0]["available"] == held
