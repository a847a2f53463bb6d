"""How the marketplace says no: one error, in the envelope that all its operations share."""

from __future__ import annotations

from harness.simulators.base import Reply, reply


class Refused(Exception):
    """A call is refused; ``status`` and ``code`` are what the answer says."""

    def __init__(self, message: str, *, status: int = 400, code: str = "InvalidInput") -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    @property
    def answer(self) -> Reply:
        """Return the refusal as the API sends it."""
        return error(self.status, self.code, str(self))


def error(status: int, code: str, message: str, *, details: str = "") -> Reply:
    """Return an answer with one error; details are often empty."""
    return reply(status, {"errors": [{"code": code, "message": message, "details": details}]})


def not_found(message: str) -> Refused:
    """Return the refusal of a question about something that does not exist."""
    return Refused(message, status=404, code="NotFound")
