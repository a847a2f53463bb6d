"""A condition says which values of a field are never sent."""

from __future__ import annotations

from typing import Any

import pytest

from harness.align.promised import needed
from harness.mapping import ABSENT, parse_condition


@pytest.mark.parametrize(
    ("condition", "there", "filled"),
    [
        ({"a": "x"}, {"a"}, {"a"}),
        ({"a": ["x", "y"]}, {"a"}, {"a"}),
        ({"a": {"not": "x"}}, {"a"}, set()),
        ({"a": {"is": "present"}}, {"a"}, {"a"}),
        ({"a": {"is": "absent"}}, set(), {"a"}),
        ({"a": {"is": "nothing"}}, set(), set()),
        ({"a": {"at_least": 1}, "b": "x"}, {"a", "b"}, {"a", "b"}),
        ({"any_of": [{"a": 1, "b": 1}, {"b": 2}]}, {"b"}, {"b"}),
        ({"a": {"in": "tables.codes.code"}}, {"a"}, {"a"}),
        ({"a": {"not_in": "tables.codes.code"}}, {"a"}, set()),
    ],
)
def test_a_condition_needs_what_it_asks_for(
    condition: dict[str, Any], there: set[str], filled: set[str]
) -> None:
    """A missing field fulfils few conditions, and null some more."""
    parsed = parse_condition(condition)

    assert (there, filled) == (set(needed(parsed, ABSENT)), set(needed(parsed, None)))
