"""Whatever is planned to go wrong, the run ends, and ends the same way each time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.checks import judge
from harness.fault_words import WORDS
from harness.faults.styles import STYLES
from harness.journal import write_journal
from harness.loader import load_project, load_scenarios
from harness.redaction import Veil
from harness.runner import run_scenario
from harness.scenario import Fault, Given, Scenario
from harness.verdict import Status

ROOT = Path(__file__).parents[2]
PROJECT = load_project(ROOT)
(PAID,) = (
    one
    for one in load_scenarios(ROOT / "scenarios/orders/ORD-001-paid-order.yaml", PROJECT)
    if one.name == "ORD-001"
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "status": st.sampled_from([200, 401, 404, 409, 422, 429, 503]),
    "body": st.sampled_from([None, {}, [], {"error": "already_exists"}, "text"]),
    "headers": st.just({"X-A": "1"}),
    "retry_after": st.sampled_from(["0s", "1s", "10m"]),
    "style": st.sampled_from(sorted(STYLES)),
    "rows": st.integers(0, 3),
    "by": st.sampled_from(["0s", "1s", "20m"]),
    "copies": st.integers(1, 3),
    "new_id": st.booleans(),
    "behind": st.integers(1, 3),
    "back": st.integers(1, 3),
    "how": st.sampled_from(["other", "missing", "tampered_body"]),
    "try": st.integers(1, 3),
    "times": st.integers(1, 3),
    "from": st.sampled_from(["0s", "30s"]),
    "for": st.sampled_from(["1s", "10m"]),
}


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    """Draw a fault with all that it needs and some of what it takes."""
    do = draw(st.sampled_from(sorted(WORDS)))
    word = WORDS[do]
    on = "shopify.order" if word.meets == "a webhook" else "oms.sales_order"
    wanted = {*word.needs, *draw(st.sets(st.sampled_from([*word.takes, *EVERY])))}
    said = {name: draw(VALUES[name]) for name in sorted(wanted)}
    return Fault.model_validate({"on": on, "do": do, **said})


EVERY = ("try", "times", "from", "for")


def played(plan: list[Fault], folder: Path) -> tuple[bytes, set[Status]]:
    """Return the journal of the paid order under a plan, and what the rulings say."""
    given_ = Given(payloads=PAID.given.payloads, faults=tuple(plan))
    scenario: Scenario = PAID.model_copy(update={"given": given_})
    scenario = scenario.located(PAID.file, {"": PAID.line()})
    history = run_scenario(scenario, PROJECT, seed=7)
    rulings = judge(
        history, contracts=PROJECT.contracts, landscape=PROJECT.landscape, scenario=scenario
    ).rulings
    path = folder / "journal.jsonl"
    veil = Veil(PROJECT.landscape, PROJECT.contracts, key=b"key", key_id="test")
    write_journal(history, path, veil=veil)
    return path.read_bytes(), {ruling.status for ruling in rulings}


@pytest.mark.slow
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.lists(faults(), max_size=4))
def test_any_plan_ends_and_ends_alike(tmp_path: Path, plan: list[Fault]) -> None:
    """The same seed gives the same bytes, and each is judged."""
    first, statuses = played(plan, tmp_path)
    again, _ = played(plan, tmp_path)

    assert first == again
    assert statuses
