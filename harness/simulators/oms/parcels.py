"""Parcels: which the warehouses confirmed, what is in them, and where the carrier says they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.simulators.base import copied
from harness.simulators.oms.orders import Line, Order, Units
from harness.simulators.validation import Violation

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Contents:
    """What a parcel means for its order: units of its lines, and parts of bundles."""

    units: Units = field(default_factory=Counter)
    parts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    wrong: tuple[Violation, ...] = ()


class Parcels:
    """Confirmed parcels by reference, and the state of each parcel by its tracking number."""

    def __init__(self) -> None:
        self.confirmed: dict[str, Body] = {}
        self.states: dict[str, Body] = {}
        self.bundles: dict[str, dict[str, int]] = {}
        self._parts: Counter[tuple[str, str, str]] = Counter()

    def of_order(self, number: str) -> list[Body]:
        """Return the parcels confirmed for an order."""
        return [body for body in self.confirmed.values() if body["orderNo"] == number]

    def confirm(self, body: Body, contents: Contents) -> None:
        """Keep a parcel, and the parts of bundles that are in it."""
        self.confirmed[body["parcelRef"]] = copied(body)
        self._parts.update(contents.parts)

    def read(self, order: Order, lines: Sequence[Body], left: Units) -> Contents:
        """Return what the lines of a parcel mean, with all that is wrong about them.

        A line names the item that was ordered, or a part of it where it is a bundle. Of a bundle,
        as many count as shipped as the parts make whole.
        """
        units: Units = Counter()
        parts: Counter[tuple[str, str, str]] = Counter()
        wrong = []
        for index, packed in enumerate(lines):
            line, sku = order.line(packed["lineRef"]), packed["sku"]
            if line is None:
                text = f"order {order.number} has no line {packed['lineRef']}"
                wrong.append(Violation(f"lines.{index}.lineRef", "unknown_line", text))
            elif sku == line.sku:
                units[line.ref] += int(packed["qty"])
            elif sku in self.bundles.get(line.sku, {}):
                parts[order.number, line.ref, sku] += int(packed["qty"])
            else:
                text = f"line {line.ref} is {line.sku}, and {sku} is not known to be a part of it"
                wrong.append(Violation(f"lines.{index}.sku", "unknown_sku", text))
        for line in order.lines:
            units[line.ref] += self._wholes(order, line, parts)
        wrong += [
            Violation("lines", "more_than_open", f"line {line.ref} has {left[line.ref]} left")
            for line in order.lines
            if units[line.ref] > left[line.ref] or self._too_many(order, line, parts)
        ]
        return Contents(+units, parts, tuple(wrong))

    def announce(self, tracking: Any, *, leg: str, at: str) -> bool:
        """Get to know a parcel by its tracking number; return whether it is new."""
        if not isinstance(tracking, str) or not tracking or tracking in self.states:
            return False
        self.states[tracking] = {
            "trackingNumber": tracking,
            "leg": leg,
            "status": "ANNOUNCED",
            "changedAt": at,
        }
        return True

    def row(self, tracking: str) -> dict[str, Any]:
        """Return what the record of a parcel holds."""
        return {"trackingNumber": tracking, "status": self.states[tracking]["status"]}

    def _wholes(self, order: Order, line: Line, more: Counter[tuple[str, str, str]]) -> int:
        """Return how many bundles of a line become whole with more parts."""
        needed = self.bundles.get(line.sku, {})
        known = [(order.number, line.ref, sku) for sku in needed]
        before = [self._parts[key] // needed[key[2]] for key in known]
        after = [(self._parts[key] + more[key]) // needed[key[2]] for key in known]
        return min(after, default=0) - min(before, default=0)

    def _too_many(self, order: Order, line: Line, more: Counter[tuple[str, str, str]]) -> bool:
        needed = self.bundles.get(line.sku, {})
        keys = {sku: (order.number, line.ref, sku) for sku in needed}
        return any(
            more[key] and self._parts[key] + more[key] > needed[sku] * line.kept
            for sku, key in keys.items()
        )
