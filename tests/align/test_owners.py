"""Whoever must act is named, knows of it, and can be reached."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from harness.contract import Contract
from tests.align.support import ORDERS, changed, clean, codes, gaps, world

LATER = [
    {"after": "1h", "to": "link-team", "via": "pager"},
    {"after": "15m", "to": "sales-team", "via": "phone"},
]


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("contracts.0.owners.source", "link-team", "O02"),
        ("contracts.0.owners.target", "ops-team", "O02"),
        ("contracts.0.owners.escalation", ..., "O03"),
        ("contracts.0.owners.escalation", LATER, "O04"),
        ("contracts.0.owners.escalation.0.after", "31m", "O04"),
        ("contracts.0.owners.escalation.0.after", "30m", ""),
        ("teams.sales-team.until", "2026-03-01", "O05"),
        ("teams.sales-team.until", "2026-03-02", ""),
        ("contracts.0.parked.replay_by", ..., "O06"),
        ("contracts.0.signed_off", ..., "O07"),
        ("contracts.0.signed_off.0.version", "0.9.0", "O07"),
        ("contracts.0.signed_off.0.terms", "0123456789ab", "O07"),
        ("contracts.0.status", "proposed", ""),
        ("teams.link-team.contact", " - ", "O08"),
        ("teams.shop-team.contact", "-", ""),
    ],
)
def test_one_change_is_found_as_one_thing(path: str, value: Any, code: str) -> None:
    """Each change of the sound contract has its code; a near miss has none."""
    assert codes(changed(path, value)) == ([code] if code else [])


def test_a_contract_without_an_owner_cannot_be_read() -> None:
    """So O01 is found while the files are read."""
    with pytest.raises(ValidationError, match="integration"):
        Contract.model_validate(
            {**ORDERS, "owners": {"business": "a", "source": "b", "target": "c"}}
        )


def test_terms_that_are_signed_as_they_are_hold() -> None:
    """The digest speaks of what was agreed, not of who signed it, or when it went live."""
    terms = world().contracts[0].terms
    signed = changed("contracts.0.signed_off.0.terms", terms)

    assert codes(signed) == []
    assert codes(changed("contracts.0.status", "live", base=signed)) == []
    assert codes(changed("contracts.0.retry.attempts", 4, base=signed)) == ["O07"]


def test_nobody_has_left_where_no_day_is_given() -> None:
    """Without a day nothing can have ended."""
    assert codes(changed("teams.sales-team.until", "2020-01-01"), today="") == []


def test_both_sides_are_pointed_at() -> None:
    """The contract's line first, then that of the system."""
    (gap,) = gaps(changed("contracts.0.owners.source", "link-team", base=clean()))

    assert gap.places == ("contract:orders:owners/source", "system:shop:owner")
    assert gap.owner == "sales-team"
