"""A contract says each promise once, refuses contradictions, and numbers its clauses stably."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.contract import (
    FAMILIES,
    Contract,
    Delivered,
    FailureRule,
    FieldRule,
    Idempotency,
    Retry,
    RowRule,
    Sum,
    ValueMap,
    Wait,
)
from harness.timing import MINUTE, SECOND

SMALL: dict[str, Any] = {
    "contract": "ticket-to-batch",
    "version": "1.0.0",
    "status": "agreed",
    "summary": "Every ticket becomes a batch.",
    "from": "shop.ticket",
    "to": "oven.batch",
    "object": "orders",
    "owners": {
        "business": "bakers",
        "source": "shop-team",
        "target": "oven-team",
        "integration": "glue-team",
    },
    "fields": {"ref": {"from": "number"}},
}
BIG: dict[str, Any] = {
    **SMALL,
    "when": {"state": "paid"},
    "updates": {"by": "revision", "show": "latest"},
    "fields": {
        "ref": {"from": "number", "severity": "blocker", "owner": "target"},
        "guest": {"from": "guest", "if_missing": "park"},
        "tax": {"checked_by": "sums.total"},
        "tray": {"set_by": "target"},
        "rows": {
            "match_by": ["kind"],
            "each": "buns",
            "fields": {"kind": {"from": "kind"}, "count": {"from": "count"}},
        },
    },
    "maps": {"modes": {"pairs": {"paid": "BAKE", "gift": "WAIT"}, "if_unmapped": "park"}},
    "sums": {"total": {"add": ["net", "-rebate", "tax"], "equals": ["gross"]}},
    "receive": {
        "style": "webhook",
        "answered": {"fail": "5s"},
        "delivery": "at_least_once",
        "bad_signature": "refuse",
    },
    "timing": {
        "delivered": {"fail": "5m", "share": "95%", "never_over": "30m"},
        "response": {"fail": "5s"},
    },
    "idempotency": {"key": ["ref"], "sent_as": "header Idempotency-Key", "remembered": "24h"},
    "retry": {
        "attempts": 3,
        "wait": {"first": "2s"},
        "give_up_after": "1m",
        "obey_retry_after": True,
        "on": ["5xx", "timeout"],
    },
    "failures": {422: {"then": "park", "tell": "business", "within": "15m"}},
    "parked": {"to": "bell.shelf", "replay_by": "bakers", "keep": "14d", "alarm_over": 5},
}
ALL = [
    "when.promised",
    "when.withheld",
    "expect",
    "updates",
    "receive.delivery",
    "receive.bad_signature",
    "idempotency",
    "idempotency.remembered",
    "retry.on",
    "retry.attempts",
    "retry.wait",
    "retry.obey_retry_after",
    "retry.give_up_after",
    "fields.ref",
    "fields.guest",
    "fields.guest.if_missing",
    "fields.rows",
    "fields.rows.kind",
    "fields.rows.count",
    "maps.modes.paid",
    "maps.modes.gift",
    "maps.modes.if_unmapped",
    "sums.total",
    "receive.answered",
    "timing.delivered",
    "timing.delivered.share",
    "timing.response",
    "failures.422",
    "parked.to",
    "parked.alarm_over",
    "parked.keep",
    "parked.replay_by",
    "owners",
]


def contract(**more: Any) -> Contract:
    """Return the small contract with some keys replaced."""
    return Contract.model_validate({**SMALL, **more})


def test_a_small_contract_promises_delivery_fields_and_owners() -> None:
    """Even without a word about time or failure there is something to prove."""
    ids = [clause.id for clause in contract().clauses()]

    assert ids == [f"ticket-to-batch#{path}" for path in ("expect", "fields.ref", "owners")]


def test_each_promise_is_a_clause_of_its_own_at_its_yaml_path() -> None:
    """What another clause checks or the target fills is no clause of its own."""
    assert [clause.path for clause in Contract.model_validate(BIG).clauses()] == ALL


def test_each_clause_says_what_it_promises_and_what_would_prove_it() -> None:
    """No clause is silent, unowned or outside the five families."""
    clauses = Contract.model_validate(BIG).clauses()

    assert all(clause.text and clause.would_prove and clause.owner for clause in clauses)
    assert {clause.family for clause in clauses} == set(FAMILIES)


def test_a_role_stands_for_its_team() -> None:
    """The owner of a field is the team behind the role it names."""
    made = Contract.model_validate(BIG)

    assert (made.clause("fields.ref").owner, made.clause("fields.ref").severity) == (
        "oven-team",
        "blocker",
    )
    assert made.clause("fields.guest").owner == "glue-team"
    assert made.owners.team("night-shift") == "night-shift"


def test_what_leaves_no_trace_is_attested() -> None:
    """Only people can sign for these; everything else is shown by a history."""
    clauses = Contract.model_validate(BIG).clauses()

    assert [c.path for c in clauses if c.attested] == ["parked.keep", "parked.replay_by", "owners"]


def test_clauses_know_their_lines() -> None:
    """A path without a line of its own stands at the nearest one above it."""
    plain = contract()
    unplaced = plain.clauses()
    located = plain.located("contracts/a.yaml", {"fields": 12})

    assert [clause.place for clause in located.clauses()] == [
        "contracts/a.yaml:1",
        "contracts/a.yaml:12",
        "contracts/a.yaml:1",
    ]
    assert {clause.place for clause in unplaced} == {""}


def test_a_clause_that_is_not_promised_is_a_key_error() -> None:
    """Asking for it names the contract and the path."""
    with pytest.raises(KeyError, match=r"ticket-to-batch#timing\.delivered"):
        contract().clause("timing.delivered")


def test_only_agreed_and_live_contracts_block() -> None:
    """A proposal and a retired agreement are shown and stop nobody."""
    words = ("proposed", "agreed", "live", "retired")

    assert [contract(status=word).blocking for word in words] == [False, True, True, False]


def test_its_systems_are_those_of_its_messages() -> None:
    """The source comes first."""
    assert contract().systems == ("shop", "oven")


@pytest.mark.parametrize(
    ("model", "data", "said"),
    [
        (FieldRule, {}, "exactly one of .* here: none"),
        (FieldRule, {"from": "a", "fixed": "b"}, "here: `from` and `fixed`"),
        (FieldRule, {"fixed": None, "using": "trim"}, "`using` goes with `from` only"),
        (FieldRule, {"from": "a[0]"}, "is not a path"),
        (FieldRule, {"from": "a", "using": "shout"}, "shout"),
        (
            RowRule,
            {"match_by": ["sku"], "each": "rows", "fields": {"qty": {"from": "qty"}}},
            "`match_by` names `sku`",
        ),
        (Delivered, {"fail": "5m", "share": "99%"}, "say `never_over` as well"),
        (Delivered, {"fail": "5m", "never_over": "4m"}, "`never_over` is shorter than `fail`"),
        (Delivered, {"fail": "5m", "share": "100%", "never_over": "9m"}, "not a share"),
        (Delivered, {"fail": "5m", "share": 0.99, "never_over": "9m"}, "not a share"),
        (FailureRule, {"then": "park", "within": "5m"}, "say whom with `tell`"),
        (Retry, {"attempts": 3, "wait": {"first": "2s"}, "on": ["6xx"]}, "is not an outcome"),
        (Retry, {"attempts": 0, "wait": {"first": "2s"}, "on": ["5xx"]}, "greater than or equal"),
        (Idempotency, {"key": ["ref"], "sent_as": "Idempotency-Key"}, "pattern"),
        (Sum, {"add": ["net"], "equals": ["gross"], "at_most": ["limit"]}, "`equals` or `at_most`"),
    ],
)
def test_a_promise_that_cannot_be_meant_is_refused(model: Any, data: Any, said: str) -> None:
    """The message names the words of the file and what goes together."""
    with pytest.raises(ValidationError, match=said):
        model.model_validate(data)


def test_null_is_a_fixed_value() -> None:
    """`fixed:` without a value promises null, which is not the same as no promise."""
    assert FieldRule.model_validate({"fixed": None}).sources == ()


def test_lossy_values_are_said_and_then_accepted() -> None:
    """All but one of the values that meet must be listed."""
    made = ValueMap.model_validate({"pairs": {"a": 1, "b": 1, "c": 2}, "lossy": ["b"]})

    assert made.pairs == {"a": 1, "b": 1, "c": 2}


@pytest.mark.parametrize(
    ("text", "share"), [("99%", Fraction(99, 100)), ("99.9%", Fraction(999, 1000))]
)
def test_a_share_is_exact(text: str, share: Fraction) -> None:
    """It is no binary fraction, so that one message of a thousand is one of a thousand."""
    bound = Delivered.model_validate({"fail": "5m", "share": text, "never_over": "9m"})

    assert (bound.share, bound.ceiling) == (share, 9 * MINUTE)
    assert Delivered.model_validate({"fail": "5m"}).ceiling == 5 * MINUTE


@pytest.mark.parametrize(
    ("jitter", "bounds"),
    [("none", (18, 18)), ("equal", (9, 18)), ("full", (0, 18))],
)
def test_jitter_bounds_a_wait(jitter: str, bounds: tuple[int, int]) -> None:
    """Two seconds, times three for each further attempt."""
    wait = Wait.described(first="2s", factor=3, jitter=jitter)

    assert wait.before(4) == tuple(bound * SECOND for bound in bounds)


@given(
    st.integers(1, 10**7),
    st.decimals(1, 4, places=1),
    st.integers(1, 10**7),
    st.sampled_from(["none", "equal", "full"]),
)
def test_waits_grow_and_stay_below_their_limit(
    first: int, factor: Decimal, longest: int, jitter: str
) -> None:
    """No later wait is shorter than an earlier one, and none passes `max`."""
    wait = Wait.described(first=f"{first}ms", factor=factor, max=f"{longest}ms", jitter=jitter)
    bounds = [wait.before(attempt) for attempt in range(2, 8)]

    assert bounds == sorted(bounds)
    assert wait.max is not None
    assert all(0 <= shortest <= most <= wait.max for shortest, most in bounds)


@given(st.permutations(sorted(BIG)))
def test_the_order_of_keys_in_the_file_changes_no_clause(keys: list[str]) -> None:
    """Whoever sorts the file keeps all ids and their order."""
    made = Contract.model_validate({key: BIG[key] for key in keys})

    assert [clause.path for clause in made.clauses()] == ALL


def test_a_clause_id_is_used_once_and_needs_no_quotes() -> None:
    """It can be copied into a policy or a command as it stands."""
    ids = [clause.id for clause in Contract.model_validate(BIG).clauses()]

    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9-]+#[A-Za-z0-9._]+", one) for one in ids)


@pytest.mark.parametrize("word", ["if_unmapped", "if_missing"])
@pytest.mark.parametrize("said", [True, False])
def test_a_value_is_not_called_like_a_word_of_its_map(word: str, said: bool) -> None:
    """What is parked by default would prove the pair."""
    pairs = {"pairs": {word: "x"}, **({word: "park"} if said else {})}

    with pytest.raises(ValidationError, match=f"a value called `{word}` would have the id"):
        Contract.model_validate({**SMALL, "maps": {"m": pairs}})


@pytest.mark.parametrize(
    ("said", "changes"),
    [
        (
            "fields.ref.if_missing",
            {
                "fields": {
                    "ref": {"from": "number", "if_missing": "park"},
                    "ref.if_missing": {"from": "number"},
                }
            },
        ),
        (
            "fields.rows.count",
            {
                "fields": {
                    "rows": {
                        "match_by": ["count"],
                        "each": "buns",
                        "fields": {"count": {"from": "count"}},
                    },
                    "rows.count": {"from": "number"},
                }
            },
        ),
    ],
)
def test_two_promises_of_one_id_are_refused(said: str, changes: dict[str, Any]) -> None:
    """A value or field that is called like a word of the language would hide another promise."""
    with pytest.raises(ValidationError, match=re.escape(f"two promises have the id `{said}`")):
        Contract.model_validate({**SMALL, **changes})


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"fail": "2 workdays"}, "say `calendar: NAME`"),
        ({"fail": "2d", "calendar": "de"}, "none of these is one"),
        ({"fail": "2 workdays", "never_over": "9d", "calendar": "de"}, "alike"),
        ({"fail": "0 workdays", "calendar": "de"}, "no time at all"),
    ],
)
def test_workdays_need_their_calendar(limits: dict[str, str], said: str) -> None:
    """A limit that nobody can reckon is refused, with one message."""
    with pytest.raises(ValidationError, match=said) as raised:
        Delivered.model_validate(limits)

    assert raised.value.error_count() == 1


def test_workdays_are_kept_as_they_are_written() -> None:
    """In the contract, in its terms, and as the limit that binds all."""
    one = Delivered.model_validate({"fail": "2 workdays", "calendar": "de"})

    assert one.model_dump(mode="json", exclude_unset=True) == {
        "fail": "2 workdays",
        "calendar": "de",
    }
    assert one.ceiling == one.fail
