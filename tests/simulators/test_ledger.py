"""The books of the ledger: what is booked, refused, remembered, closed and taken back."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError
from harness.landscape import System
from harness.simulators.base import Call, Reply, UnknownAction
from harness.simulators.ledger import Ledger
from harness.simulators.profiles import Profile
from harness.timing import DAY, MINUTE, SECOND
from tests.simulators.stage import SECRETS, Stage, data, header, system

JOURNALS = "/v1/journals"


@pytest.fixture
def ledger() -> Stage:
    """Return a ledger with empty books."""
    return Stage("ledger")


def line(account: str, credit: str, currency: str = "EUR") -> dict[str, str]:
    """Return one line of a journal."""
    return {"account": account, "currency": currency, "credit": credit}


def journal(*lines: dict[str, str], **changes: Any) -> dict[str, Any]:
    """Return a journal of the lines, by default one that balances."""
    booked = list(lines) or [line("8400", "85.20"), line("1361", "-85.20")]
    return {"reference": "payout-1", "bookedOn": "2026-03-02", "lines": booked} | changes


def post(ledger: Stage, body: Any = None, key: str | None = None) -> Reply:
    """Post a journal."""
    headers = {"Idempotency-Key": key} if key else {}
    return ledger.call("POST", JOURNALS, journal() if body is None else body, headers)


def codes(answer: Reply) -> dict[str, str]:
    """Return the code of each field that a 422 complains of."""
    assert (answer.status, data(answer)["error"]) == (422, "invalid")
    return {error["field"]: error["code"] for error in data(answer)["errors"]}


def balances(ledger: Stage) -> dict[tuple[str, str], str]:
    """Return what stands on each account in each currency."""
    rows = ledger.simulator.snapshot()["account_balance"]
    return {(row["account"], row["currency"]): row["balance"] for row in rows}


def test_without_the_key_nothing_is_booked(ledger: Stage) -> None:
    """A call without the right bearer key is refused."""
    for headers in ((), (("Authorization", "Bearer other"),), (("Authorization", "Basic key"),)):
        url = "https://ledger.test" + JOURNALS
        assert ledger.simulator.handle(Call("POST", url, headers, b"{}")).status == 401


def test_a_balanced_journal_is_booked(ledger: Stage) -> None:
    """A journal is committed as it came, changes its accounts, and can be read and listed."""
    answer = post(ledger)
    assert (answer.status, header(answer, "Location")) == (201, JOURNALS + "/payout-1")
    assert ledger.commits == [("journal", "payout-1", journal())]
    assert balances(ledger) == {("1361", "EUR"): "-85.20", ("8400", "EUR"): "85.20"}
    read = ledger.call("GET", JOURNALS + "/payout-1")
    assert data(read) == data(answer) == {**journal(), "journalNo": 1, "period": "2026-03"}
    assert data(ledger.call("GET", JOURNALS)) == {"journals": [data(answer)], "next": None}
    assert ledger.call("GET", JOURNALS + "/payout-2").status == 404


def test_the_payout_of_the_contract_is_booked(ledger: Stage) -> None:
    """What the contract on payouts gives as its example balances, and is taken."""
    amounts = {"8400": "85.20", "8450": "-23.95", "6855": "-2.97", "1361": "-58.28"}
    lines = [line(account, credit) for account, credit in amounts.items()]
    body = journal(*lines, reference="payout-623721858", text="Shopify Payments")
    assert post(ledger, body).status == 201
    assert balances(ledger) == {(account, "EUR"): credit for account, credit in amounts.items()}


def test_each_change_of_a_record_is_noted(ledger: Stage) -> None:
    """The journal, each account that it touches, and its month are noted when they change."""
    post(ledger)
    post(ledger, journal(reference="payout-2"))
    names = [name for name, _ in ledger.notes]
    both = ["journal", "account_balance", "account_balance"]
    assert names == [*both, "period", *both]
    last = {"account": "8400", "currency": "EUR", "balance": "170.40"}
    assert ledger.notes[-1] == ("account_balance", last)


def test_an_unbalanced_journal_is_refused(ledger: Stage) -> None:
    """Each currency balances by itself; the refusal says by how much it does not."""
    lines = (line("8400", "1.00"), line("1361", "-0.99"), line("1361", "-0.01", "USD"))
    answer = post(ledger, journal(*lines))
    assert answer.status == 422
    assert data(answer) == {
        "error": "unbalanced",
        "differences": {"EUR": "0.01", "USD": "-0.01"},
    }
    assert ledger.commits == []


def test_parts_of_a_cent_are_kept(ledger: Stage) -> None:
    """What carriers bill in parts of a cent is added up without rounding."""
    for number in range(3):
        lines = (line("6740", "-0.00333"), line("1610", "0.00333"))
        post(ledger, journal(*lines, reference=str(number)))
    assert balances(ledger) == {("1610", "EUR"): "0.00999", ("6740", "EUR"): "-0.00999"}


def test_a_reference_is_booked_once(ledger: Stage) -> None:
    """The same reference is a duplicate, whatever the body and the key are."""
    post(ledger, key="k")
    for body, key in ((journal(), None), (journal(text="other"), "l")):
        answer = post(ledger, body, key)
        known = {"error": "duplicate_reference", "reference": "payout-1", "journalNo": 1}
        assert (answer.status, data(answer)) == (409, known)
    assert len(ledger.commits) == 1


def test_a_key_is_remembered_for_seven_days(ledger: Stage) -> None:
    """The first answer is given again for a week; then the reference is met."""
    first = post(ledger, key="k")
    ledger.advance(7 * DAY - 1)
    again = post(ledger, key="k")
    assert (again.status, again.body) == (201, first.body)
    assert header(again, "Idempotent-Replayed") == "true"
    ledger.advance(1)
    assert post(ledger, key="k").status == 409


def test_a_key_belongs_to_one_body(ledger: Stage) -> None:
    """A key that was used for another body is refused, and so is one that is too long."""
    post(ledger, key="k")
    other = post(ledger, journal(reference="payout-2"), key="k")
    assert (other.status, data(other)) == (422, {"error": "key_reused"})
    assert post(ledger, key="k" * 128).status == 409
    assert data(post(ledger, key="k" * 129))["error"] == "bad_key"


def test_a_refusal_does_not_use_up_its_key(ledger: Stage) -> None:
    """After a refusal the corrected body may come with the same key."""
    assert post(ledger, journal(reference=None), key="k").status == 422
    assert post(ledger, key="k").status == 201


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (journal(reference=1), {"reference": "type"}),
        (journal(reference="x" * 61), {"reference": "too_long"}),
        (journal(bookedOn="02.03.2026"), {"bookedOn": "type"}),
        (journal(text="x" * 61), {"text": "too_long"}),
        (journal(line("8400", "0")), {"lines": "too_few"}),
        (journal(line("84000", "0"), line("1361", "0")), {"lines.0.account": "pattern"}),
        (journal(line("8400", "0", "eur"), line("1361", "0")),
         {"lines.0.currency": "unknown_currency"}),
        (journal(line("8400", "0.000001"), line("1361", "0")), {"lines.0.credit": "decimals"}),
        (journal(line("8400", "x"), line("1361", "0")), {"lines.0.credit": "type"}),
        (journal(line("8400", "1E+20"), line("1361", "0")), {"lines.0.credit": "digits"}),
        (journal(lines="none"), {"lines": "type"}),
    ],
)  # fmt: skip
def test_a_field_that_is_not_as_described_is_refused(
    ledger: Stage, body: dict[str, Any], expected: dict[str, str]
) -> None:
    """Each field is held against the system's own file, and named in the refusal."""
    assert codes(post(ledger, body)) == expected
    assert ledger.commits == []


@pytest.mark.parametrize("body", [b"", b"[", b"[]", b"\xff", b"NaN", b"1e999999999"])
def test_a_body_that_is_no_object_is_refused(ledger: Stage, body: bytes) -> None:
    """What is no JSON object is a bad request."""
    assert data(post(ledger, body))["error"] == "bad_json"


def test_a_closed_month_takes_nothing(ledger: Stage) -> None:
    """A closed period refuses; a retry of what was booked before still hears that it was."""
    post(ledger)
    ledger.do("close_period", {"period": "2026-03"})
    late = post(ledger, journal(reference="late"))
    assert (late.status, data(late)) == (422, {"error": "period_closed", "period": "2026-03"})
    assert post(ledger).status == 409
    assert post(ledger, journal(reference="april", bookedOn="2026-04-01")).status == 201
    ledger.do("reopen_period", {"period": "2026-03"})
    assert post(ledger, journal(reference="late")).status == 201
    rows = data(ledger.call("GET", "/v1/periods"))["periods"]
    assert [(row["period"], row["status"]) for row in rows] == [
        ("2026-03", "OPEN"),
        ("2026-04", "OPEN"),
    ]


def test_a_closed_account_takes_nothing(ledger: Stage) -> None:
    """Lines on a closed account are refused, until it is open again."""
    ledger.do("close_account", {"account": "8400"})
    answer = post(ledger)
    assert data(answer) == {"error": "account_closed", "accounts": ["8400"]}
    ledger.do("reopen_account", {"account": "8400"})
    assert post(ledger).status == 201


def test_a_journal_is_taken_back(ledger: Stage) -> None:
    """A reversal leaves every account at nothing, on the day of the ledger's zone, and once."""
    post(ledger)
    ledger.advance(15 * 60 * MINUTE + 30 * MINUTE)
    handle = ledger.do("reverse_journal", None, {"message": "journal", "key": "payout-1"})
    assert handle == {"message": "journal", "key": "reversal-1"}
    assert ledger.committed("journal")[1]["bookedOn"] == "2026-03-03"
    assert set(balances(ledger).values()) == {"0.00"}
    with pytest.raises(UnknownAction, match="duplicate_reference"):
        ledger.do("reverse_journal", {"reference": "payout-1"})
    with pytest.raises(UnknownAction, match="there is no journal X"):
        ledger.do("reverse_journal", {"reference": "X"})


def test_balances_are_given_at_the_start(ledger: Stage) -> None:
    """Opening balances are booked against the account they are carried forward from."""
    rows = ({"account": "1361", "currency": "JPY", "balance": "-500"},)
    ledger.simulator.hold("account_balance", rows)
    ledger.simulator.hold("period", ({"period": "2026-02", "status": "CLOSED"},))
    assert balances(ledger) == {("1361", "JPY"): "-500", ("9000", "JPY"): "500"}
    assert ledger.commits == []
    found = data(ledger.call("GET", "/v1/accounts?account=9000"))["accounts"]
    assert found == [{"account": "9000", "currency": "JPY", "balance": "500"}]
    assert post(ledger, journal(bookedOn="2026-02-28")).status == 422


def test_the_minute_and_the_day_have_room_for_so_many_calls() -> None:
    """A call too many is refused with the seconds to wait and what is left of minute and day."""
    ledger = Stage("ledger", Profile(numbers={"calls_a_minute": 2, "calls_a_day": 3}))
    ledger.advance(20 * SECOND)
    answers = [ledger.call("GET", JOURNALS) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert header(answers[2], "Retry-After") == "40"
    assert header(answers[2], "X-MinLimit-Remaining") == "0"
    assert header(answers[2], "X-DayLimit-Remaining") == "1"
    ledger.advance(40 * SECOND)
    assert ledger.call("GET", JOURNALS).status == 200
    assert header(ledger.call("GET", JOURNALS), "Retry-After") == str(16 * 3600 - 60)


def test_lists_come_in_pages(ledger: Stage) -> None:
    """Following `next` shows every journal once, and a page that makes no sense is refused."""
    for number in range(5):
        post(ledger, journal(reference=str(number)))
    found, after = [], "0"
    while after:
        page = data(ledger.call("GET", f"{JOURNALS}?limit=2&after={after}"))
        found += [row["reference"] for row in page["journals"]]
        after = page["next"]
    assert found == ["0", "1", "2", "3", "4"]
    for query in ("after=6", "after=x", "limit=0", "limit=101"):
        assert data(ledger.call("GET", f"{JOURNALS}?{query}"))["error"] == "bad_query"


@pytest.mark.parametrize(
    ("action", "payload", "message"),
    [
        ("close_period", {}, "say which"),
        ("close_period", {"period": "2026-13"}, "is no month"),
        ("close_account", None, "say which"),
        ("reverse_journal", [], "is an object"),
        ("bribe", None, "has no action"),
    ],
)
def test_an_action_that_makes_no_sense_is_explained(
    ledger: Stage, action: str, payload: Any, message: str
) -> None:
    """An error of the scenario says what was expected."""
    with pytest.raises(UnknownAction, match=message):
        ledger.do(action, payload)


def test_a_system_that_is_no_ledger_is_refused() -> None:
    """A file without the fields that the books live on is an error when the world is built."""
    thin = System.described(
        system="ledger", kind="finance", owner="o", base_urls=["https://l.test"], messages={}
    )
    with pytest.raises(HarnessError, match=r"lines\.\*\.credit"):
        Ledger(thin, Stage("ledger"), secrets=SECRETS, profile=Profile())


def test_a_missing_secret_is_explained_at_the_first_call() -> None:
    """The ledger can stand in the landscape without its secret, until somebody calls it."""
    ledger = Ledger(system("ledger"), Stage("ledger"), secrets={}, profile=Profile())
    with pytest.raises(HarnessError, match="ledger_api_key"):
        ledger.handle(Call("GET", "https://ledger.test" + JOURNALS))


cents = st.integers(-10_000_000, 10_000_000).map(lambda n: str(Decimal(n).scaleb(-5)))
booked = st.lists(
    st.builds(line, st.sampled_from(["1361", "8400"]), cents, st.sampled_from(["EUR", "JPY"])),
    min_size=2,
    max_size=4,
)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(["post", "reverse"]), booked, st.integers(0, 3), st.booleans()),
        max_size=8,
    )
)
def test_the_books_always_balance(steps: list[tuple[str, list[dict[str, str]], int, bool]]) -> None:
    """Whatever is posted and taken back, all accounts of a currency come to nothing."""
    ledger = Stage("ledger")
    for step, lines, number, evened in steps:
        if step == "post":
            even = [line("9999", str(-Decimal(row["credit"])), row["currency"]) for row in lines]
            body = journal(*lines, *(even if evened else []), reference=str(number))
            assert post(ledger, body).status in (201, 409, 422)
        elif str(number) in {row["reference"] for row in ledger.committed("journal")}:
            key = f"reversal-{number}"
            if key not in {row["reference"] for row in ledger.committed("journal")}:
                _try(ledger, str(number))
    for currency in ("EUR", "JPY"):
        held = [Decimal(text) for (_, code), text in balances(ledger).items() if code == currency]
        assert sum(held) == 0
    assert len(ledger.commits) == len(ledger.simulator.snapshot()["journal"])


def _try(ledger: Stage, reference: str) -> None:
    try:
        ledger.do("reverse_journal", {"reference": reference})
    except UnknownAction as error:
        assert str(error)  # noqa: PT017 - an action that makes no sense is explained


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["1E+300", "EUR"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "reference": anything,
            "bookedOn": anything | st.just("2026-03-02"),
            "lines": anything
            | st.lists(
                st.fixed_dictionaries(
                    {"account": anything | st.just("8400")},
                    optional={"currency": anything | st.just("EUR"), "credit": anything},
                )
            ),
        },
    )
)
def test_no_body_makes_the_ledger_raise(body: dict[str, Any]) -> None:
    """Any JSON gets an answer, and what is refused leaves no trace."""
    ledger = Stage("ledger")
    answer = post(ledger, body)
    assert 200 <= answer.status < 500
    assert (answer.status == 201) == bool(ledger.commits)
