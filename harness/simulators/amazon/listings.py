"""What the seller offers: a quantity by SKU, changed by submissions that show some time later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from harness.simulators.base import UnknownAction
from harness.simulators.validation import Violation

Issue = dict[str, Any]

ANY_TYPE: Final = "PRODUCT"
"""The product type that fits every listing."""

AVAILABILITY: Final = "/attributes/fulfillment_availability"
_VALUE: Final = ".value."


@dataclass(slots=True)
class Listing:
    """One SKU as it is offered. ``spoiled`` is why changes of it fail, once they are looked at."""

    sku: str
    product_type: str
    asin: str
    name: str
    created_at: int
    updated_at: int
    quantity: int = 0
    spoiled: str | None = None
    issues: list[Issue] = field(default_factory=list)


class Listings:
    """Listings by SKU; a quantity is never below 0."""

    def __init__(self) -> None:
        self.by_sku: dict[str, Listing] = {}

    def offer(self, row: Mapping[str, Any], *, now: int) -> Listing:
        """Offer a SKU, or change what is offered of it."""
        sku, quantity = row.get("sku"), row.get("quantity", 0)
        if not isinstance(sku, str) or type(quantity) is not int or quantity < 0:
            raise UnknownAction("a listing is such as {sku: A-1, quantity: 5}")
        number = len(self.by_sku) + 1
        listing = self.by_sku.get(sku) or Listing(
            sku, ANY_TYPE, f"B{number:09d}", sku, created_at=now, updated_at=now
        )
        listing.product_type = str(row.get("productType", listing.product_type))
        listing.asin = str(row.get("asin", listing.asin))
        listing.name = str(row.get("itemName", listing.name))
        listing.quantity, listing.updated_at = quantity, now
        self.by_sku[sku] = listing
        return listing

    def about(self, sku: Any) -> Listing:
        """Return a listing that a step of a scenario names."""
        listing = self.by_sku.get(sku) if isinstance(sku, str) else None
        if listing is None:
            raise UnknownAction(f"there is no listing {sku}; offer it first, with list_item")
        return listing

    def objections(self, sku: str, product_type: Any, wrong: Sequence[Violation]) -> list[Issue]:
        """Return why a submission is invalid, as issues of the listing."""
        listing = self.by_sku.get(sku)
        if listing is None:
            return [issue("SKU_UNKNOWN", f"There is no listing {sku}.")]
        found = [
            issue(
                "VALUE_INVALID",
                f"{violation.field}: {violation.message}",
                "fulfillment_availability",
            )
            for violation in wrong
        ]
        if product_type not in (ANY_TYPE, listing.product_type):
            text = f"The listing is a {listing.product_type}, not a {product_type}."
            found.append(issue("PRODUCT_TYPE_WRONG", text, "productType"))
        return found

    def show(self, sku: str, quantity: int, *, now: int) -> Listing | None:
        """Let a submitted quantity show, or fail; None where the listing is gone."""
        listing = self.by_sku.get(sku)
        if listing is None:
            return None
        listing.updated_at = now
        listing.issues = []
        if listing.spoiled is None:
            listing.quantity = quantity
        else:
            listing.issues = [issue("SUBMISSION_FAILED", listing.spoiled)]
        return listing

    def sell(self, wanted: Sequence[tuple[str, int]]) -> list[Listing]:
        """Take what a buyer orders from what is offered; SKUs without a listing are not counted.

        Raises:
            UnknownAction: more is wanted than is offered, so nobody could have ordered it.
        """
        taken: dict[str, int] = {}
        for sku, quantity in wanted:
            taken[sku] = taken.get(sku, 0) + quantity
        sold = {sku: quantity for sku, quantity in taken.items() if sku in self.by_sku}
        for sku, quantity in sold.items():
            offered = self.by_sku[sku].quantity
            if quantity > offered:
                raise UnknownAction(f"{sku}: {offered} are offered, so nobody can order {quantity}")
        for sku, quantity in sold.items():
            self.by_sku[sku].quantity -= quantity
        return [self.by_sku[sku] for sku in sold]

    def put_back(self, gone: Sequence[tuple[str, int]]) -> list[Listing]:
        """Offer again what was cancelled."""
        found = []
        for sku, quantity in gone:
            if listing := self.by_sku.get(sku):
                listing.quantity += quantity
                found.append(listing)
        return found


def issue(code: str, message: str, *attributes: str) -> Issue:
    """Return an issue of severity ERROR. The codes are ours: Amazon's are numbers."""
    return {
        "code": code,
        "message": message,
        "severity": "ERROR",
        "attributeNames": list(attributes),
    }


def is_about_value(violation: Violation) -> bool:
    """Return whether a violation is in what is submitted, not in how the request is made."""
    return _VALUE in f".{violation.field}."
