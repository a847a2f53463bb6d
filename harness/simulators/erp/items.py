"""The item master: items by an id that stays and a number that may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.simulators.base import copied
from harness.simulators.erp.refusals import SAME_KEY, Refused
from harness.timing import show_instant

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """An item as it stands; ``changed_at`` grows with each change."""

    id: str
    number: str
    changed_at: int
    values: Values

    @property
    def blocked(self) -> bool:
        """Return whether it can neither be bought nor sold."""
        return self.values["blocked"] is True

    @property
    def view(self) -> dict[str, Any]:
        """Return the item as the ERP shows it."""
        return {
            "id": self.id,
            "lastModifiedDateTime": show_instant(self.changed_at),
            "number": self.number,
            **copied(self.values),
        }


class Items:
    """What can be sold.

    Until the first item is given or made, the master is not known here and any number may stand on
    a line, except one that was deleted.
    """

    def __init__(self, *, tick: int, blank: Values) -> None:
        self._tick = tick
        self._blank = blank
        self._is_known = False
        self._gone: set[str] = set()
        self.by_id: dict[str, Item] = {}
        self.numbers: dict[str, str] = {}

    def find(self, reference: str) -> Item | None:
        """Return the item of an id or of a number."""
        return self.by_id.get(self.numbers.get(reference, reference))

    def create(self, number: str, values: Values, *, id_: str, now: int) -> Item:
        """Add an item, with what is usual where nothing is said.

        Raises:
            Refused: another item has the number, or the id.
        """
        self._refuse_taken(number)
        if id_ in self.by_id:
            raise Refused(f"The item with the id {id_} exists already.", code=SAME_KEY)
        rest = {"displayName": number, **self._blank, **_rest_of(values)}
        return self._put(Item(id_, number, now // self._tick * self._tick, rest))

    def change(self, item: Item, values: Values, *, now: int) -> Item:
        """Change values of an item; None takes one away. A new number renames it.

        Raises:
            Refused: another item has the number.
        """
        number = str(values.get("number") or item.number)
        if number != item.number:
            self._refuse_taken(number)
            self._forget(item.number)
        merged = {**item.values, **_rest_of(values)}
        kept = {name: value for name, value in merged.items() if value is not None}
        changed_at = max(now // self._tick * self._tick, item.changed_at + self._tick)
        return self._put(Item(item.id, number, changed_at, kept))

    def delete(self, number: str) -> None:
        """Remove an item; its number is unknown from now on, even if it never was known."""
        if number in self.numbers:
            del self.by_id[self.numbers[number]]
        self._forget(number)

    def refuse_unsellable(self, number: str, *, target: str) -> None:
        """Refuse a line about an item that does not exist, or that is blocked."""
        item = self.find(number) if number in self.numbers else None
        if item is None and (self._is_known or number in self._gone):
            raise Refused(f"The item {number} does not exist.", code="ItemNotFound", target=target)
        if item is not None and item.blocked:
            raise Refused(f"The item {number} is blocked.", target=target)

    def _put(self, item: Item) -> Item:
        self._is_known = True
        self.by_id[item.id] = item
        self.numbers[item.number] = item.id
        self._gone.discard(item.number)
        return item

    def _forget(self, number: str) -> None:
        self.numbers.pop(number, None)
        self._gone.add(number)

    def _refuse_taken(self, number: str) -> None:
        if number in self.numbers:
            text = f"The item {number} exists already."
            raise Refused(text, code=SAME_KEY, target="number")


def _rest_of(values: Values) -> dict[str, Any]:
    own = ("id", "number", "lastModifiedDateTime")
    return {name: copied(value) for name, value in values.items() if name not in own}
