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
        ("contracts.0.idempotency.key", ["reff"], "F01"),
        ("contracts.0.correlate", {"reff": "id"}, "F01"),
        ("contracts.0.correlate", {"ref": "idd"}, "F02"),
        ("contracts.0.with", {"twin": {"one": "shop.order", "on": {"idd": "id"}}}, "F02"),
        ("contracts.0.with", {"twin": {"one": "shop.order", "on": {"id": "idd"}}}, "F02"),
        ("contracts.0.sums", {"a": {"add": ["totl"], "equals": ["source.total"]}}, "F01"),
        ("contracts.0.sums", {"a": {"add": ["total"], "equals": ["source.totl"]}}, "F02"),
        ("contracts.0.sums", {"a": {"add": ["total"], "equals": ["source.total"]}}, ""),
        ("contracts.0.fields.channel", ..., "F03"),
        ("contracts.0.fields.channel", {"set_by": "target"}, ""),
        ("systems.1.messages.job.fields.extra", {"required": "always"}, "F03"),
        ("systems.1.messages.job.fields.extra", {"required": {"when": {"channel": "POS"}}}, ""),
        ("systems.1.messages.job.fields.extra", {"required": "always", "read_only": True}, ""),
        ("systems.1.messages.job.fields.'ship.city'", {"required": "always"}, "F03"),
        ("systems.0.messages.order.fields.gift_note", OPTIONAL, "F04"),
        ("systems.0.messages.order.fields.gift_note", {**OPTIONAL, "critical": True}, "F06"),
        ("systems.0.messages.order.fields.'items.*.note'", OPTIONAL, "F04"),
        ("contracts.0.fields.'lines.*.qty'", {"fixed": 1}, "F05"),
        ("contracts.0.fields.mail", {"from": "items.*.sku"}, "F07"),
        ("contracts.0.fields.mail", {"from": "items.*.sku", "using": 'join ", "'}, ""),
        ("contracts.0.fields.mail", {"from": "items.*.sku", "using": "first"}, ""),
        ("contracts.0.fields.mail", {"from": "items.0.sku"}, ""),
        ("contracts.0.fields.mail", {"from": ["email", "id"], "if_missing": "leave_out"}, "F07"),
        ("systems.0.messages.order.fields.items", {"type": "text", "required": "always"}, "F07"),
        ("systems.0.messages.order.fields.items.most", 101, "F08"),
        ("systems.0.messages.order.fields.items.most", 100, ""),
        ("systems.1.messages.job.fields.lines.fewest", 1, ""),
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


def test_what_stands_in_an_object_is_needed_only_with_it() -> None:
    """A city that an address always has is not missing where no address is sent."""
    data = changed('systems.1.messages.job.fields."ship.city"', {"required": "always"})
    data = changed("systems.1.messages.job.fields.ship", {"type": "any"}, base=data)

    assert codes(data) == []

    data = changed('systems.1.messages.job.fields."ship.name"', {"max": 20}, base=data)
    data = changed('contracts.0.fields."ship.name"', {"from": "id"}, base=data)

    assert codes(data) == ["F03"]


def test_the_fewest_rows_are_held_against_each_other() -> None:
    """Where both sides say them, and every row is taken."""
    data = changed("systems.1.messages.job.fields.lines.fewest", 1)

    assert codes(changed("systems.0.messages.order.fields.items.fewest", 1, base=data)) == []
    assert codes(changed("systems.0.messages.order.fields.items.fewest", 0, base=data)) == ["F08"]


def test_rows_that_are_dropped_are_spoken_of() -> None:
    """The reason stands in the contract."""
    data = changed("systems.0.messages.order.fields.fees", {"type": "list"})
    data = changed('systems.0.messages.order.fields."fees.*.text"', OPTIONAL, base=data)
    assert codes(data) == ["F04"]

    items = {"each": "items", "fields": LINES["fields"]}
    fees = {"each": "fees", "drop": "The depot packs no fees."}
    rows = {"match_by": ["sku"], "rows": {"goods": items, "fees": fees}}

    assert codes(changed("contracts.0.fields.lines", rows, base=data)) == []


def test_a_rule_for_a_part_stands_against_one_of_its_own_block_alone() -> None:
    """Another block makes other rows."""
    whole, part = {"qty": {"from": "qty"}}, {"qty.unit": {"fixed": "each"}}
    few = {"each": "items", "where": {"qty": 1}}
    many = {"each": "items", "where": {"qty": {"over": 1}}}
    sku = {"sku": {"from": "sku"}}
    data = changed('systems.1.messages.job.fields."lines.*.qty.unit"', {"type": "text"})

    def found(one: Data, other: Data) -> bool:
        rows = {"few": {**few, "fields": {**sku, **one}}, "many": {**many, "fields": other}}
        rule = {"match_by": ["sku"], "rows": rows}
        return "F05" in codes(changed("contracts.0.fields.lines", rule, base=data))

    assert not found(whole, {**sku, **part})
    assert found({**whole, **part}, {**sku, **whole})


def test_what_an_expression_makes_of_a_list_nobody_can_tell() -> None:
    """So nothing is said of it."""
    rule = {"expression": "path('items.*.sku') | first"}

    assert "F07" not in codes(changed("contracts.0.fields.mail", rule))


@pytest.mark.parametrize(
    "part",
    [
        {"when": {"state": "paid", "gift_note": {"is": "absent"}}},
        {"sums": {"a": {"add": ["total"], "equals": ["source.gift_note"]}}},
        {"correlate": {"ref": "gift_note"}},
        {"state": {"a": {"what": "sum shop.order gift_note", "is": 0}}},
        {"state": {"a": {"what": "count shop.order", "per": "gift_note", "is": 1}}},
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
