"""What can be sold of the stock in Hamburg, to the shop."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final

import httpx

from harness.reference.clock import Clock
from harness.reference.delivery import Policy, persist
from harness.reference.mapping import Message, Unmappable, required
from harness.reference.problems import Undeliverable, Withdrawn
from harness.reference.stock import Newest, Stock

POLICY: Final = Policy(
    attempts=6, first=1.0, factor=3.0, longest=120.0, jitter=True, give_up_after=10 * 60.0
)
STOREFRONT: Final = "storefront-team"
LOCATIONS: Final = {"HAM1": 487838322}
REREADS: Final = 3
STALE: Final = "CHANGE_FROM_QUANTITY_STALE"
LEVELS: Final = "/admin/api/2026-01/inventory_levels.json"
GRAPHQL: Final = "/admin/api/2026-01/graphql.json"
SET: Final = """
mutation shelf($input: InventorySetQuantitiesInput!) {
  inventorySetQuantities(input: $input) {
    inventoryAdjustmentGroup { createdAt }
    userErrors { code field message }
  }
}
"""


class Shelves:
    """Sets what the shop offers, comparing it with what the shop held a moment before."""

    def __init__(self, shop: httpx.AsyncClient, stock: Stock, *, clock: Clock) -> None:
        self._shop = shop
        self._stock = stock
        self._clock = clock
        self._tried: dict[str, int] = {}
        stock.feed(is_offered, self._show)

    async def _show(self, line: Message, newest: Newest) -> bool:
        name = line["stock_id"]
        if line["seq"] <= self._tried.get(name, -1):
            return False
        self._tried[name] = line["seq"]
        stale = 0

        async def attempt() -> httpx.Response:
            nonlocal stale
            while True:
                now = await self._stock.current(line, newest)
                if not is_offered(now):
                    raise Withdrawn
                quantity = available_quantity(now, await self._shown(now))
                answer = await self._set(quantity)
                if STALE not in codes_of(answer) or stale == REREADS - 1:
                    return answer
                stale += 1  # the shop sold some meanwhile: what it holds is read again

        answer = await persist(attempt, policy=POLICY, clock=self._clock)
        if not answer.is_success:
            raise Undeliverable(f"Shopify answers with status {answer.status_code}")
        codes = codes_of(answer)
        if STALE in codes:
            raise Undeliverable("the shop sells faster than we count")
        if codes:
            raise Undeliverable("Shopify refuses the figure", tell=STOREFRONT)
        return False

    async def _shown(self, line: Message) -> int | None:
        """Return what the shop shows now, None where it does not stock the item."""
        query = {
            "inventory_item_ids": str(line["shopify_item_id"]),
            "location_ids": str(_location(line)),
        }
        answer = await self._shop.get(LEVELS, params=query)
        if answer.status_code == 429 or answer.status_code >= 500:
            raise httpx.RemoteProtocolError("the shop cannot say what it shows")
        answer.raise_for_status()
        for level in answer.json()["inventory_levels"]:
            found: int | None = level["available"]
            return found
        return None

    async def _set(self, quantity: Message) -> httpx.Response:
        asked = {"name": "available", "reason": "correction", "quantities": [quantity]}
        answer = await self._shop.post(
            GRAPHQL, json={"query": SET, "variables": {"input": asked}}, timeout=10.0
        )
        if answer.is_success and "THROTTLED" in _errors_of(answer):
            raise httpx.RemoteProtocolError("no points are left")
        return answer


def is_offered(line: Message) -> bool:
    """Return whether the shop sells what lies there: items that it knows, in Hamburg."""
    return line.get("warehouse") in LOCATIONS and line.get("shopify_item_id") is not None


def available_quantity(line: Message, shown: int | None) -> dict[str, Any]:
    """Return what Shopify is sent for a line of stock, beside what it shows.

    Raises:
        Unmappable: it cannot be set as agreed.
    """
    if shown is None:
        raise Unmappable("the shop does not stock the item", tell=STOREFRONT)
    return {
        "inventoryItemId": f"gid://shopify/InventoryItem/{required(line, 'shopify_item_id')}",
        "locationId": f"gid://shopify/Location/{_location(line)}",
        "quantity": required(line, "available"),
        "changeFromQuantity": shown,
    }


def codes_of(answer: httpx.Response) -> list[str]:
    """Return the codes of what Shopify refuses inside a 200."""
    if not answer.is_success:
        return []
    done = (_body(answer).get("data") or {}).get("inventorySetQuantities") or {}
    return [str(error.get("code")) for error in done.get("userErrors") or ()]


def _errors_of(answer: httpx.Response) -> list[str]:
    errors = _body(answer).get("errors") or ()
    return [str((error.get("extensions") or {}).get("code")) for error in errors]


def _body(answer: httpx.Response) -> Any:
    try:
        return json.loads(answer.content, parse_float=Decimal)
    except ValueError as error:
        raise httpx.DecodingError("the answer is cut off") from error


def _location(line: Message) -> int:
    return LOCATIONS[required(line, "warehouse")]
