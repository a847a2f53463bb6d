"""Instants as EasyPost writes them: whole seconds, with a Z."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from harness.timing import DAY, SECOND, find_zone, show_instant


def seconds(at: int) -> str:
    """Return an instant in whole seconds, as `2026-03-02T08:00:00Z`."""
    return show_instant(at // SECOND * SECOND)


def midnight(at: int) -> str:
    """Return the day of an instant as midnight with a Z."""
    return show_instant(at // DAY * DAY)


def as_if_utc(at: int, zone: str) -> int:
    """Return what the clock on the wall shows in a zone, read as if it were UTC."""
    local = datetime.fromtimestamp(at // SECOND, UTC).astimezone(find_zone(zone))
    offset = local.utcoffset() or timedelta(0)
    return at + offset // timedelta(seconds=1) * SECOND
