"""What judging returns: rulings with witnesses, findings, and how they combine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import IntEnum, StrEnum
from typing import Any


class Status(IntEnum):
    """What is known of a clause; combining takes the worst."""

    PROVEN = 0
    WAIVED = 1
    UNPROVEN = 2
    FAILED = 3

    @property
    def word(self) -> str:
        """Return the status as it is written in records and reports."""
        return self.name.lower()


_WORDS = {status.word: status for status in Status}


class Severity(StrEnum):
    """How much a broken promise hurts; any failure stops a launch unless somebody accepts it."""

    BLOCKER = "blocker"
    MAJOR = "major"
    MINOR = "minor"
    NOTE = "note"


class Grade(StrEnum):
    """How strong the evidence is: what the other side really was."""

    SIMULATED = "simulated"
    SCHEMA_CHECKED = "schema checked"
    RECORDED = "recorded"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Finding:
    """The systems do not keep a promise: who must act, what was promised, what was seen.

    ``cause`` is a stable word for the kind of breach; ``subject`` names the message by its
    business key; ``exchanges`` are the sequence numbers that prove it.
    """

    clause: str
    cause: str
    severity: Severity
    owner: str
    expected: str
    observed: str
    subject: str = ""
    exchanges: tuple[int, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Return the name under which waivers and trends know this finding."""
        digest = hashlib.sha256(f"{self.clause}\n{self.cause}".encode()).hexdigest()
        return digest[:12]


@dataclass(frozen=True, slots=True)
class Ruling:
    """One clause, one history: a status, why, and what shows it.

    Use the three constructors; they refuse a *proven* without a witness, a *failed* without a
    finding and an *unproven* that does not say what would prove it.
    """

    clause: str
    status: Status
    reason: str
    witnesses: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()
    would_prove: str = ""
    grade: Grade = Grade.SIMULATED

    def __post_init__(self) -> None:
        if self.status is Status.PROVEN and not self.witnesses:
            raise ValueError(f"{self.clause}: proven needs a witness")
        if self.status is Status.FAILED and not self.findings:
            raise ValueError(f"{self.clause}: failed needs a finding")
        if self.status is Status.UNPROVEN and not (self.reason and self.would_prove):
            raise ValueError(f"{self.clause}: unproven needs a reason and what would prove it")


def proven(
    clause: str, reason: str, witnesses: Iterable[int], *, grade: Grade = Grade.SIMULATED
) -> Ruling:
    """Rule that the history shows the clause kept; ``witnesses`` are exchange numbers."""
    return Ruling(clause, Status.PROVEN, reason, tuple(sorted(set(witnesses))), grade=grade)


def failed(
    clause: str,
    findings: Iterable[Finding],
    *,
    witnesses: Iterable[int] = (),
    grade: Grade = Grade.SIMULATED,
) -> Ruling:
    """Rule that the history shows the clause broken, by at least one finding."""
    found = tuple(findings)
    reason = f"{found[0].expected}; {found[0].observed}" if found else ""
    seen = {*witnesses, *(number for finding in found for number in finding.exchanges)}
    return Ruling(clause, Status.FAILED, reason, tuple(sorted(seen)), found, grade=grade)


def unproven(
    clause: str,
    reason: str,
    *,
    would_prove: str,
    witnesses: Iterable[int] = (),
    grade: Grade = Grade.SIMULATED,
) -> Ruling:
    """Rule that the history touches the clause and cannot decide it."""
    return Ruling(
        clause,
        Status.UNPROVEN,
        reason,
        tuple(sorted(set(witnesses))),
        would_prove=would_prove,
        grade=grade,
    )


def combine(statuses: Iterable[Status]) -> Status:
    """Return the worst status; of nothing at all, *unproven*."""
    return max(statuses, default=Status.UNPROVEN)


@dataclass(frozen=True, slots=True)
class Measure:
    """One measured latency against a promise: nanoseconds, and whether a fault touched it."""

    clause: str
    value: int
    limit: int
    subject: str = ""
    faulted: bool = False
    grade: Grade = Grade.SIMULATED


@dataclass(frozen=True, slots=True)
class Tally:
    """One figure that both sides have of the same thing, held against each other.

    ``about`` is the outcome that it belongs to, ``subject`` the thing, ``what`` the value, such
    as ``available`` or ``revenue``. ``there`` is what the source has, ``here`` the target; None
    where it has nothing. ``parked`` says that it lies where somebody was told to look after it.
    """

    about: str
    contract: str
    subject: str
    what: str
    there: str
    here: str | None
    currency: str = ""
    parked: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that judging one history says.

    ``idle`` names the clauses that the history does not decide because nothing exercised them,
    each with the reason; they have no vote.
    """

    rulings: tuple[Ruling, ...] = ()
    idle: Mapping[str, str] = field(default_factory=dict)
    measures: tuple[Measure, ...] = ()
    tallies: tuple[Tally, ...] = ()

    @property
    def status(self) -> Status:
        """Return the worst ruling; without any, *unproven*."""
        return combine(ruling.status for ruling in self.rulings)


def ruling_to_json(ruling: Ruling) -> dict[str, Any]:
    """Return a ruling as plain data."""
    return {
        "clause": ruling.clause,
        "status": ruling.status.word,
        "reason": ruling.reason,
        "witnesses": list(ruling.witnesses),
        "findings": [asdict(finding) for finding in ruling.findings],
        "would_prove": ruling.would_prove,
        "grade": str(ruling.grade),
    }


def ruling_from_json(data: Mapping[str, Any]) -> Ruling:
    """Return the ruling that plain data describes; an unknown status is *unproven*."""
    status = _WORDS.get(str(data["status"]), Status.UNPROVEN)
    doubt = "judge it again with this version" if status is Status.UNPROVEN else ""
    findings = tuple(
        Finding(
            **{
                **finding,
                "severity": Severity(finding["severity"]),
                "exchanges": tuple(finding["exchanges"]),
            }
        )
        for finding in data["findings"]
    )
    return Ruling(
        clause=data["clause"],
        status=status,
        reason=data["reason"] or "unknown status",
        witnesses=tuple(data["witnesses"]),
        findings=findings,
        would_prove=data["would_prove"] or doubt,
        grade=Grade(data["grade"]),
    )
