"""A vendor's file is read within bounds, and its references stay inside of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.errors import BadInput
from harness.importing.documents import MAX_BYTES, among, read_source, visible


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    """Its size is said, and how large it may be."""
    file = tmp_path / "big.json"
    with file.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)

    with pytest.raises(BadInput, match=r"is 30.0 MB, which is too large\n.*30 MB is the most"):
        read_source(file)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A pipe could be read for ever, a folder not at all."""
    os.mkfifo(tmp_path / "pipe")

    for name in ("pipe", "."):
        with pytest.raises(BadInput, match="is not a regular file"):
            read_source(tmp_path / name)
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        read_source(tmp_path / "none.json")


def test_bytes_that_are_no_text_have_a_place(tmp_path: Path) -> None:
    """Line and column of the first of them."""
    file = tmp_path / "x.json"
    file.write_bytes(b'{"a":\n "\xff"}')

    with pytest.raises(BadInput, match=r"x.json:2:3: byte 0xff is not UTF-8 text"):
        read_source(file)


def test_broken_texts_are_not_shown(tmp_path: Path) -> None:
    """The line of a recorded message may hold somebody's name."""
    file = tmp_path / "x.yaml"
    file.write_text("name: 'Ada Quist\nnext: 1\n", encoding="utf-8")

    with pytest.raises(BadInput) as caught:
        read_source(file)

    assert "x.yaml:1:7: the quote that opens here is never closed" in str(caught.value)
    assert "Quist" not in str(caught.value)


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        ("#", ()),
        ("#/$defs/a~1b", ("$defs", "a/b")),
        ("#/$defs/c%20d", ("$defs", "c d")),
        ("#/list/1", ("list", "1")),
        ("#here", ("$defs", "c d")),
        ("https://x.example/s#/list", ("list",)),
    ],
)
def test_references_inside_of_the_file_are_followed(
    tmp_path: Path, reference: str, place: tuple[str, ...]
) -> None:
    """Escapes, anchors and the file's own address lead to the same places."""
    file = tmp_path / "s.json"
    text = (
        '{"$id": "https://x.example/s", "list": [1, 2],'
        ' "$defs": {"a/b": {}, "c d": {"$anchor": "here"}}}'
    )
    file.write_text(text, encoding="utf-8")

    assert place == read_source(file).resolve(reference)[1]


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("other.json#/a", "leads out of the file"),
        ("https://y.example/s", "leads out of the file"),
        ("#/$defs/nope", "leads nowhere"),
        ("#/list/9", "leads nowhere"),
        ("#nope", "leads nowhere"),
    ],
)
def test_nothing_is_fetched(tmp_path: Path, reference: str, said: str) -> None:
    """A reference that leads out, or nowhere, is said."""
    file = tmp_path / "s.json"
    file.write_text('{"$defs": {"node": {}}, "list": [1]}', encoding="utf-8")

    with pytest.raises(LookupError, match=said):
        read_source(file).resolve(reference)


def test_names_are_offered() -> None:
    """However they are written, near ones first, and some of many."""
    assert among("sales_order", ["Order", "SalesOrder"]) == "did you mean 'SalesOrder'?"
    assert among("zzz", [f"Schema{n}" for n in range(50)]).startswith("there are 50, such as ")
    assert among("zzz", []) == ""


def test_only_what_people_see_is_shown() -> None:
    """A description cannot send commands to a terminal."""
    assert visible("a\x1b[31m\n b") == "a\N{REPLACEMENT CHARACTER}[31m b"
