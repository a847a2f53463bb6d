"""A finance system: it keeps the books, and knows what was paid, paid back and paid out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from harness.errors import HarnessError
from harness.landscape import System
from harness.mapping import Uncomparable, to_decimal
from harness.simulators.base import (
    Call,
    Context,
    Delivered,
    Reply,
    Simulator,
    UnknownAction,
    reply,
)
from harness.simulators.bodies import NotJson, read_json
from harness.simulators.ledger.actions import ACTIONS, MoneyActions
from harness.simulators.ledger.books import Books, reversed_body
from harness.simulators.ledger.habits import HABITS
from harness.simulators.ledger.journals_api import JournalsApi
from harness.simulators.ledger.keys import Keys
from harness.simulators.ledger.limits import Limits
from harness.simulators.ledger.money import Currencies
from harness.simulators.ledger.money_api import MoneyApi
from harness.simulators.ledger.pages import BadQuery
from harness.simulators.ledger.records import rows_of
from harness.simulators.ledger.telling import Telling
from harness.simulators.ledger.treasury import Treasury
from harness.simulators.profiles import Number, Profile
from harness.simulators.routing import Handler, Parameters, Router
from harness.simulators.webhooks import secret_of, topics_of, try_again
from harness.timing import SECOND

_PERIOD: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class Ledger(Simulator):
    """The books of one company, and the money that it hears of.

    Its key is the secret ``<system>_api_key``, asked for when the first call comes. A body is held
    against the fields of its message in the system's file. A credit is positive, a debit negative.
    """

    habits: ClassVar[Mapping[str, Number]] = HABITS
    actions: ClassVar[Mapping[str, str]] = {
        "close_period": "The month `period` takes no more journals.",
        "reopen_period": "The month `period` takes journals again.",
        "close_account": "The `account` takes no more lines.",
        "reopen_account": "The `account` takes lines again.",
        "reverse_journal": "The accountant takes back a journal, today or `bookedOn` a day.",
        "tell_again": "The last webhook about the thing is delivered once more.",
        **ACTIONS,
    }

    def __init__(
        self, system: System, context: Context, *, secrets: Mapping[str, str], profile: Profile
    ) -> None:
        super().__init__(system, context, secrets=secrets, profile=profile)
        _refuse_unfit(system)
        numbers = self.numbers
        self._limits = Limits(minute=numbers["calls_a_minute"], day=numbers["calls_a_day"])
        self._books = Books()
        self._telling = Telling(system, context, secrets)
        keys = Keys(lifetime=numbers["key_lifetime"], longest=numbers["key_length"])
        currencies = Currencies(numbers["whole_currencies"], numbers["thousandth_currencies"])
        self._journals = JournalsApi(
            self._books,
            context,
            self._telling,
            message=system.messages["journal"],
            keys=keys,
            currencies=currencies,
            page_size=numbers["page_size"],
        )
        self._treasury = Treasury(context, self._telling, currencies, numbers, zone=system.timezone)
        self._money = MoneyApi(
            self._treasury, context, system, keys=keys, page_size=numbers["page_size"]
        )
        self._actions = MoneyActions(self._treasury, context, currency=numbers["currency"])
        self._router = Router(self._handlers())

    def _handlers(self) -> dict[str, Handler]:
        journals = self._journals
        return {
            "POST /v1/journals": _with_body(journals.post),
            "GET /v1/journals": journals.several,
            "GET /v1/journals/:reference": journals.one,
            "GET /v1/accounts": journals.accounts,
            "GET /v1/periods": journals.periods,
            "POST /v1/refunds": _with_body(self._money.ask_back),
            **self._money.handlers(),
        }

    # Calls.

    def handle(self, call: Call) -> Reply:
        """Answer as the ledger does."""
        scheme, _, key = (call.header("Authorization") or "").partition(" ")
        expected = secret_of(self.system, self.secrets, f"{self.system.system}_api_key")
        if scheme.lower() != "bearer" or key != expected:
            return reply(401, {"error": "unauthorized"})
        now = self.context.now
        if wait := self._limits.take(now):
            headers = {"Retry-After": str(-(-wait // SECOND)), **self._limits.left(now)}
            return reply(429, {"error": "too_many_requests"}, **headers)
        found = self._router.find(call)
        if found is None:
            return reply(404, {"error": "not_found"})
        handler, parameters = found
        try:
            return handler(call, parameters)
        except BadQuery as error:
            return reply(400, {"error": "bad_query", "message": str(error)})

    # Actions.

    def act(self, action: str, payload: Any, *, about: Any = None) -> Any:
        """Do a business action; return the handle of what it made or changed."""
        values = {} if payload is None else payload
        if not isinstance(values, Mapping):
            raise UnknownAction(f"the payload of {action} is an object")
        if action in ACTIONS:
            return self._actions.act(action, values, about)
        doers: dict[str, Callable[[], Any]] = {
            "close_period": lambda: self._change_period(values, is_open=False),
            "reopen_period": lambda: self._change_period(values, is_open=True),
            "close_account": lambda: self._change_account(values, is_open=False),
            "reopen_account": lambda: self._change_account(values, is_open=True),
            "reverse_journal": lambda: self._reverse(
                _key_of(about) or values.get("reference"), values
            ),
            "tell_again": lambda: self._telling.again(_key_of(about)),
        }
        if action not in doers:
            return super().act(action, payload, about=about)
        return doers[action]()

    def hold(self, message: str, rows: tuple[Mapping[str, Any], ...]) -> None:
        """Take over rows of ``account_balance``, ``period`` or ``payment``.

        An opening balance is booked against the account that balances are carried forward from.
        """
        takers: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "account_balance": self._open,
            "period": lambda row: self._change_period(row, is_open=row.get("status") != "CLOSED"),
            "payment": lambda row: self._actions.act("capture_payment", row, None),
        }
        if message not in takers:
            super().hold(message, rows)
        with self._telling.quiet():
            for row in rows:
                takers[message](row)

    def delivered(self, outcome: Delivered) -> None:
        """Send a failed webhook again, its content and headers unchanged."""
        try_again(self.context, outcome, self.numbers["webhook_retries"])

    def snapshot(self) -> Mapping[str, list[dict[str, Any]]]:
        """Return the rows of every record that the system's file has."""
        rows = {
            "account_balance": self._journals.balance_rows(),
            "journal": self._journals.journal_rows(),
            "period": self._journals.period_rows(),
            **rows_of(self._treasury),
        }
        return {name: rows[name] for name in self.system.records if name in rows}

    def send(self, message: str, body: Any) -> None:
        """Send exactly this message as a webhook, under its first topic."""
        spec = self.system.messages.get(message)
        topics = topics_of(spec)
        if not topics or not isinstance(body, Mapping):
            able = sorted(name for name, m in self.system.messages.items() if topics_of(m))
            raise UnknownAction(f"webhooks carry: {', '.join(able) or 'nothing'}; each an object")
        self._telling.emit(message, topics[0], body)

    def _change_period(self, values: Mapping[str, Any], *, is_open: bool) -> None:
        period = _text(values, "period", "2026-02")
        if not _PERIOD.fullmatch(period):
            raise UnknownAction(f"{period!r} is no month; write it as 2026-02")
        self._journals.change_period(period, is_open=is_open)

    def _change_account(self, values: Mapping[str, Any], *, is_open: bool) -> None:
        account = _text(values, "account", "8400")
        if is_open:
            self._books.closed_accounts.discard(account)
        else:
            self._books.closed_accounts.add(account)

    def _reverse(self, reference: Any, values: Mapping[str, Any]) -> dict[str, str]:
        journal = self._books.journals.get(str(reference))
        if journal is None:
            raise UnknownAction(f"there is no journal {reference}; say which: {{reference: P-1}}")
        body = reversed_body(journal, booked_on=values.get("bookedOn", self._today()))
        return self._book(body)

    def _open(self, row: Mapping[str, Any]) -> None:
        try:
            balance = to_decimal(row.get("balance"))
        except Uncomparable as error:
            raise UnknownAction(f"an opening balance is an amount: {error}") from error
        against = self.numbers["opening_account"]
        amounts = ((_text(row, "account", "1361"), balance), (against, -balance))
        currency = _text(row, "currency", "EUR")
        reference = f"opening-{len(self._books.journals) + 1}"
        lines = [
            {"account": account, "currency": currency, "credit": f"{amount:f}"}
            for account, amount in amounts
        ]
        self._book({"reference": reference, "bookedOn": self._today(), "lines": lines})

    def _book(self, body: Mapping[str, Any]) -> dict[str, str]:
        """Book what the ledger's own people book; they meet the same objections."""
        if objection := self._books.objection(body):
            about = ", ".join(f"{name} {value}" for name, value in objection.about.items())
            raise UnknownAction(f"the ledger refuses it: {objection.error} ({about})")
        return {"message": "journal", "key": self._journals.book(body).reference}

    def _today(self) -> str:
        moment = datetime.fromtimestamp(self.context.now // SECOND, UTC)
        return moment.astimezone(ZoneInfo(self.system.timezone)).date().isoformat()


_NEEDED = ("reference", "bookedOn", "lines.*.account", "lines.*.currency", "lines.*.credit")


def _refuse_unfit(system: System) -> None:
    message = system.messages.get("journal")
    fields = message.fields if message else {}
    unfit = [name for name in _NEEDED if name not in fields or fields[name].required != "always"]
    if unfit:
        raise HarnessError(
            f"the simulator ledger plays {system.system}, whose message journal must have these "
            f"fields, `required: always`: {', '.join(unfit)}"
        )


def _with_body(answer: Callable[[Call, Any], Reply]) -> Handler:
    """Return a handler that reads the body first, as JSON with one object in it."""

    def handle(call: Call, _parameters: Parameters) -> Reply:
        try:
            body = read_json(call)
        except NotJson as error:
            return reply(400, {"error": "bad_json", "message": str(error)})
        if not isinstance(body, dict):
            return reply(400, {"error": "bad_json", "message": "expected an object"})
        return answer(call, body)

    return handle


def _text(values: Mapping[str, Any], name: str, example: str) -> str:
    found = values.get(name)
    if not isinstance(found, str):
        raise UnknownAction(f"say which: {{{name}: {example}}}")
    return found


def _key_of(about: Any) -> str | None:
    return str(about["key"]) if isinstance(about, Mapping) and "key" in about else None
