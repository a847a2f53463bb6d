"""The Listings Items API: what is offered of a SKU, and submissions that change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from harness import landscape
from harness.mapping import parse_path, read_all, to_decimal
from harness.simulators.amazon.listings import (
    AVAILABILITY,
    Issue,
    Listing,
    Listings,
    is_about_value,
)
from harness.simulators.amazon.operations import Asked, Operation, Operations
from harness.simulators.amazon.orders import seconds
from harness.simulators.amazon.refusals import Refused, not_found
from harness.simulators.amazon.windows import read_list
from harness.simulators.base import Context, Reply, reply
from harness.simulators.bounds import objections
from harness.simulators.webhooks import new_uuid

_SECTIONS: Final = ("summaries", "attributes", "issues", "offers", "fulfillmentAvailability",
                    "procurement", "relationships", "productTypes")  # fmt: skip
_QUANTITY: Final = parse_path("patches.0.value.0.quantity")
_NEEDED: Final = (
    "sku",
    "productType",
    "patches.0.op",
    "patches.0.path",
    "patches.0.value.0.quantity",
)


class ListingsApi:
    """Answers for listings.

    ``submitted`` is told of a quantity that was taken, ``shown`` of a listing that changed.
    """

    def __init__(
        self,
        listings: Listings,
        context: Context,
        numbers: Mapping[str, Any],
        quantity: landscape.Message | None,
        *,
        submitted: Callable[[str, Mapping[str, Any]], None],
        shown: Callable[[Listing], None],
    ) -> None:
        self._listings = listings
        self._context = context
        self._numbers = numbers
        self._quantity = quantity
        self._submitted = submitted
        self._shown = shown

    def operations(self) -> Operations:
        """Return what is answered, by address."""
        item = "/listings/2021-08-01/items/:sellerId/:sku"
        return {
            f"GET {item}": Operation("getListingsItem", self._one),
            f"PATCH {item}": Operation("patchListingsItem", self._patch),
        }

    def _one(self, asked: Asked) -> Reply:
        _refuse_nowhere(asked)
        sections = read_list(asked.call.query, "includedData", allowed=_SECTIONS)
        listing = self._listings.by_sku.get(asked.parameters["sku"])
        if listing is None:
            raise not_found(f"There is no listing {asked.parameters['sku']}.")
        whole = view(listing, self._numbers["marketplace"])
        wanted = {"sku", *(sections or {"summaries"})}
        return reply(200, {name: value for name, value in whole.items() if name in wanted})

    def _patch(self, asked: Asked) -> Reply:
        _refuse_nowhere(asked)
        sku, body = asked.parameters["sku"], asked.object()
        issues = self.take(sku, {**body, "sku": sku})
        answer = {
            "sku": sku,
            "status": "INVALID" if issues else "ACCEPTED",
            "submissionId": new_uuid(self._context.random).replace("-", ""),
            "issues": issues,
        }
        return reply(200, answer)

    def take(self, sku: str, message: Mapping[str, Any]) -> list[Issue]:
        """Take a submission that shows later; return why it is invalid, nothing if it is not.

        Raises:
            Refused: it is not made as the operation wants it, so that nobody looks at the values.
        """
        wrong = objections(self._quantity, message) if self._quantity is not None else []
        if made := [one for one in wrong if not is_about_value(one)]:
            raise Refused("; ".join(f"{one.field}: {one.message}" for one in made))
        _refuse_other_changes(message["patches"])
        if issues := self._listings.objections(sku, message["productType"], wrong):
            return issues
        self._submitted(sku, message)
        (found,) = read_all(_QUANTITY, message)
        quantity = int(to_decimal(found.value))
        self._context.after(self._numbers["listing_delay"], lambda: self._show(sku, quantity))
        return []

    def _show(self, sku: str, quantity: int) -> None:
        listing = self._listings.show(sku, quantity, now=self._context.now)
        if listing is not None:
            self._shown(listing)


def view(listing: Listing, marketplace: str) -> dict[str, Any]:
    """Return a listing with all that is told of it."""
    return {
        "sku": listing.sku,
        "summaries": [
            {
                "marketplaceId": marketplace,
                "asin": listing.asin,
                "productType": listing.product_type,
                "conditionType": "new_new",
                "status": ["BUYABLE", "DISCOVERABLE"] if listing.quantity else ["DISCOVERABLE"],
                "itemName": listing.name,
                "createdDate": seconds(listing.created_at),
                "lastUpdatedDate": seconds(listing.updated_at),
            }
        ],
        "issues": listing.issues,
        "fulfillmentAvailability": [
            {"fulfillmentChannelCode": "DEFAULT", "quantity": listing.quantity}
        ],
        "productTypes": [{"marketplaceId": marketplace, "productType": listing.product_type}],
    }


def is_fit(quantity: landscape.Message | None) -> list[str]:
    """Return the fields that the change of a quantity must have, always, and has not."""
    fields = quantity.fields if quantity else {}
    return [name for name in _NEEDED if name not in fields or fields[name].required != "always"]


def _refuse_nowhere(asked: Asked) -> None:
    if not read_list(asked.call.query, "marketplaceIds"):
        raise Refused("marketplaceIds is needed.")


def _refuse_other_changes(patches: Any) -> None:
    paths = [patch.get("path") for patch in patches if isinstance(patch, Mapping)]
    if paths != [AVAILABILITY]:
        raise Refused(f"The simulated marketplace takes one patch, of {AVAILABILITY}.")
