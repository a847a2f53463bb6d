"""The worst ruling wins, and nothing is proven, failed or unproven without saying why."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.verdict import (
    Finding,
    Grade,
    Judgement,
    Ruling,
    Severity,
    Status,
    combine,
    failed,
    proven,
    ruling_from_json,
    ruling_to_json,
    unproven,
)

statuses = st.sampled_from(Status)
BREACH = Finding(
    "bread#fields.grams", "differs", Severity.MAJOR, "bakers", "500", "480", "loaf 7", (12, 4)
)


def test_the_statuses_have_one_order() -> None:
    """Proven is better than waived, waived than unproven, unproven than failed."""
    assert Status.PROVEN < Status.WAIVED < Status.UNPROVEN < Status.FAILED
    assert [s.word for s in sorted(Status)] == ["proven", "waived", "unproven", "failed"]


def test_nothing_at_all_is_unproven() -> None:
    """An empty list of rulings is no proof."""
    assert combine([]) is Status.UNPROVEN
    assert Judgement().status is Status.UNPROVEN


@given(statuses, statuses, statuses)
def test_combining_is_commutative_and_associative(a: Status, b: Status, c: Status) -> None:
    """However rulings are grouped, the same status comes out."""
    assert combine([a, b]) is combine([b, a])
    assert combine([combine([a, b]), c]) is combine([a, combine([b, c])])
    assert combine([a, a]) is a


@given(st.lists(statuses, min_size=1), st.randoms(use_true_random=False))
def test_the_order_of_rulings_does_not_matter(all_of_them: list[Status], chance: object) -> None:
    """The worst wins, wherever it stands."""
    shuffled = sorted(all_of_them, key=lambda _: chance.random())  # type: ignore[attr-defined]

    assert combine(shuffled) is combine(all_of_them)
    assert combine(all_of_them) is max(all_of_them)


@given(st.lists(statuses, min_size=1), statuses)
def test_one_more_ruling_never_makes_it_better(before: list[Status], more: Status) -> None:
    """Adding evidence of trouble cannot turn anything green."""
    assert combine([*before, more]) >= combine(before)


@given(st.lists(statuses))
def test_proven_means_that_everything_is_proven(all_of_them: list[Status]) -> None:
    """Green needs at least one ruling, and no other kind of ruling."""
    assert (combine(all_of_them) is Status.PROVEN) == (set(all_of_them) == {Status.PROVEN})


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (Status.PROVEN, "needs a witness"),
        (Status.FAILED, "needs a finding"),
        (Status.UNPROVEN, "needs a reason and what would prove it"),
    ],
)
def test_a_ruling_that_shows_nothing_cannot_be_made(status: Status, wanted: str) -> None:
    """Nobody gets around the constructors by calling the class itself."""
    with pytest.raises(ValueError, match=rf"bread#expect: {status.word} {wanted}"):
        Ruling("bread#expect", status, "")


def test_the_constructors_refuse_the_same() -> None:
    """No witness, no finding, no way to a proof: no ruling."""
    with pytest.raises(ValueError, match="proven needs a witness"):
        proven("bread#expect", "it came", [])
    with pytest.raises(ValueError, match="failed needs a finding"):
        failed("bread#expect", [])
    with pytest.raises(ValueError, match="unproven needs a reason"):
        unproven("bread#expect", "nobody bought any", would_prove="")


def test_witnesses_are_told_once_and_in_order() -> None:
    """The same evidence makes the same ruling, in whatever order it was found."""
    assert proven("bread#expect", "it came", [9, 2, 9]) == proven("bread#expect", "it came", {2, 9})


def test_a_failure_points_to_what_its_findings_saw() -> None:
    """Expected and observed become the reason, the exchanges of the findings witnesses."""
    ruling = failed(BREACH.clause, [BREACH], witnesses=[8, 4])

    assert (ruling.reason, ruling.witnesses) == ("500; 480", (4, 8, 12))


def test_a_fingerprint_is_the_kind_of_breach_and_not_the_case() -> None:
    """A waiver finds the same breach again, whoever it hits and whatever was seen."""
    other = Finding(BREACH.clause, BREACH.cause, Severity.NOTE, "millers", "1", "2", "loaf 8")
    elsewhere = Finding("bread#fields.salt", "differs", Severity.MAJOR, "bakers", "500", "480")

    assert other.fingerprint == BREACH.fingerprint
    assert elsewhere.fingerprint != BREACH.fingerprint
    assert re.fullmatch(r"[0-9a-f]{12}", BREACH.fingerprint)


@pytest.mark.parametrize(
    "ruling",
    [
        proven("bread#expect", "it came", [3], grade=Grade.RECORDED),
        failed(BREACH.clause, [BREACH], grade=Grade.LIVE),
        unproven("bread#timing", "no times", would_prove="a run with times", witnesses=[1]),
    ],
    ids=lambda ruling: ruling.status.word,
)
def test_a_ruling_survives_being_written(ruling: Ruling) -> None:
    """What a record holds is what was judged, with its evidence and its grade."""
    again = ruling_from_json(json.loads(json.dumps(ruling_to_json(ruling))))

    # Only an unproven ruling has something to say of what would prove it.
    assert replace(again, would_prove=ruling.would_prove) == ruling
    assert ruling.status is not Status.UNPROVEN or again.would_prove == ruling.would_prove


def test_a_record_cannot_claim_a_proof_without_a_witness() -> None:
    """Reading is as strict as judging."""
    data = {**ruling_to_json(proven("bread#expect", "it came", [3])), "witnesses": []}

    with pytest.raises(ValueError, match="proven needs a witness"):
        ruling_from_json(data)
