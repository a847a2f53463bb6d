"""Seeing a rounded value proves the rounding only where another way would give another value."""

from __future__ import annotations

from typing import Any

import pytest

from harness.rules import Rules
from harness.rules.rounding import rounding_matters
from tests.align.support import changed, world


def matters(using: str, weight: Any) -> bool | None:
    """Return whether the rounding of a rule matters for a weight."""
    made = world(changed("contracts.0.fields.kilos.using", using))
    plan = Rules(made.contracts[0], made.landscape).field("kilos")
    assert plan is not None
    return rounding_matters(plan, {"weight": weight})


@pytest.mark.parametrize(
    ("using", "weight", "expected"),
    [
        ("convert g to kg | round 2 half_up", 14845, True),
        ("convert g to kg | round 2 half_up", 14846, False),
        ("convert g to kg | round 2 half_up", 14840, False),
        ("convert g to kg | round 2 half_up", 14855, False),
        ("convert g to kg | round 2 half_even", 14845, True),
        ("convert g to kg | round 2 down", 14846, True),
        ("convert g to kg | round 2 down", 14844, False),
        ("convert g to kg | round 2 half_down", 14845, True),
        ("convert g to kg | round 2 up", 14841, True),
        ("convert g to kg | round 2 ceiling", 14841, True),
        ("convert g to kg | round 2 ceiling", 14840, False),
        ("convert g to kg | round 2 floor", 14849, True),
        ("convert g to kg | round 2 floor", 14841, False),
        ("convert g to kg", 14845, True),
        ("convert g to kg | round 2 half_up", None, None),
        ("convert g to kg | round 2 half_up", "heavy", None),
    ],
)
def test_it_matters_on_a_tie_or_where_the_ways_part(
    using: str, weight: Any, expected: bool | None
) -> None:
    """14.855 becomes 14.86 by both halves; 14.845 does not."""
    assert matters(using, weight) is expected
