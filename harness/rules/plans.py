"""Field rules and lists, prepared for messages by the thousand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from harness.contract import FieldRule, RowRule, ValueMap
from harness.mapping import (
    ABSENT,
    Expression,
    Incomplete,
    InPart,
    Path,
    Pipe,
    Refused,
    Unsure,
    Veiled,
    missing,
    same,
    shown,
    veiled_from_json,
)
from harness.rules.joins import JoinPlan
from harness.rules.reach import NO_JOINS, Group, Joined, Reach, RootedCondition, element_of
from harness.rules.results import CannotKnow, Expected, Missing, Result, Unmapped

MADE: Final = "$made"
"""The key under which a stored message keeps the digests of what the agreed rules make of it."""

_PLAIN: Final = frozenset({str, int, bool})
_MOST_REMEMBERED: Final = 4096


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """One field rule, prepared: ``clause`` is its path in the contract, ``name`` its field.

    ``type`` is the declared type of the target field, ``personal`` says that its values must not
    be shown, ``digest`` names the rule under ``$made``. ``wide`` says that it reads more than
    plain objects: what was joined, or rows taken together. ``plain`` is the one field that it
    reads, where that is all.
    """

    clause: str
    name: str
    target: Path
    type: str
    rule: FieldRule
    sources: tuple[Reach, ...]
    unlike: Reach | None
    pipe: Pipe | None
    expression: Expression | None
    value_map: ValueMap | None
    personal: bool
    digest: str
    gathers: bool
    takes_missing: bool
    reads_target: bool
    wide: bool
    plain: str | None
    memory: dict[tuple[Any, Any], Result] = field(default_factory=dict, compare=False, repr=False)

    compared: dict[tuple[Any, Any, Any], bool | None] = field(
        default_factory=dict, compare=False, repr=False
    )

    def expect(
        self,
        source: Any,
        *,
        row: Any = None,
        target: Any = None,
        partial: bool = False,
        joined: Joined = NO_JOINS,
    ) -> Result:
        """Return what the target must hold, given the source message.

        ``partial`` says that the source was seen through a view that leaves fields out, so that
        an absent value may exist.
        """
        if self.plain is not None:
            # Most rules read one field, and most fields hold a text or a number.
            start = source if row is None else row
            value = start.get(self.plain) if type(start) is dict else None
            if type(value) in _PLAIN:
                return self._recalled(value)
        if not self.sources and self.expression is None:
            return Expected(self.rule.fixed)
        values = [
            reach.read(source=source, row=row, target=target, joined=joined)
            for reach in self.sources
        ]
        return self._settled(values, source, row, joined, partial=partial)

    def _settled(
        self, values: list[Any], source: Any, row: Any, joined: Joined, *, partial: bool
    ) -> Result:
        """Return what comes of the values that were read, or why nobody can tell."""
        if self.wide:
            unknown = next((one for one in values if isinstance(one, (Unsure, Incomplete))), None)
            if unknown is not None:
                return CannotKnow(unknown.reason)
        if any(isinstance(value, Veiled) or _hides(value) for value in values):
            return self._from_made(self._holder(source, row, joined))
        if partial and any(value is ABSENT for value in values):
            return CannotKnow("the message was seen in part only")
        return self._made_of(values)

    def differs(self, source: Any, *, row: Any = None, joined: Joined = NO_JOINS) -> bool | None:
        """Return whether the field it is easily mixed up with would give another value."""
        if self.unlike is None:
            return True

        def read(reach: Reach) -> Any:
            return reach.read(source=source, row=row, target=None, joined=joined)

        mine, other = [read(reach) for reach in self.sources], read(self.unlike)
        if any(isinstance(value, (Unsure, Incomplete)) for value in (*mine, other)):
            return None
        if any(isinstance(value, Veiled) for value in (*mine, other)):
            return _differ(mine[0], other)
        left, right = self._made_of(mine), self._made_of([other, *mine[1:]])
        if isinstance(left, Expected) and isinstance(right, Expected):
            return _differ(left.value, right.value, self.type)
        return left != right

    def agrees(self, expected: Any, observed: Any) -> bool | None:
        """Return whether an observed value is the expected one, under the declared type."""
        # Most values are equal letter for letter; only the others need their type.
        kinds = type(expected), type(observed)
        if kinds[0] is kinds[1] and kinds[0] in _PLAIN and expected == observed:
            return True
        if kinds[0] is Decimal and kinds[1] in _PLAIN:
            return self._compared(expected, observed)
        return same(expected, observed, self.type, tolerance=self.rule.tolerance)

    @property
    def reads(self) -> frozenset[str]:
        """Return where its paths start: ``row``, ``source``, ``target``, or ``with.NAME``."""
        return frozenset(
            f"with.{reach.name}" if reach.name else reach.root for reach in self.sources
        )

    @property
    def origin(self) -> str:
        """Return what it is made from, as the contract writes it."""
        if self.expression is not None:
            return f"`{self.expression}`"
        return " and ".join(self.rule.sources)

    def _made_of(self, values: list[Any]) -> Result:
        if len(values) == 1 and type(values[0]) in _PLAIN:
            return self._recalled(values[0])
        return self._make(values)

    def _recalled(self, value: Any) -> Result:
        """Return what comes of a value; a rule is pure, and values come again and again."""
        slot = (type(value), value)
        result = self.memory.get(slot)
        if result is None:
            if len(self.memory) >= _MOST_REMEMBERED:
                self.memory.clear()
            result = self.memory[slot] = self._make([value])
        return result

    def _compared(self, expected: Decimal, observed: Any) -> bool | None:
        """Return whether an amount is the expected one; amounts come again and again, too."""
        slot = (expected, type(observed), observed)
        answer = self.compared.get(slot)
        if answer is None:
            if len(self.compared) >= _MOST_REMEMBERED:
                self.compared.clear()
            answer = same(expected, observed, self.type, tolerance=self.rule.tolerance)
            self.compared[slot] = answer
        return answer

    def _make(self, values: list[Any]) -> Result:
        value = values if self.gathers else values[0] if values else ABSENT
        if not self.takes_missing and any(missing(one) for one in values):
            return self._missing()
        try:
            if self.expression is not None:
                read = dict(zip(self.expression.paths, values, strict=True))
                value = self.expression.evaluate(read.__getitem__)
            elif self.pipe is not None:
                value = self.pipe.apply(value)
        except Refused as error:
            # The text of a refusal quotes the value.
            what = "the expression" if self.expression is not None else "a transform"
            reason = f"{what} cannot take the value" if self.personal else str(error)
            return CannotKnow(reason, refused=True)
        if missing(value):
            return self._missing()
        return self._mapped(value) if self.value_map is not None else Expected(value)

    def _mapped(self, value: Any) -> Result:
        assert self.value_map is not None  # noqa: S101 - asked by the caller
        if isinstance(value, list):
            return self._mapped_each(value)
        word, pairs = shown(value), self.value_map.pairs
        if word in pairs:
            return Expected(pairs[word], pair=word)
        if self.value_map.if_unmapped == "keep":
            return Expected(value, kept=True)
        clause = f"maps.{self.rule.map}.if_unmapped"
        return Unmapped(self.value_map.if_unmapped, clause, word)

    def _mapped_each(self, values: list[Any]) -> Result:
        results = [self._mapped(value) for value in values]
        wrong = next((one for one in results if not isinstance(one, Expected)), None)
        if wrong is not None:
            return wrong
        return Expected([one.value for one in results if isinstance(one, Expected)])

    def _missing(self) -> Missing:
        if self.rule.if_missing is not None:
            return Missing(self.rule.if_missing, f"{self.clause}.if_missing")
        if self.value_map is not None:
            return Missing(self.value_map.if_missing, f"maps.{self.rule.map}.if_missing")
        return Missing(None)

    def _holder(self, source: Any, row: Any, joined: Joined) -> Any:
        """Return the object beside whose values it was stored what the rule makes of them."""
        if isinstance(row, Group):
            return row.members[0].value
        if self.wide and len(self.reads) == 1:
            name = self.sources[0].name
            if name in joined:
                return joined[name]
        return element_of(source) if row is None else row

    def _from_made(self, holder: Any) -> Result:
        entry = holder.get(MADE, {}).get(self.digest) if isinstance(holder, Mapping) else None
        if not isinstance(entry, Mapping):
            return CannotKnow("the rule was not known when the personal value was veiled")
        if "mac" in entry:
            return Expected(veiled_from_json({"$veiled": entry}))
        if "missing" in entry:
            if type(holder) is InPart:
                return CannotKnow("the message was seen in part only")
            return self._missing()
        if "unmapped" in entry and self.value_map is not None:
            clause = f"maps.{self.rule.map}.if_unmapped"
            return Unmapped(self.value_map.if_unmapped, clause, "(personal)")
        return CannotKnow("a transform cannot take the value", refused=True)


@dataclass(frozen=True, slots=True)
class BlockPlan:
    """One kind of row, prepared; a list without blocks is one block without a name.

    ``clause`` is where a lost row is a finding. ``each`` is None where the message itself makes
    the row, ``kin`` tells blocks that share their source rows.
    """

    clause: str
    name: str
    each: Reach | None
    where: RootedCondition | None
    joins: tuple[JoinPlan, ...]
    group_by: tuple[tuple[Reach, str], ...]
    fields: tuple[FieldPlan, ...]
    keys: tuple[FieldPlan, ...]
    drops: bool

    @property
    def kin(self) -> str:
        """Return the source list, as the contract writes it."""
        return "" if self.each is None else self.each.text

    @property
    def origin(self) -> str:
        """Return where its rows come from, in words."""
        return self.kin or "the message itself"


@dataclass(frozen=True, slots=True)
class RowPlan:
    """The rules of one list, prepared; ``simple`` says that it has one source list, no blocks."""

    clause: str
    name: str
    rule: RowRule
    target: Path
    blocks: tuple[BlockPlan, ...]
    simple: bool

    @property
    def fields(self) -> tuple[FieldPlan, ...]:
        """Return the rules of all its blocks."""
        return tuple(plan for block in self.blocks for plan in block.fields)

    @property
    def keys(self) -> tuple[FieldPlan, ...]:
        """Return the rules of the fields that tell its rows apart, one for each field."""
        return next((block.keys for block in self.blocks if block.keys), ())


def _hides(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, Veiled) for one in value)


def _differ(left: Any, right: Any, type_: str = "any") -> bool | None:
    agree = same(left, right, type_)
    return None if agree is None else not agree
