"""A history keeps the order of things and answers simple questions about it."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from harness.history import (
    EMPTY_BODY,
    INTEGRATION,
    Event,
    EventKind,
    Exchange,
    Header,
    History,
    Origin,
    find_header,
)

HEADERS = (("Content-Type", "application/json"), ("X-Id", "1"), ("x-id", "2"))


def exchange(seq: int, **more: Any) -> Exchange:
    """Return a call of the integration to the bakery."""
    told: dict[str, Any] = {
        "seq": seq,
        "done": seq + 1,
        "sender": INTEGRATION,
        "receiver": "bakery",
        "sent_at": None,
        "ended_at": None,
        "method": "GET",
        "url": "https://bakery.test/",
        "headers": (),
        "body": EMPTY_BODY,
    }
    return Exchange(**{**told, **more})


def history(*entries: Exchange | Event) -> History:
    """Return a history of these entries."""
    return History(Header("BREAD-001", 0, 1, {"bakery": Origin.SIMULATED}), entries)


@pytest.mark.parametrize(
    ("name", "value"), [("content-type", "application/json"), ("X-ID", "1"), ("Accept", None)]
)
def test_headers_are_found_in_any_case(name: str, value: str | None) -> None:
    """The first of a name counts; none is None."""
    assert value == find_header(HEADERS, name)


def test_a_request_and_its_answer_have_headers_of_their_own() -> None:
    """One is never looked up among the other's."""
    call = exchange(1, headers=(("A", "asked"),), answer_headers=(("A", "answered"),))

    assert (call.header("a"), call.answer_header("a")) == ("asked", "answered")
    assert exchange(1).answer_header("a") is None


def test_exchanges_and_events_are_told_apart_and_stay_in_order() -> None:
    """Each view is a part of the one order."""
    told = history(
        Event(1, 0, EventKind.STARTED),
        exchange(2),
        Event(4, 0, EventKind.STATE),
        exchange(5),
        Event(7, 0, EventKind.STOPPED),
    )

    assert [entry.seq for entry in told] == [1, 2, 4, 5, 7]
    assert [one.seq for one in told.exchanges] == [2, 5]
    assert [event.seq for event in told.events()] == [1, 4, 7]


def test_events_are_picked_by_kind() -> None:
    """Several kinds are a choice between them."""
    told = history(*(Event(n, 0, kind) for n, kind in enumerate(EventKind)))
    wanted = (EventKind.CRASHED, EventKind.STEP)

    assert [event.kind for event in told.events(*wanted)] == [EventKind.STEP, EventKind.CRASHED]


def test_the_end_is_the_last_instant_of_anything() -> None:
    """An answer that comes after the last event still counts."""
    told = history(exchange(1, sent_at=5, ended_at=90), Event(3, 40, EventKind.SETTLED))

    assert told.end == 90


def test_without_times_there_is_no_end() -> None:
    """A recording that kept no times does not get any."""
    assert history(exchange(1), Event(3, None, EventKind.SETTLED)).end is None
    assert history().end is None


def test_what_happened_does_not_change() -> None:
    """Judging cannot touch its evidence."""
    with pytest.raises(FrozenInstanceError):
        exchange(1).status = 200  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        history().entries = ()  # type: ignore[misc]


def test_what_nobody_says_is_the_careful_choice() -> None:
    """Without a word an exchange is simulated, and has no answer."""
    call = exchange(1)

    assert (call.origin, call.status, call.failure, call.faults) == (
        Origin.SIMULATED,
        None,
        None,
        (),
    )
