"""Times that cannot be kept are found by arithmetic, and the arithmetic is shown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.align.timing import worst_case
from harness.contract import Retry
from harness.timing import MINUTE, SECOND
from tests.align.support import OF_OPEN_ORDERS, ORDERS, Data, changed, clean, codes, described, gaps

RETRY = ORDERS["retry"]


def with_flow(**values: Any) -> Data:
    """Return the landscape with a flow of two contracts."""
    data = clean()
    data["contracts"].append(
        described(
            ORDERS,
            contract="again",
            **OF_OPEN_ORDERS,
            fields={**ORDERS["fields"], "channel": {"fixed": "WEB"}},
        )
    )
    data["flows"] = [
        {
            "flow": "order-to-cash",
            "summary": "All the way.",
            "owner": "sales-team",
            "chain": ["orders", "again"],
            "delivered": {"fail": "10m", "share": "98%", **values},
        }
    ]
    return data


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("retry.give_up_after", "40m", ""),
        ("retry.give_up_after", ..., ""),
        ("retry.attempts", 12, ""),
        ("retry", {**RETRY, "attempts": 12, "give_up_after": "45m"}, "W01"),
        ("failures.503", {"then": "retry"}, ""),
        ("failures.418", {"then": "retry"}, "W02"),
        ("failures.429", {"then": "retry"}, ""),
        ("failures.timeout", {"then": "retry"}, ""),
        ("failures.timeout", {"then": "treat_as_success"}, "W03"),
        ("timing.delivered.warn", "5m", "W04"),
        ("timing.delivered.warn", "4m59s", ""),
        ("timing.delivered.never_over", "15m", ""),
        ("receive.answered", {"warn": "4s", "fail": "4s"}, "W04"),
        ("timing.fresh", {"warn": "20m", "max_age": "15m"}, "W04"),
        ("retry.timeout", "7s", "W05"),
        ("retry.timeout", ..., ""),
        ("failures.otherwise", ..., "W06"),
        ("receive", {"style": "poll", "every": "4m50s", "delivery": "at_least_once"}, ""),
        ("receive", {"style": "poll", "every": "4m55s", "delivery": "at_least_once"}, "W07"),
        ("retry.wait.factor", 1, "W09"),
        ("retry.wait.jitter", "none", "W09"),
        ("retry.attempts", 1, "W09"),
        ("receive.answered", ..., "W10"),
        ("receive.answered.fail", "30m", "W10"),
        ("retry.on", ["throttled", "5xx", "408"], ""),
        ("retry.on", ["throttled", "5xx", "404"], "W13"),
        ("retry.on", ["throttled", "5xx", "refused"], "W13"),
        ("volume", {"messages": 359_000, "per": "1h"}, ""),
        ("volume", {"messages": 361_000, "per": "1h"}, "W12"),
    ],
)
def test_one_change_is_found_as_one_thing(path: str, value: Any, code: str) -> None:
    """Each change of the sound contract has its code; a near miss has none."""
    assert codes(changed(f"contracts.0.{path}", value)) == ([code] if code else [])


def test_a_maintenance_that_outlasts_every_patience_needs_a_parking_place() -> None:
    """With one, messages wait there; without one they are lost."""
    away = changed("systems.1.maintenance.lasts", "5h")

    assert codes(away) == []
    assert codes(changed("contracts.0.parked", ..., base=away)) == ["W08"]
    assert codes(changed("contracts.0.parked", ...)) == []


def test_a_chain_is_as_slow_as_its_contracts_together() -> None:
    """Five minutes twice fit into ten, not into nine; two shares leave less than each."""
    assert codes(with_flow()) == []
    (late,) = gaps(with_flow(fail="9m"))
    assert (late.code, late.about, late.owner) == ("W11", "order-to-cash", "sales-team")
    assert late.arithmetic == ("orders: + 5m", "again: + 5m", "= 10m of 9m")
    assert codes(with_flow(share="99%")) == ["W11"]


def test_a_chain_that_is_only_proposed_blocks_nothing() -> None:
    """It is found and shown like its contracts."""
    data = with_flow(fail="9m")
    data["contracts"][1]["status"] = "proposed"

    assert [(gap.code, gap.blocking) for gap in gaps(data)] == [("W11", False)]


def test_the_arithmetic_is_shown_step_by_step() -> None:
    """A reader can follow how the worst case comes about."""
    (gap,) = gaps(changed("contracts.0.retry", {**RETRY, "attempts": 12, "give_up_after": "45m"}))

    assert gap.arithmetic[:2] == (
        "call 1 begins at 0s",
        "call 2 begins at 8s (2s wait + 6s call)",
    )
    assert gap.arithmetic[-1].startswith("the last call ends at 3")


def test_a_promise_that_no_scenario_tried_is_a_note() -> None:
    """Only a record of a run can tell; without one nothing is said."""
    tried = frozenset({"orders#timing.delivered", "orders#timing.delivered.share"})
    found = gaps(covered=tried)

    assert {(gap.code, gap.at, gap.weight) for gap in found} == {
        ("W14", "timing.response", "note"),
        ("W14", "receive.answered", "note"),
    }


@given(
    attempts=st.integers(1, 8),
    first=st.integers(1, 600),
    factor=st.integers(1, 4),
    longest=st.one_of(st.none(), st.integers(1, 900)),
    give_up=st.one_of(st.none(), st.integers(1, 3600)),
    call=st.integers(0, 60),
)
def test_the_worst_case_is_never_short(
    attempts: int, first: int, factor: int, longest: int | None, give_up: int | None, call: int
) -> None:
    """No series of calls under the policy lasts longer than the worst case says."""
    wait: dict[str, Any] = {"first": f"{first}s", "factor": factor, "jitter": "full"}
    if longest is not None:
        wait["max"] = f"{longest}s"
    data: dict[str, Any] = {"attempts": attempts, "wait": wait, "on": ["5xx"]}
    if give_up is not None:
        data["give_up_after"] = f"{give_up}s"
    retry = Retry.model_validate(data)

    at, last = 0, 0
    for attempt in range(1, attempts + 1):
        if attempt > 1:
            at += call * SECOND + retry.wait.before(attempt)[1]
        if retry.give_up_after is not None and at > retry.give_up_after:
            break
        last = at + call * SECOND

    assert worst_case(retry, call * SECOND).total >= last
    assert give_up is None or worst_case(retry, 0).total <= give_up * MINUTE
