"""The rows of every record that follows from the work of the OMS."""

from __future__ import annotations

from typing import Any

from harness.simulators.oms import views
from harness.simulators.oms.work import Work

Rows = list[dict[str, Any]]


def rows_of(work: Work) -> dict[str, Rows]:
    """Return the rows of each record by its name, in the order of their keys."""
    orders = work.orders
    return {
        "order_state": [
            views.order_row(order, orders) for _, order in sorted(orders.by_number.items())
        ],
        "parcel": [work.parcels.row(tracking) for tracking in sorted(work.parcels.states)],
        "return_state": [
            views.return_row(found) for _, found in sorted(work.returns.by_id.items())
        ],
        "stock": [work.stock.row(place) for place in work.stock.places],
        "bundle": _bundles(work),
    }


def _bundles(work: Work) -> Rows:
    return [
        {"bundle": bundle, "component": component, "qty": qty}
        for bundle, parts in sorted(work.parcels.bundles.items())
        for component, qty in sorted(parts.items())
    ]
