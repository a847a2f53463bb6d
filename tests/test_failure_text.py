"""A failure fits on a screen: the line that promised, what was seen, and how to see it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.contract import Contract
from harness.errors import BadInput, HarnessError, Problem
from harness.failure_text import MOST_FINDINGS, MOST_STEPS, failure_text, verdict_lines
from harness.loader import Project, Settings
from harness.readiness import ScenarioResult, Step
from harness.scenario import Scenario
from harness.timing import SECOND
from tests.report.sample import (
    EXPECT,
    LANDSCAPE,
    SIZE,
    SOLD,
    broken,
    contract,
    kept,
    open_,
    record,
    result,
)

FILE = "contracts/bread.yaml"
STORY = Scenario.described(scenario="A loaf is sold", id="BRD-001").located(
    "scenarios/BRD-001.yaml", {"": 2, "then.0": 5}
)
AGAIN = 'again: golive run scenarios/BRD-001.yaml -k "BRD-001"'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Provide a project whose contract promises a loaf in line 2."""
    file = tmp_path / FILE
    file.parent.mkdir()
    file.write_text("fields:\n  loaf: {from: bread}\n")
    located: Contract = contract().located(FILE, {"fields.loaf": 2, "fields.size": 9})
    return Project(tmp_path, Settings(), LANDSCAPE, (located,))


def text(project: Project, made: ScenarioResult | None, error: str = "it failed") -> list[str]:
    """Return the text about the story."""
    return failure_text(STORY, made, project, HarnessError(error))


def row(seq: int, **more: object) -> Step:
    """Return one row of a sequence."""
    told: dict[str, object] = {
        "seq": seq,
        "t": seq * SECOND,
        "sender": "bakery",
        "receiver": "kiosk",
        "label": "POST /loaves",
        "result": "200",
        "good": True,
        "faulted": False,
    }
    return Step.model_validate({**told, **more})


def test_a_breach_shows_its_line_and_who_must_act(project: Project) -> None:
    """Clause, place, the YAML itself, both values, the owner, and the way to run it again."""
    assert text(project, result(kept(EXPECT), broken(SOLD))) == [
        "BRD-001: A loaf is sold",
        "",
        f"FAILED {SOLD}  {FILE}:2",
        "     2 |   loaf: {from: bread}",
        "  expected: rye (loaf 7)",
        "  observed: wheat",
        "  owner:    bakers",
        "",
        AGAIN,
    ]


def test_what_is_unproven_says_what_would_prove_it(project: Project) -> None:
    """There is no expected and observed where nothing was seen."""
    shown = text(project, result(kept(SOLD), open_(EXPECT)))

    assert f"UNPROVEN {EXPECT}  {FILE}:1" in shown
    assert "  would prove: a sold loaf" in shown
    assert not [line for line in shown if "observed" in line or SOLD in line]


def test_a_failure_is_not_mixed_with_what_is_unproven(project: Project) -> None:
    """The worst comes first, and alone."""
    shown = "\n".join(text(project, result(open_(EXPECT), broken(SOLD))))

    assert SOLD in shown
    assert EXPECT not in shown


def test_a_line_that_the_file_does_not_have_is_left_out(project: Project) -> None:
    """A file that changed meanwhile is no reason to crash."""
    shown = text(project, result(broken(SIZE)))

    assert f"FAILED {SIZE}  {FILE}:9" in shown
    assert not [line for line in shown if " | " in line]


def test_an_expectation_of_the_scenario_stands_in_the_scenario(project: Project) -> None:
    """Its place is the line of the step."""
    assert "FAILED BRD-001#then.0  scenarios/BRD-001.yaml:5" in text(
        project, result(broken("BRD-001#then.0"))
    )


@pytest.mark.parametrize("made", [None, result()], ids=["no result", "no rulings"])
def test_without_a_ruling_the_error_speaks(project: Project, made: ScenarioResult | None) -> None:
    """All problems are shown as they are, with the way to run it again."""
    error = BadInput([Problem("a.yaml", 1, 1, "is wrong"), Problem("b.yaml", 2, 1, "is too")])

    assert text(project, made, str(error)) == [
        "a.yaml:1:1: is wrong",
        "b.yaml:2:1: is too",
        "",
        AGAIN,
    ]


def test_only_the_witnesses_are_shown(project: Project) -> None:
    """What happened is told by the exchanges that prove the breach, here number 3."""
    made = result(broken(SOLD), timeline=(row(1), row(3, faulted=True), row(5)))
    shown = text(project, made)

    assert "what happened:" in shown
    assert [line for line in shown if "POST" in line] == [
        "        +3s  bakery -> kiosk  POST /loaves  200  (fault)"
    ]


def test_without_witnesses_the_beginning_is_shown(project: Project) -> None:
    """A sequence without times has question marks, and a call to nobody a dash."""
    rows = tuple(row(n, t=None, receiver="") for n in range(20, 20 + MOST_STEPS + 4))
    shown = text(project, result(open_(EXPECT), timeline=rows))

    assert len([line for line in shown if "? " in line and "bakery -> -" in line]) == MOST_STEPS
    assert "  ... 4 more" in shown


def test_many_breaches_are_counted(project: Project) -> None:
    """Three are shown, the others and most of a long sequence are numbers."""
    many = [broken(f"BRD-001#then.{n}", owner="x" * 99) for n in range(40)]
    made = result(*many, timeline=tuple(row(n) for n in range(50)))
    shown = text(project, made)

    assert len(shown) <= 30
    assert f"... and {40 - MOST_FINDINGS} more; the report has them all" in shown
    assert len([line for line in shown if line.startswith("FAILED")]) == MOST_FINDINGS


def test_the_verdict_names_who_must_act() -> None:
    """Each blocker has a clause, a team, the way to reach it, and what was seen."""
    said = list(
        verdict_lines(record(result(broken(SOLD), kept(SIZE), kept(EXPECT))), partial=False)
    )

    assert said[0] == "NO-GO"
    assert f"  failed   {SOLD}  -> bakers (#bakers)" in said
    assert "           expected rye; observed wheat" in said


def test_a_part_is_no_verdict_on_the_launch() -> None:
    """The first line says so."""
    assert next(verdict_lines(record(), partial=True)) == (
        "NOT PROVEN (a part of the scenarios: this is no verdict on the launch)"
    )


def test_many_blockers_are_counted() -> None:
    """Five are shown, the others are a number."""
    made = record(result(*(broken(SOLD, cause=f"cause {n}") for n in range(9))), attested=())
    said = list(verdict_lines(made, partial=False))

    assert len([line for line in said if " -> " in line]) == 5
    assert said[-1] == f"  ... and {len(made.blockers) - 5} more"
