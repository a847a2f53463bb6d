"""What the answer to a request means for each message that travelled in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from harness.history import Exchange, Failure, find_header
from harness.landscape import Answer, BatchAnswer, Call, Decision
from harness.mapping import (
    ABSENT,
    Condition,
    Path,
    Veiled,
    missing,
    parse_condition,
    parse_path,
    read,
    read_all,
    reader,
    shown,
)


class Outcome(StrEnum):
    """How sending a message ended; a message without an answer may or may not have arrived."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    THROTTLED = "throttled"
    PENDING = "pending"
    UNKNOWN = "unknown"
    NOT_CONNECTED = "not_connected"

    @property
    def definite(self) -> bool:
        """Return whether it is certain that the message was or was not taken."""
        return self not in (Outcome.PENDING, Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an answer as a whole means.

    ``words`` are the names of the outcome as contracts write them, the most specific first.
    ``decided_by`` is the later message that tells how a pending one ended.
    """

    outcome: Outcome
    words: tuple[str, ...]
    decided_by: Decision | None = None


class Answers:
    """What the answers of one system mean: the first named one that fits, else the status."""

    def __init__(self, named: Mapping[str, Answer]) -> None:
        self._named = [
            (word, answer.condition, Outcome(answer.means), answer.decided_by)
            for word, answer in named.items()
        ]

    def of(self, exchange: Exchange) -> Meaning:
        """Return what the answer of an exchange means."""
        plain = plain_meaning(exchange)
        if exchange.status is None or not self._named:
            return plain

        def read_at(path: Path) -> Any:
            return of_answer(path, exchange)

        for word, condition, outcome, decision in self._named:
            if condition.holds(read_at) is True:
                extra = ("throttled",) if outcome is Outcome.THROTTLED else ()
                words = tuple(dict.fromkeys((word, *plain.words, *extra)))
                return Meaning(outcome, words, decision)
        return plain


@dataclass(frozen=True, slots=True)
class Batch:
    """How the answer to a batch tells what became of each of its messages.

    Where the answers to single elements stand is ``at``; without it, the status speaks for all.
    """

    at: Path | None
    on: tuple[tuple[Path, Path], ...]
    accepted: Condition | None
    one_bad: str | None

    @classmethod
    def of(cls, call: Call) -> Batch | None:
        """Return how that call answers its elements; None where it carries no batch."""
        if call.answer is None and call.one_bad is None:
            return None
        answer: BatchAnswer | None = call.answer
        if answer is None:
            return cls(None, (), None, call.one_bad)
        on = tuple((parse_path(theirs), parse_path(mine)) for theirs, mine in answer.on.items())
        at = parse_path(answer.at)
        return cls(at, on, parse_condition(answer.accepted), call.one_bad)

    def outcomes(self, exchange: Exchange, whole: Meaning, bodies: Sequence[Any]) -> list[Outcome]:
        """Return how each message of the batch ended.

        What the answer says of an element decides, whatever the status. An element that a
        success leaves out is unknown, and so is one that stands beside a refused one when only
        the status says that something was refused.
        """
        if exchange.status is None or whole.outcome in (Outcome.THROTTLED, Outcome.PENDING):
            return [whole.outcome] * len(bodies)
        if self.at is None:
            return self._by_status(whole, len(bodies))
        answers = [found for found in _elements(self.at, exchange) if isinstance(found, dict)]
        silent = whole.outcome if not answers and not _fits_all(whole) else Outcome.UNKNOWN
        found = [self._of_element(body, answers, silent) for body in bodies]
        return self._fallen(found) if self.one_bad == "all_fall" else found

    def _by_status(self, whole: Meaning, count: int) -> list[Outcome]:
        doubtful = self.one_bad == "others_stand" and count > 1 and not _fits_all(whole)
        return [Outcome.UNKNOWN if doubtful else whole.outcome] * count

    def _of_element(self, body: Any, answers: Sequence[Any], silent: Outcome) -> Outcome:
        said = {self._judged(one) for one in answers if self._about(one, body)}
        if not said:
            return silent
        return said.pop() if len(said) == 1 else Outcome.UNKNOWN

    def _about(self, answer: Any, body: Any) -> bool:
        for theirs, mine in self.on:
            wanted = key_text(read(mine, body))
            if not wanted or key_text(read(theirs, answer)) != wanted:
                return False
        return True

    def _judged(self, answer: Any) -> Outcome:
        holds = None if self.accepted is None else self.accepted.holds(reader(answer))
        if holds is None:
            return Outcome.UNKNOWN
        return Outcome.ACCEPTED if holds else Outcome.REJECTED

    @staticmethod
    def _fallen(found: list[Outcome]) -> list[Outcome]:
        """Let all fall with one that is refused, or perhaps is."""
        for outcome in (Outcome.REJECTED, Outcome.UNKNOWN):
            if outcome in found:
                return [outcome] * len(found)
        return found


def decision_key(decision: Decision, exchange: Exchange) -> str:
    """Return the value that the deciding message shares with the answer; empty for none."""
    payload = payload_of(exchange.answer.kind, exchange.answer.value)
    return key_text(read(parse_path(decision.same), payload))


def decided(decision: Decision, body: Any) -> Outcome:
    """Return what a deciding message says; unknown where it does not say, or nobody agreed how."""
    if decision.accepted is None:
        return Outcome.UNKNOWN
    holds = parse_condition(decision.accepted).holds(reader(body))
    if holds is None:
        return Outcome.UNKNOWN
    return Outcome.ACCEPTED if holds else Outcome.REJECTED


def plain_meaning(exchange: Exchange) -> Meaning:
    """Return what the status alone means, or its absence."""
    if exchange.status is None:
        outcome, said = _FAILED.get(exchange.failure or Failure.TIMEOUT, _NO_ANSWER)
        return Meaning(outcome, said)
    words = (str(exchange.status), f"{exchange.status // 100}xx")
    if 200 <= exchange.status < 300:
        return Meaning(Outcome.ACCEPTED, words)
    if exchange.status == 429:
        return Meaning(Outcome.THROTTLED, (*words, "throttled"))
    return Meaning(Outcome.REJECTED, words)


_NO_ANSWER: Final = (Outcome.UNKNOWN, ("timeout",))
_FAILED: Final[Mapping[Failure, tuple[Outcome, tuple[str, ...]]]] = {
    Failure.TIMEOUT: _NO_ANSWER,
    # A connection that broke leaves the same doubt as an answer that never came.
    Failure.RESET: (Outcome.UNKNOWN, ("reset", "timeout")),
    Failure.NO_CONNECTION: (Outcome.NOT_CONNECTED, ("no_connection",)),
    Failure.UNROUTED: (Outcome.NOT_CONNECTED, ("unrouted",)),
}


def key_text(value: Any) -> str:
    """Return a key as text, the same for ``1001`` and ``"1001"``; empty when there is none.

    A veiled key is known by its digest alone.
    """
    if missing(value):
        return ""
    if isinstance(value, Veiled):
        return f"veiled:{value.mac}" if value.mac else ""
    return shown(value)


def payload_of(kind: str, value: Any) -> Any:
    """Return a payload that messages can be cut out of; None for what is no JSON."""
    return value if kind == "json" else None


def _fits_all(whole: Meaning) -> bool:
    return whole.outcome is Outcome.ACCEPTED


def _elements(at: Path, exchange: Exchange) -> Iterable[Any]:
    where = at.tail() if at.head == "body" else at
    payload = payload_of(exchange.answer.kind, exchange.answer.value)
    return [one.value for one in read_all(where, payload)]


def of_answer(path: Path, exchange: Exchange) -> Any:
    """Return what stands at ``status``, ``header.…`` or ``body.…`` of an answer."""
    match path.head:
        case "status":
            return exchange.status
        case "header":
            found = find_header(exchange.answer_headers, ".".join(path.parts[1:]))
            return ABSENT if found is None else found
        case "body":
            payload = payload_of(exchange.answer.kind, exchange.answer.value)
            rest = path.tail()
            if not rest.parts:
                return payload
            if rest.many:
                return [found.value for found in read_all(rest, payload)]
            return read(rest, payload)
    return ABSENT
