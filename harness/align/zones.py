"""Z: times without a zone, days cut in the wrong one, and hours that do not exist."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from harness.align.catalogue import Gap, pair_check
from harness.align.pair import Pair, RuleView
from harness.landscape import FieldSpec

_INTO_OFFSET: Final = frozenset({"local_to_utc", "parse_local", "parse_date", "in_zone"})
_INTO_LOCAL: Final = frozenset({"to_local", "format_date"})
_SETS_ZONE: Final = frozenset({"in_zone", "to_utc", "to_local"})


@pair_check(
    "Z01",
    "A time loses or lacks its zone",
    weight="blocker",
    means="Every time is hours off, and orders fall on the wrong day and in the wrong month.",
    mend="Add `local_to_utc ZONE` for times without an offset, `to_local ZONE` for a target that "
    "takes none.",
    errs="It needs `zone` in the systems' files for times that carry no offset.",
)
def zones_agree(pair: Pair) -> Iterator[Gap]:
    """Hold times with an offset against times without one."""
    for view in pair.rules:
        source, target = _times(view)
        if source is None or target is None:
            continue
        stages = set(view.stages)
        if source.zone == target.zone:
            continue
        if source.zone is not None and not stages & (_INTO_OFFSET | {"to_utc"}):
            yield pair.rule_gap(
                "Z01",
                view,
                f"{view.feeds[0].path} is in {source.zone} and says no offset; {view.target} "
                f"{_wants(target)}",
            )
        elif target.zone is not None and not stages & _INTO_LOCAL:
            yield pair.rule_gap(
                "Z01",
                view,
                f"{view.target} is in {target.zone} without an offset, and the value is not moved "
                "there",
            )


def _times(view: RuleView) -> tuple[FieldSpec | None, FieldSpec | None]:
    source = view.feed.spec if view.feed is not None else None
    if source is None or view.spec is None:
        return None, None
    if source.type != "instant" or view.spec.type != "instant":
        return None, None
    return source, view.spec


def _wants(target: FieldSpec) -> str:
    return "needs one" if target.zone is None else f"is in {target.zone}"


@pair_check(
    "Z02",
    "A day is cut before the zone is chosen",
    weight="major",
    means="What happens late in the evening is booked on another day than the customer saw.",
    mend="Write `date_in_zone ZONE`, or `in_zone ZONE` before `date_only`.",
    errs="It is found only where the two systems keep different zones.",
)
def days_are_cut_in_a_zone(pair: Pair) -> Iterator[Gap]:
    """Look for ``date_only`` without a zone before it."""
    here, there = pair.source_system.timezone, pair.target_system.timezone
    if here == there:
        return
    for view in pair.rules:
        if "date_only" not in view.stages:
            continue
        before = view.stages[: view.stages.index("date_only")]
        source = view.feed.spec if view.feed is not None else None
        if source is not None and source.type == "instant" and not set(before) & _SETS_ZONE:
            yield pair.rule_gap(
                "Z02",
                view,
                f"the day of {view.feeds[0].path} is cut in the offset that it happens to carry; "
                f"{pair.contract.systems[0]} lives in {here}, {pair.contract.systems[1]} in "
                f"{there}",
                key="using",
            )


@pair_check(
    "Z03",
    "A time of day that does not exist, or comes twice",
    weight="minor",
    means="On the day the clocks change, the deadline is an hour off or never comes.",
    mend="Choose a time of day outside the hour that is skipped or repeated.",
    errs="It looks at two years from the day that counts; without a day, at 2026 and 2027.",
)
def times_of_day_exist(pair: Pair) -> Iterator[Gap]:
    """Look for cut-offs inside the hour that daylight saving skips or repeats."""
    contract, year = pair.contract, int(pair.today[:4] or 2026)
    times: list[tuple[tuple[str, ...], str, str]] = []
    path: tuple[str, ...]
    if contract.timing is not None and contract.timing.cutoff is not None:
        cutoff = contract.timing.cutoff
        path = ("timing", "cutoff")
        times.append(((*path, "seen_before"), cutoff.seen_before, cutoff.zone))
        times.append(((*path, "accepted_by"), cutoff.accepted_by, cutoff.zone))
    for name, state in contract.state.items():
        if state.zone is not None:
            times.append((("state", name, "when"), state.when, state.zone))
    for path, time, zone in times:
        for day, first, last, skipped in _changes(zone, year):
            if first <= time < last:
                said = "does not exist" if skipped else "comes twice"
                yield pair.gap(
                    "Z03", ".".join(path), f"{time} {said} in {zone} on {day}", place=path
                )
                break


@cache
def _changes(zone: str, year: int) -> tuple[tuple[str, str, str, bool], ...]:
    """Return the clock changes of two years: day, first and last minute, whether it is skipped."""
    place, found = ZoneInfo(zone), []
    day = date(year, 1, 1)
    while day.year < year + 2:
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=place)
        before = (noon - timedelta(days=1)).utcoffset()
        after = noon.utcoffset()
        if before is not None and after is not None and before != after:
            found.append(_change(day, place, after - before))
        day += timedelta(days=1)
    return tuple(found)


def _change(day: date, place: ZoneInfo, moved: timedelta) -> tuple[str, str, str, bool]:
    """Return the hour that a clock change skips or repeats."""
    for minute in range(0, 24 * 60, 15):
        local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=place)
        folded = local.replace(fold=1)
        if local.utcoffset() != folded.utcoffset():
            first = local.strftime("%H:%M")
            last = (local.replace(tzinfo=None) + abs(moved)).strftime("%H:%M")
            return day.isoformat(), first, last, moved > timedelta(0)
    return day.isoformat(), "", "", False
