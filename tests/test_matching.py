"""Which message belongs to which source, and to which step."""

from __future__ import annotations

from typing import Any

import pytest

from harness.history import EventKind
from harness.mapping import parse_condition
from harness.matching import Correlation, matches, matches_data, spans, things_of
from harness.messages import Sightings
from harness.rules import Rules
from tests.checks.support import Story, batch, contract, landscape, ticket


@pytest.mark.parametrize(
    ("data", "body", "answer"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {}, None),
        ({"a.b": "x", "c": [1, 2]}, {"a": {"b": "x"}, "c": 2}, True),
        (None, {}, True),
    ],
)
def test_a_body_fulfils_what_is_asked_and_may_hold_more(
    data: dict[str, Any] | None, body: dict[str, Any], answer: bool | None
) -> None:
    """Subset match; what is missing cannot be known."""
    assert matches_data(data, body) is answer


def test_a_view_cannot_tell_of_what_it_leaves_out() -> None:
    """Absent from a partial body is not absent."""
    condition = parse_condition({"gone": {"is": "nothing"}})

    assert matches(condition, {}) is True
    assert matches(condition, {}, partial=True) is None


def correlation(**changes: Any) -> Correlation:
    """Return how a contract links its messages."""
    agreed = contract(**changes)
    return Correlation(agreed, landscape(), Rules(agreed, landscape()))


def test_the_targets_key_links_where_a_rule_fills_it() -> None:
    """Number 7 becomes ref "7"."""
    link = correlation()

    assert link.of_source(ticket()) == link.of_target(batch()) == "7"
    assert link.clauses == ("fields.ref",)


def test_the_contract_may_say_what_links() -> None:
    """`correlate` wins over the key."""
    link = correlation(correlate={"sum": "total"})

    assert link.of_source(ticket()) == link.of_target(batch()) == "5.00"


def test_another_field_fed_by_the_sources_key_links_too() -> None:
    """The target's own key may be made by the target."""
    fields = {"ref": {"set_by": "target"}, "guest": {"from": "number", "using": "to_text"}}
    link = correlation(fields=fields, sums=None, maps=None)

    assert link.of_source(ticket()) == link.of_target(batch(guest="7")) == "7"


def test_without_any_such_field_there_is_no_link() -> None:
    """Then nobody can tell which belong together."""
    fields = {"ref": {"set_by": "target"}, "sum": {"from": "total"}}

    assert not correlation(fields=fields, sums=None, maps=None).possible


@pytest.mark.parametrize("body", [{}, {"ref": None}, {"ref": ""}])
def test_a_target_without_its_key_links_to_nothing(body: dict[str, Any]) -> None:
    """An empty key is no key."""
    assert correlation().of_target(body) == ""


def test_steps_last_until_the_next_one() -> None:
    """A step that is repeated appears once for each time."""
    story = Story().step("a").step("b").step("a")

    assert [(one.id, one.until) for one in spans(story.history())] == [
        ("a", 2),
        ("b", 3),
        ("a", None),
    ]


def test_a_step_owns_what_systems_did_on_their_own() -> None:
    """Commits without a cause belong to the step they fall into; effects of calls do not."""
    story = Story().step("a").ticket(ticket(1)).send(batch(1))
    story.step("b").ticket(ticket(2))
    history = story.history()

    mine = things_of("a", spans(history), Sightings(history, landscape()))

    assert mine == {("shop.ticket", "1")}


def test_a_webhook_that_is_only_emitted_belongs_to_its_step() -> None:
    """`send` emits without committing anything."""
    story = Story().step("a").event(EventKind.EMITTED, "shop", topic="ticket", body=ticket())
    history = story.history()

    assert things_of("a", spans(history), Sightings(history, landscape())) == {("shop.ticket", "7")}


def test_a_history_without_steps_has_none() -> None:
    """A recording is judged as it is."""
    assert spans(Story().ticket().settle().history()) == ()
