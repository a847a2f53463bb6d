"""Orders as version 2026-01-01 tells them: one answer, of which the caller names the parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from harness.simulators.amazon import views
from harness.simulators.amazon.orders import MONEY, MONEY_OFF, WAITING, Item, Order, money, seconds

STATUSES: Final[Mapping[str, str]] = {
    "PendingAvailability": "PENDING_AVAILABILITY",
    "Pending": "PENDING",
    "Unshipped": "UNSHIPPED",
    "PartiallyShipped": "PARTIALLY_SHIPPED",
    "Shipped": "SHIPPED",
    "Canceled": "CANCELLED",
    "Unfulfillable": "UNFULFILLABLE",
}
CHANNELS: Final[Mapping[str, str]] = {"MFN": "MERCHANT", "AFN": "AMAZON"}
PARTS: Final = (
    "BUYER",
    "RECIPIENT",
    "PROCEEDS",
    "EXPENSE",
    "PROMOTION",
    "CANCELLATION",
    "FULFILLMENT",
    "PACKAGES",
    "TAX",
    "PAYMENT",
    "FULFILLMENT_ORDERS",
)
"""What a caller may ask for beside the bare order."""

_ADDRESS: Final = {
    "Name": "name",
    "CompanyName": "companyName",
    "AddressLine1": "addressLine1",
    "AddressLine2": "addressLine2",
    "AddressLine3": "addressLine3",
    "City": "city",
    "District": "districtOrCounty",
    "StateOrRegion": "stateOrRegion",
    "Municipality": "municipality",
    "PostalCode": "postalCode",
    "CountryCode": "countryCode",
    "Phone": "phone",
}
_BUYER: Final = {
    "BuyerName": "buyerName",
    "BuyerEmail": "buyerEmail",
    "PurchaseOrderNumber": "buyerPurchaseOrderNumber",
}
_BREAKDOWNS: Final = {
    "ItemPrice": "ITEM",
    "ShippingPrice": "SHIPPING",
    "ShippingDiscount": "DISCOUNT",
    "PromotionDiscount": "DISCOUNT",
}


def order(of: Order, parts: frozenset[str]) -> dict[str, Any]:
    """Return an order with the parts that were asked for and are there."""
    shown: dict[str, Any] = {
        "orderId": of.id,
        "createdTime": of.head["PurchaseDate"],
        "lastUpdatedTime": seconds(of.updated_at),
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": of.head["MarketplaceId"],
            "marketplaceName": of.head["SalesChannel"],
        },
        "orderItems": [_item(of, line, parts) for line in of.items],
    }
    for part, name, tell in _PARTS:
        if part in parts and (told := tell(of)):
            shown[name] = told
    return shown


def _item(of: Order, line: Item, parts: frozenset[str]) -> dict[str, Any]:
    old = views.item(of, line)
    product: dict[str, Any] = {"asin": old["ASIN"], "sellerSku": line.sku}
    shown: dict[str, Any] = {
        "orderItemId": line.id,
        "quantityOrdered": old["QuantityOrdered"],
        "product": product,
    }
    if "PROCEEDS" in parts and "ItemPrice" in old:
        shown["proceeds"] = _item_proceeds(of, line)
    if "FULFILLMENT" in parts:
        shown["fulfillment"] = {"quantityFulfilled": line.shipped, "quantityUnfulfilled": line.open}
    if "CANCELLATION" in parts and (told := _cancellation(line)):
        shown["cancellation"] = told
    return shown


def _item_proceeds(of: Order, line: Item) -> dict[str, Any]:
    breakdowns = [
        {"type": _BREAKDOWNS[name], "subtotal": _money(_signed(line, name), of.currency)}
        for name in (*MONEY, *MONEY_OFF)
        if name in line.told
    ]
    return {"proceedsTotal": _money(line.value, of.currency), "breakdowns": breakdowns}


def _signed(line: Item, name: str) -> Decimal:
    amount = line.amount(name)
    return -amount if name in MONEY_OFF else amount


def _cancellation(line: Item) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if line.cancel_reason is not None:
        told["cancellationRequest"] = {"requester": "BUYER", "cancelReason": line.cancel_reason}
    if line.cancelled:
        told["cancellationExecution"] = {"cancelledBy": "AMAZON", "cancelReason": "Not shipped."}
    return told


def _proceeds(of: Order) -> dict[str, Any]:
    if of.status in WAITING:
        return {}
    return {"grandTotal": _money(of.total, of.currency)}


def _fulfillment(of: Order) -> dict[str, Any]:
    told: dict[str, Any] = {
        "fulfillmentStatus": STATUSES[of.status],
        "fulfilledBy": CHANNELS[of.head["FulfillmentChannel"]],
        "fulfillmentServiceLevel": str(of.head["ShipmentServiceLevelCategory"]).upper(),
    }
    for name, first, last in (
        ("shipByWindow", "EarliestShipDate", "LatestShipDate"),
        ("deliverByWindow", "EarliestDeliveryDate", "LatestDeliveryDate"),
    ):
        ends = {"earliestDateTime": of.head.get(first), "latestDateTime": of.head.get(last)}
        told[name] = {end: at for end, at in ends.items() if at is not None}
    return told


def _packages(of: Order) -> list[dict[str, Any]]:
    return [
        {
            "packageReferenceId": package["packageReferenceId"],
            "packageStatus": {"status": "SHIPPED"},
            "carrier": package.get("carrierName") or package["carrierCode"],
            "shipTime": package["shipDate"],
            "trackingNumber": package["trackingNumber"],
            "packageItems": [
                {"orderItemId": row["orderItemId"], "quantity": row["quantity"]}
                for row in package["orderItems"]
            ],
        }
        for package in of.packages.values()
    ]


def _recipient(of: Order) -> dict[str, Any]:
    told = _renamed(views.address(of) or {}, _ADDRESS)
    return {"deliveryAddress": told} if told else {}


def _buyer(of: Order) -> dict[str, Any]:
    return {} if of.status in WAITING else _renamed(of.buyer, _BUYER)


_PARTS: Final[tuple[tuple[str, str, Callable[[Order], Any]], ...]] = (
    ("BUYER", "buyer", _buyer),
    ("RECIPIENT", "recipient", _recipient),
    ("PROCEEDS", "proceeds", _proceeds),
    ("FULFILLMENT", "fulfillment", _fulfillment),
    ("PACKAGES", "packages", _packages),
)


def _renamed(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {new: values[old] for old, new in names.items() if old in values}


def _money(amount: Decimal, currency: str) -> dict[str, str]:
    return {"amount": money(amount, currency)["Amount"], "currencyCode": currency}
