"""Conditions have three answers, and a missing field is never taken for a no."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.mapping import Veiled, all_of, any_of, parse_condition

ORDER = {
    "status": "paid",
    "total": "12.50",
    "cancelled_at": None,
    "test": False,
    "lines": [{"sku": "A", "qty": 2}, {"sku": "B", "qty": 0}],
    "secret": Veiled("m", 3, ascii=True),
}


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ({"status": "paid"}, True),
        ({"status": ["paid", "refunded"]}, True),
        ({"status": {"not": "paid"}}, False),
        ({"status": {"in": ["paid"]}}, True),
        ({"status": {"not_in": ["open"]}}, True),
        ({"total": {"over": 12}}, True),
        ({"total": {"under": "12.5"}}, False),
        ({"total": {"at_least": "12.5"}}, True),
        ({"total": {"at_most": 12}}, False),
        ({"status": {"matches": "^pa"}}, True),
        ({"cancelled_at": {"is": "nothing"}}, True),
        ({"cancelled_at": {"is": "absent"}}, False),
        ({"cancelled_at": {"is": "present"}}, False),
        ({"closed_at": {"is": "absent"}}, True),
        ({"lines": {"all": {"qty": {"over": 0}}}}, False),
        ({"lines": {"some": {"sku": "B"}}}, True),
        ({"lines": {"none": {"sku": "C"}}}, True),
        ({"any_of": [{"status": "open"}, {"test": False}]}, True),
        ({"status": "paid", "test": True}, False),
        ({"missing": "x"}, None),
        ({"missing": {"not": "x"}}, None),
        ({"missing": "x", "status": "open"}, False),
        ({"secret": "abc"}, None),
        ({"test": 0}, False),
    ],
)
def test_each_word_answers(condition: dict[str, Any], answer: bool | None) -> None:
    """One line for each word, with its yes, its no, or its cannot be known."""
    assert parse_condition(condition).holds_for(ORDER) is answer


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({}, "mapping"),
        ({"a": {}}, "says nothing"),
        ({"a": {"equals": 1}}, "no word `equals`"),
        ({"a": {"is": "there"}}, "present, absent or nothing"),
        ({"a": {"over": "much"}}, "takes a number"),
        ({"a": {"matches": "("}}, "not a pattern"),
        ({"a": {"matches": "(a+)+$"}}, "never end"),
        ({"a": {"in": "x"}}, "takes a list"),
        ({"any_of": {}}, "list of conditions"),
        ({"a[0]": 1}, "lines.0.sku"),
    ],
)
def test_a_wrong_condition_is_refused_when_it_is_read(condition: Any, said: str) -> None:
    """The message names the field and what may stand there."""
    with pytest.raises(ValueError, match=said):
        parse_condition(condition)


def test_a_condition_reads_as_a_sentence() -> None:
    """Reports show it in words."""
    condition = parse_condition({"status": ["paid", "refunded"], "test": {"not": True}})

    assert str(condition) == "status is one of paid, refunded and test is not true"


ANSWERS = st.lists(st.sampled_from([True, False, None]), max_size=6)


@given(ANSWERS)
def test_and_and_or_are_each_others_mirror(answers: list[bool | None]) -> None:
    """De Morgan holds with three answers."""

    def opposite(answer: bool | None) -> bool | None:
        return None if answer is None else not answer

    assert all_of(iter(answers)) is opposite(any_of(opposite(a) for a in answers))


@given(ANSWERS)
def test_learning_more_never_turns_an_answer_round(answers: list[bool | None]) -> None:
    """A yes or no with unknowns in it stays when the unknowns become known."""
    known = all_of(iter(answers))
    for filled in (True, False):
        later = all_of(filled if a is None else a for a in answers)
        assert known is None or later is known
