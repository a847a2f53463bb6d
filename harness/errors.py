"""What stops the harness itself: problems with a place, and the few errors that carry them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong with an input, and the way out.

    ``line`` and ``column`` count from 1; 0 means that the place is the whole file.
    ``source`` is the text of that line, shown with a caret below the column.
    """

    file: str
    line: int
    column: int
    message: str
    hint: str = ""
    source: str = ""

    def __str__(self) -> str:
        place = ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])
        lines = [f"{place}: {self.message}"]
        if self.source.strip():
            shown = self.source.rstrip()[:160].replace("\t", " ")
            lines += [f"    {shown}", "    " + " " * (max(self.column, 1) - 1) + "^"]
        if self.hint:
            lines.append(f"    hint: {self.hint}")
        return "\n".join(lines)


class HarnessError(Exception):
    """The harness cannot go on; the message says where, what was expected, and a way out."""


class BadInput(HarnessError):
    """One or more files are not what they must be; every problem found is carried along."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UnroutedCall(HarnessError):
    """A call went to an address that belongs to no system of the scenario."""


class IntegrationError(HarnessError):
    """The integration under test could not be imported, built, started or stopped."""


class Stalled(HarnessError):
    """Nothing is scheduled and nothing is in flight: something waits for ever."""


class RecordingError(HarnessError):
    """A recording cannot be read, written or played."""


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Return a hint naming the nearest known words, or listing them when none is near."""
    near = get_close_matches(word, known, n=2, cutoff=0.6)
    if near:
        return "did you mean " + " or ".join(repr(n) for n in near) + "?"
    if 0 < len(known) <= 24:
        return "known: " + ", ".join(sorted(known))
    return ""
