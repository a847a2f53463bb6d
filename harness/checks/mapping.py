"""Whether the values that were sent are what the rules make of the source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from harness.checks.accounts import Account, State, past
from harness.checks.case import Case, Check
from harness.checks.comparison import Deviation
from harness.checks.docket import Docket
from harness.checks.dossier import Dossier
from harness.checks.subjects import Attempt, Subject
from harness.checks.sums import judge_sums
from harness.checks.together import judge_join

_NAMED_WITNESSES = 25


def check(case: Case) -> Docket:
    """Rule on fields, rows, joins, value maps and sums of every message that was sent.

    A field fails on any request, also on one that was refused; it is proven only by an accepted
    one. A value that a map gave counts for the pair, not for the field. A request is compared
    with the version into which it fits as a whole, so this check errs towards *proven* when two
    versions differ only in fields that no rule reads. Values that nobody may read and sources
    that the history does not show make it *unproven*.
    """
    docket = case.dossier.docket()
    kept = _Kept()
    for account in case.accounts:
        _held(case.dossier, account, docket)
    for subject in case.dossier.subjects.values():
        wrong: dict[tuple[str, str, str], tuple[Deviation, list[Attempt]]] = {}
        for attempt in subject.attempts:
            _attempt(case.dossier, subject, attempt, docket, kept=kept, wrong=wrong)
        _findings(case.dossier, subject, wrong.values(), docket)
        judge_sums(case.dossier, subject, docket)
    kept.vote(docket)
    return docket


class _Kept:
    """Counts what was the same, message by message; cheap enough for every field of every one."""

    def __init__(self) -> None:
        self._times: Counter[str] = Counter()
        self._witnesses: dict[str, list[int]] = {}
        self._first: dict[str, str] = {}
        self._messages = 0

    def add(self, clauses: list[str], number: int, name: str) -> None:
        self._messages += 1
        for clause in clauses if self._messages <= _NAMED_WITNESSES else self._new(clauses):
            self._witnesses.setdefault(clause, []).append(number)
            self._first.setdefault(clause, name)
        self._times.update(clauses)

    def vote(self, docket: Docket) -> None:
        for clause, times in self._times.items():
            reason = f"as agreed in {self._first[clause]}"
            docket.prove(clause, self._witnesses[clause], reason, times=times)

    def _new(self, clauses: list[str]) -> set[str]:
        return set(clauses).difference(self._first)


def _attempt(
    dossier: Dossier,
    subject: Subject,
    attempt: Attempt,
    docket: Docket,
    *,
    kept: _Kept,
    wrong: dict[tuple[str, str, str], tuple[Deviation, list[Attempt]]],
) -> None:
    basis = attempt.basis
    if basis is None:
        if attempt.fate.taken:
            _unseen(dossier, subject, attempt, docket)
        return
    found = basis.comparison
    for deviation in found.different:
        slot = (deviation.clause, deviation.expected, deviation.observed)
        wrong.setdefault(slot, (deviation, []))[1].append(attempt)
    for clause, reason in found.idle:
        docket.idle(clause, reason)
    if not attempt.fate.taken:
        return
    kept.add(found.same, attempt.number, dossier.target_name(attempt))
    for clause, reason in found.unknown:
        docket.doubt(clause, f"{subject.name}: {reason}", witnesses=[attempt.number])
    for name in basis.view.joined:
        judge_join(dossier, subject, attempt, basis, name, docket)


def _findings(
    dossier: Dossier,
    subject: Subject,
    wrong: Iterable[tuple[Deviation, list[Attempt]]],
    docket: Docket,
) -> None:
    for deviation, attempts in wrong:
        docket.fail(
            deviation.clause,
            cause=deviation.cause,
            expected=deviation.expected,
            observed=f"{deviation.observed} in {dossier.target_name(attempts[0])}",
            subject=subject.name,
            exchanges=[attempt.number for attempt in attempts],
            owner=None if deviation.role is None else dossier.team(deviation.role),
        )


def _unseen(dossier: Dossier, subject: Subject, attempt: Attempt, docket: Docket) -> None:
    reason = f"{subject.name}: the history does not show what the integration knew of it"
    rules = dossier.rules
    blocks = [block for rows in rules.rows for block in rows.blocks]
    paths = [plan.clause for plan in rules.fields] + [rows.clause for rows in rules.rows]
    paths += [block.clause for block in blocks] + [f"with.{join.name}" for join in rules.joins]
    for path in dict.fromkeys(paths):
        if docket.has(path):
            docket.doubt(
                path,
                reason,
                would_prove="a history that shows the source message before it was sent on",
                witnesses=[attempt.number],
            )


def _held(dossier: Dossier, account: Account, docket: Docket) -> None:
    if account.state is not State.HELD or account.ending is None:
        return
    for hold in account.holds:
        if account.ending.kind == "taken":
            docket.fail(
                hold.clause,
                cause="sent_anyway",
                expected=f"{hold.action}, because {hold.why}",
                observed=f"{account.subject.name} was accepted by {dossier.contract.systems[1]}",
                subject=account.subject.name,
                exchanges=account.ending.witnesses,
            )
        elif account.ending.kind == "unknown":
            docket.doubt(
                hold.clause,
                f"{account.subject.name}: nobody knows whether it was accepted",
                witnesses=account.ending.witnesses,
            )
        elif hold.action == "park":
            _park_instead(dossier, account, hold.clause, hold.why, docket)
        else:
            _stay_away(dossier, account, hold.clause, hold.why, docket)


def _park_instead(
    dossier: Dossier, account: Account, clause: str, why: str, docket: Docket
) -> None:
    subject, over = account.subject, past(dossier, account.deadline)
    if subject.parked:
        if len(account.holds) > 1:
            docket.idle(clause, f"{subject.name} had several reasons to be parked")
            return
        numbers = [one.number for one in subject.parked]
        docket.prove(clause, [*subject.witnesses, *numbers], f"{subject.name} was parked: {why}")
    elif dossier.contract.parked is None:
        docket.doubt(
            clause,
            f"{subject.name}: the contract does not say where parked messages are seen",
            would_prove="`parked.to` in the contract, and a message there",
        )
    elif over or (over is None and dossier.settled):
        docket.fail(
            clause,
            cause="not_parked",
            expected=f"parked as {dossier.contract.parked.to}, because {why}",
            observed=f"{subject.name} was neither accepted nor parked",
            subject=subject.name,
            exchanges=[*subject.witnesses, *account.ending.witnesses] if account.ending else (),
        )
    else:
        docket.doubt(clause, f"{subject.name}: the history ends before it is parked")


def _stay_away(dossier: Dossier, account: Account, clause: str, why: str, docket: Docket) -> None:
    name = account.subject.name
    if past(dossier, account.deadline):
        docket.prove(clause, account.subject.witnesses, f"{name} was not accepted: {why}")
    else:
        docket.doubt(clause, f"{name}: the history ends before its deadline")


CHECK = Check(
    "mapping",
    frozenset(
        {
            "field",
            "field.if_missing",
            "map.pair",
            "map.if_unmapped",
            "map.if_missing",
            "rows",
            "rows.block",
            "join",
            "sum",
        }
    ),
    check,
)
