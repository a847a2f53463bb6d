"""Tables read back: what differs is changed, all else keeps every byte, and nothing is silent."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.contract import FieldRule, RowRule
from harness.errors import BadInput
from harness.fieldtable import Place, Row, csv_bytes
from harness.fieldtable.cells import alike, cell_of
from harness.fieldtable.table import clauses_of
from harness.fieldtable.yamltext import flow
from tests.fieldtable.samples import (
    HEAD,
    MAPS,
    TEXT,
    applied,
    cell,
    difference,
    edited,
    table,
)

NAMES = ("reader.name", "kind", "channel", "due", "note", '"odd, key"')
PATHS = ("first", "last", "items.*.id", '"a, b".c', "^secret")
WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Z"]), max_size=8)
FIXED = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.decimals(-9, 9, places=2),
    WORDS,
    st.sampled_from(["12", "NO", "01234", "=1+1", "-x", "@a", "a: b", "a, b", "multi\nline"]),
    st.lists(st.sampled_from(["a", 1, None]), max_size=2),
)
CLAUSES: dict[str, st.SearchStrategy[Any]] = {
    "using": st.sampled_from(["trim", 'join " "', "trim | lower", 'drop_prefix "#"']),
    "map": st.just("kinds"),
    "unlike": st.sampled_from(PATHS),
    "if_missing": st.sampled_from(["park", "fail", "leave_out"]),
}
ALWAYS: dict[str, st.SearchStrategy[Any]] = {
    "tolerance": st.decimals(0, 9, places=2),
    "severity": st.sampled_from(["blocker", "major", "minor", "note"]),
    "owner": st.sampled_from(["target", "business", "somebody: else"]),
}
COMMENTS = st.sampled_from(["", "", "why", "# twice", "=no formula", "a: b, {c}"])


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the data of a rule that a contract takes."""
    origin = draw(st.sampled_from(["from", "from", "fixed", "set_by", "checked_by"]))
    if origin == "fixed":
        return {"fixed": draw(FIXED), **draw(st.fixed_dictionaries({}, optional=ALWAYS))}
    if origin != "from":
        value = "target" if origin == "set_by" else "sums.total"
        return {origin: value, **draw(st.fixed_dictionaries({}, optional=ALWAYS))}
    many = st.lists(st.sampled_from(PATHS), min_size=1, max_size=2)
    source = draw(st.one_of(st.sampled_from(PATHS), many))
    return {"from": source, **draw(st.fixed_dictionaries({}, optional=CLAUSES | ALWAYS))}


@st.composite
def written(draw: st.DrawFn, name: str, rule: Mapping[str, Any], indent: str) -> str:
    """Draw one way in which people write a rule."""
    comment = draw(COMMENTS)
    behind = f"  # {comment}" if comment else ""
    above = draw(st.sampled_from(["", "", "\n", f"{indent}# Above.\n"]))
    quoted = draw(st.sampled_from(["", "", "'", '"']))
    pairs = [f"{key}: {flow(value, quoted)}" for key, value in rule.items()]
    if draw(st.booleans()):
        separator = draw(st.sampled_from([", ", ",  ", f",\n{indent}    "]))
        return f"{above}{indent}{flow(name)}: {{{separator.join(pairs)}}}{behind}\n"
    lines = [f"{indent}  {pair}{draw(st.sampled_from(['', '', ' # x']))}\n" for pair in pairs]
    return f"{above}{indent}{flow(name)}:{behind}\n{''.join(lines)}"


@st.composite
def contracts(draw: st.DrawFn) -> str:
    """Draw the text of a contract with rules, a list, and source fields that are left out."""
    fields = draw(st.dictionaries(st.sampled_from(NAMES), rules(), min_size=1))
    text = "".join(draw(written(name, rule, "  ")) for name, rule in fields.items())
    if draw(st.booleans()):
        inner = draw(st.dictionaries(st.sampled_from(["price", "title"]), rules()))
        body = "".join(
            draw(written(name, rule, "      "))
            for name, rule in {"ref": {"from": "id"}, **inner}.items()
        )
        severity = draw(st.sampled_from(["", "    severity: minor\n"]))
        text += f"  lines:\n    match_by: [ref]\n{severity}    each: items\n    fields:\n{body}"
    left = draw(st.dictionaries(st.sampled_from(["secret", "kind"]), WORDS.filter(str.strip)))
    reasons = "".join(f"  {name}: {flow(reason)}\n" for name, reason in left.items())
    # The sum needs no list; a contract without one may still have it.
    whole = f"{HEAD}fields:\n{text}" + (f"not_mapped:\n{reasons}" if left else "") + MAPS
    return whole.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


def shown(row: Row) -> dict[str, str]:
    """Return what a row says, for a comparison; trailing zeros and all."""
    return {name: cell_of(name, value) for name, value in row.said.items()}


@given(contracts(), st.booleans())
def test_unchanged_table_changes_no_byte(text: str, bom: bool) -> None:
    """A table that nobody edited leaves the file as it is."""
    found = applied(csv_bytes(table(text).cells(), bom=bom), text)

    assert (found.text, found.changed) == (text, ())


@given(contracts(), contracts())
def test_any_table_into_any_contract(one: str, other: str) -> None:
    """A table read into another contract makes its rules the table's, all else untouched."""
    targets = ('"odd, key"',)
    found = applied(csv_bytes(table(one).cells()), other, remove=True, targets=targets)

    after, wanted = table(found.text).rules(), table(one).rules()
    assert after.keys() == wanted.keys()
    for place, row in wanted.items():
        assert after[place].comment == row.comment
        assert row.said.keys() == after[place].said.keys()
        assert all(alike(after[place].said[name], value) for name, value in row.said.items())
    assert found.text.endswith(other[-20:])


@given(contracts(), st.data())
def test_one_cell_changes_one_clause(text: str, data: st.DataObject) -> None:
    """An edit of one cell changes that clause, is told, and leaves every other line alone."""
    rows = table(text).rules()
    place = data.draw(st.sampled_from([p for p, row in rows.items() if row.kind == "field"]))
    names = sorted(ALWAYS | (CLAUSES if "from" in rows[place].said else {}))
    name = data.draw(st.sampled_from(names))
    value = data.draw((CLAUSES | ALWAYS)[name])
    was = rows[place].said.get(name)
    if alike(was, value):
        return

    cells = list(table(text).cells())
    cells[list(rows).index(place)][name] = cell_of(name, value)

    found = applied(csv_bytes(cells), text)

    after = table(found.text).rules()
    assert [line.partition(":")[0] for line in found.changed] == [f"{place}.{name}"]
    assert {p: shown(row) for p, row in after.items() if p != place} == {
        p: shown(row) for p, row in rows.items() if p != place
    }
    assert shown(after[place]) == shown(rows[place]) | {name: cell_of(name, value)}
    went, came = difference(text, found.text)
    assert len(went) <= 1
    assert len(came) <= 1


@pytest.mark.parametrize(
    ("target", "cells", "went", "came"),
    [
        (
            "due",
            {"using": "trim | to_utc", "comment": "other"},
            ["  due:  # block style", "    using: to_utc   # always UTC"],
            ["  due:  # other", "    using: trim | to_utc   # always UTC"],
        ),
        (
            "lines.price",
            {"tolerance": "0.01"},
            ["      price: {from: price,   using: to_decimal}"],
            ["      price: {from: price,   using: to_decimal, tolerance: 0.01}"],
        ),
        ("channel", {"fixed": "12"}, ['  channel: {fixed: "12"}'], ["  channel: {fixed: 12}"]),
        (
            "channel",
            {"fixed": "", "source": "kind"},
            ['  channel: {fixed: "12"}'],
            ["  channel: {from: kind}"],
        ),
        ("lines", {"source": "rows"}, ["    each: items"], ["    each: rows"]),
        (
            "lines",
            {"match_by": "price, ref"},
            ["    match_by: [ref]"],
            ["    match_by: [price, ref]"],
        ),
        ("note", {"source": "kind", "comment": "a"}, [], ["  note: {from: kind}  # a"]),
        ("lines.title", {"fixed": "NO"}, [], ["      title: {fixed: NO}"]),
        (
            "secret",
            {"reason": "Now: other."},
            ["not_mapped: {secret: Not for the shelf.}"],
            ['not_mapped: {secret: "Now: other."}'],
        ),
        (
            "kind",
            {"comment": "new"},
            ["  kind: {from: kind, map: kinds, severity: blocker}"],
            ["  kind: {from: kind, map: kinds, severity: blocker}  # new"],
        ),
        (
            "reader.name",
            {"comment": "", "severity": "note"},
            [line for line in TEXT.splitlines() if "as on the card" in line],
            [
                "  reader.name: {from: [first, last], using: 'join \" \"', if_missing: park, "
                "severity: note}"
            ],
        ),
    ],
)
def test_edits(target: str, cells: dict[str, str], went: list[str], came: list[str]) -> None:
    """An edit shows in the lines it is about; spaces, quotes and comments there stay."""
    found = edited(cell(target, **cells))

    assert difference(TEXT, found.text) == (went, came)


def test_new_rules_come_last() -> None:
    """A new rule stands behind the last one of its section, and is told."""
    found = edited(cell("note", source="kind"))

    assert "price,   using: to_decimal}\n  note: {from: kind}\nnot_mapped:" in found.text
    assert found.changed == ("fields.note: new",)


def test_new_list() -> None:
    """A new list is laid out in lines, with its fields and their comments."""
    text = f"{HEAD}fields:\n  kind: {{from: kind}}\n".rstrip("\n")
    rows = [
        {"kind": "list", "target": "lines", "from": "items", "match_by": "ref", "comment": "each"},
        {"target": "lines.*.ref", "from": "id", "comment": "the key"},
    ]

    found = applied(csv_bytes(rows), text)

    assert found.text == text + (
        "\n  lines:  # each\n    match_by: [ref]\n    each: items\n    fields:"
        "\n      ref: {from: id}  # the key"
    )


def test_reason_for_a_field_nobody_uses() -> None:
    """A reason filled in beside an unused source field makes it one that is left out."""
    text = f"{HEAD}fields:\n  kind: {{from: kind}}\n{MAPS}"

    found = edited(cell("secret", reason="Private, always."), text)

    assert found.changed == ("not_mapped.secret: new",)
    came = ["not_mapped:", "  secret: Private, always."]
    assert difference(text, found.text) == ([], came)


def test_missing_rows_stay() -> None:
    """A rule without a row is noted and stays; with `remove` it goes, its comment with it."""
    rows = [row for row in table().cells() if row["target"] != "due"]

    kept, gone = applied(csv_bytes(rows)), applied(csv_bytes(rows), remove=True)

    assert (kept.text, kept.changed) == (TEXT, ())
    assert any("fields.due has no rule" in note for note in kept.notes)
    assert difference(TEXT, gone.text)[1] == []
    assert Place("fields", name="due") not in table(gone.text).rules()
    assert any("always UTC" in note for note in gone.notes)


def test_list_goes_whole() -> None:
    """A list goes with its rows when all of them are missing, and not without them."""
    rows = list(table().cells())
    without = [row for row in rows if row["list"] != "lines"]

    found = applied(csv_bytes(without), remove=True)

    assert found.text == TEXT.replace(TEXT[TEXT.index("  lines:") : TEXT.index("not_mapped")], "")
    with pytest.raises(BadInput, match="row of the list lines is missing"):
        applied(csv_bytes(row for row in rows if row["target"] != "lines"), remove=True)


def test_last_reason_takes_its_section_along() -> None:
    """Without its last entry the section of left-out fields goes."""
    rows = [row for row in table().cells() if row["kind"] != "not_mapped"]

    assert "not_mapped" not in applied(csv_bytes(rows), remove=True).text


def test_missing_columns_change_nothing() -> None:
    """Columns that are not there leave their clauses as they are; order does not matter."""
    raw = b"severity;target\nminor;kind\n;lines.ref\n"

    found = applied(raw)

    assert found.changed == ("fields.kind.severity: minor, was blocker",)


def test_sorted_rows_are_noted() -> None:
    """A sorted spreadsheet changes nothing, and the kept order is noted."""
    found = edited(lambda rows: rows.sort(key=lambda row: row["target"]))

    assert found.changed == ()
    assert any("another order" in note for note in found.notes)


def test_digits_are_kept() -> None:
    """1.5 in place of 1.50 is no change, and is noted."""
    text = TEXT.replace('fixed: "12"', "fixed: 1.50")

    found = edited(cell("channel", fixed="1.5"), text)

    assert found.text == text
    assert any("keeps its digits" in note for note in found.notes)


def test_information_is_not_read_back() -> None:
    """An edit of what is only shown is noted, not made and not dropped in silence."""
    found = edited(cell("reader.name", max="41"))

    assert found.changed == ()
    assert any("`max` of reader.name is only shown here" in note for note in found.notes)


@pytest.mark.parametrize(
    ("row", "place", "said"),
    [
        ("nte,kind,,,", "2:1", "did you mean 'note'"),
        ("lines.pric,kind,,,", "2:1", "did you mean 'lines.price'"),
        ("kind,kind,trimm,,", "2:11", "did you mean 'trim'"),
        ("kind,kind,,kind,", "2:12", "did you mean 'kinds'"),
        ("kind,kind,,,B", "2:13", "`from` and `fixed`"),
        ("kind,,,,", "2:6", "has no origin"),
        ("note,a b,,,", "2:6", "key with a space is quoted"),
        ("lines,items,trim,,", "2:13", "says nothing here"),
        (",secret,,,", "", ""),
        (",,trim,,", "2:1", "names no target"),
        ("kind,kind,,,\nkind,kind,,,", "3:1", "stands in line 2 already"),
    ],
)
def test_refused(row: str, place: str, said: str) -> None:
    """What is wrong is said at its cell, with a way out, and nothing is changed."""
    raw = f"target,from,using,map,fixed\n{row}\n".encode()
    if not said:
        assert applied(raw).changed == ()
        return
    with pytest.raises(BadInput) as refused:
        applied(raw)

    assert str(refused.value).startswith(f"t.csv:{place}:")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("header", "row", "said"),
    [
        ("kind,target,from", "fields,kind,kind", "did you mean 'field'"),
        ("kind,target,from", "list,kind,kind", "kind is a field in the contract"),
        ("kind,target,from", "field,lines,kind", "lines is a list in the contract"),
        ("kind,target,from", "not_mapped,kind,kind", "has no target"),
        ("kind,target,from,reason", "not_mapped,,kind,", "say why"),
        ("target,list,from", "kind,lines,kind", "write lines.kind"),
        ("target,list,from", "rows.a,rows,kind", "add a row of kind `list`"),
        ("target,block,from", "lines.ref,gifts,id", "there is no block 'gifts'"),
        ("target,checked_by,from", "total,sums.totl,", "did you mean 'sums.total'"),
        ("target,severity", "kind,blocked", "blocker"),
        ("target,set_by", "total,source", "`checked_by`"),
        ("target,match_by", "lines,title", "`match_by` names `title`"),
        ("target,match_by,from", 'lines,ref,"a, b"', "one source list"),
        ("target,tolerance", 'kind,"0,1"', "write a point"),
    ],
)
def test_refused_words(header: str, row: str, said: str) -> None:
    """Words and references that lead nowhere are refused with what was meant."""
    with pytest.raises(BadInput) as refused:
        applied(f"{header}\n{row}\n".encode())

    assert "t.csv:2:" in str(refused.value)
    assert said in str(refused.value)


def test_comment_between_braces_is_refused() -> None:
    """A comment where the YAML has no room for one is refused, with the place in the YAML."""
    text = f"{HEAD}fields: {{kind: {{from: kind}}, due: {{from: due_at}}}}\n{MAPS}"

    with pytest.raises(BadInput) as refused:
        edited(cell("kind", comment="why"), text)

    assert str(refused.value).startswith("c.yaml:9:")
    assert "no room" in str(refused.value)


def test_rules_between_braces() -> None:
    """Rules on one line are edited, added and removed there."""
    text = f"{HEAD}fields: {{kind: {{from: kind}}, due: {{from: due_at}}}}\n{MAPS}"
    rows = [row for row in table(text).cells() if row["target"] != "kind"]
    cell("note", fixed="x, y")(rows)

    found = applied(csv_bytes(rows), text, remove=True)

    came = ['fields: {due: {from: due_at}, note: {fixed: "x, y"}}']
    assert difference(text, found.text)[1] == came


def test_other_documents_of_the_file_stay() -> None:
    """A contract in a file with others is found by its id."""
    text = f"{TEXT.replace('loans-to', 'other-to')}---\n{TEXT}"

    found = edited(cell("kind", severity="minor"), text)

    head, _, rest = found.text.partition("---\n")
    assert head == TEXT.replace("loans-to", "other-to")
    assert difference(TEXT, rest)[1] == ["  kind: {from: kind, map: kinds, severity: minor}"]


def test_mark_of_utf8_stays() -> None:
    """A file that begins with a byte order mark still does after an edit."""
    found = applied(b"target,severity\nkind,minor\n", "\ufeff" + TEXT)

    assert found.text == "\ufeff" + TEXT.replace("severity: blocker", "severity: minor")


def test_notes_and_extensions_of_the_yaml_stay() -> None:
    """Keys that begin with x- are no columns, and stay."""
    text = TEXT.replace("{from: kind, map", "{x-why: {a: 1}, from: kind, map")

    found = edited(cell("kind", severity="", owner="target"), text)

    assert "{x-why: {a: 1}, from: kind, map: kinds, owner: target}" in found.text


def test_anchors_are_refused() -> None:
    """A file with anchors cannot be edited; the reader says where and what to do."""
    with pytest.raises(BadInput, match="anchors and aliases"):
        applied(b"target\n", TEXT.replace("{from: id}", "&a {from: id}"))


def test_typed_tolerance() -> None:
    """A tolerance keeps its digits and is a number."""
    found = edited(cell("kind", tolerance="0.10"))

    assert table(found.text).rules()[Place("fields", name="kind")].said["tolerance"] == Decimal(
        "0.10"
    )
    assert "tolerance: 0.10" in found.text


def test_clauses_are_columns() -> None:
    """Each clause of the models has a column, so that none is lost in the table."""
    keys = {info.alias or name for name, info in FieldRule.model_fields.items()}
    assert keys == set(clauses_of("field"))
    inner = {"from" if name == "each" else name for name in RowRule.model_fields}
    assert inner - {"fields", "rows"} == set(clauses_of("list"))
