"""What is written can be read again, and what is no record is refused with a place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import BadInput
from harness.report import load_record, render_html, write_reports
from tests.report.sample import GOOD, SOLD, broken, record, result, timeline


def test_a_record_survives_its_file(tmp_path: Path) -> None:
    """The record that is read is the record that was written, and renders the same page."""
    made = record(GOOD.model_copy(update={"timeline": timeline()}), result(broken(SOLD), name="B"))
    write_reports(made, tmp_path / "reports")
    read = load_record(tmp_path / "reports" / "readiness.json")

    assert made.model_dump(mode="json") == read.model_dump(mode="json")
    assert render_html(made) == render_html(read)
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == [
        "readiness.html",
        "readiness.json",
        "readiness.md",
    ]


def test_half_a_character_does_not_stop_the_report(tmp_path: Path) -> None:
    """Half of a surrogate pair, which JSON can carry, is written as its escape."""
    write_reports(record(result(broken(SOLD), name="B", title="a\ud800")), tmp_path)

    assert load_record(tmp_path / "readiness.json").scenarios[0].title == "a\ud800"


def changed(**values: Any) -> str:
    """Return the text of a record with these fields replaced."""
    return json.dumps({**record(GOOD).model_dump(mode="json"), **values})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(None, "cannot be read", id="missing"),
        pytest.param("", "is not JSON", id="empty"),
        pytest.param("GO", "is not JSON", id="not JSON"),
        pytest.param("[" * 100_000, "is not JSON", id="deep"),
        pytest.param("[]", "no record of this version", id="a list"),
        pytest.param(changed(format="golive-readiness/9"), "golive-readiness/9", id="version"),
        pytest.param(changed(verdict="GREAT"), "verdict: ", id="verdict"),
        pytest.param(changed(colour="red"), "colour: ", id="unknown field"),
        pytest.param(changed(scenarios=[{"name": 1}]), "scenarios.0.name: ", id="wrong field"),
        pytest.param(
            changed(scenarios=[{**GOOD.model_dump(mode="json"), "rulings": [{"clause": "a"}]}]),
            "scenarios.0.rulings: ",
            id="half a ruling",
        ),
    ],
)
def test_what_is_no_record_is_refused(tmp_path: Path, text: str | None, said: str) -> None:
    """Each bad file is bad input, named by its path, with a way out."""
    path = tmp_path / "readiness.json"
    if text is not None:
        path.write_text(text)

    with pytest.raises(BadInput, match=said) as caught:
        load_record(path)
    assert path.as_posix() in str(caught.value)
    assert "golive run" in str(caught.value)
