"""How the OMS makes an order of its own out of what it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from harness.mapping import to_decimal
from harness.simulators.base import UnknownAction, copied
from harness.simulators.oms.amounts import shared
from harness.simulators.oms.orders import Line, Order

Body = Mapping[str, Any]


class Desk:
    """Takes orders: chooses the warehouse and the service, knows customers and kinds of items."""

    def __init__(self, numbers: Mapping[str, Any]) -> None:
        self._numbers = numbers
        self._customers: dict[str, str] = {}
        self.kinds: dict[str, str] = {}
        self._taken = 0

    def of_sales_order(self, body: Body, *, id_: str, now: int) -> Order:
        """Return an order made of a sales order; what its file does not have counts as nothing.

        Discount and tax are shared among lines and shipping, as the amounts are; gift cards bear
        no tax. The total is that of the parts.
        """
        lines = body["lines"]
        gross = [_amount(line, "gross") for line in lines]
        off = shared(_amount(body, "discountTotal"), gross)
        goods = [amount - part for amount, part in zip(gross, off, strict=True)]
        shipping = _amount(body, "shippingTotal")
        kinds = [self.kind(line["sku"]) for line in lines]
        taxed = [
            Decimal(0) if kind == "GIFT_CARD" else amount
            for kind, amount in zip(kinds, goods, strict=True)
        ]
        *taxes, shipping_tax = shared(_amount(body, "taxTotal"), [*taxed, shipping])
        if body.get("taxIncluded"):
            goods = [amount - tax for amount, tax in zip(goods, taxes, strict=True)]
            shipping -= shipping_tax
        held = body["status"] == "HOLD"
        return self._order(
            body,
            id_=id_,
            now=now,
            number=str(body.get("orderNo") or id_),
            channel=str(body.get("channel") or "WEB"),
            shipping_net=shipping,
            shipping_tax=shipping_tax,
            holds=frozenset({"PAYMENT"} if held else ()),
            lines=_lines(lines, kinds, goods, taxes),
        )

    def of_marketplace(self, body: Body, *, id_: str, now: int) -> Order:
        """Return an order made of a marketplace order, whose tax the marketplace sees to.

        What its total has beyond its lines is the cost of shipping.
        """
        lines = body["lines"]
        amounts = [_amount(line, "amount") for line in lines]
        rest = _amount(body, "grandTotal") - sum(amounts, Decimal(0))
        return self._order(
            body,
            id_=id_,
            now=now,
            number=id_,
            channel="MARKETPLACE",
            shipping_net=max(rest, Decimal(0)),
            marketplace_id=str(body.get("marketplaceId") or ""),
            lines=_lines(
                lines,
                [self.kind(line["sku"]) for line in lines],
                amounts,
                [Decimal(0)] * len(lines),
            ),
        )

    def of_own(self, values: Body, *, now: int) -> Order:
        """Return an order that the OMS takes itself, such as one by telephone.

        Raises:
            UnknownAction: a line does not say what and how much.
        """
        self._taken += 1
        lines = values.get("lines", [{"sku": "MUG", "qty": 1}])
        if not isinstance(lines, list) or not lines or not all(map(_makes_sense, lines)):
            raise UnknownAction('lines is a list such as [{sku: A-1, qty: 2, net: "16.80"}]')
        named = [
            {"lineRef": f"L{number}", **line} for number, line in enumerate(copied(lines), start=1)
        ]
        if len({str(line["lineRef"]) for line in named}) < len(named):
            raise UnknownAction("each line has a lineRef of its own")
        if not isinstance(values.get("shipTo", {}), Mapping):
            raise UnknownAction("shipTo is an address such as {name: Ada Quist, country: DE}")
        body = {
            "externalId": f"TEL-{self._taken}",
            "currency": self._numbers["currency"],
            "shipTo": {"name": "Ada Quist", "street1": "1 Hill", "city": "Leipzig"},
            **copied(values),
        }
        body["shipTo"].setdefault("country", "DE")
        number = str(values.get("orderNo", f"T{self._taken}"))
        return self._order(
            body,
            id_=f"O-{self._taken}",
            now=now,
            number=number,
            channel=values.get("channel", "POS"),
            shipping_net=_amount(values, "shippingNet"),
            shipping_tax=_amount(values, "shippingTax"),
            lines=_lines(
                named,
                [line.get("kind") or self.kind(line["sku"]) for line in named],
                [_amount(line, "net") for line in named],
                [_amount(line, "tax") for line in named],
            ),
        )

    def kind(self, sku: str) -> str:
        """Return what kind of thing an item is."""
        if sku in self.kinds:
            return self.kinds[sku]
        if sku.startswith(self._numbers["gift_card_prefix"]):
            return "GIFT_CARD"
        return "SERVICE" if sku in self._numbers["services"] else "GOODS"

    def _order(
        self, body: Body, *, id_: str, now: int, number: str, channel: str, **rest: Any
    ) -> Order:
        return Order(
            id=id_,
            number=number,
            external_id=str(body["externalId"]),
            channel=channel,
            currency=str(body.get("currency") or self._numbers["currency"]),
            customer=self._customer(body),
            warehouse=body.get("warehouse") or self._numbers["warehouse"],
            service=body.get("service") or self._numbers["service"],
            ship_to=copied(body.get("shipTo") or {}),
            taken_at=now,
            updated_at=now,
            body=body,
            **rest,
        )

    def _customer(self, body: Body) -> str:
        """Return the number of a customer, who is known by the mail address."""
        if body.get("customerNo"):
            return str(body["customerNo"])
        known_by = str(body.get("customerEmail") or f"order {body['externalId']}")
        first = self._numbers["first_customer"]
        return self._customers.setdefault(known_by, f"C-{first + len(self._customers)}")


def _amount(values: Body, name: str) -> Decimal:
    found = values.get(name)
    return Decimal(0) if found is None else to_decimal(found)


def _lines(
    lines: Sequence[Body], kinds: Sequence[str], nets: Sequence[Decimal], taxes: Sequence[Decimal]
) -> tuple[Line, ...]:
    return tuple(
        Line(
            ref=line["lineRef"],
            sku=line["sku"],
            ordered=int(line["qty"]),
            net=net,
            tax=tax,
            kind=kind,
            description=line.get("description"),
        )
        for line, kind, net, tax in zip(lines, kinds, nets, taxes, strict=True)
    )


def _makes_sense(line: Any) -> bool:
    return (
        isinstance(line, Mapping)
        and isinstance(line.get("sku"), str)
        and type(line.get("qty")) is int
        and line["qty"] > 0
    )
