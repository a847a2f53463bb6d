"""The values that were sent against what the rules make of the source."""

from __future__ import annotations

from typing import Any

import pytest

from harness.checks.mapping import CHECK
from harness.verdict import Status
from tests.checks.support import (
    RULES,
    Said,
    Story,
    batch,
    contract,
    failing,
    good,
    judged,
    said_by,
    ticket,
)


def sent(body: dict[str, Any], source: dict[str, Any] | None = None, **how: Any) -> Story:
    """Tell of one ticket and one batch."""
    return Story().ticket(source).send(body, **how).settle()


def said(story: Story) -> Said:
    """Return what the mapping check says."""
    return said_by(CHECK, story)


def test_a_good_message_proves_fields_rows_pairs_and_sums() -> None:
    """Everything that one accepted message exercises is proven, nothing else."""
    found = said(good())

    assert found.failing() == []
    for path in ("fields.ref", "fields.mode", "fields.rows", "fields.rows.count", "sums.costs"):
        assert found[path] is Status.PROVEN
    assert found["maps.modes.paid"] is Status.PROVEN
    assert found["maps.modes.gift"] is None


def test_an_empty_history_says_nothing() -> None:
    """Where nothing was sent no field has a vote."""
    assert said(Story().settle()).rulings == {}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"sum": "4.00"}, "fields.sum"),
        ({"mode": "WAIT"}, "maps.modes.paid"),
        ({"guest": "ada quist"}, "fields.guest"),
        ({"guest": None}, "fields.guest"),
        ({"rows": batch()["rows"][:1]}, "fields.rows"),
        ({"rows": [*batch()["rows"], {"kind": "bun", "count": 1, "cost": "0.00"}]}, "fields.rows"),
        (
            {"rows": [{"kind": "rye", "count": 9, "cost": "3.00"}, batch()["rows"][1]]},
            "fields.rows.count",
        ),
        (
            {"rows": [{"kind": "RYE", "count": 2, "cost": "3.00"}, batch()["rows"][1]]},
            "fields.rows.kind",
        ),
    ],
)
def test_one_wrong_value_is_one_finding(change: dict[str, Any], path: str) -> None:
    """A planted defect breaks exactly the clause that it is about, over all checks."""
    assert failing(judged(sent(batch(**change)))) == [path]


def test_a_wrong_value_is_said_so_that_a_tester_understands_it() -> None:
    """Expected, observed and subject name values, fields and messages."""
    finding = said(sent(batch(sum="4.00"))).finding("fields.sum")

    assert finding.expected == "sum 5.00 (from total)"
    assert finding.observed == "4.00 in batch 7"
    assert (finding.subject, finding.owner) == ("ticket 7", "glue-team")


def test_personal_values_do_not_appear_in_what_is_said() -> None:
    """A finding about a guest tells lengths only."""
    finding = said(sent(batch(guest="Eve Quist"))).finding("fields.guest")

    assert "Quist" not in finding.expected + finding.observed
    assert "(personal, 9 characters)" in finding.expected


def test_the_same_amount_is_the_same_however_it_is_written() -> None:
    """Decimals compare by value."""
    assert said(sent(batch(sum="5.0")))["fields.sum"] is Status.PROVEN


def test_rows_pair_by_key_not_by_position() -> None:
    """The order of rows means nothing."""
    assert said(sent(batch(rows=batch()["rows"][::-1])))["fields.rows.count"] is Status.PROVEN


def test_rows_with_the_same_key_compare_as_a_multiset() -> None:
    """Two rows of one kind may come in either order, and none may be lost."""
    buns = [
        {"kind": "rye", "count": 2, "cost": "3.00"},
        {"kind": "rye", "count": 1, "cost": "2.00"},
    ]
    source = ticket(buns=buns)

    assert said(sent(batch(rows=buns[::-1]), source)).failing() == []
    assert said(sent(batch(rows=[buns[0], buns[0]]), source)).failing() != []


def test_a_refused_request_can_fail_and_never_prove() -> None:
    """A wrong field is wrong in a refused request as well; a right one proves nothing there."""
    assert said(sent(batch(sum="1.00"), status=422))["fields.sum"] is Status.FAILED
    assert said(sent(batch(), status=422))["fields.sum"] is None


def test_a_repeated_wrong_message_is_one_finding() -> None:
    """Three calls with one defect are one breach with three witnesses."""
    story = Story().ticket()
    for _ in range(3):
        story.send(batch(sum="1.00"), status=503).wait("2s")

    assert len(said(story.settle()).finding("fields.sum").exchanges) == 3


def test_unlike_proves_only_where_the_two_fields_differ() -> None:
    """A value that a mix-up would have given as well shows nothing."""
    found = said(sent(batch(), ticket(paid="5.00")))

    assert found["fields.sum"] is None
    assert "paid" in found.idle["fields.sum"]


@pytest.mark.parametrize(
    ("total", "sum_", "status"),
    [
        ("5.25", "5.3", Status.PROVEN),
        ("5.25", "5.2", Status.FAILED),
        ("5.26", "5.3", None),
        ("5.30", "5.3", None),
        ("5.26", "5.2", Status.FAILED),
    ],
)
def test_rounding_proves_only_where_its_mode_matters(
    total: str, sum_: str, status: Status | None
) -> None:
    """A value that any way of rounding gives shows nothing; a wrong one fails all the same."""
    found = rounded(total, sum_)

    assert found["fields.sum"] is status
    assert ("however it is rounded" in found.idle.get("fields.sum", "")) == (status is None)
    assert found.failing() == (["fields.sum"] if status is Status.FAILED else [])


@pytest.mark.parametrize(("paid", "status"), [("4.00", Status.PROVEN), ("5.25", None)])
def test_a_rounded_value_must_be_unlike_the_other_as_well(paid: str, status: Status | None) -> None:
    """Either doubt is enough to prove nothing."""
    assert rounded("5.25", "5.3", paid=paid, unlike="paid")["fields.sum"] is status
    assert rounded("5.26", "5.3", paid=paid, unlike="paid")["fields.sum"] is None


def test_a_rounded_field_of_the_target_is_read_there() -> None:
    """What a rule makes of another target field is rounded, too."""
    rules = {**RULES["fields"], "sum": {"from": "target.raw", "using": "round 1 half_up"}}
    story = sent(batch(sum="5.3", raw="5.25"))

    assert said_by(CHECK, story, contract(fields=rules, sums=None))["fields.sum"] is Status.PROVEN


def rounded(total: str, sum_: str, *, paid: str = "4.00", **rule: str) -> Said:
    """Return what is said where the sum is a rounded total."""
    rules = {**RULES["fields"], "sum": {"from": "total", "using": "round 1 half_up", **rule}}
    agreed = contract(fields=rules, sums=None)
    return said_by(CHECK, sent(batch(sum=sum_), ticket(total=total, paid=paid)), agreed)


def test_a_value_left_out_as_agreed_proves_that_it_may_be_missing() -> None:
    """Leaving out is a promise of its own, and does not prove the field."""
    body = {key: value for key, value in batch().items() if key != "guest"}
    found = said(sent(body, ticket(guest=None)))

    assert (found["fields.guest.if_missing"], found["fields.guest"]) == (Status.PROVEN, None)


def test_an_invented_value_breaks_what_was_agreed_for_missing_ones() -> None:
    """A value made out of nothing is a finding of `if_missing`."""
    found = said(sent(batch(guest="N. N."), ticket(guest=None)))

    assert found.failing() == ["fields.guest.if_missing"]


def test_a_message_that_must_be_parked_and_is_proves_it() -> None:
    """Nothing accepted and something on the shelf is what was agreed."""
    story = Story().ticket(ticket(buns=[{"kind": "rye", "count": None, "cost": "5.00"}]))

    found = said(story.park().settle())

    assert found["fields.rows.count.if_missing"] is Status.PROVEN


def test_a_message_that_must_be_parked_and_is_sent_fails() -> None:
    """Sending it anyway breaks exactly what was agreed for the missing value."""
    buns = [{"kind": "rye", "count": None, "cost": "5.00"}]
    story = Story().ticket(ticket(buns=buns))
    story.send(batch(rows=[{"kind": "rye", "count": 0, "cost": "5.00"}])).settle()

    assert failing(judged(story)) == ["fields.rows.count.if_missing"]


def test_a_message_that_must_be_parked_and_vanishes_fails() -> None:
    """Neither accepted nor parked is a breach once its time is over, and unproven before."""
    source = ticket(buns=[{"kind": "rye", "count": None, "cost": "5.00"}])
    path = "fields.rows.count.if_missing"

    assert said(Story().ticket(source).settle())[path] is Status.FAILED
    assert said(Story().ticket(source).wait("1m"))[path] is Status.UNPROVEN


def test_an_unlisted_value_is_parked_as_agreed() -> None:
    """A value outside the map follows `if_unmapped`."""
    agreed = contract(when=None)
    story = Story().ticket(ticket(state="odd")).park().settle()

    assert said_by(CHECK, story, agreed)["maps.modes.if_unmapped"] is Status.PROVEN


def test_source_totals_that_do_not_add_up_belong_to_the_source() -> None:
    """The equation fails with the expected values too, so the source owns it."""
    source = ticket(total="9.00")
    finding = said(sent(batch(sum="9.00"), source)).finding("sums.costs")

    assert (finding.cause, finding.owner) == ("source_does_not_add_up", "shop-team")


def test_a_sum_broken_by_a_wrong_field_is_that_fields_finding() -> None:
    """One cause, one failure."""
    found = said(sent(batch(sum="4.00")))

    assert found.failing() == ["fields.sum"]
    assert "fields.sum" in found.idle["sums.costs"]


def test_a_sum_with_a_missing_term_is_unproven() -> None:
    """A term that is not there is not zero."""
    rows = [{"kind": "rye", "count": 2}, {"kind": "oat", "count": 1}]

    assert said(sent(batch(rows=rows)))["sums.costs"] is Status.UNPROVEN


def test_a_source_that_was_never_shown_leaves_the_fields_unproven() -> None:
    """Fields are judged against what the integration could know."""
    story = Story().committed(ticket()).send().settle()

    assert said(story)["fields.sum"] is Status.UNPROVEN


def test_a_repeated_call_may_carry_the_version_it_was_made_from() -> None:
    """A newer version that comes between two calls does not make the second one wrong."""
    story = Story().ticket().send(status=503)
    story.ticket(ticket(revision=2, total="6.00"), delivery="d2").wait("1900ms").send().settle()

    assert said(story).failing() == []
