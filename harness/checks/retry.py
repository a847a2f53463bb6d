"""Whether calls were repeated as agreed: which, how often, how patiently, and until when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from harness.checks.accounts import RETRIES
from harness.checks.case import Case, Check
from harness.checks.docket import Docket
from harness.checks.dossier import TOLERANCE, Dossier
from harness.checks.phrases import lasting
from harness.checks.subjects import Attempt, Subject
from harness.contract import Retry
from harness.mapping import Uncomparable, to_decimal
from harness.messages import Outcome
from harness.plurals import counted
from harness.timing import MILLISECOND, SECOND

ON, ATTEMPTS, WAIT = "retry.on", "retry.attempts", "retry.wait"
OBEY, GIVE_UP = "retry.obey_retry_after", "retry.give_up_after"


def check(case: Case) -> Docket:
    """Rule on the series of calls for each message.

    Waits run from the end of one call to the beginning of the next, 250 ms or 5 % more or less.
    Calls that another webhook or a restart of the integration may have caused begin a series of
    their own, and the series before is not blamed for ending; so this check errs towards *not
    exercised*. Which calls belong together is a reading of the history, not a fact in it.
    """
    docket = case.dossier.docket()
    if case.dossier.contract.retry is None:
        return docket
    for subject in case.dossier.subjects.values():
        for calls in _series(subject):
            _Series(case.dossier, subject, calls, case.dossier.contract.retry, docket).judge()
    return docket


def _series(subject: Subject) -> Iterator[list[Attempt]]:
    calls: list[Attempt] = []
    for attempt in subject.attempts:
        if calls and attempt.series != calls[-1].series:
            yield calls
            calls = []
        calls.append(attempt)
    if calls:
        yield calls


@dataclass(frozen=True, slots=True)
class _Series:
    """One series of calls for one message."""

    dossier: Dossier
    subject: Subject
    calls: Sequence[Attempt]
    retry: Retry
    docket: Docket

    def judge(self) -> None:
        """Vote on every pair of calls, and on how the series ended."""
        for nth, (before, after) in enumerate(
            zip(self.calls, self.calls[1:], strict=False), start=2
        ):
            self._repeated(before, after)
            self._waited(before, after, nth)
            self._in_time(after)
        row = self.dossier.row_for(self.calls[-1])
        if row is not None and row[1].attempts is not None and row[1].then in RETRIES:
            self.docket.idle(ATTEMPTS, f"failures.{row[0]} counts its own calls")
        elif len(self.calls) > self.retry.attempts:
            self.docket.fail(
                ATTEMPTS,
                cause="too_many_calls",
                expected=f"at most {counted(self.retry.attempts, 'call')}",
                observed=f"{len(self.calls)} calls for {self.subject.name}",
                subject=self.subject.name,
                exchanges=self._numbers,
            )
        elif self.dossier.retryable(self.calls[-1]):
            self._ended(self.calls[-1])

    @property
    def _numbers(self) -> list[int]:
        return [call.number for call in self.calls]

    def _repeated(self, before: Attempt, after: Attempt) -> None:
        numbers = [before.number, after.number]
        if self.dossier.retryable(before):
            self.docket.prove(ON, numbers, f"{before.ending} was tried again")
            return
        row = self.dossier.row_for(before)
        if before.outcome is Outcome.PENDING or (row is not None and row[1].then in RETRIES):
            self.docket.idle(ON, f"{before.ending} is tried again by its own row")
            return
        self.docket.fail(
            ON,
            cause="retried_in_vain",
            expected="tried again only after " + ", ".join(self.retry.on),
            observed=f"{self.subject.name} was sent again after it was {before.ending}",
            subject=self.subject.name,
            exchanges=numbers,
        )

    def _waited(self, before: Attempt, after: Attempt, nth: int) -> None:
        ended, begun = before.sighting.ended, after.sighting.at
        numbers = [before.number, after.number]
        told = retry_after(before)
        path = WAIT if told is None or not self.retry.obey_retry_after else OBEY
        if ended is None or begun is None:
            self.docket.doubt(
                path,
                "the history holds no times",
                would_prove="a history with times",
                witnesses=numbers,
            )
            return
        waited = begun - ended
        if path == OBEY and told is not None:
            self.docket.idle(WAIT, "a Retry-After took the place of the agreed wait")
            self._obeyed(waited, told, numbers)
            return
        shortest, longest = self.retry.wait.before(nth)
        slack = max(TOLERANCE, longest // 20)
        between = (
            lasting(longest)
            if shortest == longest
            else (f"{lasting(shortest)} to {lasting(longest)}")
        )
        if shortest - slack <= waited <= longest + slack:
            self.docket.prove(WAIT, numbers, f"{lasting(waited)} before call {nth}, of {between}")
            return
        self.docket.fail(
            WAIT,
            cause="too_soon" if waited < shortest else "too_late",
            expected=f"{between} before call {nth}",
            observed=f"{lasting(waited)} for {self.subject.name}",
            subject=self.subject.name,
            exchanges=numbers,
        )

    def _obeyed(self, waited: int, told: int, numbers: list[int]) -> None:
        if waited >= told - MILLISECOND:
            said = f"told to wait {lasting(told)}, waited {lasting(waited)}"
            self.docket.prove(OBEY, numbers, said)
            return
        self.docket.fail(
            OBEY,
            cause="too_soon",
            expected=f"no call for {lasting(told)}, as Retry-After says",
            observed=f"a call after {lasting(waited)} for {self.subject.name}",
            subject=self.subject.name,
            exchanges=numbers,
        )

    def _in_time(self, after: Attempt) -> None:
        limit = self.retry.give_up_after
        begun, first = after.sighting.at, self.calls[0].sighting.at
        if limit is None or begun is None or first is None:
            return
        if begun - first > limit + TOLERANCE:
            self.docket.fail(
                GIVE_UP,
                cause="did_not_give_up",
                expected=f"no call later than {lasting(limit)} after the first",
                observed=f"a call after {lasting(begun - first)} for {self.subject.name}",
                subject=self.subject.name,
                exchanges=[self.calls[0].number, after.number],
            )

    def _ended(self, last: Attempt) -> None:
        """Vote on a series whose last call ended in a way that is to be tried again."""
        count = len(self.calls)
        if count == self.retry.attempts:
            said = f"{self.subject.name} was given up after {counted(count, 'call')}"
            self.docket.prove(ATTEMPTS, self._numbers, said)
            return
        clause = ON if count == 1 else ATTEMPTS
        excuse = self._excuse(last)
        if excuse:
            self.docket.idle(clause, excuse)
            return
        if self._time_gave_out(last):
            said = f"given up in time after {counted(count, 'call')}"
            self.docket.prove(GIVE_UP, self._numbers, said)
            self.docket.idle(ATTEMPTS, "the time gave out before the attempts")
            return
        longest = max(self.retry.wait.before(count + 1)[1], retry_after(last) or 0)
        ended = last.sighting.ended
        over = None if ended is None else self.dossier.over(ended + longest + TOLERANCE)
        if over is None:
            over = self.dossier.settled or None
        if not over:
            self.docket.doubt(
                clause,
                f"{self.subject.name}: the history ends before the next call is due",
                witnesses=self._numbers,
            )
            return
        self.docket.fail(
            clause,
            cause="not_retried" if count == 1 else "gave_up_early",
            expected=f"{counted(self.retry.attempts, 'call')} while they end in one of: "
            + ", ".join(self.retry.on),
            observed=f"{counted(count, 'call')} for {self.subject.name}, "
            f"the last of them {last.ending}",
            subject=self.subject.name,
            exchanges=self._numbers,
        )

    def _excuse(self, last: Attempt) -> str:
        begun = last.sighting.begun
        if any(one.sighting.begun > begun for one in self.subject.attempts):
            return "another webhook or a restart began a new series of calls"
        if any(one.begun > begun for one in self.subject.reads):
            return "the integration looked the message up in place of another call"
        if self.dossier.halted_after(begun):
            return "the integration stopped before the next call was due"
        return ""

    def _time_gave_out(self, last: Attempt) -> bool:
        limit, ended = self.retry.give_up_after, last.sighting.ended
        first = self.calls[0].sighting.at
        if limit is None or ended is None or first is None:
            return False
        wait = max(self.retry.wait.before(len(self.calls) + 1)[1], retry_after(last) or 0)
        return ended + wait > first + limit


def retry_after(attempt: Attempt) -> int | None:
    """Return how long the answer asked to wait, in nanoseconds, or None."""
    exchange = attempt.sighting.exchange
    text = None if exchange is None else exchange.answer_header("Retry-After")
    if text is None:
        return None
    try:
        return max(int(to_decimal(text.strip()) * SECOND), 0)
    except Uncomparable:
        return _until(text, attempt.sighting.ended)


def _until(text: str, ended: int | None) -> int | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if ended is None or moment.tzinfo is None:
        return None
    return max(int(moment.timestamp()) * SECOND - ended, 0)


CHECK = Check("retry", frozenset({ON, ATTEMPTS, WAIT, OBEY, GIVE_UP}), check)
