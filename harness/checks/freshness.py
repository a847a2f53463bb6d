"""Whether what the target shows is young enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from harness.checks.case import Case, Check
from harness.checks.comparison import compare
from harness.checks.docket import Docket
from harness.checks.dossier import Dossier
from harness.checks.phrases import lasting
from harness.checks.subjects import Attempt, Subject, Version
from harness.contract import Fresh
from harness.verdict import Measure

FRESH = "timing.fresh"


@dataclass(frozen=True, slots=True)
class _Span:
    """How long the target went on to show what the source no longer held.

    ``until`` is None where it still shows it when the history ends.
    """

    shown: Attempt
    gone: int
    until: int | None
    exact: bool
    number: int | None


def check(case: Case) -> Docket:
    """Rule on the age of what the target shows.

    Its age is the time since the source last held the value that is shown. It begins to grow when
    the source changes to a version that the shown message does not fit, and ends when the target
    takes another message. A message that the source goes on to hold is never old. Errs towards
    *unproven*: where nobody knows when a message was taken, or the history ends before the limit.
    """
    docket, timing = case.dossier.docket(), case.dossier.contract.timing
    if timing is None or timing.fresh is None or not docket.has(FRESH):
        return docket
    for subject in case.dossier.subjects.values():
        for span in _spans(case.dossier, subject):
            _judge(case.dossier, docket, subject, span, timing.fresh)
    docket.idle(FRESH, "no source changed after the target had taken it")
    return docket


def _spans(dossier: Dossier, subject: Subject) -> Iterator[_Span]:
    taken = sorted(
        (one for one in subject.attempts if one.fate.taken and one.fate.at is not None),
        key=lambda one: one.fate.at or 0,
    )
    versions = [one for one in subject.versions if one.start.at is not None]
    for shown, following in zip_longest(taken, taken[1:]):
        gone = _gone(dossier, versions, shown)
        if gone is None:
            continue
        if following is None:
            yield _Span(shown, gone, None, exact=True, number=None)
        elif following.fate.at is not None:
            exact = following.fate.exact
            yield _Span(shown, gone, following.fate.at, exact, following.number)


def _gone(dossier: Dossier, versions: Sequence[Version], shown: Attempt) -> int | None:
    """Return when the source last held what a message shows; None while it holds it."""
    asked = shown.sighting.begun  # what was joined is what was known then
    fitting = [
        compare(dossier.view(one.body, in_part=one.in_part, at=asked), shown.sighting.body).fits
        for one in versions
    ]
    if not any(fitting):
        return None  # a wrong value is another promise
    last = max(index for index, fits in enumerate(fitting) if fits)
    if last + 1 == len(versions):
        return None
    return versions[last + 1].start.at


def _judge(dossier: Dossier, docket: Docket, subject: Subject, span: _Span, fresh: Fresh) -> None:
    end = dossier.end if span.until is None else span.until
    if end is None:
        docket.doubt(FRESH, "the history holds no times", would_prove="a history with times")
        return
    age = max(end - span.gone, 0)
    promise, numbers = docket.promises[FRESH], [span.shown.number, span.number]
    name = dossier.target_name(span.shown)
    if age > fresh.max_age and not span.exact:
        docket.doubt(
            FRESH,
            f"{name} was replaced at the latest after {lasting(age)}, perhaps in time",
            would_prove="a commit that shows when it was taken",
            witnesses=numbers,
        )
    elif age > fresh.max_age:
        still = "still shows" if span.until is None else "showed"
        docket.fail(
            FRESH,
            cause="stale",
            expected=f"never older than {lasting(fresh.max_age)}",
            observed=f"{dossier.contract.systems[1]} {still} {name} {lasting(age)} after "
            f"{dossier.contract.systems[0]} held it",
            subject=subject.name,
            exchanges=numbers,
        )
    elif span.until is None:
        docket.doubt(
            FRESH,
            f"{name} is {lasting(age)} old when the history ends",
            would_prove="a history that goes on until the limit",
            witnesses=numbers,
        )
    else:
        warned = fresh.warn is not None and age > fresh.warn
        warning = f", later than the warning at {lasting(fresh.warn or 0)}" if warned else ""
        docket.prove(FRESH, numbers, f"{name} was replaced after {lasting(age)}{warning}")
    if span.until is not None:
        docket.measures.append(
            Measure(
                promise.id, age, fresh.max_age, name, faulted=subject.touched, grade=promise.grade
            )
        )


CHECK = Check("freshness", frozenset({FRESH}), check)
