"""Whether the way of rounding makes a difference to a value, so that seeing it proves something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from harness.mapping import Incomplete, Pipe, Refused, Unsure, Veiled, missing
from harness.mapping.pipe import ROUNDING
from harness.rules.plans import FieldPlan
from harness.rules.reach import NO_JOINS, Joined

_TAKEN_FOR: Final[Mapping[str, str]] = {
    "half_up": "half_even",
    "half_even": "half_up",
    "half_down": "half_up",
    "up": "half_up",
    "down": "half_up",
    "ceiling": "half_up",
    "floor": "half_up",
}
"""The way of rounding that each is most easily mixed up with."""


def rounding_matters(
    plan: FieldPlan,
    source: Any,
    *,
    row: Any = None,
    target: Any = None,
    joined: Joined = NO_JOINS,
) -> bool | None:
    """Return whether the other way of rounding would give another value.

    True for a rule that rounds nothing; None where the value cannot be read.
    """
    other = None if plan.pipe is None else _rounded_otherwise(plan.pipe)
    if other is None or plan.pipe is None:
        return True
    values = [
        reach.read(source=source, row=row, target=target, joined=joined) for reach in plan.sources
    ]
    if any(isinstance(value, (Unsure, Incomplete, Veiled)) for value in values):
        return None
    value = values if plan.gathers else values[0]
    if missing(value):
        return None
    try:
        return bool(plan.pipe.apply(value) != other.apply(value))
    except Refused:
        return None


@lru_cache(maxsize=1024)
def _rounded_otherwise(pipe: Pipe) -> Pipe | None:
    """Return the pipe with the other way of rounding, or None for one that rounds nothing."""
    stages = tuple(
        replace(
            stage,
            arguments=tuple(_TAKEN_FOR.get(one, one) if isinstance(one, str) else one
                            for one in stage.arguments),
        )
        if stage.entry.name in ROUNDING
        else stage
        for stage in pipe.stages
    )  # fmt: skip
    return None if stages == pipe.stages else Pipe(stages)
