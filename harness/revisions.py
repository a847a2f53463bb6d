"""Versions of a project: a folder as it stands, or a revision of its git repository."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.cast import contracts_of
from harness.compare import Version
from harness.errors import BadInput, Problem
from harness.loader import PROJECT_FILE, Project, load_project, load_scenarios, scenario_files


def version_of(name: str, *, root: Path) -> Version:
    """Return the version that a word of the command line means.

    ``name`` is the folder of a project, a folder of contracts, or a revision of the repository in
    which the project at ``root`` stands.

    Raises:
        BadInput: there is no such thing, or its files cannot be read.
    """
    folder = Path(name)
    if folder.is_dir():
        return version_in(folder)
    with _checked_out(name, root) as place:
        return version_in(place)


def version_in(folder: Path) -> Version:
    """Return the version in the folder of a project, or in a folder of contracts.

    Raises:
        BadInput: its files cannot be read.
    """
    if (folder / PROJECT_FILE).is_file() or (folder / "contracts").is_dir():
        project = load_project(folder.resolve())
    else:
        project = load_project(folder.resolve().parent, contracts=folder.resolve())
    if project.problems:
        raise BadInput(project.problems)
    return version_of_project(project)


def version_of_project(project: Project) -> Version:
    """Return what a project has now.

    A scenario that cannot be read counts for every contract, so that it is never left out.
    """
    every = frozenset(contract.contract for contract in project.contracts)
    scenarios: dict[str, frozenset[str]] = {}
    for file in scenario_files(project.scenarios_folder):
        try:
            for scenario in load_scenarios(file, project):
                of = contracts_of(scenario, project)
                scenarios[scenario.name] = frozenset(contract.contract for contract in of)
        except BadInput:
            scenarios[file.stem] = every
    return Version(project.contracts, project.landscape, project.flows, scenarios)


@contextmanager
def _checked_out(revision: str, root: Path) -> Iterator[Path]:
    """Give a folder with the project's files as they were at a revision."""
    commit = _git(
        root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
    )
    if commit is None:
        raise BadInput(
            [
                Problem(
                    revision,
                    0,
                    0,
                    "is neither a folder nor a revision of this repository",
                    "name a folder of contracts, or a revision such as `main` or `HEAD~3`",
                )
            ]
        )
    packed = _git(root, "archive", "--format=tar", commit.decode().strip())
    with tempfile.TemporaryDirectory(prefix="golive-") as name:
        with tarfile.open(fileobj=io.BytesIO(packed or b"")) as archive:
            archive.extractall(name, filter="data")
        yield Path(name)


def _git(root: Path, *arguments: str) -> bytes | None:
    try:
        # A list, no shell; the revision stands behind `--end-of-options`.
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(root), *arguments],  # noqa: S607 - git is where the user has it
            capture_output=True,
            check=False,
        )
    except OSError as error:
        why = f"git cannot be started: {error.strerror}"
        raise BadInput([Problem("git", 0, 0, why, "name folders in place of revisions")]) from error
    return done.stdout if done.returncode == 0 else None
