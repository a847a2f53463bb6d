"""Each planted defect makes the launch a no-go, and the first blocker names clause and owner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.defects.catalogue import DEFECTS, VARIANTS, Defect, Patch
from tests.defects.workshop import forget, rehearse, statuses_from_disk


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Provide a folder whose patched package is forgotten afterwards."""
    yield tmp_path
    forget(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_the_first_blocker_names_the_clause_and_the_owner(defect: Defect, folder: Path) -> None:
    """One defect, one cause, found where it is by the contracts alone; from disk as well.

    What the author of a scenario wrote under `then` is not needed to find it.
    """
    contract = defect.clause.partition("#")[0]
    rehearsed = rehearse(folder, defect, keep_then=False, about=contract)

    assert rehearsed.record.verdict == "NO-GO"
    first = rehearsed.record.blockers[0]
    assert (first.clause, first.owner) == (defect.clause, defect.owner)
    assert statuses_from_disk(rehearsed, folder / "journals") == rehearsed.statuses()


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
