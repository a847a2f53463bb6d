"""The smallest checkable promises, and how a contract comes to make them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.contract.beyond import StateRule
from harness.contract.delivery import Retry
from harness.contract.fields import FieldRule, RowBlock, RowRule, ValueMap
from harness.contract.timing import Timing
from harness.contract.words import ROLES, Family, SeverityWord
from harness.mapping import parse_condition, shown
from harness.plurals import counted
from harness.timing import show_duration

if TYPE_CHECKING:
    from harness.contract.agreement import Contract


@dataclass(frozen=True, slots=True)
class Clause:
    """The smallest checkable promise.

    ``path`` is its literal YAML path; ``attested`` clauses leave no trace at the seam and are
    signed by a named person. ``owner`` is the team that acts when it is broken.
    """

    contract: str
    path: str
    family: Family
    kind: str
    severity: SeverityWord
    owner: str
    text: str
    would_prove: str
    attested: bool = False
    file: str = ""
    line: int = 0

    @property
    def id(self) -> str:
        """Return the stable id, ``contract#path``."""
        return f"{self.contract}#{self.path}"

    @property
    def place(self) -> str:
        """Return ``file:line``, or an empty text when the contract came from no file."""
        return f"{self.file}:{self.line}" if self.file else ""


@dataclass(frozen=True, slots=True)
class Promise:
    """A clause before it knows its contract, its file and the team behind its role."""

    path: str
    kind: str
    family: Family
    text: str
    would_prove: str
    severity: SeverityWord = "major"
    role: str = "integration"
    attested: bool = False


def promises(contract: Contract) -> Iterator[Promise]:
    """Yield what a contract promises, in the order in which it is reported."""
    yield from _delivery_promises(contract)
    yield from _field_promises(contract)
    yield from _timing_promises(contract)
    yield from _failure_promises(contract)
    yield from _owner_promises(contract)


def _delivery_promises(contract: Contract) -> Iterator[Promise]:
    source, target = contract.source, contract.to
    if contract.when is not None:
        yield Promise(
            "when.promised",
            "when.promised",
            "delivery",
            f"every {source} that fulfils `when` is sent to {target}",
            f"a {source} that fulfils `when`, accepted as {target}",
            severity="blocker",
        )
        yield Promise(
            "when.withheld",
            "when.withheld",
            "delivery",
            f"no {source} that does not fulfil `when` is sent to {target}",
            f"a {source} that does not fulfil `when`, and a history that goes on past its deadline",
            severity="blocker",
        )
    yield Promise(
        "expect",
        "expect",
        "delivery",
        f"{contract.expect.replace('_', ' ')} {target} for each {source}",
        f"a {source} whose {target} was accepted, after a repeat or a lost answer",
        severity="blocker",
    )
    if contract.updates is not None:
        yield Promise(
            "updates",
            "updates",
            "delivery",
            f"the target shows {_shown_version(contract.updates.show)}",
            f"a {source} that changes again after it was accepted",
        )
    yield from _order_promises(contract)
    if contract.receive is not None:
        if contract.receive.delivery == "at_least_once":
            yield Promise(
                "receive.delivery",
                "receive.delivery",
                "delivery",
                "an event that comes twice counts once",
                "a delivery that is repeated",
                severity="blocker",
            )
        if contract.receive.bad_signature is not None:
            yield Promise(
                "receive.bad_signature",
                "receive.bad_signature",
                "delivery",
                "a webhook with a wrong signature is refused and has no effect",
                "a webhook with a wrong signature",
                severity="blocker",
            )
    if contract.idempotency is not None:
        yield Promise(
            "idempotency",
            "idempotency",
            "delivery",
            f"each request carries {contract.idempotency.carrier}, the same for the same "
            + ", ".join(contract.idempotency.key)
            if contract.idempotency.header
            else f"each request carries {contract.idempotency.carrier}, by which it is known again",
            "a request that was repeated, and one with another key",
            severity="blocker",
        )
        if contract.idempotency.remembered is not None or contract.idempotency.header is None:
            yield Promise(
                "idempotency.remembered",
                "idempotency.remembered",
                "delivery",
                "the target answers a repeated key without doing the work twice",
                "a repeated request whose first answer was lost",
                role="target",
            )
    if contract.retry is not None:
        yield from _retry_promises(contract.retry)


def _shown_version(show: str) -> str:
    return "every version, each once" if show == "every" else f"the {show} version"


def _order_promises(contract: Contract) -> Iterator[Promise]:
    if contract.guard is not None:
        yield Promise(
            "guard",
            "guard",
            "delivery",
            f"{contract.source} is read again at most {show_duration(contract.guard.seen_within)} "
            "before a request is sent",
            f"an accepted {contract.to}, and a read of {contract.source} shortly before it",
        )
    if contract.after is not None:
        yield Promise(
            "after",
            "after",
            "delivery",
            f"not before {contract.after} was accepted",
            f"an accepted {contract.to}, and the {contract.after} before it",
        )
    for name, join in contract.with_.items():
        yield Promise(
            f"with.{name}",
            "join",
            "delivery",
            f"{'one' if join.one else 'every'} {join.name} that belongs to it is known "
            "before it is sent",
            f"an accepted {contract.to} whose {join.name} were seen completely",
        )


def _retry_promises(retry: Retry) -> Iterator[Promise]:
    yield Promise(
        "retry.on",
        "retry.on",
        "delivery",
        "these outcomes are tried again, no others: " + ", ".join(retry.on),
        "a call that ended in one of these outcomes, and one that was refused for good",
    )
    yield Promise(
        "retry.attempts",
        "retry.attempts",
        "delivery",
        f"at most {counted(retry.attempts, 'call')}, and no fewer while the outcome may be retried",
        "calls that keep failing until the last attempt",
    )
    yield Promise(
        "retry.wait",
        "retry.wait",
        "delivery",
        "the waits between calls grow as agreed",
        "a call that was tried again without a Retry-After",
    )
    if retry.obey_retry_after:
        yield Promise(
            "retry.obey_retry_after",
            "retry.obey_retry_after",
            "delivery",
            "a Retry-After of the target is obeyed",
            "an answer with Retry-After, and a call after it",
        )
    if retry.give_up_after is not None:
        yield Promise(
            "retry.give_up_after",
            "retry.give_up_after",
            "delivery",
            "no call later than that after the first",
            "calls that stop because of the time although attempts are left",
        )


def _field_promises(contract: Contract) -> Iterator[Promise]:
    for target, rule in contract.fields.items():
        if isinstance(rule, RowRule):
            yield from _row_promises(target, rule)
        else:
            yield from _rule_promises(f"fields.{target}", target, rule)
    for name, value_map in contract.maps.items():
        yield from _map_promises(name, value_map)
    for name, total in contract.sums.items():
        relation = " = " if total.equals is not None else " <= "
        yield Promise(
            f"sums.{name}",
            "sum",
            "fields",
            " + ".join(total.add).replace("+ -", "- ")
            + relation
            + " + ".join(total.other_side).replace("+ -", "- "),
            "an accepted message in which all terms are known",
            severity=total.severity,
        )
    for name, state in contract.state.items():
        yield Promise(
            f"state.{name}",
            "state",
            "fields",
            f"{state.what} {_demand(state)}, {state.when}",
            "a history in which the systems say what they hold",
            severity=state.severity,
            role=state.owner or "integration",
        )
    for name, check in contract.checks.items():
        yield Promise(
            f"checks.{name}",
            "check",
            "fields",
            check.says or f"what {check.run} looks at is as it should be",
            f"a history in which {check.run} names an exchange that shows it",
            severity=check.severity,
            role=check.owner,
        )


def _demand(state: StateRule) -> str:
    if state.moves is not None:
        return "only moves forward"
    if state.is_ is not None:
        return f"is {state.is_}"
    if state.at_most is not None:
        return f"is at most {state.at_most}"
    return f"is at least {state.at_least}"


def _row_promises(target: str, rule: RowRule) -> Iterator[Promise]:
    paired = ", paired by " + ", ".join(rule.match_by)
    source = f"each row of {rule.each}" if rule.each else "what its blocks say, and no other row"
    yield Promise(
        f"fields.{target}",
        "rows",
        "fields",
        f"one row of {target} for {source}" + paired
        if rule.each
        else f"the rows of {target} are {source}{paired}",
        f"an accepted message with rows in {target}",
        severity=rule.severity,
    )
    for name, inner in rule.fields.items():
        yield from _rule_promises(f"fields.{target}.{name}", name, inner)
    for name, block in rule.rows.items():
        path = f"fields.{target}.{name}"
        yield Promise(
            path,
            "rows.block",
            "fields",
            _block_text(target, block),
            f"an accepted message whose source has a row of {name}",
            severity=block.severity,
        )
        for field, inner in block.fields.items():
            yield from _rule_promises(f"{path}.{field}", field, inner)


def _block_text(target: str, block: RowBlock) -> str:
    rows = "the message itself" if block.each is None else f"each row of {block.each}"
    which = f" where {parse_condition(block.where)}" if block.where is not None else ""
    if block.drop is not None:
        return f"{rows}{which} makes no row of {target}: {block.drop}"
    grouped = f", taken together by {', '.join(block.group_by)}" if block.group_by else ""
    return f"{rows}{which} makes a row of {target}{grouped}"


def _rule_promises(path: str, target: str, rule: FieldRule) -> Iterator[Promise]:
    if rule.checked_by is not None or rule.set_by is not None:
        return
    unlike = f", where {rule.unlike} differs" if rule.unlike else ""
    role = rule.owner or "integration"
    yield Promise(
        path,
        "field",
        "fields",
        f"{target} {_origin(rule)}",
        f"an accepted message whose source has a value{unlike}",
        severity=rule.severity,
        role=role,
    )
    if rule.if_missing is not None:
        yield Promise(
            f"{path}.if_missing",
            "field.if_missing",
            "fields",
            f"without {' and '.join(rule.sources) or 'a value'}: {rule.if_missing}",
            "a promised message whose source has no value",
            severity=rule.severity,
            role=role,
        )


def _origin(rule: FieldRule) -> str:
    through = f" through map {rule.map}" if rule.map else ""
    if rule.expression is not None:
        return f"is what `{rule.expression}` makes of it{through}"
    if rule.source is None:
        return f"is always {shown(rule.fixed)}"
    using = f" using {rule.using}" if rule.using else ""
    return f"comes from {' and '.join(rule.sources)}{through}{using}"


def _map_promises(name: str, value_map: ValueMap) -> Iterator[Promise]:
    for source, target in value_map.pairs.items():
        yield Promise(
            f"maps.{name}.{source}",
            "map.pair",
            "fields",
            f"{source} becomes {target}",
            f"an accepted message whose source value is {source}",
        )
    if "if_unmapped" in value_map.model_fields_set:
        yield Promise(
            f"maps.{name}.if_unmapped",
            "map.if_unmapped",
            "fields",
            f"a value that is not listed: {value_map.if_unmapped}",
            "a promised message whose source value is not listed",
        )
    if "if_missing" in value_map.model_fields_set:
        yield Promise(
            f"maps.{name}.if_missing",
            "map.if_missing",
            "fields",
            f"no value: {value_map.if_missing}",
            "a promised message without a source value",
        )


def _timing_promises(contract: Contract) -> Iterator[Promise]:
    if contract.receive is not None and contract.receive.answered is not None:
        yield Promise(
            "receive.answered",
            "receive.answered",
            "timing",
            "the integration answers a webhook in time",
            "a webhook that was answered",
        )
    if contract.receive is not None and contract.receive.every is not None:
        yield Promise(
            "receive.every",
            "receive.every",
            "timing",
            f"the source is asked every {show_duration(contract.receive.every)}",
            "two polls that follow each other, with times",
        )
    timing = contract.timing
    if timing is None:
        return
    if timing.delivered is not None:
        yield Promise(
            "timing.delivered",
            "timing.delivered",
            "timing",
            "every message is accepted before the last limit",
            "a message accepted by the target, with times",
            severity="blocker",
        )
        if timing.delivered.share is not None:
            needed = -(-1 // (1 - timing.delivered.share))
            yield Promise(
                "timing.delivered.share",
                "timing.delivered.share",
                "timing",
                "the agreed share of messages is accepted in time",
                f"at least {needed} messages in one history that no fault touched",
            )
    if timing.response is not None:
        yield Promise(
            "timing.response",
            "timing.response",
            "timing",
            "the target answers a call in time",
            "a call that was answered, with times",
            role="target",
        )
    yield from _regular_promises(timing)


def _regular_promises(timing: Timing) -> Iterator[Promise]:
    if timing.cutoff is not None:
        cutoff = timing.cutoff
        yield Promise(
            "timing.cutoff",
            "timing.cutoff",
            "timing",
            f"what is seen before {cutoff.seen_before} is accepted by {cutoff.accepted_by} "
            f"({cutoff.zone})",
            "a message that was seen on a day before the cut-off and accepted in time",
            severity="blocker",
        )
    if timing.fresh is not None:
        yield Promise(
            "timing.fresh",
            "timing.fresh",
            "timing",
            f"what the target shows is never older than {show_duration(timing.fresh.max_age)}",
            "a source that changes after the target took its message, and the message that follows",
        )
    if timing.every is not None:
        yield Promise(
            "timing.every",
            "timing.every",
            "timing",
            f"something is sent every {show_duration(timing.every.each)}, or somebody is told",
            "a silence that is longer than the interval, and whoever was told of it",
        )
    if timing.recovered is not None:
        yield Promise(
            "timing.recovered",
            "timing.recovered",
            "timing",
            f"a lost event is found within {show_duration(timing.recovered.fail)}",
            "an event that no webhook brought, and the message that was accepted all the same",
        )


def _failure_promises(contract: Contract) -> Iterator[Promise]:
    for outcome, rule in contract.failures.items():
        told = f", {rule.tell} is told" if rule.tell else ""
        yield Promise(
            f"failures.{outcome}",
            "failure",
            "failures",
            f"{outcome}: {rule.then.replace('_', ' ')}{told}",
            f"a call that ends in {outcome}"
            if outcome != "otherwise"
            else "a call that fails for good in a way no other row names",
            severity=rule.severity,
        )
    parked = contract.parked
    if parked is None:
        return
    yield Promise(
        "parked.to",
        "parked.to",
        "failures",
        f"what cannot be delivered is shown as {parked.to}",
        "a message that was parked",
    )
    if parked.alarm_over is not None:
        yield Promise(
            "parked.alarm_over",
            "parked.alarm_over",
            "failures",
            f"somebody is alarmed when more than {parked.alarm_over} are parked",
            f"a history with more than {parked.alarm_over} parked messages",
        )
    for word, said in {
        "keep": "parked messages are kept that long",
        "replay_by": f"{parked.replay_by} sends parked messages again",
    }.items():
        if getattr(parked, word) is not None:
            yield Promise(
                f"parked.{word}",
                "attested",
                "failures",
                said,
                "a named person who signs it in readiness.yaml under `attested`",
                role="business",
                attested=True,
            )


def _owner_promises(contract: Contract) -> Iterator[Promise]:
    owners = contract.owners
    yield Promise(
        "owners",
        "attested",
        "owners",
        "the owners know of it: " + ", ".join(f"{role} {owners.team(role)}" for role in ROLES),
        "a named person who signs it in readiness.yaml under `attested`",
        role="business",
        attested=True,
    )
    if owners.escalation:
        yield Promise(
            "owners.escalation",
            "attested",
            "owners",
            "nobody acts: "
            + ", then ".join(f"{step.to} by {step.via}" for step in owners.escalation),
            "a named person who signs it in readiness.yaml under `attested`",
            role="business",
            attested=True,
        )
