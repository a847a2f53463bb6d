"""The service itself: webhooks come in by ASGI, work goes on in the background."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Mapping,
    MutableMapping,
)
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx

from harness.reference.alerts import Desk
from harness.reference.amazon import Amazon, Credentials
from harness.reference.charges import Charges
from harness.reference.clock import Clock
from harness.reference.credit_memos import CreditMemos
from harness.reference.invoices import Invoices
from harness.reference.items import Items, ShopItems, WarehouseItems
from harness.reference.marketplace import Confirmations, MarketplaceOrders
from harness.reference.offers import Offers
from harness.reference.orders import Orders
from harness.reference.packages import Packages
from harness.reference.parcels import Parcels
from harness.reference.payouts import Payouts
from harness.reference.polling import Poller
from harness.reference.shelves import Shelves
from harness.reference.stock import Stock
from harness.reference.store import Background
from harness.reference.tracking import Shipments
from harness.reference.warehouse import Releases

CALL_SECONDS = 5.0
TOLD = ("held", "released", "shipped", "cancelled")
"""What the OMS tells of its orders."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def create(
    *,
    urls: Mapping[str, str],
    secrets: Mapping[str, str],
    poll_every: float = 600.0,
    grace: float = 5.0,
    seller: str = "A3DEMOSELLER",
    marketplaces: tuple[str, ...] = ("A1PA6795UKMFR9", "A1F83G8C2ARO7P"),
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Clock | None = None,
) -> Middleware:
    """Return a new ASGI application that shares nothing with any other.

    ``urls`` are the bases of the systems that take part; what is between two of them is carried
    where both are there. ``poll_every`` and ``grace`` (for work that is under way at shutdown) are
    seconds, ``seller`` the id of the seller on Amazon and ``marketplaces`` those of its markets.
    ``transport`` and ``clock`` are for tests.
    """
    known = {
        "shopify": ("X-Shopify-Access-Token", "shopify_access_token", ""),
        **{
            system: ("Authorization", f"{system}_api_key", "Bearer ")
            for system in ("oms", "wms", "erp", "ledger")
        },
        "easypost": ("Authorization", "easypost_api_key", "Basic "),
    }
    senders = {
        "shopify": (b"x-shopify-hmac-sha256", _base64),
        "oms": (b"x-oms-signature", _hex),
        "easypost": (b"x-hmac-signature", _named_hex),
        "wms": (b"x-wms-signature", _hex),
    }
    config = Config(
        urls=urls,
        headers={
            system: {name: scheme + _spoken(scheme, secrets[secret])}
            for system, (name, secret, scheme) in known.items()
            if system in urls
        },
        signatures={
            f"/webhooks/{system}": Signature(header, secrets[f"{system}_webhook_secret"], encode)
            for system, (header, encode) in senders.items()
            if system in urls
        },
        credentials=_credentials(secrets) if "amazon" in urls else None,
        poll_every=poll_every,
        grace=grace,
        seller=seller,
        marketplaces=marketplaces,
        transport=transport,
    )
    return Middleware(config, clock=clock or Clock())


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Where the systems are, how they know us, and how we know them."""

    urls: Mapping[str, str]
    headers: Mapping[str, Mapping[str, str]]
    signatures: Mapping[str, Signature]
    credentials: Credentials | None
    poll_every: float
    grace: float
    seller: str
    marketplaces: tuple[str, ...]
    transport: httpx.AsyncBaseTransport | None

    def client(self, system: str) -> httpx.AsyncClient:
        """Return a client of a system that says who we are."""
        return httpx.AsyncClient(
            base_url=self.urls[system],
            headers=self.headers.get(system),
            timeout=CALL_SECONDS,
            transport=self.transport,
        )


def _credentials(secrets: Mapping[str, str]) -> Credentials:
    names = ("client_id", "client_secret", "refresh_token")
    return Credentials(*(secrets[f"amazon_{name}"] for name in names))


@dataclass(frozen=True, slots=True)
class Signature:
    """How one sender signs the raw bytes of what it sends."""

    header: bytes
    secret: str
    encode: Callable[[bytes], bytes]

    def fits(self, body: bytes, headers: Mapping[bytes, bytes]) -> bool:
        """Return whether the sender signed these bytes."""
        mac = hmac.new(self.secret.encode(), body, hashlib.sha256).digest()
        return hmac.compare_digest(self.encode(mac), headers.get(self.header, b""))


class Middleware:
    """Verifies a webhook, takes it, answers; everything else happens after the answer."""

    def __init__(self, config: Config, *, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._receivers: dict[str, Callable[[Any], None]] = {}
        self._up = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "lifespan":
            await receive()
            async with self._running():
                await send({"type": "lifespan.startup.complete"})
                await receive()
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["type"] == "http":
            status = self._answer(scope, await _body(receive))
            body = json.dumps({"ok": status == 200}).encode()
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        config, clock, background = self._config, self._clock, Background()
        async with AsyncExitStack() as stack:
            clients = {
                system: await stack.enter_async_context(config.client(system))
                for system in config.urls
            }
            work = Work(clients, config, clock=clock, background=background)
            polling = [asyncio.create_task(run()) for run in work.polls]
            self._receivers, self._up = work.receivers, True
            try:
                yield
            finally:
                self._receivers, self._up = {}, False
                for task in polling:
                    task.cancel()
                if polling:
                    await asyncio.wait(polling)
                await background.close(grace=config.grace)

    def _answer(self, scope: Scope, body: bytes) -> int:
        """Return the status for a request; taking a message never waits."""
        path, method = scope["path"], scope["method"]
        if path == "/healthz":
            return 200 if method == "GET" else 405
        signature = self._config.signatures.get(path)
        if signature is None:
            return 404
        if method != "POST":
            return 405
        if not signature.fits(body, dict(scope["headers"])):
            return 401
        if not self._up:  # starting or stopping: the sender will come again
            return 503
        return self._take(path, dict(scope["headers"]), body)

    def _take(self, path: str, headers: Mapping[bytes, bytes], body: bytes) -> int:
        system = path.rpartition("/")[2]
        topic = headers.get(f"x-{system}-topic".encode(), b"").decode(errors="replace")
        receiver = self._receivers.get(f"{system} {topic}") or self._receivers.get(system)
        if receiver is None:  # of no interest to anybody here
            return 200
        try:
            receiver(json.loads(body, parse_float=Decimal))
        except ValueError:
            return 400
        return 200


class Work:
    """Everything that is carried between the systems that take part.

    ``receivers`` take webhooks, by the sender and its topic, or by the sender alone; ``polls``
    go on until they are cancelled.
    """

    def __init__(
        self,
        clients: Mapping[str, httpx.AsyncClient],
        config: Config,
        *,
        clock: Clock,
        background: Background,
    ) -> None:
        self.receivers: dict[str, Callable[[Any], None]] = {}
        self.polls: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self._clients = clients
        self._config = config
        self._desk = Desk(clients["ops"], clock=clock)
        self._clock = clock
        self._background = background
        self._amazon: Amazon | None = None
        if config.credentials is not None:
            self._amazon = Amazon(clients["amazon"], config.credentials, clock=clock)
        self._shop_orders()
        self._marketplace_orders()
        self._warehouse_work()
        self._parcels()
        self._bookings()
        self._items()
        self._stock()

    def _shop_orders(self) -> None:
        shop, oms = self._clients.get("shopify"), self._clients.get("oms")
        if shop is None or oms is None:
            return
        desk, clock, background = self._desk, self._clock, self._background
        orders = Orders(oms, desk=desk, clock=clock, background=background)
        shipments = Shipments(shop, desk=desk, clock=clock, background=background)
        poller = Poller(shop, orders=orders, clock=clock, every=self._config.poll_every)
        self.receivers |= {"shopify": orders.receive, "oms": shipments.receive}
        self.polls.append(poller.run)

    def _marketplace_orders(self) -> None:
        oms = self._clients.get("oms")
        if self._amazon is None or oms is None:
            return
        desk, clock, background = self._desk, self._clock, self._background
        sales = MarketplaceOrders(
            self._amazon,
            oms,
            desk=desk,
            clock=clock,
            background=background,
            marketplaces=self._config.marketplaces,
        )
        shipped = Confirmations(self._amazon, desk=desk, clock=clock, background=background)
        self.polls.append(sales.run)
        self.receivers["oms marketplace.shipped"] = shipped.receive

    def _warehouse_work(self) -> None:
        oms, warehouse = self._clients.get("oms"), self._clients.get("wms")
        if oms is None or warehouse is None:
            return
        desk, clock, background = self._desk, self._clock, self._background
        releases = Releases(oms, warehouse, desk=desk, clock=clock, background=background)
        for word in TOLD:
            self._listen(f"oms order.{word}", releases.receive)
        packages = Packages(warehouse, oms, desk=desk, clock=clock, background=background)
        self._listen("wms shipment.closed", packages.receive)
        self.polls += [packages.reconcile, packages.watch]

    def _parcels(self) -> None:
        carrier, oms = self._clients.get("easypost"), self._clients.get("oms")
        if carrier is None or oms is None:
            return
        desk, clock, background = self._desk, self._clock, self._background
        parcels = Parcels(carrier, oms, desk=desk, clock=clock, background=background)
        self.receivers["easypost"] = parcels.receive
        self.polls += [parcels.reconcile, parcels.watch]

    def _bookings(self) -> None:
        desk, clock, background = self._desk, self._clock, self._background
        carrier, ledger = self._clients.get("easypost"), self._clients.get("ledger")
        if carrier and ledger:
            charges = Charges(carrier, ledger, desk=desk, clock=clock, background=background)
            self.polls.append(charges.run)
        shop = self._clients.get("shopify")
        if shop and ledger:
            payouts = Payouts(shop, ledger, desk=desk, clock=clock, background=background)
            self.polls.append(payouts.run)
        oms, erp = self._clients.get("oms"), self._clients.get("erp")
        if shop and erp:
            memos = CreditMemos(shop, erp, desk=desk, clock=clock, background=background)
            self._listen("shopify refunds/create", memos.receive)
            self._listen("shopify order_transactions/create", memos.receive_money)
            self.polls.append(memos.reconcile)
        if oms and erp:
            invoices = Invoices(oms, erp, desk=desk, clock=clock, background=background)
            for word in TOLD:
                self._listen(f"oms order.{word}", invoices.receive)
            self.polls.append(invoices.run)

    def _items(self) -> None:
        erp, warehouse, shop = (self._clients.get(name) for name in ("erp", "wms", "shopify"))
        if erp is None or not (warehouse or shop):
            return
        desk, clock, background = self._desk, self._clock, self._background
        items = Items(erp, desk=desk, clock=clock, background=background)
        if warehouse:
            WarehouseItems(warehouse, items, clock=clock)
        if shop:
            ShopItems(shop, items, clock=clock)
        self.polls += [items.run, items.watch]

    def _stock(self) -> None:
        warehouse, shop = self._clients.get("wms"), self._clients.get("shopify")
        if warehouse is None or not (shop or self._amazon):
            return
        desk, clock, background = self._desk, self._clock, self._background
        stock = Stock(warehouse, desk=desk, clock=clock, background=background)
        self._listen("wms inventory.changed", stock.receive)
        self.polls += [stock.reconcile, stock.watch]
        if shop:
            Shelves(shop, stock, clock=clock)
        if self._amazon:
            Offers(
                self._amazon,
                stock,
                desk=desk,
                clock=clock,
                background=background,
                seller=self._config.seller,
                marketplaces=self._config.marketplaces,
            )

    def _listen(self, topic: str, receive: Callable[[Any], None]) -> None:
        """Let one more hear of a topic."""
        others = self.receivers.get(topic)

        def both(message: Any) -> None:
            if others is not None:
                others(message)
            receive(message)

        self.receivers[topic] = both


async def _body(receive: Receive) -> bytes:
    """Return the body; what was cut off when the sender hung up fits no signature."""
    chunks, more = bytearray(), True
    while more:
        message = await receive()
        chunks += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(chunks)


def _spoken(scheme: str, secret: str) -> str:
    """Return a secret as its scheme wants it; in basic authentication it is the user."""
    return base64.b64encode(f"{secret}:".encode()).decode() if scheme == "Basic " else secret


def _named_hex(mac: bytes) -> bytes:
    return b"hmac-sha256-hex=" + mac.hex().encode()


def _hex(mac: bytes) -> bytes:
    return mac.hex().encode()


def _base64(mac: bytes) -> bytes:
    return base64.b64encode(mac)
