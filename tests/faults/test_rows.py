"""Lists and batches that go wrong in the middle, and only where there is something to spoil."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.faults import Lost, Rows
from harness.faults.rows import Asked
from harness.history import Failure
from harness.mapping import parse_path
from harness.messages import Lists
from harness.scenario import Fault
from harness.simulators.base import Call, Reply

BATCH = Lists(parse_path("rows"), parse_path("results"), None, {"name": "ref"})
LIST = Lists(None, None, parse_path("page.rows"), {})
NOWHERE = Lists(None, None, None, {})


def fault(do: str, **values: Any) -> Fault:
    """Return a fault."""
    return Fault.model_validate({"on": "erp.invoice", "do": do, **values})


def call(body: Any = None, path: str = "/rows") -> Call:
    """Return a call."""
    return Call("POST", f"https://erp.test{path}", (), json.dumps(body).encode())


def reply(body: Any) -> Reply:
    """Return an answer."""
    return Reply(200, json.dumps(body).encode())


def shown(rows: Rows, planned: Fault, answer: Reply, lists: Lists = LIST, **how: Any) -> Any:
    """Return what a caller sees of an answer."""
    asked = Asked(call(**how), {})
    found = rows.answered(planned, "erp", asked, answer, lists)
    assert isinstance(found, Reply)
    return json.loads(found.body)


def test_a_list_lacks_its_last_rows() -> None:
    """All else of the page stays, so that nobody sees it."""
    page = {"page": {"rows": [1, 2, 3]}, "next": "x"}
    assert shown(Rows(), fault("lose_rows", rows=2), reply(page)) == {
        "page": {"rows": [1]},
        "next": "x",
    }
    assert shown(Rows(), fault("lose_rows", rows=9), reply(page))["page"]["rows"] == []


def test_a_page_shows_the_page_before_once_more() -> None:
    """That of the same address; without one it shows itself."""
    rows = Rows()
    rows.remember("erp", call(), reply({"page": 1}))
    rows.remember("erp", call(), Lost(Failure.TIMEOUT))
    assert shown(rows, fault("repeat_page"), reply({"page": 2})) == {"page": 1}
    assert shown(rows, fault("repeat_page"), reply({"page": 2}), path="/other") == {"page": 2}


def test_a_read_shows_what_the_same_address_showed_before() -> None:
    """Another query is another address."""
    rows, path = Rows(), "/rows?id=1"
    rows.remember("erp", call(path=path), reply({"stock": 1}))
    assert shown(rows, fault("stale_read"), reply({"stock": 2}), path=path) == {"stock": 1}
    assert shown(rows, fault("stale_read"), reply({"stock": 2}), path="/rows?id=2") == {"stock": 2}


def test_some_of_a_batch_fail_and_the_others_go_through() -> None:
    """What failed never reaches the system, and stands in the answer at its place."""
    rows, planned = Rows(), fault("fail_rows", rows=[0, 2, 7], body={"result": "refused"})
    asked = rows.asked(planned, call({"rows": [{"ref": n} for n in "abc"]}), BATCH)
    assert json.loads(asked.call.body) == {"rows": [{"ref": "b"}]}
    answer = reply({"results": [{"name": "b", "result": "made"}]})
    told = rows.answered(planned, "erp", asked, answer, BATCH)
    assert isinstance(told, Reply)
    assert json.loads(told.body)["results"] == [
        {"name": "a", "result": "refused"},
        {"name": "b", "result": "made"},
        {"name": "c", "result": "refused"},
    ]


@pytest.mark.parametrize("body", ["[]", "{", "7", '{"rows": 7}', '{"page": {"rows": null}}'])
def test_what_is_no_list_is_left_alone(body: str) -> None:
    """The very same answer comes back, which tells that nothing was spoiled."""
    answer = Reply(200, body.encode())
    for planned in (fault("lose_rows"), fault("fail_rows", rows=0, body={})):
        for lists in (LIST, BATCH, NOWHERE):
            asked = Rows().asked(planned, Call("POST", "https://erp.test", (), answer.body), lists)
            assert Rows().answered(planned, "erp", asked, answer, lists) is answer
            lost = Lost(Failure.RESET)
            assert Rows().answered(planned, "erp", asked, lost, lists) is lost


@given(st.lists(st.integers(), max_size=9), st.sets(st.integers(0, 9), min_size=1))
def test_nothing_of_a_batch_is_lost(numbers: list[int], places: set[int]) -> None:
    """What goes through and what fails are all of it, in its order."""
    rows, planned = Rows(), fault("fail_rows", rows=sorted(places), body={})
    asked = rows.asked(planned, call({"rows": [{"ref": n} for n in numbers]}), BATCH)
    through = json.loads(asked.call.body)["rows"]
    answer = reply({"results": [{"name": one["ref"]} for one in through]})
    told = rows.answered(planned, "erp", asked, answer, BATCH)
    assert isinstance(told, Reply)
    assert [one["name"] for one in json.loads(told.body)["results"]] == numbers
