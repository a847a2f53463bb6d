"""T: whether values of the source fit into the fields of the target."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final
from weakref import WeakKeyDictionary

from harness.align.catalogue import Gap, pair_check
from harness.align.pair import Pair, RuleView
from harness.align.promised import left_out, typed_value
from harness.align.shape import NUMBERS, Shape, arriving, fits, shape_of
from harness.landscape import FieldSpec
from harness.mapping import Refused, shown

_WRITE_TIMES: Final = (("to_local",), ("format_date",), ("format_day",))
_EXACT_DIGITS: Final = 15
"""Up to so many digits a number survives software that computes in binary floating point."""


_Arrival = tuple[RuleView, FieldSpec, Shape]
_ARRIVALS: Final[WeakKeyDictionary[Pair, tuple[_Arrival, ...]]] = WeakKeyDictionary()


def _arrivals(pair: Pair) -> tuple[_Arrival, ...]:
    """Return each rule with what the target says of its field, and what arrives there."""
    if pair not in _ARRIVALS:
        specs = [(view, view.spec) for view in pair.rules]
        shapes = [(view, spec, arriving(view)) for view, spec in specs if spec is not None]
        _ARRIVALS[pair] = tuple(one for one in shapes if one[2].known)
    return _ARRIVALS[pair]


@pair_check(
    "T01",
    "The type does not fit",
    weight="blocker",
    means="The target refuses the value, or reads something else into it.",
    mend="Add a transform that gives the target's type, such as `to_text` or `to_decimal`.",
    errs="It believes both files; `any` fits everywhere.",
)
def types_fit(pair: Pair) -> Iterator[Gap]:
    """Hold the kind of value that arrives against the declared type."""
    for view, spec, shape in _arrivals(pair):
        if fits(shape.kind, spec, written=view.stages[-1:] in _WRITE_TIMES):
            continue
        from_ = view.feeds[0].path if view.feeds else shown(view.rule.fixed)
        yield pair.rule_gap(
            "T01", view, f"{from_} arrives as {shape.kind}, and {view.target} is {spec.type}"
        )


@pair_check(
    "T02",
    "The text is longer than the target takes",
    weight="major",
    means="Long names and addresses are refused or cut, and parcels go astray.",
    mend="Add `truncate`, `split_words` or another agreement on what is cut, or let the target "
    "take more.",
    errs="It needs `max` on both sides, or a transform that tells; it counts characters.",
)
def texts_fit(pair: Pair) -> Iterator[Gap]:
    """Hold the longest text that can arrive against what the target takes."""
    for view, spec, shape in _arrivals(pair):
        longest = shape.limits.max_length
        if spec.max is None or longest is None or longest <= spec.max:
            continue
        yield pair.rule_gap(
            "T02",
            view,
            f"up to {longest} characters arrive, and {view.target} takes {spec.max}",
        )


@pair_check(
    "T03",
    "More decimals than the target holds",
    weight="major",
    means="Amounts and weights are rounded by whoever holds them, and sums no longer add up.",
    mend="Agree on the rounding: `round 2 half_up`.",
    errs="It needs `decimals` on both sides.",
)
def decimals_fit(pair: Pair) -> Iterator[Gap]:
    """Hold the decimals that can arrive against what the target holds."""
    for view, spec, shape in _arrivals(pair):
        holds = 0 if spec.type == "integer" else spec.decimals
        arrives = shape.limits.decimals
        if shape.kind not in NUMBERS or spec.type not in ("integer", "decimal"):
            continue
        if holds is not None and arrives is not None and arrives > holds:
            yield pair.rule_gap(
                "T03", view, f"up to {arrives} decimals arrive, and {view.target} holds {holds}"
            )


@pair_check(
    "T04",
    "More digits than the target holds",
    weight="major",
    means="The largest orders are refused.",
    mend="Let the target hold more, or split the message.",
    errs="It needs `digits` on both sides.",
)
def digits_fit(pair: Pair) -> Iterator[Gap]:
    """Hold the digits before the point against what the target holds."""
    for view, spec, shape in _arrivals(pair):
        holds = shape_of(spec).digits
        if shape.digits is not None and holds is not None and shape.digits > holds:
            yield pair.rule_gap(
                "T04",
                view,
                f"up to {shape.digits} digits before the point arrive, and {view.target} holds "
                f"{holds}",
            )


@pair_check(
    "T05",
    "Values outside what the target takes",
    weight="major",
    means="Some values are refused, and nobody knows which until they come.",
    mend="Agree on what is done with them, or let the target take them.",
    errs="It needs bounds on both sides; patterns, lists and the fewest characters are held "
    "against listed and fixed values alone. Values that `when` leaves out are not counted.",
)
def ranges_fit(pair: Pair) -> Iterator[Gap]:
    """Hold bounds and patterns against each other."""
    for view, spec, shape in _arrivals(pair):
        lower, upper = shape.limits.lower, shape.limits.upper
        if spec.at_least is not None and lower is not None and lower < spec.at_least:
            yield pair.rule_gap(
                "T05", view, f"as little as {lower} arrives, and {view.target} begins at "
                f"{spec.at_least}"
            )  # fmt: skip
        if spec.at_most is not None and upper is not None and upper > spec.at_most:
            yield pair.rule_gap(
                "T05", view, f"as much as {upper} arrives, and {view.target} ends at {spec.at_most}"
            )
        for value in _listed(pair, view):
            wrong = _wrong(view, spec, value)
            if wrong:
                yield pair.rule_gap("T05", view, wrong)
                break


def _wrong(view: RuleView, spec: FieldSpec, value: str) -> str:
    """Return what keeps a value that surely comes out of the target's field."""
    if spec.pattern is not None and not _matches(spec.pattern, value):
        return f"{value} does not have the form of {view.target}: {spec.pattern}"
    if spec.min is not None and len(value) < spec.min:
        return f"{value} has {len(value)} characters, and {view.target} needs {spec.min}"
    # Fixed and mapped values have checks of their own against the target's list.
    straight = view.value_map is None and view.feeds
    if straight and spec.enum is not None and not spec.open_enum and value not in spec.enum:
        return f"{value} arrives, and {view.target} takes {', '.join(spec.enum)}"
    return ""


def _listed(pair: Pair, view: RuleView) -> list[str]:
    """Return the texts that surely arrive, where somebody has listed them."""
    if isinstance(view.rule.fixed, str):
        return [view.rule.fixed]
    if view.value_map is not None:
        return [value for value in view.value_map.pairs.values() if isinstance(value, str)]
    spec = view.feed.spec if view.feed is not None else None
    if spec is None or spec.enum is None or view.expression is not None:
        return []
    values = [value for value in spec.enum if not left_out(pair, view, value)]
    return [made for value in values if isinstance(made := _made(view, spec, value), str)]


def _made(view: RuleView, spec: FieldSpec, value: str) -> object:
    typed = typed_value(value, spec)
    if view.pipe is None:
        return typed
    try:
        return view.pipe.apply(typed)
    except Refused:
        return None


@cache
def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return True


@pair_check(
    "T06",
    "A long identifier travels as a number",
    weight="major",
    means="Software that computes in floating point changes the last digits: 5890840712243077 "
    "becomes another order.",
    mend="Carry identifiers as text.",
    errs="It takes keys and unique fields for identifiers, and needs their length.",
)
def identifiers_are_texts(pair: Pair) -> Iterator[Gap]:
    """Look for identifiers of more digits than a float holds that are sent as numbers."""
    for view in pair.rules:
        feed, spec = view.feed, view.spec
        if feed is None or feed.spec is None or spec is None or spec.type != "integer":
            continue
        if view.expression is not None:
            continue
        if spec.encoded_as == "text":
            continue
        identifies = feed.spec.unique or spec.unique or view.target in pair.target_keys
        own = feed.message == pair.contract.source
        identifies = identifies or (own and feed.path in pair.source_keys)
        length = feed.spec.digits if feed.spec.type == "integer" else feed.spec.max
        if identifies and length is not None and length > _EXACT_DIGITS:
            yield pair.rule_gap(
                "T06",
                view,
                f"{feed.path} can have {length} digits, and {view.target} is a number",
            )


@pair_check(
    "T07",
    "Money as a number without decimals",
    weight="major",
    means="Cents appear and disappear, and the books do not close.",
    mend="Say `decimals` for the amount, and let it travel as text where it can.",
    errs="It believes the systems' files; what is inside the systems nobody sees.",
)
def money_is_exact(pair: Pair) -> Iterator[Gap]:
    """Look for amounts that travel as JSON numbers of any precision."""
    for view in pair.rules:
        sides = [(feed.path, feed.spec, "source") for feed in view.feeds if feed.root != "join"]
        for path, spec, side in [*sides, (view.target, view.spec, "target")]:
            if spec is None or spec.money is None or spec.encoded_as != "number":
                continue
            if spec.type == "decimal" and spec.decimals is None:
                yield pair.rule_gap(
                    "T07",
                    view,
                    f"{path} is money, a JSON number, and of any number of decimals",
                    owner=side,
                )


@pair_check(
    "T08",
    "Characters that the target does not take",
    weight="major",
    means="Names with an accent are refused or garbled, on the label and in the invoice.",
    mend="Add `to_ascii`, or let the target take all characters.",
    errs="It needs `charset` in the target's file.",
)
def characters_fit(pair: Pair) -> Iterator[Gap]:
    """Hold the characters that can arrive against what the target takes."""
    for view, spec, shape in _arrivals(pair):
        if spec.charset not in ("ascii", "latin-1") or shape.kind != "text" or shape.limits.ascii:
            continue
        source = view.feed.spec if view.feed is not None else None
        if source is not None and source.charset in ("ascii", spec.charset):
            continue
        yield pair.rule_gap(
            "T08", view, f"{view.target} takes {spec.charset} alone, and any character can arrive"
        )
