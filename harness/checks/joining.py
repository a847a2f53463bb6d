"""What a contract joins: the messages that belong to a source, as facts and as knowledge."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, Final

from harness.checks.listing import Reading, readings
from harness.checks.subjects import overlaid
from harness.history import History, Origin
from harness.landscape import Landscape
from harness.mapping import ABSENT, InPart, Path, Unsure, Veiled, parse_path, read_all
from harness.messages import Outcome, Sighting, Sightings, Way, key_text
from harness.rules import JoinPlan, Pool, Rules, Wanted

ALWAYS: Final = sys.maxsize
"""Later than every tick of a history."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """One sighting of a joined message, and from which tick it counts."""

    tick: int
    sighting: Sighting


class _Shelf:
    """All sightings of one message that count, found by what they hold."""

    def __init__(self, sightings: Iterable[_Seen]) -> None:
        self._by_key: dict[str, list[_Seen]] = {}
        for seen in sorted(sightings, key=lambda one: one.tick):
            # Without a key nobody can tell whether two are the same; equal ones then are.
            key = seen.sighting.key or f"\0{seen.sighting.body!r}"
            self._by_key.setdefault(key, []).append(seen)
        self._ticks = {key: [seen.tick for seen in some] for key, some in self._by_key.items()}
        self._bodies: dict[tuple[str, int], Any] = {}
        self._indexes: dict[Path, tuple[dict[str, list[str]], list[str]]] = {}

    def bodies(self, join: JoinPlan, wanted: Wanted, tick: int) -> Iterator[tuple[str, Any]]:
        """Yield key and newest body of each message that may belong and was seen by a tick."""
        for key in self._keys(join, wanted):
            count = bisect_right(self._ticks[key], tick)
            if count:
                yield key, self._body(key, count)

    def changes(self, join: JoinPlan, wanted: Wanted) -> Iterator[_Seen]:
        """Yield every sighting of the messages that may belong."""
        for key in self._keys(join, wanted):
            yield from self._by_key[key]

    def _keys(self, join: JoinPlan, wanted: Wanted) -> Iterable[str]:
        if any(isinstance(value, Veiled) for value in wanted[0]):
            return self._by_key
        index, others = self._index(join.pairs[0].theirs)
        texts = dict.fromkeys(map(key_text, wanted[0]))
        return dict.fromkeys([*(key for text in texts for key in index.get(text, ())), *others])

    def _index(self, path: Path) -> tuple[dict[str, list[str]], list[str]]:
        """Return the keys by the text at a path, and those whose text cannot be read."""
        found = self._indexes.get(path)
        if found is None:
            found = self._indexes[path] = ({}, [])
            for key, some in self._by_key.items():
                values = [one.value for seen in some for one in read_all(path, seen.sighting.body)]
                if any(one is ABSENT or isinstance(one, Veiled) for one in values):
                    found[1].append(key)
                for text in dict.fromkeys(map(key_text, values)):
                    found[0].setdefault(text, []).append(key)
        return found

    def knows(self, key: str, tick: int) -> bool:
        """Return whether a message of that key was seen by a tick."""
        return any(seen.tick <= tick for seen in self._by_key.get(key, ()))

    def _body(self, key: str, count: int) -> Any:
        slot = (key, count)
        if slot not in self._bodies:
            self._bodies[slot] = _newest([seen.sighting for seen in self._by_key[key][:count]])
        return self._bodies[slot]


class _Lists:
    """The lists of one message that were read, found by what they were limited to."""

    def __init__(self, lists: Iterable[Reading]) -> None:
        self._unlimited: list[Reading] = []
        self._limited: dict[str, list[tuple[frozenset[str], Reading]]] = {}
        for one in lists:
            asked = one.asked
            if one.narrowed:
                continue
            if not asked:
                self._unlimited.append(one)
            for text in asked:
                self._limited.setdefault(text, []).append((asked, one))

    def covering(self, texts: Sequence[str]) -> list[Reading]:
        """Return the lists that were asked for these values, or for everything."""
        limited = self._limited.get(texts[0], ())
        return [*self._unlimited, *(one for asked, one in limited if asked.issuperset(texts))]


class Joining:
    """The messages that one contract joins, in the light of one history."""

    def __init__(
        self,
        rules: Rules,
        *,
        history: History,
        landscape: Landscape,
        sightings: Sightings,
        tampered: frozenset[int],
        origin: Callable[[str], Origin],
    ) -> None:
        self._rules = rules
        self._history = history
        self._landscape = landscape
        self._sightings = sightings
        self._tampered = tampered
        self._origin = origin
        self._known: dict[str, _Shelf] = {}
        self._facts: dict[str, _Shelf] = {}
        self._lists: dict[str, _Lists] = {}
        self._seen_whole: dict[str, bool] = {}
        self._pools: dict[tuple[bool, int], Pool] = {}

    def known_at(self, tick: int) -> Pool:
        """Return what the integration knew at a tick."""
        return self._pool(facts=False, tick=tick)

    def facts_at(self, tick: int = ALWAYS) -> Pool:
        """Return what was the case at a tick, as far as the history shows it."""
        return self._pool(facts=True, tick=tick)

    def known_changes(self, source: Any, until: int) -> list[tuple[int, int | None]]:
        """Return when what is joined to a source became known, and when that was certain."""
        return sorted(
            {
                (seen.tick, _certain(seen.sighting))
                for join, wanted in self._wanted(source)
                for seen in self._shelf(join.of, facts=False).changes(join, wanted)
                if seen.tick <= until
            },
            key=lambda pair: pair[0],
        )

    def fact_changes(self, source: Any) -> list[tuple[int, int | None, bool]]:
        """Return when what is joined to a source changed: tick, instant, whether that is exact.

        What was shown changed then or before; a commit tells the very instant.
        """
        return sorted(
            {
                (seen.tick, seen.sighting.at, seen.sighting.way is Way.COMMITTED)
                for join, wanted in self._wanted(source)
                for seen in self._shelf(join.of, facts=True).changes(join, wanted)
            },
            key=lambda change: change[0],
        )

    def shown_by(self, source: Any, name: str, tick: int) -> list[int]:
        """Return the exchanges that showed what is joined under a name, by a tick."""
        return [
            seen.sighting.number
            for join, wanted in self._wanted(source)
            if join.name == name
            for seen in self._shelf(join.of, facts=False).changes(join, wanted)
            if seen.tick <= tick and seen.sighting.number is not None
        ]

    def unread(self, source: Any, name: str, *, committed: int, known: int) -> int:
        """Return how many were committed by one tick and never shown by another.

        That is a breach only where the integration had the time to read them.
        """
        count = 0
        for join, wanted in self._wanted(source):
            if join.name != name or not self._watched(join.of):
                continue
            seen = {key for key, _ in self._shelf(join.of, facts=False).bodies(join, wanted, known)}
            for key, body in self._shelf(join.of, facts=True).bodies(join, wanted, committed):
                belongs = join.fits(body, wanted, self._rules.tables.column)
                count += belongs is True and key not in seen
        return count

    def candidates(
        self, join: JoinPlan, wanted: Wanted, *, facts: bool, tick: int
    ) -> Iterator[Any]:
        """Yield the newest body of each message that may belong."""
        shelf = self._shelf(join.of, facts=facts)
        return (body for _, body in shelf.bodies(join, wanted, tick))

    def lacking(self, join: JoinPlan, wanted: Wanted, *, facts: bool, tick: int) -> str:
        """Return why more may belong than was seen by a tick; empty when that is all."""
        if facts and self._watched(join.of):
            return ""
        known_by = ALWAYS if facts else tick
        if self._by_own_keys(join):
            # Whoever names each of them by its key needs no list to know that these are all.
            shelf = self._shelf(join.of, facts=facts)
            if all(shelf.knows(key_text(one), tick) for one in wanted[0]):
                return ""
        combinations = [tuple(map(key_text, one)) for one in product(*wanted)]
        covering = [self._lists_of(join.of).covering(texts) for texts in combinations]
        if all(any(_ended(one, known_by) for one in some) for some in covering):
            return ""
        if all(covering):
            return f"the list of {join.of} was not read to its end"
        return f"no list of {join.of} that covers it was read"

    def _by_own_keys(self, join: JoinPlan) -> bool:
        own = parse_path(self._landscape.message(join.of).key)
        return len(join.pairs) == 1 and join.pairs[0].theirs == own

    def _lists_of(self, message: str) -> _Lists:
        if message not in self._lists:
            found = readings(self._history, self._landscape, message)
            self._lists[message] = _Lists(found)
        return self._lists[message]

    def _wanted(self, source: Any) -> Iterator[tuple[JoinPlan, Wanted]]:
        joined = self._rules.joined(source, self.facts_at()) if self._chained else {}
        for join in self._rules.joins:
            if join.sort == "message":
                wanted = join.wanted(source=source, joined=joined)
                if not isinstance(wanted, Unsure):
                    yield join, wanted

    @cached_property
    def _chained(self) -> bool:
        return any(pair.mine.root == "join" for join in self._rules.joins for pair in join.pairs)

    def _pool(self, *, facts: bool, tick: int) -> Pool:
        slot = (facts, tick)
        if slot not in self._pools:
            self._pools[slot] = _Instant(self, facts=facts, tick=tick)
        return self._pools[slot]

    def _shelf(self, message: str, *, facts: bool) -> _Shelf:
        shelves = self._facts if facts else self._known
        if message not in shelves:
            sightings = self._sightings.of(message)
            chosen = _facts(sightings) if facts else _knowledge(sightings)
            shelves[message] = _Shelf(
                one for one in chosen if one.sighting.begun not in self._tampered
            )
        return shelves[message]

    def _watched(self, message: str) -> bool:
        """Return whether its system is played here and journals every commit."""
        known = self._seen_whole.get(message)
        if known is None:
            played = self._origin(message.partition(".")[0]) is Origin.SIMULATED
            known = played and bool(self._sightings.of(message, Way.COMMITTED))
            self._seen_whole[message] = known
        return known


@dataclass(frozen=True, slots=True)
class _Instant:
    """What may be joined at one tick."""

    joining: Joining
    facts: bool
    tick: int

    def candidates(self, join: JoinPlan, wanted: Wanted) -> Iterable[Any]:
        """Yield every body that may belong."""
        return self.joining.candidates(join, wanted, facts=self.facts, tick=self.tick)

    def lacking(self, join: JoinPlan, wanted: Wanted) -> str:
        """Return why more may belong than is known; empty when everything is known."""
        return self.joining.lacking(join, wanted, facts=self.facts, tick=self.tick)


def _facts(sightings: Iterable[Sighting]) -> Iterator[_Seen]:
    for one in sightings:
        if one.way is not Way.SENT or one.outcome is Outcome.ACCEPTED:
            yield _Seen(one.begun, one)


def _knowledge(sightings: Iterable[Sighting]) -> Iterator[_Seen]:
    for one in sightings:
        own = one.way is Way.SENT and one.outcome is Outcome.ACCEPTED
        if one.known is not None and (own or one.way is Way.SHOWN):
            yield _Seen(one.known, one)


def _certain(sighting: Sighting) -> int | None:
    exchange = sighting.exchange
    if exchange is None or exchange.status is None or exchange.status >= 300:
        return None
    return exchange.done


def _ended(reading: Reading, tick: int) -> bool:
    ended = reading.ended
    return ended is not None and ended <= tick


def _newest(sightings: Sequence[Sighting]) -> Any:
    """Return the newest body of one message; a partial view fills up what was seen before it."""
    body: Any = None
    version: Any = None
    whole = False
    for one in sightings:
        if version is not None and type(one.version) is type(version) and one.version < version:
            continue
        if one.partial and body is not None:
            body = overlaid(body, one.body)
        else:
            body, whole = one.body, not one.partial
        version = version if one.version is None else one.version
    return body if whole or not isinstance(body, dict) else InPart(body)
