"""What all commands share: exit statuses, and where the project is."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from harness.loader import Project

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001
"""Where commands are added to the command line."""

READY, NOT_READY, BAD_USAGE = 0, 1, 2


def project_root(given: str | None) -> Path:
    """Return the folder of the project: the one given, else the nearest with a project file."""
    from harness.loader import find_root

    if given:
        return Path(given).resolve()
    return find_root(Path.cwd()) or Path.cwd()


def project_at(given: str | None) -> Project:
    """Read the project in a folder, or a folder of contracts; problems are collected.

    Raises:
        BadInput: there is no such folder, or nothing in it that could be read.
    """
    from harness.errors import BadInput, Problem
    from harness.loader import PROJECT_FILE, load_project

    if given is None:
        return load_project(project_root(None))
    folder = Path(given)
    if not folder.is_dir():
        hint = "name the folder of a project, or a folder of contracts"
        raise BadInput([Problem(given, 0, 0, "there is no such folder", hint)])
    folder = folder.resolve()
    if (folder / PROJECT_FILE).is_file() or (folder / "contracts").is_dir():
        return load_project(folder)
    root = next((p for p in folder.parents if (p / PROJECT_FILE).is_file()), folder.parent)
    return load_project(root, contracts=folder)
