"""The base of everything that people write in YAML: closed, frozen, described."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError


class Declaration(BaseModel):
    """A piece of a file: unknown keys are refused, values do not change.

    ``not_yet`` names keys that belong to the language and are not judged by this version; they
    are refused with that reason, never ignored.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    not_yet: ClassVar[Mapping[str, str]] = {}

    @model_validator(mode="before")
    @classmethod
    def _refuse_what_is_not_judged(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            for key, meaning in cls.not_yet.items():
                if key in data:
                    raise PydanticCustomError(
                        "not_yet",
                        "`{key}` ({meaning}) belongs to the language, but this version does not "
                        "judge it yet; remove it, so that nobody takes it for checked",
                        {"key": key, "meaning": meaning},
                    )
        return data

    @classmethod
    def described(cls, **values: Any) -> Self:
        """Build one in Python, with the same checks that a file gets."""
        return cls.model_validate(values)
