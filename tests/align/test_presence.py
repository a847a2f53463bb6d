"""What happens when the source has no value is agreed, or found."""

from __future__ import annotations

from typing import Any

import pytest

from tests.align.support import changed, codes

SOURCE = "systems.0.messages.order.fields"
TARGET = "systems.1.messages.job.fields"
RULE = "contracts.0.fields"


TWIN = {"one": "shop.order", "on": {"id": "id"}}


def asking(field: str, condition: Any) -> dict[str, Any]:
    """Return the change by which the contract promises some messages only."""
    return {f"contracts.0.when.{field}": condition}


def summed(when: dict[str, Any]) -> dict[str, Any]:
    """Return a sum that holds under a condition."""
    return {"all": {"add": ["total"], "equals": ["source.total"], "when": when}}


@pytest.mark.parametrize(
    ("edits", "code"),
    [
        ({f"{SOURCE}.total.required": "optional"}, "R01"),
        ({f"{SOURCE}.total.nullable": True}, "R01"),
        ({f"{SOURCE}.total.required": "optional", f"{RULE}.total.if_missing": "park"}, ""),
        ({f"{SOURCE}.total.required": "optional", f"{RULE}.total.if_missing": "leave_out"}, "R01"),
        ({f"{SOURCE}.total.required": {"when": {"state": "paid"}}}, ""),
        ({f"{SOURCE}.state.required": "optional"}, ""),
        ({f"{SOURCE}.total.required": "optional", **asking("total", {"is": "present"})}, ""),
        ({f"{SOURCE}.total.required": "optional", **asking("total", {"is": "nothing"})}, "R01"),
        ({f"{SOURCE}.total.required": "optional", **asking("total", {"over": 0})}, ""),
        ({f"{SOURCE}.total.nullable": True, **asking("total", {"not": 0})}, "R01"),
        ({f"{RULE}.ref": {"from": ["email", "id"], "using": "first_of"}}, ""),
        ({f"{RULE}.ref": {"from": ["email", "email"], "using": "first_of"}}, "R01"),
        (
            {f"{SOURCE}.email.required": {"when": {"state": "paid"}}, f"{RULE}.ref.from": "email"},
            "",
        ),
        ({f"{RULE}.total.using": "default 0 | to_decimal"}, "R02"),
        ({f"{RULE}.mail.using": "default x", f"{RULE}.mail.if_missing": ...}, ""),
        ({"contracts.0.when": {"state": "paid", "cancelled": {"is": "nothing"}}}, "R03"),
        ({"contracts.0.when": {"state": "paid", "email": {"is": "present"}}}, ""),
        ({"contracts.0.sums": summed({"channel": "WEB"})}, ""),
        ({"contracts.0.sums": summed({"chanel": "WEB"})}, "R03"),
        ({"contracts.0.with": {"twin": {**TWIN, "where": {"state": "open"}}}}, ""),
        ({"contracts.0.with": {"twin": {**TWIN, "where": {"status": "open"}}}}, "R03"),
        ({f"{SOURCE}.email.nullable": True, f"{RULE}.mail.if_missing": ...}, "R04"),
        ({f"{SOURCE}.email.nullable": True}, ""),
        (
            {
                f"{SOURCE}.email.nullable": True,
                f"{RULE}.mail.if_missing": ...,
                f"{TARGET}.mail.nullable": True,
            },
            "",
        ),
    ],
)
def test_missing_values_are_agreed(edits: dict[str, Any], code: str) -> None:
    """Each change of the sound landscape has its code; a near miss has none."""
    data = None
    for path, value in edits.items():
        data = changed(path, value, base=data)

    assert [one for one in codes(data) if one[0] == "R"] == ([code] if code else [])


def test_a_value_is_missing_together_with_what_it_stands_in() -> None:
    """A country that an address always has is not there where the address is not."""
    data = changed(f'{SOURCE}."address.country"', {"type": "text", "max": 2, "required": "always"})
    data = changed(f"{TARGET}.country", {"type": "text", "max": 2, "required": "always"}, base=data)
    data = changed(f"{RULE}.country", {"from": "address.country"}, base=data)
    assert "R01" not in codes(data)

    data = changed(f"{SOURCE}.address", {"type": "any"}, base=data)
    assert "R01" in codes(data)

    data = changed("contracts.0.when.address", {"is": "present"}, base=data)
    assert "R01" not in codes(data)


def test_a_block_asks_for_what_its_rows_have() -> None:
    """The rows without it fall into another block."""
    data = changed(f'{SOURCE}."items.*.qty".required', "optional")
    fields = {"sku": {"from": "sku"}, "qty": {"from": "qty"}}
    given = {"each": "items", "where": {"qty": {"is": "present"}}, "fields": fields}
    rest = {"each": "items", "where": {"qty": {"is": "nothing"}}, "drop": "Nothing to pack."}
    rows = {"match_by": ["sku"], "rows": {"given": given, "rest": rest}}

    assert "R01" in codes(data)
    assert "R01" not in codes(changed(f"{RULE}.lines", rows, base=data))
