"""A recording that answers: each episode once, in order, and never by guessing."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from harness.history import Headers, find_header
from harness.recordings.cassette import Cassette, Episode
from harness.redaction import PLACEHOLDER

_COMPARED: Final = 200
"""How many episodes are compared, leaf by leaf, to explain a miss."""
_NAMED: Final = 3
_LONGEST: Final = 40
"""How many zeros a number may end in to be written out."""

Leaf = tuple[str | int, ...]
Leaves = dict[Leaf, str]
_Place = tuple[str, str, int]
_ANYTHING: Final = "\x00anything"


class Asked(Protocol):
    """A request as a replay needs to see it."""

    @property
    def method(self) -> str:
        """Return the method."""
        ...

    @property
    def url(self) -> str:
        """Return the whole address."""
        ...

    @property
    def headers(self) -> Headers:
        """Return the headers; only the type of the body is read."""
        ...

    @property
    def body(self) -> bytes:
        """Return the body, without content encoding."""
        ...


@dataclass(frozen=True, slots=True)
class Miss:
    """No episode answers a call; ``nearest`` says in words what came closest."""

    asked: str
    nearest: str

    def __str__(self) -> str:
        return f"{self.asked}: {self.nearest}"


class Replay:
    """Plays the episodes of a cassette, each once.

    A call finds the first episode not yet played with the same method, host, path, query and
    body. Queries are compared without order, JSON by value and forms by field; headers are not
    compared, because dates and idempotency keys change from run to run. What was hidden when the
    cassette was written agrees with anything.
    """

    def __init__(self, cassette: Cassette) -> None:
        self.cassette = cassette
        self._played: set[int] = set()
        self._leaves: list[Leaves] = []
        self._places: dict[_Place, dict[tuple[Leaf, ...], dict[Any, deque[int]]]] = {}
        self._at: dict[_Place, list[int]] = {}
        for index, episode in enumerate(cassette.episodes):
            place, leaves = _place(episode.request), _leaves(episode.request)
            hidden = tuple(sorted(filter(None, map(_hidden, leaves.items())), key=repr))
            shape = self._places.setdefault(place, {}).setdefault(hidden, {})
            shape.setdefault(_key(leaves, hidden), deque()).append(index)
            self._at.setdefault(place, []).append(index)
            self._leaves.append(leaves)

    @property
    def path(self) -> str:
        """Return the file of the cassette."""
        return self.cassette.path

    def answer(self, request: Asked) -> Episode | Miss:
        """Return the next episode for a request, or why there is none."""
        leaves = _leaves(request)
        waiting = [
            queue
            for hidden, keys in self._places.get(_place(request), {}).items()
            if (queue := keys.get(_key(leaves, hidden)))
        ]
        if not waiting:
            return self._miss(request, leaves)
        index = min(waiting, key=lambda queue: queue[0]).popleft()
        self._played.add(index)
        return self.cassette.episodes[index]

    def unplayed(self) -> tuple[Episode, ...]:
        """Return the episodes that nobody has asked for, in order."""
        return tuple(
            episode
            for index, episode in enumerate(self.cassette.episodes)
            if index not in self._played
        )

    def _miss(self, request: Asked, leaves: Leaves) -> Miss:
        asked = f"{request.method.upper()} {request.url}"
        if not self.cassette.episodes:
            return Miss(asked, f"{self.cassette.path} holds no episodes at all")
        place = _place(request)
        near = [i for i in self._at.get(place, ()) if _same_path(self._leaves[i], leaves)]
        return Miss(asked, self._explained(near, leaves) if near else self._elsewhere(request))

    def _explained(self, near: list[int], leaves: Leaves) -> str:
        best = min(
            near[:_COMPARED],
            key=lambda index: (len(_differences(self._leaves[index], leaves)), index),
        )
        wrong = _differences(self._leaves[best], leaves)
        name = f"episode {best + 1} of {self.path}"
        if not wrong:
            times = sum(not _differences(self._leaves[index], leaves) for index in near)
            often = "once" if times == 1 else f"{times} times"
            return f"{name} answers this; it was recorded {often} and is asked for once more"
        more = f"; and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        return f"nearest is {name}, which differs in " + "; ".join(wrong[:_NAMED]) + more

    def _elsewhere(self, request: Asked) -> str:
        method, host, _ = _place(request)
        hosts = sorted({one[1] for one in self._places})
        if host not in hosts:
            return f"the recording holds no calls to {host}; it holds calls to {', '.join(hosts)}"
        known = sorted(
            {
                f"{one.method.upper()} {urlsplit(one.url).path or '/'}"
                for one in (episode.request for episode in self.cassette.episodes)
                if _host(one.url) == host
            }
        )
        wanted = f"{method} {urlsplit(request.url).path or '/'}"
        near = get_close_matches(wanted, known, n=_NAMED, cutoff=0.4) or known[:_NAMED]
        return f"the recording holds no such call; nearest: {', '.join(near)}"


def _place(request: Asked) -> _Place:
    path = urlsplit(request.url).path
    return request.method.upper(), _host(request.url), path.rstrip("/").count("/")


def _host(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    usual = port == {"https": 443, "http": 80}.get(parts.scheme)
    return (parts.hostname or "") + ("" if usual else f":{port}")


def _leaves(request: Asked) -> Leaves:
    """Return everything of a request that is compared, piece by piece."""
    parts = urlsplit(request.url)
    leaves: Leaves = {
        ("path", index): unquote(word)
        for index, word in enumerate(parts.path.rstrip("/").split("/"))
        if index
    }
    leaves.update(_named("query", parse_qsl(parts.query, keep_blank_values=True)))
    if request.body:
        leaves.update(_of_body(request.body, find_header(request.headers, "content-type") or ""))
    return leaves


def _of_body(body: bytes, content_type: str) -> Leaves:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {("body",): body.hex()}
    if "json" in content_type or text[:1] in "{[":
        try:
            data = json.loads(text, parse_float=Decimal)
        except (ValueError, RecursionError):
            return {("body",): text}
        return _flat(data)
    if "form-urlencoded" in content_type:
        return _named("body", parse_qsl(text, keep_blank_values=True))
    return {("body",): text}


def _named(root: str, pairs: list[tuple[str, str]]) -> Leaves:
    counts: dict[str, int] = {}
    leaves: Leaves = {}
    for name, value in sorted(pairs):
        counts[name] = counts.get(name, -1) + 1
        leaves[root, name, counts[name]] = value
    return leaves


def _flat(data: Any) -> Leaves:
    leaves: Leaves = {}
    waiting: list[tuple[Leaf, Any]] = [(("body",), data)]
    while waiting:
        at, value = waiting.pop()
        if isinstance(value, dict) and value:
            waiting.extend(((*at, key), inner) for key, inner in value.items())
        elif isinstance(value, list) and value:
            waiting.extend(((*at, index), inner) for index, inner in enumerate(value))
        else:
            leaves[at] = _scalar(value)
    return leaves


def _scalar(value: Any) -> str:
    """Return a text that is the same for the same value only: 1 is 1.0, and is not "1"."""
    if isinstance(value, Decimal):
        # Not `normalize`: it rounds what is longer than the context allows.
        sign, digits, exponent = value.as_tuple()
        bare = "".join(map(str, digits)).rstrip("0")
        power = int(exponent) + len(digits) - len(bare)
        if bare and not 0 <= power <= _LONGEST:
            return f"{'-' * sign}{bare}e{power}"
        return str((-1) ** sign * int(bare or 0) * 10 ** (power if bare else 0))
    return json.dumps(value, ensure_ascii=False)


def _hidden(item: tuple[Leaf, str]) -> Leaf | None:
    return item[0] if PLACEHOLDER.search(item[1]) else None


def _key(leaves: Leaves, hidden: tuple[Leaf, ...]) -> Any:
    if hidden:
        leaves = {**leaves, **{leaf: _ANYTHING for leaf in hidden if leaf in leaves}}
    return frozenset(leaves.items())


def _differences(recorded: Leaves, asked: Leaves) -> list[str]:
    """Return, in words, where two requests differ."""
    found = []
    for leaf in sorted({*recorded, *asked}, key=repr):
        then, now = recorded.get(leaf), asked.get(leaf)
        if then == now or (then is not None and now is not None and PLACEHOLDER.search(then)):
            continue
        found.append(f"{_place_name(leaf)}: {_words(then)} recorded, {_words(now)} asked")
    return found


def _same_path(recorded: Leaves, asked: Leaves) -> bool:
    """Return whether both went to the same path; the number of its parts is known to agree."""
    return all(
        asked.get(leaf) == value or PLACEHOLDER.search(value)
        for leaf, value in recorded.items()
        if leaf[0] == "path"
    )


def _place_name(leaf: Leaf) -> str:
    if leaf[0] == "query":
        return f"query {leaf[1]}"
    return ".".join(str(part) for part in leaf)


def _words(value: str | None) -> str:
    if value is None:
        return "nothing"
    return value if len(value) <= 80 else value[:77] + "..."
