"""What a cassette may hold: episodes with placeholders for secrets and for personal values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from harness.history import INTEGRATION, NOBODY, Body, Exchange, Headers, Origin, find_header
from harness.journal import body_of
from harness.json_text import json_text
from harness.recordings.cassette import Episode, Request, Response


class Masking(Protocol):
    """Puts placeholders in exchanges; ``harness.redaction.Veil`` is one."""

    def masked(self, exchanges: Iterable[Exchange]) -> Sequence[Exchange]:
        """Return the exchanges with a placeholder for each secret and personal value."""
        ...


def masked(
    episodes: Iterable[Episode], *, masking: Masking, system_at: Callable[[str], str | None]
) -> list[Episode]:
    """Return the episodes as a cassette may hold them; a body without a find stays as it is.

    Args:
        episodes: What was recorded.
        masking: What knows the secrets and the personal fields.
        system_at: The system that answers at an address.
    """
    heard = list(episodes)
    exchanges = [
        _exchange(index, episode, system_at(episode.request.url) or NOBODY)
        for index, episode in enumerate(heard)
    ]
    hidden = masking.masked(exchanges)
    return [
        _episode(episode, before, after)
        for episode, before, after in zip(heard, exchanges, hidden, strict=True)
    ]


def _exchange(index: int, episode: Episode, system: str) -> Exchange:
    request, response = episode.request, episode.response
    return Exchange(
        seq=index,
        done=None,
        sender=INTEGRATION,
        receiver=system,
        sent_at=None,
        ended_at=None,
        method=request.method,
        url=request.url,
        headers=request.headers,
        body=body_of(request.body, find_header(request.headers, "content-type")),
        status=None if response is None else response.status,
        answer_headers=() if response is None else response.headers,
        answer=body_of(response.body, find_header(response.headers, "content-type"))
        if response is not None
        else Body(),
        origin=Origin.LIVE,
    )


def _episode(episode: Episode, before: Exchange, after: Exchange) -> Episode:
    request = episode.request
    body, headers = _payload(request.body, before.body, after.body, after.headers)
    asked = Request(request.method, after.url, headers, body)
    if episode.response is None:
        return Episode(asked, None)
    answer, told = _payload(
        episode.response.body, before.answer, after.answer, after.answer_headers
    )
    return Episode(asked, Response(episode.response.status, told, answer))


def _payload(raw: bytes, before: Body, after: Body, headers: Headers) -> tuple[bytes, Headers]:
    if before == after:
        return raw, headers
    text = str(after.value) if after.kind != "json" else json_text(after.value)
    body = text.encode(errors="backslashreplace")
    return body, tuple(
        (name, str(len(body)) if name.casefold() == "content-length" else value)
        for name, value in headers
    )
