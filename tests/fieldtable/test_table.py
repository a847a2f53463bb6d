"""The rows of a table: what the contract says, what the systems say, and what is still open."""

from __future__ import annotations

import pytest

from harness.fieldtable import Place
from tests.fieldtable.samples import HEAD, MAPS, table


def rows(kind: str) -> list[dict[str, str]]:
    """Return the cells of the rows of a kind, without the empty ones."""
    every = [{name: text for name, text in row.items() if text} for row in table().cells()]
    return [row for row in every if row["kind"] == kind]


def test_a_rule_and_what_the_system_says_of_it() -> None:
    """A row shows sources, clauses, comments, and the limits of the target."""
    assert rows("field")[0] == {
        "kind": "field",
        "target": "reader.name",
        "type": "text",
        "max": "40",
        "required": "always",
        "from": "first, last",
        "using": 'join " "',
        "if_missing": "park",
        "comment": "as on the card",
        "above": "Who borrows.",
    }


def test_a_list_comes_before_its_fields() -> None:
    """A list has a row of its own, and its fields name it."""
    assert rows("list") == [
        {"kind": "list", "target": "lines", "list": "lines", "from": "items", "match_by": "ref"}
    ]
    assert [row["target"] for row in rows("field") if "list" in row] == ["lines.ref", "lines.price"]


def test_what_is_open() -> None:
    """Target fields without a rule, and source fields that nothing uses, are shown."""
    assert [row["target"] for row in rows("no_rule")] == ["note", "lines.title"]
    assert rows("unmapped") == [{"kind": "unmapped", "from": source} for source in ("id",)]
    assert [row["reason"] for row in rows("not_mapped")] == ["Not for the shelf."]


def test_null_is_a_value() -> None:
    """A fixed null is shown as one, and the comment lines above as one text."""
    text = f"{HEAD}fields:\n  # One.\n  # Two.\n  kind:\n    fixed: null\n{MAPS}"

    cells = next(iter(table(text).cells()))

    assert (cells["fixed"], cells["above"]) == ("null", "One. / Two.")


@pytest.mark.parametrize(
    ("place", "path", "shown"),
    [
        (Place("fields", name="a.b"), "fields|a.b", "fields.a.b"),
        (Place("fields", "lines"), "fields|lines", "fields.lines"),
        (Place("fields", "lines", "", "sku"), "fields|lines|fields|sku", "fields.lines.sku"),
        (
            Place("fields", "lines", "gifts", "sku"),
            "fields|lines|rows|gifts|fields|sku",
            "fields.lines.gifts.sku",
        ),
        (Place("fields", "lines", "gifts"), "fields|lines|rows|gifts", "fields.lines.gifts"),
        (Place("not_mapped", name="x"), "not_mapped|x", "not_mapped.x"),
    ],
)
def test_places(place: Place, path: str, shown: str) -> None:
    """A place leads to its rule in the YAML, through a named block where there is one."""
    assert ("|".join(place.path), str(place)) == (path, shown)
