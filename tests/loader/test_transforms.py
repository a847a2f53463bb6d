"""A project brings transforms of its own, and sees no others but those that are built in."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.contract import FieldRule
from harness.errors import Problem
from harness.loader import load_project
from harness.mapping import catalogue, parse_pipe
from harness.mapping.added import added, show_added
from tests.loader.support import ORDERS, add, contract_of, said
from tests.projects import replace_in

SHOUTED = '''"""Transforms of a shop."""

from harness import transform


@transform(accepts="text", gives="text")
def {name}(value: str) -> str:
    """Make a text loud."""
    return value.upper() + "{mark}"
'''


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave the catalogue and what is imported as they were."""
    before, modules, path = added(), set(sys.modules), list(sys.path)
    yield
    show_added(before)
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.startswith(("bakery", "words")):
            del sys.modules[name]


def name_modules(folder: Path, *modules: str) -> None:
    """Let the project name modules for its transforms."""
    listed = ", ".join(f'"{module}"' for module in modules)
    replace_in(
        folder / "golive.toml", "[integration]\n", f"[integration]\ntransforms = [{listed}]\n"
    )


def use(folder: Path, pipe: str) -> None:
    """Let a rule of the project use a pipe."""
    replace_in(folder / f"contracts/{ORDERS}.yaml", "using: truncate 500,", f"using: {pipe},")


def test_contracts_use_what_the_project_brings(folder: Path) -> None:
    """Its modules are imported from its folder before its contracts are read."""
    add(folder / "bakery/__init__.py", "")
    add(folder / "bakery/words.py", SHOUTED.format(name="shouted", mark="!"))
    name_modules(folder, "bakery.words")
    use(folder, "trim | shouted")
    for _ in range(2):
        note = contract_of(folder).fields["note"]
        assert isinstance(note, FieldRule)
        assert parse_pipe(note.using or "").apply(" rye ") == "RYE!"

    assert catalogue()["shouted"].home == "bakery.words"


def problem_of(folder: Path) -> Problem:
    """Return the one problem that stands in the project file."""
    (found,) = [p for p in load_project(folder).problems if p.file == "golive.toml"]
    return found


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (None, "there is no module 'bakery_words'"),
        ("import nothing_like_it", "raised ModuleNotFoundError: No module named 'nothing_like_it'"),
        ("x = 1 / 0", "raised ZeroDivisionError: division by zero at bakery_words.py:1"),
        ("raise SystemExit(3)", "raised SystemExit: 3"),
        ("x = 1", "bakery_words adds no transform"),
        (SHOUTED.format(name="trim", mark=""), "that is a transform of the harness"),
        (SHOUTED.format(name="loud", mark="").replace("value: str", "*value: str"), "cannot be"),
        (SHOUTED.format(name="loud", mark="").replace('="text", g', '="loud", g'), "`accepts` is"),
    ],
)
def test_what_cannot_be_imported_is_one_clear_message(
    folder: Path, code: str | None, expected: str
) -> None:
    """At the line of the setting; the project's own file is named from its folder."""
    if code is not None:
        add(folder / "bakery_words.py", code)
    name_modules(folder, "bakery_words")
    found = problem_of(folder)

    assert found.message.startswith("integration.transforms: ")
    assert expected in found.message
    assert (str(folder) in found.message, found.line) == (False, 3)
    assert added() == {}


def test_a_name_is_given_once(folder: Path) -> None:
    """Two modules of one project cannot both have a transform of that name."""
    add(folder / "bakery_a.py", SHOUTED.format(name="loud", mark=""))
    add(folder / "bakery_b.py", SHOUTED.format(name="loud", mark="!"))
    name_modules(folder, "bakery_a", "bakery_b")

    assert "has a transform of that name" in problem_of(folder).message


def test_projects_do_not_see_each_others_transforms(folder: Path, tmp_path: Path) -> None:
    """Not while their contracts are read, even if their modules have the same names."""
    add(folder / "words.py", SHOUTED.format(name="loud", mark="!"))
    name_modules(folder, "words")
    use(folder, "loud")
    contract_of(folder)
    first = sys.modules["words"]

    other = tmp_path / "other"
    add(other / "golive.toml", '[integration]\ntransforms = ["words"]\n')
    add(other / "words.py", SHOUTED.format(name="soft", mark="."))
    shutil.copytree(folder / "contracts", other / "contracts")
    assert "there is no transform 'loud'" in said(load_project(other))
    replace_in(other / f"contracts/{ORDERS}.yaml", "using: loud", "using: soft")
    contract_of(other)

    assert sys.modules["words"] is first
    assert parse_pipe("loud | soft").apply("rye") == "RYE!."
    assert said(load_project(folder)) == ""
