"""F: whether every target field is filled, and every source field read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from harness.align.catalogue import Gap, pair_check
from harness.align.pair import Feed, Pair, RuleView
from harness.align.promised import narrowed
from harness.align.readings import Reading, is_unknown, readings, row_lists
from harness.contract import RowRule
from harness.errors import did_you_mean
from harness.mapping import EVERY, parse_path


@pair_check(
    "F01",
    "A field that the target does not have",
    weight="blocker",
    means="The target refuses the message, or drops the value without a word.",
    mend="Write the path as the target's file has it, or add the field there.",
    errs="It believes the target's file; a target without described fields is not looked at.",
)
def targets_exist(pair: Pair) -> Iterator[Gap]:
    """Look for target fields that the contract names and the target does not describe."""
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
    for reading in _named(pair):
        if reading.feed.message == pair.contract.to:
            yield _unknown_gap(pair, "F01", reading)


def _named(pair: Pair) -> Iterator[Reading]:
    """Yield what the contract names outside of field rules and conditions, and nobody has."""
    for reading in readings(pair):
        if not reading.in_condition and is_unknown(pair, reading.feed):
            yield reading


def _unknown_gap(pair: Pair, code: str, reading: Reading) -> Gap:
    feed = reading.feed
    return pair.gap(
        code,
        ".".join(reading.place),
        f"{feed.message} has no field {feed.path}"
        + _meant(feed.path, pair.fields_of(feed.message)),
        place=reading.place,
        others=[pair.side(feed.message)],
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
    """Look for source fields that the contract names and the source does not describe."""
    for view in pair.rules:
        for feed in (*view.feeds, *_unlike(pair, view)):
            if is_unknown(pair, feed):
                yield pair.rule_gap(
                    "F02",
                    view,
                    f"{feed.message} has no field {feed.path}"
                    + _meant(feed.path, pair.fields_of(feed.message)),
                    key="from" if view.expression is None else "expression",
                )
    for reading in _named(pair):
        if reading.feed.message != pair.contract.to:
            yield _unknown_gap(pair, "F02", reading)


def _unlike(pair: Pair, view: RuleView) -> Iterator[Feed]:
    if view.rule.unlike is not None:
        yield pair.feed_in(view, view.rule.unlike)


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
        if _has_inner(path, filled) or _inside(path, filled):
            continue
        if any(_is_left_out(parent, pair, filled) for parent in _parents(path)):
            continue  # what it stands in is not sent, so nothing lacks there
        yield pair.gap(
            "F03",
            f"fields.{path}",
            f"{pair.contract.to} always needs {path}, and no rule fills it",
            place=("fields",),
            others=[pair.side(pair.contract.to, path)],
        )


def _is_left_out(parent: str, pair: Pair, filled: set[str]) -> bool:
    """Return whether an object or a list need not be there, and no rule makes it."""
    if parent.endswith(EVERY):
        return parent.removesuffix(f".{EVERY}") not in filled and not _has_inner(parent, filled)
    spec = pair.target_fields.get(parent)
    optional = spec is not None and spec.required != "always"
    return optional and parent not in filled and not _has_inner(parent, filled)


@pair_check(
    "F04",
    "A source field that nobody speaks of",
    weight="minor",
    means="Something that the source sends is lost, and nobody decided that.",
    mend="Map it, or list it under `not_mapped` with the reason.",
    errs="A field counts as spoken of when any part of the contract names it. A record is not "
    "looked at: it holds what many contracts need.",
)
def source_fields_are_spoken_of(pair: Pair) -> Iterator[Gap]:
    """Look for source fields that are neither used nor left out on purpose."""
    if pair.source_record is not None:
        return
    spoken = _spoken(pair)
    # The fields of rows must be spoken of one by one.
    walked = {pair.feed(each).path for *_, each in row_lists(pair)}
    dropped = {pair.feed(each).path for *_, each in row_lists(pair, dropped=True)}
    excused = {*pair.contract.not_mapped, *(dropped - walked)}
    for path, spec in pair.source_fields.items():
        if spec.critical or path in walked or _touched(path, spoken):
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
    targets: dict[tuple[str, tuple[str, ...]], RuleView] = {}
    for view in pair.rules:
        block = _block_of(view)
        if any((view.target, one) in targets for one in {(), block}):
            yield pair.rule_gap("F05", view, f"{view.target} has two rules")
        targets[view.target, block] = view
    for view in pair.rules:
        blocks = ((), _block_of(view))
        parent = next(
            (one for one in _parents(view.target) if any((one, b) in targets for b in blocks)), None
        )
        if parent is not None:
            yield pair.rule_gap(
                "F05", view, f"{parent} has a rule, and so has {view.target} inside it"
            )


def _block_of(view: RuleView) -> tuple[str, ...]:
    """Return the block that a rule stands in; blocks may fill the same fields."""
    return view.place[:4] if view.block is not None else ()


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
        if view.spec is None or view.spec.type == "any" or not _is_plain(view):
            continue
        is_list = _gives_list(view)
        wants = view.spec.type == "list" or view.target.endswith(f".{EVERY}")
        if is_list is None or is_list == wants:
            continue
        said = "a list of values" if is_list else "one value"
        wanted = "a list" if wants else "one value"
        paths = " and ".join(feed.path for feed in view.feeds)
        yield pair.rule_gap("F07", view, f"{paths} gives {said}, and {view.target} is {wanted}")
    for place, clause, each in row_lists(pair):
        feed = pair.feed(each)
        if feed.spec is not None and feed.spec.type not in ("list", "any"):
            yield pair.gap(
                "F07",
                clause,
                f"`each` goes through {feed.path}, which is {feed.spec.type}",
                place=place,
                others=[pair.side(feed.message, feed.path)],
            )


def _is_plain(view: RuleView) -> bool:
    """Return whether it can be told what a rule gives: grouped rows and expressions hide it."""
    grouped = view.block is not None and view.block.group_by
    return bool(view.feeds) and view.expression is None and not grouped


def _gives_list(view: RuleView) -> bool | None:
    """Return whether a rule gives a list; None where nobody can tell."""
    first = view.feeds[0]
    listed: bool | None = first.many or isinstance(view.rule.source, tuple)
    if not listed:
        kind = "any" if first.spec is None else first.spec.type
        listed = None if kind == "any" else kind == "list"
    for stage in view.pipe.stages if view.pipe is not None else ():
        entry = stage.entry
        if entry.gives == "list":
            listed = True
        elif entry.accepts == "list":
            # What is taken out of a list may be a list; it rarely is.
            listed = False
        elif not entry.each and entry.accepts == "any" and not entry.takes_missing:
            listed = None if entry.gives == "any" else False
    return listed


@pair_check(
    "F08",
    "The source has more rows than the target takes",
    weight="major",
    means="Large orders are refused or cut, and they are the ones that matter.",
    mend="Split the message, or let the target take more.",
    errs="It needs `most`, or `fewest`, on both sides; which rows a block takes it cannot count.",
)
def rows_fit(pair: Pair) -> Iterator[Gap]:
    """Hold the lengths of lists against each other."""
    for place, clause, each in row_lists(pair):
        target = pair.target_fields.get(place[1])
        source = pair.feed(each).spec
        if target is None or source is None:
            continue
        if source.most is not None and target.most is not None and source.most > target.most:
            yield _rows_gap(pair, place, clause, each, f"{source.most}", f"at most {target.most}")
        all_rows = place[2] == "each"
        if not all_rows or source.fewest is None or target.fewest is None:
            continue
        if source.fewest < target.fewest:
            fewest = f"as few as {source.fewest}"
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
        feed = narrowed(pair, view).feed if view.is_row_key else None
        if feed is None or feed.spec is None or view.expression is not None:
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


def _spoken(pair: Pair) -> set[str]:
    """Return the source paths that any part of the contract names."""
    feeds = [feed for view in pair.rules for feed in (*view.feeds, *_unlike(pair, view))]
    feeds += [reading.feed for reading in readings(pair)]
    spoken = {feed.path for feed in feeds if feed.message == pair.contract.source}
    if pair.source_message is not None:
        times = (pair.source_message.version, pair.source_message.happened_at)
        spoken.update(path for path in times if path)
    return spoken | set(pair.source_keys)


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


def _has_inner(path: str, others: Iterable[str]) -> bool:
    """Return whether one of the others stands inside this path."""
    return any(other.startswith(f"{path}.") for other in others)


def _touched(path: str, spoken: set[str]) -> bool:
    return path in spoken or _inside(path, spoken) or _has_inner(path, spoken)
