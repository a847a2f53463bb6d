"""What a shop offers of its items, location by location."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.simulators.base import UnknownAction

Place = tuple[int, int]
"""An inventory item and a location, by their numbers."""


@dataclass(frozen=True, slots=True)
class Level:
    """How many of an item can be ordered from a location, and how many already were."""

    item: int
    location: int
    available: int
    committed: int
    updated_at: str

    @property
    def place(self) -> Place:
        """Return what it is about."""
        return self.item, self.location

    @property
    def on_hand(self) -> int:
        """Return how many lie there."""
        return self.available + self.committed


@dataclass(frozen=True, slots=True)
class Wanted:
    """A new figure; ``before`` is what must hold until then, None where that does not matter."""

    item: int | None
    location: int | None
    quantity: int
    before: int | None


@dataclass(frozen=True, slots=True)
class Objection:
    """Why one of several figures is refused; then all of them are."""

    index: int
    field: str
    code: str
    message: str


class NotTaken(Exception):
    """Figures are refused, all of them; ``why`` has a reason for each that is wrong."""

    def __init__(self, why: Sequence[Objection]) -> None:
        super().__init__("; ".join(one.message for one in why))
        self.why = why


class Stock:
    """The levels that are stocked; whatever is not in here cannot be set."""

    def __init__(self, *, highest: int) -> None:
        self.levels: dict[Place, Level] = {}
        self.skus: dict[str, int] = {}
        self._highest = highest

    def stock(self, row: Mapping[str, Any], *, location: int, now: str) -> Level:
        """Offer an item at a location, or offer it anew."""
        item, available = row.get("inventory_item_id"), row.get("available", 0)
        location = row.get("location_id", location)
        if type(item) is not int or type(available) is not int or type(location) is not int:
            raise UnknownAction(
                "a level is such as {inventory_item_id: 808950810, available: 5}, all of them whole"
            )
        if isinstance(sku := row.get("sku"), str):
            self.skus[sku] = item
        return self._put(Level(item, location, available, 0, str(row.get("updated_at") or now)))

    def drop(self, item: int) -> None:
        """Offer an item nowhere any more."""
        for place in [place for place in self.levels if place[0] == item]:
            del self.levels[place]

    def of(self, item: int) -> list[Level]:
        """Return the levels of an item, by location."""
        return sorted(
            (level for level in self.levels.values() if level.item == item),
            key=lambda level: level.location,
        )

    def take(self, sku: str, quantity: int, *, now: str) -> Level | None:
        """Promise units to an order, where most are; None where the item is not counted."""
        levels = self.of(self.skus[sku]) if sku in self.skus else []
        if not levels or not quantity:
            return None
        level = max(levels, key=lambda one: one.available)
        return self._put(
            replace(
                level,
                available=level.available - quantity,
                committed=level.committed + quantity,
                updated_at=now,
            )
        )

    def leave(self, sku: str, quantity: int, *, now: str, back: bool) -> Level | None:
        """Let units of an order go: shipped, or ``back`` on offer after a cancellation."""
        levels = self.of(self.skus[sku]) if sku in self.skus else []
        level = next((one for one in levels if one.committed >= quantity > 0), None)
        if level is None:
            return None
        available = level.available + (quantity if back else 0)
        return self._put(
            replace(
                level,
                available=available,
                committed=level.committed - quantity,
                updated_at=now,
            )
        )

    def change(self, item: int, *, by: int, now: str) -> Level:
        """Sell or find units of an item, where most are."""
        levels = self.of(item)
        if not levels:
            raise UnknownAction(f"item {item} is stocked nowhere; give its inventory_level first")
        level = max(levels, key=lambda one: one.available)
        return self._put(replace(level, available=level.available + by, updated_at=now))

    def set(self, wanted: Sequence[Wanted], *, on_hand: bool, now: str) -> list[Level]:
        """Take all new figures, or none of them.

        Raises:
            NotTaken: something is wrong with one of them.
        """
        if wrong := list(self._objections(wanted, on_hand=on_hand)):
            raise NotTaken(wrong)
        return [self._put(self._changed(one, on_hand=on_hand, now=now)) for one in wanted]

    def _changed(self, one: Wanted, *, on_hand: bool, now: str) -> Level:
        level = self.levels[one.item or 0, one.location or 0]
        available = one.quantity - level.committed if on_hand else one.quantity
        return replace(level, available=available, updated_at=now)

    def _objections(self, wanted: Sequence[Wanted], *, on_hand: bool) -> Iterator[Objection]:
        items = {place[0] for place in self.levels}
        locations = {place[1] for place in self.levels}
        seen: set[tuple[int | None, int | None]] = set()
        for index, one in enumerate(wanted):
            place = (one.item, one.location)
            level = self.levels.get((one.item or 0, one.location or 0))
            if place in seen:
                yield Objection(index, "", "DUPLICATE", "The item and location is said twice.")
            elif one.item not in items:
                yield Objection(
                    index, "inventoryItemId", "INVALID_INVENTORY_ITEM", "There is no such item."
                )
            elif one.location not in locations:
                yield Objection(
                    index, "locationId", "INVALID_LOCATION", "There is no such location."
                )
            elif level is None:
                text = "The item is not stocked at the location."
                yield Objection(index, "", "ITEM_NOT_STOCKED_AT_LOCATION", text)
            elif one.quantity > self._highest:
                text = f"The quantity is over {self._highest}."
                yield Objection(index, "quantity", "INVALID_QUANTITY_TOO_HIGH", text)
            elif one.quantity < -self._highest:
                text = f"The quantity is below -{self._highest}."
                yield Objection(index, "quantity", "INVALID_QUANTITY_TOO_LOW", text)
            elif one.before not in (None, level.on_hand if on_hand else level.available):
                text = "The quantity is another one by now."
                yield Objection(index, "changeFromQuantity", "CHANGE_FROM_QUANTITY_STALE", text)
            seen.add(place)

    def _put(self, level: Level) -> Level:
        self.levels[level.place] = level
        return level
