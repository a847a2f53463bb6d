"""YAML scenarios are pytest items like any other; what they show ends up in the record."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.projects import Ran, command, golive, landscape, replace_in, small_landscape

pytestmark = pytest.mark.slow
HAPPY = ("ORD-001-paid-order.yaml",)
BREAKING = ("contracts/shopify-order-to-oms.yaml", "channel: {fixed: WEB}", "channel: {fixed: POS}")


def run_pytest(project: Path, *arguments: str) -> Ran:
    """Run plain pytest with the plugin, as an installed one would be."""
    ours = ("-p", "no:golive", "-p", "harness.plugin")
    return command(project, "-m", "pytest", *ours, *arguments)


def test_plain_pytest_runs_scenarios_and_writes_the_record(tmp_path: Path) -> None:
    """`pytest scenarios` is the same thing as `golive run`."""
    project = small_landscape(tmp_path)

    ran = run_pytest(project, "scenarios", "-q")

    assert ran.status == 0
    record = json.loads((project / "reports/readiness.json").read_text())
    facts = json.loads((project / "reports/run-facts.json").read_text())
    assert record["verdict"] == "GO"
    assert facts["seconds"] > 0


def test_a_failing_scenario_fits_on_a_screen(tmp_path: Path) -> None:
    """It shows the YAML line, what was promised, what was seen, and how to run it again."""
    project = landscape(tmp_path, only=HAPPY)
    replace_in(project / BREAKING[0], *BREAKING[1:])

    ran = golive(project, "run")
    shown = ran.out.split("FAILURES")[1].split("==== golive")[0].splitlines()

    assert len(shown) <= 30
    text = "\n".join(shown)
    for wanted in (
        "contracts/shopify-order-to-oms.yaml:40",
        "channel: {fixed: POS}",
        "expected:",
        "observed: WEB",
        "owner:    integration-team",
        'again: golive run scenarios/orders/ORD-001-paid-order.yaml -k "ORD-001"',
    ):
        assert wanted in text


def test_unproven_is_an_outcome_of_its_own(tmp_path: Path) -> None:
    """Neither passed nor failed: it is counted and named as unproven, with what would prove it."""
    project = landscape(tmp_path, only=HAPPY)
    file = project / "scenarios/orders/ORD-001-paid-order.yaml"
    replace_in(file, "tags:", "covers: [shopify-order-to-oms#failures.422]\ntags:")

    ran = golive(project, "run", "-rA")

    assert ran.status == 1
    assert "1 unproven" in ran.out
    assert "would prove:" in ran.out


def test_tags_are_markers(tmp_path: Path) -> None:
    """`-m` selects by tag."""
    project = landscape(tmp_path, only=(*HAPPY, "ORD-004-payment-status.yaml"))

    ran = golive(project, "run", "-m", "smoke", "-q")

    assert "1 passed, " in ran.out


def test_the_last_failures_are_run_again(tmp_path: Path) -> None:
    """`--lf` knows scenarios."""
    project = landscape(tmp_path, only=(*HAPPY, "ORD-004-payment-status.yaml"))
    replace_in(
        project / "contracts/shopify-order-to-oms.yaml",
        "partially_paid: HOLD",
        "partially_paid: HELD",
    )
    first = golive(project, "run", "-q")
    again = golive(project, "run", "-q", "--lf")

    assert "1 failed, " in first.out
    assert "1 failed" in again.out
    assert "passed" not in again.out.splitlines()[-1]


def test_fixtures_of_the_user_apply(tmp_path: Path) -> None:
    """An autouse fixture surrounds a scenario as it does a test."""
    project = landscape(tmp_path, only=HAPPY)
    (project / "conftest.py").write_text(
        "import pytest\n"
        "@pytest.fixture(autouse=True)\n"
        "def noted(request, tmp_path):\n"
        "    yield\n"
        "    open('noted.txt', 'a').write(request.node.name)\n"
    )

    golive(project, "run")

    assert (project / "noted.txt").read_text() == "ORD-001"


def test_collecting_alone_writes_nothing(tmp_path: Path) -> None:
    """`--collect-only` leaves the reports alone."""
    project = small_landscape(tmp_path)

    ran = run_pytest(project, "scenarios", "--collect-only", "-q")

    assert ran.status == 0
    assert not list((project / "reports").iterdir())


def test_a_session_without_scenarios_is_untouched(tmp_path: Path) -> None:
    """Tests of the user's own, in a project that has scenarios elsewhere, are none of ours."""
    project = small_landscape(tmp_path)
    (project / "test_mine.py").write_text("def test_mine():\n    assert True is not False\n")

    ran = run_pytest(project, "test_mine.py", "-q")

    assert ran.status == 0
    assert "golive" not in ran.out
    assert not list((project / "reports").iterdir())


def test_the_log_of_pytest_html_links_the_page_and_stays_text(tmp_path: Path) -> None:
    """Columns for contract, owner and clause; hostile text is no element."""
    project = landscape(tmp_path, only=HAPPY)
    replace_in(project / BREAKING[0], *BREAKING[1:])
    replace_in(
        project / "scenarios/orders/ORD-001-paid-order.yaml",
        "scenario: A paid order",
        "scenario: <img src=x onerror=alert(1)> A paid order",
    )

    golive(project, "run", "--html=log.html", "--self-contained-html")
    page = (project / "log.html").read_text()
    seen = _Tags()
    seen.feed(page)

    assert "readiness.html" in page
    assert "integration-team" in page
    assert "shopify-order-to-oms#fields.channel" in page
    assert "onerror" not in seen.attributes


class _Tags(HTMLParser):
    """Collects the attributes of all elements."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes |= {name for name, _ in attrs}
