"""The books of the ERP: invoices and credit memos, what is refused, months, numbers, batches."""

from decimal import Decimal
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.landscape import System
from harness.simulators.base import Call, Reply, UnknownAction
from harness.simulators.erp import Erp
from harness.simulators.profiles import Profile
from harness.timing import HOUR, MINUTE, SECOND
from tests.simulators.stage import SECRETS, Stage, data, header, system

BASE = "/api/golive/sales/v1.0"
INVOICES = f"{BASE}/salesInvoices"
MEMOS = f"{BASE}/salesCreditMemos"


@pytest.fixture
def erp() -> Stage:
    """Return an ERP that knows no item and no customer yet, and so takes any."""
    return Stage("erp")


def line(sku: str = "HAT-RED", quantity: int = 2, net: str = "40.00", **more: Any) -> Any:
    """Return a line of an invoice."""
    row = {"reference": "L1", "lineType": "Item", "lineObjectNumber": sku, "quantity": quantity}
    return {**row, "netAmount": Decimal(net), **more}


def invoice(external: str = "1001", *lines: Any, **changes: Any) -> dict[str, Any]:
    """Return an invoice of two hats, whose parts come to its total."""
    return {
        "externalDocumentNumber": external,
        "channelOrderId": "450789469",
        "customerNumber": "C-10017",
        "postingDate": "2026-03-02",
        "currencyCode": "EUR",
        "totalTax": Decimal("7.60"),
        "totalIncludingTax": Decimal("47.60"),
        "lines": list(lines) or [line()],
    } | changes


def memo(external: str = "R-1", amount: str = "23.80", **changes: Any) -> dict[str, Any]:
    """Return a credit memo of one of the two hats."""
    back = {"reference": "1", "lineType": "Item", "lineObjectNumber": "HAT-RED", "quantity": 1}
    return {
        "externalDocumentNumber": external,
        "invoiceExternalNumber": "1001",
        "customerNumber": "C-10017",
        "postingDate": "2026-03-05",
        "currencyCode": "EUR",
        "totalIncludingTax": Decimal(amount),
        "lines": [{**back, "amount": Decimal(amount)}],
    } | changes


def post(erp: Stage, body: Any = None, path: str = INVOICES) -> Reply:
    """Post a document, the usual invoice unless told otherwise."""
    return erp.call("POST", path, invoice() if body is None else body)


def batch(erp: Stage, *bodies: Any) -> list[Any]:
    """Post a batch; return the answer to each element."""
    answer = erp.call("POST", f"{INVOICES}/batch", {"invoices": list(bodies)})
    assert answer.status == 200
    results: list[Any] = data(answer)["results"]
    return results


def refusal(answer: Reply) -> tuple[str, str | None]:
    """Return the code and the field of a refusal, after holding it against the vendor's form."""
    assert answer.status == 400
    error = data(answer)["error"]
    assert "CorrelationId:" in error["message"]
    return error["code"], error.get("target")


def rows(erp: Stage, record: str) -> Any:
    """Return the rows of a record."""
    return erp.simulator.snapshot()[record]


def test_an_invoice_is_posted(erp: Stage) -> None:
    """It is committed as it came with its number, noted, and can be read, listed and looked up."""
    answer = post(erp)
    shown = data(answer)
    assert (answer.status, shown["number"]) == (201, "PSI-000001")
    assert header(answer, "Location") == f"{INVOICES}/{shown['id']}"
    assert erp.commits == [("sales_invoice", "1001", {**invoice(), "number": "PSI-000001"})]
    assert data(erp.call("GET", f"{INVOICES}/{shown['id']}")) == shown
    assert data(erp.call("GET", INVOICES)) == {"value": [shown]}
    looked_up = erp.call("GET", f"{INVOICES}?channelOrderId=450789469")
    assert data(looked_up)["value"] == [shown]
    assert data(erp.call("GET", f"{INVOICES}?channelOrderId=1"))["value"] == []


def test_each_change_of_a_record_is_noted(erp: Stage) -> None:
    """An invoice and its month are noted when posted, and the invoice again when it is credited."""
    post(erp)
    post(erp, memo(), MEMOS)
    names = [name for name, _ in erp.notes]
    assert names == ["invoice", "posting_period", "credit_memo", "invoice"]
    _, row = erp.notes[-1]
    assert (row["credited"], row["remaining"]) == (Decimal("23.80"), Decimal("23.80"))
    assert rows(erp, "invoice") == [row]


def test_an_external_number_is_posted_once(erp: Stage) -> None:
    """The same invoice again is refused as there already, even when its month is closed by now."""
    post(erp)
    erp.do("close_period", {"period": "2026-03"})
    expected = ("Internal_EntityWithSameKeyExists", "externalDocumentNumber")
    assert refusal(post(erp)) == expected
    assert refusal(post(erp, invoice(channelOrderId="other"))) == expected
    assert len(erp.commits) == 1


def test_a_batch_answers_each_element(erp: Stage) -> None:
    """New, known and bad invoices stand side by side; the good ones are posted."""
    post(erp)
    bad = invoice("1003", totalTax=Decimal("7.59"))
    answers = batch(erp, invoice(), invoice("1002"), bad, "no invoice", invoice("1002"))
    told = [(one["externalDocumentNumber"], one["result"]) for one in answers]
    assert told == [
        ("1001", "already_exists"),
        ("1002", "created"),
        ("1003", "refused"),
        (None, "refused"),
        ("1002", "already_exists"),
    ]
    assert answers[0]["number"] == "PSI-000001"
    assert answers[2]["error"]["code"] == "TotalMismatch"
    assert [key for _, key, _ in erp.commits] == ["1001", "1002"]


@pytest.mark.parametrize("rows", [None, [], "x", [invoice(str(n)) for n in range(101)]])
def test_a_batch_has_one_to_a_hundred(erp: Stage, rows: Any) -> None:
    """Fewer and more are refused as a whole, and nothing of them is posted."""
    answer = erp.call("POST", f"{INVOICES}/batch", {"invoices": rows})
    assert refusal(answer) == ("BadRequest", "invoices")
    assert erp.commits == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"externalDocumentNumber": "x" * 36},
         ("Application_StringExceededLength", "externalDocumentNumber")),
        ({"externalDocumentNumber": None},
         ("Application_FieldValidationException", "externalDocumentNumber")),
        ({"externalDocumentNumber": 1001}, ("BadRequest", "externalDocumentNumber")),
        ({"totalTax": "7.60"}, ("BadRequest", "totalTax")),
        ({"totalTax": Decimal("7.601")}, ("Application_FieldValidationException", "totalTax")),
        ({"postingDate": "02.03.2026"}, ("BadRequest", "postingDate")),
        ({"currencyCode": "eur"}, ("Application_FieldValidationException", "currencyCode")),
        ({"currencyCode": "XTS"}, ("Application_DialogException", "currencyCode")),
        ({"lines": []}, ("Application_FieldValidationException", "lines")),
        ({"lines": [7]}, ("BadRequest", "lines.0")),
        ({"lines": [line(lineType="Gift")]},
         ("Application_FieldValidationException", "lines.0.lineType")),
        ({"lines": [line(sku="x" * 21)]},
         ("Application_StringExceededLength", "lines.0.lineObjectNumber")),
        ({"lines": [line(colour="red")]}, ("BadRequest", "lines.0.colour")),
        ({"note": "hello"}, ("BadRequest", "note")),
        ({"number": "PSI-7"}, ("BadRequest", "number")),
        ({"totalIncludingTax": Decimal("47.59")}, ("TotalMismatch", "totalIncludingTax")),
        ({"totalIncludingTax": Decimal("-1.00")},
         ("Application_DialogException", "totalIncludingTax")),
        ({"lines": [line(taxAmount=Decimal("7.59"))]}, ("TotalMismatch", "totalTax")),
    ],
)  # fmt: skip
def test_an_invoice_that_is_not_as_it_should_be_is_refused(
    erp: Stage, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    """The refusal names the field, in the vendor's form, and nothing is posted."""
    assert refusal(post(erp, invoice(**changes))) == expected
    assert erp.commits == []
    assert erp.notes == []


@pytest.mark.parametrize("body", [b"", b"[", b"[]", b"\xff", b"NaN", b"1e999999999", b"7"])
def test_a_body_that_is_no_object_is_refused(erp: Stage, body: bytes) -> None:
    """What is no JSON object is a bad request."""
    assert refusal(post(erp, body))[0] == "BadRequest"
    assert refusal(erp.call("POST", f"{INVOICES}/batch", body))[0] == "BadRequest"


def test_numbers_have_no_gaps(erp: Stage) -> None:
    """What is refused uses no number up, and each kind of document has its own series."""
    post(erp)
    post(erp)
    post(erp, invoice("1002", currencyCode="XTS"))
    post(erp, invoice("1003"))
    post(erp, memo(), MEMOS)
    numbers = [body["number"] for _, _, body in erp.commits]
    assert numbers == ["PSI-000001", "PSI-000002", "PSC-000001"]


def test_a_series_ends() -> None:
    """When the last number is given, nothing more is posted."""
    erp = Stage("erp", Profile(numbers={"invoice_numbers": ("A8", "A9")}))
    answers = [post(erp, invoice(str(number))) for number in range(3)]
    assert [answer.status for answer in answers] == [201, 201, 400]
    assert refusal(answers[2]) == ("Application_DialogException", "number")
    assert [row["number"] for row in rows(erp, "invoice")] == ["A8", "A9"]


def test_a_closed_month_takes_nothing(erp: Stage) -> None:
    """A posting date in a closed month is refused in the vendor's form, until it is open again."""
    erp.do("close_period", {"period": "2026-03"})
    assert refusal(post(erp)) == ("Application_DialogException", "postingDate")
    assert post(erp, invoice("1002", postingDate="2026-04-01")).status == 201
    erp.do("open_period", {"period": "2026-03"})
    assert post(erp).status == 201
    listed = data(erp.call("GET", f"{BASE}/postingPeriods"))["value"]
    assert [row["period"] for row in listed] == ["2026-03", "2026-04"]
    with pytest.raises(UnknownAction, match="2026-02"):
        erp.do("close_period", {"period": "March"})


def test_lines_name_items_that_exist(erp: Stage) -> None:
    """Once the master is known, an unknown item and a blocked one are refused; accounts are not."""
    assert post(erp, invoice("0", line("ANY"))).status == 201
    erp.simulator.hold("item", ({"number": "HAT-RED"},))
    assert refusal(post(erp, invoice("1", line("MUG")))) == (
        "ItemNotFound",
        "lines.0.lineObjectNumber",
    )
    assert post(erp, invoice("2", line("8400", lineType="Account"))).status == 201
    erp.do("block_item", {"number": "HAT-RED"})
    assert refusal(post(erp))[0] == "Application_DialogException"
    erp.do("unblock_item", {"number": "HAT-RED"})
    assert post(erp).status == 201


def test_a_deleted_item_is_unknown(erp: Stage) -> None:
    """A number that was taken away is refused even where no item was ever given."""
    erp.do("delete_item", {"number": "HAT-RED"})
    assert refusal(post(erp))[0] == "ItemNotFound"
    assert post(erp, invoice("2", line("MUG"))).status == 201


def test_customers_exist_and_are_not_blocked(erp: Stage) -> None:
    """Once a card is given, unknown customers are refused, and blocked ones as they are blocked."""
    erp.simulator.hold("customer", ({"number": "C-10017", "displayName": "Ada Quist"},))
    unknown = post(erp, invoice("0", customerNumber="C-1"))
    assert refusal(unknown) == ("CustomerNotFound", "customerNumber")
    post(erp)
    erp.do("block_customer", {"number": "C-10017", "blocked": "Invoice"})
    assert refusal(post(erp, invoice("2"))) == ("Application_DialogException", "customerNumber")
    assert post(erp, memo(), MEMOS).status == 201
    erp.do("block_customer", {"number": "C-10017"})
    assert refusal(post(erp, memo("R-2"), MEMOS))[1] == "customerNumber"
    erp.do("unblock_customer", {"number": "C-10017"})
    assert post(erp, invoice("2")).status == 201
    with pytest.raises(UnknownAction, match="blocked is one of"):
        erp.do("block_customer", {"number": "C-10017", "blocked": "yes"})


def test_a_customer_can_be_blocked_before_any_is_given(erp: Stage) -> None:
    """One blocked number does not make all the others unknown."""
    erp.do("block_customer", {"number": "C-10017"})
    assert refusal(post(erp))[1] == "customerNumber"
    assert post(erp, invoice(customerNumber="C-2")).status == 201


def test_a_credit_memo_has_a_posted_invoice(erp: Stage) -> None:
    """Without the invoice, or for another customer or in another currency, it is refused."""
    expected = ("InvoiceNotFound", "invoiceExternalNumber")
    assert refusal(post(erp, memo(), MEMOS)) == expected
    post(erp)
    assert refusal(post(erp, memo(customerNumber="C-2"), MEMOS))[1] == "customerNumber"
    assert refusal(post(erp, memo(currencyCode="USD"), MEMOS))[1] == "currencyCode"
    assert refusal(post(erp, memo(totalIncludingTax=Decimal("23.79")), MEMOS)) == (
        "TotalMismatch",
        "totalIncludingTax",
    )
    answer = post(erp, memo(), MEMOS)
    assert (answer.status, data(answer)["number"]) == (201, "PSC-000001")
    assert data(erp.call("GET", f"{MEMOS}/{data(answer)['id']}")) == data(answer)
    assert refusal(post(erp, memo(), MEMOS))[0] == "Internal_EntityWithSameKeyExists"


def test_no_more_is_credited_than_was_invoiced(erp: Stage) -> None:
    """Neither more money nor more units of an item than are left of the invoice."""
    post(erp)
    assert refusal(post(erp, memo(amount="47.61"), MEMOS))[0] == "CreditExceedsInvoice"
    post(erp, memo(), MEMOS)
    assert refusal(post(erp, memo("R-2", "23.81"), MEMOS))[0] == "CreditExceedsInvoice"
    assert post(erp, memo("R-2", "1.00"), MEMOS).status == 201
    assert refusal(post(erp, memo("R-3", "1.00"), MEMOS)) == ("CreditExceedsInvoice", "lines")
    assert refusal(post(erp, memo("R-4", "-1.00"), MEMOS))[1] == "totalIncludingTax"


def test_the_accountant_may_be_first(erp: Stage) -> None:
    """What was credited by hand leaves nothing for the integration's own memo."""
    post(erp)
    handle = erp.do("credit_invoice", {"externalDocumentNumber": "1001", "amount": "40.00"})
    assert handle == {"message": "credit_memo", "key": "MANUAL-1"}
    assert len(erp.committed("credit_memo")) == 1
    assert refusal(post(erp, memo(), MEMOS))[0] == "CreditExceedsInvoice"
    with pytest.raises(UnknownAction, match="CreditExceedsInvoice"):
        erp.do("credit_invoice", {"amount": "40.00"}, {"key": "1001"})


def test_a_payment_closes_an_invoice(erp: Stage) -> None:
    """What remains falls with each payment, and an invoice with nothing left is paid."""
    post(erp)
    erp.do("pay_invoice", {"externalDocumentNumber": "1001", "amount": "7.60"})
    (row,) = rows(erp, "invoice")
    assert (row["status"], row["remaining"]) == ("Open", Decimal("40.00"))
    erp.do("pay_invoice", None, {"message": "sales_invoice", "key": "1001"})
    (row,) = rows(erp, "invoice")
    assert (row["status"], row["remaining"]) == ("Paid", Decimal("0.00"))
    with pytest.raises(UnknownAction, match="no sales_invoice 7"):
        erp.do("pay_invoice", {"externalDocumentNumber": "7"})


def test_invoices_of_before_are_given_at_the_start(erp: Stage) -> None:
    """They can be credited and are noted, but were not made in this run."""
    erp.simulator.hold(
        "invoice",
        ({"externalDocumentNumber": "1001", "customerNumber": "C-10017", "totalIncludingTax": 50},),
    )
    assert erp.commits == []
    assert [name for name, _ in erp.notes] == ["invoice", "posting_period"]
    assert post(erp, memo(), MEMOS).status == 201
    with pytest.raises(UnknownAction, match="Internal_EntityWithSameKeyExists"):
        erp.simulator.hold("invoice", ({"externalDocumentNumber": "1001"},))
    with pytest.raises(UnknownAction, match="cannot be given 'weather'"):
        erp.simulator.hold("weather", ({},))


def test_the_day_is_that_of_the_place(erp: Stage) -> None:
    """What is booked by hand late in the evening of UTC is booked on the next day of Berlin."""
    post(erp)
    erp.advance(15 * HOUR + 30 * MINUTE)
    erp.do("credit_invoice", {"externalDocumentNumber": "1001"})
    assert erp.committed("credit_memo")[0]["postingDate"] == "2026-03-03"


def test_a_caller_without_a_token_is_refused(erp: Stage) -> None:
    """A call with no bearer token or with another one is refused, and nothing is posted."""
    for headers in ((), (("Authorization", "Bearer other"),), (("Authorization", "Basic key"),)):
        answer = erp.simulator.handle(Call("GET", "https://erp.test" + INVOICES, headers))
        assert answer.status == 401
        assert data(answer)["error"]["code"] == "Authentication_InvalidCredentials"


def with_application(erp: Stage, **secrets: str) -> Erp:
    """Return an ERP on the same stage for an application with an id and a secret."""
    own = {"erp_client_id": "app", "erp_client_secret": "hidden", **secrets}
    return Erp(system("erp"), erp, secrets=own, profile=Profile())


def ask(erp: Erp, form: str) -> Reply:
    """Ask for a token."""
    return erp.handle(Call("POST", "https://erp.test/oauth2/v2.0/token", (), form.encode()))


GRANT = "grant_type=client_credentials&client_id=app&client_secret=hidden"


def test_a_token_is_given_and_grows_old(erp: Stage) -> None:
    """The application gets a bearer token that is taken for an hour and no longer."""
    played = with_application(erp)
    given = data(ask(played, GRANT))
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 3600)
    bearer = (("Authorization", f"Bearer {given['access_token']}"),)
    call = Call("GET", "https://erp.test" + INVOICES, bearer)
    erp.advance(HOUR - 1)
    assert played.handle(call).status == 200
    erp.advance(1)
    assert played.handle(call).status == 401


def test_a_token_can_be_taken_away(erp: Stage) -> None:
    """After `expire_token` only a new token helps."""
    played = with_application(erp, erp_api_key="key")
    token = data(ask(played, GRANT))["access_token"]
    played.act("expire_token", None)
    for bearer, status in ((token, 401), ("key", 200)):
        headers = (("Authorization", f"bearer {bearer}"),)
        assert played.handle(Call("GET", "https://erp.test" + INVOICES, headers)).status == status


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ("", 400, "invalid_request"),
        ("grant_type=password", 400, "unsupported_grant_type"),
        ("grant_type=client_credentials&client_id=app", 401, "invalid_client"),
    ],
)
def test_a_stranger_gets_no_token(erp: Stage, form: str, status: int, code: str) -> None:
    """The refusal is that of OAuth."""
    answer = ask(with_application(erp), form)
    assert (answer.status, data(answer)["error"]) == (status, code)


def test_a_missing_secret_is_explained_at_the_first_call() -> None:
    """The ERP can stand in the landscape without its secret, until somebody calls it."""
    erp = Erp(system("erp"), Stage("erp"), secrets={}, profile=Profile())
    bearer = (("Authorization", "Bearer key"),)
    with pytest.raises(HarnessError, match="erp_api_key"):
        erp.handle(Call("GET", "https://erp.test" + INVOICES, bearer))
    with pytest.raises(HarnessError, match="erp_client_id"):
        ask(erp, GRANT)


def test_calls_are_counted_in_a_span_that_slides() -> None:
    """The call too many is told how long to wait, and then there is room for one again."""
    erp = Stage("erp", Profile(numbers={"calls": 3}))
    for _ in range(3):
        assert erp.call("GET", INVOICES).status == 200
        erp.advance(MINUTE)
    answer = post(erp)
    assert (answer.status, header(answer, "Retry-After")) == (429, "120")
    assert data(answer)["error"]["code"] == "Application_TooManyRequests"
    erp.advance(120 * SECOND)
    assert post(erp).status == 201
    assert post(erp, invoice("1002")).status == 429


def test_six_thousand_calls_fit_into_five_minutes() -> None:
    """The documented limit is the one that is kept."""
    erp = Stage("erp", Profile(latency=0))
    statuses = {erp.call("GET", f"{BASE}/items").status for _ in range(6000)}
    assert statuses == {200}
    assert erp.call("GET", f"{BASE}/items").status == 429


def test_too_many_at_once_is_a_bad_request() -> None:
    """The call for which there is no place gets 400 with a code of its own, and nothing happens."""
    erp = Stage("erp", Profile(latency=SECOND, numbers={"places": 2}))
    erp.call("GET", INVOICES)
    erp.call("GET", INVOICES)
    assert refusal(post(erp)) == ("SSS_REQUEST_LIMIT_EXCEEDED", None)
    assert erp.commits == []
    erp.advance(SECOND)
    assert post(erp).status == 201


def test_others_can_hold_all_places(erp: Stage) -> None:
    """What other integrations do is felt here, until they make room."""
    erp.do("crowd")
    assert refusal(post(erp))[0] == "SSS_REQUEST_LIMIT_EXCEEDED"
    erp.do("crowd", {"places": 99})
    assert post(erp).status == 201
    assert refusal(post(erp, invoice("2")))[0] == "SSS_REQUEST_LIMIT_EXCEEDED"
    erp.do("make_room")
    assert post(erp, invoice("2")).status == 201
    with pytest.raises(UnknownAction, match="places is how many"):
        erp.do("crowd", {"places": "many"})


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", f"{INVOICES}/none", "Internal_RecordNotFound"),
        ("GET", f"{BASE}/items/none", "Internal_RecordNotFound"),
        ("GET", f"{BASE}/customers/none", "Internal_RecordNotFound"),
        ("GET", f"{BASE}/salesQuotes", "BadRequest_NotFound"),
        ("DELETE", INVOICES, "BadRequest_NotFound"),
    ],
)
def test_what_is_not_there_is_not_found(erp: Stage, method: str, path: str, code: str) -> None:
    """An unknown id and an unknown address have codes of their own."""
    answer = erp.call(method, path)
    assert (answer.status, data(answer)["error"]["code"]) == (404, code)


def test_a_file_that_lacks_fields_is_explained() -> None:
    """A file without the fields that the books live on is an error when the world is built."""
    thin = System.described(
        system="erp", kind="erp", owner="o", base_urls=["https://e.test"], messages={}
    )
    with pytest.raises(HarnessError, match=r"sales_invoice .*lines\.\*\.netAmount"):
        Erp(thin, Stage("erp"), secrets=SECRETS, profile=Profile())


def test_an_action_that_makes_no_sense_is_explained(erp: Stage) -> None:
    """Unknown actions, payloads that are no object, and things not named are errors."""
    for action, payload, message in (
        ("dance", None, "no action 'dance'"),
        ("close_period", [], "is an object"),
        ("pay_invoice", None, "say which sales_invoice"),
        ("change_item", {"number": "MUG"}, "there is no item MUG"),
        ("create_item", {}, "say which"),
        ("create_item", {"number": "x" * 21}, "1 to 20 characters"),
    ):
        with pytest.raises(UnknownAction, match=message):
            erp.do(action, payload)
