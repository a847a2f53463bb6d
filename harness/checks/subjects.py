"""One source message by its key: its versions, what was known of it, and what was sent for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.checks.comparison import Comparison, Outlook
from harness.mapping import Condition, Path, missing, read, to_instant
from harness.matching import matches
from harness.messages import Fate, Outcome, Sighting, Way, version_of
from harness.timing import SECOND


@dataclass(frozen=True, slots=True)
class Start:
    """When a promise began to run; a lower bound can show a breach, never a kept promise."""

    at: int | None
    lower_bound: bool = False


@dataclass(slots=True)
class Version:
    """One state of a source message: every sighting that shows it, and its fullest body."""

    number: int
    value: Any
    facts: list[Sighting]
    body: Any
    in_part: bool
    fulfils: bool | None
    start: Start
    _said: tuple[Any, str] | None = None

    def says(self, body: Any) -> bool:
        """Return whether a body says what this version says; equality takes 1 for true."""
        if self._said is None or self._said[0] is not self.body:
            self._said = (self.body, repr(self.body))
        return body is self.body or repr(body) == self._said[1]

    @property
    def begun(self) -> int:
        """Return the tick of its first sighting."""
        return self.facts[0].begun

    @property
    def witnesses(self) -> list[int]:
        """Return the exchanges that showed it to the integration."""
        return [fact.exchange.seq for fact in self.facts if fact.exchange is not None]


@dataclass(frozen=True, slots=True)
class Known:
    """What the integration could know: from which tick, and from which it surely did."""

    tick: int
    certain: int | None
    version: Version
    body: Any
    in_part: bool


@dataclass(frozen=True, slots=True)
class Basis:
    """The version that a sent message was made from, and how it compares."""

    version: Version
    view: Outlook
    comparison: Comparison


@dataclass(slots=True)
class Attempt:
    """One target message that the integration sent, and how that ended."""

    sighting: Sighting
    fate: Fate
    basis: Basis | None = None
    series: int = 0

    @property
    def number(self) -> int:
        """Return its exchange."""
        return -1 if self.sighting.exchange is None else self.sighting.exchange.seq

    @property
    def outcome(self) -> Outcome:
        """Return how it ended, as the integration saw it."""
        return self.sighting.outcome or Outcome.UNKNOWN

    @property
    def words(self) -> tuple[str, ...]:
        """Return the names of its outcome, the most specific first."""
        return self.sighting.words

    @property
    def done(self) -> int | None:
        """Return the tick at which it ended."""
        return None if self.sighting.exchange is None else self.sighting.exchange.done

    @property
    def faulted(self) -> bool:
        """Return whether a planned fault met it."""
        return bool(self.sighting.exchange and self.sighting.exchange.faults)

    @property
    def ending(self) -> str:
        """Return how it ended, in a word or a status."""
        exchange = self.sighting.exchange
        if exchange is not None and exchange.status is not None:
            # In a batch, and where a later message decides, the status is not the last word.
            refused = self.outcome is Outcome.REJECTED and exchange.status < 300
            return (
                f"refused (answered {exchange.status})"
                if refused
                else f"answered {exchange.status}"
            )
        return {
            Outcome.NOT_CONNECTED: "no connection",
            Outcome.UNKNOWN: "no answer",
        }.get(self.outcome, self.outcome.value)


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody was told something about a business key."""

    who: str
    about: str
    sighting: Sighting


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of a message in the end; ``at`` is the instant at which the target took it.

    When not ``exact``, it was taken at that instant or earlier.
    """

    kind: Literal["taken", "unknown", "refused", "unsent"]
    at: int | None = None
    exact: bool = True
    attempt: Attempt | None = None
    witnesses: tuple[int, ...] = ()


@dataclass(slots=True)
class Subject:
    """Everything a history shows about one source message under one contract."""

    key: str
    name: str
    versions: list[Version]
    knowledge: list[Known]
    deliveries: list[Sighting]
    shown: list[Sighting] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    commits: list[Sighting] = field(default_factory=list)
    reads: list[Sighting] = field(default_factory=list)
    parked: list[Sighting] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    target_keys: set[str] = field(default_factory=set)
    webhook_met: bool = False
    linked: bool = True
    of: str = ""
    """The key of its source message, which several subjects share under ``one_per``."""

    @property
    def touched(self) -> bool:
        """Return whether a fault met it: one of its webhooks, or one of its calls."""
        webhooks = any(one.exchange is not None and one.exchange.faults for one in self.deliveries)
        return self.webhook_met or webhooks or any(one.faulted for one in self.attempts)

    @property
    def owed(self) -> Version | None:
        """Return the first version that must be delivered, or None."""
        return next((version for version in self.versions if version.fulfils), None)

    @property
    def undecided(self) -> bool:
        """Return whether nobody can tell if it must be delivered."""
        return self.owed is None and any(v.fulfils is None for v in self.versions)

    @property
    def witnesses(self) -> list[int]:
        """Return the exchanges that showed it to the integration."""
        return [number for version in self.versions for number in version.witnesses]

    def known_at(self, tick: int) -> list[Known]:
        """Return what can have been known at a tick, the newest version first, once each."""
        latest: dict[int, Known] = {}
        for known in self.knowledge:
            if known.tick <= tick:
                latest[known.version.number] = known
        return [latest[number] for number in sorted(latest, reverse=True)]

    def surely_known_at(self, tick: int) -> int:
        """Return the number of the newest version that was surely known; -1 for none."""
        return max(
            (
                known.version.number
                for known in self.knowledge
                if known.certain is not None and known.certain <= tick
            ),
            default=-1,
        )

    def ending(self, since: Version | None = None) -> Ending:
        """Return what became of it, or of that version of it or a newer one."""
        number = -1 if since is None else since.number
        attempts = [
            one for one in self.attempts if one.basis is None or one.basis.version.number >= number
        ]
        taken = [one for one in attempts if one.fate.taken]
        if taken:
            first = min(taken, key=lambda one: (one.fate.at is None, one.fate.at or 0))
            return Ending("taken", first.fate.at, first.fate.exact, first, first.fate.shown_by)
        if not attempts and self.reads and since is None:
            read_ = self.reads[0]
            return Ending("taken", read_.ended, exact=False, witnesses=_numbers([read_]))
        if not attempts:
            return Ending("unsent")
        unsure = next((one for one in attempts if one.fate.taken is None), None)
        if unsure is not None:
            return Ending("unknown", attempt=unsure, witnesses=unsure.fate.shown_by)
        last = attempts[-1]
        return Ending("refused", attempt=last, witnesses=(last.number,))


@dataclass(frozen=True, slots=True)
class Readings:
    """How to read a source message: its order, its own time, and whether it is owed."""

    version: tuple[Path, str] | None
    happened_at: Path | None
    when: Condition | None
    polled: bool
    overtaken_unseen: bool = True
    """Whether a version that no poll could show, because a newer one followed, owes nothing."""


def subject_of(
    key: str,
    name: str,
    *,
    facts: Sequence[Sighting],
    shown: Sequence[Sighting],
    readings: Readings,
) -> Subject:
    """Put together one subject; ``facts`` and ``shown`` are in the order in which they began."""
    versions: list[Version] = []
    by_value: dict[Any, list[Version]] = {}
    of_sighting: dict[int, Version] = {}
    for fact in facts:
        value = _value(fact, readings)
        version = _same(by_value.get(value), fact) if value is not None else _alike(versions, fact)
        if version is None:
            body = _filled(fact, versions)
            in_part = fact.partial and body is fact.body
            version = Version(
                len(versions), value, [fact], body, in_part, fulfils=None, start=Start(None)
            )
            versions.append(version)
            if value is not None:
                by_value.setdefault(value, []).append(version)
        else:
            version.facts.append(fact)
            if version.in_part and not fact.partial:
                version.body, version.in_part = fact.body, False
        of_sighting[id(fact)] = version
    _put_in_order(versions)
    for version in versions:
        version.fulfils = matches(readings.when, version.body, partial=version.in_part)
        version.start = _start(version, readings)
    if readings.polled and readings.overtaken_unseen:
        _overtake(versions)
    knowledge = [
        _known(one, version)
        for one in shown
        if (version := of_sighting.get(id(one))) is not None and one.known is not None
    ]
    deliveries = [one for one in shown if one.exchange is not None and one.exchange.topic]
    return Subject(key, name, versions, knowledge, deliveries, list(shown))


def _overtake(versions: Sequence[Version]) -> None:
    """Let a version owe nothing that was gone before anybody asked."""
    for version in versions[:-1]:
        if not any(fact.way is Way.SHOWN for fact in version.facts):
            version.fulfils = False


def _known(sighting: Sighting, version: Version) -> Known:
    exchange = sighting.exchange
    certain = None
    if exchange is not None and exchange.status is not None and exchange.status < 300:
        certain = exchange.done
    body = version.body if sighting.partial and not version.in_part else sighting.body
    # What was shown is mostly what was committed; one object for both is judged once.
    if version.says(body):
        body = version.body
    in_part = sighting.partial and version.in_part
    return Known(sighting.known or 0, certain, version, body, in_part)


def _same(versions: Sequence[Version] | None, fact: Sighting) -> Version | None:
    """Return the version of a value that a sighting is of.

    Two changes within one second may carry one value: where the system says twice what it holds,
    and not the same, there are two versions, the later of which counts.
    """
    if not versions:
        return None
    alike = next((one for one in versions if one.says(fact.body)), None)
    if alike is not None:
        return alike
    told = fact.way is Way.COMMITTED and not fact.partial
    before = any(one.way is Way.COMMITTED for one in versions[-1].facts)
    return None if told and before else versions[-1]


def _alike(versions: Sequence[Version], fact: Sighting) -> Version | None:
    """Return the latest version where the body says the same; without an order, change is news."""
    if versions and versions[-1].value is None and versions[-1].body == fact.body:
        return versions[-1]
    return None


def _filled(fact: Sighting, versions: Sequence[Version]) -> Any:
    """Return the body of a partial view, filled up from the latest full one."""
    full = next((one for one in reversed(versions) if not one.in_part), None)
    if not fact.partial or full is None:
        return fact.body
    return overlaid(full.body, fact.body)


def overlaid(below: Any, above: Any) -> Any:
    """Return a body with what a partial view of it says put over it."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    merged = dict(below)
    for key, value in above.items():
        merged[key] = overlaid(below[key], value) if key in below else value
    return merged


def _value(fact: Sighting, readings: Readings) -> Any:
    if fact.version is not None:
        return fact.version
    if readings.version is None:
        return None
    path, type_ = readings.version
    return version_of(read(path, fact.body), type_)


def _put_in_order(versions: list[Version]) -> None:
    kinds = {type(version.value) for version in versions}
    if len(kinds) == 1 and type(None) not in kinds:
        versions.sort(key=lambda version: version.value)
    for number, version in enumerate(versions):
        version.number = number


def _start(version: Version, readings: Readings) -> Start:
    commits = [fact for fact in version.facts if fact.way is Way.COMMITTED]
    times = [fact.at for fact in commits if fact.at is not None]
    if times:
        return Start(min(times))
    if readings.happened_at is not None:
        told = _instant(read(readings.happened_at, version.body))
        if told is not None:
            return Start(told)
    pushed = any(
        fact.way is Way.EMITTED or (fact.exchange is not None and fact.exchange.topic)
        for fact in version.facts
    )
    sights = [
        instant
        for fact in version.facts
        if (instant := fact.at if fact.way is Way.EMITTED or _is_push(fact) else fact.ended)
        is not None
    ]
    return Start(min(sights, default=None), lower_bound=readings.polled or not pushed)


def _is_push(fact: Sighting) -> bool:
    return fact.exchange is not None and fact.exchange.topic is not None


def _instant(value: Any) -> int | None:
    if missing(value):
        return None
    try:
        moment = to_instant(value)
    except ValueError:
        return None
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * SECOND + moment.microsecond * 1_000


def _numbers(sightings: Iterable[Sighting]) -> tuple[int, ...]:
    return tuple(one.exchange.seq for one in sightings if one.exchange is not None)
