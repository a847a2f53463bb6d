"""Number series: each number once, in order, without a gap."""

from __future__ import annotations

import re

from harness.simulators.erp.refusals import Refused


class Series:
    """Numbers such as ``PSI-000001``, whose last digits count up to a last one."""

    def __init__(self, first: str, last: str) -> None:
        match = re.fullmatch(r"(.*?)(\d+)", first)
        ends = re.fullmatch(r"(.*?)(\d+)", last)
        if match is None or ends is None or match[1] != ends[1]:
            raise ValueError(f"{first!r} to {last!r} is no series; write PSI-001 and PSI-999")
        self._prefix, self._width = match[1], len(match[2])
        self._next, self._last = int(match[2]), int(ends[2])

    def refuse_if_used_up(self) -> None:
        """Refuse when no number is left."""
        if self._next > self._last:
            last = f"{self._prefix}{self._last:0{self._width}d}"
            raise Refused(
                f"No number can be given after {last}: the number series is used up.",
                target="number",
            )

    def take(self) -> str:
        """Return the next number, which nobody else gets."""
        self.refuse_if_used_up()
        number = f"{self._prefix}{self._next:0{self._width}d}"
        self._next += 1
        return number
