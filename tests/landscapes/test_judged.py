"""Each of the ten flows, judged on a history that keeps it and on one that breaks it once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.landscapes.stories import Said, Story, judged


def kept(flow: str, story: Story, *clauses: str, settled: str = "2d") -> None:
    """Hold that nothing is broken, and that these clauses are proven."""
    said = judged(flow, story.settle(settled))
    assert said.broken() == {}, said.why()
    assert set(clauses) - said.proven() == set(), said.why()


def broken(
    flow: str, story: Story, clause: str, owner: str, *, still: tuple[str, ...] = ()
) -> Said:
    """Hold that one clause alone is broken, by whom, and that others are proven all the same."""
    said = judged(flow, story.settle())
    assert said.broken() == {clause: owner}, said.why()
    assert set(still) - said.proven() == set(), said.why()
    return said


# -- bills in batches ----------------------------------------------------------------------------

POST = "POST /bills/batch"
KEY = (("Idempotency-Key", "night-of-2026-03-03"),)


def job(number: str, **changes: Any) -> dict[str, Any]:
    """Return a job that was sent."""
    row = {"line": "1", "sku": "MUG", "count": 2, "net": "10.00", "tax": "1.90"}
    return {
        "number": number,
        "revision": 3,
        "state": "SENT",
        "total": "11.90",
        "rows": [row],
        **changes,
    }


def bill(number: str, **changes: Any) -> dict[str, Any]:
    """Return the bill of that job."""
    row = {"line": "1", "item": "MUG", "count": 2, "net": 10.00, "tax": 1.90}
    return {"outside_no": number, "total": 11.90, "rows": [row], **changes}


def night(
    bills: list[dict[str, Any]], results: list[dict[str, str]], *, begin: str = "3h"
) -> Story:
    """Tell of two jobs that finish ten minutes after midnight and are posted in the night."""
    story = Story("2026-03-02T23:10:00Z")
    for number in ("J-1", "J-2"):
        story.tells("desk.finished_job", number, "job.finished", job(number))
    story.wait(begin)
    for number in ("J-1", "J-2"):
        story.shows("desk", f"/jobs/{number}/state", job(number))
    for one in bills:
        if {"outside_no": one["outside_no"], "result": "made"} in results:
            story.holds("books.bill", one["outside_no"], one)
    return story.sends("books", POST, {"bills": bills}, answer={"results": results}, headers=KEY)


def made(*numbers: str) -> list[dict[str, str]]:
    """Return the answer that these bills are made."""
    return [{"outside_no": number, "result": "made"} for number in numbers]


BILL = "finished-job-to-bill"


def test_bills_in_batches_are_kept() -> None:
    """Both bills are in the books before half past three, looked at again, and add up."""
    story = night([bill("J-1"), bill("J-2")], made("J-1", "J-2"))
    kept(
        "bills-in-batches",
        story,
        f"{BILL}#timing.cutoff",
        f"{BILL}#guard",
        f"{BILL}#sums.bill",
        f"{BILL}#fields.rows.row",
        f"{BILL}#fields.rows.row.item",
        f"{BILL}#when.promised",
    )


def test_a_bill_that_the_batch_left_out_is_lost() -> None:
    """The answer names one of two; the other is neither posted nor parked."""
    story = night([bill("J-1")], made("J-1"))
    broken("bills-in-batches", story, f"{BILL}#when.promised", "glue-team")


def test_a_night_that_begins_late_misses_the_cut_off() -> None:
    """At a quarter past four the books are closed; everything else is as it should be."""
    story = night([bill("J-1"), bill("J-2")], made("J-1", "J-2"), begin="4h")
    broken(
        "bills-in-batches",
        story,
        f"{BILL}#timing.cutoff",
        "glue-team",
        still=(f"{BILL}#sums.bill",),
    )


def test_a_batch_has_one_key_for_all_that_travels_in_it() -> None:
    """Two batches with one key and other things in them share it; the same batch again does not."""
    whole_night = [bill("J-1"), bill("J-2")]
    same = night(whole_night, made("J-1", "J-2"))
    again = made("J-1", "J-2")
    same.sends("books", POST, {"bills": whole_night}, answer={"results": again}, headers=KEY)
    other = night(whole_night[:1], made("J-1"))
    rest = {"bills": whole_night[1:]}
    other.sends("books", POST, rest, answer={"results": made("J-2")}, headers=KEY)

    kept_one, shared = (judged("bills-in-batches", one.settle()) for one in (same, other))
    assert f"{BILL}#idempotency" in kept_one.proven()
    assert f"{BILL}#idempotency" in shared.broken()


# -- boxes on their way --------------------------------------------------------------------------

ROWS = [{"line": "L1", "count": 2}]


def box(channel: str, **changes: Any) -> dict[str, Any]:
    """Return a closed box of two packages, with one thing missing."""
    packages = [
        {"number": 1, "parcel": "P-1", "carrier": "dhl", "rows": ROWS},
        {"number": 2, "parcel": "P-2", "carrier": "ups", "rows": [{"line": "L2", "count": 1}]},
    ]
    return {
        "event": f"E-{channel}",
        "ref": "77",
        "channel": channel,
        "closed": "2026-03-02T09:00:00+01:00",
        "packages": packages,
        "missing": [{"row": "L3", "count": 1}],
        **changes,
    }


def dispatched(story: Story, parcel: str, company: str, *items: tuple[str, int]) -> Story:
    """Let the shop be told of one package."""
    told = [{"ref": ref, "count": count} for ref, count in items]
    body = {"parcel": parcel, "company": company, "items": told}
    holds = {"sale": "77", **body}
    return story.takes("shop.dispatch", parcel, "POST /sales/77/dispatches", body, holds=holds)


def noted(story: Story, parcel: str, number: str, carrier: str, *items: tuple[str, int]) -> Story:
    """Let the marketplace be told of one package."""
    body = {
        "package": number,
        "parcel": parcel,
        "carrier": carrier,
        "sent": "2026-03-02T08:00:00Z",
        "items": [{"id": ref, "count": count} for ref, count in items],
    }
    holds = {"number": "77", **body}
    return story.takes("market.sent_note", parcel, "POST /purchases/77/sent", body, holds=holds)


def short(story: Story, row: str = "L3") -> Story:
    """Let the desk be told of what was not found."""
    body = {"row": row, "count": 1}
    return story.takes(
        "desk.short_row", row, "POST /jobs/77/short", body, holds={"ref": "77", **body}
    )


def boxes(channel: str) -> Story:
    """Tell of a box that the depot closes."""
    body = box(channel)
    return Story().tells("depot.closed_box", body["event"], "box.closed", body)


def test_boxes_on_their_way_are_kept() -> None:
    """Each package is told once, the second one too, although the box came twice."""
    story = boxes("shop")
    dispatched(story, "P-1", "DHL", ("L1", 2))
    dispatched(story, "P-2", "UPS", ("L2", 1))
    short(story).again("depot", "box.closed", box("shop"))
    kept(
        "boxes-on-their-way",
        story,
        "box-to-shop#timing.delivered",
        "box-to-shop#state.told_once",
        "box-to-shop#fields.company",
        "box-to-shop#fields.items",
        "missing-to-desk#fields.count",
    )


def test_boxes_for_the_marketplace_are_kept() -> None:
    """The number of the package and the sum of the units are right."""
    story = boxes("market")
    noted(story, "P-1", "1", "DHL", ("L1", 2))
    noted(story, "P-2", "2", "UPS", ("L2", 1))
    short(story)
    kept("boxes-on-their-way", story, "box-to-market#state.units", "box-to-market#fields.package")


def test_a_second_package_that_nobody_tells_is_lost() -> None:
    """The first one does not stand for the whole box."""
    story = short(dispatched(boxes("shop"), "P-1", "DHL", ("L1", 2)))
    broken("boxes-on-their-way", story, "box-to-shop#when.promised", "glue-team")


def test_a_package_that_is_told_twice_breaks_its_state() -> None:
    """The webhook came again, and so did the dispatch."""
    story = boxes("shop")
    dispatched(story, "P-1", "DHL", ("L1", 2))
    dispatched(story, "P-2", "UPS", ("L2", 1))
    short(story).again("depot", "box.closed", box("shop"))
    dispatched(story, "P-2", "UPS", ("L2", 1))
    said = judged("boxes-on-their-way", story.settle())
    assert said.broken()["box-to-shop#state.told_once"] == "glue-team"


# -- change of hands -----------------------------------------------------------------------------


def sale(number: int = 5, **changes: Any) -> dict[str, Any]:
    """Return a paid sale."""
    return {
        "id": number,
        "changed": "2026-03-02T08:00:00Z",
        "placed": "2026-03-02T07:59:00Z",
        "state": "paid",
        "test": False,
        "currency": "EUR",
        "with_tax": True,
        "total": "20.00",
        "total_shown": "23.000",
        "tax": "3.19",
        "tip": "0.00",
        "freight": [],
        "items": [],
        **changes,
    }


def sent_job(story: Story, number: int = 5, total: float = 20.0) -> Story:
    """Let the desk be sent the job of a sale."""
    body = {"ref": str(number), "currency": "EUR", "total": total}
    return story.takes("desk.job", number, "POST /jobs", body)


NEW = "sale-to-job-by-new-glue"


def test_a_change_of_hands_is_kept() -> None:
    """A sale that no webhook brought is found, and is one job all the same."""
    story = Story().holds("shop.sale", 5, sale()).wait("20m")
    story.shows("shop", "/sales?changed_since=x", {"sales": [sale()]})
    sent_job(story)
    story.tells("shop.sale", 6, "sale.paid", sale(6, changed="2026-03-02T08:20:00Z"))
    sent_job(story, 6).again("shop", "sale.paid", sale(6, changed="2026-03-02T08:20:00Z"))
    kept("change-of-hands", story, f"{NEW}#timing.recovered", f"{NEW}#state.one_job")


def test_a_sale_that_both_send_is_two_jobs() -> None:
    """The old connector goes on after the day of the change."""
    story = Story().tells("shop.sale", 5, "sale.paid", sale())
    sent_job(sent_job(story))
    said = judged("change-of-hands", story.settle())
    assert said.broken()[f"{NEW}#state.one_job"] == "glue-team"


# -- items everywhere ----------------------------------------------------------------------------


def item(**changes: Any) -> dict[str, Any]:
    """Return an item of the books."""
    return {
        "id": "I-1",
        "changed": "2026-03-02T08:00:00Z",
        "sku": "MUG",
        "kilos": 0.41250,
        "case_of": 6,
        "tariff": "6912 00 25",
        "colour": "red",
        **changes,
    }


def goods(**changes: Any) -> dict[str, Any]:
    """Return the goods that it becomes."""
    known = {"sku": "MUG", "grams": 413, "case_of": 6, "customs": "69120025", "label": "MUG red"}
    return {**known, **changes}


def listed(*items: dict[str, Any]) -> Story:
    """Let the books list items."""
    story = Story()
    for one in items:
        story.holds("books.item", one["id"], one)
    return story.shows("books", "/items", {"items": list(items)})


def weighed(story: Story, body: dict[str, Any]) -> Story:
    """Let the depot be sent goods."""
    return story.takes("depot.goods", "I-1", "PUT /goods/I-1", body, holds={"id": "I-1", **body})


GOODS = "item-to-goods"


def test_items_everywhere_are_kept() -> None:
    """Kilograms become grams, rounded half up; the label is an expression."""
    story = weighed(listed(item()), goods())
    kept("items-everywhere", story, f"{GOODS}#fields.grams", f"{GOODS}#fields.label")


def test_an_item_in_the_wrong_unit_is_one_finding() -> None:
    """Kilograms were taken for grams."""
    broken(
        "items-everywhere",
        weighed(listed(item(kilos=12)), goods(grams=12)),
        f"{GOODS}#fields.grams",
        "glue-team",
        still=(f"{GOODS}#fields.customs",),
    )


# -- mixed baskets -------------------------------------------------------------------------------


def basket(**changes: Any) -> dict[str, Any]:
    """Return a sale of a hat at a rebate, two gift sets, a voucher, a tip and freight."""
    items = [
        {"id": 1, "sku": "HAT", "voucher": False, "count": 2, "price": "10.00",
         "rebates": [{"amount": "1.50"}]},
        {"id": 2, "sku": "GIFT-SET", "voucher": False, "count": 2, "price": "15.00", "rebates": []},
        {"id": 3, "sku": None, "voucher": True, "count": 1, "price": "25.00", "rebates": []},
    ]  # fmt: skip
    return sale(
        **{"total": "81.40", "total_shown": "93.610", "tip": "3.00",
           "freight": [{"price": "4.90"}], "items": items, **changes}
    )  # fmt: skip


def basket_rows(**changes: Any) -> list[dict[str, Any]]:
    """Return the rows it becomes; a gross by line and sku may be another."""
    rows: list[dict[str, Any]] = [
        {"line": "1", "kind": "GOODS", "sku": "HAT", "count": 2, "gross": 18.5},
        {"line": "2", "kind": "GOODS", "sku": "MUG", "count": 4, "gross": 20},
        {"line": "2", "kind": "GOODS", "sku": "BOX", "count": 2, "gross": 10},
        {"line": "3", "kind": "VOUCHER", "sku": "VOUCHER", "count": 1, "gross": 25},
        {"line": "TIP", "kind": "TIP", "sku": "TIP", "count": 1, "gross": 3},
    ]
    return [{**row, "gross": changes.get(row["sku"], row["gross"])} for row in rows]


def basketed(body: dict[str, Any], **changes: Any) -> Story:
    """Tell of a sale that becomes a job."""
    told = {"ref": "5", "currency": "EUR", "total": 81.4, "freight": 4.9, "rows": basket_rows()}
    story = Story().tells("shop.sale", 5, "sale.paid", body)
    return story.takes("desk.job", 5, "POST /jobs", {**told, **changes})


BASKET = "sale-to-job"


def test_mixed_baskets_are_kept() -> None:
    """Goods, kits in parts, a voucher and a tip add up line by line and as a whole."""
    kept(
        "mixed-baskets",
        basketed(basket()),
        f"{BASKET}#fields.rows.kit",
        f"{BASKET}#fields.rows.kit.count",
        f"{BASKET}#fields.rows.tip",
        f"{BASKET}#fields.total",
        f"{BASKET}#sums.line",
        f"{BASKET}#sums.freight",
        f"{BASKET}#sums.with_tax",
    )


@pytest.mark.parametrize(
    ("changes", "clause"),
    [
        ({"total": 93.61}, "fields.total"),
        ({"rows": basket_rows()[:-1]}, "fields.rows.tip"),
        ({"rows": basket_rows(MUG=10, BOX=20)[:2] + basket_rows()[3:]}, "fields.rows.kit"),
    ],
)
def test_a_basket_with_one_mistake_is_found_where_it_is(
    changes: dict[str, Any], clause: str
) -> None:
    """The shown currency, a tip that is left out, a kit of which a part is missing."""
    said = judged("mixed-baskets", basketed(basket(), **changes).settle())
    assert f"{BASKET}#{clause}" in said.broken(), said.why()
    assert set(said.broken().values()) == {"glue-team"}


# -- money back ----------------------------------------------------------------------------------


def refund(**changes: Any) -> dict[str, Any]:
    """Return a refund of two things, of which the buyer keeps one, and of some freight."""
    items = [
        {"id": 11, "item_id": 1, "sku": "HAT", "count": 1, "back": "shelf", "net": "8.40",
         "tax": "1.60"},
        {"id": 12, "item_id": 2, "sku": "MUG", "count": 1, "back": "kept", "net": "4.20",
         "tax": "0.80"},
    ]  # fmt: skip
    return {
        "id": 9,
        "sale_id": 5,
        "made": "2026-03-02T08:00:00Z",
        "moves": [{"id": 91}],
        "items": items,
        "extras": [{"id": 21, "kind": "freight", "amount": "-2.00"}],
        **changes,
    }


def paid_back(credit: dict[str, Any], *, slip: dict[str, Any] | None = None) -> Story:
    """Tell of a refund after its bill, and of what it becomes."""
    posted = {"outside_no": "J-5", "sale": "5", "currency": "EUR", "total": 50.0, "rows": []}
    move = {"id": 91, "kind": "refund", "state": "done", "amount": "17.00"}
    story = Story().holds("books.bill", "J-5", posted)
    story.shows("books", "/bills/J-5", posted).wait("1h")
    story.holds("shop.money_move", 91, move)
    story.tells("shop.refund", 9, "refund.made", refund())
    story.shows("shop", "/sales/5/money", {"moves": [move]})
    story.takes("books.credit_note", 9, "POST /credit-notes", credit)
    back = {"ref": "9", "rows": [{"slip": "11", "sku": "HAT", "count": 1}]}
    return story.takes("depot.back_slip", 9, "POST /back", slip or back)


def credit(**changes: Any) -> dict[str, Any]:
    """Return the credit note of that refund."""
    rows = [
        {"slip": "11", "kind": "goods", "gross": 10.0},
        {"slip": "12", "kind": "goods", "gross": 5.0},
        {"slip": "21", "kind": "freight", "gross": 2.0},
    ]
    known = {"outside_no": "9", "bill": "J-5", "currency": "EUR", "total": 17.0, "rows": rows}
    return {**known, **changes}


NOTE = "refund-to-credit-note"


def test_money_back_is_kept() -> None:
    """What moved is credited, never more than was billed; only what comes back is announced."""
    kept(
        "money-back",
        paid_back(credit()),
        f"{NOTE}#sums.paid_back",
        f"{NOTE}#sums.slip",
        f"{NOTE}#sums.not_over",
        f"{NOTE}#fields.bill",
        f"{NOTE}#after",
        "refund-to-back-slip#fields.rows.to_shelf",
        "refund-to-back-slip#fields.rows.kept",
    )


def test_a_credit_that_forgets_the_freight_does_not_add_up() -> None:
    """What was paid back is more than what is credited."""
    short_of = credit(total=15.0, rows=credit()["rows"][:2])
    said = judged("money-back", paid_back(short_of).settle())
    assert f"{NOTE}#sums.paid_back" in said.broken(), said.why()
    assert "refund-to-back-slip#fields.rows.to_shelf" in said.proven()


def test_what_the_buyer_keeps_must_not_be_announced() -> None:
    """The depot would wait for a parcel that never comes."""
    rows = [{"slip": "11", "sku": "HAT", "count": 1}, {"slip": "12", "sku": "MUG", "count": 1}]
    story = paid_back(credit(), slip={"ref": "9", "rows": rows})
    broken("money-back", story, "refund-to-back-slip#fields.rows.kept", "glue-team")


# -- orders in parts -----------------------------------------------------------------------------


def purchase(**changes: Any) -> dict[str, Any]:
    """Return the head of an order."""
    return {
        "number": "N-1",
        "changed": "2026-03-02T08:00:00Z",
        "state": "open",
        "total": {"amount": "30.00", "currency": "EUR"},
        **changes,
    }


def bought(number: int, price: str, **changes: Any) -> dict[str, Any]:
    """Return an item of it."""
    return {
        "id": f"N-1-{number}",
        "sku": f"S{number}",
        "count": 1,
        "price": {"amount": price},
        "wants_out": "false",
        **changes,
    }


ITEMS = [bought(1, "10.00"), bought(2, "20.00"), bought(3, "5.00", count=0)]


def parts(*, following: str | None = None) -> Story:
    """Tell of an order that is read as head, items and buyer."""
    story, head = Story().holds("market.purchase", "N-1", purchase()), purchase()
    for one in ITEMS:
        story.holds("market.purchase_item", one["id"], {"number": "N-1", **one})
    story.holds("market.buyer", "N-1", {"number": "N-1", "name": "Ada", "country": "DE"})
    story.wait("3m").shows("market", "/purchases?since=x", {"purchases": [head]})
    if following is None:
        story.shows("market", "/purchases/N-1/items", {"items": ITEMS})
    else:
        story.shows("market", "/purchases/N-1/items", {"items": ITEMS[:1], "next": following})
        story.shows("market", f"/purchases/N-1/items?next={following}", {"items": ITEMS[1:]})
    story.shows("market", "/purchases/N-1/buyer", {"name": "Ada", "country": "DE"})
    return story


def whole(*rows: tuple[str, str, float]) -> dict[str, Any]:
    """Return the job of that order."""
    told = [{"line": line, "sku": sku, "count": 1, "gross": gross} for line, sku, gross in rows]
    return {"ref": "N-1", "currency": "EUR", "total": 30.0, "name": "Ada", "rows": told}


PART = "purchase-to-job"
ALL = (("N-1-1", "S1", 10.0), ("N-1-2", "S2", 20.0))


def test_orders_in_parts_are_kept() -> None:
    """Two pages of items and the buyer come together; a cancelled item is dropped."""
    kept(
        "orders-in-parts",
        parts(following="p2").takes("desk.job", "N-1", "POST /jobs", whole(*ALL)),
        f"{PART}#fields.rows.bought",
        f"{PART}#fields.rows.cancelled",
        f"{PART}#fields.name",
        f"{PART}#sums.line",
        f"{PART}#timing.delivered",
        settled="5m",
    )


def test_a_second_page_that_nobody_read_is_missing_in_the_job() -> None:
    """Only the first page became rows."""
    story = parts(following="p2").takes("desk.job", "N-1", "POST /jobs", whole(ALL[0]))
    said = judged("orders-in-parts", story.settle())
    assert said.broken()[f"{PART}#fields.rows.bought"] == "glue-team", said.why()


# -- parcels told --------------------------------------------------------------------------------


def scan(state: str, minute: int) -> dict[str, Any]:
    """Return a scan."""
    return {
        "parcel": "P-1",
        "seen": f"2026-03-02T08:{minute:02}:00Z",
        "back": False,
        "state": state,
    }


def scanned(story: Story, state: str, becomes: str, minute: int, *, mail: bool = False) -> Story:
    """Tell of a scan that moves the parcel, and of the mail about it."""
    story.tells("courier.scan", "P-1", "parcel.scanned", scan(state, minute), at="result")
    step = {"leg": "OUT", "state": becomes, "at": f"2026-03-02T08:{minute:02}:00Z"}
    whole_step = {"parcel": "P-1", **step}
    story.takes("desk.parcel_step", "P-1", "PUT /parcels/P-1", step, holds=whole_step, status=200)
    story.again("desk", "parcel.changed", whole_step)
    if mail:
        body = {"ref": f"P-1-{becomes}", "parcel": "P-1", "step": becomes}
        story.takes("bell.mail", body["ref"], "POST /mails", body)
    return story.wait("1m")


def test_parcels_told_are_kept() -> None:
    """A parcel moves forward, and the buyer gets a mail for the steps that matter."""
    story = scanned(Story(), "moving", "MOVING", 0)
    scanned(story, "door", "AT_DOOR", 1, mail=True)
    story.wait("6h").told("parcel-desk", "scan-to-desk")
    kept(
        "parcels-told",
        story,
        "scan-to-desk#state.never_back",
        "scan-to-desk#fields.state",
        "scan-to-desk#timing.every",
        "parcel-to-buyer#fields.step",
    )


def test_a_parcel_that_moves_back_is_found() -> None:
    """A late scan overwrote what was newer."""
    story = scanned(Story(), "handed_over", "HANDED_OVER", 5, mail=True)
    story.tells("courier.scan", "P-1", "parcel.scanned", scan("moving", 1), at="result")
    step = {"leg": "OUT", "state": "MOVING", "at": "2026-03-02T08:01:00Z"}
    story.takes(
        "desk.parcel_step", "P-1", "PUT /parcels/P-1", step, holds={"parcel": "P-1", **step}
    )
    said = judged("parcels-told", story.settle())
    assert said.broken()["scan-to-desk#state.never_back"] == "glue-team", said.why()


# -- payouts in the books ------------------------------------------------------------------------

PAYOUT = {"id": 3, "state": "paid", "currency": "EUR", "amount": "58.28"}
PARTS = [
    {"id": 1, "kind": "sale", "currency": "EUR", "amount": "85.20", "fee": "2.97", "net": "82.23"},
    {"id": 2, "kind": "refund", "currency": "EUR", "amount": "-23.95", "fee": "0.00",
     "net": "-23.95"},
    {"id": 3, "kind": "payout", "currency": "EUR", "amount": "-58.28", "fee": "0.00",
     "net": "-58.28"},
]  # fmt: skip


def paid_out(*rows: tuple[str, float]) -> Story:
    """Tell of a payout with its parts, and of the journal it becomes."""
    story = Story().holds("shop.payout", 3, PAYOUT)
    for one in PARTS:
        story.holds("shop.payout_part", one["id"], {"payout": 3, **one})
    story.shows("shop", "/payouts", {"payouts": [PAYOUT]})
    story.shows("shop", "/payouts/3/parts", {"parts": PARTS})
    told = [{"account": account, "currency": "EUR", "credit": credit} for account, credit in rows]
    return story.takes("books.journal", 3, "POST /journals", {"ref": "3", "rows": told})


BOOKED = (("8400", 85.2), ("8450", -23.95), ("6855", -2.97), ("1361", -58.28))
JOURNAL = "payout-to-journal"


def test_payouts_in_the_books_are_kept() -> None:
    """Charges, refunds, fees and the bank balance to nothing."""
    kept(
        "payouts-in-the-books",
        paid_out(*BOOKED),
        f"{JOURNAL}#sums.balanced",
        f"{JOURNAL}#sums.parts",
        f"{JOURNAL}#fields.rows.gross.credit",
        f"{JOURNAL}#fields.rows.fees",
        f"{JOURNAL}#timing.delivered",
    )


def test_a_fee_with_the_wrong_sign_is_found() -> None:
    """It is a cost, and was booked as income; the journal does not balance either."""
    wrong = paid_out(*BOOKED[:2], ("6855", 2.97), BOOKED[3])
    said = judged("payouts-in-the-books", wrong.settle("6d"))
    assert said.broken()[f"{JOURNAL}#fields.rows.fees.credit"] == "glue-team", said.why()
    assert f"{JOURNAL}#fields.rows.gross.credit" in said.proven()


# -- stock on the shelf --------------------------------------------------------------------------


def stock(free: int, seq: int) -> dict[str, Any]:
    """Return what the depot counts."""
    return {
        "row": "NORTH:MUG",
        "seq": seq,
        "counted": f"2026-03-02T08:{seq:02}:00Z",
        "sku": "MUG",
        "house": "NORTH",
        "free": free,
    }


def offered(story: Story, units: int, *, before: int | None = None) -> Story:
    """Let the shop be sent what it can offer."""
    body = {"item": "MUG", "place": "gid://shop/Place/1", "units": units, "units_before": before}
    call = {"variables": {"offers": [body]}}
    return story.takes("shop.offer", "MUG", "POST /graph", call, status=200, holds=body)


def counted(story: Story, free: int, seq: int) -> Story:
    """Let the depot count and tell."""
    return story.tells("depot.stock_row", "NORTH:MUG", "stock.changed", stock(free, seq))


SHELF = "stock-to-shelf"


def test_stock_on_the_shelf_is_kept() -> None:
    """The shop follows within a quarter of an hour, also where a pick tells only of a change."""
    story = offered(counted(Story(), 10, 1), 10).wait("1m")
    offered(counted(story, 7, 2), 7, before=10).wait("1m")
    picked = {"event": "E-1", "seq": 3, "house": "NORTH", "rows": [{"sku": "MUG", "count": 2}]}
    story.tells("depot.picked", "E-1", "stock.picked", picked)
    offered(story, 5, before=7).wait("1d").told("depot-it", SHELF)
    kept(
        "stock-on-the-shelf",
        story,
        f"{SHELF}#fields.units",
        f"{SHELF}#maps.places.NORTH",
        f"{SHELF}#timing.fresh",
        f"{SHELF}#state.no_oversell",
        f"{SHELF}#state.counted_at_noon",
        f"{SHELF}#timing.every",
    )


def test_stock_that_the_shop_goes_on_to_show_is_too_old() -> None:
    """The second count never reached it."""
    story = counted(offered(counted(Story(), 10, 1), 10).wait("1m"), 7, 2)
    said = judged("stock-on-the-shelf", story.settle("2h"))
    assert said.broken()[f"{SHELF}#timing.fresh"] == "glue-team", said.why()


def test_stock_below_nothing_is_oversold() -> None:
    """The depot promised more than it has."""
    story = offered(counted(Story(), 1, 1), 1).wait("1m")
    said = judged("stock-on-the-shelf", offered(counted(story, -1, 2), -1).settle("2h"))
    assert f"{SHELF}#state.no_oversell" in said.broken(), said.why()
