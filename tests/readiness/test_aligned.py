"""What does not line up stands in the way of a launch until it is mended or accepted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.align import Alignment, Gap
from harness.landscape import Flow
from harness.readiness import GapWaiver, ScenarioResult
from harness.verdict import Finding, Ruling, Severity, failed, proven, ruling_to_json
from tests.report.sample import GOOD, PARCEL, SEEN, TODAY, contract, record

GAP = Gap(
    code="O02",
    about=PARCEL,
    at="owners.source",
    message="the contract names bakers, and bakery belongs to millers",
    owner="sellers",
    weight="major",
    places=("contracts/a.yaml:7", "contracts/systems/bakery.yaml:3"),
)


def found(*gaps: Gap, broken: tuple[tuple[str, str], ...] = ()) -> Alignment:
    """Return an alignment with these findings."""
    return Alignment(gaps=gaps, contracts=1, checks=("O02",), broken=broken)


def accepted(*, at: str = f"{PARCEL}#owners.source", until: str = TODAY) -> GapWaiver:
    """Return an acceptance of the finding."""
    return GapWaiver(code="O02", at=at, by="Ruth Okafor", reason="Moves next month", until=until)


def test_an_alignment_without_findings_is_no_obstacle() -> None:
    """It is said how much was looked at."""
    made = record(GOOD)

    assert (made.verdict, made.alignment.checks) == ("GO", len(SEEN.checks))


def test_a_finding_of_an_agreed_contract_blocks() -> None:
    """With both places, the owner and how to mend it."""
    made = record(GOOD, alignment=found(GAP))

    assert made.verdict == "NO-GO"
    assert made.sentence == "1 alignment finding open. First to act: sellers."
    (blocker,) = made.blockers
    assert (blocker.kind, blocker.cause, blocker.owner) == ("misaligned", "O02", "sellers")
    assert blocker.fingerprint == f"O02 {PARCEL}#owners.source"


@pytest.mark.parametrize(
    ("weight", "blocking"), [("minor", True), ("note", True), ("major", False)]
)
def test_what_is_minor_or_only_proposed_is_shown_and_does_not_block(
    weight: str, blocking: bool
) -> None:
    """It stays in the record, where everybody reads it."""
    gap = Gap(**{**{f: getattr(GAP, f) for f in GAP.__slots__}, "weight": weight,
                 "blocking": blocking})  # fmt: skip
    made = record(GOOD, alignment=found(gap))

    assert (made.verdict, made.blockers) == ("GO", ())
    assert [entry.state for entry in made.alignment.gaps] == ["not blocking"]


@pytest.mark.parametrize("at", [PARCEL, f"{PARCEL}#owners.source"])
def test_a_named_person_may_accept_it(at: str) -> None:
    """For one place or for a whole contract; it is then an accepted risk, never a plain GO."""
    made = record(GOOD, alignment=found(GAP), accepted=[accepted(at=at)])

    assert made.verdict == "GO WITH ACCEPTED RISK"
    assert [(risk.clause, risk.state) for risk in made.accepted] == [(f"O02 {at}", "used")]


def test_an_acceptance_ends() -> None:
    """The day after, or where nobody says which day it is, it counts no more."""
    late = record(GOOD, alignment=found(GAP), accepted=[accepted(until="2026-03-01")])

    assert late.verdict == "NO-GO"
    assert late.accepted[0].state == "expired"
    assert record(GOOD, alignment=found(GAP), accepted=[accepted()], as_of=None).verdict == "NO-GO"


def test_an_acceptance_of_something_else_changes_nothing() -> None:
    """It is shown as not needed."""
    made = record(GOOD, alignment=found(GAP), accepted=[accepted(at=f"{PARCEL}#owners.target")])

    assert (made.verdict, made.accepted[0].state) == ("NO-GO", "not needed")


def test_a_broken_check_proves_nothing() -> None:
    """What it looks for may be there."""
    made = record(GOOD, alignment=found(broken=(("O02", "KeyError: 'x'"),)))

    assert (made.verdict, made.conditions) == ("NOT PROVEN", ("1 alignment check broke",))


def test_nobody_having_looked_proves_nothing() -> None:
    """An alignment without checks is no alignment."""
    nothing = Alignment(gaps=(), contracts=0, checks=())

    assert record(GOOD, alignment=nothing).verdict == "NOT PROVEN"


def ruled(ruling: Ruling) -> ScenarioResult:
    """Return the good result with one more ruling."""
    return GOOD.model_copy(update={"rulings": (*GOOD.rulings, ruling_to_json(ruling))})


def flow(*chain: str) -> Flow:
    """Return a flow with an end-to-end promise."""
    return Flow.described(
        flow="order-to-cash",
        summary="All the way.",
        owner="sellers",
        chain=list(chain),
        delivered={"fail": "1h"},
    )


def test_a_flow_of_agreed_contracts_is_not_proven_by_them() -> None:
    """As long as nothing passed the whole chain it is not green."""
    made = record(GOOD, flows=[flow(PARCEL)])

    assert (made.verdict, made.conditions) == ("NOT PROVEN", ("1 flow never proven",))
    assert made.flows[0].reason == "in no scenario did anything pass the whole chain"


def test_a_flow_that_something_passed_in_time_is_proven() -> None:
    """It names the scenario in which that was seen."""
    passed = ruled(proven("order-to-cash#delivered", "parcel 7 passed in 10m", [1]))
    made = record(passed, flows=[flow(PARCEL)])

    assert made.verdict == "GO"
    assert (made.flows[0].status, made.flows[0].proven_by) == ("proven", (passed.name,))


def test_a_flow_that_was_too_slow_blocks() -> None:
    """Each contract was kept, and it is NO-GO all the same."""
    finding = Finding("order-to-cash#delivered", "late", Severity.MAJOR, "sellers", "1h", "2h")
    made = record(ruled(failed("order-to-cash#delivered", [finding])), flows=[flow(PARCEL)])

    assert (made.verdict, made.flows[0].status) == ("NO-GO", "failed")
    assert made.blockers[0].owner == "sellers"


def test_a_flow_with_a_proposed_contract_is_shown() -> None:
    """It blocks as little as the contract does."""
    later = contract(name="kiosk-loaf-to-till", status="proposed")
    made = record(GOOD, contracts=[contract(), later], flows=[flow(PARCEL, "kiosk-loaf-to-till")])

    assert made.verdict == "GO"
    assert made.flows[0].reason == "not agreed yet: kiosk-loaf-to-till"


def test_a_flow_over_a_retired_contract_is_not_excused() -> None:
    """Nothing is still to be agreed about it, so its promise stays open."""
    gone = contract(name="kiosk-loaf-to-till", status="retired")
    made = record(GOOD, contracts=[contract(), gone], flows=[flow(PARCEL, "kiosk-loaf-to-till")])

    assert made.verdict == "NOT PROVEN"


def test_what_is_accepted_of_a_proposed_contract_is_no_risk_of_the_launch() -> None:
    """It is shown as accepted, and the agreed contracts stay GO."""
    later = contract(name="kiosk-loaf-to-till", status="proposed")
    gap = replace(GAP, about="kiosk-loaf-to-till", blocking=False)
    made = record(
        GOOD,
        contracts=[contract(), later],
        alignment=found(gap),
        accepted=[accepted(at="kiosk-loaf-to-till")],
    )

    assert made.verdict == "GO"
    assert [entry.state for entry in made.alignment.gaps] == ["accepted"]
