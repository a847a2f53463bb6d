"""Rows that come about in named blocks: every source row falls in exactly one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.checks.comparison import compare, outlook
from harness.contract import Contract
from harness.rules import Rules
from harness.verdict import Status
from tests.checks.kitchen import Kitchen, Outcome, agreed, fields, landscape, owners, told
from tests.checks.support import ticket

BUNS = [
    {"id": 1, "kind": "rye", "count": 2, "cost": "3.00", "gift": False},
    {"id": 2, "kind": "brunch", "count": 1, "cost": "9.00", "gift": False},
    {"id": 3, "kind": "card", "count": 1, "cost": "5.00", "gift": True},
]
ROWS = [
    {"line": "1", "kind": "rye", "count": 2},
    {"line": "2", "kind": "rye", "count": 2},
    {"line": "2", "kind": "oat", "count": 1},
    {"line": "TIP", "kind": "TIP", "count": 1},
]
ID = {"from": "id", "using": "to_text"}
BLOCKS: dict[str, Any] = {
    "bun": {
        "each": "buns",
        "where": {"gift": False, "kind": {"not_in": "tables.kits.kit"}},
        "fields": {"line": ID, "kind": {"from": "kind"}, "count": {"from": "count"}},
    },
    "kit": {
        "each": "buns",
        "where": {"gift": False, "kind": {"in": "tables.kits.kit"}},
        "with": {"part": {"all": "tables.kits", "on": {"kit": "kind"}}},
        "fields": {
            "line": ID,
            "kind": {"from": "part.part"},
            "count": {"from": ["count", "part.count"], "using": "to_decimal | product"},
        },
    },
    "gift": {"each": "buns", "where": {"gift": True}, "drop": "cards are not baked"},
    "tip": {
        "where": {"tip": {"over": 0}},
        "fields": {"line": {"fixed": "TIP"}, "kind": {"fixed": "TIP"}, "count": {"fixed": 1}},
    },
}


def ruled(**changes: Any) -> Contract:
    """Return the contract with some blocks replaced; None takes one away."""
    blocks = {key: block for key, block in {**BLOCKS, **changes}.items() if block is not None}
    return agreed(fields=fields(rows={"match_by": ["line", "kind"], "rows": blocks}))


def sent(rows: list[dict[str, Any]], one: Contract | None = None, **changes: Any) -> Outcome:
    """Judge one ticket with buns of all sorts, and the rows that were sent for it."""
    source = ticket(**{"buns": BUNS, "tip": "0.50", **changes})
    story = Kitchen().ticket(source).send({"ref": "7", "rows": rows}).settle()
    return told(story, one or ruled())


def test_every_block_and_its_fields_are_proven_by_one_good_message() -> None:
    """Buns, parts of kits, the tip, and a gift card that is left out."""
    found = sent(ROWS)

    assert found.failing() == []
    for path in ("", ".bun", ".kit", ".gift", ".tip", ".bun.count", ".kit.kind", ".kit.count"):
        assert found[f"fields.rows{path}"] is Status.PROVEN


def test_an_empty_history_says_nothing_of_blocks() -> None:
    """Where nothing was sent no block has a vote."""
    found = told(Kitchen().settle(), ruled())

    assert [path for path in found.rulings if path.startswith("fields")] == []


@pytest.mark.parametrize(
    ("rows", "path", "cause"),
    [
        (ROWS[1:], "fields.rows.bun", "missing_row"),
        ([*ROWS[:2], ROWS[3]], "fields.rows.kit", "missing_row"),
        (ROWS[:3], "fields.rows.tip", "missing_row"),
        ([*ROWS, {"line": "9", "kind": "bun", "count": 1}], "fields.rows", "extra_row"),
        (
            [*ROWS, {"line": "3", "kind": "card", "count": 1}],
            "fields.rows.gift",
            "dropped_row_sent",
        ),
        ([{**ROWS[0], "count": 3}, *ROWS[1:]], "fields.rows.bun.count", "wrong_value"),
        ([*ROWS[:2], {**ROWS[2], "count": 2}, ROWS[3]], "fields.rows.kit.count", "wrong_value"),
    ],
)
def test_one_wrong_row_is_one_finding(rows: list[dict[str, Any]], path: str, cause: str) -> None:
    """A planted defect breaks exactly the clause that it is about, over all checks."""
    found = sent(rows)

    assert owners(found) == [(path, "glue-team")]
    assert found.finding(path).cause == cause


def test_the_fields_of_a_lost_row_are_not_exercised_by_it() -> None:
    """A missing row fails once; what its block fills elsewhere is proven by nothing."""
    found = sent(ROWS[1:])

    assert found["fields.rows.bun.count"] is None
    assert found["fields.rows"] is None


def test_a_source_row_in_no_block_is_a_finding_of_those_who_agreed() -> None:
    """The contract does not say what becomes of it, and nobody else can mend that."""
    found = sent(ROWS, ruled(gift=None))

    assert owners(found) == [("fields.rows", "bakers")]
    assert found.finding("fields.rows").cause == "row_in_no_block"


def test_a_source_row_in_two_blocks_is_a_finding_of_those_who_agreed() -> None:
    """Whatever was sent for it, the contract says two things."""
    twice = {"each": "buns", "where": {"kind": "rye"}, "drop": "rye is out"}
    found = sent(ROWS, ruled(rye=twice))

    assert found.finding("fields.rows").cause == "row_in_several_blocks"
    assert "bun and in rye" in found.finding("fields.rows").observed


def test_a_row_whose_block_cannot_be_known_leaves_its_blocks_unproven() -> None:
    """A condition on a field that is not there decides nothing, and nothing is green for it."""
    buns = [*BUNS, {"id": 4, "kind": "rye", "count": 1, "cost": "1.00"}]
    found = sent(ROWS, buns=buns)

    assert found.failing() == []
    for path in ("fields.rows", "fields.rows.bun", "fields.rows.bun.count"):
        assert found[path] is Status.UNPROVEN
    for path in ("fields.rows.tip", "fields.rows.kit"):
        assert found[path] is Status.PROVEN
    assert "row 4 of buns" in found.reason("fields.rows.bun")


def test_the_message_itself_makes_a_row_only_where_its_condition_holds() -> None:
    """Without a tip there is no row of it, and one that is there is one too many."""
    assert sent(ROWS[:3], tip="0.00")["fields.rows"] is Status.PROVEN
    assert sent(ROWS, tip="0.00").failing() == ["fields.rows"]


def test_rows_of_one_key_compare_as_multisets_across_blocks() -> None:
    """Two buns of one line and kind may stand in either order, and none may be lost."""
    buns = [{**BUNS[0], "count": 2}, {**BUNS[0], "count": 5}]
    two = [{**ROWS[0], "count": 5}, ROWS[0], ROWS[3]]

    assert sent(two, buns=buns).failing() == []
    assert sent([two[0], two[0], two[2]], buns=buns).failing() == ["fields.rows.bun.count"]


def test_a_wrong_key_is_wrong_and_no_row_is_lost() -> None:
    """A row that fits but for its key is paired with its source row."""
    rows = [{**ROWS[0], "line": "X"}, *ROWS[1:]]

    assert sent(rows).failing() == ["fields.rows.bun.line"]


def test_a_row_without_its_part_in_the_table_is_unproven() -> None:
    """A source row that a join makes into no row at all would vanish unnoticed."""
    every = {**BLOCKS["kit"], "where": {"gift": False}}
    found = sent(ROWS[1:], ruled(kit=every, bun=None))

    assert found["fields.rows.kit"] is Status.UNPROVEN
    assert "no tables.kits belongs" in found.reason("fields.rows.kit")


def test_a_list_path_into_the_one_row_that_was_joined_reads_nothing() -> None:
    """In a block each joined row makes a row of its own; a sum over it would be an empty one."""
    rules = {**BLOCKS["kit"]["fields"], "count": {"from": "part.*.count", "using": "sum"}}
    rows = [*ROWS[:1], *({**row, "count": 0} for row in ROWS[1:3]), ROWS[3]]
    found = sent(rows, ruled(kit={**BLOCKS["kit"], "fields": rules}))

    assert found["fields.rows.kit.count"] is Status.UNPROVEN
    assert "part is one object here" in found.reason("fields.rows.kit.count")


GROUPED = {
    "by_kind": {
        "each": "buns",
        "where": {"cost": {"over": 0}},
        "group_by": ["kind"],
        "fields": {
            "kind": {"from": "kind"},
            "count": {"from": "count", "using": "sum"},
            "cost": {"from": "cost", "using": "to_decimal | sum"},
        },
    },
    "free": {"each": "buns", "where": {"cost": {"at_most": 0}}, "drop": "nobody pays for them"},
}


def grouped(rows: list[dict[str, Any]], **change: Any) -> Outcome:
    """Judge a ticket whose buns of one kind make one row."""
    one = agreed(fields=fields(rows={"match_by": ["kind"], "rows": GROUPED}))
    buns = [
        {"kind": "rye", "count": 2, "cost": "3.00"},
        {"kind": "oat", "count": 1, "cost": "2.00"},
        {"kind": "rye", "count": 3, "cost": "4.50", **change},
    ]
    return sent(rows, one, buns=buns)


def test_rows_taken_together_give_lists_and_keep_what_they_share() -> None:
    """The path they are grouped by is one value; every other one is the list of theirs."""
    rows = [
        {"kind": "rye", "count": 5, "cost": "7.50"},
        {"kind": "oat", "count": 1, "cost": "2.00"},
    ]
    found = grouped(rows)

    assert found.failing() == []
    assert found["fields.rows.by_kind.cost"] is Status.PROVEN
    assert grouped([{**rows[0], "count": 2}, rows[1]]).failing() == ["fields.rows.by_kind.count"]
    assert grouped(rows[:1]).failing() == ["fields.rows.by_kind"]


def test_a_missing_value_among_rows_taken_together_is_not_zero() -> None:
    """What the sum over an unknown count is nobody knows."""
    rows = [
        {"kind": "rye", "count": 2, "cost": "7.50"},
        {"kind": "oat", "count": 1, "cost": "2.00"},
    ]

    assert grouped(rows, count=None)["fields.rows.by_kind.count"] is Status.UNPROVEN


def test_what_a_row_reads_is_the_row_and_nothing_falls_back() -> None:
    """A bare path that the row does not have is missing, though the message has it."""
    block = {
        **BLOCKS["tip"],
        "each": "buns",
        "where": {"gift": False},
        "fields": {"line": ID, "kind": {"from": "state"}, "count": {"from": "source.total"}},
    }
    one = agreed(
        fields=fields(rows={"match_by": ["line"], "rows": {"all": block, "gift": BLOCKS["gift"]}})
    )
    found = sent([{"line": "1", "count": "5.00"}, {"line": "2", "count": "5.00"}], one)

    assert found["fields.rows.all.count"] is Status.PROVEN
    assert found["fields.rows.all.kind"] is None
    assert "no value" in found.idle["fields.rows.all.kind"]


def test_a_list_that_a_partial_view_leaves_out_is_unproven() -> None:
    """What was not shown may exist; the rows that were sent are then no breach."""
    view = outlook(Rules(ruled(), landscape()), {"number": 7, "tip": "0.50"}, in_part=True)
    found = compare(view, {"ref": "7", "rows": ROWS})

    assert found.fits
    assert {"fields.rows", "fields.rows.bun"} <= {clause for clause, _ in found.unknown}


@given(st.permutations(ROWS))
def test_the_order_of_rows_means_nothing(rows: list[dict[str, Any]]) -> None:
    """Rows pair by key, across all blocks."""
    assert sent(rows)["fields.rows"] is Status.PROVEN
