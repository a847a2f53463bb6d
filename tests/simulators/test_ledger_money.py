"""What the ledger knows of money: payments, refunds, payouts, carriers' invoices, duties."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.landscape import System
from harness.loader import load_declaration
from harness.simulators.base import Reply, UnknownAction
from harness.simulators.bounds import objections
from harness.simulators.ledger import Ledger
from harness.simulators.profiles import Profile
from harness.timing import DAY, HOUR, MINUTE
from tests.simulators.stage import ROOT, SECRETS, Stage, data, header, system

ORDER = {"message": "order", "key": "450789469"}
REFUNDS = "/v1/refunds"


@cache
def described() -> System:
    """Return a ledger whose file has all that it can say, with the records of the landscape."""
    file = ROOT / "tests" / "simulators" / "ledger_money.yaml"
    found = load_declaration(System, file, root=ROOT)
    assert found is not None
    return found.model_copy(update={"records": system("ledger").records})


def treasury(**numbers: Any) -> Stage:
    """Return a ledger that tells of money."""
    stage = Stage("ledger", Profile(numbers=numbers))
    secrets = SECRETS | {"ledger_webhook_secret": "ledger-secret"}
    stage.simulator = Ledger(described(), stage, secrets=secrets, profile=stage.profile)
    return stage


@pytest.fixture
def ledger() -> Stage:
    """Return a ledger that knows of no money yet."""
    return treasury()


def captured(ledger: Stage, amount: str = "40.70", **values: Any) -> Any:
    """Take money for an order; return the handle of the payment."""
    return ledger.do("capture_payment", {"amount": amount, **values}, ORDER)


def told(ledger: Stage) -> list[str]:
    """Return the topics of all webhooks."""
    return [webhook.topic for webhook in ledger.emitted]


def record(ledger: Stage, name: str) -> Any:
    """Return the rows of a record."""
    return ledger.simulator.snapshot()[name]


def one(ledger: Stage, path: str) -> Any:
    """Return what is read at an address."""
    answer = ledger.call("GET", f"/v1/{path}")
    assert answer.status == 200
    return data(answer)


def ask_back(ledger: Stage, key: str | None = None, **changes: Any) -> Reply:
    """Ask for money back, as the integration does."""
    body = {"reference": "rf-1", "paymentId": "pay-1", "currency": "EUR", "amount": "10.00"}
    headers = {"Idempotency-Key": key} if key else {}
    return ledger.call("POST", REFUNDS, body | changes, headers)


def test_money_is_promised_and_taken(ledger: Stage) -> None:
    """A payment is authorised, captured in parts, told each time, and read."""
    handle = ledger.do("authorise_payment", {"amount": "30.00"}, ORDER)
    for amount in ("10.00", "20.00"):
        ledger.do("capture_payment", {"amount": amount}, handle)
    assert told(ledger) == ["payment.authorised", "payment.captured", "payment.captured"]
    bodies = ledger.committed("payment")
    assert [body["captured"] for body in bodies] == ["0.00", "10.00", "30.00"]
    assert [body["revision"] for body in bodies] == [1, 2, 3]
    assert (bodies[0]["externalId"], one(ledger, "payments/pay-1")) == ("450789469", bodies[-1])
    with pytest.raises(UnknownAction, match=r"has 0\.00 left to capture, not 0\.01"):
        ledger.do("capture_payment", {"amount": "0.01"}, handle)


def test_a_promise_ends(ledger: Stage) -> None:
    """After a week a promise expires; one that is given up is void; nothing is taken of either."""
    first = ledger.do("authorise_payment", {"amount": "30.00"}, ORDER)
    second = ledger.do("authorise_payment", {"amount": "30.00"}, ORDER)
    ledger.do("void_payment", None, second)
    ledger.advance(7 * DAY)
    assert [row["status"] for row in record(ledger, "payment")] == ["EXPIRED", "VOIDED"]
    assert told(ledger)[-2:] == ["payment.voided", "payment.expired"]
    for handle in (first, second):
        with pytest.raises(UnknownAction, match="nothing can be captured"):
            ledger.do("capture_payment", {"amount": "1.00"}, handle)


def test_a_refund_is_a_wish_until_the_money_moves(ledger: Stage) -> None:
    """While it is pending nothing is refunded; an hour later it is, and the payment says so."""
    captured(ledger)
    answer = ask_back(ledger)
    assert (answer.status, data(answer)["status"]) == (201, "PENDING")
    assert header(answer, "Location") == "/v1/refunds/re-1"
    assert record(ledger, "payment")[0]["refunded"] == "0.00"
    ledger.advance(HOUR)
    assert record(ledger, "refund")[0]["status"] == "SUCCESS"
    payment = record(ledger, "payment")[0]
    assert (payment["refunded"], payment["status"]) == ("10.00", "PARTIALLY_REFUNDED")
    assert told(ledger)[-3:] == [
        "refund.pending",
        "payment.partially_refunded",
        "refund.succeeded",
    ]


def test_a_refund_that_fails_gives_nothing_back(ledger: Stage) -> None:
    """What was asked back can be asked back again, and time does not change a failure."""
    captured(ledger)
    handle = ledger.do("refund_payment", {"reason": "late"}, {"message": "payment", "key": "pay-1"})
    assert ask_back(ledger).status == 422
    ledger.do("fail_refund", {"reason": "card expired"}, handle)
    ledger.advance(DAY)
    (pending, failed) = ledger.committed("refund")
    assert (pending["status"], failed["status"]) == ("PENDING", "FAILURE")
    assert (failed["reason"], failed["failureReason"]) == ("late", "card expired")
    assert ask_back(ledger, amount="40.70").status == 201
    with pytest.raises(UnknownAction, match="is FAILURE already"):
        ledger.do("succeed_refund", None, handle)


def test_a_refund_is_taken_once(ledger: Stage) -> None:
    """Its key gives the first answer for a week; its reference is known for ever."""
    captured(ledger)
    first = ask_back(ledger, key="k")
    again = ask_back(ledger, key="k")
    assert (again.status, again.body) == (201, first.body)
    ledger.advance(7 * DAY)
    known = ask_back(ledger, key="k")
    assert (known.status, data(known)) == (
        409,
        {"error": "duplicate_reference", "refundId": "re-1"},
    )
    assert len(ledger.committed("refund_request")) == 1


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"paymentId": "pay-9"}, "unknown_payment"),
        ({"currency": "USD"}, "other_currency"),
        ({"currency": "euro"}, "unknown_currency"),
        ({"amount": 10}, "encoding"),
        ({"reference": None}, "required"),
        ({"amount": "40.71"}, "not_refundable"),
        ({"amount": "0.00"}, "not_refundable"),
        ({"amount": "0.001"}, "not_refundable"),
        ({"amount": "1E+900"}, "not_refundable"),
    ],
)
def test_a_refund_that_cannot_be_is_refused(
    ledger: Stage, changes: dict[str, Any], expected: str
) -> None:
    """More than was taken, another currency, an unknown payment: each is refused, without trace."""
    captured(ledger)
    answer = ask_back(ledger, **changes)
    body = data(answer)
    said = body["errors"][0]["code"] if body["error"] == "invalid" else body["error"]
    assert (answer.status, said) == (422, expected)
    assert ledger.committed("refund") == []


def test_a_currency_has_the_parts_that_it_has(ledger: Stage) -> None:
    """Yen have no smaller part, and dinars a thousand of them."""
    captured(ledger, "1000", currency="JPY")
    captured(ledger, "1.234", currency="KWD")
    amounts = [row["captured"] for row in record(ledger, "payment")]
    assert amounts == ["1000", "1.234"]
    assert ask_back(ledger, currency="JPY", amount="0.5").status == 422
    with pytest.raises(UnknownAction, match="JPY has no such small parts"):
        captured(ledger, "0.5", currency="JPY")


def test_a_payout_is_made_of_its_transactions(ledger: Stage) -> None:
    """The payout of the reference landscape comes out, to the cent, with its parts."""
    for amount in ("40.70", "44.50"):
        captured(ledger, amount)
    ledger.do("refund_payment", {"amount": "23.95"}, {"message": "payment", "key": "pay-1"})
    ledger.advance(2 * DAY + HOUR)
    assert ledger.do("pay_out") == {"message": "payout", "key": "po-1"}
    assert one(ledger, "payouts/po-1")["amount"] == "58.28"
    parts = one(ledger, "payouts/po-1/transactions")["transactions"]
    assert [(part["type"], part["amount"], part["fee"]) for part in parts] == [
        ("CHARGE", "40.70", "1.43"),
        ("CHARGE", "44.50", "1.54"),
        ("REFUND", "-23.95", "0.00"),
    ]
    assert sum(Decimal(part["net"]) for part in parts) == Decimal("58.28")


def test_money_is_deferred_before_it_is_paid_out(ledger: Stage) -> None:
    """What was taken yesterday is not available; what is left waits for the next payout."""
    captured(ledger)
    ledger.advance(DAY)
    with pytest.raises(UnknownAction, match="0 EUR are available"):
        ledger.do("pay_out")
    captured(ledger, "44.50")
    ledger.advance(DAY)
    ledger.do("pay_out")
    assert record(ledger, "provider_balance") == [{"currency": "EUR", "left": "42.96"}]
    with pytest.raises(UnknownAction, match="0 USD are available"):
        ledger.do("pay_out", {"currency": "USD"})


def test_a_payout_reaches_the_bank(ledger: Stage) -> None:
    """It is scheduled, sent, and paid on the day that it named, in the zone of the ledger."""
    captured(ledger)
    ledger.advance(2 * DAY + 15 * HOUR)
    ledger.do("pay_out")
    ledger.advance(2 * DAY)
    bodies = ledger.committed("payout")
    assert [body["status"] for body in bodies] == ["SCHEDULED", "IN_TRANSIT", "PAID"]
    assert {body["date"] for body in bodies} == {"2026-03-07"}
    assert bodies[-1]["updatedAt"] == "2026-03-06T23:00:00Z"
    assert told(ledger)[-3:] == ["payout.scheduled", "payout.in_transit", "payout.paid"]


def test_a_payout_that_fails_comes_back(ledger: Stage) -> None:
    """Its money is a transaction of its own, and in the next payout; the failed one stays."""
    captured(ledger)
    ledger.advance(2 * DAY)
    handle = ledger.do("pay_out")
    ledger.advance(HOUR)
    ledger.do("fail_payout", None, handle)
    ledger.advance(2 * DAY)
    ledger.do("pay_out")
    rows = record(ledger, "payout")
    assert [(row["status"], row["amount"]) for row in rows] == [
        ("FAILED", "39.27"),
        ("SCHEDULED", "39.27"),
    ]
    (back,) = one(ledger, "payouts/po-2/transactions")["transactions"]
    assert (back["type"], back["about"], back["net"]) == ("PAYOUT_FAILURE", "po-1", "39.27")
    with pytest.raises(UnknownAction, match="is FAILED, it cannot be FAILED"):
        ledger.do("fail_payout", None, handle)


def test_other_money_is_in_a_payout_too(ledger: Stage) -> None:
    """Disputes and reserves come and go at the provider like all else."""
    captured(ledger)
    ledger.do("adjust_balance", {"type": "DISPUTE", "amount": "-10.00", "fee": "15.00"})
    ledger.advance(2 * DAY)
    ledger.do("pay_out")
    assert record(ledger, "payout")[0]["amount"] == "14.27"
    found = one(ledger, "transactions?type=DISPUTE")["transactions"]
    assert [(row["net"], row["payoutId"]) for row in found] == [("-25.00", "po-1")]


def test_a_carrier_adjusts_its_invoice_afterwards(ledger: Stage) -> None:
    """Days later lines are added; the total is the sum of the lines, under a higher revision."""
    lines = [{"shipmentRef": "1Z1", "amount": "5.57001"}, {"shipmentRef": "1Z2", "amount": "4"}]
    handle = ledger.do("receive_carrier_invoice", {"carrier": "UPS", "lines": lines})
    ledger.advance(5 * DAY)
    extra = [{"shipmentRef": "1Z1", "kind": "WEIGHT_CORRECTION", "amount": "2.10"}]
    ledger.do("adjust_carrier_invoice", {"lines": extra}, handle)
    first, second = ledger.committed("carrier_invoice")
    assert (first["total"], second["total"]) == ("9.57001", "11.67001")
    assert (second["revision"], second["updatedAt"]) == (2, "2026-03-07T08:00:00Z")
    assert [line["lineNo"] for line in second["lines"]] == [1, 2, 3]
    assert told(ledger) == ["carrier_invoice.received", "carrier_invoice.adjusted"]
    with pytest.raises(UnknownAction, match="received before"):
        ledger.do("receive_carrier_invoice", {"invoiceNo": "CI-1", "lines": lines})


def test_a_border_takes_duties(ledger: Stage) -> None:
    """A duty belongs to an order, and is corrected under a higher revision."""
    values = {"country": "NO", "currency": "NOK", "duty": "12.00", "importTax": "30.50"}
    handle = ledger.do("assess_duty", values, ORDER)
    ledger.do("correct_duty", {"duty": "0"}, handle)
    first, second = ledger.committed("duty")
    assert (first["total"], second["total"], second["revision"]) == ("42.50", "30.50", 2)
    assert one(ledger, "duties?externalId=450789469")["duties"] == [second]
    assert told(ledger) == ["duty.assessed", "duty.corrected"]


def test_lists_show_what_changed_in_a_span_of_time(ledger: Stage) -> None:
    """A list can be narrowed to a span that includes its beginning and not its end."""
    for _ in range(3):
        captured(ledger)
        ledger.advance(HOUR)
    window = "changed_from=2026-03-02T09:00:00Z&changed_to=2026-03-02T10:00:00Z"
    found = one(ledger, f"payments?{window}")["payments"]
    assert [row["paymentId"] for row in found] == ["pay-2"]
    assert one(ledger, "payments?status=REFUNDED")["payments"] == []
    assert ledger.call("GET", "/v1/payments?changed_from=today").status == 400
    for path in ("payments/pay-9", "payouts/po-9", "payouts/po-9/transactions", "refunds/x"):
        assert ledger.call("GET", f"/v1/{path}").status == 404


def test_webhooks_are_signed_and_climb_the_ladder(ledger: Stage) -> None:
    """A delivery is signed over its bytes, and tried ten times within three days."""
    ledger.do("assess_duty", {"duty": "1.00"}, ORDER)
    (webhook,) = ledger.emitted
    digest = hmac.new(b"ledger-secret", webhook.body, hashlib.sha256).hexdigest()
    assert header(webhook, "X-Ledger-Signature") == digest
    begun = ledger.now
    while True:
        ledger.fail(ledger.emitted[-1])
        if not ledger.due:
            break
        ledger.advance(ledger.due[0][0] - ledger.now)
    assert len(ledger.emitted) == 10
    assert len({each.delivery for each in ledger.emitted}) == 1
    assert ledger.now - begun <= 3 * DAY


def test_the_same_event_may_come_twice(ledger: Stage) -> None:
    """A duplicate has the event and the bytes of the first, and a delivery of its own."""
    handle = captured(ledger)
    ledger.do("tell_again", None, handle)
    first, second = ledger.emitted[-2:]
    assert (first.event, first.body) == (second.event, second.body)
    assert first.delivery != second.delivery
    assert header(second, "X-Ledger-Delivery") == second.delivery
    with pytest.raises(UnknownAction, match="no webhook was sent about X"):
        ledger.do("tell_again", None, {"message": "payment", "key": "X"})


def test_a_message_of_ones_own_is_sent(ledger: Stage) -> None:
    """Exactly the given message is sent, and the ledger does not hold it."""
    ledger.simulator.send("payout", {"payoutId": "X"})
    assert (ledger.emitted[0].body, ledger.commits) == (b'{"payoutId":"X"}', [])
    with pytest.raises(UnknownAction, match="webhooks carry: carrier_invoice, duty"):
        ledger.simulator.send("journal", {})


def test_a_file_without_money_is_told_nothing() -> None:
    """In the reference landscape only the records are noted; nothing is sent or committed."""
    ledger = Stage("ledger")
    captured(ledger)
    assert (ledger.commits, ledger.emitted) == ([], [])
    assert [row["captured"] for row in record(ledger, "payment")] == ["40.70"]
    assert ask_back(ledger).status == 404


def test_what_is_given_at_the_start_is_not_told(ledger: Stage) -> None:
    """A payment from before is there, and can be refunded, but nobody hears of it."""
    ledger.simulator.hold("payment", ({"externalId": "78", "amount": "5.00"},))
    assert (ledger.commits, ledger.emitted) == ([], [])
    assert [row["externalId"] for row in record(ledger, "payment")] == ["78"]
    assert ask_back(ledger, amount="5.00").status == 201
    assert told(ledger) == ["refund.pending"]


@pytest.mark.parametrize(
    ("action", "payload", "message"),
    [
        ("authorise_payment", {"amount": "1.00"}, "say with `of` which order"),
        ("capture_payment", {"externalId": "7", "amount": "x"}, "is not a number"),
        ("capture_payment", {"externalId": "7", "amount": "-1"}, "is more than nothing"),
        ("capture_payment", {"externalId": "7", "amount": "1", "currency": 1}, "three letters"),
        ("refund_payment", {"paymentId": "pay-9"}, "there is no payment pay-9"),
        ("fail_refund", {}, "there is no refundId"),
        ("receive_carrier_invoice", {"lines": "x"}, "lines is a list"),
        ("assess_duty", {}, "which order crosses"),
    ],
)
def test_an_action_that_makes_no_sense_is_explained(
    ledger: Stage, action: str, payload: Any, message: str
) -> None:
    """An error of the scenario says what was expected."""
    with pytest.raises(UnknownAction, match=message):
        ledger.do(action, payload)


ACTIONS = [
    *("capture_payment", "refund_payment", "succeed_refund", "fail_refund", "wait"),
    *("pay_out", "fail_payout", "adjust_balance", "ask_back", "receive_carrier_invoice"),
]
amounts = st.integers(1, 5000).map(lambda n: str(Decimal(n).scaleb(-2)))
steps = st.lists(
    st.tuples(st.sampled_from(ACTIONS), st.integers(1, 3), amounts), max_size=16
)  # fmt: skip


def after(steps: list[tuple[str, int, str]]) -> Stage:
    """Return a ledger after whatever was possible of the steps."""
    ledger = treasury()
    for action, number, amount in steps:
        prefix = {"fail_payout": "po", "refund_payment": "pay"}.get(action, "re")
        about = ORDER if action == "capture_payment" else {"key": f"{prefix}-{number}"}
        if action == "wait":
            ledger.advance(number * DAY // 2 + MINUTE)
        elif action == "ask_back":
            ask_back(ledger, reference=amount, paymentId=f"pay-{number}", amount=amount)
        else:
            values = {"amount": amount, "lines": [{"amount": amount}]}
            values |= {"amount": f"-{amount}"} if action == "adjust_balance" else {}
            _try(ledger, action, values, about)
    return ledger


def _try(ledger: Stage, action: str, values: Any, about: Any) -> None:
    try:
        ledger.do(action, values, about)
    except UnknownAction as error:
        assert str(error)  # noqa: PT017 - an action that makes no sense is explained


def every(ledger: Stage, path: str, name: str) -> Iterator[Mapping[str, Any]]:
    """Yield what a list shows, page by page."""
    after: str | None = "0"
    while after is not None:
        ledger.advance(MINUTE)
        page = one(ledger, f"{path}?limit=7&after={after}")
        yield from page[name]
        after = page["next"]


@settings(max_examples=60)
@given(steps)
def test_no_money_is_lost(steps: list[tuple[str, int, str]]) -> None:
    """Payouts are the sums of their parts; all that came is paid out, left, or came back."""
    ledger = after(steps)
    moved = list(every(ledger, "transactions", "transactions"))
    payouts = {row["payoutId"]: Decimal(row["amount"]) for row in record(ledger, "payout")}
    for payout, amount in payouts.items():
        parts = [Decimal(row["net"]) for row in moved if row["payoutId"] == payout]
        assert sum(parts) == amount
    left = sum(Decimal(row["left"]) for row in record(ledger, "provider_balance"))
    assert sum(Decimal(row["net"]) for row in moved) == sum(payouts.values()) + left
    for row in record(ledger, "payment"):
        back = [each for each in record(ledger, "refund") if each["paymentId"] == row["paymentId"]]
        paid = sum(Decimal(each["amount"]) for each in back if each["status"] == "SUCCESS")
        assert paid == Decimal(row["refunded"]) <= Decimal(row["captured"])


@settings(max_examples=40)
@given(steps)
def test_everything_fits_its_description(steps: list[tuple[str, int, str]]) -> None:
    """What is committed has the fields of its message; the last note of a record is its row."""
    ledger = after(steps)
    for message, _, body in ledger.commits:
        assert objections(described().messages[message], body) == []
    keys = {name: spec.key for name, spec in described().records.items()}
    noted: dict[str, dict[Any, Any]] = {name: {} for name in keys}
    for name, row in ledger.notes:
        noted[name][tuple(row[key] for key in keys[name])] = row
    for name, rows in ledger.simulator.snapshot().items():
        assert [row for _, row in sorted(noted[name].items())] == rows


@settings(max_examples=20)
@given(steps)
def test_the_same_steps_give_the_same_bytes(steps: list[tuple[str, int, str]]) -> None:
    """Two runs of the same actions commit, note and send the same."""
    first, second = after(steps), after(steps)
    assert (first.commits, first.notes) == (second.commits, second.notes)
    assert first.emitted == second.emitted
    assert json.dumps(first.simulator.snapshot()) == json.dumps(second.simulator.snapshot())
