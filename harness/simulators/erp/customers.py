"""The customers: cards by number, and what is blocked for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from harness.simulators.base import copied
from harness.simulators.erp.refusals import AlreadyThere, Refused

OPEN: Final = "_x0020_"
"""How the ERP writes that nothing is blocked: a blank, as OData encodes it."""

BLOCKS: Final = (OPEN, "Ship", "Invoice", "All")

_STOPPED: Final[Mapping[str, frozenset[str]]] = {
    "order": frozenset({"Ship", "Invoice", "All"}),
    "invoice": frozenset({"Invoice", "All"}),
    "credit memo": frozenset({"All"}),
}


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer's card; ``given`` when somebody made it, and not only mentioned the number."""

    id: str
    number: str
    values: Mapping[str, Any]
    blocked: str = OPEN
    given: bool = True

    @property
    def view(self) -> dict[str, Any]:
        """Return the card as the ERP shows it."""
        head = {"id": self.id, "number": self.number}
        return {**head, **copied(self.values), "blocked": self.blocked}

    @property
    def row(self) -> dict[str, Any]:
        """Return what the record of the customer holds."""
        name = str(self.values.get("displayName", self.number))
        return {"number": self.number, "displayName": name, "blocked": self.blocked}


class Customers:
    """Cards by number.

    Until the first card is given or made, the customers are not known here and any number may
    stand on a document.
    """

    def __init__(self) -> None:
        self.cards: dict[str, Customer] = {}
        self._complete = False

    def create(self, number: str, values: Mapping[str, Any], *, id_: str) -> Customer:
        """Make a card.

        Raises:
            AlreadyThere: there is one of that number.
        """
        known = self.cards.get(number)
        if known is not None and known.given:
            about = {"id": known.id, "number": number}
            text = f"The customer {number} exists already."
            raise AlreadyThere(text, target="number", known=about)
        blocked = _block(values) if known is None else known.blocked
        self._complete = True
        return self._put(Customer(id_, number, _rest_of(values), blocked))

    def change(self, card: Customer, values: Mapping[str, Any]) -> Customer:
        """Change values of a card, its number and id excepted."""
        blocked = _block(values) if "blocked" in values else card.blocked
        merged = {**card.values, **_rest_of(values)}
        return self._put(replace(card, values=merged, blocked=blocked))

    def block(self, number: str, blocked: Any, *, id_: str) -> Customer:
        """Block a customer for some or all documents; one not known so far is known by this.

        Raises:
            Refused: there is no such block.
        """
        card = self.cards.get(number) or Customer(id_, number, {}, given=False)
        return self._put(replace(card, blocked=_block({"blocked": blocked})))

    def refuse_barred(self, number: str, kind: str) -> None:
        """Refuse a document of a customer who does not exist, or is blocked for its kind."""
        card = self.cards.get(number)
        if self._complete and (card is None or not card.given):
            text = f"The customer {number} does not exist."
            raise Refused(text, code="CustomerNotFound", target="customerNumber")
        if card is not None and card.blocked in _STOPPED[kind]:
            text = f"The customer {number} is blocked ({card.blocked}); no {kind} can be made."
            raise Refused(text, target="customerNumber")

    def _put(self, card: Customer) -> Customer:
        self.cards[card.number] = card
        return card


def _block(values: Mapping[str, Any]) -> str:
    blocked = values.get("blocked") or OPEN
    if blocked not in BLOCKS:
        raise Refused(
            f"blocked is one of {', '.join(BLOCKS)}.", code="BadRequest", target="blocked"
        )
    return str(blocked)


def _rest_of(values: Mapping[str, Any]) -> dict[str, Any]:
    own = ("id", "number", "blocked")
    return {name: copied(value) for name, value in values.items() if name not in own}
