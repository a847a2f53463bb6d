"""What was promised about time."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pydantic import Field, field_validator, model_validator

from harness.contract.words import ClockTime, Name, Share
from harness.declaration import Declaration
from harness.timing import Duration, Limit, Workdays, find_zone, parse_clock
from harness.workdays import Days, Lot, lot_of


class Bound(Declaration):
    """A time limit in two steps."""

    warn: Duration | None = Field(None, description="From here on the report warns.")
    fail: Duration = Field(description="From here on the promise is broken.")


class Delivered(Declaration):
    """How long until the target has accepted the message."""

    warn: Limit | None = Field(None, description="From here on the report warns.")
    fail: Limit = Field(description="From here on the promise is broken; also `2 workdays`.")
    share: Share | None = Field(None, description="The share that must keep `fail`, as in `99%`.")
    never_over: Limit | None = Field(
        None, description="The limit that binds every message; `fail` when absent."
    )
    calendar: Name | None = Field(None, description="The calendar that says which days are worked.")

    @model_validator(mode="after")
    def _share_needs_a_ceiling(self) -> Delivered:
        if self.share is not None and self.never_over is None:
            raise ValueError("`share` leaves some messages unbounded; say `never_over` as well")
        if self.never_over is not None and self.never_over < self.fail:
            raise ValueError("`never_over` is shorter than `fail`")
        return self

    @model_validator(mode="after")
    def _workdays_need_a_calendar(self) -> Delivered:
        limits = [limit for limit in (self.warn, self.fail, self.never_over) if limit is not None]
        counted = any(isinstance(limit, Workdays) for limit in limits)
        if counted and self.calendar is None:
            raise ValueError("workdays need to know which days are worked; say `calendar: NAME`")
        if self.calendar is not None and not counted:
            raise ValueError("`calendar` goes with limits in workdays, and none of these is one")
        if self.never_over is not None and (
            isinstance(self.fail, Workdays) != isinstance(self.never_over, Workdays)
        ):
            raise ValueError("count `fail` and `never_over` alike, both in workdays or neither")
        return self

    @property
    def ceiling(self) -> int:
        """Return the limit that binds every message, in nanoseconds; Workdays where agreed."""
        return self.fail if self.never_over is None else self.never_over


class Fresh(Declaration):
    """How old a shown value may be."""

    warn: Duration | None = Field(None, description="From here on the report warns.")
    max_age: Duration = Field(
        description="The longest time since the source last held the value that is shown."
    )


class Every(Declaration):
    """How often something comes, and who is told when it does not."""

    each: Duration = Field(description="The longest time between two.")
    missed_after: int = Field(1, ge=1, description="How many may be missing before it counts.")
    tell: str | None = Field(None, description="The role or team that is told of the silence.")
    within: Duration | None = Field(None, description="How soon they are told.")


class Cutoff(Declaration):
    """A deadline on the clock: what is seen before one time of day is accepted by another."""

    seen_before: ClockTime = Field(description='The time of day that closes the lot, as "14:00".')
    accepted_by: ClockTime = Field(
        description="The time of day by which the target has it; the next day when it is earlier."
    )
    zone: str = Field(description="The IANA time zone of both times, as `Europe/Berlin`.")
    calendar: str | None = Field(None, description="The calendar whose workdays count.")

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        find_zone(name)
        return name

    def lot(self, seen: int, days: Days) -> Lot:
        """Return the lot of what was seen at an instant, on the workdays of a calendar."""
        return lot_of(
            seen,
            closes=parse_clock(self.seen_before),
            due=parse_clock(self.accepted_by),
            days=replace(days, zone=self.zone),
        )


class Recovered(Declaration):
    """How a lost event is found again."""

    by: Literal["reconcile"] = Field("reconcile", description="A regular comparison finds it.")
    looks_back: Duration = Field(description="How far back the comparison reaches.")
    every: Duration | None = Field(None, description="How often it runs.")
    fail: Duration = Field(description="From the loss to acceptance by the target.")


class Timing(Declaration):
    """What was promised about time, on the leg from the integration to the target."""

    delivered: Delivered | None = Field(
        None, description="Source event to acceptance by the target."
    )
    response: Bound | None = Field(None, description="One call to the target.")
    fresh: Fresh | None = Field(None, description="The age of what the target shows.")
    every: Every | None = Field(None, description="How often something is sent at the least.")
    cutoff: Cutoff | None = Field(None, description="A deadline on the clock.")
    recovered: Recovered | None = Field(None, description="How lost events are found again.")
