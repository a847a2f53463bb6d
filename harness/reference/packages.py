"""Packages that left the warehouse, to the OMS."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
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
    instant,
    required,
    without_missing,
    written,
)
from harness.reference.problems import BUSINESS, Undeliverable
from harness.reference.store import Background, Inbox

POLICY: Final = Policy(
    attempts=6, first=5.0, factor=4.0, longest=600.0, jitter=True, give_up_after=30 * 60.0
)
CONTRACT: Final = "wms-shipment-to-oms"
WAREHOUSE: Final = "warehouse-it"
RECONCILE_EVERY: Final = 3600.0
LOOKS_BACK: Final = timedelta(days=1)
SILENT_AFTER: Final = 8 * 3600.0
CARRIERS: Final = {"dhl": "DHL", "ups": "UPS", "dpd": "DPD"}

_log = logging.getLogger(__name__)


class Packages:
    """Confirms each package once, and tells somebody when the warehouse says nothing at all."""

    def __init__(
        self,
        wms: httpx.AsyncClient,
        oms: httpx.AsyncClient,
        *,
        desk: Desk,
        clock: Clock,
        background: Background,
    ) -> None:
        self._wms = wms
        self._oms = oms
        self._desk = desk
        self._clock = clock
        self._heard = clock.elapsed()
        self._inbox = Inbox(
            handle=self._confirm, park=partial(desk.park, "shipments"), background=background
        )

    def receive(self, shipment: Any) -> None:
        """Take a shipment that was closed.

        Raises:
            ValueError: it names no packages.
        """
        packages = shipment.get("packages") if isinstance(shipment, dict) else None
        if not isinstance(packages, list) or not all(isinstance(one, dict) for one in packages):
            raise ValueError("a shipment has a list of packages")
        self._heard = self._clock.elapsed()
        self._take(shipment)

    async def reconcile(self) -> None:
        """Read what was shipped lately from time to time: a webhook may never come."""
        while True:
            await self._clock.sleep(RECONCILE_EVERY)
            try:
                await self._look()
            except Exception:  # noqa: BLE001 - the border: the next round may succeed
                _log.exception("reading the shipments failed")

    async def watch(self) -> None:
        """Tell the warehouse when it has been silent for too long, once each time."""
        told = -1.0
        while True:
            left = self._heard + SILENT_AFTER - self._clock.elapsed()
            if left > 0:
                await self._clock.sleep(left)
            elif told != self._heard:
                told = self._heard
                await self._desk.alert(WAREHOUSE, CONTRACT, "no shipment came for eight hours")
            else:
                await self._clock.sleep(60.0)

    async def _look(self) -> None:
        since = (self._clock.now() - LOOKS_BACK).strftime("%Y-%m-%dT%H:%M:%SZ")
        query: httpx.QueryParams | None = httpx.QueryParams(closed_after=since)
        asked: set[str] = set()
        while query is not None:
            if str(query) in asked:
                # Read on, and this would never end; the next round begins anew.
                why = "the list of shipments shows the same page again and again"
                await self._desk.alert(WAREHOUSE, CONTRACT, why)
                return
            asked.add(str(query))
            read = partial(self._wms.get, "/v1/shipments", params=query)
            answer = await persist(read, policy=POLICY, clock=self._clock)
            answer.raise_for_status()
            page = answer.json()
            for shipment in page["shipments"]:
                self._take(shipment)
            # Only the query of the link is followed: our token is meant for no other host.
            query = httpx.URL(page["next"]).params if page.get("next") else None

    def _take(self, shipment: Message) -> None:
        for package in shipment["packages"]:
            name = str(package.get("package_id"))
            self._inbox.offer(name, (), {"shipment": shipment, "package": package})

    async def _confirm(self, sent: Message, _newest: Callable[[], Message]) -> bool:
        body = parcel(sent["shipment"], sent["package"])
        path = f"/api/v2/orders/{quote(body.pop('orderNo'), safe='')}/parcels"
        headers = {"Idempotency-Key": body["parcelRef"]}
        call = partial(self._oms.post, path, json=body, headers=headers)
        answer = await persist(call, policy=POLICY, clock=self._clock)
        if answer.is_success or answer.status_code == 409:
            return True
        if answer.status_code == 404:
            raise Undeliverable("the OMS does not know the order", tell=BUSINESS)
        raise Undeliverable(f"the OMS answers with status {answer.status_code}")


def parcel(shipment: Message, package: Message) -> dict[str, Any]:
    """Return what the OMS is sent for one package of a shipment.

    Raises:
        Unmappable: it cannot be sent as agreed.
    """
    carrier = CARRIERS.get(required(package, "carrier"))
    if carrier is None:
        raise Unmappable("carrier has a value that nobody agreed on")
    grams = package.get("weight_g")
    return without_missing(
        orderNo=required(shipment, "order_ref"),
        parcelRef=required(package, "package_id"),
        shippedAt=written(instant(shipment, "closed_at")),
        warehouse=required(shipment, "warehouse"),
        carrier=carrier,
        trackingNumber=required(package, "tracking"),
        weightKg=None if grams is None else str(Decimal(grams).scaleb(-3)),
        lines=[
            {
                "lineRef": required(line, "line_ref"),
                "sku": required(line, "sku"),
                "qty": required(line, "qty"),
            }
            for line in required(package, "lines")
        ],
    )
