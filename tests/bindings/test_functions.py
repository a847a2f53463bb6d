"""Python checks are found in the project's folder, and what is not found has a place."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.bindings.functions import load_checks
from harness.contract import Contract
from tests.checks.support import contract


def agreed(run: str) -> Contract:
    """Return a contract at a place, with one check."""
    one = contract(checks={"twins": {"run": run, "owner": "business"}})
    return one.located("contracts/buns.yaml", {"checks.twins": 41})


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """Return a folder with modules, forgotten afterwards."""
    before, path = set(sys.modules), list(sys.path)
    (tmp_path / "bunchecks.py").write_text("def twins(evidence): return []\nLIMIT = 3\n")
    (tmp_path / "bunbroken.py").write_text("1 / 0\n")
    (tmp_path / "bunneeds.py").write_text("import no_such_package\n")
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_function_of_the_project_is_found(project: Path) -> None:
    """By the words of the contract."""
    found, problems = load_checks([agreed("bunchecks:twins")], root=project)

    assert list(found) == ["bunchecks:twins"]
    assert problems == ()
    assert found["bunchecks:twins"](None) == []


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ("nosuch.module:twins", "there is no module 'nosuch'"),
        ("bunchecks:twinns", "bunchecks has no function 'twinns'"),
        ("bunchecks:LIMIT", "no function called 'LIMIT'"),
        ("bunbroken:twins", "importing bunbroken raised ZeroDivisionError"),
        ("bunneeds:twins", "importing bunneeds raised ModuleNotFoundError"),
    ],
)
def test_what_is_not_found_is_one_problem_at_its_line(run: str, said: str, project: Path) -> None:
    """The file, the line, what is wrong, and a way out."""
    found, (problem,) = load_checks([agreed(run)], root=project)

    assert found == {}
    assert str(problem).startswith("contracts/buns.yaml:41: checks.twins.run: ")
    assert said in problem.message
    assert problem.hint


def test_a_near_name_is_proposed(project: Path) -> None:
    """Most wrong names are slips of the pen."""
    _, (problem,) = load_checks([agreed("bunchecks:twinns")], root=project)

    assert problem.hint == "did you mean 'twins'?"
