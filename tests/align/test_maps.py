"""Value maps know every value that comes, and give only values that are taken."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from harness.loader import load_project
from harness.starter import copy_landscape
from tests.align.support import (
    OF_OPEN_ORDERS,
    ORDERS,
    Data,
    changed,
    clean,
    codes,
    described,
    gaps,
)
from tests.projects import replace_in

SOURCE = "systems.0.messages.order.fields.state"
TARGET = "systems.1.messages.job.fields"
PAIRS = "contracts.0.maps.states.pairs"
WRITTEN = "contracts.0.examples"
FIRST, SECOND = ORDERS["examples"]
MORE = {f"{SOURCE}.enum": ["paid", "open", "void"]}
"""A value of the source that the map does not know; `when` leaves it out."""
STATELESS = {name: value for name, value in SECOND["source"].items() if name != "state"}
UNSTATED = [FIRST, {"name": "without a state", "source": STATELESS, "target": {"ref": "A-2"}}]
RELEASED = {
    f"{WRITTEN}.0.target.status": "RELEASED",
    f"{WRITTEN}.1.target.status": "RELEASED",
}
SPELT = {
    f"{SOURCE}.enum": ["paid", "open", "Paid"],
    f"{TARGET}.status.enum": ["GO", "HOLD", "STOP"],
}
OPTIONAL = {f"{SOURCE}.required": "optional", "contracts.0.when": ..., f"{WRITTEN}": UNSTATED}
TEXT = "to_text | default "


@pytest.mark.parametrize(
    ("edits", "code"),
    [
        ({f"{SOURCE}.enum": ["paid", "open", "void"], "contracts.0.when": ...}, "E02"),
        ({f"{SOURCE}.enum": ["paid", "open", "void"]}, ""),
        (
            {
                f"{SOURCE}.enum": ["paid", "open", "void"],
                "contracts.0.when": ...,
                "contracts.0.maps.states.if_unmapped": "park",
            },
            "",
        ),
        ({**MORE, "contracts.0.when": {"currency": "EUR"}}, "E02"),
        ({**MORE, "contracts.0.when": {"total": {"is": "present"}}}, "E02"),
        ({**MORE, "contracts.0.when": {"state": {"not": "void"}, "currency": "EUR"}}, ""),
        ({**RELEASED, f"{PAIRS}.paid": "RELEASED"}, "E03"),
        ({**RELEASED, f"{PAIRS}.paid": "RELEASED", f"{TARGET}.status.open_enum": True}, ""),
        ({f"{PAIRS}.open": None}, "E03"),
        ({f"{PAIRS}.open": None, f"{TARGET}.status.nullable": True}, ""),
        ({"contracts.0.fields.channel.fixed": "POS"}, "E04"),
        ({"contracts.0.fields.channel.fixed": "POS", f"{TARGET}.channel.open_enum": True}, ""),
        ({f"{SOURCE}.open_enum": True}, "E05"),
        ({f"{SOURCE}.open_enum": True, "contracts.0.maps.states.if_unmapped": "park"}, ""),
        ({f"{SOURCE}.enum": ["paid"]}, "E06"),
        ({f"{PAIRS}.open": "GO"}, "E07"),
        ({f"{PAIRS}.open": "GO", "contracts.0.maps.states.lossy": ["open"]}, ""),
        (
            {
                "contracts.0.maps.states.if_unmapped": "keep",
                f"{SOURCE}.open_enum": True,
            },
            "E10",
        ),
        (
            {
                "contracts.0.maps.states.if_unmapped": "keep",
                f"{SOURCE}.open_enum": True,
                f"{TARGET}.status.open_enum": True,
            },
            "",
        ),
        ({"contracts.0.fields.channel": {"from": "weight", "using": TEXT + "SHOP"}}, "E10"),
        ({"contracts.0.fields.channel": {"from": "weight", "using": TEXT + "WEB"}}, ""),
        ({"contracts.0.fields.kilos.using": "convert g to kg | default none"}, "E10"),
        ({"contracts.0.fields.kilos.using": "convert g to kg | default 0"}, ""),
        ({**OPTIONAL, "contracts.0.fields.status.using": "default lost"}, "E10"),
        ({**OPTIONAL, "contracts.0.fields.status.using": "default open"}, ""),
        ({**SPELT, "contracts.0.maps.states.pairs.Paid": "STOP"}, "E11"),
        (
            {
                **SPELT,
                "contracts.0.maps.states.pairs.Paid": "GO",
                "contracts.0.maps.states.lossy": ["Paid"],
            },
            "",
        ),
    ],
)
def test_one_change_is_found_as_one_thing(edits: dict[str, Any], code: str) -> None:
    """Each change of the sound landscape has its code; a near miss has none."""
    data = None
    for path, value in edits.items():
        data = changed(path, value, base=data)

    assert codes(data) == ([code] if code else [])


def test_a_map_that_nobody_defines_cannot_be_read(tmp_path: Path) -> None:
    """So E01 is found while the files are read."""
    folder = tmp_path / "shop"
    copy_landscape(folder)
    name = "contracts/shopify-order-to-oms.yaml"
    replace_in(folder / name, "map: payment_status,", "map: payment,")

    (problem,) = load_project(folder).problems

    assert "there is no map 'payment'" in str(problem)
    assert str(problem).startswith(name)


def test_numbers_are_held_against_numbers() -> None:
    """A condition on a number leaves the listed text of another number out."""
    data = changed(SOURCE, {"type": "integer", "enum": ["1", "2"], "required": "always"})
    data = changed("contracts.0.maps.states.pairs", {"1": "GO"}, base=data)

    assert "E02" not in codes(changed("contracts.0.when", {"state": 1}, base=data))
    assert "E02" in codes(changed("contracts.0.when", {"state": [1, 2]}, base=data))


def both_ways(**pairs: str) -> Data:
    """Return a landscape in which the state comes back from the depot."""
    data = clean()
    shop, depot = data["systems"][0], data["systems"][1]
    depot["messages"]["job"]["carried_by"]["push"] = {"webhook": "jobs/changed"}
    depot["resends"] = {"attempts": 3, "over": "1h"}
    shop["messages"]["order"]["carried_by"]["write"] = {"request": "PUT /orders/:id"}
    owners = {**ORDERS["owners"], "source": "depot-team", "target": "shop-team"}
    back = described(
        ORDERS,
        contract="states-back",
        owners=owners,
        fields={"id": {"from": "ref"}, "state": {"from": "status", "map": "back"}},
        maps={"back": {"pairs": pairs}},
        **{"from": "depot.job", "to": "shop.order", "when": {"channel": "WEB"}},
    )
    data["contracts"].append(back)
    return data


def test_a_value_that_goes_and_comes_back_is_the_same() -> None:
    """Or it is lost on purpose."""
    assert "E08" not in codes(both_ways(GO="paid", HOLD="open"))
    swapped = both_ways(GO="open", HOLD="paid")
    assert "E08" in codes(swapped)
    swapped["contracts"][0]["maps"]["states"]["lossy"] = ["paid", "open"]
    swapped["contracts"][1]["maps"]["back"]["lossy"] = ["GO", "HOLD"]
    assert "E08" not in codes(swapped)


def test_each_value_that_comes_back_changed_is_told() -> None:
    """With what it becomes; saying so on either side is enough, another object is no way back."""
    data = both_ways(GO="paid", HOLD="paid")
    (gap,) = [gap for gap in gaps(data) if gap.code == "E08" and gap.about == "orders"]
    assert gap.message == "open becomes HOLD, and states-back makes paid of it"

    said = deepcopy(data)
    said["contracts"][1]["maps"]["back"]["lossy"] = ["HOLD"]
    assert "E08" not in codes(said)

    data["contracts"][1]["object"] = "tracking"
    assert "E08" not in codes(data)


def test_one_name_means_one_map() -> None:
    """The same pairs under one name are no matter."""
    data = clean()
    data["contracts"].append(described(ORDERS, contract="twin", **OF_OPEN_ORDERS))
    assert codes(data) == []

    data["contracts"][1]["maps"]["states"]["pairs"] = {"paid": "HOLD", "open": "GO"}

    assert "E09" in codes(data)
