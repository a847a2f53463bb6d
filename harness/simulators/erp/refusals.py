"""How the ERP says no: one error with a code, a sentence, and at times the field it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.simulators.base import Reply, reply
from harness.simulators.validation import Violation

SAME_KEY: Final = "Internal_EntityWithSameKeyExists"
"""The code for something that is there already."""


class Refused(Exception):
    """A call, or one element of a batch, is refused; ``target`` is the field to blame."""

    def __init__(
        self,
        text: str,
        *,
        code: str = "Application_DialogException",
        target: str | None = None,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(text)
        self.code = code
        self.target = target
        self.status = status
        self.headers = headers or {}

    def error(self, correlation: str) -> dict[str, str]:
        """Return the error as it stands in an answer, with the id by which it can be traced."""
        target = {} if self.target is None else {"target": self.target}
        message = f"{self}  CorrelationId:  {correlation}."
        return {"code": self.code, **target, "message": message}

    def answer(self, correlation: str) -> Reply:
        """Return the refusal of a whole call."""
        return reply(self.status, {"error": self.error(correlation)}, **self.headers)


class AlreadyThere(Refused):
    """What is sent was taken before; ``known`` tells what it became."""

    def __init__(self, text: str, *, target: str, known: Mapping[str, Any]) -> None:
        super().__init__(text, code=SAME_KEY, target=target)
        self.known = known


class NotFound(Refused):
    """What was asked for does not exist."""

    def __init__(self, text: str, *, code: str = "Internal_RecordNotFound") -> None:
        super().__init__(text, code=code, status=404)


def unfit(wrong: Violation) -> Refused:
    """Return the refusal of a field that is not as the system's file describes it."""
    code = _CODES.get(wrong.code, "Application_FieldValidationException")
    where = wrong.field or "body"
    return Refused(f"{where}: {wrong.message}.", code=code, target=where)


_CODES: Final[Mapping[str, str]] = {
    "too_long": "Application_StringExceededLength",
    "encoding": "BadRequest",
    "null": "BadRequest",
    "type": "BadRequest",
    "unknown": "BadRequest",
}
