"""The documentation says what is so: pages are those of the models, links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.faults import CALL_FAULTS, WEBHOOK_FAULTS
from harness.simulators import SIMULATORS, load_simulator
from tests.projects import ROOT
from tests.tools.reference import FOLDER, pages

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("name", sorted(pages()))
def test_the_reference_is_that_of_the_models(name: str) -> None:
    """`make docs` was run after the last change."""
    assert (FOLDER / name).read_text() == pages()[name]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Each relative link names a file that exists."""
    file = page
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", file.read_text())

    assert [link for link in links if not (file.parent / link).exists()] == []


def test_every_fault_is_documented() -> None:
    """The how-to on scenarios names each word that a scenario may use."""
    text = (ROOT / "docs/how-to-write-a-scenario.md").read_text()
    assert [word for word in [*CALL_FAULTS, *WEBHOOK_FAULTS] if f"`{word}`" not in text] == []


def test_every_action_is_documented() -> None:
    """The reference of the simulators, to which the how-to leads, names each."""
    text = (ROOT / "docs/reference/simulators.md").read_text()
    actions = [action for name in SIMULATORS for action in load_simulator(name).actions]
    assert [word for word in actions if f"`{word}`" not in text] == []
    assert "reference/simulators.md" in (ROOT / "docs/how-to-write-a-scenario.md").read_text()
