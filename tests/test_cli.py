"""The command line says what a person can act on, and exits as documented."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from harness.schemas import KINDS, schema_of, schema_text
from harness.yamlfile import read_documents
from tests.projects import ROOT, golive, landscape, replace_in, small_landscape

pytestmark = pytest.mark.slow
HAPPY = ("ORD-001-paid-order.yaml",)


def test_a_new_project_is_go(tmp_path: Path) -> None:
    """`init` makes a project that runs as it is, and `run` leaves the page."""
    assert golive(tmp_path, "init", "demo").status == 0

    ran = golive(tmp_path / "demo", "run")

    assert (ran.status, "GO" in ran.out) == (0, True)
    assert (tmp_path / "demo/reports/readiness.html").is_file()


def test_init_touches_nothing_that_is_there(tmp_path: Path) -> None:
    """A folder with something in it is left alone."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("keep me")

    ran = golive(tmp_path, "init", "mine")

    assert (ran.status, "not empty" in ran.err) == (2, True)
    assert [f.name for f in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_judging_the_journals_gives_the_verdict_of_the_run(tmp_path: Path) -> None:
    """Stored journals, judged alone, have the clause statuses of the run."""
    project = small_landscape(tmp_path)
    record = golive(project, "run", "--json").record()
    journals = sorted(str(f) for f in (project / "reports/journals").iterdir())

    judged = golive(project, "judge", "--json", *journals)

    assert judged.status == 0
    assert statuses(judged.record()) == statuses(record)


def test_report_renders_the_record_again(tmp_path: Path) -> None:
    """The page is made from the record alone, to the byte."""
    project = landscape(tmp_path, only=HAPPY)
    golive(project, "run", "--reports", "out")
    folder = project / "out/partial" if (project / "out/partial").exists() else project / "out"
    before = (folder / "readiness.html").read_bytes()

    ran = golive(project, "report", str(folder / "readiness.json"), "--to", "again")

    assert ran.status == 1  # one scenario proves too little
    assert (project / "again/readiness.html").read_bytes() == before


@pytest.mark.parametrize("kind", KINDS)
def test_each_schema_is_a_valid_draft_07_schema(kind: str) -> None:
    """Editors that know draft-07 can read every schema."""
    jsonschema.Draft7Validator.check_schema(schema_of(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_the_stored_schemas_are_those_of_the_models(kind: str) -> None:
    """`make docs` writes what editors read; it was run after the last change."""
    assert (ROOT / f"docs/schema/{kind}.json").read_text() == schema_text(kind)


def test_the_schema_of_the_record_fits_the_record(tmp_path: Path) -> None:
    """What `golive schema readiness` prints describes what `golive run` writes."""
    project = landscape(tmp_path, only=HAPPY)
    record = golive(project, "run", "--json").record()
    schema = json.loads(golive(project, "schema", "readiness").out)

    jsonschema.Draft7Validator(schema).validate(record)


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        ("contract", "contracts/*-to-*.yaml"),
        ("systems", "contracts/systems/*.yaml"),
        ("teams", "contracts/teams.yaml"),
        ("policy", "contracts/readiness.yaml"),
        ("scenario", "scenarios/*/*.yaml"),
    ],
)
def test_the_schemas_fit_the_files_we_ship(kind: str, pattern: str) -> None:
    """An editor with the schema finds nothing wrong with the reference landscape."""
    validator = jsonschema.Draft7Validator(schema_of(kind))
    for file in ROOT.glob(pattern):
        for document in read_documents(file):
            plain = json.loads(json.dumps(document.data, default=float))
            assert [error.message for error in validator.iter_errors(plain)] == [], file


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "nowhere.yaml"), "there is no such file"),
        (("judge", "nowhere.jsonl"), "cannot be read"),
        (("report", "nowhere.json"), "cannot be read"),
        (("schema", "nothing"), "invalid choice"),
        (("frobnicate",), "invalid choice"),
    ],
)
def test_bad_usage_is_one_message_and_status_2(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    """Nothing readable, or nothing understood, is 2."""
    project = landscape(tmp_path, only=HAPPY)

    ran = golive(project, *arguments)

    assert (ran.status, said in ran.said) == (2, True)


def test_outside_a_project_the_way_in_is_named(tmp_path: Path) -> None:
    """Without golive.toml the message says how to get one."""
    ran = golive(tmp_path, "run")

    assert (ran.status, "golive init" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("golive.toml", "harness.reference.app:create", "nowhere.app:create"), "no 'nowhere'"),
        (("golive.toml", "harness.reference.app:create", "harness.reference.app:made"), "'made'"),
        (("golive.toml", "harness.reference.app:create", "broken:create"), "ZeroDivisionError"),
        (("golive.toml", "[run]", "[runs]"), "runs"),
        (("golive.toml", "[run]", "[run"), "is not TOML"),
        (("contracts/shopify-order-to-oms.yaml", "to_text,", "to_txt,"), "to_text"),
        (("contracts/shopify-order-to-oms.yaml", "to: oms.sales", "to: omz.sales"), "'oms'"),
        (("contracts/shopify-order-to-oms.yaml", "expect: one", "\texpect: one"), "tab"),
        (("contracts/teams.yaml", "commerce-ops:", "commerce-op:"), "commerce-op"),
    ],
)
def test_bad_input_is_one_clear_message(
    tmp_path: Path, change: tuple[str, str, str], said: str
) -> None:
    """What is wrong is named, without a traceback; nothing is ready."""
    project = landscape(tmp_path, only=HAPPY)
    (project / "broken.py").write_text("1 / 0\n")
    file, old, new = change
    replace_in(project / file, old, new)

    ran = golive(project, "run")

    assert ran.status in (1, 2)
    assert said in ran.said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"scenario:\n\tid: X\n", "tab"),
        (b"a: &a [x]\nb: *a\n", "anchor"),
        (b"scenario: x" * 1_000_000, "MB"),
        (b"\xff\xfe\x00", "UTF-8"),
    ],
    ids=["empty", "tabs", "bomb", "large", "bytes"],
)
def test_a_file_that_is_no_scenario_is_one_failing_item(
    tmp_path: Path, content: bytes, said: str
) -> None:
    """Whatever stands in the folder, the run goes on and says what is wrong."""
    project = landscape(tmp_path, only=HAPPY)
    (project / "scenarios/orders/odd.yaml").write_bytes(content)

    ran = golive(project, "run")

    assert ran.status == 1
    assert said.lower() in ran.said.lower()
    assert "1 failed, 1 passed" in ran.out


def test_a_package_called_harness_beside_the_project_is_refused(tmp_path: Path) -> None:
    """Both paths are named, because nobody could tell which one is meant."""
    project = landscape(tmp_path, only=HAPPY)
    (project / "harness").mkdir()
    (project / "harness/__init__.py").write_text("")
    golive(tmp_path, "schema", "teams")

    ran = golive(tmp_path, "run", "--project", str(project))

    assert ran.status == 1
    assert str(project / "harness") in ran.said.replace("\n", "")
    assert str(ROOT / "harness") in ran.said.replace("\n", "")


def test_a_package_of_the_user_beside_golive_toml_is_imported(tmp_path: Path) -> None:
    """The project's folder is importable, from wherever the run is started."""
    project = landscape(tmp_path, only=HAPPY)
    package = project / "acme" / "sync"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "app.py").write_text("from harness.reference.app import create as build\n")
    replace_in(project / "golive.toml", "harness.reference.app:create", "acme.sync.app:build")

    ran = golive(tmp_path, "run", "--project", str(project), "--json")

    assert [s["outcome"] for s in ran.record()["scenarios"]] == ["proven"]


def statuses(record: dict[str, object]) -> dict[str, str]:
    """Return the status of each clause of a record."""
    contracts: list[dict[str, list[dict[str, str]]]] = record["contracts"]  # type: ignore[assignment]
    return {clause["id"]: clause["status"] for c in contracts for clause in c["clauses"]}
