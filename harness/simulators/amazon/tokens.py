"""Who may call: access tokens of Login with Amazon, and restricted data tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from harness.simulators.amazon.refusals import Refused

SCOPES: Final = (
    "sellingpartnerapi::notifications",
    "sellingpartnerapi::migration",
    "sellingpartnerapi::client_credential:rotation",
)
"""What an application may ask for without a seller."""

DATA_ELEMENTS: Final = ("buyerInfo", "shippingAddress", "buyerTaxInformation")

_RESTRICTED: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"/orders/v0/orders",
        r"/orders/v0/orders/[^/]+",
        r"/orders/v0/orders/[^/]+/orderItems",
        r"/orders/v0/orders/[^/]+/address",
        r"/orders/v0/orders/[^/]+/buyerInfo",
    )
)
_PLACEHOLDER: Final = re.compile(r"\\\{[^{}/]*\\\}")


class NoToken(Exception):
    """Login with Amazon gives no token; ``code`` is its word for why."""

    def __init__(self, code: str, text: str, *, status: int = 400) -> None:
        super().__init__(text)
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that a restricted data token opens, and what of it may be told."""

    method: str
    path: re.Pattern[str]
    elements: frozenset[str]


@dataclass(frozen=True, slots=True)
class Access:
    """What a token lets its bearer do. ``resources`` is None for a token that is not restricted."""

    until: int
    grantless: bool = False
    resources: tuple[Resource, ...] | None = None

    def elements(self, method: str, path: str) -> frozenset[str] | None:
        """Return what may be told of a resource; None when the token does not open it."""
        if self.resources is None:
            return frozenset()
        opened = [
            resource.elements
            for resource in self.resources
            if resource.method == method and resource.path.fullmatch(path)
        ]
        return frozenset().union(*opened) if opened else None


@dataclass(frozen=True, slots=True)
class Application:
    """Who may ask for tokens: its id, its secret, and the consent of the seller."""

    client: str
    secret: str
    refresh: str


class Tokens:
    """The tokens that were given, and until when each is taken."""

    def __init__(self, *, lifetime: int, restricted_lifetime: int) -> None:
        self._lifetime = lifetime
        self._restricted_lifetime = restricted_lifetime
        self._given: dict[str, Access] = {}
        self.authorized = True
        """Whether the seller still lets the application act."""

    def give(self, form: Mapping[str, str], known: Application, *, now: int, random: Random) -> str:
        """Return a new access token for the application that is known.

        Raises:
            NoToken: the application, the grant or the scope is not known.
        """
        if (form.get("client_id"), form.get("client_secret")) != (known.client, known.secret):
            raise NoToken("invalid_client", "Client authentication failed", status=401)
        match form.get("grant_type"):
            case "refresh_token":
                if form.get("refresh_token") != known.refresh or not self.authorized:
                    raise NoToken("invalid_grant", "The refresh token is invalid or was revoked")
            case "client_credentials":
                if form.get("scope") not in SCOPES:
                    raise NoToken("invalid_scope", "The scope is unknown or missing")
            case None | "":
                raise NoToken("invalid_request", "The request lacks grant_type")
            case _:
                raise NoToken("unsupported_grant_type", "The grant type is not supported")
        grantless = form["grant_type"] == "client_credentials"
        token = f"Atza|{random.getrandbits(192):048x}"
        self._given[token] = Access(now + self._lifetime, grantless=grantless)
        return token

    def restrict(self, body: Any, *, most: int, now: int, random: Random) -> str:
        """Return a new restricted data token for the resources that a body names.

        Raises:
            Refused: a resource is not as it should be, or needs no such token.
        """
        rows = body.get("restrictedResources") if isinstance(body, Mapping) else None
        if not isinstance(rows, list) or not 1 <= len(rows) <= most:
            raise Refused(f"restrictedResources is a list of 1 to {most} resources.")
        resources = tuple(_resource(row) for row in rows)
        token = f"Atz.sprdt|{random.getrandbits(192):048x}"
        self._given[token] = Access(now + self._restricted_lifetime, resources=resources)
        return token

    def access(self, token: str | None, *, now: int) -> Access:
        """Return what a token lets its bearer do.

        Raises:
            Refused: there is none, it was never given, or it is no longer taken.
        """
        if not token:
            raise _denied("The access token is missing in the request header.")
        found = self._given.get(token)
        if found is None:
            raise _denied("The access token you provided is revoked, malformed or invalid.")
        if now >= found.until:
            raise _denied("The access token you provided has expired.")
        return found

    def expire(self, now: int) -> None:
        """Let every token that was given end at this instant."""
        for token, access in self._given.items():
            until = min(access.until, now)
            self._given[token] = Access(until, access.grantless, access.resources)


def _denied(text: str) -> Refused:
    return Refused(text, status=403, code="Unauthorized")


def _resource(row: Any) -> Resource:
    row = row if isinstance(row, Mapping) else {}
    method, path = row.get("method"), row.get("path")
    if method != "GET" or not isinstance(path, str):
        raise Refused("A restricted resource has a method, here GET, and a path.")
    if not any(pattern.fullmatch(path) for pattern in _RESTRICTED):
        raise Refused(f"{path[:200]} is not the path of a restricted operation.")
    elements = row.get("dataElements", [])
    if not _are_elements(elements):
        raise Refused(f"dataElements may be: {', '.join(DATA_ELEMENTS)}.")
    pattern = _PLACEHOLDER.sub("[^/]+", re.escape(path))
    return Resource(method, re.compile(pattern), frozenset(elements))


def _are_elements(value: Any) -> bool:
    return isinstance(value, Sequence) and all(element in DATA_ELEMENTS for element in value)
