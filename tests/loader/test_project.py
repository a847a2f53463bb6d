"""A project is read whole: what is good is kept, and everything wrong is named at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.declaration import Declaration
from harness.loader import load_project
from harness.scenario import ThenStep
from tests.loader.support import said
from tests.projects import ROOT, replace_in


def test_the_reference_landscape_has_no_problems() -> None:
    """What we ship fits together."""
    project = load_project(ROOT)

    assert project.problems == ()
    assert {"oms-fulfilment-to-shopify", "shopify-order-to-oms"} <= {
        contract.contract for contract in project.contracts
    }


def test_broken_files_do_not_hide_good_ones(folder: Path) -> None:
    """Two broken contracts are both reported, and the systems are still read."""
    replace_in(folder / "contracts/shopify-order-to-oms.yaml", "expect: one", "expekt: one")
    replace_in(folder / "contracts/oms-fulfilment-to-shopify.yaml", "expect: one", "expect: two")
    project = load_project(folder)

    assert {p.file for p in project.problems} == {
        "contracts/shopify-order-to-oms.yaml",
        "contracts/oms-fulfilment-to-shopify.yaml",
    }
    assert {"shopify", "oms", "ops"} <= set(project.landscape.systems)


def test_two_contracts_of_one_name_are_refused(folder: Path) -> None:
    """The second names the file of the first."""
    shutil.copy(folder / "contracts/shopify-order-to-oms.yaml", folder / "contracts/zz-copy.yaml")

    assert "stands in contracts/shopify-order-to-oms.yaml already" in said(load_project(folder))


@pytest.mark.parametrize("model", [ThenStep])
def test_words_of_the_language_that_are_not_judged_are_refused(model: type[Declaration]) -> None:
    """They are never ignored, so that nobody takes them for checked."""
    assert model.not_yet
    for key in model.not_yet:
        with pytest.raises(ValueError, match="does not judge it yet"):
            model.model_validate({key: 1})
