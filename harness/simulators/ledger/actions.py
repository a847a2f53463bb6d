"""What people, buyers, carriers and borders do to money, as scenarios ask for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeVar

from harness.mapping import Uncomparable, to_decimal
from harness.simulators.base import Context, UnknownAction
from harness.simulators.ledger.costs import CarrierInvoice, Charge, Duty
from harness.simulators.ledger.payments import Payment, Refund
from harness.simulators.ledger.payouts import Payout
from harness.simulators.ledger.treasury import Treasury, objection

Values = Mapping[str, Any]
Handle = dict[str, str]
Held = TypeVar("Held")

ACTIONS: Final[Mapping[str, str]] = {
    "authorise_payment": "Somebody promises an `amount` for the order that the step is about.",
    "capture_payment": "Money is taken: an `amount` of a promise, or one that nobody promised.",
    "void_payment": "A promise of money is given up.",
    "refund_payment": "Somebody asks an `amount` back, all that is left unless it is said; it is "
    "pending then.",
    "succeed_refund": "The money of a pending refund has moved.",
    "fail_refund": "A pending refund fails, for a `reason`.",
    "adjust_balance": "Money comes or goes at the provider: an `amount` with a `fee`, of a `type` "
    "such as DISPUTE or RESERVE.",
    "pay_out": "The provider pays out what is available in a `currency`.",
    "fail_payout": "A payout does not reach the bank.",
    "receive_carrier_invoice": "A `carrier` sends an invoice with `lines`.",
    "adjust_carrier_invoice": "The carrier adds `lines` to an invoice after the fact.",
    "assess_duty": "A border takes `duty` and `importTax` for the order that the step is about.",
    "correct_duty": "The border changes its mind about the `duty` or the `importTax`.",
}
"""Each with a sentence."""


class MoneyActions:
    """Does what a scenario asks for; an amount is text or a whole number, EUR unless it is said."""

    def __init__(self, treasury: Treasury, context: Context, *, currency: str) -> None:
        self._treasury = treasury
        self._context = context
        self._currency = currency

    def act(self, action: str, values: Values, about: Any) -> Handle:
        """Do one of the actions; return the handle of what it made or changed."""
        doers: dict[str, Callable[[Values, Any], Handle]] = {
            "authorise_payment": self._authorise,
            "capture_payment": self.capture,
            "void_payment": self._void,
            "refund_payment": self._ask_back,
            "succeed_refund": self._settle,
            "fail_refund": self._fail,
            "adjust_balance": self._adjust_balance,
            "pay_out": self._pay_out,
            "fail_payout": self._fail_payout,
            "receive_carrier_invoice": self._receive_invoice,
            "adjust_carrier_invoice": self._adjust_invoice,
            "assess_duty": self._assess,
            "correct_duty": self._correct,
        }
        try:
            return doers[action](values, about)
        except (Uncomparable, ArithmeticError) as error:
            raise UnknownAction(f"an amount of {action} is none: {error}") from error

    def capture(self, values: Values, about: Any) -> Handle:
        """Take money, promised or not."""
        payment = self._treasury.payments.payments.get(_key_of(about, "payment"))
        if payment is None:
            payment = self._treasury.payments.payments[self._authorise(values, about)["key"]]
        left = payment.amount - payment.captured
        amount = self._amount(values, "amount", payment.currency, default=left)
        return _payment(self._treasury.capture(payment, amount))

    def _authorise(self, values: Values, about: Any) -> Handle:
        currency = self._currency_of(values)
        external_id = _key_of(about) or values.get("externalId")
        if not external_id:
            raise UnknownAction('say with `of` which order is paid, or {externalId: "77"}')
        payment = self._treasury.authorise(
            str(external_id),
            method=str(values.get("method", "CARD")),
            currency=currency,
            amount=self._amount(values, "amount", currency),
        )
        return _payment(payment)

    def _void(self, values: Values, about: Any) -> Handle:
        return _payment(self._treasury.void(self._paid(values, about)))

    def _ask_back(self, values: Values, about: Any) -> Handle:
        payment = self._paid(values, about)
        amount = self._amount(values, "amount", payment.currency, default=payment.refundable)
        if why := objection(self._treasury, payment, amount):
            raise UnknownAction(f"payment {payment.id}: {why}")
        return _refund(self._treasury.ask_back(payment, amount, reason=values.get("reason")))

    def _settle(self, values: Values, about: Any) -> Handle:
        return _refund(self._treasury.settle(self._asked_back(values, about)))

    def _fail(self, values: Values, about: Any) -> Handle:
        reason = str(values.get("reason", "account closed"))
        return _refund(self._treasury.settle(self._asked_back(values, about), failure=reason))

    def _adjust_balance(self, values: Values, _about: Any) -> Handle:
        currency, type_ = self._currency_of(values), str(values.get("type", "ADJUSTMENT"))
        body = self._treasury.move(
            type_,
            currency,
            self._signed(values, "amount", currency),
            fee=self._signed(values, "fee", currency, default=Decimal(0)),
        )
        return {"message": "balance_transaction", "key": body["transactionId"]}

    def _pay_out(self, values: Values, _about: Any) -> Handle:
        return _payout(self._treasury.pay_out(self._currency_of(values)))

    def _fail_payout(self, values: Values, about: Any) -> Handle:
        payouts = self._treasury.balance.payouts
        return _payout(self._treasury.fail(_named(payouts, values, about, "payoutId")))

    def _receive_invoice(self, values: Values, _about: Any) -> Handle:
        costs, currency = self._treasury.costs, self._currency_of(values)
        invoice = self._treasury.receive_invoice(
            str(values.get("invoiceNo", f"CI-{len(costs.invoices) + 1}")),
            carrier=str(values.get("carrier", "DHL")),
            currency=currency,
            charges=_charges(values),
        )
        return _invoice(invoice)

    def _adjust_invoice(self, values: Values, about: Any) -> Handle:
        invoice = _named(self._treasury.costs.invoices, values, about, "invoiceNo")
        return _invoice(self._treasury.adjust_invoice(invoice, _charges(values)))

    def _assess(self, values: Values, about: Any) -> Handle:
        external_id = _key_of(about) or values.get("externalId")
        if not external_id:
            raise UnknownAction('say with `of` which order crosses, or {externalId: "77"}')
        currency = self._currency_of(values)
        duty = Duty(
            f"duty-{len(self._treasury.costs.duties) + 1}",
            str(external_id),
            str(values.get("country", "NO")),
            currency,
            self._signed(values, "duty", currency, default=Decimal(0)),
            self._signed(values, "importTax", currency, default=Decimal(0)),
            self._context.now,
        )
        return _duty(self._treasury.assess(duty))

    def _correct(self, values: Values, about: Any) -> Handle:
        known = _named(self._treasury.costs.duties, values, about, "dutyId")
        duty = Duty(
            known.id,
            known.external_id,
            known.country,
            known.currency,
            self._signed(values, "duty", known.currency, default=known.duty),
            self._signed(values, "importTax", known.currency, default=known.import_tax),
            self._context.now,
        )
        return _duty(self._treasury.assess(duty))

    def _paid(self, values: Values, about: Any) -> Payment:
        """Return the payment that a step is about, or the first one of the order it is about."""
        payments = self._treasury.payments.payments
        wanted = str(values.get("paymentId") or _key_of(about))
        if wanted in payments:
            return payments[wanted]
        for payment in payments.values():
            if payment.external_id == wanted:
                return payment
        raise UnknownAction(f"there is no payment {wanted}; say with `of` which step made it")

    def _asked_back(self, values: Values, about: Any) -> Refund:
        return _named(self._treasury.payments.refunds, values, about, "refundId")

    def _currency_of(self, values: Values) -> str:
        found = values.get("currency", self._currency)
        if not isinstance(found, str):
            raise UnknownAction("a currency is three letters, such as EUR")
        return found

    def _amount(
        self, values: Values, name: str, currency: str, *, default: Decimal | None = None
    ) -> Decimal:
        amount = self._signed(values, name, currency, default=default)
        if amount <= 0:
            raise UnknownAction(f"{name} is more than nothing, not {amount}")
        return amount

    def _signed(
        self, values: Values, name: str, currency: str, *, default: Decimal | None = None
    ) -> Decimal:
        if name not in values and default is not None:
            return default
        amount = to_decimal(values.get(name))
        if not self._treasury.currencies.fits(amount, currency):
            raise UnknownAction(f"{name} is {amount}, and {currency} has no such small parts")
        return amount


def _charges(values: Values) -> list[Charge]:
    lines = values.get("lines")
    if not isinstance(lines, list) or not all(isinstance(line, Mapping) for line in lines):
        raise UnknownAction('lines is a list such as [{shipmentRef: "1Z1", amount: "4.90"}]')
    return [
        Charge(
            str(line.get("shipmentRef", "")),
            str(line.get("kind", "POSTAGE")),
            to_decimal(line.get("amount")),
        )
        for line in lines
    ]


def _named(held: Mapping[str, Held], values: Values, about: Any, name: str) -> Held:
    wanted = str(values.get(name) or _key_of(about))
    if wanted not in held:
        known = ", ".join(held) or "none"
        raise UnknownAction(f"there is no {name} {wanted}, there are: {known}")
    return held[wanted]


def _key_of(about: Any, message: str | None = None) -> str:
    """Return the key of what a step is about, if it is a message of that name; else no text."""
    if not isinstance(about, Mapping) or message not in (None, about.get("message")):
        return ""
    return str(about.get("key", ""))


def _payment(payment: Payment) -> Handle:
    return {"message": "payment", "key": payment.id}


def _refund(refund: Refund) -> Handle:
    return {"message": "refund", "key": refund.id}


def _payout(payout: Payout) -> Handle:
    return {"message": "payout", "key": payout.id}


def _invoice(invoice: CarrierInvoice) -> Handle:
    return {"message": "carrier_invoice", "key": invoice.number}


def _duty(duty: Duty) -> Handle:
    return {"message": "duty", "key": duty.id}
