"""Words that the tests of loading share."""

from __future__ import annotations

from pathlib import Path

from harness.contract import Contract
from harness.loader import Project, load_project

ORDERS = "shopify-order-to-oms"


def said(project: Project) -> str:
    """Return all problems as they are shown."""
    return "\n".join(map(str, project.problems))


def contract_of(folder: Path, name: str = ORDERS) -> Contract:
    """Return a contract of a project that has no problems."""
    project = load_project(folder)
    assert said(project) == ""
    found = project.contract(name)
    assert found is not None
    return found


def add(file: Path, text: str) -> None:
    """Write a file, and the folders that lead to it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
