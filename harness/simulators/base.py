"""What every simulated system is: a pure state machine over a small context."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from random import Random
from types import MappingProxyType
from typing import Any, ClassVar, Protocol
from urllib.parse import parse_qsl, urlsplit

from harness.errors import HarnessError
from harness.history import Headers, find_header
from harness.json_text import json_text
from harness.landscape import System
from harness.simulators.profiles import Number, Profile, values_of


class UnknownAction(HarnessError):
    """A scenario asks a simulator for an action or a thing that it does not have."""


@lru_cache(maxsize=64)
def _query(url: str) -> Mapping[str, str]:
    """Return what an address asks for; read once, since lists ask it for every row."""
    return MappingProxyType(dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)))


@dataclass(frozen=True, slots=True)
class Call:
    """A request as a system receives it: raw bytes, nothing interpreted."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""

    @property
    def path(self) -> str:
        """Return the path of the address."""
        return urlsplit(self.url).path

    @property
    def query(self) -> Mapping[str, str]:
        """Return the query parameters; the last one wins."""
        return _query(self.url)

    def header(self, name: str) -> str | None:
        """Return the first header of that name, in any case, or None."""
        return find_header(self.headers, name)

    def json(self) -> Any:
        """Return the body as JSON, numbers with a point as Decimal; ValueError when it is none."""
        return json.loads(self.body, parse_float=Decimal)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as a system gives it."""

    status: int
    body: bytes = b""
    headers: Headers = ()


def reply(status: int, data: Any = None, **headers: str) -> Reply:
    """Return a JSON answer; underscores in header names become dashes."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    if data is None:
        return Reply(status, b"", named)
    return Reply(status, to_json(data), (("Content-Type", "application/json"), *named))


def to_json(data: Any) -> bytes:
    """Return JSON as UTF-8; a Decimal becomes a JSON number with the digits it has."""
    return json_text(data).encode()


def copied(value: Any) -> Any:
    """Return a copy of plain data that shares nothing that could change."""
    if type(value) in _SCALARS:
        return value
    if isinstance(value, Mapping):
        return {key: copied(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [copied(inner) for inner in value]
    return value


_SCALARS = frozenset({str, int, bool, type(None), Decimal})


@dataclass(frozen=True, slots=True)
class Webhook:
    """Something a system wants to tell the integration.

    ``delivery`` stays the same over the retries of one delivery, ``event`` over all deliveries of
    one business event. ``headers`` are complete, the signature included.
    """

    topic: str
    key: str
    body: bytes
    headers: Headers
    delivery: str
    event: str
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Delivered:
    """How a delivery ended: a status, or None when there was no answer."""

    webhook: Webhook
    status: int | None

    @property
    def ok(self) -> bool:
        """Return whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300


class Context(Protocol):
    """All that a simulator can do beside answering; the runner provides it."""

    random: Random

    @property
    def now(self) -> int:
        """Return nanoseconds since the epoch."""
        ...

    def after(self, delay: int, action: Callable[[], None]) -> None:
        """Run the action after so many nanoseconds."""
        ...

    def emit(self, webhook: Webhook) -> None:
        """Deliver a webhook; ``Simulator.delivered`` is told how it ended."""
        ...

    def commit(self, message: str, key: str, body: Any) -> None:
        """Note in the history that this system now holds the message (name without system)."""
        ...

    def note(self, record: str, row: Mapping[str, Any]) -> None:
        """Note in the history what a record of this system holds from now on.

        ``record`` is a name under ``records`` in the system's file; the row has its key fields
        and its values.
        """
        ...


class Simulator(ABC):
    """One simulated system: calls and actions in, replies and side effects out.

    No clock, no sockets, no asyncio: everything comes from the context, so that one class serves
    every way of reaching it and the same seed gives the same behaviour.
    """

    actions: ClassVar[Mapping[str, str]] = {}
    """Business actions a scenario may ask for, each with a sentence."""

    habits: ClassVar[Mapping[str, Number]] = {}
    """Vendor behaviour that is a number; a profile may name each of them."""

    def __init__(
        self, system: System, context: Context, *, secrets: Mapping[str, str], profile: Profile
    ) -> None:
        self.system = system
        self.context = context
        self.secrets = secrets
        self.profile = profile
        self.numbers = values_of(self.habits, profile, system=system.system)

    @abstractmethod
    def handle(self, call: Call) -> Reply:
        """Answer a call, committing what it commits."""

    def act(self, action: str, payload: Any, *, about: Any = None) -> Any:
        """Do a business action; return what later steps may refer to with ``of``.

        Raises:
            UnknownAction: the simulator has no such action, or the payload does not fit.
        """
        del payload, about
        known = ", ".join(sorted(self.actions)) or "none"
        raise UnknownAction(f"{self.system.system} has no action {action!r}; it has: {known}")

    def hold(self, message: str, rows: tuple[Mapping[str, Any], ...]) -> None:
        """Take over records that the scenario gives at the start."""
        del rows
        raise UnknownAction(f"{self.system.system} cannot be given {message!r} at the start")

    def send(self, message: str, body: Any) -> None:
        """Send exactly this message, as it is."""
        del body
        raise UnknownAction(f"{self.system.system} cannot send {message!r} by itself")

    def delivered(self, outcome: Delivered) -> None:  # noqa: B027 - most systems do not care
        """Learn how a webhook delivery ended; the place for a retry ladder."""

    def snapshot(self) -> Mapping[str, list[dict[str, Any]]]:
        """Return what the system holds, by kind, sorted; pure."""
        return {}
