"""Sound landscapes report nothing; a landscape broken in one place reports that place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.align import align, checks
from tests.align.landscapes import MUTATIONS, broken, landscape
from tests.align.support import codes, world

DRAWS = 12


@given(seed=st.integers(0, 10**9))
def test_sound_landscapes_report_nothing(seed: int) -> None:
    """Whatever fields they have."""
    assert codes(landscape(seed)) == []


@given(seed=st.integers(0, 10**9), name=st.sampled_from(sorted(MUTATIONS)))
def test_alignment_never_breaks(seed: int, name: str) -> None:
    """A broken landscape is reported, and no check gives up on it."""
    data = broken(seed, name)

    if data is not None:
        assert align(world(data)).broken == ()


@pytest.mark.parametrize("name", sorted(MUTATIONS))
def test_what_is_broken_is_reported(name: str) -> None:
    """With the code that it belongs to, in at least 95 of 100 draws."""
    wanted = MUTATIONS[name][0]
    drawn = [data for seed in range(DRAWS) if (data := broken(seed, name)) is not None]

    found = [wanted in codes(data) for data in drawn]

    assert drawn
    assert sum(found) / len(found) >= 0.95


def test_there_are_many_ways_to_break_a_landscape() -> None:
    """Of every family, and far more than thirty."""
    expected = {code for code, _ in MUTATIONS.values()}

    assert len(MUTATIONS) > 45
    assert {code[0] for code in expected} == {check.code[0] for check in checks()}
