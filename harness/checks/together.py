"""Whether a message was sent with everything known that the contract reads together with it."""

from __future__ import annotations

from typing import Any

from harness.checks.docket import Docket
from harness.checks.dossier import Dossier
from harness.checks.subjects import Attempt, Basis, Subject
from harness.mapping import ABSENT, Incomplete, InPart, Unsure

_MOST_SHOWN = 5


def judge_join(
    dossier: Dossier, subject: Subject, attempt: Attempt, basis: Basis, name: str, docket: Docket
) -> None:
    """Vote on one join for one accepted message.

    It is proven when everything that belongs to the source was known before the call began: all
    pages of a list, or the one. It is broken when something was committed before the integration
    was first told of the source, and was never shown to it. Everything else is unproven.
    """
    clause, found = f"with.{name}", basis.view.joined[name]
    reason = _open(dossier, name, found)
    begun = attempt.sighting.begun
    if not reason:
        seen = (
            []
            if dossier.joining is None
            else dossier.joining.shown_by(basis.view.source, name, begun)
        )
        docket.prove(
            clause,
            [attempt.number, *seen[:_MOST_SHOWN]],
            f"{_counted(dossier, name, found)} before {dossier.target_name(attempt)} was sent",
        )
        return
    unread = _unread(dossier, subject, basis, name, begun)
    if not unread:
        docket.doubt(clause, f"{subject.name}: {reason}", witnesses=[attempt.number])
        return
    docket.fail(
        clause,
        cause="not_read",
        expected=f"every {_of(dossier, name)} of {subject.name} is known before it is sent",
        observed=f"{unread} of them had not been read when {dossier.target_name(attempt)} was sent",
        subject=subject.name,
        exchanges=[attempt.number],
    )


def _open(dossier: Dossier, name: str, found: Any) -> str:
    """Return why it is not known what belongs to the source; empty when it is."""
    if isinstance(found, (Unsure, Incomplete)):
        return found.reason
    if any(type(one) is InPart for one in (found if isinstance(found, list) else [found])):
        return f"a {_of(dossier, name)} was seen in part only"
    return f"there is no {_of(dossier, name)} that belongs to it" if found is ABSENT else ""


def _unread(dossier: Dossier, subject: Subject, basis: Basis, name: str, begun: int) -> int:
    told = [one.tick for one in subject.knowledge if one.version is basis.version]
    if dossier.joining is None or not told:
        return 0
    return dossier.joining.unread(basis.view.source, name, committed=min(told), known=begun)


def _of(dossier: Dossier, name: str) -> str:
    return dossier.contract.with_[name].name


def _counted(dossier: Dossier, name: str, found: Any) -> str:
    count = len(found) if isinstance(found, list) else 1
    return f"{count} {_of(dossier, name)} known"
