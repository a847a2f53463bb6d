"""Whether every message that is owed arrives, no other does, and none does twice."""

from __future__ import annotations

from harness.checks.accounts import Account, State, answerable, past
from harness.checks.case import Case, Check
from harness.checks.docket import Docket
from harness.checks.dossier import Dossier
from harness.checks.effects import blamed_for, extra_effects
from harness.checks.receipts import judge_bad_signatures, judge_redeliveries
from harness.checks.repeats import judge_keys, judge_memory
from harness.checks.subjects import Attempt, Subject
from harness.checks.updates import judge_updates
from harness.history import Origin
from harness.messages import Outcome
from harness.plurals import counted

PROMISED, WITHHELD, EXPECT = "when.promised", "when.withheld", "expect"


def check(case: Case) -> Docket:
    """Rule on what was owed, withheld, repeated, updated and sent under which key.

    What is owed follows from facts, also from a webhook that never arrived; what must be withheld
    from what the integration surely knew. Twice is a count of commits where the target journals
    them, and of answers elsewhere. Errs towards *not exercised*: "no more than one" counts only
    where something was repeated, and a message that was refused is left to its failure row.
    """
    dossier, docket = case.dossier, case.dossier.docket()
    if not dossier.correlation.possible:
        _without_link(dossier, docket)
        return docket
    for account in case.accounts:
        _owed(dossier, account, docket)
        _withheld(dossier, account, docket)
        extras = extra_effects(dossier, account.subject)
        judge_redeliveries(dossier, account, extras, docket)
        judge_updates(dossier, account, extras, docket)
        _counted(dossier, account, extras, docket)
    _orphans(dossier, docket)
    judge_bad_signatures(dossier, docket)
    judge_keys(dossier, docket)
    judge_memory(dossier, docket)
    return docket


def _owed(dossier: Dossier, account: Account, docket: Docket) -> None:
    path = PROMISED if docket.has(PROMISED) else EXPECT
    name, ending = account.subject.name, account.ending
    if dossier.contract.expect in ("at_most_one", "none"):
        _not_demanded(dossier, account, docket)
        return
    match account.state:
        case State.UNDECIDED:
            docket.doubt(path, f"{name}: {account.reason or 'nobody can tell whether it is owed'}")
        case State.DELIVERED if ending is not None and docket.has(PROMISED):
            docket.prove(PROMISED, ending.witnesses, f"{name} was accepted")
        case State.UNSENT:
            parked = ", but parked" if account.subject.parked else ""
            docket.fail(
                path,
                cause="never_sent",
                expected=f"{name} becomes a {dossier.contract.to}",
                observed=f"it was never sent{parked}",
                subject=name,
                exchanges=account.subject.witnesses,
                owner=answerable(dossier, account),
            )
        case State.LOST if not docket.has("timing.delivered"):
            docket.fail(
                EXPECT,
                cause="lost",
                expected=f"{name} is accepted by {dossier.contract.systems[1]}",
                observed=f"{counted(len(account.subject.attempts), 'call')}, none of them accepted",
                subject=name,
                exchanges=[one.number for one in account.subject.attempts],
                owner=answerable(dossier, account),
            )
        case State.UNKNOWN:
            docket.doubt(
                path,
                f"{name}: nobody knows whether it was accepted",
                witnesses=ending.witnesses if ending is not None else (),
            )
        case State.OPEN:
            docket.doubt(path, f"{name}: {account.reason}")
        case State.LOST:
            docket.idle(path, f"{name} was sent and lost, see timing.delivered")
        case State.HANDLED | State.MISHANDLED if account.row is not None:
            docket.idle(path, f"{name} was refused, see failures.{account.row[0]}")
        case _:
            docket.idle(path, f"{name}: {account.state.value}")


def _not_demanded(dossier: Dossier, account: Account, docket: Docket) -> None:
    name, ending = account.subject.name, account.ending
    if ending is None or dossier.contract.expect != "none":
        return
    if ending.kind == "taken":
        docket.fail(
            EXPECT,
            cause="not_expected",
            expected=f"no {dossier.contract.to} for {name}",
            observed="one was accepted",
            subject=name,
            exchanges=ending.witnesses,
        )
    elif ending.kind == "unknown":
        docket.doubt(EXPECT, f"{name}: nobody knows whether it was accepted")
    elif past(dossier, account.deadline):
        docket.prove(EXPECT, account.subject.witnesses, f"nothing was accepted for {name}")


def _sent_under(dossier: Dossier, subject: Subject, attempt: Attempt) -> str:
    """Return the other contract between the two messages that promised this one, if any did."""
    for name, peer in sorted(dossier.peers.items()):
        same = (peer.contract.source, peer.contract.to) == (
            dossier.contract.source,
            dossier.contract.to,
        )
        if peer is dossier or not same:
            continue
        theirs = peer.subjects.get(subject.key)
        if theirs is None or theirs.owed is None:
            continue
        if any(one.number == attempt.number for one in theirs.attempts):
            return name
    return ""


def _withheld(dossier: Dossier, account: Account, docket: Docket) -> None:
    if not docket.has(WITHHELD):
        return
    subject = account.subject
    first = next((one for one in subject.attempts if one.fate.taken), None)
    if first is not None and _surely_false(subject, first):
        other = _sent_under(dossier, subject, first)
        if other:
            docket.idle(WITHHELD, f"{subject.name} was sent under {other}")
            return
        docket.fail(
            WITHHELD,
            cause="sent_against_when",
            expected=f"{subject.name} is withheld while `when` does not hold",
            observed=f"{dossier.target_name(first)} was accepted",
            subject=subject.name,
            exchanges=[*subject.witnesses[:5], first.number],
        )
        return
    if account.state is not State.NOT_OWED or not subject.versions:
        return
    unsure = next((one for one in subject.attempts if one.fate.taken is None), None)
    if unsure is not None:
        docket.doubt(
            WITHHELD,
            f"{subject.name}: nobody knows whether it was accepted",
            witnesses=[unsure.number],
        )
        return
    start = subject.versions[0].start.at
    if past(dossier, dossier.due(start)):
        docket.prove(WITHHELD, subject.witnesses, f"{subject.name} was not sent")
    else:
        docket.doubt(WITHHELD, f"{subject.name}: the history ends before its deadline")


def _surely_false(subject: Subject, attempt: Attempt) -> bool:
    """Return whether the integration knew that the message must not be sent."""
    begun = attempt.sighting.begun
    known = subject.known_at(begun)
    sure = subject.surely_known_at(begun)
    newest = [one.version for one in known if one.version.number >= sure]
    return bool(newest) and all(version.fulfils is False for version in newest)


def _counted(dossier: Dossier, account: Account, extras: list[Attempt], docket: Docket) -> None:
    """Vote on ``expect`` for a delivered message."""
    subject, expect = account.subject, dossier.contract.expect
    ending = account.ending
    if ending is None or ending.kind != "taken" or expect == "none":
        return
    if expect == "one_or_more":
        docket.prove(EXPECT, ending.witnesses, f"{subject.name} was accepted")
        return
    if extras:
        _blame(dossier, subject, extras, docket)
        return
    unsure = [one for one in subject.attempts if one.fate.taken is None]
    if unsure and dossier.contract.idempotency is None:
        docket.doubt(
            EXPECT,
            f"{subject.name}: a call without an answer may have made another one",
            would_prove="a commit or a later read that settles the call",
            witnesses=[one.number for one in unsure],
        )
    elif len(subject.attempts) > 1 or len(subject.deliveries) > 1:
        numbers = [one.number for one in subject.attempts]
        docket.prove(EXPECT, numbers, f"{subject.name} was accepted once, though repeated")
    elif any(one.outcome is Outcome.UNKNOWN for one in subject.attempts):
        numbers = [one.number for one in subject.attempts]
        docket.prove(EXPECT, numbers, f"{subject.name} was accepted once, though unanswered")
    else:
        docket.idle(EXPECT, "nothing was repeated, so nothing could come twice")


def _blame(dossier: Dossier, subject: Subject, extras: list[Attempt], docket: Docket) -> None:
    """Leave a second one to the promise that was to prevent it, else to ``expect``."""
    for extra in extras:
        cause = blamed_for(dossier, subject, extra)
        if cause != EXPECT and docket.has(cause):
            docket.idle(EXPECT, f"{subject.name} was accepted twice, see {cause}")
            continue
        docket.fail(
            EXPECT,
            cause="twice",
            expected=f"{dossier.contract.expect.replace('_', ' ')} {dossier.contract.to} "
            f"for {subject.name}",
            observed=f"another one was accepted, {dossier.target_name(extra)}",
            subject=subject.name,
            exchanges=[one.number for one in subject.attempts if one.fate.taken],
        )


def _orphans(dossier: Dossier, docket: Docket) -> None:
    simulated = dossier.origin(dossier.contract.systems[0]) is Origin.SIMULATED
    for orphan in dossier.orphans:
        if not orphan.fate.taken:
            continue
        name = dossier.target_name(orphan)
        if simulated:
            docket.fail(
                EXPECT,
                cause="no_source",
                expected=f"each {dossier.contract.to} belongs to a {dossier.contract.source}",
                observed=f"{name} belongs to none",
                subject=name,
                exchanges=[orphan.number],
            )
        else:
            docket.doubt(
                EXPECT,
                f"{name} belongs to no {dossier.contract.source} that the history shows",
                would_prove="a history that begins before its source message",
                witnesses=[orphan.number],
            )


def _without_link(dossier: Dossier, docket: Docket) -> None:
    if dossier.subjects or dossier.orphans:
        docket.doubt(
            EXPECT,
            "the contract does not tell which messages belong together",
            would_prove="`correlate` in the contract, or a rule that fills the target's key",
        )


CHECK = Check(
    "delivery",
    frozenset(
        {
            PROMISED,
            WITHHELD,
            EXPECT,
            "updates",
            "receive.delivery",
            "receive.bad_signature",
            "idempotency",
            "idempotency.remembered",
        }
    ),
    check,
)
