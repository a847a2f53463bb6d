"""A warehouse management system: takes orders, picks, packs and ships them, and tells its stock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final

from harness.errors import HarnessError
from harness.landscape import System
from harness.simulators.base import Call, Context, Delivered, Reply, Simulator, UnknownAction
from harness.simulators.profiles import Number, Profile
from harness.simulators.routing import Handler, Router
from harness.simulators.webhooks import secret_of, topics_of, try_again
from harness.simulators.wms import views
from harness.simulators.wms.actions import ACTIONS, Actions
from harness.simulators.wms.book import Book, Handle
from harness.simulators.wms.dock import Dock
from harness.simulators.wms.floor import Floor
from harness.simulators.wms.goods_api import GoodsApi
from harness.simulators.wms.habits import HABITS
from harness.simulators.wms.limits import Window
from harness.simulators.wms.needs import refuse_unfit
from harness.simulators.wms.orders_api import OrdersApi
from harness.simulators.wms.refusals import Refused, not_found
from harness.simulators.wms.stock_api import StockApi
from harness.simulators.wms.telling import Telling
from harness.timing import SECOND

Values = Mapping[str, Any]


class Wms(Simulator):
    """A warehouse system, of one warehouse or of several.

    Its key is the secret ``<system>_api_key``. Bodies are held against the fields of their
    messages in the system's file. Stock is reckoned with for the items that were counted, given or
    received in a warehouse; of all others there is always enough. Items are checked as soon as
    one is known. The messages ``outbound_cancelled``, ``asn`` and ``receipt`` are taken and told
    where the system's file has them; orders are called back and goods received all the same.

    Not played: lots and expiry dates, places on the shelves, waves, stock between warehouses.
    """

    habits: ClassVar[Mapping[str, Number]] = HABITS
    actions: ClassVar[Mapping[str, str]] = ACTIONS

    def __init__(
        self, system: System, context: Context, *, secrets: Mapping[str, str], profile: Profile
    ) -> None:
        super().__init__(system, context, secrets=secrets, profile=profile)
        refuse_unfit(system)
        _refuse_unknown_words(self.numbers)
        self._key = secret_of(system, secrets, f"{system.system}_api_key")
        self._window = Window(most=self.numbers["calls"], span=self.numbers["calls_per"])
        self._telling = Telling(system, context, secrets)
        self._book = Book(context, self._telling, numbers=self.numbers, zone=system.timezone)
        floor, dock = Floor(self._book), Dock(self._book)
        self._actions = Actions(self._book, floor, dock, system)
        self._router = Router(self._handlers(floor, dock))

    def _handlers(self, floor: Floor, dock: Dock) -> dict[str, Handler]:
        """Return what answers, as far as the system's file has its messages."""
        orders = OrdersApi(self._book, floor, self.system)
        goods = GoodsApi(self._book, dock, self.system)
        stock = StockApi(self._book, self.context)
        handlers: dict[str, dict[str, Handler]] = {
            "outbound_order": {
                "POST /v1/outbound-orders": orders.create,
                "GET /v1/outbound-orders": orders.several,
                "GET /v1/outbound-orders/:id": orders.one,
                "POST /v1/outbound-orders/:order_ref/cancel": orders.cancel,
            },
            "shipment": {
                "GET /v1/shipments": orders.shipments,
                "GET /v1/shipments/:id": orders.shipment,
            },
            "stock_line": {
                "GET /v1/inventory/snapshot": stock.snapshot,
                "GET /v1/inventory/:stock_id": stock.line,
            },
            "product": {
                "PUT /v1/products/:external_id": goods.put_product,
                "GET /v1/products/:external_id": goods.product,
            },
            "asn": {"POST /v1/asns": goods.create_asn, "GET /v1/asns/:asn_ref": goods.asn},
            "receipt": {"GET /v1/receipts/:id": goods.receipt},
        }
        return {
            pattern: handler
            for message, routes in handlers.items()
            if message in self.system.messages
            for pattern, handler in routes.items()
        }

    # Calls.

    def handle(self, call: Call) -> Reply:
        """Answer as the warehouse does."""
        try:
            self._let_in(call)
            found = self._router.find(call)
            if found is None:
                raise not_found(f"resource at {call.path}")
            handler, parameters = found
            answer = handler(call, parameters)
        except Refused as refused:
            answer = refused.answer()
        left = ("x-remaining-calls", str(self._window.left))
        return replace(answer, headers=(*answer.headers, left))

    def _let_in(self, call: Call) -> None:
        scheme, _, key = (call.header("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or key != self._key:
            raise Refused("unauthorized", "The key is not known.", status=401)
        if wait := self._window.take(self.context.now):
            seconds = str(-(-wait // SECOND))
            text = f"Too many calls; come back in {seconds} seconds."
            raise Refused("throttled", text, status=429, headers={"x-retry-after": seconds})

    # Actions.

    def act(self, action: str, payload: Any, *, about: Any = None) -> Any:
        """Do a business action; return the handle of what it made or changed."""
        values = {} if payload is None else payload
        if not isinstance(values, Mapping):
            raise UnknownAction(f"the payload of {action} is an object")
        if action not in self.actions:
            return super().act(action, payload, about=about)
        work = getattr(self._actions, action)
        return self._book.attempt(lambda: work(values, about))

    def hold(self, message: str, rows: tuple[Mapping[str, Any], ...]) -> None:
        """Take over what was there before; nothing is sent, and no message is committed.

        ``stock`` with `on_hand` or `available`, ``product``, ``outbound_order``, ``asn``, and
        ``refused_sku``.
        """
        actions = self._actions
        holders: dict[str, Callable[[Values], Handle]] = {
            "stock": actions.hold_stock,
            "product": actions.hold_product,
            "outbound_order": actions.hold_order,
            "asn": actions.hold_asn,
            "refused_sku": lambda row: actions.refuse_sku(row, None),
        }
        if message not in holders:
            super().hold(message, rows)
        for row in rows:
            self._take_over(holders[message], row)

    def _take_over(self, holder: Callable[[Values], Handle], row: Values) -> None:
        self._book.attempt(lambda: holder(row), quiet=True)

    def send(self, message: str, body: Any) -> None:
        """Send exactly this message as a webhook; the warehouse itself does not learn of it."""
        spec = self.system.messages.get(message)
        if spec is None or not topics_of(spec) or not isinstance(body, Mapping):
            able = sorted(name for name, m in self.system.messages.items() if topics_of(m))
            raise UnknownAction(
                f"{self.system.system} sends only a {', '.join(f'`{n}`' for n in able)}, an object"
            )
        self._telling.announce(message, body)

    def delivered(self, outcome: Delivered) -> None:
        """Send a failed webhook again, its content and headers unchanged."""
        try_again(self.context, outcome, self.numbers["webhook_retries"])

    def snapshot(self) -> Mapping[str, list[dict[str, Any]]]:
        """Return the rows of every record that the system's file has."""
        book = self._book
        rows = {
            "stock": [views.stock_row(*one) for one in sorted(book.stock.figures.items())],
            "outbound_state": [views.order_row(order) for order in book.orders.latest],
            "item": [views.item_row(item) for _, item in sorted(book.items.by_id.items())],
            "asn_state": [asn.row for _, asn in sorted(book.asns.items())],
            "refused_sku": [views.sku_row(*one) for one in sorted(book.items.refused.items())],
        }
        return {name: rows[name] for name in self.system.records if name in rows}


_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "inventory_form": ("absolute", "delta"),
    "cancellable_until": ("picking", "packed"),
}


def _refuse_unknown_words(numbers: Mapping[str, Any]) -> None:
    for name, words in _WORDS.items():
        if numbers[name] not in words:
            raise HarnessError(f"{name} is {numbers[name]!r}; expected {' or '.join(words)}")
