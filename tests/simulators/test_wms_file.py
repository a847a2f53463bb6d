"""The warehouse held against its own system file, and against the contracts that use it."""

import json
import re
from typing import Any

import pytest

from harness.contract import Contract
from harness.history import Body, Exchange
from harness.landscape import Call
from harness.loader import load_declaration
from harness.outcomes import Answers, Outcome
from harness.simulators.base import Reply, copied
from harness.simulators.bounds import objections
from harness.simulators.profiles import Profile
from harness.simulators.wms import Wms
from harness.timing import parse_instant
from tests.simulators.stage import ROOT, Stage, data, system
from tests.simulators.test_wms import ABOUT, ORDERS, line, order, post
from tests.simulators.test_wms_items import put
from tests.simulators.test_wms_stock import ASN, announce, described, warehouse

CALLS = [
    (way.request or way.response)
    for message in described().messages.values()
    for way in message.carried_by.values()
    if isinstance(way, Call)
]


def example(name: str, index: int = 0) -> Any:
    """Return the target of an example of a contract."""
    contract = load_declaration(Contract, ROOT / "contracts" / f"{name}.yaml", root=ROOT)
    assert contract is not None
    return copied(contract.examples[index].target)


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    """Return an object whose names with a dot have become objects in it."""
    whole: dict[str, Any] = {}
    for name, value in flat.items():
        outer, dot, inner = name.partition(".")
        if dot:
            whole.setdefault(outer, {})[inner] = value
        else:
            whole[name] = value
    return json.loads(json.dumps(whole, default=str))  # type: ignore[no-any-return] # an object


def busy() -> Stage:
    """Return a warehouse that did everything once."""
    wms = warehouse()
    put(wms)
    announce(wms)
    wms.do("receive", None, ASN)
    wms.do("refuse_sku", {"sku": "CAP"})
    for ref in ("1001", "1002", "1003"):
        assert post(wms, order(ref, line())).status == 201
    wms.do("short_pick", {"lines": [{"sku": "MUG", "qty": 1}]}, ABOUT)
    wms.do("ship", None, ABOUT)
    wms.call("POST", f"{ORDERS}/1002/cancel", {"reason": "CUSTOMER"})
    wms.do("cancel", {"order_ref": "1003"})
    return wms


def meaning(method: str, path: str, answer: Reply) -> Any:
    """Return what the system's file makes of an answer."""
    return Answers(system("wms").answers).of(
        Exchange(
            seq=1,
            done=2,
            sender="integration",
            receiver="wms",
            sent_at=0,
            ended_at=1,
            method=method,
            url=system("wms").base_urls[0] + path,
            headers=(),
            body=Body("json", {}),
            status=answer.status,
            answer=Body("json", data(answer)),
        )
    )


@pytest.mark.parametrize("way", CALLS)
def test_every_way_of_the_file_is_served(way: str) -> None:
    """No request and no answer that the file names is unknown to the simulator."""
    method, _, path = way.partition(" ")
    answer = warehouse().call(method, re.sub(r":\w+", "none", path), {})
    assert "resource" not in data(answer).get("message", "")


def test_what_is_held_fits_the_file() -> None:
    """Everything committed or noted has the fields and values that the file names."""
    wms, file = busy(), described()
    assert {name for name, _, _ in wms.commits} == set(file.messages)
    for name, key, body in wms.commits:
        assert objections(file.messages[name], body) == []
        assert key == body[file.messages[name].key]
        assert set(body) <= {path.partition(".")[0] for path in file.messages[name].fields}
    for name, row in wms.notes:
        assert set(row) == {*file.records[name].key, *file.records[name].values}
        status = file.records[name].values.get("status")
        assert status is None or row["status"] in (status.enum or ())
    assert set(wms.simulator.snapshot()) == set(file.records)


def test_what_is_sent_is_what_is_held() -> None:
    """Each webhook carries a message of its topic, the same as was committed."""
    wms = busy()
    topics = {
        "shipment.closed": "shipment",
        "inventory.changed": "stock_line",
        "outbound.cancelled": "outbound_cancelled",
        "receipt.closed": "receipt",
    }
    assert {webhook.topic for webhook in wms.emitted} == set(topics)
    for topic, message in topics.items():
        sent = [json.loads(webhook.body) for webhook in wms.emitted if webhook.topic == topic]
        assert sent == wms.committed(message)


def test_a_refusal_has_the_name_that_the_file_gives_it() -> None:
    """Each named answer of the file is one that the simulator really gives."""
    wms = busy()
    path = f"{ORDERS}/1001/cancel"
    named = {
        "exists": (ORDERS, post(wms, order("1001", line())), Outcome.ACCEPTED),
        "unknown_item": (ORDERS, post(wms, order("9", line(sku="CAP"))), Outcome.REJECTED),
        "picking": (path, wms.call("POST", path), Outcome.REJECTED),
        "throttled": (ORDERS, post(Stage("wms", Profile(numbers={"calls": 0}))), Outcome.THROTTLED),
    }
    for word, (place, answer, outcome) in named.items():
        found = meaning("POST", place, answer)
        assert (found.words[0], found.outcome) == (word, outcome)
    assert set(named) == set(system("wms").answers)


@pytest.mark.parametrize("index", [0, 1])
def test_the_orders_of_the_contract_are_taken(index: int) -> None:
    """The order that the contract gives as its example is one that the warehouse takes."""
    body = nested(example("oms-order-to-wms", index))
    ship_to = {"name": "N", "street1": "S", "city": "C", "country": "DE"}
    body = {"warehouse": "HAM1", **body, "ship_to": ship_to | body["ship_to"]}
    answer = post(Stage("wms"), body)
    assert answer.status == 201, answer.body


def test_the_items_of_the_contract_are_taken() -> None:
    """The item that the contract gives as its example is one that the warehouse takes."""
    wms = Stage("wms")
    for index in (0, 1):
        body = nested(example("erp-item-to-wms", index))
        body = {"title": "T", "changed_at": "2026-03-02T08:15:30Z", **body}
        key = body.pop("external_id", "5d115c9c-44e3-ea11-bb43-000d3a2feca9")
        assert wms.call("PUT", f"/v1/products/{key}", body).status == 201


def test_the_ladder_and_the_limit_are_those_of_the_file() -> None:
    """What the file says of resends and limits is what the habits say."""
    file, habits = system("wms"), Wms.habits
    assert file.resends is not None
    assert file.limits is not None
    waits = habits["webhook_retries"].value
    assert (file.resends.attempts, file.resends.over) == (len(waits) + 1, sum(waits))
    assert (file.limits.calls, file.limits.per) == (
        habits["calls"].value,
        habits["calls_per"].value,
    )


def test_times_are_the_instant_that_they_are() -> None:
    """The time on the wall, summer or winter, is the instant at which it happened."""
    for start in ("2026-03-02T08:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00.25Z"):
        wms = Stage("wms", now=parse_instant(start))
        post(wms)
        wms.do("ship", None, ABOUT)
        assert parse_instant(wms.committed("shipment")[0]["closed_at"]) == wms.now
