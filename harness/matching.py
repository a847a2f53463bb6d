"""Which message belongs to which: conditions on bodies, target to source, message to step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.contract import Contract
from harness.history import EventKind, History
from harness.landscape import Landscape
from harness.mapping import ABSENT, Condition, Path, parse_condition, parse_path, read, reader
from harness.messages import Sighting, Sightings, Way, key_text
from harness.rules import Expected, FieldPlan, Reach, Rules, bare_root, reach_of

_BETWEEN = "\x1f"
_KEYLESS = reach_of("source", in_row=False)


def matches(condition: Condition | None, body: Any, *, partial: bool = False) -> bool | None:
    """Return whether a body fulfils a condition; what it holds beside that does not matter.

    A body seen in part cannot decide about a field that it leaves out.
    """
    if condition is None:
        return True
    if partial and any(_unseen(path, body) for path in condition.paths()):
        return None
    return condition.holds(reader(body))


def matches_data(data: Mapping[str, Any] | None, body: Any) -> bool | None:
    """Return whether a body fulfils a condition as it is written in a file."""
    return True if data is None else matches(parse_condition(data), body)


@dataclass(frozen=True, slots=True)
class _Pair:
    target: Path
    source: Reach
    plan: FieldPlan | None

    def of_source(self, body: Any) -> str:
        if self.plan is None:
            return key_text(self.source.read(source=body, row=None, target=None))
        made = self.plan.expect(body)
        return key_text(made.value) if isinstance(made, Expected) else ""


class Correlation:
    """Tells which source message a target message belongs to.

    By ``correlate`` where the contract says so, else by the target's key where a rule fills it,
    else by any target field that the source's key feeds.
    """

    def __init__(self, contract: Contract, landscape: Landscape, rules: Rules) -> None:
        self._pairs = _pairs(contract, landscape, rules)

    @property
    def possible(self) -> bool:
        """Return whether the contract tells at all which messages belong together."""
        return bool(self._pairs)

    @property
    def clauses(self) -> tuple[str, ...]:
        """Return the field clauses whose breach would break the link."""
        return tuple(pair.plan.clause for pair in self._pairs if pair.plan is not None)

    def of_source(self, body: Any) -> str:
        """Return the link text that a target message of this source message carries."""
        return _joined(pair.of_source(body) for pair in self._pairs)

    def of_target(self, body: Any) -> str:
        """Return the link text of a target message; empty when it carries none."""
        return _joined(key_text(read(pair.target, body)) for pair in self._pairs)


@dataclass(frozen=True, slots=True)
class Span:
    """One step of a scenario as it happened: from its tick to the tick of the next one."""

    id: str
    begun: int
    until: int | None
    at: int | None
    verb: str
    of: str | None

    def holds(self, tick: int) -> bool:
        """Return whether a tick lies in the step."""
        return self.begun <= tick and (self.until is None or tick < self.until)


def spans(history: History) -> tuple[Span, ...]:
    """Return the steps of a history in their order; a repeated step appears once per time."""
    events = sorted(history.events(EventKind.STEP), key=lambda event: event.seq)
    ends = [*(event.seq for event in events[1:]), *([None] if events else ())]
    return tuple(
        Span(
            id=str(event.data.get("id", "")),
            begun=event.seq,
            until=end,
            at=event.at,
            verb=str(event.data.get("verb", "")),
            of=event.data.get("of"),
        )
        for event, end in zip(events, ends, strict=True)
    )


def things_of(step: str, steps: Iterable[Span], sightings: Sightings) -> frozenset[tuple[str, str]]:
    """Return message and key of everything that a step brought about on its own.

    That is what systems committed without being called, or meant to tell, while the step lasted;
    effects of calls belong to whoever made the call.
    """
    own = [span for span in steps if span.id == step]
    found = set()
    for message in sightings.messages:
        for sighting in sightings.of(message, Way.COMMITTED, Way.EMITTED):
            uncaused = sighting.way is Way.EMITTED or sighting.cause is None
            if uncaused and any(span.holds(sighting.begun) for span in own):
                found.add((message, sighting.key))
    return frozenset(found)


def same_message(left: Sighting, right: Sighting) -> bool:
    """Return whether two sightings are of the same message."""
    return (left.message, left.key) == (right.message, right.key)


def _pairs(contract: Contract, landscape: Landscape, rules: Rules) -> tuple[_Pair, ...]:
    if contract.correlate:
        return tuple(
            _Pair(
                parse_path(target),
                reach_of(source, in_row=False, bare=bare_root(contract)),
                _fed_by(rules, target, source),
            )
            for target, source in contract.correlate.items()
        )
    try:
        source_key = landscape.message(contract.source).key
        target_key = landscape.message(contract.to).key
    except KeyError:
        return ()
    plan = rules.field(target_key)
    if contract.one_per is not None:
        # What is the same for all elements of a message tells none of them from another.
        own = plan is not None and "element" in plan.reads
        return (_Pair(plan.target, _KEYLESS, plan),) if plan is not None and own else ()
    if plan is None or not plan.sources:
        plan = next(
            (one for one in rules.fields if [r.text for r in one.sources] == [source_key]), None
        )
    if plan is None:
        return ()
    return (_Pair(plan.target, reach_of(source_key, in_row=False), plan),)


def _fed_by(rules: Rules, target: str, source: str) -> FieldPlan | None:
    plan = rules.field(target)
    return plan if plan is not None and plan.rule.sources == (source,) else None


def _joined(texts: Iterable[str]) -> str:
    found = list(texts)
    return _BETWEEN.join(found) if all(found) else ""


def _unseen(path: Path, body: Any) -> bool:
    return not path.many and read(path, body) is ABSENT
