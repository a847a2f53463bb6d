"""Worked examples come out as they are written, or it is said where they do not."""

from __future__ import annotations

from typing import Any

import pytest

from harness.contract import Contract, Example
from harness.examples import differences
from harness.landscape import Landscape, System, Table

OWNERS = {"business": "b", "source": "s", "target": "t", "integration": "i"}


def contract(**sections: Any) -> Contract:
    """Return a contract from a bakery's orders to its oven."""
    return Contract.described(
        **{
            "contract": "orders",
            "version": "1.0.0",
            "status": "agreed",
            "summary": "Orders are baked.",
            "from": "shop.order",
            "to": "oven.job",
            "object": "orders",
            "owners": OWNERS,
            "fields": {"loaf": {"from": "bread", "using": "upper"}},
            **sections,
        }
    )


def landscape() -> Landscape:
    """Return two systems that describe nothing, and a table."""
    message = {"key": "id", "carried_by": {"any": {"webhook": "any"}}}
    systems = {
        name: System.described(
            system=name,
            kind="oms",
            owner="o",
            base_urls=[f"https://{name}.example"],
            messages={word: message},
        )
        for name, word in (("shop", "order"), ("oven", "job"), ("mill", "flour"))
    }
    breads = Table.described(name="breads", columns=["code", "minutes"], rows=[ROW])
    return Landscape(systems=systems, teams={}, tables={"breads": breads})


ROW = {"code": "rye", "minutes": "40"}


def found(agreed: Contract, source: Any, target: Any, **joined: Any) -> list[str]:
    """Return what an example does not come out as."""
    example = Example.described(**{"name": "x", "source": source, "target": target, "with": joined})
    return [str(one) for one in differences(agreed, landscape(), example)]


def test_an_example_that_comes_out_has_no_differences() -> None:
    """Fields that it does not name are not compared."""
    assert found(contract(), {"bread": "rye"}, {"loaf": "RYE"}) == []
    assert found(contract(), {"bread": "rye"}, {"loaf": "rye"}) == [
        "loaf is written as rye, and the rules make RYE"
    ]


def test_tables_are_looked_up_and_messages_are_given() -> None:
    """A table is at hand; what else is joined stands in the example, or is asked for."""
    joins = {
        "bread": {"one": "tables.breads", "on": {"code": "code"}},
        "flour": {"one": "mill.flour", "on": {"code": "code"}},
    }
    fields = {"minutes": {"from": "bread.minutes"}, "flour": {"from": "flour.kind"}}
    agreed = contract(**{"with": joins, "fields": fields})
    target = {"minutes": "40", "flour": "T80"}

    assert found(agreed, {"code": "rye"}, target, flour={"kind": "T80"}) == []
    (missing,) = found(agreed, {"code": "rye"}, target)
    assert "the example has no `with.flour`" in missing


BLOCKS: dict[str, Any] = {
    "match_by": ["ref"],
    "rows": {
        "loaves": {
            "each": "items",
            "where": {"free": {"not": True}},
            "fields": {"ref": {"from": "id"}},
        },
        "gifts": {"each": "items", "where": {"free": True}, "drop": "They are not baked."},
        "fee": {"fields": {"ref": {"fixed": "FEE"}}},
    },
}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([{"ref": "1"}, {"ref": "FEE"}], []),
        ([{"ref": "FEE"}, {"ref": "1"}], []),
        ([{"ref": "1"}], ["jobs is written as 1 rows, and the rules make 2 rows"]),
        (
            [{"ref": "2"}, {"ref": "FEE"}],
            ["jobs.0 is written as a row, and the rules make none with this key"],
        ),
    ],
)
def test_rows_of_blocks_pair_by_key(rows: list[Any], expected: list[str]) -> None:
    """In whatever order, with those that are dropped left out."""
    source = {"items": [{"id": "1", "free": False}, {"id": "2", "free": True}]}

    assert found(contract(fields={"jobs": BLOCKS}), source, {"jobs": rows}) == expected


def test_a_row_that_falls_in_no_block_is_told() -> None:
    """The rules do not say what becomes of it, so no rows come out."""
    source = {"items": [{"id": "1", "free": "perhaps"}]}
    blocks = {**BLOCKS, "rows": {k: v for k, v in BLOCKS["rows"].items() if k != "loaves"}}

    (said,) = found(contract(fields={"jobs": blocks}), source, {"jobs": []})
    assert "falls in no block" in said


def test_joins_of_a_block_find_what_the_example_gives() -> None:
    """Each row takes those that fit it."""
    block = {
        "each": "items",
        "with": {"flour": {"one": "mill.flour", "on": {"code": "code"}}},
        "fields": {"ref": {"from": "id"}, "kind": {"from": "flour.kind"}},
    }
    agreed = contract(fields={"jobs": {"match_by": ["ref"], "rows": {"all": block}}})
    source = {"items": [{"id": "1", "code": "a"}, {"id": "2", "code": "b"}]}
    rows = [{"ref": "1", "kind": "T80"}, {"ref": "2", "kind": "T55"}]
    flours = [{"code": "b", "kind": "T55"}, {"code": "a", "kind": "T80"}]

    assert found(agreed, source, {"jobs": rows}, flour=flours) == []
    (said,) = found(agreed, source, {"jobs": rows})
    assert "the example has no `with.flour`" in said


def test_where_elements_owe_messages_one_of_them_is_shown() -> None:
    """The example names no element, so any that comes out will do."""
    agreed = contract(one_per="loaves.*")
    source = {"loaves": [{"bread": "rye"}, {"bread": "oat"}]}

    assert found(agreed, source, {"loaf": "OAT"}) == []
    assert found(agreed, source, {"loaf": "BUN"}) != []
    assert "no message" in found(agreed, {"loaves": []}, {"loaf": "OAT"})[0]


def test_what_the_contract_leaves_out_is_no_example() -> None:
    """A source message for which `when` does not hold makes nothing."""
    agreed = contract(when={"paid": True})

    assert found(agreed, {"bread": "rye", "paid": True}, {"loaf": "RYE"}) == []
    assert (
        "`when` leaves it out" in found(agreed, {"bread": "rye", "paid": False}, {"loaf": "RYE"})[0]
    )
