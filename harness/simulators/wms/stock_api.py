"""How the stock is read: one line as it is now, or everything as of one instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.simulators.base import Call, Context, Reply, reply
from harness.simulators.routing import Parameters
from harness.simulators.webhooks import new_uuid
from harness.simulators.wms import views
from harness.simulators.wms.book import Book
from harness.simulators.wms.pages import CURSOR, link, page_size, refuse_strangers
from harness.simulators.wms.refusals import Refused, not_found


@dataclass(frozen=True, slots=True)
class _Snapshot:
    as_of: str
    rows: list[dict[str, Any]]
    until: int


class StockApi:
    """Answers about stock. The pages of a snapshot are of one instant, whatever happens between."""

    def __init__(self, book: Book, context: Context) -> None:
        self._book = book
        self._context = context
        self._taken: dict[str, _Snapshot] = {}

    def line(self, _call: Call, parameters: Parameters) -> Reply:
        """Show one line of stock as it is now."""
        warehouse, _, sku = parameters["stock_id"].partition(":")
        place = sku, warehouse
        if not self._book.stock.counts(place):
            raise not_found(f"stock {parameters['stock_id']}")
        found = self._book.stock.at(place)
        return reply(200, views.stock_line(place, found, self._book.items, zone=self._book.zone))

    def snapshot(self, call: Call, _parameters: Parameters) -> Reply:
        """Show all lines of stock, or those of a warehouse, in pages."""
        refuse_strangers(call, ("warehouse",))
        numbers = self._book.numbers
        size = page_size(call, usual=numbers["page_size"], most=numbers["page_most"])
        token, _, text = call.query.get(CURSOR, "").partition(".")
        begin = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
        shot = self._known(token) if token else self._take(call.query.get("warehouse"))
        following = None
        if begin + size < len(shot.rows):
            token = token or self._keep(shot)
            following = link(call, f"{token}.{begin + size}")
        rows = shot.rows[begin : begin + size]
        return reply(200, {"as_of": shot.as_of, "rows": rows, "next": following})

    def _take(self, warehouse: str | None) -> _Snapshot:
        book = self._book
        rows = [
            views.stock_line(place, held, book.items, zone=book.zone)
            for place, held in book.stock.figures.items()
            if warehouse in (None, place[1])
        ]
        rows.sort(key=lambda row: str(row["stock_id"]))
        return _Snapshot(book.now, rows, self._context.now + book.numbers["snapshot_lifetime"])

    def _keep(self, shot: _Snapshot) -> str:
        token = new_uuid(self._context.random)
        self._taken[token] = shot
        return token

    def _known(self, token: str) -> _Snapshot:
        now = self._context.now
        self._taken = {key: shot for key, shot in self._taken.items() if now < shot.until}
        if token not in self._taken:
            raise Refused("snapshot_gone", "This snapshot is gone; take another.", status=410)
        return self._taken[token]
