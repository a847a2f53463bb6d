"""What a planted defect is, and what a harmless variant."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patch:
    """Replacements of text in files of ``harness/reference``; each text occurs exactly once."""

    name: str
    changes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Defect(Patch):
    """A patch that breaks a promise: which clause, and who must act.

    ``row`` is the row of the catalogue of known defects that it stands for, where there is one.
    ``scenario`` is the only scenario that finds it, where that was written for this very row.
    ``about`` is the contract that it breaks, where the clause is what a scenario expects.
    """

    category: str
    clause: str
    owner: str = "integration-team"
    row: str = ""
    scenario: str = ""
    about: str = ""


def defect(
    name: str,
    file: str,
    old: str,
    new: str,
    *,
    category: str,
    clause: str,
    row: str = "",
    scenario: str = "",
    about: str = "",
) -> Defect:
    """Return a defect of one replacement."""
    return Defect(
        name, ((file, old, new),), category, clause, row=row, scenario=scenario, about=about
    )
