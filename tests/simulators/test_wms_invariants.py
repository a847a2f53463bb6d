"""What holds for the warehouse, whatever is done to it."""

import json
from collections import Counter
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.simulators.base import UnknownAction, to_json
from harness.simulators.wms import Wms
from harness.timing import SECOND
from tests.simulators.stage import Stage, data
from tests.simulators.test_wms import ORDERS, line, order, post
from tests.simulators.test_wms_items import product
from tests.simulators.test_wms_stock import announce, asn, pages, warehouse

refs = st.sampled_from(["1", "2", "3"])
skus = st.sampled_from(["MUG", "HAT", "CAP"])
counts = st.integers(1, 6)
sides = st.sampled_from(["HAM1", "LEJ2"])
reasons = st.sampled_from(["not_found", "damaged"])

steps = st.lists(
    st.tuples(st.just("order"), refs, skus, counts, sides, reasons)
    | st.tuples(st.just("asn"), refs, skus, counts, sides, reasons)
    | st.tuples(st.just("call_back"), refs, skus, counts, sides, reasons)
    | st.tuples(st.just("put"), refs, skus, counts, sides, reasons)
    | st.tuples(
        st.sampled_from(
            ["pick", "short_pick", "pack", "ship", "ship", "cancel", "receive", "receive",
             "adjust", "quarantine", "release", "scrap", "link_item"]
        ),
        refs, skus, counts, sides, reasons,
    ),
    max_size=30,
)  # fmt: skip

Step = tuple[str, str, str, int, str, str]


def _call(wms: Stage, step: Step) -> bool:
    """Do a step that is a call; whatever is refused is refused with a reason."""
    kind, ref, sku, count, side, _ = step
    if kind == "order":
        lines = [line("L1", sku, count), line("L2", "MUG", 2)]
        assert post(wms, order(ref, *lines, warehouse=side)).status in (201, 409)
    elif kind == "asn":
        body = asn(line("L1", sku, count), asn_ref=ref, warehouse=side)
        assert announce(wms, body).status in (201, 409)
    elif kind == "call_back":
        assert wms.call("POST", f"{ORDERS}/{ref}/cancel").status in (200, 404, 409)
    else:
        return False
    return True


def _act(wms: Stage, step: Step) -> None:
    """Do a step that is an action; one that makes no sense is explained."""
    kind, ref, sku, count, side, reason = step
    rows = [{"sku": sku, "qty": count}] if count % 2 else None
    payloads: dict[str, dict[str, Any]] = {
        "receive": {"asn_ref": ref, "more_to_come": count % 3 == 0},
        "adjust": {"sku": sku, "warehouse": side, "counted": count},
        "link_item": {"sku": sku, "shopify_item_id": count},
    }
    payload = payloads.get(kind, {"order_ref": ref, "reason": reason})
    if kind in ("quarantine", "release", "scrap"):
        payload = {"sku": sku, "warehouse": side, "qty": count}
    if rows and kind in ("pick", "short_pick", "pack", "ship", "receive"):
        payload = payload | {"lines": rows}
    try:
        wms.do(kind, payload)
    except UnknownAction as error:
        assert str(error)  # noqa: PT017 - an action that makes no sense is explained


def _rename(wms: Stage, step: Step) -> None:
    """Give a product another number, as the feed does; nobody knows any item before that."""
    _, ref, sku, count, _, _ = step
    body = product(sku=sku, changed_at=f"2026-03-0{count}T00:00:00Z")
    assert wms.call("PUT", f"/v1/products/{ref}", body).status in (200, 201, 422)


def _played(done: list[Step], *, with_items: bool = False) -> Stage:
    wms = warehouse(
        {"sku": "MUG", "warehouse": "HAM1", "on_hand": 9},
        {"sku": "HAT", "warehouse": "HAM1", "on_hand": 4, "quarantine": 1},
        {"sku": "HAT", "warehouse": "LEJ2", "on_hand": 4},
    )
    for step in done:
        if step[0] == "put":
            if with_items:
                _rename(wms, step)
        elif step[0] == "order" and with_items:
            _, ref, sku, count, side, _ = step
            body = order(ref, line("L1", sku, count), warehouse=side)
            assert post(wms, body).status in (201, 409, 422)
        elif step[0] == "asn" and with_items:
            body = asn(line("L1", step[2], step[3]), asn_ref=step[1], warehouse=step[4])
            assert announce(wms, body).status in (201, 409, 422)
        elif not _call(wms, step):
            _act(wms, step)
        wms.advance(SECOND)
    return wms


def _held(wms: Stage, *stages: str) -> Counter[tuple[str, str]]:
    """Return how many units of what is counted are at these stages, from the orders' own lines."""
    held: Counter[tuple[str, str]] = Counter()
    simulator = wms.simulator
    assert isinstance(simulator, Wms)
    for one in simulator._book.orders.by_id.values():
        for each in one.lines:
            if each.counted:
                held[each.stocked_as, one.warehouse] += each.at(*stages)
    return +held


@settings(max_examples=150, deadline=None)
@given(steps, st.booleans())
def test_figures_add_up(done: list[Step], with_items: bool) -> None:
    """Allocated is the sum of what orders hold; nothing is negative, or promised twice."""
    wms = _played(done, with_items=with_items)
    held = _held(wms, "allocated", "picked", "packed")
    for row in wms.simulator.snapshot()["stock"]:
        assert row["available"] == row["on_hand"] - row["allocated"] - row["quarantine"] >= 0
        assert min(row["on_hand"], row["allocated"], row["quarantine"]) >= 0
        assert row["allocated"] == held.pop((row["sku"], row["warehouse"]), 0)
    assert held == {}


@settings(max_examples=120, deadline=None)
@given(steps)
def test_no_unit_of_an_order_is_lost(done: list[Step]) -> None:
    """Ordered is open, shipped, short and cancelled; shipments have what was shipped, no more."""
    wms = _played(done)
    shipped: Counter[str] = Counter()
    for body in wms.committed("shipment"):
        for package in body["packages"]:
            shipped[body["order_ref"]] += sum(row["qty"] for row in package["lines"])
    for row in wms.simulator.snapshot()["outbound_state"]:
        parts = [row[name] for name in ("open", "shipped", "short", "cancelled")]
        assert min(parts) >= 0
        assert row["ordered"] == sum(parts)
    committed = wms.committed("outbound_order")
    total = sum(each["qty"] for body in committed for each in body["lines"])
    assert sum(shipped.values()) <= total


@settings(max_examples=150, deadline=None)
@given(steps)
def test_stock_is_what_came_less_what_left(done: list[Step]) -> None:
    """On hand is the opening stock and all receipts, less what was shipped of what is counted."""
    left_out = ("adjust", "scrap", "put")
    wms = _played([one for one in done if one[0] not in left_out and one[5] == "damaged"])
    expected = Counter({("MUG", "HAM1"): 9, ("HAT", "HAM1"): 4, ("HAT", "LEJ2"): 4})
    for body in wms.committed("receipt"):
        for row in body["lines"]:
            expected[row["sku"], body["warehouse"]] += row["received"]
    expected.subtract(_held(wms, "shipped"))
    rows = wms.simulator.snapshot()["stock"]
    shown = {(row["sku"], row["warehouse"]): row["on_hand"] for row in rows}
    assert shown == {place: expected[place] for place in shown}
    assert sum(shown.values()) == sum(expected.values())


@settings(max_examples=80, deadline=None)
@given(steps, st.booleans())
def test_what_is_noted_and_told_is_what_is_held(done: list[Step], with_items: bool) -> None:
    """The last note is the row in the state; versions grow by one; the snapshot shows the same."""
    wms = _played(done, with_items=with_items)
    held = wms.simulator.snapshot()
    keys = {"stock": ("sku", "warehouse"), "outbound_state": ("order_ref",), "item":
            ("external_id",), "asn_state": ("asn_ref",), "refused_sku": ("sku",)}  # fmt: skip
    for record, rows in held.items():
        names = keys[record]
        last = {tuple(r[n] for n in names): r for name, r in wms.notes if name == record}
        assert rows == [last[tuple(row[n] for n in names)] for row in rows]
        assert rows == sorted(rows, key=lambda row: tuple(row[n] for n in names))
    versions: dict[str, list[int]] = {}
    for body in wms.committed("stock_line"):
        versions.setdefault(body["stock_id"], []).append(body["seq"])
    assert all(b - a == 1 for seqs in versions.values() for a, b in pairwise(seqs))
    shown = [row for page in pages(wms, "/v1/inventory/snapshot?limit=1") for row in page["rows"]]
    figures = {(row["sku"], row["warehouse"]): row["seq"] for row in shown}
    assert figures == {(row["sku"], row["warehouse"]): row["seq"] for row in held["stock"]}


@settings(max_examples=30, deadline=None)
@given(steps)
def test_the_same_seed_gives_the_same_bytes(done: list[Step]) -> None:
    """Two runs of the same steps commit, note, send and hold the same, tokens included."""
    told = []
    for wms in (_played(done), _played(done)):
        snapshot = wms.call("GET", "/v1/inventory/snapshot?limit=1").body.decode()
        sent = [webhook.body.decode() for webhook in wms.emitted]
        told.append(to_json([wms.commits, wms.notes, sent, snapshot, wms.simulator.snapshot()]))
    assert told[0] == told[1]


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.sampled_from([Decimal("1E+300"), Decimal("0.5"), "2", "2.0", "MUG", "HAM1", "case"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def _spoilt(body: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return bodies that have up to two fields, and up to one field of a line, as anything."""
    top = st.dictionaries(st.sampled_from(sorted(body)), anything, max_size=2)
    rows = body.get("lines", [{"sku": "MUG"}])
    row = st.dictionaries(st.sampled_from(sorted(rows[0])), anything, max_size=1)
    return st.builds(
        lambda over, inner: {**body, "lines": [{**rows[0], **inner}], **over}, top, row
    )


@settings(max_examples=200, deadline=None)
@given(
    anything | _spoilt(order()),
    anything | _spoilt(product()),
    anything | _spoilt(asn(line() | {"uom": "each"})),
)
def test_no_body_makes_the_warehouse_raise(one: Any, item: Any, goods: Any) -> None:
    """Any JSON gets an answer, and what is refused leaves no trace."""
    wms = warehouse()
    for method, path, body in (
        ("POST", ORDERS, one),
        ("PUT", "/v1/products/7", item),
        ("POST", "/v1/asns", goods),
        ("POST", f"{ORDERS}/1001/cancel", goods),
    ):
        before = len(wms.commits)
        answer = wms.call(method, path, json.loads(to_json(body), parse_float=Decimal))
        assert 200 <= answer.status < 500
        if path != f"{ORDERS}/1001/cancel":
            assert (answer.status == 201) == (len(wms.commits) > before)


_NAMES = st.sampled_from(
    ["order_ref", "asn_ref", "sku", "qty", "lines", "packages", "reason", "warehouse", "counted",
     "change", "damaged", "uom", "more_to_come", "weight_g", "carrier", "on_hand", "available",
     "quarantine", "shopify_item_id", "external_id", "units_per_case", "changed_at", "line_ref"]
)  # fmt: skip
_ROWS = st.lists(st.dictionaries(_NAMES, anything, max_size=3), max_size=2)
_VALUES = anything | _ROWS | st.sampled_from(["1001", "PO-1", "MUG", "HAM1", "damaged"])


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(sorted(Wms.actions)),
    st.sampled_from(["stock", "product", "outbound_order", "asn", "refused_sku"]),
    st.dictionaries(_NAMES, _VALUES),
)
def test_no_payload_makes_the_warehouse_raise(
    action: str, record: str, payload: dict[str, Any]
) -> None:
    """Whatever a scenario asks for is done, or explained and not done."""
    wms = warehouse()
    post(wms)
    announce(wms)
    for work in (
        lambda: wms.do(action, payload),
        lambda: wms.simulator.hold(record, (payload,)),
        lambda: wms.do(action, payload, {"message": "outbound_order", "key": "1001"}),
        lambda: wms.do(action, payload, {"message": "asn", "key": "PO-1"}),
    ):
        before = to_json(wms.simulator.snapshot())
        try:
            work()
        except UnknownAction as error:
            assert str(error)  # noqa: PT017 - an action that makes no sense is explained
            assert to_json(wms.simulator.snapshot()) == before
    assert data(wms.call("GET", "/v1/inventory/snapshot"))["rows"]
