"""Drawings say in words what they show, and no label leaves its lane."""

from __future__ import annotations

import re

import pytest

from harness.readiness import Step, TimingRecord
from harness.report.drawing import MOST_ROWS, sequence, timing_bar
from tests.report.sample import GOOD, timeline


def test_the_integration_stands_in_the_middle() -> None:
    """Systems stand on both sides of the integration, so that arrows cross no third lane."""
    drawing = sequence(GOOD.model_copy(update={"timeline": timeline()}))

    assert re.findall(r'class="lane"[^>]*>(\w+)<', drawing) == ["bakery", "integration", "kiosk"]


def test_a_faulted_step_is_marked_in_words_and_line() -> None:
    """What went wrong carries its result and a mark, not a colour alone."""
    drawing = sequence(GOOD.model_copy(update={"timeline": timeline()}))

    assert 'class="bad"' in drawing
    assert "timeout ⚡" in drawing


def test_rows_that_are_left_out_are_counted() -> None:
    """A cut drawing says how much more the journal holds."""
    cut = GOOD.model_copy(update={"timeline": timeline(rows=MOST_ROWS + 3), "left_out": 4})

    assert "7 more steps are in the journal." in sequence(cut)


def test_without_steps_there_is_no_drawing() -> None:
    """A scenario that was not run has nothing to draw."""
    assert sequence(GOOD) == ""


@pytest.mark.parametrize(("sender", "receiver"), [("kiosk", "kiosk"), ("kiosk", "")])
def test_what_goes_nowhere_is_a_remark(sender: str, receiver: str) -> None:
    """A step without an arrow, or from a party to itself, is still shown."""
    step = Step(
        seq=1,
        t=None,
        sender=sender,
        receiver=receiver,
        label="counts its loaves",
        result="",
        good=True,
        faulted=False,
    )

    assert "counts its loaves" in sequence(GOOD.model_copy(update={"timeline": (step,)}))


@pytest.mark.parametrize(
    ("worst", "kind", "said"),
    [(4, "kept", "worst 4s, limit 5s"), (9, "late", "never over 30s"), (31, "over", "worst 31s")],
)
def test_a_bar_is_late_before_it_is_over(worst: int, kind: str, said: str) -> None:
    """Where a share may be late, only the ceiling makes the bar red; the label has the figures."""
    second = 1_000_000_000
    entry = TimingRecord(
        clause="a#b",
        text="",
        grade="simulated",
        limit=5 * second,
        ceiling=30 * second,
        count=1,
        late=0,
        untouched=1,
        worst=worst * second,
        p50=None,
        p95=None,
    )

    assert f'class="{kind}"' in timing_bar(entry)
    assert said in timing_bar(entry)
