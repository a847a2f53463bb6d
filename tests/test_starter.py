"""A new project is the whole reference landscape or nothing at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness import starter
from harness.errors import HarnessError
from harness.loader import load_project, load_scenarios, scenario_files
from harness.schemas import KINDS
from harness.starter import PARTS, copy_landscape, landscape_folder


def names(folder: Path) -> list[str]:
    """Return all files below a folder."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def names_of(folder: Path, part: str) -> list[str]:
    """Return the files of one part of a landscape: a file itself, or all below a folder."""
    if (folder / part).is_file():
        return [part]
    inside = names(folder / part)
    return [f"{part}/{name}" for name in inside if "__pycache__" not in name]


def test_the_reference_landscape_is_found() -> None:
    """Every part stands in one folder."""
    folder = landscape_folder()

    assert all((folder / part).exists() for part in PARTS)


def test_a_copy_is_complete_and_counted(tmp_path: Path) -> None:
    """Each file of the landscape, byte for byte, and a schema for each kind of file."""
    copied = copy_landscape(tmp_path / "demo")
    folder, source = tmp_path / "demo", landscape_folder()
    files = [name for name in names(folder) if not name.startswith("docs/")]

    assert copied == len(names(folder))
    assert files == sorted(n for part in PARTS for n in names_of(source, part))
    assert [n for n in files if (folder / n).read_bytes() != (source / n).read_bytes()] == []
    assert [n for n in names(folder) if n.startswith("docs/")] == [
        f"docs/schema/{kind}.json" for kind in sorted(KINDS)
    ]
    assert (folder / "reports").is_dir()


def test_a_copy_can_be_read_at_once(tmp_path: Path) -> None:
    """There is nothing to repair in a new project."""
    copy_landscape(tmp_path / "demo")
    project = load_project(tmp_path / "demo")
    scenarios = [
        scenario
        for file in scenario_files(project.scenarios_folder)
        for scenario in load_scenarios(file, project)
    ]

    assert project.problems == ()
    assert len(scenarios) > len(project.contracts) > 0


def test_each_schema_comment_of_a_copy_leads_to_a_schema(tmp_path: Path) -> None:
    """Editors find the schema beside the files that name it."""
    copy_landscape(tmp_path / "demo")
    mark = "# yaml-language-server: $schema="
    wanted = {
        (file.parent / line.removeprefix(mark)).resolve()
        for file in (tmp_path / "demo").rglob("*.yaml")
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.startswith(mark)
    }

    assert wanted
    assert [path.as_posix() for path in sorted(wanted) if not path.is_file()] == []


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    """A folder that was made for it is as good as none."""
    (tmp_path / "demo").mkdir()

    assert copy_landscape(tmp_path / "demo") > 0
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


@pytest.mark.parametrize("name", ["demo", "demo/notes.txt"], ids=["a file", "a full folder"])
def test_what_is_there_is_left_alone(tmp_path: Path, name: str) -> None:
    """Neither a file of that name nor a folder with something in it is touched."""
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("keep me")

    with pytest.raises(HarnessError, match="is not empty; name a folder"):
        copy_landscape(tmp_path / "demo")

    assert (names(tmp_path), file.read_text()) == ([name], "keep me")


def test_remains_of_a_copy_that_was_stopped_do_no_harm(tmp_path: Path) -> None:
    """What lies beside is thrown away, and nothing of it ends up in the project."""
    (tmp_path / "demo.part").mkdir()
    (tmp_path / "demo.part" / "half.yaml").write_text("contract: [")
    copy_landscape(tmp_path / "demo")

    assert "half.yaml" not in names(tmp_path / "demo")
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_a_copy_that_fails_leaves_no_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk in the middle does not leave half a project under its name."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copy2", full)

    with pytest.raises(OSError, match="No space left"):
        copy_landscape(tmp_path / "demo")
    assert not (tmp_path / "demo").exists()


def test_a_broken_installation_says_where_it_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both places are named, and the way out."""
    monkeypatch.setattr(starter, "__file__", str(tmp_path / "lib" / "harness" / "starter.py"))

    with pytest.raises(HarnessError, match="install golive-harness again") as caught:
        landscape_folder()

    assert str(tmp_path / "lib") in str(caught.value)
