"""What systems hold is as agreed: values of records, counts and sums of messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.checks.case import Case
from harness.checks.state import CHECK
from harness.history import EventKind
from harness.landscape import Landscape, System
from harness.verdict import Status
from tests.checks.support import Said, Story, batch, contract, dossier, landscape, ticket

TRAY = {
    "key": ["kind", "place"],
    "newer_by": "turn",
    "values": {"left": {"type": "integer"}, "turn": {"type": "integer"}},
}
STATES = {"raw": ["risen"], "risen": ["baked", "burnt"], "baked": [], "burnt": []}
LOAF = {"key": "ref", "values": {"state": {"type": "text", "moves": STATES}}}


def bakery(**tells: Any) -> Landscape:
    """Return the bakery, whose oven keeps trays and loaves; ``tells`` is what a batch says."""
    base = landscape()
    oven = base.systems["oven"].model_dump(by_alias=True, exclude_unset=True)
    oven["records"] = {"tray": TRAY, "loaf": LOAF}
    if tells:
        oven["messages"]["batch"]["tells"] = tells
    return base.model_copy(
        update={"systems": {**base.systems, "oven": System.model_validate(oven)}}
    )


def said(story: Story, rule: Mapping[str, Any], land: Landscape | None = None) -> Said:
    """Return what the check says of one demand."""
    agreed = contract(state={"it": rule})
    return Said(CHECK.run(Case.of(dossier(story, agreed, land or bakery()))))


def tray(story: Story, left: Any, *, turn: int = 1, moment: str = "changed") -> Story:
    """Let the oven note what is left on a tray."""
    rows = [{"kind": "rye", "place": "top", "left": left, "turn": turn}]
    return story.event(EventKind.STATE, "oven", moment=moment, of="tray", rows=rows, gone=[])


def loaf(story: Story, *states: str) -> Story:
    """Let the oven note one state of a loaf after the other."""
    for state in states:
        rows = [{"ref": "7", "state": state}]
        story.event(EventKind.STATE, "oven", moment="changed", of="loaf", rows=rows, gone=[])
    return story


NEVER_BELOW = {"what": "oven.tray.left", "at_least": 0, "when": "always"}
FORWARD = {"what": "oven.loaf.state", "moves": "forward", "when": "always"}
ONCE = {"what": "count oven.batch", "per": ["ref"], "is": 1, "when": "settled"}


def test_a_value_that_changes_and_stays_within_is_proven() -> None:
    """The change is the witness."""
    story = tray(tray(Story(), 3, moment="opening"), 0).settle()
    found = said(story, NEVER_BELOW)

    assert found["state.it"] is Status.PROVEN
    assert "left of tray rye top was 0" in found.rulings["state.it"].reason


def test_what_was_there_before_proves_nothing() -> None:
    """A value that nobody changed was never at risk, and an empty history shows nothing."""
    assert said(tray(Story(), 3, moment="opening").settle(), NEVER_BELOW)["state.it"] is None
    assert "nothing shows" in said(Story().settle(), NEVER_BELOW).idle["state.it"]


def test_a_value_below_is_one_finding_even_if_it_recovers() -> None:
    """`always` means at every moment."""
    story = tray(tray(tray(Story(), 3), -1), 5).settle()
    finding = said(story, NEVER_BELOW).finding("state.it")

    assert finding.cause == "state"
    assert finding.observed == "left of tray rye top was -1"


def test_settled_looks_at_the_end_alone() -> None:
    """A value may be anything in between."""
    rule = {**NEVER_BELOW, "when": "settled"}
    assert said(tray(tray(Story(), -1), 5).settle(), rule)["state.it"] is Status.PROVEN
    assert said(tray(tray(Story(), 5), -1).settle(), rule)["state.it"] is Status.FAILED
    assert said(tray(Story(), 5), rule)["state.it"] is None


def test_a_time_of_day_looks_at_the_clock_of_a_zone() -> None:
    """At noon in Berlin it is eleven in the story."""
    rule = {**NEVER_BELOW, "when": "12:00", "zone": "Europe/Berlin"}
    story = tray(tray(Story(), 5).wait("2h"), -1)
    assert said(tray(story.wait("2h"), 3).settle("1h"), rule)["state.it"] is Status.FAILED
    early = tray(tray(Story(), -1).wait("1h"), 5)
    assert said(early.settle("3h"), rule)["state.it"] is Status.PROVEN


def test_without_notes_the_messages_tell() -> None:
    """An accepted batch takes buns off the tray; a second answer to the same one does not."""
    takes = {
        "key": {"kind": "kind", "place": "^ref"},
        "each": "rows.*",
        "set": {"left": "count"},
    }
    story = Story().ticket().send(batch()).settle()
    found = said(story, NEVER_BELOW, bakery(tray=takes))

    assert found["state.it"] is Status.PROVEN
    bad = [{"kind": "rye", "count": -2, "cost": "3.00"}]
    story = Story().ticket().send(batch(rows=bad)).settle()
    assert said(story, NEVER_BELOW, bakery(tray=takes)).failing() == ["state.it"]


def test_an_unknown_outcome_leaves_two_possibilities() -> None:
    """Nobody knows whether the tray is below, until a later note tells."""
    sets = {"key": {"kind": "ref", "place": "mode"}, "set": {"left": "sum"}}
    story = Story().ticket().send(batch(sum="1"), commits=False)
    story.send(batch(sum="-1"), status=None, commits=False).settle()

    assert said(story, NEVER_BELOW, bakery(tray=sets))["state.it"] is Status.UNPROVEN


@pytest.mark.parametrize(
    ("states", "status"),
    [
        (("raw", "risen", "baked"), Status.PROVEN),
        (("raw", "baked"), Status.PROVEN),
        (("baked", "risen"), Status.FAILED),
        (("risen", "baked", "burnt"), Status.FAILED),
        (("raw", "raw"), None),
        ((), None),
    ],
)
def test_moves_lead_forward_along_the_declared_ones(
    states: tuple[str, ...], status: Status | None
) -> None:
    """A step may skip others that lie on the way, and never leads back or out of an end."""
    assert said(loaf(Story(), *states).settle(), FORWARD)["state.it"] is status


def test_a_version_that_falls_is_an_older_one_written_over() -> None:
    """The state may look right, and be yesterday's."""
    rule = {"what": "oven.tray.left", "moves": "forward", "when": "always"}
    story = tray(tray(Story(), 3, turn=2), 3, turn=1).settle()
    assert said(story, rule).finding("state.it").cause == "older_version"


def test_one_message_each_is_proven_where_a_second_was_likely() -> None:
    """The webhook came twice, and the batch was made once."""
    assert said(Story().ticket().send().settle(), ONCE)["state.it"] is None
    again = Story().ticket().send()
    again.webhook(ticket(), delivery="d2")
    assert said(again.settle(), ONCE)["state.it"] is Status.PROVEN


def test_two_messages_are_one_finding() -> None:
    """Both exchanges stand behind it."""
    story = Story().ticket().send(key="a").send(key="b").settle()
    finding = said(story, ONCE).finding("state.it")

    assert finding.observed == "the count of batch 7 is 2"
    assert len(finding.exchanges) == 2


def test_a_message_without_an_answer_may_be_a_second_one() -> None:
    """Where the target notes nothing, nobody knows."""
    story = Story()
    story.origins["oven"] = story.origins["shop"]
    story.ticket().send(commits=False).send(status=None, commits=False).settle()
    assert said(story, ONCE)["state.it"] is Status.UNPROVEN


def test_a_sum_over_messages_is_exact() -> None:
    """Counts of all rows of all batches of one kind are added up."""
    rule = {"what": "sum oven.batch rows.*.count", "per": ["ref"], "at_most": 3, "when": "settled"}
    story = Story().ticket().send().send(key="x").settle()
    assert (
        said(story, rule).finding("state.it").observed == "the sum of rows.*.count of batch 7 is 6"
    )
    assert said(Story().ticket().send().settle(), rule)["state.it"] is Status.PROVEN


@given(st.lists(st.integers(-3, 10), max_size=8))
def test_whatever_is_noted_the_worst_moment_decides(values: list[int]) -> None:
    """Proven exactly where every change stays within, failed where one does not."""
    story = Story()
    for value in values:
        tray(story, value)
    expected = None if not values else Status.FAILED if min(values) < 0 else Status.PROVEN
    assert said(story.settle(), NEVER_BELOW)["state.it"] is expected
