"""What the records of systems held, moment by moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from harness.history import Event, EventKind, History
from harness.landscape import Landscape, Message, Record, Telling
from harness.mapping import (
    ABSENT,
    Path,
    Uncomparable,
    missing,
    parse_path,
    read,
    read_all,
    to_decimal,
)
from harness.messages import Outcome, Sighting, Sightings, Way, key_text, version_of

MOST_POSSIBILITIES: Final = 16
"""Beyond so many nobody can tell anything; the value is then unknown."""

Row = Mapping[str, Any]
"""Values of a record by their paths; those that nobody told are left out."""
GONE: Final[Row] = {}
"""What is held of a record that is removed."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a record held from a tick on: every row that is possible, one where it is sure.

    ``number`` is the entry of the history that shows it; ``opening`` tells of what was there
    before anything happened.
    """

    tick: int
    at: int | None
    rows: tuple[Row, ...]
    number: int
    opening: bool = False

    def values(self, path: str) -> tuple[Any, ...]:
        """Return every possible value at a path; ABSENT where it was not told, or is gone."""
        return tuple(row.get(path, ABSENT) for row in self.rows)


class Holdings:
    """The records of one history.

    What a simulated system noted of its own records counts alone. Elsewhere the messages of
    the system tell, as ``tells`` in its file says: an answer or a webhook is sure, a request
    once it was accepted; a request whose outcome nobody knows leaves two possibilities.
    """

    def __init__(self, history: History, landscape: Landscape, sightings: Sightings) -> None:
        self._history = history
        self._landscape = landscape
        self._sightings = sightings
        self._known: dict[str, Mapping[str, Sequence[Held]]] = {}

    def of(self, name: str) -> Mapping[str, Sequence[Held]]:
        """Return what each record called ``system.record`` held, by key, in order."""
        if name not in self._known:
            noted = self._noted.get(name)
            spec = self._landscape.record(name)
            found = _from_notes(spec, noted) if noted else self._told(name)
            self._known[name] = {key: tuple(held) for key, held in sorted(found.items())}
        return self._known[name]

    @cached_property
    def _noted(self) -> Mapping[str, list[Event]]:
        found: dict[str, list[Event]] = {}
        for event in self._history.events(EventKind.STATE):
            found.setdefault(f"{event.system}.{event.data.get('of')}", []).append(event)
        return found

    def _told(self, name: str) -> dict[str, list[Held]]:
        news = [
            one
            for telling in tellings_of(self._landscape, name)
            for one in telling.of(self._sightings)
        ]
        ledger = _Ledger()
        for one in sorted(news, key=lambda one: one.tick):
            ledger.take(one)
        return ledger.held


def _from_notes(spec: Record, events: Iterable[Event]) -> dict[str, list[Held]]:
    held: dict[str, list[Held]] = {}
    for event in events:
        rows = {_key(spec, row): _values(spec, row) for row in _rows(event, "rows")}
        for key in {_key(spec, row) for row in _rows(event, "gone")} - rows.keys():
            rows[key] = GONE
        opening = event.data.get("moment") == "opening"
        for key, row in rows.items():
            before = held.setdefault(key, [])
            if not before or before[-1].rows != (row,):
                before.append(Held(event.seq, event.at, (row,), event.seq, opening))
    return held


def _rows(event: Event, name: str) -> list[Any]:
    found = event.data.get(name)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _key(spec: Record, row: Any) -> str:
    return " ".join(key_text(read(parse_path(field), row)) for field in spec.key)


def _values(spec: Record, row: Any) -> Row:
    found = {path: read(parse_path(path), row) for path in (*spec.key, *spec.values)}
    return {path: value for path, value in found.items() if value is not ABSENT}


@dataclass(frozen=True, slots=True)
class News:
    """What one sighting says of one record."""

    key: str
    identity: tuple[str, str, str]
    sighting: Sighting
    tick: int
    at: int | None
    number: int
    version: Any
    sure: bool
    shown: bool
    telling: Teller
    body: Any
    root: Any

    def applied(self, row: Row) -> Row | None:
        """Return the row with what it says; None where that cannot be worked out."""
        says, after = self.telling.says, dict(row)
        if says.remove:
            return GONE
        for value, path in says.set.items():
            found = self.read(path)
            if found is not ABSENT:
                after[value] = found
        for factor, changes in ((1, says.add), (-1, says.subtract)):
            for value, path in changes.items():
                try:
                    after[value] = to_decimal(after[value]) + factor * to_decimal(self.read(path))
                except (KeyError, Uncomparable):
                    return None
        return after

    def read(self, text: str) -> Any:
        """Return a value of the element, or with ``^`` of the message around it."""
        path = parse_path(text)
        return read(Path(path.parts), self.root if path.up else self.body)


class Teller:
    """How one message tells of one record."""

    def __init__(self, message: str, says: Telling, record: Record, spec: Message) -> None:
        self.message = message
        self.says = says
        self._record = record
        self._newer_by = says.newer_by or spec.version
        described = spec.fields.get(self._newer_by or "")
        self._type = "any" if described is None else described.type

    @property
    def relative(self) -> bool:
        """Return whether it tells of changes, which count once each."""
        return bool(self.says.add or self.says.subtract)

    def of(self, sightings: Sightings) -> Iterator[News]:
        """Yield what every sighting of the message says, in their order."""
        for sighting in sightings.of(self.message):
            yield from self._news(sighting)

    def _news(self, sighting: Sighting) -> Iterator[News]:
        sent = sighting.way is Way.SENT
        if sent and sighting.outcome not in (
            Outcome.ACCEPTED,
            Outcome.UNKNOWN,
            Outcome.PENDING,
        ):
            return
        exchange = sighting.exchange
        tick, at = sighting.begun, sighting.at
        if exchange is not None and not exchange.topic:
            tick, at = exchange.done or exchange.seq, sighting.ended
        for body in self._elements(sighting.body):
            key = self._key(body, sighting.body)
            if not key:
                continue
            version = self._version(body, sighting.body)
            yield News(
                key=key,
                identity=(self.message, sighting.key, repr(version) if version else str(key)),
                sighting=sighting,
                tick=tick,
                at=at,
                number=sighting.begun,
                version=version,
                sure=not sent or sighting.outcome is Outcome.ACCEPTED,
                shown=not sent,
                telling=self,
                body=body,
                root=sighting.body,
            )

    def _elements(self, body: Any) -> list[Any]:
        if self.says.each is None:
            return [body]
        found = [one.value for one in read_all(parse_path(self.says.each), body)]
        return found[0] if len(found) == 1 and isinstance(found[0], list) else found

    def _key(self, body: Any, root: Any) -> str:
        parts = []
        for field in self._record.key:
            path = parse_path(self.says.key[field]) if field in self.says.key else None
            found = ABSENT if path is None else read(Path(path.parts), root if path.up else body)
            if missing(found):
                return ""
            parts.append(key_text(found))
        return " ".join(parts)

    def _version(self, body: Any, root: Any) -> Any:
        if self._newer_by is None:
            return None
        path = parse_path(self._newer_by)
        found = read(Path(path.parts), root if path.up else body)
        if found is ABSENT:
            found = read(path, root)
        return version_of(found, self._type)


def tellings_of(landscape: Landscape, name: str) -> list[Teller]:
    """Return every way in which a message tells of a record called ``system.record``."""
    system, _, record = name.partition(".")
    spec = landscape.record(name)
    return [
        Teller(f"{system}.{message}", says, spec, described)
        for message, described in sorted(landscape.systems[system].messages.items())
        if (says := described.tells.get(record)) is not None
    ]


class _Ledger:
    """Puts news after news, key by key."""

    def __init__(self) -> None:
        self.held: dict[str, list[Held]] = {}
        self._versions: dict[str, Any] = {}
        self._counted: set[tuple[str, tuple[str, str, str]]] = set()

    def take(self, news: News) -> None:
        """Let the record become what the news say."""
        if news.telling.relative:
            if (news.key, news.identity) in self._counted:
                return
            self._counted.add((news.key, news.identity))
        held = self.held.setdefault(news.key, [])
        before = held[-1].rows if held else ({},)
        after = [row for one in before if (row := news.applied(one)) is not None]
        if not after:
            return
        # What a system notes is so; what it told or was sent may have been overtaken.
        older = self._is_older(news) and news.sighting.way is not Way.COMMITTED
        if older and news.shown:
            return
        if older or not news.sure:
            # An older message may be taken or passed over, and one without an answer be lost.
            after = [*before, *after]
        rows = _different(after)
        if len(rows) > MOST_POSSIBILITIES:
            return
        if not held or held[-1].rows != rows:
            held.append(Held(news.tick, news.at, rows, news.number))

    def _is_older(self, news: News) -> bool:
        known = self._versions.get(news.key)
        if news.version is None:
            return False
        try:
            if known is not None and news.version < known:
                return True
        except TypeError:
            return False
        self._versions[news.key] = news.version
        return False


def _different(rows: Iterable[Row]) -> tuple[Row, ...]:
    found: list[Row] = []
    for row in rows:
        if row not in found:
            found.append(row)
    return tuple(found)


def nested(row: Row) -> dict[str, Any]:
    """Return a row by its paths as an object that conditions can be held against."""
    found: dict[str, Any] = {}
    for path, value in row.items():
        place = found
        *above, last = parse_path(path).parts
        for part in above:
            place = place.setdefault(part, {})
        place[last] = value
    return found


def amount(value: Any) -> Decimal | None:
    """Return a value as a number, or None where it is none."""
    try:
        return to_decimal(value)
    except Uncomparable:
        return None
