"""Shopify Payments: movements are gathered into payouts, which travel to the bank."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.simulators.base import UnknownAction
from harness.simulators.profiles import Profile
from tests.simulators.stage import Stage, data

BASE = "/admin/api/2026-01/shopify_payments"


@pytest.fixture
def shop() -> Stage:
    """Return a shop that took a payment and gave some back."""
    shop = Stage("shopify", Profile(numbers={"page_size_at_most": 2}))
    shop.do("take_payment", {"amount": "40.70", "fee": "1.43"})
    shop.do("take_payment", {"amount": "-23.95", "type": "refund"})
    return shop


def rows(shop: Stage, path: str, name: str = "transactions") -> list[dict[str, Any]]:
    """Return what a list shows on its first page."""
    found: list[dict[str, Any]] = data(shop.call("GET", f"{BASE}/{path}"))[name]
    return found


def test_a_payout_gathers_the_balance_and_stands_among_its_own(shop: Stage) -> None:
    """Its counter entry empties the balance; a second payout would have nothing in it."""
    payout = shop.do("make_payout", {"date": "2026-03-03"})
    of_it = shop.simulator._payments.transactions  # type: ignore[attr-defined]
    assert [one["type"] for one in of_it] == ["charge", "refund", "payout"]
    assert [one["net"] for one in of_it] == ["39.27", "-23.95", "-15.32"]
    shown = data(shop.call("GET", f"{BASE}/payouts/{payout['key']}.json"))["payout"]
    assert (shown["amount"], shown["status"], shown["date"]) == (
        "15.32",
        "scheduled",
        "2026-03-03",
    )
    with pytest.raises(UnknownAction, match="nothing in EUR"):
        shop.do("make_payout")


def test_each_step_is_committed_with_its_movements(shop: Stage) -> None:
    """Scheduled, on its way, paid; a step that cannot follow is an error."""
    payout = shop.do("make_payout")
    shop.do("send_payout", None, payout)
    shop.do("pay_out", None, payout)
    assert [one["status"] for one in shop.committed("payout")] == [
        "scheduled",
        "in_transit",
        "paid",
    ]
    assert {one["payout_status"] for one in rows(shop, "balance/transactions.json")} == {"paid"}
    with pytest.raises(UnknownAction, match="is paid and never gets failed"):
        shop.do("fail_payout", None, payout)
    with pytest.raises(UnknownAction, match="no payout 0"):
        shop.do("pay_out")


def test_lists_come_in_pages_and_are_filtered(shop: Stage) -> None:
    """The Link leads to the rest, with what was asked for kept."""
    number = shop.do("make_payout", {"date": "2026-03-03"})["key"]
    path = f"{BASE}/balance/transactions.json"
    first = shop.call("GET", f"{path}?payout_id={number}")
    link = dict(first.headers)["Link"].partition(">")[0].strip("<")
    second = shop.call("GET", link[link.index("/admin") :])
    types = [one["type"] for page in (first, second) for one in data(page)["transactions"]]
    assert types == ["payout", "refund", "charge"]
    assert "Link" not in dict(second.headers)
    assert rows(shop, "balance/transactions.json?payout_id=7") == []
    for query, count in (
        ("date_min=2026-03-03", 1),
        ("date_max=2026-03-02", 0),
        ("status=scheduled", 1),
        ("date=2026-03-03", 1),
    ):
        assert len(rows(shop, f"payouts.json?{query}", "payouts")) == count


@pytest.mark.parametrize(
    "query",
    ["page_info=x", "limit=0", "limit=x", "colour=red", "page_info=WzAsIHt9XQ==&status=paid"],
)
def test_a_wrong_query_is_refused(shop: Stage, query: str) -> None:
    """It is not answered as if it had asked for something else."""
    assert shop.call("GET", f"{BASE}/payouts.json?{query}").status == 400


def test_what_is_not_there_is_not_found(shop: Stage) -> None:
    """Whatever its number looks like."""
    for number in ("9", "x"):
        assert shop.call("GET", f"{BASE}/payouts/{number}.json").status == 404


@pytest.mark.parametrize(
    "payload", [{}, {"amount": "1.001"}, {"amount": "x"}, {"amount": "1", "type": "payout"}]
)
def test_a_movement_that_makes_no_sense_is_explained(shop: Stage, payload: Any) -> None:
    """Amounts have two decimals, and payouts are made otherwise."""
    with pytest.raises(UnknownAction):
        shop.do("take_payment", payload)


@given(st.lists(st.tuples(st.decimals(-999, 999, places=2), st.decimals(0, 9, places=2))))
def test_a_payout_is_the_sum_of_its_movements(amounts: list[tuple[Decimal, Decimal]]) -> None:
    """To the cent, whatever moved; with the counter entry it is nothing."""
    shop = Stage("shopify")
    shop.do("take_payment", {"amount": "1.00"})
    for amount, fee in amounts:
        shop.do("take_payment", {"amount": str(amount), "fee": str(fee)})
    shop.do("make_payout")
    of_it = shop.committed("balance_transaction")[-len(amounts) - 2 :]
    assert sum(Decimal(one["net"]) for one in of_it) == 0
    assert Decimal(shop.committed("payout")[0]["amount"]) == 1 + sum(a - f for a, f in amounts)
