"""The same check as the small scenario, written by hand with pytest and requests on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

ORDERS: list[dict[str, Any]] = []


class Oms(BaseHTTPRequestHandler):
    """Takes orders."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take one order."""
        ORDERS.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        body = b'{"id": "SO-1"}'
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


@pytest.fixture(scope="session")
def oms() -> Iterator[str]:
    """Serve an OMS on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Oms)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.parametrize("number", range(1000))
def test_order(oms: str, number: int) -> None:
    """Send one order and look at what arrived."""
    ORDERS.clear()
    answer = requests.post(f"{oms}/orders", json={"id": number, "total": "10.00"}, timeout=5)

    assert answer.status_code == 201
    assert [order["id"] for order in ORDERS] == [number]
    assert ORDERS[0]["total"] == "10.00"
