"""What need not be said again: values for every rule of a contract, sections for every contract."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from pydantic import Field

from harness.contract.delivery import FailureRule, Idempotency, Parked, Receive, Retry
from harness.contract.owners import Owners
from harness.contract.timing import Timing
from harness.contract.words import Action, Outcome, SeverityWord, WhenMissing
from harness.declaration import Declaration
from harness.timing import Duration

NEVER_TAKEN: Final = frozenset(
    {"contract", "version", "status", "summary", "signed_off", "examples", "like"}
)
"""The keys of a contract that `like` never takes over: they are about that contract alone."""

UNTOLD: Final[frozenset[Action]] = frozenset(
    {"treat_as_success", "retry", "renew_and_retry", "reread_and_retry"}
)
"""The actions after which nobody needs to be told, so that no default tells them."""


class FieldDefaults(Declaration):
    """What holds for the field rules that do not say it themselves.

    ``severity`` and ``owner`` hold for every rule that promises something: those with `from`,
    `fixed` or `expression`, in lists and in blocks of rows as well. ``tolerance`` holds for those
    with `from` or `expression`. ``if_missing`` holds for those with `from`, save where something
    else decides already: a transform such as `default`, or `if_missing` of the value map.
    """

    if_missing: WhenMissing | None = Field(
        None, description="What happens when the source has no value; rules with `from` only."
    )
    severity: SeverityWord | None = Field(None, description="How much a breach hurts.")
    owner: str | None = Field(None, description="The role or team that answers for the field.")
    tolerance: Decimal | None = Field(None, description="The largest difference that is accepted.")


class FailureDefaults(Declaration):
    """What holds for the failure rows that do not say it themselves.

    ``tell`` and ``within`` hold for rows after which somebody has to act; a row that ends well or
    tries again tells nobody by default. ``within`` holds where somebody is told at all.
    """

    tell: str | None = Field(
        None, description="The role or team that is told, unless the row ends well or tries again."
    )
    within: Duration | None = Field(None, description="How soon they are told.")
    severity: SeverityWord | None = Field(None, description="How much a breach hurts.")


class Defaults(Declaration):
    """Values for the rules of a contract that do not say them themselves.

    They are filled in when the file is read: a rule then says them as if they were written in it.
    A key that a rule names is never touched, not even when it names nothing (`tell: null`).
    """

    fields: FieldDefaults = Field(
        default_factory=FieldDefaults, description="For rules under `fields`."
    )
    failures: FailureDefaults = Field(
        default_factory=FailureDefaults, description="For rows under `failures`."
    )


class CommonSections(Declaration):
    """Sections that hold for every contract, from ``contracts/defaults.yaml``.

    A section holds for each contract that does not name it, and is not `like` one that does.
    It holds whole: nothing of it is mixed with a section that the contract names.
    """

    owners: Owners | None = Field(None, description="Who answers for what.")
    receive: Receive | None = Field(None, description="The leg from the source.")
    timing: Timing | None = Field(None, description="The leg to the target.")
    retry: Retry | None = Field(None, description="How calls are repeated.")
    idempotency: Idempotency | None = Field(None, description="How repeats are told apart.")
    failures: dict[Outcome, FailureRule] = Field(
        default_factory=dict, description="What is done about each kind of failure."
    )
    parked: Parked | None = Field(None, description="What becomes of what cannot be delivered.")
    defaults: Defaults | None = Field(
        None, description="Values for rules that do not say them themselves."
    )
