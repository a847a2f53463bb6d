"""The systems around the integration, its clock and its server, as small as the tests need them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import heapq
import hmac
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from harness.reference.app import create
from harness.reference.clock import Clock

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
URLS = {name: f"https://{name}.test" for name in ("shopify", "oms", "ops")}
SECRETS = {
    "shopify_webhook_secret": "shop-secret",
    "shopify_access_token": "shop-token",
    "oms_webhook_secret": "oms-secret",
    "oms_api_key": "oms-key",
}
SALES_ORDERS = "POST oms /api/v2/sales-orders"
ORDER_LIST = "GET shopify /admin/api/2025-07/orders.json"
FULFILLMENT_ORDERS = "GET shopify /admin/api/2025-07/orders/1001/fulfillment_orders.json"
FULFILLMENTS = "GET shopify /admin/api/2025-07/orders/1001/fulfillments.json"
CREATE = "POST shopify /admin/api/2025-07/fulfillments.json"
PARKED_ORDERS, PARKED_FULFILMENTS = "POST ops /parked/orders", "POST ops /parked/fulfilments"
ALERTS = "POST ops /alerts"

Answer = httpx.Response | type[httpx.TransportError]


def answer(status: int, body: Any = None, **headers: str) -> httpx.Response:
    """Return an answer; underscores in header names become dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json={} if body is None else body, headers=named)


DEFAULTS: dict[str, tuple[int, Any]] = {
    SALES_ORDERS: (201, {}),
    ORDER_LIST: (200, {"orders": []}),
    FULFILLMENT_ORDERS: (
        200,
        {
            "fulfillment_orders": [
                {
                    "id": 7,
                    "status": "open",
                    "line_items": [
                        {"id": 71, "line_item_id": 11, "quantity": 2, "fulfillable_quantity": 2},
                        {"id": 72, "line_item_id": 12, "quantity": 1, "fulfillable_quantity": 1},
                    ],
                }
            ]
        },
    ),
    FULFILLMENTS: (200, {"fulfillments": []}),
    CREATE: (201, {}),
    PARKED_ORDERS: (201, {}),
    PARKED_FULFILMENTS: (201, {}),
    ALERTS: (201, {}),
}


def order(**changes: Any) -> dict[str, Any]:
    """Return a paid Shopify order."""
    return {
        "id": 1001,
        "name": "#D1001",
        "created_at": "2026-03-02T03:00:00-05:00",
        "updated_at": "2026-03-02T03:00:10-05:00",
        "cancelled_at": None,
        "test": False,
        "currency": "EUR",
        "financial_status": "paid",
        "taxes_included": True,
        "total_line_items_price": "29.70",
        "total_discounts": "1.00",
        "subtotal_price": "28.70",
        "total_tax": "4.58",
        "total_price": "33.60",
        "total_weight": 1250,
        "email": " Ada@Example.test ",
        "phone": None,
        "note": None,
        "shipping_address": {
            "first_name": "Ada",
            "last_name": "Quist",
            "name": "Ada Quist",
            "address1": "Kade 1",
            "address2": None,
            "city": "Delft",
            "zip": "01067",
            "phone": "+49 (0)170 1234567",
            "country_code": "NL",
        },
        "shipping_lines": [{"price": "4.00"}, {"price": "0.90"}],
        "line_items": [
            {"id": 11, "sku": "AB-12", "name": "Mug", "quantity": 2, "price": "9.90"},
            {"id": 12, "sku": "AB-12", "name": "Mug", "quantity": 1, "price": "9.90"},
        ],
        **changes,
    }


def shipment(**changes: Any) -> dict[str, Any]:
    """Return a shipment of the OMS."""
    return {
        "fulfilmentId": "F-1",
        "revision": 1,
        "externalId": "1001",
        "status": "SHIPPED",
        "shippedAt": "2026-03-02T09:00:00Z",
        "carrier": "DHL",
        "trackingNumber": "T-1",
        "trackingUrl": None,
        "lines": [{"lineRef": "11", "sku": "AB-12", "qty": 2}],
        **changes,
    }


class TestClock(Clock):
    """Time that passes only when a test lets it."""

    __test__ = False

    def __init__(self) -> None:
        self._seconds = 0.0
        self._asleep: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> datetime:
        """Return the time of day."""
        return START + timedelta(seconds=self._seconds)

    def elapsed(self) -> float:
        """Return the seconds since the start."""
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        """Wait until the test has let so much time pass."""
        woken = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._asleep, (self._seconds + seconds, self._count, woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Let time pass, sleeper by sleeper."""
        until = self._seconds + seconds
        await settle()
        while self._asleep and self._asleep[0][0] <= until:
            self._seconds, _, woken = heapq.heappop(self._asleep)
            if not woken.done():
                woken.set_result(None)
            await settle()
        self._seconds = until


async def settle() -> None:
    """Let every task run as far as it gets without time passing."""
    for _ in range(50):
        await asyncio.sleep(0)


@dataclass
class World:
    """One integration among its systems; ``calls`` are what it asked of them."""

    calls: list[tuple[float, str, httpx.Request]] = field(default_factory=list)
    clock: TestClock = field(default_factory=TestClock)
    app: Any = None
    left: set[asyncio.Task[Any]] = field(default_factory=set)
    _scripts: dict[str, list[Answer]] = field(default_factory=dict)

    def script(self, call: str, *answers: Answer) -> None:
        """Answer the next such calls so; afterwards, as usual."""
        self._scripts.setdefault(call, []).extend(answers)

    def serve(self, request: httpx.Request) -> httpx.Response:
        """Answer a call of the integration."""
        system = request.url.host.removesuffix(".test")
        call = f"{request.method} {system} {request.url.path}"
        self.calls.append((self.clock.elapsed(), call, request))
        scripted = self._scripts.get(call)
        if not scripted:
            return answer(*DEFAULTS[call])
        found = scripted.pop(0)
        if isinstance(found, httpx.Response):
            return found
        raise found("lost", request=request)

    def bodies(self, call: str) -> list[Any]:
        """Return what was sent with such calls."""
        return [json.loads(request.content) for _, name, request in self.calls if name == call]

    def times(self, call: str) -> list[float]:
        """Return when such calls were made."""
        return [at for at, name, _ in self.calls if name == call]

    def requests(self, call: str) -> list[httpx.Request]:
        """Return such calls."""
        return [request for _, name, request in self.calls if name == call]

    async def shopify_sends(self, message: Any) -> int:
        """Deliver a webhook of Shopify."""
        body = json.dumps(message).encode()
        mac = hmac.new(b"shop-secret", body, hashlib.sha256).digest()
        return await self.post(
            "/webhooks/shopify", body, {"X-Shopify-Hmac-Sha256": base64.b64encode(mac).decode()}
        )

    async def oms_sends(self, message: Any) -> int:
        """Deliver a webhook of the OMS."""
        body = json.dumps(message).encode()
        mac = hmac.new(b"oms-secret", body, hashlib.sha256).hexdigest()
        return await self.post("/webhooks/oms", body, {"X-Oms-Signature": mac})

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Make a request of the integration and return the status it answers with."""
        return await self.request("POST", path, body, headers)

    async def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> int:
        """Make a request of the integration, its body in two parts."""
        parts: list[MutableMapping[str, Any]] = [
            {"type": "http.request", "body": body[:10], "more_body": True},
            {"type": "http.request", "body": body[10:]},
        ]
        raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
        scope = {"type": "http", "method": method, "path": path, "headers": raw}
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return parts.pop(0)

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return int(sent[0]["status"])

    @asynccontextmanager
    async def running(self, **options: Any) -> AsyncIterator[None]:
        """Start a new integration, and stop it at the end."""
        transport = httpx.MockTransport(self.serve)
        self.app = create(
            **{
                "urls": URLS,
                "secrets": SECRETS,
                "transport": transport,
                "clock": self.clock,
                "grace": 0.01,
                **options,
            }
        )
        inbound: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        outbound: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        before = asyncio.all_tasks()
        life = asyncio.create_task(self.app({"type": "lifespan"}, inbound.get, outbound.put))
        await inbound.put({"type": "lifespan.startup"})
        assert (await outbound.get())["type"] == "lifespan.startup.complete"
        yield
        await inbound.put({"type": "lifespan.shutdown"})
        assert (await outbound.get())["type"] == "lifespan.shutdown.complete"
        await life
        self.left = asyncio.all_tasks() - before


def play(
    story: Callable[[World], Coroutine[Any, Any, None]], world: World | None = None, **options: Any
) -> World:
    """Run a story in a world with one integration and return the world."""
    world = world or World()

    async def run() -> None:
        async with world.running(**options):
            await story(world)
            await settle()

    asyncio.run(run())
    return world
