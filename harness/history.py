"""What happened in one run, in order: exchanges and events, whatever their origin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

INTEGRATION: Final = "integration"
"""The name of the integration as a sender or receiver."""

NOBODY: Final = ""
"""The receiver of a call that belongs to no system."""

Headers = tuple[tuple[str, str], ...]


class Origin(StrEnum):
    """Where an exchange comes from; never mixed up, never upgraded."""

    SIMULATED = "simulated"
    RECORDED = "recorded"
    LIVE = "live"


class Failure(StrEnum):
    """How an exchange ended without an answer, as its sender saw it."""

    TIMEOUT = "timeout"
    RESET = "reset"
    NO_CONNECTION = "no_connection"
    UNROUTED = "unrouted"


class EventKind(StrEnum):
    """Everything that happens beside exchanges. The keys of ``Event.data`` stand behind each."""

    STEP = "step"
    """A step of the scenario begins: ``id``, ``verb``, ``what``."""
    COMMITTED = "committed"
    """A system holds a message: ``message``, ``key``, ``body``, ``cause`` (exchange or None)."""
    EMITTED = "emitted"
    """A system wants to tell the integration: ``topic``, ``delivery``, ``event``, ``body``."""
    FAULT = "fault"
    """A planned fault fired: ``fault`` (its index), ``do``, ``exchange`` (or None)."""
    STATE = "state"
    """What a system holds: ``moment`` (``opening``, ``changed``, ``settled``), ``of``, ``rows``;
    with ``base``, the rows that differ from before, and ``gone``."""
    STARTED = "started"
    """The integration runs: no data."""
    STOPPED = "stopped"
    """The integration was stopped: ``why``."""
    CRASHED = "crashed"
    """The integration raised where nobody could answer: ``error``, ``where``."""
    STALLED = "stalled"
    """Nothing can ever happen again: ``waiting`` (what waits)."""
    LEFT_OVER = "left_over"
    """The integration was stopped and left work running: ``tasks``."""
    UNPLAYED = "unplayed"
    """A recording holds episodes that nobody asked for: ``file``, ``episodes``."""
    MISSED = "missed"
    """A call found no episode in a recording: ``file``, ``nearest``."""
    SETTLED = "settled"
    """The horizon of the promises is reached: no data."""


@dataclass(frozen=True, slots=True)
class Body:
    """A payload and its kind: ``json``, ``text``, ``bytes`` or ``none``.

    In JSON, numbers with a point are Decimal. Bytes are kept as base64 text.
    """

    kind: str = "none"
    value: Any = None


EMPTY_BODY: Final = Body()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and how it ended.

    ``seq`` and ``done`` are ticks of one counter shared with the events, so that "known before
    the request began" is a comparison of integers even when no time passes. ``sent_at`` and
    ``ended_at`` are nanoseconds since the epoch; None where a recording kept no times.
    A webhook is an exchange whose sender is a system and whose receiver is the integration.
    """

    seq: int
    done: int | None
    sender: str
    receiver: str
    sent_at: int | None
    ended_at: int | None
    method: str
    url: str
    headers: Headers
    body: Body
    status: int | None = None
    answer_headers: Headers = ()
    answer: Body = EMPTY_BODY
    failure: Failure | None = None
    topic: str | None = None
    delivery: str | None = None
    faults: tuple[int, ...] = ()
    origin: Origin = Origin.SIMULATED

    def header(self, name: str) -> str | None:
        """Return the first request header of that name, in any case, or None."""
        return find_header(self.headers, name)

    def answer_header(self, name: str) -> str | None:
        """Return the first answer header of that name, in any case, or None."""
        return find_header(self.answer_headers, name)


@dataclass(frozen=True, slots=True)
class Event:
    """Anything that happened beside the exchanges; ``system`` is empty for the run itself."""

    seq: int
    at: int | None
    kind: EventKind
    system: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Header:
    """What a history says of itself before its first entry.

    ``systems`` tells for each system of the scenario where its side comes from. ``scenario`` is
    the scenario's own data, so that a stored history can be judged without its file.
    ``complete`` is False when the journal ends early; such a history proves nothing.
    """

    scenario: str
    start: int | None
    seed: int
    systems: Mapping[str, Origin]
    contracts: tuple[str, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict)
    key_id: str | None = None
    recorded_on: str | None = None
    complete: bool = True
    notes: tuple[str, ...] = ()


Entry = Exchange | Event


@dataclass(frozen=True, slots=True)
class History:
    """The ordered exchanges and events of one run."""

    header: Header
    entries: tuple[Entry, ...] = ()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    @property
    def exchanges(self) -> Iterator[Exchange]:
        """Iterate over the exchanges in the order in which they began."""
        return (entry for entry in self.entries if isinstance(entry, Exchange))

    def events(self, *kinds: EventKind) -> Iterator[Event]:
        """Iterate over the events of these kinds, or all events, in order."""
        return (
            entry
            for entry in self.entries
            if isinstance(entry, Event) and (not kinds or entry.kind in kinds)
        )

    @property
    def end(self) -> int | None:
        """Return the last instant that the history knows, or None when it holds no times."""
        times = [
            instant
            for entry in self.entries
            for instant in (
                (entry.sent_at, entry.ended_at) if isinstance(entry, Exchange) else (entry.at,)
            )
            if instant is not None
        ]
        return max(times, default=None)


def find_header(headers: Headers, name: str) -> str | None:
    """Return the first header of that name, in any case, or None."""
    wanted = name.casefold()
    return next((value for key, value in headers if key.casefold() == wanted), None)
