"""What UPS does, whoever asks: the API, or a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final

from harness.landscape import System
from harness.simulators.base import Context, Webhook, to_json
from harness.simulators.ups.codes import tracking_number
from harness.simulators.ups.parcels import STAGES, Activity, Package, Parcels, Shipment
from harness.simulators.ups.requests import (
    Body,
    packages_of,
    pounds,
    references_of,
    refuse_unfit,
    weight_of,
)
from harness.simulators.ups.views import alert_view, package_view, shipment_view
from harness.simulators.webhooks import new_uuid, topics_of

ALERT: Final = "track.alert"
"""The topic of what is told to a subscriber."""


class Depot:
    """Labels that are made and voided, scans that come in, and who is told of them."""

    def __init__(self, system: System, context: Context, numbers: Mapping[str, Any]) -> None:
        self.context = context
        self.numbers = numbers
        self.parcels = Parcels(kept_for=numbers["kept_for"])
        self.account = "GL0001"
        self._system = system
        self._alerts: dict[str, tuple[int, str]] = {}
        self._sent = 0

    # Labels.

    def price(self, shipment: Body, service: str) -> Decimal:
        """Return what a service asks for all packages of a shipment."""
        begin, each = next(line[2:4] for line in self.numbers["services"] if line[0] == service)
        total = Decimal(0)
        for package in packages_of(shipment):
            further = pounds(*weight_of(package)).to_integral_value(ROUND_CEILING) - 1
            total += begin + further * each
        return total

    def ship(self, body: Body) -> Shipment:
        """Return a new shipment with a label for each package.

        There is no key that tells a repeated request: asked twice, UPS makes two shipments.

        Raises:
            Refused: it is not described as it should be.
        """
        refuse_unfit(body, self.numbers, self.account)
        packages, service = packages_of(body), str(body["Service"]["Code"])
        numbers = tuple(
            tracking_number(self.account, service, self.parcels.next_serial()) for _ in packages
        )
        weights = [weight_of(package) for package in packages]
        unit = weights[0][1]
        days = next(line[4] for line in self.numbers["services"] if line[0] == service)
        shipment = Shipment(
            id=numbers[0],
            created_at=self.context.now,
            service=service,
            shipper=body["Shipper"],
            ship_to=body["ShipTo"],
            numbers=numbers,
            transport=self.price(body, service),
            weight=sum((Decimal(weight) for weight, _ in weights), Decimal(0)),
            unit=unit,
            days=days,
        )
        known = Activity(STAGES["label"], self.context.now, self._system.timezone)
        made = [
            Package(number, shipment.id, *weights[at], references_of(package, body), (known,))
            for at, (number, package) in enumerate(zip(numbers, packages, strict=True))
        ]
        self.parcels.add(shipment, made)
        self.commit("shipment", shipment_view(shipment, self.numbers))
        for package in made:
            self._tell(package)
        return shipment

    def void(self, shipment: str, numbers: list[str]) -> list[Package]:
        """Return the packages whose labels are no longer good.

        Raises:
            Refused: they cannot be voided.
        """
        now, window = self.context.now, self.numbers["void_window"]
        packages = self.parcels.voidable(shipment, numbers, now=now, window=window)
        return [self.scan(package, "void", now, self._system.timezone) for package in packages]

    # Scans.

    def scan(
        self,
        package: Package,
        stage: str,
        at: int,
        zone: str,
        *,
        city: str | None = None,
        country: str | None = None,
        **also: Any,
    ) -> Package:
        """Take in a scan, which may be older than others, and tell of it."""
        activity = Activity(STAGES[stage], at, zone, city, country)
        package = self.parcels.packages[package.number]
        scanned = self.parcels.scanned(package, activity, **also)
        self._tell(scanned)
        self.alert(scanned)
        return scanned

    # Alerts.

    def subscribe(self, numbers: list[str], credential: str) -> None:
        """Tell of the scans of these packages from now on, for as long as an alert lasts."""
        until = self.context.now + self.numbers["alerts_last"]
        self._alerts.update((number, (until, credential)) for number in numbers)

    def alert(self, package: Package) -> None:
        """Tell of the latest scan, if somebody asked for it and the time is not over."""
        until, credential = self._alerts.get(package.number, (0, ""))
        if self.context.now < until:
            self.push(package.number, alert_view(package), credential)

    def push(self, number: str, body: Body, credential: str) -> None:
        """Send an alert; it is not signed, but bears the subscriber's own credential."""
        if not any(ALERT in topics_of(one) for one in self._system.messages.values()):
            return
        self._sent += 1
        headers = (("Content-Type", "application/json"), ("Credential", credential))
        event = new_uuid(self.context.random)
        self.context.emit(
            Webhook(ALERT, number, to_json(body), headers, f"alert-{self._sent}", event)
        )

    # Telling.

    def commit(self, message: str, body: Body) -> None:
        """Say that UPS now holds a message, if the system's file has it."""
        if message in self._system.messages:
            key = self._system.messages[message].key
            self.context.commit(message, str(body.get(key)), body)

    def rows(self) -> list[dict[str, Any]]:
        """Return a row of each package, by tracking number."""
        return [_row(package) for _, package in sorted(self.parcels.packages.items())]

    def _tell(self, package: Package) -> None:
        self.commit("package", package_view(package, self.parcels, self.numbers))
        if "parcel" in self._system.records:
            self.context.note("parcel", _row(package))


def _row(package: Package) -> dict[str, Any]:
    return {"package": package.number, "status": package.latest.stage.type}
