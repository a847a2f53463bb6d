from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reference.mapping import (
    Unmappable,
    fulfillment,
    fulfillment_lines,
    order_is_due,
    order_version,
    sales_order,
)
from tests.reference.world import order, shipment


def address(**changes: Any) -> dict[str, Any]:
    """Return an order whose address is changed so."""
    return order(shipping_address={**order()["shipping_address"], **changes})


def line(**changes: Any) -> dict[str, Any]:
    """Return an order of one line, changed so."""
    return order(line_items=[{**order()["line_items"][0], **changes}])


def test_a_whole_order_is_mapped_as_agreed() -> None:
    """Every field of the sales order follows its rule, and missing ones have no key."""
    expected = {
        "externalId": "1001",
        "orderNo": "D1001",
        "status": "RELEASED",
        "currency": "EUR",
        "itemsTotal": "29.70",
        "discountTotal": "1.00",
        "shippingTotal": "4.90",
        "taxTotal": "4.58",
        "taxIncluded": True,
        "grandTotal": "33.60",
        "orderedAt": "2026-03-02T08:00:00Z",
        "weightKg": "1.25",
        "channel": "WEB",
        "customerEmail": "ada@example.test",
        "shipTo": {
            "name": "Ada Quist",
            "street1": "Kade 1",
            "city": "Delft",
            "postcode": "01067",
            "country": "NL",
            "phone": "+49 (0)170 1234567",
        },
        "lines": [
            {
                "lineRef": "11",
                "sku": "AB-12",
                "description": "Mug",
                "qty": 2,
                "unitPrice": "9.90",
                "gross": "19.80",
            },
            {
                "lineRef": "12",
                "sku": "AB-12",
                "description": "Mug",
                "qty": 1,
                "unitPrice": "9.90",
                "gross": "9.90",
            },
        ],
    }
    assert expected == sales_order(order())


@pytest.mark.parametrize(
    ("status", "expected"),
    [("paid", "RELEASED"), ("partially_refunded", "RELEASED"), ("partially_paid", "HOLD")],
)
def test_payment_status(status: str, expected: str) -> None:
    """Each agreed payment status has its status in the OMS."""
    assert expected == sales_order(order(financial_status=status))["status"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"test": None}, True),
        ({"test": True}, False),
        ({"cancelled_at": "2026-03-02T03:00:00-05:00"}, False),
        ({"financial_status": "pending"}, False),
        ({"financial_status": "something new"}, True),
        ({"financial_status": None}, False),
    ],
)
def test_only_payable_orders_are_due(changes: dict[str, Any], *, expected: bool) -> None:
    """Pending, cancelled and test orders are none of the OMS's business."""
    assert expected is order_is_due(order(**changes))


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"name": "D7"}, "orderNo", "D7"),
        ({"total_price": "5"}, "grandTotal", "5.00"),
        ({"total_price": "0.10"}, "grandTotal", "0.10"),
        ({"shipping_lines": []}, "shippingTotal", "0.00"),
        ({"shipping_lines": [{"price": "0.10"}, {"price": "0.20"}]}, "shippingTotal", "0.30"),
        ({"total_weight": 14845}, "weightKg", "14.85"),
        ({"total_weight": 0}, "weightKg", "0.00"),
        ({"email": ""}, "customerEmail", ""),
        ({"note": "é" * 501}, "note", "é" * 500),
        ({"note": "\U0001f600" * 501}, "note", "\U0001f600" * 500),
        ({"taxes_included": False}, "taxIncluded", False),
        ({"created_at": "2026-03-29T03:00:01+02:00"}, "orderedAt", "2026-03-29T01:00:01Z"),
    ],
)
def test_field_rules(changes: dict[str, Any], field: str, expected: Any) -> None:
    """Each rule holds at the edges of what the source may say."""
    assert expected == sales_order(order(**changes))[field]


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"first_name": "A" * 40, "last_name": "B" * 40}, "name", "A" * 40 + " " + "B" * 29),
        ({"first_name": ""}, "name", " Quist"),
        ({"address1": "x" * 71}, "street1", "x" * 70),
        ({"address2": "y" * 71}, "street2", "y" * 70),
        ({"phone": " 555-625-1199 "}, "phone", "555-625-1199"),
        ({"phone": "+49 170 1234567 ext. 12345678"}, "phone", "+49 170 1234567 ext."),
    ],
)
def test_recipient_rules(changes: dict[str, Any], field: str, expected: str) -> None:
    """Names, streets and phone numbers are written as the OMS takes them."""
    assert expected == sales_order(address(**changes))["shipTo"][field]


@pytest.mark.parametrize("name", ["total_weight", "email", "note"])
@pytest.mark.parametrize("drop", [True, False])
def test_missing_optional_fields_are_left_out(name: str, drop: bool) -> None:
    """Absent and null both mean that the OMS is told nothing."""
    source = order(**{name: None})
    if drop:
        del source[name]
    target = {"total_weight": "weightKg", "email": "customerEmail", "note": "note"}[name]
    assert target not in sales_order(source)


def test_missing_optional_parts_of_the_address_are_left_out() -> None:
    """The OMS is told nothing of a second street, postcode or phone that is not there."""
    recipient = sales_order(address(address2=None, zip=None, phone=None))["shipTo"]
    assert {"name", "street1", "city", "country"} == set(recipient)


def test_a_line_without_description_has_none() -> None:
    """The name of a line is optional, and cut to what the OMS takes."""
    assert "description" not in sales_order(line(name=None))["lines"][0]
    assert sales_order(line(name="n" * 81))["lines"][0]["description"] == "n" * 80


@pytest.mark.parametrize(
    "source",
    [
        order(total_tax=None),
        order(currency=None),
        order(line_items=None),
        order(total_price="12.345"),
        order(total_price="1e2"),
        order(total_price="NaN"),
        order(created_at="2026-03-02T03:00:00"),
        order(created_at="yesterday"),
        order(shipping_address=None),
        order(shipping_lines=[{"price": None}]),
        address(first_name=None),
        address(last_name=None),
        address(first_name=None, last_name=None),
        address(address1=None),
        address(city=None),
        address(country_code=None),
        line(sku=None),
        line(price=None),
        line(quantity=None),
    ],
)
def test_what_cannot_be_mapped_is_refused(source: dict[str, Any]) -> None:
    """An order that lacks what the OMS needs is never sent with a guess."""
    with pytest.raises(Unmappable):
        sales_order(source)


def test_a_reason_names_no_personal_data() -> None:
    """The reason is shown to people who may not see the amount that somebody paid."""
    with pytest.raises(Unmappable) as caught:
        sales_order(order(total_price="1234567.891"))
    assert "1234567" not in str(caught.value)


@given(cents=st.integers(0, 10**9), quantity=st.integers(1, 1000))
def test_gross_is_exact(cents: int, quantity: int) -> None:
    """Price times quantity never meets binary floating point."""
    price = f"{cents // 100}.{cents % 100:02d}"
    gross = sales_order(line(price=price, quantity=quantity))["lines"][0]["gross"]
    assert cents * quantity == int(gross.replace(".", ""))


def test_versions_sort_by_instant_and_then_by_cancellation() -> None:
    """Offsets do not disturb the order, nor do two changes within one second."""
    in_new_york = order(updated_at="2026-03-02T03:00:00-05:00")
    in_berlin = order(updated_at="2026-03-02T09:00:01+01:00")
    cancelled = order(updated_at="2026-03-02T08:00:01Z", cancelled_at="2026-03-02T08:00:01Z")
    unknown = order(updated_at=None)
    versions = [order_version(one) for one in (cancelled, in_new_york, unknown, in_berlin)]
    assert [versions[i] for i in (2, 1, 3, 0)] == sorted(versions)


def places(*orders: tuple[int, str, list[tuple[int, int, int]]]) -> list[dict[str, Any]]:
    """Return fulfillment orders: id, status, lines of id, line item and quantity."""
    return [
        {
            "id": number,
            "status": status,
            "line_items": [
                {"id": i, "line_item_id": item, "quantity": n, "fulfillable_quantity": n}
                for i, item, n in lines
            ],
        }
        for number, status, lines in orders
    ]


def chosen(lines: Any) -> list[tuple[int, int, int]]:
    """Return fulfillment order, line and quantity of each fulfilled line."""
    return [
        (group["fulfillment_order_id"], one["id"], one["quantity"])
        for group in lines
        for one in group["fulfillment_order_line_items"]
    ]


@pytest.mark.parametrize(
    ("shipped", "known", "expected"),
    [
        ([("11", 2)], places((7, "open", [(71, 11, 2)])), [(7, 71, 2)]),
        ([("11", 1), ("11", 1)], places((7, "open", [(71, 11, 2)])), [(7, 71, 2)]),
        (
            [("11", 3)],
            places((7, "open", [(71, 11, 2)]), (8, "open", [(81, 11, 5)])),
            [(7, 71, 2), (8, 81, 1)],
        ),
        (
            [("11", 1)],
            places((7, "closed", [(71, 11, 2)]), (8, "open", [(81, 11, 2)])),
            [(8, 81, 1)],
        ),
        ([("11", 9)], places((7, "open", [(71, 11, 2)])), [(7, 71, 9)]),
        ([("11", 1)], places((7, "closed", [(71, 11, 0)])), [(7, 71, 1)]),
    ],
)
def test_shipped_lines_find_their_fulfillment_orders(
    shipped: list[tuple[str, int]],
    known: list[dict[str, Any]],
    expected: list[tuple[int, int, int]],
) -> None:
    """Open lines are filled first, and quantities are neither lost nor invented."""
    lines = [{"lineRef": ref, "qty": quantity} for ref, quantity in shipped]
    assert expected == chosen(fulfillment_lines(shipment(lines=lines), known))


def test_a_line_shopify_does_not_know_is_refused() -> None:
    """Nothing is fulfilled in place of an unknown line."""
    with pytest.raises(Unmappable, match="lineRef 99"):
        fulfillment_lines(
            shipment(lines=[{"lineRef": "99", "qty": 1}]), places((7, "open", [(71, 11, 2)]))
        )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"number": "T-1", "company": "DHL Express"}),
        ({"carrier": "UPS"}, {"number": "T-1", "company": "UPS"}),
        ({"carrier": "Regional"}, {"number": "T-1", "company": "Regional"}),
        (
            {"trackingUrl": "https://t.test/1"},
            {"number": "T-1", "company": "DHL Express", "url": "https://t.test/1"},
        ),
    ],
)
def test_tracking_rules(changes: dict[str, Any], expected: dict[str, str]) -> None:
    """Carriers are translated where agreed, and a missing link is left out."""
    made = fulfillment(shipment(**changes), [])
    assert expected == made["tracking_info"]
    assert (made["message"], made["notify_customer"]) == ("Your order is on its way.", True)


@pytest.mark.parametrize("name", ["carrier", "trackingNumber"])
def test_a_shipment_without_tracking_is_refused(name: str) -> None:
    """A fulfillment is never announced without what the customer is to follow."""
    with pytest.raises(Unmappable, match=f"{name} is missing"):
        fulfillment(shipment(**{name: None}), [])
