"""Tables are read strictly: what is wrong with one is said at its line and column."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import BadInput
from harness.loader import load_project, tables
from harness.loader.tables import read_table
from tests.loader.support import add, said

CELLS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f"))
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=5)


def broken(tmp_path: Path, content: bytes, name: str = "skus.csv") -> str:
    """Return what is said of the bytes of a table."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput) as caught:
        read_table(tmp_path / name, shown="t.csv")
    return str(caught.value)


def test_a_table_of_the_project_is_in_its_landscape(folder: Path) -> None:
    """By the name of its file, with the mark that Excel writes and any line end."""
    add(folder / "contracts/tables/skus.csv", '\ufeffsku,unit-price\r\nA-1,"1,50"\r\nA-2,\r\n')
    table = load_project(folder).landscape.tables["skus"]

    assert table.columns == ("sku", "unit-price")
    assert table.rows == (
        {"sku": "A-1", "unit-price": "1,50"},
        {"sku": "A-2", "unit-price": ""},
    )
    assert table.file == "contracts/tables/skus.csv"


def test_what_is_no_table_is_named(folder: Path) -> None:
    """A spreadsheet beside the tables would be taken for one that is read."""
    add(folder / "contracts/tables/skus.xlsx", "")
    add(folder / "contracts/tables/Big Ones.csv", "a\n1\n")

    assert "contracts/tables/skus.xlsx: is no table" in said(load_project(folder))
    assert "'Big Ones' cannot be written as `tables.NAME`" in said(load_project(folder))


@given(ROWS)
def test_every_cell_comes_back_as_it_was_written(rows: list[list[str]]) -> None:
    """What the CSV writer of Python quotes is read as the same text."""
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([["a", "b"], *rows])
    with TemporaryDirectory() as folder:
        file = Path(folder) / "t.csv"
        file.write_bytes(stream.getvalue().encode())
        try:
            found = [list(row.values()) for row in read_table(file, shown="t.csv").rows]
        except BadInput as error:
            assert "cannot be seen" in str(error)  # noqa: PT017 - invisible cells are refused
        else:
            assert found == rows


@pytest.mark.parametrize(
    ("content", "place", "expected"),
    [
        (b"", "t.csv:", "the file is empty"),
        (b"sku\n", "t.csv:2:1:", "has no rows"),
        (b"sku;price\nA;1\n", "t.csv:1:1:", "separated by commas"),
        (b"sku,the price\nA,1\n", "t.csv:1:5:", "'the price' cannot be the name of a column"),
        (b"sku,sku\nA,1\n", "t.csv:1:5:", "named twice"),
        (b"sku,\nA,1\n", "t.csv:1:5:", "cannot be the name"),
        (b"sku,price\nA\nB,1,2\n", "t.csv:3:1:", "has 3 cells, and 2 columns are named"),
        (b"sku,price\nA,1\n\nB,2\n", "t.csv:3:1:", "the line is empty"),
        (b'sku,price\n"A,1\n', "t.csv:2:1:", "not closed"),
        (b'sku,price\n"A"x,1\n', "t.csv:2:4:", "a comma is missing"),
        (b'sku,price\nA"x,1\n', "t.csv:2:2:", "middle of a cell"),
        (b"sku,price\nA, 1\n", "t.csv:2:3:", "begins or ends with a space"),
        (b'sku,price\n"A\nB",1\nC\n', "t.csv:4:1:", "has 1 cells"),
        (b"sku,price\nA,\xe4\n", "t.csv:2:3:", "byte 0xe4 is not UTF-8"),
        (b"sku,price\nA,1\x07\n", "t.csv:2:3:", "U+0007 cannot be seen"),
    ],
)
def test_each_mistake_has_its_place(
    tmp_path: Path, content: bytes, place: str, expected: str
) -> None:
    """Line and column are those of the cell, however many lines the cells before it have."""
    complaint = broken(tmp_path, content)

    assert place in complaint
    assert expected in complaint


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """One reading is enough to mend a table."""
    complaint = broken(tmp_path, b"a,b\n1\n1,2\n1,2,3\n")

    assert "t.csv:2:1: " in complaint
    assert "t.csv:4:1: " in complaint


def test_what_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the bytes nor the cells of a table are without end."""
    monkeypatch.setattr(tables, "MAX_CELLS", 3)
    assert "more than 3 cells" in broken(tmp_path, b"a,b\n1,2\n3,4\n")
    monkeypatch.setattr(tables, "MAX_BYTES", 5)
    assert "the most that is read" in broken(tmp_path, b"a,b\n1,2\n3,4\n")
