"""U: units of measure, currencies, tax and rounding."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

from harness.align.catalogue import Gap, pair_check
from harness.align.pair import Pair, RuleView
from harness.align.promised import left_out
from harness.align.shape import TO_MAJOR, TO_MINOR, arriving, shape_of_feed, through
from harness.landscape import FieldSpec, TaxBasis

_ROUNDING: Final = frozenset({"round", "round_money"})
_BY_DIGITS: Final = frozenset({"minor_units", "major_units"})
_BY_CURRENCY: Final = frozenset({"to_minor_units", "from_minor_units", "round_money"})


@pair_check(
    "U01",
    "The unit differs",
    weight="blocker",
    means="Everything is a thousand times too heavy, or a dozen times too many.",
    mend="Add `convert A to B`, or agree on one unit.",
    errs="It needs `unit` on both sides.",
)
def units_agree(pair: Pair) -> Iterator[Gap]:
    """Hold the unit that arrives against that of the target."""
    for view in pair.rules:
        if view.spec is None or view.spec.unit is None or "convert" in view.stages:
            continue
        arrives = arriving(view).unit
        if arrives is not None and arrives != view.spec.unit:
            yield pair.rule_gap(
                "U01", view, f"{arrives} arrives, and {view.target} is in {view.spec.unit}"
            )


@pair_check(
    "U02",
    "The conversion is of another unit",
    weight="blocker",
    means="A figure is converted that was never in that unit.",
    mend="Name the source's unit and the target's unit: `convert g to kg`.",
    errs="It needs `unit` in the systems' files.",
)
def conversions_fit(pair: Pair) -> Iterator[Gap]:
    """Hold each ``convert`` against the units of both sides."""
    for view in pair.rules:
        converts = [arguments for name, arguments in _stages(view) if name == "convert"]
        if not converts:
            continue
        source = view.feed.spec if view.feed is not None else None
        first, second = str(converts[0][0]), str(converts[-1][-1])
        if source is not None and source.unit is not None and source.unit != first:
            yield pair.rule_gap(
                "U02",
                view,
                f"it converts {first}, and {view.feeds[0].path} is in {source.unit}",
                key="using",
            )
        elif view.spec is not None and view.spec.unit is not None and view.spec.unit != second:
            yield pair.rule_gap(
                "U02",
                view,
                f"it converts to {second}, and {view.target} is in {view.spec.unit}",
                key="using",
            )


def _stages(view: RuleView) -> list[tuple[str, tuple[Any, ...]]]:
    pipe = view.pipe
    return [(s.entry.name, s.arguments) for s in pipe.stages] if pipe is not None else []


@pair_check(
    "U03",
    "An amount without its currency",
    weight="blocker",
    means="An order of 100 yen is booked as 100 euros.",
    mend="Map the currency field from the field that belongs to the amount.",
    errs="It needs `money` in the systems' files.",
)
def amounts_have_a_currency(pair: Pair) -> Iterator[Gap]:
    """Look for amounts whose currency is not sent, or is that of another amount."""
    for view in pair.rules:
        if view.spec is None or view.spec.money is None or not view.feeds:
            continue
        currency = _beside(view.target, view.spec.money, pair.target_fields)
        rule = _rule_of(currency, view, pair)
        if rule is None:
            spec = pair.target_fields.get(currency)
            if spec is not None and not spec.read_only and not _within(currency, pair):
                yield pair.rule_gap(
                    "U03", view, f"{view.target} is an amount in {currency}, which no rule fills"
                )
            continue
        feed = view.feeds[0]
        of_amount = feed.spec.money if feed.spec is not None else None
        if of_amount is None or rule.feed is None or feed.message != rule.feed.message:
            continue
        if view.expression is not None or rule.expression is not None:
            continue
        own = _beside(feed.path, of_amount, pair.fields_of(feed.message))
        if rule.feed.path != own:
            yield pair.rule_gap(
                "U03",
                view,
                f"{feed.path} is an amount in {own}, and {currency} comes from {rule.feed.path}",
            )


def _rule_of(target: str, beside: RuleView, pair: Pair) -> RuleView | None:
    """Return the rule of another field, in the same block of rows or outside of blocks."""
    found = [view for view in pair.rules if view.target == target]
    return next((view for view in found if view.block in (beside.block, None)), None)


def _within(path: str, pair: Pair) -> bool:
    """Return whether a rule fills an object that the field stands in."""
    return any(path.startswith(f"{view.target}.") for view in pair.rules)


def _beside(path: str, money: str, fields: Mapping[str, FieldSpec]) -> str:
    """Return the path of a currency: from the top, or beside the amount."""
    near = f"{path.rpartition('.')[0]}.{money}".lstrip(".")
    return near if money not in fields and near in fields else money


@pair_check(
    "U04",
    "Gross meets net",
    weight="blocker",
    means="Tax is paid twice, or not at all.",
    mend="Map the amount with the same basis, or agree on who takes the tax out.",
    errs="It needs `tax` on both sides.",
)
def tax_bases_agree(pair: Pair) -> Iterator[Gap]:
    """Hold the tax basis of amounts against each other."""
    for view in pair.rules:
        source = view.feed.spec if view.feed is not None else None
        if source is None or view.spec is None or source.tax is None or view.spec.tax is None:
            continue
        if view.expression is not None:
            continue
        both_tell = isinstance(source.tax, TaxBasis) and isinstance(view.spec.tax, TaxBasis)
        if not both_tell and source.tax != view.spec.tax:
            yield pair.rule_gap(
                "U04",
                view,
                f"{view.feeds[0].path} is {_basis(source)}, and {view.target} is "
                f"{_basis(view.spec)}",
            )


def _basis(spec: FieldSpec) -> str:
    if isinstance(spec.tax, TaxBasis):
        return f"gross where {spec.tax.by} is true, else net"
    return str(spec.tax)


@pair_check(
    "U05",
    "Rounded twice, or summed after rounding",
    weight="minor",
    means="The total differs from the sum of its lines by a cent, order by order.",
    mend="Round once, at the end; or allow a `tolerance` for the sum.",
    errs="It looks at `round` in pipes; what code rounds by itself it cannot see.",
)
def amounts_are_rounded_once(pair: Pair) -> Iterator[Gap]:
    """Look for pipes that round twice, and for exact sums of rounded rows."""
    rounded = set()
    for view in pair.rules:
        times = sum(name in _ROUNDING for name in view.stages)
        if times > 1:
            yield pair.rule_gap("U05", view, f"{view.target} is rounded {times} times", key="using")
        if times and _can_round(view):
            rounded.add(view.target)
    for name, total in pair.contract.sums.items():
        terms = [term.lstrip("-") for term in total.add]
        lines = [term for term in terms if term in rounded and ".*." in term]
        if lines and not total.tolerance:
            yield pair.gap(
                "U05",
                f"sums.{name}",
                f"{lines[0]} is rounded row by row, and the sum allows no difference",
                place=("sums", name),
            )


def _can_round(view: RuleView) -> bool:
    """Return whether rounding can change a value; what is no finer anyway stays as it is."""
    before = _decimals_before(view, _ROUNDING)
    after = arriving(view).limits.decimals
    return before is None or after is None or before > after


def _decimals_before(view: RuleView, names: Collection[str]) -> int | None:
    """Return the decimals that can come to the first of some transforms."""
    if not view.feeds or view.pipe is None:
        return None
    shape = shape_of_feed(view.feeds[0])
    for stage in view.pipe.stages:
        if stage.entry.name in names:
            break
        shape = through(shape, stage)
    return shape.limits.decimals


@pair_check(
    "U06",
    "Cents meet whole units",
    weight="blocker",
    means="Every amount is a hundred times too large, or too small; yen and dinars go wrong alone.",
    mend="Add `to_minor_units` or `from_minor_units`; where several currencies come, "
    "`amount_from_minor_units` of the amount and its currency.",
    errs="It needs `minor_units` in the systems' files, and for currencies of other decimals the "
    "list of them.",
)
def cents_meet_cents(pair: Pair) -> Iterator[Gap]:
    """Hold amounts in the smallest unit against amounts in the largest, and the other way round."""
    for view in pair.rules:
        if view.spec is None or view.spec.money is None or not view.feeds:
            continue
        if view.expression is not None:
            continue
        twice = _moved_twice(view)
        arrives = arriving(view).minor
        if twice:
            yield pair.rule_gap("U06", view, twice, key="using")
        elif arrives is not None and arrives != view.spec.minor_units:
            yield pair.rule_gap(
                "U06",
                view,
                f"an amount in {_UNITS[arrives]} arrives, and {view.target} is in "
                f"{_UNITS[view.spec.minor_units]}",
            )
        else:
            odd = next(_of_other_decimals(pair, view), None)
            if odd is not None:
                yield pair.rule_gap("U06", view, odd, key="using")


_UNITS: Final = {True: "the smallest unit", False: "the main unit"}


def _moved_twice(view: RuleView) -> str:
    """Return what is wrong where an amount is moved into the unit that it is in already."""
    shape = shape_of_feed(view.feeds[0])
    for stage in view.pipe.stages if view.pipe is not None else ():
        name = stage.entry.name
        if name in TO_MAJOR | TO_MINOR and shape.minor is (name in TO_MINOR):
            return f"`{stage}` is given an amount that is in {_UNITS[shape.minor]} already"
        shape = through(shape, stage)
    return ""


def _of_other_decimals(pair: Pair, view: RuleView) -> Iterator[str]:
    """Yield the transforms that count other decimals than a currency of the source has."""
    for name, arguments in _stages(view):
        digits = _counted(name, arguments)
        if digits is None:
            continue
        for code in _currencies(pair, view):
            if _decimals(code) not in (None, digits):
                yield (
                    f"`{name} {arguments[0]}` counts {digits} decimals, and {code} has "
                    f"{_decimals(code)}"
                )


def _counted(name: str, arguments: tuple[Any, ...]) -> int | None:
    """Return the decimals that a transform counts; None where it counts none of its own."""
    if name in _BY_DIGITS:
        return int(arguments[0])
    return _decimals(str(arguments[0])) if name in _BY_CURRENCY else None


def _currencies(pair: Pair, view: RuleView) -> tuple[str, ...]:
    """Return the currencies of an amount, where the source lists them."""
    feed = view.feeds[0]
    if feed.spec is None or feed.spec.money is None:
        return ()
    fields = pair.fields_of(feed.message)
    path = _beside(feed.path, feed.spec.money, fields)
    spec = fields.get(path)
    if spec is None or spec.enum is None:
        return ()
    currency = replace(view, feeds=(pair.feed(path, base=(feed.message, ""), joins={}),))
    return tuple(code for code in spec.enum if not left_out(pair, currency, code))


def _decimals(code: str) -> int | None:
    """Return the decimals of a currency; None where ISO 4217 knows none."""
    return _exponents().get(code)


@cache
def _exponents() -> dict[str, int | None]:
    import iso4217  # noqa: PLC0415 - its table is read only where cents are counted

    return {currency.code: currency.exponent for currency in iso4217.Currency}
