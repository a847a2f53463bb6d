"""Worked examples of a contract, tried out: what the rules make of them against what is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from harness.contract import Contract, Example
from harness.landscape import Landscape
from harness.mapping import ABSENT, Uncomparable, missing, parse_path, read, shown
from harness.rules import (
    Expected,
    FieldPlan,
    JoinPlan,
    Made,
    Missing,
    Result,
    Rules,
    Unmapped,
    Wanted,
    cut,
    lay,
    rules_of,
)

# One object, so that the rules of a contract are prepared once for all of its examples.
_NOTHING_PERSONAL: Final[Mapping[str, frozenset[str]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of an example that the rules do not make: what is written, and what comes out."""

    path: str
    written: str
    made: str

    def __str__(self) -> str:
        return f"{self.path} is written as {self.written}, and the rules make {self.made}"


def differences(
    contract: Contract, landscape: Landscape, example: Example
) -> tuple[Difference, ...]:
    """Return where an example does not come out as it is written.

    A key with dots stands for the parts inside each other. Target fields that the example does
    not name are not compared. Tables are looked up; what else is joined stands in the example.
    Where each element of a list owes a message, the example shows that of any one of them.
    """
    rules = rules_of(contract, landscape, _NOTHING_PERSONAL)
    bodies = [body for _, body in cut(contract, nested(example.source))]
    if not bodies:
        each = contract.one_per or ""
        return (Difference(each, "a list of which each element owes a message", "no message"),)
    return min((tuple(_differences(rules, body, example)) for body in bodies), key=len)


class _Given:
    """What the joins of an example find: what is written in it."""

    def __init__(self, joined: Mapping[str, Any]) -> None:
        self._joined = joined

    def candidates(self, join: JoinPlan, wanted: Wanted) -> list[Any]:  # noqa: ARG002
        found = self._joined.get(join.name, [])
        return found if isinstance(found, list) else [found]

    def lacking(self, join: JoinPlan, wanted: Wanted) -> str:  # noqa: ARG002
        return "" if join.name in self._joined else f"the example has no `with.{join.name}`"


def _differences(rules: Rules, source: Any, example: Example) -> Iterator[Difference]:
    given = {name: nested(value) for name, value in example.joined.items()}
    pool = _Given(given)
    joined = {**rules.joined(source, pool), **given}
    if rules.when is not None:
        columns = rules.tables.column
        if rules.when.holds(source=source, joined=joined, columns=columns) is False:
            yield Difference("when", "a message of this contract", "nothing: `when` leaves it out")
            return
    target = nested(example.target)
    lists = {plan.name: plan for plan in rules.rows}
    for path in _leaves(target, set(lists)):
        if path in lists:
            layout = lay(lists[path], rules.world(source, joined, pool))
            written = read(parse_path(path), target)
            if layout.unknown or layout.strays:
                why = [reason for _, reason in layout.unknown] + [str(s) for s in layout.strays]
                yield Difference(path, "rows", f"nothing: {why[0]}")
                continue
            yield from _rows(path, written, layout.rows, source, target)
            continue
        plan = rules.field(path)
        if plan is None:
            if path not in rules.contract.fields:
                written = shown(read(parse_path(path), target))
                yield Difference(path, written, "nothing: no rule fills it")
            continue
        result = plan.expect(source, target=target, joined=joined)
        yield from _difference(path, plan, result, read(parse_path(path), target))


def _rows(
    path: str, written: Any, made: list[Made], source: Any, target: Any
) -> Iterator[Difference]:
    if not isinstance(written, list):
        yield Difference(path, shown(written), f"{len(made)} rows")
        return
    if len(written) != len(made):
        yield Difference(path, f"{len(written)} rows", f"{len(made)} rows")
        return
    left = list(made)
    for number, row in enumerate(written):
        fitting = next((one for one in left if _pairs(one, row, source, target)), None)
        if fitting is None:
            yield Difference(f"{path}.{number}", "a row", "none with this key")
            continue
        left.remove(fitting)
        for plan in fitting.block.fields:
            if isinstance(row, Mapping) and plan.name in row:
                result = _made(plan, fitting, source, target)
                yield from _difference(f"{path}.{number}.{plan.name}", plan, result, row[plan.name])


def _pairs(made: Made, row: Any, source: Any, target: Any) -> bool:
    """Return whether a written row has the key of a row that is made."""
    if not isinstance(row, Mapping):
        return False
    for plan in made.block.keys:
        result = _made(plan, made, source, target)
        if plan.name in row and list(_difference("", plan, result, row[plan.name])):
            return False
    return True


def _made(plan: FieldPlan, made: Made, source: Any, target: Any) -> Result:
    return plan.expect(source, row=made.value, target=target, joined=made.joined)


def _difference(path: str, plan: FieldPlan, result: Result, written: Any) -> Iterator[Difference]:
    match result:
        case Expected(value=value):
            try:
                agrees = plan.agrees(value, written)
            except Uncomparable:
                agrees = False
            if agrees is False:
                yield Difference(path, shown(written), shown(value))
        case Missing(action=action):
            if not missing(written):
                word = (action or "nothing agreed").replace("_", " ")
                yield Difference(path, shown(written), f"nothing: the source has no value ({word})")
        case Unmapped(action=action, value=value):
            yield Difference(path, shown(written), f"nothing: {value} is not mapped ({action})")
        case _:
            yield Difference(path, shown(written), f"nothing: {result.reason}")


def _leaves(data: Any, lists: set[str], path: str = "") -> Iterator[str]:
    """Yield the paths of the values of an example, lists that the contract maps as one."""
    if path in lists or not isinstance(data, Mapping) or not data:
        yield path
        return
    for key, value in data.items():
        yield from _leaves(value, lists, f"{path}.{key}" if path else str(key))


def nested(data: Any) -> Any:
    """Return a message of an example with its dotted keys taken apart."""
    if isinstance(data, list):
        return [nested(value) for value in data]
    if not isinstance(data, Mapping):
        return data
    apart: dict[str, Any] = {}
    for key, value in data.items():
        *way, last = parse_path(key).parts
        inner = apart
        for part in way:
            deeper = inner.setdefault(part, {})
            inner = deeper if isinstance(deeper, dict) else {}
        held = inner.get(last, ABSENT)
        fresh = nested(value)
        both = isinstance(held, dict) and isinstance(fresh, dict)
        inner[last] = {**held, **fresh} if both else fresh
    return apart
