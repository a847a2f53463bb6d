"""Commands on contracts say what a person can act on, and exit as documented."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.projects import golive, replace_in, small_landscape

pytestmark = pytest.mark.slow
ORDERS = "contracts/shopify-order-to-oms.yaml"
OMS = "contracts/systems/oms.yaml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a copy of the reference landscape with two contracts."""
    return small_landscape(tmp_path)


def shorten_the_phone(project: Path) -> None:
    """Let the OMS take fewer characters than the contract sends."""
    replace_in(
        project / OMS, "shipTo.phone: {type: text, max: 20", "shipTo.phone: {type: text, max: 10"
    )


def test_contracts_that_line_up_exit_with_0(project: Path) -> None:
    """What was accepted is said, with who accepted it and why."""
    ran = golive(project, "align")

    assert (ran.status, "blocker:" in ran.out, "major:" in ran.out) == (0, False, False)
    assert "accepted until 2026-12-31 by Noor Haddad: I01" in ran.out


def test_what_does_not_line_up_is_shown_with_both_sides(project: Path) -> None:
    """Place, code, figures, the other side, and who must act."""
    shorten_the_phone(project)

    ran = golive(project, "align", "--only", "T")

    assert ran.status == 1
    assert ran.out.splitlines()[0].startswith(f"{ORDERS}:")
    assert "T02 major: shopify-order-to-oms#fields.shipTo.phone" in ran.out
    assert "other side: contracts/systems/shopify.yaml:" in ran.out
    assert "to act: integration-team (#integration" in ran.out


def test_findings_for_machines(project: Path) -> None:
    """As JSON, with a fingerprint that names no figure."""
    shorten_the_phone(project)

    ran = golive(project, "align", "--json", "--only", "T02")
    (found,) = json.loads(ran.out)["findings"]

    assert ran.status == 1
    assert found["fingerprint"] == "T02 shopify-order-to-oms#fields.shipTo.phone"
    assert found["owner"] == "integration-team"


def test_a_broken_file_is_named_and_the_others_are_looked_at(project: Path) -> None:
    """It can never be clean."""
    (project / "contracts/zz-broken.yaml").write_text("contract: [", encoding="utf-8")

    ran = golive(project, "align")

    assert ran.status == 1
    assert "contracts/zz-broken.yaml:1" in ran.err
    assert "2 contracts" in ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("align", "--only", "W99"), "there is no check 'W99'"),
        (("align", "nowhere"), "there is no such folder"),
        (("explain", "F99"), "there is no check 'F99'"),
        (("explain", "F"), "is no code"),
        (("scope", "--changed", "omss"), "did you mean 'oms'?"),
        (("diff", "no-such-revision"), "is neither a folder nor a revision"),
        (("diff", ".", "--fail-on", "worse"), "there is no grade 'worse'"),
        (("fields", "nothing", "--csv"), "there is no contract 'nothing'"),
        (("fields", "shopify-order-to-oms", "--from", "no.csv"), "cannot be read"),
    ],
)
def test_bad_usage_is_one_message_and_status_2(
    project: Path, arguments: tuple[str, ...], said: str
) -> None:
    """What was expected, and a way out."""
    ran = golive(project, *arguments)

    assert (ran.status, said in ran.err, "Traceback" in ran.err) == (2, True, False)


def test_an_empty_folder_of_contracts_is_no_success(tmp_path: Path) -> None:
    """Nothing to look at is nothing that lines up."""
    (tmp_path / "contracts").mkdir()

    ran = golive(tmp_path, "align", ".")

    assert (ran.status, "there is no contract here" in ran.err) == (2, True)


def test_a_check_explains_itself(project: Path) -> None:
    """What it means, how to mend it, and which way it may err."""
    ran = golive(project, "explain", "w01")

    assert ran.status == 0
    assert ran.out.startswith("W01  Retries last longer than the promise\n")
    assert "How to mend it" in ran.out


def test_all_checks_are_listed(project: Path) -> None:
    """A line each, with its weight."""
    lines = golive(project, "explain").out.splitlines()

    assert len(lines) > 80
    assert "O06  major    Nobody sends parked messages again" in lines


def test_versions_are_compared_with_a_revision(project: Path) -> None:
    """The folder as it stands against what was committed."""
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "agreed"]):
        subprocess.run(  # noqa: S603 - git, with words of ours
            ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *command],  # noqa: S607
            cwd=project,
            check=True,
        )
    replace_in(project / ORDERS, "fail: 5m, share: 95%", "fail: 3m, share: 95%")

    same = golive(project, "diff", "HEAD", "HEAD")
    ran = golive(project, "diff", "HEAD", "--fail-on", "tightens")
    scope = golive(project, "scope", "--since", "HEAD", "--json")

    assert (same.status, same.out) == (0, "0 changes\n")
    assert ran.status == 1
    assert "contract shopify-order-to-oms timing.delivered.fail: 5m -> 3m" in ran.out
    assert "source tightens, target loosens" in ran.out
    assert "these changes ask for 2.0.0" in ran.out
    assert list(json.loads(scope.out)["contracts"]) == ["shopify-order-to-oms"]


def test_folders_are_compared(project: Path, tmp_path: Path) -> None:
    """For those who have no repository."""
    other = small_landscape(tmp_path / "other")
    shorten_the_phone(other)

    ran = golive(project, "diff", str(project), str(other), "--json")
    graded = {c["about"]: (c["source"], c["target"]) for c in json.loads(ran.out)["changes"]}

    assert graded["oms.sales_order"] == ("tightens", "loosens")


def test_the_scope_of_a_system_is_listed(project: Path) -> None:
    """Contracts with the reason, and the clauses that nobody tests yet where a record tells."""
    ran = golive(project, "scope", "--changed", "oms")

    assert ran.status == 0
    assert "shopify-order-to-oms: oms receives oms.sales_order" in ran.out
    assert "clauses nobody tests yet: unknown" in ran.out


def test_the_mapping_table_goes_out_and_comes_back(project: Path) -> None:
    """One cell changes one rule; everything else stays to the letter."""
    before = (project / ORDERS).read_text(encoding="utf-8")
    golive(project, "fields", "shopify-order-to-oms", "--csv", "--to", "map.csv")
    replace_in(project / "map.csv", "truncate 500", "truncate 400")

    ran = golive(project, "fields", "shopify-order-to-oms", "--from", "map.csv")

    assert (ran.status, ran.out) == (0, "fields.note.using: truncate 400, was truncate 500\n")
    after = (project / ORDERS).read_text(encoding="utf-8")
    assert after == before.replace("truncate 500", "truncate 400")


def test_the_mapping_table_goes_to_stdout_where_no_file_is_named(project: Path) -> None:
    """It is the same table, line for line."""
    golive(project, "fields", "shopify-order-to-oms", "--csv", "--to", "map.csv")

    ran = golive(project, "fields", "shopify-order-to-oms", "--csv")

    assert ran.status == 0
    assert ran.out.splitlines() == (project / "map.csv").read_text(encoding="utf-8").splitlines()


def test_a_dry_run_says_what_would_change_and_changes_nothing(project: Path) -> None:
    """The contract's file stays as it is."""
    before = (project / ORDERS).read_bytes()
    golive(project, "fields", "shopify-order-to-oms", "--csv", "--to", "map.csv")
    replace_in(project / "map.csv", "truncate 500", "truncate 400")

    ran = golive(project, "fields", "shopify-order-to-oms", "--from", "map.csv", "--dry-run")

    assert (ran.status, "truncate 400" in ran.out) == (0, True)
    assert (project / ORDERS).read_bytes() == before


def test_a_message_is_imported_and_its_file_can_be_read(project: Path) -> None:
    """With what a person adds; the file is not written over unless that is said."""
    vendor = project / "vendor.json"
    vendor.write_text(json.dumps({"parcel": {"code": "P-1", "weight": 2}}), encoding="utf-8")
    words = ("import", "example", "vendor.json", "--system", "depot", "--message", "parcel")
    file = "contracts/systems/depot.yaml"

    ran = golive(project, *words, "--key", "code", "--kind", "wms", "--to", file)
    again = golive(project, *words, "--to", file)

    assert ran.status == 0
    assert "left out: owner: say which team answers for it" in ran.err
    assert "parcel:\n    key: code\n" in (project / file).read_text(encoding="utf-8")
    assert (again.status, "the file is there already" in again.err) == (2, True)
