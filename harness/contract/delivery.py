"""How messages travel: received, repeated, told apart, and what is done when one fails."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from harness.contract.timing import Bound
from harness.contract.words import Action, Name, Outcome, PathText, SeverityWord
from harness.declaration import Declaration
from harness.timing import Duration


class Receive(Declaration):
    """What was promised on the leg from the source to the integration."""

    style: Literal["webhook", "poll"] = Field(description="How the integration learns of it.")
    answered: Bound | None = Field(None, description="How soon a webhook is answered.")
    delivery: Literal["at_least_once", "at_most_once"] | None = Field(
        None, description="`at_least_once`: the same event may come twice and must count once."
    )
    bad_signature: Literal["refuse"] | None = Field(
        None, description="`refuse`: a webhook with a wrong signature is refused and has no effect."
    )
    every: Duration | None = Field(None, description="How often it polls.")
    missed_after: int = Field(
        1, ge=1, description="How many polls may fail before somebody must notice."
    )

    @model_validator(mode="after")
    def _polls_tell_how_often(self) -> Receive:
        if self.style == "webhook" and self.every is not None:
            raise ValueError("`every` says how often a poll runs; a webhook comes by itself")
        return self


class Idempotency(Declaration):
    """How the target tells a repeated request from a new one."""

    key: tuple[PathText, ...] = Field(min_length=1, description="The target fields it is made of.")
    sent_as: Annotated[str, Field(pattern=r"^(header [A-Za-z0-9-]+|body)$")] = Field(
        description="Where it travels: `header NAME`, or `body` where the target knows a message "
        "again by these fields themselves."
    )
    remembered: Duration | None = Field(None, description="How long the target remembers it.")

    @property
    def header(self) -> str | None:
        """Return the name of the header; None where the fields themselves are the key."""
        return None if self.sent_as == "body" else self.sent_as.removeprefix("header ")

    @property
    def carrier(self) -> str:
        """Return what carries the key, for a sentence."""
        return self.header or " and ".join(self.key)


class Wait(Declaration):
    """How long to wait between attempts: first, times factor, up to max."""

    first: Duration = Field(description="The wait before the second attempt.")
    factor: Decimal = Field(Decimal(1), ge=1, description="What each wait is multiplied by.")
    max: Duration | None = Field(None, description="The longest wait.")
    jitter: Literal["none", "equal", "full"] = Field(
        "none",
        description="How much of a wait is random: `none`, `equal` (its second half) or `full`.",
    )

    def before(self, attempt: int) -> tuple[int, int]:
        """Return the shortest and longest wait before that attempt (2 is the first retry)."""
        wait = int(self.first * self.factor ** (attempt - 2))
        wait = wait if self.max is None else min(wait, self.max)
        shortest = {"none": wait, "equal": wait // 2, "full": 0}[self.jitter]
        return shortest, wait


class Retry(Declaration):
    """How often and how patiently a call is repeated."""

    attempts: int = Field(ge=1, description="How many calls at the most, the first included.")
    wait: Wait = Field(description="The waits between them.")
    give_up_after: Duration | None = Field(
        None, description="When to stop, counted from the first."
    )
    timeout: Duration | None = Field(
        None, description="How long one call is waited for before it counts as timed out."
    )
    obey_retry_after: bool = Field(False, description="Whether the target's Retry-After wins.")
    on: tuple[Outcome, ...] = Field(min_length=1, description="The outcomes that are retried.")


class FailureRule(Declaration):
    """What is done about one kind of failure, and who is told."""

    means: str = Field("", description="What it means, in words.")
    then: Action = Field(description="What the integration does.")
    tell: str | None = Field(None, description="The role or team that is told.")
    within: Duration | None = Field(None, description="How soon they are told.")
    severity: SeverityWord = Field("major", description="How much a breach hurts.")
    attempts: int | None = Field(
        None, ge=1, description="How many calls at the most for this failure, the first included."
    )
    undo: Name | None = Field(
        None, description="The contract that takes back what was done, for `then: undo`."
    )

    @model_validator(mode="after")
    def _told_in_time(self) -> FailureRule:
        if self.within is not None and self.tell is None:
            raise ValueError("`within` says how soon somebody is told; say whom with `tell`")
        if (self.then == "undo") != (self.undo is not None):
            raise ValueError("`then: undo` and `undo: CONTRACT` go together")
        return self


class Parked(Declaration):
    """What becomes of messages that cannot be delivered."""

    to: str = Field(description="The message of an alerting system that shows them.")
    replay_by: str | None = Field(None, description="The team that sends them again.")
    keep: Duration | None = Field(None, description="How long they are kept.")
    alarm_over: int | None = Field(None, description="From how many on somebody is alarmed.")


class Updates(Declaration):
    """What happens when the source changes again."""

    by: PathText = Field(description="The field that orders the versions.")
    show: Literal["first", "latest", "every"] = Field(
        description="Which versions the target must show."
    )


class Guard(Declaration):
    """A fresh look at the source before writing."""

    seen_within: Duration = Field(
        description="How recently the source was read when the request to the target began."
    )


class Volume(Declaration):
    """How much is expected, so that limits can be held against it."""

    messages: int = Field(ge=1, description="How many messages at the peak.")
    per: Duration = Field(description="In what time.")
