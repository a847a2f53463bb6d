"""What comes back: announced, received, then put back on the shelf or scrapped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from harness.simulators.base import UnknownAction
from harness.simulators.oms.orders import Order, Orders, Units
from harness.simulators.oms.shipments import lines_of, units_of


@dataclass(frozen=True, slots=True)
class Return:
    """A return at one moment. What is restocked and scrapped never exceeds what came."""

    id: str
    order: str
    external_id: str
    lines: tuple[Mapping[str, Any], ...]
    updated_at: int
    tracking: str | None = None
    status: str = "ANNOUNCED"
    revision: int = 1
    restocked: Units = field(default_factory=Counter)
    scrapped: Units = field(default_factory=Counter)

    @property
    def undecided(self) -> Units:
        """Return what was neither restocked nor scrapped."""
        units = units_of(self.lines)
        units.subtract(self.restocked)
        units.subtract(self.scrapped)
        return units


class Returns:
    """Returns by id. Nothing comes back that was not shipped."""

    def __init__(self, orders: Orders) -> None:
        self.by_id: dict[str, Return] = {}
        self._orders = orders

    def announce(self, order: Order, values: Mapping[str, Any], *, now: int) -> Return:
        """Announce that lines come back, all that were shipped when none are named.

        Raises:
            UnknownAction: so many were not shipped, or came back before.
        """
        shipped = self._orders.shipped(order)
        shipped.subtract(self._orders.returned(order))
        if not +shipped:
            raise UnknownAction(f"nothing of order {order.external_id} can come back")
        units = units_of(lines_of(order, values.get("lines"), shipped))
        self._orders.take_back(order, units)
        lines = [
            {"lineRef": line.ref, "sku": line.sku, "qty": units[line.ref]}
            for line in order.lines
            if units[line.ref]
        ]
        found = Return(
            f"R-{len(self.by_id) + 1}",
            order.number,
            order.external_id,
            tuple(lines),
            now,
            tracking=values.get("trackingNumber"),
        )
        self.by_id[found.id] = found
        return found

    def receive(self, found: Return, *, now: int) -> Return:
        """Say that a return has arrived.

        Raises:
            UnknownAction: it has arrived before.
        """
        if found.status != "ANNOUNCED":
            raise UnknownAction(f"return {found.id} is {found.status} already")
        return self._keep(found, now=now, status="RECEIVED")

    def decide(self, found: Return, lines: Any, *, restock: bool, now: int) -> tuple[Return, Units]:
        """Restock or scrap lines, all undecided when none are named; return what was decided.

        Raises:
            UnknownAction: it has not arrived, or not so much of it is undecided.
        """
        if found.status != "RECEIVED":
            raise UnknownAction(f"return {found.id} is {found.status}, so nothing can be decided")
        order = self._orders.by_number[found.order]
        units = units_of(lines_of(order, lines, found.undecided))
        if restock:
            after = replace(found, restocked=found.restocked + units)
        else:
            after = replace(found, scrapped=found.scrapped + units)
        status = "RECEIVED" if +after.undecided else "CLOSED"
        return self._keep(after, now=now, status=status), units

    def _keep(self, found: Return, *, now: int, **changes: Any) -> Return:
        after: Return = replace(found, revision=found.revision + 1, updated_at=now, **changes)
        self.by_id[after.id] = after
        return after
