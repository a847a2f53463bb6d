"""Alignment of a project: its contracts and files, and what people accepted of the findings."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from harness.align import Alignment, Gap, World, align
from harness.errors import BadInput, Problem
from harness.loader import Project, load_declaration
from harness.places import Places
from harness.plurals import counted
from harness.readiness import GapWaiver, Policy


@dataclass(frozen=True, slots=True)
class Aligned:
    """What alignment found in a project, what of it people accepted, and what cannot be read."""

    alignment: Alignment
    open: tuple[Gap, ...]
    accepted: tuple[tuple[Gap, GapWaiver], ...]
    problems: tuple[Problem, ...]

    @property
    def clean(self) -> bool:
        """Return whether nothing is left to mend; notes need no mending."""
        serious = any(gap.weight != "note" for gap in self.open)
        return not (serious or self.problems or self.alignment.broken)

    @property
    def sentence(self) -> str:
        """Return the outcome in one sentence."""
        found = self.alignment
        said = f"{counted(found.contracts, 'contract')}, {counted(len(found.checks), 'check')}: "
        said += counted(len(self.open), "finding")
        if self.accepted:
            said += f", {len(self.accepted)} accepted"
        if self.problems:
            said += f", {counted(len(self.problems), 'problem')} in the files"
        return said

    def as_data(self) -> dict[str, Any]:
        """Return plain data for a machine."""
        return {
            "contracts": self.alignment.contracts,
            "checks": list(self.alignment.checks),
            "broken": [{"code": code, "reason": reason} for code, reason in self.alignment.broken],
            "problems": [str(problem) for problem in self.problems],
            "findings": [{**asdict(gap), "fingerprint": gap.fingerprint} for gap in self.open],
            "accepted": [
                {
                    **asdict(gap),
                    "fingerprint": gap.fingerprint,
                    "by": risk.by,
                    "reason": risk.reason,
                    "until": risk.until,
                }
                for gap, risk in self.accepted
            ],
        }


def world_of(project: Project, *, as_of: str | None = None) -> World:
    """Return what alignment looks at in a project."""
    return World(
        contracts=project.contracts,
        landscape=project.landscape,
        flows=project.flows,
        where=Places(project),
        today=as_of or project.settings.run.as_of or "",
        digests=dict(_digests(project)),
    )


def policy_of(project: Project) -> tuple[Policy, tuple[Problem, ...]]:
    """Return what people agreed on for the launch; nothing where its file is broken, and why."""
    file = project.contracts_folder / "readiness.yaml"
    try:
        return load_declaration(Policy, file, root=project.root) or Policy(), ()
    except BadInput as error:
        return Policy(), error.problems


def aligned(project: Project, *, only: Collection[str] = (), as_of: str | None = None) -> Aligned:
    """Align a project; a broken policy file is one more problem, and accepts nothing."""
    day = as_of or project.settings.run.as_of
    policy, problems = policy_of(project)
    found = align(world_of(project, as_of=day), only=only)
    waivers = [w for w in policy.alignment if day and w.until >= day]
    covered = {gap: next((w for w in waivers if w.covers(gap)), None) for gap in found.gaps}
    return Aligned(
        alignment=found,
        open=tuple(gap for gap, risk in covered.items() if risk is None),
        accepted=tuple((gap, risk) for gap, risk in covered.items() if risk is not None),
        problems=(*project.problems, *problems),
    )


def _digests(project: Project) -> list[tuple[str, str]]:
    named = {
        message.imported.file
        for message in project.landscape.messages().values()
        if message.imported is not None
    }
    return [
        (name, hashlib.sha256((project.root / name).read_bytes()).hexdigest())
        for name in sorted(named)
        if (project.root / name).is_file()
    ]
