"""What was really paid back to buyers, from the shop into the books of the ERP."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

import httpx

from harness.reference.alerts import Desk
from harness.reference.clock import Clock
from harness.reference.delivery import Policy, persist
from harness.reference.invoices import BERLIN, EXISTS, FINANCE, READING, code_of, number
from harness.reference.mapping import Message, Unmappable, amount, instant, required
from harness.reference.problems import Undeliverable
from harness.reference.store import Background, Inbox

SHOP: Final = "/admin/api/2026-01"
INVOICES: Final = "/api/golive/sales/v1.0/salesInvoices"
MEMOS: Final = "/api/golive/sales/v1.0/salesCreditMemos"
POSTING: Final = Policy(
    attempts=6, first=30.0, factor=4.0, longest=3600.0, jitter=True, give_up_after=6 * 3600.0
)
POSTING_SECONDS: Final = 30.0
RECONCILE_EVERY: Final = 24 * 3600.0
LOOKS_BACK: Final = timedelta(days=7)
INVOICE_EVERY, INVOICE_LOOKS = 1800.0, 40
"""How often, in seconds, the invoice of a refund is looked for, and how many times."""
ACCOUNTS: Final = {"shipping_refund": "8420", "refund_discrepancy": "4990"}

_log = logging.getLogger(__name__)


class CreditMemos:
    """Posts one credit memo for each refund, when its money has moved and its invoice is posted."""

    def __init__(
        self,
        shop: httpx.AsyncClient,
        erp: httpx.AsyncClient,
        *,
        desk: Desk,
        clock: Clock,
        background: Background,
    ) -> None:
        self._shop = shop
        self._erp = erp
        self._clock = clock
        self._refund_of: dict[int, Message] = {}
        self._inbox = Inbox(
            handle=self._post,
            park=desk.parking(
                "bookings", contract="shopify-refund-to-erp-credit-memo", alarm_over=5
            ),
            background=background,
        )

    def receive(self, refund: Any) -> None:
        """Take a refund as Shopify tells it.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(refund, dict) or type(refund.get("id")) is not int:
            raise ValueError("a refund has a number as its id")
        for money in refund.get("transactions") or ():
            self._refund_of[money["id"]] = refund
        self._inbox.offer(str(refund["id"]), (), dict(refund))

    def receive_money(self, money: Any) -> None:
        """Take a transaction: the money of a refund may have moved.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(money, dict) or type(money.get("id")) is not int:
            raise ValueError("a transaction has a number as its id")
        if refund := self._refund_of.get(money["id"]):
            self.receive(refund)

    async def reconcile(self) -> None:
        """Look once a day for refunds of the last week: a webhook may never come."""
        while True:
            await self._clock.sleep(RECONCILE_EVERY)
            try:
                await self._look()
            except Exception:  # noqa: BLE001 - the border: the next day may succeed
                _log.exception("reading the refunds failed")

    async def _look(self) -> None:
        since = (self._clock.now() - LOOKS_BACK).strftime("%Y-%m-%dT%H:%M:%SZ")
        last = 0
        while True:
            asked = {"status": "any", "updated_at_min": since, "since_id": last, "limit": 250}
            orders = (await self._read(self._shop, f"{SHOP}/orders.json", **asked))["orders"]
            for order in orders:
                if order.get("financial_status") in ("partially_refunded", "refunded"):
                    path = f"{SHOP}/orders/{order['id']}/refunds.json"
                    for refund in (await self._read(self._shop, path))["refunds"]:
                        self.receive(refund)
            if not orders:
                return
            last = orders[-1]["id"]

    async def _post(self, refund: Message, newest: Callable[[], Message]) -> bool:
        del newest  # a refund does not change; only its money moves
        order = required(refund, "order_id")
        money = await self._money(refund)
        if not has_moved(money):
            return False
        invoice = await self._invoice(str(order))
        shown = (await self._read(self._shop, f"{SHOP}/orders/{order}.json"))["order"]
        body = credit_memo(refund, shown, money, invoice)
        call = partial(self._erp.post, MEMOS, json=body, timeout=POSTING_SECONDS)
        answer = await persist(call, policy=POSTING, clock=self._clock)
        code = code_of(answer)
        if answer.is_success or code == EXISTS:
            return True
        if answer.status_code == 400:
            raise Undeliverable(f"the ERP refuses the memo: {code or 400}", tell=FINANCE)
        raise Undeliverable(f"the ERP answers with status {answer.status_code}")

    async def _money(self, refund: Message) -> list[Message]:
        """Return the transactions of a refund as they are now."""
        path = f"{SHOP}/orders/{refund['order_id']}/transactions.json"
        mine = {one["id"] for one in refund.get("transactions") or ()}
        rows = (await self._read(self._shop, path))["transactions"]
        return [one for one in rows if one["id"] in mine]

    async def _invoice(self, order: str) -> Message:
        """Return the invoice of an order; a refund may be quicker than it.

        Raises:
            Undeliverable: it is not posted in time.
        """
        for _ in range(INVOICE_LOOKS):
            rows = (await self._read(self._erp, INVOICES, channelOrderId=order))["value"]
            if rows:
                found: Message = rows[0]
                return found
            await self._clock.sleep(INVOICE_EVERY)
        raise Undeliverable("the order has no invoice", tell=FINANCE)

    async def _read(self, client: httpx.AsyncClient, path: str, **asked: Any) -> Any:
        read = partial(client.get, path, params=asked)
        answer = await persist(read, policy=READING, clock=self._clock)
        if not answer.is_success:
            raise Undeliverable(f"looking something up: status {answer.status_code}")
        return json.loads(answer.content, parse_float=Decimal)


def has_moved(money: Sequence[Message]) -> bool:
    """Return whether a refund is more than a wish."""
    kinds = {one.get("kind") for one in money}
    return "refund" in kinds and all(one.get("status") == "success" for one in money)


def credit_memo(
    refund: Message, order: Message, money: Sequence[Message], invoice: Message
) -> dict[str, Any]:
    """Return the credit memo of a refund.

    Raises:
        Unmappable: it cannot be posted as agreed.
    """
    included = order.get("taxes_included") is True
    lines = [_goods(line, included=included) for line in required(refund, "refund_line_items")]
    lines += [_rest(one) for one in required(refund, "order_adjustments")]
    total = sum((amount(one, "amount") for one in money), Decimal(0))
    if sum((line["amount"] for line in lines), Decimal(0)) != total:
        raise Unmappable("its lines do not add up to what was paid back", tell=FINANCE)
    return {
        "externalDocumentNumber": str(required(refund, "id")),
        "invoiceExternalNumber": required(invoice, "externalDocumentNumber"),
        "customerNumber": required(invoice, "customerNumber"),
        "postingDate": instant(refund, "created_at").astimezone(BERLIN).strftime("%Y-%m-%d"),
        "currencyCode": required(invoice, "currencyCode"),
        "totalIncludingTax": number(total),
        "lines": [{**line, "amount": number(line["amount"])} for line in lines],
    }


def _goods(line: Message, *, included: bool) -> dict[str, Any]:
    tax = Decimal(0) if included else amount(line, "total_tax")
    return {
        "reference": str(required(line, "id")),
        "lineType": "Item",
        "lineObjectNumber": required(line.get("line_item") or {}, "sku"),
        "quantity": required(line, "quantity"),
        "amount": amount(line, "subtotal") + tax,
    }


def _rest(adjustment: Message) -> dict[str, Any]:
    account = ACCOUNTS.get(required(adjustment, "kind"))
    if account is None:
        raise Unmappable("an adjustment is of a kind that nobody agreed on")
    return {
        "reference": str(required(adjustment, "id")),
        "lineType": "Account",
        "lineObjectNumber": account,
        "quantity": 1,
        "amount": -(amount(adjustment, "amount") + amount(adjustment, "tax_amount")),
    }
