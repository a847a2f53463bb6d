"""Who answers for what, who is called when nobody acts, and who signed."""

from __future__ import annotations

from pydantic import Field

from harness.contract.words import ROLES, Day, Version
from harness.declaration import Declaration
from harness.timing import Duration


class Step(Declaration):
    """One rung of an escalation."""

    after: Duration = Field(description="How long nobody has acted.")
    to: str = Field(description="The team to call.")
    via: str = Field(description="How they are called: `pager`, `phone`, `mail`.")


class Owners(Declaration):
    """Who answers for what; every name stands in teams.yaml."""

    business: str = Field(description="The team that wants the flow and decides about it.")
    source: str = Field(description="The team of the sending system.")
    target: str = Field(description="The team of the receiving system.")
    integration: str = Field(description="The team of the code between the two.")
    escalation: tuple[Step, ...] = Field((), description="Who is called when nobody acts.")

    def team(self, role: str) -> str:
        """Return the team behind a role; any other word is a team already."""
        return str(getattr(self, role)) if role in ROLES else role


class SignOff(Declaration):
    """A team has agreed to one version of the contract."""

    by: str = Field(description="The team or person who signed.")
    on: Day = Field(description="The day of the signature, as 2026-02-20.")
    version: Version = Field(description="The version that was signed.")
    terms: str | None = Field(
        None,
        pattern=r"^[0-9a-f]{12}$",
        description="The digest of the terms that were signed; a later change is then found.",
    )
