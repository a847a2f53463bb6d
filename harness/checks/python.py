"""Checks written in Python: what they are shown, what they may say, and what counts of it."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.checks.case import Case, Check
from harness.checks.docket import Docket
from harness.checks.dossier import Dossier
from harness.contract import Contract
from harness.messages import Outcome, Sighting, Way


@dataclass(frozen=True, slots=True)
class Seen:
    """One message, seen once: a copy, so that a check cannot change what others judge.

    ``number`` is the exchange that shows it, which is what a witness is; None where only an
    event tells of it. ``at`` is in nanoseconds since 1970, None without times. ``taken`` tells
    of a message that was sent whether the target took it; None where nobody knows.
    """

    message: str
    key: str
    body: Any
    way: Way
    number: int | None
    at: int | None
    outcome: Outcome | None = None
    taken: bool | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """One source message, by its newest version, and every target message sent for it."""

    source: Seen
    sent: tuple[Seen, ...]

    @property
    def taken(self) -> tuple[Seen, ...]:
        """Return those of the target messages that the target took."""
        return tuple(one for one in self.sent if one.taken)


Witness = Seen | int
"""What shows something: a message that was seen, or the number of an exchange."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The promise was kept; without a witness this says nothing."""

    reason: str
    witnesses: tuple[Witness, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """The promise was broken: what it demands, and what was seen instead."""

    expected: str
    observed: str
    witnesses: tuple[Witness, ...] = ()
    subject: str = ""
    cause: str = "check"


@dataclass(frozen=True, slots=True)
class Unsure:
    """The history touches the promise and cannot decide it."""

    reason: str
    would_prove: str = ""


@dataclass(frozen=True, slots=True)
class Untouched:
    """Nothing in the history has to do with the promise, so that it has no vote here."""

    reason: str


Said = Kept | Broken | Unsure | Untouched
"""What a check may say; it returns one of them, or any number of them."""

CheckFunction = Callable[["Evidence"], Iterable[Said] | Said]
"""A check: pure, the same answer for the same evidence."""


class Evidence:
    """What a check in Python is shown: its contract, and the messages of one history.

    Everything is a copy. Personal values of a stored history are veiled; two veiled values can
    be compared with ``harness.mapping.same`` and cannot be read.
    """

    def __init__(self, dossier: Dossier) -> None:
        self._dossier = dossier

    @property
    def contract(self) -> Contract:
        """Return the contract that names the check."""
        return self._dossier.contract

    @property
    def settled(self) -> bool:
        """Return whether the history goes on until everything promised was due."""
        return self._dossier.settled

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Return every source message with what was sent for it, in the order of their coming."""
        return tuple(self._pairs())

    def of(self, message: str, *ways: Way) -> tuple[Seen, ...]:
        """Return every sighting of any message, such as ``oms.sales_order``, in order."""
        return tuple(_seen(one) for one in self._dossier.sightings.of(message, *ways))

    def _pairs(self) -> Iterator[Pair]:
        for subject in self._dossier.subjects.values():
            if not subject.versions:
                continue
            newest = subject.versions[-1]
            fact = next((one for one in newest.facts if one.number is not None), newest.facts[0])
            sent = (_seen(one.sighting, taken=one.fate.taken) for one in subject.attempts)
            yield Pair(_seen(fact, body=newest.body), tuple(sent))


def check(case: Case) -> Docket:
    """Let every Python check of the contract speak.

    What it says counts only as far as it can be believed: a proof needs an exchange of this
    history as its witness. A check that raises, says nothing, or says something else than it may
    is unproven; a breach that it reported before stays.
    """
    docket = case.dossier.docket()
    for name, declared in case.dossier.contract.checks.items():
        function = case.functions.get(declared.run)
        if function is None:
            docket.doubt(
                f"checks.{name}",
                f"{declared.run} was not loaded",
                would_prove=f"a run in which {declared.run} can be imported",
            )
        else:
            _Hearing(case.dossier, f"checks.{name}", declared.run, docket).hear(function)
    return docket


class _Hearing:
    """One check, one history."""

    def __init__(self, dossier: Dossier, path: str, run: str, docket: Docket) -> None:
        self._dossier = dossier
        self._path = path
        self._run = run
        self._docket = docket
        self._numbers = frozenset(one.seq for one in dossier.history.exchanges)

    def hear(self, function: CheckFunction) -> None:
        count = 0
        try:
            for said in _answers(function(Evidence(self._dossier))):
                count += 1
                self._take(said)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a check raises, it judges nothing
            # The text of the error may quote a personal value.
            self._doubt(f"{self._run} raised {type(error).__name__}{_place(error)}")
            return
        if not count:
            self._doubt(f"{self._run} said nothing")

    def _take(self, said: object) -> None:
        match said:
            case Broken():
                self._docket.fail(
                    self._path,
                    cause=str(said.cause),
                    expected=str(said.expected),
                    observed=str(said.observed),
                    subject=str(said.subject),
                    exchanges=self._known(said.witnesses),
                )
            case Kept():
                witnesses = self._known(said.witnesses)
                if witnesses:
                    self._docket.prove(self._path, witnesses, str(said.reason))
                else:
                    self._doubt(f"{said.reason}, says {self._run}, and no exchange shows it")
            case Unsure():
                self._docket.doubt(
                    self._path, str(said.reason), would_prove=str(said.would_prove) or None
                )
            case Untouched():
                self._docket.idle(self._path, str(said.reason))
            case _:
                self._doubt(f"{self._run} said {type(said).__name__}, which is no answer")

    def _known(self, witnesses: Iterable[Witness]) -> list[int]:
        numbers = [one.number if isinstance(one, Seen) else one for one in witnesses]
        return [one for one in numbers if type(one) is int and one in self._numbers]

    def _doubt(self, reason: str) -> None:
        self._docket.doubt(
            self._path,
            reason,
            would_prove=f"a {self._run} that answers with Kept, Broken, Unsure or Untouched",
        )


def _answers(said: object) -> Iterator[object]:
    if inspect.iscoroutine(said):
        said.close()
        yield said
    elif isinstance(said, (Kept, Broken, Unsure, Untouched, str, bytes, Mapping)):
        yield said
    elif isinstance(said, Iterable):
        yield from said
    elif said is not None:
        yield said


def _seen(sighting: Sighting, *, taken: bool | None = None, body: Any = None) -> Seen:
    return Seen(
        message=sighting.message,
        key=sighting.key,
        body=deepcopy(sighting.body if body is None else body),
        way=sighting.way,
        number=sighting.number,
        at=sighting.at,
        outcome=sighting.outcome,
        taken=taken,
    )


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if frame.filename != __file__]
    if not theirs:
        return ""
    file = theirs[-1].filename.replace("\\", "/").rpartition("/")[2]
    return f" at {file}:{theirs[-1].lineno}"


CHECK = Check("python", frozenset({"check"}), check)
