"""The readiness page: one file, no network, no scripts, every foreign text escaped."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.contract import FAMILIES
from harness.plurals import counted
from harness.readiness import Cell, Readiness, ScenarioResult
from harness.report.characters import visible
from harness.report.drawing import sequence, timing_bar
from harness.timing import show_duration

MOST_DETAILED: Final = 200
"""Scenarios shown with their rulings, the bad ones first; others get one line each."""

MOST_DRAWN: Final = 60
"""Of these, scenarios shown with a drawing of their sequence."""

MOST_CLAUSES: Final = 400
"""Rows of the table of what was never proven."""

_ICONS = {
    "proven": "✓",
    "attested": "✎",
    "waived": "◔",
    "unproven": "?",
    "failed": "✕",
    "misaligned": "≠",
    "skipped": "–",
    "broken": "✕",
}
_VERDICTS = {
    "GO": ("go", "✓"),
    "GO WITH ACCEPTED RISK": ("risk", "◔"),
    "NOT PROVEN": ("unproven", "?"),
    "NO-GO": ("nogo", "✕"),
}
_WORST_FIRST = ("broken", "failed", "unproven", "skipped", "proven")


def render_html(record: Readiness) -> str:
    """Return the page of a record; the same record gives the same bytes."""
    environment = _environment()
    style = environment.get_template("page.css").render()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    detailed, brief = _split(record)
    kind, icon = _VERDICTS[record.verdict]
    return environment.get_template("page.html").render(
        record=record,
        style=Markup(style),  # noqa: S704 - our own file, with nothing from outside in it
        style_digest=digest,
        verdict_kind=kind,
        verdict_icon=icon,
        families=FAMILIES,
        icons=_ICONS,
        detailed=[
            (result, sequence(result) if number < MOST_DRAWN else Markup(""))
            for number, result in enumerate(detailed)
        ],
        brief=brief,
        never_proven=[
            clause
            for contract in record.contracts
            if contract.status in ("agreed", "live")
            for clause in contract.clauses
            if clause.status == "unproven"
        ],
        most_clauses=MOST_CLAUSES,
        bars=[timing_bar(entry) for entry in record.timing],
    )


def _split(record: Readiness) -> tuple[list[ScenarioResult], list[ScenarioResult]]:
    """Return the scenarios shown with evidence, and those shown in one line."""
    ordered = sorted(record.scenarios, key=lambda result: _WORST_FIRST.index(result.outcome))
    return ordered[:MOST_DETAILED], ordered[MOST_DETAILED:]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("harness.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["duration"] = _duration
    environment.filters["covered"] = _covered
    environment.filters["counted"] = counted
    return environment


def _finalize(value: Any) -> Any:
    """Make every text visible, wherever the template prints it, so that none is forgotten."""
    return visible(value) if type(value) is not Markup and isinstance(value, str) else value


def _duration(nanoseconds: int | None) -> str:
    if nanoseconds is None:
        return "–"
    step = 1_000_000 if nanoseconds >= 1_000_000_000 else 1_000
    return show_duration(nanoseconds // step * step)


def _covered(cell: Cell) -> str:
    """Return the worst status of a cell, for its colour."""
    words = ("failed", "unproven", "waived", "proven", "attested")
    return next((word for word in words if getattr(cell, word)), "none")
