"""The CSV border: what spreadsheets write is read, and nothing that is written is a formula."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import BadInput
from harness.fieldtable import COLUMNS, csv_bytes, parse_sheet
from harness.fieldtable.cells import guarded, unguarded
from harness.yamlfile.places import FORBIDDEN

TEXTS = st.text(st.characters(codec="utf-8")).map(
    lambda text: FORBIDDEN.sub("", text).replace("\r", "").strip()
)


@given(st.one_of(st.text(), st.from_regex(r"'*[=+\-@\t].*")))
def test_guard_and_back(text: str) -> None:
    """A guarded cell is no formula, and gives back what it guarded."""
    assert guarded(text)[:1] not in {"=", "+", "-", "@", "\t", "\r", "\n"} or not text
    assert unguarded(guarded(text)) == text


@given(st.lists(TEXTS, min_size=1, max_size=3), st.booleans())
def test_cells_survive(texts: list[str], bom: bool) -> None:
    """Whatever visible text stands in a cell is there again after writing and reading."""
    rows = [{"target": "t", "comment": text} for text in texts]

    sheet = parse_sheet(csv_bytes(rows, bom=bom), "t.csv")

    assert [record.cells["comment"] for record in sheet.records] == texts


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_dialects(separator: str, end: str) -> None:
    """Separators, line ends, quotes and capitals of other programs are understood."""
    lines = [["Target", "FROM", "if missing"], ['"no, te"', '"a ""b"""', "park"], ["", "", ""]]
    text = end.join(separator.join(line) for line in lines)

    sheet = parse_sheet(text.encode("utf-8-sig"), "t.csv")

    expected = {"target": "no, te", "from": 'a "b"', "if_missing": "park"}
    assert [dict(record.cells) for record in sheet.records] == [expected]


def test_separator_named_first() -> None:
    """The line by which Excel is told the separator is not a row, and counts as a line."""
    sheet = parse_sheet(b"sep=;\r\ntarget;fixed\r\nnote;a,b\r\n", "t.csv")

    assert sheet.records[0].cells["fixed"] == "a,b"
    assert sheet.records[0].places["fixed"] == (3, 6)


@given(st.lists(st.sampled_from(['a"b', "c\nd", "e,f", "g", "", "h;i"]), min_size=3, max_size=3))
def test_places(cells: list[str]) -> None:
    """The place of each cell is where its text begins in the file."""
    stream = io.StringIO(newline="")
    rows = [["target", "from", "comment"], ["\n", "x", "y"], ["t", *cells[1:]]]
    csv.writer(stream).writerows(rows)
    raw = stream.getvalue()

    record = parse_sheet(raw.encode(), "t.csv").records[-1]

    lines = raw.splitlines(keepends=True)
    for name, cell in zip(["from", "comment"], cells[1:], strict=True):
        line, column = record.places[name]
        assert (
            "".join(lines[line - 1 :])[column - 1 :]
            .lstrip('"')
            .replace('""', '"')
            .startswith(cell.splitlines()[0] if cell else "")
        )


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (b"", "t.csv:", "the file is empty"),
        (b"target,form\n", "t.csv:1:8:", "did you mean 'from'?"),
        (b"target,from,From\n", "t.csv:1:13:", "stands here twice"),
        (b"from,using\na,trim\n", "t.csv:1:1:", "there is no column 'target'"),
        (b"target,from\na\n", "t.csv:2:1:", "1 cells, and 2 columns"),
        (b"target,from\na,b,c\n", "t.csv:2:1:", "3 cells, and 2 columns"),
        (b'target,from\na,"b\n', "t.csv:2:", "is not CSV"),
        (b"target,from\na,\xe4\n", "t.csv:2:", "CSV UTF-8"),
        (b"target,from\na,b\x07\n", "t.csv:2:3:", "U+0007"),
    ],
)
def test_refused(text: bytes, place: str, said: str) -> None:
    """What is no table is refused at its place, with a way out."""
    with pytest.raises(BadInput) as refused:
        parse_sheet(text, "t.csv")

    assert str(refused.value).startswith(place)
    assert said in str(refused.value)


def test_header_is_complete() -> None:
    """Every column is written, in its order."""
    header = csv_bytes([]).decode().rstrip("\r\n")

    assert header.split(",") == [column.name for column in COLUMNS]
