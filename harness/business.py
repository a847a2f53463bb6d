"""What the business feels: release speed, inventory accuracy, landed margin, service level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

MOST_DIFFERENCES: Final = 50
"""How many differences are named; the rest is counted."""
FEWEST_FOR_PERCENTILES: Final = 20
COSTS: Final = ("refund", "goods", "freight", "duty", "fee")


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Speed(_Record):
    """How soon one kind of thing is passed on, against its promise."""

    promise: str = Field(description="The clause, or the flow.")
    count: int
    in_time: int
    limit: int = Field(description="Nanoseconds.")
    p50: int | None
    p95: int | None
    worst: int


class Difference(_Record):
    """One thing of which the two sides do not have the same."""

    contract: str
    scenario: str
    subject: str
    what: str
    there: str
    here: str = Field(description="Empty where the target has nothing.")
    parked: bool = Field(False, description="Whether it lies where somebody looks after it.")


class Accuracy(_Record):
    """How much of what the system of record holds the channel shows alike when all is quiet."""

    contract: str
    equal: int
    compared: int
    parked: int = Field(0, description="Of those that differ, how many somebody looks after.")


class Margin(_Record):
    """What is left of an order's revenue, as each side books it."""

    order: str
    scenario: str
    currency: str
    there: str
    here: str
    difference: str
    parts: dict[str, tuple[str, str]] = Field(description="Each part: the source's, the target's.")
    parked: bool = Field(
        False, description="Whether all that is missing lies where somebody looks after it."
    )


class Service(_Record):
    """How many timed promises about one kind of thing were kept."""

    object: str
    kept: int
    promised: int


class Outcomes(_Record):
    """The four outcomes, measured in every run; they decide nothing by themselves."""

    release_speed: tuple[Speed, ...] = ()
    inventory_accuracy: tuple[Accuracy, ...] = ()
    landed_margin: tuple[Margin, ...] = ()
    service_level: tuple[Service, ...] = ()
    differences: tuple[Difference, ...] = ()
    more_differences: int = 0


Seen = tuple[str, Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]], Sequence[str]]
"""Of one scenario: its name, its measures, its tallies, and the clauses of what was lost."""


def outcomes_of(
    seen: Iterable[Seen], *, objects: Mapping[str, str], flows: Iterable[str] = ()
) -> Outcomes:
    """Return the outcomes of all scenarios; ``objects`` tells what each contract moves.

    Release speed is that of orders, and of whole flows. Of a message that was lost there is no
    time; it counts as a promise that was not kept.
    """
    measures: list[Mapping[str, Any]] = []
    tallies: list[tuple[str, Mapping[str, Any]]] = []
    lost: list[str] = []
    for name, measured, counted, gone in seen:
        measures += measured
        tallies += [(name, one) for one in counted]
        lost += gone
    chains = {f"{flow}#delivered" for flow in flows}
    different = [_difference(name, one) for name, one in tallies if not _equal(one)]
    return Outcomes(
        release_speed=tuple(_speeds(measures, objects, chains)),
        inventory_accuracy=tuple(_accuracy(tallies)),
        landed_margin=tuple(_margins(tallies)),
        service_level=tuple(_service(measures, lost, objects, chains)),
        differences=tuple(different[:MOST_DIFFERENCES]),
        more_differences=max(len(different) - MOST_DIFFERENCES, 0),
    )


def _speeds(
    measures: Iterable[Mapping[str, Any]], objects: Mapping[str, str], chains: set[str]
) -> Iterable[Speed]:
    groups: dict[tuple[str, int], list[int]] = defaultdict(list)
    for one in measures:
        contract, _, path = str(one["clause"]).partition("#")
        released = path == "timing.delivered" and objects.get(contract) == "orders"
        if released or one["clause"] in chains:
            groups[one["clause"], one["limit"]].append(one["value"])
    for (clause, limit), values in sorted(groups.items()):
        ordered = sorted(values)
        yield Speed(
            promise=clause,
            count=len(ordered),
            in_time=sum(value <= limit for value in ordered),
            limit=limit,
            p50=percentile(ordered, 50),
            p95=percentile(ordered, 95),
            worst=ordered[-1],
        )


def _accuracy(tallies: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterable[Accuracy]:
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for _, one in tallies:
        if one["about"] == "inventory_accuracy":
            groups[one["contract"]].append(one)
    for contract, found in sorted(groups.items()):
        different = [one for one in found if not _equal(one)]
        yield Accuracy(
            contract=contract,
            equal=len(found) - len(different),
            compared=len(found),
            parked=sum(_parked(one) for one in different),
        )


def _margins(tallies: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterable[Margin]:
    groups: dict[tuple[str, str, str], dict[str, tuple[Decimal, Decimal]]] = defaultdict(dict)
    looked_after: dict[tuple[str, str, str], bool] = {}
    for name, one in tallies:
        if one["about"] != "landed_margin":
            continue
        key = name, one["subject"], one["currency"]
        parts = groups[key]
        if not _equal(one):
            looked_after[key] = looked_after.get(key, True) and _parked(one)
        there, here = parts.get(one["what"], (Decimal(0), Decimal(0)))
        parts[one["what"]] = there + Decimal(one["there"]), here + Decimal(one["here"] or 0)
    for (name, order, currency), parts in sorted(groups.items()):
        there = sum((_signed(what, pair[0]) for what, pair in parts.items()), Decimal(0))
        here = sum((_signed(what, pair[1]) for what, pair in parts.items()), Decimal(0))
        yield Margin(
            order=order,
            scenario=name,
            currency=currency,
            there=str(there),
            here=str(here),
            difference=str(here - there),
            parts={what: (str(left), str(right)) for what, (left, right) in sorted(parts.items())},
            parked=looked_after.get((name, order, currency), False),
        )


def _service(
    measures: Iterable[Mapping[str, Any]],
    lost: Iterable[str],
    objects: Mapping[str, str],
    chains: set[str],
) -> Iterable[Service]:
    kept: dict[str, int] = defaultdict(int)
    promised: dict[str, int] = defaultdict(int)
    for one in measures:
        about = _object(one["clause"], objects, chains)
        promised[about] += 1
        kept[about] += one["value"] <= one["limit"]
    for clause in lost:
        promised[_object(clause, objects, chains)] += 1
    for about in sorted(promised):
        yield Service(object=about, kept=kept[about], promised=promised[about])


def _object(clause: str, objects: Mapping[str, str], chains: set[str]) -> str:
    return "whole flows" if clause in chains else objects.get(clause.partition("#")[0], "other")


def _signed(what: str, value: Decimal) -> Decimal:
    return -value if what in COSTS else value


def _parked(one: Mapping[str, Any]) -> bool:
    return one.get("parked") is True


def _equal(one: Mapping[str, Any]) -> bool:
    if one["here"] is None:
        # To book nothing is the same as to book no money; to show no stock is not.
        return bool(one["about"] == "landed_margin" and Decimal(one["there"]) == 0)
    try:
        return Decimal(one["here"]) == Decimal(one["there"])
    except ArithmeticError:
        return bool(one["here"] == one["there"])


def _difference(name: str, one: Mapping[str, Any]) -> Difference:
    return Difference(
        contract=one["contract"],
        scenario=name,
        subject=one["subject"],
        what=one["what"],
        there=one["there"],
        here=one["here"] or "",
        parked=_parked(one),
    )


def percentile(ordered: Sequence[int], share: int) -> int | None:
    """Return the nearest-rank percentile of values in order; of too few, None."""
    if len(ordered) < FEWEST_FOR_PERCENTILES:
        return None
    return ordered[-(-len(ordered) * share // 100) - 1]
