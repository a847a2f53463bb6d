"""Scenarios are spread out by their cases, and refer to what exists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.errors import BadInput
from harness.timing import MILLISECOND, MINUTE


def test_cases_are_spread_out(write: Callable[[str], Any]) -> None:
    """Each case is a scenario of its own, with the values replaced."""
    one, two = write(
        "scenario: Two of them\nid: X-1\nwhen:\n"
        "  - {do: shopify.place_order, with: {from: fixtures/order_basic.json, set: {a.b: 0}}}\n"
        "cases:\n  - {name: one, 'when.0.with.set.\"a.b\"': 1}\n"
        "  - {name: two, 'when.0.with.set.\"a.b\"': 2}\n"
    )

    assert (one.name, two.name) == ("X-1[one]", "X-1[two]")
    assert [s.when[0].values.set["a.b"] for s in (one, two)] == [1, 2]


def test_a_race_is_run_in_every_order(write: Callable[[str], Any]) -> None:
    """Each order is a scenario of its own; what stands around it stays where it is."""
    found = write(
        "scenario: A race\nid: X-1\nwhen:\n"
        "  - {id: o1, do: shopify.place_order, with: {from: fixtures/order_basic.json}}\n"
        "  - after: 1m\n    every: 200ms\n    race:\n"
        "      - {id: pay, do: shopify.pay_order, of: o1}\n"
        "      - {do: shopify.touch_order, of: o1}\n"
        "  - {after: 5m, do: shopify.cancel_order, of: o1}\n"
        "cases: [{name: dear, when.0.id: o1}]\n"
    )

    assert [one.name for one in found] == ["X-1[dear,pay,2]", "X-1[dear,2,pay]"]
    second = found[1]
    assert [step.do for step in second.when] == [
        "shopify.place_order",
        "shopify.touch_order",
        "shopify.pay_order",
        "shopify.cancel_order",
    ]
    assert [step.after for step in second.when] == [None, MINUTE, 200 * MILLISECOND, 5 * MINUTE]
    assert (second.line("when.2"), second.line("when.3")) == (second.line("when.1"), 10)


def test_a_step_of_a_race_is_no_earlier_step(write: Callable[[str], Any]) -> None:
    """In one of the orders it would not have happened yet."""
    with pytest.raises(BadInput, match="earlier step"):
        write(
            "scenario: A race\nid: X-1\nwhen:\n"
            "  - race:\n      - {id: o1, do: shopify.place_order}\n"
            "      - {do: shopify.pay_order, of: o1}\n"
        )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("contracts: [shopify-orders]", "shopify-order-to-oms"),
        ("covers: [shopify-order-to-oms#failures.423]", "failures.422"),
        ("systems: {shopfy: simulated}", "'shopify'"),
        ("given: {faults: [{on: oms.sales_orders, do: refuse}]}", "oms.sales_order"),
        ("when: [{do: shopfy.place_order}]", "'shopify'"),
        ("when: [{send_again: o1}]", "earlier step"),
        (
            "when: [{id: o1, do: shopify.place_order}, {do: shopify.pay_order, of: oo1}]",
            "hint: did you mean 'o1'?",
        ),
        ("when: [{do: shopify.place_order, with: {from: nothing.json}}]", "nothing.json"),
        ("then: [{told: commerce}]", "commerce-ops"),
        ("then: [{message: oms.sales_order, of: o9}]", "o9"),
        ("then: [{message: oms.sales_order, never: oms.sales_order}]", "exactly one"),
        ("given: {faults: [{on: oms.sales_order, do: answer}]}", "needs `status`"),
        ("when: [{do: shopify.place_order, times: 3}]", "needs `every`"),
        ("cases: [{name: X}]", "small letters"),
    ],
)
def test_a_scenario_that_refers_to_nothing_is_explained(
    write: Callable[[str], Any], line: str, expected: str
) -> None:
    """The place and the way out are named when the file is read, not when it runs."""
    with pytest.raises(BadInput, match=r"scenarios/new\.yaml:\d+") as caught:
        write(f"scenario: Something\nid: X-1\n{line}\n")

    assert expected in str(caught.value)


def test_one_id_is_used_once(write: Callable[[str], Any]) -> None:
    """Two scenarios of one file cannot share a name."""
    with pytest.raises(BadInput, match="used twice"):
        write("scenario: One\nid: X-1\n---\nscenario: Two\nid: X-1\n")
