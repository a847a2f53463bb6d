"""What the agreed rules make of a source message, also where its values may not be read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from harness.contract import Contract, FieldRule, RowRule, ValueMap
from harness.landscape import Landscape, Message
from harness.mapping import (
    ABSENT,
    EVERY,
    Mac,
    Path,
    Pipe,
    Refused,
    Veiled,
    missing,
    parse_path,
    parse_pipe,
    read,
    read_all,
    same,
    shown,
    veil,
    veiled_from_json,
)
from harness.remembered import remembered

MADE: Final = "$made"
"""The key under which a stored message keeps the digests of what the agreed rules make of it."""

_PLAIN: Final = frozenset({str, int, bool})
_MOST_REMEMBERED: Final = 4096


@dataclass(frozen=True, slots=True)
class Expected:
    """The target holds this value; ``pair`` is the entry of the value map it came from."""

    value: Any
    pair: str | None = None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """The source has no value; ``action`` was agreed at ``clause``, or nothing was agreed."""

    action: str | None
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Unmapped:
    """The value is not in the value map; ``action`` was agreed at ``clause``."""

    action: str
    clause: str
    value: str


@dataclass(frozen=True, slots=True)
class CannotKnow:
    """Nobody can tell what the rule makes of this; ``refused`` when a transform cannot take it."""

    reason: str
    refused: bool = False


Result = Expected | Missing | Unmapped | CannotKnow


@dataclass(frozen=True, slots=True)
class Reach:
    """A source path and where it starts: the row, the whole source, or the target."""

    text: str
    root: str
    path: Path
    listed: Path | None

    def read(self, *, source: Any, row: Any, target: Any) -> Any:
        """Return the value, a list for a path with ``*``, or ABSENT where the list is absent."""
        start = row if self.root == "row" else target if self.root == "target" else source
        if not self.path.many:
            return read_plain(self.path, start)
        if self.listed is not None and missing(read(self.listed, start)):
            return ABSENT
        return [found.value for found in read_all(self.path, start)]


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """One field rule, prepared: ``clause`` is its path in the contract, ``name`` its field.

    ``type`` is the declared type of the target field, ``personal`` says that its values must not
    be shown, ``digest`` names the rule under ``$made``.
    """

    clause: str
    name: str
    target: Path
    type: str
    rule: FieldRule
    sources: tuple[Reach, ...]
    unlike: Reach | None
    pipe: Pipe | None
    value_map: ValueMap | None
    personal: bool
    digest: str
    gathers: bool
    takes_missing: bool
    reads_target: bool
    memory: dict[tuple[Any, Any], Result] = field(default_factory=dict, compare=False, repr=False)

    compared: dict[tuple[Any, Any, Any], bool | None] = field(
        default_factory=dict, compare=False, repr=False
    )

    def expect(
        self, source: Any, *, row: Any = None, target: Any = None, partial: bool = False
    ) -> Result:
        """Return what the target must hold, given the source message.

        ``partial`` says that the source was seen through a view that leaves fields out, so that
        an absent value may exist.
        """
        if not self.sources:
            return Expected(self.rule.fixed)
        values = [reach.read(source=source, row=row, target=target) for reach in self.sources]
        if len(values) == 1 and type(values[0]) in _PLAIN:
            return self._recalled(values[0])
        if any(isinstance(value, Veiled) or _hides(value) for value in values):
            return self._from_made(source if row is None else row)
        if partial and any(value is ABSENT for value in values):
            return CannotKnow("the message was seen in part only")
        return self._make(values)

    def differs(self, source: Any, *, row: Any = None) -> bool | None:
        """Return whether the field it is easily mixed up with would give another value."""
        if self.unlike is None:
            return True
        mine = [reach.read(source=source, row=row, target=None) for reach in self.sources]
        other = self.unlike.read(source=source, row=row, target=None)
        if any(isinstance(value, Veiled) for value in (*mine, other)):
            return _differ(mine[0], other)
        left, right = self._make(mine), self._make([other, *mine[1:]])
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
        value = values if self.gathers else values[0]
        if not self.takes_missing and any(missing(one) for one in values):
            return self._missing()
        if self.pipe is not None:
            try:
                value = self.pipe.apply(value)
            except Refused as error:
                # The text of a refusal quotes the value.
                reason = "a transform cannot take the value" if self.personal else str(error)
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

    def _from_made(self, holder: Any) -> Result:
        entry = holder.get(MADE, {}).get(self.digest) if isinstance(holder, Mapping) else None
        if not isinstance(entry, Mapping):
            return CannotKnow("the rule was not known when the personal value was veiled")
        if "mac" in entry:
            return Expected(veiled_from_json({"$veiled": entry}))
        if "missing" in entry:
            return self._missing()
        if "unmapped" in entry and self.value_map is not None:
            clause = f"maps.{self.rule.map}.if_unmapped"
            return Unmapped(self.value_map.if_unmapped, clause, "(personal)")
        return CannotKnow("a transform cannot take the value", refused=True)


@dataclass(frozen=True, slots=True)
class RowPlan:
    """The rules of one list, prepared."""

    clause: str
    name: str
    rule: RowRule
    target: Path
    each: Reach
    fields: tuple[FieldPlan, ...]
    keys: tuple[FieldPlan, ...]

    def rows(self, source: Any) -> list[Any] | None:
        """Return the source rows, or None when the source has no such list."""
        found = self.each.read(source=source, row=None, target=None)
        if self.each.path.many:
            flat = found if isinstance(found, list) else []
            return [row for part in flat for row in (part if isinstance(part, list) else [part])]
        return found if isinstance(found, list) else None


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
            side: tuple(parse_path(text).parts for text in sorted(known.get(name, ())))
            for side, name in (("source", contract.source), ("target", contract.to))
        }
        self.contract = contract
        self._target = _message(landscape, contract.to)
        self.fields: tuple[FieldPlan, ...] = tuple(
            self._field(f"fields.{name}", name, rule)
            for name, rule in contract.fields.items()
            if isinstance(rule, FieldRule) and rule.set_by is None and rule.checked_by is None
        )
        self.rows: tuple[RowPlan, ...] = tuple(
            self._rows(name, rule)
            for name, rule in contract.fields.items()
            if isinstance(rule, RowRule) and rule.each is not None
        )

    def field(self, name: str) -> FieldPlan | None:
        """Return the prepared rule of a target field, or None."""
        return next((plan for plan in self.fields if plan.name == name), None)

    def hides(self, side: str, path: Path) -> bool:
        """Return whether a path of the ``source`` or the ``target`` holds personal values."""
        return any(_touch(path.parts, parts) for parts in self._hidden[side])

    def _field(
        self, clause: str, name: str, rule: FieldRule, rows: RowRule | None = None, at: str = ""
    ) -> FieldPlan:
        target = f"{at}.*.{name}" if rows is not None else name
        sources = tuple(_reach(text, in_row=rows is not None) for text in rule.sources)
        pipe = parse_pipe(rule.using) if rule.using else None
        return FieldPlan(
            clause=clause,
            name=name,
            target=parse_path(name),
            type=_declared_type(self._target, target),
            rule=rule,
            sources=sources,
            unlike=_reach(rule.unlike, in_row=rows is not None) if rule.unlike else None,
            pipe=pipe,
            value_map=self.contract.maps.get(rule.map) if rule.map else None,
            personal=self.hides("target", parse_path(target))
            or any(self.hides("source", path) for path in _absolute(rule, rows)),
            digest=_digest(self.contract, rule, _declared_type(self._target, target)),
            gathers=isinstance(rule.source, tuple),
            reads_target=any(reach.root == "target" for reach in sources),
            takes_missing=pipe is not None and any(s.entry.takes_missing for s in pipe.stages),
        )

    def _rows(self, name: str, rule: RowRule) -> RowPlan:
        fields = tuple(
            self._field(f"fields.{name}.{inner}", inner, one, rule, name)
            for inner, one in rule.fields.items()
            if one.set_by is None and one.checked_by is None
        )
        return RowPlan(
            clause=f"fields.{name}",
            name=name,
            rule=rule,
            target=parse_path(name),
            each=_reach(rule.each or "", in_row=False),
            fields=fields,
            keys=tuple(plan for key in rule.match_by for plan in fields if plan.name == key),
        )


def read_plain(path: Path, value: Any) -> Any:
    """Return what ``read`` returns, sooner for the paths of one part that most rules have."""
    if len(path.parts) == 1 and type(value) is dict:
        return value.get(path.parts[0], ABSENT)
    return read(path, value)


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


@remembered
def personal_paths(
    landscape: Landscape, contracts: Sequence[Contract]
) -> Mapping[str, frozenset[str]]:
    """Return the personal fields of every message, by its full name.

    A target field that is fed by a personal one is personal, and the other way round, so that
    both sides of a rule are veiled or neither is.
    """
    found: dict[str, set[str]] = {
        name: {path for path, spec in message.fields.items() if spec.sensitive == "personal"}
        for name, message in landscape.messages().items()
    }
    links = [link for contract in contracts for link in _links(contract)]
    changed = True
    while changed:
        changed = False
        for source, fed_by, target, fed in links:
            personal = _touches_any(fed, found.get(target, set())) or any(
                _touches_any(path, found.get(source, set())) for path in fed_by
            )
            if not personal:
                continue
            for message, path in ((target, fed), *((source, path) for path in fed_by)):
                paths = found.setdefault(message, set())
                if not _touches_any(path, paths):
                    paths.add(path)
                    changed = True
    return {name: frozenset(paths) for name, paths in found.items()}


def made(
    contracts: Iterable[Contract],
    landscape: Landscape,
    message: str,
    body: Any,
    mac: Mac,
    *,
    personal: Mapping[str, frozenset[str]] | None = None,
) -> dict[tuple[str | int, ...], dict[str, dict[str, Any]]]:
    """Return what each rule that touches personal values makes of a message, digested.

    The result tells for each object of the message, by its place in ``body``, what belongs under
    its ``$made``: the empty place is the message itself, ``("line_items", 0)`` one of its rows.
    To be called before the message is veiled.
    """
    agreed = tuple(contracts)
    known = personal_paths(landscape, agreed) if personal is None else personal
    fed = [rules_of(one, landscape, known) for one in agreed if one.source == message]
    return made_by(fed, body, mac)


def made_by(
    rules: Iterable[Rules], body: Any, mac: Mac
) -> dict[tuple[str | int, ...], dict[str, dict[str, Any]]]:
    """Return the same as ``made``, for rules that are prepared already."""
    entries: dict[tuple[str | int, ...], dict[str, dict[str, Any]]] = {}
    for one in rules:
        _add_made(entries, one, body, mac)
    return entries


def _add_made(
    entries: dict[tuple[str | int, ...], dict[str, dict[str, Any]]],
    rules: Rules,
    body: Any,
    mac: Mac,
) -> None:
    for plan in rules.fields:
        if plan.personal and plan.sources:
            entries.setdefault((), {})[plan.digest] = _made_entry(plan, plan.expect(body), mac)
    for rows in rules.rows:
        personal = [plan for plan in rows.fields if plan.personal and plan.sources]
        if not personal:
            continue
        for place, row in _row_places(rows, body):
            for plan in personal:
                entry = _made_entry(plan, plan.expect(body, row=row), mac)
                entries.setdefault(place, {})[plan.digest] = entry


def _row_places(rows: RowPlan, body: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    path = Path((*rows.each.path.parts, EVERY), 0, many=True)
    for found in read_all(path, body):
        yield found.at, found.value


def _made_entry(plan: FieldPlan, result: Result, mac: Mac) -> dict[str, Any]:
    match result:
        case Expected(value):
            hidden = veil(value, plan.type, mac)
            return {"mac": hidden.mac, "len": hidden.length, "ascii": hidden.ascii}
        case Missing(action):
            return {"missing": action}
        case Unmapped(action):
            return {"unmapped": action}
    return {"refused": True}


def _links(contract: Contract) -> Iterator[tuple[str, tuple[str, ...], str, str]]:
    for name, rule in contract.fields.items():
        if isinstance(rule, FieldRule):
            if rule.sources:
                fed_by = tuple(str(path) for path in _absolute(rule, None))
                yield contract.source, fed_by, contract.to, name
            continue
        for inner, one in rule.fields.items():
            if one.sources:
                fed_by = tuple(str(path) for path in _absolute(one, rule))
                yield contract.source, fed_by, contract.to, f"{name}.*.{inner}"


def _absolute(rule: FieldRule, rows: RowRule | None) -> list[Path]:
    """Return the source paths of a rule from the top of the source message."""
    paths = []
    for text in rule.sources:
        reach = _reach(text, in_row=rows is not None)
        if reach.root == "source":
            paths.append(reach.path)
        elif reach.root == "row" and rows is not None:
            each = _reach(rows.each or "", in_row=False).path.parts
            paths.append(Path((*each, EVERY, *reach.path.parts), 0, many=True))
    return paths


def _reach(text: str, *, in_row: bool) -> Reach:
    root, path = "row" if in_row else "source", parse_path(text)
    if path.head in ("source", "target") and len(path.parts) > 1 and not path.up:
        root, path = path.head, path.tail()
    elif path.up:
        # One level above the element of a row stands the message itself.
        root, path = "source", Path(path.parts, 0, path.many)
    listed = None
    if path.many:
        before = path.parts[: path.parts.index(EVERY)]
        listed = Path(before) if before else None
    return Reach(text, root, path, listed)


def _digest(contract: Contract, rule: FieldRule, type_: str) -> str:
    value_map = contract.maps.get(rule.map) if rule.map else None
    meaning = {
        "from": rule.sources,
        "using": str(parse_pipe(rule.using)) if rule.using else None,
        "map": None if value_map is None else value_map.model_dump(mode="json"),
        "if_missing": rule.if_missing,
        "type": type_,
    }
    text = json.dumps(meaning, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _message(landscape: Landscape, name: str) -> Message | None:
    try:
        return landscape.message(name)
    except KeyError:
        return None


def _declared_type(message: Message | None, path: str) -> str:
    spec = None if message is None else message.fields.get(path)
    return "any" if spec is None else spec.type


def _touches_any(path: str, others: Iterable[str]) -> bool:
    parts = parse_path(path).parts
    return any(_touch(parts, parse_path(other).parts) for other in others)


def _touch(left: Sequence[str], right: Sequence[str]) -> bool:
    """Return whether one path is the other or leads to it."""
    return all(a == b or EVERY in (a, b) for a, b in zip(left, right, strict=False))


def _hides(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, Veiled) for one in value)


def _differ(left: Any, right: Any, type_: str = "any") -> bool | None:
    agree = same(left, right, type_)
    return None if agree is None else not agree
