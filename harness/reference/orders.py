"""Paid Shopify orders on their way to the OMS."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import httpx

from harness.reference.alerts import Desk
from harness.reference.clock import Clock
from harness.reference.delivery import Policy, persist
from harness.reference.mapping import Message, order_is_due, order_version, sales_order
from harness.reference.problems import BUSINESS, Undeliverable, Withdrawn
from harness.reference.store import Background, Inbox

POLICY = Policy(attempts=6, first=2.0, factor=3.0, jitter=True, give_up_after=20 * 60.0)


class Orders:
    """Sends each order to the OMS once: the first version that is due, while it still is."""

    def __init__(
        self, oms: httpx.AsyncClient, *, desk: Desk, clock: Clock, background: Background
    ) -> None:
        self._oms = oms
        self._clock = clock
        self._inbox = Inbox(
            handle=self._release, park=partial(desk.park, "orders"), background=background
        )

    def receive(self, order: Any) -> None:
        """Take an order as Shopify tells it, by webhook or by list.

        Raises:
            ValueError: it is not an order.
        """
        if not isinstance(order, dict) or type(order.get("id")) is not int:
            raise ValueError("an order has a number as its id")
        self._inbox.offer(str(order["id"]), order_version(order), order)

    async def _release(self, order: Message, newest: Callable[[], Message]) -> bool:
        if not order_is_due(order):
            return False
        body = sales_order(order)
        headers = {"Idempotency-Key": body["externalId"]}

        async def attempt() -> httpx.Response:
            if not order_is_due(newest()):  # it was cancelled, say, while we waited
                raise Withdrawn
            return await self._oms.post("/api/v2/sales-orders", json=body, headers=headers)

        answer = await persist(attempt, policy=POLICY, clock=self._clock)
        if answer.is_success or _exists(answer):
            return True
        if answer.status_code == 422:
            raise Undeliverable("the OMS refuses the order: status 422", tell=BUSINESS)
        raise Undeliverable(f"the OMS answers with status {answer.status_code}")


def _exists(answer: httpx.Response) -> bool:
    if answer.status_code != 409:
        return False
    try:
        body = answer.json()
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("error") == "already_exists"
