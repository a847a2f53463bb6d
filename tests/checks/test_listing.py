"""Lists that were read page by page: which pages belong together, and whom a list covers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.checks.listing import Reading, readings
from harness.history import INTEGRATION, Body, Exchange, Header, History
from harness.landscape import Landscape, System


def landscape(at: str = "body.rows.*", more: str | None = "body.next", **how: Any) -> Landscape:
    """Return a system that lists crates."""
    calls = {
        "of": {"response": "GET /api/:v/shelves/:shelf/crates", "at": at, "more": more, **how},
        "all": {"response": "GET /crates", "at": at, "more": more, **how},
        "asked": {"response": "POST /search", "at": at, "more": more, **how},
    }
    calls = {name: {k: v for k, v in one.items() if v is not None} for name, one in calls.items()}
    store = {
        "system": "store",
        "kind": "wms",
        "owner": "x",
        "base_urls": ["https://store.test"],
        "messages": {"crate": {"key": "id", "carried_by": calls}},
    }
    return Landscape.described(systems={"store": System.model_validate(store)}, teams={})


class Calls:
    """Notes calls one after the other."""

    def __init__(self) -> None:
        self.entries: list[Exchange] = []
        self._tick = 0

    def get(
        self, path: str, more: Any = None, *, status: int = 200, link: str = "", body: Any = None
    ) -> Calls:
        """Read a page; ``more`` is what it says of the next one."""
        self._tick += 2
        self.entries.append(
            Exchange(
                seq=self._tick,
                done=self._tick + 1,
                sender=INTEGRATION,
                receiver="store",
                sent_at=None,
                ended_at=None,
                method="GET" if body is None else "POST",
                url=f"https://store.test{path}",
                headers=(),
                body=Body() if body is None else Body("json", body),
                status=status,
                answer_headers=(("Link", link),) if link else (),
                answer=Body("json", {"rows": [], "next": more}),
            )
        )
        return self

    def read(self, land: Landscape | None = None) -> list[Reading]:
        """Return the lists that were read."""
        history = History(Header("s", None, 1, {}), tuple(self.entries))
        return readings(history, land or landscape(), "store.crate")


@pytest.mark.parametrize("ended", [None, "", False, 0, []])
def test_a_page_that_says_nothing_of_more_is_the_last(ended: Any) -> None:
    """Null, empty text, false, zero and an empty list all say that there is no other page."""
    (one,) = Calls().get("/crates", ended).read()

    assert one.ended == 3


def test_a_call_with_the_token_of_a_page_is_its_next_page() -> None:
    """Two lists that are read in turns are told apart by their tokens."""
    calls = Calls().get("/crates?limit=2", "aa").get("/crates?limit=3", "bb")
    one, two = calls.get("/crates?after=bb").get("/crates?after=aa").read()

    assert ([len(one.pages), one.ended], [len(two.pages), two.ended]) == ([2, 9], [2, 7])


def test_a_token_may_be_an_address_or_stand_in_a_body() -> None:
    """Vendors say the whole address of the next page, or take the token in a request's body."""
    (one,) = (
        Calls().get("/crates", "https://store.test/crates?c=2&d=1").get("/crates?d=1&c=2").read()
    )
    assert one.ended is not None
    (one,) = Calls().get("/search", "t0", body={"q": 1}).get("/search", body={"token": "t0"}).read()
    assert one.ended is not None


def test_a_next_link_in_a_header_leads_on() -> None:
    """Only the relation `next` does; the last page has one that leads back."""
    first = '<https://store.test/crates?page_info=abc>; rel="next"'
    last = '<https://store.test/crates?page_info=zzz>; rel="previous"'
    land = landscape(more="header.link")
    calls = Calls().get("/crates", link=first)
    assert calls.read(land)[0].ended is None
    (one,) = calls.get("/crates?page_info=abc", link=last).read(land)
    assert one.ended == 5


def test_a_plain_yes_leads_to_the_next_call_with_another_query() -> None:
    """The same query again is the same page again."""
    assert [
        one.ended for one in Calls().get("/crates?page=1", True).get("/crates?page=2").read()
    ] == [5]
    again = Calls().get("/crates?page=1", True).get("/crates?page=1", True).read()
    assert [one.ended for one in again] == [None, None]


def test_a_page_that_failed_was_not_read() -> None:
    """A refused call shows no page."""
    (one,) = Calls().get("/crates", "aa").get("/crates?after=aa", status=500).read()

    assert one.ended is None


def test_without_a_place_for_more_one_page_is_all() -> None:
    """The system file says nothing of pages."""
    assert Calls().get("/crates", "aa").read(landscape(more=None))[0].ended == 3


def test_what_limits_a_list_is_what_its_address_names() -> None:
    """Parameters and queries limit it; versions, sizes and page numbers do not."""

    def asked(path: str, body: Any = None) -> set[str]:
        return set(Calls().get(path, body=body).read()[0].asked)

    assert asked("/crates") == set()
    assert asked("/crates?limit=50&page=2") == set()
    assert asked("/crates?owner=ann") == {"ann"}
    assert asked("/api/2026-07/shelves/A%201/crates") == {"A 1"}
    assert asked("/search", {"shelf": 7}) == {"7"}
    search = "sku:'HAT RED' place:A1 -colour:red"
    assert asked("/search", {"query": search}) == {search, "HAT RED", "A1"}


def test_an_error_inside_a_success_lists_nothing() -> None:
    """Where the list is not in the answer, nobody learned that there is nothing."""
    calls = Calls().get("/search", body={"query": "sku:HAT"})
    calls.entries[0] = replace(calls.entries[0], answer=Body("json", {"errors": ["throttled"]}))
    assert calls.read() == []


def test_a_list_of_a_span_of_time_is_narrowed() -> None:
    """What changed before it may belong as well."""
    land = landscape(window={"from": "since"})

    assert Calls().get("/crates?since=1").read(land)[0].narrowed
    assert not Calls().get("/crates").read(land)[0].narrowed


def test_one_object_is_no_list() -> None:
    """A read of one crate says nothing of the others."""
    assert Calls().get("/crates").read(landscape(at="body.row")) == []
