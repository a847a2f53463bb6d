"""Who may call: bearer tokens of OAuth 2.0, given to an application for its id and secret."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random


class NoToken(Exception):
    """No token is given; ``code`` is the word of OAuth for why."""

    def __init__(self, code: str, text: str, *, status: int = 400) -> None:
        super().__init__(text)
        self.code = code
        self.status = status


class Tokens:
    """The access tokens that were given, and until when each is taken."""

    def __init__(self, *, lifetime: int) -> None:
        self.lifetime = lifetime
        self._until: dict[str, int] = {}

    def give(
        self, form: Mapping[str, str], known: tuple[str, str], *, now: int, random: Random
    ) -> str:
        """Return a new token for the application whose id and secret are known.

        Raises:
            NoToken: the grant or the application is not known.
        """
        if not form.get("grant_type"):
            raise NoToken("invalid_request", "The request lacks grant_type.")
        if form["grant_type"] != "client_credentials":
            raise NoToken("unsupported_grant_type", "The grant type is not supported.")
        if (form.get("client_id"), form.get("client_secret")) != known:
            raise NoToken("invalid_client", "The application is not known.", status=401)
        token = f"{random.getrandbits(192):048x}"
        self._until[token] = now + self.lifetime
        return token

    def holds(self, token: str, *, now: int) -> bool:
        """Return whether a token was given and is still taken."""
        return now < self._until.get(token, now)

    def expire(self) -> None:
        """Let every token that was given be refused from now on."""
        self._until.clear()
