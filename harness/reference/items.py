"""Items that can be sold, from the ERP to whoever has to know them."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from functools import partial
from typing import Any, Final
from urllib.parse import quote

import httpx

from harness.reference.alerts import Desk
from harness.reference.clock import Clock
from harness.reference.delivery import Policy, persist
from harness.reference.mapping import (
    Message,
    Unmappable,
    amount,
    instant,
    required,
    without_missing,
    written,
)
from harness.reference.problems import Undeliverable, Withdrawn
from harness.reference.store import Background, Inbox

READING: Final = Policy(attempts=4, first=2.0, factor=3.0)
POLICY: Final = Policy(
    attempts=8, first=10.0, factor=4.0, longest=1800.0, jitter=True, give_up_after=3 * 3600.0
)
ITEMS: Final = "/api/golive/sales/v1.0/items"
MASTER_DATA: Final = "master-data"
FRESH: Final = timedelta(minutes=5)
OVERLAP: Final = timedelta(minutes=5)
SILENT_AFTER: Final = 3 * 24 * 3600.0
GRAPHQL: Final = "/admin/api/2026-01/graphql.json"
VARIANTS: Final = "/admin/api/2026-01/variants"
FIND: Final = """
query find($query: String) {
  productVariants(first: 50, query: $query) {
    nodes { sku legacyResourceId } pageInfo { hasNextPage }
  }
}
"""
TAXABLE: Final = {"TAXABLE": True, "EXEMPT": False}
UNITS: Final = {"PCS": "each", "PACK": "inner", "BOX": "case"}

_log = logging.getLogger(__name__)

Newest = Callable[[], Message]


class Items:
    """Reads what changed in the item master, and hands it to every feed."""

    def __init__(
        self,
        erp: httpx.AsyncClient,
        *,
        desk: Desk,
        clock: Clock,
        background: Background,
        every: float = 900.0,
    ) -> None:
        self._erp = erp
        self._desk = desk
        self._clock = clock
        self._background = background
        self._every = every
        self._since: datetime | None = None
        self._heard = clock.elapsed()
        self._known: dict[str, datetime] = {}
        self._seen: dict[str, datetime] = {}
        self._inboxes: list[Inbox] = []
        self._contracts: list[str] = []

    def feed(self, contract: str, send: Callable[[Message, Newest], Awaitable[bool]]) -> None:
        """Let somebody be told of each item that can be sold, the newest version of it."""
        self._contracts.append(contract)
        inbox = Inbox(
            handle=send,
            park=partial(self._desk.park, "items"),
            background=self._background,
            parked_is_final=False,  # master data mends the item, and it comes again
        )
        self._inboxes.append(inbox)

    async def run(self) -> None:
        """Poll until cancelled, whatever happens on the way."""
        while True:
            try:
                await self.poll()
            except Exception:  # noqa: BLE001 - the border: the next round may succeed
                _log.exception("reading the items failed; next round in %s s", self._every)
            await self._clock.sleep(self._every)

    async def watch(self) -> None:
        """Tell master data when no item has changed for too long, once each time."""
        told = -1.0
        while True:
            left = self._heard + SILENT_AFTER - self._clock.elapsed()
            if left > 0:
                await self._clock.sleep(left)
            elif told != self._heard:
                told = self._heard
                for contract in self._contracts:
                    await self._desk.alert(
                        MASTER_DATA, contract, "no item has changed for three days"
                    )
            else:
                await self._clock.sleep(600.0)

    async def poll(self) -> None:
        """Read all items that changed since the last complete round, and a little before.

        Raises:
            Undeliverable: the ERP does not answer.
            httpx.HTTPStatusError: the ERP refuses.
        """
        began = self._clock.now()
        page = httpx.QueryParams()
        if self._since is not None:
            page = page.set("modifiedAfter", _text(self._since - OVERLAP))
        following: httpx.QueryParams | None = page
        while following is not None:
            read = partial(self._erp.get, ITEMS, params=following)
            answer = await persist(read, policy=READING, clock=self._clock)
            answer.raise_for_status()
            body = json.loads(answer.content, parse_float=Decimal)
            for item in body["value"]:
                self._take(item)
            # Only the query of the link is followed: our token is meant for no other host.
            link = body.get("nextLink")
            following = httpx.URL(link).params if link else None
        # Only a round that came to its end moves on; a broken one is read again.
        self._since = began

    async def current(self, item: Message, newest: Newest) -> Message:
        """Return an item as it is now: read again where it was read over five minutes ago.

        Raises:
            Withdrawn: something newer comes next.
            httpx.RequestError: the ERP cannot say.
        """
        if newest() is not item:
            raise Withdrawn
        name = str(item["id"])
        if self._clock.now() - self._seen[name] <= FRESH:
            return item
        answer = await self._erp.get(f"{ITEMS}/{quote(name, safe='')}")
        if not answer.is_success:
            raise httpx.RemoteProtocolError(f"the item cannot be read: {answer.status_code}")
        self._seen[name] = self._clock.now()
        found: Message = json.loads(answer.content, parse_float=Decimal)
        return found

    def _take(self, item: Message) -> None:
        name, changed = str(item.get("id")), instant(item, "lastModifiedDateTime")
        self._seen[name] = self._clock.now()
        if self._known.get(name) == changed:
            return
        self._known[name] = changed
        self._heard = self._clock.elapsed()
        if is_sold(item):
            for inbox in self._inboxes:
                inbox.offer(name, (changed,), item)


class WarehouseItems:
    """Tells the warehouse of each item under the id that stays."""

    def __init__(self, wms: httpx.AsyncClient, items: Items, *, clock: Clock) -> None:
        self._wms = wms
        self._clock = clock
        items.feed("erp-item-to-wms", self._send)

    async def _send(self, item: Message, newest: Newest) -> bool:
        body = product(item)
        path = f"/v1/products/{quote(body.pop('external_id'), safe='')}"

        async def attempt() -> httpx.Response:
            if newest() is not item:  # what is newer comes next
                raise Withdrawn
            return await self._wms.put(path, json=body)

        answer = await persist(attempt, policy=POLICY, clock=self._clock)
        if answer.status_code == 422:
            raise Undeliverable("the warehouse refuses the item: status 422", tell=MASTER_DATA)
        if not answer.is_success:
            raise Undeliverable(f"the warehouse answers with status {answer.status_code}")
        return False


class ShopItems:
    """Tells the shop price, weight and tax of each item that its editors have made a product of."""

    def __init__(self, shop: httpx.AsyncClient, items: Items, *, clock: Clock) -> None:
        self._shop = shop
        self._items = items
        self._clock = clock
        items.feed("erp-item-to-shopify", self._send)

    async def _send(self, item: Message, newest: Newest) -> bool:
        async def attempt() -> httpx.Response:
            now = await self._items.current(item, newest)
            if not is_sold(now):
                raise Withdrawn
            body = variant(now)
            number = await self._find(body["sku"])
            if number is None:
                raise Undeliverable("the shop has no product of the item yet", tell=MASTER_DATA)
            return await self._shop.put(
                f"{VARIANTS}/{number}.json", json={"variant": {"id": number, **body}}
            )

        answer = await persist(attempt, policy=POLICY, clock=self._clock)
        if answer.status_code == 404:
            raise Undeliverable("the product was deleted", tell=MASTER_DATA)
        if answer.status_code == 422:
            raise Undeliverable("the shop refuses the item: status 422", tell=MASTER_DATA)
        if not answer.is_success:
            raise Undeliverable(f"the shop answers with status {answer.status_code}")
        return False

    async def _find(self, sku: str) -> int | None:
        """Return the number of the variant with a SKU; a search finds others beside it."""
        quoted = sku.replace("\\", "").replace("'", "")
        asked = {"query": FIND, "variables": {"query": f"sku:'{quoted}'"}}
        answer = await self._shop.post(GRAPHQL, json=asked)
        if not answer.is_success:
            raise httpx.RemoteProtocolError(f"the shop cannot be searched: {answer.status_code}")
        found = answer.json().get("data")
        if found is None:
            raise httpx.RemoteProtocolError("no points are left")
        for one in found["productVariants"]["nodes"]:
            if one["sku"] == sku:
                return int(one["legacyResourceId"])
        return None


def is_sold(item: Message) -> bool:
    """Return whether an item lies on shelves and may be sold."""
    return item.get("type") == "Inventory" and item.get("blocked") is False


def product(item: Message) -> dict[str, Any]:
    """Return what the warehouse is sent for an item.

    Raises:
        Unmappable: it cannot be sent as agreed.
    """
    unit = UNITS.get(required(item, "baseUnitOfMeasureCode"))
    if unit is None:
        raise Unmappable("baseUnitOfMeasureCode has a value that nobody agreed on")
    tariff = item.get("tariffNo")
    return without_missing(
        external_id=required(item, "id"),
        sku=required(item, "number"),
        title=required(item, "displayName")[:80],
        barcode=item.get("gtin"),
        uom=unit,
        units_per_case=item.get("unitsPerParcel"),
        weight_g=grams(item),
        hs_code=None if tariff is None else "".join(c for c in tariff if c.isdigit())[:10],
        origin=item.get("countryOfOrigin"),
        changed_at=written(instant(item, "lastModifiedDateTime")),
    )


def variant(item: Message) -> dict[str, Any]:
    """Return what the shop is sent for an item, but for the number of its variant.

    Raises:
        Unmappable: it cannot be sent as agreed.
    """
    tax = TAXABLE.get(required(item, "taxGroupCode"))
    if tax is None:
        raise Unmappable("taxGroupCode has a value that nobody agreed on")
    return without_missing(
        sku=required(item, "number"),
        barcode=item.get("gtin"),
        price=str(amount(item, "unitPrice")),
        grams=grams(item),
        inventory_management="shopify",
        taxable=tax,
    )


def grams(item: Message) -> int:
    """Return the weight in whole grams, rounded up: a sticker weighs 1 g and not nothing."""
    return int((amount(item, "grossWeight") * 1000).to_integral_value(ROUND_CEILING))


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
