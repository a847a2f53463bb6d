"""No secret and no personal value is written; what is written still tells same from different."""

from __future__ import annotations

from typing import Any

import pytest

from harness.history import (
    INTEGRATION,
    Body,
    Event,
    EventKind,
    Exchange,
    Header,
    History,
    Origin,
)
from harness.journal import journal_bytes
from harness.loader import load_project
from harness.redaction import Veil
from tests.projects import ROOT

PROJECT = load_project(ROOT)
ORDER: dict[str, Any] = {
    "id": 1,
    "email": "ada@example.com",
    "financial_status": "paid",
    "shipping_address": {"first_name": "Adelheid", "last_name": "Quist", "zip": "0150"},
    "line_items": [{"id": 5, "sku": "A"}],
}


def call(body: Any, **changes: Any) -> Exchange:
    """Return a call to the OMS."""
    values: dict[str, Any] = {
        "seq": 3,
        "done": 4,
        "sender": INTEGRATION,
        "receiver": "oms",
        "sent_at": 0,
        "ended_at": 1,
        "method": "POST",
        "url": "https://oms.golive-demo.example/api/v2/sales-orders",
        "headers": (),
        "body": Body("json", body),
        "status": 201,
    }
    return Exchange(**{**values, **changes})


def webhook(body: Any) -> Exchange:
    """Return an order as Shopify tells it."""
    return call(body, seq=1, done=2, sender="shopify", receiver=INTEGRATION, topic="orders/paid")


def written(*entries: Any, key: bytes | None = b"key", secrets: tuple[str, ...] = ()) -> str:
    """Return the journal of these entries as text."""
    veil = Veil(PROJECT.landscape, PROJECT.contracts, key=key, key_id="k", secrets=secrets)
    history = History(Header("S-1", 0, 1, {"oms": Origin.SIMULATED}), entries)
    return journal_bytes(veil.history(history)).decode()


def test_declared_personal_values_are_veiled() -> None:
    """Names, addresses and mail addresses leave a digest and a length."""
    text = written(webhook(ORDER))

    for value in ("ada@example.com", "Adelheid", "Quist", "0150"):
        assert value not in text
    assert text.count("$veiled") == 4


def test_personal_values_are_found_in_other_places() -> None:
    """A value that turns up in a note, an address, a header or an error is hidden there too."""
    text = written(
        webhook(ORDER),
        call({"note": "for Adelheid"}, url="https://oms.golive-demo.example/x?who=Adelheid"),
        call({}, seq=5, done=6, headers=(("X-Name", "Adelheid"),)),
        Event(7, 0, EventKind.CRASHED, "", {"error": "KeyError: Adelheid", "where": "x.py:1"}),
    )

    assert "Adelheid" not in text


@pytest.mark.parametrize(
    "body",
    [
        {"api_key": "abc"},
        {"password": 12345},
        {"nested": {"access_token": "abc"}},
        {"note": "Bearer abc.def"},
        {"password": {"value": "abc", "parts": [12345]}},
    ],
)
def test_secrets_in_bodies_are_removed(body: Any) -> None:
    """By the name of the field, or by their look."""
    text = written(call(body))

    assert "[removed]" in text
    assert "abc" not in text
    assert "12345" not in text


def test_secrets_in_headers_and_addresses_are_removed() -> None:
    """Authorization, cookies, signatures, and credentials in a query."""
    headers = (("Authorization", "Bearer s3cr3t"), ("X-Hmac", "s3cr3t"), ("Cookie", "s3cr3t"))
    text = written(call({}, headers=headers, url="https://u:s3cr3t@h.test/p?token=s3cr3t&a=1"))

    assert "s3cr3t" not in text
    assert "a=1" in text


def test_the_secrets_of_the_run_are_removed_wherever_they_stand() -> None:
    """Also in a field that nobody would suspect."""
    assert "hush-hush" not in written(call({"note": "x hush-hush y"}), secrets=("hush-hush",))


def test_card_numbers_are_hidden_and_identifiers_are_not() -> None:
    """A number that passes the check digit and begins like a card is one; a long id is not."""
    text = written(call({"a": "4111 1111 1111 1111", "externalId": "5890840712243"}))

    assert "4111" not in text
    assert "5890840712243" in text


def test_the_idempotency_key_stays() -> None:
    """It looks like a key and is none."""
    assert "order-1" in written(call({}, headers=(("Idempotency-Key", "order-1"),)))


def test_the_same_value_has_the_same_digest_under_one_key() -> None:
    """Same from different can be told from the file, under one key only."""
    one, again = written(webhook(ORDER)), written(webhook(ORDER))

    assert one == again
    assert one != written(webhook(ORDER), key=b"other")


def test_without_a_key_there_are_no_digests() -> None:
    """Then nobody can guess a value by trying."""
    text = written(webhook(ORDER), key=None)

    assert '"mac":null' in text
    assert "$made" not in text


def test_keys_of_others_that_look_like_ours_are_set_off() -> None:
    """A payload cannot pretend to be veiled."""
    text = written(call({"$veiled": {"mac": "x", "len": 1, "ascii": True}}))

    assert '"$$veiled"' in text


def test_a_recording_holds_placeholders() -> None:
    """For other tools, and without any digest."""
    veil = Veil(PROJECT.landscape, PROJECT.contracts, key=None, key_id=None)
    (masked,) = veil.masked([call({"shipTo": {"name": "Ada Quist"}, "api_key": "abc"})])

    assert "Ada" not in str(masked.body.value)
    assert masked.body.value["api_key"] == "[removed]"
