"""Addresses and parcels: made once, used by their ids; an address can be verified."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from typing import Any, Final

from harness.mapping import to_decimal
from harness.simulators.easypost.instants import seconds
from harness.simulators.easypost.refusals import NotFound, Refused
from harness.simulators.easypost.tariff import new_id
from harness.simulators.validation import Violation

Body = Mapping[str, Any]

_PARTS: Final = (
    "name",
    "company",
    "street1",
    "street2",
    "city",
    "state",
    "zip",
    "country",
    "phone",
    "email",
    "residential",
    "carrier_facility",
    "federal_tax_id",
    "state_tax_id",
)
_PRINTED: Final = ("name", "company", "street1", "street2", "city", "state", "zip")
_ZIPS: Final[Mapping[str, re.Pattern[str]]] = {
    "US": re.compile(r"\d{5}(-\d{4})?"),
    "CA": re.compile(r"[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d"),
    "GB": re.compile(r"[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}"),
    "DE": re.compile(r"\d{5}"),
    "FR": re.compile(r"\d{5}"),
    "AT": re.compile(r"\d{4}"),
    "NL": re.compile(r"\d{4} ?[A-Za-z]{2}"),
}
_HOUSE: Final = re.compile(r"[1-9]")


class Addresses:
    """Addresses by id, as they were given or as they were verified."""

    def __init__(self, mode: str) -> None:
        self.by_id: dict[str, Body] = {}
        self._mode = mode

    def find(self, key: str) -> Body:
        """Return an address by its id; NotFound when there is none."""
        if key not in self.by_id:
            raise NotFound
        return self.by_id[key]

    def taken(self, given: Body, *, now: int, random: Random) -> Body:
        """Return the address that is meant: the one with that id, or a new one."""
        return self.find(str(given["id"])) if given.get("id") else self.make(given, now, random)

    def make(self, given: Body, now: int, random: Random) -> Body:
        """Return a new address."""
        at = seconds(now)
        key = new_id("adr", random)
        address: Body = {
            "id": key,
            "object": "Address",
            "created_at": at,
            "updated_at": at,
            **{part: given.get(part) for part in _PARTS},
            "mode": self._mode,
            "verifications": {},
        }
        self.by_id[key] = address
        return address

    def verify(self, address: Body, *, strict: bool, now: int) -> Body:
        """Return the address as carriers write it, with the outcome of the verification.

        Raises:
            Refused: it is not found, and the caller wanted no address that is not.
        """
        wrong = [Violation(*one) for one in _wrong(address)]
        if wrong and strict:
            text = "Unable to verify address."
            raise Refused("ADDRESS.VERIFY.FAILURE", text, wrong=wrong)
        errors = [
            {"code": one.code, "field": one.field, "message": one.message, "suggestion": None}
            for one in wrong
        ]
        outcome = {"success": not wrong, "errors": errors, "details": None}
        found = {part: _printed(address[part]) for part in _PRINTED} if not wrong else {}
        verified = {
            **address,
            **found,
            "updated_at": seconds(now),
            "verifications": {"delivery": outcome},
        }
        self.by_id[str(address["id"])] = verified
        return verified


class Parcels:
    """Sizes and weights, by id. Weights are in ounces, lengths in inches."""

    def __init__(self, mode: str) -> None:
        self.by_id: dict[str, Body] = {}
        self._mode = mode

    def find(self, key: str) -> Body:
        """Return a parcel by its id; NotFound when there is none."""
        if key not in self.by_id:
            raise NotFound
        return self.by_id[key]

    def taken(self, given: Body, *, now: int, random: Random) -> Body:
        """Return the parcel that is meant: the one with that id, or a new one."""
        return self.find(str(given["id"])) if given.get("id") else self.make(given, now, random)

    def make(self, given: Body, now: int, random: Random) -> Body:
        """Return a new parcel."""
        at, sizes = seconds(now), ("length", "width", "height")
        key = new_id("prcl", random)
        parcel: Body = {
            "id": key,
            "object": "Parcel",
            "created_at": at,
            "updated_at": at,
            **{name: _number(given.get(name)) for name in sizes},
            "predefined_package": given.get("predefined_package"),
            "weight": _number(given["weight"]),
            "mode": self._mode,
        }
        self.by_id[key] = parcel
        return parcel


def _wrong(address: Body) -> list[tuple[str, str, str]]:
    """Return what keeps an address from being found: field, code and sentence."""
    country, zip_code = address.get("country") or "", address.get("zip") or ""
    pattern = _ZIPS.get(country)
    if not address.get("street1"):
        return [("street1", "E.STREET.MISSING", "Street is missing")]
    if not address.get("city"):
        return [("city", "E.CITY_STATE.INVALID", "City is missing")]
    if pattern is not None and not pattern.fullmatch(zip_code):
        return [("zip", "E.ZIP.INVALID", "Zip is not one of the country")]
    if not _HOUSE.search(f"{address['street1']} {address.get('street2') or ''}"):
        return [("address", "E.ADDRESS.NOT_FOUND", "Address not found")]
    return []


def _printed(text: Any) -> Any:
    return text.upper() if isinstance(text, str) else text


def _number(value: Any) -> Any:
    return None if value is None else to_decimal(value)
