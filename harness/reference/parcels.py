"""Where parcels are, from the carrier to the OMS."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
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
from harness.reference.problems import Undeliverable, Withdrawn
from harness.reference.store import Background, Inbox

POLICY: Final = Policy(attempts=5, first=2.0, factor=4.0, jitter=True, give_up_after=20 * 60.0)
CONTRACT: Final = "carrier-tracker-to-oms"
CARRIER_DESK: Final = "carrier-desk"
RECONCILE_EVERY: Final = 6 * 3600.0
LOOKS_BACK: Final = timedelta(days=3)
SILENT_AFTER: Final = 6 * 3600.0
STATUSES: Final = {
    "pre_transit": "ANNOUNCED",
    "in_transit": "MOVING",
    "out_for_delivery": "AT_THE_DOOR",
    "available_for_pickup": "WAITING",
    "delivered": "DELIVERED",
    "return_to_sender": "RETURNING",
    "failure": "LOST",
    "cancelled": "CANCELLED",
}

_log = logging.getLogger(__name__)


class Parcels:
    """Tells the OMS the newest status of each parcel, and somebody when no carrier says a word."""

    def __init__(
        self,
        carrier: httpx.AsyncClient,
        oms: httpx.AsyncClient,
        *,
        desk: Desk,
        clock: Clock,
        background: Background,
    ) -> None:
        self._carrier = carrier
        self._oms = oms
        self._desk = desk
        self._clock = clock
        self._heard = clock.elapsed()
        self._told: dict[str, datetime] = {}
        self._inbox = Inbox(
            handle=self._tell, park=partial(desk.park, "shipments"), background=background
        )

    def receive(self, event: Any) -> None:
        """Take an event of the carrier; only its tracker matters.

        Raises:
            ValueError: it holds no tracker.
        """
        tracker = event.get("result") if isinstance(event, dict) else None
        if not (isinstance(tracker, dict) and tracker.get("tracking_code")):
            raise ValueError("an event of the carrier holds a tracker")
        self._heard = self._clock.elapsed()
        self._offer(tracker)

    async def reconcile(self) -> None:
        """Read what was shipped lately from time to time: a webhook may never come."""
        while True:
            await self._clock.sleep(RECONCILE_EVERY)
            try:
                await self._look()
            except Exception:  # noqa: BLE001 - the border: the next round may succeed
                _log.exception("looking at the trackers failed")

    async def watch(self) -> None:
        """Tell the desk of the carrier when it has been silent for too long, once each time."""
        told = -1.0
        while True:
            due = self._heard + SILENT_AFTER
            left = due - self._clock.elapsed()
            if left > 0:
                await self._clock.sleep(left)
            elif told != self._heard:
                told = self._heard
                await self._desk.alert(CARRIER_DESK, CONTRACT, "no scan came for six hours")
            else:
                await self._clock.sleep(60.0)

    async def _look(self) -> None:
        since = (self._clock.now() - LOOKS_BACK).strftime("%Y-%m-%dT%H:%M:%SZ")
        before: str | None = None
        while True:
            query = {"start_datetime": since, **({"before_id": before} if before else {})}
            page = await self._read("/v2/shipments", query)
            rows = page.get("shipments") or []
            for row in rows:
                name = (row.get("tracker") or {}).get("id")
                if name:
                    self._offer(await self._read(f"/v2/trackers/{quote(name, safe='')}"))
            if not page.get("has_more") or not rows:
                return
            before = rows[-1]["id"]

    async def _read(self, path: str, query: dict[str, str] | None = None) -> Any:
        answer = await persist(
            partial(self._carrier.get, path, params=query), policy=POLICY, clock=self._clock
        )
        answer.raise_for_status()
        return answer.json()

    def _offer(self, tracker: Message) -> None:
        self._inbox.offer(tracker["tracking_code"], (_changed(tracker),), tracker)

    async def _tell(self, tracker: Message, newest: Callable[[], Message]) -> bool:
        code, changed = tracker["tracking_code"], _changed(tracker)
        if tracker.get("status") == "unknown" or changed <= self._told.get(code, _NEVER):
            return False
        body = parcel_status(tracker)
        path = f"/api/v2/parcels/{quote(code, safe='')}/status"

        async def attempt() -> httpx.Response:
            if _changed(newest()) > changed:  # what is newer comes next
                raise Withdrawn
            return await self._oms.put(path, json=body)

        answer = await persist(attempt, policy=POLICY, clock=self._clock)
        # A 404 is no trouble: bought by hand, and the OMS does not know it. Once is enough.
        if not answer.is_success and answer.status_code != 404:
            raise Undeliverable(f"the OMS answers with status {answer.status_code}")
        self._told[code] = changed
        return False


def parcel_status(tracker: Message) -> dict[str, Any]:
    """Return what the OMS is told of a tracker.

    Raises:
        Unmappable: it cannot be sent as agreed.
    """
    status = STATUSES.get(required(tracker, "status"))
    if status is None:
        raise Unmappable("status has a value that nobody agreed on")
    expected, signed = tracker.get("est_delivery_date"), tracker.get("signed_by")
    return without_missing(
        leg="RETURN" if required(tracker, "is_return") else "OUTBOUND",
        status=status,
        changedAt=written(_changed(tracker)),
        # Midnight with a Z is the day at the door; no zone may move it.
        expectedOn=None if expected is None else expected[:10],
        signedBy=None if signed is None else signed[:70],
    )


def _changed(tracker: Message) -> datetime:
    return instant(tracker, "updated_at")


_NEVER: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
