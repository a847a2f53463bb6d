"""Print what development needs, from pyproject.toml, one requirement a line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def requirements(project: dict[str, Any]) -> Iterator[str]:
    """Yield the dependencies of the package and of the group `dev`."""
    yield from project["project"]["dependencies"]
    yield from _group(project["dependency-groups"], "dev")


def _group(groups: dict[str, Any], name: str) -> Iterator[str]:
    for entry in groups[name]:
        if isinstance(entry, dict):
            yield from _group(groups, entry["include-group"])
        else:
            yield entry


if __name__ == "__main__":
    print("\n".join(requirements(tomllib.loads(Path("pyproject.toml").read_text()))))
