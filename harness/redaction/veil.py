"""The one way out for histories: what must not be stored is hidden, and can still be judged."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from harness.contract import Contract
from harness.history import INTEGRATION, Body, Event, EventKind, Exchange, Headers, History
from harness.landscape import Landscape
from harness.mapping import Veiled, canonical_text, shown
from harness.messages import Located, carriages_of
from harness.redaction.looks import (
    REMOVED,
    Look,
    Looks,
    Name,
    by_itself,
    name_of,
    worth_looking_for,
)
from harness.redaction.places import Kind, Place, Places, places_of
from harness.rules import MADE, made_by

GONE: Final = Veiled(None, 0, ascii=True)
"""What stands in JSON for a secret: two of them are neither the same nor different."""


class Veil:
    """Hides what must not be stored, so that the journal still judges as the run did.

    Fields that the landscape or a contract makes personal are replaced by a keyed digest and
    their length; beside them stands the digest of what each agreed rule makes of them. Values
    that look personal by themselves, or by a name that nobody declared, and personal values that
    turn up in other places are hidden too. Numbers, instants and codes that are declared stay.
    Secrets are removed. Without a key there are no digests.
    """

    def __init__(
        self,
        landscape: Landscape,
        contracts: Iterable[Contract],
        *,
        key: bytes | None,
        key_id: str | None,
        secrets: Collection[str] = (),
    ) -> None:
        self.key_id = key_id
        self._key = key
        self._secrets = tuple(secrets)
        self._places = places_of(landscape, tuple(contracts))
        self._carriages = carriages_of(landscape)

    def history(self, history: History) -> History:
        """Return the history with secrets removed and personal values veiled.

        One that was read from a journal was veiled when it was written, and stays as it is.
        """
        if history.header.key_id is not None:
            return history
        mac = None if self._key is None else self._digest
        parcels = [self._parcel(entry) for entry in history.entries]
        hiding = _Hiding(self._places, self._looks(parcels), _Veils(mac))
        entries = tuple(hiding.entry(parcel) for parcel in parcels)
        header = history.header
        header = replace(
            header,
            document=hiding.document(header.document),
            notes=tuple(map(hiding.text, header.notes)),
            key_id=self.key_id,
        )
        return History(header, entries)

    def masked(self, exchanges: Iterable[Exchange]) -> list[Exchange]:
        """Return exchanges in which plain words stand for what must not be stored.

        This is for recordings, which must play: an e-mail address becomes another one, and the
        same value the same word throughout. What it makes of a value is found by PLACEHOLDER.
        """
        parcels = [self._parcel(entry) for entry in exchanges]
        hiding = _Hiding(self._places, self._looks(parcels), _StandIns())
        return [hiding.exchange(parcel) for parcel in parcels]

    def mac(self, text: str) -> str | None:
        """Return the keyed digest of a text; None without a key."""
        return None if self._key is None else self._digest(text)

    def _digest(self, text: str) -> str:
        data = text.encode(errors="surrogatepass")
        return hmac.digest(self._key or b"", data, hashlib.sha256).hex()[:16]

    def _looks(self, parcels: Iterable[_Parcel]) -> Looks:
        gathered: set[str] = set()
        seen: set[Any] = set()
        for parcel in parcels:
            for payload in parcel.payloads:
                if payload.key not in seen:
                    seen.add(payload.key)
                    _gather(payload.value, payload.root(self._places), "", gathered)
        return Looks(secrets=self._secrets, personal=filter(worth_looking_for, gathered))

    def _parcel(self, entry: Exchange | Event) -> _Parcel:
        if isinstance(entry, Event):
            return _Parcel(entry, tuple(self._of_event(entry)))
        asked, told = entry.body, entry.answer
        if entry.receiver == INTEGRATION:
            value = asked.value if asked.kind == "json" else None
            inside = self._carriages.in_webhook(entry.sender, entry.topic, value)
            return _Parcel(entry, (_payload(asked, inside), _payload(told, ())))
        return _Parcel(
            entry,
            (
                _payload(asked, self._carriages.in_request(entry)),
                _payload(told, self._carriages.in_response(entry)),
            ),
        )

    def _of_event(self, event: Event) -> Iterable[_Payload]:
        body = event.data.get("body")
        if event.kind is EventKind.COMMITTED:
            name = str(event.data.get("message", ""))
            yield _payload(Body("json", body), [Located(name, "", body, (), partial=False)])
        elif event.kind is EventKind.EMITTED:
            inside = self._carriages.in_webhook(event.system, event.data.get("topic"), body)
            yield _payload(Body("json", body), inside)
        elif event.kind is EventKind.STATE:
            for name in ("rows", "gone"):
                yield _payload(Body("json", event.data.get(name)), ())


@dataclass(frozen=True, slots=True)
class _Payload:
    """A payload, the messages in it, and a name by which it is known in its history."""

    body: Body
    located: tuple[Located, ...]
    key: Any

    @property
    def value(self) -> Any:
        return self.body.value if self.body.kind == "json" else None

    def root(self, places: Places) -> Place | None:
        """Return the declared places of the payload, or None when it holds no message."""
        known = [(one, places.messages.get(one.message)) for one in self.located]
        if not known:
            return None
        if len(known) == 1 and not known[0][0].place:
            return known[0][1]
        root = Place()
        for one, place in known:
            if place is not None:
                _graft(root, one.place, place)
        return root


@dataclass(frozen=True, slots=True)
class _Parcel:
    """An entry and its payloads: of an exchange, the request and the answer."""

    entry: Exchange | Event
    payloads: tuple[_Payload, ...]


def _payload(body: Body, located: Iterable[Located]) -> _Payload:
    inside = tuple(located)
    # The same payload, and then the same object, travels as commit, webhook and answer; it is
    # worked on once.
    names = tuple((one.message, one.place, one.partial) for one in inside)
    value = body.value if type(body.value) is str else id(body.value)
    return _Payload(body, inside, (body.kind, names, value))


def _graft(root: Place, at: tuple[str | int, ...], place: Place) -> None:
    """Put the places of a message where it stands in a payload."""
    if not at:
        both = _merged(root, place)
        root.kind, root.type, root.below, root.every = both.kind, both.type, both.below, both.every
        return
    holder = root.at(at[:-1])
    known = holder.below.get(at[-1])
    if known is None:
        holder.below[at[-1]] = place
    elif known is not place:
        # Two messages in one object: neither may be changed, both must be obeyed.
        holder.below[at[-1]] = _merged(known, place)


def _merged(one: Place, other: Place) -> Place:
    stricter = one if one.kind >= other.kind else other
    both = Place(stricter.kind, stricter.type, dict(one.below), one.every or other.every)
    if one.every is not None and other.every is not None:
        both.every = _merged(one.every, other.every)
    for part, place in other.below.items():
        known = both.below.get(part)
        both.below[part] = place if known is None else _merged(known, place)
    return both


def _gather(value: Any, place: Place | None, name: str, into: set[str]) -> None:
    """Collect the personal values of a payload, declared or by name."""
    if type(value) is list:
        for index, inner in enumerate(value):
            _gather(inner, _element(place, index), name, into)
    elif type(value) is not dict:
        _gather_one(value, place, name, into)
    else:
        below = place.below if place is not None else _NOTHING
        for key, inner in value.items():
            kind = type(inner)
            if kind is dict or kind is list:
                _gather(inner, below.get(key), key, into)
            elif kind is str or kind is int:
                _gather_one(inner, below.get(key), key, into)


def _gather_one(value: Any, place: Place | None, name: str, into: set[str]) -> None:
    kind = Kind.FREE if place is None else place.kind
    if kind is Kind.PERSONAL or (kind <= Kind.USED and name_of(name) is Name.PERSONAL):
        into.add(shown(value))


_NOTHING: Final[dict[str | int, Place]] = {}


def _element(place: Place | None, index: int) -> Place | None:
    if place is None:
        return None
    if place.kind is Kind.PERSONAL or place.kind is Kind.SECRET:
        return place  # a personal list holds personal elements
    return place.below.get(index, place.every)


class _Veils:
    """What stands in a journal: digests in JSON, numbered words in text."""

    secret: Any = GONE

    def __init__(self, mac: Callable[[str], str] | None) -> None:
        self.mac = mac
        self._known: dict[tuple[str, Any], Veiled] = {}
        self._words = _Words()

    def personal(self, value: Any, type_: str) -> Any:
        """Return what stands for a personal value in JSON."""
        key = (type_, value if type(value) is str else (type(value), str(value)))
        found = self._known.get(key)
        if found is None:
            text = canonical_text(value, type_)
            mac = None if self.mac is None else self.mac(text)
            found = self._known[key] = Veiled(mac, len(shown(value)), ascii=text.isascii())
        return found

    def word(self, value: str) -> str:
        """Return what stands for a personal value in text; the same for the same value."""
        return f"[personal {self._words.number(value)}]"


class _StandIns:
    """What stands in a recording: made-up values of the same sort."""

    secret: Any = REMOVED
    mac: Callable[[str], str] | None = None

    def __init__(self) -> None:
        self._words = _Words()

    def personal(self, value: Any, type_: str) -> Any:
        """Return what stands for a personal value in JSON."""
        del type_
        if isinstance(value, str):
            return self.word(value)
        return 15550100000 + self._words.number(str(value))

    def word(self, value: str) -> str:
        """Return what stands for a personal value in text; the same for the same value."""
        number = self._words.number(value.strip().casefold())
        if "@" in value:
            return f"personal-{number}@redacted.invalid"
        if _NUMBERS.fullmatch(value.strip()) and value.strip().startswith("+"):
            return f"+1555010{number:04d}"
        return f"personal-{number}"


_NUMBERS: Final = re.compile(r"[\d ()/.+-]{7,}")


class _Words:
    """Numbers values in the order in which they turn up."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, value: str) -> int:
        """Return the number of a value."""
        return self._numbers.setdefault(value, len(self._numbers) + 1)


@dataclass(slots=True)
class _Hiding:
    """Hides what one history holds."""

    places: Places
    looks: Looks
    style: _Veils | _StandIns
    found: int = 0
    """How often something was hidden in a place that a contract reads and nobody foresaw."""
    bodies: dict[Any, Body] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    pairs: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    keys: dict[Any, str] = field(default_factory=dict)

    def entry(self, parcel: _Parcel) -> Exchange | Event:
        """Return an entry as it may be written."""
        return self.exchange(parcel) if isinstance(parcel.entry, Exchange) else self.event(parcel)

    def exchange(self, parcel: _Parcel) -> Exchange:
        """Return an exchange as it may be written."""
        exchange, (asked, told) = parcel.entry, parcel.payloads
        assert isinstance(exchange, Exchange)  # noqa: S101 - the caller looked
        return replace(
            exchange,
            url=self.url(exchange.url),
            headers=self.headers(exchange.headers),
            body=self.body(asked, exchange.headers),
            answer_headers=self.headers(exchange.answer_headers),
            answer=self.body(told, exchange.answer_headers),
        )

    def event(self, parcel: _Parcel) -> Event:
        """Return an event as it may be written."""
        event = parcel.entry
        assert isinstance(event, Event)  # noqa: S101 - the caller looked
        if not event.data:
            return event
        names = ("rows", "gone") if event.kind is EventKind.STATE else ("body",)
        bodies = dict(zip(names, parcel.payloads, strict=False))
        data = {
            name: self.body(bodies[name], ()).value if name in bodies else self._plain(value)
            for name, value in event.data.items()
        }
        key = event.data.get("key")
        if event.kind is EventKind.COMMITTED and isinstance(key, str):
            data["key"] = self._key_of(str(event.data.get("message", "")), key)
        return replace(event, data=data)

    def document(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return the scenario's own data as it may be written."""
        return {
            self._key(name): self.text(value)
            if isinstance(value, str)
            else self._value(value, None, name)
            for name, value in document.items()
        }

    def body(self, payload: _Payload, headers: Headers) -> Body:
        """Return a payload as it may be written."""
        body = payload.body
        if body.kind == "none":
            return body
        found = self.bodies.get(payload.key)
        if found is None:
            found = self.bodies[payload.key] = self._body(payload, headers)
        return found

    def text(self, text: str) -> str:
        """Return text with words in place of what must not be written."""
        found = self.texts.get(text)
        if found is None:
            found = self.texts[text] = self._text(text)
        return found

    def headers(self, headers: Headers) -> Headers:
        """Return headers without credentials and personal values."""
        pairs = []
        for pair in headers:
            found = self.pairs.get(pair)
            if found is None:
                found = self.pairs[pair] = self._header(*pair)
            pairs.append(found)
        return tuple(pairs)

    def url(self, url: str) -> str:
        """Return an address without credentials and personal values; unchanged without any."""
        found = self.urls.get(url)
        if found is None:
            found = self.urls[url] = self._url(url)
        return found

    def _body(self, payload: _Payload, headers: Headers) -> Body:
        body = payload.body
        if body.kind == "bytes":
            # Labels and documents show names and addresses, and nobody here can look into them.
            return Body("bytes", f"{REMOVED} {len(str(body.value)) * 3 // 4} bytes")
        if body.kind != "json":
            return Body(body.kind, self._free_text(str(body.value), headers))
        before, self.found = self.found, 0
        value = self._value(body.value, payload.root(self.places), "")
        if self.style.mac is not None:
            self._add_made(value, payload, self.style.mac)
        self.found = before
        return Body("json", value)

    def _add_made(self, hidden: Any, payload: _Payload, mac: Callable[[str], str]) -> None:
        """Put beside the hidden values what each agreed rule makes of them."""
        known = self.places.all_rules if self.found else self.places.rules
        for one in payload.located:
            rules = known.get(one.message)
            if not rules:
                continue
            for inner, entries in made_by(rules, one.message, one.body, mac).items():
                kept = {
                    digest: entry
                    for digest, entry in entries.items()
                    # What a partial view leaves out is not known to be missing.
                    if not (one.partial and "missing" in entry)
                }
                holder = _at(hidden, (*one.place, *inner), self._key)
                if kept and type(holder) is dict:
                    holder.setdefault(MADE, {}).update(kept)

    def _value(self, value: Any, place: Place | None, name: str) -> Any:
        kind = type(value)
        if kind is str:
            return self._string(value, place, name)
        if kind is dict or isinstance(value, Mapping):
            return self._mapping(value, place, name)
        if kind is list or kind is tuple:
            return [
                self._value(inner, _element(place, index), name)
                for index, inner in enumerate(value)
            ]
        if value is None or kind is bool or kind is Veiled:
            return value
        return self._number(value, place, name)

    def _mapping(self, value: Mapping[str, Any], place: Place | None, name: str) -> Any:
        below = _NOTHING
        if place is not None:
            if place.kind is Kind.PERSONAL or place.kind is Kind.SECRET:
                return {self._key(k): self._value(v, place, k) for k, v in value.items()}
            below = place.below
        elif value and name_of(name) is Name.SECRET:
            return self.style.secret  # whatever stands below a key like `credentials`
        return {
            self._key(key): self._string(inner, below.get(key), key)
            if type(inner) is str
            else self._value(inner, below.get(key), key)
            for key, inner in value.items()
        }

    def _string(self, value: str, place: Place | None, name: str) -> Any:
        if not value:
            return value
        if place is not None and place.kind:
            return self._declared(value, place, name)
        said = name_of(name)
        if said is Name.SECRET:
            return self.style.secret
        look = self.looks.of(value)
        if look is Look.SECRET:
            return self.style.secret
        if look or said is Name.PERSONAL:
            return self._personal(value, "text", look)
        return value

    def _declared(self, value: str, place: Place, name: str) -> Any:
        if place.kind is Kind.PERSONAL:
            return self.style.personal(value, place.type)
        if place.kind is Kind.SECRET:
            return self.style.secret
        look = self.looks.of(value)
        if place.kind is Kind.USED and look < Look.PERSONAL:
            look = _BY_NAME.get(name_of(name), look)
        if look is Look.SECRET:
            self.found += 1
            return self.style.secret
        if look < _LEAST[place.kind]:
            return value
        self.found += 1
        return self._personal(value, place.type, look)

    def _personal(self, value: str, type_: str, look: Look) -> Any:
        if isinstance(self.style, _StandIns) and look and not _whole(value, self.looks):
            # Recordings must play, so only what is personal in a longer text is replaced.
            return self.text(value)
        return self.style.personal(value, type_)

    def _number(self, value: Any, place: Place | None, name: str) -> Any:
        if place is not None and place.kind:
            if place.kind is Kind.PERSONAL:
                return self.style.personal(value, place.type)
            return self.style.secret if place.kind is Kind.SECRET else value
        said = name_of(name)
        if said is Name.SECRET:
            return self.style.secret
        if said is Name.PERSONAL or self.looks.of(str(value)) is Look.KNOWN:
            return self.style.personal(value, "any")
        return value

    def _key(self, key: Any) -> str:
        """Return the name of a field, set off from our own names, which begin with one `$`."""
        found = self.keys.get(key)
        if found is None:
            text = str(key)
            found = "$" + text if text.startswith("$") else text
            if by_itself(text):
                found = self.text(found)
            self.keys[key] = found
        return found

    def _plain(self, value: Any) -> Any:
        return self.text(value) if isinstance(value, str) else self._value(value, None, "")

    def _key_of(self, message: str, key: str) -> Any:
        """Return a business key hidden as it is in the body, so that both stay the same key."""
        place = self.places.keys.get(message)
        if place is not None and place.kind is Kind.PERSONAL:
            return self.style.personal(key, place.type)
        return self.style.personal(key, "text") if self.looks.of(key) >= Look.PERSONAL else key

    def _text(self, text: str) -> str:
        if not self.looks.of(text):
            return text
        bare = self.looks.without_secrets(text)
        pieces, end = [], 0
        for start, stop in self.looks.personal_parts(bare):
            pieces += [bare[end:start], self.style.word(bare[start:stop])]
            end = stop
        return "".join([*pieces, bare[end:]])

    def _free_text(self, text: str, headers: Headers) -> str:
        form = any(
            name.casefold() == "content-type" and "form-urlencoded" in value
            for name, value in headers
        )
        return self._query(text) if form else self.text(text)

    def _header(self, name: str, value: str) -> tuple[str, str]:
        if name.casefold() not in self.places.kept_headers and name_of(name) is Name.SECRET:
            return name, REMOVED
        return name, self.text(value)

    def _url(self, url: str) -> str:
        try:
            parts = urlsplit(url)
        except ValueError:
            return self.text(url.rpartition("@")[2])
        host = parts.netloc.rpartition("@")[2]
        path = "/".join(self._segment(part) for part in parts.path.split("/"))
        query = self._query(parts.query) if parts.query else ""
        fragment = self.text(parts.fragment) if parts.fragment else ""
        if (host, path, query, fragment) == (
            parts.netloc,
            parts.path,
            parts.query,
            parts.fragment,
        ):
            return url
        return urlunsplit((parts.scheme, host, path, query, fragment))

    def _segment(self, part: str) -> str:
        plain = unquote(part)
        hidden = self.text(plain)
        return part if hidden == plain else quote(hidden, safe="[] @")

    def _query(self, query: str) -> str:
        pairs = parse_qsl(query, keep_blank_values=True)
        hidden = [(name, self._parameter(name, value)) for name, value in pairs]
        return query if hidden == pairs else urlencode(hidden, safe="[]:,+@ ", quote_via=quote)

    def _parameter(self, name: str, value: str) -> str:
        said = name_of(name) if value else Name.PLAIN
        if said is Name.SECRET:
            return REMOVED
        return self.style.word(value) if said is Name.PERSONAL else self.text(value)


_BY_NAME: Final = {Name.SECRET: Look.SECRET, Name.PERSONAL: Look.PERSONAL}
_LEAST: Final = {
    Kind.USED: Look.KNOWN,
    Kind.TEXT: Look.KNOWN,
    Kind.KEY: Look.PERSONAL,
    Kind.TYPED: Look.SECRET,
}


def _whole(value: str, looks: Looks) -> bool:
    return looks.personal_parts(value) == [(0, len(value))]


def _at(value: Any, place: Iterable[str | int], key: Callable[[Any], str]) -> Any:
    for part in place:
        value = value[key(part) if isinstance(part, str) else part]
    return value
