"""Shipments and their packages, and what is scanned of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from harness.simulators.ups.refusals import Refused, not_tracked

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a package can be: type and codes as UPS has them, and what people read.

    Types are those of Tracking.yaml; the codes are an assumption but for MP, OR, AR and OT, which
    connectors name.
    """

    type: str
    code: str
    status: str
    text: str


STAGES: Final[Mapping[str, Stage]] = {
    "label": Stage(
        "M", "MP", "003", "Shipper created a label, UPS has not received the package yet."
    ),
    "pick_up": Stage("P", "OR", "005", "Origin Scan"),
    "depart": Stage("I", "DP", "005", "Departed from Facility"),
    "arrive": Stage("I", "AR", "005", "Arrived at Facility"),
    "out_for_delivery": Stage("O", "OT", "021", "Out For Delivery Today"),
    "deliver": Stage("D", "FS", "011", "DELIVERED"),
    "fail_delivery": Stage(
        "X", "48", "013", "The receiver was not available. We will make another attempt."
    ),
    "delay": Stage("X", "X2", "012", "A delay has occurred."),
    "return_to_sender": Stage("RS", "RT", "016", "The package is being returned to the sender."),
    "lose": Stage("X", "LX", "007", "The package cannot be found."),
    "void": Stage("MV", "VM", "010", "The shipment was voided."),
}
"""What a package goes through, by the action that brings it there."""

_AT_THE_END: Final = frozenset({"D", "MV"})


@dataclass(frozen=True, slots=True)
class Activity:
    """What was scanned, when (nanoseconds since the epoch), and where."""

    stage: Stage
    at: int
    zone: str
    city: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """A package; its status is that of what was scanned latest."""

    number: str
    shipment: str
    weight: str
    unit: str
    references: tuple[str, ...] = ()
    activities: tuple[Activity, ...] = ()
    received_by: str | None = None

    @property
    def latest(self) -> Activity:
        """Return the scan with the latest time; of several, the one that came last."""
        return max(reversed(self.activities), key=lambda activity: activity.at)

    @property
    def is_scanned(self) -> bool:
        """Return whether UPS has had the package in hand."""
        return any(activity.stage.type not in ("M", "MV") for activity in self.activities)

    @property
    def is_over(self) -> bool:
        """Return whether nothing more is expected to happen to it."""
        return self.latest.stage.type in _AT_THE_END


@dataclass(frozen=True, slots=True)
class Shipment:
    """What was asked for in one call, and what it costs."""

    id: str
    created_at: int
    service: str
    shipper: Body
    ship_to: Body
    numbers: tuple[str, ...]
    transport: Decimal
    weight: Decimal
    unit: str
    days: int


class Parcels:
    """All shipments and packages. What changed is a new value in the place of the old one."""

    def __init__(self, *, kept_for: int) -> None:
        self.shipments: dict[str, Shipment] = {}
        self.packages: dict[str, Package] = {}
        self._kept_for = kept_for
        self._serial = 0

    def next_serial(self) -> int:
        """Return the next serial; they are counted, so that a scenario can foresee them."""
        self._serial += 1
        return self._serial

    def add(self, shipment: Shipment, packages: list[Package]) -> None:
        """Keep a new shipment with its packages."""
        self.shipments[shipment.id] = shipment
        self.packages.update((package.number, package) for package in packages)

    def tracked(self, number: str, *, now: int) -> Package:
        """Return the package of a tracking number.

        Raises:
            Refused: there is none, or it is too long ago.
        """
        package = self.packages.get(number)
        if package is None or self.is_gone(package, now=now):
            raise not_tracked()
        return package

    def is_gone(self, package: Package, *, now: int) -> bool:
        """Return whether a package is so old that nothing is known of it any more."""
        return now - self.shipments[package.shipment].created_at > self._kept_for

    def scanned(self, package: Package, activity: Activity, **also: Any) -> Package:
        """Keep one more scan of a package, and what else is learned with it."""
        after = replace(package, activities=(*package.activities, activity), **also)
        self.packages[package.number] = after
        return after

    def voidable(
        self, shipment: str, numbers: list[str], *, now: int, window: int
    ) -> list[Package]:
        """Return the packages that are to be voided: those named, or all of the shipment.

        Raises:
            Refused: there is no such package, it is voided, was scanned, or is too old.
        """
        found = self.shipments.get(shipment)
        if found is None or not set(numbers) <= set(found.numbers):
            raise Refused("190102", "No shipment found within the allowed void period")
        packages = [self.packages[number] for number in numbers or found.numbers]
        if all(package.latest.stage is STAGES["void"] for package in packages):
            raise Refused("190117", "The shipment has already been voided")
        if any(package.is_scanned for package in packages):
            raise Refused("190101", "The package has been scanned and cannot be voided")
        if now - found.created_at > window:
            raise Refused("190102", "No shipment found within the allowed void period")
        return packages
