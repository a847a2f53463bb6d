"""How the histories of the ten flows are told: what a system holds, tells, shows and is sent."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from harness.checks import judge
from harness.history import (
    INTEGRATION,
    Body,
    Entry,
    Event,
    EventKind,
    Exchange,
    Failure,
    Header,
    History,
    Origin,
)
from harness.loader import Project
from harness.timing import parse_duration, parse_instant
from harness.verdict import Finding, Judgement, Status
from tests.landscapes.test_landscapes import project_of

START = "2026-03-02T08:00:00Z"


@cache
def flow(name: str) -> Project:
    """Return one of the ten flows, read once."""
    return project_of(name, Path(tempfile.mkdtemp()))


class Story:
    """Tells a history step by step; each call takes 100 ms, and time passes by ``wait``."""

    def __init__(self, start: str = START) -> None:
        self._begin = self.now = parse_instant(start)
        self._entries: list[Entry] = []
        self._tick = 0
        self.event(EventKind.STARTED)

    def wait(self, duration: str) -> Story:
        """Let time pass."""
        self.now += parse_duration(duration)
        return self

    def event(self, kind: EventKind, system: str = "", **data: Any) -> Story:
        """Note an event."""
        self._entries.append(Event(self._next(), self.now, kind, system, data))
        return self

    def holds(self, message: str, key: Any, body: Mapping[str, Any]) -> Story:
        """Let a system hold a message of its own, without telling anybody."""
        return self._committed(message, key, body, None)

    def tells(
        self, message: str, key: Any, topic: str, body: Mapping[str, Any], *, at: str = ""
    ) -> Story:
        """Let a system hold a message, and tell the integration, which takes it."""
        self.holds(message, key, body)
        payload = {at: dict(body)} if at else dict(body)
        return self.again(message.partition(".")[0], topic, payload)

    def again(self, system: str, topic: str, payload: Any, *, status: int = 200) -> Story:
        """Deliver a webhook."""
        self._exchange(system, INTEGRATION, "POST", "/in", payload, status, None, topic=topic)
        return self

    def shows(self, system: str, path: str, answer: Any, *, status: int = 200) -> Story:
        """Let the integration read from a system."""
        self._exchange(INTEGRATION, system, "GET", path, None, status, answer)
        return self

    def takes(
        self,
        message: str,
        key: Any,
        call: str,
        body: Any,
        *,
        status: int | None = 201,
        answer: Any = None,
        holds: Mapping[str, Any] | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> Story:
        """Let a system be sent a message; a success makes it hold it."""
        method, _, path = call.partition(" ")
        system = message.partition(".")[0]
        number = self._next()
        if status is not None and status < 300:
            self._committed(message, key, body if holds is None else holds, number)
        self._exchange(
            INTEGRATION, system, method, path, body, status, answer, number=number, headers=headers
        )
        return self

    def sends(self, system: str, call: str, body: Any, *, status: int = 200, answer: Any = None,
              headers: Sequence[tuple[str, str]] = ()) -> Story:  # fmt: skip
        """Let a system be sent something of which it notes nothing."""
        method, _, path = call.partition(" ")
        self._exchange(INTEGRATION, system, method, path, body, status, answer, headers=headers)
        return self

    def told(self, team: str, about: Any) -> Story:
        """Tell a team of something."""
        body = {"ref": str(about), "team": team}
        return self.takes("bell.note", about, "POST /notes", body)

    def settle(self, after: str = "2d") -> Story:
        """Let the time of all promises pass."""
        return self.wait(after).event(EventKind.SETTLED)

    def history(self) -> History:
        """Return what happened."""
        systems = ("bell", "books", "courier", "depot", "desk", "market", "shop")
        header = Header("TRD-1", self._begin, 1, dict.fromkeys(systems, Origin.SIMULATED))
        return History(header, tuple(sorted(self._entries, key=lambda one: one.seq)))

    def _committed(
        self, message: str, key: Any, body: Mapping[str, Any], cause: int | None
    ) -> Story:
        return self.event(
            EventKind.COMMITTED,
            message.partition(".")[0],
            message=message,
            key=str(key),
            body=dict(body),
            cause=cause,
        )

    def _exchange(
        self,
        sender: str,
        receiver: str,
        method: str,
        path: str,
        body: Any,
        status: int | None,
        answer: Any,
        *,
        number: int | None = None,
        topic: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        seq = self._next() if number is None else number
        sent = self.now
        self.now += parse_duration("100ms")
        host = "glue" if receiver == INTEGRATION else receiver
        self._entries.append(
            Exchange(
                seq=seq,
                done=self._next(),
                sender=sender,
                receiver=receiver,
                sent_at=sent,
                ended_at=self.now,
                method=method,
                url=f"https://{host}.trade.example{path}",
                headers=tuple(headers),
                body=Body() if body is None else Body("json", body),
                status=status,
                answer=Body() if answer is None else Body("json", answer),
                failure=Failure.TIMEOUT if status is None else None,
                topic=topic,
                delivery=None if topic is None else f"d-{seq}",
            )
        )

    def _next(self) -> int:
        self._tick += 1
        return self._tick


class Said:
    """What the judge says of a story, clause by clause."""

    def __init__(self, judgement: Judgement) -> None:
        self.judgement = judgement
        self.statuses: dict[str, Status] = {}
        for ruling in judgement.rulings:
            known = self.statuses.get(ruling.clause, ruling.status)
            self.statuses[ruling.clause] = max(known, ruling.status)

    def proven(self) -> set[str]:
        """Return the clauses that are proven."""
        return {name for name, status in self.statuses.items() if status is Status.PROVEN}

    def findings(self) -> list[Finding]:
        """Return everything that is broken."""
        return [one for ruling in self.judgement.rulings for one in ruling.findings]

    def broken(self) -> dict[str, str]:
        """Return each broken clause with who answers for it."""
        return {one.clause: one.owner for one in self.findings()}

    def why(self) -> str:
        """Return what was said of everything that is not proven, for a reader of a failed test."""
        return "\n".join(
            f"{one.clause}: {one.status.word}: {one.reason}"
            for one in self.judgement.rulings
            if one.status is not Status.PROVEN
        )


def judged(name: str, story: Story) -> Said:
    """Judge a story by every contract of a flow."""
    project = flow(name)
    found = judge(
        story.history(),
        contracts=project.contracts,
        landscape=project.landscape,
        flows=project.flows,
    )
    return Said(found)
