"""What can go wrong with a call to a system, before it commits or after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from harness.faults.styles import STYLES
from harness.history import Failure
from harness.scenario import Fault
from harness.timing import SECOND


@dataclass(frozen=True, slots=True)
class Lost:
    """The caller gets no answer: after its own timeout, or at once.

    ``waited`` says that the time for it has passed already, because somebody really waited.
    """

    failure: Failure
    waited: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """The caller gets this answer in place of the system's own."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: object


@dataclass(frozen=True, slots=True)
class CallFault:
    """One way in which a call goes wrong.

    ``before`` takes the place of the system: nothing is committed. ``after`` takes the place of
    its answer: the work is done. ``delay`` is added to the latency, in nanoseconds. What goes
    wrong in the middle of lists and batches has a place of its own, in ``rows``.
    """

    before: Callable[[Fault], Lost | Answered] | None = None
    after: Callable[[Fault], Lost] | None = None
    delay: Callable[[Fault], int] | None = None


def _answer(fault: Fault) -> Answered:
    headers = dict(fault.headers)
    if fault.retry_after is not None:
        headers["Retry-After"] = _seconds(fault.retry_after)
    return Answered(fault.status or 500, tuple(headers.items()), fault.body)


def _throttle(fault: Fault) -> Answered:
    style = STYLES[fault.style]
    headers = {**style.headers(_seconds(fault.retry_after or 2 * SECOND)), **fault.headers}
    return Answered(fault.status or style.status, tuple(headers.items()), style.body)


def _seconds(duration: int) -> str:
    whole, rest = divmod(duration, SECOND)
    return str(whole) if not rest else f"{duration / SECOND:.3f}"


CALL_FAULTS: Final[Mapping[str, CallFault]] = {
    "refuse": CallFault(before=lambda _: Lost(Failure.NO_CONNECTION)),
    "answer": CallFault(before=_answer),
    "throttle": CallFault(before=_throttle),
    "lose_request": CallFault(before=lambda _: Lost(Failure.TIMEOUT)),
    "lose_answer": CallFault(after=lambda _: Lost(Failure.TIMEOUT)),
    "truncate": CallFault(after=lambda _: Lost(Failure.RESET)),
    "slow": CallFault(delay=lambda fault: fault.by or 0),
    "lose_rows": CallFault(),
    "repeat_page": CallFault(),
    "stale_read": CallFault(),
    "fail_rows": CallFault(),
}
