"""What a scenario expects beside the contracts, and whether its run says anything at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.checks.dossier import Dossier, Facts, arrived, told_in
from harness.checks.effects import effects
from harness.checks.holdings import Held, nested
from harness.checks.silence import EVERY
from harness.checks.subjects import Subject
from harness.history import INTEGRATION, NOBODY, EventKind, Failure, History
from harness.matching import matches_data, spans, things_of
from harness.messages import Sighting
from harness.scenario import Scenario, ThenStep
from harness.timing import show_duration
from harness.verdict import Finding, Ruling, Severity, failed, proven, unproven


def check(
    history: History,
    scenario: Scenario | None,
    facts: Facts,
    dossiers: Sequence[Dossier],
    rulings: Sequence[Ruling],
) -> list[Ruling]:
    """Rule on the expectations of a scenario and on the run itself.

    A run that touched nothing, met no planned fault or called somebody unknown is unproven: it
    errs towards *unproven*, never towards *proven*.
    """
    name = history.header.scenario
    run = _Run(history, name, owner=dossiers[0].team("integration") if dossiers else "")
    found = [
        *run.history_itself(),
        *run.unrouted(),
        *run.events(),
        *(run.faults(scenario) if scenario is not None else ()),
        *(_covers(scenario, name, rulings) if scenario is not None else ()),
    ]
    if scenario is not None:
        found += [
            _expectation(facts, dossiers, scenario, step, f"{name}#then.{index}")
            for index, step in enumerate(scenario.then)
        ]
    return found


class _Run:
    """Facts of the run that decide whether it can be believed."""

    def __init__(self, history: History, name: str, *, owner: str) -> None:
        self._history = history
        self._name = name
        self._owner = owner

    def history_itself(self) -> Iterator[Ruling]:
        clause = f"{self._name}#run.history"
        exchanges = [e for e in self._history.exchanges if e.receiver != NOBODY]
        if not self._history.header.complete:
            yield unproven(
                clause, "the journal breaks off", would_prove="a journal with its last line"
            )
        elif not exchanges:
            yield unproven(
                clause,
                "the integration and the systems exchanged nothing",
                would_prove="a run in which something is sent",
            )
        elif not any(e.sender == INTEGRATION for e in exchanges):
            yield unproven(
                clause,
                "the integration called no system",
                would_prove="a run in which the integration calls a system",
                witnesses=[e.seq for e in exchanges[:5]],
            )

    def unrouted(self) -> Iterator[Ruling]:
        lost = [e for e in self._history.exchanges if e.failure is Failure.UNROUTED]
        if lost:
            yield unproven(
                f"{self._name}#run.unrouted",
                f"{lost[0].method} {lost[0].url} belongs to no system of this scenario"
                + (f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""),
                would_prove="a run in which every call goes to a system of the landscape",
                witnesses=[e.seq for e in lost[:10]],
            )

    def events(self) -> Iterator[Ruling]:
        for kind, cause, expected in (
            (EventKind.CRASHED, "crashed", "the integration handles what it receives"),
            (EventKind.STALLED, "stalled", "the integration waits for nothing for ever"),
            (EventKind.LEFT_OVER, "left_over", "the integration stops with nothing left running"),
            (EventKind.UNPLAYED, "unplayed", "every episode of a recording is asked for"),
        ):
            seen = list(self._history.events(kind))
            if not seen:
                continue
            data = seen[0].data
            said = (
                data.get("error")
                or data.get("waiting")
                or data.get("tasks")
                or data.get("episodes")
            )
            clause = f"{self._name}#run.{cause}"
            yield failed(
                clause,
                [
                    Finding(
                        clause,
                        cause,
                        Severity.MAJOR,
                        self._owner,
                        expected,
                        f"{cause}: {said}"[:300],
                    )
                ],
            )
        missed = list(self._history.events(EventKind.MISSED))
        if missed:
            yield unproven(
                f"{self._name}#run.missed",
                f"a call found no episode in the recording: {missed[0].data.get('nearest')}"[:300],
                would_prove="a recording that holds every call",
            )

    def faults(self, scenario: Scenario) -> Iterator[Ruling]:
        fired = {
            event.data.get("fault")
            for event in self._history.events(EventKind.FAULT)
            if "moment" not in event.data  # that its time had come is no effect
        }
        for index, fault in enumerate(scenario.given.faults):
            if index not in fired:
                yield unproven(
                    f"{self._name}#given.faults.{index}",
                    f"the fault `{fault.do}` on {fault.on} never fired",
                    would_prove="a run in which it meets a message",
                )


def _covers(scenario: Scenario, name: str, rulings: Sequence[Ruling]) -> Iterator[Ruling]:
    decided = [ruling.clause for ruling in rulings]
    for index, clause in enumerate(scenario.covers):
        if not any(one == clause or one.startswith(f"{clause}.") for one in decided):
            yield unproven(
                f"{name}#covers.{index}",
                f"{clause} was not exercised",
                would_prove="a run that exercises it",
            )


def _expectation(
    facts: Facts, dossiers: Sequence[Dossier], scenario: Scenario, step: ThenStep, clause: str
) -> Ruling:
    try:
        return _Expectation(facts, dossiers, scenario, step, clause).ruling()
    except Exception as error:  # noqa: BLE001 - a check may break; what it judges is then unproven
        return unproven(
            clause,
            f"the check itself failed: {type(error).__name__}: {error}",
            would_prove="a check that works; report this as a bug",
        )


class _Expectation:
    """One step under ``then``."""

    def __init__(
        self,
        facts: Facts,
        dossiers: Sequence[Dossier],
        scenario: Scenario,
        step: ThenStep,
        clause: str,
    ) -> None:
        self._facts, self._dossiers = facts, dossiers
        self._scenario, self._step, self._clause = scenario, step, clause
        self._start = _start_of(facts.history, step)
        steps = spans(facts.history)
        self._things = things_of(step.of, steps, facts.sightings) if step.of else None

    def ruling(self) -> Ruling:
        if self._step.of is not None and self._start is None:
            return unproven(
                self._clause,
                f"step {self._step.of} never happened",
                would_prove="a run in which it happens",
            )
        if self._step.record is not None:
            return self._record(self._step.record)
        return self._told() if self._step.told is not None else self._message()

    def _message(self) -> Ruling:
        name = str(self._step.message or self._step.never)
        fits, doubtful = self._fitting(name)
        if self._step.never is not None:
            return self._never(name, fits, doubtful)
        wanted = self._step.times
        said = f"{'at least one' if wanted is None else wanted} {name}{self._limit()} accepted"
        too_many = wanted is not None and len(fits) > wanted
        if doubtful and not too_many:
            return self._unknown()
        if not too_many and len(fits) <= (wanted or 0) and self._perhaps_more(name):
            return self._nobody_knows()
        if bool(fits) if wanted is None else len(fits) == wanted:
            return self._shown(said, fits)
        if not too_many and not self._over(self._step.within):
            return self._too_short()
        return self._fail("count", said, f"{len(fits)} accepted", fits)

    def _record(self, name: str) -> Ruling:
        """Rule on what a system holds in the end."""
        fits: list[Held] = []
        doubtful = False
        known = self._facts.holdings.of(name)
        for held in known.values():
            answers = {
                matches_data(self._step.match, nested(row)) if row else False
                for row in held[-1].rows
            }
            if answers == {True}:
                fits.append(held[-1])
            doubtful = doubtful or answers not in ({True}, {False})
        wanted = self._step.times
        said = f"{'at least one' if wanted is None else wanted} {name} with {self._step.match}"
        ended = any(True for _ in self._facts.history.events(EventKind.SETTLED))
        if not ended:
            return self._too_short()
        if bool(fits) if wanted is None else len(fits) == wanted and not doubtful:
            numbers = [one.number for one in fits] or [
                exchange.seq for exchange in self._facts.history.exchanges
            ][:3]
            if known and numbers:
                return proven(self._clause, f"{name} is as expected", numbers)
            return unproven(
                self._clause,
                f"nothing shows what {name} holds",
                would_prove="a system that notes what it holds, or messages that tell",
            )
        if doubtful and (wanted is None or len(fits) <= wanted):
            return self._unknown()
        return self._fail("record", said, f"{len(fits)} of {len(known)} are", [])

    def _never(self, name: str, fits: list[Sighting], doubtful: list[Sighting]) -> Ruling:
        if fits:
            return self._fail("seen", f"no {name} is accepted", f"{len(fits)} accepted", fits)
        if doubtful:
            return self._unknown()
        if self._perhaps_more(name):
            return self._nobody_knows()
        if not self._over(self._step.lasting):
            return self._too_short()
        return self._shown(f"no {name} was accepted", [])

    def _shown(self, reason: str, seen: list[Sighting]) -> Ruling:
        """Rule that it is so; of a history in which nothing was exchanged nobody can say that."""
        numbers = [one.number for one in seen if one.number is not None]
        numbers = numbers or [exchange.seq for exchange in self._facts.history.exchanges][:3]
        if numbers:
            return proven(self._clause, reason, numbers)
        return unproven(
            self._clause,
            "nothing was exchanged, so nothing is shown",
            would_prove="a run in which something is sent",
        )

    def _told(self) -> Ruling:
        step, about = self._step, self._keys_about()
        heard = [
            told
            for told in told_in(self._facts.sightings, self._facts.landscape)
            if told.who == step.told
            and not self._before(told.sighting)
            and self._in_time(told.sighting)
            and (self._things is None or told.about in self._keys())
            and (about is None or told.about in about)
        ]
        numbers = [told.sighting.number for told in heard if told.sighting.number is not None]
        if numbers:
            return proven(self._clause, f"{step.told} was told", numbers)
        if not self._over(step.within):
            return self._too_short()
        return self._fail("not_told", f"{step.told} is told{self._limit()}", "nobody told it", [])

    def _keys(self) -> frozenset[str]:
        """Return the business keys that the step's things are known by."""
        keys = {key for _, key in self._things or ()}
        for subject in self._subjects():
            keys |= {attempt.sighting.key for attempt in subject.attempts}
        return frozenset(keys)

    def _keys_about(self) -> frozenset[str] | None:
        """Return the business keys that the clause is about here; None when any will do.

        A failure row is about the messages that ran into it, any other clause about all messages
        of its contract; somebody who was told of something else was not told about it.
        """
        contract, _, path = (self._step.about or "").partition("#")
        if not contract:
            return None
        if path == EVERY:
            sources = (d.contract.source for d in self._dossiers if d.contract.contract == contract)
            return frozenset({contract, self._step.about or "", *sources})
        row = path.removeprefix("failures.") if path.startswith("failures.") else None
        return frozenset(
            key
            for dossier in self._dossiers
            if dossier.contract.contract == contract
            for subject in dossier.subjects.values()
            if row is None or row in _rows_met(dossier, subject)
            for key in (subject.of, *subject.target_keys)
        )

    def _perhaps_more(self, name: str) -> bool:
        """Return whether a call without a definite outcome may have brought another one."""
        return any(
            attempt.fate.taken is None
            and matches_data(self._step.match, attempt.sighting.body) is not False
            for subject in self._subjects(name)
            if not any(one.fate.taken for one in subject.attempts)
            for attempt in subject.attempts
        )

    def _subjects(self, name: str | None = None) -> list[Subject]:
        """Return the source messages that the step brought about, or all of them."""
        return [
            subject
            for dossier in self._dossiers
            if name is None or dossier.contract.to == name
            for subject in dossier.subjects.values()
            if self._things is None or (dossier.contract.source, subject.of) in self._things
        ]

    def _fitting(self, name: str) -> tuple[list[Sighting], list[Sighting]]:
        fits: list[Sighting] = []
        doubtful: list[Sighting] = []
        for sighting in self._accepted(name):
            if self._before(sighting) or not self._in_time(sighting):
                continue
            answer = matches_data(self._step.match, sighting.body)
            if answer is not False:
                (fits if answer else doubtful).append(sighting)
        return fits, doubtful

    def _accepted(self, name: str) -> list[Sighting]:
        """Return what the target took of a message, once for each time that it did the work."""
        agreed = [dossier for dossier in self._dossiers if dossier.contract.to == name]
        if not agreed:
            things = self._things
            found = list(arrived(self._facts.sightings, name))
            return [s for s in found if things is None or (s.message, s.key) in things]
        mine = {id(subject) for subject in self._subjects(name)}
        return [
            attempt.sighting
            for dossier in agreed
            for subject in dossier.subjects.values()
            if id(subject) in mine
            for attempt in effects(dossier, subject)
        ]

    def _before(self, sighting: Sighting) -> bool:
        return self._start is not None and sighting.begun < self._start[0]

    def _in_time(self, sighting: Sighting) -> bool:
        limit = self._step.within or self._step.lasting
        if limit is None or sighting.at is None:
            return True
        begin = self._start[1] if self._start is not None else self._facts.history.header.start
        return begin is None or sighting.at <= begin + limit

    def _over(self, lasting: int | None) -> bool:
        if not self._facts.history.header.complete:
            return False
        if lasting is None:
            return True
        begin = self._start[1] if self._start is not None else self._facts.history.header.start
        end = self._facts.history.end
        return begin is not None and end is not None and end >= begin + lasting

    def _limit(self) -> str:
        within = self._step.within
        return "" if within is None else f" within {show_duration(within)}"

    def _unknown(self) -> Ruling:
        return unproven(
            self._clause,
            "a value that the expectation asks for is veiled or missing",
            would_prove="a run that shows the value",
        )

    def _nobody_knows(self) -> Ruling:
        return unproven(
            self._clause,
            "a call without an answer may have been accepted",
            would_prove="a commit, a later read or a repeated call that settles it",
        )

    def _too_short(self) -> Ruling:
        return unproven(
            self._clause,
            "the history ends before the time is over",
            would_prove="a history that goes on",
        )

    def _fail(self, cause: str, expected: str, observed: str, seen: list[Sighting]) -> Ruling:
        severity = Severity(self._step.severity or self._scenario.severity)
        owner = self._step.owner or self._scenario.owner or ""
        numbers = tuple(one.number for one in seen if one.number is not None)
        finding = Finding(
            self._clause, cause, severity, owner, expected, observed, exchanges=numbers
        )
        return failed(self._clause, [finding])


def _rows_met(dossier: Dossier, subject: Subject) -> set[str]:
    rows = (dossier.row_for(attempt) for attempt in subject.attempts)
    return {row[0] for row in rows if row is not None}


def _start_of(history: History, step: ThenStep) -> tuple[int, int] | None:
    for event in history.events(EventKind.STEP):
        if event.data.get("id") == step.of and event.at is not None:
            return event.seq, event.at
    return None
