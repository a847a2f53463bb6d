"""A peak day: thousands of orders through the landscape, with limits and trouble, in one run.

``python -m tests.bench.peak [ORDERS ...]`` plays, journals and judges a day of so many orders
(10,000 unless said), and prints for each size how fast it went and what memory it took. Each size
runs in a process of its own, so that its peak is its own; the last line says how memory grew.
"""

from __future__ import annotations

import json
import logging
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.cast import contracts_of
from harness.checks import judge
from harness.journal import read_journal, write_journal
from harness.loader import load_project
from harness.rehearsal import Rehearsal
from harness.runner import run_scenario
from harness.scenario import Scenario
from tests.projects import ROOT, landscape

SHARE = "1%"
"""The share of messages that meet trouble."""
ORDERS = 10_000
HOURS = 24
PAID_ON = {"date": "2026-03-03"}


@dataclass(frozen=True, slots=True)
class Measured:
    """One day: seconds of this machine, megabytes of its memory, and how it was judged."""

    orders: int
    exchanges: int
    virtual: float
    running: float
    journalling: float
    reading: float
    judging: float
    megabytes: float
    judge_megabytes: float
    journal_megabytes: float
    status: str

    def __str__(self) -> str:
        return "\n".join(
            (
                f"{self.orders} orders, {self.exchanges} exchanges, a day of "
                f"{self.virtual / 3600:.1f} h judged {self.status}",
                f"  run in {self.running:.1f} s: {self.exchanges / self.running:.0f} exchanges "
                f"a second, {self.virtual / self.running:.0f} times as fast as the clock",
                f"  journal of {self.journal_megabytes:.0f} MB written in "
                f"{self.journalling:.1f} s, read in {self.reading:.1f} s, judged in "
                f"{self.judging:.1f} s",
                f"  memory: {self.megabytes:.0f} MB at the most while it ran and was written, "
                f"{self.judge_megabytes:.0f} MB to read and judge it again",
            )
        )


def peak_day(orders: int, contracts: list[str]) -> Scenario:
    """Return a day of so many orders, each paid, released, packed, shipped, told and invoiced.

    For every ten of them there is an order of the marketplace, a label, a payment, and a hat that
    a picker does not find.
    """
    trouble = [
        {"on": "shopify.order", "do": "duplicate", "share": SHARE},
        {"on": "shopify.order", "do": "drop", "share": SHARE},
        {"on": "oms.sales_order", "do": "answer", "status": 503, "share": SHARE},
        {"on": "oms.sales_order", "do": "lose_answer", "share": SHARE},
        {"on": "wms.outbound_order", "do": "answer", "status": 502, "share": SHARE},
        {"on": "wms.outbound_order", "do": "lose_answer", "share": SHARE},
        {"on": "oms.shipment_confirmation", "do": "lose_answer", "share": SHARE},
        {"on": "shopify.fulfillment", "do": "throttle", "retry_after": "2s", "share": SHARE},
        # Invoices go in batches of hundreds, so that a share of them would hit none or all.
        {"on": "erp.sales_invoice", "do": "lose_answer", "times": 1},
    ]
    topics = ("order.released", "order.shipped", "order.cancelled")
    skus = {"CHAIR-OAK-01": 4, "CUSHION-GRY": 6}
    hat = {"sku": "HAT-RED", "warehouse": "HAM1"}
    item = {"inventory_item_id": 808950810}
    data = {
        "scenario": f"A day of {orders} orders",
        "id": "PEAK-1",
        "contracts": contracts,
        "given": {
            "records": {
                "oms.subscription": [{"topic": topic} for topic in topics],
                "oms.stock": [
                    {"sku": sku, "warehouse": "HAM1", "available": each * orders}
                    for sku, each in skus.items()
                ],
                "wms.stock": [{**hat, "available": orders, "shopify_item_id": 808950810}],
                "shopify.inventory_level": [
                    {**item, "location_id": 487838322, "available": orders}
                ],
            },
            "faults": trouble,
        },
        "when": [step for hour in range(HOURS) for step in _hour(hour, orders)]
        + [
            {"at": "25h", "id": "paid", "do": "shopify.make_payout", "with": {"set": PAID_ON}},
            {"after": "1h", "do": "shopify.send_payout", "of": "paid"},
            {"after": "2h", "do": "shopify.pay_out", "of": "paid"},
        ],
    }
    return Scenario.model_validate(data).located("scenarios/orders/peak.yaml", {})


def _hour(hour: int, orders: int) -> Iterator[dict[str, Any]]:
    """Yield what happens in one hour of the day, one kind of thing after the other."""
    many = -(-orders // HOURS)
    some = -(-many // 10)
    hat = {"sku": "HAT-RED", "warehouse": "HAM1", "change": -1}
    marketplace = {
        "from": "fixtures/marketplace_order.json",
        "set": {"OrderStatus": "Unshipped"},
        "remove": ["AmazonOrderId"],
    }
    order = {"from": "fixtures/order_basic.json", "remove": ["id", "name", "order_number"]}
    payment = {"set": {"amount": "40.70", "fee": "1.43"}}
    begins = {"at": f"{hour}h"}
    yield {**begins, "do": "shopify.place_order", "with": order, **_within(25, many)}
    yield {"do": "amazon.place_order", "with": marketplace, **_within(5, some)}
    yield {"do": "wms.ship_next", **_within(20, many)}
    yield {"do": "wms.adjust", "with": {"set": hat}, **_within(2, some)}
    yield {"do": "easypost.buy_label", **_within(2, some)}
    yield {"do": "shopify.take_payment", "with": payment, **_within(2, some)}


def _within(minutes: int, times: int) -> dict[str, Any]:
    """Return how often, and with which pause, so that it takes so many minutes."""
    return {"times": times, "every": f"{minutes * 60 / times:.2f}s"}


def play(orders: int, folder: Path) -> dict[str, float | int]:
    """Play the day and write its journal; what the integration logs meanwhile is left out."""
    logging.disable()
    project = load_project(landscape(folder))
    scenario = peak_day(orders, [one.contract for one in project.contracts])
    begun = time.perf_counter()
    history = run_scenario(scenario, project)
    ran = time.perf_counter()
    rehearsal = Rehearsal.of(project, folder=project.reports_folder)
    write_journal(history, folder / "peak.jsonl", veil=rehearsal.veil(history))
    written = time.perf_counter()
    last, start = history.end, history.header.start
    assert last is not None
    assert start is not None
    return {
        "exchanges": sum(1 for _ in history.exchanges),
        "virtual": (last - start) / 1e9,
        "running": ran - begun,
        "journalling": written - ran,
        "megabytes": _megabytes(),
    }


def judged(orders: int, folder: Path) -> dict[str, float | str]:
    """Judge the day from its journal, as somebody does who did not see it."""
    project = load_project(folder / "project")
    scenario = peak_day(orders, [one.contract for one in project.contracts])
    begun = time.perf_counter()
    history = read_journal(folder / "peak.jsonl")
    read = time.perf_counter()
    judgement = judge(
        history,
        contracts=contracts_of(scenario, project),
        landscape=project.landscape,
        scenario=scenario,
    )
    for ruling in judgement.rulings:
        if ruling.status.name not in ("PROVEN", "ATTESTED"):
            print(f"{ruling.status.name} {ruling.clause}: {ruling.reason}"[:200], file=sys.stderr)
    return {
        "reading": read - begun,
        "judging": time.perf_counter() - read,
        "judge_megabytes": _megabytes(),
        "journal_megabytes": (folder / "peak.jsonl").stat().st_size / 1e6,
        "status": judgement.status.name,
    }


def measured(orders: int) -> Measured:
    """Play and judge a day, each in a process of its own, so that each peak is its own."""
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        for part in ("play", "judged"):
            command = [sys.executable, "-m", "tests.bench.peak", part, str(orders), folder]
            done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command line
            figures |= json.loads(done.stdout)
    return Measured(orders=orders, **figures)  # type: ignore[arg-type]


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments: list[str]) -> None:
    """Measure days of the sizes that are asked for, and how memory grows between them."""
    if arguments and arguments[0] in ("play", "judged"):
        part = play if arguments[0] == "play" else judged
        print(json.dumps(part(int(arguments[1]), Path(arguments[2]))))
        return
    days = []
    for orders in sorted(int(one) for one in arguments or [str(ORDERS)]):
        days.append(measured(orders))
        print(days[-1], flush=True)
    if len(days) > 1:
        small, large = days[0], days[-1]
        times = large.orders / small.orders
        print(
            f"{times:.0f} times the orders take {large.megabytes / small.megabytes:.1f} times the "
            f"memory to run, {large.judge_megabytes / small.judge_megabytes:.1f} times to judge"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
