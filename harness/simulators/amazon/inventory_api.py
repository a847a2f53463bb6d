"""The FBA Inventory API: summaries of what Amazon stores, in pages whose tokens end soon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.simulators.amazon.operations import Asked, Operation, Operations
from harness.simulators.amazon.orders import seconds
from harness.simulators.amazon.pages import Pages
from harness.simulators.amazon.refusals import Refused
from harness.simulators.amazon.stock import Stock, Stocked
from harness.simulators.amazon.windows import read_instant, read_list, refuse_strangers
from harness.simulators.base import Context, Reply, reply

_KNOWN: Final = frozenset(
    {
        "details",
        "granularityType",
        "granularityId",
        "marketplaceIds",
        "startDateTime",
        "sellerSkus",
        "sellerSku",
        "nextToken",
    }
)


class InventoryApi:
    """Answers for what Amazon stores."""

    def __init__(self, stock: Stock, context: Context, numbers: Mapping[str, Any]) -> None:
        self._stock = stock
        self._context = context
        self._numbers = numbers
        self._pages: Pages[Stocked, Mapping[str, str]] = Pages(
            lifetime=numbers["inventory_token_lifetime"]
        )

    def operations(self) -> Operations:
        """Return what is answered, by address."""
        summaries = Operation("getInventorySummaries", self._summaries)
        return {"GET /fba/inventory/v1/summaries": summaries}

    def _summaries(self, asked: Asked) -> Reply:
        now = self._context.now
        refuse_strangers(asked.call.query, _KNOWN)
        token = asked.call.query.get("nextToken") or None
        query = self._pages.question(token, now=now) if token else asked.call.query
        market = self._market(query)
        page = self._pages.cut(
            self._asked_for(query),
            query,
            place=lambda stocked: (stocked.sku,),
            size=self._numbers["inventory_page"],
            token=token,
            now=now,
            random=self._context.random,
        )
        detailed = query.get("details") == "true"
        answer: dict[str, Any] = {
            "payload": {
                "granularity": {"granularityType": "Marketplace", "granularityId": market},
                "inventorySummaries": [view(row, detailed=detailed) for row in page.rows],
            }
        }
        if page.token is not None:
            answer["pagination"] = {"nextToken": page.token}
        return reply(200, answer)

    def _market(self, query: Mapping[str, str]) -> str:
        if query.get("granularityType") != "Marketplace":
            raise Refused("granularityType must be Marketplace.")
        market = query.get("granularityId", "")
        if not market or read_list(query, "marketplaceIds") != {market}:
            raise Refused("granularityId and marketplaceIds must name the same marketplace.")
        if query.get("details", "false") not in ("true", "false"):
            raise Refused("details must be true or false.")
        return market

    def _asked_for(self, query: Mapping[str, str]) -> list[Stocked]:
        skus = read_list(query, "sellerSkus")
        most = self._numbers["inventory_skus_at_most"]
        if len(skus) > most:
            raise Refused(f"sellerSkus names {len(skus)} SKUs; at most {most} are allowed.")
        if "sellerSku" in query:
            skus |= {query["sellerSku"]}
        start = query.get("startDateTime")
        since = 0 if start is None else read_instant(start, "startDateTime")
        return [
            stocked
            for stocked in self._stock.by_sku.values()
            if (not skus or stocked.sku in skus) and stocked.updated_at >= since
        ]


def view(stocked: Stocked, *, detailed: bool) -> dict[str, Any]:
    """Return a summary; the total counts all units, only the fulfillable ones can be sold."""
    shown: dict[str, Any] = {
        "asin": stocked.asin,
        "fnSku": stocked.asin,
        "sellerSku": stocked.sku,
        "condition": "NewItem",
        "lastUpdatedTime": seconds(stocked.updated_at),
        "productName": stocked.sku,
        "totalQuantity": stocked.total,
    }
    if detailed:
        shown["inventoryDetails"] = _details(stocked)
    return shown


def _details(stocked: Stocked) -> dict[str, Any]:
    units = stocked.units
    return {
        "fulfillableQuantity": units["fulfillable"],
        "inboundWorkingQuantity": units["inboundWorking"],
        "inboundShippedQuantity": units["inboundShipped"],
        "inboundReceivingQuantity": units["inboundReceiving"],
        "reservedQuantity": {
            "totalReservedQuantity": stocked.reserved,
            "pendingCustomerOrderQuantity": units["pendingCustomerOrder"],
            "pendingTransshipmentQuantity": units["pendingTransshipment"],
            "fcProcessingQuantity": units["fcProcessing"],
        },
        "researchingQuantity": {"totalResearchingQuantity": units["researching"]},
        "unfulfillableQuantity": {"totalUnfulfillableQuantity": units["unfulfillable"]},
    }
