"""What changed between two versions of the contracts, graded for both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from harness.align import Pair
from harness.compare.grades import (
    NOTHING,
    SOURCE_MUST,
    TARGET_MUST,
    Grade,
    Meaning,
    of_contract,
    of_given,
    of_system,
    of_taken,
    weakest,
)
from harness.compare.leaves import Place, leaves
from harness.contract import Contract
from harness.declaration import Declaration
from harness.landscape import Flow, Landscape
from harness.mapping import shown

Kind = Literal["added", "removed", "changed"]
Table = Callable[[Place, Any, Any], Meaning]
_MEMBERS = ("messages", "records")


@dataclass(frozen=True)
class Version:
    """One version of all contracts.

    ``scenarios`` are the ids of the contracts that each scenario is judged against, by its name.
    """

    contracts: Sequence[Contract]
    landscape: Landscape
    flows: Sequence[Flow] = ()
    scenarios: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def by_id(self) -> Mapping[str, Contract]:
        """Return the contracts by id."""
        return {contract.contract: contract for contract in self.contracts}

    @cached_property
    def pairs(self) -> Mapping[str, Pair]:
        """Return the contracts between their systems, by id."""
        return {name: Pair(contract, self.landscape) for name, contract in self.by_id.items()}

    def scenarios_of(self, contracts: set[str]) -> tuple[str, ...]:
        """Return the scenarios that are judged against one of these contracts."""
        return tuple(sorted(name for name, of in self.scenarios.items() if of & contracts))


@dataclass(frozen=True, slots=True)
class Change:
    """One difference, what it means to either side, and what it touches.

    ``what`` is the kind of thing (``contract``, ``message``, ``record``, ``system``, ``flow``),
    ``about`` its name, ``path`` the place in it, empty for the whole. ``before`` and ``after`` are
    as people write them, empty where there is nothing.
    """

    kind: Kind
    what: str
    about: str
    path: str
    before: str
    after: str
    source: Grade
    target: Grade
    because: str
    clauses: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()

    @property
    def grade(self) -> Grade:
        """Return what it is at all: a change that tightens one side tightens."""
        both = {self.source, self.target}
        for grade in ("undetermined", "both", "tightens", "loosens"):
            if grade in both:
                return grade
        return "nothing"


def compare(old: Version, new: Version) -> tuple[Change, ...]:
    """Return every change from one version to another, contracts first."""
    return (*_contracts(old, new), *_systems(old, new), *_flows(old, new))


def version_problems(old: Version, new: Version, changes: Sequence[Change]) -> tuple[str, ...]:
    """Return what is wrong with the version numbers of changed contracts.

    A change that one side must act upon raises the first number, one that only loosens the
    second, any other at least the third. Signatures and status need none.
    """
    found = []
    for name, after in new.by_id.items():
        before = old.by_id.get(name)
        mine = [change for change in changes if change.what == "contract" and change.about == name]
        if before is None or not mine or before.terms == after.terms:
            continue
        grades = {change.grade for change in mine}
        place = (
            0 if grades & {"tightens", "both", "undetermined"} else 1 if "loosens" in grades else 2
        )
        if _raised(before.version, after.version, place):
            continue
        parts = [int(part) for part in before.version.split(".")]
        needed = [*parts[:place], parts[place] + 1, *[0] * (2 - place)]
        found.append(
            f"{name}: the version went from {before.version} to {after.version}; "
            f"these changes ask for {'.'.join(map(str, needed))}"
        )
    return tuple(found)


def _raised(before: str, after: str, place: int) -> bool:
    left, right = ([int(part) for part in text.split(".")] for text in (before, after))
    return right[: place + 1] > left[: place + 1]


# -- contracts -----------------------------------------------------------------------------------


def _contracts(old: Version, new: Version) -> Iterator[Change]:
    for name in dict.fromkeys((*old.by_id, *new.by_id)):
        before, after = old.by_id.get(name), new.by_id.get(name)
        if before is None or after is None:
            yield _whole_contract(before, after, old, new)
            continue
        for kind, path, left, right in _differences(before, after):
            meaning = _meaning(of_contract, path, left, right)
            clauses = {
                *_clauses_at(before, path),
                *_clauses_at(after, path),
            }
            yield _change(
                kind, "contract", name, path, left, right, meaning, clauses, new, touched={name}
            )


def _whole_contract(
    before: Contract | None, after: Contract | None, old: Version, new: Version
) -> Change:
    contract = after or before
    assert contract is not None  # noqa: S101 - it stands in one of the versions
    grade: Grade = "nothing" if not contract.blocking else "tightens" if after else "loosens"
    version = new if after else old
    return Change(
        kind="added" if after else "removed",
        what="contract",
        about=contract.contract,
        path="",
        before="" if before is None else contract.summary,
        after="" if after is None else contract.summary,
        source=grade,
        target=grade,
        because="a whole agreement",
        clauses=tuple(clause.id for clause in contract.clauses()),
        scenarios=version.scenarios_of({contract.contract}),
    )


def _clauses_at(contract: Contract, path: Place) -> set[str]:
    for place, clause, _ in contract.field_rules():
        if path[: len(place)] == place or place[: len(path)] == path:
            near = [c.id for c in contract.clauses() if _within(c.path, clause)]
            if path[: len(place)] == place:
                return set(near)
    text = ".".join(part for part in path if part != "pairs")
    exact = {c.id for c in contract.clauses() if _within(c.path, text) or _within(text, c.path)}
    section = {c.id for c in contract.clauses() if _within(c.path, path[0])}
    return exact or section


def _within(path: str, of: str) -> bool:
    return path == of or path.startswith(f"{of}.")


# -- systems and flows ---------------------------------------------------------------------------


def _systems(old: Version, new: Version) -> Iterator[Change]:
    names = dict.fromkeys((*old.landscape.systems, *new.landscape.systems))
    for name in names:
        before, after = old.landscape.systems.get(name), new.landscape.systems.get(name)
        using = {c.contract for c in (*old.contracts, *new.contracts) if name in c.systems}
        if before is None or after is None:
            kind: Kind = "removed" if after is None else "added"
            sides = ("both", "both") if after is None else NOTHING
            meaning = Meaning(sides, "a whole system")  # type: ignore[arg-type]
            clauses = _clauses_of(new if after else old, using)
            yield _change(
                kind,
                "system",
                name,
                (),
                before and name,
                after and name,
                meaning,
                clauses,
                new,
                touched=using,
            )
            continue
        for kind, path, left, right in _differences(before, after):
            if path[0] not in _MEMBERS:
                meaning = _meaning(of_system, path, left, right)
                clauses = _clauses_of(new, using)
                yield _change(
                    kind, "system", name, path, left, right, meaning, clauses, new, touched=using
                )
                continue
            yield _member_change(kind, f"{name}.{path[1]}", path, left, right, old, new)


def _member_change(
    kind: Kind, name: str, path: Place, left: Any, right: Any, old: Version, new: Version
) -> Change:
    """Return the change of a message or record, seen by the contracts that use it."""
    inner = path[2:]
    meanings: list[Meaning] = []
    clauses: set[str] = set()
    using: set[str] = set()
    for version in (old, new):
        for contract, pair in version.pairs.items():
            given, taken = pair.contract.source == name, pair.contract.to == name
            if not given and not taken:
                continue
            using.add(contract)
            clauses |= _clauses_over(pair, name, inner)
            if given:
                meanings.append(_field_meaning(of_given, inner, left, right, given=True))
            if taken:
                meanings.append(_field_meaning(of_taken, inner, left, right, given=False))
    meaning = Meaning(
        (
            weakest([m.sides[0] for m in meanings]),
            weakest([m.sides[1] for m in meanings]),
        ),
        meanings[0].because if meanings else "no contract uses it",
    )
    what = "message" if path[0] == "messages" else "record"
    return _change(kind, what, name, inner, left, right, meaning, clauses, new, touched=using)


def _field_meaning(table: Any, path: Place, before: Any, after: Any, *, given: bool) -> Meaning:
    if len(path) == 2 and path[0] in ("fields", "values"):
        if after is None:
            sides = TARGET_MUST if given else SOURCE_MUST
            return Meaning(sides, "the field is gone")
        must = not given and isinstance(after, Mapping) and after.get("required") == "always"
        return Meaning(SOURCE_MUST if must else NOTHING, "a field that was not there")
    if path[:1] == ("values",):
        path = ("fields", *path[1:])
    return _meaning(table, path, before, after)


def _clauses_over(pair: Pair, name: str, path: Place) -> set[str]:
    """Return the clauses of a contract whose rules read or fill a field of a message."""
    contract = pair.contract
    if len(path) < 2 or path[0] not in ("fields", "values"):
        return {clause.id for clause in contract.clauses()}
    field_path = path[1]
    rules = [
        view.clause
        for view in pair.rules
        if (view.target == field_path and contract.to == name)
        or any(feed.message == name and feed.path == field_path for feed in view.feeds)
    ]
    return {
        clause.id
        for clause in contract.clauses()
        if any(_within(clause.path, rule) for rule in rules)
    }


def _clauses_of(version: Version, contracts: set[str]) -> set[str]:
    return {
        clause.id
        for name in contracts
        if name in version.by_id
        for clause in version.by_id[name].clauses()
    }


def _flows(old: Version, new: Version) -> Iterator[Change]:
    before = {flow.flow: flow for flow in old.flows}
    after = {flow.flow: flow for flow in new.flows}
    for name in dict.fromkeys((*before, *after)):
        left, right = before.get(name), after.get(name)
        chained = {*(left.chain if left else ()), *(right.chain if right else ())}
        clauses = _clauses_of(new, chained)
        if left is None or right is None:
            kind: Kind = "removed" if right is None else "added"
            meaning = Meaning(("tightens",) * 2 if right else ("loosens",) * 2, "a whole flow")
            yield _change(
                kind,
                "flow",
                name,
                (),
                left and left.summary,
                right and right.summary,
                meaning,
                clauses,
                new,
                touched=chained,
            )
            continue
        for kind, path, one, other in _differences(left, right):
            harmless = path[0] in ("summary", "owner")
            sides = NOTHING if harmless else ("both", "both")
            meaning = Meaning(sides, "the end-to-end promise changes")
            yield _change(
                kind, "flow", name, path, one, other, meaning, clauses, new, touched=chained
            )


# -- differences ---------------------------------------------------------------------------------


def _differences(before: Declaration, after: Declaration) -> Iterator[tuple[Kind, Place, Any, Any]]:
    """Yield what differs; something that is there as a whole or not at all is one difference."""
    left, right = leaves(before), leaves(after)
    old, new = _branches(left), _branches(right)
    seen: set[Place] = set()
    for path in dict.fromkeys((*left, *right)):
        if path in left and path in right:
            if left[path] != right[path]:
                yield "changed", path, left[path], right[path]
            continue
        there = new if path in left else old
        top = next(path[:end] for end in range(1, len(path) + 1) if path[:end] not in there)
        if top in seen:
            continue
        seen.add(top)
        removed = path in left
        whole = _tree(left if removed else right, top)
        if removed:
            yield "removed", top, whole, None
        else:
            yield "added", top, None, whole


def _branches(found: Mapping[Place, Any]) -> set[Place]:
    return {path[:end] for path in found for end in range(1, len(path) + 1)}


def _tree(found: Mapping[Place, Any], top: Place) -> Any:
    if top in found:
        return found[top]
    tree: dict[str, Any] = {}
    for path, value in found.items():
        if path[: len(top)] == top:
            inner = tree
            for part in path[len(top) : -1]:
                inner = inner.setdefault(part, {})
            inner[path[-1]] = value
    return tree


def _meaning(table: Table, path: Place, before: Any, after: Any) -> Meaning:
    """Return the meaning of a difference; of a whole, that of the first value that tells one."""
    whole = after if before is None else before
    if not isinstance(whole, Mapping) or (before is not None and after is not None):
        return table(path, before, after)
    meanings = [
        table((*path, *inner), *((None, value) if before is None else (value, None)))
        for inner, value in _values(whole)
    ]
    return next((one for one in meanings if one.sides != NOTHING), meanings[0])


def _values(tree: Mapping[str, Any], at: Place = ()) -> Iterator[tuple[Place, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _values(value, (*at, key))
        else:
            yield (*at, key), value


def _change(
    kind: Kind,
    what: str,
    about: str,
    path: Place,
    before: Any,
    after: Any,
    meaning: Meaning,
    clauses: set[str],
    new: Version,
    *,
    touched: set[str],
) -> Change:
    return Change(
        kind=kind,
        what=what,
        about=about,
        path=".".join(path),
        before=_said(before),
        after=_said(after),
        source=meaning.sides[0],
        target=meaning.sides[1],
        because=meaning.because,
        clauses=tuple(sorted(clauses)),
        scenarios=new.scenarios_of(touched),
    )


def _said(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_said(inner)}" for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_said, value))
    return value if isinstance(value, str) else shown(value)
