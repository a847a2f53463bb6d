"""The people who work with the ERP: they make, change and block, close months, and book by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from harness.mapping import Uncomparable, to_decimal
from harness.simulators.base import Context, UnknownAction, copied
from harness.simulators.erp.books import Books, Document
from harness.simulators.erp.customers import OPEN, Customer, Customers
from harness.simulators.erp.documents_api import Desk, Kind
from harness.simulators.erp.items import Item, Items
from harness.simulators.erp.refusals import Refused
from harness.simulators.erp.series import Series
from harness.simulators.erp.telling import Telling, item_row
from harness.simulators.webhooks import new_uuid
from harness.timing import SECOND, parse_instant

Values = Mapping[str, Any]
Handle = dict[str, str]

_PERIOD: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_NAMED: Final = {
    "sales_order": "externalDocumentNumber",
    "sales_invoice": "externalDocumentNumber",
    "item": "number",
    "customer": "number",
}
"""By which field each thing is named in the payload of an action."""


@dataclass(frozen=True, slots=True)
class Office:
    """What the people work with."""

    context: Context
    telling: Telling
    items: Items
    customers: Customers
    customer_numbers: Series
    books: Books
    desk: Desk
    kinds: Mapping[str, Kind]
    zone: str
    number_length: int

    @property
    def today(self) -> str:
        """Return the day on which they are, where they are."""
        moment = datetime.fromtimestamp(self.context.now // SECOND, UTC)
        return moment.astimezone(ZoneInfo(self.zone)).date().isoformat()


class Clerk:
    """Does what a scenario asks of the ERP's people."""

    def __init__(self, office: Office) -> None:
        self._office = office

    # Items.

    def create_item(self, values: Values, about: Any) -> Handle:
        """Make an item."""
        del about
        return self._tell_item(self._new_item(values, now=self._office.context.now))

    def change_item(self, values: Values, about: Any) -> Handle:
        """Change fields of an item."""
        rest = {name: value for name, value in values.items() if name not in ("id", "number")}
        return self._change_item(values, about, rest)

    def rename_item(self, values: Values, about: Any) -> Handle:
        """Give an item another number."""
        return self._change_item(values, about, {"number": self._number(values, "to")})

    def block_item(self, values: Values, about: Any) -> Handle:
        """Block an item."""
        return self._change_item(values, about, {"blocked": True})

    def unblock_item(self, values: Values, about: Any) -> Handle:
        """Let an item be sold again."""
        return self._change_item(values, about, {"blocked": False})

    def delete_item(self, values: Values, about: Any) -> None:
        """Remove an item, or a number that was never known."""
        found = self._office.items.find(_reference("item", values, about))
        self._office.items.delete(found.number if found else self._number(values))

    def hold_item(self, row: Values) -> None:
        """Take over an item as it is from now on; nobody is told but the records."""
        items, now = self._office.items, self._office.context.now
        found = items.find(str(row.get("id") or row.get("number")))
        if found is not None:
            item = items.change(found, row, now=now)
        else:
            item = self._new_item(row, now=_instant(row, now))
        self._office.telling.note("item", item_row(item))

    def _new_item(self, values: Values, *, now: int) -> Item:
        id_ = str(values.get("id") or new_uuid(self._office.context.random))
        return self._office.items.create(self._number(values), values, id_=id_, now=now)

    def _change_item(self, values: Values, about: Any, rest: Values) -> Handle:
        reference = _reference("item", values, about)
        item = self._office.items.find(reference)
        if item is None:
            raise UnknownAction(f"there is no item {reference}; create it first")
        return self._tell_item(self._office.items.change(item, rest, now=self._office.context.now))

    def _tell_item(self, item: Item) -> Handle:
        self._office.telling.commit("item", item.view)
        self._office.telling.note("item", item_row(item))
        return {"message": "item", "key": item.id}

    # Customers.

    def make_customer(self, values: Values) -> Customer:
        """Make a card and tell of it.

        Raises:
            Refused: there is one of that number.
        """
        number = values.get("number") or self._office.customer_numbers.take()
        id_ = new_uuid(self._office.context.random)
        card = self._office.customers.create(str(number), values, id_=id_)
        self._office.telling.commit("customer", card.view)
        self._office.telling.note("customer", card.row)
        return card

    def create_customer(self, values: Values, about: Any) -> Handle:
        """Make a card; whoever has no name is called by the number."""
        del about
        card = self.make_customer(values)
        return {"message": "customer", "key": card.number}

    def block_customer(self, values: Values, about: Any) -> Handle:
        """Block a customer for some documents or for all."""
        number = _reference("customer", values, about)
        id_ = new_uuid(self._office.context.random)
        card = self._office.customers.block(number, values.get("blocked", "All"), id_=id_)
        self._office.telling.note("customer", card.row)
        return {"message": "customer", "key": number}

    def unblock_customer(self, values: Values, about: Any) -> Handle:
        """Block nothing of a customer any more."""
        return self.block_customer({**values, "blocked": OPEN}, about)

    def hold_customer(self, row: Values) -> None:
        """Take over a card as it is from now on; nobody is told but the records."""
        customers = self._office.customers
        number = self._number(row)
        found = customers.cards.get(number)
        if found is not None and found.given:
            card = customers.change(found, row)
        else:
            id_ = new_uuid(self._office.context.random)
            card = customers.create(number, row, id_=id_)
        self._office.telling.note("customer", card.row)

    # Months.

    def close_period(self, values: Values, about: Any) -> None:
        """Close a month."""
        del about
        self._change_period(values, is_open=False)

    def open_period(self, values: Values, about: Any) -> None:
        """Open a month."""
        del about
        self._change_period(values, is_open=True)

    def hold_period(self, row: Values) -> None:
        """Take over a month that is open or closed."""
        self._change_period(row, is_open=row.get("status") != "CLOSED")

    def _change_period(self, values: Values, *, is_open: bool) -> None:
        period = str(values.get("period"))
        if not _PERIOD.fullmatch(period):
            raise UnknownAction("say which month: {period: 2026-02}")
        self._office.books.periods[period] = is_open
        self._office.desk.tell_period(period)

    # Documents.

    def place_order(self, values: Values, about: Any) -> Handle:
        """Type in a sales order."""
        del about
        return self._take("sales_order", self._blank(values, "orderDate"))

    def cancel_order(self, values: Values, about: Any) -> Handle:
        """Cancel a sales order."""
        order = self._document("sales_order", values, about)
        self._office.books.cancel_order(order)
        self._office.desk.tell_order(order)
        return {"message": "sales_order", "key": order.external}

    def invoice_order(self, values: Values, about: Any) -> Handle:
        """Post the invoice of a sales order."""
        order = self._document("sales_order", values, about)
        if self._office.books.order_status(order) == "Cancelled":
            raise Refused(f"The order {order.number} is cancelled.")
        body = {name: value for name, value in order.body.items() if name != "orderDate"}
        posting_date = str(values.get("postingDate", self._office.today))
        return self._take("sales_invoice", {**copied(body), "postingDate": posting_date})

    def pay_invoice(self, values: Values, about: Any) -> Handle:
        """Take money for an invoice."""
        invoice = self._document("sales_invoice", values, about)
        remaining = self._office.books.remaining(invoice)
        self._office.books.pay(invoice, _amount(values, remaining))
        self._office.desk.tell_invoice(invoice)
        return {"message": "sales_invoice", "key": invoice.external}

    def credit_invoice(self, values: Values, about: Any) -> Handle:
        """Credit an invoice by hand, on an account."""
        books = self._office.books
        invoice = self._document("sales_invoice", values, about)
        amount = _amount(values, invoice.total - books.credited(invoice))
        line = {
            "reference": "1",
            "lineType": "Account",
            "lineObjectNumber": str(values.get("account", "8400")),
            "quantity": 1,
            "amount": amount,
        }
        external = f"MANUAL-{len(books.memos.documents) + 1}"
        body = {
            "externalDocumentNumber": str(values.get("memoNumber", external)),
            "invoiceExternalNumber": invoice.external,
            "customerNumber": invoice.body["customerNumber"],
            "postingDate": str(values.get("postingDate", self._office.today)),
            "currencyCode": invoice.body["currencyCode"],
            "totalIncludingTax": amount,
            "lines": [line],
        }
        return self._take("credit_memo", body)

    def hold_order(self, row: Values) -> None:
        """Take over a sales order that was there before."""
        body = self._blank(row, "orderDate")
        self._office.desk.take(self._office.kinds["sales_order"], body, is_told=False)

    def hold_invoice(self, row: Values) -> None:
        """Take over an invoice that was posted before."""
        body = self._blank(row, "postingDate")
        self._office.desk.take(self._office.kinds["sales_invoice"], body, is_told=False)

    def _take(self, message: str, body: Values) -> Handle:
        document = self._office.desk.take(self._office.kinds[message], dict(body))
        return {"message": message, "key": document.external}

    def _blank(self, values: Values, day: str) -> dict[str, Any]:
        """Return a document of one line on an account, changed by the values."""
        external = values.get("externalDocumentNumber", f"MANUAL-{self._made() + 1}")
        total = _amount(values, Decimal("100.00"), "totalIncludingTax")
        tax = _amount(values, Decimal("0.00"), "totalTax")
        line = {
            "reference": "1",
            "lineType": "Account",
            "lineObjectNumber": "8400",
            "quantity": 1,
            "netAmount": total - tax,
        }
        usual = {
            "externalDocumentNumber": external,
            "channelOrderId": external,
            "customerNumber": "C-10001",
            day: self._office.today,
            "currencyCode": "EUR",
            "lines": [line],
        }
        return {**usual, **copied(values), "totalTax": tax, "totalIncludingTax": total}

    def _made(self) -> int:
        books = self._office.books
        return len(books.orders.documents) + len(books.invoices.documents)

    def _document(self, message: str, values: Values, about: Any) -> Document:
        external = _reference(message, values, about)
        found = self._office.kinds[message].shelf.documents.get(external)
        if found is None:
            raise UnknownAction(f"the ERP has no {message} {external}")
        return found

    def _number(self, values: Values, name: str = "number") -> str:
        number, most = values.get(name), self._office.number_length
        if not isinstance(number, str) or not 0 < len(number) <= most:
            raise UnknownAction(f"say which: {{{name}: HAT-RED}}, with 1 to {most} characters")
        return number


def _reference(message: str, values: Values, about: Any) -> str:
    """Return what the payload names, or else what the step made that the action is about."""
    for name in ("id", _NAMED[message]):
        if name in values:
            return str(values[name])
    if isinstance(about, Mapping) and "key" in about:
        return str(about["key"])
    raise UnknownAction(f"say which {message}: {{{_NAMED[message]}: ...}}")


def _amount(values: Values, usual: Decimal, name: str = "amount") -> Decimal:
    try:
        return to_decimal(values.get(name, usual))
    except (Uncomparable, ArithmeticError) as error:
        raise UnknownAction(f"{name} is a number: {error}") from error


def _instant(row: Values, now: int) -> int:
    """Return when a given item was changed last; it may be older than the scenario."""
    text = row.get("lastModifiedDateTime")
    try:
        return now if text is None else parse_instant(str(text))
    except ValueError as error:
        raise UnknownAction(f"lastModifiedDateTime: {error}") from error
