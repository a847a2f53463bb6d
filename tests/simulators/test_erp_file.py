"""The ERP held against its own system file: every way it names is served, and read as meant."""

import re
from decimal import Decimal
from typing import Any

import pytest

from harness.contract import Contract
from harness.history import Body, Exchange
from harness.landscape import Call, Message, System
from harness.loader import load_declaration
from harness.outcomes import Answers, Batch, Outcome
from harness.simulators.base import Reply, UnknownAction, copied
from harness.simulators.erp import Erp
from harness.simulators.profiles import Profile
from harness.simulators.validation import violations
from tests.simulators.stage import ROOT, SECRETS, Stage, data, system
from tests.simulators.test_erp import BASE, INVOICES, MEMOS, batch, invoice, line, memo, post

CALLS = [
    (name, way)
    for name, message in system("erp").messages.items()
    for way in message.carried_by.values()
]


@pytest.fixture
def erp() -> Stage:
    """Return an ERP with one item, one invoice and one credit memo."""
    erp = Stage("erp")
    erp.do("create_item", {"number": "HAT-RED"})
    assert post(erp).status == post(erp, memo(), MEMOS).status == 201
    return erp


def meaning(method: str, path: str, body: Any, answer: Reply) -> Any:
    """Return what the system's file makes of an answer."""
    answers = Answers(system("erp").answers)
    return answers.of(_exchange(method, path, body, answer))


def _exchange(method: str, path: str, body: Any, answer: Reply) -> Exchange:
    return Exchange(
        seq=1,
        done=2,
        sender="integration",
        receiver="erp",
        sent_at=0,
        ended_at=1,
        method=method,
        url=system("erp").base_urls[0] + path,
        headers=(),
        body=Body("json", body),
        status=answer.status,
        answer=Body("json", data(answer)),
    )


@pytest.mark.parametrize(("message", "way"), CALLS)
def test_every_way_of_the_file_is_served(erp: Stage, message: str, way: Any) -> None:
    """No request and no answer that the file names is unknown to the simulator."""
    assert isinstance(way, Call)
    method, _, path = str(way.request or way.response).partition(" ")
    answer = erp.call(method, re.sub(r":\w+", "none", path), {} if method == "POST" else None)
    code = data(answer).get("error", {}).get("code")
    assert code != "BadRequest_NotFound", (message, method, path)


def test_what_is_held_fits_the_file(erp: Stage) -> None:
    """Everything committed, and every row noted, has the fields and values that the file names."""
    described = system("erp")
    assert {name for name, _, _ in erp.commits} == set(described.messages)
    for name, key, body in erp.commits:
        assert violations(described.messages[name], body) == []
        assert key == body[described.messages[name].key]
    for name, row in erp.notes:
        record = described.records[name]
        assert set(row) == {*record.key, *record.values}
    assert set(erp.simulator.snapshot()) == set(described.records)


def test_the_file_reads_a_batch_as_it_is_meant(erp: Stage) -> None:
    """Posted ones and known ones are accepted, refused ones are rejected, each by itself."""
    bodies = [invoice(), invoice("1002"), invoice("1003", currencyCode="XTS")]
    path = f"{INVOICES}/batch"
    answer = erp.call("POST", path, {"invoices": bodies})
    way = system("erp").messages["sales_invoice"].carried_by["batch"]
    assert isinstance(way, Call)
    read = Batch.of(way)
    assert read is not None
    whole = meaning("POST", path, bodies, answer)
    outcomes = read.outcomes(_exchange("POST", path, bodies, answer), whole, bodies)
    assert outcomes == [Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.REJECTED]


@pytest.mark.parametrize(
    ("path", "body", "word", "outcome"),
    [
        (INVOICES, invoice(), "exists", Outcome.ACCEPTED),
        (MEMOS, memo(), "exists", Outcome.ACCEPTED),
        (INVOICES, invoice("2", line("MUG")), "item_unknown", Outcome.REJECTED),
        (INVOICES, invoice("2", customerNumber="C-1"), "customer_unknown", Outcome.REJECTED),
        (MEMOS, memo("R-2", invoiceExternalNumber="7"), "invoice_unknown", Outcome.REJECTED),
        (MEMOS, memo("R-2", "40.00"), "too_much_credited", Outcome.REJECTED),
        (INVOICES, invoice("2", postingDate="2026-02-28"), "period_closed", Outcome.REJECTED),
    ],
)
def test_a_refusal_has_the_name_that_the_file_gives_it(
    erp: Stage, path: str, body: Any, word: str, outcome: Outcome
) -> None:
    """Each named answer of the file is one that the simulator really gives."""
    erp.simulator.hold("customer", ({"number": "C-10017"},))
    erp.do("close_period", {"period": "2026-02"})
    found = meaning("POST", path, body, post(erp, body, path))
    assert (found.words[0], found.outcome) == (word, outcome)


def test_throttled_is_throttled_whatever_the_status() -> None:
    """A 429 and the 400 of too many at once are both read as: try again."""
    limited, crowded = Stage("erp", Profile(numbers={"calls": 1})), Stage("erp")
    post(limited)
    crowded.do("crowd")
    for erp, word in ((limited, "throttled"), (crowded, "crowded")):
        found = meaning("POST", INVOICES, invoice(), post(erp))
        assert (found.words[0], found.outcome) == (word, Outcome.THROTTLED)


def test_the_example_of_the_contract_is_posted() -> None:
    """The invoice that the contract gives as its example is one that the ERP takes."""
    file = ROOT / "contracts" / "oms-order-to-erp-invoice.yaml"
    contract = load_declaration(Contract, file, root=ROOT)
    assert contract is not None
    shown = copied(contract.examples[0].target)
    for row in shown["lines"]:
        row.setdefault("quantity", 1)
        row.setdefault("lineType", "Account")
    body = {**shown, "customerNumber": "C-10017", "totalTax": Decimal("7.69")}
    erp = Stage("erp")
    (answer,) = batch(erp, {**body, "postingDate": str(body["postingDate"])})
    assert answer["result"] == "created"


def _with_more(erp: Stage) -> Stage:
    """Let the file have customers and sales orders too, as that of another project may."""
    spec = system("erp")
    order = copied_message(spec, "salesOrders", left_out=("postingDate",), day="orderDate")
    customer = Message.described(
        key="number",
        carried_by={"create": {"request": f"POST {BASE}/customers"}},
        fields={
            "number": {"type": "text", "max": 20},
            "displayName": {"type": "text", "max": 100, "required": "always"},
            "city": {"type": "text", "max": 30},
            "email": {"type": "text", "max": 80},
        },
    )
    more = spec.messages | {"customer": customer, "sales_order": order}
    richer = spec.model_copy(update={"messages": more})
    erp.simulator = Erp(richer, erp, secrets=SECRETS, profile=erp.profile)
    return erp


def copied_message(spec: System, path: str, *, left_out: tuple[str, ...], day: str) -> Message:
    """Return the message of an invoice, carried elsewhere and with a day of another name."""
    original = spec.messages["sales_invoice"]
    fields = {name: one for name, one in original.fields.items() if name not in left_out}
    fields[day] = original.fields["postingDate"]
    way = Call.described(request=f"POST {BASE}/{path}", at="body")
    return original.model_copy(update={"fields": fields, "carried_by": {"create": way}})


def order(external: str = "1001", **changes: Any) -> dict[str, Any]:
    """Return a sales order."""
    body = invoice(external, **changes)
    day = body.pop("postingDate")
    return {**body, "orderDate": day}


def test_a_customer_is_made_once(erp: Stage) -> None:
    """A card is committed and can be read; the same number again is there already."""
    _with_more(erp)
    ada = {"number": "C-10017", "displayName": "Ada Quist", "city": "Leipzig"}
    answer = post(erp, ada, f"{BASE}/customers")
    shown = data(answer)
    assert (answer.status, erp.commits[-1][:2]) == (201, ("customer", "C-10017"))
    assert data(erp.call("GET", f"{BASE}/customers/{shown['id']}")) == shown
    assert data(erp.call("GET", f"{BASE}/customers?displayName=Ada Quist"))["value"] == [shown]
    again = data(post(erp, ada, f"{BASE}/customers"))["error"]
    assert (again["code"], again["target"]) == ("Internal_EntityWithSameKeyExists", "number")
    long = data(post(erp, {"displayName": "A", "city": "x" * 31}, f"{BASE}/customers"))["error"]
    assert (long["code"], long["target"]) == ("Application_StringExceededLength", "city")


def test_a_customer_without_a_number_gets_one(erp: Stage) -> None:
    """Numbers come from a series of the ERP's own, which what is refused does not use up."""
    _with_more(erp)
    bodies = [{"displayName": "Ada"}, {"city": "Leipzig"}, {"displayName": "Noor"}]
    answers = [data(post(erp, body, f"{BASE}/customers")) for body in bodies]
    assert [answer.get("number") for answer in answers] == ["C-90001", None, "C-90002"]


def test_an_order_becomes_an_invoice(erp: Stage) -> None:
    """A sales order is taken once, invoiced by the ERP's people, and cannot be cancelled then."""
    _with_more(erp)
    path = f"{BASE}/salesOrders"
    answer = post(erp, order("1002"), path)
    assert (answer.status, data(answer)["number"]) == (201, "SO-000001")
    assert (
        data(post(erp, order("1002"), path))["error"]["code"] == "Internal_EntityWithSameKeyExists"
    )
    handle = {"message": "sales_order", "key": "1002"}
    invoiced = erp.do("invoice_order", {"postingDate": "2026-03-09"}, handle)
    assert invoiced == {"message": "sales_invoice", "key": "1002"}
    assert erp.committed("sales_invoice")[-1]["postingDate"] == "2026-03-09"
    with pytest.raises(UnknownAction, match="is invoiced already"):
        erp.do("cancel_order", None, handle)
    with pytest.raises(UnknownAction, match="Internal_EntityWithSameKeyExists"):
        erp.do("invoice_order", None, handle)


def test_an_order_that_is_cancelled_is_not_invoiced(erp: Stage) -> None:
    """One that was typed in by hand is cancelled, and the ERP invoices it no more."""
    _with_more(erp)
    handle = erp.do("place_order", {"totalIncludingTax": "20.00"})
    erp.do("cancel_order", None, handle)
    with pytest.raises(UnknownAction, match="is cancelled"):
        erp.do("invoice_order", None, handle)


def test_what_the_file_does_not_have_is_not_taken(erp: Stage) -> None:
    """Orders and customers are refused where the system's file does not describe them."""
    for path in ("salesOrders", "customers"):
        answer = post(erp, {"number": "1", "displayName": "A"}, f"{BASE}/{path}")
        assert data(answer)["error"]["code"] == "BadRequest_NotFound"
    with pytest.raises(UnknownAction, match="has no message sales_order"):
        erp.do("place_order")
