"""Shipments of the OMS on their way back to Shopify."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

import httpx

from harness.reference.alerts import Desk
from harness.reference.clock import Clock
from harness.reference.delivery import Policy, persist
from harness.reference.mapping import Message, Unmappable, fulfillment, fulfillment_lines
from harness.reference.problems import BUSINESS, Undeliverable, Withdrawn
from harness.reference.store import Background, Inbox

API = "/admin/api/2025-07"
POLICY = Policy(attempts=5, first=2.0, factor=4.0)


class Shipments:
    """Creates one Shopify fulfillment for each shipment that was not voided."""

    def __init__(
        self, shop: httpx.AsyncClient, *, desk: Desk, clock: Clock, background: Background
    ) -> None:
        self._shop = shop
        self._clock = clock
        self._inbox = Inbox(
            handle=self._announce, park=partial(desk.park, "fulfilments"), background=background
        )

    def receive(self, shipment: Any) -> None:
        """Take a shipment as the OMS tells it.

        Raises:
            ValueError: it is not a shipment.
        """
        key = shipment.get("fulfilmentId") if isinstance(shipment, dict) else None
        if not key or not isinstance(shipment.get("revision"), int):
            raise ValueError("a shipment has a fulfilmentId and a numbered revision")
        self._inbox.offer(str(key), (shipment["revision"],), shipment)

    async def _announce(self, shipment: Message, newest: Callable[[], Message]) -> bool:
        if not _is_shipped(shipment):
            return False
        order, number = shipment.get("externalId"), shipment.get("trackingNumber")
        if not isinstance(order, str) or not isinstance(number, str):
            raise Unmappable("externalId or trackingNumber is missing")
        path = f"{API}/orders/{quote(order, safe='')}"
        announced = partial(self._read, f"{path}/fulfillments.json", "fulfillments")
        if _carries(await self._insist(announced), number):
            return True  # announced before a restart, or by hand
        places = partial(self._read, f"{path}/fulfillment_orders.json", "fulfillment_orders")
        found = _rows(await self._insist(places), "fulfillment_orders")
        body = {"fulfillment": fulfillment(shipment, fulfillment_lines(shipment, found))}
        in_doubt = False

        async def attempt() -> httpx.Response:
            # Shopify creates a second fulfillment when it is asked twice, so after an answer
            # that says nothing of the outcome we look first.
            nonlocal in_doubt
            if not _is_shipped(newest()):
                raise Withdrawn
            if in_doubt:
                known = await announced()
                if not known.is_success or _carries(known, number):
                    return known
            in_doubt = True
            answer = await self._shop.post(f"{API}/fulfillments.json", json=body)
            in_doubt = answer.status_code != 429
            return answer

        answer = await persist(attempt, policy=POLICY, clock=self._clock)
        if answer.status_code == 422:
            raise Undeliverable("Shopify refuses the fulfilment: status 422", tell=BUSINESS)
        if not answer.is_success:
            raise Undeliverable(f"Shopify answers with status {answer.status_code}")
        return True

    async def _insist(self, read: Callable[[], Any]) -> httpx.Response:
        answer = await persist(read, policy=POLICY, clock=self._clock)
        if not answer.is_success:
            raise Undeliverable(f"looking up the order, Shopify answers {answer.status_code}")
        return answer

    async def _read(self, path: str, name: str) -> httpx.Response:
        """Read a list; an answer that was cut off counts as none, so that it is asked for again."""
        answer = await self._shop.get(path)
        if answer.is_success:
            _rows(answer, name)
        return answer


def _is_shipped(shipment: Message) -> bool:
    return shipment.get("status") == "SHIPPED"


def _rows(answer: httpx.Response, name: str) -> list[Mapping[str, Any]]:
    try:
        rows = answer.json()[name]
    except (ValueError, KeyError, TypeError) as error:
        raise httpx.DecodingError(f"the answer holds no {name}") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise httpx.DecodingError(f"the answer holds no list of {name}")
    return rows


def _carries(answer: httpx.Response, number: str) -> bool:
    """Return whether one of the fulfillments that stand has this tracking number."""
    return any(
        number == row.get("tracking_number") or number in (row.get("tracking_numbers") or ())
        for row in _rows(answer, "fulfillments")
        if row.get("status") != "cancelled"
    )
