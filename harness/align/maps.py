"""E: whether value maps know every value that comes, and give only values that are taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from harness.align.catalogue import Gap, loading_check, pair_check, world_check
from harness.align.pair import Pair, RuleView
from harness.align.promised import left_out
from harness.align.world import World
from harness.contract import ValueMap
from harness.landscape import FieldSpec
from harness.mapping import (
    Stage,
    Uncomparable,
    shown,
    to_decimal,
)

_NUMBERS: Final = ("integer", "decimal")

loading_check(
    "E01",
    "A value map that nobody defines",
    weight="blocker",
    means="Nobody has agreed what the values become.",
    mend="Add it under `maps`, or as a file of its own in `contracts/maps`.",
    errs="Exact: such a contract cannot be read.",
)


def _mapped(pair: Pair) -> Iterator[tuple[RuleView, FieldSpec | None, FieldSpec | None]]:
    """Yield each rule with a value map, what the source sends and what the target takes."""
    for view in pair.rules:
        if view.value_map is not None:
            plain = view.feed is not None and not view.stages
            source = view.feed.spec if plain and view.feed is not None else None
            yield view, source, view.spec


@pair_check(
    "E02",
    "Values of the source without a pair",
    weight="major",
    means="The first order with such a value stops, and somebody has to be found who decides.",
    mend="Add the pairs, or say under `if_unmapped` what is done with other values.",
    errs="Values that `when` leaves out are not counted; it needs `enum` in the source's file.",
)
def every_value_has_a_pair(pair: Pair) -> Iterator[Gap]:
    """Look for listed source values that the map does not know."""
    for view, source, _ in _mapped(pair):
        assert view.value_map is not None  # noqa: S101 - these rules have one
        if source is None or source.enum is None:
            continue
        if "if_unmapped" in view.value_map.model_fields_set:
            continue
        left = [value for value in source.enum if value not in view.value_map.pairs]
        left = [value for value in left if not left_out(pair, view, value)]
        if left:
            yield pair.gap(
                "E02",
                f"maps.{view.rule.map}",
                f"{view.feeds[0].path} can be {', '.join(left[:5])}, and the map has no pair for "
                "it",
                place=("maps", str(view.rule.map)),
                others=[pair.side(view.feeds[0].message, view.feeds[0].path)],
            )


@pair_check(
    "E03",
    "A map gives a value that the target does not take",
    weight="blocker",
    means="Every order with that value is refused.",
    mend="Correct the pair, or let the target take the value.",
    errs="It needs `enum` in the target's file; a list that is open takes everything. Pairs for "
    "values that `when` leaves out count too.",
)
def pairs_give_known_values(pair: Pair) -> Iterator[Gap]:
    """Look for map values outside the target's list."""
    for view, _, target in _mapped(pair):
        assert view.value_map is not None  # noqa: S101 - these rules have one
        if target is None or target.enum is None or target.open_enum:
            continue
        for source, value in view.value_map.pairs.items():
            if not _taken(value, target):
                yield pair.gap(
                    "E03",
                    f"maps.{view.rule.map}.{source}",
                    f"{source} becomes {shown(value)}, and {view.target} takes "
                    f"{', '.join(target.enum)}",
                    place=("maps", str(view.rule.map), "pairs", source),
                    others=[pair.side(pair.contract.to, view.target)],
                )


@pair_check(
    "E04",
    "A fixed value that the target does not take",
    weight="blocker",
    means="Every message is refused.",
    mend="Send one of the target's values.",
    errs="It needs `enum` in the target's file; a list that is open takes everything.",
)
def fixed_values_are_known(pair: Pair) -> Iterator[Gap]:
    """Look for fixed values outside the target's list."""
    for view in pair.rules:
        spec = view.spec
        if spec is None or spec.enum is None or spec.open_enum:
            continue
        fixed = "fixed" in view.rule.model_fields_set
        if fixed and not _taken(view.rule.fixed, spec):
            yield pair.rule_gap(
                "E04",
                view,
                f"{shown(view.rule.fixed)} is sent, and {view.target} takes {', '.join(spec.enum)}",
                key="fixed",
            )


@pair_check(
    "E05",
    "A list that may grow, and nothing said about new values",
    weight="major",
    means="One day the vendor adds a value, and orders stop or go wrong.",
    mend="Say under `if_unmapped` what is done with values that are not listed.",
    errs="It believes `open_enum` in the source's file.",
)
def open_lists_are_agreed(pair: Pair) -> Iterator[Gap]:
    """Look for maps of open lists without ``if_unmapped``."""
    for view, source, _ in _mapped(pair):
        assert view.value_map is not None  # noqa: S101 - these rules have one
        said = "if_unmapped" in view.value_map.model_fields_set
        if source is not None and source.open_enum and not said:
            yield pair.gap(
                "E05",
                f"maps.{view.rule.map}.if_unmapped",
                f"{view.feeds[0].path} may have new values one day",
                place=("maps", str(view.rule.map)),
                others=[pair.side(view.feeds[0].message, view.feeds[0].path)],
            )


@pair_check(
    "E06",
    "A pair for a value that never comes",
    weight="minor",
    means="The map was made for another list: a value is spelt differently, or is gone.",
    mend="Take the pair out, or correct the source's list.",
    errs="It needs a closed `enum` in the source's file.",
)
def pairs_are_needed(pair: Pair) -> Iterator[Gap]:
    """Look for pairs of values that the source does not list."""
    for view, source, _ in _mapped(pair):
        assert view.value_map is not None  # noqa: S101 - these rules have one
        if source is None or source.enum is None or source.open_enum:
            continue
        for value in view.value_map.pairs:
            if value not in source.enum:
                yield pair.gap(
                    "E06",
                    f"maps.{view.rule.map}.{value}",
                    f"{view.feeds[0].path} is never {value}",
                    place=("maps", str(view.rule.map), "pairs", value),
                    others=[pair.side(view.feeds[0].message, view.feeds[0].path)],
                )


@pair_check(
    "E07",
    "Values become the same, and nobody said so",
    weight="major",
    means="Two kinds of order can no longer be told apart behind the map.",
    mend="List all but one of them under `lossy`, or give them values of their own.",
    errs="Exact.",
)
def lossy_pairs_are_said(pair: Pair) -> Iterator[Gap]:
    """Look for values that meet in one without being listed under ``lossy``."""
    for name, value_map in pair.contract.maps.items():
        meeting: dict[str, list[str]] = defaultdict(list)
        for source, target in value_map.pairs.items():
            if source not in value_map.lossy:
                meeting[shown(target)].append(source)
        for target, sources in meeting.items():
            if len(sources) > 1:
                yield pair.gap(
                    "E07",
                    f"maps.{name}.{sources[1]}",
                    f"{', '.join(sources)} all become {target}",
                    place=("maps", name, "pairs", sources[1]),
                )


@world_check(
    "E08",
    "There and back gives another value",
    weight="major",
    means="A status goes over, comes back changed, and overwrites the first.",
    mend="Let the two maps be each other's inverse, or list what is lost under `lossy`.",
    errs="It follows fields that two contracts of one `object` name alike.",
)
def maps_lead_back(world: World) -> Iterator[Gap]:
    """Send each value through a map and through the map of the way back."""
    backs: dict[tuple[str, ...], list[tuple[Pair, RuleView]]] = defaultdict(list)
    for pair, view, ends in _plainly_mapped(world):
        backs[ends].append((pair, view))
    for pair, view, (source, target, thing, read, written) in _plainly_mapped(world):
        for back, other in backs.get((target, source, thing, written, read), ()):
            yield from _there_and_back(pair, view, back, other)


def _plainly_mapped(
    world: World,
) -> Iterator[tuple[Pair, RuleView, tuple[str, str, str, str, str]]]:
    """Yield each rule that does nothing but map one field, and what it connects."""
    for pair in world.pairs:
        for view in pair.rules:
            if view.value_map is not None and view.feed is not None and not view.stages:
                ends = (*pair.contract.systems, pair.contract.object, view.feed.path, view.target)
                yield pair, view, ends


def _there_and_back(there: Pair, first: RuleView, back: Pair, second: RuleView) -> Iterator[Gap]:
    assert first.value_map is not None  # noqa: S101 - these rules have one
    assert second.value_map is not None  # noqa: S101 - these rules have one
    said = {*first.value_map.lossy}
    said_back = {*second.value_map.lossy}
    for value, over in first.value_map.pairs.items():
        word = shown(over)
        if value in said or word in said_back or word not in second.value_map.pairs:
            continue
        returned = shown(second.value_map.pairs[word])
        if returned != value:
            yield there.gap(
                "E08",
                f"maps.{first.rule.map}.{value}",
                f"{value} becomes {word}, and {back.contract.contract} makes {returned} of it",
                place=("maps", str(first.rule.map), "pairs", value),
                others=[back.place("maps", str(second.rule.map))],
            )


@world_check(
    "E09",
    "One map, two meanings",
    weight="minor",
    means="Somebody corrects one of them and believes that it is done.",
    mend="Keep one map in `contracts/maps`, or give the two different names.",
    errs="Only maps of one name are compared.",
)
def maps_of_one_name_are_one(world: World) -> Iterator[Gap]:
    """Look for maps of one name with different pairs."""
    seen: dict[str, Pair] = {}
    for pair in world.pairs:
        for name, value_map in pair.contract.maps.items():
            first = seen.setdefault(name, pair)
            if first is pair or first.contract.maps[name].pairs == value_map.pairs:
                continue
            yield pair.gap(
                "E09",
                f"maps.{name}",
                f"{first.contract.contract} has other pairs under the same name",
                place=("maps", name),
                others=[first.place("maps", name)],
            )


@pair_check(
    "E10",
    "What stands in for a missing pair is not taken",
    weight="major",
    means="The value that was meant to save the order is refused.",
    mend="Let `default` be a value that the map or the target knows; use `park` in place of "
    "`keep`.",
    errs="It needs `enum` or a type in the target's file; a list that is open takes everything.",
)
def stand_ins_are_taken(pair: Pair) -> Iterator[Gap]:
    """Look for defaults and kept values that the map or the target does not know."""
    for view in pair.rules:
        last = view.pipe.stages[-1] if view.pipe is not None else None
        # What stands before another transform is changed by it, and cannot be told from here.
        if last is not None and last.entry.name == "default":
            yield from _unknown_default(pair, view, last)
        if view.value_map is not None and view.value_map.if_unmapped == "keep":
            yield from _kept_in_vain(pair, view)


def _unknown_default(pair: Pair, view: RuleView, stage: Stage) -> Iterator[Gap]:
    value, spec, takes = shown(stage.arguments[0]), view.spec, ""
    if view.value_map is not None and value in view.value_map.pairs:
        return
    if view.value_map is not None and view.value_map.if_unmapped != "keep":
        takes = f"the map {view.rule.map} has no pair for it"
    elif spec is not None and not _taken(value, spec):
        takes = f"{view.target} takes {', '.join(spec.enum or ())}"
    elif spec is not None and spec.type in _NUMBERS and not _is_number(value):
        takes = f"{view.target} takes {spec.type}"
    if takes:
        yield pair.rule_gap("E10", view, f"{value} is the default, and {takes}", key="using")


def _kept_in_vain(pair: Pair, view: RuleView) -> Iterator[Gap]:
    assert view.value_map is not None  # noqa: S101 - asked by the caller
    spec = view.spec
    if spec is None or spec.enum is None or spec.open_enum:
        return
    source = view.feed.spec if view.feed is not None and not view.stages else None
    known = source.enum if source is not None and not source.open_enum else None
    kept = [value for value in known or () if value not in view.value_map.pairs]
    wrong = [value for value in kept if value not in spec.enum]
    if wrong or known is None:
        said = wrong[0] if wrong else "any other value"
        yield pair.gap(
            "E10",
            f"maps.{view.rule.map}.if_unmapped",
            f"{said} is kept as it is, and {view.target} takes {', '.join(spec.enum)}",
            place=("maps", str(view.rule.map), "if_unmapped"),
            others=[pair.side(pair.contract.to, view.target)],
        )


def _taken(value: Any, spec: FieldSpec) -> bool:
    """Return whether a target takes a value, as far as its list of values tells."""
    if spec.enum is None or spec.open_enum or (value is None and spec.nullable):
        return True
    return shown(value) in spec.enum


def _is_number(text: str) -> bool:
    try:
        to_decimal(text)
    except Uncomparable:
        return False
    return True


@pair_check(
    "E11",
    "Two values that look the same",
    weight="major",
    means="Which of the two comes depends on a blank or a capital letter that nobody sees.",
    mend="Keep one of them, or trim and lower the value first.",
    errs="It compares letters without case and blanks; spellings of one value that `lossy` names "
    "are no matter.",
)
def keys_are_told_apart(pair: Pair) -> Iterator[Gap]:
    """Look for map keys that differ in case and blanks alone."""
    for name, value_map in pair.contract.maps.items():
        seen: dict[str, str] = {}
        for key in value_map.pairs:
            plain = "".join(key.split()).casefold()
            if plain in seen and not _spelt_alike(value_map, seen[plain], key):
                yield pair.gap(
                    "E11",
                    f"maps.{name}.{key}",
                    f"{seen[plain]!r} and {key!r} differ in case or blanks alone",
                    place=("maps", name, "pairs", key),
                )
            seen.setdefault(plain, key)


def _spelt_alike(value_map: ValueMap, first: str, second: str) -> bool:
    """Return whether two spellings become one value, and somebody said so."""
    said = first in value_map.lossy or second in value_map.lossy
    return said and shown(value_map.pairs[first]) == shown(value_map.pairs[second])
