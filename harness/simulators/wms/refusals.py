"""How the warehouse says no: a code for programs, a sentence for people, the fields if any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from harness.simulators.base import Reply, reply
from harness.simulators.validation import Violation

NO_OBJECT: Final = Violation("", "type", "expected an object")


class Refused(Exception):
    """A call that is answered with a refusal."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 422,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.headers = headers or {}
        self.more = more

    def answer(self) -> Reply:
        """Return what the caller is told."""
        told = {"code": self.code, "message": str(self), **self.more}
        return reply(self.status, told, **self.headers)


def invalid(*wrong: Violation) -> Refused:
    """Return the refusal of a body whose fields are not as described."""
    return _listing("invalid", "The body is not as described.", wrong)


def unknown_item(*wrong: Violation) -> Refused:
    """Return the refusal of a body that names items which the warehouse does not have."""
    return _listing("unknown_item", "The warehouse does not know the item.", wrong)


def not_found(what: str) -> Refused:
    """Return the answer about what is not there."""
    return Refused("not_found", f"There is no {what}.", status=404)


def already_exists(**known: Any) -> Refused:
    """Return the answer to what was taken before."""
    return Refused("already_exists", "It was taken before.", status=409, **known)


def _listing(code: str, message: str, wrong: Sequence[Violation]) -> Refused:
    return Refused(code, message, errors=[asdict(violation) for violation in wrong])
