"""What a project decides itself: who signed what, which failures are borne, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from harness.align import Gap
from harness.contract import Clause
from harness.declaration import Declaration


def checked_day(text: str) -> str:
    """Return a day as it was written; ValueError unless it is `2026-03-02`."""
    # Days are compared as text, so the other ways in which ISO 8601 writes one are refused.
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError("write the day as 2026-03-02")
    return text


def _said(text: str) -> str:
    # A signature of blanks would turn a promise green that nobody answers for.
    if sum(map(str.isalnum, text)) < 2:
        raise ValueError("write it in words; blanks and marks say nothing")
    return text


Day = Annotated[str, AfterValidator(checked_day), Field(examples=["2026-03-02"])]


Said = Annotated[str, AfterValidator(_said)]


class Attestation(Declaration):
    """A named person signs a promise that leaves no trace between the systems."""

    clause: str = Field(description="The clause, `contract#path`.")
    by: Said = Field(min_length=2, description="The person who signs.")
    on: Day = Field(description="The day of the signature.")
    note: str = Field("", description="What was looked at.")


class Waiver(Declaration):
    """A named person accepts what is not kept or not proven, until a day, for a reason."""

    clause: str = Field(description="The clause, `contract#path`.")
    cause: str | None = Field(
        None, description="Only findings with this cause; `unproven` is one. All when left out."
    )
    by: Said = Field(min_length=2, description="The person who accepts the risk.")
    reason: Said = Field(min_length=3, description="Why it is acceptable.")
    until: Day = Field(description="The last day on which it counts.")


class GapWaiver(Declaration):
    """A named person accepts an alignment finding, until a day, for a reason."""

    code: str = Field(pattern=r"^[A-Z]\d\d$", description="The code of the check, as `F04`.")
    at: str = Field(
        min_length=1,
        description="Where: `contract#path` as the finding shows it, or a contract for all of it.",
    )
    by: Said = Field(min_length=2, description="The person who accepts the risk.")
    reason: Said = Field(min_length=3, description="Why it is acceptable.")
    until: Day = Field(description="The last day on which it counts.")

    def covers(self, gap: Gap) -> bool:
        """Return whether it speaks of this gap."""
        return gap.code == self.code and self.at in (gap.about, f"{gap.about}#{gap.at}")


class Policy(Declaration):
    """The policy of a launch: what is signed, and what is accepted."""

    launch: str = Field("", description="What goes live.")
    date: Day | None = Field(None, description="The day of the launch.")
    policy: str = Field(
        "Every clause of every agreed contract is proven or signed.",
        description="The policy, in words.",
    )
    attested: tuple[Attestation, ...] = Field((), description="Promises that people sign.")
    waivers: tuple[Waiver, ...] = Field((), description="Risks that people accept.")
    alignment: tuple[GapWaiver, ...] = Field(
        (), description="Findings of `golive align` that people accept."
    )


def can_be_signed(clause: str, clauses: Mapping[str, Clause]) -> bool:
    """Return whether a clause is one that leaves no trace, so that somebody signs it."""
    return clause in clauses and clauses[clause].attested


def unsigned_reason(clause: Clause, policy: Policy) -> str:
    """Return why a clause that has to be signed is not."""
    trace = "it leaves no trace between the systems"
    days = [entry.on for entry in policy.attested if entry.clause == clause.id]
    if days:
        return f"{trace}; it is signed on {min(days)}, and the record is not made for a later day"
    return f"{trace}, and nobody has signed it"
