"""The commonest slips in a contract, and what is really said of each."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.align.wording import gap_lines
from harness.alignment import aligned
from harness.loader import load_project

ROOT = Path(__file__).resolve().parents[2]
ORDERS = "contracts/shopify-order-to-oms.yaml"


@dataclass(frozen=True, slots=True)
class Slip:
    """One edit of the contract of orders that people make by mistake."""

    title: str
    before: str
    after: str


SLIPS = (
    Slip("A slip in a key", "expect: one\n", "expekt: one\n"),
    Slip("A line that is indented wrongly", "  currency: {from", " currency: {from"),
    Slip("A number in place of a duration", "response: {fail: 5s}", "response: {fail: 5}"),
    Slip("A system that nobody describes", "to: oms.sales_order", "to: oma.sales_order"),
    Slip("A field that the source does not have", "{from: total_tax,", "{from: total_taxes,"),
    Slip("A transform that nobody knows", "using: trim | lower", "using: trim | lowercase"),
    Slip("A word that is not in the list", "style: webhook", "style: webhooks"),
    Slip("An owner who is missing", "  integration: integration-team\n", ""),
    Slip(
        "A key that stands twice",
        "  currency: {from: currency, severity: blocker}\n",
        "  currency: {from: currency, severity: blocker}\n  currency: {fixed: EUR}\n",
    ),
    Slip("A tab", "  business: commerce-ops", "\tbusiness: commerce-ops"),
)


def said_of(slip: Slip) -> list[str]:
    """Return what loading and aligning say of the contract with this slip.

    Raises:
        ValueError: the contract has changed, and the slip is no edit of it any more.
    """
    with tempfile.TemporaryDirectory() as name:
        project = Path(name)
        shutil.copytree(ROOT / "contracts", project / "contracts")
        shutil.copy(ROOT / "golive.toml", project)
        text = (project / ORDERS).read_text(encoding="utf-8")
        if text.count(slip.before) != 1:
            raise ValueError(
                f"{slip.title}: {slip.before!r} stands {text.count(slip.before)} times"
            )
        (project / ORDERS).write_text(text.replace(slip.before, slip.after), encoding="utf-8")
        found = aligned(load_project(project), as_of="2026-03-02")
        if found.problems:
            return [line for problem in found.problems for line in str(problem).splitlines()]
        lines = []
        for gap in found.open:
            if gap.weight != "note":
                contact = found_contact(project, gap.owner)
                lines += list(gap_lines(gap, contact=contact))
        return lines


def found_contact(project: Path, team: str) -> str:
    """Return where a team is reached."""
    teams = load_project(project).landscape.teams
    return teams[team].contact if team in teams else ""


def page() -> Iterator[str]:
    """Yield the lines of the page about slips."""
    yield "# When a file is refused\n"
    yield "The commonest slips in a contract, each with what is really said of it. Every problem of"
    yield "every file is told at once. Generated from real output.\n"
    for slip in SLIPS:
        yield f"## {slip.title}\n"
        yield "```text"
        yield from said_of(slip)
        yield "```\n"
