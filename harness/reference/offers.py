"""What can be sold of the stock in Leipzig, to Amazon."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any, Final
from urllib.parse import quote

import httpx

from harness.reference.alerts import Desk
from harness.reference.amazon import Amazon, rows_of
from harness.reference.clock import Clock
from harness.reference.delivery import Policy, persist
from harness.reference.mapping import Message, required
from harness.reference.problems import BUSINESS, Undeliverable, Withdrawn
from harness.reference.stock import Newest, Stock
from harness.reference.store import Background

POLICY: Final = Policy(
    attempts=6, first=5.0, factor=3.0, longest=300.0, jitter=True, give_up_after=30 * 60.0
)
WAREHOUSE: Final = "LEJ2"
SHOWN_AFTER: Final = (360.0, 420.0)
"""Seconds to wait before each look at a listing that was changed."""

_log = logging.getLogger(__name__)


class Offers:
    """Sets the quantity of listings, and looks later whether Amazon really shows it."""

    def __init__(
        self,
        amazon: Amazon,
        stock: Stock,
        *,
        desk: Desk,
        clock: Clock,
        background: Background,
        seller: str,
        marketplaces: tuple[str, ...],
    ) -> None:
        self._amazon = amazon
        self._stock = stock
        self._desk = desk
        self._clock = clock
        self._background = background
        self._seller = seller
        self._query = {"marketplaceIds": ",".join(marketplaces)}
        self._tried: dict[str, int] = {}
        stock.feed(is_offered, self._show)

    async def _show(self, line: Message, newest: Newest) -> bool:
        name = line["stock_id"]
        if line["seq"] <= self._tried.get(name, -1):
            return False
        self._tried[name] = line["seq"]

        async def attempt() -> httpx.Response:
            now = await self._stock.current(line, newest)
            if not is_offered(now):
                raise Withdrawn
            path, body = self._path(now), listing_quantity(now)
            return await self._amazon.call("PATCH", path, query=self._query, body=body)

        answer = await persist(attempt, policy=POLICY, clock=self._clock)
        if not answer.is_success:
            raise Undeliverable(f"Amazon answers with status {answer.status_code}")
        if rows_of(answer).get("status") != "ACCEPTED":
            raise Undeliverable("Amazon refuses the figure", tell=BUSINESS)
        self._background.start(self._follow(line))
        return False

    async def _follow(self, line: Message) -> None:
        """Look whether the listing took the figure: ACCEPTED says only that somebody will try."""
        query = {**self._query, "includedData": "summaries,issues,fulfillmentAvailability"}
        ask = partial(self._amazon.call, "GET", self._path(line), query=query)
        for wait in SHOWN_AFTER:
            await self._clock.sleep(wait)
            try:
                answer = await persist(ask, policy=POLICY, clock=self._clock)
                issues = rows_of(answer).get("issues") or ()
            except (Undeliverable, httpx.DecodingError):
                _log.exception("a listing could not be read")
                continue
            if any(issue.get("severity") == "ERROR" for issue in issues):
                failed = Undeliverable("Amazon accepted the figure and does not show it")
                await self._desk.park("stock", line["stock_id"], failed)
                return

    def _path(self, line: Message) -> str:
        sku = quote(required(line, "amazon_sku"), safe="")
        return f"/listings/2021-08-01/items/{quote(self._seller, safe='')}/{sku}"


def is_offered(line: Message) -> bool:
    """Return whether Amazon sells what lies there: items that it knows, in Leipzig."""
    return line.get("warehouse") == WAREHOUSE and line.get("amazon_sku") is not None


def listing_quantity(line: Message) -> dict[str, Any]:
    """Return what Amazon is sent for a line of stock.

    Raises:
        Unmappable: it does not say how many can be sold.
    """
    available = required(line, "available")
    return {
        "productType": "PRODUCT",
        "patches": [
            {
                "op": "replace",
                "path": "/attributes/fulfillment_availability",
                "value": [{"fulfillment_channel_code": "DEFAULT", "quantity": available}],
            }
        ],
    }
