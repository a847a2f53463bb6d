"""What the marketplace answers, held against the models that Amazon publishes, where they are."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from harness.timing import MINUTE
from tests.simulators.stage import ROOT, data
from tests.simulators.test_amazon import MARKET, ORDERS, Account

MODELS = ROOT.parent / "shared" / "data" / "specs" / "amazon"
SANDBOX = "x-amzn-api-sandbox"


def test_orders_of_version_0_fit_the_model() -> None:
    """Lists, heads, items, addresses and buyers have the shape of ordersV0, and no field more."""
    amazon, order = _with_an_order()
    path = f"{ORDERS}/{order['key']}"
    token = amazon.restricted(
        ORDERS, f"{path}/address", f"{path}/buyerInfo", elements=["buyerInfo", "shippingAddress"]
    )
    query = f"?MarketplaceIds={MARKET}&CreatedAfter=2026-03-01T00:00:00Z"
    _fits("ordersV0", "GetOrdersResponse", amazon.call("GET", ORDERS + query, token=token))
    _fits("ordersV0", "GetOrderResponse", amazon.call("GET", path))
    _fits("ordersV0", "GetOrderItemsResponse", amazon.call("GET", f"{path}/orderItems"))
    _fits("ordersV0", "GetOrderAddressResponse", amazon.call("GET", f"{path}/address", token=token))
    _fits("ordersV0", "GetOrderBuyerInfoResponse",
          amazon.call("GET", f"{path}/buyerInfo", token=token))  # fmt: skip


def test_whole_orders_fit_the_model() -> None:
    """Searches and single orders have the shape of orders_2026-01-01, in all their parts."""
    amazon, order = _with_an_order()
    parts = "includedData=BUYER,RECIPIENT,PROCEEDS,CANCELLATION,FULFILLMENT,PACKAGES"
    base = "/orders/2026-01-01/orders"
    search = amazon.call("GET", f"{base}?createdAfter=2026-03-01T00:00:00Z&{parts}")
    assert data(search)["orders"][0]["packages"]
    _fits("orders_2026-01-01", "SearchOrdersResponse", search)
    one = amazon.call("GET", f"{base}/{order['key']}?{parts}")
    _fits("orders_2026-01-01", "GetOrderResponse", one)


def test_summaries_of_stock_fit_the_model() -> None:
    """Summaries have the shape of fbaInventory."""
    amazon = Account(inventory_page=1)
    for sku in "AB":
        amazon.stage.do("send_to_amazon", {"sku": sku, "quantity": 5})
    query = f"granularityType=Marketplace&granularityId={MARKET}&marketplaceIds={MARKET}"
    answer = amazon.call("GET", f"/fba/inventory/v1/summaries?{query}&details=true")
    assert "pagination" in data(answer)
    _fits("fbaInventory", "GetInventorySummariesResponse", answer)


def test_notifications_fit_the_model() -> None:
    """ORDER_CHANGE has the shape of its published schema."""
    schema = _model("OrderChangeNotification")
    amazon = Account()
    amazon.stage.do("subscribe")
    amazon.stage.do("request_cancel", None, amazon.place())
    amazon.stage.advance(MINUTE)
    assert len(amazon.stage.emitted) >= 2
    for webhook in amazon.stage.emitted:
        jsonschema.validate(json.loads(webhook.body), schema)


def test_refusals_fit_the_model() -> None:
    """A refusal is a list of errors, as the model has it and as its sandbox answers."""
    amazon = Account()
    _fits("ordersV0", "GetOrdersResponse", amazon.call("GET", ORDERS))
    refused = amazon.call("POST", f"{ORDERS}/999-0000001-0000001/shipmentConfirmation", {})
    _fits("ordersV0", "ConfirmShipmentErrorResponse", refused)
    (example,) = _examples(f"{ORDERS}/{{orderId}}", "get", "400")
    order = example["request"]["parameters"]["orderId"]["value"]
    (error,) = data(amazon.call("GET", f"{ORDERS}/{order}"))["errors"]
    assert error["code"] == example["response"]["errors"][0]["code"]


@pytest.mark.parametrize("status", ["204", "400"])
def test_confirmations_of_the_sandbox_end_alike(status: str) -> None:
    """What the static sandbox takes is taken, with a carrier that we know; the rest is refused."""
    (example,) = _examples(f"{ORDERS}/{{orderId}}/shipmentConfirmation", "post", status)
    asked = example["request"]["parameters"]
    body, key = asked["body"]["value"], asked["orderId"]["value"]
    body["packageDetail"] |= {"carrierCode": "DHL"}
    (line,) = body["packageDetail"]["orderItems"]
    amazon = Account()
    amazon.place(
        AmazonOrderId=key,
        MarketplaceId=body["marketplaceId"],
        PurchaseDate="2022-02-01T00:00:00Z",
        OrderItems=[{"SellerSKU": "A", "OrderItemId": line["orderItemId"]}],
    )
    answer = amazon.call("POST", f"{ORDERS}/{key}/shipmentConfirmation", body)
    assert str(answer.status) == status


def _with_an_order() -> tuple[Account, Any]:
    """Return an account with an order that is shipped in part, two minutes ago."""
    amazon = Account()
    order = amazon.place(("MUG", 2), ("HAT", 1), BuyerInfo={"BuyerEmail": "a@shop.example"})
    amazon.confirm(order, ("10000001", 1))
    amazon.stage.do("request_cancel", {"SellerSKU": "HAT"}, order)
    amazon.stage.advance(2 * MINUTE)
    return amazon, order


def _fits(model: str, definition: str, answer: Any) -> None:
    whole = _model(model)
    schema = {"$ref": f"#/definitions/{definition}", "definitions": _strict(whole["definitions"])}
    jsonschema.validate(data(answer), schema)


def _examples(path: str, method: str, status: str) -> list[Any]:
    answers = _model("ordersV0")["paths"][path][method]["responses"]
    return json.loads(json.dumps(answers[status][SANDBOX]["static"]))  # type: ignore[no-any-return]  # a copy


def _strict(definitions: Any) -> Any:
    """Return the definitions without room for fields that the model does not have."""
    return {
        name: {**one, "additionalProperties": False} if "properties" in one else one
        for name, one in definitions.items()
    }


@cache
def _model(name: str) -> Any:
    file = Path(MODELS) / f"{name}.json"
    if not file.is_file():
        pytest.skip(f"the published model {name} is not here")
    return json.loads(file.read_text(encoding="utf-8"))
