"""The readiness page: one file, no network, no scripts, every foreign text escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.contract import FAMILIES
from harness.readiness import Readiness, ScenarioResult
from harness.report.drawing import sequence, timing_bar
from harness.timing import show_duration

MOST_EVIDENCE = 200
"""Scenarios shown with all their evidence when everything is proven; others are always shown."""

_ICONS = {
    "proven": "✓",
    "attested": "✎",
    "waived": "◔",
    "unproven": "?",
    "failed": "✕",
    "skipped": "–",
    "broken": "✕",
}
_VERDICTS = {
    "GO": ("go", "✓"),
    "GO WITH ACCEPTED RISK": ("risk", "◔"),
    "NOT PROVEN": ("unproven", "?"),
    "NO-GO": ("nogo", "✕"),
}


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
        detailed=detailed,
        brief=brief,
        never_proven=[
            clause
            for contract in record.contracts
            if contract.status in ("agreed", "live")
            for clause in contract.clauses
            if clause.status == "unproven"
        ],
        timelines={result.name: sequence(result) for result in detailed},
        bars=[timing_bar(entry) for entry in record.timing],
    )


def _split(record: Readiness) -> tuple[list[ScenarioResult], list[ScenarioResult]]:
    """Return the scenarios shown with evidence, and those shown in one line."""
    detailed: list[ScenarioResult] = []
    brief: list[ScenarioResult] = []
    for result in record.scenarios:
        wanted = result.outcome != "proven" or len(detailed) < MOST_EVIDENCE
        (detailed if wanted and len(detailed) < 5 * MOST_EVIDENCE else brief).append(result)
    return detailed, brief


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("harness.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["duration"] = _duration
    environment.filters["visible"] = _visible
    environment.filters["covered"] = _covered
    return environment


def _duration(nanoseconds: int | None) -> str:
    if nanoseconds is None:
        return "–"
    if nanoseconds >= 1_000_000_000:
        return show_duration(nanoseconds // 1_000_000 * 1_000_000)
    return show_duration(nanoseconds // 1_000 * 1_000)


def _visible(text: Any) -> str:
    """Return text in which no character can turn the page round or hide."""
    return "".join(
        f"⟨U+{ord(c):04X}⟩" if ord(c) in _TRICKS or (ord(c) < 32 and c not in "\n\t") else c
        for c in str(text)
    )


_TRICKS = frozenset(
    [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200B, 0x200E, 0x200F, 0xFEFF, 0x7F]
)


def _covered(cell: Mapping[str, int] | Any) -> str:
    """Return the worst status of a cell, for its colour."""
    for word in ("failed", "unproven", "waived", "proven", "attested"):
        if getattr(cell, word):
            return word
    return "none"
