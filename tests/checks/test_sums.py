"""Sums with all their words: per, at_most, products, numbers, and terms from elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from harness.contract import Contract
from harness.verdict import Status
from tests.checks.kitchen import Kitchen, Outcome, agreed, fields, owners, told, topping
from tests.checks.support import ticket

BUNS = [
    {"id": 1, "kind": "rye", "count": 2, "cost": "1.50", "off": [{"by": "0.50"}]},
    {"id": 2, "kind": "oat", "count": 1, "cost": "2.00", "off": []},
]
ROWS = [
    {"line": "1", "kind": "rye", "gross": "1.50", "coin": "EUR"},
    {"line": "1", "kind": "salt", "gross": "1.00", "coin": "EUR"},
    {"line": "2", "kind": "oat", "gross": "2.00", "coin": "EUR"},
]
LINES = {
    "match_by": ["line", "kind"],
    "rows": {
        "bun": {
            "each": "buns",
            "fields": {
                "line": {"from": "id", "using": "to_text"},
                "kind": {"from": "kind"},
                "gross": {"checked_by": "sums.s"},
                "coin": {"set_by": "target"},
            },
        },
        "salt": {
            "fields": {
                "line": {"fixed": "1"},
                "kind": {"fixed": "salt"},
                "gross": {"checked_by": "sums.s"},
                "coin": {"set_by": "target"},
            },
        },
    },
}
PER_LINE = {
    "per": {"rows.*.line": "buns.*.id"},
    "add": ["rows.*.gross"],
    "equals": ["source.buns.*.cost * count", "-source.buns.*.off.*.by"],
}


def ruled(total: dict[str, Any], **more: Any) -> Contract:
    """Return a contract with one sum."""
    return agreed(
        **{
            "fields": fields(rows=LINES, sum={"from": "total"}),
            "sums": {"s": total},
            **more,
        }
    )


def sent(
    rule: dict[str, Any],
    rows: list[dict[str, Any]] | None = None,
    *,
    body: dict[str, Any] | None = None,
    one: Contract | None = None,
    **changes: Any,
) -> Outcome:
    """Judge one ticket, and the batch that was sent for it."""
    source = ticket(**{"buns": BUNS, "total": "4.50", **changes})
    target = {"ref": "7", "rows": ROWS if rows is None else rows, "sum": source["total"]}
    story = Kitchen().ticket(source).send({**target, **(body or {})}).settle()
    return told(story, one or ruled(rule))


def test_a_sum_per_pair_holds_for_each_value_that_both_sides_have() -> None:
    """Two rows of one line make up for a bun less its discount."""
    found = sent(PER_LINE)

    assert found.failing() == []
    assert found["sums.s"] is Status.PROVEN
    assert "2 by rows.*.line and buns.*.id" in found.reason("sums.s")


def test_an_amount_that_moves_from_one_line_to_another_is_found() -> None:
    """The whole still adds up; each line does not. The breach is the integration's."""
    rows = [{**ROWS[0], "gross": "2.50"}, ROWS[1], {**ROWS[2], "gross": "1.00"}]
    found = sent(PER_LINE, rows)

    assert owners(found) == [("sums.s", "glue-team")]
    assert "3.50 against 2.50 for 1" in found.finding("sums.s").observed
    whole = {key: value for key, value in PER_LINE.items() if key != "per"}
    assert sent(whole, rows)["sums.s"] is Status.PROVEN


def test_an_empty_history_says_nothing_of_sums() -> None:
    """Where nothing was sent there is no vote."""
    assert "sums.s" not in told(Kitchen().settle(), ruled(PER_LINE)).rulings


@pytest.mark.parametrize(
    "rows",
    [
        [{**ROWS[0], "gross": None}, *ROWS[1:]],
        [{**ROWS[0], "gross": "much"}, *ROWS[1:]],
        [*ROWS, {"kind": "x", "gross": "1.00"}],
    ],
)
def test_a_missing_term_decides_nothing(rows: list[dict[str, Any]]) -> None:
    """A term, or the value that it is taken by, that is not there is not zero."""
    assert sent(PER_LINE, rows)["sums.s"] is Status.UNPROVEN


def test_a_missing_factor_decides_nothing() -> None:
    """A price without its quantity has no product."""
    buns = [{**BUNS[0], "count": None}, BUNS[1]]

    assert sent(PER_LINE, buns=buns)["sums.s"] is Status.UNPROVEN


def test_a_list_that_is_not_there_is_not_an_empty_one() -> None:
    """A bun without its list of discounts has unknown discounts; so has one joined card."""
    buns = [{key: value for key, value in BUNS[0].items() if key != "off"}, BUNS[1]]
    assert sent(PER_LINE, buns=buns)["sums.s"] is Status.UNPROVEN
    one = agreed(
        **{
            "with": {"card": {"one": "shop.card", "on": {"ticket": "number"}}},
            "fields": fields(sum={"set_by": "target"}),
            "sums": {"s": {"add": ["card.*.price"], "equals": [0]}},
        }
    )
    kitchen = Kitchen()
    kitchen.ticket(ticket())
    kitchen.card(price="1.00").send({"ref": "7"}).settle()
    assert told(kitchen, one)["sums.s"] is Status.UNPROVEN


def test_nothing_that_both_sides_have_is_no_proof() -> None:
    """A sum that met no pair says so, and is not green."""
    found = sent(PER_LINE, [])

    assert found["sums.s"] is None
    assert "nothing to add up" in found.idle["sums.s"]


def test_a_row_that_is_lost_has_its_own_finding_and_no_other() -> None:
    """One cause, one failure: what the lost row would have added is not asked for."""
    assert sent(PER_LINE, ROWS[:1] + ROWS[2:]).failing() == ["fields.rows.salt"]


AT_MOST = {"add": ["rows.*.gross"], "at_most": ["source.total"]}


@pytest.mark.parametrize(
    ("total", "status"),
    [("4.50", Status.PROVEN), ("9.00", Status.PROVEN), ("4.49", Status.FAILED)],
)
def test_at_most_bounds_a_sum(total: str, status: Status) -> None:
    """Less is allowed, more is not; what the target makes up is the integration's."""
    found = sent(AT_MOST, total=total)

    assert found["sums.s"] is status
    assert sent({**AT_MOST, "tolerance": "0.01"}, total="4.49")["sums.s"] is Status.PROVEN


def test_numbers_stand_for_themselves() -> None:
    """`equals: 0` and a constant factor are exact."""
    zero = {"add": ["rows.*.gross", "-source.total"], "equals": [0]}
    assert sent(zero)["sums.s"] is Status.PROVEN
    assert sent(zero, total="4.51").failing() == ["sums.s"]
    tenth = {"add": ["0.1 * rows.*.gross"], "equals": ["0.45"]}
    assert sent(tenth)["sums.s"] is Status.PROVEN


def test_products_are_exact() -> None:
    """No digit is lost, however many there are."""
    long = "0.12345678901234567890123456789012345678"
    buns = [{"id": 1, "kind": "rye", "count": 3, "cost": long}]
    exact = {"add": ["source.buns.*.cost * count"], "equals": ["source.total"]}

    triple = "0.37037036703703703670370370367037037034"
    assert sent(exact, ROWS[:2], buns=buns, total=triple)["sums.s"] is Status.PROVEN
    near = triple[:-1] + "5"
    assert sent(exact, ROWS[:2], buns=buns, total=near).failing() == ["sums.s"]


def test_a_sum_over_the_source_alone_is_the_sources() -> None:
    """Whatever was sent, the source does not add up; what depends on it is unproven."""
    alone = {"add": ["source.buns.*.cost * count"], "equals": ["source.total"]}
    one = ruled({}, sums={"later": {"add": ["sum"], "equals": ["rows.*.gross"]}, "s": alone})
    found = sent({}, one=one, total="9.00")

    assert owners(found) == [("sums.s", "shop-team")]
    assert found["sums.later"] is Status.UNPROVEN


def test_per_one_path_takes_each_currency_by_itself() -> None:
    """Rows of one currency are added; two currencies in one sum decide nothing."""
    rows = [*ROWS, {"line": "3", "kind": "rye", "gross": "-4.50", "coin": "SEK"}]
    land, buns = _with_money(), [*BUNS, {"id": 3, "kind": "rye"}]
    by_coin = {"per": "rows.*.coin", "add": ["rows.*.gross"], "at_most": ["5"]}

    def judge(total: dict[str, Any]) -> Outcome:
        story = Kitchen().ticket(ticket(buns=buns, total="4.50"))
        story.send({"ref": "7", "sum": "4.50", "rows": rows}).settle()
        return told(story, ruled(total), land=land)

    assert judge(by_coin)["sums.s"] is Status.PROVEN
    assert (
        judge({**by_coin, "at_most": ["4"]})
        .finding("sums.s")
        .observed.startswith("4.50 against 4 for EUR")
    )
    mixed = judge({"add": ["rows.*.gross"], "at_most": ["5"]})
    assert mixed["sums.s"] is Status.UNPROVEN
    assert "EUR and SEK" in mixed.reason("sums.s")


def test_terms_start_at_what_is_joined() -> None:
    """The toppings weigh what the batch says; an unread page decides nothing."""
    one = agreed(
        **{
            "with": {"toppings": {"all": "shop.topping", "on": {"ticket": "number"}}},
            "fields": fields(grams={"checked_by": "sums.s"}),
            "sums": {"s": {"add": ["grams"], "equals": ["toppings.*.grams * portions"]}},
        }
    )

    def judge(grams: int, following: str | None = None) -> Outcome:
        kitchen = Kitchen()
        kitchen.ticket(ticket())
        kitchen.toppings(
            topping(1, portions=2), topping(2, grams=5, portions=1), following=following
        )
        kitchen.send({"ref": "7", "grams": grams}).settle()
        return told(kitchen, one)

    assert judge(25)["sums.s"] is Status.PROVEN
    assert owners(judge(26)) == [("sums.s", "glue-team")]
    assert judge(26, following="p-2")["sums.s"] is Status.UNPROVEN


def test_the_condition_of_a_sum_reads_target_source_and_tables() -> None:
    """Bare paths are of the target."""
    kits = {"source.state": {"not_in": "tables.kits.kit"}, "ref": "7"}

    assert sent({**AT_MOST, "when": kits})["sums.s"] is Status.PROVEN
    assert sent({**AT_MOST, "when": {"ref": "8"}})["sums.s"] is None
    assert sent({**AT_MOST, "when": {"nowhere": 1}})["sums.s"] is Status.UNPROVEN


def _with_money() -> Any:
    from harness.landscape import System  # noqa: PLC0415 - for this test alone
    from tests.checks.kitchen import landscape  # noqa: PLC0415 - for this test alone

    base = landscape()
    oven = base.systems["oven"].model_dump(by_alias=True, exclude_unset=True)
    oven["messages"]["batch"]["fields"] |= {
        "rows.*.gross": {"type": "decimal", "money": "rows.*.coin"},
        "rows.*.coin": {"type": "currency_code"},
    }
    systems = {**base.systems, "oven": System.model_validate(oven)}
    return base.model_copy(update={"systems": systems})
