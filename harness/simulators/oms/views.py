"""What the OMS shows of what it holds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from harness.simulators.base import copied
from harness.simulators.oms.amounts import of_units, text
from harness.simulators.oms.orders import Line, Order, Orders
from harness.simulators.oms.returns import Return
from harness.timing import show_instant


def order(found: Order, orders: Orders) -> dict[str, Any]:
    """Return an order as it stands. Its amounts are those of what is wanted still.

    A cancelled one shows its lines as they were ordered, so that what is cancelled can be seen.
    """
    status = orders.status(found)
    whole = status == "CANCELLED"
    lines = [line for line in found.lines if whole or line.kept]
    shown = [_line(line, line.ordered if whole else line.kept) for line in lines]
    net = sum((row["net"] for row in shown), found.shipping_net)
    tax = sum((row["tax"] for row in shown), found.shipping_tax)
    return {
        "orderNo": found.number,
        "externalId": found.external_id,
        "revision": found.revision,
        "updatedAt": show_instant(found.updated_at),
        "status": status,
        "channel": found.channel,
        "warehouse": found.warehouse,
        "service": found.service,
        **({} if found.ship_by is None else {"shipBy": show_instant(found.ship_by)}),
        "currency": found.currency,
        "customerNo": found.customer,
        "shippingNet": text(found.shipping_net),
        "taxTotal": text(tax),
        "grandTotal": text(net + tax),
        "shipTo": copied(found.ship_to),
        "lines": [{**row, "net": text(row["net"]), "tax": text(row["tax"])} for row in shown],
    }


def order_row(found: Order, orders: Orders) -> dict[str, Any]:
    """Return what the record of an order holds."""
    return {
        "orderNo": found.number,
        "status": orders.status(found),
        "revision": found.revision,
        "warehouse": found.warehouse,
        "holds": ", ".join(sorted(found.holds)),
        "ordered": sum(line.ordered for line in found.lines),
        "shipped": orders.shipped(found).total(),
        "cancelled": sum(line.cancelled for line in found.lines),
        "open": orders.open(found).total(),
    }


def returned(found: Return) -> dict[str, Any]:
    """Return a return as it stands."""
    return {
        "returnId": found.id,
        "revision": found.revision,
        "updatedAt": show_instant(found.updated_at),
        "orderNo": found.order,
        "externalId": found.external_id,
        "status": found.status,
        "trackingNumber": found.tracking,
        "lines": [
            {
                **line,
                "restocked": found.restocked[line["lineRef"]],
                "scrapped": found.scrapped[line["lineRef"]],
            }
            for line in found.lines
        ],
    }


def return_row(found: Return) -> dict[str, Any]:
    """Return what the record of a return holds."""
    return {
        "returnId": found.id,
        "status": found.status,
        "restocked": found.restocked.total(),
        "scrapped": found.scrapped.total(),
    }


def _line(line: Line, units: int) -> dict[str, Any]:
    described = {} if line.description is None else {"description": line.description}
    return {
        "lineRef": line.ref,
        "kind": line.kind,
        "sku": line.sku,
        **described,
        "qty": units,
        "net": _share(line.net, units, line),
        "tax": _share(line.tax, units, line),
    }


def _share(amount: Decimal, units: int, line: Line) -> Decimal:
    return of_units(amount, units, out_of=line.ordered)
