"""The one door: an exchange is routed or refused, meets its faults, takes time, is journalled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from harness.clock import Clock
from harness.fault_words import ROW_WORDS
from harness.faults import (
    CALL_FAULTS,
    Answered,
    FaultPlan,
    Lost,
    Occasion,
    Rows,
)
from harness.history import (
    INTEGRATION,
    NOBODY,
    EventKind,
    Exchange,
    Failure,
    Origin,
)
from harness.journal import Logbook
from harness.landscape import Landscape
from harness.messages import carriages_of
from harness.scenario import Fault
from harness.simulators.base import Call, Reply, to_json
from harness.timing import SECOND

CAUSE: ContextVar[int | None] = ContextVar("golive_cause", default=None)
"""The exchange in whose course a system commits something."""

UNTIL_GIVEN_UP = 60 * SECOND
"""How long a caller without a timeout of its own waits for an answer that never comes."""


class Edge(Protocol):
    """One system as the door sees it: something that answers calls."""

    origin: Origin
    latency: int

    def answer(self, call: Call, patience: Patience) -> Coroutine[Any, Any, Reply | Lost]:
        """Do the work and answer; committing is the edge's own affair.

        Only who really waits needs ``patience``; the door keeps it for all others.
        """
        ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a caller waits: to connect and to read, in nanoseconds; None is for ever."""

    connect: int | None = None
    read: int | None = None


class Door:
    """Route calls of the integration to the systems of the scenario, and journal each."""

    def __init__(
        self,
        *,
        clock: Clock,
        logbook: Logbook,
        landscape: Landscape,
        edges: Mapping[str, Edge],
        plan: FaultPlan,
    ) -> None:
        self._clock = clock
        self._logbook = logbook
        self._edges = edges
        self._plan = plan
        self._carriages = carriages_of(landscape)
        self._systems = _addresses(landscape, edges)
        self._rows = Rows()
        self._working: set[asyncio.Task[Reply | Lost]] = set()

    def system_at(self, url: str) -> str | None:
        """Return the system that answers at this address, or None."""
        return self._systems.get(_origin(url))

    @property
    def hosts(self) -> frozenset[str]:
        """Return the hosts that belong to systems of the scenario."""
        return frozenset(urlsplit(origin).hostname or "" for origin in self._systems)

    async def call(self, call: Call, patience: Patience) -> Reply | Lost:
        """Take one call of the integration through the door.

        The answer, or its loss, is what the caller sees; the work of the system runs to its end
        even when the caller has gone.
        """
        name = self.system_at(call.url)
        if name is None:
            return self._refuse(call)
        edge = self._edges[name]
        seq, sent_at = self._logbook.tick(), self._clock.now
        sent = self._logbook.body(call.body, call.header("Content-Type"))
        occasions = [
            Occasion(message, key, body)
            for message, key, body in self._carriages.of_call(
                name, call.method, call.url, sent.value if sent.kind == "json" else None
            )
        ]
        hits = list(self._plan.meeting(occasions, now=sent_at, words=CALL_FAULTS))
        for index, fault in hits:
            if fault.do not in ROW_WORDS:  # those count where they find rows
                self._note(name, seq, index, fault)
        latency = edge.latency + sum(
            fault_kind.delay(fault)
            for _, fault in hits
            if (fault_kind := CALL_FAULTS[fault.do]).delay is not None
        )
        before = next(
            (kind.before(f) for _, f in hits if (kind := CALL_FAULTS[f.do]).before is not None),
            None,
        )
        after = next(
            (kind.after(f) for _, f in hits if (kind := CALL_FAULTS[f.do]).after is not None), None
        )
        if before is None:
            outcome = await self._work_on_rows(name, edge, call, patience, seq, hits)
            outcome = outcome if after is None else after
        else:
            outcome = before if isinstance(before, Lost) else _as_reply(before)
        outcome = await self._take_time(outcome, latency, patience)
        self._journal(call, name, seq, sent_at, outcome, edge.origin, tuple(i for i, _ in hits))
        return outcome

    async def finish(self) -> None:
        """Wait until every system has finished the work it has begun."""
        while self._working:
            await asyncio.wait(set(self._working))

    async def _work_on_rows(
        self,
        name: str,
        edge: Edge,
        call: Call,
        patience: Patience,
        seq: int,
        hits: Sequence[tuple[int, Fault]],
    ) -> Reply | Lost:
        """Let the system work on the rows that get through to it, and spoil what it shows."""
        spoiling = next(((i, f) for i, f in hits if f.do in ROW_WORDS), None)
        if spoiling is None:
            outcome = await self._work(edge, call, patience, seq)
            self._rows.remember(name, call, outcome)
            return outcome
        index, fault = spoiling
        lists = self._carriages.lists_of(name, call.method, call.url, fault.on)
        asked = self._rows.asked(fault, call, lists)
        outcome = await self._work(edge, asked.call, patience, seq)
        spoiled = self._rows.answered(fault, name, asked, outcome, lists)
        self._rows.remember(name, call, outcome)
        if spoiled is not outcome:
            self._plan.took_effect(index)
            self._note(name, seq, index, fault)
        return spoiled

    def _note(self, system: str, seq: int, index: int, fault: Fault) -> None:
        now = self._clock.now
        self._logbook.event(
            EventKind.FAULT, at=now, system=system, fault=index, do=fault.do, exchange=seq
        )

    async def _work(self, edge: Edge, call: Call, patience: Patience, seq: int) -> Reply | Lost:
        token = CAUSE.set(seq)
        task = asyncio.create_task(edge.answer(call, patience), name="golive:answer")
        CAUSE.reset(token)
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return await asyncio.shield(task)

    async def _take_time(
        self, outcome: Reply | Lost, latency: int, patience: Patience
    ) -> Reply | Lost:
        if isinstance(outcome, Lost):
            if outcome.waited:
                return outcome
            wait = {
                Failure.TIMEOUT: patience.read if patience.read is not None else UNTIL_GIVEN_UP,
                Failure.RESET: latency,
            }.get(outcome.failure, 0)
            await _pause(wait)
            return outcome
        if patience.read is not None and latency > patience.read:
            await _pause(patience.read)
            return Lost(Failure.TIMEOUT)
        await _pause(latency)
        return outcome

    def _refuse(self, call: Call) -> Lost:
        seq, now = self._logbook.tick(), self._clock.now
        lost = Lost(Failure.UNROUTED)
        self._journal(call, NOBODY, seq, now, lost, Origin.SIMULATED, ())
        return lost

    def _journal(
        self,
        call: Call,
        receiver: str,
        seq: int,
        sent_at: int,
        outcome: Reply | Lost,
        origin: Origin,
        faults: Sequence[int],
    ) -> None:
        self._logbook.add(
            Exchange(
                seq=seq,
                done=self._logbook.tick(),
                sender=INTEGRATION,
                receiver=receiver,
                sent_at=sent_at,
                ended_at=self._clock.now,
                method=call.method,
                url=call.url,
                headers=call.headers,
                body=self._logbook.body(call.body, call.header("Content-Type")),
                status=outcome.status if isinstance(outcome, Reply) else None,
                answer_headers=outcome.headers if isinstance(outcome, Reply) else (),
                answer=self._logbook.body(outcome.body, _content_type(outcome))
                if isinstance(outcome, Reply)
                else self._logbook.body(b"", None),
                failure=outcome.failure if isinstance(outcome, Lost) else None,
                faults=tuple(faults),
                origin=origin,
            )
        )


class SimulatedEdge:
    """A simulator behind the door."""

    origin = Origin.SIMULATED

    def __init__(self, handle: Callable[[Call], Reply], *, latency: int) -> None:
        self._handle = handle
        self.latency = latency

    async def answer(self, call: Call, patience: Patience) -> Reply | Lost:
        """Let the simulator answer; it commits here and now."""
        del patience
        return self._handle(call)


class OutsideEdge:
    """A system that is not simulated: live, or played from a recording."""

    def __init__(
        self, perform: Callable[[Call, Patience], Awaitable[Reply | Lost]], *, origin: Origin
    ) -> None:
        self._perform = perform
        self.origin = origin
        self.latency = 0

    async def answer(self, call: Call, patience: Patience) -> Reply | Lost:
        """Ask the other side."""
        return await self._perform(call, patience)


async def _pause(duration: int) -> None:
    if duration > 0:
        await asyncio.sleep(duration / SECOND)


def _addresses(landscape: Landscape, edges: Mapping[str, Any]) -> dict[str, str]:
    return {
        _origin(url): name
        for name, system in landscape.systems.items()
        if name in edges
        for url in system.base_urls
    }


def _origin(url: str) -> str:
    parts = urlsplit(url)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    port = parts.port or default
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


def _as_reply(answered: Answered) -> Reply:
    if answered.body is None:
        return Reply(answered.status, b"", answered.headers)
    headers = (("Content-Type", "application/json"), *answered.headers)
    return Reply(answered.status, to_json(answered.body), headers)


def _content_type(outcome: Reply) -> str | None:
    return next((v for k, v in outcome.headers if k.casefold() == "content-type"), None)
