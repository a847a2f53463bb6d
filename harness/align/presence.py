"""R: what happens when the source has no value."""

from __future__ import annotations

from collections.abc import Iterator

from harness.align.catalogue import Gap, pair_check
from harness.align.pair import Pair, RuleView
from harness.align.promised import narrowed
from harness.align.readings import is_unknown, readings
from harness.align.shape import arriving


def _said(view: RuleView) -> bool:
    """Return whether something is agreed for a missing value."""
    map_says = view.value_map is not None and view.value_map.if_missing != "leave_out"
    return view.rule.if_missing in ("park", "fail") or map_says


@pair_check(
    "R01",
    "The target needs a value that may be missing",
    weight="blocker",
    means="The first message without it is refused, and nobody agreed on what to do then.",
    mend="Say `if_missing: park` or `fail`, or give a value with `default`.",
    errs="It believes `required` in both files; what is required under a condition is left out, "
    "and so is what `when` or `where` asks for.",
)
def required_values_are_there(pair: Pair) -> Iterator[Gap]:
    """Look for required fields whose source may have no value."""
    for view in pair.rules:
        if view.spec is None or view.spec.required != "always" or view.spec.read_only:
            continue
        shape = arriving(narrowed(pair, view))
        if not (shape.missing or shape.null) or _said(view):
            continue
        missing = "may be null" if shape.null and not shape.missing else "may be missing"
        left_out = "; it is then left out" if view.rule.if_missing == "leave_out" else ""
        paths = " or ".join(feed.path for feed in view.feeds)
        yield pair.rule_gap(
            "R01", view, f"{view.target} is always needed, and {paths} {missing}{left_out}"
        )


@pair_check(
    "R02",
    "A default that never applies",
    weight="note",
    means="Somebody believes in a rule that nothing will ever use.",
    mend="Take `default` out, or correct `required` in the source's file.",
    errs="It believes `required` in the source's file.",
)
def defaults_apply(pair: Pair) -> Iterator[Gap]:
    """Look for defaults of values that are always there."""
    for view in pair.rules:
        if "default" not in view.stages:
            continue
        feed = narrowed(pair, view).feed
        if feed is None or feed.spec is None or feed.many or feed.root == "join":
            continue
        spec = feed.spec
        before = view.stages[: view.stages.index("default")]
        if spec.required == "always" and not spec.nullable and not before:
            yield pair.rule_gap(
                "R02", view, f"{view.feeds[0].path} is always there, so its default never applies"
            )


@pair_check(
    "R03",
    "A condition on a field that does not exist",
    weight="blocker",
    means="The condition is never known, so nothing is sent, or everything.",
    mend="Write the path as the source's file has it.",
    errs="It believes the systems' files; a message without described fields is not looked at.",
)
def conditions_read_what_exists(pair: Pair) -> Iterator[Gap]:
    """Look for conditions on paths that nobody describes."""
    for reading in readings(pair):
        feed = reading.feed
        if reading.in_condition and is_unknown(pair, feed):
            yield pair.gap(
                "R03",
                ".".join(reading.place),
                f"{feed.message} has no field {feed.path}",
                place=reading.place,
                others=[pair.side(feed.message)],
            )


@pair_check(
    "R04",
    "Null arrives where the target takes none",
    weight="major",
    means="The target refuses the message, or stores an empty value that means something else.",
    mend="Say `if_missing: leave_out`, `park` or `fail`, or give a value with `default`.",
    errs="It believes `nullable` in both files.",
)
def nulls_are_agreed(pair: Pair) -> Iterator[Gap]:
    """Look for values that may be null, where nothing is agreed and the target takes none."""
    for view in pair.rules:
        if view.spec is None or view.spec.nullable or view.spec.required == "always":
            continue
        if view.spec.type == "any" or view.rule.if_missing is not None or view.value_map:
            continue
        if arriving(narrowed(pair, view)).null:
            yield pair.rule_gap(
                "R04",
                view,
                f"{view.feeds[0].path} may be null, and {view.target} takes no null",
            )
