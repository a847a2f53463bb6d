"""Deadlines that days decide: so many workdays later, or the next lot on the clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from harness.timing import SECOND, Workdays, find_zone

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_DAY: Final = timedelta(days=1)
_ONE_SECOND: Final = timedelta(seconds=1)
_MOST_DAYS_OFF: Final = 3_660


@dataclass(frozen=True, slots=True)
class Days:
    """Which days are worked in a zone; ``weekdays`` count from Monday, which is 0."""

    zone: str
    weekdays: frozenset[int] = frozenset(range(7))
    holidays: frozenset[date] = frozenset()

    def works(self, day: date) -> bool:
        """Return whether it is a workday."""
        return day.weekday() in self.weekdays and day not in self.holidays

    def following(self, day: date) -> date:
        """Return the next workday after a day; ValueError when there is none for ten years."""
        for _ in range(_MOST_DAYS_OFF):
            day += _ONE_DAY
            if self.works(day):
                return day
        raise ValueError(f"the calendar of {self.zone} knows no workday in ten years")


def deadline(start: int, limit: int, days: Days | None) -> int | None:
    """Return the instant at which a limit that runs from ``start`` is over.

    A duration simply passes. Workdays pass on workdays alone: from Friday 10:00, one workday is
    over on Monday 10:00; from a Saturday, at the end of Monday. None when workdays come without
    a calendar.
    """
    if not isinstance(limit, Workdays):
        return start + limit
    if days is None:
        return None
    day, clock = _local(start, days.zone)
    begun_off = not days.works(day)
    for _ in range(limit.count):
        day = days.following(day)
    if begun_off:
        day, clock = day + _ONE_DAY, 0
    return _instant(day, clock, days.zone, later=True)


@dataclass(frozen=True, slots=True)
class Lot:
    """What is taken together: it closes at one instant and is due at another.

    ``same_day`` says that what was seen came on the day of its lot, before it closed.
    """

    closes: int
    due: int
    same_day: bool


def lot_of(seen: int, *, closes: int, due: int, days: Days) -> Lot:
    """Return the lot of what was seen at an instant: the first that was still open.

    ``closes`` and ``due`` are times of day, in nanoseconds from midnight; when ``due`` is the
    earlier one, it is that of the next workday. A time that the clocks skip or show twice counts
    in favour of whoever must keep it.
    """
    first, _ = _local(seen, days.zone)
    day = first if days.works(first) else days.following(first)
    while seen >= (closed := _instant(day, closes, days.zone, later=False)):
        day = days.following(day)
    due_day = day if due > closes else days.following(day)
    return Lot(closed, _instant(due_day, due, days.zone, later=True), day == first)


def daily(clock: int, zone: str, *, since: int, until: int) -> Iterator[int]:
    """Yield the instants between two at which a clock shows a time of day, in their order.

    ``clock`` is in nanoseconds from midnight. Of a time that is shown twice, the first counts.
    """
    day, _ = _local(since, zone)
    while (instant := _instant(day, clock, zone, later=False)) <= until:
        if instant >= since:
            yield instant
        day += _ONE_DAY


def _local(instant: int, zone: str) -> tuple[date, int]:
    """Return the day in a zone, and the nanoseconds on its clock since midnight."""
    seconds, rest = divmod(instant, SECOND)
    local = (_EPOCH + seconds * _ONE_SECOND).astimezone(find_zone(zone))
    clock = local.hour * 3600 + local.minute * 60 + local.second
    return local.date(), clock * SECOND + rest


def _instant(day: date, clock: int, zone: str, *, later: bool) -> int:
    """Return the instant of a time of day; of one that is shown twice, the earlier or later."""
    seconds, rest = divmod(clock, SECOND)
    wall = datetime(day.year, day.month, day.day, tzinfo=find_zone(zone))
    wall = wall.replace(
        hour=seconds // 3600, minute=seconds // 60 % 60, second=seconds % 60, fold=int(later)
    )
    if later:
        # Of a time that is skipped the first reading is the later one.
        wall = max(wall, wall.replace(fold=0), key=lambda one: one.astimezone(UTC))
    return (wall.astimezone(UTC) - _EPOCH) // _ONE_SECOND * SECOND + rest
