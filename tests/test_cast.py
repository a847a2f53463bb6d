"""Who takes part in a scenario."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from harness.cast import contracts_of, systems_of
from harness.loader import Project, load_project
from harness.scenario import Scenario
from tests.projects import ROOT


@cache
def reference() -> Project:
    """Return the reference landscape."""
    return load_project(ROOT)


def story(**keys: Any) -> Scenario:
    """Return a scenario with some keys."""
    return Scenario.model_validate({"scenario": "A story", "id": "T-1", **keys})


def judged_by(scenario: Scenario) -> list[str]:
    """Return the names of the contracts that judge a scenario."""
    return [contract.contract for contract in contracts_of(scenario, reference())]


def test_a_scenario_is_judged_by_the_contracts_it_names() -> None:
    """Names count, whatever else appears."""
    assert judged_by(story(contracts=["erp-item-to-wms"], when=[{"do": "oms.ship"}])) == [
        "erp-item-to-wms"
    ]


def test_without_names_it_is_judged_by_those_whose_systems_appear() -> None:
    """Both systems have to appear, in a step, a fault, an expectation or a record."""
    both = story(when=[{"do": "erp.change_item"}], then=[{"message": "wms.product"}])
    assert judged_by(both) == ["erp-item-to-wms"]


def test_where_no_two_appear_one_is_enough() -> None:
    """A story about one system is about every contract that it has a part in."""
    found = judged_by(story(when=[{"do": "amazon.place_order"}]))
    assert found
    assert all("amazon" in name for name in found)


def test_a_story_about_nothing_is_about_everything_that_is_not_retired() -> None:
    """Nothing is left out because nothing was named."""
    project = reference()
    retired = project.contracts[0].model_copy(update={"status": "retired"})
    some = replace(project, contracts=(retired, *project.contracts[1:]))
    assert contracts_of(story(), some) == project.contracts[1:]


def test_systems_that_tell_people_always_take_part() -> None:
    """Those of the contracts, those that are named, and whoever is told; nobody else."""
    named = story(contracts=["erp-item-to-wms"], systems={"oms": "simulated"})
    assert systems_of(named, reference()) == {"erp", "wms", "oms", "ops"}
