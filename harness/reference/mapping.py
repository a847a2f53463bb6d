"""The agreed field rules of both directions, as pure functions."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from harness.reference.problems import Undeliverable

Message = Mapping[str, Any]

RELEASE_STATUS: Final = {
    "paid": "RELEASED",
    "partially_refunded": "RELEASED",
    "partially_paid": "HOLD",
}
NOT_DUE: Final = ("pending", "authorized", "refunded", "voided", "expired")
CARRIERS: Final = {"DHL": "DHL Express", "UPS": "UPS", "DPD": "DPD"}


class Unmappable(Undeliverable):
    """A required field is missing, or holds what the agreed rule cannot take."""


def order_is_due(order: Message) -> bool:
    """Return whether the OMS must hear of the order in this version."""
    return (
        order.get("financial_status") not in (None, *NOT_DUE)
        and order.get("cancelled_at") is None
        and order.get("test") is not True
    )


def order_version(order: Message) -> tuple[datetime, bool]:
    """Return what sorts the versions of an order; within one second a cancellation comes last.

    A version that does not say when it was made is taken for the oldest.
    """
    cancelled = order.get("cancelled_at") is not None
    try:
        return instant(order, "updated_at"), cancelled
    except Unmappable:
        return datetime.min.replace(tzinfo=UTC), cancelled


def sales_order(order: Message) -> dict[str, Any]:
    """Return the OMS sales order of a Shopify order that is due.

    Raises:
        Unmappable: the order cannot be sent as agreed.
    """
    shipping = [amount(line, "price") for line in order.get("shipping_lines") or ()]
    grams, email, note = (order.get(name) for name in ("total_weight", "email", "note"))
    return without_missing(
        externalId=str(required(order, "id")),
        orderNo=required(order, "name").removeprefix("#"),
        status=_release_status(order),
        currency=required(order, "currency"),
        itemsTotal=money(amount(order, "total_line_items_price")),
        discountTotal=money(amount(order, "total_discounts")),
        shippingTotal=money(sum(shipping, Decimal(0))),
        taxTotal=money(amount(order, "total_tax")),
        taxIncluded=required(order, "taxes_included"),
        grandTotal=money(amount(order, "total_price")),
        orderedAt=written(instant(order, "created_at")),
        weightKg=None if grams is None else _kilograms(grams),
        channel="WEB",
        customerEmail=None if email is None else email.strip().lower(),
        note=None if note is None else note[:500],
        shipTo=_recipient(order.get("shipping_address") or {}),
        lines=[_line(line) for line in required(order, "line_items")],
    )


def fulfillment_lines(shipment: Message, fulfillment_orders: Sequence[Message]) -> list[Message]:
    """Return which lines of which fulfillment orders a shipment fulfils.

    A line may be spread over several fulfillment orders; open ones are filled up first. What
    exceeds them is asked for all the same: that it is too much is for Shopify to say.

    Raises:
        Unmappable: Shopify knows no line for something that was shipped.
    """
    shipped: Counter[str] = Counter()
    for line in required(shipment, "lines"):
        shipped[required(line, "lineRef")] += required(line, "qty")
    chosen: dict[int, Counter[int]] = defaultdict(Counter)
    open_first = sorted(fulfillment_orders, key=lambda order: order.get("status") in _DONE)
    for line_ref, quantity in shipped.items():
        places = [
            (order["id"], line["id"], line.get("fulfillable_quantity", line["quantity"]))
            for order in open_first
            for line in order["line_items"]
            if str(line["line_item_id"]) == line_ref
        ]
        if not places:
            raise Unmappable(f"Shopify has no fulfillment order line for lineRef {line_ref}")
        rest = quantity
        for order_id, line_id, room in places:
            part = min(rest, room)
            if part > 0:
                chosen[order_id][line_id] += part
                rest -= part
        if rest > 0:
            chosen[places[0][0]][places[0][1]] += rest
    return [
        {
            "fulfillment_order_id": order_id,
            "fulfillment_order_line_items": [
                {"id": line_id, "quantity": quantity} for line_id, quantity in lines.items()
            ],
        }
        for order_id, lines in chosen.items()
    ]


def fulfillment(shipment: Message, lines: list[Message]) -> dict[str, Any]:
    """Return the Shopify fulfillment of an OMS shipment.

    Raises:
        Unmappable: a required field is missing.
    """
    carrier = required(shipment, "carrier")
    return {
        "message": "Your order is on its way.",
        "notify_customer": True,
        "tracking_info": without_missing(
            number=required(shipment, "trackingNumber"),
            company=CARRIERS.get(carrier, carrier),
            url=shipment.get("trackingUrl"),
        ),
        "line_items_by_fulfillment_order": lines,
    }


_DONE: Final = ("closed", "cancelled", "incomplete")
_AMOUNT: Final = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,9})?")


def _recipient(address: Message) -> dict[str, Any]:
    street2, phone = address.get("address2"), address.get("phone")
    name = f"{required(address, 'first_name')} {required(address, 'last_name')}"
    return without_missing(
        name=name[:70],
        street1=required(address, "address1")[:70],
        street2=None if street2 is None else street2[:70],
        city=required(address, "city"),
        postcode=address.get("zip"),
        country=required(address, "country_code"),
        phone=None if phone is None else phone.strip()[:20],
    )


def _release_status(order: Message) -> str:
    status = RELEASE_STATUS.get(required(order, "financial_status"))
    if status is None:
        raise Unmappable("financial_status has a value that nobody agreed on")
    return status


def _line(line: Message) -> dict[str, Any]:
    price, quantity, name = amount(line, "price"), required(line, "quantity"), line.get("name")
    return without_missing(
        lineRef=str(required(line, "id")),
        sku=required(line, "sku"),
        description=None if name is None else name[:80],
        qty=quantity,
        unitPrice=money(price),
        gross=money(price * quantity),
    )


def required(data: Message, name: str) -> Any:
    """Return a value; absent and null are missing, an empty text is a value."""
    value = data.get(name)
    if value is None:
        raise Unmappable(f"{name} is missing")
    return value


def amount(data: Message, name: str) -> Decimal:
    """Return an amount, exactly."""
    text = str(required(data, name))
    if not _AMOUNT.fullmatch(text):
        raise Unmappable(f"{name} is not an amount")
    return Decimal(text)


def money(value: Decimal) -> str:
    """Return an amount as text with two decimals; never one that had more."""
    text = f"{value:.2f}"
    if Decimal(text) != value:
        raise Unmappable("an amount has more than 2 decimals")
    return text


def _kilograms(grams: int) -> str:
    return str((Decimal(grams) / 1000).quantize(Decimal("0.01"), ROUND_HALF_UP))


def instant(data: Message, name: str) -> datetime:
    """Return an instant in UTC."""
    try:
        found = datetime.fromisoformat(required(data, name))
        if found.tzinfo is None:
            raise Unmappable(f"{name} has no offset from UTC")
        return found.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise Unmappable(f"{name} is not an instant") from error


def written(moment: datetime) -> str:
    """Return an instant in UTC as text, with the fraction of a second that it has."""
    return moment.isoformat().replace("+00:00", "Z")


def without_missing(**fields: Any) -> dict[str, Any]:
    """Return the fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}
