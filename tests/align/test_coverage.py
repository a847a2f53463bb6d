"""Every target field has somebody who fills it, every source field somebody who reads it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.align.support import ORDERS, Data, changed, clean, codes, gaps

LINES = ORDERS["fields"]["lines"]
OPTIONAL = {"type": "text", "max": 20}


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("contracts.0.fields.maill", {"fixed": "x"}, "F01"),
        ("contracts.0.fields.lines.fields.size", {"fixed": "x"}, "F01"),
        ("contracts.0.fields.mail", {"from": "e_mail", "if_missing": "leave_out"}, "F02"),
        ("contracts.0.fields.lines.fields.qty", {"from": "quantity"}, "F02"),
        ("contracts.0.fields.ref", {"from": "id", "unlike": "idd"}, "F02"),
        ("contracts.0.fields.channel", ..., "F03"),
        ("contracts.0.fields.channel", {"set_by": "target"}, ""),
        ("systems.1.messages.job.fields.extra", {"required": "always"}, "F03"),
        ("systems.1.messages.job.fields.extra", {"required": {"when": {"channel": "POS"}}}, ""),
        ("systems.1.messages.job.fields.extra", {"required": "always", "read_only": True}, ""),
        ("systems.0.messages.order.fields.gift_note", OPTIONAL, "F04"),
        ("systems.0.messages.order.fields.gift_note", {**OPTIONAL, "critical": True}, "F06"),
        ("systems.0.messages.order.fields.'items.*.note'", OPTIONAL, "F04"),
        ("contracts.0.fields.'lines.*.qty'", {"fixed": 1}, "F05"),
        ("contracts.0.fields.mail", {"from": "items.*.sku"}, "F07"),
        ("contracts.0.fields.mail", {"from": "items.*.sku", "using": 'join ", "'}, ""),
        ("systems.0.messages.order.fields.items", {"type": "text", "required": "always"}, "F07"),
        ("systems.0.messages.order.fields.items.most", 101, "F08"),
        ("systems.0.messages.order.fields.items.most", 100, ""),
        ("systems.1.messages.job.fields.lines.fewest", 1, "F08"),
        ("systems.1.messages.job.fields.channel.read_only", True, "F10"),
    ],
)
def test_one_change_is_found_as_one_thing(path: str, value: Any, code: str) -> None:
    """Each change of the sound landscape has its code; a near miss has none."""
    found = codes(changed(path.replace("'", '"'), value))

    # A field whose rule is taken away is no longer spoken of, and no example has it; that follows.
    follows = {"F04", "X05"} - {code}
    assert [one for one in found if one not in follows] == ([code] if code else [])


def test_a_field_that_is_left_out_with_a_reason_is_spoken_of() -> None:
    """Also through the object that it stands in."""
    data = changed("systems.0.messages.order.fields.gift_note", OPTIONAL)
    data = changed('systems.0.messages.order.fields."gift.card"', OPTIONAL, base=data)
    assert codes(data) == ["F04"]

    data = changed("contracts.0.not_mapped", {"gift_note": "Unused.", "gift": "Unused."}, base=data)

    assert codes(data) == []


@pytest.mark.parametrize(
    "part",
    [
        {"when": {"state": "paid", "gift_note": {"is": "absent"}}},
        {"sums": {"a": {"add": ["total"], "equals": ["source.gift_note"]}}},
        {"correlate": {"ref": "gift_note"}},
        {"with": {"twin": {"one": "shop.order", "on": {"id": "gift_note"}}}},
    ],
)
def test_a_field_that_any_part_of_the_contract_names_is_spoken_of(part: Data) -> None:
    """Not only field rules read the source."""
    data = changed("systems.0.messages.order.fields.gift_note", OPTIONAL)
    data["contracts"][0].update(part)

    assert "F04" not in codes(data)


def test_a_row_key_that_may_be_missing_is_held_or_found() -> None:
    """Parking such a row is an agreement; nothing at all is none."""
    data = changed('systems.0.messages.order.fields."items.*.sku".required', "optional")

    assert "F09" in codes(data)
    data = changed("contracts.0.fields.lines.fields.sku.if_missing", "park", base=data)
    assert codes(data) == []


def test_blocks_may_fill_the_same_fields() -> None:
    """Each row comes from one of them."""
    block = {"each": "items", "fields": LINES["fields"]}
    data = changed(
        "contracts.0.fields.lines",
        {
            "match_by": ["sku"],
            "rows": {
                "few": {**block, "where": {"qty": {"at_most": 9}}},
                "many": {**block, "where": {"qty": {"over": 9}}},
            },
        },
    )

    assert codes(data) == []


def test_a_gap_points_at_the_rule_and_at_the_field() -> None:
    """So that both teams find their line."""
    (gap,) = gaps(changed("systems.1.messages.job.fields.channel.read_only", True, base=clean()))

    assert gap.places == (
        "contract:orders:fields/channel",
        "system:depot:messages/job/fields/channel",
    )
    assert (gap.owner, gap.at) == ("link-team", "fields.channel")
