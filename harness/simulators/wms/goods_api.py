"""How the warehouse is told of items and of goods that will come, and both are read."""

from __future__ import annotations

from harness.landscape import System
from harness.simulators.base import Call, Reply, UnknownAction, copied, reply
from harness.simulators.routing import Parameters
from harness.simulators.validation import Violation
from harness.simulators.wms.book import Book
from harness.simulators.wms.dock import Dock
from harness.simulators.wms.items import Item
from harness.simulators.wms.reading import read_body, refuse_odd_lines, refuse_unknown
from harness.simulators.wms.receiving import Asn, asn_of
from harness.simulators.wms.refusals import Refused, already_exists, invalid, not_found


class GoodsApi:
    """Answers about products, announcements and receipts."""

    def __init__(self, book: Book, dock: Dock, system: System) -> None:
        self._book = book
        self._dock = dock
        self._messages = system.messages

    def put_product(self, call: Call, parameters: Parameters) -> Reply:
        """Keep an item, unless a newer version is there; what is answered is what is kept."""
        known = parameters["external_id"]
        body = read_body(call, self._messages["product"], external_id=known)
        item, before = Item.of(body), self._book.items.by_id.get(known)
        if before is not None and item.changed_at < before.changed_at:
            return reply(200, before.body)
        self._refuse_unfit(item, before)
        if before is None or before.body != item.body:
            self._book.attempt(lambda: self._dock.know(item))
        return reply(201 if before is None else 200, item.body)

    def product(self, _call: Call, parameters: Parameters) -> Reply:
        """Show an item."""
        found = self._book.items.by_id.get(parameters["external_id"])
        if found is None:
            raise not_found(f"product {parameters['external_id']}")
        return reply(200, found.body)

    def create_asn(self, call: Call, _parameters: Parameters) -> Reply:
        """Expect goods, once for each asn_ref."""
        body = read_body(call, self._messages["asn"])
        refuse_odd_lines(body["lines"], "line_ref")
        if body["asn_ref"] in self._book.asns:
            raise already_exists(asn_ref=body["asn_ref"])
        strict = self._book.numbers["items_from_the_start"]
        refuse_unknown(body["lines"], self._book.items, from_the_start=strict)
        try:
            asn = asn_of(body, self._book.items)
        except UnknownAction as error:
            raise invalid(Violation("lines", "unit_unknown", str(error))) from error
        self._book.attempt(lambda: self._dock.announce(asn))
        return reply(201, asn.view, Location=f"{call.path}/{asn.ref}")

    def asn(self, _call: Call, parameters: Parameters) -> Reply:
        """Show an announcement."""
        found: Asn | None = self._book.asns.get(parameters["asn_ref"])
        if found is None:
            raise not_found(f"announcement {parameters['asn_ref']}")
        return reply(200, found.view)

    def receipt(self, _call: Call, parameters: Parameters) -> Reply:
        """Show a receipt."""
        found = self._book.receipts.get(parameters["id"])
        if found is None:
            raise not_found(f"receipt {parameters['id']}")
        return reply(200, copied(found))

    def _refuse_unfit(self, item: Item, before: Item | None) -> None:
        other = self._book.items.by_sku.get(item.sku)
        if other is not None and other.id != item.id:
            raise Refused("sku_taken", f"Item {other.id} has the SKU {item.sku}.", sku=item.sku)
        if before is None or before.unit == item.unit:
            return
        if self._book.numbers["refuses_unit_change"] and self._book.stock.has(before.sku):
            text = f"{before.sku} is in stock, counted as {before.unit}."
            raise Refused("unit_in_use", text, uom=before.unit)
