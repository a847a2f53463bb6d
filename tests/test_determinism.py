"""The same seed gives the same bytes, wherever and however the run is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import golive, landscape

pytestmark = pytest.mark.slow


def written(project: Path) -> dict[str, bytes]:
    """Return the record and every journal of a project."""
    reports = project / "reports"
    files = [reports / "readiness.json", *sorted((reports / "journals").iterdir())]
    return {file.name: file.read_bytes() for file in files}


def test_folder_hash_seed_zone_and_workers_change_nothing(tmp_path: Path) -> None:
    """Two runs in other folders, zones and processes write the same bytes."""
    first, second = landscape(tmp_path / "a"), landscape(tmp_path / "elsewhere")

    one = golive(first, "run", environment={"PYTHONHASHSEED": "1", "TZ": "America/Lima"})
    other = golive(
        second, "run", "-n", "2", environment={"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo"}
    )

    assert (one.status, other.status) == (0, 0)
    assert written(first) == written(second)


def test_another_seed_gives_another_run(tmp_path: Path) -> None:
    """The seed is not ignored."""
    project = landscape(tmp_path, only=("RES-010-oms-trouble.yaml",))
    golive(project, "run", "--seed", "1")
    before = written_partial(project)
    golive(project, "run", "--seed", "2")

    assert written_partial(project) != before


def written_partial(project: Path) -> bytes:
    """Return the journal of a scenario with random waits."""
    return (project / "reports/journals/RES-011.jsonl").read_bytes()
