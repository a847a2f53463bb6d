"""Take secrets out and veil personal values before anything is written."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from harness.contract import Contract
from harness.history import INTEGRATION, Body, Event, EventKind, Exchange, Header, Headers, History
from harness.landscape import Landscape
from harness.mapping import Veiled, missing, parse_path, read_all, veil
from harness.messages import carriages_of
from harness.rules import MADE, Rules, made_by, personal_paths, rules_of

REMOVED: Final = "[removed]"
HIDDEN: Final = "[personal]"
PLACEHOLDER: Final = re.compile(
    r"\[removed\]|\[personal(?: \d+)?\]|\bpersonal-\d+\b|\+1555010\d{4}"
)
"""What stands in a recording for something that was hidden."""
SHORTEST: Final = 4
"""Personal values shorter than this are veiled where they stand, and not looked for elsewhere."""

_SECRET_NAME = re.compile(
    r"authorization|cookie|token|secret|passw|api[-_]?key|apikey|credential|signature|hmac|session",
    re.IGNORECASE,
)
_NO_SECRET: Final = frozenset({"idempotency-key"})
_SECRET_VALUE = re.compile(r"(?i)\b(?:bearer|basic)\s+\S+|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*")
_PERSONAL_NAME = re.compile(
    r"(?i)^(first_?name|last_?name|full_?name|e?mail|customer_?email|phone|mobile|address_?[12]?|"
    r"street_?[12]?|zip|postcode|postal_?code|browser_ip|birth_?date)$"
)
_EMAIL = re.compile(r"[^@\s<>\"',;:]+@[^@\s<>\"',;:]+\.[A-Za-z]{2,}")
# Bare identifiers of shops and parcels are long numbers too; cards begin with 3 to 6 and have 15
# or 16 digits, bare or in groups of four.
_CARD = re.compile(r"\b(?:3[47]\d{13}|[4-6]\d{3}([ -]?)\d{4}\1\d{4}\1\d{4})\b")
_PHONE = re.compile(r"\+\d[\d ()/.-]{6,}\d")


class Veil:
    """Hides what must not be stored, so that the journal still judges as the run did.

    Fields that the landscape or a contract makes personal are replaced by a keyed digest and
    their length; beside them stands the digest of what each agreed rule makes of them. Values
    with a personal look, and personal values that turn up in other places, are hidden too.
    Without a key there are no digests.
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
        self._contracts = tuple(contracts)
        self._personal = personal_paths(landscape, self._contracts)
        self._paths = {
            message: [parse_path(text) for text in sorted(paths)]
            for message, paths in self._personal.items()
        }
        self._types = {
            name: {path: spec.type for path, spec in message.fields.items()}
            for name, message in landscape.messages().items()
        }
        self._rules: dict[str, list[Rules]] = {}
        for contract in self._contracts:
            prepared = rules_of(contract, landscape, self._personal)
            self._rules.setdefault(contract.source, []).append(prepared)
        self._carriages = carriages_of(landscape)
        self._secrets = sorted((s for s in secrets if s), key=len, reverse=True)

    def history(self, history: History) -> History:
        """Return the history with secrets removed and personal values veiled."""
        scrub = _Scrub(self._secrets, sorted(self._known(history), key=len, reverse=True), self.mac)
        entries = tuple(
            self._exchange(entry, scrub)
            if isinstance(entry, Exchange)
            else self._event(entry, scrub)
            for entry in history.entries
        )
        header = replace(
            history.header, document=scrub.value(history.header.document), key_id=self.key_id
        )
        return History(header, entries)

    def masked(self, exchanges: Iterable[Exchange]) -> Sequence[Exchange]:
        """Return exchanges with a placeholder in place of each secret and personal value.

        For recordings, which other tools read and which are not judged by digests.
        """
        history = History(Header("", None, 0, {}), tuple(exchanges))
        return [
            replace(one, body=_placed(one.body), answer=_placed(one.answer))
            for one in self.history(history).exchanges
        ]

    def mac(self, text: str) -> str | None:
        """Return the keyed digest of a text; None without a key."""
        if self._key is None:
            return None
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:16]

    def _known(self, history: History) -> set[str]:
        """Return every personal value of the run that is long enough to be looked for."""
        found: set[str] = set()
        for entry in history.entries:
            for message, _, body in self._messages(entry):
                for path in self._paths.get(message, ()):
                    for place in read_all(path, body):
                        if isinstance(place.value, str) and len(place.value) >= SHORTEST:
                            found.add(place.value)
        return found

    def _messages(
        self, entry: Exchange | Event
    ) -> Iterator[tuple[str, tuple[str | int, ...], Any]]:
        """Yield message, place in the payload, and body, for all that an entry carries."""
        if isinstance(entry, Event):
            if entry.kind is EventKind.COMMITTED:
                yield str(entry.data.get("message", "")), (), entry.data.get("body")
            elif entry.kind is EventKind.EMITTED:
                for one in self._carriages.in_webhook(
                    entry.system, entry.data.get("topic"), entry.data.get("body")
                ):
                    yield one.message, one.place, one.body
            return
        if entry.receiver == INTEGRATION:
            payload = entry.body.value if entry.body.kind == "json" else None
            for one in self._carriages.in_webhook(entry.sender, entry.topic, payload):
                yield one.message, one.place, one.body
            return
        for one in self._carriages.in_request(entry):
            yield one.message, one.place, one.body
        for one in self._carriages.in_response(entry):
            yield one.message, one.place, one.body

    def _exchange(self, exchange: Exchange, scrub: _Scrub) -> Exchange:
        webhook = exchange.receiver == INTEGRATION
        asked = (
            self._carriages.in_webhook(
                exchange.sender,
                exchange.topic,
                exchange.body.value if exchange.body.kind == "json" else None,
            )
            if webhook
            else self._carriages.in_request(exchange)
        )
        told = iter(()) if webhook else self._carriages.in_response(exchange)
        return replace(
            exchange,
            url=scrub.url(exchange.url),
            headers=scrub.headers(exchange.headers),
            body=self._body(exchange.body, [(o.message, o.place) for o in asked], scrub),
            answer_headers=scrub.headers(exchange.answer_headers),
            answer=self._body(exchange.answer, [(o.message, o.place) for o in told], scrub),
        )

    def _event(self, event: Event, scrub: _Scrub) -> Event:
        data = dict(event.data)
        if "body" in data:
            places = [(message, place) for message, place, _ in self._messages(event)]
            hidden = self._body(Body("json", data["body"]), places, scrub)
            data["body"] = hidden.value
        rest = {key: scrub.value(value) for key, value in data.items() if key != "body"}
        return replace(event, data={key: rest.get(key, data[key]) for key in data})

    def _body(
        self, body: Body, places: list[tuple[str, tuple[str | int, ...]]], scrub: _Scrub
    ) -> Body:
        if body.kind == "none":
            return body
        if body.kind != "json":
            return Body(body.kind, scrub.text(str(body.value)))
        # The same payload travels as commit, webhook and answer; it is hidden once.
        key = (tuple(places), json.dumps(body.value, default=lambda other: {"": str(other)}))
        found = scrub.bodies.get(key)
        if found is None:
            found = scrub.bodies[key] = self._hidden(body, places, scrub)
        return found

    def _hidden(
        self, body: Body, places: list[tuple[str, tuple[str | int, ...]]], scrub: _Scrub
    ) -> Body:
        hidden: dict[tuple[str | int, ...], Any] = {}
        extra: dict[tuple[str | int, ...], dict[str, Any]] = {}
        for message, place in places:
            element = _at(body.value, place)
            for path in self._paths.get(message, ()):
                type_ = self._types.get(message, {}).get(str(path), "any")
                for found in read_all(path, element):
                    if not missing(found.value) and not isinstance(found.value, Veiled):
                        hidden[(*place, *found.at)] = self._veiled(found.value, type_)
            if self._key is not None:
                made_here = made_by(self._rules.get(message, ()), element, self._digest)
                for inner, entries in made_here.items():
                    extra.setdefault((*place, *inner), {}).update(entries)
        return Body("json", _rebuilt(body.value, (), hidden, extra, scrub))

    def _veiled(self, value: Any, type_: str) -> Any:
        if isinstance(value, dict):
            return {key: self._veiled(inner, "any") for key, inner in value.items()}
        if isinstance(value, list):
            return [self._veiled(inner, "any") for inner in value]
        if value is None:
            return None
        return veil(value, type_, None if self._key is None else self._digest)

    def _digest(self, text: str) -> str:
        return self.mac(text) or ""


class _Scrub:
    """Takes secrets and known personal values out of everything that is no declared field."""

    def __init__(self, secrets: list[str], personal: list[str], mac: Any) -> None:
        self._mac = mac
        self._memo: dict[tuple[str, str], Any] = {}
        self.bodies: dict[tuple[Any, ...], Body] = {}
        """Payloads that were hidden already."""
        self._secret = _any_of(secrets)
        self._personal = _any_of(personal)

    def value(self, value: Any, name: str = "") -> Any:
        if isinstance(value, Mapping):
            return {_escaped(key): self.value(inner, key) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(inner, name) for inner in value]
        if isinstance(value, str):
            return self._string(value, name)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and _secret_name(name):
            return REMOVED
        return value

    def _string(self, value: str, name: str) -> Any:
        found = self._memo.get((name, value))
        if found is None:
            found = self._memo[name, value] = self._scrubbed(value, name)
        return found

    def _scrubbed(self, value: str, name: str) -> Any:
        if not value:
            return value
        if _secret_name(name):
            return REMOVED
        bare = self._without_secrets(value)
        if _PERSONAL_NAME.match(name) or self._looks_personal(bare):
            mac = None if self._mac("") is None else self._mac
            return veil(bare, "text", mac)
        return bare

    def text(self, value: str) -> str:
        """Return free text with what must be hidden cut out of it."""
        bare = self._without_secrets(value)
        if self._personal is not None:
            bare = self._personal.sub(HIDDEN, bare)
        bare = _EMAIL.sub(HIDDEN, bare)
        bare = _CARD.sub(lambda match: HIDDEN if _luhn(match[0]) else match[0], bare)
        return _PHONE.sub(HIDDEN, bare)

    def headers(self, headers: Headers) -> Headers:
        """Return headers with credentials removed."""
        return tuple(
            (name, REMOVED if _secret_name(name) else self.text(value)) for name, value in headers
        )

    def url(self, url: str) -> str:
        """Return an address without credentials and personal values."""
        parts = urlsplit(url)
        if not parts.query and "@" not in parts.netloc:
            return self.text(url) if self._touches(url) else url
        query = urlencode(
            [
                (key, REMOVED if _secret_name(key) else self.text(value))
                for key, value in parse_qsl(parts.query, keep_blank_values=True)
            ],
            safe="[]:,+",
        )
        host = parts.netloc.rpartition("@")[2]
        return self.text(urlunsplit((parts.scheme, host, parts.path, query, parts.fragment)))

    def _touches(self, text: str) -> bool:
        patterns = (self._secret, self._personal, _EMAIL)
        return any(pattern is not None and pattern.search(text) for pattern in patterns)

    def _without_secrets(self, value: str) -> str:
        if self._secret is not None:
            value = self._secret.sub(REMOVED, value)
        return _SECRET_VALUE.sub(REMOVED, value)

    def _looks_personal(self, value: str) -> bool:
        if self._personal is not None and self._personal.search(value):
            return True
        if _EMAIL.search(value) or _PHONE.fullmatch(value):
            return True
        return any(_luhn(match[0]) for match in _CARD.finditer(value))


def _placed(body: Body) -> Body:
    return Body(body.kind, _without_veils(body.value))


def _without_veils(value: Any) -> Any:
    if isinstance(value, Veiled):
        return HIDDEN
    if isinstance(value, dict):
        return {key: _without_veils(inner) for key, inner in value.items() if key != MADE}
    if isinstance(value, list):
        return [_without_veils(inner) for inner in value]
    return value


def _rebuilt(
    value: Any,
    at: tuple[str | int, ...],
    hidden: Mapping[tuple[str | int, ...], Any],
    extra: Mapping[tuple[str | int, ...], dict[str, Any]],
    scrub: _Scrub,
) -> Any:
    if at in hidden:
        return hidden[at]
    if isinstance(value, dict):
        built = {
            _escaped(key): _rebuilt(inner, (*at, key), hidden, extra, scrub)
            if isinstance(inner, (dict, list)) or (*at, key) in hidden
            else scrub.value(inner, str(key))
            for key, inner in value.items()
        }
        if at in extra:
            built[MADE] = extra[at]
        return built
    if isinstance(value, list):
        return [
            _rebuilt(inner, (*at, index), hidden, extra, scrub) for index, inner in enumerate(value)
        ]
    return scrub.value(value, str(at[-1]) if at else "")


def _escaped(key: str) -> str:
    """Return a key of somebody else's, set off from our own, which begin with one `$`."""
    return "$" + key if key.startswith("$") else key


def _at(value: Any, place: tuple[str | int, ...]) -> Any:
    for part in place:
        value = value[part]
    return value


@lru_cache(maxsize=4096)
def _secret_name(name: str) -> bool:
    return bool(name) and name.casefold() not in _NO_SECRET and bool(_SECRET_NAME.search(name))


def _any_of(words: list[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(re.escape(word) for word in words)) if words else None


def _luhn(text: str) -> bool:
    digits = [int(c) for c in text if c.isdigit()]
    if not 13 <= len(digits) <= 19:
        return False
    total = 0
    for index, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if index % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


__all__ = ["HIDDEN", "REMOVED", "SHORTEST", "Veil"]
