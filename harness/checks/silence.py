"""Whether somebody is told when nothing comes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from harness.checks.case import Case, Check
from harness.checks.docket import Docket
from harness.checks.dossier import Dossier
from harness.checks.phrases import lasting
from harness.checks.subjects import Told
from harness.contract import Every
from harness.history import EventKind
from harness.messages import Way

EVERY = "timing.every"


@dataclass(frozen=True, slots=True)
class _Moment:
    """When something of the message came, or the wait for it began or ended."""

    tick: int
    at: int
    number: int | None


def check(case: Case) -> Docket:
    """Rule on silence: that something comes at least so often, or that somebody is told.

    The wait runs between two arrivals at the integration, from its start to the first one, and
    from the last one to the end of the scenario; while the integration is down nobody waits. A
    message about the silence names the contract, its clause or the message that does not come.
    Without anybody to tell, the silence itself is the breach, and the source answers for it.
    Errs towards *not exercised*: where something always came, nobody had to be told.
    """
    docket, timing = case.dossier.docket(), case.dossier.contract.timing
    if timing is None or timing.every is None or not docket.has(EVERY):
        return docket
    moments = sorted(_moments(case.dossier), key=lambda one: one.tick)
    if any(one is None for one in _times(case.dossier)):
        docket.doubt(EVERY, "the history holds no times", would_prove="a history with times")
        return docket
    for before, after in pairwise(moments):
        if not any(before.tick < halt < after.tick for halt in case.dossier.halts):
            _judge(case.dossier, docket, timing.every, before, after)
    docket.idle(EVERY, "nothing was missing for so long")
    return docket


def _judge(dossier: Dossier, docket: Docket, every: Every, before: _Moment, after: _Moment) -> None:
    most = every.each * every.missed_after
    waited = after.at - before.at
    numbers = [one.number for one in (before, after)]
    silent = f"no {_spoken(dossier)} came for {lasting(waited)}"
    if waited <= most:
        if every.tell is None and before.number is not None and after.number is not None:
            docket.prove(EVERY, numbers, f"one came {lasting(waited)} after another")
        return
    if every.tell is None:
        docket.fail(
            EVERY,
            cause="silent",
            expected=f"one comes at least every {lasting(most)}",
            observed=silent,
            exchanges=numbers,
            owner=dossier.team("source"),
        )
        return
    due, latest = before.at + most, before.at + most + (every.within or 0)
    told = [one for one in _about_silence(dossier, every) if before.tick < one.sighting.begun]
    in_time = [one for one in told if one.sighting.at is not None and one.sighting.at <= latest]
    if in_time:
        one = in_time[0]
        said = f"{one.who} was told that no {_spoken(dossier)} came"
        docket.prove(EVERY, [before.number, one.sighting.number], said)
    elif after.at < latest:
        docket.doubt(
            EVERY,
            f"{silent}, and there was time left to tell {every.tell}",
            witnesses=numbers,
        )
    else:
        late = next((one.sighting.at for one in told if one.sighting.at is not None), None)
        how = f"told {lasting(late - due)} late" if late is not None else "not told"
        docket.fail(
            EVERY,
            cause="nobody_told",
            expected=f"{dossier.contract.owners.team(every.tell)} is told within "
            f"{lasting(every.within or 0)} when nothing comes for {lasting(most)}",
            observed=f"{silent}, and they were {how}",
            exchanges=[*numbers, *(one.sighting.number for one in told[:1])],
        )


def _about_silence(dossier: Dossier, every: Every) -> Iterator[Told]:
    contract = dossier.contract
    names = {contract.contract, f"{contract.contract}#{EVERY}", contract.source}
    team = contract.owners.team(every.tell or "")
    for told in dossier.alerts:
        if told.about in names and told.who in (team, every.tell):
            yield told


def _spoken(dossier: Dossier) -> str:
    return dossier.contract.source.partition(".")[2].replace("_", " ")


def _times(dossier: Dossier) -> Iterator[int | None]:
    for one in dossier.sightings.of(dossier.contract.source, Way.SHOWN):
        yield one.at


def _moments(dossier: Dossier) -> Iterator[_Moment]:
    receive = dossier.contract.receive
    pushed = receive is not None and receive.style == "webhook"
    for one in dossier.sightings.of(dossier.contract.source, Way.SHOWN):
        # Looking at what is known already is no sign of life of a source that is to tell.
        told = one.exchange is not None and one.exchange.topic is not None
        if one.at is not None and one.begun not in dossier.tampered and (told or not pushed):
            yield _Moment(one.begun, one.at, one.number)
    for event in dossier.history.events(EventKind.STARTED, EventKind.SETTLED):
        if event.at is not None:
            yield _Moment(event.seq, event.at, None)


CHECK = Check("silence", frozenset({EVERY}), check)
