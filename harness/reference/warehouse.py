"""Released orders on their way to the warehouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import httpx
from anyascii import anyascii

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
from harness.reference.problems import BUSINESS, Undeliverable, Withdrawn
from harness.reference.store import Background, Inbox

POLICY: Final = Policy(
    attempts=7, first=5.0, factor=3.0, longest=600.0, jitter=True, give_up_after=40 * 60.0
)
MASTER_DATA: Final = "master-data"
FRESH: Final = timedelta(minutes=2)
LINE: Final = 35
"""What the label takes in a line."""
SERVICES: Final = {"STANDARD": "std", "EXPRESS": "exp"}
BUNDLES: Final = {
    "SET-HAT": (("HAT-RED", 1), ("SCARF-RED", 1)),
    "SET-MUGS": (("MUG", 4), ("BOX-MUG", 1)),
}
"""What the warehouse picks for a bundle; it has no shelf of its own."""


class Releases:
    """Sends each released order to the warehouse once, unless it was cancelled meanwhile."""

    def __init__(
        self,
        oms: httpx.AsyncClient,
        wms: httpx.AsyncClient,
        *,
        desk: Desk,
        clock: Clock,
        background: Background,
    ) -> None:
        self._oms = oms
        self._wms = wms
        self._clock = clock
        self._seen: dict[str, datetime] = {}
        park = desk.parking("orders", contract="oms-order-to-wms", alarm_over=10)
        self._inbox = Inbox(handle=self._release, park=park, background=background)

    def receive(self, order: Any) -> None:
        """Take an order as the OMS tells it.

        Raises:
            ValueError: it is not an order.
        """
        number = order.get("orderNo") if isinstance(order, dict) else None
        if not number or not isinstance(order.get("revision"), int):
            raise ValueError("an order has an orderNo and a numbered revision")
        self._seen[number] = self._clock.now()
        self._inbox.offer(number, (order["revision"],), order)

    async def _release(self, order: Message, newest: Callable[[], Message]) -> bool:
        if order.get("status") != "RELEASED":
            return False
        body = outbound_order(order)
        number = body["order_ref"]

        async def attempt() -> httpx.Response:
            if newest().get("status") != "RELEASED" or not await self._still_released(number):
                raise Withdrawn
            headers = {"Idempotency-Key": number}
            return await self._wms.post("/v1/outbound-orders", json=body, headers=headers)

        answer = await persist(attempt, policy=POLICY, clock=self._clock)
        code = _code(answer)
        if answer.is_success or (answer.status_code, code) == (409, "already_exists"):
            return True
        if (answer.status_code, code) == (409, "picking_started"):
            raise Undeliverable("the warehouse is picking the order already", tell=BUSINESS)
        if (answer.status_code, code) == (422, "unknown_item"):
            raise Undeliverable("the warehouse does not know an item of it", tell=MASTER_DATA)
        raise Undeliverable(f"the warehouse answers with status {answer.status_code}")

    async def _still_released(self, number: str) -> bool:
        """Look at the order again where what we know of it is older than two minutes."""
        if self._clock.now() - self._seen[number] <= FRESH:
            return True
        answer = await self._oms.get(f"/api/v2/orders/{quote(number, safe='')}")
        if answer.status_code >= 500 or answer.status_code == 429:
            raise httpx.RemoteProtocolError("the OMS cannot say whether it is still released")
        self._seen[number] = self._clock.now()
        return answer.is_success and answer.json().get("status") == "RELEASED"


def outbound_order(order: Message) -> dict[str, Any]:
    """Return what the warehouse is sent for an order.

    Raises:
        Unmappable: it cannot be sent as agreed.
    """
    address = required(order, "shipTo")
    service = SERVICES.get(required(order, "service"))
    if service is None:
        raise Unmappable("service has a value that nobody agreed on")
    street = _lines(anyascii(required(address, "street1")))
    second, phone = address.get("street2"), address.get("phone")
    return without_missing(
        order_ref=required(order, "orderNo"),
        warehouse=required(order, "warehouse"),
        service=service,
        ship_by=None if order.get("shipBy") is None else written(instant(order, "shipBy")),
        ship_to=without_missing(
            name=anyascii(required(address, "name")).strip()[:LINE],
            street1=street[0],
            street2=street[1] if len(street) > 1 else None,
            street3=None if second is None else anyascii(second)[:LINE],
            city=anyascii(required(address, "city"))[:30],
            postcode=address.get("postcode"),
            country=required(address, "country"),
            phone=None if phone is None else _digits(anyascii(phone))[:15],
        ),
        lines=list(_picked(required(order, "lines"))),
    )


def _picked(lines: list[Message]) -> Iterator[dict[str, Any]]:
    """Yield what is taken from shelves; gift cards and services lie on none."""
    for line in lines:
        if required(line, "kind") != "GOODS":
            continue
        sku, quantity = required(line, "sku"), required(line, "qty")
        for part, count in BUNDLES.get(sku, ((sku, 1),)):
            yield {"line_ref": required(line, "lineRef"), "sku": part, "qty": quantity * count}


def _lines(text: str) -> list[str]:
    """Return a text in lines of whole words; a word that is too long goes on in the next."""
    lines = [""]
    for word in text.split():
        grown = f"{lines[-1]} {word}".strip()
        if len(grown) <= LINE:
            lines[-1] = grown
            continue
        cut = [word[at : at + LINE] for at in range(0, len(word), LINE)]
        lines = [*(lines if lines[-1] else []), *cut]
    return lines


def _digits(text: str) -> str:
    return "".join(one for one in text if one.isdigit())


def _code(answer: httpx.Response) -> str | None:
    try:
        body = answer.json()
    except ValueError:
        return None
    return body.get("code") if isinstance(body, dict) else None
