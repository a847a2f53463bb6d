"""An ERP: the master of items and customers, and the books that documents are posted in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl

from harness.errors import HarnessError
from harness.landscape import System
from harness.simulators.base import Call, Context, Reply, Simulator, UnknownAction, reply
from harness.simulators.erp.books import Books, Rules
from harness.simulators.erp.clerk import Clerk, Office
from harness.simulators.erp.customers import Customers
from harness.simulators.erp.documents_api import Desk, DocumentsApi
from harness.simulators.erp.forms import Form
from harness.simulators.erp.habits import HABITS
from harness.simulators.erp.items import Items
from harness.simulators.erp.limits import Calls, Places
from harness.simulators.erp.masters_api import CustomersApi, ItemsApi, PeriodsApi
from harness.simulators.erp.refusals import NotFound, Refused
from harness.simulators.erp.series import Series
from harness.simulators.erp.telling import Telling, rows_of
from harness.simulators.profiles import Number, Profile
from harness.simulators.routing import Handler, Router
from harness.simulators.tokens import NoToken, Tokens
from harness.simulators.webhooks import new_uuid, secret_of
from harness.timing import SECOND

Values = Mapping[str, Any]

BASE: Final = "/api/golive/sales/v1.0"
TOKEN_PATH: Final = "/oauth2/v2.0/token"  # noqa: S105 - an address


class Erp(Simulator):
    """The ERP of one company.

    A caller bears the secret ``<system>_api_key``, or a token that it was given for the secrets
    ``<system>_client_id`` and ``<system>_client_secret``. Bodies are held against the fields of
    their messages in the system's file. Items and customers are checked as soon as one was given
    or made; before, any number may stand on a document. The messages ``customer`` and
    ``sales_order`` are taken where the system's file has them.

    Not played: its webhooks, ETags, drafts that are posted later, and the queries of OData beyond
    a window of time, fields that are equal, and pages.
    """

    habits: ClassVar[Mapping[str, Number]] = HABITS
    actions: ClassVar[Mapping[str, str]] = {
        "create_item": "An item is made; the payload has its `number` and more fields of `item`.",
        "change_item": "Fields of an item change, found by `number`, `id` or the step it is `of`.",
        "rename_item": "An item gets another number, `to`; its id stays.",
        "block_item": "An item can no longer be sold.",
        "unblock_item": "An item can be sold again.",
        "delete_item": "The item `number` is removed; from now on the number is unknown.",
        "create_customer": "A customer's card is made; the number comes from a series if none is "
        "given.",
        "block_customer": "A customer is `blocked` for All documents, for Invoice or for Ship.",
        "unblock_customer": "A customer is no longer blocked.",
        "close_period": "The month `period` takes no more documents.",
        "open_period": "The month `period` takes documents again.",
        "place_order": "Somebody types in a sales order; what is left out is invented.",
        "cancel_order": "A sales order that is not invoiced is cancelled.",
        "invoice_order": "A sales order is invoiced, today or on a `postingDate`.",
        "pay_invoice": "The customer pays an `amount` of an invoice, or all that remains.",
        "credit_invoice": "The accountant credits an `amount` of an invoice by hand, or all that "
        "is left of it.",
        "crowd": "Other integrations hold so many `places`, all of them if none are named.",
        "make_room": "No other integration holds a place any more.",
        "expire_token": "Every token that was given is refused from now on.",
    }

    def __init__(
        self, system: System, context: Context, *, secrets: Mapping[str, str], profile: Profile
    ) -> None:
        super().__init__(system, context, secrets=secrets, profile=profile)
        _refuse_unfit(system)
        numbers = self.numbers
        self._calls = Calls(most=numbers["calls"], span=numbers["calls_per"])
        self._places = Places(most=numbers["places"], takes=profile.latency)
        self._tokens = Tokens(lifetime=numbers["token_lifetime"])
        self._items = Items(tick=numbers["tick"], blank=self._blank())
        self._customers = Customers()
        self._books = self._new_books()
        telling = Telling(system, context)
        self._forms = {name: Form(message) for name, message in system.messages.items()}
        self._desk = Desk(self._books, context, telling)
        self._kinds = self._desk.kinds(self._forms)
        self._clerk = Clerk(
            Office(
                context=context,
                telling=telling,
                items=self._items,
                customers=self._customers,
                customer_numbers=Series(*numbers["customer_numbers"]),
                books=self._books,
                desk=self._desk,
                kinds=self._kinds,
                zone=system.timezone,
                number_length=numbers["number_length"],
            )
        )
        self._router = Router(self._handlers())

    def _blank(self) -> dict[str, Any]:
        return {
            "type": "Inventory",
            "blocked": False,
            "baseUnitOfMeasureCode": "PCS",
            "grossWeight": self.numbers["new_item_weight"],
            "unitPrice": self.numbers["new_item_price"],
            "taxGroupCode": "TAXABLE",
        }

    def _new_books(self) -> Books:
        numbers = self.numbers
        return Books(
            self._items,
            self._customers,
            rules=Rules(
                tolerance=numbers["tolerance"],
                currencies=numbers["currencies"],
                units_checked=numbers["credited_units_checked"],
            ),
            orders=Series(*numbers["order_numbers"]),
            invoices=Series(*numbers["invoice_numbers"]),
            memos=Series(*numbers["credit_memo_numbers"]),
        )

    def _handlers(self) -> dict[str, Handler]:
        size = self.numbers["page_size"]
        orders, invoices, memos = (
            DocumentsApi(self._desk, kind, page_size=size, batch_size=self.numbers["batch_size"])
            for kind in self._kinds.values()
        )
        items = ItemsApi(self._items, page_size=size)
        customers = CustomersApi(
            self._customers,
            self._clerk.make_customer,
            form=self._forms.get("customer"),
            page_size=size,
        )
        periods = PeriodsApi(self._books, page_size=size)
        return {
            f"GET {BASE}/items": items.several,
            f"GET {BASE}/items/:id": items.one,
            f"POST {BASE}/customers": customers.create,
            f"GET {BASE}/customers": customers.several,
            f"GET {BASE}/customers/:id": customers.one,
            f"GET {BASE}/postingPeriods": periods.several,
            f"POST {BASE}/salesInvoices/batch": lambda call, _: invoices.batch(
                call, self._correlation
            ),
            **_routes(f"{BASE}/salesOrders", orders),
            **_routes(f"{BASE}/salesInvoices", invoices),
            **_routes(f"{BASE}/salesCreditMemos", memos),
        }

    # Calls.

    def handle(self, call: Call) -> Reply:
        """Answer as the ERP does."""
        if (call.method, call.path) == ("POST", TOKEN_PATH):
            return self._give_token(call)
        try:
            self._let_in(call)
            found = self._router.find(call)
            if found is None:
                raise NotFound(f"There is no resource at {call.path}.", code="BadRequest_NotFound")
            handler, parameters = found
            return handler(call, parameters)
        except Refused as refused:
            return refused.answer(self._correlation())

    def _let_in(self, call: Call) -> None:
        """Refuse a caller who is not known, who calls too often, or finds no place."""
        numbers, now = self.numbers, self.context.now
        if not self._is_known(call):
            text = "The server has rejected the client credentials."
            raise Refused(text, code="Authentication_InvalidCredentials", status=401)
        if wait := self._calls.take(now):
            seconds = -(-max(wait, numbers["retry_after_at_least"]) // SECOND)
            raise Refused(
                f"Too many calls: no more than {self._calls.most} are taken.",
                code="Application_TooManyRequests",
                status=429,
                headers={"Retry-After": str(seconds)},
            )
        if not self._places.take(now):
            raise Refused(
                "Too many calls at the same time. Try again later.",
                code=numbers["crowded_code"],
                status=numbers["crowded_status"],
            )

    def _give_token(self, call: Call) -> Reply:
        name = self.system.system
        known = (
            secret_of(self.system, self.secrets, f"{name}_client_id"),
            secret_of(self.system, self.secrets, f"{name}_client_secret"),
        )
        form = dict(parse_qsl(call.body.decode(errors="replace")))
        try:
            token = self._tokens.give(form, known, now=self.context.now, random=self.context.random)
        except NoToken as error:
            told = {"error": error.code, "error_description": str(error)}
            return reply(error.status, told)
        lasts = self.numbers["token_lifetime"] // SECOND
        return reply(200, {"token_type": "Bearer", "expires_in": lasts, "access_token": token})

    def _is_known(self, call: Call) -> bool:
        scheme, _, token = (call.header("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer":
            return False
        if self._tokens.holds(token, now=self.context.now):
            return True
        name = self.system.system
        if f"{name}_client_id" in self.secrets and f"{name}_api_key" not in self.secrets:
            return False
        return token == secret_of(self.system, self.secrets, f"{name}_api_key")

    def _correlation(self) -> str:
        return new_uuid(self.context.random)

    # Actions.

    def act(self, action: str, payload: Any, *, about: Any = None) -> Any:
        """Do a business action; return the handle of what it made or changed."""
        values = {} if payload is None else payload
        if not isinstance(values, Mapping):
            raise UnknownAction(f"the payload of {action} is an object")
        match action:
            case "crowd":
                return self._crowd(values.get("places", self._places.most))
            case "make_room":
                return self._crowd(0)
            case "expire_token":
                return self._tokens.expire()
        if action not in self.actions:
            return super().act(action, payload, about=about)
        return _explained(getattr(self._clerk, action), values, about)

    def hold(self, message: str, rows: tuple[Mapping[str, Any], ...]) -> None:
        """Take over what was there before, or what became of it; nothing is committed.

        ``item`` and ``customer`` rows that are there already are changed. ``invoice`` and
        ``sales_order`` rows are documents, with what is left out invented. ``posting_period``.
        """
        holders: dict[str, Callable[[Values], None]] = {
            "item": self._clerk.hold_item,
            "customer": self._clerk.hold_customer,
            "posting_period": self._clerk.hold_period,
            "invoice": self._clerk.hold_invoice,
            "sales_invoice": self._clerk.hold_invoice,
            "sales_order": self._clerk.hold_order,
        }
        if message not in holders:
            super().hold(message, rows)
        for row in rows:
            _explained(holders[message], row)

    def snapshot(self) -> Mapping[str, list[dict[str, Any]]]:
        """Return the rows of every record that the system's file has."""
        rows = rows_of(self._items.by_id, self._customers.cards, self._books)
        return {name: rows[name] for name in self.system.records if name in rows}

    def _crowd(self, places: Any) -> None:
        if type(places) is not int or places < 0:
            raise UnknownAction("places is how many the others hold, such as {places: 100}")
        self._places.held_by_others = places


_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "sales_invoice": (
        "externalDocumentNumber",
        "customerNumber",
        "postingDate",
        "currencyCode",
        "totalTax",
        "totalIncludingTax",
        "lines",
        "lines.*.lineType",
        "lines.*.lineObjectNumber",
        "lines.*.quantity",
        "lines.*.netAmount",
    ),
    "credit_memo": (
        "externalDocumentNumber",
        "invoiceExternalNumber",
        "customerNumber",
        "postingDate",
        "currencyCode",
        "totalIncludingTax",
        "lines",
        "lines.*.lineType",
        "lines.*.lineObjectNumber",
        "lines.*.quantity",
        "lines.*.amount",
    ),
}
"""The fields that the books live on; those of an order are those of an invoice."""


def _refuse_unfit(system: System) -> None:
    needed = dict(_NEEDED)
    if "sales_order" in system.messages:
        needed["sales_order"] = tuple(n for n in _NEEDED["sales_invoice"] if n != "postingDate")
    for name, fields in needed.items():
        described = system.messages[name].fields if name in system.messages else {}
        unfit = [n for n in fields if n not in described or described[n].required != "always"]
        if unfit:
            raise HarnessError(
                f"the simulator erp plays {system.system}, whose message {name} must have these "
                f"fields, `required: always`: {', '.join(unfit)}"
            )


def _routes(path: str, documents: DocumentsApi) -> dict[str, Handler]:
    return {
        f"POST {path}": documents.create,
        f"GET {path}": documents.several,
        f"GET {path}/:id": documents.one,
    }


def _explained(work: Callable[..., Any], *what: Any) -> Any:
    """Do what a scenario asks for; say why where the ERP refuses it."""
    try:
        return work(*what)
    except Refused as refused:
        raise UnknownAction(f"the ERP refuses it: {refused.code}: {refused}") from refused
