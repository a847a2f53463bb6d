"""Seeds by name: stable, and different where the names are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.seeds import derive_seed


def test_a_seed_is_the_same_for_ever() -> None:
    """The number is written down here, so that no process or version changes it."""
    assert derive_seed(1, "ORD-007", "integration") == 8584744619255128020


@given(st.lists(st.text(), max_size=3), st.lists(st.text(), max_size=3))
def test_other_names_give_other_seeds(first: list[str], second: list[str]) -> None:
    """Only equal names share a seed, wherever the words are divided."""
    assert (first == second) == (derive_seed(1, *first) == derive_seed(1, *second))


@given(st.integers(), st.integers())
def test_other_runs_give_other_seeds(first: int, second: int) -> None:
    """The run's own seed counts as well."""
    assert (first == second) == (derive_seed(first, "a") == derive_seed(second, "a"))
