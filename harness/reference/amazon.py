"""Calls to Amazon's Selling Partner API, with the tokens that each of them needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import httpx

from harness.reference.clock import Clock
from harness.reference.problems import Undeliverable

AGENT: Final = "golive-reference/1.0 (Language=Python)"
_EARLY: Final = 60.0
"""Seconds before its end from which a token is no longer used."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What Amazon knows the application and its seller by."""

    client_id: str
    client_secret: str
    refresh_token: str


class Amazon:
    """One seller's account; a token is fetched when it is needed and used until it ends."""

    def __init__(self, api: httpx.AsyncClient, credentials: Credentials, *, clock: Clock) -> None:
        self._api = api
        self._credentials = credentials
        self._clock = clock
        self._token = ""
        self._until = 0.0

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        personal: bool = False,
    ) -> httpx.Response:
        """Make one call; ``personal`` asks for a token that opens the buyer's data.

        A token that is refused is renewed once. What fails for now is for the caller to repeat.
        """
        for renewed in (False, True):
            token = await self._access()
            if personal:
                opened = await self._restricted(token, method, path)
                if isinstance(opened, httpx.Response):
                    return opened
                token = opened
            answer = await self._send(method, path, token, query=query, body=body)
            if answer.status_code != 403 or renewed:
                return answer
            self._until = 0.0
        raise AssertionError  # the second round always answers

    async def _send(
        self,
        method: str,
        path: str,
        token: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> httpx.Response:
        headers = {"x-amz-access-token": token, "User-Agent": AGENT}
        return await self._api.request(method, path, params=query, json=body, headers=headers)

    async def _access(self) -> str:
        if self._clock.elapsed() >= self._until - _EARLY or not self._token:
            asked = self._clock.elapsed()
            answer = await self._api.post(
                "/auth/o2/token",
                data={
                    "grant_type": "refresh_token",
                    "refresh_token": self._credentials.refresh_token,
                    "client_id": self._credentials.client_id,
                    "client_secret": self._credentials.client_secret,
                },
            )
            if answer.status_code in (400, 401):
                raise Undeliverable("Amazon gives no token: the consent is gone")
            # Anything else is trouble for now, which whoever persists will repeat.
            if not answer.is_success:
                raise httpx.RemoteProtocolError(f"no token: status {answer.status_code}")
            given = rows_of(answer)
            self._token = str(given["access_token"])
            self._until = asked + float(given["expires_in"])
        return self._token

    async def _restricted(self, token: str, method: str, path: str) -> str | httpx.Response:
        """Return a token for one resource; without it Amazon leaves the address out."""
        wanted = {"restrictedResources": [{"method": method, "path": path}]}
        answer = await self._send(
            "POST", "/tokens/2021-03-01/restrictedDataToken", token, body=wanted
        )
        if not answer.is_success:
            return answer
        return str(rows_of(answer)["restrictedDataToken"])


def rows_of(answer: httpx.Response) -> Any:
    """Return the body of an answer; one that was cut off counts as none."""
    try:
        return json.loads(answer.content, parse_float=Decimal)
    except ValueError as error:
        raise httpx.DecodingError("the answer is cut off") from error
