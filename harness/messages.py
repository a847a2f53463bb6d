"""Cut messages out of exchanges and events, and tell how each one ended."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from harness.history import (
    INTEGRATION,
    NOBODY,
    Event,
    EventKind,
    Exchange,
    Failure,
    History,
    find_header,
)
from harness.landscape import Call, Decision, Landscape, Message, Webhook
from harness.mapping import (
    ABSENT,
    Found,
    Path,
    Uncomparable,
    Veiled,
    comparable,
    missing,
    parse_path,
    read,
    read_all,
)
from harness.outcomes import (
    Answers,
    Batch,
    Meaning,
    Outcome,
    decided,
    decision_key,
    key_text,
    payload_of,
    plain_meaning,
)
from harness.remembered import remembered

VERSION_PARAMETERS: Final = frozenset({"v", "version", "api_version"})
"""Parameters of an address that name the version of an API, and nothing that it is about."""


class Way(StrEnum):
    """How a message came to be seen."""

    COMMITTED = "committed"
    """A system noted that it holds the message."""
    EMITTED = "emitted"
    """A system meant to tell the integration; whether that arrived is another matter."""
    SENT = "sent"
    """The integration sent it to a system in a request."""
    SHOWN = "shown"
    """A system showed it to the integration, in a webhook or in a response."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One message, seen once.

    ``begun`` is the tick at which the request began or the event happened. ``known`` is the first
    tick at which the receiver can have acted on it: for a webhook that is ``begun``, because a
    receiver works before it answers; for a response it is the end of the exchange; None when no
    answer ever came. A webhook that the receiver refused was still received.

    ``at`` and ``ended`` are the instants of the beginning and the end, None without times.
    ``words`` are the names of the outcome as contracts write them, the most specific first:
    ``exists``, ``409``, ``4xx``. ``place`` is where the message stands in the payload. Of a
    message whose answer was pending, ``decided`` is the sighting that told how it ended, and
    ``ended`` the instant of that.
    """

    message: str
    key: str
    version: Any
    body: Any
    way: Way
    begun: int
    known: int | None
    at: int | None
    ended: int | None
    exchange: Exchange | None = None
    event: Event | None = None
    outcome: Outcome | None = None
    words: tuple[str, ...] = ()
    partial: bool = False
    place: tuple[str | int, ...] = ()
    decided: Sighting | None = None

    @property
    def cause(self) -> int | None:
        """Return the exchange that a commit was caused by."""
        return None if self.event is None else self.event.data.get("cause")

    @property
    def number(self) -> int | None:
        """Return the exchange that shows the message: its own, or the cause of the commit."""
        return self.cause if self.exchange is None else self.exchange.seq

    @property
    def system(self) -> str:
        """Return the system that the message belongs to."""
        return self.message.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Located:
    """A message in a payload, and where it stands there; ``batch`` is how its answer is read."""

    message: str
    key: str
    body: Any
    place: tuple[str | int, ...]
    partial: bool
    batch: Batch | None = None


@dataclass(frozen=True, slots=True)
class _Carriage:
    """One way in which one message travels, prepared for matching."""

    message: str
    spec: Message
    at: Path | None
    key: Path
    partial: bool
    lift: tuple[tuple[Path, str], ...] = ()
    batch: Batch | None = None
    listed: Call | None = None

    def cut(self, payload: Any, lifted: Callable[[str], Any]) -> Iterator[Located]:
        found = [Found((), payload)] if self.at is None else read_all(self.at, payload)
        for one in found:
            place, value = one.at, one.value
            if not isinstance(value, dict):
                continue
            body = self._lifted(value, lifted) if self.lift else value
            key = key_text(read(self.key, body))
            yield Located(self.message, key, body, place, self.partial, self.batch)

    def _lifted(self, value: dict[str, Any], lifted: Callable[[str], Any]) -> dict[str, Any]:
        body = dict(value)
        for field, origin in self.lift:
            root, _, name = origin.partition(".")
            found = read(parse_path(name), value) if root == "element" else lifted(origin)
            if not missing(found) and missing(read(field, body)):
                _put(body, field.parts, found)
        return body


@dataclass(frozen=True, slots=True)
class Lists:
    """Where rows stand in the bodies of a call: in a batch, in the answer to it, in a list.

    ``on`` leads from a field of the answer to the field of the row that it repeats.
    """

    sent: Path | None
    told: Path | None
    shown: Path | None
    on: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Template:
    """``METHOD /path/:id`` as a pattern, with what travels there."""

    pattern: re.Pattern[str]
    parameters: int
    requests: tuple[_Carriage, ...]
    responses: tuple[_Carriage, ...]


class Carriages:
    """Where every message of a landscape travels.

    When several templates fit an address, the one with the fewest parameters counts, so that
    ``/orders/count`` is not taken for ``/orders/:id``.
    """

    def __init__(self, landscape: Landscape) -> None:
        self._topics: dict[tuple[str, str], list[_Carriage]] = {}
        self._templates: dict[tuple[str, str, int], list[_Template]] = {}
        self._bases: dict[str, tuple[str, ...]] = {}
        self._sent: set[str] = set()
        for name, system in sorted(landscape.systems.items()):
            self._bases[name] = tuple(
                {base: None for url in system.base_urls if (base := urlsplit(url).path.strip("/"))}
            )
            self._add_system(name, system.messages)

    def of_webhook(self, system: str, topic: str, body: Any) -> Iterator[tuple[str, str, Any]]:
        """Yield message, key and body of everything that a webhook carries."""
        for located in self.in_webhook(system, topic, body):
            yield located.message, located.key, located.body

    def of_call(
        self, system: str, method: str, url: str, payload: Any
    ) -> Iterator[tuple[str, str, Any]]:
        """Yield message, key and body of everything that a call is about.

        A message that travels in the answer has no body yet; its key is known where the address
        tells it. Reading what is otherwise sent is no call about the message.
        """
        match = self._match(system, method, url)
        if match is None:
            return
        template, parameters = match
        located = list(_all_cut(template.requests, payload, _lifter(url, parameters, ())))
        for one in located:
            yield one.message, one.key, one.body
        if not located:
            for carriage in template.responses:
                if carriage.message not in self._sent:
                    yield carriage.message, _key_in_address(carriage, url, parameters), None

    def lists_of(self, system: str, method: str, url: str, message: str) -> Lists:
        """Return where the messages of a call stand when there are several of them."""
        match = self._match(system, method, url)
        sent = told = shown = None
        on: dict[str, str] = {}
        for one in () if match is None else match[0].requests:
            if one.message == message and one.batch is not None and one.at is not None:
                sent = _list_at(one.at)
                told = None if one.batch.at is None else _list_at(one.batch.at.tail())
                on = {str(theirs): str(mine) for theirs, mine in one.batch.on}
        for one in () if match is None else match[0].responses:
            if one.message == message and one.listed is not None and one.at is not None:
                shown = _list_at(one.at)
        return Lists(sent, told, shown, on)

    def in_webhook(self, system: str, topic: str | None, payload: Any) -> Iterator[Located]:
        """Yield the messages in the payload of a webhook."""
        carriages = self._topics.get((system, topic or ""), ())
        return _all_cut(carriages, payload, lambda _origin: ABSENT)

    def in_request(self, exchange: Exchange) -> Iterator[Located]:
        """Yield the messages in the request of a call to a system."""
        match = self._match(exchange.receiver, exchange.method, exchange.url)
        if match is None:
            return iter(())
        lifter = _lifter(exchange.url, match[1], exchange.headers)
        return _all_cut(
            match[0].requests, payload_of(exchange.body.kind, exchange.body.value), lifter
        )

    def in_response(self, exchange: Exchange) -> Iterator[Located]:
        """Yield the messages in the answer of a system."""
        match = self._match(exchange.receiver, exchange.method, exchange.url)
        if match is None:
            return iter(())
        lifter = _lifter(exchange.url, match[1], exchange.headers)
        payload = payload_of(exchange.answer.kind, exchange.answer.value)
        return _all_cut(match[0].responses, payload, lifter)

    def listings(self, exchange: Exchange) -> Iterator[tuple[str, Call]]:
        """Yield the messages that the answer to a call lists, each with how it does."""
        match = self._match(exchange.receiver, exchange.method, exchange.url)
        for carriage in () if match is None else match[0].responses:
            if carriage.listed is not None:
                yield carriage.message, carriage.listed

    def listed_by(self, exchange: Exchange) -> frozenset[str]:
        """Return the messages that a call asks for without naming one of them, as a poll does."""
        match = self._match(exchange.receiver, exchange.method, exchange.url)
        if match is None or match[1].keys() - VERSION_PARAMETERS:
            return frozenset()
        return frozenset(carriage.message for carriage in match[0].responses)

    def knows(self, exchange: Exchange) -> bool:
        """Return whether any message travels where this exchange went."""
        if exchange.receiver == INTEGRATION:
            return (exchange.sender, exchange.topic or "") in self._topics
        return self._match(exchange.receiver, exchange.method, exchange.url) is not None

    def _add_system(self, system: str, messages: Mapping[str, Message]) -> None:
        calls: dict[str, tuple[list[_Carriage], list[_Carriage]]] = {}
        for name, spec in sorted(messages.items()):
            for way in spec.carried_by.values():
                carriage = _carriage(f"{system}.{name}", spec, way)
                if isinstance(way, Webhook):
                    for topic in (way.webhook,) if isinstance(way.webhook, str) else way.webhook:
                        self._topics.setdefault((system, topic), []).append(carriage)
                else:
                    text = way.request or way.response or ""
                    requests, responses = calls.setdefault(text, ([], []))
                    self._sent |= {carriage.message} if way.request else set()
                    (responses if way.request is None else requests).append(carriage)
        for text, (requests, responses) in calls.items():
            method, _, path = text.strip().partition(" ")
            pattern, parameters = _pattern(path.strip().strip("/"))
            template = _Template(pattern, parameters, tuple(requests), tuple(responses))
            slot = (system, method.upper(), path.strip().strip("/").count("/"))
            self._templates.setdefault(slot, []).append(template)
            self._templates[slot].sort(key=lambda one: one.parameters)

    def _match(self, system: str, method: str, url: str) -> tuple[_Template, dict[str, str]] | None:
        path = _path_of(url)
        for base in ("", *self._bases.get(system, ())):
            rest = path[len(base) :].strip("/") if base else path
            if base and not (path == base or path.startswith(base + "/")):
                continue
            for template in self._templates.get((system, method.upper(), rest.count("/")), ()):
                found = template.pattern.fullmatch(rest)
                if found is not None:
                    values = found.groupdict()
                    return template, {name: unquote(text) for name, text in values.items()}
        return None


@remembered
def carriages_of(landscape: Landscape) -> Carriages:
    """Return where every message of a landscape travels, worked out once."""
    return Carriages(landscape)


class Sightings:
    """Everything one history shows, cut into messages.

    ``unmatched`` counts the exchanges with systems that carry no message anybody described;
    ``unrouted`` those that belong to no system. Both are exchange numbers.
    """

    def __init__(self, history: History, landscape: Landscape) -> None:
        self.unmatched: tuple[int, ...] = ()
        self.unrouted: tuple[int, ...] = ()
        self._by_message: dict[str, list[Sighting]] = {}
        cutter = _Cutter(landscape)
        unmatched, unrouted = [], []
        for entry in history.entries:
            if isinstance(entry, Event):
                found = cutter.event(entry)
            elif entry.receiver == NOBODY or entry.failure is Failure.UNROUTED:
                unrouted.append(entry.seq)
                continue
            else:
                found = cutter.exchange(entry)
                if not found and not cutter.carriages.knows(entry):
                    unmatched.append(entry.seq)
            for sighting in found:
                self._by_message.setdefault(sighting.message, []).append(sighting)
        self.unmatched, self.unrouted = tuple(sorted(unmatched)), tuple(sorted(unrouted))
        for sightings in self._by_message.values():
            sightings.sort(key=lambda one: one.begun)
        self._decide(cutter.undecided)

    def of(self, message: str, *ways: Way) -> Sequence[Sighting]:
        """Return the sightings of a message, in the order in which they began."""
        found = self._by_message.get(message, ())
        return [one for one in found if one.way in ways] if ways else found

    def add(self, message: str, sightings: Iterable[Sighting]) -> None:
        """Take over sightings that follow from others, in the order in which they began."""
        known = [*self._by_message.get(message, ()), *sightings]
        self._by_message[message] = sorted(known, key=lambda one: one.begun)

    def _decide(self, undecided: Sequence[tuple[Exchange, Decision]]) -> None:
        """Give pending messages the outcome that a later message of the system tells."""
        verdicts: dict[int, tuple[Outcome, Sighting]] = {}
        for exchange, decision in undecided:
            found = self._decision(exchange, decision)
            if found is not None:
                verdicts[exchange.seq] = found
        if not verdicts:
            return
        for sightings in self._by_message.values():
            for index, one in enumerate(sightings):
                verdict = verdicts.get(one.begun) if one.outcome is Outcome.PENDING else None
                if verdict is not None:
                    outcome, teller = verdict
                    sightings[index] = replace(
                        one, outcome=outcome, ended=_told_at(teller), decided=teller
                    )

    def _decision(self, exchange: Exchange, decision: Decision) -> tuple[Outcome, Sighting] | None:
        wanted = decision_key(decision, exchange)
        same = parse_path(decision.same)
        name = f"{exchange.receiver}.{decision.message.rpartition('.')[2]}"
        for teller in self.of(name, Way.COMMITTED, Way.EMITTED, Way.SHOWN) if wanted else ():
            if teller.begun < exchange.seq or key_text(read(same, teller.body)) != wanted:
                continue
            outcome = decided(decision, teller.body)
            if outcome.definite:
                return outcome, teller
        return None

    @property
    def messages(self) -> tuple[str, ...]:
        """Return the names of all messages that were seen."""
        return tuple(sorted(self._by_message))


class _Cutter:
    """Turns one entry of a history into sightings."""

    def __init__(self, landscape: Landscape) -> None:
        self.carriages = carriages_of(landscape)
        self.undecided: list[tuple[Exchange, Decision]] = []
        self._specs = landscape.messages()
        self._keys = {name: parse_path(spec.key) for name, spec in self._specs.items()}
        self._versions = {
            name: (parse_path(spec.version), _type_of(spec, spec.version))
            for name, spec in self._specs.items()
            if spec.version is not None
        }
        self._judges = {name: Answers(system.answers) for name, system in landscape.systems.items()}

    def event(self, event: Event) -> list[Sighting]:
        """Return what an event says of messages."""
        if event.kind is EventKind.COMMITTED:
            return self._committed(event)
        if event.kind is EventKind.EMITTED:
            located = self.carriages.in_webhook(
                event.system, event.data.get("topic"), event.data.get("body")
            )
            return [self._of_event(one, Way.EMITTED, event) for one in located]
        return []

    def exchange(self, exchange: Exchange) -> list[Sighting]:
        """Return the messages in a webhook, or in the request and the answer of a call."""
        if exchange.receiver == INTEGRATION:
            payload = payload_of(exchange.body.kind, exchange.body.value)
            plain = plain_meaning(exchange)
            return [
                self._of_exchange(one, Way.SHOWN, exchange, known=exchange.seq, meaning=plain)
                for one in self.carriages.in_webhook(exchange.sender, exchange.topic, payload)
            ]
        sent = self._sent(exchange)
        if exchange.status is None or not 200 <= exchange.status < 300:
            return sent
        return sent + [
            self._of_exchange(one, Way.SHOWN, exchange, known=exchange.done)
            for one in self.carriages.in_response(exchange)
        ]

    def _sent(self, exchange: Exchange) -> list[Sighting]:
        whole = self._judges[exchange.receiver].of(exchange)
        if whole.decided_by is not None:
            self.undecided.append((exchange, whole.decided_by))
        located = list(self.carriages.in_request(exchange))
        outcomes = [whole.outcome] * len(located)
        for batch in {id(one.batch): one.batch for one in located if one.batch}.values():
            mine = [index for index, one in enumerate(located) if one.batch is batch]
            found = batch.outcomes(exchange, whole, [located[index].body for index in mine])
            for index, outcome in zip(mine, found, strict=True):
                outcomes[index] = outcome
        return [
            self._of_exchange(
                one,
                Way.SENT,
                exchange,
                known=exchange.done,
                meaning=Meaning(outcome, whole.words),
            )
            for one, outcome in zip(located, outcomes, strict=True)
        ]

    def _committed(self, event: Event) -> list[Sighting]:
        name, body = str(event.data.get("message", "")), event.data.get("body")
        if name not in self._specs:
            return []
        key = key_text(read(self._keys[name], body)) or key_text(event.data.get("key", ABSENT))
        located = Located(name, key, body, (), partial=False)
        return [self._of_event(located, Way.COMMITTED, event)]

    def _of_event(self, located: Located, way: Way, event: Event) -> Sighting:
        return Sighting(
            message=located.message,
            key=located.key or key_text(event.data.get("key", ABSENT)),
            version=self._version(located),
            body=located.body,
            way=way,
            begun=event.seq,
            known=event.seq,
            at=event.at,
            ended=event.at,
            event=event,
            partial=located.partial,
            place=located.place,
        )

    def _of_exchange(
        self,
        located: Located,
        way: Way,
        exchange: Exchange,
        *,
        known: int | None,
        meaning: Meaning | None = None,
    ) -> Sighting:
        return Sighting(
            message=located.message,
            key=located.key,
            version=self._version(located),
            body=located.body,
            way=way,
            begun=exchange.seq,
            known=known,
            at=exchange.sent_at,
            ended=exchange.ended_at,
            exchange=exchange,
            outcome=None if meaning is None else meaning.outcome,
            words=() if meaning is None else meaning.words,
            partial=located.partial,
            place=located.place,
        )

    def _version(self, located: Located) -> Any:
        known = self._versions.get(located.message)
        if known is None:
            return None
        return version_of(read(known[0], located.body), known[1])


def version_of(value: Any, type_: str) -> Any:
    """Return a version in a form that can be put in order, or None."""
    if missing(value) or isinstance(value, Veiled):
        return None
    try:
        return comparable(value, type_)
    except Uncomparable:
        return None


@dataclass(frozen=True, slots=True)
class Fate:
    """Whether the target took a message that was sent, as far as the history tells.

    ``taken`` is None while both are possible. ``at`` is the instant at which it was taken, or,
    when not ``exact``, the latest at which that can have been. ``shown_by`` are exchanges.
    """

    taken: bool | None
    at: int | None = None
    exact: bool = True
    shown_by: tuple[int, ...] = ()


def fate(
    attempt: Sighting,
    *,
    commits: Sequence[Sighting],
    later: Sequence[Sighting],
    watched: bool,
) -> Fate:
    """Return what became of one message that was sent.

    An unknown outcome settles by a commit that the exchange caused, by a later answer saying
    that the target has the message already, or by a later read that shows it. ``commits`` are
    those of this message; ``later`` the sightings of the same target message after it;
    ``watched`` says that the target journals every commit, so that none means none.
    """
    number = attempt.number
    if number is None or attempt.outcome is None:
        return Fate(taken=None)
    teller = None if attempt.decided is None else attempt.decided.number
    seen = (number,) if teller is None else (number, teller)
    own = next((commit for commit in commits if commit.cause == number), None)
    if attempt.outcome is Outcome.ACCEPTED:
        return _accepted(attempt, own, seen)
    if own is not None:
        return Fate(taken=True, at=own.at, shown_by=seen)
    if attempt.outcome.definite or (watched and attempt.outcome is Outcome.UNKNOWN):
        return Fate(taken=False, shown_by=seen)
    proof = next((one for one in later if _shows_that_it_exists(one)), None)
    if proof is None or proof.number is None:
        return Fate(taken=None, shown_by=seen)
    return Fate(taken=True, at=proof.ended, exact=False, shown_by=(number, proof.number))


def _accepted(attempt: Sighting, own: Sighting | None, seen: tuple[int, ...]) -> Fate:
    if attempt.decided is None:
        return Fate(taken=True, at=attempt.ended, shown_by=seen)
    if own is not None:
        return Fate(taken=True, at=own.at, shown_by=seen)
    # The decision may have been made long before anybody told the integration.
    return Fate(taken=True, at=attempt.ended, exact=False, shown_by=seen)


def _told_at(sighting: Sighting) -> int | None:
    pushed = sighting.exchange is None or sighting.exchange.topic is not None
    return sighting.at if pushed else sighting.ended


def _shows_that_it_exists(sighting: Sighting) -> bool:
    if sighting.way is Way.SHOWN:
        return True
    exchange = sighting.exchange
    told_so = exchange is not None and exchange.status is not None and exchange.status >= 300
    return sighting.way is Way.SENT and sighting.outcome is Outcome.ACCEPTED and told_so


def _carriage(name: str, spec: Message, way: Webhook | Call) -> _Carriage:
    at = parse_path(way.at)
    # Messages stand in the payload; any other place is refused when files are loaded, and here
    # it finds nothing rather than something else.
    where = at.tail() if at.head == "body" else at
    lift = way.lift if isinstance(way, Call) else {}
    return _Carriage(
        message=name,
        spec=spec,
        at=where if where.parts else None,
        key=parse_path(spec.key),
        partial=way.partial,
        lift=tuple((parse_path(field), origin) for field, origin in lift.items()),
        batch=Batch.of(way) if isinstance(way, Call) else None,
        listed=way if isinstance(way, Call) and way.response and where.many else None,
    )


def _list_at(rows: Path) -> Path | None:
    """Return where the list itself stands, for the path of its elements."""
    if rows.parts[-1:] != ("*",) or "*" in rows.parts[:-1]:
        return None
    return Path(rows.parts[:-1])


def _all_cut(
    carriages: Sequence[_Carriage], payload: Any, lifted: Callable[[str], Any]
) -> Iterator[Located]:
    for carriage in carriages:
        yield from carriage.cut(payload, lifted)


def _pattern(path: str) -> tuple[re.Pattern[str], int]:
    parts = re.split(r":([A-Za-z_][A-Za-z0-9_]*)", path)
    text, seen = "", set()
    for index, part in enumerate(parts):
        if index % 2 == 0:
            text += re.escape(part)
        elif part in seen:
            text += "[^/]+"
        else:
            seen.add(part)
            text += f"(?P<{part}>[^/]+)"
    return re.compile(text), len(parts) // 2


def _path_of(url: str) -> str:
    # A plain scan: parsing each address whole costs more than all the matching after it.
    rest = url.partition("://")[2] if "://" in url else url
    path = rest.partition("/")[2] if "://" in url else rest
    return path.partition("?")[0].partition("#")[0].strip("/")


def _lifter(
    url: str, parameters: Mapping[str, str], headers: tuple[tuple[str, str], ...]
) -> Callable[[str], Any]:
    def lifted(origin: str) -> Any:
        root, _, name = origin.partition(".")
        if root == "path":
            return parameters.get(name, ABSENT)
        if root == "query":
            return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)).get(name, ABSENT)
        if root == "header":
            found = find_header(headers, name)
            return ABSENT if found is None else found
        return ABSENT

    return lifted


def _key_in_address(carriage: _Carriage, url: str, parameters: Mapping[str, str]) -> str:
    lifted = _lifter(url, parameters, ())
    for field, origin in carriage.lift:
        if field == carriage.key:
            return key_text(lifted(origin))
    return parameters.get(carriage.spec.key, "")


def _type_of(spec: Message, field: str) -> str:
    declared = spec.fields.get(field)
    return "any" if declared is None else declared.type


def _put(body: dict[str, Any], parts: tuple[str, ...], value: Any) -> None:
    for part in parts[:-1]:
        inner = body.get(part)
        inner = dict(inner) if isinstance(inner, dict) else {}
        body[part] = inner
        body = inner
    body[parts[-1]] = value


__all__ = [
    "Carriages",
    "Fate",
    "Located",
    "Outcome",
    "Sighting",
    "Sightings",
    "Way",
    "carriages_of",
    "fate",
    "key_text",
    "version_of",
]
