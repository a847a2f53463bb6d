"""What each system says of itself: messages, records, limits, owner; tables and calendars."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    WithJsonSchema,
    model_validator,
)

from harness.declaration import Declaration
from harness.mapping import Condition, parse_condition, parse_path
from harness.timing import Duration, Zone
from harness.workdays import Days

Kind = Literal["storefront", "marketplace", "oms", "wms", "erp", "carrier", "finance", "alerting"]
FieldType = Literal[
    "text",
    "integer",
    "decimal",
    "boolean",
    "instant",
    "date",
    "currency_code",
    "country_code",
    "list",
    "any",
]
Meaning = Literal["accepted", "rejected", "throttled", "pending"]


RECORD_KEY: Final = "record_key"
"""The field of a record with a key of several fields by which it is known as one."""


def _path(text: str) -> str:
    parse_path(text)
    return text


def _condition(data: Mapping[str, Any]) -> Mapping[str, Any]:
    parse_condition(data)
    return data


def _as_list(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


PathText = Annotated[str, AfterValidator(_path)]
ConditionData = Annotated[dict[str, Any], AfterValidator(_condition)]


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not on the calendar: {error}") from error
    return text


Day = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d\d-\d\d$", examples=["2026-03-02"]),
    AfterValidator(_day),
]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Required(Declaration):
    """A field that is required only under a condition."""

    when: ConditionData = Field(description="The condition under which the field is required.")


class TaxBasis(Declaration):
    """Another field tells whether an amount includes tax."""

    by: PathText = Field(description="The field that is true when tax is included.")


class FieldSpec(Declaration):
    """One field of a message, as its system describes it."""

    type: FieldType = Field("text", description="What the value is.")
    required: Literal["always", "optional"] | Required = Field(
        "optional", description="`always`, `optional`, or `{when: CONDITION}`."
    )
    nullable: bool = Field(False, description="Whether null may stand in place of a value.")
    max: int | None = Field(None, ge=0, description="The most characters a text may have.")
    min: int | None = Field(None, ge=0, description="The fewest characters a text may have.")
    pattern: str | None = Field(None, description="The pattern that the whole text matches.")
    charset: Literal["ascii", "latin-1", "unicode"] | None = Field(
        None, description="The characters that a text may have, where they are restricted."
    )
    digits: int | None = Field(None, description="The most digits of a number, in all.")
    decimals: int | None = Field(None, description="The most digits after the point.")
    at_least: Decimal | None = Field(None, description="The smallest number it may be.")
    at_most: Decimal | None = Field(None, description="The largest number it may be.")
    most: int | None = Field(None, ge=0, description="The most elements a list may have.")
    fewest: int | None = Field(None, ge=0, description="The fewest elements a list may have.")
    encoded_as: Literal["text", "number"] | None = Field(
        None, description="Whether a number travels as JSON text or as a JSON number."
    )
    enum: tuple[str, ...] | None = Field(None, description="The values that may occur.")
    open_enum: bool = Field(False, description="Whether values outside the list may come one day.")
    money: PathText | None = Field(None, description="The field that holds this amount's currency.")
    minor_units: bool = Field(
        False, description="Whether an amount is a whole number of cents, or what they are called."
    )
    tax: Literal["gross", "net"] | TaxBasis | None = Field(
        None, description="Whether an amount includes tax: `gross`, `net`, or `{by: FIELD}`."
    )
    unit: str | None = Field(None, description="The unit of measure, such as `g` or `each`.")
    zone: Zone | None = Field(
        None,
        description="The IANA zone of its times, where they carry none; without it they carry an "
        "offset.",
    )
    precision: Literal["day", "minute", "second", "millisecond"] | None = Field(
        None, description="How fine its times are."
    )
    unique: bool = Field(False, description="Whether no two messages share a value.")
    read_only: bool = Field(False, description="Whether the system alone sets it.")
    critical: bool = Field(False, description="Whether business cannot do without it.")
    moves: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="For a state: each value and those it may become."
    )
    sensitive: Literal["personal", "secret"] | None = Field(
        None, description="`personal` values are veiled, `secret` values removed, when written."
    )
    description: str = Field("", description="What the field means, in a sentence.")


class Webhook(Declaration):
    """The message travels in a webhook that the system sends."""

    webhook: str | tuple[str, ...] = Field(description="Topic or topics.")
    at: PathText = Field("body", description="Where in the exchange the message stands.")
    partial: bool = Field(False, description="Whether the body may leave fields out.")
    hides: tuple[PathText, ...] = Field(
        (), description="The fields that this way never shows; they are not erased by it."
    )


class Window(Declaration):
    """The span of time that a list is asked for."""

    since: str = Field(alias="from", description="The parameter that begins it.")
    to: str | None = Field(None, description="The parameter that ends it.")
    behind: Duration | None = Field(
        None, description="How far its end must stay behind the present."
    )


class BatchAnswer(Declaration):
    """How a batch says what became of each of its messages."""

    at: PathText = Field(description="Where the answers stand, as in `body.results.*`.")
    on: dict[PathText, PathText] = Field(
        min_length=1, description="A field of the answer to the field of the message it equals."
    )
    accepted: ConditionData = Field(description="The condition under which it was accepted.")


class Call(Declaration):
    """The message travels in a request to the system, or in its response."""

    request: str | None = Field(None, description="`METHOD /path/:id` whose body carries it.")
    response: str | None = Field(None, description="`METHOD /path/:id` whose answer carries it.")
    at: PathText = Field("body", description="Where in the exchange the message stands.")
    partial: bool = Field(False, description="Whether the body may leave fields out.")
    lift: dict[str, PathText] = Field(
        default_factory=dict,
        description="Fields taken from elsewhere in the exchange, such as `id: path.id`, or from "
        "another name in the message itself, such as `code: element.sku`.",
    )
    hides: tuple[PathText, ...] = Field(
        (), description="The fields that this way never shows; they are not erased by it."
    )
    more: PathText | None = Field(
        None, description="Where the answer says that another page follows."
    )
    window: Window | None = Field(
        None, description="The parameters that limit a list to a span of time."
    )
    answer: BatchAnswer | None = Field(
        None, description="Where the answer to each element of a batch stands."
    )
    one_bad: Literal["others_stand", "all_fall"] | None = Field(
        None, description="What one refused element does to the others of its batch."
    )

    @model_validator(mode="after")
    def _one_direction(self) -> Call:
        if (self.request is None) == (self.response is None):
            raise ValueError("a call carries the message in its `request` or in its `response`")
        if self.request is None and (self.answer or self.one_bad):
            raise ValueError("`answer` and `one_bad` belong to a batch that is sent")
        return self


class Notifies(Declaration):
    """How a message of an alerting system says whom it tells about what."""

    who: PathText = Field(description="The field that holds the team or person told.")
    about: PathText = Field(description="The field that holds the business key it is about.")


class Telling(Declaration):
    """What a message says of one record: which, how new, and what changes."""

    key: dict[PathText, PathText] = Field(
        min_length=1, description="Key field of the record to field of the message."
    )
    each: PathText | None = Field(None, description="The list of which each element tells.")
    newer_by: PathText | None = Field(None, description="The field that grows with each change.")
    set: dict[PathText, PathText] = Field(
        default_factory=dict, description="Values that become those of the message."
    )
    add: dict[PathText, PathText] = Field(
        default_factory=dict, description="Values that grow by those of the message."
    )
    subtract: dict[PathText, PathText] = Field(
        default_factory=dict, description="Values that shrink by those of the message."
    )
    remove: bool = Field(False, description="Whether the record is gone.")

    @model_validator(mode="after")
    def _says_something(self) -> Telling:
        if not (self.set or self.add or self.subtract or self.remove):
            raise ValueError("say what the message does: `set`, `add`, `subtract` or `remove`")
        return self


class Imported(Declaration):
    """Where the fields of a message were taken from."""

    file: str = Field(description="The vendor's file, from the project's folder.")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="What the file was at that time.")


class Record(Declaration):
    """Something that a system holds, per key."""

    key: Annotated[
        tuple[PathText, ...],
        BeforeValidator(_as_list),
        WithJsonSchema(
            {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
        ),
    ] = Field(min_length=1, description="The fields that tell one record from another.")
    newer_by: PathText | None = Field(None, description="The value that grows with each change.")
    values: dict[PathText, FieldSpec] = Field(min_length=1, description="What it holds.")
    description: str = Field("", description="What it is, in a sentence.")


class Message(Declaration):
    """One kind of message that a system sends, accepts or shows."""

    key: PathText = Field(description="The field that tells one of them from another.")
    version: PathText | None = Field(None, description="The field that grows with each change.")
    happened_at: PathText | None = Field(
        None, description="The field with the system's own time of the change."
    )
    carried_by: dict[str, Webhook | Call] = Field(
        min_length=1, description="The ways it travels, each with a name of your choice."
    )
    fields: dict[PathText, FieldSpec] = Field(
        default_factory=dict, description="Its fields, by dotted path."
    )
    notifies: Notifies | None = Field(
        None, description="For alerting systems: which fields say who is told about what."
    )
    tells: dict[str, Telling] = Field(
        default_factory=dict, description="What the message says of a record of its system."
    )
    sunset: Day | None = Field(
        None, description="The day from which the system no longer sends or takes it."
    )
    imported: Imported | None = Field(
        None, description="The vendor's description that the fields were taken from."
    )


class Decision(Declaration):
    """The later message that decides a pending answer."""

    message: str = Field(description="The message of the same system that tells how it ended.")
    same: PathText = Field(description="The field that is equal in the answer and the message.")
    within: Duration = Field(description="How long the decision may take.")
    accepted: ConditionData | None = Field(
        None,
        description="The condition on that message under which it was accepted, else it was "
        "refused; without it nobody can tell.",
    )


class Answer(Declaration):
    """A kind of answer with a meaning of its own."""

    when: ConditionData = Field(
        description="Condition on `status`, `body.…` and `header.…` of the answer."
    )
    means: Meaning = Field(description="What it means for the message.")
    decided_by: Decision | None = Field(
        None, description="For `means: pending`: the message that tells how it ended."
    )

    @model_validator(mode="after")
    def _pending_is_decided(self) -> Answer:
        if self.decided_by is not None and self.means != "pending":
            raise ValueError("`decided_by` goes with `means: pending` only")
        return self

    @property
    def condition(self) -> Condition:
        """Return the condition, parsed."""
        return parse_condition(self.when)


class Signature(Declaration):
    """How the system signs its webhooks: an HMAC over the raw body."""

    header: str = Field(description="The request header that carries the signature.")
    algorithm: Literal["hmac-sha256"] = Field("hmac-sha256", description="The algorithm.")
    encoding: Literal["base64", "hex"] = Field("base64", description="How the digest is written.")
    secret: str = Field(description="The name of the secret in golive.toml.")


class Limits(Declaration):
    """How much a system takes."""

    calls: int = Field(ge=1, description="How many calls it takes.")
    per: Duration = Field(description="In what time.")
    source: str = Field("", description="Where the vendor says so.")


class Resends(Declaration):
    """How a system repeats a webhook that was not answered well."""

    attempts: int = Field(ge=1, description="How often in all, the first included.")
    over: Duration = Field(description="From the first to the last.")
    answer_within: Duration | None = Field(None, description="How long it waits for an answer.")
    source: str = Field("", description="Where the vendor says so.")


class Maintenance(Declaration):
    """When a system is planned to be away."""

    lasts: Duration = Field(description="The longest that it is away.")
    starts: str = Field("", description="When, in words, as `Sundays 02:00`.")


class System(Declaration):
    """A party in the landscape, as it describes itself."""

    system: str = Field(
        description="Its short name, used in contracts.", pattern=r"^[a-z][a-z0-9_]*$"
    )
    kind: Kind = Field(description="What it does in the landscape.")
    owner: str = Field(description="The team that answers for it; must stand in teams.yaml.")
    timezone: Zone = Field("Etc/UTC", description="The zone of its times that carry none.")
    base_urls: tuple[str, ...] = Field(
        min_length=1, description="The addresses under which it is called; the first is used."
    )
    simulator: str | None = Field(
        None, description="The simulator that plays it: a built-in name or `module:Class`."
    )
    signature: Signature | None = Field(None, description="How its webhooks are signed.")
    delivery_id: str | None = Field(
        None, description="The webhook header that stays the same over retries of one delivery."
    )
    answers: dict[str, Answer] = Field(
        default_factory=dict,
        description="Answers with a meaning of their own; the first that fits counts, "
        "otherwise the status decides.",
    )
    messages: dict[str, Message] = Field(
        default_factory=dict, description="The messages it sends, accepts or shows."
    )
    records: dict[str, Record] = Field(
        default_factory=dict, description="What the system holds, per key."
    )
    limits: Limits | None = Field(None, description="How many calls it takes.")
    resends: Resends | None = Field(None, description="How it repeats unanswered webhooks.")
    maintenance: Maintenance | None = Field(None, description="When it is planned to be away.")
    remembers_keys: Duration | None = Field(
        None, description="How long it remembers an idempotency key."
    )


class Contact(Declaration):
    """A team or a person, and how to reach them."""

    name: str = Field(description="The name to show.")
    contact: str = Field(description="Where to reach them: an address, a channel, a number.")
    members: tuple[str, ...] = Field((), description="The people, by name.")
    until: Day | None = Field(None, description="The last day on which the team answers.")


class Teams(Declaration):
    """The people to call, by the names that contracts use."""

    teams: dict[str, Contact] = Field(min_length=1, description="Teams by short name.")


class Table(Declaration):
    """Rows of text that people agreed on, from ``tables/NAME.csv`` with a line of names."""

    name: str = Field(description="Its name, used as `tables.NAME`.")
    columns: tuple[str, ...] = Field(min_length=1, description="The names of its columns.")
    rows: tuple[dict[str, str], ...] = Field(description="Its rows, each by column.")
    file: str = Field("", description="Where it stands.")


class Calendar(Declaration):
    """Which days are workdays somewhere."""

    calendar: str = Field(description="Its name, used as `calendar: NAME`.")
    zone: Zone = Field(description="The IANA time zone in which its days begin.")
    workdays: tuple[Weekday, ...] = Field(
        ("mon", "tue", "wed", "thu", "fri"),
        min_length=1,
        description="The days of the week that are worked.",
    )
    holidays: tuple[Day, ...] = Field((), description="Days off, as 2026-12-25.")

    @property
    def days(self) -> Days:
        """Return its days, to reckon with."""
        worked = frozenset(get_args(Weekday).index(day) for day in self.workdays)
        return Days(self.zone, worked, frozenset(map(date.fromisoformat, self.holidays)))


class Flow(Declaration):
    """A chain of contracts with an end-to-end promise."""

    flow: str = Field(description="Its id.", pattern=r"^[a-z][a-z0-9-]*$")
    summary: str = Field(description="What it is for, in one sentence.")
    owner: str = Field(description="The team that answers for the whole chain.")
    chain: tuple[str, ...] = Field(
        min_length=1, description="The contracts, in the order in which a thing passes them."
    )
    links: dict[str, dict[PathText, PathText]] = Field(
        default_factory=dict,
        description="Where names do not tell it: contract to a field of its source message, and "
        "the field of what was delivered before that it equals.",
    )
    delivered: FlowBound | None = Field(None, description="From the first event to the last.")

    _file: str = PrivateAttr("")

    @property
    def file(self) -> str:
        """Return the file it was read from, or an empty text."""
        return self._file

    def located(self, file: str) -> Flow:
        """Return the flow with the file it came from."""
        copy = self.model_copy()
        copy._file = file
        return copy


class FlowBound(Declaration):
    """The end-to-end promise of a flow."""

    fail: Duration = Field(description="From here on the promise is broken.")
    share: str | None = Field(
        None, pattern=r"^\d{1,2}(\.\d+)?%$", description="The share that must keep it, as `99%`."
    )

    @property
    def least(self) -> Fraction:
        """Return the share as a fraction; 1 where every one must keep it."""
        return Fraction(1) if self.share is None else Fraction(self.share[:-1]) / 100


class Landscape(Declaration):
    """All systems and teams of a project; references between them are checked by the loader."""

    systems: dict[str, System]
    teams: dict[str, Contact]
    tables: dict[str, Table] = Field(default_factory=dict)
    calendars: dict[str, Calendar] = Field(default_factory=dict)

    def message(self, name: str) -> Message:
        """Return the message called ``system.message``; KeyError when there is none.

        A record is seen as a message that nothing carries; a key of several fields becomes one.
        """
        system, _, message = name.partition(".")
        spec = self.systems[system]
        if message in spec.messages or message not in spec.records:
            return spec.messages[message]
        record = spec.records[message]
        return Message.model_construct(
            key=record.key[0] if len(record.key) == 1 else RECORD_KEY,
            version=record.newer_by,
            carried_by={},
            fields=dict(self.fields(name)),
            tells={},
        )

    def record(self, name: str) -> Record:
        """Return the record called ``system.record``; KeyError when there is none."""
        system, _, record = name.partition(".")
        return self.systems[system].records[record]

    def fields(self, name: str) -> Mapping[str, FieldSpec]:
        """Return the fields of a message, a record or a table; KeyError when there is none."""
        system, _, rest = name.partition(".")
        if system == "tables":
            table = self.tables[rest]
            return {
                column: FieldSpec(
                    required="always" if all(row.get(column) for row in table.rows) else "optional"
                )
                for column in table.columns
            }
        if rest in self.systems[system].messages:
            return self.systems[system].messages[rest].fields
        record = self.systems[system].records[rest]
        keys = {key: FieldSpec(required="always") for key in record.key}
        return {**keys, **record.values}

    def messages(self) -> Mapping[str, Message]:
        """Return every message by its full name, in a stable order."""
        return {
            f"{system}.{name}": message
            for system, spec in sorted(self.systems.items())
            for name, message in sorted(spec.messages.items())
        }

    def records(self) -> Mapping[str, Record]:
        """Return every record by its full name, in a stable order."""
        return {
            f"{system}.{name}": record
            for system, spec in sorted(self.systems.items())
            for name, record in sorted(spec.records.items())
        }

    def days(self, calendar: str | None) -> Days | None:
        """Return the days of a calendar, or None where there is no such calendar."""
        known = None if calendar is None else self.calendars.get(calendar)
        return None if known is None else known.days

    def alerting(self) -> frozenset[str]:
        """Return the systems that tell people something."""
        return frozenset(name for name, spec in self.systems.items() if spec.kind == "alerting")
