"""What happens when the source has no value is agreed, or found."""

from __future__ import annotations

from typing import Any

import pytest

from tests.align.support import changed, codes

SOURCE = "systems.0.messages.order.fields"
TARGET = "systems.1.messages.job.fields"
RULE = "contracts.0.fields"


@pytest.mark.parametrize(
    ("edits", "code"),
    [
        ({f"{SOURCE}.total.required": "optional"}, "R01"),
        ({f"{SOURCE}.total.nullable": True}, "R01"),
        ({f"{SOURCE}.total.required": "optional", f"{RULE}.total.if_missing": "park"}, ""),
        ({f"{SOURCE}.total.required": "optional", f"{RULE}.total.if_missing": "leave_out"}, "R01"),
        ({f"{SOURCE}.total.required": {"when": {"state": "paid"}}}, ""),
        ({f"{SOURCE}.state.required": "optional"}, ""),
        ({f"{RULE}.total.using": "default 0 | to_decimal"}, "R02"),
        ({f"{RULE}.mail.using": "default x", f"{RULE}.mail.if_missing": ...}, ""),
        ({"contracts.0.when": {"state": "paid", "cancelled": {"is": "nothing"}}}, "R03"),
        ({"contracts.0.when": {"state": "paid", "email": {"is": "present"}}}, ""),
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
