"""The item master of the ERP: how items change, and how they are listed."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import pytest

from harness.simulators.base import UnknownAction
from harness.simulators.profiles import Profile
from harness.simulators.validation import violations
from harness.timing import MINUTE, SECOND
from tests.simulators.stage import Stage, data, system
from tests.simulators.test_erp import INVOICES, invoice, line

ITEMS = "/api/golive/sales/v1.0/items"


@pytest.fixture
def erp() -> Stage:
    """Return an ERP with an empty master."""
    return Stage("erp")


def listed(erp: Stage, query: str = "") -> list[Any]:
    """Return one page of the items."""
    answer = erp.call("GET", f"{ITEMS}{query}")
    assert answer.status == 200
    found: list[Any] = data(answer)["value"]
    return found


def pages(erp: Stage, query: str, size: int) -> Iterator[list[Any]]:
    """Follow the links from page to page."""
    path = f"{ITEMS}{query}"
    while path:
        answer = data(erp.call("GET", path, headers={"Prefer": f"odata.maxpagesize={size}"}))
        yield [row["number"] for row in answer["value"]]
        link = urlsplit(answer.get("nextLink", ""))
        path = f"{link.path}?{link.query}" if link.path else ""


def test_a_new_item_fits_its_own_file(erp: Stage) -> None:
    """What is left out is invented so that the item is as the system's file describes it."""
    handle = erp.do("create_item", {"number": "HAT-RED", "unitPrice": Decimal("19.90")})
    ((message, key, body),) = erp.commits
    assert (message, key, handle) == ("item", body["id"], {"message": "item", "key": key})
    assert violations(system("erp").messages["item"], body) == []
    shown = data(erp.call("GET", f"{ITEMS}/{key}"))
    assert [shown] == listed(erp)
    assert (shown["number"], shown["unitPrice"], shown["blocked"]) == ("HAT-RED", 19.9, False)


def test_a_change_moves_the_instant(erp: Stage) -> None:
    """Each change is later than the one before, even in the same instant; None takes away."""
    item = erp.do("create_item", {"number": "HAT-RED", "gtin": "4006381333931"})
    erp.do("change_item", {"displayName": "Red hat", "gtin": None}, item)
    erp.advance(MINUTE)
    erp.do("block_item", None, item)
    versions = [body["lastModifiedDateTime"] for body in erp.committed("item")]
    assert versions == [
        "2026-03-02T08:00:00Z",
        "2026-03-02T08:00:00.001Z",
        "2026-03-02T08:01:00Z",
    ]
    last = erp.committed("item")[-1]
    assert (last["displayName"], last["blocked"], "gtin" in last) == ("Red hat", True, False)


def test_a_renamed_item_keeps_its_id(erp: Stage) -> None:
    """Only the number changes; the old one is free for another item."""
    first = erp.do("create_item", {"number": "HAT-RED"})
    again = erp.do("rename_item", {"number": "HAT-RED", "to": "HAT-1"})
    other = erp.do("create_item", {"number": "HAT-RED"})
    assert first == again != other
    assert [row["number"] for row in listed(erp)] == ["HAT-1", "HAT-RED"]
    assert data(erp.call("GET", f"{ITEMS}/{first['key']}"))["number"] == "HAT-1"
    with pytest.raises(UnknownAction, match="The item HAT-RED exists already"):
        erp.do("rename_item", {"to": "HAT-RED"}, first)


def test_a_number_and_an_id_are_there_once(erp: Stage) -> None:
    """A second item of the same number or id is refused, and the master stays as it was."""
    erp.do("create_item", {"number": "HAT-RED", "id": "a"})
    for values in ({"number": "HAT-RED"}, {"number": "HAT-BLUE", "id": "a"}):
        with pytest.raises(UnknownAction, match="Internal_EntityWithSameKeyExists"):
            erp.do("create_item", values)
    assert len(listed(erp)) == 1


def test_a_window_has_its_beginning_and_not_its_end(erp: Stage) -> None:
    """Windows that follow each other show each change once."""
    for number in ("A", "B", "C"):
        erp.do("create_item", {"number": number})
        erp.advance(MINUTE)
    instants = [f"2026-03-02T08:0{minute}:00Z" for minute in range(5)]
    windows = pairwise(instants)
    shown = [
        [row["number"] for row in listed(erp, f"?modifiedAfter={begin}&modifiedBefore={end}")]
        for begin, end in windows
    ]
    assert shown == [["A"], ["B"], ["C"], []]
    assert len(listed(erp, "?modifiedAfter=2026-03-02T09:01:00%2B01:00")) == 2


def test_pages_lead_on_to_each_other(erp: Stage) -> None:
    """Every item is on one page; the last page has no link, even when it is full."""
    for number in "DBACE":
        erp.do("create_item", {"number": number})
    assert list(pages(erp, "", 2)) == [["A", "B"], ["C", "D"], ["E"]]
    assert list(pages(erp, "", 5)) == [["A", "B", "C", "D", "E"]]
    window = "?modifiedAfter=2026-03-02T08:00:00Z&modifiedBefore=2026-03-02T08:00:01Z"
    assert list(pages(erp, window, 3)) == [["A", "B", "C"], ["D", "E"]]


def test_a_link_is_a_whole_address(erp: Stage) -> None:
    """It keeps what was asked for, and begins with the address that was called."""
    for number in "AB":
        erp.do("create_item", {"number": number})
    query = "?modifiedAfter=2026-03-02T08:00:00Z"
    answer = data(erp.call("GET", ITEMS + query, headers={"Prefer": "odata.maxpagesize=1"}))
    base = system("erp").base_urls[0]
    assert answer["nextLink"] == f"{base}{ITEMS}{query}&$skiptoken=A"


def test_a_page_is_as_long_as_it_may_be() -> None:
    """What a caller prefers can make a page shorter, and not longer."""
    erp = Stage("erp", Profile(numbers={"page_size": 2}))
    for number in "ABC":
        erp.do("create_item", {"number": number})
    assert list(pages(erp, "", 99)) == list(pages(erp, "", 0)) == [["A", "B"], ["C"]]


def test_an_item_that_is_renamed_between_pages_can_be_missed(erp: Stage) -> None:
    """Pages go by number, so a poller has to look again by the instant of the change."""
    for number in "ABC":
        erp.do("create_item", {"number": number})
    walk = pages(erp, "", 2)
    assert next(walk) == ["A", "B"]
    erp.advance(SECOND)
    erp.do("rename_item", {"number": "C", "to": "AA"})
    assert next(walk) == []
    (row,) = listed(erp, "?modifiedAfter=2026-03-02T08:00:01Z")
    assert row["number"] == "AA"


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ("?modifiedAfter=yesterday", "modifiedAfter"),
        ("?modifiedBefore=2026-03-02T09:00:00+01:00", "modifiedBefore"),
        ("?$filter=number%20eq%20'A'", "$filter"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(erp: Stage, query: str, target: str) -> None:
    """A bad instant, a plus sign that became a blank, and what is not supported are refused."""
    answer = erp.call("GET", f"{ITEMS}{query}")
    error = data(answer)["error"]
    assert (answer.status, error["code"], error["target"]) == (400, "BadRequest", target)


def test_items_are_looked_up_by_number(erp: Stage) -> None:
    """The whole number counts, and each character of it."""
    for number in ("A-1", "A-10", "0123"):
        erp.do("create_item", {"number": number})
    assert [row["number"] for row in listed(erp, "?number=A-1")] == ["A-1"]
    assert listed(erp, "?number=123") == []


def test_items_of_before_are_given_at_the_start(erp: Stage) -> None:
    """They are noted and listed with their own instant, nothing is committed, a row changes one."""
    row = {"number": "HAT-RED", "lastModifiedDateTime": "2026-01-01T00:00:00Z"}
    erp.simulator.hold("item", (row,))
    assert [shown["lastModifiedDateTime"] for shown in listed(erp)] == ["2026-01-01T00:00:00Z"]
    erp.simulator.hold("item", ({"number": "HAT-RED", "unitPrice": Decimal("12.00")},))
    assert erp.commits == []
    assert [noted["unitPrice"] for _, noted in erp.notes] == [Decimal("10.00"), Decimal("12.00")]
    assert erp.simulator.snapshot()["item"] == [erp.notes[-1][1]]
    with pytest.raises(UnknownAction, match="lastModifiedDateTime"):
        erp.simulator.hold("item", ({"number": "MUG", "lastModifiedDateTime": "then"},))


def test_a_deleted_item_is_gone(erp: Stage) -> None:
    """It is neither listed nor found, and its number may be given again."""
    item = erp.do("create_item", {"number": "HAT-RED"})
    erp.do("delete_item", None, item)
    assert listed(erp) == []
    assert erp.call("GET", f"{ITEMS}/{item['key']}").status == 404
    assert erp.do("create_item", {"number": "HAT-RED"}) != item


def test_a_master_that_was_known_stays_known(erp: Stage) -> None:
    """When its last item is deleted, no number is taken any more."""
    item = erp.do("create_item", {"number": "HAT-RED"})
    erp.do("delete_item", None, item)
    for number in ("HAT-RED", "MUG"):
        answer = erp.call("POST", INVOICES, invoice("1", line(number)))
        assert data(answer)["error"]["code"] == "ItemNotFound"
