"""Orders as version 0 of the Orders API tells them. What a buyer has not paid has no price yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.simulators.amazon.orders import WAITING, Item, Order, money, seconds

ADDRESSED: Final = ("Unshipped", "PartiallyShipped", "Shipped", "InvoiceUnconfirmed")
"""The statuses in which an order has an address."""

_PRICES: Final = (
    "ItemPrice",
    "ShippingPrice",
    "ItemTax",
    "ShippingTax",
    "ShippingDiscount",
    "ShippingDiscountTax",
    "PromotionDiscount",
    "PromotionDiscountTax",
    "IsGift",
)

Elements = frozenset[str]
"""What a restricted data token lets be told: `buyerInfo`, `shippingAddress`."""


def head(order: Order, elements: Elements = frozenset()) -> dict[str, Any]:
    """Return an order as getOrder tells it, with the personal data that may be told."""
    shown: dict[str, Any] = {
        "AmazonOrderId": order.id,
        **order.head,
        "LastUpdateDate": seconds(order.updated_at),
        "OrderStatus": order.status,
        "NumberOfItemsShipped": sum(item.shipped for item in order.items),
        "NumberOfItemsUnshipped": sum(item.open for item in order.items),
    }
    if order.status not in WAITING and order.untold != "":
        total = money(order.total, order.currency)
        shown["OrderTotal"] = {n: value for n, value in total.items() if n != order.untold}
    if "shippingAddress" in elements and (found := address(order)):
        shown["ShippingAddress"] = found
    if "buyerInfo" in elements and order.buyer and order.status not in WAITING:
        shown["BuyerInfo"] = order.buyer
    return shown


def item(order: Order, line: Item) -> dict[str, Any]:
    """Return an item as getOrderItems tells it."""
    told = {
        name: _kept(line, name, value)
        for name, value in line.told.items()
        if name not in _PRICES or _is_priced(order, line)
    }
    shown = {
        "ASIN": f"B{line.id[-9:]:0>9}",
        "OrderItemId": line.id,
        **({"SellerSKU": line.sku} if line.sku else {}),
        "QuantityOrdered": line.ordered - line.cancelled,
        "QuantityShipped": line.shipped,
        **told,
    }
    if _is_priced(order, line):
        shown.setdefault("IsGift", "false")
    if line.cancel_reason is not None:
        shown["BuyerRequestedCancel"] = {
            "IsBuyerRequestedCancel": "true",
            "BuyerCancelReason": line.cancel_reason,
        }
    return shown


def address(order: Order) -> Mapping[str, Any] | None:
    """Return where an order goes; None as long as that is not told, or nobody said."""
    if order.status not in ADDRESSED or not order.address:
        return None
    if order.by_amazon:
        return {name: value for name, value in order.address.items() if name != "Phone"}
    return order.address


def _kept(line: Item, name: str, value: Any) -> Any:
    """Return a value of an item; an amount shrinks with what is cancelled of the item."""
    if not line.cancelled or name not in _PRICES or not isinstance(value, Mapping):
        return value
    return money(line.amount(name), str(value["CurrencyCode"]))


def _is_priced(order: Order, line: Item) -> bool:
    return order.status not in WAITING and line.cancelled < line.ordered
