"""A name that leads nowhere is placed and explained, whatever it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.loader import load_project
from tests.loader.support import ORDERS, add, contract_of, said
from tests.projects import replace_in


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("shopify-order-to-oms.yaml", "from: shopify.order", "from: shopfy.order", "'shopify'"),
        ("shopify-order-to-oms.yaml", "from: shopify.order", "from: shopify.ordr", "shopify.order"),
        (
            "shopify-order-to-oms.yaml",
            "business: commerce-ops",
            "business: commerce",
            "commerce-ops",
        ),
        ("shopify-order-to-oms.yaml", "map: payment_status,", "map: payment,", "payment_status"),
        ("shopify-order-to-oms.yaml", "  422: {", "  refusd: {", "refused"),
        (
            "shopify-order-to-oms.yaml",
            "to: ops.parked_order",
            "to: ops.parked_ordr",
            "ops.parked_order",
        ),
        ("oms-fulfilment-to-shopify.yaml", "sums.quantity}", "sums.quantities}", "sums.quantity"),
        ("systems/oms.yaml", "owner: oms-team", "owner: oms-tem", "oms-team"),
    ],
)
def test_a_reference_that_leads_nowhere_is_placed_and_explained(
    folder: Path, file: str, old: str, new: str, expected: str
) -> None:
    """File, line, column, and the name that was probably meant."""
    replace_in(folder / "contracts" / file, old, new)
    project = load_project(folder)

    assert f"contracts/{file}:" in said(project)
    assert expected in said(project)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("expect: one\n", "expect: one\nafter: oms.sales_ordr\n", "after: there is no message"),
        (
            "expect: one\n",
            "expect: one\nwith: {i: {one: oms.fulfilmnt, on: {externalId: id}}}\n",
            "with.i.one: there is no message or record 'oms.fulfilmnt'",
        ),
        (
            "expect: one\n",
            "expect: one\nwith: {i: {all: tables.skuz, on: {sku: id}}}\n",
            "with.i.all: there is no table 'tables.skuz'",
        ),
        (
            "expect: one\n",
            "expect: one\nwith: {i: {one: oms.fulfilment, on: {externlId: id}}}\n",
            "oms.fulfilment describes no field 'externlId'",
        ),
        (
            "expect: one\n",
            "expect: one\nwith: {i: {one: oms.fulfilment, on: {externalId: ordr}}}\n",
            "shopify.order describes no field 'ordr'",
        ),
        ("  422: {", "  423: {then: undo, undo: oms-fulfilment}\n  422: {", "failures.423.undo"),
        ("tell: business,", "tell: bussiness,", "'business'"),
        (
            "  response: {fail: 5s}\n",
            "  cutoff: {seen_before: '14:00', accepted_by: '16:00', zone: Etc/UTC, calendar: de}\n",
            "timing.cutoff.calendar: there is no calendar 'de'",
        ),
        (
            "  response: {fail: 5s}\n",
            "  every: {each: 24h, tell: nobody}\n",
            "timing.every.tell: there is no team 'nobody'",
        ),
        (
            "  cancelled_at: {is: nothing}\n",
            "  currency: {in: tables.currencies.code}\n",
            "when: there is no table 'currencies'",
        ),
        ("  currency: {from", "  currency: {owner: oms-tem, from", "'oms-team'"),
        (
            "\nreceive:",
            "\nchecks: {gifts: {run: 'a.b:c', owner: nobody}}\nreceive:",
            "checks.gifts.owner: there is no team",
        ),
        (
            "\nreceive:",
            "\nstate: {few: {what: count oms.sales_ordr, at_most: 3, owner: nobody}}\nreceive:",
            "'oms.sales_order'",
        ),
        (
            "\nreceive:",
            "\nstate: {few: {what: oms.x.y, at_most: 3, owner: nobody}}\nreceive:",
            "state.few.owner: there is no team",
        ),
    ],
)
def test_every_name_of_a_contract_is_looked_up(
    folder: Path, old: str, new: str, expected: str
) -> None:
    """Joins, calendars, tables, contracts and teams, wherever a contract names them."""
    replace_in(folder / f"contracts/{ORDERS}.yaml", old, new)
    complaint = said(load_project(folder))

    assert f"contracts/{ORDERS}.yaml:" in complaint
    assert expected in complaint


SHELF = """\
system: shelf
kind: wms
owner: oms-team
base_urls: [https://shelf.example]
answers:
  later: {when: {status: 202}, means: pending, decided_by: {message: put, same: id, within: 1h}}
records:
  stock: {key: sku, values: {left: {type: integer}}}
messages:
  put:
    key: id
    carried_by: {any: {webhook: put}}
    tells: {stock: {key: {sku: sku}, add: {left: qty}}}
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("message: put", "message: pot", "answers.later.decided_by.message: there is no message"),
        ("tells: {stock:", "tells: {stok:", "messages.put.tells.stok: there is no record 'stok'"),
        ("add: {left:", "add: {lift:", "messages.put.tells.stock.add.lift: there is no value"),
        ("key: {sku:", "key: {sk:", "messages.put.tells.stock.key.sk: there is no key field 'sk'"),
        ("owner: oms-team", "owner: oms-tem", "did you mean 'oms-team'"),
    ],
)
def test_every_name_of_a_system_is_looked_up(
    folder: Path, old: str, new: str, expected: str
) -> None:
    """Messages that decide, and records that are told of."""
    add(folder / "contracts/systems/shelf.yaml", SHELF.replace(old, new))
    complaint = said(load_project(folder))

    assert "contracts/systems/shelf.yaml:" in complaint
    assert expected in complaint


def test_records_tables_and_calendars_can_be_named(folder: Path) -> None:
    """A contract may be about a record, join a table, and count workdays."""
    add(folder / "contracts/systems/shelf.yaml", SHELF)
    add(folder / "contracts/tables/names.csv", "sku,name\nA,Axe\n")
    add(folder / "contracts/calendars/test.yaml", "calendar: test-days\nzone: Europe/Berlin\n")
    add(
        folder / "contracts/shelf-stock.yaml",
        "contract: shelf-stock\nversion: '1.0.0'\nstatus: proposed\nsummary: Stock is shown.\n"
        f"like: {ORDERS}\nfrom: shelf.stock\nto: shopify.fulfillment\nobject: inventory\n"
        "with: {names: {one: tables.names, on: {sku: sku}}}\n"
        "when: {sku: {in: tables.names.sku}}\nupdates: null\nsums: {}\nnot_mapped: {}\n"
        "idempotency: null\nfields: {message: {from: names.name}}\n"
        "timing: {delivered: {fail: 2 workdays, calendar: test-days}}\n",
    )

    assert contract_of(folder, "shelf-stock").source == "shelf.stock"


FLOW = """\
flow: test-orders
summary: From the cart to the doorstep.
owner: commerce-ops
chain: [shopify-order-to-oms, oms-fulfilment-to-shopify]
delivered: {fail: 1d, share: 99%}
"""


def test_flows_are_read_and_looked_up(folder: Path) -> None:
    """A chain names contracts, and a team answers for it."""
    add(folder / "contracts/flows/test.yaml", FLOW)
    project = load_project(folder)
    assert said(project) == ""
    assert ("test-orders", "contracts/flows/test.yaml") in {
        (flow.flow, flow.file) for flow in project.flows
    }

    broken = FLOW.replace("owner: commerce-ops", "owner: commerce").replace("to-oms,", "to-omz,")
    add(folder / "contracts/flows/test.yaml", broken)
    complaint = said(load_project(folder))
    assert "contracts/flows/test.yaml:3:8: owner: there is no team 'commerce'" in complaint
    assert "contracts/flows/test.yaml:4:9: chain.0: there is no contract" in complaint


def test_a_broken_contract_is_still_known_by_its_name(folder: Path) -> None:
    """The flow that names it is not to blame."""
    add(folder / "contracts/flows/test.yaml", FLOW)
    replace_in(folder / f"contracts/{ORDERS}.yaml", "expect: one", "expekt: one")

    assert {p.file for p in load_project(folder).problems} == {f"contracts/{ORDERS}.yaml"}


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("calendars/test.yaml", "calendar: test-days\nzone: Europe/Berlim\n", "'Europe/Berlin'"),
        (
            "calendars/test.yaml",
            "calendar: test-days\nzone: Etc/UTC\nholidays: [2026-02-30]",
            "not on the",
        ),
        (
            "calendars/test.yaml",
            "calendar: test-days\nzone: Etc/UTC\nworkdays: []",
            "at least 1 entry",
        ),
        (
            "calendars/test.yaml",
            "calendar: test-days\nzone: Etc/UTC\n---\ncalendar: test-days\nzone: Etc/UTC\n",
            "calendar 'test-days' stands in contracts/calendars/test.yaml already",
        ),
    ],
)
def test_a_wrong_calendar_is_explained(folder: Path, file: str, text: str, expected: str) -> None:
    """Its zone exists, and its days are on the calendar."""
    add(folder / "contracts" / file, text)

    assert expected in said(load_project(folder))


def test_every_zone_is_one_that_exists(folder: Path) -> None:
    """The zone of a system, and that of a field."""
    oms = folder / "contracts/systems/oms.yaml"
    replace_in(oms, "timezone: Etc/UTC", "timezone: Europe/Osl")
    assert "timezone: 'Europe/Osl' is not a time zone; did you mean 'Europe/Oslo'" in said(
        load_project(folder)
    )
    replace_in(oms, "timezone: Europe/Osl", "timezone: Etc/UTC")
    replace_in(oms, "orderedAt: {type: instant", "orderedAt: {type: instant, zone: MESZ")
    assert "orderedAt.zone: 'MESZ' is not a time zone" in said(load_project(folder))
