"""Each planted defect makes the launch a no-go, and the first blocker names clause and owner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.defects.catalogue import DEFECTS, NOT_VISIBLE, VARIANTS
from tests.defects.patches import Defect, Patch
from tests.defects.workshop import Rehearsed, forget, rehearse, statuses_from_disk


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Provide a folder whose patched package is forgotten afterwards."""
    yield tmp_path
    forget(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_the_first_blocker_names_the_clause_and_the_owner(defect: Defect, folder: Path) -> None:
    """One defect, one cause, found where it is by the contracts alone; from disk as well.

    What the author of a scenario wrote under `then` is not needed to find it, but where the
    catalogue names just that. A scenario that was written for the row is needed only where the
    catalogue says so.
    """
    contract = defect.about or defect.clause.partition("#")[0]
    rehearsed = rehearse(folder, defect, keep_then=bool(defect.about), about=contract)

    assert rehearsed.record.verdict == "NO-GO"
    first = rehearsed.record.blockers[0]
    assert (first.clause, first.owner) == (defect.clause, defect.owner)
    found_by = {name.partition("[")[0]: why for name, why in _failing(rehearsed, defect.clause)}
    written_for_it = bool(defect.row) and all(defect.row in why for why in found_by.values())
    assert defect.scenario == (", ".join(found_by) if written_for_it else "")
    assert statuses_from_disk(rehearsed, folder / "journals") == rehearsed.statuses()


def _failing(rehearsed: Rehearsed, clause: str) -> list[tuple[str, str]]:
    """Return name and reason of being of each scenario in which a clause failed."""
    return [
        (scenario.name, scenario.because or "")
        for scenario, result in zip(
            (scenario for scenario, _ in rehearsed.runs), rehearsed.results, strict=True
        )
        if any(r["clause"] == clause and r["status"] == "failed" for r in result.rulings)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_harmless_variant_stays_go(variant: Patch, folder: Path) -> None:
    """Another way of keeping the same promises is no finding."""
    record = rehearse(folder, variant).record

    assert record.verdict == "GO", record.sentence


def test_the_defects_cover_the_ways_in_which_integrations_break() -> None:
    """Every category has at least one defect."""
    wanted = {
        "mapping",
        "rounding",
        "encoding",
        "nulls",
        "timezone",
        "retry",
        "idempotency",
        "ordering",
        "auth",
        "timing",
        "ownership of failures",
        "lost data",
    }

    assert {defect.category for defect in DEFECTS} == wanted


def test_every_row_of_the_catalogue_stands_in_one_table() -> None:
    """A row is caught or cannot be seen, and never both."""
    caught = {defect.row for defect in DEFECTS if defect.row}
    unseen = [one.row for one in NOT_VISIBLE]

    assert len(unseen) == len(set(unseen))
    assert caught.isdisjoint(unseen)
    assert len(caught) + len(unseen) == 107
    assert len(caught) >= 75
