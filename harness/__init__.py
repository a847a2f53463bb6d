"""Golive: contracts, scenarios and a readiness verdict for commerce integrations."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.checks import judge
    from harness.contract import Clause, Contract
    from harness.errors import BadInput, HarnessError, Problem
    from harness.history import Event, Exchange, History
    from harness.journal import read_journal, write_journal
    from harness.landscape import Landscape
    from harness.loader import Project, load_project, load_scenarios
    from harness.mapping import transform
    from harness.readiness import Readiness
    from harness.runner import run_scenario
    from harness.scenario import Scenario
    from harness.simulators.base import Simulator
    from harness.verdict import Finding, Ruling, Status

_HOME = {
    "BadInput": "errors",
    "Clause": "contract",
    "Contract": "contract",
    "Event": "history",
    "Exchange": "history",
    "Finding": "verdict",
    "HarnessError": "errors",
    "History": "history",
    "Landscape": "landscape",
    "Problem": "errors",
    "Project": "loader",
    "Readiness": "readiness",
    "Ruling": "verdict",
    "Scenario": "scenario",
    "Simulator": "simulators.base",
    "Status": "verdict",
    "judge": "checks",
    "load_project": "loader",
    "load_scenarios": "loader",
    "read_journal": "journal",
    "run_scenario": "runner",
    "transform": "mapping",
    "write_journal": "journal",
}

__all__ = [
    "BadInput",
    "Clause",
    "Contract",
    "Event",
    "Exchange",
    "Finding",
    "HarnessError",
    "History",
    "Landscape",
    "Problem",
    "Project",
    "Readiness",
    "Ruling",
    "Scenario",
    "Simulator",
    "Status",
    "judge",
    "load_project",
    "load_scenarios",
    "read_journal",
    "run_scenario",
    "transform",
    "write_journal",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that a pytest start pays for nothing."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"harness.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
