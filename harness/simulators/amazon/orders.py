"""What the marketplace holds of orders: items that are open, shipped or cancelled, and packages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

from harness.simulators.amazon.refusals import Refused, not_found
from harness.simulators.base import UnknownAction, copied
from harness.timing import SECOND, parse_instant, show_instant

ORDER_ID: Final = re.compile(r"\d{3}-\d{7}-\d{7}")
MONEY: Final = ("ItemPrice", "ShippingPrice")
MONEY_OFF: Final = ("ShippingDiscount", "PromotionDiscount")
WAITING: Final = ("PendingAvailability", "Pending")
CLOSED: Final = ("Canceled", "Unfulfillable")
STATUSES: Final = (*WAITING, "Unshipped", *CLOSED)
"""In which an order may be placed; the others follow from what is shipped."""

_CENT: Final = Decimal("0.01")
_CHANNELS: Final = ("MFN", "AFN")
_FIXED: Final = ("PurchaseDate", "FulfillmentChannel", "MarketplaceId")
_DERIVED: Final = (
    "AmazonOrderId",
    "OrderStatus",
    "LastUpdateDate",
    "OrderTotal",
    "OrderItems",
    "NumberOfItemsShipped",
    "NumberOfItemsUnshipped",
    "ShippingAddress",
    "BuyerInfo",
)
_ITEM_DERIVED: Final = (
    "OrderItemId",
    "SellerSKU",
    "QuantityOrdered",
    "QuantityShipped",
    "BuyerRequestedCancel",
    "OrderItemBuyerInfo",
)


@dataclass(slots=True)
class Item:
    """One line of an order. ``ordered`` is always open, shipped and cancelled together."""

    id: str
    sku: str
    ordered: int
    told: Mapping[str, Any]
    shipped: int = 0
    cancelled: int = 0
    cancel_reason: str | None = None

    @property
    def open(self) -> int:
        """Return how many are still to be shipped."""
        return self.ordered - self.shipped - self.cancelled

    @property
    def value(self) -> Decimal:
        """Return what the line adds to the order."""
        plus = sum((self.amount(name) for name in MONEY), Decimal(0))
        return plus - sum((self.amount(name) for name in MONEY_OFF), Decimal(0))

    def amount(self, name: str) -> Decimal:
        """Return an amount of the line for what is not cancelled of it, in whole cents."""
        whole = _amount(self.told.get(name))
        if not self.cancelled:
            return whole
        kept = whole * (self.ordered - self.cancelled) / self.ordered
        return kept.quantize(_CENT, ROUND_HALF_UP)


@dataclass(slots=True)
class Order:
    """An order. ``head`` is what an answer says beside what follows from the items.

    ``untold`` is the part of the total that is never shown, the currency or the amount: the model
    promises neither.
    """

    id: str
    head: dict[str, Any]
    items: list[Item]
    address: dict[str, Any]
    buyer: dict[str, Any]
    extra: Decimal
    currency: str
    stage: str
    placed_at: int
    updated_at: int
    untold: str | None = None
    packages: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """Return where the order stands, by its stage and what is shipped of it."""
        if self.stage != "Unshipped":
            return self.stage
        shipped = sum(item.shipped for item in self.items)
        if not shipped:
            return "Unshipped"
        return "PartiallyShipped" if any(item.open for item in self.items) else "Shipped"

    @property
    def total(self) -> Decimal:
        """Return what the buyer pays."""
        return sum((item.value for item in self.items), self.extra)

    @property
    def by_amazon(self) -> bool:
        """Return whether Amazon ships it."""
        return bool(self.head.get("FulfillmentChannel") == "AFN")

    def item(self, item_id: Any) -> Item | None:
        """Return an item by its id."""
        return next((item for item in self.items if item.id == item_id), None)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What an order says that its payload leaves out."""

    marketplace: str
    currency: str
    unit_price: str
    ship_within: int
    deliver_within: int


class Orders:
    """Orders by id. What is shipped or cancelled of an item never exceeds what was ordered."""

    def __init__(self, defaults: Defaults) -> None:
        self.by_id: dict[str, Order] = {}
        self._defaults = defaults
        self._item_ids: set[str] = set()

    def find(self, order_id: str) -> Order:
        """Return an order.

        Raises:
            Refused: it is no order id, or there is no such order.
        """
        if not ORDER_ID.fullmatch(order_id):
            raise Refused("AmazonOrderId is not in 3-7-7 format.")
        order = self.by_id.get(order_id)
        if order is None:
            raise not_found(f"There is no order {order_id}.")
        return order

    def place(self, payload: Mapping[str, Any], *, now: int) -> Order:
        """Take an order as a buyer places it; ids, dates and prices may be given.

        Raises:
            UnknownAction: the payload is no order.
        """
        number = len(self.by_id) + 1
        order_id = payload.get("AmazonOrderId", f"999-{number:07d}-{number:07d}")
        _claim(isinstance(order_id, str) and bool(ORDER_ID.fullmatch(order_id)), _NO_ID)
        _claim(order_id not in self.by_id, f"there is an order {order_id} already")
        stage = payload.get("OrderStatus", "Pending")
        _claim(stage in STATUSES, f"an order is placed as {', '.join(STATUSES)}")
        channel = payload.get("FulfillmentChannel", "MFN")
        _claim(channel in _CHANNELS, "FulfillmentChannel is MFN or AFN")
        placed_at = _instant(payload, "PurchaseDate", now)
        items = self._items_of(payload.get("OrderItems"))
        currency = self._currency(payload, items)
        self._price(items, currency)
        order = Order(
            id=order_id,
            head=self._head(payload, placed_at),
            items=items,
            address=_object(payload, "ShippingAddress"),
            buyer=_object(payload, "BuyerInfo"),
            extra=Decimal(0),
            currency=currency,
            stage=stage,
            placed_at=placed_at,
            untold=_untold(payload.get("OrderTotal", {})),
            updated_at=_instant(payload, "LastUpdateDate", max(placed_at, now)),
        )
        if "OrderTotal" in payload and order.untold is None:
            order.extra = _amount(payload["OrderTotal"]) - order.total
        if stage == "Canceled":
            _cancel(order.items)
        self.by_id[order_id] = order
        self._item_ids |= {item.id for item in items}
        return order

    def forget(self, order: Order) -> None:
        """Forget an order that could not be placed after all."""
        del self.by_id[order.id]
        self._item_ids -= {item.id for item in order.items}

    def change(self, order: Order, values: Mapping[str, Any]) -> None:
        """Merge what the marketplace says of an order; what follows from its items stays."""
        order.head |= {
            name: copied(value)
            for name, value in values.items()
            if name not in (*_DERIVED, *_FIXED)
        }
        order.address |= _object(values, "ShippingAddress")
        order.buyer |= _object(values, "BuyerInfo")

    def pay(self, order: Order) -> None:
        """Let a waiting order be ready to ship."""
        _claim(order.stage in WAITING, f"order {order.id} is {order.status}, not waiting")
        order.stage = "Unshipped"

    def request_cancel(self, order: Order, values: Mapping[str, Any]) -> None:
        """Let the buyer ask that items be not shipped: a wish, the status stays."""
        _claim(order.stage == "Unshipped", f"order {order.id} is {order.status}")
        wanted = [item for item in _chosen(order, values) if item.open]
        _claim(bool(wanted), f"nothing of order {order.id} is left to ship")
        for item in wanted:
            item.cancel_reason = str(values.get("BuyerCancelReason", "Ordered by mistake."))

    def cancel(self, order: Order, values: Mapping[str, Any]) -> list[tuple[str, int]]:
        """Cancel what is open of an order, or of the items named; return SKUs and quantities."""
        _claim(order.stage not in CLOSED, f"order {order.id} is {order.status}")
        gone = [(item.sku, item.open) for item in _chosen(order, values) if item.open]
        _claim(bool(gone), f"nothing of order {order.id} is left to cancel")
        _cancel(_chosen(order, values))
        if all(item.cancelled == item.ordered for item in order.items):
            order.stage = "Canceled"
        return gone

    def ship(self, order: Order) -> list[tuple[str, int]]:
        """Ship all that is open, as Amazon does; return SKUs and quantities."""
        _claim(order.by_amazon, f"order {order.id} is shipped by the seller, who confirms it")
        _claim(order.stage == "Unshipped", f"order {order.id} is {order.status}")
        sent = [(item.sku, item.open) for item in order.items if item.open]
        _claim(bool(sent), f"nothing of order {order.id} is left to ship")
        for item in order.items:
            item.shipped += item.open
        return sent

    def confirm(self, order: Order, package: Mapping[str, Any]) -> bool:
        """Take the confirmation of a package, or an edit of one; return whether anything changed.

        An edit may change everything but the items. That the items stay is an assumption: so a
        number that is used for two packages is refused, instead of losing the first of them.

        Raises:
            Refused: there is no such item, or more is confirmed than is open.
        """
        wanted = _wanted(package["orderItems"])
        before = order.packages.get(package["packageReferenceId"])
        if before is not None and _wanted(before["orderItems"]) != wanted:
            raise Refused(
                f"Package {package['packageReferenceId']} was confirmed with other items."
            )
        if before is None:
            self._take_out(order, wanted)
        order.packages[package["packageReferenceId"]] = copied(package)
        return before != package

    def _take_out(self, order: Order, wanted: Mapping[str, int]) -> None:
        for item_id, quantity in wanted.items():
            item = order.item(item_id)
            if item is None:
                raise Refused(f"Order {order.id} has no item {item_id}.")
            if quantity > item.open:
                raise Refused(f"Item {item_id} has {item.open} to ship, not {quantity}.")
        for item in order.items:
            item.shipped += wanted.get(item.id, 0)

    def _head(self, payload: Mapping[str, Any], placed_at: int) -> dict[str, Any]:
        given = {name: copied(value) for name, value in payload.items() if name not in _DERIVED}
        return {
            "FulfillmentChannel": "MFN",
            "SalesChannel": "Amazon.de",
            "ShipServiceLevel": "Standard",
            "ShipmentServiceLevelCategory": "Standard",
            "OrderType": "StandardOrder",
            "MarketplaceId": self._defaults.marketplace,
            "EarliestShipDate": seconds(placed_at),
            "LatestShipDate": seconds(placed_at + self._defaults.ship_within),
            "LatestDeliveryDate": seconds(placed_at + self._defaults.deliver_within),
            "IsBusinessOrder": False,
            "IsPrime": False,
            **given,
            "PurchaseDate": seconds(placed_at),
        }

    def _items_of(self, rows: Any) -> list[Item]:
        _claim(isinstance(rows, Sequence) and len(rows) > 0, _NO_ITEMS)
        items = list(self._read_items(rows))
        _claim(len({item.id for item in items}) == len(items), "two items share an OrderItemId")
        return items

    def _read_items(self, rows: Sequence[Any]) -> Iterator[Item]:
        for number, row in enumerate(rows, start=len(self._item_ids) + 1):
            _claim(isinstance(row, Mapping), _NO_ITEMS)
            sku, quantity = row.get("SellerSKU"), row.get("QuantityOrdered", 1)
            item_id = row.get("OrderItemId", f"{10_000_000 + number}")
            # The model does not promise a SKU; an explicit null is an item without one.
            sku = "" if "SellerSKU" in row and sku is None else sku
            _claim(isinstance(sku, str) and isinstance(item_id, str), _NO_ITEMS)
            _claim(item_id not in self._item_ids, f"there is an item {item_id} already")
            _claim(type(quantity) is int and quantity > 0, f"{sku}: QuantityOrdered is above 0")
            told = {name: copied(value) for name, value in row.items() if name not in _ITEM_DERIVED}
            told.setdefault("ItemPrice", {"Amount": quantity * Decimal(self._defaults.unit_price)})
            yield Item(item_id, sku, quantity, told)

    def _price(self, items: Sequence[Item], currency: str) -> None:
        """Write all amounts of the items as the API does, in the currency of the order."""
        for item in items:
            item.told = {
                name: money(_amount(value), currency)
                if isinstance(value, Mapping) and "Amount" in value
                else value
                for name, value in item.told.items()
            }

    def _currency(self, payload: Mapping[str, Any], items: Sequence[Item]) -> str:
        total = payload.get("OrderTotal")
        total = None if _untold(total) is not None else total
        amounts = [total, *(item.told["ItemPrice"] for item in items)]
        _claim(all(isinstance(one, Mapping) for one in amounts if one is not None), _NO_MONEY)
        named = sorted(
            {str(one["CurrencyCode"]) for one in amounts if one and "CurrencyCode" in one}
        )
        _claim(len(named) <= 1, f"an order has one currency, not {', '.join(named)}")
        return named[0] if named else self._defaults.currency


def _untold(total: Any) -> str | None:
    """Return the part of a total that a payload leaves out on purpose, by an explicit null."""
    if not isinstance(total, Mapping):
        return "" if total is None else None
    return next((name for name, value in total.items() if value is None), None)


_NO_ID: Final = "AmazonOrderId is a text such as 999-0000001-0000001"
_NO_MONEY: Final = "money is {CurrencyCode: EUR, Amount: '7.00'}"
_NO_ITEMS: Final = "an order has OrderItems, such as [{SellerSKU: A-1, QuantityOrdered: 2}]"


def seconds(now: int) -> str:
    """Return an instant as the API writes it: in UTC, whole seconds, with a Z."""
    return show_instant(now // SECOND * SECOND)


def money(amount: Decimal, currency: str) -> dict[str, str]:
    """Return an amount as the API writes it: a text with two decimals at least."""
    exact = amount if amount.as_tuple().exponent <= -2 else amount.quantize(_CENT)  # type: ignore[operator]  # finite, so its exponent is a number
    return {"CurrencyCode": currency, "Amount": f"{exact:f}"}


def _claim(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise UnknownAction(otherwise)


def _cancel(items: Sequence[Item]) -> None:
    for item in items:
        item.cancelled += item.open


def _chosen(order: Order, values: Mapping[str, Any]) -> list[Item]:
    """Return the items that a payload names by ``OrderItemId`` or ``SellerSKU``; else all."""
    if "OrderItemId" in values:
        found = [item for item in order.items if item.id == values["OrderItemId"]]
    elif "SellerSKU" in values:
        found = [item for item in order.items if item.sku == values["SellerSKU"]]
    else:
        return order.items
    _claim(bool(found), f"order {order.id} has no such item")
    return found


def _wanted(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    wanted: dict[str, int] = {}
    for row in rows:
        item_id = str(row["orderItemId"])
        wanted[item_id] = wanted.get(item_id, 0) + int(row["quantity"])
    return wanted


def _amount(value: Any) -> Decimal:
    """Return an amount of money that a payload gives; nothing is 0."""
    if value is None:
        return Decimal(0)
    try:
        amount = Decimal(value["Amount"])
    except (TypeError, KeyError, ValueError, InvalidOperation) as error:
        raise UnknownAction(_NO_MONEY) from error
    _claim(amount.is_finite(), "an amount is a number")
    return amount


def _object(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = values.get(name) or {}
    _claim(isinstance(value, Mapping), f"{name} is an object")
    return dict(copied(value))


def _instant(values: Mapping[str, Any], name: str, otherwise: int) -> int:
    if name not in values:
        return otherwise
    try:
        return parse_instant(str(values[name]))
    except ValueError as error:
        raise UnknownAction(f"{name}: {error}") from error
