"""Alignment: what two systems assume of each other, judged before anybody runs anything."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from harness.align import (  # noqa: F401 - each registers its checks
    coverage,
    graph,
    maps,
    money,
    owners,
    presence,
    repeats,
    safety,
    timing,
    transforms,
    types,
    zones,
)
from harness.align.catalogue import FAMILIES, AlignmentCheck, Gap, checks
from harness.align.pair import Pair
from harness.align.world import World

__all__ = ["FAMILIES", "Alignment", "AlignmentCheck", "Gap", "Pair", "World", "align", "checks"]

_ORDER = {"blocker": 0, "major": 1, "minor": 2, "note": 3}


@dataclass(frozen=True, slots=True)
class Alignment:
    """What was found, what was looked at, and which checks broke.

    A check that raises is in ``broken`` with its reason: what it looks for is then not excluded.
    """

    gaps: tuple[Gap, ...]
    contracts: int
    checks: tuple[str, ...]
    broken: tuple[tuple[str, str], ...] = ()


def align(world: World, *, only: Collection[str] = ()) -> Alignment:
    """Hold all contracts of a world against their systems and against each other.

    ``only`` are codes or families (``W01``, ``W``). Gaps come by weight, then by contract, then
    by code.
    """
    wanted = [check for check in checks() if not only or {check.code, check.code[0]} & set(only)]
    gaps: list[Gap] = []
    broken: list[tuple[str, str]] = []
    for check in wanted:
        try:
            gaps += _found(check, world)
        except Exception as error:  # noqa: BLE001 - one broken check must not hide the others
            broken.append((check.code, f"{type(error).__name__}: {error}"))
    gaps.sort(key=lambda gap: (_ORDER[gap.weight], gap.about, gap.code, gap.at, gap.message))
    return Alignment(
        gaps=tuple(dict.fromkeys(gaps)),
        contracts=len(world.pairs),
        checks=tuple(check.code for check in wanted),
        broken=tuple(broken),
    )


def _found(check: AlignmentCheck, world: World) -> list[Gap]:
    if check.of_world is not None:
        return list(check.of_world(world))
    if check.of_pair is None:
        return []
    return [gap for pair in world.pairs for gap in check.of_pair(pair)]
