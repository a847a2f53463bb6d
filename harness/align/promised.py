"""What conditions leave of the values of a source field: only these are ever sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, Final

from harness.align.pair import Feed, Pair, RuleView
from harness.landscape import FieldSpec, Required
from harness.mapping import (
    ABSENT,
    EVERY,
    Column,
    Condition,
    Path,
    Uncomparable,
    Unsure,
    parse_condition,
    parse_path,
    to_decimal,
)
from harness.mapping.conditions import All, AnyOf

_NUMBERS: Final = ("integer", "decimal")
_NOT_ASKED: Final = Unsure("another field of the message, which may hold anything")


def left_out(pair: Pair, view: RuleView, value: str) -> bool:
    """Return whether ``when`` leaves a value of a field out, whatever the other fields hold."""
    feed = view.feed
    if pair.contract.when is None or feed is None:
        return False
    path = parse_path(feed.path)
    if feed.message != pair.contract.source or path.many:
        return False
    typed = typed_value(value, feed.spec)

    def read_at(asked: Path) -> Any:
        return typed if asked.parts == path.parts else _NOT_ASKED

    return parse_condition(pair.contract.when).holds(read_at) is False


def typed_value(value: str, spec: FieldSpec | None) -> Any:
    """Return a listed value as it travels; conditions tell the text `1` from the number."""
    if spec is None or spec.encoded_as == "text":
        return value
    if spec.type == "boolean":
        return value == "true"
    try:
        return to_decimal(value) if spec.type in _NUMBERS else value
    except Uncomparable:
        return value


def narrowed(pair: Pair, view: RuleView) -> RuleView:
    """Return a rule whose source fields are what they are in the messages that are promised.

    A field that a condition asks for has a value there. One that stands in an object is missing
    together with it.
    """
    conditions = tuple(_conditions(pair, view))
    return replace(view, feeds=tuple(_narrowed(pair, feed, conditions) for feed in view.feeds))


def _narrowed(
    pair: Pair, feed: Feed, conditions: tuple[tuple[Condition, RuleView | None], ...]
) -> Feed:
    spec = feed.spec
    if spec is None:
        return feed
    around = _around(feed.path)
    fields = pair.fields_of(feed.message)
    loose = [path for path in around if path in fields and fields[path].required == "optional"]
    nullable = spec.nullable or any(path in fields and fields[path].nullable for path in around)
    if isinstance(spec.required, Required) or not (
        nullable or loose or spec.required == "optional"
    ):
        return feed
    there = _asked_for(pair, feed.message, conditions, null=False)
    own = [feed.path] if spec.required == "optional" else []
    changes = {
        "required": "always"
        if all(_begins(there, path) for path in (*own, *loose))
        else "optional",
        "nullable": nullable
        and not _begins(_asked_for(pair, feed.message, conditions, null=True), feed.path),
    }
    return replace(feed, spec=spec.model_copy(update=changes))


def _begins(paths: frozenset[str], path: str) -> bool:
    """Return whether one of the paths is this one, or stands inside it."""
    return any(one == path or one.startswith(f"{path}.") for one in paths)


def _conditions(pair: Pair, view: RuleView) -> Iterator[tuple[Condition, RuleView | None]]:
    if pair.contract.when is not None:
        yield parse_condition(pair.contract.when), None
    if view.block is not None and view.block.where is not None:
        yield parse_condition(view.block.where), view


def _asked_for(
    pair: Pair,
    message: str,
    conditions: tuple[tuple[Condition, RuleView | None], ...],
    *,
    null: bool,
) -> frozenset[str]:
    """Return the paths of a message that are there, or not null, wherever the conditions hold."""
    found: set[str] = set()
    for condition, view in conditions:
        for path in needed(condition, None if null else ABSENT):
            feed = pair.feed(path) if view is None else pair.feed_in(view, path)
            if feed.message == message and not feed.many:
                found.add(feed.path)
    return frozenset(found)


def needed(condition: Condition, value: Any) -> frozenset[str]:
    """Return the paths at which ``value`` (null, or ABSENT) keeps a condition from holding."""
    if isinstance(condition, All):
        return frozenset().union(*(needed(part, value) for part in condition.parts))
    if isinstance(condition, AnyOf):
        first, *others = (needed(part, value) for part in condition.parts)
        return first.intersection(*others)

    def read_at(path: Path) -> Any:
        return frozenset() if isinstance(path, Column) else value

    paths = frozenset(map(str, condition.paths()))
    return frozenset() if condition.holds(read_at) is True else paths


@cache
def _around(path: str) -> tuple[str, ...]:
    """Return the objects that a field stands in, up to the row or the message."""
    parts = parse_path(path).parts
    start = max((at + 1 for at, part in enumerate(parts) if part == EVERY), default=0)
    return tuple(".".join(parts[:end]) for end in range(start + 1, len(parts)))
