"""How EasyPost says no: one error with a code, a sentence, and the fields it is about."""

from __future__ import annotations

from collections.abc import Sequence

from harness.simulators.base import Reply, reply
from harness.simulators.validation import Violation


class Refused(Exception):
    """A call is refused."""

    def __init__(
        self, code: str, text: str, *, status: int = 422, wrong: Sequence[Violation] = ()
    ) -> None:
        super().__init__(text)
        self.code = code
        self.status = status
        self.wrong = tuple(wrong)

    @property
    def answer(self) -> Reply:
        """Return the refusal as it is answered."""
        errors = [
            {"code": one.code, "field": one.field, "message": one.message, "suggestion": None}
            for one in self.wrong
        ]
        error = {"code": self.code, "message": str(self), "errors": errors}
        return reply(self.status, {"error": error})


class NotFound(Refused):
    """What was asked for does not exist."""

    def __init__(self) -> None:
        super().__init__("NOT_FOUND", "The requested resource could not be found.", status=404)


def unfit(code: str, wrong: Sequence[Violation]) -> Refused:
    """Return the refusal of a body whose fields are not as the system's file describes them."""
    named = [Violation(one.field, one.code.upper(), one.message) for one in wrong]
    return Refused(code, "Some parameters are not as they should be.", wrong=named)
