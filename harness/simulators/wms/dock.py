"""What becomes of goods: announced, received, counted, set aside, renamed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from harness.simulators.wms.book import Book, Handle
from harness.simulators.wms.items import Item
from harness.simulators.wms.orders import ALLOCATED, WAITING, Order, Units
from harness.simulators.wms.receiving import Arrived, Asn
from harness.simulators.wms.stock import Place


class Dock:
    """The people who work on goods."""

    def __init__(self, book: Book) -> None:
        self._book = book

    # Stock.

    def put(self, place: Place, *, on_hand: int, quarantine: int = 0) -> None:
        """Add units to a place, some of them set aside."""
        self._book.stock.change(place, on_hand=on_hand, quarantine=quarantine)

    def count(self, place: Place, counted: int) -> None:
        """Believe a count. Where it is less than was promised, the newest orders lose it."""
        stock = self._book.stock
        missing = stock.at(place).on_hand - counted
        lacking = missing - stock.at(place).available
        for order in reversed(list(self._book.orders.by_id.values())):
            if lacking > 0:
                lacking -= self._take_back(order, place, lacking)
        stock.change(place, on_hand=-missing)

    def _take_back(self, order: Order, place: Place, most: int) -> int:
        """Let an order wait again for units that it was promised; return how many."""
        taken: Units = Counter()
        for index, line in enumerate(order.lines):
            if line.counted and (line.stocked_as, order.warehouse) == place:
                taken[index] = min(most - taken.total(), line.at(ALLOCATED))
        if taken.total():
            self._book.stock.change(place, allocated=-taken.total())
            self._book.keep(order.moved(taken, ALLOCATED, WAITING))
        return taken.total()

    def rename(self, sku: str, to: str) -> None:
        """Let all that was known under one SKU be known under another."""
        self._book.stock.rename(sku, to)
        if sku in self._book.items.links:
            self._book.items.links[to] = self._book.items.links.pop(sku)
        for order in list(self._book.orders.by_id.values()):
            if any(line.stocked_as == sku for line in order.lines):
                lines = tuple(
                    replace(line, stocked_as=to) if line.stocked_as == sku else line
                    for line in order.lines
                )
                self._book.keep(replace(order, lines=lines))
        for asn in list(self._book.asns.values()):
            if any(line.sku == sku for line in asn.lines):
                self._book.expect(asn.renamed(sku, to))

    # Goods that come in.

    def announce(self, asn: Asn) -> Handle:
        """Expect goods."""
        self._book.tell("asn", asn.body)
        self._book.expect(asn)
        return {"message": "asn", "key": asn.ref}

    def receive(
        self, asn: Asn | None, warehouse: str, arrived: list[Arrived], *, closed: bool
    ) -> Handle:
        """Take in what is on the truck; what else was announced is told as missing when it ends."""
        lines = [each.told(asn.left(each.line) if asn else 0) for each in arrived]
        if asn is not None:
            lines += _missing(asn, arrived) if closed else []
            more = Counter({each.line.ref: each.units for each in arrived if each.line.ref})
            self._book.expect(asn.with_more(more, closed=closed))
        for each in arrived:
            self.put((each.line.sku, warehouse), on_hand=each.units, quarantine=each.damaged)
        key = f"R-{len(self._book.receipts) + 1}"
        receipt = {
            "receipt_id": key,
            "asn_ref": asn.ref if asn else None,
            "warehouse": warehouse,
            "received_at": self._book.now,
            "complete": closed,
            "lines": lines,
        }
        self._book.receipts[key] = receipt
        self._book.tell("receipt", receipt)
        return {"message": "receipt", "key": key}

    # Items.

    def know(self, item: Item) -> Handle:
        """Keep an item at its newest version; where its SKU changed, the stock goes with it."""
        before = self._book.know(item)
        if before is not None and before.sku != item.sku:
            self.rename(before.sku, item.sku)
        self._book.tell("product", item.body)
        return {"message": "product", "key": item.id}


def _missing(asn: Asn, arrived: list[Arrived]) -> list[dict[str, Any]]:
    """Return the lines of which something is lacking still, and of which nothing came now."""
    came = {each.line.ref for each in arrived}
    return [
        Arrived(line, 0, 0).told(asn.left(line))
        for line in asn.lines
        if line.ref not in came and asn.left(line)
    ]
