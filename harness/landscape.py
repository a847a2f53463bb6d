"""What each system says of itself: messages, fields, limits, owner; and the people to call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from harness.declaration import Declaration
from harness.mapping import Condition, parse_condition, parse_path

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
    "any",
]
Meaning = Literal["accepted", "rejected", "throttled", "pending"]


def _path(text: str) -> str:
    parse_path(text)
    return text


def _condition(data: Mapping[str, Any]) -> Mapping[str, Any]:
    parse_condition(data)
    return data


PathText = Annotated[str, AfterValidator(_path)]
ConditionData = Annotated[dict[str, Any], AfterValidator(_condition)]


class Required(Declaration):
    """A field that is required only under a condition."""

    when: ConditionData = Field(description="The condition under which the field is required.")


class FieldSpec(Declaration):
    """One field of a message, as its system describes it."""

    type: FieldType = Field("text", description="What the value is.")
    required: Literal["always", "optional"] | Required = Field(
        "optional", description="`always`, `optional`, or `{when: CONDITION}`."
    )
    nullable: bool = Field(False, description="Whether null may stand in place of a value.")
    max: int | None = Field(None, description="The most characters a text may have.")
    digits: int | None = Field(None, description="The most digits of a number, in all.")
    decimals: int | None = Field(None, description="The most digits after the point.")
    encoded_as: Literal["text", "number"] | None = Field(
        None, description="Whether a number travels as JSON text or as a JSON number."
    )
    enum: tuple[str, ...] | None = Field(None, description="The values that may occur.")
    open_enum: bool = Field(False, description="Whether values outside the list may come one day.")
    money: PathText | None = Field(None, description="The field that holds this amount's currency.")
    unit: str | None = Field(None, description="The unit of measure, such as `g` or `each`.")
    sensitive: Literal["personal", "secret"] | None = Field(
        None, description="`personal` values are veiled, `secret` values removed, when written."
    )
    description: str = Field("", description="What the field means, in a sentence.")


class Webhook(Declaration):
    """The message travels in a webhook that the system sends."""

    webhook: str | tuple[str, ...] = Field(description="Topic or topics.")
    at: PathText = Field("body", description="Where in the exchange the message stands.")
    partial: bool = Field(False, description="Whether the body may leave fields out.")
    not_yet: ClassVar[Mapping[str, str]] = {"hides": "a view that leaves fields out"}


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
    not_yet: ClassVar[Mapping[str, str]] = {
        "answer": "an answer for each element of a batch",
        "one_bad": "what one bad element does to its batch",
        "hides": "a view that leaves fields out",
        "more": "paging",
        "window": "the time window of a list",
    }

    @model_validator(mode="after")
    def _one_direction(self) -> Call:
        if (self.request is None) == (self.response is None):
            raise ValueError("a call carries the message in its `request` or in its `response`")
        return self


class Notifies(Declaration):
    """How a message of an alerting system says whom it tells about what."""

    who: PathText = Field(description="The field that holds the team or person told.")
    about: PathText = Field(description="The field that holds the business key it is about.")


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
    not_yet: ClassVar[Mapping[str, str]] = {"tells": "what a message says of a record"}


class Answer(Declaration):
    """A kind of answer with a meaning of its own."""

    when: ConditionData = Field(
        description="Condition on `status`, `body.…` and `header.…` of the answer."
    )
    means: Meaning = Field(description="What it means for the message.")
    not_yet: ClassVar[Mapping[str, str]] = {"decided_by": "the later decision of a pending answer"}

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


class System(Declaration):
    """A party in the landscape, as it describes itself."""

    system: str = Field(
        description="Its short name, used in contracts.", pattern=r"^[a-z][a-z0-9_]*$"
    )
    kind: Kind = Field(description="What it does in the landscape.")
    owner: str = Field(description="The team that answers for it; must stand in teams.yaml.")
    timezone: str = Field("Etc/UTC", description="The zone of its times that carry none.")
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
    not_yet: ClassVar[Mapping[str, str]] = {"records": "what the system holds, per key"}


class Contact(Declaration):
    """A team or a person, and how to reach them."""

    name: str = Field(description="The name to show.")
    contact: str = Field(description="Where to reach them: an address, a channel, a number.")
    members: tuple[str, ...] = Field((), description="The people, by name.")


class Teams(Declaration):
    """The people to call, by the names that contracts use."""

    teams: dict[str, Contact] = Field(min_length=1, description="Teams by short name.")


class Landscape(Declaration):
    """All systems and teams of a project; references between them are checked by the loader."""

    systems: dict[str, System]
    teams: dict[str, Contact]

    def message(self, name: str) -> Message:
        """Return the message called ``system.message``; KeyError when there is none."""
        system, _, message = name.partition(".")
        return self.systems[system].messages[message]

    def messages(self) -> Mapping[str, Message]:
        """Return every message by its full name, in a stable order."""
        return {
            f"{system}.{name}": message
            for system, spec in sorted(self.systems.items())
            for name, message in sorted(spec.messages.items())
        }

    def alerting(self) -> frozenset[str]:
        """Return the systems that tell people something."""
        return frozenset(name for name, spec in self.systems.items() if spec.kind == "alerting")
