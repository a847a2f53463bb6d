"""What a scenario asks of the people in the warehouse, read from its payloads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.landscape import System
from harness.simulators.base import UnknownAction
from harness.simulators.wms.book import Book, Handle
from harness.simulators.wms.dock import Dock
from harness.simulators.wms.floor import Floor
from harness.simulators.wms.items import LINKS, Item
from harness.simulators.wms.needs import fitting
from harness.simulators.wms.orders import Order
from harness.simulators.wms.receiving import Announced, Arrived, Asn, asn_of
from harness.simulators.wms.stock import Place

Values = Mapping[str, Any]

ACTIONS: Final[Mapping[str, str]] = {
    "pick": "An order is picked: all that it was promised, or the `lines` that are given, each "
    "with `line_ref` or `sku`, and a `qty`. From then on it cannot be called back.",
    "short_pick": "Some of an order is not on its shelf. `lines` say what, as in pick; the "
    "`reason` is not_found, or damaged, which sets it aside.",
    "pack": "What is picked is packed in one package, or in several `packages`, each with `lines`, "
    "`carrier`, `tracking`, `weight_g`, `package_id`; what is left out is invented. What is packed "
    "and not picked is picked first.",
    "ship": "The packages of an order leave and its shipment is told. Without any it is packed "
    "first; the payload is that of pack.",
    "ship_next": "The order that came first of those that can be shipped leaves, as with ship; "
    "where none can, nothing happens.",
    "cancel": "The warehouse gives up what is open of an order, and tells it.",
    "receive": "Goods arrive: all that an announcement still expects, or the `lines` that are "
    "given, each with `line_ref` or `sku`, `qty`, `damaged` and `uom`; more and fewer than "
    "announced may come. It is complete then, unless `more_to_come`. What nobody announced arrives "
    "with a `warehouse` and `lines`, or a `sku` and a `qty`.",
    "adjust": "A shelf is counted: `counted` of a `sku` are in the `warehouse`, promised ones "
    "included, or `change` more than thought, fewer with a minus.",
    "quarantine": "A `qty` of a `sku` in a `warehouse` is set aside.",
    "release": "A `qty` of a `sku` in a `warehouse` that was set aside can be sold again.",
    "scrap": "A `qty` of a `sku` in a `warehouse` that was set aside is thrown away.",
    "link_item": "The warehouse notes what channels call a `sku`: its `shopify_item_id`, its "
    "`amazon_sku`.",
    "refuse_sku": "From now on the `sku` is unknown, and orders with it are refused.",
    "accept_sku": "The `sku` is known again.",
}
"""The actions, each with a sentence or two."""


class Actions:
    """The actions by name. Each explains itself with an UnknownAction where it makes no sense."""

    def __init__(self, book: Book, floor: Floor, dock: Dock, system: System) -> None:
        self._book = book
        self._floor = floor
        self._dock = dock
        self._system = system
        stock = system.messages.get("stock_line")
        warehouse = stock.fields.get("warehouse") if stock else None
        self._warehouses = tuple(warehouse.enum or ()) if warehouse else ()

    # Orders.

    def pick(self, values: Values, about: Any) -> Handle:
        """Pick an order."""
        return self._floor.pick(self._order(values, about), values)

    def short_pick(self, values: Values, about: Any) -> Handle:
        """Miss some of an order."""
        return self._floor.short_pick(self._order(values, about), values)

    def pack(self, values: Values, about: Any) -> Handle:
        """Pack an order."""
        return self._floor.pack(self._order(values, about), values)

    def ship(self, values: Values, about: Any) -> Handle:
        """Ship an order."""
        return self._floor.ship(self._order(values, about), values)

    def ship_next(self, values: Values, _about: Any) -> Handle:
        """Ship the first order that can be."""
        order = self._book.orders.next
        if order is None:
            return {"message": "shipment", "key": ""}
        return self._floor.ship(order, values)

    def cancel(self, values: Values, about: Any) -> Handle:
        """Give an order up."""
        return self._floor.cancel(self._order(values, about))

    # Goods.

    def receive(self, values: Values, about: Any) -> Handle:
        """Take goods in."""
        asn = self._asn(values, about)
        if asn is None and "lines" not in values:
            values = {**values, "lines": [values]}
        warehouse = asn.warehouse if asn else self._warehouse(values)
        closed = values.get("more_to_come") is not True
        return self._dock.receive(asn, warehouse, self._arrived(asn, values), closed=closed)

    def adjust(self, values: Values, _about: Any) -> Handle:
        """Believe a count."""
        place = self._place(values)
        if ("counted" in values) == ("change" in values):
            raise UnknownAction(
                "say how many there are, {counted: 7}, or how many more, {change: -1}"
            )
        on_hand = self._book.stock.at(place).on_hand
        counted = (
            _number(values, "counted")
            if "counted" in values
            else on_hand + _number(values, "change", least=-on_hand)
        )
        self._dock.count(place, counted)
        return _stock(place)

    def quarantine(self, values: Values, _about: Any) -> Handle:
        """Set units aside."""
        place = self._place(values)
        self._book.stock.change(place, quarantine=_number(values, "qty", least=1))
        return _stock(place)

    def release(self, values: Values, _about: Any) -> Handle:
        """Let units that were set aside be sold."""
        place = self._place(values)
        self._book.stock.change(place, quarantine=-_number(values, "qty", least=1))
        return _stock(place)

    def scrap(self, values: Values, _about: Any) -> Handle:
        """Throw away units that were set aside."""
        place, units = self._place(values), _number(values, "qty", least=1)
        self._book.stock.change(place, on_hand=-units, quarantine=-units)
        return _stock(place)

    def link_item(self, values: Values, _about: Any) -> Handle:
        """Note what channels call an item, and tell its stock with it."""
        sku = _text(values, "sku")
        links = {name: values[name] for name in LINKS if name in values}
        if not links:
            raise UnknownAction(f"say what channels call it: {', '.join(LINKS)}")
        self._book.items.link(sku, links)
        for place in self._book.stock.figures:
            if place[0] == sku:
                self._book.stock.touch(place)
        return {"message": "product", "key": sku}

    def refuse_sku(self, values: Values, _about: Any) -> Handle:
        """Forget an item."""
        return self._know(_text(values, "sku"), known=False)

    def accept_sku(self, values: Values, _about: Any) -> Handle:
        """Know an item again."""
        return self._know(_text(values, "sku"), known=True)

    # What was there before.

    def hold_stock(self, row: Values) -> Handle:
        """Let so many lie there; what is promised lies there too."""
        place = _text(row, "sku"), self._warehouse(row)
        held = self._book.stock.at(place)
        quarantine = _number(row, "quarantine") if "quarantine" in row else held.quarantine
        if "available" in row:
            on_hand = _number(row, "available") + held.allocated + quarantine
        else:
            on_hand = _number(row, "on_hand")
        self._book.stock.change(
            place, on_hand=on_hand - held.on_hand, quarantine=quarantine - held.quarantine
        )
        if any(name in row for name in LINKS):
            self.link_item(row, None)
        return _stock(place)

    def hold_product(self, row: Values) -> Handle:
        """Know an item; what is left out is invented, and is older than anything that comes."""
        sku = _text(row, "sku")
        blank = {
            "external_id": sku,
            "title": sku,
            "uom": "each",
            "weight_g": self._book.numbers["new_item_weight"],
            "changed_at": "2000-01-01T00:00:00Z",
        }
        item = Item.of(fitting(self._system, "product", {**blank, **row}))
        taken = self._book.items.by_sku.get(sku)
        if taken is not None and taken.id != item.id:
            raise UnknownAction(f"item {taken.id} has the SKU {sku}")
        return self._dock.know(item)

    def hold_order(self, row: Values) -> Handle:
        """Have an order that was sent before."""
        if self._book.orders.called(str(row.get("order_ref"))) is not None:
            raise UnknownAction(f"order {row['order_ref']} is there already")
        order = fitting(self._system, "outbound_order", {"warehouse": self._warehouse(row), **row})
        return self._floor.take(order)

    def hold_asn(self, row: Values) -> Handle:
        """Expect what was announced before."""
        asn = fitting(self._system, "asn", {"warehouse": self._warehouse(row), **row})
        return self._dock.announce(asn_of(asn, self._book.items))

    # Who and what is meant.

    def _order(self, values: Values, about: Any) -> Order:
        ref = values.get("order_ref", _key(about, "outbound_order"))
        if ref is None and (key := _key(about, "shipment")) in self._book.shipments:
            ref = self._book.shipments[str(key)]["order_ref"]
        if ref is None:
            ref = _key(about)
        found = None if ref is None else self._book.orders.called(str(ref))
        if found is None:
            lacks = "no step is named" if ref is None else f"there is no order {ref}"
            raise UnknownAction(
                f"{lacks}; name it as {{order_ref: ...}} or with `of`, and let the integration "
                "send it first"
            )
        return found

    def _asn(self, values: Values, about: Any) -> Asn | None:
        ref = values.get("asn_ref", _key(about))
        if ref is None:
            return None
        found = self._book.asns.get(str(ref))
        if found is None:
            raise UnknownAction(f"nobody announced {ref}")
        if found.closed:
            raise UnknownAction(f"{ref} was received, nothing more of it is expected")
        return found

    def _arrived(self, asn: Asn | None, values: Values) -> list[Arrived]:
        rows = values.get("lines")
        if rows is None and asn is not None:
            return [Arrived(line, asn.left(line), 0) for line in asn.lines if asn.left(line)]
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise UnknownAction("lines is a list such as [{sku: A-1, qty: 2, damaged: 1}]")
        return [self._one_arrived(asn, row) for row in rows]

    def _one_arrived(self, asn: Asn | None, row: Values) -> Arrived:
        line = _announced(asn, row)
        unit, items = row.get("uom", line.uom), self._book.items
        if "qty" in row:
            units = items.base_units(line.sku, _number(row, "qty"), unit)
        elif asn is not None and line.ref:
            units = asn.left(line)
        else:
            raise UnknownAction(f"say how many of {line.sku} came: {{qty: 3}}")
        damaged = _number(row, "damaged") if "damaged" in row else 0
        damaged = items.base_units(line.sku, damaged, unit)
        if damaged > units:
            raise UnknownAction(f"{damaged} of {units} {line.sku} cannot be damaged")
        return Arrived(line, units, damaged)

    def _place(self, values: Values) -> Place:
        """Return an item and its warehouse; where it lies in one alone, that one is meant."""
        sku = _text(values, "sku")
        if "warehouse" in values:
            return sku, self._warehouse(values)
        known = [place for place in self._book.stock.figures if place[0] == sku]
        if len(known) != 1:
            return sku, self._warehouse(values)
        return known[0]

    def _warehouse(self, values: Values) -> str:
        found = values.get("warehouse")
        if not isinstance(found, str) or (self._warehouses and found not in self._warehouses):
            known = ", ".join(self._warehouses) or "HAM1"
            raise UnknownAction(f"say which warehouse: {known}")
        return found

    def _know(self, sku: str, *, known: bool) -> Handle:
        self._book.refuse(sku, refused=not known)
        return {"message": "product", "key": sku}


def _announced(asn: Asn | None, row: Values) -> Announced:
    for line in asn.lines if asn else ():
        if row.get("line_ref", line.ref) == line.ref and row.get("sku", line.sku) == line.sku:
            return line
    if "line_ref" in row:
        raise UnknownAction(f"there is no line {dict(row)} in the announcement")
    return Announced("", _text(row, "sku"), None, 0)


def _stock(place: Place) -> Handle:
    return {"message": "stock_line", "key": f"{place[1]}:{place[0]}"}


def _key(about: Any, message: str | None = None) -> str | None:
    if not isinstance(about, Mapping) or "key" not in about:
        return None
    return str(about["key"]) if message in (None, about.get("message")) else None


def _text(values: Values, name: str) -> str:
    found = values.get(name)
    if not isinstance(found, str) or not found:
        raise UnknownAction(f"say which: {{{name}: HAT-RED}}")
    return found


def _number(values: Values, name: str, *, least: int = 0) -> int:
    found = values.get(name)
    if type(found) is not int or found < least:
        raise UnknownAction(f"say how many, at least {least}: {{{name}: 3}}")
    return found
