"""Orders of a marketplace on their way to the OMS, and its packages on their way back."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import quote

import httpx

from harness.reference.alerts import Desk
from harness.reference.amazon import Amazon, rows_of
from harness.reference.clock import Clock
from harness.reference.delivery import Policy, persist
from harness.reference.mapping import (
    Message,
    Unmappable,
    amount,
    instant,
    money,
    required,
    without_missing,
    written,
)
from harness.reference.problems import BUSINESS, Undeliverable, Withdrawn
from harness.reference.store import Background, Inbox

READING: Final = Policy(attempts=6, first=2.0, factor=3.0, give_up_after=20 * 60.0)
RELEASING: Final = Policy(attempts=6, first=2.0, factor=3.0, jitter=True, give_up_after=20 * 60.0)
CONFIRMING: Final = Policy(
    attempts=6, first=10.0, factor=3.0, longest=600.0, jitter=True, give_up_after=40 * 60.0
)
BEHIND: Final = timedelta(minutes=2, seconds=5)
"""Amazon refuses a window that ends in its last two minutes."""
OVERLAP: Final = timedelta(minutes=10)
"""Changes show late, so that each window begins well before the last one ended."""
FRESH: Final = timedelta(minutes=5)
CARRIERS: Final = ("DHL", "UPS", "DPD")
SERVICES: Final = {"STANDARD": "Standard", "EXPRESS": "Express"}

_log = logging.getLogger(__name__)


class MarketplaceOrders:
    """Sends each order that we ship ourselves to the OMS once, when all its parts are there."""

    def __init__(
        self,
        amazon: Amazon,
        oms: httpx.AsyncClient,
        *,
        desk: Desk,
        clock: Clock,
        background: Background,
        marketplaces: tuple[str, ...],
        every: float = 180.0,
    ) -> None:
        self._amazon = amazon
        self._oms = oms
        self._clock = clock
        self._every = every
        self._marketplaces = marketplaces
        self._since: datetime | None = None
        self._read_at: dict[str, datetime] = {}
        self._inbox = Inbox(
            handle=self._release,
            park=desk.parking("orders", contract="amazon-order-to-oms", alarm_over=10),
            background=background,
        )

    async def run(self) -> None:
        """Poll until cancelled, whatever happens on the way."""
        while True:
            try:
                await self.poll()
            except Exception:  # noqa: BLE001 - the border: the next round may succeed
                _log.exception("polling the marketplace failed; next round in %s s", self._every)
            await self._clock.sleep(self._every)

    async def poll(self) -> None:
        """Read all orders that changed since the last complete round."""
        until = self._clock.now() - BEHIND
        since = until - timedelta(hours=6) if self._since is None else self._since - OVERLAP
        query = {
            "MarketplaceIds": ",".join(self._marketplaces),
            "LastUpdatedAfter": _text(since),
            "LastUpdatedBefore": _text(until),
        }
        async for order in self._pages("/orders/v0/orders", query, "Orders"):
            key = order.get("AmazonOrderId")
            if isinstance(key, str):
                self._read_at[key] = self._clock.now()
                self._inbox.offer(key, (str(order.get("LastUpdateDate")),), order)
        # Only a round that came to its end moves on; a broken one is read again.
        self._since = until

    async def _pages(self, path: str, query: Mapping[str, str], name: str) -> Any:
        token = None
        while True:
            # With a NextToken the other parameters are said again, as Amazon wants it.
            page = {**query, "NextToken": token} if token else query
            answer = await self._read(path, query=page)
            payload = rows_of(answer).get("payload") or {}
            for row in payload.get(name) or ():
                yield row
            token = payload.get("NextToken")
            if not token:
                return

    async def _read(
        self, path: str, *, query: Mapping[str, str] | None = None, personal: bool = False
    ) -> httpx.Response:
        ask = partial(self._amazon.call, "GET", path, query=query, personal=personal)
        answer = await persist(ask, policy=READING, clock=self._clock)
        if not answer.is_success:
            raise Undeliverable(f"Amazon answers with status {answer.status_code}")
        return answer

    async def _release(self, order: Message, newest: Callable[[], Message]) -> bool:
        if not _is_due(order):
            return False
        key = str(order["AmazonOrderId"])
        path = f"/orders/v0/orders/{quote(key, safe='')}"
        items = [row async for row in self._pages(f"{path}/orderItems", {}, "OrderItems")]
        if any(_wants_out(item) for item in items):
            return False
        address = rows_of(await self._read(f"{path}/address", personal=True)).get("payload") or {}
        where = address.get("ShippingAddress") or {}
        if not where.get("CountryCode"):
            return False
        body = marketplace_order(order, items, where)

        async def attempt() -> httpx.Response:
            # What was read more than five minutes ago may have been cancelled since.
            if self._clock.now() - self._read_at[key] > FRESH:
                fresh = rows_of(await self._amazon.call("GET", path)).get("payload") or {}
                self._read_at[key] = self._clock.now()
                if not _is_due(fresh):
                    raise Withdrawn
            if not _is_due(newest()):
                raise Withdrawn
            headers = {"Idempotency-Key": key}
            return await self._oms.post("/api/v2/marketplace-orders", json=body, headers=headers)

        answer = await persist(attempt, policy=RELEASING, clock=self._clock)
        if answer.is_success or answer.status_code == 409:
            return True
        if answer.status_code == 422:
            raise Undeliverable("the OMS refuses the order: status 422", tell=BUSINESS)
        raise Undeliverable(f"the OMS answers with status {answer.status_code}")


class Confirmations:
    """Confirms each package to the marketplace; confirming it again edits it and adds nothing."""

    def __init__(self, amazon: Amazon, *, desk: Desk, clock: Clock, background: Background) -> None:
        self._amazon = amazon
        self._clock = clock
        self._inbox = Inbox(
            handle=self._confirm,
            park=desk.parking("shipments", contract="oms-shipment-to-amazon", alarm_over=5),
            background=background,
        )

    def receive(self, shipment: Any) -> None:
        """Take a shipment as the OMS tells it; each of its packages goes its own way.

        Raises:
            ValueError: it is not a shipment.
        """
        packages = shipment.get("packages") if isinstance(shipment, dict) else None
        if not isinstance(packages, list) or not shipment.get("shipmentId"):
            raise ValueError("a shipment has a shipmentId and packages")
        for package in packages:
            key = str(package.get("trackingNumber"))
            self._inbox.offer(key, (), {"shipment": shipment, "package": package})

    async def _confirm(self, told: Message, newest: Callable[[], Message]) -> bool:
        del newest  # a shipment does not change
        shipment, package = told["shipment"], told["package"]
        order, body = confirmation(shipment, package)
        path = f"/orders/v0/orders/{quote(order, safe='')}/shipmentConfirmation"
        call: Callable[[], Awaitable[httpx.Response]] = partial(
            self._amazon.call, "POST", path, body=body
        )
        answer = await persist(call, policy=CONFIRMING, clock=self._clock)
        if answer.status_code == 400:
            raise Undeliverable("Amazon refuses the package: status 400", tell=BUSINESS)
        if not answer.is_success:
            raise Undeliverable(f"Amazon answers with status {answer.status_code}")
        return True


def marketplace_order(order: Message, items: Sequence[Message], address: Message) -> dict[str, Any]:
    """Return the OMS order of a marketplace order, its items and its address.

    Raises:
        Unmappable: it cannot be sent as agreed.
    """
    total = order.get("OrderTotal") or {}
    latest = order.get("LatestShipDate")
    phone = address.get("Phone")
    return without_missing(
        externalId=required(order, "AmazonOrderId"),
        status="RELEASED",
        marketplace="AMAZON",
        marketplaceId=required(order, "MarketplaceId"),
        orderedAt=written(instant(order, "PurchaseDate")),
        changedAt=written(instant(order, "LastUpdateDate")),
        shipBy=None if latest is None else written(instant(order, "LatestShipDate")),
        currency=required(total, "CurrencyCode"),
        grandTotal=money(amount(total, "Amount")),
        shipTo=without_missing(
            name=required(address, "Name").strip()[:70],
            street1=required(address, "AddressLine1").strip()[:70],
            street2=_cut(address.get("AddressLine2"), 70),
            city=required(address, "City")[:50],
            state=_cut(address.get("StateOrRegion"), 50),
            postcode=_cut(address.get("PostalCode"), 12),
            country=required(address, "CountryCode"),
            # An extension does not fit a label, and nobody dials it for a parcel.
            phone=None if phone is None else phone.partition(" ext")[0].strip()[:20],
        ),
        lines=[
            {
                "lineRef": required(item, "OrderItemId"),
                "sku": required(item, "SellerSKU"),
                "qty": required(item, "QuantityOrdered"),
                # ItemPrice is the price of the whole line.
                "amount": money(amount(item.get("ItemPrice") or {}, "Amount")),
            }
            for item in items
            if required(item, "QuantityOrdered") > 0
        ],
    )


def confirmation(shipment: Message, package: Message) -> tuple[str, dict[str, Any]]:
    """Return the number of the order and what Amazon is told of one package.

    Raises:
        Unmappable: it cannot be sent as agreed.
    """
    carrier = required(package, "carrier")
    if carrier not in CARRIERS:
        raise Unmappable("carrier has a value that nobody agreed on")
    service = SERVICES.get(required(package, "service"))
    if service is None:
        raise Unmappable("service has a value that nobody agreed on")
    return required(shipment, "externalId"), {
        "marketplaceId": required(shipment, "marketplaceId"),
        "packageDetail": {
            "packageReferenceId": str(required(package, "packageNo")),
            "carrierCode": carrier,
            "carrierName": carrier,
            "shippingMethod": service,
            "trackingNumber": required(package, "trackingNumber"),
            "shipDate": written(instant(shipment, "shippedAt")),
            "orderItems": [
                {"orderItemId": required(line, "lineRef"), "quantity": required(line, "qty")}
                for line in required(package, "lines")
            ],
        },
    }


def _is_due(order: Message) -> bool:
    ours = order.get("FulfillmentChannel") == "MFN"
    return ours and order.get("OrderStatus") in ("Unshipped", "PartiallyShipped")


def _wants_out(item: Message) -> bool:
    asked = item.get("BuyerRequestedCancel") or {}
    return bool(asked.get("IsBuyerRequestedCancel") == "true")


def _cut(text: str | None, length: int) -> str | None:
    return None if text is None else text.strip()[:length]


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
