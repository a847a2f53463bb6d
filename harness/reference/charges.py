"""What labels cost, from the carrier to the ledger."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

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
)
from harness.reference.problems import Undeliverable
from harness.reference.store import Background, Inbox

READING: Final = Policy(attempts=4, first=2.0, factor=3.0)
BOOKING: Final = Policy(
    attempts=6, first=60.0, factor=4.0, longest=7200.0, jitter=True, give_up_after=12 * 3600.0
)
FINANCE: Final = "finance-team"
LOOKS_BACK: Final = timedelta(days=3)
BERLIN: Final = ZoneInfo("Europe/Berlin")
OWED: Final = "1610"
ACCOUNTS: Final = {
    "PostageFee": "6740",
    "LabelFee": "6741",
    "InsuranceFee": "6742",
    "TrackerFee": "6743",
}

_log = logging.getLogger(__name__)


class Charges:
    """Books what each label cost, once, as it was first seen."""

    def __init__(
        self,
        carrier: httpx.AsyncClient,
        ledger: httpx.AsyncClient,
        *,
        desk: Desk,
        clock: Clock,
        background: Background,
        every: float = 3600.0,
    ) -> None:
        self._carrier = carrier
        self._ledger = ledger
        self._clock = clock
        self._every = every
        self._inbox = Inbox(
            handle=self._book, park=partial(desk.park, "bookings"), background=background
        )

    async def run(self) -> None:
        """Poll until cancelled, whatever happens on the way."""
        while True:
            try:
                await self.poll()
            except Exception:  # noqa: BLE001 - the border: the next round may succeed
                _log.exception("reading the charges failed; the next round in %s s", self._every)
            await self._clock.sleep(self._every)

    async def poll(self) -> None:
        """Read every label of the last days."""
        since = (self._clock.now() - LOOKS_BACK).strftime("%Y-%m-%dT%H:%M:%SZ")
        before: str | None = None
        while True:
            query = {"start_datetime": since, **({"before_id": before} if before else {})}
            read = partial(self._carrier.get, "/v2/shipments", params=query)
            answer = await persist(read, policy=READING, clock=self._clock)
            answer.raise_for_status()
            page = json.loads(answer.content, parse_float=Decimal)
            rows = page.get("shipments") or []
            for row in rows:
                self._inbox.offer(str(row["id"]), (str(row.get("updated_at")),), row)
            if not page.get("has_more") or not rows:
                return
            before = rows[-1]["id"]

    async def _book(self, shipment: Message, newest: Callable[[], Message]) -> bool:
        del newest  # what was seen first is booked; corrections come on the carrier's invoice
        if not any(_is_owed(fee) for fee in shipment.get("fees") or ()):
            return False
        body = label_journal(shipment)
        headers = {"Idempotency-Key": body["reference"]}
        call = partial(self._ledger.post, "/v1/journals", json=body, headers=headers)
        answer = await persist(call, policy=BOOKING, clock=self._clock)
        if answer.is_success or answer.status_code == 409:
            return True
        if answer.status_code == 422:
            raise Undeliverable("the ledger refuses the journal: status 422", tell=FINANCE)
        raise Undeliverable(f"the ledger answers with status {answer.status_code}")


def label_journal(shipment: Message) -> dict[str, Any]:
    """Return the journal of a label: each kind of fee, and what is owed to the carrier.

    Raises:
        Unmappable: it cannot be booked as agreed.
    """
    currency = required(shipment.get("selected_rate") or {}, "currency")
    costs: dict[str, Decimal] = defaultdict(Decimal)
    for fee in required(shipment, "fees"):
        if _is_owed(fee):
            account = ACCOUNTS.get(required(fee, "type"))
            if account is None:
                raise Unmappable("a fee is of a kind that nobody agreed on")
            costs[account] += amount(fee, "amount")
    booked = instant(shipment, "created_at").astimezone(BERLIN)
    reference = shipment.get("reference")
    lines = [_line(account, currency, -cost) for account, cost in costs.items()]
    return without_missing(
        reference=f"label-{required(shipment, 'id')}",
        bookedOn=_day(booked),
        text=None if reference is None else reference[:60],
        lines=[*lines, _line(OWED, currency, sum(costs.values(), Decimal(0)))],
    )


def _line(account: str, currency: str, credit: Decimal) -> Mapping[str, str]:
    return {"account": account, "currency": currency, "credit": str(credit)}


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")


def _is_owed(fee: Message) -> bool:
    return fee.get("charged") is True and fee.get("refunded") is False
