"""The list of orders: filters, and pages that are walked by their links."""

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.timing import SECOND
from tests.simulators.stage import Stage, data, header

LIST = "/admin/api/2025-07/orders.json"


def shop(orders: int) -> Stage:
    """Return a shop with orders, one a second."""
    stage = Stage("shopify")
    for _ in range(orders):
        stage.do("place_order", {"financial_status": "pending", "line_items": []})
        stage.advance(SECOND)
    return stage


def names(stage: Stage, query: str = "") -> list[str]:
    """Return the names of the orders on a page."""
    return [order["name"] for order in data(stage.call("GET", LIST + query))["orders"]]


def links(stage: Stage, query: str) -> dict[str, str]:
    """Return the queries that the Link header leads to."""
    text = header(stage.call("GET", LIST + query), "Link") or ""
    found = re.findall(r'<([^>]*)>; rel="(\w+)"', text)
    return {relation: "?" + urlsplit(url).query for url, relation in found}


def test_the_newest_order_comes_first() -> None:
    """Without an order the list begins with the newest."""
    assert names(shop(3)) == ["#1003", "#1002", "#1001"]


def test_one_page_has_no_link() -> None:
    """A list that fits on one page leads nowhere."""
    assert links(shop(2), "?limit=2") == {}


@settings(max_examples=25)
@given(count=st.integers(0, 9), limit=st.integers(1, 4), newest_first=st.booleans())
def test_pages_show_every_order_once(count: int, limit: int, newest_first: bool) -> None:
    """Following the links shows all orders in their order; following them back does so too."""
    stage = shop(count)
    direction = "desc" if newest_first else "asc"
    query: str | None = f"?limit={limit}&status=any&order=updated_at+{direction}"
    pages, asked = [], []
    while query is not None:
        asked.append(query)
        pages.append(names(stage, query))
        query = links(stage, query).get("next")
        stage.advance(SECOND)
    walked = [name for page in pages for name in page]
    assert sorted(walked, reverse=newest_first) == walked
    assert len(set(walked)) == count
    if len(asked) > 1:
        assert names(stage, links(stage, asked[-1])["previous"]) == pages[-2]


def test_a_new_order_does_not_shift_the_pages() -> None:
    """A cursor is a place, not a number, so an order that comes in between repeats nothing."""
    stage = shop(4)
    following = links(stage, "?limit=2")["next"]
    stage.do("place_order", {"line_items": []})
    assert names(stage, following) == ["#1002", "#1001"]


def test_changes_since_are_listed() -> None:
    """The bounds are inclusive, and read in their own offset."""
    stage = shop(3)
    assert names(stage, "?updated_at_min=2026-03-02T09:00:01%2B01:00") == ["#1003", "#1002"]
    assert names(stage, "?updated_at_max=2026-03-02T03:00:00") == ["#1001"]


def test_cancelled_orders_are_not_open() -> None:
    """The list shows open orders only, unless it is asked for any."""
    stage = shop(1)
    stage.do("cancel_order", None, {"key": str(stage.committed("order")[0]["id"])})
    assert [len(names(stage, q)) for q in ("", "?status=any", "?status=cancelled")] == [0, 1, 1]


def test_chosen_fields_and_orders() -> None:
    """Filters by id, payment and id order, and a view of some fields."""
    stage = shop(3)
    ids = [order["id"] for order in stage.committed("order")]
    assert names(stage, f"?ids={ids[0]},{ids[2]}") == ["#1003", "#1001"]
    assert names(stage, f"?since_id={ids[0]}") == ["#1002", "#1003"]
    assert names(stage, "?financial_status=paid") == []
    (first, *_) = data(stage.call("GET", LIST + "?fields=name,nothing"))["orders"]
    assert first == {"name": "#1003"}


@pytest.mark.parametrize(
    "query",
    [
        "?page=2",
        "?limit=0",
        "?limit=x",
        "?status=lost",
        "?order=price",
        "?since_id=x",
        "?updated_at_min=2026-03-02T09:00:00+01:00",
        "?page_info=x",
        "?page_info=e30",
        "?page_info=e30&status=any",
        "?fulfillment_status=shipped",
    ],
)
def test_a_query_that_cannot_be_answered_is_refused(query: str) -> None:
    """Nothing is ignored silently: the answer names the parameter, even in an empty shop."""
    answer = shop(0).call("GET", LIST + query)
    assert answer.status == 400
    assert list(data(answer)["errors"]) == [re.split(r"[?&=]", query)[-2]]


def test_too_high_a_limit_is_cut_down() -> None:
    """A page holds 250 orders at the most."""
    assert len(names(shop(251), "?limit=1000")) == 250
