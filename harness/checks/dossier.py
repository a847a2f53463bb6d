"""Everything one history shows about one contract, gathered once for all checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from harness.checks.comparison import Hold, Outlook, compare, outlook
from harness.checks.docket import Docket, Promise
from harness.checks.holdings import Holdings
from harness.checks.joining import ALWAYS, Joining
from harness.checks.phrases import named
from harness.checks.subjects import (
    Attempt,
    Basis,
    Known,
    Readings,
    Start,
    Subject,
    Told,
    Version,
    subject_of,
)
from harness.checks.told import tell_records
from harness.contract import Contract, FailureRule
from harness.history import EventKind, History, Origin
from harness.landscape import Landscape, Message, Webhook
from harness.mapping import TABLES, Path, parse_condition, parse_path, read
from harness.matching import Correlation
from harness.messages import Outcome, Sighting, Sightings, Way, fate, key_text
from harness.rules import ELEMENT, NO_POOL, RootedCondition, cut, rules_of
from harness.timing import MILLISECOND
from harness.verdict import Grade, Severity
from harness.workdays import deadline

_GRADES: Final = {
    Origin.SIMULATED: Grade.SIMULATED,
    Origin.RECORDED: Grade.RECORDED,
    Origin.LIVE: Grade.LIVE,
}
_STRENGTH: Final = (Grade.SIMULATED, Grade.SCHEMA_CHECKED, Grade.RECORDED, Grade.LIVE)
_OF_SOURCE: Final = ("receive.answered", "receive.delivery", "receive.bad_signature")
_OF_TARGET: Final = ("timing.response", "idempotency.remembered")
_TAMPERING: Final = "bad_signature"
TOLERANCE: Final = 250 * MILLISECOND
"""How far a wait between two calls may be off, at the least; beyond that, 5 %."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is the same for every contract of one history, gathered once."""

    history: History
    landscape: Landscape
    sightings: Sightings
    tampered: frozenset[int]
    personal: Mapping[str, frozenset[str]]
    holdings: Holdings

    @classmethod
    def of(
        cls,
        history: History,
        landscape: Landscape,
        personal: Mapping[str, frozenset[str]],
        ends: Iterable[str] = (),
    ) -> Facts:
        """Gather the facts of a history; ``ends`` are what contracts lead from and to."""
        sightings = Sightings(history, landscape)
        tell_records(sightings, landscape, ends)
        holdings = Holdings(history, landscape, sightings)
        return cls(history, landscape, sightings, _tampered(history), personal, holdings)


class Dossier:
    """One contract in the light of one history.

    ``subjects`` are the source messages by key; ``orphans`` are target messages that belong to
    none of them. ``peers`` are the dossiers of all contracts that are judged with this one.
    ``tampered`` are the webhooks that a fault gave a wrong signature: they are no
    knowledge of the integration.
    """

    def __init__(self, contract: Contract, facts: Facts) -> None:
        history, landscape = facts.history, facts.landscape
        self.contract = contract
        self.history = history
        self.landscape = landscape
        self.sightings = facts.sightings
        self.tampered = facts.tampered
        self.holdings = facts.holdings
        self.rules = rules_of(contract, landscape, facts.personal)
        self.correlation = Correlation(contract, landscape, self.rules)
        self.source = landscape.message(contract.source)
        self.target = landscape.message(contract.to)
        self.end = history.end
        self.settled = any(True for _ in history.events(EventKind.SETTLED))
        self.halts = _halts(history)
        self._starts = [event.seq for event in history.events(EventKind.STARTED)]
        self.events_by_delivery = {
            str(event.data.get("delivery")): str(event.data.get("event"))
            for event in history.events(EventKind.EMITTED)
            if event.data.get("delivery") is not None and event.data.get("event") is not None
        }
        self._views: dict[tuple[int, int | None], Outlook] = {}
        self.joining = self._joining(facts) if self.rules.joins_messages else None
        self._numbers: dict[str, dict[str, int]] = {}
        self._indexes: dict[tuple[str, tuple[Path, ...]], dict[Any, list[Sighting]]] = {}
        self.peers: Mapping[str, Dossier] = {}
        self.promises = self._promises()
        self.subjects = self._subjects()
        self.watched = self._is_watched()
        self.orphans: list[Attempt] = []
        self._links = self._link_texts()
        self._strays = self._take_targets()
        self.parked_strays: list[Sighting] = []
        self.alerts: tuple[Told, ...] = ()

    @property
    def claimed(self) -> frozenset[tuple[int, str]]:
        """Return the target messages, by exchange and key, that are surely of this contract."""
        return frozenset(
            (attempt.number, attempt.sighting.key)
            for subject in self.subjects.values()
            for attempt in subject.attempts
        )

    def sightings_with(
        self, message: str, paths: tuple[Path, ...], wanted: str | tuple[str, ...]
    ) -> list[Sighting]:
        """Return the sightings whose fields at these paths read so; without paths, whose key is so.

        Found by an index, as each of many messages asks.
        """
        index = self._indexes.get((message, paths))
        if index is None:
            index = self._indexes[message, paths] = {}
            for one in self.sightings.of(message):
                texts = tuple([key_text(read(path, one.body)) for path in paths])
                index.setdefault(texts if paths else one.key, []).append(one)
        return index.get(wanted, [])

    def complete(self, claimed_elsewhere: frozenset[tuple[int, str]] = frozenset()) -> None:
        """Find a source for the target messages that name none, and put everything in order.

        ``claimed_elsewhere`` are target messages of other contracts.
        """
        for attempt, own in self._strays:
            if (attempt.number, attempt.sighting.key) in claimed_elsewhere:
                continue
            near = self._nearest(attempt)
            if near is None:
                self.orphans.append(attempt)
            else:
                self._attach(near, attempt, own)
        for subject in self.subjects.values():
            subject.attempts.sort(key=lambda attempt: attempt.sighting.begun)
            self._number_series(subject)
            for attempt in subject.attempts:
                attempt.basis = self._basis(subject, attempt)
        self._take_parked_and_told()
        for event in self.history.events(EventKind.FAULT):
            # A dropped webhook leaves no exchange; the fault itself tells whom it met.
            if event.data.get("message") == self.contract.source:
                for met in self.of_message(str(event.data.get("key"))):
                    met.webhook_met = True

    # -- what checks ask -----------------------------------------------------------------------

    def docket(self) -> Docket:
        """Return an empty docket for the promises of this contract."""
        return Docket(self.promises)

    def team(self, role: str) -> str:
        """Return the team behind a role of the contract."""
        return self.contract.owners.team(role)

    def grade(self, *systems: str) -> Grade:
        """Return the weakest evidence that any of these systems gives."""
        grades = [_GRADES[self.origin(system)] for system in systems]
        return min(grades, key=_STRENGTH.index)

    def origin(self, system: str) -> Origin:
        """Return where the side of a system comes from; simulated where nobody says."""
        return self.history.header.systems.get(system, Origin.SIMULATED)

    def view(self, body: Any, *, in_part: bool = False, at: int | None = None) -> Outlook:
        """Return what the rules make of a source body; worked out once for each body.

        ``at`` is the tick of which the knowledge about what is joined counts; without it, the
        facts at the end do.
        """
        slot = id(body), at if self.joining else None
        known = self._views.get(slot)
        if known is None or known.source is not body:
            pool = NO_POOL
            if self.joining is not None:
                pool = self.joining.facts_at() if at is None else self.joining.known_at(at)
            known = outlook(self.rules, body, in_part=in_part, pool=pool)
            self._views[slot] = known
        return known

    def holds(self, version: Version) -> tuple[Hold, ...]:
        """Return why a version must not be delivered, whatever was joined to it at the time."""
        if self.joining is None:
            return self.view(version.body, in_part=version.in_part).holds
        every = [
            outlook(
                self.rules,
                version.body,
                in_part=version.in_part,
                pool=self.joining.facts_at(tick),
            ).holds
            for tick, _ in self._states(version)
        ]
        clauses = [{hold.clause for hold in holds} for holds in every]
        return tuple(hold for hold in every[-1] if all(hold.clause in one for one in clauses))

    def over(self, instant: int | None) -> bool | None:
        """Return whether the history goes on past an instant; None where there are no times."""
        if instant is None or self.end is None:
            return None
        return self.end >= instant

    def row_for(self, attempt: Attempt) -> tuple[str, FailureRule] | None:
        """Return the failure row that names the outcome of an attempt, the most specific one."""
        rows = self.contract.failures
        for word in attempt.words:
            if word in rows:
                return word, rows[word]
        if attempt.outcome is Outcome.ACCEPTED or "otherwise" not in rows:
            return None
        return "otherwise", rows["otherwise"]

    def retryable(self, attempt: Attempt) -> bool:
        """Return whether the contract says that this outcome is tried again."""
        retry = self.contract.retry
        return (
            retry is not None
            and attempt.outcome is not Outcome.ACCEPTED
            and any(word in retry.on for word in attempt.words)
        )

    def halted_after(self, tick: int) -> bool:
        """Return whether the integration stopped or crashed after a tick."""
        return any(halt > tick for halt in self.halts)

    def due(self, start: int | None, limit: int | None = None) -> int | None:
        """Return when a delivery that begins then is due: by the last limit, or the given one.

        None without a limit or a time, and for workdays whose calendar nobody knows.
        """
        timing = self.contract.timing
        promised = None if timing is None else timing.delivered
        if promised is None or start is None:
            return None
        days = self.landscape.days(promised.calendar)
        return deadline(start, promised.ceiling if limit is None else limit, days)

    def lost(self, version: Version) -> bool:
        """Return whether no webhook brought a version, where it is agreed that lost ones are found.

        Only a source that notes what it holds, or means to tell, shows that something was lost.
        """
        timing, receive = self.contract.timing, self.contract.receive
        if timing is None or timing.recovered is None:
            return False
        told = any(isinstance(way, Webhook) for way in self.source.carried_by.values())
        if receive.style != "webhook" if receive is not None else not told:
            return False
        meant = any(fact.way in (Way.COMMITTED, Way.EMITTED) for fact in version.facts)
        return meant and not any(_arrived(fact) for fact in version.facts)

    def due_for(self, version: Version) -> int | None:
        """Return when a version is due: later, where it was lost and may be found again."""
        due, timing = self.due(version.start.at), self.contract.timing
        if due is None or timing is None or timing.recovered is None or not self.lost(version):
            return due
        assert version.start.at is not None  # noqa: S101 - otherwise nothing is due
        return max(due, version.start.at + timing.recovered.fail)

    @property
    def ceiling(self) -> int | None:
        """Return the limit that binds every message, in nanoseconds; Workdays where agreed."""
        timing = self.contract.timing
        return None if timing is None or timing.delivered is None else timing.delivered.ceiling

    def target_name(self, attempt: Attempt) -> str:
        """Return the name of a target message, such as ``sales order 1001``."""
        hidden = self.rules.hides("target", parse_path(self.target.key))
        return named(self.contract.to, "veiled:" if hidden else attempt.sighting.key)

    # -- putting it together -------------------------------------------------------------------

    def _promises(self) -> dict[str, Promise]:
        source, target = self.contract.systems
        both = self.grade(source, target)
        graded = dict.fromkeys(_OF_SOURCE, self.grade(source)) | dict.fromkeys(
            _OF_TARGET, self.grade(target)
        )
        return {
            clause.path: Promise(
                clause.id,
                clause.owner,
                Severity(clause.severity),
                clause.would_prove,
                graded.get(clause.path, both),
            )
            for clause in self.contract.clauses()
        }

    def _subjects(self) -> dict[str, Subject]:
        facts: dict[str, list[Sighting]] = {}
        shown: dict[str, list[Sighting]] = {}
        given: dict[str, list[Sighting]] = {}
        for sighting in self.sightings.of(self.contract.source):
            if not sighting.key or sighting.begun in self.tampered:
                continue
            if sighting.way is Way.SENT:
                if sighting.outcome is Outcome.ACCEPTED:
                    given.setdefault(sighting.key, []).append(sighting)
                continue
            facts.setdefault(sighting.key, []).append(sighting)
            if sighting.way is Way.SHOWN:
                shown.setdefault(sighting.key, []).append(sighting)
        for key, sent in given.items():
            # What the integration itself wrote it knows, where nothing else shows it.
            if key not in facts:
                facts[key] = shown[key] = sent
        names = {key: key for key in facts}
        if self.contract.one_per is not None:
            names, facts, shown = self._cut(facts, shown)
        hidden = self.rules.hides("source", parse_path(self.source.key))
        readings = self._readings()
        subjects = {
            key: subject_of(
                key,
                self._name_of(key, names[key], hidden=hidden),
                facts=found,
                shown=shown.get(key, ()),
                readings=readings,
            )
            for key, found in facts.items()
        }
        for key, subject in subjects.items():
            subject.of = names[key]
        if self.rules.when is not None and self._reads_more(self.rules.when):
            for subject in subjects.values():
                self._read_together(subject, self.rules.when)
        return subjects

    def _cut(
        self, facts: Mapping[str, list[Sighting]], shown: Mapping[str, list[Sighting]]
    ) -> tuple[dict[str, str], dict[str, list[Sighting]], dict[str, list[Sighting]]]:
        """Make a subject of each element that owes a message of its own.

        An element is known by the link that its target message carries, so that it stays itself
        when the list is put in another order; by its number where it has no link of its own.
        """
        names: dict[str, str] = {}
        cut_facts: dict[str, list[Sighting]] = {}
        cut_shown: dict[str, list[Sighting]] = {}
        pieces: dict[int, list[tuple[str, Sighting]]] = {}
        for key, found in facts.items():
            for sighting in found:
                for name, piece in self._pieces(key, sighting):
                    names[name] = key
                    cut_facts.setdefault(name, []).append(piece)
                    pieces.setdefault(id(sighting), []).append((name, piece))
        for found in shown.values():
            for sighting in found:
                for name, piece in pieces.get(id(sighting), ()):
                    cut_shown.setdefault(name, []).append(piece)
        return names, cut_facts, cut_shown

    def _pieces(self, key: str, sighting: Sighting) -> list[tuple[str, Sighting]]:
        elements = [body for _, body in cut(self.contract, sighting.body)]
        links = [self.correlation.of_source(body) for body in elements]
        pieces = []
        for number, (body, link) in enumerate(zip(elements, links, strict=True), 1):
            own = link if link and links.count(link) == 1 else f"#{number}"
            name = f"{key}{ELEMENT}{own}"
            pieces.append((name, replace(sighting, key=name, body=body)))
        return pieces

    def _name_of(self, key: str, message: str, *, hidden: bool) -> str:
        name = named(self.contract.source, "veiled:" if hidden else message)
        if self.contract.one_per is None:
            return name
        # The link may be personal; a number that follows the order of appearance is not.
        count = self._numbers.setdefault(message, {})
        number = count.setdefault(key, len(count) + 1)
        return f"{name}, {self.contract.one_per} {number}"

    def of_message(self, key: str) -> list[Subject]:
        """Return the subjects of one source message: itself, or each of its elements."""
        if self.contract.one_per is None:
            found = self.subjects.get(key)
            return [] if found is None else [found]
        return [subject for subject in self.subjects.values() if subject.of == key]

    def _reads_more(self, when: RootedCondition) -> bool:
        """Return whether a condition hangs on more than the message: on joins, or on tables."""
        joined = any(reach.root == "join" for reach in when.reaches.values())
        return joined or f"{TABLES}." in str(self.contract.when)

    def _joining(self, facts: Facts) -> Joining:
        return Joining(
            self.rules,
            history=facts.history,
            landscape=facts.landscape,
            sightings=facts.sightings,
            tampered=facts.tampered,
            origin=self.origin,
        )

    def _read_together(self, subject: Subject, when: RootedCondition) -> None:
        """Decide which versions are owed where that hangs on what is joined, or on tables.

        What is joined may change while a version stands. One that becomes owed later is owed
        from then on; one that stops being owed, and nobody can tell when, is undecided.
        """
        for version in subject.versions:
            answers: list[tuple[bool, Start]] = []
            for tick, start in self._states(version, subject):
                holds = self._fulfils(version, when, tick)
                if holds is not None:
                    answers.append((holds, start))
            said = [holds for holds, _ in answers]
            if not said or said != sorted(said):
                version.fulfils = None
                continue
            version.fulfils = said[-1]
            if said[0] is not said[-1]:
                version.start = answers[said.index(True)][1]

    def _fulfils(self, version: Version, when: RootedCondition, tick: int) -> bool | None:
        pool = NO_POOL if self.joining is None else self.joining.facts_at(tick)
        return when.holds(
            source=version.body,
            joined=self.rules.joined(version.body, pool),
            columns=self.rules.tables.column,
            partial=version.in_part,
        )

    def _states(self, version: Version, subject: Subject | None = None) -> list[tuple[int, Start]]:
        """Return from which ticks on, and since when, other things were joined to a version.

        What is committed at the very instant of the version belongs to it from the beginning.
        """
        begun, at = version.begun, version.facts[0].at
        if self.joining is None:
            return [(begun, Start(at))]
        owner = subject or self._subject_of[id(version)]
        later = [one.begun for one in owner.versions if one.begun > begun]
        until = min(later, default=ALWAYS)
        found = [(begun, Start(at))]
        for tick, instant, exact in self.joining.fact_changes(version.body):
            if begun < tick < until:
                if instant is not None and instant == at:
                    found[0] = (tick, Start(at))
                else:
                    found.append((tick, Start(instant, lower_bound=not exact)))
        return found

    @cached_property
    def _subject_of(self) -> dict[int, Subject]:
        return {
            id(version): subject
            for subject in self.subjects.values()
            for version in subject.versions
        }

    def _readings(self) -> Readings:
        contract, message = self.contract, self.source
        by = contract.updates.by if contract.updates is not None else None
        spec = None if by is None else message.fields.get(by)
        return Readings(
            version=None if by is None else (parse_path(by), "any" if spec is None else spec.type),
            happened_at=None if message.happened_at is None else parse_path(message.happened_at),
            when=None if contract.when is None else parse_condition(contract.when),
            polled=contract.receive is not None and contract.receive.style == "poll",
            overtaken_unseen=contract.updates is None or contract.updates.show != "every",
        )

    def _is_watched(self) -> bool:
        if self.origin(self.contract.systems[1]) is not Origin.SIMULATED:
            return False
        if self.sightings.of(self.contract.to, Way.COMMITTED):
            return True
        sent = self.sightings.of(self.contract.to, Way.SENT)
        return not any(one.outcome is Outcome.ACCEPTED for one in sent)

    def _take_targets(self) -> list[tuple[Attempt, list[Sighting]]]:
        links = self._links
        commits = self.sightings.of(self.contract.to, Way.COMMITTED)
        by_cause: dict[int, list[Sighting]] = {}
        for commit in commits:
            if commit.cause is not None:
                by_cause.setdefault(commit.cause, []).append(commit)
        later = self._later_by_key()
        strays: list[tuple[Attempt, list[Sighting]]] = []
        for sighting in self.sightings.of(self.contract.to, Way.SENT):
            number = -1 if sighting.exchange is None else sighting.exchange.seq
            own = [
                commit
                for commit in by_cause.get(number, ())
                if not sighting.key or not commit.key or commit.key == sighting.key
            ]
            after = [one for one in later.get(sighting.key, ()) if one.begun > sighting.begun]
            attempt = Attempt(
                sighting, fate(sighting, commits=own, later=after, watched=self.watched)
            )
            subject = links.get(self.correlation.of_target(sighting.body))
            if subject is None:
                strays.append((attempt, own))
            else:
                self._attach(subject, attempt, own)
        for sighting in self.sightings.of(self.contract.to, Way.SHOWN):
            subject = links.get(self.correlation.of_target(sighting.body))
            if subject is not None:
                subject.reads.append(sighting)
        return strays

    def _link_texts(self) -> dict[str, Subject]:
        """Return the source message of each link; of several, one that owes a message."""
        links: dict[str, Subject] = {}
        for subject in sorted(self.subjects.values(), key=lambda one: one.owed is None):
            for version in subject.versions:
                text = self.correlation.of_source(version.body)
                if text:
                    links.setdefault(text, subject)
                    subject.target_keys.add(text)
            subject.linked = bool(subject.target_keys)
        return links

    def _later_by_key(self) -> dict[str, list[Sighting]]:
        later: dict[str, list[Sighting]] = {}
        for sighting in self.sightings.of(self.contract.to, Way.SENT, Way.SHOWN):
            if sighting.key:
                later.setdefault(sighting.key, []).append(sighting)
        return later

    def _attach(self, subject: Subject, attempt: Attempt, commits: Sequence[Sighting]) -> None:
        subject.attempts.append(attempt)
        subject.commits += commits
        if attempt.sighting.key:
            subject.target_keys.add(attempt.sighting.key)

    def _nearest(self, attempt: Attempt) -> Subject | None:
        """Return the source whose message this is but for its key.

        Only a source that nothing was sent for so far comes into question, and more of the
        message must fit it than not.
        """
        best: tuple[int, Subject] | None = None
        for subject in self.subjects.values():
            if subject.attempts:
                continue
            for known in subject.known_at(attempt.sighting.begun)[:1]:
                view = self.view(known.body, at=attempt.sighting.begun)
                found = compare(view, attempt.sighting.body)
                score = len(found.same) - len(found.different)
                if score > 0 and (best is None or score > best[0]):
                    best = (score, subject)
        return None if best is None else best[1]

    def _basis(self, subject: Subject, attempt: Attempt) -> Basis | None:
        """Return the version that the message was made from.

        That is the newest known one into which the whole message fits; when it fits none, the
        one that should have been sent. Without ``updates`` in the contract, what was surely known
        when the series of calls began is the oldest that counts.
        """
        choices = self._choices(subject, attempt)
        fallback: Basis | None = None
        for known in choices:
            for tick in self._moments(subject, attempt, known):
                view = self.view(known.body, in_part=known.in_part, at=tick)
                basis = Basis(known.version, view, compare(view, attempt.sighting.body))
                if basis.comparison.fits:
                    return basis
                fallback = fallback or basis
        return fallback

    def _moments(self, subject: Subject, attempt: Attempt, known: Known) -> list[int]:
        """Return the ticks of which the knowledge about joined messages may have been used.

        That is the tick at which the call began, and those before it back to what was surely
        known when the series of calls began.
        """
        begun = attempt.sighting.begun
        if self.joining is None:
            return [begun]
        first = next(one for one in subject.attempts if one.series == attempt.series)
        changes = self.joining.known_changes(known.body, begun)
        sure = max(
            (tick for tick, done in changes if done is not None and done <= first.sighting.begun),
            default=0,
        )
        return [begun, *sorted({tick for tick, _ in changes if tick >= sure}, reverse=True)]

    def _choices(self, subject: Subject, attempt: Attempt) -> list[Known]:
        known = subject.known_at(attempt.sighting.begun)
        updates = self.contract.updates
        if updates is None and len(known) > 1:
            series = [one for one in subject.attempts if one.series == attempt.series]
            sure = subject.surely_known_at(series[0].sighting.begun)
            known = [one for one in known if one.version.number >= sure] or known
        wanted = [one for one in known if one.version.fulfils is not False]
        if updates is not None and updates.show == "first":
            wanted.reverse()
        return wanted + [one for one in known if one.version.fulfils is False]

    def _number_series(self, subject: Subject) -> None:
        """Tell the calls that belong together: a first one and its repetitions.

        A call begins a new series when the one before had not ended, or had been accepted, or
        when the integration was started or told of the source in between and the wait does not
        look like a repetition.
        """
        series, calls = 0, 1
        for before, attempt in zip(subject.attempts, subject.attempts[1:], strict=False):
            if self._continues(subject, before, attempt, nth=calls + 1):
                calls += 1
            else:
                series, calls = series + 1, 1
            attempt.series = series

    def _continues(self, subject: Subject, before: Attempt, attempt: Attempt, *, nth: int) -> bool:
        begun = attempt.sighting.begun
        if before.done is None or before.done > begun or before.outcome is Outcome.ACCEPTED:
            return False
        since = before.sighting.begun
        nudges = (*(one.begun for one in subject.deliveries), *self._starts)
        if not any(since < nudge < begun for nudge in nudges):
            return True
        return self.retryable(before) and self._waited(before, attempt, nth=nth)

    def _waited(self, before: Attempt, attempt: Attempt, *, nth: int) -> bool:
        retry = self.contract.retry
        ended, begun = before.sighting.ended, attempt.sighting.at
        if retry is None or ended is None or begun is None:
            return False
        shortest, longest = retry.wait.before(nth)
        slack = max(TOLERANCE, longest // 20)
        return shortest - slack <= begun - ended <= longest + slack

    def by_reference(self) -> dict[str, list[Subject]]:
        """Return the subjects that a parked message or an alert may name."""
        by_key: dict[str, list[Subject]] = {}
        for subject in self.subjects.values():
            for text in subject.target_keys:
                by_key.setdefault(text, [subject])
        whole: dict[str, list[Subject]] = {}
        for subject in self.subjects.values():
            whole.setdefault(subject.of, []).append(subject)
        return by_key | whole

    def _parked_by_others(self, place: str) -> frozenset[str]:
        """Return what other contracts may have parked in the same place, by its reference."""
        peers = [one for one in self.peers.values() if one is not self]
        return frozenset(
            reference
            for peer in peers
            if peer.contract.parked is not None and peer.contract.parked.to == place
            for reference in peer.by_reference()
        )

    def _take_parked_and_told(self) -> None:
        by_key = self.by_reference()
        if self.contract.parked is not None:
            place = self.contract.parked.to
            others = self._parked_by_others(place)
            for sighting in arrived(self.sightings, place):
                known = by_key.get(sighting.key, [])
                if not known and sighting.key not in others:
                    self.parked_strays.append(sighting)
                for subject in known:
                    subject.parked.append(sighting)
        self.alerts = tuple(told_in(self.sightings, self.landscape))
        for told in self.alerts:
            for subject in by_key.get(told.about, ()):
                subject.told.append(told)


def _arrived(fact: Sighting) -> bool:
    exchange = fact.exchange
    if fact.way is not Way.SHOWN or exchange is None or not exchange.topic:
        return False
    return exchange.status is not None and exchange.status < 300


def claimed_elsewhere(dossier: Dossier, built: Sequence[Dossier]) -> frozenset[tuple[int, str]]:
    """Return the target messages that are surely of other contracts with the same target."""
    claims = [
        one.claimed
        for one in built
        if one is not dossier and one.contract.to == dossier.contract.to
    ]
    return frozenset().union(*claims)


def arrived(sightings: Sightings, message: str) -> Iterator[Sighting]:
    """Yield what was sent of a message and taken, by its answer or by a commit it caused."""
    caused = {commit.cause for commit in sightings.of(message, Way.COMMITTED)}
    for sighting in sightings.of(message, Way.SENT):
        if sighting.outcome is Outcome.ACCEPTED or sighting.number in caused:
            yield sighting


def told_in(sightings: Sightings, landscape: Landscape) -> Iterator[Told]:
    """Yield who was told about what, in order; only what the alerting system accepted counts."""
    found = []
    for name, message in _notifying(landscape):
        notifies = message.notifies
        if notifies is None:
            continue
        who, about = parse_path(notifies.who), parse_path(notifies.about)
        for sighting in arrived(sightings, name):
            told = key_text(read(who, sighting.body)), key_text(read(about, sighting.body))
            found.append(Told(*told, sighting))
    yield from sorted(found, key=lambda one: one.sighting.begun)


def _notifying(landscape: Landscape) -> Iterator[tuple[str, Message]]:
    alerting = landscape.alerting()
    for name, message in landscape.messages().items():
        if name.partition(".")[0] in alerting and message.notifies is not None:
            yield name, message


def _tampered(history: History) -> frozenset[int]:
    events = [one for one in history.events(EventKind.FAULT) if one.data.get("do") == _TAMPERING]
    if not events:
        return frozenset()
    indexes = {event.data.get("fault") for event in events}
    marked = {
        one.seq
        for one in history.exchanges
        if one.topic is not None and any(index in indexes for index in one.faults)
    }
    named_there = {number for event in events if (number := event.data.get("exchange")) is not None}
    return frozenset(marked | named_there)


def _halts(history: History) -> tuple[int, ...]:
    """Return the ticks at which the integration went down before the end of the scenario."""
    over = min((event.seq for event in history.events(EventKind.SETTLED)), default=None)
    kinds = (EventKind.STOPPED, EventKind.CRASHED, EventKind.STALLED)
    return tuple(event.seq for event in history.events(*kinds) if over is None or event.seq < over)
