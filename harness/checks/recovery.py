"""Whether events that were lost on their way are found again."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.accounts import Account, State
from harness.checks.case import Case, Check
from harness.checks.docket import Docket
from harness.checks.dossier import Dossier
from harness.checks.phrases import lasting
from harness.checks.subjects import Version
from harness.contract import Recovered
from harness.verdict import Measure

RECOVERED = "timing.recovered"


def check(case: Case) -> Docket:
    """Rule on lost events: each is accepted by the target as soon as agreed all the same.

    Lost is a version that the source held or meant to tell, and that no webhook brought; its time
    runs from then on, in place of ``delivered``, and a newer version that was accepted makes it
    good. Errs towards *not exercised*: a source that notes nothing shows no loss, and one that
    was parked was found.
    """
    docket, timing = case.dossier.docket(), case.dossier.contract.timing
    if timing is None or timing.recovered is None or not docket.has(RECOVERED):
        return docket
    for account in case.accounts:
        if account.state in (State.NOT_OWED, State.UNDECIDED, State.LAPSED):
            continue
        for version in _lost(case.dossier, account):
            _judge(case.dossier, docket, account, version, timing.recovered)
    docket.idle(RECOVERED, "no event was lost")
    return docket


def _lost(dossier: Dossier, account: Account) -> Iterator[Version]:
    """Yield the first owed version, and the last one where the target must show it."""
    updates = dossier.contract.updates
    owed = [one for one in account.subject.versions if one.fulfils]
    wanted = owed if updates is not None and updates.show == "every" else owed[:1]
    if updates is not None and updates.show == "latest":
        wanted = [*owed[:1], *owed[1:][-1:]]
    return (one for one in wanted if dossier.lost(one))


def _judge(
    dossier: Dossier, docket: Docket, account: Account, version: Version, promised: Recovered
) -> None:
    name, begun = account.subject.name, version.start.at
    ending = account.subject.ending(version)
    if begun is None:
        docket.doubt(RECOVERED, "the history holds no times", would_prove="a history with times")
    elif ending.kind == "taken" and ending.at is not None:
        took = max(ending.at - begun, 0)
        promise = docket.promises[RECOVERED]
        docket.measures.append(
            Measure(promise.id, took, promised.fail, name, faulted=True, grade=promise.grade)
        )
        if took <= promised.fail:
            said = f"{name} was lost, and accepted after {lasting(took)}"
            docket.prove(RECOVERED, ending.witnesses, said)
        elif ending.exact:
            _fail(docket, account, promised, f"accepted only after {lasting(took)}")
        else:
            docket.doubt(RECOVERED, f"{name} was accepted at the latest after {lasting(took)}")
    elif account.state in (State.HANDLED, State.HELD) or account.subject.parked:
        docket.idle(RECOVERED, f"{name} was found and could not be delivered")
    elif ending.kind == "unknown":
        docket.doubt(
            RECOVERED,
            f"{name}: nobody knows whether it was accepted",
            would_prove="a later read, a repeated call or a commit that settles it",
            witnesses=ending.witnesses,
        )
    elif dossier.over(begun + promised.fail):
        _fail(docket, account, promised, "never accepted")
    else:
        docket.doubt(RECOVERED, f"{name} was lost, and the history ends before it has to be found")


def _fail(docket: Docket, account: Account, promised: Recovered, how: str) -> None:
    ending = account.ending
    docket.fail(
        RECOVERED,
        cause="not_recovered",
        expected=f"a lost event is accepted within {lasting(promised.fail)}",
        observed=f"{account.subject.name} was lost, and {how}",
        subject=account.subject.name,
        exchanges=() if ending is None else ending.witnesses,
    )


CHECK = Check("recovery", frozenset({RECOVERED}), check)
