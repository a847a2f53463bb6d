"""What Amazon stores: summaries in pages, and units that move."""

from typing import Any

import pytest

from harness.simulators.base import UnknownAction
from harness.timing import MINUTE, SECOND
from tests.simulators.stage import data
from tests.simulators.test_amazon import MARKET, Account

PATH = "/fba/inventory/v1/summaries"


def stocked(*skus: str, **numbers: Any) -> Account:
    """Return an account with ten fulfillable units of each SKU."""
    amazon = Account(**numbers)
    rows = tuple({"sku": sku, "quantity": 10} for sku in skus)
    amazon.stage.simulator.hold("fba_stock", rows)
    return amazon


def summaries(amazon: Account, **query: str) -> Any:
    """Return an answer with summaries."""
    wanted = {"granularityType": "Marketplace", "granularityId": MARKET, "marketplaceIds": MARKET}
    text = "&".join(f"{name}={value}" for name, value in (wanted | query).items())
    answer = amazon.call("GET", f"{PATH}?{text}")
    assert answer.status == 200, answer.body
    return data(answer)


def units(amazon: Account, sku: str = "MUG") -> Any:
    """Return the record of a SKU, without its name."""
    rows = amazon.stage.simulator.snapshot()["fba_stock"]
    row = next(row for row in rows if row["sellerSku"] == sku)
    return (row["totalQuantity"], row["fulfillableQuantity"], row["reservedQuantity"])


def test_the_total_is_not_what_can_be_sold() -> None:
    """Units on their way count in the total; details say what is fulfillable."""
    amazon = stocked("MUG")
    amazon.stage.do("send_to_amazon", {"sku": "MUG", "quantity": 5})
    (bare,) = summaries(amazon)["payload"]["inventorySummaries"]
    assert (bare["totalQuantity"], "inventoryDetails" in bare) == (15, False)
    (row,) = summaries(amazon, details="true")["payload"]["inventorySummaries"]
    assert row["inventoryDetails"]["fulfillableQuantity"] == 10
    assert row["inventoryDetails"]["inboundWorkingQuantity"] == 5


def test_the_token_of_a_page_ends_after_30_seconds() -> None:
    """Who reads slowly must begin again."""
    amazon = stocked("A", "B", "C", inventory_page=2)
    first = summaries(amazon)
    token = first["pagination"]["nextToken"]
    amazon.stage.advance(30 * SECOND - 1)
    second = summaries(amazon, nextToken=token)
    rows = [page["payload"]["inventorySummaries"] for page in (first, second)]
    assert [[row["sellerSku"] for row in page] for page in rows] == [["A", "B"], ["C"]]
    assert "pagination" not in second
    amazon.stage.advance(1)
    assert "page token has expired" in amazon.refusal("GET", f"{PATH}?nextToken={token}")


def test_summaries_are_chosen() -> None:
    """By SKU, by several, or by what changed since."""
    amazon = stocked("A", "B", "C")
    amazon.stage.advance(MINUTE)
    amazon.stage.do("lose_stock", {"sku": "C", "quantity": 1})

    def found(**query: str) -> list[str]:
        rows = summaries(amazon, **query)["payload"]["inventorySummaries"]
        return [row["sellerSku"] for row in rows]

    assert found(sellerSku="B") == ["B"]
    amazon.stage.advance(MINUTE)
    assert found(sellerSkus="A,C,X") == ["A", "C"]
    assert found(startDateTime="2026-03-02T08:00:30Z") == ["C"]


ONE = "granularityType=Marketplace&granularityId=A&marketplaceIds=A"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "granularityType must be Marketplace"),
        (ONE + "B", "the same marketplace"),
        (ONE + "&details=yes", "true or false"),
        (ONE + "&startDateTime=x", "ISO 8601"),
        (ONE + "&sellerSkus=" + ",".join(map(str, range(51))), "names 51 SKUs"),
        ("skus=A", "parameter skus"),
    ],
)
def test_a_bad_question_for_stock_is_refused(query: str, message: str) -> None:
    """One marketplace, at most fifty SKUs, and nothing unknown."""
    assert message in Account().refusal("GET", f"{PATH}?{query}")


def test_an_order_reserves_and_ships_what_amazon_stores() -> None:
    """Units are promised when ordered, gone when shipped, and back when cancelled."""
    amazon = stocked("MUG")
    sold = amazon.place(("MUG", 4), FulfillmentChannel="AFN")
    dropped = amazon.place(("MUG", 3), FulfillmentChannel="AFN")
    assert units(amazon) == (10, 3, 7)
    with pytest.raises(UnknownAction, match="3 are fulfillable, so nobody can order 4"):
        amazon.place(("MUG", 4), FulfillmentChannel="AFN")
    amazon.stage.do("ship_by_amazon", None, sold)
    amazon.stage.do("cancel_order", None, dropped)
    assert units(amazon) == (6, 6, 0)
    assert amazon.state(sold)["OrderStatus"] == "Shipped"
    assert amazon.stage.notes[-2][0] == "fba_stock"


def test_moving_keeps_the_number_of_units() -> None:
    """Units go from one place to another, and only those that are there."""
    amazon = stocked("MUG")
    move = {"sku": "MUG", "quantity": 4, "from": "fulfillable", "to": "unfulfillable"}
    amazon.stage.do("move_stock", move)
    assert units(amazon) == (10, 6, 0)
    with pytest.raises(UnknownAction, match="6 are fulfillable, not 7"):
        amazon.stage.do("move_stock", move | {"quantity": 7})
    with pytest.raises(UnknownAction, match="units are in one of: fulfillable"):
        amazon.stage.do("move_stock", move | {"to": "nowhere"})
    with pytest.raises(UnknownAction, match="Amazon stores no CUP"):
        amazon.stage.do("move_stock", move | {"sku": "CUP"})
    with pytest.raises(UnknownAction, match="say how many"):
        amazon.stage.do("lose_stock", {"sku": "MUG", "quantity": "x"})


def test_the_seller_does_not_ship_for_amazon_nor_amazon_for_the_seller() -> None:
    """Each order is shipped by the one who fulfils it."""
    amazon = stocked("MUG")
    with pytest.raises(UnknownAction, match="is shipped by the seller"):
        amazon.stage.do("ship_by_amazon", None, amazon.place())
