"""X: what transforms lose, what nobody can check, and whether examples come out as written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.align.catalogue import Gap, loading_check, pair_check
from harness.align.pair import Pair
from harness.align.promised import narrowed
from harness.examples import differences, nested
from harness.mapping import Path, missing, parse_path, read_all

_ROUNDING: Final = frozenset({"round", "round_money", "sum", "product"})
"""Agreements on amounts, not losses: what they drop is said."""

loading_check(
    "X01",
    "A transform that nobody knows",
    weight="blocker",
    means="Nobody can say what becomes of the value.",
    mend="Use one of the catalogue, or add your own with the `transform` decorator.",
    errs="Exact: such a contract cannot be read.",
)
loading_check(
    "X02",
    "A transform that cannot take what comes before it",
    weight="blocker",
    means="The first message stops the integration.",
    mend="Put a transform between the two, such as `to_text` or `to_decimal`.",
    errs="Exact, as far as kinds of values tell: such a contract cannot be read.",
)


@pair_check(
    "X03",
    "Information is lost where it matters most",
    weight="major",
    means="Two orders become one, or an amount or a status can no longer be traced back.",
    mend="Take the transform out, or say with `severity` that the field matters less.",
    errs="Roundings and sums of amounts are agreements and not counted.",
)
def important_values_stay_whole(pair: Pair) -> Iterator[Gap]:
    """Look for lossy transforms on keys, blockers and money."""
    repeats = pair.contract.idempotency.key if pair.contract.idempotency is not None else ()
    for view in pair.rules:
        if view.pipe is None or view.target in repeats:
            continue
        lossy = [s for s in view.pipe.stages if s.entry.lossy and s.entry.name not in _ROUNDING]
        if not lossy:
            continue
        why = _why(pair, view.target, is_key=view.is_row_key, severity=view.rule.severity)
        money = view.spec is not None and view.spec.money is not None
        if why or money:
            yield pair.rule_gap(
                "X03",
                view,
                f"`{lossy[0]}` loses information, and {view.target} is {why or 'money'}",
                key="using",
            )


def _why(pair: Pair, target: str, *, is_key: bool, severity: str) -> str:
    if target in pair.target_keys:
        return "the key of the message"
    if is_key:
        return "the key of its row"
    return "a blocker" if severity == "blocker" else ""


@pair_check(
    "X04",
    "An expression where nothing may go wrong",
    weight="major",
    means="What it does is seen only when it runs; length, unit and zone of its value are not "
    "known.",
    mend="Write it with `from` and `using`, or add a typed transform of your own.",
    errs="Exact. Expressions on other fields are a note.",
)
def expressions_are_counted(pair: Pair) -> Iterator[Gap]:
    """Look for expressions, above all on blockers."""
    for view in pair.rules:
        if view.expression is None:
            continue
        blocker = view.rule.severity == "blocker" or view.target in pair.target_keys
        said = "a blocker" if blocker else "not checked before it runs"
        yield pair.rule_gap(
            "X04",
            view,
            f"{view.target} comes from an expression, and is {said}",
            key="expression",
            weight="major" if blocker else "note",
        )


@pair_check(
    "X05",
    "An example does not come out as written",
    weight="blocker",
    means="The two teams agreed on an outcome that their rules do not give.",
    mend="Ask both teams which of the two is meant, and correct the rule or the example.",
    errs="Exact, for the fields that the example names.",
)
def examples_come_out_as_written(pair: Pair) -> Iterator[Gap]:
    """Send each example through the rules."""
    for number, example in enumerate(pair.contract.examples):
        for found in differences(pair.contract, pair.landscape, example):
            yield pair.gap(
                "X05",
                f"examples.{number}.{found.path}",
                f"{example.name!r}: {found}",
                place=("examples", number),
                others=[pair.place("fields", *found.path.split("."))],
                owner="business",
            )


@pair_check(
    "X06",
    "A field that may be missing, and no example of it",
    weight="note",
    means="Nobody has looked at what a message without the value becomes.",
    mend="Add one example with the value and one without.",
    errs="It looks at contracts that have examples.",
)
def optional_fields_have_examples(pair: Pair) -> Iterator[Gap]:
    """Look for optional source fields that no example has, or that every example has."""
    examples = [nested(example.source) for example in pair.contract.examples]
    if not examples:
        return
    for view in pair.rules:
        feed = view.feed
        if feed is None or feed.spec is None or view.rows is not None or feed.many:
            continue
        if feed.spec.required == "always" or feed.message != pair.contract.source:
            continue
        (promised,) = narrowed(pair, view).feeds
        if (
            promised.spec is not None
            and promised.spec.required == "always"
            and (not promised.spec.nullable)
        ):
            continue
        path = parse_path(feed.path)
        # What is parked for want of a value makes no target, so no example can show it.
        held = view.rule.if_missing in ("park", "fail")
        given = {_in(path, example) for example in examples}
        if held:
            given.add(False)
        if len(given) < 2:
            lacks = "without" if given == {True} else "with"
            yield pair.rule_gap("X06", view, f"no example {lacks} {feed.path}")


def _in(path: Path, source: object) -> bool:
    return any(not missing(found.value) for found in read_all(path, source))


@pair_check(
    "X09",
    "No example",
    weight="minor",
    means="Both teams have read the same words and may have understood different things.",
    mend="Add one real message under `examples`, with what it must become.",
    errs="Exact.",
)
def contracts_have_examples(pair: Pair) -> Iterator[Gap]:
    """Look for contracts without examples."""
    if not pair.contract.examples:
        yield pair.gap("X09", "examples", "no message is written out", place=("fields",))
