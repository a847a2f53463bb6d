"""What holds for EasyPost, whatever is done to it, and how it compares with recorded answers."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.simulators.base import UnknownAction, to_json
from harness.simulators.easypost.handling import DEEDS
from harness.simulators.easypost.tracking import MOVES
from harness.timing import DAY, HOUR, MINUTE
from tests.simulators.stage import ROOT, Stage, data, system
from tests.simulators.test_easypost import SHIPMENTS, bought, quoted, refund

RECORDED = ROOT.parent / "shared" / "data" / "payloads" / "easypost" / "docs" / "responses"

actions = st.sampled_from(
    ["buy_label", "void_label", "ask_refund", "decide_refund", "adjust_charge", "scan",
     "repeat_scan", "travel", "send_back", "follow", "tell_again", *sorted(DEEDS)]
)  # fmt: skip
codes = st.sampled_from(["A", "B", "EZ4000000004"])
payloads = st.fixed_dictionaries(
    {"tracking_code": codes},
    optional={
        "status": st.sampled_from(sorted(MOVES)),
        "ago": st.sampled_from(["0s", "40m", "3d"]),
        "amount": st.sampled_from(["1.10", "-0.30"]),
        "granted": st.booleans(),
        "insurance": st.just("100.00"),
    },
)
waits = st.sampled_from([0, MINUTE, HOUR, 20 * DAY])
steps = st.lists(st.tuples(actions, payloads, waits), max_size=25)


def played(done: list[tuple[str, dict[str, Any], int]]) -> Stage:
    """Do the steps; what makes no sense is explained."""
    easypost = Stage("easypost")
    for action, payload, wait in done:
        try:
            easypost.do(action, payload)
        except UnknownAction as error:
            assert str(error)  # noqa: PT017 - an action that makes no sense is explained
        easypost.advance(wait)
    return easypost


@settings(max_examples=120)
@given(steps)
def test_money_is_kept(done: list[tuple[str, dict[str, Any], int]]) -> None:
    """What a label costs is the sum of its fees; no more comes back than was charged for it."""
    easypost = played(done)
    rows = {row["shipment"]: row for row in easypost.simulator.snapshot()["label"]}
    held = {body["id"]: body for body in easypost.committed("shipment")}
    assert set(rows) == set(held)
    for key, row in rows.items():
        fees = [(Decimal(fee["amount"]), fee["refunded"]) for fee in held[key]["fees"]]
        assert row["charged"] == sum(amount for amount, _ in fees)
        assert row["paid_back"] == sum(amount for amount, back in fees if back)
        if row["status"] != "refunded":
            assert row["paid_back"] == 0


@settings(max_examples=120)
@given(steps)
def test_no_parcel_goes_back(done: list[tuple[str, dict[str, Any], int]]) -> None:
    """Each change of status is one that the file allows, at an instant that grows."""
    easypost = played(done)
    moves = system("easypost").records["parcel"].values["status"].moves
    seen: dict[str, Any] = {}
    for record, row in easypost.notes:
        if record != "parcel":
            continue
        before = seen.get(row["tracker"])
        if before is not None:
            assert row["updated_at"] > before["updated_at"]
            assert row["status"] in (before["status"], *moves.get(before["status"], ()))
        seen[row["tracker"]] = row


@settings(max_examples=60)
@given(steps)
def test_what_is_noted_is_what_is_held(done: list[tuple[str, dict[str, Any], int]]) -> None:
    """The last note of each record is its row in the state, in the order of the keys."""
    easypost = played(done)
    for record, rows in easypost.simulator.snapshot().items():
        (key,) = system("easypost").records[record].key
        last = {row[key]: row for name, row in easypost.notes if name == record}
        assert rows == [last[name] for name in sorted(last)]


@settings(max_examples=40)
@given(steps)
def test_the_same_seed_gives_the_same_bytes(done: list[tuple[str, dict[str, Any], int]]) -> None:
    """Ids, times and order come from the run alone."""
    first, second = played(done), played(done)
    assert to_json([body for *_, body in first.commits]) == to_json(
        [body for *_, body in second.commits]
    )
    assert first.emitted == second.emitted
    assert first.simulator.snapshot() == second.simulator.snapshot()


@settings(max_examples=60)
@given(st.binary(max_size=80), st.sampled_from([SHIPMENTS, "/v2/trackers", "/v2/refunds"]))
def test_no_body_breaks_it(body: bytes, path: str) -> None:
    """Whatever is posted is answered, and what is refused leaves nothing behind."""
    easypost = Stage("easypost")
    answer = easypost.call("POST", path, body)
    assert answer.status in (400, 422)
    assert (easypost.commits, easypost.notes) == ([], [])


def test_what_is_sent_is_what_the_file_says() -> None:
    """Every message that is committed has the fields of the system's file, and fits them."""
    from harness.simulators.bounds import objections  # noqa: PLC0415

    easypost = Stage("easypost")
    shipment = bought(easypost)
    easypost.do("travel", {"signed_by": "A. Quist"}, {"message": "shipment", "key": shipment["id"]})
    easypost.advance(2 * DAY)
    for name, _, body in easypost.commits:
        assert objections(system("easypost").messages[name], body) == []
    described = system("easypost").records
    for record, rows in easypost.simulator.snapshot().items():
        assert set(rows[0]) == {*described[record].key, *described[record].values}


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded answers of EasyPost are not here")
def test_answers_have_the_shape_of_recorded_ones() -> None:
    """Each field of a recorded answer is there, and has a value of the same kind."""
    easypost = Stage("easypost")
    shipment = quoted(easypost)
    easypost.advance(MINUTE)
    label = bought(easypost, customs_info={"contents_type": "merchandise"}, insurance="249.99")
    tracker = easypost.call("GET", f"/v2/trackers/{label['tracker']['id']}")
    _alike("shipments/shipments-create", shipment)
    _alike("shipments/shipments-buy", label)
    _alike("trackers/trackers-create", data(tracker))
    _alike("shipments/shipments-list", data(easypost.call("GET", SHIPMENTS)))
    _alike("trackers/trackers-list", data(easypost.call("GET", "/v2/trackers")))
    _alike("shipping-refund/shipping-refund-refund", data(refund(easypost, label)))
    _alike("refunds/refunds-list", data(easypost.call("GET", "/v2/refunds")))
    _alike("events/events-retrieve", data(easypost.call("GET", "/v2/events"))["events"][0])
    parcel = easypost.call("POST", "/v2/parcels", {"parcel": {"weight": 65.9}})
    _alike("parcels/parcels-create", data(parcel))


NOT_PLAYED = {"usps_zone", "customs_info", "details", "zip4", "to_address", "buyer_address",
              "scan_form"}  # fmt: skip


def _alike(name: str, answer: Any) -> None:
    _compare(json.loads(Path(RECORDED / f"{name}.json").read_text(encoding="utf-8")), answer, name)


def _compare(recorded: Any, ours: Any, where: str) -> None:
    if isinstance(recorded, dict) and isinstance(ours, dict):
        for key, value in recorded.items():
            if key not in NOT_PLAYED:
                assert key in ours, f"{where}.{key} is missing"
                _compare(value, ours[key], f"{where}.{key}")
    elif isinstance(recorded, list) and isinstance(ours, list):
        if recorded and ours:
            _compare(recorded[0], ours[0], f"{where}.*")
    elif recorded is not None and ours is not None:
        numbers = (int, float)
        alike = type(recorded) is type(ours) or (
            isinstance(recorded, numbers) and isinstance(ours, numbers)
        )
        assert alike, f"{where}: recorded {recorded!r}, ours {ours!r}"
