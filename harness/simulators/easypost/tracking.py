"""Trackers: where each parcel is, as its scans tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from harness.timing import DAY, SECOND

BEFORE_THE_FIRST_SCAN: Final = frozenset({"unknown", "pre_transit", "cancelled"})
"""What a parcel may be that no carrier has in hand."""

MOVES: Final[Mapping[str, tuple[str, ...]]] = {
    "unknown": (
        "pre_transit",
        "in_transit",
        "out_for_delivery",
        "available_for_pickup",
        "delivered",
        "return_to_sender",
        "failure",
        "cancelled",
        "error",
    ),
    "pre_transit": (
        "in_transit",
        "out_for_delivery",
        "available_for_pickup",
        "delivered",
        "return_to_sender",
        "failure",
        "cancelled",
        "error",
    ),
    "in_transit": (
        "out_for_delivery",
        "available_for_pickup",
        "delivered",
        "return_to_sender",
        "failure",
        "error",
    ),
    "out_for_delivery": (
        "in_transit",
        "available_for_pickup",
        "delivered",
        "return_to_sender",
        "failure",
        "error",
    ),
    "available_for_pickup": (
        "in_transit",
        "out_for_delivery",
        "delivered",
        "return_to_sender",
        "failure",
        "error",
    ),
    "delivered": ("return_to_sender",),
    "return_to_sender": ("delivered", "failure"),
    "failure": ("in_transit", "return_to_sender"),
    "error": ("in_transit",),
    "cancelled": (),
}
"""What a parcel may become; a lost one may be found again."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scan was made, as far as the carrier says."""

    city: str | None = None
    state: str | None = None
    country: str | None = None
    zip: str | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """What a carrier reports; ``at`` is the instant that is shown, right or wrong."""

    status: str
    detail: str
    message: str
    at: int
    place: Place = Place()
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Tracker:
    """A parcel on one of its ways: to the customer, or back."""

    id: str
    code: str
    carrier: str
    created_at: int
    updated_at: int
    status: str = "unknown"
    detail: str = "unknown"
    service: str | None = None
    shipment: str | None = None
    is_return: bool = False
    signed_by: str | None = None
    expected_at: int | None = None
    days: int | None = None
    weight: Decimal | None = None
    fee: Decimal | None = None
    scans: tuple[Scan, ...] = ()

    @property
    def is_scanned(self) -> bool:
        """Return whether a carrier has had the parcel in hand."""
        return any(scan.status not in BEFORE_THE_FIRST_SCAN for scan in self.scans)

    @property
    def last_heard(self) -> Scan | None:
        """Return the scan with the latest time; of several, the one that came last."""
        return max(reversed(self.scans), key=lambda scan: scan.at, default=None)

    def can_become(self, status: str) -> bool:
        """Return whether a parcel that is as this one may be so next."""
        return status == self.status or status in MOVES.get(self.status, ())


class Trackers:
    """All trackers, by id. What changed is a new value in the place of the old one."""

    def __init__(self, *, tick: int, forward_only: bool) -> None:
        self.by_id: dict[str, Tracker] = {}
        self._tick = tick
        self._forward_only = forward_only

    def add(self, tracker: Tracker) -> Tracker:
        """Keep a new tracker."""
        self.by_id[tracker.id] = tracker
        return tracker

    def of_code(self, code: str) -> list[Tracker]:
        """Return the trackers of a tracking code, the newest last."""
        return [tracker for tracker in self.by_id.values() if tracker.code == code]

    def registered(self, code: str, carrier: str, *, since: int) -> Tracker | None:
        """Return the tracker that a code was given lately, or None."""
        known = [
            one
            for one in self.of_code(code)
            if one.carrier == carrier and one.created_at >= since and not one.is_return
        ]
        return known[-1] if known else None

    def heard(self, tracker: Tracker, scan: Scan, *, now: int) -> Tracker:
        """Return the tracker with one more scan, which may be older than others.

        The status is that of the scan with the latest time, as far as a parcel can move there.
        """
        after = replace(tracker, scans=(*tracker.scans, scan))
        if after.is_scanned and not tracker.is_scanned and tracker.days is not None:
            after = replace(after, expected_at=tracker.expected_at or scan.at + tracker.days * DAY)
        latest = after.last_heard
        if latest is not None and (tracker.can_become(latest.status) or not self._forward_only):
            after = replace(after, status=latest.status, detail=latest.detail)
        return self.changed(after, now=now)

    def changed(self, tracker: Tracker, *, now: int) -> Tracker:
        """Keep what a tracker is now; no two changes of one bear the same instant."""
        at = max(now // SECOND * SECOND, tracker.updated_at + self._tick)
        return self.add(replace(tracker, updated_at=at))
