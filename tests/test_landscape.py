"""Each system says of itself what it sends, takes and means; nothing is guessed."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from harness.landscape import (
    Answer,
    Call,
    FieldSpec,
    Landscape,
    Message,
    Required,
    Signature,
    System,
    Teams,
    Webhook,
)

TICKET: dict[str, Any] = {
    "key": "number",
    "carried_by": {"push": {"webhook": ["ticket/new", "ticket/changed"]}},
}
SHOP: dict[str, Any] = {
    "system": "shop",
    "kind": "storefront",
    "owner": "shop-team",
    "base_urls": ["https://shop.test"],
    "messages": {"ticket": TICKET, "refund": TICKET},
}


def system(**more: Any) -> System:
    """Return the shop with some keys replaced."""
    return System.model_validate({**SHOP, **more})


def landscape(**systems: System) -> Landscape:
    """Return a landscape of these systems."""
    return Landscape.described(systems=systems, teams={})


def test_a_message_is_found_by_its_full_name() -> None:
    """`system.message` leads to one description."""
    assert landscape(shop=system()).message("shop.ticket").key == "number"


@pytest.mark.parametrize("name", ["shop.bill", "oven.ticket", "ticket"])
def test_a_message_that_nobody_describes_is_a_key_error(name: str) -> None:
    """There is no falling back to a message of that name elsewhere."""
    with pytest.raises(KeyError):
        landscape(shop=system()).message(name)


def test_messages_come_in_a_stable_order() -> None:
    """The order of files and of keys does not reach anything that is written."""
    one = landscape(shop=system(), bell=system(system="bell"))
    other = landscape(bell=system(system="bell"), shop=system())

    assert list(one.messages()) == list(other.messages())
    assert list(one.messages()) == ["bell.refund", "bell.ticket", "shop.refund", "shop.ticket"]


def test_alerting_systems_are_known_by_their_kind() -> None:
    """Only they tell people something."""
    known = landscape(shop=system(), bell=system(system="bell", kind="alerting"))

    assert known.alerting() == {"bell"}


def test_a_way_of_travelling_is_told_by_its_keys() -> None:
    """A webhook and a call stand in one list and stay what they are."""
    ways = {"push": {"webhook": "ticket"}, "read": {"response": "GET /tickets/:id"}}
    message = Message.model_validate({"key": "number", "carried_by": ways})

    assert [type(way) for way in message.carried_by.values()] == [Webhook, Call]


@pytest.mark.parametrize(
    "way", [{}, {"request": "POST /tickets", "response": "POST /tickets"}], ids=["none", "both"]
)
def test_a_call_carries_a_message_in_one_direction(way: dict[str, str]) -> None:
    """What was sent is never mixed up with what was answered."""
    with pytest.raises(ValidationError, match=r"in its `request` or in its `response`"):
        Call.model_validate(way)


@pytest.mark.parametrize(
    ("model", "data", "said"),
    [
        (System, {**SHOP, "base_urls": []}, "at least 1 item"),
        (System, {**SHOP, "system": "Shop!"}, "pattern"),
        (System, {**SHOP, "kind": "shop"}, "storefront"),
        (System, {**SHOP, "records": {"stock": {"key": "sku", "values": {}}}}, "at least 1 item"),
        (Message, {"key": "number", "carried_by": {}}, "at least 1 item"),
        (Message, {"key": "lines[0]", "carried_by": TICKET["carried_by"]}, "is not a path"),
        (FieldSpec, {"type": "float"}, "decimal"),
        (FieldSpec, {"sensitive": "private"}, "personal"),
        (Answer, {"when": {"status": {"like": 4}}, "means": "accepted"}, "like"),
        (
            Answer,
            {
                "when": {"status": 202},
                "means": "accepted",
                "decided_by": {"message": "report", "same": "id", "within": "5m"},
            },
            "goes with `means: pending` only",
        ),
        (Signature, {"header": "X-Sign", "secret": "s", "algorithm": "md5"}, "hmac-sha256"),
        (Teams, {"teams": {}}, "at least 1 item"),
    ],
)
def test_a_description_that_says_too_little_or_too_much_is_refused(
    model: Any, data: Any, said: str
) -> None:
    """The message names what would be right."""
    with pytest.raises(ValidationError, match=said):
        model.model_validate(data)


def test_the_meaning_of_an_answer_hangs_on_what_it_says() -> None:
    """The condition sees status and body; a field that is missing leaves it open."""
    answer = Answer.described(when={"status": 409, "body.error": "known"}, means="accepted")
    known = {"status": 409, "body.error": "known"}

    assert answer.condition.holds(lambda path: known.get(str(path))) is True
    assert answer.condition.holds(lambda path: 500) is False


@pytest.mark.parametrize("word", ["always", "optional"])
def test_a_field_is_required_by_a_word_or_a_condition(word: str) -> None:
    """Both forms are kept as they were written."""
    condition = FieldSpec.model_validate({"required": {"when": {"state": "paid"}}})

    assert FieldSpec.model_validate({"required": word}).required == word
    assert condition.required == Required.described(when={"state": "paid"})


def test_nothing_is_sensitive_required_or_simulated_without_a_word() -> None:
    """What a file leaves out has one meaning, and it is not a promise."""
    spec = FieldSpec.described()

    assert (spec.sensitive, spec.required, spec.nullable) == (None, "optional", False)
    assert (system().simulator, system().signature) == (None, None)
