"""The table as a CSV file: what spreadsheets write is read, what is written harms none."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.errors import BadInput, Problem, did_you_mean
from harness.fieldtable.cells import BY_NAME, COLUMNS, guarded, unguarded
from harness.yamlfile import MAX_BYTES
from harness.yamlfile.places import FORBIDDEN

SEPARATORS: Final = (",", ";", "\t")
_NAMED: Final = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)
_BREAK: Final = re.compile("\r\n|\r|\n")
_SAVE_AS: Final = "save it as `CSV UTF-8`"


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the file: its cells by column, and where each stands."""

    cells: Mapping[str, str]
    places: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds: the columns it has, and its rows."""

    file: str
    columns: tuple[str, ...]
    records: tuple[Record, ...]

    def problem(self, record: Record, column: str, message: str, hint: str = "") -> Problem:
        """Return a problem at a cell, or at the first of its row."""
        place = record.places.get(column) or min(record.places.values())
        return Problem(self.file, *place, message, hint)


def csv_bytes(rows: Iterable[Mapping[str, str]], *, bom: bool = False) -> bytes:
    """Return rows of cells as a CSV file.

    ``bom`` puts a mark first by which Excel knows UTF-8.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(column.name for column in COLUMNS)
    for row in rows:
        writer.writerow(guarded(row.get(column.name, "")) for column in COLUMNS)
    return stream.getvalue().encode("utf-8-sig" if bom else "utf-8")


def read_sheet(path: Path, *, shown: str | None = None) -> Sheet:
    """Read a CSV file that a spreadsheet or a person wrote.

    ``shown`` is how problems name the file.

    Raises:
        BadInput: it cannot be read, or is no table of fields.
    """
    file = shown or path.as_posix()
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        raise BadInput([Problem(file, 0, 0, message, "`--csv --to FILE` writes one")]) from error
    return parse_sheet(raw, file)


def parse_sheet(raw: bytes, file: str) -> Sheet:
    """Return what the bytes of a CSV file say.

    Raises:
        BadInput: they are no table of fields.
    """
    if len(raw) > MAX_BYTES:
        raise BadInput([Problem(file, 0, 0, f"is larger than {MAX_BYTES // 1_000_000} MB")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8 text"
        raise BadInput([Problem(file, line, 0, message, _SAVE_AS)]) from error
    return _Parser(text, file).sheet()


class _Parser:
    """Reads one text, with the places of its cells."""

    def __init__(self, text: str, file: str) -> None:
        named = _NAMED.match(text)
        self._file = file
        self._skipped = 1 if named else 0
        self._text = text[named.end() :] if named else text
        self._separator = named[1] if named else _sniffed(self._text)
        self._lines = _lines(self._text)

    def sheet(self) -> Sheet:
        rows = self._rows()
        header = next(((line, row) for line, row in rows if any(row)), None)
        if header is None:
            hint = "the first row names the columns; `--csv` writes a table to begin with"
            raise BadInput([Problem(self._file, 0, 0, "the file is empty", hint)])
        columns = self._columns(*header)
        problems: list[Problem] = []
        records = []
        for line, row in rows[rows.index(header) + 1 :]:
            if not any(cell.strip() for cell in row):
                continue
            places = self._places(line, row)
            if len(row) < len(columns) or any(cell.strip() for cell in row[len(columns) :]):
                message = f"the row has {len(row)} cells, and {len(columns)} columns are named"
                hint = f"a text that contains {self._separator!r} stands in double quotes"
                problems.append(Problem(self._file, *places[0], message, hint))
                continue
            cells = {
                name: unguarded(cell).strip()
                for name, cell in zip(columns, row, strict=False)
                if name
            }
            problems += self._invisible(columns, row, places)
            kept = {name: place for name, place in zip(columns, places, strict=False) if name}
            records.append(Record(cells, kept))
        if problems:
            raise BadInput(problems)
        return Sheet(self._file, tuple(filter(None, columns)), tuple(records))

    def _rows(self) -> list[tuple[int, list[str]]]:
        reader = csv.reader(self._lines, delimiter=self._separator, strict=True)
        rows, line = [], 0
        try:
            for row in reader:
                rows.append((line, row))
                line = reader.line_num
        except csv.Error as error:
            message = f"is not CSV: {error}"
            hint = 'inside a cell in double quotes, a quotation mark is written twice: ""'
            where = line + 1 + self._skipped
            raise BadInput([Problem(self._file, where, 0, message, hint)]) from error
        return rows

    def _columns(self, line: int, row: Sequence[str]) -> list[str]:
        places = self._places(line, row)
        names = ["_".join(unguarded(cell).lower().split()) for cell in row]
        problems = []
        for index, name in enumerate(names):
            if name and name not in BY_NAME:
                hint = did_you_mean(name, list(BY_NAME))
                message = f"there is no column {row[index].strip()!r}"
                problems.append(Problem(self._file, *places[index], message, hint))
            elif name and name in names[:index]:
                message = f"the column {name!r} stands here twice"
                problems.append(Problem(self._file, *places[index], message, "keep one of the two"))
        if not problems and "target" not in names:
            hint = "the first row names the columns; `target` says which field a row is about"
            message = "there is no column 'target'"
            problems.append(Problem(self._file, line + 1 + self._skipped, 1, message, hint))
        if problems:
            raise BadInput(problems)
        return names

    def _places(self, line: int, row: Sequence[str]) -> list[tuple[int, int]]:
        """Return line and column of each cell of the record that begins at a line."""
        places, column = [], 0
        for _ in row:
            places.append((line + 1 + self._skipped, column + 1))
            if self._lines[line][column : column + 1] != '"':
                end = self._lines[line].find(self._separator, column)
                column = len(self._lines[line]) if end < 0 else end + 1
                continue
            column += 1
            while True:
                end = self._lines[line].find('"', column)
                if end < 0:
                    line, column = line + 1, 0
                elif self._lines[line][end + 1 : end + 2] == '"':
                    column = end + 2
                else:
                    column = end + 2
                    break
        return places

    def _invisible(
        self, columns: Sequence[str], row: Sequence[str], places: Sequence[tuple[int, int]]
    ) -> Iterable[Problem]:
        for name, cell, place in zip(columns, row, places, strict=False):
            found = FORBIDDEN.search(cell)
            if found and name:
                message = f"{name}: the character U+{ord(found[0]):04X} cannot be seen"
                yield Problem(self._file, *place, message, "delete it")


def _lines(text: str) -> list[str]:
    return [match[0] for match in re.finditer("[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)]


def _sniffed(text: str) -> str:
    """Return the separator by which most names of columns are found in the first row."""
    first = next((line for line in _BREAK.split(text) if line.strip()), "")

    def found(separator: str) -> int:
        names = {word.strip().strip('"').strip().lower() for word in first.split(separator)}
        return len(names & set(BY_NAME))

    return max(SEPARATORS, key=found)
