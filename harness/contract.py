"""What two systems agreed on, one direction, one message to another; and its clauses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from harness.declaration import Declaration
from harness.mapping import parse_condition, parse_path, parse_pipe, shown
from harness.timing import Duration

Family = Literal["fields", "timing", "delivery", "failures", "owners"]
FAMILIES: tuple[Family, ...] = ("fields", "timing", "delivery", "failures", "owners")
SeverityWord = Literal["blocker", "major", "minor", "note"]
Role = Literal["business", "source", "target", "integration"]
Action = Literal["retry", "renew_and_retry", "park", "skip", "treat_as_success", "stop"]
WhenMissing = Literal["park", "fail", "leave_out"]


def _path(text: str) -> str:
    parse_path(text)
    return text


def _pipe(text: str) -> str:
    parse_pipe(text)
    return text


def _condition(data: Mapping[str, Any]) -> Mapping[str, Any]:
    parse_condition(data)
    return data


def _term(text: str) -> str:
    parse_path(text.removeprefix("-"))
    return text


def _share(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d{1,2}(\.\d+)?%", value):
        return Fraction(Decimal(value[:-1])) / 100
    if isinstance(value, Fraction) and 0 < value < 1:
        return value
    raise ValueError(f"{value!r} is not a share; write a percentage below 100 such as `99%`")


def _response_status(text: str) -> str:
    if text == "otherwise" or re.fullmatch(r"[1-5](\d\d|xx)|timeout|no_connection", text):
        return text
    if re.fullmatch(r"[a-z][a-z0-9_]*", text):
        return text
    raise ValueError(
        f"{text!r} is not an outcome; write a status (`422`), a class (`5xx`), `timeout`, "
        "`no_connection`, a named answer of the target, or `otherwise`"
    )


PathText = Annotated[str, AfterValidator(_path)]
PipeText = Annotated[str, AfterValidator(_pipe)]
ConditionData = Annotated[dict[str, Any], AfterValidator(_condition)]
Term = Annotated[str, AfterValidator(_term)]
Share = Annotated[
    Fraction,
    BeforeValidator(_share),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,2}(\.\d+)?%$", "examples": ["99%"]}),
]
Outcome = Annotated[str, AfterValidator(_response_status)]
Version = Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]


class Step(Declaration):
    """One rung of an escalation."""

    after: Duration = Field(description="How long nobody has acted.")
    to: str = Field(description="The team to call.")
    via: str = Field(description="How they are called: `pager`, `phone`, `mail`.")


class Owners(Declaration):
    """Who answers for what; every name stands in teams.yaml."""

    business: str = Field(description="The team that wants the flow and decides about it.")
    source: str = Field(description="The team of the sending system.")
    target: str = Field(description="The team of the receiving system.")
    integration: str = Field(description="The team of the code between the two.")
    escalation: tuple[Step, ...] = Field((), description="Who is called when nobody acts.")

    def team(self, role: str) -> str:
        """Return the team behind a role; any other word is a team already."""
        return str(getattr(self, role)) if role in _ROLES else role


_ROLES = ("business", "source", "target", "integration")


class FieldRule(Declaration):
    """How one target field comes about."""

    source: PathText | tuple[PathText, ...] | None = Field(
        None, alias="from", description="The source field, or several that are put together."
    )
    using: PipeText | None = Field(
        None, description="Transforms, as in `to_decimal | round 2 half_up`."
    )
    map: str | None = Field(None, description="The value map that translates the value.")
    fixed: Any = Field(None, description="The value that is always sent.")
    set_by: Literal["target"] | None = Field(None, description="The receiver fills the field.")
    checked_by: str | None = Field(
        None, description="The clause that checks it, such as `sums.tax`."
    )
    unlike: PathText | None = Field(
        None,
        description="The source field it is easily mixed up with; proven only where they differ.",
    )
    if_missing: WhenMissing | None = Field(
        None, description="What happens when the source has no value: `park`, `fail`, `leave_out`."
    )
    tolerance: Decimal | None = Field(None, description="The largest difference that is accepted.")
    severity: SeverityWord = Field("major", description="How much a breach hurts.")
    owner: str | None = Field(None, description="The role or team that answers for this field.")
    not_yet: ClassVar[Mapping[str, str]] = {
        "expression": "a sandboxed expression",
        "lookup": "a look-up in another message",
    }

    @model_validator(mode="after")
    def _one_origin(self) -> FieldRule:
        given = [
            word
            for word, present in {
                "from": self.source is not None,
                "fixed": "fixed" in self.model_fields_set,
                "set_by": self.set_by is not None,
                "checked_by": self.checked_by is not None,
            }.items()
            if present
        ]
        if len(given) != 1:
            said = " and ".join(f"`{word}`" for word in given) or "none"
            raise ValueError(
                f"a field has exactly one of `from`, `fixed`, `set_by`, `checked_by`; here: {said}"
            )
        if self.source is None:
            extra = sorted(self.model_fields_set & {"using", "map", "unlike", "if_missing"})
            if extra:
                raise ValueError(f"`{extra[0]}` goes with `from` only")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the source paths that the rule reads."""
        if self.source is None:
            return ()
        return (self.source,) if isinstance(self.source, str) else self.source


class RowRule(Declaration):
    """How the rows of a list come about: one target row for each source row, paired by key."""

    match_by: tuple[PathText, ...] = Field(
        min_length=1, description="The target fields that tell one row from another."
    )
    each: PathText = Field(description="The source list whose rows are mapped.")
    fields: dict[PathText, FieldRule] = Field(
        min_length=1, description="The rules of a row; bare paths start at the source row."
    )
    severity: SeverityWord = Field("blocker", description="How much a lost or extra row hurts.")
    not_yet: ClassVar[Mapping[str, str]] = {"rows": "named row blocks", "group_by": "grouped rows"}

    @model_validator(mode="after")
    def _keys_are_mapped(self) -> RowRule:
        for key in self.match_by:
            if key not in self.fields:
                raise ValueError(f"`match_by` names `{key}`, which no rule of `fields` fills")
        return self


def _rule_kind(data: Any) -> str:
    if isinstance(data, RowRule) or (
        isinstance(data, Mapping) and {"each", "match_by", "rows"} & set(data)
    ):
        return "rows"
    return "field"


Rule = Annotated[
    Annotated[FieldRule, Tag("field")] | Annotated[RowRule, Tag("rows")],
    Discriminator(_rule_kind),
]


class ValueMap(Declaration):
    """Which source value becomes which target value."""

    pairs: dict[str, Any] = Field(min_length=1, description="Source value to target value.")
    lossy: tuple[str, ...] = Field(
        (), description="Source values that share a target value on purpose."
    )
    if_unmapped: Literal["park", "fail", "keep"] = Field(
        "park", description="What happens to a value that is not listed."
    )
    if_missing: WhenMissing = Field("fail", description="What happens when there is no value.")

    @model_validator(mode="after")
    def _lossy_is_said(self) -> ValueMap:
        by_target: dict[str, list[str]] = {}
        for source, target in self.pairs.items():
            by_target.setdefault(str(target), []).append(source)
        for sources in by_target.values():
            unsaid = [source for source in sources if source not in self.lossy]
            if len(sources) > 1 and len(unsaid) > 1:
                raise ValueError(
                    f"{', '.join(sources)} become the same value; list all but one under `lossy`"
                )
        return self


class Sum(Declaration):
    """An exact equation between amounts."""

    add: tuple[Term, ...] = Field(
        min_length=1, description="Terms; a leading minus subtracts. Bare paths are target fields."
    )
    equals: tuple[Term, ...] = Field(min_length=1, description="The terms they must equal.")
    tolerance: Decimal = Field(Decimal(0), description="The largest difference that is accepted.")
    when: ConditionData | None = Field(None, description="The condition under which it holds.")
    severity: SeverityWord = Field("blocker", description="How much a breach hurts.")
    not_yet: ClassVar[Mapping[str, str]] = {
        "per": "a sum for each group",
        "at_most": "an upper bound in place of an equation",
    }


class Bound(Declaration):
    """A time limit in two steps."""

    warn: Duration | None = Field(None, description="From here on the report warns.")
    fail: Duration = Field(description="From here on the promise is broken.")


class Delivered(Bound):
    """How long until the target has accepted the message."""

    share: Share | None = Field(None, description="The share that must keep `fail`, as in `99%`.")
    never_over: Duration | None = Field(
        None, description="The limit that binds every message; `fail` when absent."
    )

    @model_validator(mode="after")
    def _share_needs_a_ceiling(self) -> Delivered:
        if self.share is not None and self.never_over is None:
            raise ValueError("`share` leaves some messages unbounded; say `never_over` as well")
        if self.never_over is not None and self.never_over < self.fail:
            raise ValueError("`never_over` is shorter than `fail`")
        return self

    @property
    def ceiling(self) -> int:
        """Return the limit that binds every message, in nanoseconds."""
        return self.fail if self.never_over is None else self.never_over


class Timing(Declaration):
    """What was promised about time, on the leg from the integration to the target."""

    delivered: Delivered | None = Field(
        None, description="Source event to acceptance by the target."
    )
    response: Bound | None = Field(None, description="One call to the target.")
    not_yet: ClassVar[Mapping[str, str]] = {
        "fresh": "the age of a shown value",
        "every": "a regular run",
        "cutoff": "a deadline on the clock",
        "recovered": "recovery by reconciliation",
    }


class Receive(Declaration):
    """What was promised on the leg from the source to the integration."""

    style: Literal["webhook", "poll"] = Field(description="How the integration learns of it.")
    answered: Bound | None = Field(None, description="How soon a webhook is answered.")
    delivery: Literal["at_least_once", "at_most_once"] | None = Field(
        None, description="`at_least_once`: the same event may come twice and must count once."
    )
    bad_signature: Literal["refuse"] | None = Field(
        None, description="`refuse`: a webhook with a wrong signature is refused and has no effect."
    )
    not_yet: ClassVar[Mapping[str, str]] = {"every": "how often it polls"}


class Idempotency(Declaration):
    """How the target tells a repeated request from a new one."""

    key: tuple[PathText, ...] = Field(min_length=1, description="The target fields it is made of.")
    sent_as: Annotated[str, Field(pattern=r"^header [A-Za-z0-9-]+$")] = Field(
        description="Where it travels: `header NAME`."
    )
    remembered: Duration | None = Field(None, description="How long the target remembers it.")

    @property
    def header(self) -> str:
        """Return the name of the header."""
        return self.sent_as.removeprefix("header ")


class Wait(Declaration):
    """How long to wait between attempts: first, times factor, up to max."""

    first: Duration = Field(description="The wait before the second attempt.")
    factor: Decimal = Field(Decimal(1), ge=1, description="What each wait is multiplied by.")
    max: Duration | None = Field(None, description="The longest wait.")
    jitter: Literal["none", "equal", "full"] = Field(
        "none",
        description="How much of a wait is random: `none`, `equal` (its second half) or `full`.",
    )

    def before(self, attempt: int) -> tuple[int, int]:
        """Return the shortest and longest wait before that attempt (2 is the first retry)."""
        wait = int(self.first * self.factor ** (attempt - 2))
        wait = wait if self.max is None else min(wait, self.max)
        shortest = {"none": wait, "equal": wait // 2, "full": 0}[self.jitter]
        return shortest, wait


class Retry(Declaration):
    """How often and how patiently a call is repeated."""

    attempts: int = Field(ge=1, description="How many calls at the most, the first included.")
    wait: Wait = Field(description="The waits between them.")
    give_up_after: Duration | None = Field(
        None, description="When to stop, counted from the first."
    )
    obey_retry_after: bool = Field(False, description="Whether the target's Retry-After wins.")
    on: tuple[Outcome, ...] = Field(min_length=1, description="The outcomes that are retried.")


class FailureRule(Declaration):
    """What is done about one kind of failure, and who is told."""

    means: str = Field("", description="What it means, in words.")
    then: Action = Field(description="What the integration does.")
    tell: str | None = Field(None, description="The role or team that is told.")
    within: Duration | None = Field(None, description="How soon they are told.")
    severity: SeverityWord = Field("major", description="How much a breach hurts.")
    not_yet: ClassVar[Mapping[str, str]] = {"attempts": "a retry count of its own"}

    @model_validator(mode="after")
    def _told_in_time(self) -> FailureRule:
        if self.within is not None and self.tell is None:
            raise ValueError("`within` says how soon somebody is told; say whom with `tell`")
        return self


class Parked(Declaration):
    """What becomes of messages that cannot be delivered."""

    to: str = Field(description="The message of an alerting system that shows them.")
    replay_by: str | None = Field(None, description="The team that sends them again.")
    keep: Duration | None = Field(None, description="How long they are kept.")
    alarm_over: int | None = Field(None, description="From how many on somebody is alarmed.")


class Updates(Declaration):
    """What happens when the source changes again."""

    by: PathText = Field(description="The field that orders the versions.")
    show: Literal["first", "latest"] = Field(description="The version that the target must show.")


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


class Contract(Declaration):
    """One agreement: which message becomes which, how soon, what on failure, who answers."""

    contract: str = Field(description="Its id.", pattern=r"^[a-z][a-z0-9-]*$")
    version: Version = Field(description="Its version, as `1.2.0`.")
    status: Literal["proposed", "agreed", "live", "retired"] = Field(
        description="`agreed` and `live` block a launch; `proposed` is shown and counted only."
    )
    summary: str = Field(description="What it is for, in one sentence.")
    source: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")] = Field(
        alias="from", description="The source message, `system.message`."
    )
    to: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")] = Field(
        description="The target message, `system.message`."
    )
    object: Literal["orders", "inventory", "tracking", "sku", "billing"] = Field(
        description="What kind of thing moves."
    )
    owners: Owners = Field(description="Who answers for what.")
    when: ConditionData | None = Field(None, description="Which source messages are promised.")
    expect: Literal["one", "one_or_more", "at_most_one", "none"] = Field(
        "one", description="How many target messages one source message makes."
    )
    updates: Updates | None = Field(None, description="What happens when the source changes again.")
    correlate: dict[PathText, PathText] | None = Field(
        None, description="Target field to source field, where the key alone does not tell."
    )
    fields: dict[PathText, Rule] = Field(
        min_length=1, description="One rule for each target field."
    )
    not_mapped: dict[PathText, str] = Field(
        default_factory=dict, description="Source fields that are left out, each with a reason."
    )
    maps: dict[str, ValueMap] = Field(default_factory=dict, description="Value maps.")
    sums: dict[str, Sum] = Field(default_factory=dict, description="Exact sums.")
    receive: Receive | None = Field(None, description="The leg from the source.")
    timing: Timing | None = Field(None, description="The leg to the target.")
    idempotency: Idempotency | None = Field(None, description="How repeats are told apart.")
    retry: Retry | None = Field(None, description="How calls are repeated.")
    failures: dict[Outcome, FailureRule] = Field(
        default_factory=dict, description="What is done about each kind of failure."
    )
    parked: Parked | None = Field(None, description="What becomes of what cannot be delivered.")

    not_yet: ClassVar[Mapping[str, str]] = {
        "examples": "examples that are tried out",
        "sent_by": "which integration makes the call",
        "guard": "a fresh read before writing",
        "after": "not before another message was accepted",
        "with": "joins to other messages and tables",
        "one_per": "several target messages for one source message",
        "state": "promises about what systems hold",
        "checks": "checks written in Python",
        "defaults": "shared defaults",
        "like": "another contract as the model",
    }

    _file: str = PrivateAttr("")
    _lines: Mapping[str, int] = PrivateAttr(default_factory=dict)
    _known: tuple[Clause, ...] | None = PrivateAttr(None)

    @field_validator("failures", mode="before")
    @classmethod
    def _status_keys_are_text(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {str(key): rule for key, rule in value.items()}
        return value

    def located(self, file: str, lines: Mapping[str, int]) -> Contract:
        """Return the contract with the file it came from and the line of each clause path."""
        copy = self.model_copy()
        copy._file = file
        copy._lines = dict(lines)
        copy._known = None
        return copy

    @property
    def file(self) -> str:
        """Return the file it was read from, or an empty text."""
        return self._file

    @property
    def blocking(self) -> bool:
        """Return whether its clauses stand between the launch and its GO."""
        return self.status in ("agreed", "live")

    @property
    def systems(self) -> tuple[str, str]:
        """Return the two systems, source first."""
        return self.source.partition(".")[0], self.to.partition(".")[0]

    def clauses(self) -> tuple[Clause, ...]:
        """Return every clause in the order of the file; ids are unique and stable."""
        if self._known is None:
            self._known = tuple(self._clauses())
        return self._known

    def clause(self, path: str) -> Clause:
        """Return the clause at that path; KeyError when the contract makes no such promise."""
        for clause in self.clauses():
            if clause.path == path:
                return clause
        raise KeyError(f"{self.contract}#{path}")

    def _line(self, path: str) -> int:
        while path not in self._lines and "." in path:
            path = path.rpartition(".")[0]
        return self._lines.get(path, 1 if self._file else 0)

    def _clauses(self) -> Iterator[Clause]:
        for path, kind, family, severity, role, text, would, attested in self._promises():
            yield Clause(
                contract=self.contract,
                path=path,
                family=family,
                kind=kind,
                severity=severity,
                owner=self.owners.team(role),
                text=text,
                would_prove=would,
                attested=attested,
                file=self._file,
                line=self._line(path),
            )

    def _promises(self) -> Iterator[_Promise]:
        yield from _delivery_promises(self)
        yield from _field_promises(self)
        yield from _timing_promises(self)
        yield from _failure_promises(self)
        yield from _owner_promises(self)


_Promise = tuple[str, str, Family, SeverityWord, str, str, str, bool]


def _promise(
    path: str,
    kind: str,
    family: Family,
    text: str,
    would_prove: str,
    *,
    severity: SeverityWord = "major",
    role: str = "integration",
    attested: bool = False,
) -> _Promise:
    return path, kind, family, severity, role, text, would_prove, attested


def _delivery_promises(contract: Contract) -> Iterator[_Promise]:
    source, target = contract.source, contract.to
    if contract.when is not None:
        yield _promise(
            "when.promised",
            "when.promised",
            "delivery",
            f"every {source} that fulfils `when` is sent to {target}",
            f"a {source} that fulfils `when`, accepted as {target}",
            severity="blocker",
        )
        yield _promise(
            "when.withheld",
            "when.withheld",
            "delivery",
            f"no {source} that does not fulfil `when` is sent to {target}",
            f"a {source} that does not fulfil `when`, and a history that goes on past its deadline",
            severity="blocker",
        )
    yield _promise(
        "expect",
        "expect",
        "delivery",
        f"{contract.expect.replace('_', ' ')} {target} for each {source}",
        f"a {source} whose {target} was accepted, after a repeat or a lost answer",
        severity="blocker",
    )
    if contract.updates is not None:
        yield _promise(
            "updates",
            "updates",
            "delivery",
            f"the target shows the {contract.updates.show} version",
            f"a {source} that changes again after it was accepted",
        )
    if contract.receive is not None:
        if contract.receive.delivery == "at_least_once":
            yield _promise(
                "receive.delivery",
                "receive.delivery",
                "delivery",
                "an event that comes twice counts once",
                "a delivery that is repeated",
                severity="blocker",
            )
        if contract.receive.bad_signature is not None:
            yield _promise(
                "receive.bad_signature",
                "receive.bad_signature",
                "delivery",
                "a webhook with a wrong signature is refused and has no effect",
                "a webhook with a wrong signature",
                severity="blocker",
            )
    if contract.idempotency is not None:
        yield _promise(
            "idempotency",
            "idempotency",
            "delivery",
            f"each request carries {contract.idempotency.header}, the same for the same "
            + ", ".join(contract.idempotency.key),
            "a request that was repeated, and one with another key",
            severity="blocker",
        )
        if contract.idempotency.remembered is not None:
            yield _promise(
                "idempotency.remembered",
                "idempotency.remembered",
                "delivery",
                "the target answers a repeated key without doing the work twice",
                "a repeated request whose first answer was lost",
                role="target",
            )
    if contract.retry is not None:
        yield from _retry_promises(contract.retry)


def _retry_promises(retry: Retry) -> Iterator[_Promise]:
    yield _promise(
        "retry.on",
        "retry.on",
        "delivery",
        "these outcomes are tried again, no others: " + ", ".join(retry.on),
        "a call that ended in one of these outcomes, and one that was refused for good",
    )
    yield _promise(
        "retry.attempts",
        "retry.attempts",
        "delivery",
        f"at most {retry.attempts} calls, and no fewer while the outcome may be retried",
        "calls that keep failing until the last attempt",
    )
    yield _promise(
        "retry.wait",
        "retry.wait",
        "delivery",
        "the waits between calls grow as agreed",
        "a call that was tried again without a Retry-After",
    )
    if retry.obey_retry_after:
        yield _promise(
            "retry.obey_retry_after",
            "retry.obey_retry_after",
            "delivery",
            "a Retry-After of the target is obeyed",
            "an answer with Retry-After, and a call after it",
        )
    if retry.give_up_after is not None:
        yield _promise(
            "retry.give_up_after",
            "retry.give_up_after",
            "delivery",
            "no call later than that after the first",
            "calls that stop because of the time although attempts are left",
        )


def _field_promises(contract: Contract) -> Iterator[_Promise]:
    for target, rule in contract.fields.items():
        if isinstance(rule, RowRule):
            yield _promise(
                f"fields.{target}",
                "rows",
                "fields",
                f"one row of {target} for each row of {rule.each}, paired by "
                + ", ".join(rule.match_by),
                f"an accepted message with rows in {target}",
                severity=rule.severity,
            )
            for name, inner in rule.fields.items():
                yield from _rule_promises(f"fields.{target}.{name}", name, inner)
        else:
            yield from _rule_promises(f"fields.{target}", target, rule)
    for name, value_map in contract.maps.items():
        yield from _map_promises(name, value_map)
    for name, total in contract.sums.items():
        yield _promise(
            f"sums.{name}",
            "sum",
            "fields",
            " + ".join(total.add).replace("+ -", "- ") + " = " + " + ".join(total.equals),
            "an accepted message in which all terms are known",
            severity=total.severity,
        )


def _rule_promises(path: str, target: str, rule: FieldRule) -> Iterator[_Promise]:
    if rule.checked_by is not None or rule.set_by is not None:
        return
    origin = (
        f"is always {shown(rule.fixed)}"
        if rule.source is None
        else "comes from "
        + " and ".join(rule.sources)
        + (f" through map {rule.map}" if rule.map else "")
        + (f" using {rule.using}" if rule.using else "")
    )
    unlike = f", where {rule.unlike} differs" if rule.unlike else ""
    role = rule.owner or "integration"
    yield _promise(
        path,
        "field",
        "fields",
        f"{target} {origin}",
        f"an accepted message whose source has a value{unlike}",
        severity=rule.severity,
        role=role,
    )
    if rule.if_missing is not None:
        yield _promise(
            f"{path}.if_missing",
            "field.if_missing",
            "fields",
            f"without {' and '.join(rule.sources)}: {rule.if_missing}",
            "a promised message whose source has no value",
            severity=rule.severity,
            role=role,
        )


def _map_promises(name: str, value_map: ValueMap) -> Iterator[_Promise]:
    for source, target in value_map.pairs.items():
        yield _promise(
            f"maps.{name}.{source}",
            "map.pair",
            "fields",
            f"{source} becomes {target}",
            f"an accepted message whose source value is {source}",
        )
    if "if_unmapped" in value_map.model_fields_set:
        yield _promise(
            f"maps.{name}.if_unmapped",
            "map.if_unmapped",
            "fields",
            f"a value that is not listed: {value_map.if_unmapped}",
            "a promised message whose source value is not listed",
        )
    if "if_missing" in value_map.model_fields_set:
        yield _promise(
            f"maps.{name}.if_missing",
            "map.if_missing",
            "fields",
            f"no value: {value_map.if_missing}",
            "a promised message without a source value",
        )


def _timing_promises(contract: Contract) -> Iterator[_Promise]:
    if contract.receive is not None and contract.receive.answered is not None:
        yield _promise(
            "receive.answered",
            "receive.answered",
            "timing",
            "the integration answers a webhook in time",
            "a webhook that was answered",
        )
    timing = contract.timing
    if timing is None:
        return
    if timing.delivered is not None:
        yield _promise(
            "timing.delivered",
            "timing.delivered",
            "timing",
            "every message is accepted before the last limit",
            "a message accepted by the target, with times",
            severity="blocker",
        )
        if timing.delivered.share is not None:
            needed = -(-1 // (1 - timing.delivered.share))
            yield _promise(
                "timing.delivered.share",
                "timing.delivered.share",
                "timing",
                "the agreed share of messages is accepted in time",
                f"at least {needed} messages in one history that no fault touched",
            )
    if timing.response is not None:
        yield _promise(
            "timing.response",
            "timing.response",
            "timing",
            "the target answers a call in time",
            "a call that was answered, with times",
            role="target",
        )


def _failure_promises(contract: Contract) -> Iterator[_Promise]:
    for outcome, rule in contract.failures.items():
        told = f", {rule.tell} is told" if rule.tell else ""
        yield _promise(
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
    yield _promise(
        "parked.to",
        "parked.to",
        "failures",
        f"what cannot be delivered is shown as {parked.to}",
        "a message that was parked",
    )
    if parked.alarm_over is not None:
        yield _promise(
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
            yield _promise(
                f"parked.{word}",
                "attested",
                "failures",
                said,
                "a named person who signs it in readiness.yaml under `attested`",
                role="business",
                attested=True,
            )


def _owner_promises(contract: Contract) -> Iterator[_Promise]:
    owners = contract.owners
    yield _promise(
        "owners",
        "attested",
        "owners",
        "the owners know of it: " + ", ".join(f"{role} {owners.team(role)}" for role in _ROLES),
        "a named person who signs it in readiness.yaml under `attested`",
        role="business",
        attested=True,
    )
    if owners.escalation:
        yield _promise(
            "owners.escalation",
            "attested",
            "owners",
            "nobody acts: "
            + ", then ".join(f"{step.to} by {step.via}" for step in owners.escalation),
            "a named person who signs it in readiness.yaml under `attested`",
            role="business",
            attested=True,
        )
