"""Each fault meets what it is meant for, as often as it is meant to, and does what it says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.faults import CALL_FAULTS, WEBHOOK_FAULTS, Answered, FaultPlan, Lost, Occasion
from harness.faults.styles import STYLES
from harness.history import Failure
from harness.scenario import Fault
from harness.simulators.base import Webhook
from harness.timing import MINUTE, SECOND

ORDER = Occasion("oms.order", "1", {"total": 5})
HOOK = Webhook("orders/paid", "1", b"{}", (("X-Hmac", "abc="),), "d1", "e1")


def fault(do: str = "answer", /, **values: Any) -> Fault:
    """Return a fault as a file would give it."""
    defaults: dict[str, Any] = {
        "answer": {"status": 503},
        "slow": {"by": "1s"},
        "delay": {"by": "1s"},
    }
    return Fault.model_validate({"on": "oms.order", "do": do, **defaults.get(do, {}), **values})


def hits(planned: Fault, occasions: list[Occasion], *, at: int = 0) -> list[bool]:
    """Return for each occasion in turn whether the fault met it."""
    plan = FaultPlan([planned], start=0)
    return [bool(list(plan.meeting([o], now=at, words=CALL_FAULTS))) for o in occasions]


def test_a_fault_meets_its_message_only() -> None:
    """Another message passes."""
    assert hits(fault(), [ORDER, Occasion("oms.item", "1")]) == [True, False]


def test_try_waits_for_the_nth_attempt_of_one_key() -> None:
    """Attempts are counted for each key of its own."""
    other = Occasion("oms.order", "2")

    assert hits(fault(**{"try": 2}), [ORDER, other, ORDER, ORDER]) == [False, False, True, True]


def test_times_bounds_how_often_it_fires() -> None:
    """After that many times it is over."""
    assert hits(fault(times=2), [ORDER, ORDER, ORDER]) == [True, True, False]


def test_a_share_is_drawn_by_the_seed() -> None:
    """About that many are met, the same ones for the same seed and others for another."""
    orders = [Occasion("oms.order", str(number)) for number in range(2000)]

    def met(seed: int) -> list[bool]:
        plan = FaultPlan([fault(share="10%")], start=0, seed=seed)
        return [bool(list(plan.meeting([one], now=0, words=CALL_FAULTS))) for one in orders]

    assert 150 < sum(met(1)) < 250
    assert met(1) == met(1) != met(2)


@given(st.permutations(range(12)))
def test_a_share_meets_the_same_whatever_the_order(order: list[int]) -> None:
    """Whether an attempt is met does not hang on what else was sent before it."""
    plans = [FaultPlan([fault(share="50%")], start=0, seed=7) for _ in range(2)]

    def met(plan: FaultPlan, number: int) -> bool:
        occasion = Occasion("oms.order", str(number))
        return bool(list(plan.meeting([occasion], now=0, words=CALL_FAULTS)))

    one = {number: met(plans[0], number) for number in order}
    assert one == {number: met(plans[1], number) for number in range(12)}


def test_faults_of_rows_count_where_they_took_effect() -> None:
    """An empty list uses none of them up; a page can repeat from the second on."""
    plan = FaultPlan([fault("lose_rows", times=1), fault("repeat_page")], start=0)

    def met() -> list[int]:
        return [index for index, _ in plan.meeting([ORDER], now=0, words=CALL_FAULTS)]

    assert (met(), met(), dict(plan.fired)) == ([0], [0, 1], {})
    plan.took_effect(0)
    assert (met(), plan.fired) == ([1], {0: 1})


def test_match_picks_by_content() -> None:
    """Only messages that fulfil the condition are met."""
    dear = Occasion("oms.order", "2", {"total": 500})

    assert hits(fault(match={"total": {"over": 100}}), [ORDER, dear]) == [False, True]


@pytest.mark.parametrize(("at", "met"), [(0, False), (MINUTE, True), (3 * MINUTE, False)])
def test_from_and_for_give_it_a_time(at: int, *, met: bool) -> None:
    """It begins and ends when it should."""
    assert hits(fault(**{"from": "1m", "for": "2m"}), [ORDER], at=at) == [met]


@given(st.lists(st.sampled_from(["1", "2", "3"]), max_size=30), st.integers(1, 5))
def test_it_never_fires_more_often_than_planned(keys: list[str], times: int) -> None:
    """Whatever comes, `times` is a bound."""
    seen = hits(fault(times=times), [Occasion("oms.order", key) for key in keys])

    assert sum(seen) == min(times, len(keys))


def test_call_faults_before_the_commit() -> None:
    """Refused, unanswered, or answered in the system's place: nothing is done."""
    answered = CALL_FAULTS["answer"].before
    refused, lost = CALL_FAULTS["refuse"].before, CALL_FAULTS["lose_request"].before
    assert answered is not None
    assert refused is not None
    assert lost is not None

    assert answered(fault(retry_after="90s")) == Answered(503, (("Retry-After", "90"),), None)
    assert refused(fault("refuse")) == Lost(Failure.NO_CONNECTION)
    assert lost(fault("lose_request")) == Lost(Failure.TIMEOUT)


def test_call_faults_after_the_commit() -> None:
    """The work is done, and the caller does not learn it."""
    for word, failure in (("lose_answer", Failure.TIMEOUT), ("truncate", Failure.RESET)):
        kind = CALL_FAULTS[word]
        assert kind.before is None
        assert kind.after is not None
        assert kind.after(fault(word)) == Lost(failure)


def test_every_fault_word_of_the_language_has_a_meaning() -> None:
    """No word is accepted in a file and does nothing."""
    words = set(Fault.model_fields["do"].annotation.__args__)  # type: ignore[union-attr]

    assert words == {*CALL_FAULTS, *WEBHOOK_FAULTS}


def deliver(word: str, *earlier: Webhook, **values: Any) -> list[tuple[str, int, bool]]:
    """Return what is delivered in place of a webhook: id, delay, and whether it is reported."""
    found = WEBHOOK_FAULTS[word].deliver(fault(word, **values), HOOK, earlier)
    return [(d.webhook.delivery, d.delay, d.reported) for d in found]


def test_webhook_faults() -> None:
    """Lost, late, twice, overtaken."""
    assert deliver("drop") == deliver("silence") == []
    assert deliver("delay", by="5s") == [("d1", 5 * SECOND, True)]
    assert deliver("duplicate", copies=2, by="1s") == [
        ("d1", 0, True),
        ("d1", SECOND, False),
        ("d1", 2 * SECOND, False),
    ]
    assert WEBHOOK_FAULTS["reorder"].deliver(fault("reorder", behind=3), HOOK, ())[0].behind == 3


def test_a_stale_payload_comes_after_the_new_one() -> None:
    """The earlier webhook of the same message is delivered again."""
    old = Webhook("orders/paid", "1", b"old", (), "d0", "e0")

    assert deliver("stale", old, by="1m") == [("d1", 0, True), ("d0", MINUTE, False)]


def test_an_older_payload_still_is_found_further_back() -> None:
    """Where there are not so many, nothing is delivered again."""
    old = [Webhook("orders/paid", "1", b"old", (), f"d{n}", "e0") for n in (7, 8)]

    assert deliver("stale", *old, back=2)[1][0] == "d7"
    assert deliver("stale", *old, back=3) == [("d1", 0, True)]


def test_a_copy_may_have_a_delivery_id_of_its_own() -> None:
    """In its headers as well, and the same one in every run."""
    hook = replace(HOOK, headers=(("X-Id", "d1"), ("X-Topic", "orders/paid")))
    planned = fault("duplicate", copies=2, new_id=True)
    first, *copies = WEBHOOK_FAULTS["duplicate"].deliver(planned, hook, ())

    assert first.webhook == hook
    names = [copy.webhook.delivery for copy in copies]
    assert len({"d1", *names}) == 3
    assert [dict(copy.webhook.headers)["X-Id"] for copy in copies] == names
    assert WEBHOOK_FAULTS["duplicate"].deliver(planned, hook, ()) == [first, *copies]


def test_a_forged_signature_is_another_one_of_the_same_form() -> None:
    """Only the signature changes, and never into itself."""
    (delivery,) = WEBHOOK_FAULTS["bad_signature"].deliver(fault("bad_signature"), HOOK, ())

    ((name, value),) = delivery.webhook.headers
    assert (name, len(value), value != "abc=") == ("X-Hmac", 4, True)
    assert delivery.webhook.body == HOOK.body


def test_a_signature_may_be_missing_or_that_of_another_body() -> None:
    """A byte more is enough; it is still the same JSON."""
    how = WEBHOOK_FAULTS["bad_signature"].deliver
    (unsigned,) = how(fault("bad_signature", how="missing"), HOOK, ())
    (tampered,) = how(fault("bad_signature", how="tampered_body"), HOOK, ())

    assert unsigned.webhook == replace(HOOK, headers=())
    assert tampered.webhook == replace(HOOK, body=b"{} ")


@pytest.mark.parametrize("style", sorted(STYLES))
def test_vendors_say_in_their_own_way_that_there_are_too_many_calls(style: Any) -> None:
    """A status and headers of one's own come before those of the style."""
    before = CALL_FAULTS["throttle"].before
    assert before is not None
    said = before(fault("throttle", style=style, retry_after="90s"))
    own = before(fault("throttle", style=style, status=503, headers={"X-A": "1"}))

    assert isinstance(said, Answered)
    assert isinstance(own, Answered)
    assert (said.status, said.body) == (STYLES[style].status, STYLES[style].body)
    assert dict(said.headers) == dict(STYLES[style].headers("90"))
    assert (own.status, own.headers[-1]) == (503, ("X-A", "1"))
