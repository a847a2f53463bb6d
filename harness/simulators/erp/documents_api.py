"""The face of the books: documents posted alone or in a batch, and read again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.simulators.base import Call, Context, Reply, reply
from harness.simulators.erp.books import Books, Document, Shelf, period_of
from harness.simulators.erp.forms import Form, read_body
from harness.simulators.erp.pages import asked_for, page, refuse_strangers
from harness.simulators.erp.refusals import AlreadyThere, NotFound, Refused
from harness.simulators.erp.telling import Telling, invoice_row, memo_row, order_row, period_row
from harness.simulators.routing import Parameters
from harness.simulators.webhooks import new_uuid

_FILTERS = ("externalDocumentNumber", "number", "channelOrderId", "customerNumber")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document: its shelf and form, how one is taken, and what is told of it then."""

    message: str
    shelf: Shelf
    form: Form | None
    take: Callable[[Any], Document]
    tell: Callable[[Document], None]


class Desk:
    """Takes documents and tells of each, whoever brings them."""

    def __init__(self, books: Books, context: Context, telling: Telling) -> None:
        self._books = books
        self._context = context
        self._telling = telling

    def kinds(self, forms: Mapping[str, Form]) -> dict[str, Kind]:
        """Return each kind of document by the message that it travels in."""
        books = self._books
        return {
            message: Kind(message, shelf, forms.get(message), self._taker(take), tell)
            for message, shelf, take, tell in (
                ("sales_order", books.orders, books.take_order, self.tell_order),
                ("sales_invoice", books.invoices, books.post_invoice, self.tell_invoice),
                ("credit_memo", books.memos, books.post_memo, self._tell_memo),
            )
        }

    def take(self, kind: Kind, body: Any, *, is_told: bool = True) -> Document:
        """Take a document; ``is_told`` is false for one that was there before.

        Raises:
            Refused: it is not taken.
        """
        if kind.form is None:
            text = f"The system's file has no message {kind.message}."
            raise Refused(text, code="BadRequest_NotFound")
        kind.form.refuse_unfit(body)
        document = kind.take(body)
        if is_told:
            self._telling.commit(kind.message, document.stored)
        kind.tell(document)
        return document

    def tell_order(self, order: Document) -> None:
        """Note where an order stands."""
        self._telling.note("sales_order", order_row(order, self._books))

    def tell_invoice(self, invoice: Document) -> None:
        """Note where an invoice stands, its order and its month."""
        self._telling.note("invoice", invoice_row(invoice, self._books))
        if order := self._books.orders.documents.get(invoice.external):
            self.tell_order(order)
        self.tell_period(period_of(invoice.body))

    def tell_period(self, period: str) -> None:
        """Note whether a month is open."""
        self._telling.note("posting_period", period_row(period, self._books))

    def _tell_memo(self, memo: Document) -> None:
        self._telling.note("credit_memo", memo_row(memo))
        self.tell_invoice(self._books.invoice_of(memo))
        self.tell_period(period_of(memo.body))

    def _taker(self, take: Callable[..., Document]) -> Callable[[Any], Document]:
        def taken(body: Any) -> Document:
            return take(body, id_=new_uuid(self._context.random), now=self._context.now)

        return taken


class DocumentsApi:
    """Answers about one kind of document."""

    def __init__(self, desk: Desk, kind: Kind, *, page_size: int, batch_size: int) -> None:
        self._desk = desk
        self._kind = kind
        self._page_size = page_size
        self._batch_size = batch_size

    def create(self, call: Call, _parameters: Parameters) -> Reply:
        """Take one document."""
        document = self._desk.take(self._kind, read_body(call))
        return reply(201, document.view, Location=f"{call.path}/{document.id}")

    def batch(self, call: Call, correlation: Callable[[], str]) -> Reply:
        """Take many documents, with an answer for each; the others stand when one is refused."""
        body = read_body(call)
        rows = body.get("invoices") if isinstance(body, dict) else None
        if not isinstance(rows, list) or not 0 < len(rows) <= self._batch_size:
            text = f"invoices is a list of 1 to {self._batch_size} invoices."
            raise Refused(text, code="BadRequest", target="invoices")
        return reply(200, {"results": [self._answer(row, correlation) for row in rows]})

    def one(self, _call: Call, parameters: Parameters) -> Reply:
        """Show one document."""
        document = self._kind.shelf.by_id(parameters["id"])
        if document is None:
            raise NotFound(f"There is no {self._kind.shelf.kind} with this id.")
        return reply(200, document.view)

    def several(self, call: Call, _parameters: Parameters) -> Reply:
        """List documents by number, all or those that the query names."""
        refuse_strangers(call.query, _FILTERS)
        rows = [document.view for document in self._kind.shelf.documents.values()]
        found = asked_for(rows, call.query, _FILTERS)
        return page(call, found, by="number", most=self._page_size)

    def _answer(self, row: Any, correlation: Callable[[], str]) -> dict[str, Any]:
        external = row.get("externalDocumentNumber") if isinstance(row, dict) else None
        head = {"externalDocumentNumber": external}
        try:
            document = self._desk.take(self._kind, row)
        except AlreadyThere as refused:
            return {**head, "result": "already_exists", **refused.known}
        except Refused as refused:
            return {**head, "result": "refused", "error": refused.error(correlation())}
        return {**head, "result": "created", "id": document.id, "number": document.number}
