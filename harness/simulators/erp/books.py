"""The documents: sales orders, posted invoices, and credit memos of posted invoices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from harness.mapping import to_decimal
from harness.simulators.base import copied
from harness.simulators.erp.customers import Customers
from harness.simulators.erp.items import Items
from harness.simulators.erp.refusals import AlreadyThere, Refused
from harness.simulators.erp.series import Series

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """A document with the number that the ERP gave it. Its body stays as it came."""

    id: str
    number: str
    made_at: int
    body: Body

    @property
    def external(self) -> str:
        """Return the number by which its sender knows it."""
        return str(self.body["externalDocumentNumber"])

    @property
    def total(self) -> Decimal:
        """Return its total with tax."""
        return to_decimal(self.body["totalIncludingTax"])

    @property
    def stored(self) -> dict[str, Any]:
        """Return it with the fields of its message."""
        return {**copied(self.body), "number": self.number}

    @property
    def view(self) -> dict[str, Any]:
        """Return it as the ERP shows it."""
        return {"id": self.id, **self.stored}


@dataclass(frozen=True, slots=True)
class Rules:
    """What the ERP insists on beyond the fields of a document."""

    tolerance: Decimal
    currencies: Collection[str]
    units_checked: bool


class Shelf:
    """Documents of one kind: each external number once, numbered in the order of posting."""

    def __init__(self, kind: str, series: Series) -> None:
        self.kind = kind
        self.series = series
        self.documents: dict[str, Document] = {}

    def by_id(self, id_: str) -> Document | None:
        """Return the document of an id."""
        return next((one for one in self.documents.values() if one.id == id_), None)

    def refuse_known(self, external: str) -> None:
        """Refuse an external number that was taken before."""
        if known := self.documents.get(external):
            about = {"id": known.id, "number": known.number}
            text = f"The {self.kind} {external} exists already, as {known.number}."
            raise AlreadyThere(text, target="externalDocumentNumber", known=about)

    def put(self, body: Body, *, id_: str, now: int) -> Document:
        """Number a document to which there is no objection, and keep it."""
        document = Document(id_, self.series.take(), now, copied(body))
        self.documents[document.external] = document
        return document


class Books:
    """What was sold and credited. No month that is closed takes any more of it."""

    def __init__(
        self,
        items: Items,
        customers: Customers,
        *,
        rules: Rules,
        orders: Series,
        invoices: Series,
        memos: Series,
    ) -> None:
        self._items = items
        self._customers = customers
        self._rules = rules
        self.orders = Shelf("order", orders)
        self.invoices = Shelf("invoice", invoices)
        self.memos = Shelf("credit memo", memos)
        self.periods: dict[str, bool] = {}
        self._credited: dict[str, Decimal] = {}
        self._returned: dict[str, Counter[str]] = {}
        self._paid: dict[str, Decimal] = {}
        self._cancelled_orders: set[str] = set()

    # Orders.

    def take_order(self, body: Body, *, id_: str, now: int) -> Document:
        """Take a sales order.

        Raises:
            Refused: something of it is not as it should be.
        """
        self._refuse_unfit(self.orders, body)
        self._refuse_sums(body)
        return self.orders.put(body, id_=id_, now=now)

    def order_status(self, order: Document) -> str:
        """Return where an order stands."""
        if order.external in self._cancelled_orders:
            return "Cancelled"
        return "Invoiced" if order.external in self.invoices.documents else "Open"

    def cancel_order(self, order: Document) -> None:
        """Cancel an order that is not invoiced."""
        if self.order_status(order) == "Invoiced":
            raise Refused(f"The order {order.number} is invoiced already.")
        self._cancelled_orders.add(order.external)

    # Invoices.

    def post_invoice(self, body: Body, *, id_: str, now: int) -> Document:
        """Post an invoice.

        Raises:
            AlreadyThere: its external number was posted before, whatever stands in it now.
            Refused: something of it is not as it should be.
        """
        self._refuse_unfit(self.invoices, body)
        self._refuse_sums(body)
        self._refuse_closed(body)
        self.invoices.series.refuse_if_used_up()
        self.periods.setdefault(period_of(body), True)
        return self.invoices.put(body, id_=id_, now=now)

    def credited(self, invoice: Document) -> Decimal:
        """Return how much of an invoice was credited."""
        return self._credited.get(invoice.external, Decimal(0))

    def remaining(self, invoice: Document) -> Decimal:
        """Return what is still to be paid; below zero when money is to be paid back."""
        paid = self._paid.get(invoice.external, Decimal(0))
        return invoice.total - self.credited(invoice) - paid

    def pay(self, invoice: Document, amount: Decimal) -> None:
        """Take money for an invoice."""
        self._paid[invoice.external] = self._paid.get(invoice.external, Decimal(0)) + amount

    # Credit memos.

    def post_memo(self, body: Body, *, id_: str, now: int) -> Document:
        """Post a credit memo of a posted invoice.

        Raises:
            AlreadyThere: its external number was posted before.
            Refused: it has no invoice, is more than is left of it, or is not as it should be.
        """
        self.memos.refuse_known(str(body["externalDocumentNumber"]))
        invoice = self._invoice_of(body)
        self._refuse_unfit(self.memos, body)
        self._refuse_apart(sum_of(body, "amount"), body, "totalIncludingTax")
        self._refuse_too_much(invoice, body)
        self._refuse_closed(body)
        self.memos.series.refuse_if_used_up()
        self.periods.setdefault(period_of(body), True)
        memo = self.memos.put(body, id_=id_, now=now)
        self._credited[invoice.external] = self.credited(invoice) + memo.total
        self._returned.setdefault(invoice.external, Counter()).update(units_of(body))
        return memo

    def invoice_of(self, memo: Document) -> Document:
        """Return the invoice of a posted credit memo."""
        return self.invoices.documents[str(memo.body["invoiceExternalNumber"])]

    # Periods.

    def is_open(self, period: str) -> bool:
        """Return whether a month takes documents."""
        return self.periods.get(period, True)

    # What is insisted on.

    def _refuse_unfit(self, shelf: Shelf, body: Body) -> None:
        shelf.refuse_known(str(body["externalDocumentNumber"]))
        if body["currencyCode"] not in self._rules.currencies:
            text = f"The currency {body['currencyCode']} is not set up."
            raise Refused(text, target="currencyCode")
        self._customers.refuse_barred(str(body["customerNumber"]), shelf.kind)
        for index, line in enumerate(body["lines"]):
            if line["lineType"] == "Item":
                where = f"lines.{index}.lineObjectNumber"
                self._items.refuse_unsellable(str(line["lineObjectNumber"]), target=where)

    def _refuse_sums(self, body: Body) -> None:
        """Refuse totals that are not those of the lines; a tax only if each line tells its own."""
        if all("taxAmount" in line for line in body["lines"]):
            self._refuse_apart(sum_of(body, "taxAmount"), body, "totalTax")
        if to_decimal(body["totalIncludingTax"]) < 0:
            raise Refused("The total must be 0 or more.", target="totalIncludingTax")
        parts = sum_of(body, "netAmount") + to_decimal(body["totalTax"])
        self._refuse_apart(parts, body, "totalIncludingTax")

    def _refuse_apart(self, parts: Decimal, body: Body, total: str) -> None:
        told = to_decimal(body[total])
        if abs(parts - told) > self._rules.tolerance:
            text = f"{total} is {told:f}, but its parts come to {parts:f}."
            raise Refused(text, code="TotalMismatch", target=total)

    def _invoice_of(self, body: Body) -> Document:
        external = str(body["invoiceExternalNumber"])
        invoice = self.invoices.documents.get(external)
        if invoice is None:
            text = f"There is no posted invoice {external}."
            raise Refused(text, code="InvoiceNotFound", target="invoiceExternalNumber")
        for name in ("customerNumber", "currencyCode"):
            if body[name] != invoice.body[name]:
                text = f"{name} is {body[name]}, but {invoice.body[name]} on the invoice."
                raise Refused(text, target=name)
        return invoice

    def _refuse_too_much(self, invoice: Document, body: Body) -> None:
        amount = to_decimal(body["totalIncludingTax"])
        if amount < 0:
            raise Refused("A credit memo cannot be negative.", target="totalIncludingTax")
        left = invoice.total - self.credited(invoice)
        if amount > left:
            text = f"Only {left:f} is left of the invoice {invoice.number}, not {amount:f}."
            raise Refused(text, code="CreditExceedsInvoice", target="totalIncludingTax")
        if self._rules.units_checked:
            self._refuse_too_many(invoice, body)

    def _refuse_too_many(self, invoice: Document, body: Body) -> None:
        invoiced = units_of(invoice.body)
        returned = self._returned.get(invoice.external, Counter())
        for number, units in sorted(units_of(body).items()):
            left = invoiced[number] - returned[number]
            if number in invoiced and units > left:
                text = f"Only {left} of {number} are left of the invoice {invoice.number}."
                raise Refused(text, code="CreditExceedsInvoice", target="lines")

    def _refuse_closed(self, body: Body) -> None:
        if not self.is_open(period_of(body)):
            text = f"postingDate {body['postingDate']} lies outside the dates that are allowed."
            raise Refused(text, target="postingDate")


def sum_of(body: Body, name: str) -> Decimal:
    """Return the exact sum of a field over the lines."""
    return sum((to_decimal(line[name]) for line in body["lines"]), Decimal(0))


def units_of(body: Body) -> Counter[str]:
    """Return how many of each item a document is about."""
    units: Counter[str] = Counter()
    for line in body["lines"]:
        if line["lineType"] == "Item":
            units[str(line["lineObjectNumber"])] += int(to_decimal(line["quantity"]))
    return units


def period_of(body: Body) -> str:
    """Return the month in which a document is posted, as ``2026-03``."""
    return date.fromisoformat(body["postingDate"]).isoformat()[:7]
