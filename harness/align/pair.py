"""One contract between its two systems, prepared for alignment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from harness.align.catalogue import Gap, Weight, weight_of
from harness.contract import Contract, FieldRule, Join, RowBlock, RowRule, ValueMap
from harness.landscape import FieldSpec, Landscape, Message, Record, System
from harness.mapping import EVERY, Expression, Path, Pipe, parse_expression, parse_path, parse_pipe

Where = Callable[[str, str, tuple[str | int, ...]], str]
"""Kind of file (``contract``, ``system``, ``flow``, ``team``), name, path: ``file:line``."""

Root = Literal["row", "source", "target", "join"]
_MESSAGE_ROOTS: Final = ("source", "target")


def nowhere(kind: str, name: str, path: tuple[str | int, ...]) -> str:  # noqa: ARG001
    """Return no place, for contracts that came from no file."""
    return ""


@dataclass(frozen=True, slots=True)
class Feed:
    """A source field that a rule reads.

    ``text`` is how the rule writes it, ``message`` the full name of what it belongs to (empty
    where that is unknown), ``path`` its path there, as in ``line_items.*.sku``. ``spec`` is None
    where the system does not describe the field; ``described`` says whether it describes any.
    ``many`` says that the rule sees a list of values.
    """

    text: str
    root: Root
    message: str
    path: str
    spec: FieldSpec | None
    described: bool
    many: bool = False


@dataclass(frozen=True, slots=True)
class RuleView:
    """One field rule with everything that both sides say about it.

    ``place`` is its path in the contract's file, ``clause`` the path of its clause, ``target``
    the full path of the field it fills, ``spec`` what the target says of that field.
    """

    place: tuple[str, ...]
    clause: str
    target: str
    spec: FieldSpec | None
    rule: FieldRule
    feeds: tuple[Feed, ...]
    pipe: Pipe | None
    expression: Expression | None
    value_map: ValueMap | None
    rows: RowRule | None = None
    block: RowBlock | None = None
    is_row_key: bool = False

    @property
    def feed(self) -> Feed | None:
        """Return the only source field, or None where there are none or several."""
        return self.feeds[0] if len(self.feeds) == 1 else None

    @property
    def stages(self) -> tuple[str, ...]:
        """Return the names of the transforms, in order."""
        return tuple(stage.entry.name for stage in self.pipe.stages) if self.pipe else ()


class Pair:
    """A contract, its source and its target, and the rules between them."""

    def __init__(
        self, contract: Contract, landscape: Landscape, where: Where = nowhere, today: str = ""
    ) -> None:
        self.contract = contract
        self.landscape = landscape
        self.today = today
        self._where = where

    @cached_property
    def source_fields(self) -> Mapping[str, FieldSpec]:
        """Return the fields of the source, by path."""
        return self.landscape.fields(self.contract.source)

    @cached_property
    def target_fields(self) -> Mapping[str, FieldSpec]:
        """Return the fields of the target, by path."""
        return self.landscape.fields(self.contract.to)

    @property
    def source_system(self) -> System:
        """Return the system of the source."""
        return self.landscape.systems[self.contract.systems[0]]

    @property
    def target_system(self) -> System:
        """Return the system of the target."""
        return self.landscape.systems[self.contract.systems[1]]

    @cached_property
    def source_message(self) -> Message | None:
        """Return the source message; None where the source is a record."""
        return self.landscape.messages().get(self.contract.source)

    @cached_property
    def target_message(self) -> Message | None:
        """Return the target message; None where the target is a record."""
        return self.landscape.messages().get(self.contract.to)

    @cached_property
    def source_record(self) -> Record | None:
        """Return the source record; None where the source is a message."""
        return self.landscape.records().get(self.contract.source)

    @cached_property
    def target_record(self) -> Record | None:
        """Return the target record; None where the target is a message."""
        return self.landscape.records().get(self.contract.to)

    @cached_property
    def rules(self) -> tuple[RuleView, ...]:
        """Return every field rule, rows and blocks included, in the order of the file."""
        return tuple(self._rules())

    @cached_property
    def source_keys(self) -> tuple[str, ...]:
        """Return the key fields of the source."""
        if self.source_message is not None:
            return (self.source_message.key,)
        return self.source_record.key if self.source_record is not None else ()

    @cached_property
    def target_keys(self) -> tuple[str, ...]:
        """Return the key fields of the target."""
        if self.target_message is not None:
            return (self.target_message.key,)
        return self.target_record.key if self.target_record is not None else ()

    # -- places ----------------------------------------------------------------------------------

    def place(self, *path: str | int) -> str:
        """Return ``file:line`` of a path in the contract's file."""
        return self._where("contract", self.contract.contract, path)

    def side(self, name: str, field: str | None = None) -> str:
        """Return ``file:line`` of a message or record, or of one of its fields."""
        system, _, rest = name.partition(".")
        if system not in self.landscape.systems:
            return ""
        record = rest in self.landscape.systems[system].records
        section = ("records", rest) if record else ("messages", rest)
        inner = () if field is None else ("values" if record else "fields", field)
        return self._where("system", system, (*section, *inner))

    def system_place(self, system: str, *path: str | int) -> str:
        """Return ``file:line`` of a path in a system's file."""
        return self._where("system", system, path)

    def team_place(self, team: str) -> str:
        """Return ``file:line`` of a team."""
        return self._where("team", team, ())

    # -- findings --------------------------------------------------------------------------------

    def gap(
        self,
        code: str,
        at: str,
        message: str,
        *,
        place: Sequence[str | int] = (),
        others: Sequence[str] = (),
        owner: str = "integration",
        weight: Weight | None = None,
        arithmetic: Sequence[str] = (),
    ) -> Gap:
        """Return a gap of this contract.

        ``place`` is the path in the contract's file, ``others`` are ready places of other files.
        ``owner`` is a role of the contract or a team. The check's own weight holds unless one is
        given.
        """
        own = self.place(*place)
        return Gap(
            code=code,
            about=self.contract.contract,
            at=at,
            message=message,
            owner=self.contract.owners.team(owner),
            weight=weight or weight_of(code),
            places=tuple(dict.fromkeys(one for one in (own, *others) if one)),
            arithmetic=tuple(arithmetic),
            blocking=self.contract.blocking,
        )

    def rule_gap(
        self,
        code: str,
        view: RuleView,
        message: str,
        *,
        key: str | None = None,
        owner: str | None = None,
        weight: Weight | None = None,
    ) -> Gap:
        """Return a gap of one field rule, pointing at the rule and at both fields."""
        place = view.place if key is None else (*view.place, key)
        others = [self.side(feed.message, feed.path) for feed in view.feeds if feed.spec]
        if view.spec is not None:
            others.append(self.side(self.contract.to, view.target))
        return self.gap(
            code,
            view.clause,
            message,
            place=place,
            others=others,
            owner=owner or view.rule.owner or "integration",
            weight=weight,
        )

    # -- putting it together ---------------------------------------------------------------------

    def _rules(self) -> Iterator[RuleView]:
        for target, rule in self.contract.fields.items():
            if isinstance(rule, FieldRule):
                place, clause = ("fields", target), f"fields.{target}"
                yield self._view(place, clause, target, rule, base=self._base)
                continue
            for name, inner in rule.fields.items():
                yield self._view(
                    ("fields", target, "fields", name),
                    f"fields.{target}.{name}",
                    f"{target}.*.{name}",
                    inner,
                    base=self.row_base(rule.each),
                    rows=rule,
                    is_row_key=name in rule.match_by,
                )
            for block_name, block in rule.rows.items():
                for name, inner in block.fields.items():
                    yield self._view(
                        ("fields", target, "rows", block_name, "fields", name),
                        f"fields.{target}.{block_name}.{name}",
                        f"{target}.*.{name}",
                        inner,
                        base=self.row_base(block.each),
                        rows=rule,
                        block=block,
                        is_row_key=name in rule.match_by,
                    )

    @property
    def _base(self) -> tuple[str, str]:
        per = self.contract.one_per
        return (self.contract.source, "" if per is None else f"{_listed(per)}.")

    def row_base(self, each: str | None) -> tuple[str, str]:
        """Return the message and the row at which bare paths start below ``each``."""
        message, prefix = self._base
        if each is None:
            return message, prefix
        path = parse_path(each)
        if path.parts[0] in self.contract.with_:
            return self.contract.with_[path.parts[0]].name, _listed(
                _text(path.parts[1:]), rest=True
            )
        if path.parts[0] == "source":
            return self.contract.source, f"{_listed(_text(path.parts[1:]))}."
        if path.up:
            return self.contract.source, f"{_listed(_text(path.parts))}."
        return message, f"{prefix}{_listed(each)}."

    def _view(
        self,
        place: tuple[str, ...],
        clause: str,
        target: str,
        rule: FieldRule,
        *,
        base: tuple[str, str],
        rows: RowRule | None = None,
        block: RowBlock | None = None,
        is_row_key: bool = False,
    ) -> RuleView:
        expression = None if rule.expression is None else parse_expression(rule.expression)
        texts = rule.sources if expression is None else tuple(map(str, expression.paths))
        joins = {**self.contract.with_, **(block.with_ if block is not None else {})}
        return RuleView(
            place=place,
            clause=clause,
            target=target,
            spec=self.target_fields.get(_described(target, self.target_fields)),
            rule=rule,
            feeds=tuple(self.feed(text, base=base, joins=joins) for text in texts),
            pipe=parse_pipe(rule.using) if rule.using else None,
            expression=expression,
            value_map=self.contract.maps.get(rule.map) if rule.map else None,
            rows=rows,
            block=block,
            is_row_key=is_row_key,
        )

    def feed(
        self,
        text: str,
        *,
        base: tuple[str, str] | None = None,
        joins: Mapping[str, Join] | None = None,
    ) -> Feed:
        """Return what a path reads; ``base`` is the message and the row that it starts at."""
        message, prefix = base or self._base
        joins = self.contract.with_ if joins is None else joins
        path = parse_path(text)
        root: Root = "row" if prefix else "source"
        if path.up:
            root, message, prefix = "source", self.contract.source, ""
        elif path.parts[0] in joins and len(path.parts) > 1:
            join = joins[path.parts[0]]
            root, message, prefix = "join", join.name, ""
            path = Path(path.parts[1:], 0, path.many)
            if join.all is not None and path.parts[0] == EVERY and len(path.parts) > 1:
                path = Path(path.parts[1:], 0, many=True)
        elif path.parts[0] in _MESSAGE_ROOTS and len(path.parts) > 1:
            root = "target" if path.parts[0] == "target" else "source"
            message = self.contract.to if root == "target" else self.contract.source
            path, prefix = path.tail(), ""
        full = prefix + _text(path.parts)
        fields = self.fields_of(message)
        full = _described(full, fields)
        return Feed(text, root, message, full, fields.get(full), bool(fields), path.many)

    def feed_in(self, view: RuleView, text: str) -> Feed:
        """Return what a path reads where a rule stands."""
        if view.rows is None:
            return self.feed(text)
        each = view.rows.each if view.block is None else view.block.each
        joins = {**self.contract.with_, **(view.block.with_ if view.block is not None else {})}
        return self.feed(text, base=self.row_base(each), joins=joins)

    def fields_of(self, name: str) -> Mapping[str, FieldSpec]:
        """Return the fields of a message, record or table; none where it is unknown."""
        if name == self.contract.source:
            return self.source_fields
        if name == self.contract.to:
            return self.target_fields
        try:
            return self.landscape.fields(name)
        except KeyError:
            return {}


def _described(path: str, fields: Mapping[str, FieldSpec]) -> str:
    """Return the path as its file writes it: one element, `0`, is described as every one, `*`."""
    if path in fields or not any(character.isdigit() for character in path):
        return path
    parts = parse_path(path).parts
    every = _text([EVERY if part.isdigit() else part for part in parts])
    return every if every in fields else path


def _listed(each: str, *, rest: bool = False) -> str:
    if not each:
        return ""
    listed = each if each.endswith(f".{EVERY}") or each == EVERY else f"{each}.{EVERY}"
    if rest:
        listed = listed.removeprefix(f"{EVERY}.").removeprefix(EVERY)
        return f"{listed}." if listed else ""
    return listed


def _text(parts: Sequence[str]) -> str:
    return str(Path(tuple(parts))) if parts else ""
