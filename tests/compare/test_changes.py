"""Each change of a contract or a system means something to either side, or nobody knows what."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare import Change, Version, compare, version_problems
from tests.align.support import Data, changed, clean, world

SCENARIOS = {"ORD-001": frozenset({"orders"}), "OTHER-001": frozenset({"others"})}


def version(data: Data | None = None) -> Version:
    """Return one version of the small landscape."""
    made = world(data)
    return Version(made.contracts, made.landscape, made.flows, SCENARIOS)


def changes(path: str, value: Any, *, base: Data | None = None) -> tuple[Change, ...]:
    """Return what one edit changes."""
    return compare(version(base), version(changed(path, value, base=base)))


def test_a_version_does_not_differ_from_itself() -> None:
    """Nothing is reported where nothing changed."""
    assert compare(version(), version()) == ()


@pytest.mark.parametrize(
    ("path", "value", "source", "target"),
    [
        ("contracts.0.timing.delivered.fail", "3m", "tightens", "loosens"),
        ("contracts.0.timing.delivered.fail", "8m", "loosens", "tightens"),
        ("contracts.0.timing.delivered.share", "99.5%", "tightens", "loosens"),
        ("contracts.0.timing.response.fail", "2s", "loosens", "tightens"),
        ("contracts.0.retry.attempts", 9, "loosens", "tightens"),
        ("contracts.0.retry.attempts", 2, "tightens", "loosens"),
        ("contracts.0.retry.wait.first", "1s", "loosens", "tightens"),
        ("contracts.0.retry.on", ["throttled"], "tightens", "loosens"),
        ("contracts.0.retry.obey_retry_after", False, "loosens", "tightens"),
        ("contracts.0.idempotency.key", ["ref", "status"], "both", "both"),
        ("contracts.0.idempotency.remembered", "48h", "loosens", "tightens"),
        ("contracts.0.when", {"state": "open"}, "both", "both"),
        ("contracts.0.fields.kilos.using", "convert g to kg | round 1 half_up", "both", "both"),
        ("contracts.0.fields.mail", ..., "loosens", "tightens"),
        ("contracts.0.maps.states.pairs.void", "HOLD", "loosens", "tightens"),
        ("contracts.0.maps.states.pairs.paid", "HOLD", "both", "both"),
        ("contracts.0.maps.states.if_unmapped", "keep", "loosens", "tightens"),
        ("contracts.0.parked.keep", "3d", "undetermined", "undetermined"),
        ("contracts.0.failures.422.then", "skip", "both", "both"),
        ("contracts.0.status", "proposed", "loosens", "loosens"),
        ("contracts.0.owners.business", "ops-team", "nothing", "nothing"),
        ("contracts.0.sums", {"a": {"add": ["total"], "equals": ["total"]}}, "tightens", "loosens"),
        ("systems.0.messages.order.fields.email.max", 120, "loosens", "tightens"),
        (
            "systems.0.messages.order.fields.state.enum",
            ["paid", "open", "void"],
            "loosens",
            "tightens",
        ),
        ("systems.0.messages.order.fields.total.required", "optional", "loosens", "tightens"),
        ("systems.1.messages.job.fields.mail.max", 60, "tightens", "loosens"),
        ("systems.1.messages.job.fields.mail.required", "always", "tightens", "loosens"),
        ("systems.1.messages.job.fields.status.enum", ["GO"], "tightens", "loosens"),
        ("systems.1.messages.job.fields.kilos.unit", "g", "both", "both"),
        ("systems.1.messages.job.fields.extra", {"required": "always"}, "tightens", "loosens"),
        ("systems.1.messages.job.fields.extra", {"type": "text"}, "nothing", "nothing"),
        ("systems.1.messages.job.fields.mail", ..., "tightens", "loosens"),
        ("systems.1.messages.job.key", "status", "both", "both"),
        ("systems.1.limits.calls", 10, "tightens", "loosens"),
        ("systems.1.remembers_keys", "1h", "tightens", "loosens"),
        ("systems.1.base_urls", ["https://new.example"], "undetermined", "undetermined"),
    ],
)
def test_a_change_is_graded_for_both_sides(path: str, value: Any, source: str, target: str) -> None:
    """Who must do more is tightened, who may do less is loosened."""
    assert [(c.source, c.target) for c in changes(path, value)] == [(source, target)]


def test_a_change_names_what_it_touches() -> None:
    """The clauses of the rule, and the scenarios that are judged against the contract."""
    (found,) = changes("contracts.0.fields.kilos.using", "convert g to kg | round 1 half_up")

    assert found.clauses == ("orders#fields.kilos", "orders#fields.kilos.if_missing")
    assert found.scenarios == ("ORD-001",)
    assert (found.before, found.after) == (
        "convert g to kg",
        "convert g to kg | round 1 half_up",
    )


def test_a_field_of_a_system_touches_the_rules_that_use_it() -> None:
    """And no other clause."""
    (found,) = changes('systems.0.messages.order.fields."items.*.qty".at_most', 500)

    assert (found.what, found.clauses) == ("message", ("orders#fields.lines.qty",))


def test_a_contract_that_is_gone_is_one_change() -> None:
    """With all its clauses, and a word on what it was for."""
    (found,) = compare(version(), version(changed("contracts", [])))

    assert (found.kind, found.source, found.before) == (
        "removed",
        "loosens",
        "Every paid order becomes one job.",
    )
    assert "orders#expect" in found.clauses


@pytest.mark.parametrize(
    ("edits", "number", "said"),
    [
        ({"contracts.0.timing.delivered.fail": "3m"}, "1.0.0", "these changes ask for 2.0.0"),
        ({"contracts.0.timing.delivered.fail": "3m"}, "1.1.0", "these changes ask for 2.0.0"),
        ({"contracts.0.timing.delivered.fail": "3m"}, "2.0.0", ""),
        ({"contracts.0.not_mapped": {"x": "Unused."}}, "1.0.0", "these changes ask for 1.0.1"),
        ({"contracts.0.not_mapped": {"x": "Unused."}}, "1.0.1", ""),
        ({"contracts.0.status": "live"}, "1.0.0", ""),
    ],
)
def test_the_version_moves_with_the_change(edits: dict[str, Any], number: str, said: str) -> None:
    """What binds somebody to more is no small step."""
    data = changed("contracts.0.version", number)
    for path, value in edits.items():
        data = changed(path, value, base=data)
    old, new = version(), version(data)

    assert "".join(version_problems(old, new, compare(old, new))).endswith(said)
    assert bool(version_problems(old, new, compare(old, new))) == bool(said)


PLACES: list[tuple[str, list[Any]]] = [
    ("contracts.0.timing.delivered.fail", ["4m", "6m", "7m"]),
    ("contracts.0.retry.attempts", [1, 3, 7]),
    ("contracts.0.fields.total.tolerance", ["0.01", "0.05"]),
    ("contracts.0.maps.states.pairs.void", ["HOLD", "GO"]),
    ("systems.0.messages.order.fields.email.max", [10, 200]),
    ("systems.1.messages.job.fields.status.enum", [["GO"], ["GO", "HOLD", "NEW"]]),
    ("systems.1.limits.calls", [5, 500]),
]
MIRROR = {"tightens": "loosens", "loosens": "tightens"}


@given(edits=st.lists(st.sampled_from([(p, v) for p, vs in PLACES for v in vs]), max_size=4))
def test_going_back_means_the_opposite(edits: list[tuple[str, Any]]) -> None:
    """What tightens on the way there loosens on the way back, change by change."""
    data = clean()
    for path, value in edits:
        data = changed(path, value, base=data)
    old, new = version(), version(data)

    there = {(c.about, c.path): (c.source, c.target) for c in compare(old, new)}
    back = {(c.about, c.path): (c.source, c.target) for c in compare(new, old)}

    assert back == {
        place: tuple(MIRROR.get(grade, grade) for grade in sides) for place, sides in there.items()
    }
