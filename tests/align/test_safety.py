"""Personal data and secrets are found where they do not belong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.align.support import ORDERS, changed, codes, gaps

WRITTEN = "contracts.0.examples.0.source"
SUMMARY = "contracts.0.summary"
# Put together here, so that nobody who looks for secrets finds these.
KEY = "sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dc"
PEM = "-----BEGIN " + "PRIVATE KEY-----"
HOOK = "https://hooks.slack.com/" + "services/T0001/B0001/abcdefghijklmnop1234"
MIXED = "9f8a7b6c5d4e3f2a"
LABEL = "iVBORw0KGgoAAAANSUhEUg" * 30


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("systems.1.messages.job.fields.mail.sensitive", ..., "S01"),
        ("systems.0.messages.order.fields.email.sensitive", ..., ""),
        (f"{WRITTEN}.card", "4111 1111 1111 1111", "S02"),
        (f"{WRITTEN}.card", "4111 1111 1111 1112", ""),
        (f"{WRITTEN}.label", LABEL, "S02"),
        ("contracts.0.examples.0.with", {"buyer": {"mail": "ada.quist@gmail.com"}}, "S02"),
        ("contracts.0.examples.0.with", {"buyer": {"mail": "ada.quist@shop.example"}}, ""),
        (SUMMARY, f"Every paid order becomes one job; the key is {KEY}.", "S03"),
        (SUMMARY, f"Signed with {PEM} and more.", "S03"),
        (SUMMARY, f"Log in with password: {MIXED}", "S03"),
        (SUMMARY, "The token: see golive.toml; signature: hmac-sha256; session=per-customer", ""),
        ("systems.1.base_urls.0", "https://user:" + "pass@depot.example", "S03"),
        ("systems.1.base_urls.0", f"https://{MIXED}@depot.example", "S03"),
        ("systems.1.base_urls.0", f"https://depot.example/?api_key={MIXED}", "S03"),
        ("systems.1.base_urls.0", "https://depot.example/@jobs", ""),
        ("teams.link-team.contact", HOOK, "S03"),
        ("teams.link-team.contact", "link-team@shop.example", ""),
    ],
)
def test_one_change_is_found_as_one_thing(path: str, value: Any, code: str) -> None:
    """Each change of the sound landscape has its code; a near miss has none."""
    assert codes(changed(path, value)) == ([code] if code else [])


@pytest.mark.parametrize(
    ("mail", "code"),
    [
        ("ada.quist@gmail.com", "S02"),
        ("shop@example.de", "S02"),
        ("ada@test.gmail.com", "S02"),
        ("Ada Quist <ada@acme.co.uk>", "S02"),
        ("ada.quist@mail.example.com", ""),
        ("ada@acme.test", ""),
    ],
)
def test_mail_addresses_of_nobody_are_made_up(mail: str, code: str) -> None:
    """Only the reserved domains are nobody's, and only at their end."""
    assert codes(changed(f"{WRITTEN}.email", mail)) == ([code] if code else [])


@pytest.mark.parametrize(
    ("number", "country", "code"),
    [
        ("+49 171 1234567", "DE", "S02"),
        ("+49 30 901820", "DE", "S02"),
        ("+49 30 23125 123", "DE", ""),
        ("+1 212 736 5000", "US", "S02"),
        ("+1 212 555 0142", "US", ""),
        ("+1 555 0100", "US", ""),
        ("+44 20 7946 0123", "GB", ""),
        ("+33 1 99 00 12 34", "FR", ""),
        ("0171 1234567", "DE", "S02"),
        ("0171 1234567", "US", ""),
        ("not before noon", "DE", ""),
    ],
)
def test_telephone_numbers_of_nobody_are_made_up(number: str, country: str, code: str) -> None:
    """Those that are kept free, and those that nobody can have; the country helps."""
    data = changed(f"{WRITTEN}.address", {"phone": number, "country_code": country})

    assert codes(data) == ([code] if code else [])


def test_a_fixed_value_of_a_secret_field_is_a_secret() -> None:
    """Whatever it looks like."""
    data = changed("systems.1.messages.job.fields.pass", {"sensitive": "secret"})

    (gap,) = gaps(changed("contracts.0.fields.pass", {"fixed": "abc"}, base=data))

    assert (gap.code, gap.at) == ("S03", "fields.pass.fixed")
    assert gap.places == ("contract:orders:fields/pass/fixed",)


def test_nothing_that_is_found_is_repeated() -> None:
    """A report would carry the secret or the customer further."""
    found = gaps(changed(SUMMARY, f"The key is {KEY}."))
    found += gaps(changed(f"{WRITTEN}.email", "ada.quist@gmail.com"))

    assert [gap.code for gap in found] == ["S03", "S02"]
    assert not [gap for gap in found if KEY in str(gap) or "quist" in str(gap)]
    assert ORDERS["owners"]["business"] == found[1].owner
