"""What a request for a label must say, and how long each part may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from harness.mapping import Uncomparable, to_decimal
from harness.simulators.base import Call
from harness.simulators.bodies import NotJson, read_json
from harness.simulators.ups.refusals import Refused

Body = Mapping[str, Any]

POUNDS_OF_A_KILOGRAM: Final = Decimal("2.20462")
_PARTIES: Final = {"Shipper": ("1201", "shipper"), "ShipTo": ("1202", "ship to")}


def read_object(call: Call, *path: str) -> Body:
    """Return the object at a path of the body.

    Raises:
        Refused: the body is no JSON, or has no such object.
    """
    try:
        found: Any = read_json(call)
    except NotJson as error:
        raise Refused("9260000", "The request is not well formed") from error
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping):
        raise Refused("9260000", f"The request lacks {'.'.join(path)}")
    return found


def refuse_unfit(shipment: Body, numbers: Mapping[str, Any], known: str) -> None:
    """Refuse a shipment that is not described as it should be; the first fault is named.

    Raises:
        Refused: something is missing, too long, or not known.
    """
    for party, (family, name) in _PARTIES.items():
        _refuse_party(_object(shipment, party), family, name, numbers)
    if str(shipment["Shipper"].get("ShipperNumber", "")) != known:
        raise Refused("120120", "Missing or invalid shipper number")
    service = _object(shipment, "Service").get("Code")
    if service not in [line[0] for line in numbers["services"]]:
        raise Refused("120500", "Missing or invalid service code")
    packages = packages_of(shipment)
    if not 1 <= len(packages) <= numbers["packages"]:
        raise Refused("120600", "The number of packages is missing or not allowed")
    for package in packages:
        _refuse_package(package, numbers)
        for reference in references_of(package, shipment):
            if len(reference) > numbers["reference_length"]:
                raise Refused("120541", "The reference number is too long")


def packages_of(shipment: Body) -> list[Body]:
    """Return the packages of a shipment; one alone need not stand in a list."""
    packages = shipment.get("Package")
    found = packages if isinstance(packages, list) else [packages]
    return [package for package in found if isinstance(package, Mapping)]


def references_of(*parts: Body) -> tuple[str, ...]:
    """Return the references that are given, of the first part that has some."""
    for part in parts:
        given = part.get("ReferenceNumber")
        found = given if isinstance(given, list) else [given]
        values = [str(one["Value"]) for one in found if isinstance(one, Mapping) and "Value" in one]
        if values:
            return tuple(values)
    return ()


def weight_of(package: Body) -> tuple[str, str]:
    """Return the weight of a package as written, and its unit."""
    weight = _object(package, "PackageWeight")
    unit = str(_object(weight, "UnitOfMeasurement").get("Code", ""))
    return str(weight.get("Weight", "")), unit


def pounds(weight: str, unit: str) -> Decimal:
    """Return a weight in pounds.

    Raises:
        Refused: it is no weight.
    """
    try:
        number = to_decimal(weight)
    except (Uncomparable, ArithmeticError) as error:
        raise Refused("120602", "Missing or invalid package weight") from error
    if unit not in ("LBS", "KGS") or number <= 0:
        raise Refused("120602", "Missing or invalid package weight")
    return number * (POUNDS_OF_A_KILOGRAM if unit == "KGS" else 1)


def _refuse_party(party: Body, family: str, name: str, numbers: Mapping[str, Any]) -> None:
    address = _object(party, "Address")
    lines = address.get("AddressLine")
    lines = lines if isinstance(lines, list) else [lines]
    if not 1 <= len(lines) <= numbers["lines"]:
        raise Refused(f"{family}02", f"Missing or invalid {name} address line")
    phone = party.get("Phone")
    number = phone.get("Number") if isinstance(phone, Mapping) else None
    checks = (
        ("00", "name", party.get("Name"), numbers["name_length"], True),
        ("01", "attention name", party.get("AttentionName"), numbers["name_length"], False),
        *(("02", "address line", line, numbers["line_length"], True) for line in lines),
        ("05", "city", address.get("City"), numbers["city_length"], True),
        ("06", "state", address.get("StateProvinceCode"), numbers["state_length"], False),
        ("07", "postal code", address.get("PostalCode"), numbers["postcode_length"], False),
        ("08", "country code", address.get("CountryCode"), 2, True),
        ("13", "phone number", number, numbers["phone_length"], False),
        ("14", "mail address", party.get("EMailAddress"), numbers["mail_length"], False),
    )
    for code, what, value, longest, needed in checks:
        if value is None and not needed:
            continue
        if not isinstance(value, str) or not value.strip() or len(value) > longest:
            raise Refused(f"{family}{code}", f"Missing or invalid {name} {what}")


def _refuse_package(package: Body, numbers: Mapping[str, Any]) -> None:
    if not _object(package, "Packaging").get("Code"):
        raise Refused("120601", "Missing or invalid package type")
    weight, unit = weight_of(package)
    if len(weight) > numbers["weight_length"] or pounds(weight, unit) > numbers["pounds_at_most"]:
        raise Refused("120602", "Missing or invalid package weight")
    for size in _sizes(package):
        if not size.isdecimal() or len(size) > numbers["size_length"]:
            raise Refused("120603", "Missing or invalid package dimensions")


def _sizes(package: Body) -> Iterator[str]:
    dimensions = package.get("Dimensions")
    if isinstance(dimensions, Mapping):
        yield from (str(dimensions.get(side, "")) for side in ("Length", "Width", "Height"))


def _object(body: Body, name: str) -> Body:
    found = body.get(name)
    if not isinstance(found, Mapping):
        raise Refused("9260000", f"The request lacks {name}")
    return found
