"""A journal reads back as it was; one that breaks off is incomplete, and garbage is named."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import BadInput
from harness.history import (
    INTEGRATION,
    Body,
    Event,
    EventKind,
    Exchange,
    Failure,
    Header,
    History,
    Origin,
)
from harness.journal import Logbook, body_of, journal_bytes, read_journal, write_journal
from harness.mapping import Veiled

HEADER = Header("S-1", 1_000, 7, {"oms": Origin.SIMULATED}, contracts=("a-to-b",))


class Unveiled:
    """Hides nothing."""

    key_id = "none"

    def history(self, history: History) -> History:
        """Return the history as it is."""
        return history


class Broken:
    """Cannot hide anything."""

    key_id = None

    def history(self, history: History) -> History:
        """Fail."""
        raise RuntimeError("no")


def exchange(body: Any, **changes: Any) -> Exchange:
    """Return an exchange with this JSON body."""
    plain = Exchange(
        seq=1,
        done=2,
        sender=INTEGRATION,
        receiver="oms",
        sent_at=1_500,
        ended_at=2_500,
        method="POST",
        url="https://oms.test/orders",
        headers=(("Content-Type", "application/json"),),
        body=Body("json", body),
        status=201,
    )
    return replace(plain, **changes)


def stored(history: History, folder: Path) -> History:
    """Write a history and read it back."""
    write_journal(history, folder / "j.jsonl", veil=Unveiled())
    return read_journal(folder / "j.jsonl")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(codec="utf-8"), max_size=12)
    | st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-9, max_value=10**9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.sampled_from("abc é"), max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON)
def test_a_journal_reads_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, body: Any
) -> None:
    """Whatever stands in a payload survives, a Decimal with the digits it has."""
    history = History(HEADER, (exchange(body),))
    again = stored(history, tmp_path_factory.mktemp("j"))

    assert again.entries == history.entries
    assert journal_bytes(again) == journal_bytes(history)


def test_events_and_failures_survive(tmp_path: Path) -> None:
    """Everything beside answered exchanges is kept as well."""
    entries = (
        exchange({}, status=None, failure=Failure.TIMEOUT, faults=(0, 2)),
        exchange(None, seq=3, done=4, topic="t", delivery="d", sender="oms", receiver=INTEGRATION),
        Event(5, 3_000, EventKind.COMMITTED, "oms", {"message": "oms.order", "key": "1"}),
        Event(6, None, EventKind.SETTLED),
    )

    assert stored(History(HEADER, entries), tmp_path).entries == entries


def test_a_decimal_keeps_its_digits(tmp_path: Path) -> None:
    """Money is not rounded on its way through a file."""
    amount = Decimal("12345678901234567890.120")
    read = stored(History(HEADER, (exchange({"amount": amount}),)), tmp_path)

    assert str(next(read.exchanges).body.value["amount"]) == "12345678901234567890.120"


def test_a_truncated_journal_is_incomplete(tmp_path: Path) -> None:
    """A journal without its last line, or with half of one, proves nothing and is readable."""
    write_journal(History(HEADER, (exchange({"a": 1}),)), tmp_path / "j.jsonl", veil=Unveiled())
    text = (tmp_path / "j.jsonl").read_text()
    for cut in (text.rindex('{"end"'), len(text) - 5):
        (tmp_path / "cut.jsonl").write_text(text[:cut])
        read = read_journal(tmp_path / "cut.jsonl")
        assert (read.header.complete, len(read.entries)) == (False, 1)


def test_a_left_over_part_is_incomplete(tmp_path: Path) -> None:
    """What a killed writer left behind is found, and never taken for whole."""
    (tmp_path / "j.jsonl.part").write_bytes(journal_bytes(History(HEADER)))

    assert read_journal(tmp_path / "j.jsonl").header.complete is False


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """No file appears under the journal's name before it is whole."""
    with pytest.raises(RuntimeError):
        write_journal(History(HEADER), tmp_path / "j.jsonl", veil=Broken())

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("hello\n", "j.jsonl:1"),
        ('{"format": "other/9"}\n', "other/9"),
        ("[]\n", "j.jsonl:1"),
    ],
)
def test_what_is_no_journal_is_named(tmp_path: Path, text: str, said: str) -> None:
    """File, line and what was expected; never a traceback."""
    (tmp_path / "j.jsonl").write_text(text)

    with pytest.raises(BadInput, match=said):
        read_journal(tmp_path / "j.jsonl")


def test_a_broken_line_in_the_middle_is_named(tmp_path: Path) -> None:
    """Only the last line may be half a line."""
    lines = journal_bytes(History(HEADER, (exchange(1), exchange(2, seq=3, done=4)))).decode()
    first, second, *rest = lines.splitlines()
    (tmp_path / "j.jsonl").write_text("\n".join([first, second[:20], *rest]) + "\n")

    with pytest.raises(BadInput, match=r"j\.jsonl:2"):
        read_journal(tmp_path / "j.jsonl")


def test_a_missing_journal_is_named(tmp_path: Path) -> None:
    """The file is named."""
    with pytest.raises(BadInput, match=r"gone\.jsonl"):
        read_journal(tmp_path / "gone.jsonl")


@given(st.binary(max_size=40), st.sampled_from([None, "application/json", "text/html", "x/y"]))
def test_no_payload_is_too_odd_to_keep(raw: bytes, kind: str | None) -> None:
    """JSON where it parses, else text, else bytes."""
    assert body_of(raw, kind).kind in ("none", "json", "text", "bytes")


def test_a_json_type_over_something_else_is_text() -> None:
    """The label does not decide."""
    assert body_of(b"<html>", "application/json") == Body("text", "<html>")


def test_exchanges_and_events_share_one_order() -> None:
    """What began first stands first, whenever it ended."""
    logbook = Logbook()
    begun = logbook.tick()
    logbook.event(EventKind.STARTED, at=1)
    logbook.add(exchange({}, seq=begun, done=logbook.tick()))

    assert [entry.seq for entry in logbook.history(HEADER).entries] == [1, 2]


@pytest.mark.parametrize(
    "body",
    [
        "\ud800 half of a pair",
        ["\x00golive-digits:7", Decimal("1.50")],
        {"a": Veiled("m", 3, ascii=True), "b": Veiled(None, 0, ascii=True), "c": Decimal("1.0")},
        "\u2028\x85\r\n",
        [Decimal("1E+400"), Decimal("-0.00")],
    ],
)
def test_odd_payloads_read_back(tmp_path: Path, body: Any) -> None:
    """Half characters, imitations of our marks, line ends of other worlds, huge numbers."""
    read = stored(History(HEADER, (exchange(body),)), tmp_path)

    assert str(next(read.exchanges).body.value) == str(body)


@given(st.integers(0, 400))
def test_a_journal_cut_anywhere_is_incomplete(
    tmp_path_factory: pytest.TempPathFactory, keep: int
) -> None:
    """Also in the middle of a letter; only a journal without a whole header is none."""
    whole = journal_bytes(History(HEADER, (exchange({"a": "é" * 20}),)))
    first = whole.index(b"\n") + 1
    cut = min(first + keep, len(whole) - 2)
    file = tmp_path_factory.mktemp("j") / "j.jsonl"
    file.write_bytes(whole[:cut])

    assert read_journal(file).header.complete is False


def test_a_line_after_the_end_is_named(tmp_path: Path) -> None:
    """Two journals in one file are none."""
    (tmp_path / "j.jsonl").write_bytes(journal_bytes(History(HEADER)) * 2)

    with pytest.raises(BadInput, match=r"j\.jsonl:3.*has ended"):
        read_journal(tmp_path / "j.jsonl")


def test_an_incomplete_history_stays_so(tmp_path: Path) -> None:
    """Writing it again does not make it whole."""
    history = History(replace(HEADER, complete=False), (exchange(1),))

    assert stored(history, tmp_path).header.complete is False


@pytest.mark.parametrize("raw", [b"[" * 400 + b"]" * 400, b"[NaN]", b"[" * 100_000])
def test_json_that_nobody_can_walk_through_is_text(raw: bytes) -> None:
    """Nested beyond reason, or with numbers that are none."""
    assert body_of(raw, "application/json").kind == "text"


def test_long_json_that_is_not_deep_is_json() -> None:
    """Length alone is no reason."""
    assert body_of(b"[" + b"[]," * 400 + b"[]]", "application/json").kind == "json"
