"""Where in a message the declared values stand, and how each may be written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from harness.contract import Contract
from harness.landscape import FieldSpec, Landscape, Message
from harness.mapping import EVERY, parse_path
from harness.remembered import remembered
from harness.rules import (
    MESSAGE_ITSELF,
    BlockPlan,
    JoinPlan,
    Reach,
    Rules,
    at_top,
    personal_paths,
    rules_feeding,
    rules_of,
)


class Kind(IntEnum):
    """How the value at a place may be written."""

    FREE = 0
    """Nobody declared it: its name and its look decide."""
    USED = 1
    """Nobody declared it, and a contract reads it."""
    TEXT = 2
    """Declared text: what it looks like decides."""
    KEY = 3
    """It tells messages apart; hidden only when it is personal by its look."""
    TYPED = 4
    """A number, an instant, a code: never looked into, so that it can be judged."""
    PERSONAL = 5
    SECRET = 6


@dataclass(slots=True)
class Place:
    """A place in a payload and the places below it; ``every`` is any element of a list."""

    kind: Kind = Kind.FREE
    type: str = "any"
    below: dict[str | int, Place] = field(default_factory=dict)
    every: Place | None = None

    def at(self, parts: Iterable[str | int]) -> Place:
        """Return the place at a path, making it when there is none."""
        here = self
        for part in parts:
            if part == EVERY:
                here.every = here = here.every or Place()
            else:
                here = here.below.setdefault(part, Place())
        return here


@dataclass(frozen=True, slots=True)
class Places:
    """Every declared place of a landscape, and the rules that read them.

    ``keys`` are the places of the fields that tell messages apart.
    ``rules`` are those of the contracts that a message feeds; ``all_rules`` the same as if every
    field was personal, for messages in which something unforeseen was hidden. ``kept_headers``
    must be written as they are, because contracts promise something about them.
    """

    messages: Mapping[str, Place]
    keys: Mapping[str, Place]
    rules: Mapping[str, Sequence[Rules]]
    all_rules: Mapping[str, Sequence[Rules]]
    kept_headers: frozenset[str]


@remembered
def places_of(landscape: Landscape, contracts: Sequence[Contract]) -> Places:
    """Return the declared places of a landscape, worked out once."""
    personal = personal_paths(landscape, contracts)
    messages = {
        name: _message(message, personal.get(name, frozenset()))
        for name, message in landscape.messages().items()
    }
    rules: dict[str, list[Rules]] = {}
    all_rules: dict[str, list[Rules]] = {}
    for contract in contracts:
        prepared = rules_of(contract, landscape, personal)
        for name in rules_feeding(contract):
            rules.setdefault(name, []).append(prepared)
        everything = {contract.to: frozenset(contract.fields)}
        all_prepared = Rules(contract, landscape, personal=everything)
        for name in rules_feeding(contract):
            all_rules.setdefault(name, []).append(all_prepared)
        _mark_used(prepared, messages, contract)
    headers = frozenset(
        contract.idempotency.header.casefold()
        for contract in contracts
        if contract.idempotency is not None and contract.idempotency.header is not None
    )
    keys = {
        name: messages[name].at(parse_path(message.key).parts)
        for name, message in landscape.messages().items()
    }
    return Places(messages, keys, rules, all_rules, headers)


_TEXTS: Final = frozenset({"text", "any"})


def _message(message: Message, personal: Iterable[str]) -> Place:
    root = Place()
    for path, spec in message.fields.items():
        place = root.at(parse_path(path).parts)
        place.kind, place.type = _kind(spec), spec.type
    for path in filter(None, (message.key, message.version)):
        place = root.at(parse_path(path).parts)
        if place.kind in (Kind.FREE, Kind.TEXT):
            place.kind = Kind.KEY
    for path in sorted(personal):
        place = root.at(parse_path(path).parts)
        if place.kind is not Kind.SECRET:
            place.kind = Kind.PERSONAL
    return root


def _kind(spec: FieldSpec) -> Kind:
    if spec.sensitive == "secret":
        return Kind.SECRET
    return Kind.TEXT if spec.type in _TEXTS and spec.enum is None else Kind.TYPED


def _mark_used(rules: Rules, messages: Mapping[str, Place], contract: Contract) -> None:
    target = messages.get(contract.to)
    for plan in rules.fields:
        _mark_read((*plan.sources, plan.unlike), rules, None, messages)
        _use(target, plan.target.parts)
    for rows in rules.rows:
        for block in rows.blocks:
            _mark_joined(block.joins, rules, block, messages)
            for plan in block.fields:
                _mark_read((*plan.sources, plan.unlike), rules, block, messages)
                _use(target, (*rows.target.parts, EVERY, *plan.target.parts))
    _mark_joined(rules.joins, rules, None, messages)


def _mark_joined(
    joins: Iterable[JoinPlan], rules: Rules, block: BlockPlan | None, messages: Mapping[str, Place]
) -> None:
    for join in joins:
        for pair in join.pairs:
            _use(messages.get(join.of), pair.theirs.parts)
            _mark_read((pair.mine,), rules, block, messages)


def _mark_read(
    reaches: Iterable[Reach | None],
    rules: Rules,
    block: BlockPlan | None,
    messages: Mapping[str, Place],
) -> None:
    joins = {one.name: one.of for one in (*rules.joins, *(block.joins if block else ()))}
    each = None if block is None else block.each or MESSAGE_ITSELF
    for reach in reaches:
        field = None
        if reach is not None:
            field = at_top(reach, rules.contract, each=each, joins=joins)
        if field is not None:
            _use(messages.get(field[0]), parse_path(field[1]).parts)


def _use(root: Place | None, parts: tuple[str, ...]) -> None:
    if root is None or not parts:
        return
    place = root.at(parts)
    if place.kind is Kind.FREE:
        place.kind = Kind.USED
