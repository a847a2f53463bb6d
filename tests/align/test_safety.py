"""Personal data and secrets are found where they do not belong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.align.support import changed, codes

KEY = "sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dc"


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("systems.1.messages.job.fields.mail.sensitive", ..., "S01"),
        ("systems.0.messages.order.fields.email.sensitive", ..., ""),
        ("contracts.0.examples.0.source.email", "ada.quist@gmail.com", "S02"),
        ("contracts.0.examples.0.source.email", "ada.quist@mail.example.com", ""),
        ("contracts.0.examples.0.source.card", "4111 1111 1111 1111", "S02"),
        ("contracts.0.examples.0.source.phone", "+1 555 0100", ""),
        ("contracts.0.summary", f"Every paid order becomes one job; the key is {KEY}.", "S03"),
        ("systems.1.base_urls.0", "https://user:" + "pass@depot.example", "S03"),
    ],
)
def test_one_change_is_found_as_one_thing(path: str, value: Any, code: str) -> None:
    """Each change of the sound landscape has its code; a near miss has none."""
    assert [one for one in codes(changed(path, value)) if one != "X05"] == ([code] if code else [])
