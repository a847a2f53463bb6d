"""All that a warehouse holds: changed whole or not at all, and told when it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.simulators.base import Context, UnknownAction
from harness.simulators.wms import views
from harness.simulators.wms.items import Item, Items
from harness.simulators.wms.orders import ALLOCATED, WAITING, Line, Order, Orders
from harness.simulators.wms.receiving import Asn
from harness.simulators.wms.stock import Change, Stock
from harness.simulators.wms.telling import Telling

Handle = dict[str, str]
Row = dict[str, Any]


class Book:
    """Orders, stock and goods that come in. ``attempt`` is the way to change any of it."""

    def __init__(
        self, context: Context, telling: Telling, *, numbers: Mapping[str, Any], zone: str
    ) -> None:
        self.items = Items()
        self.stock = Stock()
        self.orders = Orders()
        self.asns: dict[str, Asn] = {}
        self.shipments: dict[str, Row] = {}
        self.receipts: dict[str, Row] = {}
        self.numbers = numbers
        self.zone = zone
        self._context = context
        self._telling = telling
        self._news: list[tuple[str, Mapping[str, Any]]] = []
        self._changed: dict[str, Order] = {}
        self._rows: list[tuple[str, Row]] = []

    @property
    def now(self) -> str:
        """Return this instant as it is told."""
        return views.local(self._context.now, self.zone)

    def attempt(self, deed: Callable[[], Handle], *, quiet: bool = False) -> Handle:
        """Do something whole and tell it; where it cannot be done, leave all as it was.

        Quiet is what was so before anybody looked: records are noted, and nothing is sent.
        """
        figures, orders = dict(self.stock.figures), self.orders.copy()
        asns, shipments, receipts = dict(self.asns), dict(self.shipments), dict(self.receipts)
        try:
            done = deed()
        except UnknownAction:
            self.stock.go_back(figures)
            self.orders, self.asns = orders, asns
            self.shipments, self.receipts = shipments, receipts
            self._clear()
            raise
        self.settle(quiet=quiet)
        return done

    def tell(self, message: str, body: Mapping[str, Any]) -> None:
        """Have a message told when all is done."""
        self._news.append((message, body))

    def keep(self, order: Order) -> Order:
        """Hold an order as it is now."""
        self._changed[order.id] = order
        return self.orders.keep(order)

    def expect(self, asn: Asn) -> Asn:
        """Hold an announcement as it is now."""
        self._rows.append(("asn_state", asn.row))
        self.asns[asn.ref] = asn
        return asn

    def know(self, item: Item) -> Item | None:
        """Hold an item as it is now; return what it was before."""
        self._rows.append(("item", views.item_row(item)))
        return self.items.put(item)

    def refuse(self, sku: str, *, refused: bool) -> None:
        """Refuse orders of an item, or take them again."""
        self.items.refused[sku] = refused
        self._rows.append(("refused_sku", views.sku_row(sku, refused)))

    def reckon(self, order: Order, line: Line, **change: int) -> None:
        """Change the figures where a line is looked for, if the item is counted there."""
        if line.counted:
            self.stock.change((line.stocked_as, order.warehouse), **change)

    def settle(self, *, quiet: bool = False) -> None:
        """Promise to orders what became available, and tell all that changed."""
        for order in self.orders.waiting:
            self._promise(order)
        changes = self.stock.settle(now=self._context.now)
        if not quiet:
            for message, body in self._news:
                self._telling.commit(message, body)
                self._telling.announce(message, body)
            for change in changes:
                self._tell_stock(change)
        self._note(changes)
        self._clear()

    def _promise(self, order: Order) -> None:
        """Allocate to an order what it waits for, as far as it is available."""
        for index, line in enumerate(order.lines):
            place, units = (line.stocked_as, order.warehouse), line.at(WAITING)
            if line.counted:
                units = min(units, self.stock.at(place).available)
            if units:
                self.reckon(order, line, allocated=units)
                order = order.moved({index: units}, WAITING, ALLOCATED)
                self.keep(order)

    def _tell_stock(self, change: Change) -> None:
        line = views.stock_line(change.place, change.after, self.items, zone=self.zone)
        self._telling.commit("stock_line", line)
        if self.numbers["inventory_form"] == "delta":
            line = views.stock_change(change, self.items, zone=self.zone)
        self._telling.announce("stock_line", line, delay=self.numbers["inventory_delay"])

    def _note(self, changes: list[Change]) -> None:
        for change in changes:
            self._telling.note("stock", views.stock_row(change.place, change.after))
        for order in self._changed.values():
            self._telling.note("outbound_state", views.order_row(order))
        for record, row in self._rows:
            self._telling.note(record, row)

    def _clear(self) -> None:
        self._news.clear()
        self._changed.clear()
        self._rows.clear()
