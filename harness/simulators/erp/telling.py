"""What the world learns of the ERP: messages that it holds, and rows of its records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.landscape import System
from harness.simulators.base import Context
from harness.simulators.erp.books import Books, Document, period_of
from harness.simulators.erp.customers import Customer
from harness.simulators.erp.items import Item


class Telling:
    """Commits messages and notes rows, those that the system's file has."""

    def __init__(self, system: System, context: Context) -> None:
        self._system = system
        self._context = context
        self._noted: dict[tuple[str, str], Mapping[str, Any]] = {}

    def commit(self, message: str, body: Mapping[str, Any]) -> None:
        """Say that the ERP now holds a message."""
        if message in self._system.messages:
            key = self._system.messages[message].key
            self._context.commit(message, str(body[key]), body)

    def note(self, record: str, row: Mapping[str, Any]) -> None:
        """Say what a record holds from now on, unless it held the same before."""
        if record not in self._system.records:
            return
        key = record, str([row[name] for name in self._system.records[record].key])
        if self._noted.get(key) != row:
            self._noted[key] = row
            self._context.note(record, row)


def item_row(item: Item) -> dict[str, Any]:
    """Return what the record of an item holds."""
    shown = ("displayName", "blocked", "unitPrice", "grossWeight")
    return {
        "id": item.id,
        "number": item.number,
        **{name: item.values.get(name) for name in shown},
        "lastModifiedDateTime": item.view["lastModifiedDateTime"],
    }


def order_row(order: Document, books: Books) -> dict[str, Any]:
    """Return what the record of a sales order holds."""
    return {**_head(order), "status": books.order_status(order)}


def invoice_row(invoice: Document, books: Books) -> dict[str, Any]:
    """Return what the record of an invoice holds."""
    remaining = books.remaining(invoice)
    return {
        **_head(invoice),
        "status": "Open" if remaining > 0 else "Paid",
        "period": period_of(invoice.body),
        "credited": books.credited(invoice),
        "remaining": remaining,
    }


def memo_row(memo: Document) -> dict[str, Any]:
    """Return what the record of a credit memo holds."""
    return {
        **_head(memo),
        "invoiceExternalNumber": memo.body["invoiceExternalNumber"],
        "period": period_of(memo.body),
    }


def period_row(period: str, books: Books) -> dict[str, Any]:
    """Return what the record of a month holds."""
    return {"period": period, "status": "OPEN" if books.is_open(period) else "CLOSED"}


def rows_of(
    items: Mapping[str, Item], cards: Mapping[str, Customer], books: Books
) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of each record, in the order of their keys."""
    return {
        "item": [item_row(one) for _, one in sorted(items.items())],
        "customer": [one.row for _, one in sorted(cards.items())],
        "sales_order": [order_row(one, books) for _, one in sorted(books.orders.documents.items())],
        "invoice": [invoice_row(one, books) for _, one in sorted(books.invoices.documents.items())],
        "credit_memo": [memo_row(one) for _, one in sorted(books.memos.documents.items())],
        "posting_period": [period_row(period, books) for period in sorted(books.periods)],
    }


def _head(document: Document) -> dict[str, Any]:
    body = document.body
    return {
        "externalDocumentNumber": document.external,
        "number": document.number,
        "customerNumber": body["customerNumber"],
        "currencyCode": body["currencyCode"],
        "totalIncludingTax": document.total,
    }
