"""What goes beyond one message: state of systems, checks in Python, worked examples."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from harness.contract.words import (
    ClockTime,
    ConditionData,
    Name,
    Paths,
    PathText,
    SeverityWord,
    Term,
    Terms,
)
from harness.declaration import Declaration
from harness.mapping import parse_path
from harness.timing import Zone

_WHAT = re.compile(
    r"(?:count [a-z][a-z0-9_]*\.[a-z][a-z0-9_]*"
    r"|sum [a-z][a-z0-9_]*\.[a-z][a-z0-9_]* \S+"
    r"|[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*){0,2})"
)


def _what(text: str) -> str:
    if not _WHAT.fullmatch(text):
        raise ValueError(
            f"{text!r} is nothing that can be watched; write `system.record.value`, "
            "`count system.message` or `sum system.message field`"
        )
    return text


def _paths_as_keys(data: Any) -> Any:
    """Check that every key of an example is a path; one with dots stands for nested objects."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            parse_path(str(key))
            _paths_as_keys(value)
    elif isinstance(data, (list, tuple)):
        for value in data:
            _paths_as_keys(value)
    return data


Sample = Annotated[dict[str, Any], AfterValidator(_paths_as_keys)]


class StateRule(Declaration):
    """A promise about what systems hold, not about one message."""

    what: Annotated[str, AfterValidator(_what)] = Field(
        description="A value of a record, `count MESSAGE`, or `sum MESSAGE FIELD`."
    )
    per: Paths = Field((), description="The fields by which it is counted or summed.")
    is_: Decimal | Term | None = Field(None, alias="is", description="What it equals.")
    at_most: Decimal | Term | None = Field(None, description="What it never exceeds.")
    at_least: Decimal | Term | None = Field(None, description="What it never falls below.")
    moves: Literal["forward"] | None = Field(
        None, description="`forward`: along the declared moves, never back."
    )
    when: Literal["always", "settled"] | ClockTime = Field(
        "always", description="`always`, `settled`, or a time of day."
    )
    zone: Zone | None = Field(None, description="The IANA zone of a time of day.")
    severity: SeverityWord = Field("major", description="How much a breach hurts.")
    owner: str | None = Field(None, description="The role or team that answers for it.")

    @model_validator(mode="after")
    def _one_demand(self) -> StateRule:
        given = [
            word
            for word, value in {
                "is": self.is_,
                "at_most": self.at_most,
                "at_least": self.at_least,
                "moves": self.moves,
            }.items()
            if value is not None
        ]
        if len(given) != 1:
            raise ValueError("a state has exactly one of `is`, `at_most`, `at_least`, `moves`")
        if (self.when not in ("always", "settled")) != (self.zone is not None):
            raise ValueError("a time of day under `when` needs its `zone`, and nothing else does")
        return self


class BookedSide(Declaration):
    """What one side books: signed amounts of its message, over all rows or over some."""

    add: Terms = Field(
        description="Amounts, such as `lines.*.net`; with a minus they are taken off."
    )
    where: ConditionData | None = Field(
        None, description="Only the rows of these lists that fulfil it."
    )


class Booking(Declaration):
    """One part of the landed margin of an order, as both sides of a contract book it."""

    order: PathText = Field(description="The field of the source that names the order.")
    currency: PathText = Field(
        description="The field of the source with the currency, or of the target as `target.FIELD`."
    )
    source: BookedSide = Field(description="What the source says.")
    target: BookedSide = Field(description="What the target was given.")


class PythonCheck(Declaration):
    """A check in Python, for what stays out of the language."""

    run: Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$")] = Field(
        description="`package.module:function`."
    )
    owner: str = Field(description="The role or team that answers for what it checks.")
    says: str = Field("", description="What it promises, in a sentence.")
    severity: SeverityWord = Field("major", description="How much a breach hurts.")


class Example(Declaration):
    """A source message and the target message that the rules must make of it."""

    name: str = Field(min_length=1, description="What it shows.")
    source: Sample = Field(min_length=1, description="The source message.")
    joined: dict[Name, Annotated[Any, AfterValidator(_paths_as_keys)]] = Field(
        default_factory=dict, alias="with", description="What the joins of the contract find."
    )
    target: Sample = Field(
        description="The target message; fields that are not listed are not compared."
    )
