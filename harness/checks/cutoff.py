"""Whether what was seen before one time of day was accepted by another."""

from __future__ import annotations

from harness.checks.accounts import Account, State
from harness.checks.case import Case, Check
from harness.checks.docket import Docket
from harness.checks.dossier import Dossier
from harness.checks.phrases import lasting
from harness.checks.subjects import Version
from harness.contract import Cutoff
from harness.messages import Sighting, Way
from harness.timing import show_instant
from harness.workdays import Days, Lot

CUTOFF = "timing.cutoff"


def check(case: Case) -> Docket:
    """Rule on the deadline that the clock sets.

    A message belongs to the first lot that was still open when it was seen: when a system pushed
    it, also in vain, else when the integration read it, else when it came to be. What is late is
    a finding; only a message that was seen on the day of its lot, before it closed, proves
    something. Errs towards *not exercised*: a message that was never accepted has its finding
    elsewhere.
    """
    docket = case.dossier.docket()
    timing = case.dossier.contract.timing
    if timing is None or timing.cutoff is None:
        return docket
    cutoff = timing.cutoff
    days = Days(cutoff.zone)
    if cutoff.calendar is not None:
        known = case.dossier.landscape.days(cutoff.calendar)
        if known is None:
            for account in case.accounts[:1]:
                docket.doubt(
                    CUTOFF,
                    f"{account.subject.name}: there is no calendar {cutoff.calendar}",
                    would_prove=f"a calendar {cutoff.calendar}",
                )
            return docket
        days = known
    for account in case.accounts:
        _judge(case.dossier, cutoff, days, account, docket)
    return docket


def _judge(dossier: Dossier, cutoff: Cutoff, days: Days, account: Account, docket: Docket) -> None:
    name, version = account.subject.name, account.version
    if account.state in (State.NOT_OWED, State.HELD, State.LAPSED) or version is None:
        docket.idle(CUTOFF, f"{name}: {account.state.value}")
        return
    if account.state in (State.HANDLED, State.MISHANDLED):
        row = f"failures.{account.row[0]}" if account.row else "the failure rows"
        docket.idle(CUTOFF, f"{name} was refused, see {row}")
        return
    if account.state in (State.LOST, State.UNSENT):
        docket.idle(CUTOFF, f"{name} was never accepted, and that is a finding of its own")
        return
    seen = _seen(version)
    if seen is None:
        docket.doubt(
            CUTOFF, f"{name}: the history holds no times", would_prove="a history with times"
        )
        return
    _judge_lot(dossier, account, cutoff.lot(seen, days), docket)


def _judge_lot(dossier: Dossier, account: Account, lot: Lot, docket: Docket) -> None:
    name, ending, version = account.subject.name, account.ending, account.version
    due = show_instant(lot.due)
    if ending is not None and ending.kind == "taken":
        if ending.at is None:
            docket.doubt(
                CUTOFF, f"{name}: the history holds no times", would_prove="a history with times"
            )
        elif ending.at <= lot.due and lot.same_day:
            docket.prove(CUTOFF, ending.witnesses, f"{name} was accepted before {due}")
        elif ending.at <= lot.due:
            docket.idle(
                CUTOFF, f"{name} was seen after the cut-off, and accepted with the next lot"
            )
        elif not ending.exact:
            docket.doubt(
                CUTOFF,
                f"{name}: accepted at the latest {lasting(ending.at - lot.due)} too late, "
                "perhaps in time",
                would_prove="a commit that shows when it was accepted",
                witnesses=ending.witnesses,
            )
        else:
            docket.fail(
                CUTOFF,
                cause="late",
                expected=f"{name} is accepted by {due}",
                observed=f"it was accepted {lasting(ending.at - lot.due)} later",
                subject=name,
                exchanges=[*(version.witnesses[:1] if version else ()), *ending.witnesses],
            )
    elif account.state in (State.UNKNOWN, State.UNDECIDED):
        docket.doubt(
            CUTOFF,
            f"{name}: nobody knows whether it was accepted",
            witnesses=ending.witnesses if ending else (),
        )
    elif dossier.over(lot.due):
        docket.fail(
            CUTOFF,
            cause="late",
            expected=f"{name} is accepted by {due}",
            observed="it was not accepted by then",
            subject=name,
            exchanges=account.subject.witnesses,
        )
    else:
        docket.doubt(CUTOFF, f"{name}: the history ends before {due}")


def _seen(version: Version) -> int | None:
    """Return when it was seen, also in vain, or else when it came to be."""
    moments = [
        moment
        for fact in version.facts
        if fact.way in (Way.EMITTED, Way.SHOWN)
        for moment in (fact.at if fact.way is Way.EMITTED or _pushed(fact) else fact.ended,)
        if moment is not None
    ]
    return min(moments, default=version.start.at)


def _pushed(fact: Sighting) -> bool:
    return fact.exchange is not None and fact.exchange.topic is not None


CHECK = Check("cutoff", frozenset({CUTOFF}), check)
