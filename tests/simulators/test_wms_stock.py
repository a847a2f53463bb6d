"""The stock of the warehouse: promised, picked, received, counted, set aside, and told."""

import json
from typing import Any

import pytest

from harness.landscape import System
from harness.loader import load_declaration
from harness.simulators.base import Reply, UnknownAction
from harness.simulators.profiles import Profile
from harness.simulators.wms import Wms
from harness.timing import MINUTE, SECOND
from tests.simulators.stage import ROOT, SECRETS, Stage, data, system
from tests.simulators.test_wms import ABOUT, call_back, line, order, post, state

HAT = "HAT-RED"
BASE = "https://wms.golive-demo.example"


def described() -> System:
    """Return the warehouse of the reference landscape with all that it can be told and tell."""
    file = ROOT / "tests" / "simulators" / "wms_more.yaml"
    more, spec = load_declaration(System, file, root=ROOT), system("wms")
    assert more is not None
    messages, records = spec.messages | more.messages, spec.records | more.records
    return spec.model_copy(update={"messages": messages, "records": records})


def warehouse(*stock: dict[str, Any], **numbers: Any) -> Stage:
    """Return a warehouse that can be told everything, with 10 mugs unless other stock is given."""
    wms = Stage("wms", Profile(numbers=numbers))
    wms.simulator = Wms(described(), wms, secrets=SECRETS, profile=wms.profile)
    wms.simulator.hold("stock", stock or ({"sku": "MUG", "warehouse": "HAM1", "on_hand": 10},))
    return wms


def mugs(ref: str, count: int) -> dict[str, Any]:
    """Return an order of so many mugs."""
    return order(ref, line(qty=count))


def figures(wms: Stage, sku: str = "MUG", place: str = "HAM1") -> tuple[int, int, int, int]:
    """Return what lies there: on hand, allocated, in quarantine, available."""
    read = data(wms.call("GET", f"/v1/inventory/{place}:{sku}"))
    return read["on_hand"], read["allocated"], read["quarantine"], read["available"]


def asn(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return an announcement of 6 mugs, or of the lines given."""
    rows = list(lines) or [line(qty=6)]
    return {"asn_ref": "PO-1", "warehouse": "HAM1", "lines": rows} | changes


def announce(wms: Stage, body: Any = None) -> Reply:
    """Announce goods."""
    return wms.call("POST", "/v1/asns", asn() if body is None else body)


ASN = {"message": "asn", "key": "PO-1"}


def test_what_is_given_is_noted_and_not_told() -> None:
    """Stock at the start stands in the record; nobody is told, and nothing is committed."""
    wms = warehouse()
    row = {"sku": "MUG", "warehouse": "HAM1", "seq": 1, "on_hand": 10, "available": 10}
    assert wms.notes == [("stock", row | {"allocated": 0, "quarantine": 0})]
    assert (wms.commits, wms.emitted) == ([], [])
    assert wms.simulator.snapshot()["stock"] == [wms.notes[0][1]]


def test_an_order_takes_from_what_is_available_and_a_shipment_from_what_is_there() -> None:
    """Promised units stay in the building until the truck has them."""
    wms = warehouse()
    post(wms, mugs("1001", 4))
    assert figures(wms) == (10, 4, 0, 6)
    wms.do("pick", None, ABOUT)
    assert figures(wms) == (10, 4, 0, 6)
    wms.do("ship", None, ABOUT)
    assert figures(wms) == (6, 0, 0, 6)


def test_each_change_is_told_with_figures_as_they_are() -> None:
    """inventory.changed has absolute figures, a seq that grows, and the time on the wall."""
    wms = warehouse({"sku": "MUG", "warehouse": "HAM1", "on_hand": 10, "shopify_item_id": 8})
    post(wms, mugs("1001", 4))
    (webhook,) = wms.emitted
    body = json.loads(webhook.body)
    assert (webhook.topic, webhook.key, body) == ("inventory.changed", "HAM1:MUG", {
        "stock_id": "HAM1:MUG", "seq": 2, "as_of": "2026-03-02T09:00:00+01:00",
        "sku": "MUG", "warehouse": "HAM1", "on_hand": 10, "allocated": 4, "quarantine": 0,
        "available": 6, "shopify_item_id": 8, "amazon_sku": None,
    })  # fmt: skip
    assert wms.committed("stock_line") == [body]


def test_a_warehouse_may_tell_changes_under_the_same_names() -> None:
    """In the delta form the webhook says by how much; what the warehouse holds is the same."""
    wms = warehouse(inventory_form="delta")
    post(wms, mugs("1001", 4))
    body = json.loads(wms.emitted[0].body)
    assert [body[name] for name in ("on_hand", "allocated", "available")] == [0, 4, -4]
    assert wms.committed("stock_line")[0]["available"] == 6


def test_a_warehouse_may_tell_late() -> None:
    """A delayed webhook has the figures of its change, not those of now."""
    wms = warehouse(inventory_delay=MINUTE)
    post(wms, mugs("1001", 4))
    wms.advance(30 * SECOND)
    post(wms, mugs("1002", 1))
    assert wms.emitted == []
    wms.advance(MINUTE)
    assert [json.loads(one.body)["available"] for one in wms.emitted] == [6, 5]


def test_an_order_waits_for_what_is_lacking() -> None:
    """The oldest order gets what becomes available first."""
    wms = warehouse()
    for ref, count in (("1001", 8), ("1002", 5), ("1003", 3)):
        post(wms, mugs(ref, count))
    assert figures(wms) == (10, 10, 0, 0)
    assert [state(wms, ref)["status"] for ref in ("1001", "1002", "1003")] == [
        "allocated", "allocated", "backordered",
    ]  # fmt: skip
    call_back(wms, "1001")
    assert figures(wms) == (10, 8, 0, 2)
    wms.do("ship", None, {"message": "outbound_order", "key": "1002"})
    assert state(wms, "1002")["status"] == "shipped"


def test_what_is_waiting_cannot_be_picked() -> None:
    """An order of which nothing is there cannot be picked, and the reason is named."""
    wms = warehouse({"sku": "MUG", "warehouse": "HAM1", "on_hand": 0})
    post(wms, mugs("1001", 2))
    with pytest.raises(UnknownAction, match="nothing to pick: 2 waiting"):
        wms.do("pick", None, ABOUT)


def test_what_is_not_found_is_gone_and_what_is_damaged_is_set_aside() -> None:
    """A short pick takes the missing out of the stock, and the damaged out of what can be sold."""
    wms = warehouse()
    post(wms, mugs("1001", 4))
    wms.do("short_pick", {"lines": [{"sku": "MUG", "qty": 1}]}, ABOUT)
    assert figures(wms) == (9, 3, 0, 6)
    wms.do("short_pick", {"lines": [{"sku": "MUG", "qty": 2}], "reason": "damaged"}, ABOUT)
    assert figures(wms) == (9, 1, 2, 6)


def test_an_order_of_which_nothing_is_found_is_given_up() -> None:
    """Where no shipment can tell it, the warehouse says so in a message of its own."""
    wms = warehouse()
    post(wms, mugs("1001", 4))
    wms.do("short_pick", {"reason": "damaged"}, ABOUT)
    (body,) = wms.committed("outbound_cancelled")
    assert body["lines"] == [{"line_ref": "L1", "sku": "MUG", "qty": 4, "reason": "damaged"}]
    assert wms.emitted[1].topic == "outbound.cancelled"
    assert state(wms)["status"] == "cancelled"


def test_the_warehouse_gives_up_the_rest_of_an_order() -> None:
    """What is packed already is unpacked, and everything promised can be sold again."""
    wms = warehouse()
    post(wms, mugs("1001", 4))
    wms.do("ship", {"lines": [{"sku": "MUG", "qty": 1}]}, ABOUT)
    wms.do("pack", {"lines": [{"sku": "MUG", "qty": 2}]}, ABOUT)
    wms.do("cancel", None, ABOUT)
    assert figures(wms) == (9, 0, 0, 9)
    assert wms.committed("outbound_cancelled")[0]["lines"][0]["qty"] == 3
    assert state(wms)["status"] == "short_shipped"
    with pytest.raises(UnknownAction, match="nothing of it is open"):
        wms.do("cancel", None, ABOUT)


def test_goods_arrive_as_they_were_announced() -> None:
    """An announcement is committed, can be read, and puts its goods on the shelf when they come."""
    wms = warehouse()
    assert announce(wms).status == 201
    assert wms.committed("asn") == [asn()]
    assert wms.do("receive", None, ASN) == {"message": "receipt", "key": "R-1"}
    assert figures(wms) == (16, 0, 0, 16)
    (receipt,) = wms.committed("receipt")
    assert receipt == data(wms.call("GET", "/v1/receipts/R-1"))
    assert receipt["lines"] == [
        {"line_ref": "L1", "sku": "MUG", "expected": 6, "received": 6, "damaged": 0}
    ]
    assert data(wms.call("GET", "/v1/asns/PO-1"))["status"] == "received"
    with pytest.raises(UnknownAction, match="nothing more of it is expected"):
        wms.do("receive", None, ASN)


def test_an_announcement_is_taken_once() -> None:
    """The same asn_ref again is known, and a line of it that is repeated is refused."""
    wms = warehouse()
    announce(wms)
    again = announce(wms)
    assert (again.status, data(again)["code"]) == (409, "already_exists")
    answer = announce(wms, asn(line(), line(), asn_ref="PO-2"))
    assert data(answer)["errors"][0]["code"] == "duplicate"
    wms.simulator.hold("product", ({"sku": "MUG"},))
    answer = announce(wms, asn(line(sku="CAP"), asn_ref="PO-2"))
    assert (answer.status, data(answer)["code"]) == (422, "unknown_item")


def test_more_and_fewer_may_come_than_were_announced() -> None:
    """Over and under are told line by line; what never came is told with the last truck."""
    wms = warehouse()
    announce(wms, asn(line("L1", "MUG", 6), line("L2", HAT, 3), line("L3", "CAP", 2)))
    first = {"lines": [{"sku": "MUG", "qty": 7, "damaged": 2}], "more_to_come": True}
    wms.do("receive", first, ASN)
    assert data(wms.call("GET", "/v1/asns/PO-1"))["status"] == "receiving"
    wms.do("receive", {"lines": [{"line_ref": "L2", "qty": 1}, {"sku": "SOCK", "qty": 5}]}, ASN)
    one, two = wms.committed("receipt")
    told = [(row["sku"], row["expected"], row["received"]) for row in one["lines"] + two["lines"]]
    assert told == [("MUG", 6, 7), (HAT, 3, 1), ("SOCK", 0, 5), ("CAP", 2, 0)]
    assert figures(wms) == (17, 0, 2, 15)
    assert (one["complete"], two["complete"], two["lines"][1]["line_ref"]) == (False, True, None)


def test_goods_that_nobody_announced_arrive() -> None:
    """A blind receipt has no announcement, and makes its items counted."""
    wms = warehouse()
    wms.do("receive", {"sku": HAT, "qty": 3, "warehouse": "LEJ2"})
    assert figures(wms, HAT, "LEJ2") == (3, 0, 0, 3)
    assert wms.committed("receipt")[0]["asn_ref"] is None


def test_waiting_orders_get_what_arrives() -> None:
    """A truck fills the oldest order first, in the same breath."""
    wms = warehouse({"sku": "MUG", "warehouse": "HAM1", "on_hand": 1})
    for ref in ("1001", "1002"):
        post(wms, mugs(ref, 4))
    wms.do("receive", {"sku": "MUG", "qty": 5, "warehouse": "HAM1"})
    assert figures(wms) == (6, 6, 0, 0)
    assert json.loads(wms.emitted[-1].body)["allocated"] == 6
    wms.do("ship", None, ABOUT)
    assert state(wms, "1001")["status"] == "shipped"


def test_a_case_is_as_many_as_the_item_says() -> None:
    """Cases are counted in the unit of the item; where nobody told the number, they are refused."""
    wms = warehouse()
    items = ({"sku": "MUG", "units_per_case": 12}, {"sku": HAT}, {"sku": "TEA", "uom": "case"})
    wms.simulator.hold("product", items)
    announce(wms, asn(line(qty=2) | {"uom": "case"}))
    wms.do("receive", {"lines": [{"sku": "MUG", "qty": 1, "damaged": 1}]}, ASN)
    assert wms.committed("receipt")[0]["lines"][0]["expected"] == 24
    assert figures(wms) == (22, 0, 12, 10)
    for sku, uom in ((HAT, "case"), ("TEA", "each"), ("MUG", "inner")):
        answer = announce(wms, asn(line(sku=sku) | {"uom": uom}, asn_ref="PO-9"))
        assert data(answer)["errors"][0]["code"] == "unit_unknown"


def test_pieces_must_make_whole_cases() -> None:
    """An item that is kept by the case takes pieces only where they fill one."""
    wms = warehouse()
    wms.simulator.hold("product", ({"sku": "TEA", "uom": "case", "units_per_case": 6},))
    wms.do("receive", {"sku": "TEA", "qty": 12, "uom": "each", "warehouse": "HAM1"})
    assert figures(wms, "TEA") == (2, 0, 0, 2)
    with pytest.raises(UnknownAction, match="no whole number"):
        wms.do("receive", {"sku": "TEA", "qty": 7, "uom": "each", "warehouse": "HAM1"})


def test_a_count_is_believed() -> None:
    """What is counted is on hand; a change is one more or fewer."""
    wms = warehouse()
    wms.do("adjust", {"sku": "MUG", "counted": 7})
    assert figures(wms) == (7, 0, 0, 7)
    wms.do("adjust", {"sku": "MUG", "change": -2})
    assert figures(wms) == (5, 0, 0, 5)
    assert [body["seq"] for body in wms.committed("stock_line")] == [2, 3]


def test_a_count_takes_from_the_newest_orders() -> None:
    """Where less is there than was promised, the newest order waits again; what is picked stays."""
    wms = warehouse()
    for ref in ("1001", "1002"):
        post(wms, mugs(ref, 5))
    wms.do("pick", None, ABOUT)
    wms.do("adjust", {"sku": "MUG", "counted": 6})
    assert figures(wms) == (6, 6, 0, 0)
    wms.do("adjust", {"sku": "MUG", "counted": 5})
    assert state(wms, "1002")["status"] == "backordered"
    with pytest.raises(UnknownAction, match="has 5 of MUG: 5 allocated"):
        wms.do("adjust", {"sku": "MUG", "counted": 4})


def test_what_is_set_aside_cannot_be_sold_until_it_is_released() -> None:
    """Quarantine takes from what is available, and scrapping from what is there."""
    wms = warehouse()
    wms.do("quarantine", {"sku": "MUG", "qty": 4})
    assert figures(wms) == (10, 0, 4, 6)
    wms.do("release", {"sku": "MUG", "qty": 1})
    wms.do("scrap", {"sku": "MUG", "qty": 3})
    assert figures(wms) == (7, 0, 0, 7)
    with pytest.raises(UnknownAction, match="7 available"):
        wms.do("quarantine", {"sku": "MUG", "qty": 8})


def test_the_warehouse_is_named_where_it_is_not_clear() -> None:
    """An item that lies in two warehouses, or in none, needs to be told where; one must exist."""
    rows = [{"sku": "MUG", "warehouse": place, "on_hand": 1} for place in ("HAM1", "LEJ2")]
    wms = warehouse(*rows)
    for payload in ({"sku": "MUG"}, {"sku": HAT}, {"sku": "MUG", "warehouse": "MUC3"}):
        with pytest.raises(UnknownAction, match="say which warehouse: HAM1, LEJ2"):
            wms.do("adjust", {**payload, "counted": 3})


def test_what_channels_call_an_item_is_told_with_its_stock() -> None:
    """A new link is a new version of each line of the item, though no figure changes."""
    wms = warehouse()
    wms.do("link_item", {"sku": "MUG", "amazon_sku": "MUG/BLUE"})
    body = json.loads(wms.emitted[-1].body)
    assert (body["seq"], body["amazon_sku"], body["on_hand"]) == (2, "MUG/BLUE", 10)
    with pytest.raises(UnknownAction, match="shopify_item_id, amazon_sku"):
        wms.do("link_item", {"sku": "MUG"})


def pages(wms: Stage, path: str) -> list[dict[str, Any]]:
    """Return the pages of a snapshot."""
    found = [data(wms.call("GET", path))]
    while found[-1]["next"]:
        found.append(data(wms.call("GET", found[-1]["next"].removeprefix(BASE))))
    return found


def test_a_snapshot_shows_each_line_once() -> None:
    """The pages lead on to each other, in the order of the lines, until there is no next."""
    rows = [{"sku": f"S/{n}", "warehouse": "HAM1", "on_hand": n} for n in range(4)]
    wms = warehouse(*rows, {"sku": "S/9", "warehouse": "LEJ2", "on_hand": 9})
    found = pages(wms, "/v1/inventory/snapshot?limit=2")
    assert [len(one["rows"]) for one in found] == [2, 2, 1]
    assert [row["on_hand"] for one in found for row in one["rows"]] == [0, 1, 2, 3, 9]
    (alone,) = pages(wms, "/v1/inventory/snapshot?warehouse=LEJ2")
    assert [row["stock_id"] for row in alone["rows"]] == ["LEJ2:S/9"]
    assert alone["as_of"] == "2026-03-02T09:00:00+01:00"


def test_the_pages_of_a_snapshot_are_of_one_instant() -> None:
    """What happens between two pages is not seen; after a while the snapshot is gone."""
    wms = warehouse(*({"sku": s, "warehouse": "HAM1", "on_hand": 5} for s in ("A", "B")))
    first = data(wms.call("GET", "/v1/inventory/snapshot?limit=1"))
    wms.advance(MINUTE)
    wms.do("adjust", {"sku": "B", "counted": 1})
    path = first["next"].removeprefix(BASE)
    second = data(wms.call("GET", path))
    assert (second["rows"][0]["on_hand"], second["as_of"]) == (5, first["as_of"])
    wms.advance(14 * MINUTE)
    gone = wms.call("GET", path)
    assert (gone.status, data(gone)["code"]) == (410, "snapshot_gone")


def test_what_is_given_must_make_sense() -> None:
    """Stock, items, orders and announcements of the start are held against the file."""
    wms = warehouse()
    wms.simulator.hold("asn", (asn(),))
    wms.simulator.hold("outbound_order", (mugs("1001", 1),))
    assert (figures(wms), wms.commits, wms.emitted) == ((10, 1, 0, 9), [], [])
    for message, row, text in (
        ("stock", {"sku": "MUG", "warehouse": "HAM1"}, "on_hand: 3"),
        ("outbound_order", mugs("1001", 1), "is there already"),
        ("outbound_order", {"warehouse": "HAM1"}, "order_ref: a value is required"),
        ("product", {"sku": "MUG", "uom": "pallet"}, "product: uom: allowed"),
        ("colour", {}, "cannot be given 'colour'"),
    ):
        with pytest.raises(UnknownAction, match=text):
            wms.simulator.hold(message, (row,))
