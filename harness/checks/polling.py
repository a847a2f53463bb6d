"""Whether the source is asked as often as agreed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from harness.checks.case import Case, Check
from harness.checks.docket import Docket
from harness.checks.dossier import TOLERANCE, Dossier
from harness.checks.phrases import lasting
from harness.history import INTEGRATION, EventKind
from harness.messages import carriages_of

EVERY = "receive.every"


@dataclass(frozen=True, slots=True)
class _Moment:
    """When the integration began to wait for its next poll, and how it came to that."""

    tick: int
    begun: int
    ended: int
    number: int | None


def check(case: Case) -> Docket:
    """Rule on the time between one poll of the source and the next.

    A poll is a call to where the source lists the message; it counts whatever its answer, since a
    fault of the source is no silence of the integration. A wait runs from the end of one poll to
    the beginning of the next, 250 ms or 5 % more, and ``missed_after`` times as long where some
    may be missed. While the integration is down nobody polls. Errs towards *not exercised*: only
    a start, a poll and the end of the scenario begin or end a wait.
    """
    docket, receive = case.dossier.docket(), case.dossier.contract.receive
    if receive is None or receive.every is None or not docket.has(EVERY):
        return docket
    most = receive.every * receive.missed_after
    polls = list(_polls(case.dossier))
    if any(one is None for one in polls):
        docket.doubt(EVERY, "the history holds no times", would_prove="a history with times")
        return docket
    moments = sorted(
        (*(one for one in polls if one is not None), *_edges(case.dossier)),
        key=lambda one: one.tick,
    )
    for before, after in pairwise(moments):
        if any(before.tick < halt < after.tick for halt in case.dossier.halts):
            continue
        _judge(docket, before, after, most)
    return docket


def _judge(docket: Docket, before: _Moment, after: _Moment, most: int) -> None:
    waited = after.begun - before.ended
    numbers = [one.number for one in (before, after) if one.number is not None]
    if waited > most + max(TOLERANCE, most // 20):
        docket.fail(
            EVERY,
            cause="not_polled",
            expected=f"the source is asked at least every {lasting(most)}",
            observed=f"it was not asked for {lasting(waited)}",
            exchanges=numbers,
        )
    elif len(numbers) == 2:
        docket.prove(EVERY, numbers, f"asked again after {lasting(max(waited, 0))}")


def _polls(dossier: Dossier) -> Iterator[_Moment | None]:
    carriages = carriages_of(dossier.landscape)
    system = dossier.contract.systems[0]
    for one in dossier.history.exchanges:
        if one.sender != INTEGRATION or one.receiver != system:
            continue
        if dossier.contract.source not in carriages.listed_by(one):
            continue
        if one.sent_at is None:
            yield None
            continue
        yield _Moment(one.seq, one.sent_at, one.ended_at or one.sent_at, one.seq)


def _edges(dossier: Dossier) -> Iterator[_Moment]:
    for event in dossier.history.events(EventKind.STARTED, EventKind.SETTLED):
        if event.at is not None:
            yield _Moment(event.seq, event.at, event.at, None)


CHECK = Check("polling", frozenset({EVERY}), check)
