"""Simulators by name, or imported."""

import pytest

from harness.errors import HarnessError
from harness.simulators import SIMULATORS, load_simulator
from harness.simulators.base import Simulator
from harness.simulators.profiles import Number
from harness.simulators.shopify import Shopify


@pytest.mark.parametrize("name", sorted(SIMULATORS))
def test_the_built_in_ones_are_found(name: str) -> None:
    """Each name gives a simulator whose actions are all described."""
    found = load_simulator(name)
    assert issubclass(found, Simulator)
    assert all(sentence.endswith(".") for sentence in found.actions.values())


def test_ones_own_is_imported() -> None:
    """A simulator of the project is named by module and class."""
    assert load_simulator("harness.simulators.shopify:Shopify") is Shopify


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("shopfy", "did you mean 'shopify'"),
        ("nowhere.at.all:Own", "importing nowhere.at.all raised ModuleNotFoundError"),
        ("harness.errors:Missing", "Missing is missing"),
        ("harness.errors:Problem", "is not a subclass of Simulator"),
        (":Own", "package.module:Class"),
    ],
)
def test_what_is_no_simulator_is_explained(name: str, message: str) -> None:
    """The error names what is wrong, and the way out."""
    with pytest.raises(HarnessError, match=message):
        load_simulator(name)


@pytest.mark.parametrize(
    "number",
    [number for name in SIMULATORS for number in load_simulator(name).habits.values()],
    ids=lambda number: number.meaning,
)
def test_every_number_says_where_it_comes_from(number: Number) -> None:
    """No vendor number stands without source, date and meaning."""
    assert number.source
    assert number.as_of
    assert number.meaning.endswith(".")
