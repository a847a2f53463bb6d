"""A copy of the reference landscape, to be broken."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.loader import load_project, load_scenarios
from harness.scenario import Scenario
from tests.projects import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Provide a copy of the reference landscape."""
    for name in ("contracts", "scenarios"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "golive.toml", tmp_path)
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Callable[[str], tuple[Scenario, ...]]:
    """Provide a way to write a scenario and load it."""

    def written(text: str) -> tuple[Scenario, ...]:
        file = folder / "scenarios" / "new.yaml"
        file.write_text(text)
        return load_scenarios(file, load_project(folder))

    return written
