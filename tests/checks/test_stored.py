"""A stored journal judges as the run did: never green for what it cannot know, nor red."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.contract import Contract
from harness.history import History
from harness.journal import journal_bytes, read_journal
from harness.redaction import Veil
from harness.verdict import Status
from tests.checks.kitchen import Kitchen, Outcome, agreed, fields, landscape, told, topping
from tests.checks.support import ticket

CARD = {"card": {"one": "shop.card", "on": {"ticket": "number"}}}
TOPPINGS = {"toppings": {"all": "shop.topping", "on": {"ticket": "number"}}}
BUNS = [
    {"id": 1, "name": " Ada ", "kind": "rye", "count": 2},
    {"id": 2, "name": "Ole", "kind": "oat", "count": 1},
    {"id": 3, "name": " Ada ", "kind": "oat", "count": 3},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where journals are stored."""
    return tmp_path


def stored(kitchen: Kitchen, one: Contract, folder: Path) -> History:
    """Write a history as it may be written, and read it again."""
    veil = Veil(landscape(), [one], key=b"key", key_id="k")
    file = folder / "journal.jsonl"
    file.write_bytes(journal_bytes(veil.history(kitchen.history())))
    assert b"Ada" not in file.read_bytes()
    return read_journal(file)


def both(kitchen: Kitchen, one: Contract, folder: Path) -> tuple[Outcome, Outcome]:
    """Judge a history as it happened, and as it was stored."""
    return told(kitchen, one), told(stored(kitchen, one, folder), one)


def alike(kitchen: Kitchen, one: Contract, folder: Path) -> Outcome:
    """Judge twice, find no difference, and return what was found."""
    plain, veiled = both(kitchen, one, folder)
    assert {path: plain[path] for path in plain.rulings} == {
        path: veiled[path] for path in veiled.rulings
    }
    return veiled


def opened(**changes: Any) -> Kitchen:
    """Begin with a ticket that the integration knows."""
    kitchen = Kitchen()
    kitchen.ticket(ticket(**changes))
    return kitchen


def sent(kitchen: Kitchen, **body: Any) -> Kitchen:
    """Send a batch."""
    kitchen.send({"ref": "7", **body}).settle()
    return kitchen


@pytest.mark.parametrize(("note", "status"), [("ADA!", Status.PROVEN), ("ADA", Status.FAILED)])
def test_an_expression_over_a_personal_value(folder: Path, note: str, status: Status) -> None:
    """What it makes was digested when the value was veiled."""
    one = agreed(fields=fields(note={"expression": '(guest | trim | upper) ~ "!"'}))

    found = alike(sent(opened(guest=" Ada "), note=note), one, folder)

    assert found["fields.note"] is status


BLOCKS: dict[str, Any] = {
    "few": {
        "each": "buns",
        "where": {"count": {"under": 3}},
        "fields": {
            "line": {"from": "id"},
            "who": {"from": "name", "using": "trim"},
            "host": {"expression": 'source.guest ~ "/" ~ name'},
        },
    },
    "many": {"each": "buns", "where": {"count": {"at_least": 3}}, "drop": "made elsewhere"},
    "own": {"fields": {"line": {"fixed": 0}, "who": {"from": "guest"}}},
}
ROWS = [
    {"line": 1, "who": "Ada", "host": "Eve/ Ada "},
    {"line": 2, "who": "Ole", "host": "Eve/Ole"},
    {"line": 0, "who": "Eve"},
]


@pytest.mark.parametrize(
    ("rows", "failing"),
    [
        (ROWS, []),
        ([{**ROWS[0], "who": " Ada "}, *ROWS[1:]], ["fields.rows.few.who"]),
        ([*ROWS[:2], {"line": 0, "who": "Ada"}], ["fields.rows.own.who"]),
        ([{**ROWS[0], "host": "Ada/ Ada "}, *ROWS[1:]], ["fields.rows.few.host"]),
        (ROWS[1:], ["fields.rows.few"]),
    ],
)
def test_rules_of_blocks_over_personal_values(
    folder: Path, rows: list[dict[str, Any]], failing: list[str]
) -> None:
    """The digest of what a rule makes of a row stands in that row."""
    one = agreed(fields=fields(rows={"match_by": ["line"], "rows": BLOCKS}))
    found = alike(sent(opened(guest="Eve", buns=BUNS), rows=rows), one, folder)

    assert found.failing() == failing


def test_a_personal_row_key_pairs_by_digest(folder: Path) -> None:
    """Rows pair by a veiled key as they do by the plain one."""
    block = {"each": "buns", "fields": {"who": {"from": "name"}, "n": {"from": "count"}}}
    one = agreed(fields=fields(rows={"match_by": ["who", "n"], "rows": {"bun": block}}))
    rows = [{"who": bun["name"], "n": bun["count"]} for bun in reversed(BUNS)]

    assert alike(sent(opened(buns=BUNS), rows=rows), one, folder)["fields.rows"] is Status.PROVEN
    found = alike(sent(opened(buns=BUNS), rows=rows[:2]), one, folder)
    assert found.failing() == ["fields.rows.bun"]


def grouped(path: str, **rules: Any) -> Contract:
    """Return a contract whose rows are buns taken together."""
    block = {"each": "buns", "group_by": [path], "fields": {"of": {"from": path}, **rules}}
    return agreed(fields=fields(rows={"match_by": ["of"], "rows": {"all": block}}))


@pytest.mark.parametrize(("count", "failing"), [(5, []), (2, ["fields.rows.all.count"])])
def test_rows_taken_together_by_a_personal_value(
    folder: Path, count: int, failing: list[str]
) -> None:
    """The same digest makes the same group."""
    one = grouped("name", count={"from": "count", "using": "sum"})
    rows = [{"of": " Ada ", "count": count}, {"of": "Ole", "count": 1}]

    assert alike(sent(opened(buns=BUNS), rows=rows), one, folder).failing() == failing


@pytest.mark.parametrize(
    ("names", "failing"), [("Ole+ Ada ", []), ("Ole", ["fields.rows.all.names"])]
)
def test_personal_values_taken_together(folder: Path, names: str, failing: list[str]) -> None:
    """What a rule makes of a group stands in the first of its rows."""
    one = grouped("kind", names={"from": "name", "using": 'join "+"'})
    rows = [{"of": "rye", "names": " Ada "}, {"of": "oat", "names": names}]
    found = alike(sent(opened(buns=BUNS), rows=rows), one, folder)

    assert found.failing() == failing
    assert failing or found["fields.rows.all.names"] is Status.PROVEN


def test_a_condition_on_a_personal_value_is_unproven_when_stored(folder: Path) -> None:
    """Which block a row falls in cannot be read from a digest; nothing is green or red for it."""
    blocks = {
        "ada": {**BLOCKS["few"], "where": {"name": " Ada "}},
        "rest": {"each": "buns", "where": {"name": {"not": " Ada "}}, "drop": "not for her"},
    }
    one = agreed(fields=fields(rows={"match_by": ["line"], "rows": blocks}))
    rows = [
        {"line": 1, "who": "Ada", "host": "Eve/ Ada "},
        {"line": 3, "who": "Ada", "host": "Eve/ Ada "},
    ]
    plain, veiled = both(sent(opened(guest="Eve", buns=BUNS), rows=rows), one, folder)

    assert plain["fields.rows.ada"] is Status.PROVEN
    assert veiled.failing() == []
    for path in ("fields.rows", "fields.rows.ada", "fields.rows.ada.who"):
        assert veiled[path] is Status.UNPROVEN


@pytest.mark.parametrize(("text", "status"), [("Hi Ada", Status.PROVEN), ("Ada", Status.FAILED)])
def test_a_rule_over_one_joined_message(folder: Path, text: str, status: Status) -> None:
    """What it makes of the card alone stands in the card."""
    one = agreed(**{"with": CARD, "fields": fields(note={"from": "card.text", "using": "trim"})})
    kitchen = opened().card(text=" Hi Ada ")

    assert alike(sent(kitchen, note=text), one, folder)["fields.note"] is status


def test_rows_of_a_joined_list(folder: Path) -> None:
    """What a rule makes of a topping stands in the topping; pages are followed as before."""
    rule = {
        "match_by": ["id"],
        "each": "toppings",
        "fields": {"id": {"from": "id"}, "note": {"from": "note", "using": "trim"}},
    }
    one = agreed(**{"with": TOPPINGS, "fields": fields(rows=rule)})
    kitchen = opened().toppings(topping(1, note=" Ada "), following="p-2")
    kitchen.toppings(topping(2, note="Ole"), query="?cursor=p-2")
    rows = [{"id": 1, "note": "Ada"}, {"id": 2, "note": "Ole"}]

    found = alike(sent(kitchen, rows=rows), one, folder)

    assert found["fields.rows.note"] is Status.PROVEN
    assert found["with.toppings"] is Status.PROVEN


def test_a_block_that_joins_another_message(folder: Path) -> None:
    """What a rule makes of a row alone is known, whatever else is read with that row."""
    block = {
        "each": "buns",
        "with": {"of": {"one": "shop.card", "on": {"ticket": "source.number"}}},
        "fields": {
            "line": {"from": "id"},
            "who": {"from": "name", "using": "trim"},
            "colour": {"from": "of.colour"},
        },
    }
    one = agreed(fields=fields(rows={"match_by": ["line"], "rows": {"bun": block}}))
    rows = [{"line": b["id"], "who": str(b["name"]).strip(), "colour": "red"} for b in BUNS]

    def found(rows: list[dict[str, Any]]) -> Outcome:
        kitchen = opened(buns=BUNS).card(colour="red")
        return alike(sent(kitchen, rows=rows), one, folder)

    assert found(rows)["fields.rows.bun.who"] is Status.PROVEN
    assert found([{**rows[0], "who": "Eve"}, *rows[1:]]).failing() == ["fields.rows.bun.who"]
    assert found([{**rows[0], "colour": "x"}, *rows[1:]]).failing() == ["fields.rows.bun.colour"]


def test_a_rule_over_two_messages_is_unproven_when_stored(folder: Path) -> None:
    """When either was veiled the other was not at hand."""
    one = agreed(**{"with": CARD, "fields": fields(note={"expression": "guest ~ card.text"})})
    kitchen = opened(guest="Ada").card(text="Hi")
    plain, veiled = both(sent(kitchen, note="AdaHi"), one, folder)

    assert plain["fields.note"] is Status.PROVEN
    assert veiled["fields.note"] is Status.UNPROVEN


def test_a_list_of_personal_values_of_several_messages_is_unproven_when_stored(
    folder: Path,
) -> None:
    """What comes of all toppings together was not known while one of them was written."""
    rule = {"from": "toppings.*.note", "using": 'join "+"'}
    one = agreed(**{"with": TOPPINGS, "fields": fields(note=rule)})
    kitchen = opened().toppings(topping(1, note="Ada"), topping(2, note="Ole"))
    plain, veiled = both(sent(kitchen, note="Ada+Ole"), one, folder)

    assert plain["fields.note"] is Status.PROVEN
    assert veiled["fields.note"] is Status.UNPROVEN


@pytest.mark.parametrize(("grams", "status"), [(10, Status.PROVEN), (11, Status.FAILED)])
def test_a_join_by_personal_values_compares_digests(
    folder: Path, grams: int, status: Status
) -> None:
    """Both sides are veiled because one of them is personal."""
    join = {"own": {"one": "shop.topping", "on": {"note": "guest"}}}
    one = agreed(**{"with": join, "fields": fields(grams={"from": "own.grams"})})
    kitchen = opened(guest="Ada")
    kitchen.toppings(topping(1, note="Ada"), topping(2, note="Ole", grams=11))
    plain, veiled = both(sent(kitchen, grams=grams), one, folder)

    assert plain["fields.grams"] is veiled["fields.grams"] is status


def test_a_join_of_a_personal_value_with_a_table_is_unproven_when_stored(folder: Path) -> None:
    """A table is plain, and a digest cannot be looked up in it."""
    join = {"kits": {"all": "tables.kits", "on": {"kit": "guest"}}}
    one = agreed(
        **{"with": join, "fields": fields(parts={"from": "kits.*.part", "using": 'join ","'})}
    )
    plain, veiled = both(sent(opened(guest="brunch"), parts="rye,oat"), one, folder)

    assert plain["fields.parts"] is Status.PROVEN
    assert veiled["fields.parts"] is Status.UNPROVEN
    assert veiled.failing() == []


def test_when_over_a_joined_personal_value(folder: Path) -> None:
    """Whether there is one can be told from a digest, what it is cannot."""
    present = agreed(**{"with": CARD, "when": {"card.text": {"is": "present"}}, "fields": fields()})
    kitchen = sent(opened().card(text="Hi Ada"))
    assert alike(kitchen, present, folder)["when.promised"] is Status.PROVEN
    exact = agreed(**{"with": CARD, "when": {"card.text": "Hi Ada"}, "fields": fields()})
    plain, veiled = both(kitchen, exact, folder)
    assert (plain["when.promised"], veiled["when.promised"]) == (Status.PROVEN, Status.UNPROVEN)


def test_the_same_rule_of_a_join_and_of_the_source_do_not_share_a_digest(folder: Path) -> None:
    """`card.text` may be a field of the ticket, or of the card that belongs to it."""
    joined = agreed(**{"with": CARD, "fields": fields(note={"from": "card.text"})})
    plain = agreed(contract="other-ticket-to-batch", fields=fields(note={"from": "card.text"}))
    kitchen = opened(card={"text": "Ada"}).card(text="Ole")
    sent(kitchen, note="Ole")
    veil = Veil(landscape(), [joined, plain], key=b"key", key_id="k")
    file = folder / "journal.jsonl"
    file.write_bytes(journal_bytes(veil.history(kitchen.history())))

    assert told(read_journal(file), joined)["fields.note"] is Status.PROVEN
    assert told(read_journal(file), plain).failing() == ["fields.note"]
