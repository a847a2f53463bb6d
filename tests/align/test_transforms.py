"""What transforms lose and what nobody can check is found, and examples are asked for."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from harness.contract import FieldRule
from tests.align.support import ORDERS, changed, codes, gaps

RULE = "contracts.0.fields"
FIRST, SECOND = ORDERS["examples"]
KILOS = {f"{RULE}.kilos.if_missing": "park"}
PARKED = {**KILOS, f"{RULE}.mail.if_missing": "park"}
"""What is parked makes no target, so no example can show it."""
ASKED_FOR = {"contracts.0.when": {"state": "paid", "email": {"is": "present"}}, **KILOS}
"""What a condition asks for is in every message that is promised."""
DEEP = {
    "systems.0.messages.order.fields.'size.tall'".replace("'", '"'): {"type": "integer"},
    "systems.1.messages.job.fields.tall": {"type": "integer"},
    f"{RULE}.tall": {"from": "size.tall", "if_missing": "leave_out"},
}
DOTTED = {**SECOND, "source": {**SECOND["source"], "size.tall": 3}}
"""An example may write a field inside another one with a dot."""


@pytest.mark.parametrize(
    ("edits", "code"),
    [
        ({f"{RULE}.lines.fields.sku.using": "upper"}, "X03"),
        ({f"{RULE}.mail.using": "upper"}, ""),
        ({f"{RULE}.total.using": "to_decimal | round 2 half_up"}, ""),
        ({f"{RULE}.total.using": "to_decimal | absolute"}, "X03"),
        ({f"{RULE}.channel": {"expression": "'WEB'", "severity": "blocker"}}, "X04"),
        ({"contracts.0.examples.0.target.total": "34.64"}, "X05"),
        ({"contracts.0.examples.0.target.lines.0.qty": 3}, "X05"),
        ({"contracts.0.examples.0.target.lines.0.sku": "S-2"}, "X05"),
        ({"contracts.0.examples.0.target.lines": []}, "X05"),
        ({"contracts.0.examples.0.target.nothing": "x"}, "X05"),
        ({"contracts.0.examples.0.source.state": "open"}, "X05"),
        ({"contracts.0.examples.0.source.state": "lost"}, "X05"),
        ({"contracts.0.examples.1.target.mail": "x"}, "X05"),
        ({"contracts.0.examples.0.target.total": "34.630"}, ""),
        ({"contracts.0.examples": [FIRST]}, "X06"),
        ({"contracts.0.examples": [FIRST], **PARKED}, ""),
        ({"contracts.0.examples": [FIRST], **ASKED_FOR}, ""),
        ({"contracts.0.examples": [SECOND, SECOND]}, "X06"),
        ({"contracts.0.examples": [FIRST, DOTTED], **DEEP}, ""),
        ({"contracts.0.examples": ...}, "X09"),
    ],
)
def test_one_change_is_found_as_one_thing(edits: dict[str, Any], code: str) -> None:
    """Each change of the sound landscape has its code; a near miss has none."""
    data = None
    for path, value in edits.items():
        data = changed(path, value, base=data)

    found = [one for one in codes(data) if one != "X05" or "examples" in str(edits)]

    assert found == ([code] if code else [])


def test_an_expression_elsewhere_is_a_note() -> None:
    """It is counted and shown, and stands in nobody's way."""
    (gap,) = [
        g for g in gaps(changed(f"{RULE}.channel", {"expression": "'WEB'"})) if g.code == "X04"
    ]

    assert gap.weight == "note"


@pytest.mark.parametrize("pipe", ["shout", "to_utc | round 2 half_up"])
def test_a_pipe_that_cannot_work_cannot_be_read(pipe: str) -> None:
    """So X01 and X02 are found while the files are read."""
    with pytest.raises(ValidationError, match=r"shout|round"):
        FieldRule.model_validate({"from": "a", "using": pipe})
