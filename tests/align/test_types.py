"""Values that do not fit into the fields of the target are found before anybody sends one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.align.support import changed, codes, gaps

SOURCE = "systems.0.messages.order.fields"
TARGET = "systems.1.messages.job.fields"
RULE = "contracts.0.fields"
FIRST_OF = {"from": ["email", "id"], "using": "first_of"}
TOKYO = "Asia/Tokyo"


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
        ({f"{TARGET}.mail.charset": "ascii", f"{SOURCE}.email.pattern": "[a-z0-9@.]+"}, ""),
        ({f"{TARGET}.mail.charset": "ascii", f"{SOURCE}.email.pattern": ".+@.+"}, "T08"),
        (
            {f"{TARGET}.mail.max": 99, f"{RULE}.mail": {"from": "email", "using": "default -"}},
            "T02",
        ),
        ({f"{RULE}.mail": {"from": "email", "using": f"default {'-' * 101}"}}, "T02"),
        ({f"{RULE}.mail": {"from": ["id", "email"], "using": "first_of"}}, ""),
        ({f"{TARGET}.mail.max": 99, f"{RULE}.mail": FIRST_OF}, "T02"),
        ({f"{TARGET}.channel.min": 4}, "T05"),
        ({f"{TARGET}.channel.min": 3}, ""),
        ({f"{TARGET}.placed.zone": TOKYO, f"{RULE}.placed.using": f"to_local {TOKYO}"}, ""),
    ],
)
def test_what_does_not_fit_is_found(edits: dict[str, Any], code: str) -> None:
    """Each change of the sound landscape has its code; a near miss has none."""
    data = None
    for path, value in edits.items():
        data = changed(path.replace("'", '"'), value, base=data)

    assert codes(data) == ([code] if code else [])


@pytest.mark.parametrize(
    ("taken", "using", "code"),
    [
        (["paid"], None, []),
        (["open"], None, ["T05"]),
        (["PAID"], "upper", []),
        (["Paid"], "upper", ["T05"]),
    ],
)
def test_listed_values_that_come_must_be_taken(
    taken: list[str], using: str | None, code: list[str]
) -> None:
    """Through the transforms of the rule; what `when` leaves out does not come."""
    data = changed(f"{TARGET}.kind", {"type": "text", "enum": taken})
    rule = {"from": "state"} if using is None else {"from": "state", "using": using}

    assert codes(changed(f"{RULE}.kind", rule, base=data)) == code


def test_both_figures_are_named() -> None:
    """A reader need not open the files to understand."""
    (gap,) = gaps(changed(f"{TARGET}.mail.max", 60))

    assert gap.message == "up to 100 characters arrive, and mail takes 60"
