"""What the business feels, out of what the scenarios measured."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.business import Outcomes, outcomes_of

OBJECTS = {"shop-to-oven": "orders", "oven-to-shelf": "inventory", "till-to-books": "billing"}


def measure(clause: str, value: int, limit: int = 10) -> dict[str, Any]:
    """Return a measured time."""
    return {"clause": clause, "value": value, "limit": limit, "faulted": False}


def tally(about: str, subject: str, what: str, there: str, here: str | None) -> dict[str, Any]:
    """Return a figure of both sides."""
    contract = "oven-to-shelf" if about == "inventory_accuracy" else "till-to-books"
    return {
        "about": about,
        "contract": contract,
        "subject": subject,
        "what": what,
        "there": there,
        "here": here,
        "currency": "EUR",
    }


def outcomes(*parts: dict[str, Any], lost: tuple[str, ...] = ()) -> Outcomes:
    """Return the outcomes of one scenario."""
    measures = [one for one in parts if "clause" in one]
    tallies = [one for one in parts if "about" in one]
    return outcomes_of([("BUN-1", measures, tallies, lost)], objects=OBJECTS, flows=["bread"])


def test_release_speed_is_that_of_orders_and_of_whole_flows() -> None:
    """Other times are no release; percentiles need twenty."""
    found = outcomes(
        *(measure("shop-to-oven#timing.delivered", value) for value in range(1, 21)),
        measure("oven-to-shelf#timing.delivered", 99),
        measure("bread#delivered", 5),
    ).release_speed

    assert [one.promise for one in found] == ["bread#delivered", "shop-to-oven#timing.delivered"]
    assert (found[1].in_time, found[1].p50, found[1].p95, found[1].worst) == (10, 10, 19, 20)
    assert found[0].p50 is None


def test_inventory_accuracy_counts_what_both_show_alike() -> None:
    """As numbers, and nothing is not alike; what differs is named."""
    found = outcomes(
        tally("inventory_accuracy", "stock rye", "left", "3", "3.0"),
        tally("inventory_accuracy", "stock oat", "left", "3", "4"),
        tally("inventory_accuracy", "stock bun", "left", "3", None),
    )

    (accuracy,) = found.inventory_accuracy
    assert (accuracy.equal, accuracy.compared) == (1, 3)
    assert [(one.subject, one.here) for one in found.differences] == [
        ("stock oat", "4"),
        ("stock bun", ""),
    ]


def test_landed_margin_is_revenue_less_costs_on_both_sides() -> None:
    """The difference is named for each order."""
    found = outcomes(
        tally("landed_margin", "7", "revenue", "100.00", "100.00"),
        tally("landed_margin", "7", "freight", "5.57", "5.50"),
        tally("landed_margin", "7", "fee", "1.43", None),
    ).landed_margin

    (margin,) = found
    assert (margin.there, margin.here, margin.difference) == ("93.00", "94.50", "1.50")
    assert margin.parts["freight"] == ("5.57", "5.50")


def test_what_somebody_looks_after_is_told_apart() -> None:
    """A difference that was parked stays a difference, and is named as parked."""
    parked = {"parked": True}
    found = outcomes(
        tally("inventory_accuracy", "stock oat", "left", "3", "4") | parked,
        tally("inventory_accuracy", "stock rye", "left", "3", "3") | parked,
        tally("landed_margin", "7", "revenue", "9.00", None) | parked,
        tally("landed_margin", "8", "revenue", "9.00", None) | parked,
        tally("landed_margin", "8", "fee", "1.00", None),
    )
    (accuracy,) = found.inventory_accuracy
    assert (accuracy.equal, accuracy.compared, accuracy.parked) == (1, 2, 1)
    assert [one.parked for one in found.landed_margin] == [True, False]
    assert [one.parked for one in found.differences] == [True, True, True, False]


def test_nothing_booked_is_no_difference_of_no_money() -> None:
    """To book no line of nothing is the same on both sides; to show no stock is not."""
    assert not outcomes(tally("landed_margin", "7", "refund", "0", None)).differences
    assert outcomes(tally("inventory_accuracy", "rye", "left", "0", None)).differences


def test_service_level_counts_what_was_lost_as_not_kept() -> None:
    """A lost message has no time, and broke its promise."""
    found = outcomes(
        measure("shop-to-oven#timing.delivered", 5),
        measure("shop-to-oven#timing.delivered", 50),
        lost=("shop-to-oven#timing.delivered",),
    ).service_level

    (service,) = found
    assert (service.object, service.kept, service.promised) == ("orders", 1, 3)


def test_nothing_measured_is_nothing_said() -> None:
    """No outcome looks good because there was none."""
    assert outcomes() == Outcomes()


@given(st.lists(st.integers(0, 30), max_size=40))
def test_kept_never_exceeds_promised(values: list[int]) -> None:
    """And every measured time is counted once."""
    found = outcomes(*(measure("shop-to-oven#timing.delivered", value) for value in values))
    assert sum(one.promised for one in found.service_level) == len(values)
    assert all(0 <= one.kept <= one.promised for one in found.service_level)
