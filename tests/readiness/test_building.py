"""The verdict is never better than what was shown; the record never depends on an order."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.errors import BadInput, Problem
from harness.history import (
    EMPTY_BODY,
    Event,
    EventKind,
    Exchange,
    Failure,
    Header,
    History,
)
from harness.readiness import (
    MOST_TIMELINE_ROWS,
    Attestation,
    Policy,
    Readiness,
    ScenarioResult,
    Verdict,
    Waiver,
)
from harness.report.files import record_text
from harness.scenario import Scenario
from harness.verdict import Grade, Judgement, Measure, Ruling, Severity, Status
from tests.report.sample import (
    EXPECT,
    GOOD,
    OBSERVABLE,
    OWNERS,
    PARCEL,
    SIGNED,
    SIZE,
    SOLD,
    TODAY,
    broken,
    contract,
    kept,
    open_,
    record,
    result,
    waiver,
)

ORDER: tuple[Verdict, ...] = ("GO", "GO WITH ACCEPTED RISK", "NOT PROVEN", "NO-GO")
SCENARIO = Scenario(scenario="A loaf is sold", id="BRD-002", contracts=(PARCEL,), severity="minor")
PROBLEM = Problem("scenarios/BRD-002.yaml", 3, 1, "unknown key 'whne'")


def test_everything_proven_and_signed_is_go() -> None:
    """All clauses proven or signed is GO, and the sentence counts them."""
    made = record(GOOD)

    assert (made.verdict, made.blockers) == ("GO", ())
    assert made.sentence == "All 4 clauses are settled: 3 proven by 1 scenario, 1 signed."


@pytest.mark.parametrize(
    ("made", "verdict", "said"),
    [
        pytest.param(record(), "NOT PROVEN", "no scenario was run", id="no results"),
        pytest.param(
            record(GOOD, contracts=[], attested=()),
            "NOT PROVEN",
            "no contract is agreed",
            id="no contracts",
        ),
        pytest.param(
            record(GOOD, contracts=[contract(status="proposed")]),
            "NOT PROVEN",
            "no contract is agreed",
            id="only proposed contracts",
        ),
        pytest.param(
            record(GOOD, contracts=[contract(status="retired")]),
            "NOT PROVEN",
            "no contract is agreed",
            id="only retired contracts",
        ),
        pytest.param(
            record(GOOD, ScenarioResult.skipped(SCENARIO, "the kiosk is shut")),
            "NOT PROVEN",
            "1 scenario skipped or without a result",
            id="skipped",
        ),
        pytest.param(
            record(GOOD, ScenarioResult.lost("BRD-002")),
            "NOT PROVEN",
            "1 scenario skipped or without a result",
            id="lost",
        ),
        pytest.param(
            record(GOOD, result(name="BRD-002")),
            "NOT PROVEN",
            "1 scenario skipped or without a result",
            id="nothing exercised",
        ),
        pytest.param(
            record(GOOD, result(name="BRD-002", outcome="proven")),
            "NOT PROVEN",
            "1 scenario skipped or without a result",
            id="said to be proven, with no ruling",
        ),
        pytest.param(
            record(GOOD, result(kept(SOLD), name="BRD-002", outcome="unproven")),
            "NOT PROVEN",
            "1 scenario skipped or without a result",
            id="said to be unproven, with proven rulings",
        ),
        pytest.param(
            record(GOOD, ScenarioResult.broken(SCENARIO, [PROBLEM])),
            "NO-GO",
            "1 scenario could not be run",
            id="broken",
        ),
        pytest.param(
            record(GOOD, ScenarioResult.unreadable([PROBLEM])),
            "NO-GO",
            "1 scenario could not be run",
            id="unreadable",
        ),
        pytest.param(
            record(GOOD, problems=[PROBLEM]),
            "NO-GO",
            "1 problem in the project's files",
            id="problems in files",
        ),
        pytest.param(
            record(result(kept(SOLD), kept(EXPECT))),
            "NOT PROVEN",
            "1 clause of 4 never proven",
            id="a clause without a ruling",
        ),
        pytest.param(
            record(GOOD, result(open_(SOLD), name="BRD-002")),
            "NOT PROVEN",
            "1 clause of 4 never proven",
            id="proven here, unproven there",
        ),
        pytest.param(
            record(GOOD, attested=()), "NOT PROVEN", "1 clause of 4 never proven", id="unsigned"
        ),
        pytest.param(
            record(GOOD, attested=[Attestation(clause=OWNERS, by="Ada", on="2026-03-03")]),
            "NOT PROVEN",
            "1 clause of 4 never proven",
            id="signed in the future",
        ),
        pytest.param(
            record(GOOD, as_of=None),
            "NOT PROVEN",
            "1 clause of 4 never proven",
            id="signed, but for no day",
        ),
        pytest.param(
            record(GOOD, attested=[SIGNED, Attestation(clause=SOLD, by="Ada", on="2026-02-20")]),
            "NO-GO",
            "1 problem in the project's files",
            id="signed although it can be seen",
        ),
        pytest.param(
            record(GOOD, attested=[SIGNED, Attestation(clause="x#y", by="Ada", on="2026-02-20")]),
            "NO-GO",
            "1 problem in the project's files",
            id="a signature of nothing",
        ),
        pytest.param(
            record(GOOD, result(broken(SIZE), name="BRD-002")),
            "NO-GO",
            "1 clause of 4 failed",
            id="a minor clause failed",
        ),
        pytest.param(
            record(GOOD, result(broken("BRD-002#then.0"), name="BRD-002")),
            "NO-GO",
            "1 expectation of scenarios failed",
            id="a failed expectation",
        ),
        pytest.param(
            record(GOOD, result(kept(SOLD), open_("BRD-002#run.unrouted"), name="BRD-002")),
            "NOT PROVEN",
            "1 expectation of scenarios never proven",
            id="an unproven run",
        ),
    ],
)
def test_what_was_not_shown_is_never_green(made: Readiness, verdict: Verdict, said: str) -> None:
    """Each gap keeps the verdict from GO, and the sentence names it."""
    assert verdict == made.verdict
    assert said in "; ".join(made.conditions)


@pytest.mark.parametrize(
    ("waivers", "state", "verdict"),
    [
        pytest.param([waiver(SOLD)], "used", "GO WITH ACCEPTED RISK", id="on its last day"),
        pytest.param([waiver(SOLD, until="2026-03-01")], "expired", "NO-GO", id="expired"),
        pytest.param([waiver(SIZE)], "not needed", "NO-GO", id="another clause"),
        pytest.param([waiver(SOLD, cause="missing")], "not needed", "NO-GO", id="another cause"),
        pytest.param(
            [waiver(SOLD, cause="other_value")], "used", "GO WITH ACCEPTED RISK", id="its cause"
        ),
    ],
)
def test_a_waiver_covers_only_what_it_says(
    waivers: list[Waiver], state: str, verdict: Verdict
) -> None:
    """A waiver counts until its day, for its clause and its cause, and the record says so."""
    made = record(GOOD, result(broken(SOLD), name="BRD-002"), waivers=waivers)

    assert (verdict, state) == (made.verdict, made.accepted[0].state)


def test_a_waiver_without_a_day_counts_for_nothing() -> None:
    """Nobody can tell whether a waiver still counts when the record is made for no day."""
    made = record(result(broken(SOLD)), waivers=[waiver(SOLD, until="2099-01-01")], as_of=None)

    assert (made.verdict, made.accepted[0].state) == ("NO-GO", "expired")


def test_one_waived_cause_of_two_leaves_the_other() -> None:
    """The cause that nobody accepted still blocks, and it alone."""
    both = [result(broken(SOLD, cause=word), name=f"BRD-{word.upper()}") for word in ("a", "b")]
    made = record(GOOD, *both, waivers=[waiver(SOLD, cause="a")])

    assert (made.verdict, [blocker.cause for blocker in made.blockers]) == ("NO-GO", ["b"])


def test_a_waived_failure_does_not_hide_what_was_never_proven() -> None:
    """A clause that failed here and stayed open there is open when only the failure is waived."""
    seen = [result(broken(SOLD), name="BRD-002"), result(open_(SOLD), name="BRD-003")]
    made = record(GOOD, *seen, waivers=[waiver(SOLD, cause="other_value")])

    assert (made.verdict, [b.kind for b in made.blockers]) == ("NOT PROVEN", ["unproven"])


@pytest.mark.parametrize(
    ("clause", "results"),
    [
        (SIZE, [result(kept(SOLD), kept(EXPECT))]),
        (SIZE, [GOOD, result(open_(SIZE), name="BRD-002")]),
        ("BRD-002#then.0", [GOOD, result(broken("BRD-002#then.0"), name="BRD-002")]),
        ("BRD-002#run.idle", [GOOD, result(open_("BRD-002#run.idle"), name="BRD-002")]),
    ],
)
def test_what_was_never_proven_can_be_accepted(clause: str, results: list[ScenarioResult]) -> None:
    """A waiver takes an unproven clause or an expectation, and the verdict says at what price."""
    made = record(*results, waivers=[waiver(clause)])

    assert made.verdict == "GO WITH ACCEPTED RISK"
    assert "1 risk accepted" in made.sentence


def test_a_waiver_that_nobody_needs_is_shown_and_changes_nothing() -> None:
    """The verdict stays GO, and the waiver is listed for removal."""
    made = record(GOOD, waivers=[waiver(SOLD)])

    assert (made.verdict, made.accepted[0].state) == ("GO", "not needed")


def test_a_waiver_of_an_unknown_clause_is_a_problem() -> None:
    """A slip in a waiver is told, not passed over."""
    made = record(GOOD, waivers=[waiver(f"{PARCEL}#fields.laof")])

    assert made.verdict == "NO-GO"
    assert "waivers.0" in made.problems[0]


def test_skipped_and_broken_scenarios_cannot_be_waived() -> None:
    """A waiver accepts what was seen or not seen of a clause, not a run that never was."""
    skipped = ScenarioResult.skipped(SCENARIO, "later")

    assert record(GOOD, skipped, waivers=[waiver("BRD-002#then.0")]).verdict == "NOT PROVEN"


def test_proposed_contracts_are_shown_and_counted_but_never_block() -> None:
    """What is only proposed may fail or stay open; the page shows it and the sentence counts it."""
    other = contract(name="bakery-cake-to-kiosk", status="proposed")
    seen = result(
        broken("bakery-cake-to-kiosk#fields.loaf"),
        open_("bakery-cake-to-kiosk#expect"),
        name="BRD-002",
    )
    made = record(GOOD, seen, contracts=[contract(), other])

    assert (made.verdict, made.blockers) == ("GO", ())
    assert made.sentence.endswith("1 proposed contract not counted.")
    assert [entry.id for entry in made.contracts] == [PARCEL, "bakery-cake-to-kiosk"]
    assert made.contracts[1].coverage["fields"].failed == 1


def test_blockers_come_in_the_order_in_which_people_should_act() -> None:
    """Broken first, then failed clauses, then failed expectations, then what is unproven."""
    made = record(
        result(broken("BRD-001#run.crashed"), broken(SOLD), open_(EXPECT)),
        result(broken(SIZE), name="BRD-003"),
        result(broken(SIZE), name="BRD-004"),
        ScenarioResult.broken(SCENARIO, [PROBLEM]),
    )

    assert [(blocker.kind, blocker.clause) for blocker in made.blockers] == [
        ("broken", "BRD-002"),
        ("failed", SIZE),
        ("failed", SOLD),
        ("failed", "BRD-001#run.crashed"),
        ("unproven", EXPECT),
    ]
    assert made.sentence.endswith("First to act: bakers.")


def test_one_cause_in_many_scenarios_is_one_blocker() -> None:
    """A breach seen by three scenarios is named once, with all three."""
    names = [f"BRD-00{number}" for number in range(3)]
    made = record(*(result(broken(SOLD), kept(SIZE), kept(EXPECT), name=n) for n in names))

    assert [tuple(names)] == [blocker.scenarios for blocker in made.blockers]
    assert made.blockers[0].contact == "#bakers"


@pytest.mark.parametrize(
    "seen",
    [
        result(broken("BRD-002#then.0", owner=""), name="BRD-002"),
        result(open_("BRD-002#run.unrouted"), name="BRD-002"),
        ScenarioResult.skipped(SCENARIO, "later"),
        ScenarioResult.broken(SCENARIO, [PROBLEM]),
    ],
)
def test_somebody_is_named_for_a_scenario_without_an_owner(seen: ScenarioResult) -> None:
    """Who integrates the scenario's contract must act when the scenario names nobody."""
    blocker = record(GOOD, seen).blockers[0]

    assert (blocker.owner, blocker.contact) == ("bakers", "#bakers")


RULINGS = st.builds(
    lambda make, clause: make(clause),
    st.sampled_from([kept, broken, open_]),
    st.sampled_from([*OBSERVABLE, "BRD-001#then.0", "BRD-001#run.crashed"]),
)


@settings(max_examples=40)
@given(before=st.lists(RULINGS, max_size=6), bad=RULINGS, waived=st.booleans())
def test_a_bad_ruling_never_improves_the_verdict(
    before: list[Ruling], bad: Ruling, waived: bool
) -> None:
    """Adding an unproven or failed ruling leaves the verdict as it is, or makes it worse."""
    waivers = [waiver(SOLD), waiver(SIZE, cause="unproven")] if waived else []
    make = open_ if bad.status.word == "proven" else lambda _: bad
    extra = result(make(bad.clause), name="BRD-002")
    rest = [GOOD, result(*before)]

    assert ORDER.index(record(*rest, waivers=waivers).verdict) <= ORDER.index(
        record(*rest, extra, waivers=waivers).verdict
    )


@settings(max_examples=25)
@given(lists=st.lists(st.lists(RULINGS, max_size=4), max_size=6), seed=st.integers(0, 99))
def test_the_order_of_results_does_not_reach_the_record(
    lists: list[list[Ruling]], seed: int
) -> None:
    """Shuffled results make the same bytes."""
    results = [result(*rulings, name=f"BRD-{n}") for n, rulings in enumerate(lists)]
    shuffled = random.Random(seed).sample(results, len(results))

    assert record_text(record(*results)) == record_text(record(*shuffled))


def test_percentiles_need_twenty_measurements() -> None:
    """Nineteen times have a worst and no percentile; twenty have both, by nearest rank."""

    def timed(count: int) -> Readiness:
        judged = Judgement(
            rulings=(kept(SOLD),),
            measures=tuple(Measure(EXPECT, n + 1, 18, faulted=n == 0) for n in range(count)),
        )
        return record(ScenarioResult.of(SCENARIO, judged, History(HEADER)))

    few, enough = timed(19).timing[0], timed(20).timing[0]
    assert (few.p50, few.p95, few.worst, few.late) == (None, None, 19, 1)
    assert (enough.p50, enough.p95, enough.worst, enough.untouched) == (10, 19, 20, 19)


HEADER = Header(scenario="BRD-002", start=100, seed=3, systems={}, contracts=(PARCEL,))


def call(seq: int, *, status: int | None = 200, failure: Failure | None = None) -> Exchange:
    """Return a call of the integration to the kiosk."""
    return Exchange(
        seq=seq,
        done=seq,
        sender="integration",
        receiver="kiosk",
        sent_at=100 + seq,
        ended_at=100 + seq,
        method="POST",
        url="https://kiosk.test/loaves?token=abc",
        headers=(),
        body=EMPTY_BODY,
        status=status,
        failure=failure,
    )


def test_a_result_keeps_the_sequence_without_query_strings() -> None:
    """Rows say what was called, when after the start and how it ended; queries may hold secrets."""
    story = (
        call(1),
        call(2, status=None, failure=Failure.TIMEOUT),
        Event(3, 103, EventKind.CRASHED, data={"error": "ValueError: 4711"}),
    )
    made = ScenarioResult.of(SCENARIO, Judgement((kept(SOLD),)), History(HEADER, story))

    assert [(step.t, step.label, step.result, step.good) for step in made.timeline] == [
        (1, "POST /loaves", "200", True),
        (2, "POST /loaves", "timeout", False),
        (3, "crashed: ValueError", "", False),
    ]


def test_long_sequences_are_cut_and_counted() -> None:
    """The record keeps the first rows and says how many it leaves to the journal."""
    story = tuple(call(number) for number in range(MOST_TIMELINE_ROWS + 5))
    made = ScenarioResult.of(SCENARIO, Judgement((kept(SOLD),)), History(HEADER, story))

    assert (len(made.timeline), made.left_out) == (MOST_TIMELINE_ROWS, 5)


@pytest.mark.parametrize(
    ("rulings", "outcome"),
    [
        ((), "unproven"),
        ((kept(SOLD),), "proven"),
        ((kept(SOLD), open_(SIZE)), "unproven"),
        ((broken(SOLD), open_(SIZE)), "failed"),
    ],
)
def test_the_outcome_is_the_worst_ruling(rulings: tuple[Ruling, ...], outcome: str) -> None:
    """A history that exercised nothing is unproven; otherwise the worst ruling counts."""
    assert outcome == ScenarioResult.of(SCENARIO, Judgement(rulings), History(HEADER)).outcome


def test_a_ruling_that_says_nothing_is_refused() -> None:
    """A record cannot carry a proven clause without a witness, or half a ruling."""
    for data in ({"clause": SOLD}, {**GOOD.rulings[0], "witnesses": []}):
        with pytest.raises(ValidationError):
            ScenarioResult.model_validate({**GOOD.model_dump(), "rulings": [data]})


def test_an_unknown_status_is_unproven() -> None:
    """A word of a later version is never taken for proven."""
    later = {**GOOD.rulings[0], "status": "certified"}
    made = ScenarioResult.model_validate({**GOOD.model_dump(), "rulings": [later]})

    assert made.rulings[0]["status"] == "unproven"


@pytest.mark.parametrize("text", ["20260302", "2026-W10-1", "tomorrow", ""])
def test_days_are_written_in_one_way(text: str) -> None:
    """Days are compared as text, so another spelling would let an expired waiver count."""
    with pytest.raises(ValidationError):
        waiver(SOLD, until=text)
    with pytest.raises(BadInput, match="is not a day"):
        record(GOOD, as_of=text)


def test_the_record_tells_how_strong_the_evidence_is() -> None:
    """Grades of proofs are listed for each clause, never mixed up."""
    made = record(GOOD, result(kept(SOLD, grade=Grade.LIVE), name="BRD-002"))

    grades = {clause.id: clause.grades for clause in made.contracts[0].clauses}
    assert (grades[SOLD], grades[SIZE]) == (("live", "simulated"), ("simulated",))


def test_every_team_and_owner_has_a_row() -> None:
    """A team that stands only in a contract or scenario is listed beside the known ones."""
    made = record(result(broken(SOLD), owner="strangers"))

    assert [owner.team for owner in made.owners] == ["bakers", "sellers", "strangers"]
    assert (made.owners[0].failed, made.owners[0].unproven, made.owners[1].failed) == (1, 2, 0)


def test_severity_is_the_worst_of_its_findings() -> None:
    """The blocker of a clause carries the severity that its findings name."""
    assert record(result(broken(SIZE))).blockers[0].severity == Severity.MAJOR


@pytest.mark.parametrize("blank", ["  ", "\t\n", "\u200b\u200b", "--", "x "])
def test_a_blank_names_nobody(blank: str) -> None:
    """Blanks, invisible characters and dashes are no person who signs or accepts a risk."""
    with pytest.raises(ValidationError):
        Attestation(clause=OWNERS, by=blank, on=TODAY)
    with pytest.raises(ValidationError):
        Waiver(clause=SOLD, by=blank, reason="Sold by hand", until=TODAY)


@pytest.mark.parametrize("blank", ["   ", "...", "\u200b\u200b\u200b"])
def test_a_blank_is_no_reason(blank: str) -> None:
    """A risk is accepted for a reason that can be read."""
    with pytest.raises(ValidationError):
        Waiver(clause=SOLD, by="Ruth Okafor", reason=blank, until=TODAY)


@pytest.mark.parametrize("name", ["Ada Quist", "\u674e\u660e", "\u0930\u093e\u092e", "O'N"])
def test_names_of_every_script_can_sign(name: str) -> None:
    """What counts is that letters name somebody, not which letters."""
    assert record(GOOD, attested=[Attestation(clause=OWNERS, by=name, on=TODAY)]).verdict == "GO"


def test_only_the_policy_can_waive() -> None:
    """A ruling that calls itself waived is unproven: nobody is named who accepts the risk."""
    unsigned = Ruling(SOLD, Status.WAIVED, "trust me")
    made = record(result(kept(SIZE), kept(EXPECT), unsigned, outcome="proven"))

    assert (made.verdict, made.accepted) == ("NOT PROVEN", ())


def test_the_policy_of_a_launch_is_closed() -> None:
    """A slip in a key of readiness.yaml is refused, never ignored."""
    with pytest.raises(ValidationError):
        Policy.described(waivres=[])


def test_a_failure_that_nobody_explains_is_no_go() -> None:
    """A result that says it failed, without a ruling that says what, is not waited for."""
    made = record(GOOD, result(name="BRD-002", outcome="failed"))

    assert made.verdict == "NO-GO"
    assert made.sentence.startswith("1 scenario failed, and no ruling says what.")
    assert [(b.scenarios, b.observed) for b in made.blockers] == [
        (("BRD-002",), "it failed, and no ruling says what")
    ]
