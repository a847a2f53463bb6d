"""The marketplace: tokens, orders, confirmed shipments, and what is offered."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from harness.errors import HarnessError
from harness.landscape import System
from harness.simulators.amazon import Amazon
from harness.simulators.base import Call, Reply, UnknownAction
from harness.simulators.profiles import Profile
from harness.timing import DAY, HOUR, MINUTE, SECOND, show_instant
from tests.simulators.stage import SECRETS, Stage, data, header, system

MARKET = "A1PA6795UKMFR9"
ORDERS = "/orders/v0/orders"
OFFERS = "/listings/2021-08-01/items/SELLER"
ADDRESS = {"Name": "Ada Quist", "AddressLine1": "1 Mill Lane", "City": "Leeds",
           "CountryCode": "GB", "Phone": "+1 480-386-0930 ext. 73824"}  # fmt: skip
ALL_PII = ["buyerInfo", "shippingAddress"]


class Account:
    """A marketplace with an application that has a token, and short ways to call it."""

    def __init__(self, **numbers: Any) -> None:
        self.stage = Stage("amazon", Profile(numbers=numbers))
        self.token = data(self.log_in())["access_token"]

    def log_in(self, **changes: str) -> Reply:
        """Ask for an access token."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": "refresh-token",
            "client_id": "client",
            "client_secret": "client-secret",
        }
        body = urlencode(form | changes).encode()
        url = "https://api.amazon.com/auth/o2/token"
        return self.stage.simulator.handle(Call("POST", url, (), body))

    def call(self, method: str, path: str, body: Any = None, token: str | None = None) -> Reply:
        """Call an operation with the token of the account, or with another."""
        return self.stage.call(method, path, body, {"x-amz-access-token": token or self.token})

    def get(self, path: str, token: str | None = None, **query: str) -> Any:
        """Return the payload of an answer that is expected to be good."""
        answer = self.call("GET", f"{path}?{urlencode(query)}", token=token)
        assert answer.status == 200, answer.body
        body = data(answer)
        return body.get("payload", body)

    def refusal(self, method: str, path: str, body: Any = None, token: str | None = None) -> str:
        """Return status, code and message of a refusal, in one text."""
        answer = self.call(method, path, body, token)
        (error,) = data(answer)["errors"]
        return f"{answer.status} {error['code']}: {error['message']}"

    def place(self, *lines: tuple[str, int], **head: Any) -> Any:
        """Place an order, Unshipped unless said otherwise, and return its handle."""
        rows = [
            {"SellerSKU": sku, "QuantityOrdered": quantity, "ItemPrice": euros(7 * quantity)}
            for sku, quantity in lines or (("MUG", 2),)
        ]
        order = {"OrderStatus": "Unshipped", "OrderItems": rows, "ShippingAddress": ADDRESS} | head
        return self.stage.do("place_order", order)

    def restricted(self, *paths: str, elements: list[str] | None = None) -> str:
        """Return a restricted data token for paths."""
        rows = [{"method": "GET", "path": path, "dataElements": elements or []} for path in paths]
        body = {"restrictedResources": rows}
        answer = self.call("POST", "/tokens/2021-03-01/restrictedDataToken", body)
        assert (answer.status, data(answer)["expiresIn"]) == (200, 3600)
        return str(data(answer)["restrictedDataToken"])

    def list(self, token: str | None = None, **query: str) -> Any:
        """List what changed in the last day."""
        after = show_instant(self.stage.now - DAY)
        query = {"MarketplaceIds": MARKET, "LastUpdatedAfter": after} | query
        return self.get(ORDERS, token, **query)

    def confirm(self, order: Any, *lines: tuple[str, int], **package: Any) -> Reply:
        """Confirm a package of an order."""
        return self.call("POST", f"{ORDERS}/{order['key']}/shipmentConfirmation",
                         confirmation(*lines, **package))  # fmt: skip

    def state(self, order: Any) -> Any:
        """Return the record of an order."""
        rows = self.stage.simulator.snapshot()["order_state"]
        return next(row for row in rows if row["AmazonOrderId"] == order["key"])

    def offered(self, sku: str) -> int:
        """Return how many of an item are offered."""
        rows = self.stage.simulator.snapshot()["offer"]
        return int(next(row["quantity"] for row in rows if row["sku"] == sku))


@pytest.fixture
def amazon() -> Account:
    """Return an account without orders."""
    return Account()


def euros(amount: int) -> dict[str, str]:
    """Return an amount of money."""
    return {"CurrencyCode": "EUR", "Amount": f"{amount}.00"}


def confirmation(*lines: tuple[str, int], **package: Any) -> dict[str, Any]:
    """Return the body that confirms a package; all of the first item unless lines are named."""
    rows = [{"orderItemId": item, "quantity": quantity} for item, quantity in lines]
    detail = {
        "packageReferenceId": "1",
        "carrierCode": "UPS",
        "trackingNumber": "1ZTEST0000000001",
        "shipDate": "2026-03-02T08:00:00Z",
        "orderItems": rows or [{"orderItemId": "10000001", "quantity": 2}],
    }
    return {"marketplaceId": MARKET, "packageDetail": detail | package}


def quantity(number: Any, **changes: Any) -> dict[str, Any]:
    """Return the body that changes what is offered."""
    value = {"fulfillment_channel_code": "DEFAULT", "quantity": number}
    patch = {"op": "replace", "path": "/attributes/fulfillment_availability", "value": [value]}
    return {"productType": "PRODUCT", "patches": [patch]} | changes


# Tokens.


def test_a_token_is_given_for_an_hour(amazon: Account) -> None:
    """An access token is taken for 3600 s, and then refused until a new one is fetched."""
    amazon.stage.advance(HOUR - 1)
    assert amazon.call("GET", f"{ORDERS}/999-0000001-0000001").status == 404
    amazon.stage.advance(1)
    refusal = amazon.refusal("GET", f"{ORDERS}/999-0000001-0000001")
    assert refusal == "403 Unauthorized: The access token you provided has expired."
    amazon.token = data(amazon.log_in())["access_token"]
    assert amazon.call("GET", f"{ORDERS}/999-0000001-0000001").status == 404


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"client_secret": "x"}, (401, "invalid_client")),
        ({"refresh_token": "x"}, (400, "invalid_grant")),
        ({"grant_type": ""}, (400, "invalid_request")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
        ({"grant_type": "client_credentials"}, (400, "invalid_scope")),
    ],
)
def test_no_token_is_given(
    amazon: Account, changes: dict[str, str], expected: tuple[int, str]
) -> None:
    """Who is not known, or asks for what does not exist, gets no token."""
    answer = amazon.log_in(**changes)
    assert expected == (answer.status, data(answer)["error"])


def test_without_a_token_nothing_is_told(amazon: Account) -> None:
    """A call with no token, or with one that was never given, is refused in the usual envelope."""
    bare = amazon.stage.call("GET", ORDERS)
    assert (bare.status, data(bare)["errors"][0]["code"]) == (403, "Unauthorized")
    assert amazon.refusal("GET", ORDERS, token="Atza|x").startswith("403 Unauthorized")


def test_tokens_are_expired_and_consent_withdrawn(amazon: Account) -> None:
    """A scenario can end all tokens, and can let the seller withdraw the consent."""
    amazon.stage.do("expire_token")
    assert "has expired" in amazon.refusal("GET", ORDERS)
    assert amazon.log_in().status == 200
    amazon.stage.do("revoke_authorization")
    assert data(amazon.log_in())["error"] == "invalid_grant"


def test_a_grantless_token_opens_nothing_of_a_seller(amazon: Account) -> None:
    """What was given to the application alone is refused for orders."""
    scope = "sellingpartnerapi::notifications"
    token = data(amazon.log_in(grant_type="client_credentials", scope=scope))["access_token"]
    assert amazon.refusal("GET", ORDERS, token=token).startswith("403 Unauthorized")


# Reading orders.


def test_an_order_comes_in_three_parts(amazon: Account) -> None:
    """Head, items and address are read one by one; the address with a restricted token."""
    order = amazon.place(("MUG", 2), ("HAT", 1))
    path = f"{ORDERS}/{order['key']}"
    head = amazon.get(path)
    assert (head["OrderStatus"], head["OrderTotal"]) == ("Unshipped", euros(21))
    items = amazon.get(f"{path}/orderItems")
    assert items["AmazonOrderId"] == order["key"] == "999-0000001-0000001"
    assert [(item["SellerSKU"], item["QuantityOrdered"], item["ItemPrice"], item["IsGift"])
            for item in items["OrderItems"]] == [
        ("MUG", 2, euros(14), "false"), ("HAT", 1, euros(7), "false")]  # fmt: skip
    token = amazon.restricted(f"{ORDERS}/{{orderId}}/address")
    assert amazon.get(f"{path}/address", token)["ShippingAddress"] == ADDRESS


def test_without_a_restricted_token_the_address_is_left_out(amazon: Account) -> None:
    """The address call answers, but tells nothing personal."""
    order = amazon.place()
    told = amazon.get(f"{ORDERS}/{order['key']}/address")
    assert told == {"AmazonOrderId": order["key"]}
    assert "ShippingAddress" not in amazon.get(f"{ORDERS}/{order['key']}")


def test_a_profile_may_refuse_the_address() -> None:
    """Where the profile says so, the address call without a restricted token is a 403."""
    amazon = Account(address_unrestricted="refused")
    order = amazon.place()
    refusal = amazon.refusal("GET", f"{ORDERS}/{order['key']}/address")
    assert refusal == "403 Unauthorized: Access to requested resource is denied."


def test_a_restricted_token_opens_what_it_names(amazon: Account) -> None:
    """It shows the data elements it was given for, on its paths, and opens no other."""
    order = amazon.place(BuyerInfo={"BuyerEmail": "a@marketplace.example"})
    path = f"{ORDERS}/{order['key']}"
    token = amazon.restricted(path, elements=ALL_PII)
    told = amazon.get(path, token)
    assert told["ShippingAddress"] == ADDRESS
    assert told["BuyerInfo"] == {"BuyerEmail": "a@marketplace.example"}
    assert amazon.refusal("GET", f"{path}/address", token=token).startswith("403")


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"method": "GET", "path": ORDERS}] * 51,
        [{"method": "GET", "path": "/fba/inventory/v1/summaries"}],
        [{"method": "GET", "path": ORDERS, "dataElements": ["name"]}],
        ["x"],
    ],
)
def test_a_restricted_token_is_refused(amazon: Account, rows: list[Any]) -> None:
    """Only restricted operations, known data elements and 50 resources at the most are taken."""
    body = {"restrictedResources": rows}
    refusal = amazon.refusal("POST", "/tokens/2021-03-01/restrictedDataToken", body)
    assert refusal.startswith("400 InvalidInput")


def test_a_pending_order_has_no_price_and_no_address(amazon: Account) -> None:
    """Until the payment is confirmed there is no total, no price and no address to release."""
    order = amazon.place(OrderStatus="Pending")
    path = f"{ORDERS}/{order['key']}"
    token = amazon.restricted(f"{path}/address")
    assert "OrderTotal" not in amazon.get(path)
    assert "ItemPrice" not in amazon.get(f"{path}/orderItems")["OrderItems"][0]
    assert "ShippingAddress" not in amazon.get(f"{path}/address", token)
    assert amazon.stage.committed("order_address") == []
    amazon.stage.do("confirm_payment", None, order)
    assert amazon.get(path)["OrderTotal"] == euros(14)
    assert amazon.stage.committed("order_address")[0]["ShippingAddress"] == ADDRESS
    assert amazon.state(order)["OrderStatus"] == "Unshipped"


def test_the_list_is_two_minutes_behind(amazon: Account) -> None:
    """A change shows in a list two minutes later, and a later end of the window is refused."""
    order = amazon.place()
    amazon.stage.advance(2 * MINUTE - SECOND)
    assert amazon.list()["Orders"] == []
    amazon.stage.advance(SECOND)
    listed = amazon.list()
    assert [row["AmazonOrderId"] for row in listed["Orders"]] == [order["key"]]
    assert listed["LastUpdatedBefore"] == "2026-03-02T08:00:00Z"
    query = urlencode({"MarketplaceIds": MARKET, "LastUpdatedAfter": "2026-03-01T00:00:00Z",
                       "LastUpdatedBefore": "2026-03-02T08:00:01Z"})  # fmt: skip
    refusal = amazon.refusal("GET", f"{ORDERS}?{query}")
    assert refusal.startswith("400 InvalidInput: LastUpdatedBefore must be at least two minutes")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({}, "Exactly one of CreatedAfter"),
        ({"CreatedAfter": "2026-03-01T00:00:00Z", "LastUpdatedAfter": "2026-03-01T00:00:00Z"},
         "Exactly one of CreatedAfter"),
        ({"CreatedAfter": "2026-03-01T00:00:00Z", "LastUpdatedBefore": "2026-03-01T00:00:00Z"},
         "LastUpdatedBefore cannot go with CreatedAfter"),
        ({"CreatedAfter": "2026-03-02T00:00:00Z", "CreatedBefore": "2026-03-01T00:00:00Z"},
         "CreatedBefore must not be before"),
        ({"CreatedAfter": "yesterday"}, "not an ISO 8601 time"),
        ({"CreatedAfter": "2026-03-01T00:00:00Z", "MaxResultsPerPage": "101"}, "must be 1 to 100"),
        ({"CreatedAfter": "2026-03-01T00:00:00Z", "OrderStatuses": "Cancelled"}, "'Cancelled'"),
        ({"CreatedAfter": "2026-03-01T00:00:00Z", "MarketplaceIds": ""}, "MarketplaceIds is"),
        ({"CreatedAfter": "2026-03-01T00:00:00Z", "BuyerEmail": "a"}, "parameter BuyerEmail"),
        ({"CreatedAfter": "2026-03-01T00:00:00Z", "NextToken": "x"}, "page token is not one"),
    ],
)  # fmt: skip
def test_a_bad_question_for_orders_is_refused(
    amazon: Account, query: dict[str, str], message: str
) -> None:
    """A window begins once and ends after it; what is not known is not left aside."""
    refusal = amazon.refusal("GET", f"{ORDERS}?{urlencode({'MarketplaceIds': MARKET} | query)}")
    assert re.match(f"400 InvalidInput: .*{message}", refusal)


def test_pages_together_are_the_whole(amazon: Account) -> None:
    """Each order is on one page, the token keeps the question, and the last page has none."""
    placed = [amazon.place()["key"] for _ in range(7)]
    amazon.stage.advance(HOUR // 2)
    seen, token = [], None
    for _ in range(3):
        more = {"NextToken": token} if token else {"MaxResultsPerPage": "3"}
        page = amazon.list(**more)
        token = page.get("NextToken")
        seen.append([row["AmazonOrderId"] for row in page["Orders"]])
    assert [len(rows) for rows in seen] == [3, 3, 1]
    assert sorted(key for keys in seen for key in keys) == sorted(placed)
    assert token is None


def test_items_come_in_pages() -> None:
    """A long order is read page by page; a token belongs to its order."""
    amazon = Account(order_items_page=2)
    order, other = amazon.place(("A", 1), ("B", 1), ("C", 1)), amazon.place()
    path = f"{ORDERS}/{order['key']}/orderItems"
    first = amazon.get(path)
    second = amazon.get(path, NextToken=first["NextToken"])
    assert [row["SellerSKU"] for row in first["OrderItems"] + second["OrderItems"]] == [*"ABC"]
    assert "NextToken" not in second
    foreign = f"{ORDERS}/{other['key']}/orderItems?NextToken={first['NextToken']}"
    assert "belongs to another order" in amazon.refusal("GET", foreign)


def test_lists_are_filtered(amazon: Account) -> None:
    """Status, channel, marketplace and ids narrow a list down."""
    seller = amazon.place()["key"]
    by_amazon = amazon.place(FulfillmentChannel="AFN", OrderStatus="Pending")["key"]
    amazon.stage.advance(HOUR // 2)

    def found(**query: str) -> list[str]:
        return [row["AmazonOrderId"] for row in amazon.list(**query)["Orders"]]

    assert found(FulfillmentChannels="MFN") == [seller]
    assert found(OrderStatuses="Pending,Shipped") == [by_amazon]
    assert found(AmazonOrderIds=by_amazon) == [by_amazon]
    assert found(MarketplaceIds="ATVPDKIKX0DER") == []


def test_an_unknown_order_is_not_found(amazon: Account) -> None:
    """A strange number is bad input, an unknown order is not found."""
    assert amazon.refusal("GET", f"{ORDERS}/77").startswith("400 InvalidInput")
    assert amazon.refusal("GET", f"{ORDERS}/999-0000009-0000009").startswith("404 NotFound")
    assert amazon.refusal("GET", "/orders/v1").startswith("404 NotFound")


# Usage plans.


def test_each_operation_has_its_own_plan(amazon: Account) -> None:
    """Twenty lists in a burst, then one a minute; other operations are not touched by it."""
    amazon.stage.do("expire_token")
    amazon.token = data(amazon.log_in())["access_token"]
    after = urlencode({"MarketplaceIds": MARKET, "CreatedAfter": "2026-03-01T00:00:00Z"})
    answers = [amazon.call("GET", f"{ORDERS}?{after}") for _ in range(21)]
    assert [answer.status for answer in answers] == [200] * 20 + [429]
    assert header(answers[0], "x-amzn-RateLimit-Limit") == "0.0167"
    assert header(answers[20], "x-amzn-RateLimit-Limit") is None
    assert header(answers[20], "x-amzn-RequestId")
    assert data(answers[20])["errors"][0]["code"] == "QuotaExceeded"
    assert amazon.call("GET", f"{ORDERS}/999-0000001-0000001").status == 404
    amazon.stage.advance(59 * SECOND)
    assert amazon.call("GET", f"{ORDERS}?{after}").status == 429
    amazon.stage.advance(SECOND)
    assert amazon.call("GET", f"{ORDERS}?{after}").status == 200


# Confirming shipments.


def test_a_shipment_is_confirmed(amazon: Account) -> None:
    """The answer is 204 with nothing in it; the package is committed and the order is Shipped."""
    order = amazon.place()
    answer = amazon.confirm(order)
    assert (answer.status, answer.body) == (204, b"")
    assert amazon.stage.committed("shipment_confirmation") == [
        {**confirmation(), "orderId": order["key"]}
    ]
    assert amazon.state(order)["OrderStatus"] == "Shipped"
    assert amazon.stage.notes[-1][1] == amazon.state(order)


def test_an_order_is_shipped_in_parts(amazon: Account) -> None:
    """Packages with numbers of their own empty an order, and no more than is left is taken."""
    order = amazon.place(("MUG", 3))
    assert amazon.confirm(order, ("10000001", 2)).status == 204
    assert amazon.state(order)["OrderStatus"] == "PartiallyShipped"
    too_many = amazon.confirm(order, ("10000001", 2), packageReferenceId="2")
    assert data(too_many)["errors"][0]["message"] == "Item 10000001 has 1 to ship, not 2."
    assert amazon.confirm(order, ("10000001", 1), packageReferenceId="2").status == 204
    assert amazon.state(order) == {
        "AmazonOrderId": order["key"], "OrderStatus": "Shipped", "ordered": 3, "shipped": 3,
        "cancelled": 0, "LastUpdateDate": "2026-03-02T08:00:00Z"}  # fmt: skip


def test_a_package_confirmed_again_is_edited(amazon: Account) -> None:
    """The same confirmation changes nothing; another tracking number replaces the first."""
    order = amazon.place()
    assert [amazon.confirm(order).status for _ in range(2)] == [204, 204]
    assert len(amazon.stage.committed("shipment_confirmation")) == 1
    assert amazon.confirm(order, trackingNumber="1ZTEST0000000002").status == 204
    assert len(amazon.stage.committed("shipment_confirmation")) == 2
    assert amazon.state(order)["shipped"] == 2


def test_one_number_for_two_packages_is_refused(amazon: Account) -> None:
    """A second package under the number of the first would replace it."""
    order = amazon.place(("MUG", 2))
    amazon.confirm(order, ("10000001", 1))
    again = amazon.confirm(order, ("10000001", 2))
    assert (again.status, amazon.state(order)["shipped"]) == (400, 1)


@pytest.mark.parametrize(
    ("package", "message"),
    [
        ({"packageReferenceId": 1}, "packageDetail.packageReferenceId: expected text"),
        ({"packageReferenceId": "P1"}, "packageReferenceId: the value does not have the form"),
        ({"carrierCode": "FedEx"}, "carrierCode: allowed: DHL"),
        ({"carrierCode": "Other"}, "packageDetail.carrierName: a value is required"),
        ({"trackingNumber": "TRK 1"}, "trackingNumber does not have the form that UPS uses"),
        ({"trackingNumber": None}, "packageDetail.trackingNumber: a value is required"),
        ({"shipDate": "02/21/2026"}, "packageDetail.shipDate: expected instant"),
        ({"shipDate": "2026-03-01T08:00:00Z"}, "shipDate is before the order was placed"),
        ({"shipDate": "2026-03-02T09:00:01Z"}, "shipDate is in the future"),
        ({"orderItems": []}, "orderItems: at least 1 elements"),
        ({"orderItems": {}}, "packageDetail.orderItems"),
        ({"orderItems": [{"orderItemId": "1", "quantity": 1}]}, "has no item 1"),
        ({"orderItems": [{"orderItemId": "10000001", "quantity": 0}]}, "quantity: at least 1"),
    ],
)
def test_a_bad_confirmation_is_refused(
    amazon: Account, package: dict[str, Any], message: str
) -> None:
    """Each field is held against the system's own file, and then against the order."""
    order = amazon.place()
    answer = amazon.confirm(order, **package)
    assert (answer.status, data(answer)["errors"][0]["code"]) == (400, "InvalidInput")
    assert message in data(answer)["errors"][0]["message"]
    assert amazon.stage.committed("shipment_confirmation") == []


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ({"OrderStatus": "Pending"}, "is Pending"),
        ({"OrderStatus": "Canceled"}, "is Canceled"),
        ({"FulfillmentChannel": "AFN"}, "is fulfilled by Amazon"),
        ({"MarketplaceId": "ATVPDKIKX0DER"}, "not placed in marketplace"),
    ],
)
def test_what_cannot_be_shipped_is_not_confirmed(
    amazon: Account, head: dict[str, Any], message: str
) -> None:
    """Only paid orders that the seller ships, in their marketplace, are confirmed."""
    answer = amazon.confirm(amazon.place(**head))
    assert message in data(answer)["errors"][0]["message"]


# Cancelling.


def test_a_buyer_asks_to_cancel(amazon: Account) -> None:
    """The wish stands at the item, as a text; the order stays Unshipped."""
    order = amazon.place(("MUG", 1), ("HAT", 1))
    amazon.stage.do("request_cancel", {"SellerSKU": "HAT"}, order)
    mug, hat = amazon.get(f"{ORDERS}/{order['key']}/orderItems")["OrderItems"]
    assert "BuyerRequestedCancel" not in mug
    assert hat["BuyerRequestedCancel"]["IsBuyerRequestedCancel"] == "true"
    assert amazon.state(order)["OrderStatus"] == "Unshipped"


def test_a_cancelled_item_stays_with_quantity_0(amazon: Account) -> None:
    """It has no price any more, and the total is that of the rest."""
    order = amazon.place(("MUG", 2), ("HAT", 1))
    amazon.stage.do("cancel_order", {"SellerSKU": "HAT"}, order)
    _, hat = amazon.get(f"{ORDERS}/{order['key']}/orderItems")["OrderItems"]
    assert (hat["QuantityOrdered"], "ItemPrice" in hat) == (0, False)
    assert amazon.get(f"{ORDERS}/{order['key']}")["OrderTotal"] == euros(14)
    amazon.stage.do("let_ship_date_elapse", None, order)
    assert amazon.state(order)["OrderStatus"] == "Canceled"


def test_the_rest_of_an_order_is_cancelled(amazon: Account) -> None:
    """What is shipped stays shipped, at its share of the price."""
    order = amazon.place(("MUG", 3))
    amazon.confirm(order, ("10000001", 1))
    amazon.stage.do("cancel_order", None, order)
    (item,) = amazon.get(f"{ORDERS}/{order['key']}/orderItems")["OrderItems"]
    assert (item["QuantityOrdered"], item["ItemPrice"]) == (1, euros(7))
    assert amazon.state(order)["OrderStatus"] == "Shipped"
    with pytest.raises(UnknownAction, match="nothing of order"):
        amazon.stage.do("cancel_order", None, order)


# Listings.


def test_a_quantity_is_accepted_and_shows_later(amazon: Account) -> None:
    """ACCEPTED is not shown: the listing has the new figure five minutes later."""
    amazon.stage.do("list_item", {"sku": "MUG/BLUE", "quantity": 3})
    path = f"{OFFERS}/MUG%2FBLUE?marketplaceIds={MARKET}"
    answer = data(amazon.call("PATCH", path, quantity(36)))
    assert (answer["sku"], answer["status"], answer["issues"]) == ("MUG/BLUE", "ACCEPTED", [])
    assert amazon.stage.committed("listing_quantity") == [{"sku": "MUG/BLUE", **quantity(36)}]
    amazon.stage.advance(5 * MINUTE - 1)
    assert amazon.offered("MUG/BLUE") == 3
    amazon.stage.advance(1)
    assert amazon.offered("MUG/BLUE") == 36
    shown = data(amazon.call("GET", path + "&includedData=issues,fulfillmentAvailability"))
    assert shown == {"sku": "MUG/BLUE", "issues": [], "fulfillmentAvailability": [
        {"fulfillmentChannelCode": "DEFAULT", "quantity": 36}]}  # fmt: skip
    assert amazon.stage.notes[-1] == ("offer", {"sku": "MUG/BLUE", "quantity": 36})


def test_a_spoiled_listing_accepts_and_fails(amazon: Account) -> None:
    """A submission may be accepted, and the listing says later why it did not work."""
    amazon.stage.simulator.hold("listing", ({"sku": "MUG", "quantity": 3},))
    amazon.stage.do("spoil_listing", {"sku": "MUG", "reason": "Needs approval."})
    path = f"{OFFERS}/MUG?marketplaceIds={MARKET}"
    assert data(amazon.call("PATCH", path, quantity(5)))["status"] == "ACCEPTED"
    amazon.stage.advance(5 * MINUTE)
    (issue,) = amazon.stage.committed("listing")[-1]["issues"]
    assert (issue["severity"], issue["message"]) == ("ERROR", "Needs approval.")
    amazon.stage.do("heal_listing", {"sku": "MUG"})
    amazon.call("PATCH", path, quantity(5))
    amazon.stage.advance(5 * MINUTE)
    assert amazon.stage.committed("listing")[-1]["issues"] == []
    assert amazon.offered("MUG") == 5


@pytest.mark.parametrize(
    ("sku", "body", "attributes"),
    [
        ("CUP", quantity(1), []),
        ("MUG", quantity(-1), ["fulfillment_availability"]),
        ("MUG", quantity("many"), ["fulfillment_availability"]),
        ("MUG", quantity(1, productType="SHOES"), ["productType"]),
    ],
)
def test_an_invalid_submission_says_so(
    amazon: Account, sku: str, body: Any, attributes: list[str]
) -> None:
    """An unknown SKU or a bad figure is answered with 200 and INVALID."""
    amazon.stage.do("list_item", {"sku": "MUG", "quantity": 3, "productType": "CUPS"})
    answer = amazon.call("PATCH", f"{OFFERS}/{sku}?marketplaceIds={MARKET}", body)
    (issue,) = data(answer)["issues"]
    assert (answer.status, data(answer)["status"]) == (200, "INVALID")
    assert (issue["severity"], issue["attributeNames"]) == ("ERROR", attributes)
    assert amazon.stage.committed("listing_quantity") == []


@pytest.mark.parametrize(
    "body",
    [b"[", [], {}, {"productType": "X", "patches": {}}, quantity(1, patches=["x"]),
     quantity(1, patches=quantity(1)["patches"] * 2)],
)  # fmt: skip
def test_a_request_that_is_no_patch_is_refused(amazon: Account, body: Any) -> None:
    """What is not made as the operation wants it is a 400, and nobody looks at the values."""
    amazon.stage.do("list_item", {"sku": "MUG", "quantity": 3})
    refusal = amazon.refusal("PATCH", f"{OFFERS}/MUG?marketplaceIds={MARKET}", body)
    assert refusal.startswith("400 InvalidInput")
    assert "marketplaceIds is needed" in amazon.refusal("PATCH", f"{OFFERS}/MUG", quantity(1))


def test_orders_take_from_what_is_offered(amazon: Account) -> None:
    """A sale takes, a cancellation gives back, and nobody buys more than is offered."""
    amazon.stage.do("list_item", {"sku": "MUG", "quantity": 3})
    order = amazon.place(("MUG", 2), ("HAT", 9))
    assert amazon.offered("MUG") == 1
    with pytest.raises(UnknownAction, match="1 are offered, so nobody can order 2"):
        amazon.place(("MUG", 2))
    amazon.stage.do("cancel_order", None, order)
    assert amazon.offered("MUG") == 3


def test_a_withdrawn_listing_is_gone(amazon: Account) -> None:
    """A listing that was closed is not found, and a change under way is lost."""
    amazon.stage.do("list_item", {"sku": "MUG", "quantity": 3})
    path = f"{OFFERS}/MUG?marketplaceIds={MARKET}"
    amazon.call("PATCH", path, quantity(5))
    amazon.stage.do("close_listing", {"sku": "MUG"})
    amazon.stage.advance(HOUR // 2)
    assert amazon.refusal("GET", path).startswith("404 NotFound")
    assert amazon.stage.simulator.snapshot()["offer"] == []


# Scenarios.


def test_orders_may_be_there_before(amazon: Account) -> None:
    """Orders given at the start keep their times; nothing is committed for them."""
    row = {
        "AmazonOrderId": "999-0000009-0000009",
        "PurchaseDate": "2026-02-01T08:00:00Z",
        "LastUpdateDate": "2026-02-02T08:00:00Z",
        "OrderItems": [{"SellerSKU": "MUG"}],
    }
    amazon.stage.simulator.hold("order", (row,))
    head = amazon.get(f"{ORDERS}/999-0000009-0000009")
    assert (head["PurchaseDate"], head["LastUpdateDate"]) == (
        "2026-02-01T08:00:00Z", "2026-02-02T08:00:00Z")  # fmt: skip
    assert amazon.stage.commits == []
    with pytest.raises(UnknownAction, match="cannot be given 'invoice' at the start"):
        amazon.stage.simulator.hold("invoice", ({},))


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({}, "an order has OrderItems"),
        ({"OrderItems": [{}]}, "an order has OrderItems"),
        ({"OrderItems": [{"SellerSKU": "A", "QuantityOrdered": 0}]}, "above 0"),
        ({"OrderItems": [{"SellerSKU": "A", "ItemPrice": 7}]}, "money is"),
        ({"OrderItems": [{"SellerSKU": "A"}], "OrderStatus": "Shipped"}, "is placed as"),
        ({"OrderItems": [{"SellerSKU": "A"}], "AmazonOrderId": "1"}, "such as 999"),
        ({"OrderItems": [{"SellerSKU": "A"}], "PurchaseDate": "today"}, "PurchaseDate"),
    ],
)
def test_an_action_that_makes_no_sense_is_explained(
    amazon: Account, payload: Any, message: str
) -> None:
    """A payload that is no order is an error of the scenario, and says what is wrong."""
    with pytest.raises(UnknownAction, match=message):
        amazon.stage.do("place_order", payload)
    assert amazon.stage.commits == []


def test_an_action_needs_its_order(amazon: Account) -> None:
    """Which order is meant is said with `of`, or by its number."""
    with pytest.raises(UnknownAction, match="no step is named"):
        amazon.stage.do("confirm_payment")
    with pytest.raises(UnknownAction, match="has no action 'dance'"):
        amazon.stage.do("dance")
    order = amazon.place(OrderStatus="Pending")
    assert amazon.stage.do("confirm_payment", {"AmazonOrderId": order["key"]}) == order
    with pytest.raises(UnknownAction, match="is Unshipped, not waiting"):
        amazon.stage.do("confirm_payment", None, order)


def test_an_order_is_changed(amazon: Account) -> None:
    """A later ship date and another street show with a newer date; what is derived stays."""
    order = amazon.place()
    amazon.stage.advance(MINUTE)
    amazon.stage.do("change_order", {"LatestShipDate": "2026-03-09T08:00:00Z", "OrderStatus": "X",
                                     "ShippingAddress": {"City": "York"}}, order)  # fmt: skip
    first, second = amazon.stage.committed("order")
    assert second == first | {"LatestShipDate": "2026-03-09T08:00:00Z",
                              "LastUpdateDate": "2026-03-02T08:01:00Z"}  # fmt: skip
    assert amazon.stage.committed("order_address")[-1]["ShippingAddress"]["City"] == "York"


def test_a_system_that_is_no_such_marketplace_is_refused() -> None:
    """A file without the fields that the simulator lives on is an error when the world is built."""
    thin = System.described(
        system="amazon", kind="marketplace", owner="o", base_urls=["https://a.test"], messages={}
    )
    with pytest.raises(HarnessError, match=r"packageDetail\.trackingNumber"):
        Amazon(thin, Stage("amazon"), secrets=SECRETS, profile=Profile())


def test_a_missing_secret_is_explained() -> None:
    """Who asks for a token without the secrets of the application is told where to write them."""
    stranger = Amazon(system("amazon"), Stage("amazon"), secrets={}, profile=Profile())
    with pytest.raises(HarnessError, match="needs the secret 'amazon_client_id'"):
        stranger.handle(Call("POST", "https://api.amazon.com/auth/o2/token"))
