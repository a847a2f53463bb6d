"""Orders of the marketplace go to the OMS, and packages back."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from harness.reference.mapping import Unmappable
from harness.reference.marketplace import confirmation, marketplace_order
from tests.reference.world import ALERTS, DEFAULTS, SECRETS, Answer, World, answer, play

URLS = {name: f"https://{name}.test" for name in ("amazon", "oms", "ops")}
KNOWN = {
    **SECRETS,
    "amazon_client_id": "client",
    "amazon_client_secret": "secret",
    "amazon_refresh_token": "refresh",
}
KEY = "999-0000001-0000001"
TOKEN, RESTRICTED = (
    "POST amazon /auth/o2/token",
    "POST amazon /tokens/2021-03-01/restrictedDataToken",
)
LIST, ONE = "GET amazon /orders/v0/orders", f"GET amazon /orders/v0/orders/{KEY}"
ITEMS, ADDRESS = f"{ONE}/orderItems", f"{ONE}/address"
SENT, PARKED = "POST oms /api/v2/marketplace-orders", "POST ops /parked/orders"
CONFIRM = f"POST amazon /orders/v0/orders/{KEY}/shipmentConfirmation"

ORDER = {
    "AmazonOrderId": KEY,
    "OrderStatus": "Unshipped",
    "FulfillmentChannel": "MFN",
    "MarketplaceId": "A1PA6795UKMFR9",
    "PurchaseDate": "2026-03-02T07:00:00Z",
    "LastUpdateDate": "2026-03-02T07:30:00Z",
    "OrderTotal": {"CurrencyCode": "EUR", "Amount": "33.90"},
}
LINES: list[dict[str, Any]] = [
    {
        "OrderItemId": "1",
        "SellerSKU": "MUG",
        "QuantityOrdered": 2,
        "ItemPrice": {"Amount": "14.00"},
    },
    {"OrderItemId": "2", "SellerSKU": "HAT", "QuantityOrdered": 0},
]
WHERE = {
    "Name": " Ada Quist ",
    "AddressLine1": "Am Zwinger 2",
    "City": "Dresden",
    "PostalCode": "01067",
    "CountryCode": "DE",
    "Phone": "+49 351 5550100 ext. 7",
}
SHIPMENT: dict[str, Any] = {
    "shipmentId": "MS-1",
    "externalId": KEY,
    "marketplaceId": "A1PA6795UKMFR9",
    "shippedAt": "2026-03-02T17:05:00+01:00",
    "packages": [
        {
            "packageNo": number,
            "carrier": "UPS",
            "service": "STANDARD",
            "trackingNumber": f"1ZTEST000{number}",
            "lines": [{"lineRef": "1", "sku": "MUG", "qty": 1}],
        }
        for number in (1, 2)
    ],
}


@pytest.fixture(autouse=True)
def _amazon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Amazon answer as usual, where no test says otherwise."""
    usual: dict[str, tuple[int, Any]] = {
        TOKEN: (200, {"access_token": "a", "expires_in": 3600}),
        RESTRICTED: (200, {"restrictedDataToken": "r"}),
        LIST: (200, {"payload": {"Orders": [ORDER]}}),
        ONE: (200, {"payload": ORDER}),
        ITEMS: (200, {"payload": {"OrderItems": LINES}}),
        ADDRESS: (200, {"payload": {"AmazonOrderId": KEY, "ShippingAddress": WHERE}}),
        SENT: (201, {}),
        CONFIRM: (204, {}),
        "POST ops /parked/shipments": (201, {}),
    }
    for call, said in usual.items():
        monkeypatch.setitem(DEFAULTS, call, said)


def after(seconds: float, **scripts: list[Answer]) -> World:
    """Return the world after some time in which these calls were answered so."""
    world = World()
    names = {"token": TOKEN, "orders": LIST, "one": ONE, "items": ITEMS, "address": ADDRESS}
    for name, answers in scripts.items():
        world.script({**names, "sent": SENT, "restricted": RESTRICTED}[name], *answers)

    async def story(world: World) -> None:
        await world.clock.advance(seconds)

    return play(story, world, urls=URLS, secrets=KNOWN)


def shipped(*answers: Answer, seconds: float = 0.0, times: int = 1) -> World:
    """Return the world after the OMS told of a shipment."""
    world = World()
    world.script(CONFIRM, *answers)

    async def story(world: World) -> None:
        body = json.dumps(SHIPMENT).encode()
        mac = hmac.new(b"oms-secret", body, hashlib.sha256).hexdigest()
        headers = {"X-Oms-Signature": mac, "X-Oms-Topic": "marketplace.shipped"}
        for _ in range(times):
            assert await world.post("/webhooks/oms", body, headers) == 200
        await world.clock.advance(seconds)

    return play(story, world, urls=URLS, secrets=KNOWN)


def test_an_order_is_put_together_from_its_three_parts() -> None:
    """Cancelled items are left out, and so is what does not fit a label."""
    (body,) = after(0).bodies(SENT)

    assert body["shipTo"]["phone"] == "+49 351 5550100"
    assert body["shipTo"]["postcode"] == "01067"
    assert body["lines"] == [{"lineRef": "1", "sku": "MUG", "qty": 2, "amount": "14.00"}]


def test_the_address_is_asked_for_with_a_token_of_its_own() -> None:
    """The other calls do with the plain one."""
    world = after(0)
    used = {call: request.headers.get("x-amz-access-token") for _, call, request in world.calls}

    assert (used[LIST], used[ITEMS], used[ADDRESS]) == ("a", "a", "r")
    assert world.bodies(RESTRICTED)[0]["restrictedResources"][0]["method"] == "GET"


def test_windows_overlap_and_stay_behind_the_present() -> None:
    """Amazon refuses the last two minutes, and shows changes late."""
    first, second, *_ = (dict(r.url.params) for r in after(200).requests(LIST))

    assert first["LastUpdatedBefore"] == "2026-03-02T07:57:55Z"
    assert second["LastUpdatedAfter"] == "2026-03-02T07:47:55Z"


def test_a_round_that_broke_off_is_read_again() -> None:
    """The watermark stays where it was."""
    broken: list[Answer] = [answer(403), answer(403)]
    starts = [r.url.params["LastUpdatedAfter"] for r in after(400, orders=broken).requests(LIST)]
    assert starts[0] == starts[1][:11] + starts[0][11:]
    assert starts[-1] > starts[0]


def test_every_page_is_read() -> None:
    """Also the one that a token leads to."""
    pages: list[Answer] = [
        answer(200, {"payload": {"Orders": [], "NextToken": "t2"}}),
        answer(200, {"payload": {"Orders": [ORDER]}}),
    ]
    world = after(0, orders=pages)
    assert world.requests(LIST)[1].url.params["NextToken"] == "t2"
    assert len(world.bodies(SENT)) == 1


def test_an_order_that_was_sent_is_not_sent_again() -> None:
    """It is listed for as long as the windows overlap."""
    assert len(after(3600).bodies(SENT)) == 1


@pytest.mark.parametrize(
    "changes",
    [{"OrderStatus": "Pending"}, {"OrderStatus": "Canceled"}, {"FulfillmentChannel": "AFN"}],
)
def test_what_is_not_ours_to_ship_is_left_alone(changes: dict[str, str]) -> None:
    """Nothing more is read of it."""
    world = after(0, orders=[answer(200, {"payload": {"Orders": [{**ORDER, **changes}]}})])
    assert (world.times(ITEMS), world.times(SENT)) == ([], [])


def test_a_buyer_who_wants_out_gets_nothing() -> None:
    """Only the items tell."""
    out = {**LINES[0], "BuyerRequestedCancel": {"IsBuyerRequestedCancel": "true"}}
    world = after(0, items=[answer(200, {"payload": {"OrderItems": [out]}})])
    assert world.times(SENT) == []


def test_an_order_that_was_read_long_ago_is_looked_at_again() -> None:
    """It was cancelled while the OMS made us wait."""
    gone = answer(200, {"payload": {**ORDER, "OrderStatus": "Canceled"}})
    none = answer(200, {"payload": {"Orders": []}})
    listed: list[Answer] = [answer(200, {"payload": {"Orders": [ORDER]}}), *[none] * 9]
    world = after(900, orders=listed, sent=[answer(503, Retry_After="400")], one=[gone])
    assert len(world.times(SENT)) == 1
    assert len(world.times(ONE)) == 1


def test_an_order_that_the_oms_refuses_is_parked() -> None:
    """Commerce operations hear of it; an order that is there already is fine."""
    world = after(0, sent=[answer(422)])
    assert world.bodies(PARKED)[0]["reference"] == KEY
    assert world.bodies(ALERTS)[0]["recipient"] == "commerce-ops"
    assert after(0, sent=[answer(409)]).times(PARKED) == []


def test_many_parked_orders_raise_the_alarm_once() -> None:
    """The alert names the contract, and no single order."""
    orders = [{**ORDER, "AmazonOrderId": f"999-0000001-00000{n:02}"} for n in range(13)]
    world = World()
    world.script(LIST, answer(200, {"payload": {"Orders": orders}}))
    for one in orders:
        base = f"GET amazon /orders/v0/orders/{one['AmazonOrderId']}"
        world.script(f"{base}/orderItems", answer(200, {"payload": {"OrderItems": LINES}}))
        world.script(f"{base}/address", answer(200, {"payload": {"ShippingAddress": WHERE}}))
    world.script(SENT, *[answer(422)] * 13)

    async def story(world: World) -> None:
        await world.clock.advance(5)

    alerts = [
        one["reference"] for one in play(story, world, urls=URLS, secrets=KNOWN).bodies(ALERTS)
    ]
    assert alerts.count("amazon-order-to-oms") == 1


def test_a_token_is_used_until_shortly_before_its_end() -> None:
    """And renewed at once where it is refused."""
    assert [round(at) for at in after(3700).times(TOKEN)] == [0, 3600]
    forgotten: list[Answer] = [answer(403)]
    world = after(0, items=forgotten)
    assert len(world.times(TOKEN)) == 2
    assert len(world.bodies(SENT)) == 1


def test_every_package_is_confirmed_by_its_number_as_text() -> None:
    """Two packages are two calls; a shipment that is told twice adds none."""
    bodies = shipped(times=2).bodies(CONFIRM)
    assert [one["packageDetail"]["packageReferenceId"] for one in bodies] == ["1", "2"]
    assert bodies[0]["packageDetail"]["shipDate"] == "2026-03-02T16:05:00Z"


def test_a_package_that_amazon_refuses_is_parked() -> None:
    """A lost answer is asked again: confirming twice edits."""
    world = shipped(answer(400), answer(400))
    assert len(world.bodies("POST ops /parked/shipments")) == 2
    again = shipped(httpx.ReadTimeout, seconds=30)
    assert len(again.bodies(CONFIRM)) == 3


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"carrier": "HERMES"}, "carrier has a value"),
        ({"service": "DRONE"}, "service has a value"),
        ({"trackingNumber": None}, "trackingNumber is missing"),
    ],
)
def test_what_nobody_agreed_on_is_not_guessed(change: dict[str, Any], why: str) -> None:
    """Neither the carrier, nor the service, nor a missing number."""
    with pytest.raises(Unmappable, match=why):
        confirmation(SHIPMENT, {**SHIPMENT["packages"][0], **change})


@pytest.mark.parametrize("name", ["OrderTotal", "MarketplaceId", "PurchaseDate"])
def test_an_order_that_lacks_something_is_not_sent(name: str) -> None:
    """The reason names the field and no value."""
    lacking = {key: value for key, value in ORDER.items() if key != name}
    with pytest.raises(Unmappable, match="is missing"):
        marketplace_order(lacking, LINES, WHERE)
