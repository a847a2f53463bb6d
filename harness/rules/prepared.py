"""All rules of one contract, prepared once and held against messages by the thousand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from harness.contract import Contract, FieldRule, Join, RowBlock, RowRule
from harness.landscape import Landscape
from harness.mapping import (
    Condition,
    Path,
    parse_condition,
    parse_expression,
    parse_path,
    parse_pipe,
)
from harness.remembered import remembered
from harness.rules.elements import bare_root
from harness.rules.joins import (
    NO_POOL,
    JoinPlan,
    Pool,
    Tables,
    declared_type,
    join_plan,
    resolve,
)
from harness.rules.personal import at_top, fed_by, personal_paths, touch
from harness.rules.plans import BlockPlan, FieldPlan, RowPlan
from harness.rules.reach import MESSAGE_ITSELF, NO_JOINS, Joined, Reach, reach_of, rooted
from harness.rules.rows import World


class Rules:
    """All rules of one contract, prepared for messages by the thousand."""

    def __init__(
        self,
        contract: Contract,
        landscape: Landscape,
        *,
        personal: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        known = personal_paths(landscape, (contract,)) if personal is None else personal
        self._hidden = {
            name: tuple(parse_path(text).parts for text in sorted(known.get(name, ())))
            for name in (contract.source, contract.to, *(join.name for join in contract.joins()))
        }
        self.contract = contract
        self.tables = Tables(landscape.tables)
        self.landscape = landscape
        self.bare = bare_root(contract)
        self.joins: tuple[JoinPlan, ...] = self._joins(contract.with_, each=None)
        self.when = (
            None
            if contract.when is None
            else rooted(parse_condition(contract.when), in_row=False, joins=contract.with_)
        )
        self.fields: tuple[FieldPlan, ...] = tuple(
            _Context(self, f"fields.{name}").field(name, rule)
            for name, rule in contract.fields.items()
            if isinstance(rule, FieldRule) and _judged(rule)
        )
        self.rows: tuple[RowPlan, ...] = tuple(
            self._list(name, rule)
            for name, rule in contract.fields.items()
            if isinstance(rule, RowRule)
        )

    @property
    def joins_messages(self) -> bool:
        """Return whether anything is read together with other messages or records."""
        every = (*self.joins, *(j for rows in self.rows for b in rows.blocks for j in b.joins))
        return any(join.sort != "table" for join in every)

    def field(self, name: str) -> FieldPlan | None:
        """Return the prepared rule of a target field, or None."""
        return next((plan for plan in self.fields if plan.name == name), None)

    def hides(self, side: str, path: Path) -> bool:
        """Return whether a path of the ``source`` or the ``target`` holds personal values."""
        name = self.contract.to if side == "target" else self.contract.source
        return self.hides_in(name, path)

    def hides_in(self, message: str, path: Path) -> bool:
        """Return whether a path of a message that the rules read holds personal values."""
        return any(touch(path.parts, parts) for parts in self._hidden.get(message, ()))

    def joined(self, source: Any, pool: Pool = NO_POOL) -> Joined:
        """Return what a source message is read together with, by name."""
        if not self.joins:
            return NO_JOINS
        found: dict[str, Any] = {}
        for join in self.joins:
            found[join.name] = resolve(
                join, source=source, joined=found, pool=pool, tables=self.tables
            )
        return found

    def world(
        self, source: Any, joined: Joined, pool: Pool = NO_POOL, *, in_part: bool = False
    ) -> World:
        """Return what the rows of a source message are read in."""
        return World(source, joined, pool, self.tables, in_part=in_part)

    def _list(self, name: str, rule: RowRule) -> RowPlan:
        if rule.each is not None:
            joins = self.contract.with_
            each = reach_of(rule.each, in_row=False, joins=joins, bare=self.bare)
            context = _Context(self, f"fields.{name}", list_=name, each=each)
            fields = context.fields(rule.fields)
            keys = _keys(rule, fields)
            blocks: tuple[BlockPlan, ...] = (
                BlockPlan(context.clause, "", each, None, (), (), fields, keys, drops=False),
            )
        else:
            blocks = tuple(self._block(name, rule, key, block) for key, block in rule.rows.items())
        return RowPlan(
            clause=f"fields.{name}",
            name=name,
            rule=rule,
            target=parse_path(name),
            blocks=blocks,
            simple=rule.each is not None,
        )

    def _block(self, name: str, rule: RowRule, key: str, block: RowBlock) -> BlockPlan:
        contract = self.contract
        each = None
        if block.each is not None:
            each = reach_of(block.each, in_row=False, joins=contract.with_, bare=self.bare)
        start = MESSAGE_ITSELF if each is None else each
        context = _Context(self, f"fields.{name}.{key}", list_=name, each=start, block=block)
        fields = context.fields(block.fields)
        where = None
        if block.where is not None:
            condition: Condition = parse_condition(block.where)
            where = rooted(condition, in_row=True, joins=contract.with_)
        return BlockPlan(
            clause=context.clause,
            name=key,
            each=each,
            where=where,
            joins=self._joins(block.with_, each=start, in_row=True),
            group_by=tuple(
                (reach, context.type_of(reach))
                for text in block.group_by
                for reach in (reach_of(text, in_row=True, joins=context.joins),)
            ),
            fields=fields,
            keys=_keys(rule, fields),
            drops=block.drop is not None,
        )

    def _joins(
        self, own: Mapping[str, Join], *, each: Reach | None, in_row: bool = False
    ) -> tuple[JoinPlan, ...]:
        names = {name: join.name for name, join in (*self.contract.with_.items(), *own.items())}

        def type_of(reach: Reach) -> str:
            field = at_top(reach, self.contract, each=each, joins=names)
            return "any" if field is None else declared_type(self.landscape, *field)

        return tuple(
            join_plan(
                name,
                join,
                self.landscape,
                in_row=in_row,
                joins=list(names),
                type_of=type_of,
                bare=self.bare,
            )
            for name, join in own.items()
        )


class _Context:
    """Where a field rule stands: at the top, in a list, or in a block of one."""

    def __init__(
        self,
        rules: Rules,
        clause: str,
        *,
        list_: str = "",
        each: Reach | None = None,
        block: RowBlock | None = None,
    ) -> None:
        self.clause = clause
        self._rules = rules
        self._contract = rules.contract
        self._list = list_
        self._each = each
        self._block = block
        own = {} if block is None else block.with_
        self._joins = {**rules.contract.with_, **own}
        self.joins = {name: join.name for name, join in self._joins.items()}

    def fields(self, rules: Mapping[str, FieldRule]) -> tuple[FieldPlan, ...]:
        """Prepare the rules of a row."""
        return tuple(
            self.field(name, rule, clause=f"{self.clause}.{name}")
            for name, rule in rules.items()
            if _judged(rule)
        )

    def field(self, name: str, rule: FieldRule, *, clause: str = "") -> FieldPlan:
        """Prepare one rule."""
        target = f"{self._list}.*.{name}" if self._list else name
        type_ = declared_type(self._rules.landscape, self._contract.to, target)
        expression = parse_expression(rule.expression) if rule.expression else None
        texts = rule.sources if expression is None else expression.paths
        sources = tuple(self._reach(text) for text in texts)
        pipe = parse_pipe(rule.using) if rule.using else None
        unlike = self._reach(rule.unlike) if rule.unlike else None
        takes_missing = pipe is not None and any(s.entry.takes_missing for s in pipe.stages)
        return FieldPlan(
            clause=clause or self.clause,
            name=name,
            target=parse_path(name),
            type=type_,
            rule=rule,
            sources=sources,
            unlike=unlike,
            pipe=pipe,
            expression=expression,
            value_map=self._contract.maps.get(rule.map) if rule.map else None,
            personal=self._personal(rule, target),
            digest=self._digest(rule, type_, sources),
            gathers=isinstance(rule.source, tuple),
            reads_target=any(reach.root == "target" for reach in sources),
            takes_missing=expression is not None or takes_missing,
            wide=self._wide(sources),
            plain=self._plain(sources),
        )

    def type_of(self, reach: Reach) -> str:
        """Return the declared type of what a path reads."""
        field = at_top(reach, self._contract, each=self._each, joins=self.joins)
        return "any" if field is None else declared_type(self._rules.landscape, *field)

    def _reach(self, text: str | Path) -> Reach:
        return reach_of(text, in_row=bool(self._list), joins=self.joins, bare=self._rules.bare)

    def _plain(self, sources: tuple[Reach, ...]) -> str | None:
        """Return the field of the row, or of the message outside of rows, that is all it reads."""
        if len(sources) != 1 or sources[0].root != ("row" if self._list else "source"):
            return None
        path = sources[0].path
        return path.head if len(path.parts) == 1 and not path.many else None

    def _wide(self, sources: tuple[Reach, ...]) -> bool:
        grouped = self._block is not None and bool(self._block.group_by)
        joined_rows = self._each is not None and self._each.root == "join"
        return grouped or joined_rows or any(reach.root == "join" for reach in sources)

    def _personal(self, rule: FieldRule, target: str) -> bool:
        rules = self._rules
        read = fed_by(rule, self._contract, each=self._each, joins=self.joins)
        return rules.hides("target", parse_path(target)) or any(
            rules.hides_in(message, parse_path(path)) for message, path in read
        )

    def _digest(self, rule: FieldRule, type_: str, sources: tuple[Reach, ...]) -> str:
        contract = self._contract
        value_map = contract.maps.get(rule.map) if rule.map else None
        meaning: dict[str, Any] = {
            "from": rule.sources,
            "using": str(parse_pipe(rule.using)) if rule.using else None,
            "map": None if value_map is None else value_map.model_dump(mode="json"),
            "if_missing": rule.if_missing,
            "type": type_,
        }
        if rule.expression is not None:
            meaning["expression"] = rule.expression
        joins = {
            reach.name: self._joins[reach.name].model_dump(mode="json", by_alias=True)
            for reach in sources
            if reach.name
        }
        if joins:
            meaning["with"] = joins
        if self._block is not None and self._block.group_by:
            meaning["rows"] = [self._block.each, self._block.where, self._block.group_by]
        text = json.dumps(meaning, sort_keys=True, ensure_ascii=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def rule_id(contract: Contract, path: str, *, landscape: Landscape) -> str:
    """Return the stable name of a rule under ``$made``; it changes when the rule does.

    ``path`` is the path of the field clause, such as ``fields.shipTo.name``.
    """
    rules = Rules(contract, landscape)
    plans = [*rules.fields, *(plan for rows in rules.rows for plan in rows.fields)]
    return next(plan.digest for plan in plans if plan.clause == path)


@remembered
def rules_of(
    contract: Contract, landscape: Landscape, personal: Mapping[str, frozenset[str]]
) -> Rules:
    """Return the rules of a contract, prepared once for the same objects."""
    return Rules(contract, landscape, personal=personal)


def _judged(rule: FieldRule) -> bool:
    return rule.set_by is None and rule.checked_by is None


def _keys(rule: RowRule, fields: tuple[FieldPlan, ...]) -> tuple[FieldPlan, ...]:
    return tuple(plan for key in rule.match_by for plan in fields if plan.name == key)
