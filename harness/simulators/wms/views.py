"""What the warehouse shows of what it holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from harness.simulators.base import copied
from harness.simulators.wms.items import Item, Items
from harness.simulators.wms.orders import CANCELLED, OPEN, SHIPPED, SHORT, Order
from harness.simulators.wms.stock import Change, Figures, Place
from harness.timing import MICROSECOND

Row = dict[str, Any]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def local(now: int, zone: str) -> str:
    """Return an instant as the clock on the wall shows it, with its offset."""
    moment = _EPOCH + timedelta(microseconds=now // MICROSECOND)
    return moment.astimezone(ZoneInfo(zone)).isoformat()


def stock_id(place: Place) -> str:
    """Return warehouse and item as one."""
    sku, warehouse = place
    return f"{warehouse}:{sku}"


def stock_line(place: Place, held: Figures, items: Items, *, zone: str) -> Row:
    """Return what lies in a place."""
    return {
        **_head(place, held, zone),
        "on_hand": held.on_hand,
        "allocated": held.allocated,
        "quarantine": held.quarantine,
        "available": held.available,
        **items.links_of(place[0]),
    }


def stock_change(change: Change, items: Items, *, zone: str) -> Row:
    """Return by how much a place changed, under the names of what lies there."""
    before, after = change.before, change.after
    return {
        **_head(change.place, after, zone),
        "on_hand": after.on_hand - before.on_hand,
        "allocated": after.allocated - before.allocated,
        "quarantine": after.quarantine - before.quarantine,
        "available": after.available - before.available,
        **items.links_of(change.place[0]),
    }


def order(found: Order) -> Row:
    """Return an order as it was sent, with its id and how far it has come."""
    return {**copied(found.body), "id": found.id, "status": found.status}


def stock_row(place: Place, held: Figures) -> Row:
    """Return what the record of a place holds."""
    sku, warehouse = place
    return {
        "sku": sku,
        "warehouse": warehouse,
        "seq": held.seq,
        "on_hand": held.on_hand,
        "allocated": held.allocated,
        "quarantine": held.quarantine,
        "available": held.available,
    }


def order_row(found: Order) -> Row:
    """Return what the record of an order holds."""
    return {
        "order_ref": found.ref,
        "warehouse": found.warehouse,
        "status": found.status,
        "ordered": found.ordered,
        "open": found.at(*OPEN),
        "shipped": found.at(SHIPPED),
        "short": found.at(SHORT),
        "cancelled": found.at(CANCELLED),
    }


def item_row(item: Item) -> Row:
    """Return what the record of an item holds."""
    shown = ("sku", "uom", "units_per_case", "weight_g", "changed_at")
    return {"external_id": item.id, **{name: item.body.get(name) for name in shown}}


def sku_row(sku: str, refused: bool) -> Row:  # noqa: FBT001 - a row as it is kept
    """Return what the record of a refused item holds."""
    return {"sku": sku, "refused": refused}


def _head(place: Place, held: Figures, zone: str) -> Row:
    sku, warehouse = place
    return {
        "stock_id": stock_id(place),
        "seq": held.seq,
        "as_of": local(held.as_of, zone),
        "sku": sku,
        "warehouse": warehouse,
    }
