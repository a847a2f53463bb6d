"""What is owed arrives, nothing else does, and nothing twice."""

from __future__ import annotations

import pytest

from harness.checks.delivery import CHECK
from harness.contract import Contract
from harness.history import EventKind, Origin
from harness.verdict import Status
from tests.checks.support import (
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

FIRST = {"by": "revision", "show": "first"}
LATEST = {"by": "revision", "show": "latest"}


def said(story: Story, agreed: Contract | None = None) -> Said:
    """Return what the delivery check says."""
    return said_by(CHECK, story, agreed)


def twice(*, delivery: str = "d1", sends: int = 1) -> Story:
    """Tell of a ticket that is delivered twice."""
    story = Story().ticket().send().wait("1m")
    story.webhook(ticket(), delivery=delivery)
    for _ in range(sends - 1):
        story.send()
    return story.settle()


# -- owed and withheld ------------------------------------------------------------------------


def test_a_good_message_proves_that_it_was_promised() -> None:
    """Accepted as owed; nothing was repeated, so that it came once shows nothing yet."""
    found = said(good())

    assert found["when.promised"] is Status.PROVEN
    assert found["expect"] is None


def test_an_empty_history_says_nothing() -> None:
    """Nothing owed, nothing sent, no ruling."""
    assert said(Story().settle()).rulings == {}


def test_a_message_that_was_never_sent_is_one_finding() -> None:
    """Owed and never attempted breaks the promise and nothing else."""
    assert failing(judged(Story().ticket().settle())) == ["when.promised"]


def test_a_dropped_webhook_still_owes_its_message() -> None:
    """Promises follow from facts, not from what arrived."""
    story = Story().committed(ticket()).settle()

    assert said(story)["when.promised"] is Status.FAILED


def test_before_the_deadline_a_message_is_not_yet_missing() -> None:
    """The history has to go on past the deadline."""
    assert said(Story().ticket().wait("10m"))["when.promised"] is Status.UNPROVEN


def test_a_message_that_nobody_owes_is_withheld() -> None:
    """Seen false until its deadline has passed."""
    found = said(Story().ticket(ticket(state="open")).settle())

    assert (found["when.withheld"], found["when.promised"]) == (Status.PROVEN, None)


def test_sending_what_is_not_owed_is_one_finding() -> None:
    """Accepted although the newest known version says no."""
    story = Story().ticket(ticket(state="open")).send(batch(mode="BAKE")).settle()

    assert said(story).failing() == ["when.withheld"]


def test_of_two_sources_with_one_link_the_one_that_owes_is_meant() -> None:
    """The item of another warehouse has the same name and stays withheld."""
    story = Story().ticket(ticket(state="open", guest="Ada"))
    story.ticket(ticket(8, guest="Ada"), delivery="d2").send(batch(8, guest="Ada")).settle()

    found = said(story, contract(correlate={"guest": "guest"}))

    assert (found["when.withheld"], found["when.promised"]) == (Status.PROVEN, Status.PROVEN)


def test_a_message_that_stops_being_owed_before_it_is_sent_has_lapsed() -> None:
    """A cancelled ticket need not be baked."""
    story = Story().ticket().wait("1s")
    story.ticket(ticket(revision=2, state="cancelled"), delivery="d2").settle()

    assert said(story).failing() == []


def test_sending_what_was_cancelled_before_fails() -> None:
    """Guards are judged against what was surely known when the request began."""
    story = Story().ticket().ticket(ticket(revision=2, state="cancelled"), delivery="d2")

    assert said(story.send().settle())["when.withheld"] is Status.FAILED


def test_a_condition_nobody_can_decide_is_unproven() -> None:
    """A field that is not there leaves `when` open."""
    source = {key: value for key, value in ticket().items() if key != "state"}

    assert said(Story().ticket(source).settle())["when.promised"] is Status.UNPROVEN


def test_a_target_without_a_source_is_a_finding() -> None:
    """A batch that belongs to no ticket of the simulated shop came from nowhere."""
    story = good().send(batch(99, mode="WAIT", guest="x", sum="1.00", rows=[])).settle()

    assert said(story).finding("expect").cause == "no_source"


def test_a_target_without_a_source_in_a_recording_is_unproven() -> None:
    """A recording may begin after the source message."""
    story = Story()
    story.origins["shop"] = Origin.RECORDED
    story.send().settle()

    assert said(story)["expect"] is Status.UNPROVEN


def test_a_wrong_key_is_a_wrong_field_not_a_missing_and_an_extra_message() -> None:
    """One cause, one failure, also where the link itself is broken."""
    story = Story().ticket().send(batch(ref="T-7")).settle()

    assert failing(judged(story)) == ["fields.ref"]


def test_without_a_link_between_the_messages_nothing_is_judged() -> None:
    """A contract that does not tell which belong together leaves `expect` unproven."""
    fields = {"sum": {"from": "total"}, "ref": {"set_by": "target"}}
    agreed = contract(fields=fields, sums=None, maps=None, idempotency=None)

    assert said(good(), agreed)["expect"] is Status.UNPROVEN


# -- once ------------------------------------------------------------------------------------


def test_a_repeated_delivery_that_counts_once_proves_both_promises() -> None:
    """The webhook came twice, the batch was made once."""
    found = said(twice())

    assert (found["receive.delivery"], found["expect"]) == (Status.PROVEN, Status.PROVEN)


def test_a_repeated_delivery_that_counts_twice_is_one_finding() -> None:
    """The promise about deliveries has the finding, and `expect` points to it."""
    found = said(twice(sends=2), contract(idempotency=None))

    assert found.failing() == ["receive.delivery"]
    assert "receive.delivery" in found.idle["expect"]


def test_a_second_delivery_of_the_same_event_counts_as_a_repetition() -> None:
    """The sender's event joins deliveries with different ids."""
    story = Story()
    for delivery in ("d1", "d2"):
        story.event(
            EventKind.EMITTED, "shop", topic="ticket", delivery=delivery, event="e1", body=ticket()
        )
    story.ticket(delivery="d1").send().webhook(ticket(), delivery="d2")

    assert said(story.settle())["receive.delivery"] is Status.PROVEN


def test_a_first_delivery_that_was_refused_is_no_repetition() -> None:
    """What did nothing the first time cannot count twice."""
    story = Story().committed(ticket())
    story.webhook(ticket(), status=503)
    story.webhook(ticket())

    assert said(story.send().settle())["receive.delivery"] is None


def test_a_message_that_is_never_accepted_breaks_expect_where_nothing_is_timed() -> None:
    """How often it was tried is said."""
    story = Story().ticket().send(status=400).settle()

    finding = said(story, contract(timing=None)).finding("expect")

    assert (finding.cause, finding.observed) == ("lost", "1 call, none of them accepted")


def test_a_second_batch_out_of_nothing_breaks_expect() -> None:
    """No repeated delivery, no lost answer: it is simply made twice."""
    story = Story().ticket().send(key="a").wait("1m").send(key="b").settle()

    found = said(story, contract(idempotency=None))

    assert found.failing() == ["expect"]
    assert found.finding("expect").cause == "twice"


@pytest.mark.parametrize(
    ("expect", "status"), [("one_or_more", Status.PROVEN), ("none", Status.FAILED)]
)
def test_expectations_other_than_one(expect: str, status: Status) -> None:
    """More than one may be agreed, and none at all."""
    found = said(good(), contract(expect=expect))

    assert found["expect"] is status


def test_nothing_where_nothing_is_expected_is_proven() -> None:
    """`expect: none` is kept by a source without a target."""
    found = said(Story().ticket().settle(), contract(expect="none", when=None))

    assert found["expect"] is Status.PROVEN


# -- keys ------------------------------------------------------------------------------------


def test_a_repeated_request_with_its_key_proves_key_and_memory() -> None:
    """The answer was lost, the key came again, and the work was done once."""
    story = Story().ticket().send(status=None, commits=True).wait("2s")
    found = said(story.send(commits=False).settle())

    assert (found["idempotency"], found["idempotency.remembered"]) == (
        Status.PROVEN,
        Status.PROVEN,
    )
    assert found["expect"] is Status.PROVEN


def test_a_target_that_forgets_a_key_has_the_finding() -> None:
    """Same key, second batch: the target's breach alone."""
    story = Story().ticket().send(status=None, commits=True).wait("2s").send().settle()

    judgement = judged(story)
    finding = next(f for ruling in judgement.rulings for f in ruling.findings)

    assert failing(judgement) == ["idempotency.remembered"]
    assert finding.owner == "oven-team"


@pytest.mark.parametrize(("keys", "cause"), [((None, None), "no_key"), (("a", "b"), "key_changes")])
def test_a_bad_key_is_one_finding(keys: tuple[str | None, ...], cause: str) -> None:
    """Without a stable key a second batch is the key's fault, not that of `expect`."""
    story = Story().ticket().send(status=None, commits=True, key=keys[0]).wait("2s")
    story.send(key=keys[1]).settle()

    assert failing(judged(story)) == ["idempotency"]
    assert said(story).finding("idempotency").cause == cause


def test_a_key_shared_by_two_messages_fails() -> None:
    """One key, two tickets: the target would swallow the second."""
    story = good(7).ticket(ticket(8), delivery="d2").send(batch(8), key="key-7").settle()

    assert said(story)["idempotency"] is Status.FAILED


def test_a_single_request_shows_nothing_about_keys() -> None:
    """Only a repetition can show that a key is stable."""
    assert said(good())["idempotency"] is None


# -- signatures ------------------------------------------------------------------------------


def tampered(status: int | None = 401) -> Story:
    """Tell of a webhook whose signature a fault spoiled."""
    story = Story().committed(ticket())
    story.event(EventKind.FAULT, "shop", fault=0, do="bad_signature", exchange=None)
    story.webhook(ticket(), status=status, faults=(0,))
    return story


def test_a_refused_signature_without_effect_is_proven() -> None:
    """4xx and nothing sent."""
    assert said(tampered().settle())["receive.bad_signature"] is Status.PROVEN


@pytest.mark.parametrize("status", [200, 500])
def test_a_signature_that_is_not_refused_fails(status: int) -> None:
    """Taking it, or breaking on it, is no refusal."""
    assert said(tampered(status).settle())["receive.bad_signature"] is Status.FAILED


def test_a_refused_signature_with_effect_fails() -> None:
    """Refusing and using it all the same is worse."""
    found = said(tampered().send().settle())

    assert found.finding("receive.bad_signature").cause == "had_effect"


def test_a_later_good_delivery_may_have_its_effect() -> None:
    """The sender tries again with the right signature."""
    story = tampered().wait("1m")
    story.webhook(ticket())

    assert said(story.send().settle())["receive.bad_signature"] is Status.PROVEN


# -- updates ---------------------------------------------------------------------------------


def changed(*, sent: bool) -> Story:
    """Tell of a ticket that grows after its batch was accepted."""
    rows = [{"kind": "rye", "count": 2, "cost": "6.00"}]
    story = good().ticket(ticket(revision=2, total="6.00", buns=rows), delivery="d2")
    return (story.send(batch(sum="6.00", rows=rows)) if sent else story).settle()


@pytest.mark.parametrize(
    ("updates", "sent", "status"),
    [
        (FIRST, False, Status.PROVEN),
        (FIRST, True, Status.FAILED),
        (LATEST, True, Status.PROVEN),
        (LATEST, False, Status.FAILED),
    ],
)
def test_the_target_shows_the_agreed_version(
    updates: dict[str, str], sent: bool, status: Status
) -> None:
    """The first version stays, or the latest follows; a breach is one finding."""
    agreed = contract(updates=updates)
    found = said(changed(sent=sent), agreed)

    assert found["updates"] is status
    assert found.failing() == (["updates"] if status is Status.FAILED else [])


def test_an_older_version_after_a_newer_one_went_back() -> None:
    """A late call that overwrites news is a finding."""
    story = changed(sent=True).send(batch()).settle()

    assert said(story, contract(updates=LATEST, idempotency=None)).finding("updates").cause == (
        "went_back"
    )


def test_a_source_that_never_changes_shows_nothing_about_updates() -> None:
    """No change, no vote."""
    assert said(good(), contract(updates=LATEST))["updates"] is None


def test_the_fields_themselves_may_be_the_key() -> None:
    """A target that knows a message again by its fields makes no second one of a repeat."""
    by_fields = contract(idempotency={"key": ["ref"], "sent_as": "body"})
    lost = Story().ticket().send(status=None, commits=True, key=None)
    once = said_by(CHECK, lost.send(commits=False, key=None).settle(), by_fields)
    lost = Story().ticket().send(status=None, commits=True, key=None)
    twice = said_by(CHECK, lost.send(key=None).settle(), by_fields)

    assert once["idempotency.remembered"] is once["idempotency"] is Status.PROVEN
    assert twice.failing() == ["idempotency.remembered"]
