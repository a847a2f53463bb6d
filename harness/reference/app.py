"""The service itself: webhooks come in by ASGI, work goes on in the background."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx

from harness.reference.alerts import Desk
from harness.reference.clock import Clock
from harness.reference.orders import Orders
from harness.reference.polling import Poller
from harness.reference.store import Background
from harness.reference.tracking import Shipments

CALL_SECONDS = 5.0
SHOPIFY, OMS = "/webhooks/shopify", "/webhooks/oms"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def create(
    *,
    urls: Mapping[str, str],
    secrets: Mapping[str, str],
    poll_every: float = 600.0,
    grace: float = 5.0,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Clock | None = None,
) -> Middleware:
    """Return a new ASGI application that shares nothing with any other.

    ``urls`` are the bases of shopify, oms and ops. ``poll_every`` and ``grace`` (for work that is
    under way at shutdown) are seconds. ``transport`` and ``clock`` are for tests.
    """
    tokens = {
        "shopify": {"X-Shopify-Access-Token": secrets["shopify_access_token"]},
        "oms": {"Authorization": f"Bearer {secrets['oms_api_key']}"},
        "ops": {},
    }

    def client(system: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=urls[system],
            headers=tokens[system],
            timeout=CALL_SECONDS,
            transport=transport,
        )

    signatures = {
        SHOPIFY: Signature(
            b"x-shopify-hmac-sha256", secrets["shopify_webhook_secret"], base64.b64encode
        ),
        OMS: Signature(b"x-oms-signature", secrets["oms_webhook_secret"], _hex),
    }
    return Middleware(
        client, signatures, poll_every=poll_every, grace=grace, clock=clock or Clock()
    )


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

    def __init__(
        self,
        client: Callable[[str], httpx.AsyncClient],
        signatures: Mapping[str, Signature],
        *,
        poll_every: float,
        grace: float,
        clock: Clock,
    ) -> None:
        self._client = client
        self._signatures = signatures
        self._poll_every = poll_every
        self._grace = grace
        self._clock = clock
        self._receivers: dict[str, Callable[[Any], None]] = {}

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
        async with (
            self._client("shopify") as shop,
            self._client("oms") as oms,
            self._client("ops") as ops,
        ):
            clock, background = self._clock, Background()
            desk = Desk(ops, clock=clock)
            orders = Orders(oms, desk=desk, clock=clock, background=background)
            shipments = Shipments(shop, desk=desk, clock=clock, background=background)
            poller = Poller(shop, orders=orders, clock=clock, every=self._poll_every)
            polling = asyncio.create_task(poller.run())
            self._receivers = {SHOPIFY: orders.receive, OMS: shipments.receive}
            try:
                yield
            finally:
                self._receivers = {}
                polling.cancel()
                await asyncio.wait({polling})
                await background.close(grace=self._grace)

    def _answer(self, scope: Scope, body: bytes) -> int:
        """Return the status for a request; taking a message never waits."""
        path, method = scope["path"], scope["method"]
        if path == "/healthz":
            return 200 if method == "GET" else 405
        if path not in self._signatures:
            return 404
        return self._take(path, scope["headers"], body) if method == "POST" else 405

    def _take(self, path: str, headers: list[tuple[bytes, bytes]], body: bytes) -> int:
        if not self._signatures[path].fits(body, dict(headers)):
            return 401
        if path not in self._receivers:  # starting or stopping: the sender will come again
            return 503
        try:
            self._receivers[path](json.loads(body, parse_float=Decimal))
        except ValueError:
            return 400
        return 200


async def _body(receive: Receive) -> bytes:
    """Return the body; what was cut off when the sender hung up fits no signature."""
    chunks, more = bytearray(), True
    while more:
        message = await receive()
        chunks += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(chunks)


def _hex(mac: bytes) -> bytes:
    return mac.hex().encode()
