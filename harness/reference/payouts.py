"""What Shopify paid out, from the shop to the ledger."""

from __future__ import annotations

import json
import logging
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

import httpx

from harness.reference.alerts import Desk
from harness.reference.charges import BOOKING, FINANCE, READING
from harness.reference.clock import Clock
from harness.reference.delivery import persist
from harness.reference.mapping import Message, Unmappable, amount, required
from harness.reference.problems import Undeliverable
from harness.reference.store import Background, Inbox

PAYMENTS: Final = "/admin/api/2026-01/shopify_payments"
LOOKS_BACK: Final = timedelta(days=14)
BANK: Final = "1361"
FEES: Final = "6855"
GROSS: Final = {
    "charge": "8400",
    "refund": "8450",
    "dispute": "4980",
    "adjustment": "4981",
    "credit": "4982",
    "debit": "4983",
    "reserve": "1362",
}
_NEXT: Final = re.compile(r'<([^>]*)>;\s*rel="next"')

_log = logging.getLogger(__name__)


class Payouts:
    """Books each payout that reached the bank, once, with all that it is made of."""

    def __init__(
        self,
        shop: httpx.AsyncClient,
        ledger: httpx.AsyncClient,
        *,
        desk: Desk,
        clock: Clock,
        background: Background,
        every: float = 6 * 3600.0,
    ) -> None:
        self._shop = shop
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
                _log.exception("reading the payouts failed; the next round in %s s", self._every)
            await self._clock.sleep(self._every)

    async def poll(self) -> None:
        """Read every payout of the last two weeks, whatever became of it."""
        since = (self._clock.now() - LOOKS_BACK).strftime("%Y-%m-%d")
        async for payout in self._all("payouts", f"{PAYMENTS}/payouts.json", date_min=since):
            self._inbox.offer(str(payout["id"]), (), payout)

    async def _book(self, payout: Message, newest: Callable[[], Message]) -> bool:
        del newest  # what was paid stays paid
        if payout.get("status") != "paid":
            return False
        path = f"{PAYMENTS}/balance/transactions.json"
        found = self._all("transactions", path, payout_id=str(payout["id"]))
        body = payout_journal(payout, [one async for one in found])
        headers = {"Idempotency-Key": body["reference"]}
        call = partial(self._ledger.post, "/v1/journals", json=body, headers=headers)
        answer = await persist(call, policy=BOOKING, clock=self._clock)
        if answer.is_success or answer.status_code == 409:
            return True
        if answer.status_code == 422:
            raise Undeliverable("the ledger refuses the journal: status 422", tell=FINANCE)
        raise Undeliverable(f"the ledger answers with status {answer.status_code}")

    async def _all(self, name: str, path: str, **asked: str) -> AsyncIterator[Message]:
        """Read a list to its end, page by page."""
        query: httpx.QueryParams | None = httpx.QueryParams({**asked, "limit": "250"})
        while query is not None:
            read = partial(self._shop.get, path, params=query)
            answer = await persist(read, policy=READING, clock=self._clock)
            answer.raise_for_status()
            for row in json.loads(answer.content, parse_float=Decimal)[name]:
                yield row
            # Only the query of the link is followed: our token is meant for no other host.
            link = _NEXT.search(answer.headers.get("Link", ""))
            query = httpx.URL(link[1]).params if link else None


def payout_journal(payout: Message, parts: Sequence[Message]) -> dict[str, Any]:
    """Return the journal of a payout: each kind of movement, what it cost, and the bank.

    Raises:
        Unmappable: it cannot be booked as agreed.
    """
    currency = required(payout, "currency")
    gross: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    fees = net = Decimal(0)
    for part in parts:
        if part.get("type") == "payout":  # the counter entry is no part of itself
            continue
        account = GROSS.get(required(part, "type"))
        if account is None:
            raise Unmappable("a transaction is of a kind that nobody agreed on")
        gross[account, required(part, "currency")] += amount(part, "amount")
        fees += amount(part, "fee")
        net += amount(part, "net")
    if net != amount(payout, "amount"):
        raise Unmappable("its transactions do not add up to the payout", tell=FINANCE)
    return {
        "reference": f"payout-{required(payout, 'id')}",
        "bookedOn": required(payout, "date"),
        "text": "Shopify Payments",
        "lines": [
            *(_line(account, of, total) for (account, of), total in gross.items()),
            _line(FEES, currency, -fees),
            _line(BANK, currency, -amount(payout, "amount")),
        ],
    }


def _line(account: str, currency: str, credit: Decimal) -> dict[str, str]:
    return {"account": account, "currency": currency, "credit": str(credit)}
