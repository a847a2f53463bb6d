"""Votes on clauses become one ruling each; the worst decides."""

from __future__ import annotations

import pytest

from harness.checks.docket import MOST_FINDINGS, MOST_WITNESSES, Docket, Promise
from harness.verdict import Grade, Severity, Status


@pytest.fixture
def docket() -> Docket:
    """Return a docket for one promise."""
    return Docket({"a": Promise("c#a", "team", Severity.MAJOR, "an exchange", Grade.LIVE)})


def fail(docket: Docket) -> None:
    """Vote that the promise was broken."""
    docket.fail("a", cause="x", expected="1", observed="2", exchanges=[3, None, 3])


def test_a_proof_without_a_witness_is_no_vote(docket: Docket) -> None:
    """Nothing is proven that no exchange shows."""
    docket.prove("a", [None], "kept")

    assert docket.rulings() == []
    assert "no exchange" in docket.reasons["c#a"]


def test_the_worst_vote_decides(docket: Docket) -> None:
    """One breach outweighs any number of proofs and doubts."""
    docket.prove("a", [1], "kept")
    assert docket.rulings()[0].status is Status.PROVEN
    docket.doubt("a", "who knows")
    assert docket.rulings()[0].status is Status.UNPROVEN
    fail(docket)
    assert docket.rulings()[0].status is Status.FAILED


def test_a_ruling_carries_grade_owner_and_witnesses(docket: Docket) -> None:
    """Everything a report needs comes from the promise."""
    fail(docket)
    (ruling,) = docket.rulings()

    assert (ruling.grade, ruling.witnesses) == (Grade.LIVE, (3,))
    assert (ruling.findings[0].owner, ruling.findings[0].severity) == ("team", Severity.MAJOR)


def test_a_vote_on_an_unknown_promise_is_our_mistake(docket: Docket) -> None:
    """A check cannot rule on what nobody promised."""
    with pytest.raises(KeyError, match="no promise at b"):
        docket.prove("b", [1], "kept")


def test_a_clause_with_a_vote_is_not_idle(docket: Docket) -> None:
    """Reasons for having no vote disappear with the first one."""
    docket.idle("a", "first")
    docket.idle("a", "second")
    docket.idle("unknown", "ignored")
    assert docket.reasons == {"c#a": "first"}

    docket.prove("a", [1], "kept")
    assert docket.reasons == {}


def test_thousands_of_votes_stay_small(docket: Docket) -> None:
    """Witnesses and findings are bounded, and the reason tells how many there were."""
    for number in range(1000):
        docket.prove("a", [number], "kept")
    (ruling,) = docket.rulings()

    assert len(ruling.witnesses) == MOST_WITNESSES
    assert ruling.reason == "kept (and 999 more)"

    for _ in range(1000):
        fail(docket)
    assert len(docket.rulings()[0].findings) == MOST_FINDINGS
