"""Orders to be sent out: where each unit of each line is, from the release to the truck."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from harness.simulators.base import UnknownAction

WAITING: Final = "waiting"
ALLOCATED: Final = "allocated"
PICKED: Final = "picked"
PACKED: Final = "packed"
SHIPPED: Final = "shipped"
SHORT: Final = "short"
CANCELLED: Final = "cancelled"

IN_HAND: Final = (ALLOCATED, PICKED, PACKED)
OPEN: Final = (WAITING, ALLOCATED, PICKED, PACKED)
"""Where a unit is that may leave still."""

STAGES: Final = (*OPEN, SHIPPED, SHORT, CANCELLED)

Units = Counter[int]
"""How many of each line, by its position."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line. Each of its units is at exactly one stage, so none is ever lost or made.

    ``sku`` is what was ordered, ``stocked_as`` where it is looked for. Of what is not counted
    there is always enough.
    """

    ref: str
    sku: str
    stocked_as: str
    counted: bool
    stages: Mapping[str, int]

    @property
    def ordered(self) -> int:
        """Return how many were ordered."""
        return sum(self.stages.values())

    def at(self, *stages: str) -> int:
        """Return how many are at any of these stages."""
        return sum(self.stages.get(stage, 0) for stage in stages)

    def moved(self, count: int, source: str, target: str) -> Line:
        """Return the line with so many units moved on, or back."""
        if not 0 <= count <= self.at(source):
            raise ValueError(f"{count} of {self.at(source)} {source} cannot become {target}")
        stages = Counter(self.stages)
        stages[source] -= count
        stages[target] += count
        return replace(self, stages=dict(stages))


@dataclass(frozen=True, slots=True)
class Package:
    """A package that is packed: what is told of it, and how many of each line are in it."""

    head: Mapping[str, Any]
    units: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Shortage:
    """Units of a line that will not leave, and why; told with what happens next."""

    line: int
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order at one moment."""

    id: str
    number: int
    body: Mapping[str, Any]
    lines: tuple[Line, ...]
    packages: tuple[Package, ...] = ()
    shortages: tuple[Shortage, ...] = ()

    @property
    def ref(self) -> str:
        """Return the number that its sender gave it."""
        return str(self.body["order_ref"])

    @property
    def warehouse(self) -> str:
        """Return where it is picked."""
        return str(self.body["warehouse"])

    @property
    def status(self) -> str:
        """Return the one word for how far it has come."""
        if not self.at(*OPEN):
            if not self.at(SHIPPED):
                return "cancelled"
            return "shipped" if self.at(SHIPPED) == self.ordered else "short_shipped"
        for stage, word in ((PACKED, "packed"), (PICKED, "picking"), (SHIPPED, "part_shipped")):
            if self.at(stage):
                return word
        return "allocated" if self.at(ALLOCATED) else "backordered"

    @property
    def ordered(self) -> int:
        """Return how many units were ordered."""
        return sum(line.ordered for line in self.lines)

    def at(self, *stages: str) -> int:
        """Return how many units are at any of these stages."""
        return sum(line.at(*stages) for line in self.lines)

    def units(self, *stages: str) -> Units:
        """Return how many of each line are at any of these stages, without zeros."""
        return +Counter({index: line.at(*stages) for index, line in enumerate(self.lines)})

    def moved(self, units: Mapping[int, int], source: str, target: str) -> Order:
        """Return the order with units of its lines moved on, or back."""
        lines = tuple(
            line.moved(units.get(index, 0), source, target) for index, line in enumerate(self.lines)
        )
        return replace(self, lines=lines)


@dataclass(slots=True)
class Orders:
    """Orders by their id; of those with one order_ref, the newest counts."""

    by_id: dict[str, Order] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    lacking: set[str] = field(default_factory=set)
    in_hand: set[str] = field(default_factory=set)

    def called(self, ref: str) -> Order | None:
        """Return the newest order with an order_ref, or None."""
        return self.by_id[self.ids[ref]] if ref in self.ids else None

    def keep(self, order: Order) -> Order:
        """Hold an order as it is now."""
        self.by_id[order.id] = order
        self.ids[order.ref] = order.id
        (self.lacking.add if order.at(WAITING) else self.lacking.discard)(order.id)
        (self.in_hand.add if order.at(*IN_HAND) else self.in_hand.discard)(order.id)
        return order

    @property
    def waiting(self) -> list[Order]:
        """Return the orders that lack something, the oldest first."""
        return sorted((self.by_id[one] for one in self.lacking), key=lambda order: order.number)

    @property
    def next(self) -> Order | None:
        """Return the order that came first of those that can be shipped, or None."""
        ready = (self.by_id[one] for one in self.in_hand)
        counting = (order for order in ready if self.ids[order.ref] == order.id)
        return min(counting, key=lambda order: order.number, default=None)

    @property
    def latest(self) -> list[Order]:
        """Return the order that counts for each order_ref, in the order of their refs."""
        return [self.by_id[identity] for _, identity in sorted(self.ids.items())]

    def copy(self) -> Orders:
        """Return the same orders, to go back to."""
        return Orders(dict(self.by_id), dict(self.ids), set(self.lacking), set(self.in_hand))


def chosen(order: Order, asked: Any, left: Units) -> Units:
    """Return how many of each line are meant; asked ones name ``line_ref`` or ``sku``.

    A row without ``qty`` means all that is left; no rows at all mean everything.

    Raises:
        UnknownAction: there is no such line, or not so much is left of it.
    """
    if asked is None:
        return Counter(left)
    if not isinstance(asked, list) or not asked or not all(isinstance(r, Mapping) for r in asked):
        raise UnknownAction("lines is a list such as [{sku: A-1, qty: 2}]")
    rest, meant = Counter(left), Units()
    for row in asked:
        fitting = list(_fitting(order, row))
        if not fitting:
            raise UnknownAction(f"order {order.ref} has no line {dict(row)}")
        has = sum(rest[index] for index in fitting)
        wanted = row.get("qty", has)
        if type(wanted) is not int or not 0 < wanted <= has:
            named = order.lines[fitting[0]]
            raise UnknownAction(
                f"line {named.ref} ({named.sku}) of order {order.ref} has {has} left, not {wanted}"
            )
        for index in fitting:
            taken = min(wanted, rest[index])
            rest[index] -= taken
            meant[index] += taken
            wanted -= taken
    return +meant


def _fitting(order: Order, row: Mapping[str, Any]) -> Iterable[int]:
    named = {name: row[name] for name in ("line_ref", "sku") if name in row}
    for index, line in enumerate(order.lines):
        if named and named.items() <= {"line_ref": line.ref, "sku": line.sku}.items():
            yield index
