"""What one check has to say, clause by clause, until it becomes one ruling for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from harness.verdict import (
    Finding,
    Grade,
    Measure,
    Ruling,
    Severity,
    failed,
    proven,
    unproven,
)

MOST_WITNESSES: Final = 25
"""How many exchanges stand behind a proof; more would only make the record longer."""
MOST_FINDINGS: Final = 200
"""How many findings of one clause are kept; the reason tells how many there were."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A clause as the docket needs it: who answers, how much it hurts, what would prove it."""

    id: str
    owner: str
    severity: Severity
    would_prove: str
    grade: Grade


@dataclass(slots=True)
class _Votes:
    reason: str = ""
    proofs: int = 0
    witnesses: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    broken: int = 0
    doubts: list[tuple[str, str]] = field(default_factory=list)
    doubted_by: list[int] = field(default_factory=list)


class Docket:
    """Collects votes on clauses; the worst one decides each, as ``verdict.combine`` does.

    A clause that gets no vote has no ruling; ``idle`` keeps why.
    """

    def __init__(self, promises: Mapping[str, Promise]) -> None:
        self.promises = promises
        self.measures: list[Measure] = []
        self._votes: dict[str, _Votes] = {}
        self._idle: dict[str, str] = {}

    def has(self, path: str) -> bool:
        """Return whether the contract makes this promise."""
        return path in self.promises

    def prove(
        self, path: str, witnesses: Iterable[int | None], reason: str, *, times: int = 1
    ) -> None:
        """Vote that the clause was kept; without a witness there is no such vote."""
        seen = [number for number in witnesses if number is not None]
        if not seen:
            self.idle(path, "kept, as far as can be seen, but no exchange shows it")
            return
        votes = self._of(path)
        votes.proofs += times
        votes.reason = votes.reason or reason
        if len(votes.witnesses) < MOST_WITNESSES:
            votes.witnesses += seen

    def fail(
        self,
        path: str,
        *,
        cause: str,
        expected: str,
        observed: str,
        subject: str = "",
        exchanges: Iterable[int | None] = (),
        owner: str | None = None,
    ) -> None:
        """Vote that the clause was broken; the owner is the clause's own unless said otherwise."""
        votes, promise = self._of(path), self.promises[path]
        votes.broken += 1
        if len(votes.findings) >= MOST_FINDINGS:
            return
        votes.findings.append(
            Finding(
                clause=promise.id,
                cause=cause,
                severity=promise.severity,
                owner=promise.owner if owner is None else owner,
                expected=expected,
                observed=observed,
                subject=subject,
                exchanges=tuple(sorted({n for n in exchanges if n is not None})),
            )
        )

    def doubt(
        self,
        path: str,
        reason: str,
        *,
        would_prove: str | None = None,
        witnesses: Iterable[int | None] = (),
    ) -> None:
        """Vote that the history touches the clause and cannot decide it."""
        votes = self._of(path)
        votes.doubts.append((reason, would_prove or self.promises[path].would_prove))
        if len(votes.doubted_by) < MOST_WITNESSES:
            votes.doubted_by += [number for number in witnesses if number is not None]

    def idle(self, path: str, reason: str) -> None:
        """Note why a clause has no vote here; the first reason is kept."""
        if path in self.promises:
            self._idle.setdefault(path, reason)

    def failing(self, path: str) -> bool:
        """Return whether a vote says that the clause is broken."""
        votes = self._votes.get(path)
        return votes is not None and votes.broken > 0

    def rulings(self) -> list[Ruling]:
        """Return one ruling for each clause with a vote, in the order of the contract."""
        return [
            _ruling(promise, self._votes[path])
            for path, promise in self.promises.items()
            if path in self._votes
        ]

    @property
    def reasons(self) -> Mapping[str, str]:
        """Return for each clause without a vote why it has none, by clause id."""
        return {
            self.promises[path].id: reason
            for path, reason in self._idle.items()
            if path not in self._votes
        }

    def _of(self, path: str) -> _Votes:
        if path not in self.promises:
            raise KeyError(f"the contract makes no promise at {path}")
        return self._votes.setdefault(path, _Votes())


def _ruling(promise: Promise, votes: _Votes) -> Ruling:
    if votes.findings:
        return failed(promise.id, votes.findings, grade=promise.grade)
    if votes.doubts:
        reason, would_prove = votes.doubts[0]
        return unproven(
            promise.id,
            _and_more(reason, len(votes.doubts)),
            would_prove=would_prove,
            witnesses=votes.doubted_by,
            grade=promise.grade,
        )
    return proven(
        promise.id,
        _and_more(votes.reason, votes.proofs),
        votes.witnesses[:MOST_WITNESSES],
        grade=promise.grade,
    )


def _and_more(reason: str, count: int) -> str:
    return reason if count < 2 else f"{reason} (and {count - 1:,} more)"
