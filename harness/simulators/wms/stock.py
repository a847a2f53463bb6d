"""What lies in a warehouse of each item: in the building, promised to orders, set aside."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.simulators.base import UnknownAction

Place = tuple[str, str]
"""An item and a warehouse."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The units of one item in one warehouse; ``seq`` grows with each change."""

    on_hand: int = 0
    allocated: int = 0
    quarantine: int = 0
    seq: int = 0
    as_of: int = 0

    @property
    def available(self) -> int:
        """Return what can be promised."""
        return self.on_hand - self.allocated - self.quarantine

    @property
    def units(self) -> tuple[int, int, int]:
        """Return the figures without their version."""
        return self.on_hand, self.allocated, self.quarantine


@dataclass(frozen=True, slots=True)
class Change:
    """What a place held, and holds now."""

    place: Place
    before: Figures
    after: Figures


class Stock:
    """Items that are counted, by place; of all others there is always enough.

    Nothing is promised or set aside that is not there: ``available`` is never negative.
    """

    def __init__(self) -> None:
        self.figures: dict[Place, Figures] = {}
        self._before: dict[Place, Figures] = {}
        self._touched: set[Place] = set()

    def counts(self, place: Place) -> bool:
        """Return whether an item is counted in a warehouse."""
        return place in self.figures

    def has(self, sku: str) -> bool:
        """Return whether any of an item lies anywhere."""
        return any(held.on_hand for (known, _), held in self.figures.items() if known == sku)

    def at(self, place: Place) -> Figures:
        """Return what lies there."""
        return self.figures.get(place, Figures())

    def change(
        self, place: Place, *, on_hand: int = 0, allocated: int = 0, quarantine: int = 0
    ) -> None:
        """Change the figures of a place by so many; from then on the item is counted there.

        Raises:
            UnknownAction: less would be there than is promised or set aside.
        """
        held = self.at(place)
        after = replace(
            held,
            on_hand=held.on_hand + on_hand,
            allocated=held.allocated + allocated,
            quarantine=held.quarantine + quarantine,
        )
        if min(*after.units, after.available) < 0:
            sku, warehouse = place
            raise UnknownAction(
                f"{warehouse} has {held.on_hand} of {sku}: {held.allocated} allocated, "
                f"{held.quarantine} in quarantine, {held.available} available"
            )
        if place not in self.figures:
            self._touched.add(place)
        self._before.setdefault(place, held)
        self.figures[place] = after

    def touch(self, place: Place) -> None:
        """Let a place have a new version although its figures stay."""
        self._before.setdefault(place, self.at(place))
        self._touched.add(place)

    def rename(self, sku: str, to: str) -> None:
        """Let all that lies under one SKU lie under another; the old one has nothing left."""
        for place in [place for place in self.figures if place[0] == sku]:
            held = self.figures[place]
            self._before.setdefault(place, held)  # the old one is told first
            self.figures[place] = replace(held, on_hand=0, allocated=0, quarantine=0)
            self.change(
                (to, place[1]),
                on_hand=held.on_hand,
                allocated=held.allocated,
                quarantine=held.quarantine,
            )

    def settle(self, *, now: int) -> list[Change]:
        """Give each place that changed its next version, and return the changes."""
        changes = []
        for place, before in self._before.items():
            held = self.figures[place]
            if held.units != before.units or place in self._touched:
                after = replace(held, seq=held.seq + 1, as_of=now)
                self.figures[place] = after
                changes.append(Change(place, before, after))
        self._clear()
        return changes

    def go_back(self, figures: dict[Place, Figures]) -> None:
        """Hold again what was held before; nothing of what was changed since was told."""
        self.figures = figures
        self._clear()

    def _clear(self) -> None:
        self._before.clear()
        self._touched.clear()
