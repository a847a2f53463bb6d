"""What shows only when all contracts are looked at together is found."""

from __future__ import annotations

from typing import Any

import pytest

from tests.align.support import (
    DEPOT,
    OF_OPEN_ORDERS,
    ORDERS,
    SHOP,
    Data,
    changed,
    clean,
    codes,
    described,
    gaps,
)

DIGEST = "a" * 64


def second(**values: Any) -> Data:
    """Return the landscape with a second contract between the same messages."""
    data = clean()
    data["contracts"].append(described(ORDERS, contract="twin", **values))
    return data


def back(**values: Any) -> Data:
    """Return a landscape in which jobs come back as orders."""
    data = clean()
    shop, depot = data["systems"][0], data["systems"][1]
    shop["messages"]["order"]["carried_by"]["write"] = {"request": "POST /orders"}
    depot["messages"]["job"]["carried_by"]["push"] = {"webhook": "jobs/changed"}
    depot["resends"] = {"attempts": 3, "over": "1h"}
    first = {key: value for key, value in ORDERS.items() if key not in ("when", "updates")}
    owners = {**ORDERS["owners"], "source": "depot-team", "target": "shop-team"}
    returning = {
        **first,
        "contract": "returns",
        "from": "depot.job",
        "to": "shop.order",
        "owners": owners,
        "fields": {"id": {"from": "ref"}, "state": {"fixed": "open"}},
        "not_mapped": {},
        "examples": [],
    }
    for extra in ("maps", "volume"):
        returning.pop(extra, None)
    data["contracts"] = [first, {**returning, **values}]
    return data


def only(data: Data, *wanted: str) -> list[str]:
    """Return the codes among these that a landscape is reported with."""
    return [code for code in codes(data) if code in wanted]


def test_a_message_that_travels_nowhere_is_missed_on_both_sides() -> None:
    """A source that leaves in no way, a target that takes no request."""
    silent = changed("systems.0.messages.order.carried_by", {"write": {"request": "POST /o"}})
    deaf = changed("systems.1.messages.job.carried_by", {"read": {"response": "GET /jobs/:id"}})

    assert [(gap.code, gap.at) for gap in gaps(silent) if gap.code == "G01"] == [("G01", "from")]
    assert [(gap.code, gap.at) for gap in gaps(deaf) if gap.code == "G01"] == [("G01", "to")]


def test_a_message_that_nobody_uses_is_a_note() -> None:
    """It is no mistake to describe more than is agreed; alerts are read by people."""
    data = changed("systems.0.messages.refund", SHOP["messages"]["order"])

    (gap,) = gaps(data)

    assert (gap.code, gap.weight, gap.about, gap.at) == ("G01", "note", "shop", "messages.refund")


def test_two_writers_of_one_field_are_found() -> None:
    """Unless they write different things, or are told apart by their conditions."""
    assert codes(second()) == ["G02"]
    assert codes(second(**OF_OPEN_ORDERS)) == []
    assert codes(second(**{**OF_OPEN_ORDERS, "when": {"state": ["open"]}})) == []
    apart = {**OF_OPEN_ORDERS, "when": {"state": {"not": "paid"}}}
    assert codes(second(**apart)) == ["G02"]
    assert codes(second(status="retired")) == []


def test_two_sources_with_keys_of_their_own_write_different_things() -> None:
    """Orders of two shops are two orders; a stock level fed by two systems is one."""
    data = clean()
    other = described(SHOP, system="market", base_urls=["https://market.example"])
    data["systems"].append(other)
    data["contracts"].append(
        described(
            ORDERS,
            contract="market-orders",
            **{"from": "market.order"},
        )
    )
    assert codes(data) == []

    data["contracts"][1]["fields"] = {
        **data["contracts"][1]["fields"],
        "ref": {"fixed": "ONE", "severity": "blocker"},
    }
    assert "G02" in codes(data)


def test_a_loop_needs_a_stop() -> None:
    """A condition or an order of versions anywhere in the circle is one."""
    assert only(back(), "G03") == ["G03"]
    assert only(back(when={"channel": "WEB"}), "G03") == []
    assert only(back(status="retired"), "G03") == []
    assert only(clean(), "G03") == []


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("systems.1.messages.job.sunset", "2026-03-02", "G04"),
        ("systems.1.messages.job.sunset", "2026-03-03", ""),
        ("systems.0.messages.order.imported", {"file": "shop.json", "sha256": DIGEST}, ""),
        ("systems.0.messages.order.imported", {"file": "shop.json", "sha256": "b" * 64}, "G05"),
        ("systems.0.messages.order.imported", {"file": "gone.json", "sha256": DIGEST}, "G05"),
    ],
)
def test_what_has_ended_or_changed_is_found(path: str, value: Any, code: str) -> None:
    """By the day and by the digest of the vendor's file."""
    found = codes(changed(path, value), digests={"shop.json": DIGEST})

    assert found == ([code] if code else [])


def test_precision_that_both_hops_take_is_found() -> None:
    """One rounding is agreed; two in a row leave another value than one would."""
    data = clean()
    job = data["systems"][1]["messages"]["job"]
    job["carried_by"]["push"] = {"webhook": "jobs/done"}
    data["systems"][1]["resends"] = {"attempts": 3, "over": "1h"}
    data["systems"].append(
        described(
            DEPOT,
            system="books",
            base_urls=["https://books.example"],
            messages={
                "entry": {
                    "key": "ref",
                    "carried_by": {"create": {"request": "POST /entries"}},
                    "fields": {
                        "ref": {"type": "text", "max": 20, "required": "always"},
                        "kilos": {"type": "decimal", "digits": 8, "decimals": 1, "unit": "kg"},
                    },
                }
            },
        )
    )
    data["systems"][0]["messages"]["order"]["fields"]["weight"] = {
        "type": "decimal",
        "digits": 8,
        "decimals": 4,
        "unit": "kg",
    }
    rounding = "round 3 half_up"
    data["contracts"][0]["fields"]["kilos"]["using"] = rounding
    entry = described(
        ORDERS,
        contract="bookings",
        **{"from": "depot.job", "to": "books.entry"},
        fields={
            "ref": {"from": "ref"},
            "kilos": {"from": "kilos", "using": "round 1 half_up", "if_missing": "leave_out"},
        },
    )
    data["contracts"].append(entry)

    assert "G06" in codes(data)
    data["systems"][1]["messages"]["job"]["fields"]["kilos"]["decimals"] = 4
    assert "G06" not in codes(data)
