"""Whether messages, answers and receipts came in time."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from harness.checks.accounts import Account, State, answerable
from harness.checks.case import Case, Check
from harness.checks.docket import Docket
from harness.checks.dossier import Dossier
from harness.checks.effects import by_version
from harness.checks.phrases import lasting
from harness.checks.subjects import Ending, Version
from harness.contract import Bound, Delivered
from harness.history import Failure
from harness.messages import Sighting
from harness.plurals import counted
from harness.verdict import Measure

DELIVERED = "timing.delivered"
SHARE = "timing.delivered.share"


def check(case: Case) -> Docket:
    """Rule on receipts of webhooks, on delivery and on the answers of the target.

    Delivery runs from the source's commit, else from its own time, else from first sight; a first
    sight by polling can be too late and never in time. It ends when the target took the message.
    Every message is bound by the last limit, those that no fault touched by ``fail`` as well,
    unless a share says how many of them. Nothing is excused by an injected fault, except the
    answer of a call that the fault itself made slow. Errs towards *unproven*: a message whose
    outcome nobody knows is neither late nor in time.
    """
    docket = case.dossier.docket()
    _receipts(case.dossier, docket)
    _deliveries(case, docket)
    _responses(case.dossier, docket)
    return docket


def _receipts(dossier: Dossier, docket: Docket) -> None:
    receive = dossier.contract.receive
    if receive is None or receive.answered is None:
        return
    for subject in dossier.subjects.values():
        for sighting in subject.deliveries:
            exchange = sighting.exchange
            if exchange is None or exchange.failure is Failure.NO_CONNECTION:
                docket.idle("receive.answered", "the integration could not be reached")
                continue
            took = _took(exchange.sent_at, exchange.ended_at)
            if exchange.status is None:
                docket.fail(
                    "receive.answered",
                    cause="no_answer",
                    expected=f"an answer within {lasting(receive.answered.fail)}",
                    observed=f"no answer to {exchange.topic}",
                    subject=subject.name,
                    exchanges=[exchange.seq],
                )
                continue
            _bound(
                docket,
                "receive.answered",
                receive.answered,
                took,
                subject=subject.name,
                what=f"{exchange.topic} answered",
                witness=exchange.seq,
                faulted=False,
            )


def _responses(dossier: Dossier, docket: Docket) -> None:
    timing = dossier.contract.timing
    if timing is None or timing.response is None:
        return
    for attempt in _all_attempts(dossier):
        exchange = attempt.exchange
        if exchange is None or exchange.status is None:
            docket.idle("timing.response", "no call was answered")
        elif exchange.faults:
            docket.idle("timing.response", "faults met every call that was answered")
        else:
            _bound(
                docket,
                "timing.response",
                timing.response,
                _took(exchange.sent_at, exchange.ended_at),
                subject=f"call {exchange.seq}",
                what="answered",
                witness=exchange.seq,
                faulted=False,
            )


def _all_attempts(dossier: Dossier) -> Iterator[Sighting]:
    seen = set()
    attempts = [
        *(one for subject in dossier.subjects.values() for one in subject.attempts),
        *dossier.orphans,
    ]
    for attempt in attempts:
        if attempt.number not in seen:
            seen.add(attempt.number)
            yield attempt.sighting


def _bound(
    docket: Docket,
    path: str,
    bound: Bound,
    took: int | None,
    *,
    subject: str,
    what: str,
    witness: int,
    faulted: bool,
) -> None:
    if took is None:
        docket.doubt(
            path,
            "the history holds no times",
            would_prove="a history with times",
            witnesses=[witness],
        )
        return
    promise = docket.promises[path]
    docket.measures.append(
        Measure(promise.id, took, bound.fail, subject, faulted=faulted, grade=promise.grade)
    )
    if took > bound.fail:
        docket.fail(
            path,
            cause="too_slow",
            expected=f"within {lasting(bound.fail)}",
            observed=f"{what} after {lasting(took)}",
            subject=subject,
            exchanges=[witness],
        )
    else:
        docket.prove(path, [witness], f"{what} after {lasting(took)}{_warning(bound, took)}")


def _deliveries(case: Case, docket: Docket) -> None:
    if not docket.has(DELIVERED):
        return
    timing = case.dossier.contract.timing
    assert timing is not None  # noqa: S101 - the clause comes from it
    assert timing.delivered is not None  # noqa: S101
    promised = timing.delivered
    untouched: list[tuple[bool, Account]] = []
    for account in case.accounts:
        match account.state:
            case State.DELIVERED:
                for version, ending in _owed_endings(case.dossier, account):
                    if case.dossier.lost(version):
                        docket.idle(DELIVERED, f"{account.subject.name} was lost on its way")
                        continue
                    took = _delivered(
                        case.dossier, account, version, ending, promised=promised, docket=docket
                    )
                    first = version is account.version
                    if took is not None and first and not account.subject.touched:
                        untouched.append((took[0] <= took[1], account))
            case State.LOST | State.UNSENT:
                _lost(case.dossier, account, docket)
            case State.UNKNOWN:
                docket.doubt(
                    DELIVERED,
                    f"{account.subject.name}: nobody knows whether it was accepted",
                    would_prove="a later read, a repeated call or a commit that settles it",
                    witnesses=account.ending.witnesses if account.ending else (),
                )
            case State.OPEN:
                docket.doubt(DELIVERED, f"{account.subject.name}: {account.reason}")
            case State.HANDLED | State.MISHANDLED:
                row = f"failures.{account.row[0]}" if account.row else "the failure rows"
                docket.idle(DELIVERED, f"{account.subject.name} was refused, see {row}")
            case _:
                docket.idle(DELIVERED, f"{account.subject.name}: {account.state.value}")
    _share(promised, untouched, docket)


def _owed_endings(dossier: Dossier, account: Account) -> Iterator[tuple[Version, Ending]]:
    """Yield each version that had to be delivered, with its ending.

    The first one always; later ones where the target must show the latest, and where they were
    delivered: one that never was belongs to ``updates``.
    """
    assert account.version is not None  # noqa: S101 - delivered messages have one
    assert account.ending is not None  # noqa: S101
    yield account.version, account.ending
    updates = dossier.contract.updates
    if updates is not None and updates.show == "every":
        shown = by_version(dossier, account.subject)
        for version in account.subject.versions:
            attempt = shown.get(version.number)
            if attempt is not None and version.number > account.version.number:
                fate = attempt.fate
                yield version, Ending("taken", fate.at, fate.exact, attempt, fate.shown_by)
    if updates is None or updates.show != "latest":
        return
    for version in account.subject.versions:
        if version.fulfils and version.number > account.version.number:
            ending = account.subject.ending(version)
            if ending.kind == "taken":
                yield version, ending


def _delivered(
    dossier: Dossier,
    account: Account,
    version: Version,
    ending: Ending,
    *,
    promised: Delivered,
    docket: Docket,
) -> tuple[int, int] | None:
    """Vote on one version; return how long it took, and how long ``fail`` was for it."""
    name, witnesses = account.subject.name, ending.witnesses
    start = version.start.at
    took = _took(start, ending.at)
    if took is None or start is None:
        docket.doubt(
            DELIVERED,
            f"{name}: the history holds no times",
            would_prove="a history with times",
            witnesses=witnesses,
        )
        return None
    took = max(took, 0)
    touched = account.subject.touched
    limit = promised.ceiling if touched or promised.share is not None else promised.fail
    over, failing = dossier.due(start, limit), dossier.due(start, promised.fail)
    if over is None or failing is None:
        docket.doubt(
            DELIVERED,
            f"{name}: there is no calendar {promised.calendar}, so nobody knows when it was due",
            would_prove=f"a calendar {promised.calendar}",
            witnesses=witnesses,
        )
        return None
    late, span = took > over - start, failing - start
    promise = docket.promises[DELIVERED]
    docket.measures.append(
        Measure(promise.id, took, span, name, faulted=touched, grade=promise.grade)
    )
    if late and not ending.exact:
        docket.doubt(
            DELIVERED,
            f"{name}: accepted at the latest after {lasting(took)}, perhaps in time",
            would_prove="a commit that shows when it was accepted",
            witnesses=witnesses,
        )
    elif late:
        docket.fail(
            DELIVERED,
            cause="late",
            expected=f"accepted within {lasting(limit)}",
            observed=f"{name} accepted after {lasting(took)}",
            subject=name,
            exchanges=[*version.witnesses[:1], *witnesses],
        )
    elif version.start.lower_bound:
        docket.doubt(
            DELIVERED,
            f"{name}: seen by polling only, so nobody knows when it began",
            would_prove=f"`happened_at` in the file of {dossier.contract.systems[0]}",
            witnesses=witnesses,
        )
    else:
        warned = None if promised.warn is None else dossier.due(start, promised.warn)
        warning = (
            f", later than the warning at {lasting(promised.warn)}"
            if promised.warn is not None and warned is not None and took > warned - start
            else ""
        )
        docket.prove(DELIVERED, witnesses, f"{name} accepted after {lasting(took)}{warning}")
    return took, span


def _lost(dossier: Dossier, account: Account, docket: Docket) -> None:
    name, ending = account.subject.name, account.ending
    if account.state is State.UNSENT:
        where = "when.promised" if docket.has("when.promised") else "expect"
        docket.idle(DELIVERED, f"{name} was never sent, see {where}")
        return
    attempt = ending.attempt if ending is not None else None
    calls = counted(len(account.subject.attempts), "call")
    how = "" if attempt is None else f", the last of {calls} {attempt.ending}"
    docket.fail(
        DELIVERED,
        cause="lost",
        expected=f"accepted within {lasting(dossier.ceiling or 0)}, or parked as agreed",
        observed=f"{name} was neither accepted nor parked{how}",
        subject=name,
        exchanges=[one.number for one in account.subject.attempts],
        owner=answerable(dossier, account),
    )


def _share(promised: Delivered, untouched: list[tuple[bool, Account]], docket: Docket) -> None:
    if promised.share is None or not docket.has(SHARE):
        return
    needed = ceil(1 / (1 - promised.share))
    if len(untouched) < needed:
        docket.idle(SHARE, f"{len(untouched)} of the {needed} messages it takes to judge a share")
        return
    kept = [account for in_time, account in untouched if in_time]
    percent = f"{100 * len(kept) / len(untouched):.1f}%"
    said = f"{percent} of {len(untouched)} messages within {lasting(promised.fail)}"
    witnesses = [
        number
        for _, account in untouched[:25]
        if account.ending is not None
        for number in account.ending.witnesses
    ]
    if len(kept) >= promised.share * len(untouched):
        docket.prove(SHARE, witnesses, said)
        return
    late = [account for in_time, account in untouched if not in_time]
    docket.fail(
        SHARE,
        cause="share",
        expected=f"{float(promised.share):.2%} within {lasting(promised.fail)}",
        observed=said,
        subject=late[0].subject.name,
        exchanges=[
            number
            for account in late
            if account.ending is not None
            for number in account.ending.witnesses
        ],
    )


def _took(begun: int | None, ended: int | None) -> int | None:
    return None if begun is None or ended is None else ended - begun


def _warning(bound: Bound, took: int) -> str:
    if bound.warn is not None and took > bound.warn:
        return f", later than the warning at {lasting(bound.warn)}"
    return ""


CHECK = Check(
    "timing",
    frozenset(
        {"receive.answered", "timing.delivered", "timing.delivered.share", "timing.response"}
    ),
    check,
)
