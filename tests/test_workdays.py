"""Workdays pass on workdays alone, and lots close by the clock of their zone."""

from __future__ import annotations

import copy
import pickle
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.timing import DAY, HOUR, Workdays, parse_instant, parse_limit, show_duration
from harness.workdays import Days, deadline, lot_of

BERLIN = Days("Europe/Berlin", frozenset(range(5)), frozenset({date(2026, 4, 6)}))


def at(text: str) -> int:
    """Return an instant in Berlin."""
    return parse_instant(f"{text} Europe/Berlin")


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-03-02 10:00", 1, "2026-03-03 10:00"),
        ("2026-03-06 10:00", 1, "2026-03-09 10:00"),
        ("2026-03-07 15:00", 1, "2026-03-10 00:00"),
        ("2026-03-27 10:00", 1, "2026-03-30 10:00"),
        ("2026-04-03 10:00", 1, "2026-04-07 10:00"),
        ("2026-03-07 15:00", 5, "2026-03-14 00:00"),
    ],
)
def test_workdays_pass_on_workdays(start: str, count: int, end: str) -> None:
    """Weekends, holidays and the change of the clocks do not count."""
    assert deadline(at(start), Workdays(count), BERLIN) == at(end)


def test_workdays_without_a_calendar_are_unknown() -> None:
    """Nobody guesses which days are worked; a plain duration needs none."""
    assert deadline(0, Workdays(1), None) is None
    assert deadline(5, HOUR, None) == 5 + HOUR


@given(st.integers(0, 4_000_000_000).map(lambda s: s * 1_000_000_000), st.integers(1, 30))
def test_a_later_start_is_never_due_earlier(start: int, count: int) -> None:
    """And workdays are never shorter than as many days, but for the hour of summer."""
    first = deadline(start, Workdays(count), BERLIN)
    second = deadline(start + HOUR, Workdays(count), BERLIN)

    assert first is not None
    assert second is not None
    assert start + count * DAY - HOUR <= first <= second


@given(st.integers(0, 4_000_000_000).map(lambda s: s * 1_000_000_000))
def test_a_lot_closes_after_it_was_seen_and_before_it_is_due(seen: int) -> None:
    """The first lot that is still open takes it."""
    lot = lot_of(seen, closes=14 * HOUR, due=9 * HOUR, days=BERLIN)

    assert seen < lot.closes < lot.due


@pytest.mark.parametrize(
    ("text", "shown"), [("2 workdays", "2 workdays"), ("1workday", "1 workday")]
)
def test_workdays_are_written_as_they_are_read(text: str, shown: str) -> None:
    """Copies stay workdays."""
    limit = parse_limit(text)

    for one in (limit, copy.deepcopy(limit), pickle.loads(pickle.dumps(limit))):  # noqa: S301
        assert (show_duration(one), int(one)) == (shown, int(limit))


def test_no_workdays_are_refused() -> None:
    """Zero workdays are a slip of the pen."""
    with pytest.raises(ValueError, match="1 workday"):
        parse_limit("0 workdays")


def test_a_calendar_of_nothing_but_holidays_is_refused() -> None:
    """Reckoning ends."""
    with pytest.raises(ValueError, match="no workday"):
        Days("Etc/UTC", frozenset()).following(date(2026, 1, 1))
