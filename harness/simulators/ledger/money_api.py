"""Payments, refunds, payouts and costs as they are read; refunds as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from harness.landscape import System
from harness.mapping import to_decimal
from harness.simulators.base import Call, Context, Reply, reply
from harness.simulators.bounds import objections
from harness.simulators.ledger.journals_api import refused
from harness.simulators.ledger.keys import Keys
from harness.simulators.ledger.pages import changed, page, same
from harness.simulators.ledger.treasury import Treasury, objection
from harness.simulators.ledger.views import Row
from harness.simulators.routing import Handler, Parameters
from harness.simulators.validation import Violation

Held = TypeVar("Held")


class MoneyApi:
    """Answers about money. Lists are in the order of their making, and can be narrowed."""

    def __init__(
        self, treasury: Treasury, context: Context, system: System, *, keys: Keys, page_size: int
    ) -> None:
        self._treasury = treasury
        self._context = context
        self._system = system
        self._keys = keys
        self._page_size = page_size

    def handlers(self) -> dict[str, Handler]:
        """Return what answers, by address."""
        views, treasury = self._treasury.views, self._treasury
        payments, costs = treasury.payments, treasury.costs
        return {
            **self._reads("payments", payments.payments, views.payment, "externalId", "status"),
            **self._reads("refunds", payments.refunds, views.refund, "paymentId", "status"),
            **self._reads("payouts", treasury.balance.payouts, views.payout, "status"),
            **self._reads("carrier-invoices", costs.invoices, views.invoice, "carrier"),
            **self._reads("duties", costs.duties, views.duty, "externalId"),
            "GET /v1/transactions": self._transactions,
            "GET /v1/payouts/:id/transactions": self._of_payout,
        }

    def ask_back(self, call: Call, body: Any) -> Reply:
        """Take a refund, once for each key and once for each reference; it is pending then."""
        message = self._system.messages.get("refund_request")
        if message is None:
            return _not_found()
        key, now = call.header("Idempotency-Key"), self._context.now
        if earlier := self._keys.answer(call.path, key, body, now=now):
            return earlier
        if wrong := objections(message, body):
            return refused(*wrong)
        answer = self._asked_back(body)
        self._keys.remember(call.path, key, body, answer, now=now)
        return answer

    def _asked_back(self, body: Mapping[str, Any]) -> Reply:
        payments = self._treasury.payments
        if known := payments.references.get(body["reference"]):
            return reply(409, {"error": "duplicate_reference", "refundId": known})
        payment = payments.payments.get(body["paymentId"])
        if payment is None:
            return refused(Violation("paymentId", "unknown_payment", "there is no such payment"))
        if body["currency"] != payment.currency:
            text = f"the payment is in {payment.currency}"
            return refused(Violation("currency", "other_currency", text))
        amount = to_decimal(body["amount"])
        if why := objection(self._treasury, payment, amount):
            return reply(422, {"error": "not_refundable", "message": why})
        self._context.commit("refund_request", body["reference"], body)
        refund = self._treasury.ask_back(
            payment, amount, reference=body["reference"], reason=body.get("reason")
        )
        return reply(201, self._treasury.views.refund(refund), Location=f"/v1/refunds/{refund.id}")

    def _reads(
        self, name: str, held: Mapping[str, Held], view: Callable[[Held], Row], *fields: str
    ) -> dict[str, Handler]:
        def several(call: Call, _parameters: Parameters) -> Reply:
            wanted = same([view(each) for each in held.values()], call.query, *fields)
            rows = changed(wanted, call.query, by="updatedAt")
            return page(name.replace("-", "_"), rows, call.query, size=self._page_size)

        def one(_call: Call, parameters: Parameters) -> Reply:
            found = held.get(parameters["id"])
            return _not_found() if found is None else reply(200, view(found))

        return {f"GET /v1/{name}": several, f"GET /v1/{name}/:id": one}

    def _transactions(self, call: Call, _parameters: Parameters) -> Reply:
        return self._listed(call, self._treasury.balance.transactions.values())

    def _of_payout(self, call: Call, parameters: Parameters) -> Reply:
        balance = self._treasury.balance
        if parameters["id"] not in balance.payouts:
            return _not_found()
        return self._listed(call, balance.of_payout(parameters["id"]))

    def _listed(self, call: Call, transactions: Iterable[Any]) -> Reply:
        rows = [self._treasury.views.transaction(each) for each in transactions]
        wanted = same(rows, call.query, "type", "currency", "about")
        return page("transactions", wanted, call.query, size=self._page_size)


def _not_found() -> Reply:
    return reply(404, {"error": "not_found"})
