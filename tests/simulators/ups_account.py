"""An account with the simulated UPS, for the tests of what it does and of how it looks."""

from base64 import b64encode
from functools import cache
from typing import Any

from harness.landscape import System
from harness.loader import load_declaration
from harness.simulators.base import Call, Reply, to_json
from harness.simulators.profiles import Profile
from harness.simulators.ups import Ups
from tests.simulators.stage import ROOT, SECRETS, Stage, data

HOST = "https://onlinetools.ups.com"
SHIP = "/api/shipments/v2409/ship"
TRACK = "/api/track/v1/details"
NAMED = (("transId", "t-1"), ("transactionSrc", "golive"))
BASIC = b64encode(b"client:client-secret").decode()


@cache
def described() -> System:
    """Return the system's file."""
    found = load_declaration(System, ROOT / "tests" / "simulators" / "ups.yaml", root=ROOT)
    assert found is not None
    return found


class Account:
    """Somebody who has the credentials, and a token."""

    def __init__(self, **numbers: Any) -> None:
        self.stage = Stage("ops")
        profile = Profile(numbers=numbers)
        self.stage.simulator = Ups(described(), self.stage, secrets=SECRETS, profile=profile)
        self.token = data(self.ask_token())["access_token"]

    def ask_token(self, basic: str = BASIC) -> Reply:
        """Ask for a token."""
        headers = (("Authorization", f"Basic {basic}"),)
        form = b"grant_type=client_credentials"
        call = Call("POST", f"{HOST}/security/v1/oauth/token", headers, form)
        return self.stage.simulator.handle(call)

    def call(self, method: str, path: str, body: Any = None, headers: Any = NAMED) -> Reply:
        """Call with the token."""
        raw = b"" if body is None else to_json(body)
        bearer = ("Authorization", f"Bearer {self.token}")
        return self.stage.simulator.handle(Call(method, HOST + path, (bearer, *headers), raw))

    def ship(self, **changed: Any) -> Reply:
        """Ask for labels."""
        return self.call("POST", SHIP, {"ShipmentRequest": {"Shipment": shipment(**changed)}})

    def number(self, **changed: Any) -> str:
        """Return the tracking number of a package for which a label was made."""
        results = data(self.ship(**changed))["ShipmentResponse"]["ShipmentResults"]
        return str(results["PackageResults"][0]["TrackingNumber"])

    def track(self, number: str) -> Any:
        """Return a package as it is tracked."""
        tracked = data(self.call("GET", f"{TRACK}/{number}"))
        return tracked["trackResponse"]["shipment"][0]["package"][0]


def shipment(**changed: Any) -> dict[str, Any]:
    """Return a request for one label that is taken; parts of it may be changed."""
    return {
        "Shipper": {"Name": "Golive", "ShipperNumber": "GL0001", "Address": address()},
        "ShipTo": {"Name": "Ada Quist", "Address": address(City="Redondo Beach")},
        "Service": {"Code": "03"},
        "Package": [package()],
        **changed,
    }


def address(**changed: Any) -> dict[str, Any]:
    """Return an address."""
    return {
        "AddressLine": ["388 Townsend St"],
        "City": "San Francisco",
        "StateProvinceCode": "CA",
        "PostalCode": "94107",
        "CountryCode": "US",
        **changed,
    }


def package(weight: str = "2.5", unit: str = "LBS", **changed: Any) -> dict[str, Any]:
    """Return a package as it is asked for."""
    return {
        "Packaging": {"Code": "02"},
        "PackageWeight": {"UnitOfMeasurement": {"Code": unit}, "Weight": weight},
        "ReferenceNumber": [{"Value": "1001"}],
        **changed,
    }
