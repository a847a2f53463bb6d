"""Reading recent orders from time to time, because a webhook may never come."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

import httpx

from harness.reference.clock import Clock
from harness.reference.delivery import Policy, persist
from harness.reference.orders import Orders

PATH = "/admin/api/2025-07/orders.json"
LOOKS_BACK = timedelta(hours=6)
"""How far the first round reaches back: there may have been an outage before it."""
OVERLAP = timedelta(minutes=30)
"""How far each later round reaches back before the one that was read to its end."""
POLICY = Policy(attempts=4, first=2.0, factor=3.0)

_log = logging.getLogger(__name__)


class Poller:
    """Feeds every order that changed lately through the same door as the webhooks."""

    def __init__(
        self, shop: httpx.AsyncClient, *, orders: Orders, clock: Clock, every: float
    ) -> None:
        self._shop = shop
        self._orders = orders
        self._clock = clock
        self._every = every
        self._since: datetime | None = None

    async def run(self) -> None:
        """Poll until cancelled, whatever happens on the way."""
        while True:
            await self._clock.sleep(self._every)
            try:
                await self.poll()
            except Exception:  # noqa: BLE001 - the border: the next round may succeed
                _log.exception("polling failed; the next round is in %s s", self._every)

    async def poll(self) -> None:
        """Read all pages of the orders that changed lately.

        Raises:
            Undeliverable: Shopify does not answer.
            httpx.HTTPStatusError: Shopify refuses.
        """
        begun = self._clock.now()
        since = begun - LOOKS_BACK if self._since is None else self._since - OVERLAP
        page: httpx.QueryParams | None = httpx.QueryParams(
            status="any", updated_at_min=since.strftime("%Y-%m-%dT%H:%M:%SZ"), limit=250
        )
        while page is not None:
            read = partial(self._shop.get, PATH, params=page)
            answer = await persist(read, policy=POLICY, clock=self._clock)
            answer.raise_for_status()
            for order in json.loads(answer.content, parse_float=Decimal)["orders"]:
                self._take(order)
            # Only the query of the link is followed: our token is meant for no other host.
            link = answer.links.get("next")
            page = httpx.URL(link["url"]).params if link else None
        # Only a round that came to its end moves on; a broken one is read again.
        self._since = begun

    def _take(self, order: object) -> None:
        try:
            self._orders.receive(order)
        except ValueError as error:
            _log.warning("an entry of the order list was left out: %s", error)
