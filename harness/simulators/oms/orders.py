"""Orders and how far they have come: held, released, split, cancelled, shipped, sent back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

from harness.simulators.base import UnknownAction
from harness.simulators.oms.amounts import of_units

Units = Counter[str]
"""How many of each line, by its reference."""

_LONGEST_BASE: Final = 17
"""What is kept of an order number of 20 characters when another is derived from it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it was ordered, and how many of it were cancelled since."""

    ref: str
    sku: str
    ordered: int
    net: Decimal
    tax: Decimal
    kind: str = "GOODS"
    description: str | None = None
    cancelled: int = 0

    @property
    def kept(self) -> int:
        """Return how many are wanted still, those shipped included."""
        return self.ordered - self.cancelled

    def cut(self, units: int) -> Line:
        """Return a line with so many of the units, and their share of the amounts."""
        net = of_units(self.net, units, out_of=self.ordered)
        tax = of_units(self.tax, units, out_of=self.ordered)
        return replace(self, ordered=units, net=net, tax=tax, cancelled=0)

    def without(self, other: Line) -> Line:
        """Return what is left when another line was cut from this one."""
        rest = self.ordered - other.ordered
        return replace(self, ordered=rest, net=self.net - other.net, tax=self.tax - other.tax)


@dataclass(frozen=True, slots=True)
class Order:
    """An order at one moment. ``body`` is what its sender posted; ``id`` is shared by its parts."""

    id: str
    number: str
    external_id: str
    channel: str
    currency: str
    customer: str
    warehouse: str
    service: str
    ship_to: Mapping[str, Any]
    lines: tuple[Line, ...]
    taken_at: int
    updated_at: int
    shipping_net: Decimal = Decimal(0)
    shipping_tax: Decimal = Decimal(0)
    marketplace_id: str | None = None
    ship_by: int | None = None
    revision: int = 1
    holds: frozenset[str] = frozenset()
    counted: frozenset[str] = frozenset()
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kept(self) -> Units:
        """Return how many of each line are wanted."""
        return Counter({line.ref: line.kept for line in self.lines})

    def line(self, ref: str) -> Line | None:
        """Return the line of that reference, or None."""
        return next((line for line in self.lines if line.ref == ref), None)


class Orders:
    """Orders by their number. Of each line, ordered = open + shipped + cancelled."""

    def __init__(self) -> None:
        self.by_number: dict[str, Order] = {}
        self.changes: list[str] = []
        self._numbers: dict[str, list[str]] = {}
        self._shipments: dict[str, dict[str, Units]] = {}
        self._returned: dict[str, Units] = {}

    def add(self, order: Order) -> Order:
        """Take an order; where its number is taken already, it gets a number of its own."""
        order = replace(order, number=self._free(order.number))
        self.keep(order)
        self._numbers.setdefault(order.external_id, []).append(order.number)
        return order

    def called(self, external_id: str) -> list[Order]:
        """Return the orders that a channel calls so, the oldest first."""
        return [self.by_number[number] for number in self._numbers.get(external_id, ())]

    def parts(self, order: Order) -> list[Order]:
        """Return the orders into which one was split, itself the first."""
        return [one for one in self.called(order.external_id) if one.id == order.id]

    # How far they have come.

    def shipped(self, order: Order, *, apart_from: str = "") -> Units:
        """Return how many of each line have left, apart from one shipment."""
        units: Units = Counter()
        for shipment, lines in self._shipments.get(order.number, {}).items():
            if shipment != apart_from:
                units.update(lines)
        return units

    def returned(self, order: Order) -> Units:
        """Return how many of each line came back, or are announced."""
        return self._returned.get(order.number, Counter())

    def open(self, order: Order, *, apart_from: str = "") -> Units:
        """Return how many of each line are left to ship, zeros included, in their order."""
        units = order.kept
        units.subtract(self.shipped(order, apart_from=apart_from))
        return units

    def status(self, order: Order) -> str:
        """Return the status that is told."""
        shipped = self.shipped(order).total() > 0
        if not shipped and order.kept.total() == 0:
            return "CANCELLED"
        if shipped and self.open(order).total() == 0:
            return "SHIPPED"
        return "HOLD" if order.holds else "RELEASED"

    # What changes them.

    def keep(self, order: Order) -> None:
        """Let an order be so from now on; ``changes`` names each that was kept, in their order."""
        self.by_number[order.number] = order
        self.changes.append(order.number)

    def change(self, order: Order, *, now: int, **changes: Any) -> Order:
        """Keep an order with changes, under a higher revision."""
        revision = self.by_number[order.number].revision + 1
        after: Order = replace(order, revision=revision, updated_at=now, **changes)
        self.keep(after)
        return after

    def ship(self, shipment: str, order: Order, units: Units, *, now: int) -> Order:
        """Let a shipment of an order hold so many units, whatever it held before.

        Raises:
            UnknownAction: more would have come back than was shipped.
        """
        others = self.shipped(order, apart_from=shipment)
        if not self.returned(order) <= others + units:
            raise UnknownAction(f"some of order {order.number} came back, so it was shipped")
        self._shipments.setdefault(order.number, {})[shipment] = Counter(units)
        return self.change(self.by_number[order.number], now=now)

    def take_back(self, order: Order, units: Units) -> None:
        """Count units as sent back; the caller saw to it that they were shipped."""
        self._returned[order.number] = self.returned(order) + units

    def hold(self, order: Order, reason: str, *, now: int) -> Order:
        """Hold an order for a reason; holding it twice for the same changes nothing.

        Raises:
            UnknownAction: nothing of it is left to hold.
        """
        if reason in order.holds:
            return order
        if self.status(order) in ("SHIPPED", "CANCELLED"):
            raise UnknownAction(f"order {order.number} is {self.status(order)}, too late to hold")
        return self.change(order, now=now, holds=order.holds | {reason}, ship_by=None)

    def cancel(self, order: Order, units: Units, *, now: int) -> Order:
        """Cancel so many units of each line.

        Raises:
            UnknownAction: of a line, fewer are left to ship.
        """
        left = self.open(order)
        for ref, count in units.items():
            if not 0 <= count <= left[ref]:
                raise UnknownAction(
                    f"line {ref} of order {order.number} has {left[ref]} left, not {count}"
                )
        if not units.total():
            return order
        lines = tuple(
            replace(line, cancelled=line.cancelled + units[line.ref]) for line in order.lines
        )
        return self.change(order, now=now, lines=lines)

    def split(self, order: Order, units: Units, *, warehouse: str, now: int) -> tuple[Order, Order]:
        """Move units into an order of their own at a warehouse; return what stays, and the new one.

        The cost of shipping stays where it was.

        Raises:
            UnknownAction: so many are not left, or nothing would stay.
        """
        left = self.open(order)
        moved = Counter({ref: count for ref, count in units.items() if count})
        if not moved or not moved <= left:
            raise UnknownAction(f"order {order.number} has {dict(+left)} left, not {dict(units)}")
        if moved == +order.kept and moved == +left:
            raise UnknownAction(f"nothing of order {order.number} would stay")
        cut = {line.ref: line.cut(moved[line.ref]) for line in order.lines if moved[line.ref]}
        rest = tuple(
            line.without(cut[line.ref]) if line.ref in cut else line for line in order.lines
        )
        new = replace(
            order,
            lines=tuple(cut.values()),
            warehouse=warehouse,
            shipping_net=Decimal(0),
            shipping_tax=Decimal(0),
            counted=order.counted & cut.keys(),
            revision=1,
            updated_at=now,
        )
        stays = self.change(order, now=now, lines=tuple(line for line in rest if line.ordered))
        return stays, self.add(new)

    def _free(self, wanted: str) -> str:
        number, count = wanted, 1
        base = wanted[:_LONGEST_BASE]
        while number in self.by_number:
            count += 1
            number = f"{base}-{count}"
        return number
