"""What two systems agreed on, one direction, one message to another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import ConfigDict, Field, PrivateAttr, field_validator, model_validator

from harness.contract.beyond import Booking, Example, PythonCheck, StateRule
from harness.contract.clauses import Clause, promises
from harness.contract.defaults import NEVER_TAKEN, Defaults
from harness.contract.delivery import (
    FailureRule,
    Guard,
    Idempotency,
    Parked,
    Receive,
    Retry,
    Updates,
    Volume,
)
from harness.contract.fields import FieldRule, Join, RowRule, Rule, Sum, ValueMap
from harness.contract.owners import Owners, SignOff
from harness.contract.timing import Timing
from harness.contract.words import (
    ConditionData,
    ContractId,
    Name,
    Outcome,
    PathText,
    Subject,
    Version,
)
from harness.declaration import Declaration


def _as_written(schema: dict[str, Any]) -> None:
    """Let a file leave out what another one says: `like` a contract, or the common sections."""
    always = [key for key in schema["required"] if key in NEVER_TAKEN]
    rest = [key for key in schema["required"] if key not in (*always, "owners")]
    schema["required"] = always
    schema["anyOf"] = [{"required": ["like"]}, {"required": rest}]


class Contract(Declaration):
    """One agreement: which message becomes which, how soon, what on failure, who answers.

    Read from a project it is whole: what `like`, `defaults` and ``contracts/defaults.yaml`` add
    is filled in, as if it were written in its own file.
    """

    model_config = ConfigDict(json_schema_extra=_as_written)

    contract: ContractId = Field(description="Its id.")
    like: ContractId | None = Field(
        None,
        description="The contract whose sections hold here wherever this one does not name them; "
        "all but its id, version, status, summary, signatures and examples.",
    )
    version: Version = Field(description="Its version, as `1.2.0`.")
    status: Literal["proposed", "agreed", "live", "retired"] = Field(
        description="`agreed` and `live` block a launch; `proposed` is shown and counted only."
    )
    summary: str = Field(description="What it is for, in one sentence.")
    source: Subject = Field(
        alias="from", description="The source message or record, `system.name`."
    )
    to: Subject = Field(description="The target message or record, `system.name`.")
    object: Literal["orders", "inventory", "tracking", "sku", "billing"] = Field(
        description="What kind of thing moves."
    )
    sent_by: str | None = Field(
        None, description="Which integration makes this call, where several do."
    )
    owners: Owners = Field(description="Who answers for what.")
    signed_off: tuple[SignOff, ...] = Field((), description="Who has signed which version.")
    when: ConditionData | None = Field(None, description="Which source messages are promised.")
    expect: Literal["one", "one_or_more", "at_most_one", "none"] = Field(
        "one", description="How many target messages one source message makes."
    )
    one_per: PathText | None = Field(
        None,
        description="The source list of which each element owes a message of its own; bare paths "
        "then start at the element.",
    )
    updates: Updates | None = Field(None, description="What happens when the source changes again.")
    guard: Guard | None = Field(None, description="A fresh look at the source before writing.")
    after: Subject | None = Field(
        None, description="The message that must have been accepted before this one is sent."
    )
    with_: dict[Name, Join] = Field(
        default_factory=dict,
        alias="with",
        description="What the source is read together with, each by a name of your choice.",
    )
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
    state: dict[Name, StateRule] = Field(
        default_factory=dict, description="Promises about what systems hold."
    )
    books: dict[Literal["revenue", "refund", "goods", "freight", "duty", "fee"], Booking] = Field(
        default_factory=dict,
        description="Which parts of the landed margin it books; measured, and no promise.",
    )
    checks: dict[Name, PythonCheck] = Field(
        default_factory=dict, description="Checks written in Python."
    )
    volume: Volume | None = Field(None, description="How much is expected at the peak.")
    examples: tuple[Example, ...] = Field((), description="Worked examples; they are tried out.")
    defaults: Defaults | None = Field(
        None, description="Values for rules that do not say them themselves."
    )

    _file: str = PrivateAttr("")
    _places: Mapping[str, tuple[str, int]] = PrivateAttr(default_factory=dict)
    _known: tuple[Clause, ...] | None = PrivateAttr(None)

    @field_validator("failures", mode="before")
    @classmethod
    def _status_keys_are_text(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {str(key): rule for key, rule in value.items()}
        return value

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Contract:
        seen: set[str] = set()
        for promise in promises(self):
            if promise.path in seen:
                raise ValueError(
                    f"two promises have the id `{promise.path}`: a field, block or value is called "
                    "like a word of the language; rename it, or leave that word out"
                )
            seen.add(promise.path)
        return self

    def located(
        self, file: str, lines: Mapping[str, int], *, elsewhere: Mapping[str, str] | None = None
    ) -> Contract:
        """Return the contract with the file it came from and the line of each clause path.

        ``elsewhere`` names the file of each path that stands in another one.
        """
        copy = self.model_copy()
        copy._file = file
        copy._places = {
            path: ((elsewhere or {}).get(path, file), line) for path, line in lines.items()
        }
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

    def _place(self, path: str) -> tuple[str, int]:
        while path not in self._places and "." in path:
            path = path.rpartition(".")[0]
        return self._places.get(path, (self._file, 1 if self._file else 0))

    def _clauses(self) -> Iterator[Clause]:
        for promise in promises(self):
            file, line = self._place(promise.path)
            yield Clause(
                contract=self.contract,
                path=promise.path,
                family=promise.family,
                kind=promise.kind,
                severity=promise.severity,
                owner=self.owners.team(promise.role),
                text=promise.text,
                would_prove=promise.would_prove,
                attested=promise.attested,
                file=file,
                line=line,
            )

    def field_rules(self) -> Iterator[tuple[tuple[str, ...], str, FieldRule]]:
        """Yield each field rule with its place in the file and the path of its clause."""
        for target, rule in self.fields.items():
            if isinstance(rule, FieldRule):
                yield ("fields", target), f"fields.{target}", rule
                continue
            for name, inner in rule.fields.items():
                yield ("fields", target, "fields", name), f"fields.{target}.{name}", inner
            for block, rows in rule.rows.items():
                for name, inner in rows.fields.items():
                    place = ("fields", target, "rows", block, "fields", name)
                    yield place, f"fields.{target}.{block}.{name}", inner

    def joins(self) -> Iterator[Join]:
        """Yield every join, those of row blocks included."""
        yield from self.with_.values()
        for rule in self.fields.values():
            if isinstance(rule, RowRule):
                for block in rule.rows.values():
                    yield from block.with_.values()

    @property
    def terms(self) -> str:
        """Return the digest of what was agreed: everything but status and signatures.

        It is the same whether something was written out or taken over.
        """
        left_out = {"status", "signed_off", "like", "defaults"}
        data = self.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude=left_out)
        text = json.dumps(data, sort_keys=True, ensure_ascii=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:12]
