"""U: units of measure, currencies, tax and rounding."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from harness.align.catalogue import Gap, pair_check
from harness.align.pair import Pair, RuleView
from harness.align.shape import arriving
from harness.landscape import FieldSpec, TaxBasis

_ROUNDING: Final = frozenset({"round", "round_money"})
_BY_DIGITS: Final = frozenset({"minor_units", "major_units"})


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
        stage = next((s for s in _stages(view) if s[0] == "convert"), None)
        if stage is None:
            continue
        source = view.feed.spec if view.feed is not None else None
        first, second = str(stage[1][0]), str(stage[1][-1])
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


def _stages(view: RuleView) -> list[tuple[str, tuple[object, ...]]]:
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
    by_target = {view.target: view for view in pair.rules}
    for view in pair.rules:
        if view.spec is None or view.spec.money is None or not view.feeds:
            continue
        currency = _beside(view.target, view.spec.money, pair)
        rule = by_target.get(currency)
        if rule is None:
            if currency in pair.target_fields:
                yield pair.rule_gap(
                    "U03", view, f"{view.target} is an amount in {currency}, which no rule fills"
                )
            continue
        feed = view.feeds[0]
        of_amount = feed.spec.money if feed.spec is not None else None
        if of_amount is None or rule.feed is None or feed.message != rule.feed.message:
            continue
        own = _beside(feed.path, of_amount, None)
        if rule.feed.path not in (own, of_amount):
            yield pair.rule_gap(
                "U03",
                view,
                f"{feed.path} is an amount in {of_amount}, and {currency} comes from "
                f"{rule.feed.path}",
            )


def _beside(path: str, money: str, pair: Pair | None) -> str:
    """Return the path of a currency: from the top, or beside the amount."""
    if pair is not None and money in pair.target_fields:
        return money
    near = f"{path.rpartition('.')[0]}.{money}".lstrip(".")
    return near if pair is not None and near in pair.target_fields else money


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
        if times:
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


@pair_check(
    "U06",
    "Cents meet whole units",
    weight="blocker",
    means="Every amount is a hundred times too large, or too small; yen and dinars go wrong alone.",
    mend="Add `to_minor_units` or `from_minor_units`, which know each currency's decimals.",
    errs="It needs `minor_units` in the systems' files.",
)
def cents_meet_cents(pair: Pair) -> Iterator[Gap]:
    """Hold amounts in the smallest unit against amounts in the largest, and the other way round."""
    for view in pair.rules:
        if view.spec is None or view.spec.money is None or view.feed is None:
            continue
        arrives = arriving(view).minor
        if arrives is not None and arrives != view.spec.minor_units:
            has, wants = (
                ("the smallest unit", "the main unit") if arrives else
                ("the main unit", "the smallest unit")
            )  # fmt: skip
            yield pair.rule_gap(
                "U06", view, f"an amount in {has} arrives, and {view.target} is in {wants}"
            )
            continue
        source = view.feed.spec
        currencies = _currencies(pair, view) if source is not None and source.money else ()
        for name, arguments in _stages(view):
            if name not in _BY_DIGITS:
                continue
            odd = [code for code in currencies if _decimals(code) != arguments[0]]
            if odd:
                yield pair.rule_gap(
                    "U06",
                    view,
                    f"`{name} {arguments[0]}` is wrong for {odd[0]}, which has "
                    f"{_decimals(odd[0])} decimals",
                    key="using",
                )


def _currencies(pair: Pair, view: RuleView) -> tuple[str, ...]:
    feed = view.feeds[0]
    assert feed.spec is not None  # noqa: S101 - asked by the caller
    fields = pair.fields_of(feed.message)
    near = f"{feed.path.rpartition('.')[0]}.{feed.spec.money}".lstrip(".")
    spec = fields.get(str(feed.spec.money)) or fields.get(near)
    return spec.enum or () if spec is not None else ()


@cache
def _decimals(code: str) -> int | None:
    from iso4217 import Currency  # noqa: PLC0415 - reads its table when it is first asked

    try:
        return Currency(code.lower()).exponent
    except ValueError:
        return None
