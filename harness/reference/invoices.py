"""What has left the house, from the OMS into the books of the ERP."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx

from harness.reference.alerts import Desk
from harness.reference.amazon import rows_of
from harness.reference.clock import Clock
from harness.reference.delivery import Policy, persist
from harness.reference.mapping import (
    Message,
    Unmappable,
    amount,
    instant,
    money,
    required,
    without_missing,
)
from harness.reference.problems import Undeliverable, Withdrawn
from harness.reference.store import Background

READING: Final = Policy(attempts=4, first=2.0, factor=3.0)
POSTING: Final = Policy(
    attempts=6, first=30.0, factor=3.0, longest=1200.0, jitter=True, give_up_after=2 * 3600.0
)
POSTING_SECONDS: Final = 60.0
INVOICES: Final = "/api/golive/sales/v1.0/salesInvoices"
MOST: Final = 100
"""Invoices that the ERP takes in one call."""
FRESH: Final = timedelta(minutes=4)
LOOKS_BACK: Final = timedelta(hours=26)
OVERLAP: Final = timedelta(minutes=10)
BERLIN: Final = ZoneInfo("Europe/Berlin")
FINANCE: Final = "finance-team"
MASTER_DATA: Final = "master-data"
EXISTS, ITEM_UNKNOWN = "Internal_EntityWithSameKeyExists", "ItemNotFound"
CROWDED: Final = "SSS_REQUEST_LIMIT_EXCEEDED"
GIFT_CARDS, SERVICES, SHIPPING = "3272", "8410", "8420"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """The newest version of an order, and when it was last read; one that was told is not read."""

    order: Message
    read_at: datetime | None

    @property
    def is_shipped(self) -> bool:
        """Return whether it is to be invoiced."""
        return self.order.get("status") == "SHIPPED"


class Invoices:
    """Posts an invoice for each shipped order, once: from time to time, and for all of the night.

    It lives in memory. After a restart the list of the OMS brings orders back, and the ERP knows
    what it has posted.
    """

    def __init__(
        self,
        oms: httpx.AsyncClient,
        erp: httpx.AsyncClient,
        *,
        desk: Desk,
        clock: Clock,
        background: Background,
        every: float = 7200.0,
    ) -> None:
        self._oms = oms
        self._erp = erp
        self._desk = desk
        self._park = desk.parking("bookings", contract="oms-order-to-erp-invoice", alarm_over=20)
        self._clock = clock
        self._background = background
        self._every = every
        self._since: datetime | None = None
        self._known: dict[str, _Known] = {}
        self._busy: set[str] = set()
        self._finished: set[str] = set()

    def receive(self, order: Any) -> None:
        """Take an order as the OMS tells it.

        Raises:
            ValueError: it is not an order.
        """
        key = order.get("orderNo") if isinstance(order, dict) else None
        if not isinstance(key, str) or type(order.get("revision")) is not int:
            raise ValueError("an order has an orderNo and a numbered revision")
        self._keep(order, read_at=None)

    async def run(self) -> None:
        """Post until cancelled, whatever happens on the way."""
        while True:
            await self._clock.sleep(min(self._every, until_night(self._clock.now())))
            try:
                await self._look_for_news()
            except Exception:  # noqa: BLE001 - the border: what was told is posted all the same
                _log.exception("listing the orders failed")
            self._begin()

    def _begin(self) -> None:
        """Begin to post whatever is shipped; what is waited for does not keep the others."""
        due = [
            key for key, known in self._known.items() if known.is_shipped and key not in self._busy
        ]
        self._busy.update(due)
        for first in range(0, len(due), MOST):
            self._background.start(self._post(due[first : first + MOST]))

    async def _post(self, keys: Sequence[str]) -> None:
        sent: dict[str, dict[str, Any]] = {}

        async def attempt() -> httpx.Response:
            # What is shipped may be called back while we wait, so each call is made up anew.
            sent.clear()
            sent.update(await self._bodies(keys))
            if not sent:
                raise Withdrawn
            return await self._send([*sent.values()])

        try:
            answer = await persist(attempt, policy=POSTING, clock=self._clock)
            await self._settle([*sent], answer)
        except Withdrawn:
            return
        except Exception as error:  # noqa: BLE001 - a defect of ours must not lose an invoice
            problem = error
            if not isinstance(problem, Undeliverable):
                _log.exception("posting failed")
                problem = Undeliverable(f"internal error: {type(error).__name__}")
            for key in [key for key in sent if key not in self._finished]:
                await self._give_up(key, problem)
        finally:
            self._busy.difference_update(keys)

    async def _send(self, bodies: list[dict[str, Any]]) -> httpx.Response:
        """Post one invoice alone, and several in one call."""
        path, body = INVOICES, bodies[0]
        if len(bodies) > 1:
            path, body = f"{INVOICES}/batch", {"invoices": bodies}
        answer = await self._erp.post(path, json=body, timeout=POSTING_SECONDS)
        if answer.is_success and len(bodies) > 1:
            rows_of(answer)
        if code_of(answer) == CROWDED:  # a 400 that means: later
            raise httpx.RemoteProtocolError("the ERP is crowded")
        return answer

    async def _settle(self, keys: list[str], answer: httpx.Response) -> None:
        """Finish what was posted, alone or in a batch."""
        results: dict[str, Any] = {}
        if answer.is_success and len(keys) > 1:
            results = {one["externalDocumentNumber"]: one for one in rows_of(answer)["results"]}
        for key in keys:
            if len(keys) > 1 and answer.is_success:
                await self._settle_one(key, results.get(key) or {})
            elif answer.is_success or code_of(answer) == EXISTS:
                self._finish(key)
            else:
                await self._give_up(key, _refusal(answer))

    async def _settle_one(self, key: str, result: Message) -> None:
        """Finish one of a batch; one that the ERP says nothing about is not posted again."""
        if result.get("result") in ("created", "already_exists"):
            self._finish(key)
            return
        code = (result.get("error") or {}).get("code", "no answer")
        reason = f"the ERP refuses it in a batch: {code}"
        await self._give_up(key, Undeliverable(reason))
        # The integration hears of every element that failed; this is who can mend it.
        if result:
            await self._desk.alert(_mended_by(code), key, reason)

    async def _give_up(self, key: str, problem: Undeliverable) -> None:
        self._finish(key)
        await self._park(key, problem)

    def _finish(self, key: str) -> None:
        self._finished.add(key)
        self._known.pop(key, None)

    # What is known of the orders.

    def _keep(self, order: Message, *, read_at: datetime | None) -> None:
        key = str(order["orderNo"])
        known = self._known.get(key)
        if key in self._finished or (known and order["revision"] < known.order["revision"]):
            return
        self._known[key] = _Known(order, read_at)

    async def _bodies(self, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the invoices of those that are shipped still, as a look shows that is not old."""
        bodies = {}
        for key in keys:
            try:
                if key in self._known and not self._is_fresh(key):
                    await self._read(key)
                if key in self._known and self._is_fresh(key) and self._known[key].is_shipped:
                    bodies[key] = sales_invoice(self._known[key].order)
            except Undeliverable as problem:
                await self._give_up(key, problem)
        return bodies

    async def _read(self, key: str) -> None:
        """Look at one order again; without an answer it waits for the next round."""
        asked = self._clock.now()
        path = f"/api/v2/orders/{quote(key, safe='')}"
        try:
            answer = await persist(partial(self._oms.get, path), policy=READING, clock=self._clock)
        except Undeliverable as problem:
            _log.warning("%s is not posted in this round: %s", key, problem)
            return
        if not answer.is_success:
            raise Undeliverable(f"looking it up, the OMS answers with status {answer.status_code}")
        self._keep(rows_of(answer), read_at=asked)

    def _is_fresh(self, key: str) -> bool:
        read_at = self._known[key].read_at
        return read_at is not None and self._clock.now() - read_at <= FRESH

    async def _look_for_news(self) -> None:
        """Read what changed since the last complete look, or lately after a start."""
        begun = self._clock.now()
        await self._look(begun - LOOKS_BACK if self._since is None else self._since - OVERLAP)
        self._since = begun

    async def _look(self, since: datetime) -> None:
        """Read the orders that changed since then, page by page."""
        query = {"changedFrom": since.strftime("%Y-%m-%dT%H:%M:%SZ")}
        more = True
        while more:
            asked = self._clock.now()
            read = partial(self._oms.get, "/api/v2/orders", params=query)
            answer = await persist(read, policy=READING, clock=self._clock)
            answer.raise_for_status()
            page = rows_of(answer)
            for order in page["orders"]:
                self._keep(order, read_at=asked)
            query["after"] = page.get("next")
            more = bool(query["after"])


def until_night(now: datetime) -> float:
    """Return the seconds until the next 00:45 in Berlin, when all of the day before has come."""
    local = now.astimezone(BERLIN)
    night = local.replace(hour=0, minute=45, second=0, microsecond=0)
    if night <= local:
        night += timedelta(days=1)  # a day on the clock, also when it has 23 hours
    return (night.astimezone(UTC) - now).total_seconds()


def sales_invoice(order: Message) -> dict[str, Any]:
    """Return the invoice of an order.

    Raises:
        Unmappable: it cannot be posted as agreed.
    """
    lines = required(order, "lines")
    shipping, tax = amount(order, "shippingNet"), amount(order, "taxTotal")
    rows = [_row(line) for line in lines]
    if shipping > 0:
        told = sum((amount(line, "tax") for line in lines), Decimal(0))
        rows.append(
            {
                "reference": "SHIPPING",
                "lineType": "Account",
                "lineObjectNumber": SHIPPING,
                "quantity": 1,
                "netAmount": number(shipping),
                # What is left of the tax is that of shipping; the OMS does not tell it.
                "taxAmount": number(tax - told),
            }
        )
    return {
        "externalDocumentNumber": required(order, "orderNo"),
        "channelOrderId": required(order, "externalId"),
        "customerNumber": required(order, "customerNo"),
        "postingDate": instant(order, "updatedAt").astimezone(BERLIN).strftime("%Y-%m-%d"),
        "currencyCode": required(order, "currency"),
        "totalTax": number(tax),
        "totalIncludingTax": number(amount(order, "grandTotal")),
        "lines": rows,
    }


def _row(line: Message) -> dict[str, Any]:
    kind, account = required(line, "kind"), None
    if kind != "GOODS":
        account = _ACCOUNTS.get(kind)
        if account is None:
            raise Unmappable("kind has a value that nobody agreed on")
    return without_missing(
        reference=required(line, "lineRef"),
        lineType="Account" if account else "Item",
        lineObjectNumber=account or required(line, "sku"),
        description=None if account else line.get("description"),
        quantity=required(line, "qty"),
        netAmount=number(amount(line, "net")),
        taxAmount=number(amount(line, "tax")),
    )


_ACCOUNTS: Final[Mapping[str, str]] = {"GIFT_CARD": GIFT_CARDS, "SERVICE": SERVICES}


def number(value: Decimal) -> float:
    """Return an amount as JSON has it; of its twelve digits a float loses none."""
    return float(money(value))


def _refusal(answer: httpx.Response) -> Undeliverable:
    """Return what is wrong with a call that calling again would not change."""
    if answer.status_code != 400:
        return Undeliverable(f"the ERP answers with status {answer.status_code}")
    code = code_of(answer)
    return Undeliverable(f"the ERP refuses the invoice: {code or 400}", tell=_mended_by(code))


def _mended_by(code: str) -> str:
    return MASTER_DATA if code == ITEM_UNKNOWN else FINANCE


def code_of(answer: httpx.Response) -> str:
    """Return the code of a refusal; empty for other answers, and where there is none."""
    if answer.status_code != 400:
        return ""
    try:
        return str(answer.json()["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""
