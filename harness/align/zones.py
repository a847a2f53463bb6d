"""Z: times without a zone, days cut in the wrong one, and hours that do not exist."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from harness.align.catalogue import Gap, pair_check
from harness.align.pair import Pair, RuleView
from harness.landscape import FieldSpec

_UTC: Final = frozenset({"UTC", "Etc/UTC", "Etc/UCT", "Etc/GMT", "GMT", "Zulu", "Etc/Zulu"})
_CUTS_DAYS: Final = frozenset({"in_zone", "to_utc", "to_local", "local_to_utc", "parse_local"})


@dataclass(frozen=True, slots=True)
class _Clock:
    """How a time is written: with an offset or without, and in which zone, where it is known."""

    local: bool
    zone: str | None = None


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
        wrong = _moved_wrongly(view, source) or _arrives_wrongly(view, target)
        if wrong:
            yield pair.rule_gap("Z01", view, wrong)


def _times(view: RuleView) -> tuple[FieldSpec | None, FieldSpec | None]:
    source = view.feed.spec if view.feed is not None else None
    if source is None or view.spec is None or view.expression is not None:
        return None, None
    if source.type != "instant" or view.spec.type != "instant":
        return None, None
    return source, view.spec


def _moved_wrongly(view: RuleView, source: FieldSpec) -> str:
    """Return what is wrong with a transform that reads a time of the source."""
    path, clock = view.feeds[0].path, _clock(source)
    for name, arguments in _stages(view):
        if not clock.local:
            return ""
        if name in ("in_zone", "to_utc", "to_local"):
            return f"{path} is in {clock.zone} and says no offset, so `{name}` cannot move it"
        read = _READS.get(name)
        if read is not None and clock.zone is not None and not _same(read(arguments), clock.zone):
            return f"{path} is in {clock.zone}, and `{name}` reads it in {read(arguments)}"
        clock = _behind(clock, name, arguments)
    return ""


_READS: Final[dict[str, Callable[[tuple[Any, ...]], str]]] = {
    "local_to_utc": lambda arguments: str(arguments[0]),
    "parse_local": lambda arguments: str(arguments[1]),
    "parse_date": lambda _arguments: "UTC",
}
"""The transforms that read a time without an offset, and the zone that they take it to be in."""


def _arrives_wrongly(view: RuleView, target: FieldSpec) -> str:
    """Return what is wrong with the time that the target is given."""
    assert view.feed is not None  # noqa: S101 - asked by the caller
    assert view.feed.spec is not None  # noqa: S101 - asked by the caller
    clock = _clock(view.feed.spec)
    for name, arguments in _stages(view):
        clock = _behind(clock, name, arguments)
    path = view.feeds[0].path
    if target.zone is None:
        if not clock.local or clock.zone is None:
            return ""
        return f"{path} arrives in {clock.zone} without an offset, and {view.target} needs one"
    if clock.local and clock.zone is not None and _same(clock.zone, target.zone):
        return ""
    arrives = f"in {clock.zone}" if clock.zone is not None else "in the offset it happens to carry"
    said = "without an offset" if clock.local else "with its offset"
    return (
        f"{path} arrives {arrives}, {said}, and {view.target} is in {target.zone} without an offset"
    )


def _clock(spec: FieldSpec) -> _Clock:
    return _Clock(local=spec.zone is not None, zone=spec.zone)


def _behind(clock: _Clock, name: str, arguments: tuple[Any, ...]) -> _Clock:
    """Return how a time is written behind a transform."""
    match name:
        case "local_to_utc" | "parse_local" | "parse_date" | "to_utc" | "start_of_day":
            return _Clock(local=False, zone="UTC")
        case "from_epoch_seconds" | "from_epoch_ms":
            return _Clock(local=False, zone="UTC")
        case "in_zone":
            return _Clock(local=False, zone=str(arguments[0]))
        case "to_local":
            return _Clock(local=True, zone=str(arguments[0]))
        case "format_date":
            return _Clock(local=True, zone=clock.zone)
    return clock


def _same(one: str, other: str) -> bool:
    return one == other or (one in _UTC and other in _UTC)


def _stages(view: RuleView) -> list[tuple[str, tuple[Any, ...]]]:
    stages = view.pipe.stages if view.pipe is not None else ()
    return [(stage.entry.name, stage.arguments) for stage in stages]


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
        if source is None or source.type != "instant":
            continue
        if source.zone is None and not set(before) & _CUTS_DAYS:
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
    """Return the hour that a clock change before the noon of a day skips or repeats."""
    local = datetime(day.year, day.month, day.day, tzinfo=place) - timedelta(hours=12)
    for _ in range(0, 24 * 60, 15):
        if local.utcoffset() != local.replace(fold=1).utcoffset():
            last = (local + abs(moved)).strftime("%H:%M")
            last = last if last > local.strftime("%H:%M") else "24:00"
            return local.date().isoformat(), local.strftime("%H:%M"), last, moved > timedelta(0)
        local += timedelta(minutes=15)
    return day.isoformat(), "", "", False
