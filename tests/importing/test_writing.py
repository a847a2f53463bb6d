"""A file says what is known, and at its head what is left to say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.importing.documents import read_source
from harness.importing.writing import Content, origin, text_of
from harness.landscape import System
from harness.yamlfile import read_text, validate


def content(**words: Any) -> Content:
    """Return what is known of a message."""
    known: dict[str, Any] = {
        "system": "depot", "message": "job", "kind": "oms", "owner": "depot-team",
        "urls": ["https://depot.example"], "key": "ref", "call": {"request": "POST /jobs"},
        "at": "", "fields": {"ref": {"type": "text"}}, "imported": None,
    }  # fmt: skip
    return Content(**{**known, **words})


def written(folder: Path, known: Content, notes: list[str]) -> str:
    """Write a file made from an empty one."""
    file = folder / "v.json"
    file.write_text("{}", encoding="utf-8")
    return text_of(known, read_source(file), notes)


def test_what_is_all_known_can_be_read(tmp_path: Path) -> None:
    """By the strict reader, without a word of a person."""
    notes: list[str] = []
    text = written(tmp_path, content(at="jobs.*"), notes)

    (document,) = read_text(text, "depot.yaml")
    (message,) = validate(System, document, document.data).messages.values()

    assert (notes, message.carried_by["call"].at) == ([], "body.jobs.*")


def test_what_is_not_known_is_a_comment_and_a_note(tmp_path: Path) -> None:
    """Never a value that somebody might believe."""
    notes: list[str] = []
    text = written(tmp_path, content(kind=None, owner=None, urls=[], key=None, call=None), notes)

    said = [note.partition(":")[0] for note in notes]
    assert said == ["kind", "owner", "base_urls", "key", "carried_by"]
    assert all(f"# {word}:   say " in text for word in said)


def test_a_note_cannot_leave_its_comment(tmp_path: Path) -> None:
    """Lines and signs of a vendor's text stay behind the mark, and many are counted."""
    text = written(tmp_path, content(), ["a\nsystem: evil\x1b", *(f"n{n}" for n in range(80))])

    (document,) = read_text(text, "depot.yaml")

    assert document.data["system"] == "depot"
    assert "#   and 21 notes more\n" in text


def test_a_file_is_named_from_the_project(tmp_path: Path) -> None:
    """One outside of it has no name there."""
    file = tmp_path / "in" / "v.json"
    file.parent.mkdir()
    file.write_text("{}", encoding="utf-8")
    source = read_source(file)

    named = origin(source, tmp_path)

    assert named is not None
    assert named["file"] == "in/v.json"
    assert origin(source, tmp_path / "other") is None
