"""Tables, read strictly from ``tables/NAME.csv``: a line of names, then rows of text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NoReturn

from harness.errors import BadInput, Problem
from harness.landscape import Table
from harness.loader.files import Reader
from harness.yamlfile.places import FORBIDDEN, MAX_PROBLEMS

MAX_BYTES: Final = 20_000_000
MAX_CELLS: Final = 1_000_000

_NAME: Final = re.compile(r"[a-z][a-z0-9_-]*")
_COLUMN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_PLAIN: Final = re.compile(r"[^,\"\r\n]*")
_QUOTED: Final = re.compile(r'"((?:[^"]|"")*)"')
_BREAK: Final = re.compile("\r\n|\r|\n")

Cell = tuple[str, int]
"""The text of a cell, and where it begins in the text of the file."""


def read_table(file: Path, *, shown: str) -> Table:
    """Read the table of a CSV file, UTF-8 with or without a mark, cells separated by commas.

    Raises:
        BadInput: everything that is wrong with it, each with its line and column.
    """
    name = file.stem
    if not _NAME.fullmatch(name):
        message = f"{name!r} cannot be written as `tables.NAME`"
        hint = "name the file in small letters, digits, `-` and `_`"
        raise BadInput([Problem(shown, 0, 0, message, hint)])
    return _Reading(_text(file, shown), shown).table(name)


def read_tables(folder: Path, *, reader: Reader) -> dict[str, Table]:
    """Return the tables of a folder by name; what is wrong with the others is collected."""
    tables: dict[str, Table] = {}
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        if file.name.startswith("."):
            continue
        if file.suffix != ".csv" or not file.is_file():
            message = "is no table; only files that end with `.csv` stand here"
            reader.problems.append(Problem(reader.shown(file), 0, 0, message, "move it away"))
            continue
        try:
            tables[file.stem] = read_table(file, shown=reader.shown(file))
        except BadInput as error:
            reader.problems += error.problems
    return tables


def _text(file: Path, shown: str) -> str:
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        raise BadInput([Problem(shown, 0, 0, message)]) from error
    if len(raw) > MAX_BYTES:
        message = f"is larger than {MAX_BYTES // 1_000_000} MB, the most that is read"
        raise BadInput([Problem(shown, 0, 0, message, "keep only what contracts look up")])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8", "replace")
        line = len(_BREAK.findall(before)) + 1
        column = len(_BREAK.split(before)[-1]) + 1
        message = f"byte 0x{error.object[error.start]:02x} is not UTF-8 text"
        raise BadInput([Problem(shown, line, column, message, "save it as UTF-8")]) from error


class _Reading:
    """One text on its way to a table."""

    def __init__(self, text: str, file: str) -> None:
        self._text, self._file = text, file
        self._starts = [0, *(match.end() for match in _BREAK.finditer(text))]
        self._problems: list[Problem] = []

    def table(self, name: str) -> Table:
        rows = self._rows()
        header = next(rows, None)
        if header is None:
            message, hint = "the file is empty", "the first line names the columns"
            raise BadInput([Problem(self._file, 0, 0, message, hint)])
        columns = self._columns(header)
        kept, cells = [], 0
        for row in rows:
            cells += len(row)
            if cells > MAX_CELLS:
                self._give_up(row[0][1], f"the table has more than {MAX_CELLS} cells")
            if self._fits(row, columns):
                kept.append(dict(zip(columns, (text for text, _ in row), strict=True)))
        if not self._problems and not kept:
            self._complain(len(self._text), "the table has no rows", "write some below the names")
        if self._problems:
            raise BadInput(self._problems)
        return Table.model_construct(name=name, columns=columns, rows=tuple(kept), file=self._file)

    def _columns(self, header: Sequence[Cell]) -> tuple[str, ...]:
        names = [text for text, _ in header]
        for index, (name, start) in enumerate(header):
            if not _COLUMN.fullmatch(name):
                hint = "letters, digits, `-` and `_`, as in `sku`"
                separator = next((s for s in (";", "\t") if s in name), None)
                if separator is not None and len(header) == 1:
                    hint = f"cells are separated by commas, not by {separator!r}"
                self._complain(start, f"{name!r} cannot be the name of a column", hint)
            elif name in names[:index]:
                self._complain(start, f"the column {name!r} is named twice", "keep one of the two")
        if self._problems:
            raise BadInput(self._problems)
        return tuple(names)

    def _fits(self, row: Sequence[Cell], columns: Sequence[str]) -> bool:
        """Return whether a row has a cell for each column, and complain if not."""
        if len(row) == 1 and not row[0][0] and self._text[row[0][1] : row[0][1] + 1] != '"':
            self._complain(row[0][1], "the line is empty", "delete it")
            return False
        if len(row) != len(columns):
            message = f"the row has {len(row)} cells, and {len(columns)} columns are named"
            hint = "a text that contains a comma stands in double quotes"
            self._complain(row[0][1], message, hint)
            return False
        for column, (text, start) in zip(columns, row, strict=True):
            invisible = FORBIDDEN.search(text)
            if invisible:
                message = f"{column}: the character U+{ord(invisible[0]):04X} cannot be seen"
                self._complain(start, message, "delete it")
            elif text != text.strip() and self._text[start : start + 1] != '"':
                message = f"{column}: {text!r} begins or ends with a space"
                self._complain(start, message, "delete it, or put the cell in double quotes")
        return True

    def _rows(self) -> Iterator[list[Cell]]:
        position = 0
        while position < len(self._text):
            row: list[Cell] = []
            while True:
                text, end = self._cell(position)
                row.append((text, position))
                if self._text[end : end + 1] != ",":
                    break
                position = end + 1
            yield row
            found = _BREAK.match(self._text, end)
            position = found.end() if found else end

    def _cell(self, start: int) -> tuple[str, int]:
        """Return the text of the cell that begins there, and where it ends."""
        if self._text[start : start + 1] != '"':
            plain = _PLAIN.match(self._text, start)
            end = plain.end() if plain else start
            if self._text[end : end + 1] == '"':
                hint = 'put the whole cell in double quotes, and write those in it twice: ""'
                self._give_up(end, "a quotation mark stands in the middle of a cell", hint)
            return self._text[start:end], end
        quoted = _QUOTED.match(self._text, start)
        if quoted is None:
            self._give_up(start, "the quotation mark is not closed")
        if self._text[quoted.end() : quoted.end() + 1] not in ("", ",", "\r", "\n"):
            hint = 'a quotation mark inside such a cell is written twice: ""'
            self._give_up(quoted.end(), "a comma is missing after the closing mark", hint)
        return quoted[1].replace('""', '"'), quoted.end()

    def _complain(self, position: int, message: str, hint: str = "") -> None:
        self._problems.append(self._problem(position, message, hint))
        if len(self._problems) == MAX_PROBLEMS:
            self._give_up(position, f"{MAX_PROBLEMS} problems up to here; the rest was not read")

    def _give_up(self, position: int, message: str, hint: str = "") -> NoReturn:
        raise BadInput([*self._problems, self._problem(position, message, hint)])

    def _problem(self, position: int, message: str, hint: str) -> Problem:
        line = bisect_right(self._starts, position)
        start = self._starts[line - 1]
        end = _BREAK.search(self._text, start)
        source = self._text[start : end.start() if end else len(self._text)]
        source = FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", source)
        return Problem(self._file, line, position - start + 1, message, hint, source)
