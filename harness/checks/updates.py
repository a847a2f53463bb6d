"""Whether the target shows the version that was agreed when the source changes again."""

from __future__ import annotations

from harness.checks.accounts import Account, State
from harness.checks.comparison import compare
from harness.checks.docket import Docket
from harness.checks.dossier import Dossier
from harness.checks.effects import UPDATES, blamed_for, by_version
from harness.checks.subjects import Attempt, Version


def judge_updates(
    dossier: Dossier, account: Account, extras: list[Attempt], docket: Docket
) -> None:
    """Vote on ``updates`` for a message whose source changed after it was accepted."""
    updates = dossier.contract.updates
    if updates is None or account.state is not State.DELIVERED:
        return
    subject = account.subject
    taken = [one for one in subject.attempts if one.fate.taken and one.basis is not None]
    if not taken:
        return
    shown = max(_version(one) for one in taken)
    first = taken[0]
    later = [one for one in subject.versions if one.number > _version(first)]
    if not later:
        docket.idle(UPDATES, "no source changed after it was accepted")
    elif updates.show == "every":
        _every(dossier, account, docket)
    elif updates.show == "first":
        _first(dossier, account, extras, first, later, docket)
    elif _version(taken[-1]) < shown:
        _stale(account, taken[-1], "went_back", "an older one was accepted after it", docket)
    else:
        _latest(dossier, account, taken[-1], later, docket)


def _first(
    dossier: Dossier,
    account: Account,
    extras: list[Attempt],
    first: Attempt,
    later: list[Version],
    docket: Docket,
) -> None:
    name = account.subject.name
    guilty = [one for one in extras if blamed_for(dossier, account.subject, one) == UPDATES]
    if guilty:
        docket.fail(
            UPDATES,
            cause="overwritten",
            expected=f"{name} stays as it was first accepted",
            observed="a later version was accepted as well",
            subject=name,
            exchanges=[first.number, *(one.number for one in guilty)],
        )
        return
    numbers = [number for version in later for number in version.witnesses]
    if numbers:
        docket.prove(
            UPDATES, [first.number, *numbers[:3]], f"{name} changed, and the target did not"
        )
    else:
        docket.idle(UPDATES, "no change was shown to the integration")


def _every(dossier: Dossier, account: Account, docket: Docket) -> None:
    name, subject = account.subject.name, account.subject
    shown = by_version(dossier, subject)
    missing = [one for one in subject.versions if one.fulfils and one.number not in shown]
    unsure = [one for one in subject.attempts if one.fate.taken is None]
    for version in missing:
        which = f"version {version.number + 1} of {len(subject.versions)} of {name}"
        if unsure:
            docket.doubt(
                UPDATES,
                f"{which}: nobody knows whether it was accepted",
                witnesses=[one.number for one in unsure],
            )
        elif any(_version(one) == version.number for one in subject.attempts):
            docket.idle(UPDATES, f"{which} was refused, see the failure rows")
        elif not _due(dossier, version):
            docket.doubt(UPDATES, f"{which}: the history ends before it is due")
        else:
            docket.fail(
                UPDATES,
                cause="version_missing",
                expected=f"every version of {name} becomes a {dossier.contract.to}",
                observed=f"{which} was never sent",
                subject=name,
                exchanges=[*version.witnesses, *(one.number for one in shown.values())],
            )
    if not missing:
        numbers = [one.number for one in shown.values()]
        docket.prove(UPDATES, numbers, f"all {len(shown)} versions of {name} were accepted")


def _latest(
    dossier: Dossier, account: Account, last: Attempt, later: list[Version], docket: Docket
) -> None:
    name = account.subject.name
    newest = next((one for one in reversed(later) if one.fulfils), None)
    if newest is None:
        docket.idle(UPDATES, f"{name} stopped being owed")
    elif _version(last) >= newest.number:
        docket.prove(UPDATES, [last.number], f"{name} shows its latest version")
    elif compare(dossier.view(newest.body), last.sighting.body).fits:
        docket.idle(UPDATES, f"the change of {name} touches no field that is sent")
    elif not _due(dossier, newest):
        docket.doubt(UPDATES, f"{name}: the history ends before its latest version is due")
    elif any(_version(one) >= newest.number for one in account.subject.attempts):
        docket.idle(UPDATES, f"the latest version of {name} was refused, see the failure rows")
    else:
        _stale(account, last, "not_updated", "the latest version was never sent", docket)


def _stale(account: Account, last: Attempt, cause: str, observed: str, docket: Docket) -> None:
    name = account.subject.name
    docket.fail(
        UPDATES,
        cause=cause,
        expected=f"the target shows the latest version of {name}",
        observed=observed,
        subject=name,
        exchanges=[*account.subject.witnesses[-3:], last.number],
    )


def _due(dossier: Dossier, version: Version) -> bool:
    if dossier.ceiling is None or version.start.at is None:
        return dossier.settled
    return dossier.over(dossier.due_for(version)) is True


def _version(attempt: Attempt) -> int:
    return -1 if attempt.basis is None else attempt.basis.version.number
