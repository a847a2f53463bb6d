"""Nothing is green by omission: each way of not checking something is seen and blocks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.projects import golive, landscape, replace_in, small_landscape

pytestmark = pytest.mark.slow
HAPPY = ("ORD-001-paid-order.yaml",)


def test_no_scenarios_prove_nothing(tmp_path: Path) -> None:
    """An empty scenario folder is not proven."""
    project = small_landscape(tmp_path)
    shutil.rmtree(project / "scenarios")
    (project / "scenarios").mkdir()

    ran = golive(project, "run", "--json")

    assert (ran.status, ran.record()["verdict"]) == (1, "NOT PROVEN")


def test_a_missing_scenario_folder_proves_nothing(tmp_path: Path) -> None:
    """No folder at all is not proven either."""
    project = small_landscape(tmp_path)
    shutil.rmtree(project / "scenarios")

    assert golive(project, "run", "--json").record()["verdict"] == "NOT PROVEN"


def test_no_contracts_prove_nothing(tmp_path: Path) -> None:
    """Without an agreed contract there is nothing to be ready for."""
    project = landscape(tmp_path, only=HAPPY)
    for file in (project / "contracts").glob("*-to-*.yaml"):
        file.unlink()
    (project / "contracts" / "readiness.yaml").unlink()
    replace_in(
        project / "scenarios/orders/ORD-001-paid-order.yaml",
        "contracts: [shopify-order-to-oms]\n",
        "",
    )

    ran = golive(project, "run", "--json")

    assert ran.status == 1
    assert ran.record()["verdict"] in ("NOT PROVEN", "NO-GO")


def test_skipped_scenarios_prove_nothing(tmp_path: Path) -> None:
    """A scenario that is skipped for a reason is still not run."""
    project = landscape(tmp_path, only=HAPPY)
    file = project / "scenarios/orders/ORD-001-paid-order.yaml"
    file.write_text(file.read_text() + "skip: {reason: the sandbox is closed, until: 2027-01-01}\n")

    record = golive(project, "run", "--json").record()

    assert (record["verdict"], record["scenarios"][0]["outcome"]) == ("NOT PROVEN", "skipped")


def test_a_broken_file_beside_good_ones_is_a_no_go(tmp_path: Path) -> None:
    """The good scenarios run, the broken file is one failing item."""
    project = small_landscape(tmp_path)
    (project / "scenarios/orders/broken.yaml").write_text("scenario: [\n")

    ran = golive(project, "run", "--json")
    record = ran.record()

    assert (ran.status, record["verdict"]) == (1, "NO-GO")
    assert {s["outcome"] for s in record["scenarios"]} == {"proven", "broken"}


def test_a_broken_contract_is_a_no_go(tmp_path: Path) -> None:
    """What a broken contract promised is unknown, so nothing can be ready."""
    project = small_landscape(tmp_path)
    replace_in(project / "contracts/shopify-order-to-oms.yaml", "expect: one", "expekt: one")

    ran = golive(project, "run", "--json")

    assert (ran.status, ran.record()["verdict"]) == (1, "NO-GO")
    assert "shopify-order-to-oms.yaml:24" in ran.err


def test_a_check_that_raises_leaves_its_clauses_unproven(tmp_path: Path) -> None:
    """A crash in judging is no proof."""
    project = small_landscape(tmp_path)
    (project / "conftest.py").write_text(
        "from dataclasses import replace\n"
        "import harness.checks as checks\n"
        "def broken(case):\n"
        "    raise RuntimeError('a bug in the check')\n"
        "checks.CHECKS = tuple(\n"
        "    replace(check, run=broken) if check.name == 'timing' else check\n"
        "    for check in checks.CHECKS\n"
        ")\n"
    )

    record = golive(project, "run", "--json").record()
    statuses = {c["id"]: c for contract in record["contracts"] for c in contract["clauses"]}

    assert record["verdict"] == "NOT PROVEN"
    assert statuses["shopify-order-to-oms#timing.delivered"]["status"] == "unproven"
    assert "a bug in the check" in statuses["shopify-order-to-oms#timing.delivered"]["reason"]


def test_a_killed_worker_is_not_proven(tmp_path: Path) -> None:
    """Scenarios whose xdist worker died never reported."""
    project = small_landscape(tmp_path)
    (project / "conftest.py").write_text(
        "import os\n"
        "import pytest\n"
        "@pytest.hookimpl(tryfirst=True)\n"
        "def pytest_runtest_call(item):\n"
        "    if item.name == 'RES-011' and os.environ.get('PYTEST_XDIST_WORKER'):\n"
        "        os._exit(3)\n"
    )

    ran = golive(project, "run", "--json", "-n", "2")
    record = ran.record()
    lost = [s for s in record["scenarios"] if s["outcome"] == "unproven"]

    assert ran.status == 1
    assert record["verdict"] == "NOT PROVEN"
    assert [s["name"] for s in lost] == ["RES-011"]


def test_an_integration_that_calls_nobody_is_not_proven(tmp_path: Path) -> None:
    """A run in which the integration makes no call shows nothing."""
    project = landscape(tmp_path, only=HAPPY)
    (project / "idle.py").write_text(
        "def create(*, urls, secrets):\n"
        "    async def app(scope, receive, send):\n"
        "        if scope['type'] == 'http':\n"
        "            await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
        "            await send({'type': 'http.response.body', 'body': b''})\n"
        "    return app\n"
    )
    replace_in(project / "golive.toml", "harness.reference.app:create", "idle:create")

    record = golive(project, "run", "--json").record()
    clauses = {r["clause"] for s in record["scenarios"] for r in s["rulings"]}

    assert record["verdict"] == "NO-GO"  # the order that was promised was never sent
    assert "ORD-001#run.history" in clauses


def test_an_unrouted_call_makes_the_scenario_unproven(tmp_path: Path) -> None:
    """A call to somebody nobody described is refused, recorded, and no proof."""
    project = landscape(tmp_path, only=HAPPY)
    (project / "stray.py").write_text(
        "import httpx\n"
        "from harness.reference.app import create as build\n"
        "def create(*, urls, secrets):\n"
        "    inner = build(urls=urls, secrets=secrets)\n"
        "    async def app(scope, receive, send):\n"
        "        if scope['type'] == 'http':\n"
        "            async with httpx.AsyncClient() as client:\n"
        "                try:\n"
        "                    await client.get('https://telemetry.example/ping')\n"
        "                except httpx.HTTPError:\n"
        "                    pass\n"
        "        await inner(scope, receive, send)\n"
        "    return app\n"
    )
    replace_in(project / "golive.toml", "harness.reference.app:create", "stray:create")

    record = golive(project, "run", "--json").record()
    rulings = {r["clause"]: r for s in record["scenarios"] for r in s["rulings"]}

    assert record["verdict"] == "NOT PROVEN"
    assert rulings["ORD-001#run.unrouted"]["status"] == "unproven"
    assert "telemetry.example" in rulings["ORD-001#run.unrouted"]["reason"]


def test_a_part_of_the_scenarios_never_replaces_the_record(tmp_path: Path) -> None:
    """`-k` writes beside, and the full record stays what it was."""
    project = small_landscape(tmp_path)
    golive(project, "run")
    before = (project / "reports/readiness.json").read_bytes()

    ran = golive(project, "run", "-k", "ORD-001")

    assert ran.status == 1
    assert (project / "reports/readiness.json").read_bytes() == before
    assert (project / "reports/partial/readiness.json").is_file()


def test_a_part_without_the_failure_is_not_go(tmp_path: Path) -> None:
    """Leaving the failing scenario out does not make the rest ready."""
    project = small_landscape(tmp_path)
    (project / "scenarios/orders/ORD-099-wrong.yaml").write_text(
        "scenario: Something that does not happen\n"
        "id: ORD-099\n"
        "contracts: [shopify-order-to-oms]\n"
        "when:\n"
        "  - {id: o1, do: shopify.place_order, with: {from: fixtures/order_basic.json}}\n"
        "then:\n"
        "  - {message: oms.sales_order, times: 2, of: o1}\n"
    )

    ran = golive(project, "run", "--json", "-k", "not ORD-099")

    assert (ran.status, ran.record()["verdict"]) == (1, "NOT PROVEN")
    assert "only a part" in ran.record()["sentence"].lower()


def test_one_file_is_a_part_too(tmp_path: Path) -> None:
    """Naming one scenario file leaves the full record alone."""
    project = small_landscape(tmp_path)

    golive(project, "run", "scenarios/orders/ORD-001-paid-order.yaml")

    assert not (project / "reports/readiness.json").exists()
    assert (project / "reports/partial/readiness.json").is_file()


def test_an_unfired_fault_is_not_proven(tmp_path: Path) -> None:
    """A fault that was planned and met nothing makes its scenario unproven."""
    project = landscape(tmp_path, only=HAPPY)
    replace_in(
        project / "scenarios/orders/ORD-001-paid-order.yaml",
        "given:\n",
        "given:\n  faults: [{on: oms.sales_order, do: answer, status: 503, try: 9}]\n",
    )

    record = golive(project, "run", "--json").record()

    assert record["scenarios"][0]["outcome"] == "unproven"
