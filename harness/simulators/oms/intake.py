"""What the OMS was sent: orders as they came, known by their externalId after a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from harness.landscape import Message
from harness.mapping import Path, parse_path, read_all, to_decimal
from harness.simulators.base import copied
from harness.simulators.validation import Violation


@dataclass(frozen=True, slots=True)
class Taken:
    """An order as it was taken."""

    id: str
    taken_at: int
    body: Mapping[str, Any]

    @property
    def external_id(self) -> str:
        """Return the id that the sender knows it by."""
        return str(self.body["externalId"])

    @property
    def lines(self) -> list[Mapping[str, Any]]:
        """Return its lines."""
        return list(self.body["lines"])


class Intake:
    """Orders of one kind, under numbers that begin with a prefix."""

    def __init__(self, prefix: str, *, index_lag: int) -> None:
        self.taken: dict[str, Taken] = {}
        self._prefix = prefix
        self._index_lag = index_lag
        self._by_external_id: dict[str, list[Taken]] = {}

    def take(self, body: Mapping[str, Any], *, now: int) -> Taken:
        """Take an order under the next number."""
        order = Taken(f"{self._prefix}-{len(self.taken) + 1}", now, copied(body))
        self.taken[order.id] = order
        self._by_external_id.setdefault(order.external_id, []).append(order)
        return order

    def indexed(self, external_id: str, *, now: int) -> list[Taken]:
        """Return the orders that a look-up finds; the newest are not in the index yet."""
        known = self._by_external_id.get(external_id, [])
        return [order for order in known if order.taken_at + self._index_lag <= now]


def line_objections(body: Mapping[str, Any], *, refused_skus: set[str]) -> list[Violation]:
    """Return why the business refuses a body whose fields are all as described."""
    lines = body.get("lines")
    if not isinstance(lines, list) or not lines:
        return [Violation("lines", "required", "an order has at least one line")]
    found, seen = [], set()
    for index, line in enumerate(lines):
        if line["sku"] in refused_skus:
            text = f"there is no item {line['sku']}"
            found.append(Violation(f"lines.{index}.sku", "unknown_sku", text))
        if line["qty"] < 1:
            found.append(Violation(f"lines.{index}.qty", "out_of_range", "at least 1"))
        if line["lineRef"] in seen:
            text = "another line has the same lineRef"
            found.append(Violation(f"lines.{index}.lineRef", "duplicate", text))
        seen.add(line["lineRef"])
    return found


def amount_paths(message: Message) -> list[Path]:
    """Return where a message has amounts of money."""
    return [parse_path(path) for path, spec in message.fields.items() if spec.money is not None]


def amounts_too_large(
    paths: Sequence[Path], body: Mapping[str, Any], *, largest: Decimal
) -> Iterator[Violation]:
    """Find the amounts that cannot be stored, in a body whose fields are all as described."""
    for path in paths:
        for found in read_all(path, body):
            if isinstance(found.value, str) and abs(to_decimal(found.value)) > largest:
                place = ".".join(map(str, found.at))
                yield Violation(place, "too_large", f"at most {largest} can be stored")
