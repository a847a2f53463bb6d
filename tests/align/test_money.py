"""Units, currencies, tax and rounding are held against each other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.align.support import changed, codes

SOURCE = "systems.0.messages.order.fields"
TARGET = "systems.1.messages.job.fields"
RULE = "contracts.0.fields"
CENTS = {
    "type": "integer",
    "digits": 10,
    "money": "currency",
    "minor_units": True,
    "tax": "gross",
    "required": "always",
}
WIDE = {f"{TARGET}.kilos.digits": 20}


@pytest.mark.parametrize(
    ("edits", "codes_"),
    [
        ({f"{RULE}.kilos.using": "to_decimal", **WIDE}, ["U01"]),
        ({f"{TARGET}.'lines.*.qty'.unit": "dozen"}, ["U01"]),
        ({f"{SOURCE}.weight.unit": "lb"}, ["U02"]),
        ({f"{TARGET}.kilos.unit": "t"}, ["U02"]),
        ({f"{SOURCE}.weight.unit": ...}, []),
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
    ],
)
def test_amounts_and_measures_agree(edits: dict[str, Any], codes_: list[str]) -> None:
    """Each change of the sound landscape has its code; a near miss has none."""
    data = None
    for path, value in edits.items():
        data = changed(path.replace("'", '"'), value, base=data)

    found = [code for code in codes(data) if code not in ("F04", "X05")]

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

    data = changed(f"{SOURCE}.currency.enum", ["EUR", "JPY"], base=data)

    assert "U06" in codes(data)
