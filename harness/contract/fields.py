"""How the fields of the target come about: rules, rows, joins, value maps, sums."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from harness.contract.words import (
    ConditionData,
    ExpressionText,
    Joined,
    Name,
    Paths,
    PathText,
    PipeText,
    SeverityWord,
    Terms,
    WhenMissing,
)
from harness.declaration import Declaration


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
    expression: ExpressionText | None = Field(
        None,
        description="A sandboxed Jinja2 expression, for what `from` and `using` cannot say; it is "
        "judged, counted and shown, and alignment cannot see through it.",
    )
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

    @model_validator(mode="after")
    def _one_origin(self) -> FieldRule:
        given = [
            word
            for word, present in {
                "from": self.source is not None,
                "fixed": "fixed" in self.model_fields_set,
                "expression": self.expression is not None,
                "set_by": self.set_by is not None,
                "checked_by": self.checked_by is not None,
            }.items()
            if present
        ]
        if len(given) != 1:
            said = " and ".join(f"`{word}`" for word in given) or "none"
            raise ValueError(
                "a field has exactly one of `from`, `fixed`, `expression`, `set_by`, "
                f"`checked_by`; here: {said}"
            )
        with_from = {"using", "map", "unlike", "if_missing"}
        if self.expression is not None:
            with_from -= {"map", "if_missing"}
        extra = sorted(self.model_fields_set & with_from)
        if self.source is None and extra:
            raise ValueError(f"`{extra[0]}` goes with `from` only")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the source paths that the rule names under ``from``."""
        if self.source is None:
            return ()
        return (self.source,) if isinstance(self.source, str) else self.source


class Join(Declaration):
    """What a message is read together with: one or all of a message, a record or a table."""

    one: Joined | None = Field(
        None, description="`system.message`, `system.record` or `tables.NAME`; exactly one fits."
    )
    all: Joined | None = Field(
        None, description="The same, where every one that fits is taken, as a list."
    )
    on: dict[PathText, PathText] = Field(
        min_length=1, description="Its field to the field here that must be equal."
    )
    where: ConditionData | None = Field(None, description="Only those that fulfil this condition.")

    @model_validator(mode="after")
    def _one_or_all(self) -> Join:
        if (self.one is None) == (self.all is None):
            raise ValueError("a join takes `one: NAME` or `all: NAME`")
        return self

    @property
    def name(self) -> str:
        """Return what is joined."""
        return self.one or self.all or ""


class RowBlock(Declaration):
    """One kind of row: where its source rows are, which of them, and what becomes of each."""

    each: PathText | None = Field(
        None, description="The source list; left out, the message itself makes one row."
    )
    where: ConditionData | None = Field(
        None, description="Which source rows; they fall in exactly one block."
    )
    with_: dict[Name, Join] = Field(
        default_factory=dict, alias="with", description="Joins of each row, by a name of yours."
    )
    group_by: Paths = Field((), description="Source fields; rows that share them make one row.")
    fields: dict[PathText, FieldRule] = Field(
        default_factory=dict, description="The rules of a row; bare paths start at the source row."
    )
    drop: str | None = Field(
        None, min_length=3, description="Why these rows are left out, on purpose."
    )
    severity: SeverityWord = Field("blocker", description="How much a lost or extra row hurts.")

    @model_validator(mode="after")
    def _fields_or_drop(self) -> RowBlock:
        if bool(self.fields) == (self.drop is not None):
            raise ValueError("a row block has `fields`, or a reason under `drop`")
        if self.group_by and self.each is None:
            raise ValueError("`group_by` needs the list under `each`")
        return self


class RowRule(Declaration):
    """How the rows of a list come about, paired by key: from one list, or from named blocks."""

    match_by: tuple[PathText, ...] = Field(
        min_length=1, description="The target fields that tell one row from another."
    )
    each: PathText | None = Field(None, description="The source list whose rows are mapped.")
    fields: dict[PathText, FieldRule] = Field(
        default_factory=dict,
        description="The rules of a row; bare paths start at the source row.",
    )
    rows: dict[Name, RowBlock] = Field(
        default_factory=dict,
        description="Named blocks in place of `each` and `fields`; every source row falls in "
        "exactly one.",
    )
    severity: SeverityWord = Field("blocker", description="How much a lost or extra row hurts.")

    @model_validator(mode="after")
    def _one_form(self) -> RowRule:
        simple = self.each is not None and bool(self.fields)
        if simple == bool(self.rows) or (self.rows and (self.each or self.fields)):
            raise ValueError("a list has `each` with `fields`, or named blocks under `rows`")
        for where, fields in self.forms():
            for key in self.match_by:
                if key not in fields:
                    raise ValueError(f"`match_by` names `{key}`, which no rule of `{where}` fills")
        return self

    def forms(self) -> tuple[tuple[str, Mapping[str, FieldRule]], ...]:
        """Return the sets of field rules, each with its path below the list."""
        if not self.rows:
            return (("fields", self.fields),)
        return tuple(
            (f"rows.{name}.fields", block.fields)
            for name, block in self.rows.items()
            if block.drop is None
        )


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

    @field_validator("pairs")
    @classmethod
    def _values_have_ids_of_their_own(cls, pairs: dict[str, Any]) -> dict[str, Any]:
        # Both words are ids even where the map does not say them: what is parked by default
        # would prove a pair of that name.
        for word in ("if_unmapped", "if_missing"):
            if word in pairs:
                raise ValueError(
                    f"a value called `{word}` would have the id of that word of the language; "
                    "turn it into another value first, with `using: replace`"
                )
        return pairs


class Sum(Declaration):
    """An exact equation, or a bound, between amounts."""

    add: Terms = Field(
        min_length=1,
        description="Terms; a leading minus subtracts, `price * quantity` multiplies within a "
        "row. Bare paths are target fields, `source.` and the names of joins start elsewhere.",
    )
    equals: Terms | None = Field(None, description="The terms that they must equal.")
    at_most: Terms | None = Field(None, description="The terms that they must not exceed.")
    per: PathText | dict[PathText, PathText] | None = Field(
        None,
        description="One sum for each value of this path, or for each pair of a target path and "
        "the source path that has the same value.",
    )
    tolerance: Decimal = Field(Decimal(0), description="The largest difference that is accepted.")
    when: ConditionData | None = Field(None, description="The condition under which it holds.")
    severity: SeverityWord = Field("blocker", description="How much a breach hurts.")

    @model_validator(mode="after")
    def _one_comparison(self) -> Sum:
        if (self.equals is None) == (self.at_most is None):
            raise ValueError("a sum has `equals` or `at_most`")
        return self

    @property
    def other_side(self) -> tuple[str, ...]:
        """Return the terms that the sum is held against."""
        return self.equals or self.at_most or ()
