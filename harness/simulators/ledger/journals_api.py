"""The face of the books: journals posted and read, accounts, periods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from harness.landscape import Message
from harness.simulators.base import Call, Context, Reply, reply
from harness.simulators.bounds import objections
from harness.simulators.ledger.books import Books, Journal, Objection, Place, period_of
from harness.simulators.ledger.keys import Keys
from harness.simulators.ledger.money import Currencies
from harness.simulators.ledger.pages import page, same
from harness.simulators.ledger.telling import Telling
from harness.simulators.routing import Parameters
from harness.simulators.validation import Violation


class JournalsApi:
    """Answers about journals, accounts and periods, and tells of each change."""

    def __init__(
        self,
        books: Books,
        context: Context,
        telling: Telling,
        *,
        message: Message,
        keys: Keys,
        currencies: Currencies,
        page_size: int,
    ) -> None:
        self._books = books
        self._context = context
        self._telling = telling
        self._message = message
        self._keys = keys
        self._currencies = currencies
        self._page_size = page_size

    def post(self, call: Call, body: Any) -> Reply:
        """Book a journal, once for each key and once for each reference."""
        key, now = call.header("Idempotency-Key"), self._context.now
        if earlier := self._keys.answer(call.path, key, body, now=now):
            return earlier
        if wrong := objections(self._message, body):
            return refused(*wrong)
        if objection := self._books.objection(body):
            return self._objected(objection)
        journal = self.book(body)
        location = f"{call.path}/{journal.reference}"
        answer = reply(201, view(journal), Location=location)
        self._keys.remember(call.path, key, body, answer, now=now)
        return answer

    def book(self, body: Mapping[str, Any]) -> Journal:
        """Book a journal to which there is no objection, and tell of it."""
        journal = self._books.post(body, now=self._context.now)
        self._telling.commit("journal", journal.body)
        self._telling.note("journal", self.journal_row(journal))
        for place in journal.places:
            self._telling.note("account_balance", self.balance_row(place))
        self._telling.note("period", self.period_row(journal.period))
        return journal

    def one(self, _call: Call, parameters: Parameters) -> Reply:
        """Show one journal."""
        journal = self._books.journals.get(parameters["reference"])
        return reply(404, {"error": "not_found"}) if journal is None else reply(200, view(journal))

    def several(self, call: Call, _parameters: Parameters) -> Reply:
        """List journals in the order in which they were booked, all or those of a period."""
        period = call.query.get("period")
        rows = [view(j) for j in self._books.journals.values() if period in (None, j.period)]
        return page("journals", rows, call.query, size=self._page_size)

    def accounts(self, call: Call, _parameters: Parameters) -> Reply:
        """List what stands on each account in each currency."""
        rows = same(self.balance_rows(), call.query, "account", "currency")
        return page("accounts", rows, call.query, size=self._page_size)

    def periods(self, call: Call, _parameters: Parameters) -> Reply:
        """List the months that were booked in or closed."""
        return page("periods", self.period_rows(), call.query, size=self._page_size)

    def change_period(self, period: str, *, is_open: bool) -> None:
        """Open or close a month."""
        self._books.periods[period] = is_open
        self._telling.note("period", self.period_row(period))

    def journal_row(self, journal: Journal) -> dict[str, Any]:
        """Return what the record of a journal holds."""
        return {
            "reference": journal.reference,
            "bookedOn": journal.body["bookedOn"],
            "period": journal.period,
            "lines": len(journal.lines),
        }

    def balance_row(self, place: Place) -> dict[str, Any]:
        """Return what the record of an account holds in one currency."""
        account, currency = place
        balance = self._currencies.text(self._books.balances[place], currency)
        return {"account": account, "currency": currency, "balance": balance}

    def period_row(self, period: str) -> dict[str, Any]:
        """Return what the record of a month holds."""
        return {"period": period, "status": "OPEN" if self._books.is_open(period) else "CLOSED"}

    def journal_rows(self) -> list[dict[str, Any]]:
        """Return the record of every journal, by reference."""
        return [self.journal_row(one) for _, one in sorted(self._books.journals.items())]

    def balance_rows(self) -> list[dict[str, Any]]:
        """Return the record of every account and currency, in their order."""
        return [self.balance_row(place) for place in sorted(self._books.balances)]

    def period_rows(self) -> list[dict[str, Any]]:
        """Return the record of every month that is known, in order."""
        return [self.period_row(period) for period in sorted(self._books.periods)]

    def _objected(self, objection: Objection) -> Reply:
        about = dict(objection.about)
        if objection.error == "unbalanced":
            about["differences"] = self._texts(about["differences"])
        status = 409 if objection.error == "duplicate_reference" else 422
        return reply(status, {"error": objection.error, **about})

    def _texts(self, amounts: Mapping[str, Decimal]) -> dict[str, str]:
        return {code: self._currencies.text(amount, code) for code, amount in amounts.items()}


def view(journal: Journal) -> dict[str, Any]:
    """Return a journal as the ledger shows it."""
    return {**journal.body, "journalNo": journal.number, "period": period_of(journal.body)}


def refused(*wrong: Violation) -> Reply:
    """Return the refusal of a body that is not as its fields are described."""
    return reply(422, {"error": "invalid", "errors": [asdict(violation) for violation in wrong]})
