"""The mapping table that a business analyst keeps in a spreadsheet, and the way back to YAML."""

from harness.fieldtable.cells import COLUMNS, KINDS, Column
from harness.fieldtable.csvfile import Sheet, csv_bytes, parse_sheet, read_sheet
from harness.fieldtable.files import (
    apply_to,
    contract_path,
    contract_table,
    write_applied,
    write_beside,
)
from harness.fieldtable.merging import Applied, apply_sheet
from harness.fieldtable.table import Place, Row, Table

__all__ = [
    "COLUMNS",
    "KINDS",
    "Applied",
    "Column",
    "Place",
    "Row",
    "Sheet",
    "Table",
    "apply_sheet",
    "apply_to",
    "contract_path",
    "contract_table",
    "csv_bytes",
    "parse_sheet",
    "read_sheet",
    "write_applied",
    "write_beside",
]
