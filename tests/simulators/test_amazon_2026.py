"""The Orders API, version 2026-01-01: the same orders, whole, in the parts that are asked for."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from harness.landscape import Message
from harness.simulators.amazon import Amazon
from harness.simulators.profiles import Profile
from harness.timing import DAY, MINUTE, SECOND, show_instant
from tests.simulators.stage import SECRETS, Stage, data, header, system
from tests.simulators.test_amazon import MARKET, Account

ORDERS = "/orders/2026-01-01/orders"
ALL = "BUYER,RECIPIENT,PROCEEDS,CANCELLATION,FULFILLMENT,PACKAGES"


def search(amazon: Account, **query: str) -> Any:
    """Search for what changed in the last day."""
    after = show_instant(amazon.stage.now - DAY)
    return amazon.get(ORDERS, **({"lastUpdatedAfter": after} | query))


def one(amazon: Account, order: Any, parts: str = ALL) -> Any:
    """Return an order with its parts."""
    return amazon.get(f"{ORDERS}/{order['key']}", includedData=parts)["order"]


def test_an_order_comes_whole(amazon_order: tuple[Account, Any]) -> None:
    """Address, total and items come in one answer, under the new names and values."""
    amazon, order = amazon_order
    told = one(amazon, order)
    assert told["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    assert told["fulfillment"]["fulfilledBy"] == "MERCHANT"
    assert told["recipient"]["deliveryAddress"]["addressLine1"] == "1 Mill Lane"
    assert told["proceeds"]["grandTotal"] == {"amount": "14.00", "currencyCode": "EUR"}
    (item,) = told["orderItems"]
    assert (item["product"]["sellerSku"], item["quantityOrdered"]) == ("MUG", 2)
    assert item["fulfillment"] == {"quantityFulfilled": 0, "quantityUnfulfilled": 2}


def test_only_what_is_asked_for_is_told(amazon_order: tuple[Account, Any]) -> None:
    """Without includedData an order has neither address nor status."""
    amazon, order = amazon_order
    assert set(one(amazon, order, "")) == {
        "orderId", "createdTime", "lastUpdatedTime", "salesChannel", "orderItems"}  # fmt: skip
    assert set(one(amazon, order, "RECIPIENT")) - set(one(amazon, order, "")) == {"recipient"}


def test_a_pending_order_is_told_without_price_and_address() -> None:
    """What is not paid has no proceeds, no recipient and no buyer."""
    amazon = Account()
    order = amazon.place(OrderStatus="Pending", BuyerInfo={"BuyerName": "Ada"})
    told = one(amazon, order)
    assert told["fulfillment"]["fulfillmentStatus"] == "PENDING"
    assert {"proceeds", "recipient", "buyer"} & set(told) == set()
    assert "proceeds" not in told["orderItems"][0]


def test_packages_and_cancellations_are_told(amazon_order: tuple[Account, Any]) -> None:
    """A confirmed package shows with its items; a cancelled order is CANCELLED."""
    amazon, order = amazon_order
    amazon.confirm(order, ("10000001", 1))
    (package,) = one(amazon, order)["packages"]
    assert (package["trackingNumber"], package["packageStatus"]["status"]) == (
        "1ZTEST0000000001", "SHIPPED")  # fmt: skip
    assert package["packageItems"] == [{"orderItemId": "10000001", "quantity": 1}]
    other = amazon.place()
    amazon.stage.do("request_cancel", None, other)
    amazon.stage.do("cancel_order", None, other)
    told = one(amazon, other)
    assert told["fulfillment"]["fulfillmentStatus"] == "CANCELLED"
    assert set(told["orderItems"][0]["cancellation"]) == {
        "cancellationRequest", "cancellationExecution"}  # fmt: skip


def test_a_search_is_paged_and_two_minutes_behind() -> None:
    """The pages together are all orders that are two minutes old; the token lives for a day."""
    amazon = Account()
    placed = [amazon.place()["key"] for _ in range(3)]
    amazon.stage.advance(2 * MINUTE)
    amazon.place()
    first = search(amazon, maxResultsPerPage="2")
    token = first["pagination"]["nextToken"]
    second = search(amazon, paginationToken=token)
    assert [row["orderId"] for row in first["orders"] + second["orders"]] == placed
    assert "pagination" not in second
    assert first["lastUpdatedBefore"] == "2026-03-02T08:00:00Z"
    amazon.stage.advance(DAY)
    amazon.token = data(amazon.log_in())["access_token"]
    query = f"{ORDERS}?paginationToken={token}"
    assert "page token has expired" in amazon.refusal("GET", query)


def test_a_search_is_narrowed_down() -> None:
    """By status, by who fulfils, and by marketplace, in the words of this version."""
    amazon = Account()
    mine = amazon.place()["key"]
    theirs = amazon.place(FulfillmentChannel="AFN", OrderStatus="Canceled")["key"]
    amazon.stage.advance(2 * MINUTE)

    def found(**query: str) -> list[str]:
        return [row["orderId"] for row in search(amazon, **query)["orders"]]

    assert found(fulfillmentStatuses="CANCELLED") == [theirs]
    assert found(fulfilledBy="MERCHANT", marketplaceIds=MARKET) == [mine]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({}, "Exactly one of createdAfter and lastUpdatedAfter"),
        ({"createdAfter": "2026-03-01T00:00:00Z", "fulfillmentStatuses": "Canceled"}, "'Canceled'"),
        ({"createdAfter": "2026-03-01T00:00:00Z", "createdBefore": "2026-03-02T07:58:01Z"},
         "at least two minutes before now"),
        ({"createdAfter": "2026-03-01T00:00:00Z", "includedData": "ADDRESS"}, "'ADDRESS'"),
        ({"CreatedAfter": "2026-03-01T00:00:00Z"}, "parameter CreatedAfter"),
    ],
)  # fmt: skip
def test_a_bad_search_is_refused(query: dict[str, str], message: str) -> None:
    """The words of version 0 are not those of this one."""
    refusal = Account().refusal("GET", f"{ORDERS}?{urlencode(query)}")
    assert re.match(f"400 InvalidInput: .*{message}", refusal)


def test_a_search_takes_three_minutes_each_in_the_long_run() -> None:
    """Twenty at once, then one in 179 seconds."""
    amazon = Account()
    query = f"{ORDERS}?createdAfter=2026-03-01T00:00:00Z"
    answers = [amazon.call("GET", query) for _ in range(21)]
    assert [answer.status for answer in answers] == [200] * 20 + [429]
    assert header(answers[0], "x-amzn-RateLimit-Limit") == "0.0056"
    amazon.stage.advance(178 * SECOND)
    assert amazon.call("GET", query).status == 429
    amazon.stage.advance(SECOND)
    assert amazon.call("GET", query).status == 200


def test_what_the_file_describes_is_committed() -> None:
    """A system file that has the whole order as a message sees it committed at each change."""
    carriers = {"one": {"response": f"GET {ORDERS}/:orderId", "at": "body.order"}}
    fields = {"orderId": {"type": "text"}}
    described = Message.described(key="orderId", carried_by=carriers, fields=fields)
    messages = {**system("amazon").messages, "order_2026": described}
    spec = system("amazon").model_copy(update={"messages": messages})
    stage = Stage("amazon")
    stage.simulator = Amazon(spec, stage, secrets=SECRETS, profile=Profile())
    stage.do("place_order", {"OrderItems": [{"SellerSKU": "MUG"}]})
    assert stage.committed("order_2026")[0]["orderItems"][0]["product"]["sellerSku"] == "MUG"


@pytest.fixture
def amazon_order() -> tuple[Account, Any]:
    """Return an account and an order that is to be shipped."""
    amazon = Account()
    return amazon, amazon.place()
