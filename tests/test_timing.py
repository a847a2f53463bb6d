"""Durations and instants: exact, invertible, and never guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from harness.timing import (
    DAY,
    HOUR,
    LONGEST,
    MICROSECOND,
    MILLISECOND,
    MINUTE,
    SECOND,
    Duration,
    Moment,
    find_zone,
    parse_clock,
    parse_duration,
    parse_instant,
    show_duration,
    show_instant,
)

FIRST = parse_instant("0001-01-01T00:00:00Z")
LAST = parse_instant("9999-12-31T23:59:59.999999999Z")


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (0, "0s"),
        (250 * MILLISECOND, "250ms"),
        (5 * SECOND, "5s"),
        (5 * MINUTE, "5m"),
        (2 * HOUR, "2h"),
        (3 * DAY, "3d"),
        (1500 * MILLISECOND, "1.5s"),
        (90 * MINUTE, "1h30m"),
        (90 * MINUTE, "1.5h"),
        (DAY + 2 * HOUR, "1d2h"),
        (7 * MICROSECOND + 1, "7us1ns"),
        (15 * MINUTE, "PT15M"),
        (DAY + 2 * HOUR, "P1DT2H"),
        (1500 * MILLISECOND, "PT1.5S"),
    ],
)
def test_durations_are_read(expected: int, text: str) -> None:
    """Every way to write a duration gives exact nanoseconds."""
    assert expected == parse_duration(text)


@pytest.mark.parametrize(
    ("way_out", "text"),
    [
        ("write '15m' or 'PT15M'", "15 min"),
        ("write '15m' or 'PT15M'", "15m "),
        ("write '5m' or 'PT5M'", "5M"),
        ("write '2h5m' or 'PT2H5M'", "2 hours and 5 minutes"),
        ("write '1.5s' or 'PT1.5S'", "1,5 s"),
        ("write '15ms', '15s', '15m', '15h' or '15d'", "15"),
        ("counts forward", "-5m"),
        ("fewer decimals", "1.5ns"),
        ("as in '1h30m'", "1.5h3m"),
        ("as in '1d2h30m'", "1h1h"),
        ("as in '1d2h30m'", "5s1h"),
        ("check its unit", "99999999d"),
        ("as in '250ms'", "P1M"),
        ("as in '250ms'", "PT"),
        ("as in '250ms'", "2 workdays"),
        ("as in '250ms'", "99999999 days"),
        ("as in '250ms'", ""),
        ("as in '250ms'", "\u0665m"),
        ("as in '250ms'", "9" * 5000),
    ],
)
def test_other_durations_are_refused_with_a_way_out(way_out: str, text: str) -> None:
    """What is not a duration is refused, and the message says what to write."""
    with pytest.raises(ValueError, match=r".") as caught:
        parse_duration(text)

    assert way_out in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("expected", "ns"),
    [
        ("0s", 0),
        ("5m", 5 * MINUTE),
        ("1h30m", 90 * MINUTE),
        ("120ms", 120 * MILLISECOND),
        ("1.5s", 1500 * MILLISECOND),
        ("1d", 24 * HOUR),
        ("1m1ns", MINUTE + 1),
        ("1ns", 1),
        ("-5m", -5 * MINUTE),
    ],
)
def test_durations_are_shown_compactly(expected: str, ns: int) -> None:
    """A duration is shown as people write it."""
    assert expected == show_duration(ns)


@given(st.integers(0, LONGEST))
def test_a_shown_duration_reads_back(ns: int) -> None:
    """Showing is exact: reading what is shown gives the same nanoseconds."""
    assert ns == parse_duration(show_duration(ns))


@given(st.text(max_size=30))
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    """No text makes the parser fail in any other way, and what it reads is not negative."""
    try:
        ns = parse_duration(text)
    except ValueError:
        return
    assert 0 <= ns <= LONGEST


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("2026-03-02T08:00:00Z", "2026-03-02 09:00 Europe/Berlin"),
        ("2026-03-02T08:00:00Z", "2026-03-02T09:00:00+01:00"),
        ("2026-03-02T08:00:00Z", "2026-03-02T08:00Z"),
        ("2026-03-02T08:00:00.12Z", "2026-03-02T08:00:00.120Z"),
        ("2026-03-02T08:00:00.123456789Z", "2026-03-02T08:00:00.123456789Z"),
        ("2026-03-02T03:30:00Z", "2026-03-02T09:00:00+0530"),
        ("2026-03-02T14:00:00Z", "2026-03-02 09:00 -05"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31t23:59:59.5z"),
        ("2026-10-25T00:30:00Z", "2026-10-25T02:30:00+02:00"),
    ],
)
def test_instants_are_read_and_shown(expected: str, text: str) -> None:
    """Offsets, zones and fractions end up as the same instant in UTC."""
    assert expected == show_instant(parse_instant(text))


def test_a_zone_serves_only_times_without_one() -> None:
    """The given zone fills in; a zone or offset in the text wins."""
    assert parse_instant("2026-03-02T08:00Z") == parse_instant(
        "2026-03-02T09:00", zone="Europe/Berlin"
    )
    assert parse_instant("2026-03-02T08:00Z") == parse_instant(
        "2026-03-02T08:00Z", zone="Europe/Berlin"
    )


@pytest.mark.parametrize(
    ("way_out", "text"),
    [
        ("does not say in which zone; add 'Z'", "2026-03-02 09:00"),
        ("write 2026-03-29 03:30:00", "2026-03-29 02:30 Europe/Berlin"),
        (
            "'2026-10-25T02:30:00+02:00' or '2026-10-25T02:30:00+01:00'",
            "2026-10-25 02:30 Europe/Berlin",
        ),
        ("did you mean 'Europe/Berlin'", "2026-03-02 09:00 Europe/Berln"),
        ("did you mean 'Europe/Berlin'", "2026-03-02 09:00 Berlin"),
        ("write a name such as", "2026-03-02 09:00 Qqqqq"),
        ("is not a time zone", "2026-03-02 09:00 localtime"),
        ("is not a time zone", "2026-03-02 09:00 Europe"),
        ("not on the calendar", "2026-02-30 09:00Z"),
        ("not on the calendar", "2026-02-03 24:00Z"),
        ("not on the calendar", "2026-02-03 23:59:60Z"),
        ("impossible offset", "2026-03-02T09:00:00+25:00"),
        ("at most nine decimals", "2026-03-02T09:00:00.1234567890Z"),
        ("add a time", "2026-03-02"),
        ("outside the calendar", "9999-12-31T23:59:59-01:00"),
        ("outside the calendar", "0001-01-01T00:00:00 Europe/Berlin"),
        ("write it as in", "tomorrow"),
        ("write it as in", "9" * 5000),
    ],
)
def test_other_instants_are_refused_with_a_way_out(way_out: str, text: str) -> None:
    """A time that is unclear, impossible or without zone is never guessed."""
    with pytest.raises(ValueError, match=r".") as caught:
        parse_instant(text)

    assert way_out in str(caught.value)
    assert len(str(caught.value)) < 200


@given(st.integers(FIRST, LAST))
def test_a_shown_instant_reads_back(ns: int) -> None:
    """Showing an instant loses nothing, down to the nanosecond."""
    assert ns == parse_instant(show_instant(ns))


@given(st.integers(0, LAST // SECOND), st.integers(0, LAST // SECOND))
def test_instants_keep_their_order(one: int, other: int) -> None:
    """Whole seconds shown as text order as the instants do."""
    assert (one < other) == (show_instant(one * SECOND) < show_instant(other * SECOND))


@given(
    st.datetimes(datetime(1950, 1, 1), datetime(2037, 12, 31)),  # noqa: DTZ001 - zones are drawn
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Etc/UTC"]),
)
def test_a_zoned_time_agrees_with_the_standard_library(local: datetime, zone: str) -> None:
    """A local time that exists once is the instant that zoneinfo makes of it."""
    local = local.replace(microsecond=0)
    try:
        ns = parse_instant(f"{local.isoformat(' ')} {zone}")
    except ValueError as error:
        assume("does not exist" not in str(error) and "happens twice" not in str(error))
        raise
    utc = local.replace(tzinfo=find_zone(zone)).astimezone(UTC)
    assert utc.strftime("%Y-%m-%dT%H:%M:%SZ") == show_instant(ns)


@given(st.text(max_size=40))
def test_any_text_is_an_instant_or_a_value_error(text: str) -> None:
    """No text makes the parser fail in any other way."""
    try:
        ns = parse_instant(text, zone="Etc/UTC")
    except ValueError:
        return
    assert FIRST <= ns <= LAST


def test_an_instant_outside_the_calendar_is_not_shown() -> None:
    """A number that is no date is refused, not overflowed."""
    with pytest.raises(ValueError, match="outside the calendar"):
        show_instant(LAST + 1)


def test_a_zone_is_looked_up_once() -> None:
    """The same name gives the same rules object."""
    assert find_zone("Europe/Berlin") is find_zone("Europe/Berlin")


@pytest.mark.parametrize(
    ("expected", "text"),
    [(14 * HOUR, "14:00"), (0, "00:00"), (DAY - SECOND, "23:59:59")],
)
def test_clock_times_are_read(expected: int, text: str) -> None:
    """A time of day counts from midnight."""
    assert expected == parse_clock(text)


@pytest.mark.parametrize("text", ["24:00", "9:00", "14.00", "14:60", "2pm", ""])
def test_other_clock_times_are_refused(text: str) -> None:
    """What is not a time of day is refused, with an example."""
    with pytest.raises(ValueError, match="as in '14:00'"):
        parse_clock(text)


class _Promise(BaseModel):
    model_config = ConfigDict(extra="forbid")

    fail: Duration
    start: Moment | None = None


def test_models_hold_nanoseconds() -> None:
    """Text from a file becomes integers in the model."""
    promise = _Promise.model_validate({"fail": "5m", "start": "1970-01-01T00:00:01Z"})

    assert (promise.fail, promise.start) == (5 * MINUTE, SECOND)


@pytest.mark.parametrize(
    ("got", "value"),
    [("15", 15), ("nothing", None), ("true", True), ("a list", ["5m"]), ("a mapping", {})],
)
def test_a_duration_is_never_a_bare_value(got: str, value: Any) -> None:
    """A number has no unit, so it is refused whoever gives it."""
    with pytest.raises(ValidationError, match=f"expected a duration such as `15m`, got {got}"):
        _Promise.model_validate({"fail": value})


def test_a_moment_is_never_a_bare_value() -> None:
    """A number is no instant."""
    with pytest.raises(ValidationError, match=r"expected an instant such as .*, got 5"):
        _Promise.model_validate({"fail": "5m", "start": 5})


def test_the_schema_speaks_of_text() -> None:
    """Editors are told to expect text in a pattern, not an integer."""
    schema = TypeAdapter(Duration).json_schema()

    assert schema["type"] == "string"
    assert "5m" in schema["examples"]
