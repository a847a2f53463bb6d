"""Items as the master data names them: ids that stay, SKUs that may change, units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from harness.simulators.base import UnknownAction, copied
from harness.timing import parse_instant

PIECE: Final = "each"
CASE: Final = "case"
LINKS: Final = ("shopify_item_id", "amazon_sku")
"""What channels call an item; the warehouse keeps it and shows it with the stock."""


@dataclass(frozen=True, slots=True)
class Item:
    """An item at one version."""

    body: Mapping[str, Any]
    changed_at: int

    @staticmethod
    def of(body: Mapping[str, Any]) -> Item:
        """Return the item that a body describes."""
        return Item(copied(body), parse_instant(str(body["changed_at"])))

    @property
    def id(self) -> str:
        """Return the id that never changes."""
        return str(self.body["external_id"])

    @property
    def sku(self) -> str:
        """Return the number that the floor goes by."""
        return str(self.body["sku"])

    @property
    def unit(self) -> str:
        """Return the unit in which it is counted, and sold."""
        return str(self.body["uom"])


class Items:
    """All items, by id and by SKU."""

    def __init__(self) -> None:
        self.by_id: dict[str, Item] = {}
        self.by_sku: dict[str, Item] = {}
        self.refused: dict[str, bool] = {}
        self.links: dict[str, dict[str, Any]] = {}

    def put(self, item: Item) -> Item | None:
        """Keep an item; return what it was before."""
        before = self.by_id.get(item.id)
        if before is not None:
            del self.by_sku[before.sku]
        self.by_id[item.id] = item
        self.by_sku[item.sku] = item
        return before

    def knows(self, sku: str, *, from_the_start: bool) -> bool:
        """Return whether an item can be ordered."""
        if self.refused.get(sku):
            return False
        return sku in self.by_sku or not (self.by_id or from_the_start)

    def base_units(self, sku: str, quantity: int, unit: str | None) -> int:
        """Return how many of the unit in which an item is counted a quantity is.

        Raises:
            UnknownAction: nobody said how many pieces are in a case, or it makes no whole number.
        """
        item = self.by_sku.get(sku)
        base = item.unit if item else PIECE
        if unit in (None, base):
            return quantity
        per_case = item.body.get("units_per_case") if item else None
        if per_case is None or {unit, base} != {PIECE, CASE}:
            raise UnknownAction(f"nobody told how many {base} of {sku} make one {unit}")
        if unit == CASE:
            return quantity * int(per_case)
        if quantity % int(per_case):
            raise UnknownAction(f"{quantity} {unit} of {sku} are no whole number of {base}")
        return quantity // int(per_case)

    def weight(self, sku: str) -> int | None:
        """Return what one of an item weighs in grams, or None where nobody told."""
        item = self.by_sku.get(sku)
        return int(item.body["weight_g"]) if item else None

    def link(self, sku: str, links: Mapping[str, Any]) -> None:
        """Keep what channels call an item."""
        self.links[sku] = {**self.links_of(sku), **links}

    def links_of(self, sku: str) -> dict[str, Any]:
        """Return what channels call an item, null where they do not sell it."""
        return self.links.get(sku, dict.fromkeys(LINKS))
