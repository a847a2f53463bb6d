"""Goods that come in: announced, and what really was on the truck."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from harness.mapping import to_decimal
from harness.simulators.base import copied
from harness.simulators.wms.items import Items


@dataclass(frozen=True, slots=True)
class Announced:
    """A line of an announcement; ``units`` are of the kind in which the item is counted.

    What nobody announced is a line without reference, of no units.
    """

    ref: str
    sku: str
    uom: str | None
    units: int


@dataclass(frozen=True, slots=True)
class Asn:
    """An announcement at one moment."""

    body: Mapping[str, Any]
    lines: tuple[Announced, ...]
    received: Mapping[str, int] = field(default_factory=dict)
    closed: bool = False

    @property
    def ref(self) -> str:
        """Return the number that its sender gave it."""
        return str(self.body["asn_ref"])

    @property
    def warehouse(self) -> str:
        """Return where it is expected."""
        return str(self.body["warehouse"])

    @property
    def status(self) -> str:
        """Return the one word for how far it has come."""
        if self.closed:
            return "received"
        return "receiving" if self.received else "announced"

    def left(self, line: Announced) -> int:
        """Return how many units of a line have not come yet."""
        return max(line.units - self.received.get(line.ref, 0), 0)

    def with_more(self, units: Mapping[str, int], *, closed: bool) -> Asn:
        """Return the announcement after units of its lines have come."""
        return replace(self, received=dict(Counter(self.received) + Counter(units)), closed=closed)

    def renamed(self, sku: str, to: str) -> Asn:
        """Return the announcement with an item under another SKU."""
        lines = tuple(replace(one, sku=to) if one.sku == sku else one for one in self.lines)
        return replace(self, lines=lines)

    @property
    def view(self) -> dict[str, Any]:
        """Return it as it was sent, and how far it has come."""
        return {**copied(self.body), "status": self.status}

    @property
    def row(self) -> dict[str, Any]:
        """Return what its record holds."""
        return {
            "asn_ref": self.ref,
            "warehouse": self.warehouse,
            "status": self.status,
            "expected": sum(line.units for line in self.lines),
            "received": sum(self.received.values()),
        }


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came of one line: how many in all, and how many of them are damaged."""

    line: Announced
    units: int
    damaged: int

    def told(self, expected: int) -> dict[str, Any]:
        """Return the line of a receipt."""
        return {
            "line_ref": self.line.ref or None,
            "sku": self.line.sku,
            "expected": expected,
            "received": self.units,
            "damaged": self.damaged,
        }


def asn_of(body: Mapping[str, Any], items: Items) -> Asn:
    """Return the announcement that a body describes.

    Raises:
        UnknownAction: a line is in a unit that nobody can convert.
    """
    return Asn(copied(body), tuple(_announced(row, items) for row in body["lines"]))


def _announced(row: Mapping[str, Any], items: Items) -> Announced:
    sku, uom = str(row["sku"]), row.get("uom")
    count = int(to_decimal(row["qty"]))
    return Announced(str(row["line_ref"]), sku, uom, items.base_units(sku, count, uom))
