"""What is installed from a wheel can make a project that runs, as a checkout can."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.projects import ROOT, command, golive

pytestmark = pytest.mark.slow


def test_an_unpacked_wheel_makes_a_project_that_is_go(tmp_path: Path) -> None:
    """The landscape travels inside the package, and nothing else of the checkout is needed."""
    built = command(ROOT, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist"))
    assert built.status == 0, built.said
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    installed = {"PYTHONPATH": str(site)}

    made = golive(tmp_path, "init", "demo", environment=installed)
    ran = golive(tmp_path / "demo", "run", "--json", environment=installed)

    assert made.status == 0, made.said
    assert ran.record()["verdict"] == "GO"
    assert not (site / "tests").exists()
