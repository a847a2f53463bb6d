"""What Amazon stores for the seller: units of a SKU, each in exactly one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from harness.simulators.base import UnknownAction

PLACES: Final = (
    "fulfillable",
    "inboundWorking",
    "inboundShipped",
    "inboundReceiving",
    "pendingCustomerOrder",
    "pendingTransshipment",
    "fcProcessing",
    "researching",
    "unfulfillable",
)
"""Where a unit can be. Only what is fulfillable can be sold."""


@dataclass(slots=True)
class Stocked:
    """The units of one SKU, by place."""

    sku: str
    asin: str
    updated_at: int
    units: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PLACES, 0))

    @property
    def total(self) -> int:
        """Return all units, on their way to Amazon or there."""
        return sum(self.units.values())

    @property
    def reserved(self) -> int:
        """Return the units that are there and promised, or on their way between places."""
        return sum(self.units[place] for place in PLACES[4:7])


class Stock:
    """Units by SKU. Moving keeps their number; only receiving, shipping and losing change it."""

    def __init__(self) -> None:
        self.by_sku: dict[str, Stocked] = {}

    def receive(self, row: Mapping[str, Any], *, now: int) -> Stocked:
        """Add units of a SKU, announced at first (``inboundWorking``) or wherever is said."""
        sku, quantity = _sku(row), _quantity(row)
        place = _place(row.get("to", "inboundWorking"))
        number = len(self.by_sku) + 1
        stocked = self.by_sku.setdefault(sku, Stocked(sku, f"X{number:09d}", now))
        stocked.units[place] += quantity
        stocked.updated_at = now
        return stocked

    def move(self, row: Mapping[str, Any], *, now: int) -> Stocked:
        """Move units of a SKU from one place to another."""
        stocked, quantity = self._about(row), _quantity(row)
        self._take(stocked, _place(row.get("from")), quantity)
        stocked.units[_place(row.get("to"))] += quantity
        stocked.updated_at = now
        return stocked

    def lose(self, row: Mapping[str, Any], *, now: int) -> Stocked:
        """Take units of a SKU away, fulfillable ones unless said otherwise."""
        stocked, quantity = self._about(row), _quantity(row)
        self._take(stocked, _place(row.get("from", "fulfillable")), quantity)
        stocked.updated_at = now
        return stocked

    def reserve(self, wanted: Sequence[tuple[str, int]], *, now: int) -> list[Stocked]:
        """Promise fulfillable units to a buyer; SKUs that are not stored here are not counted.

        Raises:
            UnknownAction: more is wanted than is fulfillable, so nobody could have ordered it.
        """
        known = _summed(wanted, self.by_sku)
        for sku, quantity in known.items():
            left = self.by_sku[sku].units["fulfillable"]
            if quantity > left:
                raise UnknownAction(
                    f"{sku}: {left} are fulfillable, so nobody can order {quantity}"
                )
        return self._moved(known, "fulfillable", "pendingCustomerOrder", now)

    def release(self, gone: Sequence[tuple[str, int]], *, now: int) -> list[Stocked]:
        """Make promised units fulfillable again."""
        known = _summed(gone, self.by_sku)
        return self._moved(known, "pendingCustomerOrder", "fulfillable", now)

    def ship(self, sent: Sequence[tuple[str, int]], *, now: int) -> list[Stocked]:
        """Send promised units to their buyer."""
        known = _summed(sent, self.by_sku)
        return self._moved(known, "pendingCustomerOrder", None, now)

    def _moved(
        self, known: Mapping[str, int], source: str, target: str | None, now: int
    ) -> list[Stocked]:
        for sku, quantity in known.items():
            stocked = self.by_sku[sku]
            # Units may have been moved by hand meanwhile, or stored after they were ordered.
            moved = min(quantity, stocked.units[source])
            stocked.units[source] -= moved
            if target is not None:
                stocked.units[target] += moved
            stocked.updated_at = now
        return [self.by_sku[sku] for sku in known]

    def _take(self, stocked: Stocked, place: str, quantity: int) -> None:
        left = stocked.units[place]
        if quantity > left:
            raise UnknownAction(f"{stocked.sku}: {left} are {place}, not {quantity}")
        stocked.units[place] -= quantity

    def _about(self, row: Mapping[str, Any]) -> Stocked:
        sku = _sku(row)
        if sku not in self.by_sku:
            raise UnknownAction(f"Amazon stores no {sku}; send it there first, with send_to_amazon")
        return self.by_sku[sku]


def _summed(rows: Sequence[tuple[str, int]], known: Mapping[str, Stocked]) -> dict[str, int]:
    summed: dict[str, int] = {}
    for sku, quantity in rows:
        if sku in known:
            summed[sku] = summed.get(sku, 0) + quantity
    return summed


def _sku(row: Mapping[str, Any]) -> str:
    if not isinstance(sku := row.get("sku"), str):
        raise UnknownAction("say which: {sku: A-1, quantity: 5}")
    return sku


def _quantity(row: Mapping[str, Any]) -> int:
    quantity = row.get("quantity")
    if type(quantity) is not int or quantity < 1:
        raise UnknownAction("say how many: {sku: A-1, quantity: 5}")
    return quantity


def _place(name: Any) -> str:
    if name not in PLACES:
        raise UnknownAction(f"units are in one of: {', '.join(PLACES)}")
    return str(name)
