"""Field rules that are one expression, in a message, a row, and over what is joined."""

from __future__ import annotations

from typing import Any

import pytest

from harness.contract import Contract
from harness.verdict import Status
from tests.checks.kitchen import Kitchen, Outcome, agreed, fields, owners, told, topping
from tests.checks.support import ticket


def ruled(expression: str, **more: Any) -> Contract:
    """Return a contract with one expression, for `note`."""
    maps = more.pop("maps", None)
    return agreed(fields=fields(note={"expression": expression, **more}), maps=maps)


def sent(one: Contract, note: Any, **changes: Any) -> Outcome:
    """Judge one ticket and one batch with that note, or without one."""
    body = {"ref": "7"} if note is None else {"ref": "7", "note": note}
    return told(Kitchen().ticket(ticket(**changes)).send(body).settle(), one)


@pytest.mark.parametrize(
    ("expression", "note"),
    [
        ('state ~ "/" ~ number', "paid/7"),
        ("number + 1", 8),
        ("((total | to_decimal) - (paid | to_decimal)) | to_text", "1.00"),
        ('"big" if number > 5 else "small"', "big"),
        ("source.state | upper", "PAID"),
        ('path("buns.*.count") | sum', 3),
        ('"always"', "always"),
    ],
)
def test_an_expression_is_proven_by_what_it_makes(expression: str, note: Any) -> None:
    """Paths, exact numbers, choices and transforms."""
    assert sent(ruled(expression), note)["fields.note"] is Status.PROVEN


def test_a_value_that_the_expression_does_not_make_is_one_finding() -> None:
    """The planted defect breaks the field, and says what it was made from."""
    found = sent(ruled('state ~ "/" ~ number'), "paid")

    assert owners(found) == [("fields.note", "glue-team")]
    assert "paid/7" in found.finding("fields.note").expected
    assert '`state ~ "/" ~ number`' in found.finding("fields.note").expected


def test_an_empty_history_says_nothing_of_an_expression() -> None:
    """Where nothing was sent there is no vote."""
    assert "fields.note" not in told(Kitchen().settle(), ruled("number")).rulings


def test_an_expression_that_cannot_take_the_value_is_unproven() -> None:
    """The contract does not say what becomes of it."""
    found = sent(ruled("(state | to_decimal) + 1"), 1)

    assert found["fields.note"] is Status.UNPROVEN
    assert sent(ruled('guest ~ "!"'), "x", guest=None)["fields.note"] is Status.UNPROVEN


def test_without_a_value_the_agreement_about_missing_ones_counts() -> None:
    """An expression over nothing makes nothing."""
    one = ruled("table | upper", if_missing="leave_out")

    assert sent(one, None)["fields.note.if_missing"] is Status.PROVEN
    assert sent(one, "X").failing() == ["fields.note.if_missing"]
    assert sent(ruled("table | upper", if_missing="fail"), "X").failing() == [
        "fields.note.if_missing"
    ]


def test_a_map_translates_what_an_expression_makes() -> None:
    """Each pair is a clause of its own."""
    maps = {"sizes": {"pairs": {"8": "L", "9": "XL"}, "if_unmapped": "park"}}
    one = ruled("number + 1", map="sizes", maps=maps)

    assert sent(one, "L")["maps.sizes.8"] is Status.PROVEN
    assert sent(one, "XL").failing() == ["maps.sizes.8"]


def test_in_a_row_bare_paths_start_at_the_row() -> None:
    """The message is `source.`, and nothing falls back to it."""
    own = 'kind ~ " of " ~ source.number'
    body = [{"k": "rye", "n": "rye of 7"}, {"k": "oat", "n": "oat of 7"}]

    def judge(expression: str) -> Outcome:
        rules = {"k": {"from": "kind"}, "n": {"expression": expression}}
        said = {"match_by": ["k"], "each": "buns", "fields": rules}
        story = Kitchen().ticket(ticket()).send({"ref": "7", "rows": body}).settle()
        return told(story, agreed(fields=fields(rows=said)))

    assert judge(own)["fields.rows.n"] is Status.PROVEN
    assert judge('kind ~ " of " ~ number')["fields.rows.n"] is Status.UNPROVEN


def test_an_expression_reads_the_target_and_what_is_joined() -> None:
    """`target.` and the name of a join start elsewhere."""
    join = {"toppings": {"all": "shop.topping", "on": {"ticket": "number"}}}
    note = {"expression": 'target.ref ~ ":" ~ (path("toppings.*.grams") | sum)'}
    one = agreed(**{"with": join, "fields": fields(note=note)})

    def judge(kitchen: Kitchen) -> Outcome:
        kitchen.send({"ref": "7", "note": "7:15"}).settle()
        return told(kitchen, one)

    def opened() -> Kitchen:
        kitchen = Kitchen()
        kitchen.ticket(ticket())
        return kitchen

    assert judge(opened().toppings(topping(1), topping(2, grams=5)))["fields.note"] is Status.PROVEN
    assert judge(opened().toppings(topping(1))).failing() == ["fields.note"]
    assert judge(opened())["fields.note"] is Status.UNPROVEN
