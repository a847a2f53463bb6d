"""F: whether every target field is filled, and every source field read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from harness.align.catalogue import Gap, pair_check
from harness.align.pair import Feed, Pair, RuleView
from harness.contract import TIMES, RowRule
from harness.errors import did_you_mean
from harness.mapping import EVERY, parse_condition, parse_path

_GATHERING: Final = frozenset({"list"})


@pair_check(
    "F01",
    "A field that the target does not have",
    weight="blocker",
    means="The target refuses the message, or drops the value without a word.",
    mend="Write the path as the target's file has it, or add the field there.",
    errs="It believes the target's file; a target without described fields is not looked at.",
)
def targets_exist(pair: Pair) -> Iterator[Gap]:
    """Look for rules whose field the target does not describe."""
    if not pair.target_fields:
        return
    for view in pair.rules:
        if view.spec is None and not _has_inner(view.target, pair.target_fields):
            yield pair.rule_gap(
                "F01",
                view,
                f"{pair.contract.to} has no field {view.target}"
                + _meant(view.target, pair.target_fields),
            )


def _meant(path: str, known: Iterable[str]) -> str:
    hint = did_you_mean(path, list(known))
    return f"; {hint}" if hint.startswith("did you mean") else ""


@pair_check(
    "F02",
    "A field that the source does not have",
    weight="blocker",
    means="The value is always missing, and nobody notices until a customer does.",
    mend="Write the path as the source's file has it, or add the field there.",
    errs="It believes the source's file; a source without described fields is not looked at.",
)
def sources_exist(pair: Pair) -> Iterator[Gap]:
    """Look for rules that read what the source does not describe."""
    for view in pair.rules:
        for feed in (*view.feeds, *_unlike(pair, view)):
            if _is_unknown(pair, feed):
                yield pair.rule_gap(
                    "F02",
                    view,
                    f"{feed.message} has no field {feed.path}"
                    + _meant(feed.path, pair.fields_of(feed.message)),
                    key="from",
                )


def _unlike(pair: Pair, view: RuleView) -> Iterator[Feed]:
    if view.rule.unlike is not None and view.rows is None:
        yield pair.feed(view.rule.unlike)


def _is_unknown(pair: Pair, feed: Feed) -> bool:
    if not feed.described or feed.spec is not None:
        return False
    return not _has_inner(feed.path, pair.fields_of(feed.message))


@pair_check(
    "F03",
    "A required field has no rule",
    weight="blocker",
    means="The target refuses every message.",
    mend="Add a rule, or `set_by: target` where the target fills it itself.",
    errs="A field that is required only under a condition is not looked at.",
)
def required_fields_have_rules(pair: Pair) -> Iterator[Gap]:
    """Look for target fields that must be there and that no rule fills."""
    filled = {view.target for view in pair.rules}
    filled |= {name for name, rule in pair.contract.fields.items() if isinstance(rule, RowRule)}
    for path, spec in pair.target_fields.items():
        if spec.required != "always" or spec.read_only or path in filled:
            continue
        if _has_inner(path, dict.fromkeys(filled)) or _inside(path, filled):
            continue
        if f".{EVERY}." in path and path.partition(f".{EVERY}.")[0] not in filled:
            continue  # no rows are sent, so none of them lacks anything
        yield pair.gap(
            "F03",
            f"fields.{path}",
            f"{pair.contract.to} always needs {path}, and no rule fills it",
            place=("fields",),
            others=[pair.side(pair.contract.to, path)],
        )


@pair_check(
    "F04",
    "A source field that nobody speaks of",
    weight="minor",
    means="Something that the source sends is lost, and nobody decided that.",
    mend="Map it, or list it under `not_mapped` with the reason.",
    errs="A field counts as spoken of when any part of the contract names it.",
)
def source_fields_are_spoken_of(pair: Pair) -> Iterator[Gap]:
    """Look for source fields that are neither used nor left out on purpose."""
    if pair.source_record is not None:
        return
    spoken, lists = _spoken(pair), _walked(pair)
    excused = set(pair.contract.not_mapped)
    for path, spec in pair.source_fields.items():
        if spec.critical or path in lists or _touched(path, spoken):
            continue
        if path in excused or _inside(path, excused):
            continue
        yield pair.gap(
            "F04",
            f"not_mapped.{path}",
            f"{pair.contract.source} sends {path}, and the contract does not speak of it",
            place=("fields",),
            others=[pair.side(pair.contract.source, path)],
        )


@pair_check(
    "F05",
    "Two rules for one field",
    weight="major",
    means="One of them wins, and which one depends on the code.",
    mend="Keep one rule: for the whole object, or for its parts.",
    errs="Exact; a key that stands twice cannot be read at all.",
)
def fields_have_one_rule(pair: Pair) -> Iterator[Gap]:
    """Look for rules of an object beside rules of its parts."""
    views = [view for view in pair.rules if view.block is None]
    targets: dict[str, RuleView] = {}
    for view in views:
        if view.target in targets:
            yield pair.rule_gap("F05", view, f"{view.target} has two rules")
        targets[view.target] = view
    for view in views:
        parent = next((t for t in _parents(view.target) if t in targets), None)
        if parent is not None:
            yield pair.rule_gap(
                "F05", view, f"{parent} has a rule, and so has {view.target} inside it"
            )


@pair_check(
    "F06",
    "A critical field is left out",
    weight="major",
    means="Business cannot do without the value, and it never arrives.",
    mend="Map it, or let the source's owner say that it is not critical.",
    errs="It believes `critical` in the source's file.",
)
def critical_fields_are_used(pair: Pair) -> Iterator[Gap]:
    """Look for critical source fields that no rule reads."""
    spoken = _spoken(pair)
    for path, spec in pair.source_fields.items():
        if spec.critical and not _touched(path, spoken):
            yield pair.gap(
                "F06",
                f"fields.{path}",
                f"{path} of {pair.contract.source} is critical, and no rule reads it",
                place=("fields",),
                others=[pair.side(pair.contract.source, path)],
                owner="business",
            )


@pair_check(
    "F07",
    "A list meets a single value",
    weight="blocker",
    means="All but one of the values are lost, or the target refuses the message.",
    mend="Use `each` for rows, or a transform that makes one value of a list: `sum`, `join`, "
    "`first`.",
    errs="It believes both files; what is described as `any` fits everywhere.",
)
def lists_meet_lists(pair: Pair) -> Iterator[Gap]:
    """Look for lists that become single values, and the other way round."""
    for view in pair.rules:
        feed = view.feed
        if feed is None or view.spec is None or (view.block and view.block.group_by):
            continue
        many = feed.many or (feed.spec is not None and feed.spec.type == "list")
        gathered = any(_takes_list(name, view) for name in view.stages)
        gives = view.pipe.stages[-1].entry.gives if view.pipe and view.pipe.stages else ""
        is_list = (many and not gathered) or gives == "list"
        wants = view.spec.type == "list" or view.target.endswith(f".{EVERY}")
        if view.spec.type == "any" or is_list == wants:
            continue
        said = "a list of values" if is_list else "one value"
        wanted = "a list" if wants else "one value"
        yield pair.rule_gap("F07", view, f"{feed.path} gives {said}, and {view.target} is {wanted}")
    for place, clause, each in _lists(pair):
        feed = pair.feed(each)
        if feed.spec is not None and feed.spec.type not in ("list", "any"):
            yield pair.gap(
                "F07",
                clause,
                f"`each` goes through {feed.path}, which is {feed.spec.type}",
                place=place,
                others=[pair.side(feed.message, feed.path)],
            )


def _takes_list(name: str, view: RuleView) -> bool:
    assert view.pipe is not None  # noqa: S101 - it has stages
    stage = next(stage for stage in view.pipe.stages if stage.entry.name == name)
    return stage.entry.accepts in _GATHERING and stage.entry.gives not in _GATHERING


@pair_check(
    "F08",
    "The source has more rows than the target takes",
    weight="major",
    means="Large orders are refused or cut, and they are the ones that matter.",
    mend="Split the message, or let the target take more.",
    errs="It needs `most` and `fewest` on both sides.",
)
def rows_fit(pair: Pair) -> Iterator[Gap]:
    """Hold the lengths of lists against each other."""
    for place, clause, each in _lists(pair):
        target = pair.target_fields.get(place[1])
        source = pair.feed(each).spec
        if target is None or source is None:
            continue
        if source.most is not None and target.most is not None and source.most > target.most:
            yield _rows_gap(pair, place, clause, each, f"{source.most}", f"at most {target.most}")
        if target.fewest is not None and (source.fewest or 0) < target.fewest:
            fewest = f"as few as {source.fewest or 0}"
            yield _rows_gap(pair, place, clause, each, fewest, f"at least {target.fewest}")


def _rows_gap(
    pair: Pair, place: tuple[str, ...], clause: str, each: str, has: str, takes: str
) -> Gap:
    return pair.gap(
        "F08",
        clause,
        f"{each} can have {has} rows, and {place[1]} takes {takes}",
        place=place,
        others=[pair.side(pair.contract.source, each), pair.side(pair.contract.to, place[1])],
    )


@pair_check(
    "F09",
    "Rows are paired by a key that may be missing",
    weight="major",
    means="Rows without the key cannot be told apart: they are lost, doubled or swapped.",
    mend="Pair by a field that is always there, or say `if_missing: park` for it.",
    errs="It believes `required` in the source's file.",
)
def rows_have_keys(pair: Pair) -> Iterator[Gap]:
    """Look for row keys whose source may be missing."""
    for view in pair.rules:
        feed = view.feed
        if not view.is_row_key or feed is None or feed.spec is None:
            continue
        held = view.rule.if_missing in ("park", "fail") or "default" in view.stages
        if not held and (feed.spec.required == "optional" or feed.spec.nullable):
            yield pair.rule_gap(
                "F09", view, f"rows are paired by {view.target}, and {feed.path} may be missing"
            )


@pair_check(
    "F10",
    "A field that only the target sets",
    weight="major",
    means="The target refuses the message, or ignores the value that everybody relies on.",
    mend="Write `set_by: target`, or take the rule out.",
    errs="It believes `read_only` in the target's file.",
)
def read_only_fields_are_left_alone(pair: Pair) -> Iterator[Gap]:
    """Look for rules that write what the target sets itself."""
    for view in pair.rules:
        if view.spec is not None and view.spec.read_only and view.rule.set_by is None:
            yield pair.rule_gap("F10", view, f"{pair.contract.systems[1]} alone sets {view.target}")


# -- paths ---------------------------------------------------------------------------------------


def _lists(pair: Pair) -> Iterator[tuple[tuple[str, ...], str, str]]:
    for target, rule in pair.contract.fields.items():
        if not isinstance(rule, RowRule):
            continue
        if rule.each is not None:
            yield ("fields", target, "each"), f"fields.{target}", rule.each
        for name, block in rule.rows.items():
            if block.each is not None and block.drop is None:
                place = ("fields", target, "rows", name, "each")
                yield place, f"fields.{target}.{name}", block.each


def _spoken(pair: Pair) -> set[str]:
    """Return the source paths that any part of the contract names."""
    contract, spoken = pair.contract, set(pair.source_keys)
    source = contract.source

    def take(feeds: Iterable[Feed]) -> None:
        spoken.update(feed.path for feed in feeds if feed.message == source)

    take(feed for view in pair.rules for feed in view.feeds)
    for view in pair.rules:
        if view.rule.unlike is not None:
            take(pair.feed_in(view, text) for text in (view.rule.unlike,))
    for text in _named(pair):
        take([pair.feed(text)])
    for base, texts in _in_blocks(pair):
        take(pair.feed(text, base=base) for text in texts)
    if pair.source_message is not None:
        times = (pair.source_message.version, pair.source_message.happened_at)
        spoken.update(path for path in times if path)
    return spoken


def _walked(pair: Pair) -> set[str]:
    """Return the lists that rows come from; their fields must be spoken of one by one."""
    return {pair.feed(each).path for _, _, each in _lists(pair)}


def _named(pair: Pair) -> Iterator[str]:
    contract = pair.contract
    if contract.when is not None:
        yield from _condition_paths(contract.when)
    if contract.updates is not None:
        yield contract.updates.by
    if contract.one_per is not None:
        yield f"source.{contract.one_per}"
    yield from (contract.correlate or {}).values()
    for join in contract.with_.values():
        yield from join.on.values()
    for total in contract.sums.values():
        for term in (*total.add, *total.other_side):
            for factor in term.removeprefix("-").split(TIMES):
                if factor.startswith("source."):
                    yield factor
                    yield from _beside(factor, term)
        if isinstance(total.per, Mapping):
            yield from total.per.values()
        if total.when is not None:
            yield from _condition_paths(total.when)


def _beside(factor: str, term: str) -> Iterator[str]:
    """Yield the other factors of a product, which stand beside the first in the same row."""
    row = factor.rpartition(f"{EVERY}.")[0]
    for other in term.removeprefix("-").split(TIMES):
        if other != factor and row and not other.startswith("source."):
            yield f"{row}{EVERY}.{other}"


def _in_blocks(pair: Pair) -> Iterator[tuple[tuple[str, str], list[str]]]:
    for rule in pair.contract.fields.values():
        if not isinstance(rule, RowRule):
            continue
        for block in rule.rows.values():
            texts = list(block.group_by)
            if block.where is not None:
                texts += _condition_paths(block.where)
            for join in block.with_.values():
                texts += join.on.values()
            if block.drop is not None:
                texts.append(EVERY)
            yield pair.row_base(block.each), [text for text in texts if text != EVERY]


def _condition_paths(data: Mapping[str, Any]) -> list[str]:
    return [str(path) for path in parse_condition(data).paths()]


@cache
def _parents(path: str) -> tuple[str, ...]:
    parts = parse_path(path).parts
    return tuple(".".join(parts[:end]) for end in range(len(parts) - 1, 0, -1))


def _inside(path: str, others: Iterable[str]) -> bool:
    """Return whether one of the others is an object or a list around this path."""
    known = set(others)
    return any(
        parent in known or parent.removesuffix(f".{EVERY}") in known for parent in _parents(path)
    )


def _has_inner(path: str, others: Mapping[str, Any]) -> bool:
    """Return whether one of the others stands inside this path."""
    return any(other.startswith(f"{path}.") for other in others)


def _touched(path: str, spoken: set[str]) -> bool:
    return path in spoken or _inside(path, spoken) or _has_inner(path, dict.fromkeys(spoken))
