"""Value maps know every value that comes, and give only values that are taken."""

from __future__ import annotations

from typing import Any

import pytest

from tests.align.support import OF_OPEN_ORDERS, ORDERS, Data, changed, clean, codes, described

SOURCE = "systems.0.messages.order.fields.state"
TARGET = "systems.1.messages.job.fields"
PAIRS = "contracts.0.maps.states.pairs"


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
        ({f"{PAIRS}.paid": "RELEASED"}, "E03"),
        ({f"{PAIRS}.paid": "RELEASED", f"{TARGET}.status.open_enum": True}, ""),
        ({"contracts.0.fields.channel.fixed": "POS"}, "E04"),
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
                "contracts.0.fields.channel": {"from": "email", "using": "default SHOP"},
            },
            "E10",
        ),
        ({f"{PAIRS}.Paid": "HOLD", f"{SOURCE}.enum": ["paid", "open", "Paid"]}, "E11"),
    ],
)
def test_one_change_is_found_as_one_thing(edits: dict[str, Any], code: str) -> None:
    """Each change of the sound landscape has its code; a near miss has none."""
    data = None
    for path, value in edits.items():
        data = changed(path, value, base=data)

    found = [one for one in codes(data) if one not in ("X05", "S01", "T02")]

    if code == "E11":
        found = [one for one in found if one != "E07"]  # two spellings of one value also meet
    assert found == ([code] if code else [])


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


def test_one_name_means_one_map() -> None:
    """The same pairs under one name are no matter."""
    data = clean()
    data["contracts"].append(described(ORDERS, contract="twin", **OF_OPEN_ORDERS))
    assert codes(data) == []

    data["contracts"][1]["maps"]["states"]["pairs"] = {"paid": "HOLD", "open": "GO"}

    assert "E09" in codes(data)
