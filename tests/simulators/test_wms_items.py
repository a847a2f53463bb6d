"""The items of the warehouse: the newest version counts, numbers change, units stay."""

from typing import Any

import pytest

from harness.simulators.base import Reply, UnknownAction
from harness.simulators.profiles import Profile
from tests.simulators.stage import Stage, data
from tests.simulators.test_wms import ABOUT, line, order, post, state
from tests.simulators.test_wms_stock import figures, warehouse

ID = "5d115c9c-44e3-ea11-bb43-000d3a2feca1"


def product(**changes: Any) -> dict[str, Any]:
    """Return an item as the warehouse wants it."""
    item = {
        "sku": "MUG",
        "title": "Mug",
        "uom": "each",
        "units_per_case": 12,
        "weight_g": 300,
        "changed_at": "2026-03-02T08:00:00Z",
    }
    return item | changes


def put(wms: Stage, key: str = ID, **changes: Any) -> Reply:
    """Send an item."""
    return wms.call("PUT", f"/v1/products/{key}", product(**changes))


@pytest.fixture
def wms() -> Stage:
    """Return a warehouse with 10 mugs that knows no items."""
    return warehouse()


def test_an_item_is_kept_under_its_id(wms: Stage) -> None:
    """The id of the address is that of the item; it is committed, noted and can be read."""
    assert put(wms).status == 201
    body = product(external_id=ID)
    assert wms.commits == [("product", ID, body)]
    assert data(wms.call("GET", f"/v1/products/{ID}")) == body
    assert wms.notes[-1][1]["units_per_case"] == 12
    assert wms.call("GET", "/v1/products/none").status == 404


def test_the_newest_version_counts(wms: Stage) -> None:
    """A newer one replaces it; an older one that comes late is answered with what is kept."""
    put(wms)
    assert put(wms, title="Mug, red", changed_at="2026-03-02T10:00:00+01:00").status == 200
    late = put(wms, title="Late", changed_at="2026-03-02T08:59:59Z")
    assert (late.status, data(late)["title"]) == (200, "Mug, red")
    assert [body["title"] for body in wms.committed("product")] == ["Mug", "Mug, red"]


def test_the_same_again_changes_nothing(wms: Stage) -> None:
    """A repeated item is taken, and not committed twice."""
    assert [put(wms).status, put(wms).status] == [201, 200]
    assert len(wms.commits) == 1


def test_one_number_belongs_to_one_item(wms: Stage) -> None:
    """Another id with the same SKU is refused, so that no second item is made of a rename."""
    put(wms)
    answer = put(wms, "other")
    assert (answer.status, data(answer)["code"]) == (422, "sku_taken")
    with pytest.raises(UnknownAction, match="has the SKU MUG"):
        wms.simulator.hold("product", ({"sku": "MUG"},))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"weight_g": 0}, "too_small"),
        ({"uom": "PCS"}, "not_allowed"),
        ({"title": "x" * 81}, "too_long"),
        ({"changed_at": None}, "required"),
    ],
)
def test_an_item_that_is_not_as_described_is_refused(
    wms: Stage, changes: dict[str, Any], code: str
) -> None:
    """Each field is held against the system's own file."""
    answer = put(wms, **changes)
    assert (answer.status, data(answer)["errors"][0]["code"]) == (422, code)
    assert wms.commits == []


def test_a_new_number_takes_the_stock_and_the_orders_along(wms: Stage) -> None:
    """All that was there lies under the new number, and orders of the old one can be shipped."""
    put(wms)
    wms.do("link_item", {"sku": "MUG", "shopify_item_id": 7})
    post(wms, order("1001", line(qty=4)))
    put(wms, sku="MUG-2", changed_at="2026-03-02T09:00:00Z")
    assert (figures(wms), figures(wms, "MUG-2")) == ((0, 0, 0, 0), (10, 4, 0, 6))
    old, new = wms.committed("stock_line")[-2:]
    assert [(one["sku"], one["shopify_item_id"]) for one in (old, new)] == [
        ("MUG", None),
        ("MUG-2", 7),
    ]
    wms.do("ship", None, ABOUT)
    assert (figures(wms, "MUG-2"), state(wms)["status"]) == ((6, 0, 0, 6), "shipped")
    assert wms.committed("shipment")[0]["packages"][0]["lines"] == [line(qty=4)]
    assert data(post(wms, order("1002", line())))["code"] == "unknown_item"


def test_the_unit_of_what_is_in_stock_stays(wms: Stage) -> None:
    """What lies there was counted in the old unit; an empty shelf, or the habit, lets it change."""
    newer = {"uom": "case", "changed_at": "2026-03-02T09:00:00Z"}
    put(wms)
    answer = put(wms, **newer)
    assert (answer.status, data(answer)["code"]) == (422, "unit_in_use")
    wms.do("adjust", {"sku": "MUG", "counted": 0})
    assert put(wms, **newer).status == 200
    lax = warehouse(refuses_unit_change=False)
    put(lax)
    assert put(lax, **newer).status == 200


def test_a_given_item_is_older_than_what_the_feed_sends() -> None:
    """What a scenario gives at the start gives way to the first version that comes."""
    wms = Stage("wms", Profile())
    wms.simulator.hold("product", ({"sku": "MUG", "external_id": ID},))
    assert wms.commits == []
    assert put(wms, changed_at="2020-01-01T00:00:00Z").status == 200
    assert wms.simulator.snapshot()["item"][0]["weight_g"] == 300
