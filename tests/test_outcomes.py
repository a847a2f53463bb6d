"""Outcomes are per message: of each element of a batch, and of what is decided later."""

from __future__ import annotations

from typing import Any

import pytest

from harness.history import INTEGRATION, Body, Entry, Exchange, Failure, Header, History, Origin
from harness.landscape import Landscape, System
from harness.messages import Outcome, Sightings, fate

ANSWER = {
    "at": "body.results.*",
    "on": {"no": "no"},
    "accepted": {"result": ["created", "exists"]},
}
A, P, R, U = Outcome.ACCEPTED, Outcome.PENDING, Outcome.REJECTED, Outcome.UNKNOWN


def store(batch: dict[str, Any] | None = None, answers: dict[str, Any] | None = None) -> Landscape:
    """Return a ledger that takes bills in batches and reports on feeds."""
    bill = {
        "key": "no",
        "carried_by": {"all": {"request": "POST /bills", "at": "body.bills.*", **(batch or {})}},
    }
    report = {
        "key": "feed",
        "carried_by": {"read": {"response": "GET /feeds/:id", "at": "body"}},
    }
    system = {
        "system": "ledger",
        "kind": "finance",
        "owner": "t",
        "base_urls": ["https://ledger.test"],
        "answers": answers or {},
        "messages": {"bill": bill, "report": report},
    }
    return Landscape.described(systems={"ledger": System.model_validate(system)}, teams={})


def exchange(
    body: Any,
    answer: Any,
    *,
    status: int | None = 200,
    seq: int = 1,
    path: str = "bills",
    method: str = "POST",
) -> Exchange:
    """Return one call to the ledger."""
    return Exchange(
        seq=seq,
        done=seq + 1,
        sender=INTEGRATION,
        receiver="ledger",
        sent_at=seq * 1000,
        ended_at=seq * 1000 + 500,
        method=method,
        url=f"https://ledger.test/{path}",
        headers=(),
        body=Body("json", body),
        status=status,
        answer=Body("json", answer),
        failure=None if status else Failure.TIMEOUT,
    )


def sightings(land: Landscape, *entries: Entry) -> Sightings:
    """Cut a history."""
    header = Header("x", 0, 1, {"ledger": Origin.SIMULATED})
    return Sightings(History(header, entries), land)


def outcomes(
    results: list[tuple[int, str]] | None, *, status: int | None = 200, **batch: Any
) -> list[Outcome]:
    """Return how bills 1 and 2 ended."""
    answer = {} if results is None else {"results": [{"no": n, "result": r} for n, r in results]}
    sent = exchange({"bills": [{"no": 1}, {"no": 2}]}, answer, status=status)
    land = store({"answer": ANSWER, **batch})
    return [one.outcome or U for one in sightings(land, sent).of("ledger.bill")]


@pytest.mark.parametrize(
    ("results", "status", "ended"),
    [
        ([(1, "created"), (2, "exists")], 200, [A, A]),
        ([(1, "created"), (2, "no such tax")], 207, [A, R]),
        ([(2, "created")], 200, [U, A]),
        ([], 200, [U, U]),
        (None, 200, [U, U]),
        (None, 422, [R, R]),
        (None, 500, [R, R]),
        (None, None, [U, U]),
        ([(1, "created"), (2, "bad")], 422, [A, R]),
        ([(2, "bad")], 422, [U, R]),
        ([(1, "created"), (1, "bad"), (2, "created")], 200, [U, A]),
    ],
)
def test_each_element_has_its_own_outcome(
    results: list[tuple[int, str]] | None, status: int | None, ended: list[Outcome]
) -> None:
    """What the answer says of an element counts; what it leaves out is unknown."""
    assert outcomes(results, status=status) == ended


def test_an_answer_with_an_unreadable_result_is_unknown() -> None:
    """A result that is missing is no refusal."""
    land = store({"answer": ANSWER})
    sent = exchange({"bills": [{"no": 1}]}, {"results": [{"no": 1}]})

    assert [one.outcome for one in sightings(land, sent).of("ledger.bill")] == [U]


@pytest.mark.parametrize(
    ("results", "ended"),
    [
        ([(1, "created"), (2, "created")], [A, A]),
        ([(1, "created"), (2, "bad")], [R, R]),
        ([(1, "created")], [U, U]),
    ],
)
def test_all_fall_with_one_that_is_bad(
    results: list[tuple[int, str]], ended: list[Outcome]
) -> None:
    """And nobody knows of any while one is unknown."""
    assert outcomes(results, one_bad="all_fall") == ended


@pytest.mark.parametrize(("one_bad", "ended"), [("all_fall", [R, R]), ("others_stand", [U, U])])
def test_without_answers_the_status_speaks_for_all(one_bad: str, ended: list[Outcome]) -> None:
    """Where others stand, a refusal does not say which one was bad."""
    sent = exchange({"bills": [{"no": 1}, {"no": 2}]}, {}, status=422)

    assert [o.outcome for o in sightings(store({"one_bad": one_bad}), sent).of("ledger.bill")] == (
        ended
    )


def test_a_plain_list_ends_as_its_status_says() -> None:
    """Nothing is said of single elements."""
    sent = exchange({"bills": [{"no": 1}, {"no": 2}]}, {})

    assert [one.outcome for one in sightings(store(), sent).of("ledger.bill")] == [A, A]


# -- what is decided later -----------------------------------------------------------------------

PENDING: Any = {
    "taken": {
        "when": {"status": 202},
        "means": "pending",
        "decided_by": {
            "message": "report",
            "same": "feed",
            "within": "30m",
            "accepted": {"state": "DONE"},
        },
    }
}


def pending(*reports: Any, **changes: Any) -> tuple[Any, ...]:
    """Return the bill that was sent as feed 5, after these reports were read."""
    taken = {**PENDING["taken"], "decided_by": {**PENDING["taken"]["decided_by"], **changes}}
    entries = [exchange({"bills": [{"no": 1}]}, {"feed": 5}, status=202)]
    for index, report in enumerate(reports):
        entries.append(exchange(None, report, seq=10 + 10 * index, path="feeds/5", method="GET"))
    return tuple(sightings(store(answers={"taken": taken}), *entries).of("ledger.bill"))


@pytest.mark.parametrize(
    ("reports", "ended"),
    [
        ([], P),
        ([{"feed": 6, "state": "DONE"}], P),
        ([{"feed": 5}], P),
        ([{"feed": 5, "state": "DONE"}], A),
        ([{"feed": 5, "state": "BAD"}], R),
        ([{"feed": 6, "state": "BAD"}, {"feed": "5", "state": "DONE"}], A),
    ],
)
def test_a_later_message_decides(reports: list[Any], ended: Outcome) -> None:
    """The report with the same feed says how it ended; without one it stays pending."""
    (bill,) = pending(*reports)

    assert bill.outcome is ended


def test_without_a_condition_nobody_can_tell() -> None:
    """A report alone is no yes."""
    (bill,) = pending({"feed": 5, "state": "DONE"}, accepted=None)

    assert bill.outcome is P


def test_a_decision_is_known_when_it_is_told() -> None:
    """It was taken by then at the latest, and both exchanges show it."""
    (bill,) = pending({"feed": 5, "state": "DONE"})

    found = fate(bill, commits=(), later=(), watched=True)

    assert (found.taken, found.at, found.exact, found.shown_by) == (True, 10_500, False, (1, 10))


def test_what_is_pending_may_still_be_taken() -> None:
    """A target that journals its commits has not refused what it has yet to decide."""
    (bill,) = pending()

    assert fate(bill, commits=(), later=(), watched=True).taken is None
