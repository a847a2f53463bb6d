"""All contracts, flows and systems together, for the checks that look across."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from harness.align.catalogue import Gap, Weight, weight_of
from harness.align.pair import Pair, Where, nowhere
from harness.contract import Contract
from harness.landscape import Flow, Landscape


@dataclass(frozen=True)
class World:
    """What alignment looks at.

    ``today`` is the day that counts for what ends some day (``2026-03-02``; empty: nothing has
    ended). ``digests`` are the SHA-256 of the vendor files that messages were imported from, by
    file name; a file that is missing has no entry. ``covered`` are the clauses that scenarios
    exercise; None where nobody has run any.
    """

    contracts: Sequence[Contract]
    landscape: Landscape
    flows: Sequence[Flow] = ()
    where: Where = nowhere
    today: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)
    covered: frozenset[str] | None = None

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Return every contract that is not retired, between its systems."""
        return tuple(
            Pair(contract, self.landscape, self.where, self.today)
            for contract in self.contracts
            if contract.status != "retired"
        )

    def pair(self, contract: str) -> Pair | None:
        """Return the contract of that id between its systems, or None."""
        return next((pair for pair in self.pairs if pair.contract.contract == contract), None)

    def gap(
        self,
        code: str,
        about: str,
        at: str,
        message: str,
        *,
        places: Sequence[str] = (),
        owner: str,
        weight: Weight | None = None,
        arithmetic: Sequence[str] = (),
        blocking: bool = True,
    ) -> Gap:
        """Return a gap of a flow or a system; ``places`` are ready ``file:line`` texts."""
        return Gap(
            code=code,
            about=about,
            at=at,
            message=message,
            owner=owner,
            weight=weight or weight_of(code),
            places=tuple(dict.fromkeys(place for place in places if place)),
            arithmetic=tuple(arithmetic),
            blocking=blocking,
        )
