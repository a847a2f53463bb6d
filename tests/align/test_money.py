"""Units, currencies, tax and rounding are held against each other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.align.support import changed, clean, codes, gaps

SOURCE = "systems.0.messages.order.fields"
TARGET = "systems.1.messages.job.fields"
RULE = "contracts.0.fields"
OF_BOTH = {"from": ["total", "currency"], "using": "amount_from_minor_units"}
CENTS = {
    "type": "integer",
    "digits": 10,
    "money": "currency",
    "minor_units": True,
    "tax": "gross",
    "required": "always",
}
WIDE = {f"{TARGET}.kilos.digits": 20}
EXACT = {f"{TARGET}.kilos.decimals": 20, f"{TARGET}.kilos.digits": 40}


@pytest.mark.parametrize(
    ("edits", "codes_"),
    [
        ({f"{RULE}.kilos.using": "to_decimal", **WIDE}, ["U01"]),
        ({f"{TARGET}.'lines.*.qty'.unit": "dozen"}, ["U01"]),
        ({f"{SOURCE}.weight.unit": "lb"}, ["U02"]),
        ({f"{TARGET}.kilos.unit": "t"}, ["U02"]),
        ({f"{SOURCE}.weight.unit": ...}, []),
        ({f"{RULE}.kilos.using": "convert g to lb | convert lb to kg", **EXACT}, []),
        ({f"{RULE}.kilos.using": "convert g to lb | convert kg to lb", **EXACT}, ["U02"]),
        ({f"{RULE}.currency": ..., f"{TARGET}.currency.required": "optional"}, ["U03"]),
        (
            {
                f"{SOURCE}.paid_in": {"type": "currency_code", "required": "always"},
                f"{SOURCE}.total.money": "paid_in",
            },
            ["U03"],
        ),
        ({f"{TARGET}.total.tax": "net"}, ["U04"]),
        ({f"{TARGET}.total.tax": {"by": "channel"}}, ["U04"]),
        ({f"{TARGET}.total.tax": ...}, []),
        ({f"{RULE}.total.using": "to_decimal | round 4 half_up | round 2 half_up"}, ["U05"]),
        ({f"{SOURCE}.total": CENTS}, ["U06"]),
        ({f"{SOURCE}.total": CENTS, f"{RULE}.total.using": "from_minor_units EUR"}, []),
        ({f"{SOURCE}.total": CENTS, f"{RULE}.total": OF_BOTH}, []),
        ({f"{RULE}.total": OF_BOTH}, ["U06"]),
        ({f"{RULE}.total.using": "to_decimal | round_money EUR half_up"}, []),
    ],
)
def test_amounts_and_measures_agree(edits: dict[str, Any], codes_: list[str]) -> None:
    """Each change of the sound landscape has its code; a near miss has none."""
    data = None
    for path, value in edits.items():
        data = changed(path.replace("'", '"'), value, base=data)

    found = [code for code in codes(data) if code not in ("F04", "X03", "X05")]

    assert found == codes_


def test_a_sum_of_rounded_rows_needs_a_tolerance() -> None:
    """Each row may be off by half a cent."""
    data = changed(
        f'{TARGET}."lines.*.net"', {"type": "decimal", "decimals": 2, "encoded_as": "text"}
    )
    data = changed(
        f'{SOURCE}."items.*.net"',
        {"type": "decimal", "decimals": 4, "encoded_as": "text", "required": "always"},
        base=data,
    )
    data = changed(
        f"{RULE}.lines.fields.net", {"from": "net", "using": "round 2 half_up"}, base=data
    )
    total = {"add": ["lines.*.net"], "equals": ["total"]}

    assert codes(changed("contracts.0.sums", {"net": total}, base=data)) == ["U05"]
    allowed = {**total, "tolerance": "0.05"}
    assert codes(changed("contracts.0.sums", {"net": allowed}, base=data)) == []


def test_cents_of_a_currency_without_cents_are_found() -> None:
    """A yen has no hundredth."""
    data = changed(f"{SOURCE}.total", CENTS)
    data = changed(f"{RULE}.total.using", "major_units 2", base=data)
    assert "U06" not in codes(data)

    data = changed(f"{SOURCE}.currency.enum", ["EUR"], base=data)
    assert "U06" not in codes(data)

    data = changed(f"{SOURCE}.currency.enum", ["EUR", "JPY"], base=data)

    said = [gap.message for gap in gaps(data) if gap.code == "U06"]
    assert said == ["`major_units 2` counts 2 decimals, and JPY has 0"]


def test_a_currency_that_is_left_out_does_not_come() -> None:
    """Its decimals do not matter then."""
    data = changed(f"{SOURCE}.total", CENTS)
    data = changed(f"{RULE}.total.using", "from_minor_units EUR", base=data)
    data = changed(f"{SOURCE}.currency.enum", ["EUR", "KWD"], base=data)
    assert "U06" in codes(data)

    data = changed("contracts.0.when.currency", {"not": "KWD"}, base=data)

    assert "U06" not in codes(data)


def test_rounding_what_is_no_finer_changes_nothing() -> None:
    """A sum of such rows is exact."""
    data = changed(f'{TARGET}."lines.*.net"', {"type": "decimal", "decimals": 2})
    net = {"type": "decimal", "decimals": 2, "required": "always"}
    data = changed(f'{SOURCE}."items.*.net"', net, base=data)
    rule = {"from": "net", "using": "round 2 half_up"}
    data = changed(f"{RULE}.lines.fields.net", rule, base=data)
    total = {"add": ["lines.*.net"], "equals": ["total"]}

    assert codes(changed("contracts.0.sums", {"net": total}, base=data)) == []


def test_a_currency_may_stand_beside_its_amount() -> None:
    """In a row each amount has its own."""
    data = clean()
    for side, rows in ((SOURCE, "items"), (TARGET, "lines")):
        price = {"type": "decimal", "decimals": 2, "money": "paid_in", "required": "always"}
        code = {"type": "currency_code", "required": "always"}
        data = changed(f'{side}."{rows}.*.price"', price, base=data)
        data = changed(f'{side}."{rows}.*.paid_in"', code, base=data)
    data = changed(f"{RULE}.lines.fields.price", {"from": "price"}, base=data)
    own = changed(f"{RULE}.lines.fields.paid_in", {"from": "paid_in"}, base=data)
    assert codes(own) == []

    other = changed(f"{RULE}.lines.fields.paid_in", {"from": "^currency"}, base=data)

    assert "U03" in codes(other)


def test_what_an_expression_makes_of_an_amount_nobody_can_tell() -> None:
    """It may take the tax out, or count in cents."""
    data = changed(f"{RULE}.total", {"expression": "total"})
    data = changed(f"{TARGET}.total.tax", "net", base=data)

    assert codes(changed(f"{TARGET}.total.minor_units", True, base=data)) == ["X04"]
