"""What a shop sells: variants of products, each with its price, weight and tax."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from harness.simulators.base import UnknownAction

CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Variant:
    """One thing that can be put into a basket; the price is in the currency of the shop."""

    id: int
    product_id: int
    inventory_item_id: int
    title: str
    sku: str | None
    barcode: str | None
    price: Decimal
    grams: int
    inventory_management: str | None
    taxable: bool
    updated_at: str


class Invalid(Exception):
    """Values of a variant that the shop does not take, by the name of the field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name} {error}" for name, error in errors.items()))
        self.errors = errors


class Products:
    """The variants, by their numbers."""

    def __init__(self, *, text_at_most: int) -> None:
        self.variants: dict[int, Variant] = {}
        self._text_at_most = text_at_most

    def add(self, row: Mapping[str, Any], *, number: int, now: str) -> Variant:
        """Let the editors of the shop add a product with one variant.

        Raises:
            UnknownAction: the row is not one of a variant.
        """
        sku = row.get("sku")
        if sku is not None and self.called(sku):
            raise UnknownAction(f"there is a variant with the SKU {sku!r} already")
        empty = Variant(
            id=row.get("id", number),
            product_id=row.get("product_id", number + 1),
            inventory_item_id=row.get("inventory_item_id", number + 2),
            title=str(row.get("title", sku or "")),
            sku=None,
            barcode=None,
            price=Decimal("0.00"),
            grams=0,
            inventory_management=None,
            taxable=True,
            updated_at=str(row.get("updated_at") or now),
        )
        numbers = (empty.id, empty.product_id, empty.inventory_item_id)
        if any(type(one) is not int for one in numbers):
            raise UnknownAction("the ids of a variant are whole numbers")
        try:
            made = self._with(empty, row)
        except Invalid as wrong:
            raise UnknownAction(f"the variant cannot be added: {wrong}") from wrong
        self.variants[made.id] = made
        return made

    def drop(self, sku: str) -> Variant:
        """Delete the variant with a SKU.

        Raises:
            UnknownAction: there is none.
        """
        found = self.called(sku)
        if found is None:
            raise UnknownAction(f"there is no variant with the SKU {sku!r}")
        return self.variants.pop(found.id)

    def called(self, sku: str) -> Variant | None:
        """Return the variant with a SKU."""
        return next((one for one in self.variants.values() if one.sku == sku), None)

    def with_item(self, number: int) -> Variant | None:
        """Return the variant that is stocked as an inventory item."""
        return next((o for o in self.variants.values() if o.inventory_item_id == number), None)

    def change(self, number: int, row: Mapping[str, Any], *, now: str) -> Variant:
        """Change what is said of a variant; all of it, or nothing.

        Raises:
            Invalid: some of it is not taken.
        """
        changed = replace(self._with(self.variants[number], row), updated_at=now)
        self.variants[number] = changed
        return changed

    def _with(self, variant: Variant, row: Mapping[str, Any]) -> Variant:
        said = {name: row[name] for name in ("price", *_TAKES) if name in row}
        errors = {
            name: error
            for name, value in said.items()
            if (error := self._wrong(name, value)) is not None
        }
        if errors:
            raise Invalid(errors)
        if "price" in said:
            said["price"] = Decimal(str(said["price"])).quantize(CENT)
        return replace(variant, **said)

    def _wrong(self, name: str, value: Any) -> str | None:
        if name == "price":
            return _wrong_price(value)
        takes, otherwise = _TAKES[name]
        if not takes(value):
            return otherwise
        if isinstance(value, str) and len(value) > self._text_at_most:
            return f"is too long (maximum is {self._text_at_most} characters)"
        return None


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


_TAKES: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "sku": (_is_text, "must be text"),
    "barcode": (_is_text, "must be text"),
    "grams": (lambda value: type(value) is int and value >= 0, "must be 0 or more, and whole"),
    "inventory_management": (lambda value: value in (None, "shopify"), "is not known"),
    "taxable": (lambda value: isinstance(value, bool), "must be true or false"),
}
"""Whether a value is taken for a field, and what is said otherwise."""


def _wrong_price(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        return "is not a number"
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return "is not a number"
    if not amount.is_finite() or abs(amount.adjusted()) > 15:
        return "is not a number"
    return "must be greater than or equal to 0" if amount < 0 else None
