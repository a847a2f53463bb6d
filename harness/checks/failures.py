"""Whether each failure got its agreed action, and the agreed person was told in time."""

from __future__ import annotations

from dataclasses import replace

from harness.checks.accounts import (
    RETRIES,
    Account,
    Handling,
    State,
    followed,
    handling_of,
)
from harness.checks.case import Case, Check
from harness.checks.docket import Docket
from harness.checks.dossier import Dossier
from harness.checks.phrases import lasting
from harness.checks.subjects import Attempt, Subject
from harness.contract import FailureRule
from harness.messages import Outcome, Sighting
from harness.plurals import counted

TO, ALARM = "parked.to", "parked.alarm_over"


def check(case: Case) -> Docket:
    """Rule on every failure row that a call ran into, and on what was parked.

    A row is about the call that ended a series: outcomes that are tried again belong to the retry
    clauses. Who was told is seen by messages to systems of kind ``alerting`` alone. A message
    that is lost without a trace is a finding of ``timing.delivered``, not of its row. Errs
    towards *not exercised*: a row whose message was sent anew before its time ran out is not
    judged, and a parked message with an unknown reference counts for nobody.
    """
    docket = case.dossier.docket()
    for account in case.accounts:
        for attempt in account.subject.attempts:
            _failure(case.dossier, account, attempt, docket)
    _parked(case, docket)
    return docket


def _failure(dossier: Dossier, account: Account, attempt: Attempt, docket: Docket) -> None:
    row = dossier.row_for(attempt)
    if row is None or _plainly_accepted(attempt):
        return
    word, rule = row
    subject, path = account.subject, f"failures.{word}"
    if attempt.fate.taken and any(one.begun > attempt.number for one in subject.reads):
        docket.idle(path, f"{subject.name} was accepted after all, and the integration saw it")
        return
    if rule.attempts is not None and rule.then in RETRIES:
        calls = _calls_for(dossier, subject, attempt, word)
        if len(calls) >= rule.attempts:
            _last_call(dossier, account, attempt, path, rule, calls=calls, docket=docket)
            return
    again = followed(subject, attempt)
    agreed = dossier.retryable(attempt) or dossier.contract.retry is not None
    if again and agreed and rule.then not in RETRIES:
        # Trying again what may be tried again is no end; trying again what may not is the
        # finding of `retry.on`, or, without retries in the contract, of the row.
        return
    last = attempt is subject.attempts[-1]
    if last and account.state is State.LOST:
        docket.idle(path, f"{subject.name} is lost without a trace, see {_blamed(docket)}")
        return
    handling = handling_of(dossier, subject, attempt, rule)
    if again and rule.attempts is not None:
        # Somebody is told when the row gives up, not before.
        handling = replace(handling, told=True)
    if not last and not handling.proper and not again:
        docket.idle(path, f"{subject.name} was sent anew")
        return
    _vote(dossier, subject, attempt, path, rule, handling=handling, docket=docket)


def _calls_for(dossier: Dossier, subject: Subject, attempt: Attempt, word: str) -> list[Attempt]:
    """Return the calls of a series that ended in the same row, up to this one."""
    calls: list[Attempt] = []
    for one in subject.attempts:
        row = dossier.row_for(one)
        if one.series == attempt.series and row is not None and row[0] == word:
            calls.append(one)
        if one is attempt:
            break
    return calls


def _last_call(
    dossier: Dossier,
    account: Account,
    attempt: Attempt,
    path: str,
    rule: FailureRule,
    *,
    calls: list[Attempt],
    docket: Docket,
) -> None:
    """Vote on the call after which the row itself allows no other."""
    subject = account.subject
    numbers = [one.number for one in calls]
    if followed(subject, attempt):
        if len(calls) == rule.attempts:
            docket.fail(
                path,
                cause="too_many_calls",
                expected=f"at most {counted(rule.attempts, 'call')} when it is {attempt.ending}",
                observed=f"{subject.name} was sent again after call {len(calls)}",
                subject=subject.name,
                exchanges=numbers,
            )
        return
    if attempt is subject.attempts[-1] and account.state is State.LOST:
        docket.idle(path, f"{subject.name} is lost without a trace, see {_blamed(docket)}")
        return
    handling = replace(handling_of(dossier, subject, attempt, rule), action=True)
    _vote(dossier, subject, attempt, path, rule, handling=handling, docket=docket)


def _vote(
    dossier: Dossier,
    subject: Subject,
    attempt: Attempt,
    path: str,
    rule: FailureRule,
    *,
    handling: Handling,
    docket: Docket,
) -> None:
    said = f"{subject.name}: {attempt.ending}"
    if handling.action is False:
        docket.fail(
            path,
            cause=f"no_{rule.then}",
            expected=f"{_told_what(dossier, rule)} after it was {attempt.ending}",
            observed=_not_done(rule, subject, again=followed(subject, attempt)),
            subject=subject.name,
            exchanges=handling.witnesses,
        )
    elif handling.told is False:
        late = handling.late
        team = dossier.team(rule.tell or "")
        docket.fail(
            path,
            cause="not_told" if late is None else "told_late",
            expected=f"{team} is told{_within(rule)}",
            observed=f"{team} was not told of {subject.name}, {attempt.ending}"
            if late is None
            else f"{team} was told of {subject.name} after {lasting(late)}",
            subject=subject.name,
            exchanges=handling.witnesses,
        )
    elif handling.proper:
        docket.prove(path, handling.witnesses, f"{said}, {_told_what(dossier, rule)}")
    else:
        docket.doubt(path, f"{said}; {_why_unknown(dossier, rule, handling)}")


def _plainly_accepted(attempt: Attempt) -> bool:
    exchange = attempt.sighting.exchange
    status = None if exchange is None else exchange.status
    return attempt.outcome is Outcome.ACCEPTED and status is not None and status < 300


def _blamed(docket: Docket) -> str:
    return "timing.delivered" if docket.has("timing.delivered") else "expect"


def _told_what(dossier: Dossier, rule: FailureRule) -> str:
    done = {
        "park": "parked",
        "skip": "skipped",
        "stop": "everything stopped",
        "treat_as_success": "taken for success",
        "reread_and_retry": "read again and tried again",
        "undo": f"undone by {rule.undo}",
    }.get(rule.then, "tried again")
    return done if rule.tell is None else f"{done}, and {dossier.team(rule.tell)} told"


def _within(rule: FailureRule) -> str:
    return "" if rule.within is None else f" within {lasting(rule.within)}"


def _not_done(rule: FailureRule, subject: Subject, *, again: bool) -> str:
    done = {
        "park": f"{subject.name} was not parked",
        "stop": "further messages were sent",
        "undo": f"no message of {rule.undo} was accepted for {subject.name}",
        "skip": f"{subject.name} was sent again",
        "treat_as_success": f"{subject.name} was {'sent again' if again else 'parked'}",
    }
    if rule.then == "reread_and_retry" and again:
        return f"{subject.name} was sent again without being read again"
    return done.get(rule.then, f"{subject.name} was not sent again")


def _why_unknown(dossier: Dossier, rule: FailureRule, handling: Handling) -> str:
    if handling.action is None and rule.then == "park" and dossier.contract.parked is None:
        return "the contract does not say where parked messages are seen"
    if handling.action is None and rule.undo is not None and rule.undo not in dossier.peers:
        return f"the contract {rule.undo} is not judged with it"
    if handling.action is None:
        return "the history ends, or the integration stopped, before anything was done"
    return "the history ends before somebody had to be told, or holds no times"


def _parked(case: Case, docket: Docket) -> None:
    dossier = case.dossier
    parked = dossier.contract.parked
    if parked is None:
        return
    seen = [(one, account.subject) for account in case.accounts for one in account.subject.parked]
    for sighting, subject in seen:
        docket.prove(TO, [sighting.number], f"{subject.name} is shown as {parked.to}")
    for stray in dossier.parked_strays:
        docket.fail(
            TO,
            cause="unknown_reference",
            expected=f"{parked.to} names the message that was parked",
            observed="it names none that the history knows",
            exchanges=[stray.number],
        )
    if parked.alarm_over is not None:
        _alarm(dossier, parked.alarm_over, sorted((s for s, _ in seen), key=_begun), docket)


def _alarm(dossier: Dossier, most: int, seen: list[Sighting], docket: Docket) -> None:
    references = {one.key for one in seen}
    if len(references) <= most:
        docket.idle(ALARM, f"{counted(len(references), 'message')} parked, not more than {most}")
        return
    crossing = seen[most]
    later = [told for told in dossier.alerts if told.sighting.begun > crossing.begun]
    about = {
        dossier.contract.contract,
        dossier.contract.parked.to if dossier.contract.parked else "",
    }
    general = [told for told in later if told.about in about]
    if general:
        docket.prove(
            ALARM,
            [crossing.number, general[0].sighting.number],
            f"{general[0].who} was alarmed after {most + 1} were parked",
        )
    elif later:
        docket.doubt(
            ALARM,
            f"more than {most} were parked, and the alerts after that name single messages",
            would_prove=f"an alert about {dossier.contract.contract}",
            witnesses=[crossing.number],
        )
    else:
        docket.fail(
            ALARM,
            cause="no_alarm",
            expected=f"somebody is alarmed when more than {most} are parked",
            observed=f"{len(references)} were parked, and nobody was alarmed",
            exchanges=[crossing.number],
        )


def _begun(sighting: Sighting) -> int:
    return sighting.begun


CHECK = Check("failures", frozenset({"failure", TO, ALARM}), check)
