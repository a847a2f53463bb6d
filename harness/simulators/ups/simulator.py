"""The HTTP face of UPS, and what a scenario may ask of it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl

from harness.landscape import System
from harness.simulators.base import (
    Call,
    Context,
    Delivered,
    Reply,
    Simulator,
    UnknownAction,
    reply,
)
from harness.simulators.buckets import LeakyBucket
from harness.simulators.profiles import Number, Profile
from harness.simulators.routing import Router
from harness.simulators.tokens import NoToken, Tokens
from harness.simulators.ups.depot import ALERT, Depot
from harness.simulators.ups.habits import HABITS
from harness.simulators.ups.parcels import Package
from harness.simulators.ups.refusals import Refused, no_resource
from harness.simulators.ups.shipping_api import ShippingApi
from harness.simulators.ups.tracking_api import TrackingApi
from harness.simulators.webhooks import secret_of, topics_of, try_again
from harness.timing import SECOND, find_zone, parse_duration

Values = Mapping[str, Any]

TOKEN_PATH: Final = "/security/v1/oauth/token"  # noqa: S105 - an address


class Ups(Simulator):
    """The account of one shipper with one carrier.

    A token is given for the secrets ``<system>_client_id`` and ``<system>_client_secret``, sent as
    Basic authentication. The shipper's number is ``GL0001``. It commits ``shipment`` when labels
    are made, ``package`` at every scan, and ``label_request``, as far as the system's file has
    them; an alert is the webhook ``track.alert``, unsigned, with the credential of whoever
    subscribed.

    Not played: pickups, customs papers, access points, freight, and labels but in ZPL.
    """

    habits: ClassVar[Mapping[str, Number]] = HABITS
    actions: ClassVar[Mapping[str, str]] = {
        "ship": "Somebody makes a label by hand: `reference`, `service`, `weight`; what is left "
        "out is invented.",
        "pick_up": "UPS takes the package.",
        "depart": "The package leaves a facility.",
        "arrive": "The package comes to a facility.",
        "out_for_delivery": "The package is on the van to the door.",
        "deliver": "The package is handed over; `received_by` somebody.",
        "fail_delivery": "Nobody takes the package; UPS will try again.",
        "delay": "The package is late, and UPS knows.",
        "return_to_sender": "The package goes back.",
        "lose": "The package cannot be found.",
        "travel": "The package goes all its way from now on, scan by scan, to the door.",
        "void_label": "A label is voided by hand.",
        "renew_alert": "The alert about a package is asked for again by hand.",
        "expire_tokens": "Every token that was given is refused from now on.",
    }

    def __init__(
        self, system: System, context: Context, *, secrets: Mapping[str, str], profile: Profile
    ) -> None:
        super().__init__(system, context, secrets=secrets, profile=profile)
        numbers = self.numbers
        self._depot = Depot(system, context, numbers)
        self._tokens = Tokens(lifetime=numbers["token_lifetime"])
        self._bucket = LeakyBucket(size=numbers["calls_at_once"], leak=numbers["calls_per_second"])
        self._router = Router(
            {**ShippingApi(self._depot).handlers(), **TrackingApi(self._depot).handlers()}
        )

    # Calls.

    def handle(self, call: Call) -> Reply:
        """Answer as UPS does."""
        try:
            if call.path == TOKEN_PATH:
                return self._token(call)
            self._let_in(call)
            found = self._router.find(call)
            if found is None:
                raise no_resource()
            handler, parameters = found
            return handler(call, parameters)
        except Refused as refused:
            return refused.answer

    def _token(self, call: Call) -> Reply:
        """Give a token to who names its id and secret as Basic authentication."""
        form = dict(parse_qsl(call.body.decode(errors="replace")))
        form["client_id"], form["client_secret"] = _basic(call)
        name = self.system.system
        known = (
            secret_of(self.system, self.secrets, f"{name}_client_id"),
            secret_of(self.system, self.secrets, f"{name}_client_secret"),
        )
        try:
            token = self._tokens.give(form, known, now=self.context.now, random=self.context.random)
        except NoToken as error:
            raise Refused("10401", "ClientId is Invalid", status=401) from error
        lifetime = str(self._tokens.lifetime // SECOND)
        bearer = "Bearer"
        return reply(200, {"token_type": bearer, "access_token": token, "expires_in": lifetime})

    def _let_in(self, call: Call) -> None:
        """Refuse a caller who is not known, or who calls too often."""
        scheme, _, token = (call.header("Authorization") or "").partition(" ")
        if scheme.casefold() != "bearer" or not self._tokens.holds(token, now=self.context.now):
            raise Refused("250002", "Invalid Authentication Information.", status=401)
        if not self._bucket.take(self.context.now):
            raise Refused("10429", "Too Many Requests", status=429)

    # Actions.

    def act(self, action: str, payload: Any, *, about: Any = None) -> Any:
        """Do a business action; return the handle of the package."""
        values = {} if payload is None else payload
        if not isinstance(values, Mapping):
            raise UnknownAction(f"the payload of {action} is an object")
        if action not in self.actions:
            return super().act(action, payload, about=about)
        if action == "expire_tokens":
            return self._tokens.expire()
        if action == "ship":
            return self._ship(values)
        package = self._package(values, about)
        if action == "travel":
            self._travel(package, values)
        elif action == "void_label":
            self._void(package)
        elif action == "renew_alert":
            self._depot.subscribe([package.number], str(values.get("credential", "renewed")))
        else:
            self._scan(package, action, values)
        return _handle(package)

    def send(self, message: str, body: Any) -> None:
        """Send exactly this alert; UPS itself does not learn of it."""
        if ALERT not in topics_of(self.system.messages.get(message)) or not isinstance(body, dict):
            raise UnknownAction(f"{self.system.system} sends only alerts about a package, objects")
        self._depot.push(str(body.get("trackingNumber")), body, "sent-by-hand")

    def delivered(self, outcome: Delivered) -> None:
        """Send an alert that failed again, ever later."""
        try_again(self.context, outcome, self.numbers["webhook_waits"])

    def snapshot(self) -> Mapping[str, list[dict[str, Any]]]:
        """Return the rows of every record that the system's file has."""
        return {name: self._depot.rows() for name in self.system.records if name == "parcel"}

    def _ship(self, values: Values) -> dict[str, str]:
        body = {
            "Shipper": {**_WAREHOUSE, "ShipperNumber": self._depot.account},
            "ShipTo": {**_CUSTOMER, **values.get("ShipTo", {})},
            "Service": {"Code": str(values.get("service", "03"))},
            "Package": [
                {
                    "Packaging": {"Code": "02"},
                    "PackageWeight": {
                        "UnitOfMeasurement": {"Code": "LBS"},
                        "Weight": str(values.get("weight", "2")),
                    },
                    "ReferenceNumber": [{"Value": str(values.get("reference", "1001"))}],
                }
            ],
        }
        try:
            shipment = self._depot.ship(body)
        except Refused as refused:
            raise UnknownAction(f"UPS refuses it: {refused.code}: {refused}") from refused
        return {"message": "package", "key": shipment.numbers[0]}

    def _void(self, package: Package) -> None:
        try:
            self._depot.void(package.shipment, [package.number])
        except Refused as refused:
            raise UnknownAction(f"UPS refuses it: {refused.code}: {refused}") from refused

    def _scan(self, package: Package, stage: str, values: Values) -> None:
        """Take in a scan that a carrier can make of a package that is as this one."""
        if package.is_over and stage != "return_to_sender":
            text = package.latest.stage.text
            raise UnknownAction(f"{package.number} is at its end ({text}), and cannot {stage}")
        also = {"received_by": values["received_by"]} if "received_by" in values else {}
        zone = str(values.get("zone", self.system.timezone))
        try:
            find_zone(zone)
            at = self.context.now - parse_duration(str(values.get("ago", "0s")))
        except ValueError as error:
            raise UnknownAction(str(error)) from error
        city, country = values.get("city"), values.get("country")
        self._depot.scan(package, stage, at, zone, city=city, country=country, **also)

    def _travel(self, package: Package, values: Values) -> None:
        for stage, after in self.numbers["journey"]:
            self.context.after(after, partial(self._on_its_way, package.number, stage, values))

    def _on_its_way(self, number: str, stage: str, values: Values) -> None:
        package = self._depot.parcels.packages[number]
        if not package.is_over:
            self._scan(package, stage, values)

    def _package(self, values: Values, about: Any) -> Package:
        """Return the package that is meant: named, of a reference, or the one of a step."""
        packages = self._depot.parcels.packages
        key = about.get("key") if isinstance(about, Mapping) else None
        wanted = values.get("tracking_number", values.get("reference", key))
        found = [one for one in packages.values() if wanted in (one.number, *one.references)]
        if not found:
            raise UnknownAction(f"there is no package for {wanted!r}; say {{reference: 1001}}")
        return found[-1]


def _basic(call: Call) -> tuple[str, str]:
    """Return the id and the secret of Basic authentication; empty where there are none."""
    scheme, _, given = (call.header("Authorization") or "").partition(" ")
    if scheme.casefold() != "basic":
        return "", ""
    try:
        name, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return name, secret


def _handle(package: Package) -> dict[str, str]:
    return {"message": "package", "key": package.number}


_CUSTOMER: Final[Values] = {
    "Name": "Ada Quist",
    "Phone": {"Number": "5555550123"},
    "Address": {
        "AddressLine": ["179 N Harbor Dr"],
        "City": "Redondo Beach",
        "StateProvinceCode": "CA",
        "PostalCode": "90277",
        "CountryCode": "US",
    },
}
_WAREHOUSE: Final[Values] = {
    "Name": "Golive",
    "Phone": {"Number": "5555550100"},
    "Address": {
        "AddressLine": ["388 Townsend St"],
        "City": "San Francisco",
        "StateProvinceCode": "CA",
        "PostalCode": "94107",
        "CountryCode": "US",
    },
}
