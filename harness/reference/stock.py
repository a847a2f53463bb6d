"""What lies in the warehouses, as they tell it."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import quote

import httpx

from harness.reference.alerts import Desk
from harness.reference.clock import Clock
from harness.reference.delivery import Policy, persist
from harness.reference.mapping import Message
from harness.reference.problems import Withdrawn
from harness.reference.store import Background, Inbox

FRESH: Final = timedelta(minutes=2)
READING: Final = Policy(attempts=4, first=2.0, factor=3.0)
WAREHOUSE: Final = "warehouse-it"
RECONCILE_EVERY: Final = 24 * 3600.0
SILENT_AFTER: Final = 24 * 3600.0

_log = logging.getLogger(__name__)

Newest = Callable[[], Message]
Sells = Callable[[Message], bool]
Show = Callable[[Message, Newest], Awaitable[bool]]


class Stock:
    """Hands the newest figures of each line to every channel that sells the item."""

    def __init__(
        self, wms: httpx.AsyncClient, *, desk: Desk, clock: Clock, background: Background
    ) -> None:
        self._wms = wms
        self._desk = desk
        self._clock = clock
        self._background = background
        self._heard = clock.elapsed()
        self._seen: dict[str, datetime] = {}
        self._channels: list[tuple[Sells, Inbox]] = []

    def feed(self, sells: Sells, show: Show) -> None:
        """Let a channel be shown what it sells, one figure of a line after the other."""
        inbox = Inbox(
            handle=show,
            park=partial(self._desk.park, "stock"),
            background=self._background,
            parked_is_final=False,  # the next figure makes up for it
        )
        self._channels.append((sells, inbox))

    def receive(self, line: Any) -> None:
        """Take a line of stock.

        Raises:
            ValueError: it is none.
        """
        self._take(line)
        self._heard = self._clock.elapsed()

    def _take(self, line: Any) -> None:
        name = line.get("stock_id") if isinstance(line, dict) else None
        if not name or not isinstance(line.get("seq"), int):
            raise ValueError("a line of stock has a stock_id and a numbered seq")
        self._seen[name] = self._clock.now()
        for sells, inbox in self._channels:
            if sells(line):
                inbox.offer(name, (line["seq"],), line)

    async def reconcile(self) -> None:
        """Read everything once a night: a webhook may never come."""
        while True:
            await self._clock.sleep(RECONCILE_EVERY)
            try:
                await self._look()
            except Exception:  # noqa: BLE001 - the border: the next night may succeed
                _log.exception("reading the stock failed")

    async def watch(self) -> None:
        """Tell the warehouse when it said nothing for a day, once each time."""
        told = -1.0
        while True:
            left = self._heard + SILENT_AFTER - self._clock.elapsed()
            if left > 0:
                await self._clock.sleep(left)
            elif told != self._heard:
                told = self._heard
                await self._desk.alert(
                    WAREHOUSE, "wms-stock-to-shopify", "no figure of stock came for a day"
                )
            else:
                await self._clock.sleep(60.0)

    async def _look(self) -> None:
        query: httpx.QueryParams | None = httpx.QueryParams()
        while query is not None:
            read = partial(self._wms.get, "/v1/inventory/snapshot", params=query)
            answer = await persist(read, policy=READING, clock=self._clock)
            answer.raise_for_status()
            page = json.loads(answer.content)
            for line in page["rows"]:
                self._take(line)
            # Only the query of the link is followed: our token is meant for no other host.
            query = httpx.URL(page["next"]).params if page.get("next") else None

    async def current(self, line: Message, newest: Newest) -> Message:
        """Return a line as it is now: read again where it was heard of over two minutes ago.

        Raises:
            Withdrawn: something newer comes next.
            httpx.RequestError: the warehouse cannot say.
        """
        name = line["stock_id"]
        if newest()["seq"] > line["seq"]:
            raise Withdrawn
        if self._clock.now() - self._seen[name] <= FRESH:
            return line
        answer = await self._wms.get(f"/v1/inventory/{quote(name, safe='')}")
        if not answer.is_success:
            raise httpx.RemoteProtocolError(f"the stock cannot be read: {answer.status_code}")
        self._seen[name] = self._clock.now()
        found: Message = json.loads(answer.content)
        return found
