"""Ten flows of trade, each in as few files as it needs, can be said in the language and read."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.contract import Contract
from harness.loader import Project, load_project

HERE = Path(__file__).parent
FLOWS = sorted(folder.name for folder in (HERE / "flows").iterdir() if folder.is_dir())


def project_of(flow: str, folder: Path) -> Project:
    """Read one flow together with the systems that all of them share."""
    shutil.copytree(HERE / "shared", folder / "contracts")
    shutil.copytree(HERE / "flows" / flow, folder / "contracts", dirs_exist_ok=True)
    return load_project(folder)


@pytest.mark.parametrize("flow", FLOWS)
def test_each_flow_is_read_without_problems(flow: str, tmp_path: Path) -> None:
    """Every file of it becomes a contract that promises something."""
    project = project_of(flow, tmp_path)
    files = list((HERE / "flows" / flow).glob("*.yaml"))

    assert [str(problem) for problem in project.problems] == []
    assert {one.contract for one in project.contracts} == {file.stem for file in files}
    assert all(one.clauses() for one in project.contracts)


def test_there_are_ten_flows_and_none_blocks() -> None:
    """They show what can be said; nothing drives them."""
    texts = [file.read_text("utf-8") for file in (HERE / "flows").glob("*/*.yaml")]

    assert len(FLOWS) == 10
    assert all("\nstatus: proposed\n" in text for text in texts)


def test_together_they_use_nearly_every_word_of_a_contract(tmp_path: Path) -> None:
    """What no flow needs is named here, so that a new word finds its flow."""
    used: set[str] = set()
    for flow in FLOWS:
        for contract in project_of(flow, tmp_path / flow).contracts:
            used |= _said(contract.model_dump(by_alias=True, exclude_unset=True))

    words = {field.alias or name for name, field in Contract.model_fields.items()}
    assert words - used == {"checks", "examples", "not_mapped", "signed_off", "volume"}


def _said(data: Mapping[str, Any]) -> set[str]:
    return {key for key, value in data.items() if value not in (None, {}, ())}
