"""What is given, what happens, and what must follow: one scenario as plain data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import AfterValidator, Field, PrivateAttr, field_validator, model_validator

from harness.contract.words import Name, Share
from harness.declaration import Declaration
from harness.fault_words import WORDS, FaultWord, Forgery, ThrottleStyle
from harness.mapping import parse_condition, parse_path
from harness.timing import Duration, Moment


def _condition(data: Mapping[str, Any]) -> Mapping[str, Any]:
    parse_condition(data)
    return data


def _path(text: str) -> str:
    parse_path(text)
    return text


ConditionData = Annotated[dict[str, Any], AfterValidator(_condition)]
PathText = Annotated[str, AfterValidator(_path)]
MessageName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]


class Payload(Declaration):
    """A payload from a file or a named payload of `given`, with some values replaced."""

    source: str | None = Field(
        None, alias="from", description="A file beside the scenario, or a name under `payloads`."
    )
    set: dict[PathText, Any] = Field(
        default_factory=dict, description="Values to replace, by dotted path."
    )
    remove: tuple[PathText, ...] = Field((), description="Fields to take out, by dotted path.")


class Fault(Declaration):
    """A planned misbehaviour: where, which calls, what."""

    on: MessageName = Field(description="The message it meets, `system.message`.")
    do: FaultWord = Field(description="What goes wrong.")
    match: ConditionData | None = Field(None, description="Only messages that fulfil this.")
    attempt: int | None = Field(
        None, alias="try", ge=1, description="From the n-th attempt for one key on; 1 is the first."
    )
    share: Share | None = Field(
        None, description="The share of them that it meets, drawn by the seed, as in `1%`."
    )
    times: int | None = Field(None, ge=1, description="How many times at the most.")
    since: Duration | None = Field(
        None, alias="from", description="When it begins, after the start."
    )
    lasts: Duration | None = Field(None, alias="for", description="How long it lasts.")
    status: int | None = Field(
        None, ge=100, le=599, description="For `answer` and `throttle`: the status."
    )
    body: Any = Field(
        None, description="For `answer`: the JSON body. For `fail_rows`: what is said of each."
    )
    headers: dict[str, str] = Field(
        default_factory=dict, description="For `answer` and `throttle`: headers."
    )
    retry_after: Duration | None = Field(
        None, description="For `answer` and `throttle`: the Retry-After that is sent."
    )
    style: ThrottleStyle = Field(
        "plain", description="For `throttle`: the vendor whose way of saying it is meant."
    )
    rows: int | tuple[int, ...] = Field(
        1,
        description="For `lose_rows`: how many. For `fail_rows`: which, counted from 0.",
    )
    by: Duration | None = Field(
        None, description="For `slow`, `delay`, `duplicate` and `stale`: how long."
    )
    copies: int = Field(1, ge=1, description="For `duplicate`: how many more deliveries.")
    new_id: bool = Field(False, description="For `duplicate`: whether each has its own id.")
    behind: int = Field(1, ge=1, description="For `reorder`: how many later ones overtake it.")
    back: int = Field(1, ge=1, description="For `stale`: how many versions before it.")
    how: Forgery = Field("other", description="For `bad_signature`: what is wrong with it.")

    @model_validator(mode="after")
    def _what_it_needs(self) -> Fault:
        word = WORDS[self.do]
        said = self.model_fields_set - _OF_EVERY_FAULT
        for needed in word.needs:
            if needed not in said:
                raise ValueError(f"`do: {self.do}` needs `{needed}`")
        if strange := sorted(said - set(word.takes)):
            takes = ", ".join(f"`{name}`" for name in word.takes) or "nothing of its own"
            raise ValueError(
                f"`{strange[0]}` means nothing with `do: {self.do}`, which takes {takes}"
            )
        return self


_OF_EVERY_FAULT: Final = frozenset(
    {"on", "do", "match", "attempt", "share", "times", "since", "lasts"}
)


class WrongClock(Declaration):
    """The clock of a system that is off: by how much it is ahead, or behind."""

    ahead: Duration | None = Field(None, description="By how much it is fast.")
    behind: Duration | None = Field(None, description="By how much it is slow.")

    @model_validator(mode="after")
    def _one_of_both(self) -> WrongClock:
        if (self.ahead is None) == (self.behind is None):
            raise ValueError("say `ahead` or `behind`, and one of them only")
        return self

    @property
    def off_by(self) -> int:
        """Return what it shows more than the time, in nanoseconds."""
        return (self.ahead or 0) - (self.behind or 0)


class Given(Declaration):
    """The world before anything happens."""

    records: dict[MessageName, tuple[dict[str, Any], ...]] = Field(
        default_factory=dict, description="What systems hold at the start."
    )
    payloads: dict[str, Payload | str] = Field(
        default_factory=dict, description="Payloads by name; `--given NAME=FILE` replaces one."
    )
    faults: tuple[Fault, ...] = Field((), description="What goes wrong, and when.")
    clocks: dict[Name, WrongClock] = Field(
        default_factory=dict, description="Simulated systems whose clock is off, by name."
    )
    profiles: dict[Name, dict[str, Any]] = Field(
        default_factory=dict,
        description="For simulated systems, by name: vendor numbers that are others here than "
        "documented, such as `page_size`, and the `latency` of each call.",
    )


class WhenStep(Declaration):
    """One thing that happens: exactly one verb, at most one time."""

    id: str | None = Field(None, description="A name for later steps.")
    after: Duration | None = Field(None, description="How long after the step before.")
    at: Duration | None = Field(None, description="How long after the start.")
    do: str | None = Field(
        None, pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", description="A business action."
    )
    of: str | None = Field(None, description="The step whose thing this is about.")
    values: Payload | None = Field(None, alias="with", description="The payload of the action.")
    times: int = Field(1, ge=1, description="How often the action is repeated.")
    every: Duration | None = Field(
        None, description="The pause between repeats, or between the steps of a `race`."
    )
    send: MessageName | None = Field(None, description="Exactly this message, as it is.")
    send_again: str | None = Field(None, description="The step whose webhooks are sent again.")
    change: MessageName | None = Field(
        None, description="A record that somebody changes at the system's own screen."
    )
    stop: Literal["integration"] | None = Field(None, description="Stop the integration.")
    start: Literal["integration"] | None = Field(None, description="Start it again.")
    race: tuple[WhenStep, ...] | None = Field(
        None,
        min_length=2,
        max_length=4,
        description="Steps that may come in any order: the scenario is run in every one.",
    )
    verbs: ClassVar[tuple[str, ...]] = (
        "do",
        "change",
        "send",
        "send_again",
        "stop",
        "start",
        "race",
    )

    @model_validator(mode="after")
    def _one_verb(self) -> WhenStep:
        verbs = [verb for verb in self.verbs if getattr(self, verb)]
        if len(verbs) != 1:
            known = ", ".join(f"`{verb}`" for verb in self.verbs)
            raise ValueError(
                f"a step has exactly one of {known}; here: " + (", ".join(verbs) or "none")
            )
        if self.after is not None and self.at is not None:
            raise ValueError("a step has `after` or `at`, not both")
        if self.times > 1 and self.every is None:
            raise ValueError("`times` needs `every`")
        if self.race is not None:
            self._refuse_what_no_race_has()
        return self

    def _refuse_what_no_race_has(self) -> None:
        if self.times > 1 or self.id is not None or self.of is not None or self.values is not None:
            raise ValueError("a `race` has `after` or `at`, and `every`; the rest is of its steps")
        for step in self.race or ():
            if step.race is not None:
                raise ValueError("a `race` has no race in it")
            if step.after is not None or step.at is not None:
                raise ValueError(
                    "the steps of a `race` have no time of their own; say `every` beside `race`"
                )

    @property
    def verb(self) -> str:
        """Return the verb of the step."""
        return next(verb for verb in self.verbs if getattr(self, verb))


class ThenStep(Declaration):
    """One thing that must be seen, or must never be seen."""

    message: MessageName | None = Field(None, description="This message is accepted.")
    never: MessageName | None = Field(None, description="This message is never accepted.")
    told: str | None = Field(None, description="This team is told.")
    record: MessageName | None = Field(
        None, description="In the end a system holds this record, as `match` says."
    )
    about: str | None = Field(None, description="The clause it is told about.")
    times: int | None = Field(None, ge=0, description="Exactly so many; at least one when absent.")
    match: ConditionData | None = Field(None, description="Only messages that fulfil this.")
    within: Duration | None = Field(None, description="How soon after the step it belongs to.")
    lasting: Duration | None = Field(None, alias="for", description="For `never`: how long.")
    of: str | None = Field(None, description="The step whose thing it is about.")
    owner: str | None = Field(None, description="The team that acts when it is not so.")
    severity: Literal["blocker", "major", "minor", "note"] | None = Field(
        None, description="How much a breach hurts; the scenario's when absent."
    )
    not_yet: ClassVar[Mapping[str, str]] = {"check": "a check written in Python"}
    words: ClassVar[tuple[str, ...]] = ("message", "never", "told", "record")

    @model_validator(mode="after")
    def _one_word(self) -> ThenStep:
        words = [word for word in self.words if getattr(self, word)]
        if len(words) != 1:
            known = ", ".join(f"`{word}`" for word in self.words)
            raise ValueError(
                f"an expectation has exactly one of {known}; here: " + (", ".join(words) or "none")
            )
        if self.record is not None and self.match is None:
            raise ValueError("`record` needs `match`: which one, and what it holds")
        return self

    @property
    def word(self) -> str:
        """Return the word of the expectation."""
        return next(word for word in self.words if getattr(self, word))


class Recorded(Declaration):
    """A system that is played from a recording."""

    recorded: str = Field(description="The cassette, beside the scenario.")


class Skip(Declaration):
    """Why a scenario is not run, and until when."""

    reason: str = Field(min_length=3, description="Why it is not run.")
    until: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")] = Field(
        description="The day from which it runs again."
    )


class Scenario(Declaration):
    """A story about the systems: given, when, then."""

    scenario: str = Field(min_length=3, description="What it tells, in one sentence.")
    id: str = Field(description="Its stable id.", pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$")
    contracts: tuple[str, ...] = Field(
        (), description="The contracts it is judged by; all whose systems appear when empty."
    )
    covers: tuple[str, ...] = Field(
        (), description="Clauses that must be exercised here, or the scenario is unproven."
    )
    because: str | None = Field(None, description="The real-world defect it guards against.")
    owner: str | None = Field(None, description="The team that answers for the scenario.")
    severity: Literal["blocker", "major", "minor", "note"] = Field(
        "major", description="How much its own expectations weigh."
    )
    tags: tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")], ...] = Field(
        (), description="Words to select it by; they become pytest markers."
    )
    start: Moment | None = Field(None, description="The scenario's clock at the start.")
    until: Literal["settled"] | Duration = Field(
        "settled", description="How long it goes on: `settled`, or a time after the start."
    )
    systems: dict[str, Literal["simulated", "live"] | Recorded] = Field(
        default_factory=dict, description="Where each system comes from; simulated by default."
    )
    given: Given = Field(default_factory=Given, description="The world before.")
    when: tuple[WhenStep, ...] = Field((), description="What happens, in order.")
    then: tuple[ThenStep, ...] = Field((), description="What must follow, beside the contracts.")
    cases: tuple[dict[str, Any], ...] = Field(
        (), description="Variations: each has a `name` and replaces values by dotted path."
    )
    skip: Skip | None = Field(None, description="Why it is not run now.")

    _file: str = PrivateAttr("")
    _lines: Mapping[str, int] = PrivateAttr(default_factory=dict)
    _case: str = PrivateAttr("")

    @field_validator("cases")
    @classmethod
    def _named_cases(cls, cases: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        names = [case.get("name") for case in cases]
        for name in names:
            if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
                raise ValueError("each case has a `name` of small letters, digits and dashes")
        if len(set(names)) != len(names):
            raise ValueError("two cases have the same `name`")
        return cases

    def located(self, file: str, lines: Mapping[str, int], *, case: str = "") -> Scenario:
        """Return the scenario with its file, the lines of its steps, and its case."""
        copy = self.model_copy()
        copy._file, copy._lines, copy._case = file, dict(lines), case
        return copy

    def document(self) -> dict[str, Any]:
        """Return the story as its journal keeps it: what JSON can say, decimals as numbers."""
        told = [
            self.model_dump(mode=mode, by_alias=True, exclude_unset=True)
            for mode in ("python", "json")
        ]
        kept: dict[str, Any] = _with_decimals(*told)
        return kept

    @property
    def name(self) -> str:
        """Return the id, with the case in brackets."""
        return f"{self.id}[{self._case}]" if self._case else self.id

    @property
    def file(self) -> str:
        """Return the file it was read from, or an empty text."""
        return self._file

    @property
    def case(self) -> str:
        """Return the name of its case, empty where there is none."""
        return self._case

    def lines(self) -> dict[str, int]:
        """Return the lines of all its parts, by their paths."""
        return dict(self._lines)

    def line(self, path: str = "") -> int:
        """Return the line of a dotted path such as ``then.0``, or of the scenario."""
        while path and path not in self._lines:
            path = path.rpartition(".")[0]
        return self._lines.get(path, 1 if self._file else 0)


def _with_decimals(value: Any, shown: Any) -> Any:
    """Return what is shown of a value, but for decimals, which pydantic shows as texts."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, Mapping) and isinstance(shown, dict):
        pairs = zip(value.values(), shown.items(), strict=True)
        return {key: _with_decimals(inner, text) for inner, (key, text) in pairs}
    if isinstance(value, (list, tuple)) and isinstance(shown, list):
        return [_with_decimals(*pair) for pair in zip(value, shown, strict=True)]
    return shown
