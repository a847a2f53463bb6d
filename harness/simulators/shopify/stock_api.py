"""Stock by REST: the levels of items and locations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.simulators.base import Call, Reply, reply
from harness.simulators.routing import Parameters
from harness.simulators.shopify.stock import Level, Stock

MOST_IDS = 50
"""shopify.dev/docs/api/admin-rest/latest/resources/inventorylevel: ids of a kind in one call."""


class StockApi:
    """Answers for inventory levels."""

    def __init__(self, stock: Stock, numbers: Mapping[str, Any]) -> None:
        self._stock = stock
        self._numbers = numbers

    def levels(self, call: Call, _parameters: Parameters) -> Reply:
        """List the levels of the items, of the locations, or of both."""
        items, locations = (_ids(call.query.get(f"{name}_ids")) for name in _NAMES)
        if items is None and locations is None:
            text = "inventory_item_ids or location_ids is needed"
            return reply(422, {"errors": {"base": [text]}})
        if any(ids is not None and len(ids) > MOST_IDS for ids in (items, locations)):
            return reply(422, {"errors": {"base": [f"at most {MOST_IDS} ids of a kind"]}})
        limit = _number(call.query.get("limit")) or self._numbers["page_size"]
        found = [
            row(level)
            for place, level in sorted(self._stock.levels.items())
            if (items is None or place[0] in items) and (locations is None or place[1] in locations)
        ]
        return reply(
            200, {"inventory_levels": found[: min(limit, self._numbers["page_size_at_most"])]}
        )


def row(level: Level) -> dict[str, Any]:
    """Return a level as REST shows it."""
    return {
        "inventory_item_id": level.item,
        "location_id": level.location,
        "available": level.available,
        "updated_at": level.updated_at,
        "admin_graphql_api_id": f"gid://shopify/InventoryLevel/{level.location}"
        f"?inventory_item_id={level.item}",
    }


_NAMES = ("inventory_item", "location")


def _ids(text: str | None) -> set[int] | None:
    if not text:
        return None
    return {number for part in text.split(",") if (number := _number(part.strip())) is not None}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 20 else None
