"""Checks in Python speak for themselves, as far as they can be believed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.checks import judge
from harness.checks.case import Case
from harness.checks.python import CHECK, Broken, Evidence, Kept, Unsure, Untouched
from harness.verdict import Status
from tests.checks.support import (
    Said,
    Story,
    batch,
    contract,
    dossier,
    failing,
    good,
    judged,
    landscape,
)

RUN = "acme.checks:twins"
CHECKED = contract(checks={"twins": {"run": RUN, "owner": "business", "says": "no twins"}})


def said(function: Callable[[Evidence], Any], story: Story | None = None) -> Said:
    """Return what the clause becomes when this function is its check."""
    case = Case.of(dossier(story or good(), CHECKED), {RUN: function})
    return Said(CHECK.run(case))


def agrees(evidence: Evidence) -> Any:
    """Hold the sum of each batch against the total of its ticket."""
    for pair in evidence.pairs:
        for sent in pair.taken:
            if sent.body["sum"] == pair.source.body["total"]:
                yield Kept("the sums agree", (sent,))
            else:
                yield Broken(
                    pair.source.body["total"], sent.body["sum"], (sent,), pair.source.key, "sum"
                )
    if not evidence.pairs:
        yield Untouched("no ticket")


def test_it_accepts() -> None:
    """What was seen is the witness."""
    ruling = said(agrees).rulings["checks.twins"]

    assert (ruling.status, len(ruling.witnesses)) == (Status.PROVEN, 1)


def test_it_rejects() -> None:
    """One wrong sum is one finding, with the words of the check."""
    finding = said(agrees, Story().ticket().send(batch(sum="6.00")).settle()).finding(
        "checks.twins"
    )

    assert (finding.cause, finding.expected, finding.observed) == ("sum", "5.00", "6.00")


def test_an_empty_history_does_not_touch_it() -> None:
    """Untouched is no vote."""
    found = said(agrees, Story().settle())

    assert found.rulings == {}
    assert found.idle["checks.twins"] == "no ticket"


def raises(_: Evidence) -> Any:
    """Break."""
    raise KeyError("Ada Quist")


def raises_late(_: Evidence) -> Any:
    """Say something, and break."""
    yield Kept("fine", (2,))
    raise ValueError


def leaves(_: Evidence) -> Any:
    """Try to end the program."""
    raise SystemExit(0)


async def waits(_: Evidence) -> Any:
    """Be a coroutine."""


@pytest.mark.parametrize(
    "function",
    [
        raises,
        raises_late,
        leaves,
        waits,
        lambda _: None,
        lambda _: [],
        lambda _: True,
        lambda _: "fine",
        lambda _: ["fine"],
        lambda _: {"proven": True},
        lambda _: Kept("fine", ()),
        lambda _: Kept("fine", (9999,)),
        lambda _: Kept("fine", (True,)),
        lambda _: Unsure("hard to say"),
        lambda _: [Kept("fine", (2,)), "more"],
    ],
)
def test_whatever_else_it_says_is_unproven(function: Callable[[Evidence], Any]) -> None:
    """A check that breaks, is silent, or shows nothing has proven nothing."""
    assert said(function)["checks.twins"] is Status.UNPROVEN


def test_the_text_of_its_error_is_not_told() -> None:
    """It may quote a personal value; the place is enough."""
    reason = said(raises).rulings["checks.twins"].reason

    assert "Ada" not in reason
    assert "KeyError at test_python.py:" in reason


def test_a_breach_stays_when_the_check_breaks_afterwards() -> None:
    """What it found is not lost."""

    def halfway(_: Evidence) -> Any:
        yield Broken("a", "b")
        raise ValueError

    assert said(halfway)["checks.twins"] is Status.FAILED


def test_it_cannot_change_what_others_judge() -> None:
    """Bodies are copies."""

    def meddles(evidence: Evidence) -> Any:
        for one in (*evidence.of("shop.ticket"), *(p.source for p in evidence.pairs)):
            one.body["total"] = "0.00"
        return Untouched("meddled")

    story = good()
    case = Case.of(dossier(story, CHECKED), {RUN: meddles})
    CHECK.run(case)

    assert [s.body["total"] for s in case.dossier.sightings.of("shop.ticket")] == ["5.00"] * 2


def test_a_function_that_was_not_loaded_is_unproven() -> None:
    """Without the function nobody checks."""
    ruling = next(r for r in judged(good(), CHECKED).rulings if r.clause.endswith("checks.twins"))

    assert ruling.status is Status.UNPROVEN
    assert "was not loaded" in ruling.reason


def test_a_planted_defect_is_the_only_finding() -> None:
    """Judged with everything there is."""
    story = Story().ticket().send().settle()
    found = judge(
        story.history(),
        contracts=(CHECKED,),
        landscape=landscape(),
        functions={RUN: lambda e: [Broken("no twins", "twins", e.pairs[0].taken)]},
    )

    assert failing(found) == ["checks.twins"]
