"""What an alignment check is, what it finds, and the list of all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from harness.align.pair import Pair
    from harness.align.world import World

Weight = Literal["blocker", "major", "minor", "note"]
FAMILIES: Final[Mapping[str, str]] = {
    "F": "Coverage of fields",
    "T": "Types and sizes",
    "U": "Units, money and tax",
    "Z": "Time zones",
    "R": "Presence",
    "E": "Value maps",
    "X": "Transforms and examples",
    "W": "Timing and retries",
    "I": "Duplicates and order",
    "O": "Owners",
    "S": "Personal data and secrets",
    "G": "The graph of all contracts",
}
"""The first letter of a code, and what its checks look at."""

_CODE: Final = re.compile(rf"[{''.join(FAMILIES)}]\d\d")


@dataclass(frozen=True, slots=True)
class Gap:
    """One place where two sides do not line up.

    ``about`` is the contract, flow or system; ``at`` is the path of the clause, field or section
    in it, and part of the fingerprint. ``places`` are ``file:line``, the contract's first.
    ``owner`` is the team that acts. ``arithmetic`` shows how a figure came about, a line a step.
    """

    code: str
    about: str
    at: str
    message: str
    owner: str
    weight: Weight
    places: tuple[str, ...] = ()
    arithmetic: tuple[str, ...] = ()
    blocking: bool = True

    @property
    def fingerprint(self) -> str:
        """Return what stays the same while the gap does: the code and the place, no figures."""
        return f"{self.code} {self.about}#{self.at}"


@dataclass(frozen=True, slots=True)
class AlignmentCheck:
    """One check: what it looks for, what that means, how to mend it, and which way it may err."""

    code: str
    title: str
    weight: Weight
    means: str
    mend: str
    errs: str
    of_pair: Callable[[Pair], Iterator[Gap]] | None = None
    of_world: Callable[[World], Iterator[Gap]] | None = None
    while_loading: bool = False
    name: str = field(default="", compare=False)

    @property
    def family(self) -> str:
        """Return the title of the family that the code belongs to."""
        return FAMILIES[self.code[0]]


_CHECKS: Final[dict[str, AlignmentCheck]] = {}


def checks() -> tuple[AlignmentCheck, ...]:
    """Return every check, by family in the order of ``FAMILIES`` and then by number."""
    letters = list(FAMILIES)
    return tuple(sorted(_CHECKS.values(), key=lambda c: (letters.index(c.code[0]), c.code)))


def weight_of(code: str) -> Weight:
    """Return how much a gap of that code weighs, unless the check says otherwise."""
    return _CHECKS[code].weight


def pair_check(
    code: str, title: str, *, weight: Weight, means: str, mend: str, errs: str
) -> Callable[[Callable[[Pair], Iterator[Gap]]], Callable[[Pair], Iterator[Gap]]]:
    """Register a check of one contract against the two systems it connects.

    ``means`` is one sentence: what happens at go-live. ``mend`` says what to write or agree.
    ``errs`` says which way the check may err.
    """

    def add(function: Callable[[Pair], Iterator[Gap]]) -> Callable[[Pair], Iterator[Gap]]:
        _register(
            AlignmentCheck(
                code, title, weight, means, mend, errs, of_pair=function, name=function.__name__
            )
        )
        return function

    return add


def world_check(
    code: str, title: str, *, weight: Weight, means: str, mend: str, errs: str
) -> Callable[[Callable[[World], Iterator[Gap]]], Callable[[World], Iterator[Gap]]]:
    """Register a check that looks at all contracts, flows and systems together."""

    def add(function: Callable[[World], Iterator[Gap]]) -> Callable[[World], Iterator[Gap]]:
        _register(
            AlignmentCheck(
                code, title, weight, means, mend, errs, of_world=function, name=function.__name__
            )
        )
        return function

    return add


def loading_check(
    code: str, title: str, *, weight: Weight, means: str, mend: str, errs: str
) -> None:
    """Name a check that reading the files makes already: such a contract does not load."""
    _register(AlignmentCheck(code, title, weight, means, mend, errs, while_loading=True))


def _register(check: AlignmentCheck) -> None:
    if not _CODE.fullmatch(check.code):
        raise ValueError(f"{check.code!r} is no code; write a letter of FAMILIES and two digits")
    if check.code in _CHECKS:
        raise ValueError(f"{check.code} is taken by `{_CHECKS[check.code].title}`")
    _CHECKS[check.code] = check
