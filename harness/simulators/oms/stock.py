"""What each warehouse has, as the OMS reckons: on hand, allocated to orders, available."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from harness.simulators.base import UnknownAction
from harness.simulators.oms.orders import Order, Orders, Units

Place = tuple[str, str]
"""An item and a warehouse."""


class Stock:
    """Items that are counted; of all others there is always enough.

    Only what was put there is kept. The rest follows from the orders, so that allocated is the
    sum of the allocations by construction, and available never exceeds what is on hand. Sums are
    brought up to date by the orders that changed since they were last asked for.
    """

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._put: dict[Place, int] = {}
        self._read = 0
        self._of_order: dict[str, dict[Place, _Held]] = {}
        self._sums: dict[Place, _Held] = {}

    @property
    def places(self) -> list[Place]:
        """Return every item and warehouse, in order."""
        return sorted(self._put)

    def counts(self, sku: str) -> bool:
        """Return whether an item is counted anywhere."""
        return any(sku == known for known, _ in self._put)

    def put(self, sku: str, warehouse: str, units: int) -> None:
        """Add units to what is on hand, or take some away; from then on the item is counted.

        Raises:
            UnknownAction: fewer would be there than are allocated.
        """
        place = sku, warehouse
        if units < 0 and -units > self.available(place):
            raise UnknownAction(
                f"{warehouse} has {self.available(place)} of {sku} available, not {-units}"
            )
        self._put[place] = self._put.get(place, 0) + units

    def available(self, place: Place) -> int:
        """Return what no order has yet."""
        return self.on_hand(place) - self.allocated(place)

    def on_hand(self, place: Place) -> int:
        """Return what lies there."""
        return self._put.get(place, 0) - self._held(place).shipped

    def allocated(self, place: Place) -> int:
        """Return what orders hold of it and have not shipped."""
        return self._held(place).open

    def row(self, place: Place) -> dict[str, Any]:
        """Return what the record of an item in a warehouse holds."""
        sku, warehouse = place
        on_hand, allocated = self.on_hand(place), self.allocated(place)
        return {
            "sku": sku,
            "warehouse": warehouse,
            "on_hand": on_hand,
            "allocated": allocated,
            "available": on_hand - allocated,
        }

    def plan(self, order: Order) -> dict[str, Units] | None:
        """Return which warehouse ships what is open of an order, or None where some is lacking.

        One warehouse that has it all is preferred, the order's own before others; what is not
        counted goes with the first.
        """
        wanted = +self._orders.open(order)
        counted = {line.ref: line.sku for line in order.lines if self.counts(line.sku)}
        others = sorted({warehouse for _, warehouse in self._put} - {order.warehouse})
        shares = []
        for warehouse in (order.warehouse, *others):
            share = self._share(wanted, counted, warehouse)
            if share == wanted:
                return {warehouse: wanted}
            shares.append((warehouse, share))
        return self._divided(wanted, counted, [name for name, _ in shares])

    def _share(self, wanted: Units, counted: dict[str, str], warehouse: str) -> Units:
        """Return what one warehouse can ship of what is wanted; lines of one item share it."""
        left: dict[str, int] = {}
        share: Units = Counter()
        for ref, count in wanted.items():
            sku = counted.get(ref)
            if sku is None:
                share[ref] = count
                continue
            left.setdefault(sku, self.available((sku, warehouse)))
            share[ref] = min(count, max(left[sku], 0))
            left[sku] -= share[ref]
        return +share

    def _divided(
        self, wanted: Units, counted: dict[str, str], warehouses: list[str]
    ) -> dict[str, Units] | None:
        plan: dict[str, Units] = defaultdict(Counter)
        rest = Counter(wanted)
        for warehouse in warehouses:
            if share := self._share(+rest, counted, warehouse):
                plan[warehouse] = share
                rest.subtract(share)
        return None if +rest else dict(plan)

    def _held(self, place: Place) -> _Held:
        """Return what all orders together have of it."""
        orders = self._orders
        for number in dict.fromkeys(orders.changes[self._read :]):
            for known, held in self._of_order.get(number, {}).items():
                self._sums[known] = self._sums[known].less(held)
            now = self._of_order[number] = self._holding(orders.by_number[number])
            for known, held in now.items():
                self._sums[known] = self._sums.get(known, _NOTHING).more(held)
        self._read = len(orders.changes)
        return self._sums.get(place, _NOTHING)

    def _holding(self, order: Order) -> dict[Place, _Held]:
        """Return what one order has, and had, of each item that is counted."""
        shipped, left = self._orders.shipped(order), self._orders.open(order)
        found: dict[Place, _Held] = {}
        for line in order.lines:
            if line.ref in order.counted:
                place = line.sku, order.warehouse
                held = _Held(shipped[line.ref], left[line.ref])
                found[place] = found.get(place, _NOTHING).more(held)
        return found


@dataclass(frozen=True, slots=True)
class _Held:
    """Units that orders have taken away, and units that they still wait for."""

    shipped: int
    open: int

    def more(self, other: _Held) -> _Held:
        return _Held(self.shipped + other.shipped, self.open + other.open)

    def less(self, other: _Held) -> _Held:
        return _Held(self.shipped - other.shipped, self.open - other.open)


_NOTHING = _Held(0, 0)
