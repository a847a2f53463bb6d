"""What holds for the ERP, whatever is done to it."""

import json
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlsplit

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.simulators.base import UnknownAction, to_json
from harness.simulators.erp import Erp
from harness.timing import SECOND
from tests.simulators.stage import Stage, data
from tests.simulators.test_erp import BASE, INVOICES, MEMOS, invoice, line, memo, post

cents = st.integers(-100, 3_000).map(lambda number: Decimal(number).scaleb(-2))
externals = st.sampled_from(["1", "2", "3"])
skus = st.sampled_from(["HAT-RED", "MUG", "CAP"])
months = st.sampled_from(["2026-02", "2026-03"])

invoices = st.tuples(st.just("invoice"), externals, cents, cents, skus, months)
memos = st.tuples(
    st.just("memo"), st.sampled_from(["R1", "R2", "R3", "R4"]), externals, cents, skus, months
)
deeds = st.tuples(
    st.just("deed"),
    st.sampled_from(
        ["create_item", "change_item", "block_item", "unblock_item", "rename_item", "delete_item",
         "close_period", "open_period", "block_customer", "unblock_customer", "credit_invoice"]
    ),
    externals,
    skus,
    skus,
    months,
)  # fmt: skip
steps = st.lists(invoices | memos | deeds, max_size=25)


def _do(erp: Stage, step: tuple[Any, ...]) -> None:
    """Do one step; whatever is refused is refused with a reason."""
    kind, first, second, third, sku, month = step
    if kind == "invoice":
        body = invoice(first, line(sku, 2, str(second)), postingDate=f"{month}-05")
        sums = {"totalTax": third, "totalIncludingTax": second + third}
        assert post(erp, {**body, **sums}).status in (201, 400)
    elif kind == "memo":
        body = memo(first, str(third), invoiceExternalNumber=second, postingDate=f"{month}-07")
        body["lines"][0]["lineObjectNumber"] = sku
        assert post(erp, body, MEMOS).status in (201, 400)
    else:
        payload = {"number": third, "period": month, "to": sku, "externalDocumentNumber": second}
        if "customer" in first:
            payload["number"] = "C-10017"
        try:
            erp.do(first, payload)
        except UnknownAction as error:
            assert str(error)  # noqa: PT017 - an action that makes no sense is explained


def _played(done: list[tuple[Any, ...]]) -> Stage:
    erp = Stage("erp")
    for step in done:
        _do(erp, step)
        erp.advance(SECOND)
    return erp


@settings(max_examples=120)
@given(steps)
def test_money_and_numbers_are_kept(done: list[tuple[Any, ...]]) -> None:
    """No invoice is credited beyond its total, records tell the sums, numbers have no gaps."""
    erp = _played(done)
    held = erp.simulator.snapshot()
    memos_of: dict[str, Decimal] = {}
    for row in held["credit_memo"]:
        external = row["invoiceExternalNumber"]
        memos_of[external] = memos_of.get(external, Decimal(0)) + row["totalIncludingTax"]
    for row in held["invoice"]:
        credited = memos_of.pop(row["externalDocumentNumber"], Decimal(0))
        assert 0 <= row["credited"] == credited <= row["totalIncludingTax"]
        assert row["remaining"] == row["totalIncludingTax"] - credited
    assert memos_of == {}
    for record, prefix in (("invoice", "PSI"), ("credit_memo", "PSC")):
        numbers = sorted(row["number"] for row in held[record])
        assert numbers == [f"{prefix}-{n:06d}" for n in range(1, len(numbers) + 1)]


@settings(max_examples=60)
@given(steps)
def test_what_is_noted_is_what_is_held(done: list[tuple[Any, ...]]) -> None:
    """The last note of each record is its row in the state, and each document is committed once."""
    erp = _played(done)
    held = erp.simulator.snapshot()
    keys = {"item": "id", "customer": "number", "posting_period": "period"}
    for record, shown in held.items():
        key = keys.get(record, "externalDocumentNumber")
        last = {row[key]: row for name, row in erp.notes if name == record}
        assert shown == [last[row[key]] for row in shown]
        assert [row[key] for row in shown] == sorted(row[key] for row in shown)
    for message, record in (("sales_invoice", "invoice"), ("credit_memo", "credit_memo")):
        assert len(erp.committed(message)) == len(held[record])


@settings(max_examples=40)
@given(steps)
def test_an_item_only_grows_newer(done: list[tuple[Any, ...]]) -> None:
    """Each version of an item is later than the one before, and its id never changes hands."""
    erp = _played(done)
    versions: dict[str, list[str]] = {}
    for body in erp.committed("item"):
        versions.setdefault(body["id"], []).append(body["lastModifiedDateTime"])
    for instants in versions.values():
        assert instants == sorted(set(instants))
    numbers = [row["number"] for row in erp.simulator.snapshot()["item"]]
    assert len(numbers) == len(set(numbers))


@settings(max_examples=20)
@given(steps)
def test_the_same_seed_gives_the_same_bytes(done: list[tuple[Any, ...]]) -> None:
    """Two runs of the same steps commit, note and hold the same, ids included."""
    one, other = _played(done), _played(done)
    for erp in (one, other):
        erp.notes.append(("end", erp.call("GET", f"{BASE}/items").body.decode()))
    told = [to_json([erp.commits, erp.notes, erp.simulator.snapshot()]) for erp in (one, other)]
    assert told[0] == told[1]


@settings(max_examples=60)
@given(st.sets(st.text(min_size=1, max_size=20).filter(lambda t: t.isprintable()), max_size=9))
def test_pages_show_each_item_once(numbers: set[str]) -> None:
    """Whatever characters stand in a number, the links lead to every item."""
    erp = Stage("erp")
    for number in numbers:
        erp.do("create_item", {"number": number})
    path, shown = f"{BASE}/items", []
    while path:
        answer = data(erp.call("GET", path, headers={"Prefer": "odata.maxpagesize=2"}))
        shown += [row["number"] for row in answer["value"]]
        link = urlsplit(answer.get("nextLink", ""))
        path = f"{link.path}?{link.query}" if link.path else ""
    assert shown == sorted(numbers)
    for number in numbers:
        found = data(erp.call("GET", f"{BASE}/items?number={quote(number, safe='')}"))["value"]
        assert [row["number"] for row in found] == [number]


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.sampled_from([Decimal("1E+300"), Decimal("0.5"), "EUR", "Item", "2026-03-02"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def _spoilt(body: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return bodies that have up to two fields, and up to one field of a line, as anything."""
    top = st.dictionaries(st.sampled_from(sorted(body)), anything, max_size=2)
    row = st.dictionaries(st.sampled_from(sorted(body["lines"][0])), anything, max_size=1)
    return st.builds(
        lambda over, inner: {**body, "lines": [{**body["lines"][0], **inner}], **over}, top, row
    )


@settings(max_examples=150)
@given(anything | _spoilt(invoice()), anything | _spoilt(memo()))
def test_no_body_makes_the_erp_raise(first: Any, second: Any) -> None:
    """Any JSON gets an answer, and what is refused leaves no trace."""
    erp = Stage("erp")
    for path, body in ((INVOICES, first), (f"{INVOICES}/batch", {"invoices": [first, second]})):
        before = len(erp.commits)
        answer = erp.call("POST", path, json.loads(to_json(body), parse_float=Decimal))
        assert 200 <= answer.status < 500
        if path == INVOICES:
            assert (answer.status == 201) == (len(erp.commits) > before)
    post(erp)
    before = len(erp.commits)
    answer = post(erp, {} if second is None else second, MEMOS)
    assert (answer.status == 201) == (len(erp.commits) > before)


_NAMES = st.sampled_from(
    ["number", "id", "to", "period", "externalDocumentNumber", "amount", "blocked", "places",
     "postingDate", "lines", "totalTax", "totalIncludingTax", "lastModifiedDateTime", "status"]
)  # fmt: skip
_PAYLOADS = st.dictionaries(_NAMES, anything | st.sampled_from(["1001", "HAT-RED", "2026-03"]))


@settings(max_examples=150)
@given(
    st.sampled_from(sorted(Erp.actions)),
    st.sampled_from(["item", "customer", "posting_period", "invoice", "sales_order"]),
    _PAYLOADS,
)
def test_no_payload_makes_the_erp_raise(action: str, record: str, payload: dict[str, Any]) -> None:
    """Whatever a scenario asks for is done, or explained."""
    erp = Stage("erp")
    erp.do("create_item", {"number": "HAT-RED"})
    post(erp)
    for work in (
        lambda: erp.do(action, payload),
        lambda: erp.simulator.hold(record, (payload,)),
        lambda: erp.do(action, payload, {"message": "sales_invoice", "key": "1001"}),
    ):
        try:
            work()
        except UnknownAction as error:
            assert str(error)  # noqa: PT017 - an action that makes no sense is explained
    to_json(erp.simulator.snapshot())
    assert erp.call("GET", f"{BASE}/items").status in (200, 400)
