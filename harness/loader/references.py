"""What contracts, systems and flows refer to: each name must be one that exists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.contract import ROLES, Contract, Join, RowRule
from harness.errors import Problem, did_you_mean
from harness.landscape import Flow, Landscape, Message, System
from harness.mapping import EVERY, TABLES, parse_path
from harness.rules import MESSAGE_ITSELF, Reach, at_top, bare_root, reach_of
from harness.yamlfile import Placed

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What names can refer to: the landscape, the ids of all contracts, and whether teams exist.

    ``complete`` says that every file could be read; only then is a contract missing that is not
    there.
    """

    landscape: Landscape
    contracts: tuple[str, ...]
    teams: bool
    complete: bool = True

    def subjects(self) -> list[str]:
        """Return the messages and records by their full names."""
        return [*self.landscape.messages(), *self.landscape.records()]

    def lists(self) -> list[str]:
        """Return what can be joined."""
        return [*self.subjects(), *(f"{TABLES}.{name}" for name in self.landscape.tables)]


def contract_problems(contract: Contract, placed: Placed, known: Known) -> Iterator[Problem]:
    """Yield every reference of a contract that leads nowhere."""
    look = _Lookup(placed, known)
    yield from look.subject(("from",), contract.source)
    yield from look.subject(("to",), contract.to)
    messages = known.landscape.messages()
    if contract.after is not None:
        yield from look.name(("after",), "message", contract.after, messages)
    if contract.parked is not None:
        yield from look.name(("parked", "to"), "message", contract.parked.to, messages)
    yield from _teams(contract, look)
    yield from _rules(contract, look)
    yield from _outcomes(contract, look)
    yield from _joins(contract, look)
    yield from _conditions(contract, look)
    calendars = known.landscape.calendars
    for word in ("delivered", "cutoff"):
        limit = getattr(contract.timing, word, None)
        if limit is not None and limit.calendar is not None:
            yield from look.name(
                ("timing", word, "calendar"), "calendar", limit.calendar, calendars
            )
    for name, state in contract.state.items():
        yield from _watched(("state", name, "what"), state.what, messages, look)


def _watched(path: Path, what: str, messages: Iterable[str], look: _Lookup) -> Iterator[Problem]:
    """Complain of a message, a record or a value of it that nothing describes."""
    word, *counted = what.split(" ")
    if word in ("count", "sum"):
        yield from look.name(path, "message", counted[0], messages)
        return
    records = look.known.landscape.records()
    name = ".".join(what.split(".")[:2])
    yield from look.name(path, "record", name, records)
    if name in records:
        value = what.removeprefix(f"{name}.") if what != name else ""
        where = ".".join(str(part) for part in path)
        if value not in records[name].values:
            yield look.placed.problem(
                path,
                f"{where}: {name} holds no value {value!r}",
                did_you_mean(value, list(records[name].values)),
            )


def system_problems(system: System, placed: Placed, known: Known) -> Iterator[Problem]:
    """Yield every reference of a system that leads nowhere."""
    look = _Lookup(placed, known)
    if known.teams:
        yield from look.name(("owner",), "team", system.owner, known.landscape.teams)
    for name, answer in system.answers.items():
        if answer.decided_by is not None:
            path = ("answers", name, "decided_by", "message")
            yield from look.name(path, "message", answer.decided_by.message, system.messages)
    for name, message in system.messages.items():
        yield from _tells(("messages", name, "tells"), message, system, look)


def flow_problems(flow: Flow, placed: Placed, known: Known) -> Iterator[Problem]:
    """Yield every reference of a flow that leads nowhere."""
    look = _Lookup(placed, known)
    if known.teams:
        yield from look.name(("owner",), "team", flow.owner, known.landscape.teams)
    for index, contract in enumerate(flow.chain if known.complete else ()):
        yield from look.name(("chain", index), "contract", contract, known.contracts)


def expression_problems(contract: Contract, placed: Placed) -> Iterator[Problem]:
    """Yield every use of an expression, for a project that forbids them."""
    for path, _, rule in contract.field_rules():
        if rule.expression is not None:
            yield placed.problem(
                (*path, "expression"),
                f"{'.'.join(path)}.expression: golive.toml forbids expressions",
                "say it with `from` and `using`; a transform of your own can do the rest",
                key=True,
            )


@dataclass(frozen=True, slots=True)
class _Lookup:
    """Looks names up for one file."""

    placed: Placed
    known: Known

    def name(
        self, path: Sequence[str | int], kind: str, name: str, names: Iterable[str]
    ) -> Iterator[Problem]:
        """Complain of a name that nothing has, with the nearest one."""
        known = list(names)
        if name not in known:
            where = ".".join(str(part) for part in path)
            message = f"{where}: there is no {kind} {name!r}"
            yield self.placed.problem(path, message, did_you_mean(name, known))

    def subject(self, path: Path, name: str) -> Iterator[Problem]:
        """Complain of what is neither a message nor a record."""
        system, systems = name.partition(".")[0], self.known.landscape.systems
        if system not in systems:
            yield from self.name(path, "system", system, systems)
            return
        known = [one for one in self.known.subjects() if one.startswith(f"{system}.")]
        yield from self.name(path, "message or record", name, known)

    def role_or_team(self, path: Path, name: str | None) -> Iterator[Problem]:
        """Complain of who is neither a role nor a team."""
        teams = self.known.landscape.teams
        if name is not None and self.known.teams:
            yield from self.name(path, "team", name, [*ROLES, *teams])

    def field(self, path: Path, field: tuple[str, str]) -> Iterator[Problem]:
        """Complain of a path that nothing described in a message, record or table can have."""
        of, text = field
        try:
            fields = self.known.landscape.fields(of)
        except KeyError:  # complained of where it is named
            return
        if fields and not _describes(fields, text):
            where = ".".join(str(part) for part in path)
            message = f"{where}: {of} describes no field {text!r}"
            yield self.placed.problem(path, message, did_you_mean(text, list(fields)), key=True)


def _teams(contract: Contract, look: _Lookup) -> Iterator[Problem]:
    if not look.known.teams:
        return
    owners, teams = contract.owners, look.known.landscape.teams
    for role in ROLES:
        yield from look.name(("owners", role), "team", owners.team(role), teams)
    for index, step in enumerate(owners.escalation):
        yield from look.role_or_team(("owners", "escalation", index, "to"), step.to)
    for outcome, row in contract.failures.items():
        yield from look.role_or_team(("failures", outcome, "tell"), row.tell)
    if contract.parked is not None:
        yield from look.role_or_team(("parked", "replay_by"), contract.parked.replay_by)
    if contract.timing is not None and contract.timing.every is not None:
        yield from look.role_or_team(("timing", "every", "tell"), contract.timing.every.tell)
    for name, state in contract.state.items():
        yield from look.role_or_team(("state", name, "owner"), state.owner)
    for name, check in contract.checks.items():
        yield from look.role_or_team(("checks", name, "owner"), check.owner)
    for path, _, rule in contract.field_rules():
        yield from look.role_or_team((*path, "owner"), rule.owner)
    if contract.defaults is not None:
        owner, tell = contract.defaults.fields.owner, contract.defaults.failures.tell
        yield from look.role_or_team(("defaults", "fields", "owner"), owner)
        yield from look.role_or_team(("defaults", "failures", "tell"), tell)


def _rules(contract: Contract, look: _Lookup) -> Iterator[Problem]:
    clauses = [clause.path for clause in contract.clauses()]
    sums = [clause for clause in clauses if clause.startswith("sums.")]
    for path, _, rule in contract.field_rules():
        if rule.map is not None:
            yield from look.name((*path, "map"), "map", rule.map, contract.maps)
        if rule.checked_by is not None and rule.checked_by not in clauses:
            yield from look.name((*path, "checked_by"), "clause", rule.checked_by, sums)


def _outcomes(contract: Contract, look: _Lookup) -> Iterator[Problem]:
    for outcome, row in contract.failures.items():
        if row.undo is not None:
            path = ("failures", outcome, "undo")
            yield from look.name(path, "contract", row.undo, look.known.contracts)
    target = look.known.landscape.systems.get(contract.systems[1])
    if target is None:
        return
    named = sorted({*target.answers, "throttled", "timeout", "no_connection", "otherwise"})
    words: list[tuple[Path, str]] = [(("failures", key), key) for key in contract.failures]
    words += [(("retry", "on"), word) for word in (contract.retry.on if contract.retry else ())]
    for place, word in words:
        if not re.fullmatch(r"[1-5](\d\d|xx)", word):
            yield from look.name(place, "outcome", word, named)


def _joins(contract: Contract, look: _Lookup) -> Iterator[Problem]:
    yield from _joined(contract, look, contract.with_, ("with",), each=None, joins={})
    outer, bare = _named(contract.with_), bare_root(contract)
    for target, rule in contract.fields.items():
        for name, block in rule.rows.items() if isinstance(rule, RowRule) else ():
            each = MESSAGE_ITSELF
            if block.each is not None:
                each = reach_of(block.each, in_row=False, joins=outer, bare=bare)
            path = ("fields", target, "rows", name, "with")
            yield from _joined(contract, look, block.with_, path, each=each, joins=outer)


def _joined(
    contract: Contract,
    look: _Lookup,
    own: Mapping[str, Join],
    start: tuple[str, ...],
    *,
    each: Reach | None,
    joins: Mapping[str, str],
) -> Iterator[Problem]:
    every = {**joins, **_named(own)}
    for name, join in own.items():
        word = "one" if join.one is not None else "all"
        kind = "table" if join.name.startswith(f"{TABLES}.") else "message or record"
        yield from look.name((*start, name, word), kind, join.name, look.known.lists())
        for theirs, mine in join.on.items():
            path = (*start, name, "on", theirs)
            yield from look.field(path, (join.name, theirs))
            bare = bare_root(contract)
            reach = reach_of(mine, in_row=each is not None, joins=every, bare=bare)
            field = at_top(reach, contract, each=each, joins=every)
            if field is not None:
                yield from look.field(path, field)


def _named(joins: Mapping[str, Join]) -> dict[str, str]:
    return {name: join.name for name, join in joins.items()}


def _conditions(contract: Contract, look: _Lookup) -> Iterator[Problem]:
    """Complain of conditions that look into a table or column that does not exist."""
    tables = look.known.landscape.tables
    for path, condition in _all_conditions(contract):
        for text in _columns(condition):
            _, name, column = parse_path(text).parts
            table = tables.get(name)
            if table is None:
                yield from look.name(path, "table", name, tables)
            else:
                yield from look.name(path, "column", column, table.columns)


def _columns(condition: Any) -> Iterator[str]:
    """Yield the columns of tables that a condition looks into, as they are written."""
    if isinstance(condition, list):
        for inner in condition:
            yield from _columns(inner)
    elif isinstance(condition, Mapping):
        for word, inner in condition.items():
            if word in ("in", "not_in") and isinstance(inner, str):
                yield inner
            else:
                yield from _columns(inner)


def _all_conditions(contract: Contract) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    found: list[tuple[Path, Mapping[str, Any] | None]] = [(("when",), contract.when)]
    found += [(("with", name, "where"), join.where) for name, join in contract.with_.items()]
    found += [(("sums", name, "when"), total.when) for name, total in contract.sums.items()]
    for target, rule in contract.fields.items():
        for name, block in rule.rows.items() if isinstance(rule, RowRule) else ():
            start = ("fields", target, "rows", name)
            found.append(((*start, "where"), block.where))
            found += [((*start, "with", n, "where"), j.where) for n, j in block.with_.items()]
    yield from ((path, condition) for path, condition in found if condition is not None)


def _tells(
    start: tuple[str, ...], message: Message, system: System, look: _Lookup
) -> Iterator[Problem]:
    for name, telling in message.tells.items():
        record = system.records.get(name)
        if record is None:
            yield from look.name((*start, name), "record", name, system.records)
            continue
        for field in telling.key:
            yield from look.name((*start, name, "key", field), "key field", field, record.key)
        for word in ("set", "add", "subtract"):
            for value in getattr(telling, word):
                path = (*start, name, word, value)
                yield from look.name(path, "value", value, record.values)


def _describes(fields: Iterable[str], text: str) -> bool:
    """Return whether a path is one of these, leads to one, or goes on below one."""
    parts = parse_path(text).parts
    return any(
        all(
            a == b or (a == EVERY and b.isdigit()) or (b == EVERY and a.isdigit())
            for a, b in zip(parse_path(known).parts, parts, strict=False)
        )
        for known in fields
    )
