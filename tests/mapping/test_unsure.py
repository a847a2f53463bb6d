"""Conditions over tables, over lists that may have more, and over what was seen in part."""

from __future__ import annotations

from typing import Any

import pytest

from harness.mapping import (
    ABSENT,
    Column,
    Incomplete,
    InPart,
    Path,
    Unsure,
    Veiled,
    parse_condition,
    reader,
)

VEILED = Veiled("m", 3, ascii=True)


def columns(column: Column) -> Any:
    """Return the only table there is."""
    if (column.table, column.name) == ("kits", "kit"):
        return frozenset({"brunch", "7"})
    return ABSENT


def holds(condition: dict[str, Any], body: dict[str, Any]) -> bool | None:
    """Return whether a body fulfils a condition, with a table at hand."""
    return parse_condition(condition).holds(reader(body, columns))


@pytest.mark.parametrize(
    ("value", "answer"),
    [("brunch", True), (7, True), ("rye", False), (None, False), ("Brunch", False)],
)
def test_a_value_stands_in_a_column_or_does_not(value: Any, answer: bool) -> None:
    """Tables hold texts, so a number is looked up by its text."""
    assert holds({"kind": {"in": "tables.kits.kit"}}, {"kind": value}) is answer
    assert holds({"kind": {"not_in": "tables.kits.kit"}}, {"kind": value}) is not answer


@pytest.mark.parametrize("value", [ABSENT, VEILED, Unsure("x"), Incomplete(["brunch"], "x")])
def test_what_cannot_be_read_is_not_looked_up(value: Any) -> None:
    """Missing and veiled values leave it open."""
    condition = parse_condition({"kind": {"in": "tables.kits.kit"}})

    assert condition.holds(lambda p: columns(p) if isinstance(p, Column) else value) is None


def test_without_the_table_nobody_knows() -> None:
    """Neither a reader without tables nor an unknown column decides anything."""
    condition = {"kind": {"not_in": "tables.kits.kit"}}

    assert parse_condition(condition).holds_for({"kind": "x", "tables": {}}) is None
    assert holds({"kind": {"not_in": "tables.kits.other"}}, {"kind": "x"}) is None


def test_elements_are_looked_up_too() -> None:
    """A condition within a list reaches the tables as well."""
    condition = {"buns": {"some": {"kind": {"in": "tables.kits.kit"}}}}

    assert holds(condition, {"buns": [{"kind": "rye"}, {"kind": "brunch"}]}) is True
    assert holds(condition, {"buns": [{"kind": "rye"}]}) is False


@pytest.mark.parametrize("operand", ["kits.kit", "tables.kits", "tables.*.kit", "tables.a.b.c", ""])
def test_only_a_column_of_a_table_may_stand_in_place_of_a_list(operand: str) -> None:
    """The message says how a column is written."""
    with pytest.raises(ValueError, match=r"tables\.NAME\.COLUMN|is a text such as"):
        parse_condition({"kind": {"in": operand}})


def test_a_condition_over_a_table_is_said_in_words() -> None:
    """Clauses show it."""
    assert str(parse_condition({"kind": {"in": "tables.kits.kit"}})) == "kind is in tables.kits.kit"
    assert [str(p) for p in parse_condition({"a": {"not_in": "tables.k.c"}}).paths()] == ["a"]


@pytest.mark.parametrize(
    ("word", "known", "answer"),
    [
        ("all", ["a"], None),
        ("all", ["b"], False),
        ("some", ["a"], True),
        ("some", ["b"], None),
        ("none", ["a"], False),
        ("none", ["b"], None),
        ("none", [], None),
    ],
)
def test_a_list_that_may_have_more_decides_only_what_more_cannot_change(
    word: str,
    known: list[str],
    answer: bool | None,
) -> None:
    """One that fits is enough for `some`, one that does not for `all`."""
    rows = Incomplete([{"x": value} for value in known], "the last page was not read")

    assert parse_condition({"l": {word: {"x": "a"}}}).holds(lambda _path: rows) is answer


@pytest.mark.parametrize(
    "condition", [{"is": "nothing"}, {"is": "present"}, {"not": 1}, {"over": 1}]
)
def test_a_value_nobody_knows_decides_nothing(condition: dict[str, Any]) -> None:
    """Not even whether there is one."""
    assert parse_condition({"a": condition}).holds(lambda _path: Unsure("x")) is None


def test_what_was_seen_in_part_may_hold_more() -> None:
    """An absent field of a partial object is not known to be absent."""
    seen = reader(InPart({"a": 1}))

    assert seen(Path(("a",))) == 1
    assert isinstance(seen(Path(("b",))), Unsure)
