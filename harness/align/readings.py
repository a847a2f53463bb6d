"""Every place outside of field rules at which a contract names a field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from harness.align.pair import Feed, Pair
from harness.contract import TIMES, Booking, Contract, Join, RowRule, StateRule, Sum
from harness.mapping import EVERY, parse_condition, parse_path

_NUMBER: Final = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class Reading:
    """A field that a contract names: where in its file, and whether in a condition."""

    place: tuple[str, ...]
    feed: Feed
    in_condition: bool = False


def readings(pair: Pair) -> Iterator[Reading]:
    """Yield every field that the contract names outside of its field rules.

    What stands under `not_mapped`, and lists that rows are made from, are not among them.
    """
    contract = pair.contract
    target = (contract.to, "")
    if contract.when is not None:
        yield from _conditions(pair, ("when",), contract.when)
    if contract.updates is not None:
        yield _reading(pair, ("updates", "by"), f"source.{contract.updates.by}")
    if contract.one_per is not None:
        yield _reading(pair, ("one_per",), f"source.{contract.one_per}")
    for theirs, ours in (contract.correlate or {}).items():
        yield _reading(pair, ("correlate", theirs), theirs, base=target)
        yield _reading(pair, ("correlate", theirs), f"source.{ours}")
    if contract.idempotency is not None:
        for text in contract.idempotency.key:
            yield _reading(pair, ("idempotency", "key"), text, base=target)
    for name, join in contract.with_.items():
        yield from _of_join(pair, ("with", name), join, known=contract.with_)
    for name, total in contract.sums.items():
        yield from _of_sum(pair, ("sums", name), total)
    for name, state in contract.state.items():
        yield from _of_state(pair, ("state", name), state)
    for kind, booking in contract.books.items():
        yield from _of_booking(pair, ("books", kind), booking)
    yield from _of_blocks(pair, contract)


def _reading(
    pair: Pair,
    place: tuple[str, ...],
    text: str,
    *,
    base: tuple[str, str] | None = None,
    joins: Mapping[str, Join] | None = None,
) -> Reading:
    return Reading(place, pair.feed(text, base=base, joins=joins))


def _conditions(
    pair: Pair,
    place: tuple[str, ...],
    data: Mapping[str, Any],
    *,
    base: tuple[str, str] | None = None,
    joins: Mapping[str, Join] | None = None,
) -> Iterator[Reading]:
    known = pair.contract.with_ if joins is None else joins
    for path in parse_condition(data).paths():
        # That something was joined at all may be asked for, too.
        if str(path) not in known:
            yield Reading(place, pair.feed(str(path), base=base, joins=known), in_condition=True)


def _of_join(
    pair: Pair,
    place: tuple[str, ...],
    join: Join,
    *,
    known: Mapping[str, Join],
    base: tuple[str, str] | None = None,
) -> Iterator[Reading]:
    own = (join.name, "")
    for theirs, ours in join.on.items():
        yield _reading(pair, (*place, "on", theirs), theirs, base=own, joins={})
        yield _reading(pair, (*place, "on", theirs), ours, base=base, joins=known)
    if join.where is not None:
        yield from _conditions(pair, (*place, "where"), join.where, base=own, joins={})


def _of_sum(pair: Pair, place: tuple[str, ...], total: Sum) -> Iterator[Reading]:
    target = (pair.contract.to, "")
    for text in (*total.add, *total.other_side):
        for factor in _factors(pair, text):
            yield _reading(pair, place, factor, base=target)
    if isinstance(total.per, str):
        yield _reading(pair, (*place, "per"), total.per, base=target)
    elif total.per is not None:
        for theirs, ours in total.per.items():
            yield _reading(pair, (*place, "per"), theirs, base=target)
            yield _reading(pair, (*place, "per"), ours)
    if total.when is not None:
        yield from _conditions(pair, (*place, "when"), total.when, base=target)


def _factors(pair: Pair, term: str) -> Iterator[str]:
    """Yield the paths of a product; a bare one stands in the same row as the first."""
    factors = [one for one in term.removeprefix("-").split(TIMES) if not _NUMBER.fullmatch(one)]
    for number, factor in enumerate(factors):
        path = parse_path(factor)
        rooted = path.up or path.parts[0] in ("source", "target", *pair.contract.with_)
        row = factors[0].rpartition(f"{EVERY}.")
        beside = number > 0 and not rooted and row[1]
        yield f"{row[0]}{row[1]}{factor}" if beside else factor


def _of_booking(pair: Pair, place: tuple[str, ...], booking: Booking) -> Iterator[Reading]:
    yield _reading(pair, (*place, "order"), f"source.{booking.order}")
    theirs = booking.currency.partition("target.")
    if theirs[1]:
        yield _reading(pair, (*place, "currency"), theirs[2], base=(pair.contract.to, ""))
    else:
        yield _reading(pair, (*place, "currency"), f"source.{booking.currency}")
    for word, base in (("source", pair.contract.source), ("target", pair.contract.to)):
        for text in getattr(booking, word).add:
            for factor in _factors(pair, text):
                yield _reading(pair, (*place, word), factor, base=(base, ""), joins={})


def _of_state(pair: Pair, place: tuple[str, ...], state: StateRule) -> Iterator[Reading]:
    """Yield the fields of a message that is counted or summed."""
    word, _, rest = state.what.partition(" ")
    if word not in ("count", "sum"):
        return
    message, _, field = rest.partition(" ")
    for text in (*((field,) if field else ()), *state.per):
        yield _reading(pair, place, text, base=(message, ""), joins={})


def _of_blocks(pair: Pair, contract: Contract) -> Iterator[Reading]:
    for target, rule in contract.fields.items():
        if not isinstance(rule, RowRule):
            continue
        for name, block in rule.rows.items():
            place = ("fields", target, "rows", name)
            base, known = pair.row_base(block.each), {**contract.with_, **block.with_}
            for text in block.group_by:
                yield _reading(pair, (*place, "group_by"), text, base=base, joins=known)
            if block.where is not None:
                yield from _conditions(pair, (*place, "where"), block.where, base=base, joins=known)
            for key, join in block.with_.items():
                yield from _of_join(pair, (*place, "with", key), join, known=known, base=base)


def row_lists(pair: Pair, *, dropped: bool = False) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield place, clause and path of each list that rows are made from, or dropped from."""
    for target, rule in pair.contract.fields.items():
        if not isinstance(rule, RowRule):
            continue
        if rule.each is not None and not dropped:
            yield ("fields", target, "each"), f"fields.{target}", rule.each
        for name, block in rule.rows.items():
            if block.each is not None and (block.drop is not None) == dropped:
                place = ("fields", target, "rows", name, "each")
                yield place, f"fields.{target}.{name}", block.each


def is_unknown(pair: Pair, feed: Feed) -> bool:
    """Return whether a system describes its message, and has no such field in it."""
    if not feed.described or feed.spec is not None:
        return False
    return not any(path.startswith(f"{feed.path}.") for path in pair.fields_of(feed.message))
