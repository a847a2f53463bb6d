"""A small landscape, contracts in its words, and a table cell changed as an analyst would."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.fieldtable import Applied, apply_sheet, csv_bytes, parse_sheet
from harness.fieldtable.agreed import Agreed
from harness.fieldtable.table import Table, table_of
from harness.landscape import Landscape, System

HEAD = """\
contract: loans-to-shelf   # the only one
version: "1.0.0"
status: agreed
summary: Every loan becomes one slip.
from: desk.loan
to: shelf.slip
object: orders
owners: {business: readers, source: desk, target: shelf, integration: porters}
"""
MAPS = """
maps:
  kinds: {pairs: {book: B, map: M}}
sums:
  total: {add: [lines.*.price], equals: [total]}
"""
FIELDS = """
fields:
  # Who borrows.
  reader.name: {from: [first, last], using: 'join " "', if_missing: park}  # as on the card
  kind: {from: kind, map: kinds, severity: blocker}
  channel: {fixed: "12"}
  total: {checked_by: sums.total}

  due:  # block style
    from: due_at
    using: to_utc   # always UTC
    severity: minor
  lines:
    match_by: [ref]
    each: items
    fields:
      ref: {from: id}
      price: {from: price,   using: to_decimal}
not_mapped: {secret: Not for the shelf.}
"""
TEXT = HEAD + FIELDS + MAPS


def system(name: str, message: str, fields: Mapping[str, object]) -> System:
    """Return a system with one message."""
    carried = {"any": {"webhook": "any"}}
    described = {"key": "id", "carried_by": carried, "fields": dict(fields)}
    return System.described(
        system=name,
        kind="oms",
        owner=name,
        base_urls=["https://x.example"],
        messages={message: described},
    )


def landscape(*targets: str) -> Landscape:
    """Return a landscape whose target knows these fields as well."""
    source = ["id", "first", "last", "kind", "due_at", "secret", "items.*.id", "items.*.price"]
    known = ["reader.name", "kind", "channel", "total", "due", "note", "lines.*.ref", *targets]
    target: dict[str, object] = {
        name: {"type": "text"} for name in [*known, "lines.*.price", "lines.*.title"]
    }
    target["reader.name"] = {"type": "text", "max": 40, "required": "always"}
    return Landscape(
        systems={
            "desk": system("desk", "loan", {name: {"type": "text"} for name in source}),
            "shelf": system("shelf", "slip", target),
        },
        teams={},
    )


def table(text: str = TEXT) -> Table:
    """Return the table of a contract's text."""
    return table_of(Agreed.of(text, file="c.yaml", name="loans-to-shelf"), landscape())


def applied(
    raw: bytes, text: str = TEXT, *, remove: bool = False, targets: tuple[str, ...] = ()
) -> Applied:
    """Read a CSV file into a contract's text."""
    return apply_sheet(
        parse_sheet(raw, "t.csv"),
        text,
        file="c.yaml",
        contract="loans-to-shelf",
        landscape=landscape(*targets),
        remove=remove,
    )


def edited(
    change: Callable[[list[dict[str, str]]], None], text: str = TEXT, *, remove: bool = False
) -> Applied:
    """Read the table of a text back after its rows were changed."""
    rows = list(table(text).cells())
    change(rows)
    return applied(csv_bytes(rows), text, remove=remove)


def cell(target: str, **cells: str) -> Callable[[list[dict[str, str]]], None]:
    """Return the change of some cells in the row of a target; ``source`` is the column from."""

    def change(rows: list[dict[str, str]]) -> None:
        row = next(row for row in rows if target in (row["target"], row["from"]))
        row.update({"from" if name == "source" else name: text for name, text in cells.items()})

    return change


def difference(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return the lines that went and the lines that came."""
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]
