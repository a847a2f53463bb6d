"""The project file is found from anywhere below it, and read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.loader import find_root, load_project
from tests.loader.support import ORDERS, said
from tests.projects import replace_in


def test_the_root_is_the_nearest_folder_with_a_project_file(folder: Path) -> None:
    """From anywhere below it."""
    assert find_root(folder / "scenarios" / "orders") == folder.resolve()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[run\n", "is not TOML"),
        ("[run]\nseeed = 1\n", "golive.toml:2"),
        ("[run]\nseed = 'x'\n", "run.seed"),
        ("[run]\nas_of = 'soon'\n", "run.as_of"),
        ("[unknown]\n", "there is no such setting"),
    ],
)
def test_a_wrong_project_file_is_one_problem(folder: Path, text: str, expected: str) -> None:
    """Named with its line where TOML tells it."""
    (folder / "golive.toml").write_text(text)

    assert expected in said(load_project(folder))


def test_a_project_may_forbid_expressions(folder: Path) -> None:
    """Each use is a problem at its own line."""
    rule = "note: {expression: 'source.note ~ \"!\"'}"
    replace_in(
        folder / f"contracts/{ORDERS}.yaml",
        "note: {from: note, using: truncate 500, if_missing: leave_out}",
        rule,
    )
    assert said(load_project(folder)) == ""
    with (folder / "golive.toml").open("a") as file:
        file.write('\n[contracts]\nexpressions = "forbid"\n')
    (found,) = load_project(folder).problems

    assert found.message == "fields.note.expression: golive.toml forbids expressions"
    assert found.source.strip() == rule
    assert "using" in found.hint
