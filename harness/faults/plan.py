"""Choose which planned fault meets which message: by name, condition, attempt, count and time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.fault_words import ROW_WORDS, WORDS
from harness.mapping import parse_condition, parse_path, read
from harness.scenario import Fault
from harness.seeds import derive_seed


@dataclass(frozen=True, slots=True)
class Occasion:
    """A message on its way: its full name, its key where it is known, and its body."""

    message: str
    key: str = ""
    body: Any = None


class FaultPlan:
    """The faults of one run and how often each has fired.

    A call for one key is an *attempt*; ``try: n`` waits for the n-th. ``times`` bounds how often
    the fault fires over all keys. Both count only calls in the fault's time window. Whether a
    ``share`` meets an attempt hangs on the seed, the fault, the key and the attempt alone, so that
    what else goes on does not move it.
    """

    def __init__(self, faults: Sequence[Fault], *, start: int, seed: int = 0) -> None:
        self.faults = tuple(faults)
        self._start = start
        self._seed = seed
        self._fired: Counter[int] = Counter()
        self._attempts: Counter[tuple[int, str]] = Counter()

    def meeting(
        self, occasions: Sequence[Occasion], *, now: int, words: Collection[str]
    ) -> Iterator[tuple[int, Fault]]:
        """Yield the faults of these words that hit, with their index, and count them as fired.

        Those of rows are counted when they took effect.
        """
        for index, fault in enumerate(self.faults):
            if fault.do not in words or not self._in_time(fault, now):
                continue
            met = next((o for o in occasions if _fits(fault, o)), None)
            if met is None:
                continue
            self._attempts[index, met.key] += 1
            first = fault.attempt or WORDS[fault.do].first_try
            late_enough = self._attempts[index, met.key] >= first
            if late_enough and not self._is_drawn(fault, index, met.key):
                continue
            spent = fault.times is not None and self._fired[index] >= fault.times
            if late_enough and not spent:
                if fault.do not in ROW_WORDS:
                    self._fired[index] += 1
                yield index, fault

    def took_effect(self, index: int) -> None:
        """Count a fault of rows, which meets calls that have none as well."""
        self._fired[index] += 1

    @property
    def fired(self) -> Mapping[int, int]:
        """Return how often each fault has fired, by index."""
        return dict(self._fired)

    def _is_drawn(self, fault: Fault, index: int, key: str) -> bool:
        if fault.share is None:
            return True
        attempt = self._attempts[index, key]
        drawn = derive_seed(self._seed, "fault", str(index), key, str(attempt))
        return drawn < fault.share * 2**64

    def _in_time(self, fault: Fault, now: int) -> bool:
        begin = self._start + (fault.since or 0)
        return begin <= now and (fault.lasts is None or now < begin + fault.lasts)


def _fits(fault: Fault, occasion: Occasion) -> bool:
    if fault.on != occasion.message:
        return False
    if fault.match is None:
        return True
    condition = parse_condition(fault.match)
    return condition.holds(lambda path: read(parse_path(str(path)), occasion.body)) is True
