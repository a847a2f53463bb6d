"""A stage for one simulator: its real system file, a clock that jumps, and all that it does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from harness.landscape import System
from harness.loader import load_declaration
from harness.simulators import load_simulator
from harness.simulators.base import (
    Call,
    Delivered,
    Reply,
    Simulator,
    Webhook,
    copied,
    to_json,
)
from harness.simulators.profiles import Profile
from harness.timing import parse_instant

ROOT = Path(__file__).parents[2]
START = parse_instant("2026-03-02T08:00:00Z")
SECRETS = {
    "shopify_access_token": "token",
    "shopify_webhook_secret": "shop-secret",
    "oms_api_key": "key",
    "oms_webhook_secret": "oms-secret",
    "wms_api_key": "key",
    "wms_webhook_secret": "wms-secret",
    "erp_api_key": "key",
    "ledger_api_key": "key",
    "easypost_api_key": "key",
    "easypost_webhook_secret": "easypost-secret",
    "ups_client_id": "client",
    "ups_client_secret": "client-secret",
    "amazon_client_id": "client",
    "amazon_client_secret": "client-secret",
    "amazon_refresh_token": "refresh-token",
    "amazon_webhook_secret": "amazon-secret",
}
CREDENTIALS = {
    "shopify": (("X-Shopify-Access-Token", "token"),),
    "oms": (("Authorization", "Bearer key"),),
    "wms": (("Authorization", "Bearer key"),),
    "erp": (("Authorization", "Bearer key"),),
    "ledger": (("Authorization", "Bearer key"),),
    "easypost": (("Authorization", "Basic a2V5Og=="),),
}


@dataclass
class Stage:
    """What a simulator is given, and a note of everything it does with it."""

    name: str
    profile: Profile = field(default_factory=Profile)
    now: int = START
    random: Random = field(default_factory=lambda: Random(1))
    commits: list[tuple[str, str, Any]] = field(default_factory=list)
    emitted: list[Webhook] = field(default_factory=list)
    notes: list[tuple[str, Any]] = field(default_factory=list)
    due: list[tuple[int, Callable[[], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        spec = system(self.name)
        self.simulator: Simulator = load_simulator(str(spec.simulator))(
            spec, self, secrets=SECRETS, profile=self.profile
        )

    def after(self, delay: int, action: Callable[[], None]) -> None:
        """Note what is to happen later."""
        self.due.append((self.now + delay, action))

    def emit(self, webhook: Webhook) -> None:
        """Note a webhook."""
        self.emitted.append(webhook)

    def commit(self, message: str, key: str, body: Any) -> None:
        """Note a message that the system now holds."""
        self.commits.append((message, key, body))

    def note(self, record: str, row: Mapping[str, Any]) -> None:
        """Note what a record of the system holds from now on."""
        self.notes.append((record, copied(row)))

    def advance(self, duration: int) -> None:
        """Let time pass, and what is due happen in its order."""
        until = self.now + duration
        while self.due and min(at for at, _ in self.due) <= until:
            self.now, action = min(self.due, key=lambda entry: entry[0])
            self.due.remove((self.now, action))
            action()
        self.now = until

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Call the simulator with its credentials; a body that is not bytes is sent as JSON."""
        raw = body if isinstance(body, bytes) else b"" if body is None else to_json(body)
        url = system(self.name).base_urls[0] + path
        extra = tuple((headers or {}).items())
        return self.simulator.handle(
            Call(method, url, (*extra, *CREDENTIALS.get(self.name, ())), raw)
        )

    def do(self, action: str, payload: Any = None, about: Any = None) -> Any:
        """Do a business action."""
        return self.simulator.act(action, payload, about=about)

    def fail(self, webhook: Webhook, status: int | None = 500) -> None:
        """Tell the simulator that a delivery failed."""
        self.simulator.delivered(Delivered(webhook, status))

    def committed(self, message: str) -> list[Any]:
        """Return the bodies committed of a message."""
        return [body for name, _, body in self.commits if name == message]


@cache
def system(name: str) -> System:
    """Return a system of the reference landscape."""
    file = ROOT / "contracts" / "systems" / f"{name}.yaml"
    found = load_declaration(System, file, root=ROOT)
    assert found is not None
    return found


def fixture(name: str) -> dict[str, Any]:
    """Return an order of the scenarios, numbers with a point as Decimal."""
    text = (ROOT / "scenarios" / "fixtures" / f"{name}.json").read_text(encoding="utf-8")
    order: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return order


def header(reply: Reply | Webhook, name: str) -> str | None:
    """Return a header of an answer or of a webhook."""
    return next((v for k, v in reply.headers if k.casefold() == name.casefold()), None)


def data(reply: Reply) -> Any:
    """Return the body of an answer."""
    return json.loads(reply.body)
