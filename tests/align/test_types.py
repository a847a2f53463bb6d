"""Values that do not fit into the fields of the target are found before anybody sends one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.align.support import changed, codes, gaps

SOURCE = "systems.0.messages.order.fields"
TARGET = "systems.1.messages.job.fields"
RULE = "contracts.0.fields"


@pytest.mark.parametrize(
    ("edits", "code"),
    [
        ({f"{TARGET}.mail.type": "integer", f"{TARGET}.mail.max": ...}, "T01"),
        ({f"{RULE}.channel.fixed": 7, f"{TARGET}.channel": {"required": "always"}}, "T01"),
        ({f"{TARGET}.mail.type": "any"}, ""),
        ({f"{TARGET}.mail.max": 99}, "T02"),
        ({f"{TARGET}.mail.max": 99, f"{RULE}.mail.using": "truncate 99"}, ""),
        ({f"{TARGET}.mail.max": 99, f"{RULE}.mail.using": "lower | truncate 100"}, "T02"),
        ({f"{SOURCE}.total.decimals": 3, f"{SOURCE}.total.digits": 11}, "T03"),
        (
            {
                f"{SOURCE}.total.decimals": 3,
                f"{SOURCE}.total.digits": 11,
                f"{RULE}.total.using": "to_decimal | round 2 half_up",
            },
            "",
        ),
        ({f"{TARGET}.total.digits": 9}, "T04"),
        ({f"{TARGET}.total.digits": 10}, ""),
        ({f"{TARGET}.'lines.*.qty'.at_most": 98}, "T05"),
        ({f"{TARGET}.'lines.*.qty'.at_least": 2}, "T05"),
        ({f"{TARGET}.channel.pattern": "[a-z]+"}, "T05"),
        ({f"{TARGET}.channel.pattern": "[A-Z]+"}, ""),
        (
            {
                f"{SOURCE}.id": {"type": "integer", "digits": 16, "required": "always"},
                f"{TARGET}.ref": {"type": "integer", "digits": 16, "required": "always"},
            },
            "T06",
        ),
        (
            {
                f"{SOURCE}.id": {"type": "integer", "digits": 15, "required": "always"},
                f"{TARGET}.ref": {"type": "integer", "digits": 15, "required": "always"},
            },
            "",
        ),
        ({f"{TARGET}.total.encoded_as": "number", f"{TARGET}.total.decimals": ...}, "T07"),
        ({f"{TARGET}.total.encoded_as": "number"}, ""),
        ({f"{TARGET}.mail.charset": "ascii"}, "T08"),
        ({f"{TARGET}.mail.charset": "ascii", f"{RULE}.mail.using": "to_ascii"}, ""),
        ({f"{TARGET}.currency.charset": "ascii"}, ""),
    ],
)
def test_what_does_not_fit_is_found(edits: dict[str, Any], code: str) -> None:
    """Each change of the sound landscape has its code; a near miss has none."""
    data = None
    for path, value in edits.items():
        data = changed(path.replace("'", '"'), value, base=data)

    assert codes(data) == ([code] if code else [])


def test_both_figures_are_named() -> None:
    """A reader need not open the files to understand."""
    (gap,) = gaps(changed(f"{TARGET}.mail.max", 60))

    assert gap.message == "up to 100 characters arrive, and mail takes 60"
