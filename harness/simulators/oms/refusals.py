"""How the OMS says no."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from harness.simulators.base import Reply, reply
from harness.simulators.validation import Violation

NO_OBJECT: Final = Violation("", "type", "expected an object")


def refused(*wrong: Violation) -> Reply:
    """Return the refusal of a body, with everything that is wrong about it."""
    return reply(422, {"errors": [asdict(violation) for violation in wrong]})


def not_found() -> Reply:
    """Return the answer about what is not there."""
    return reply(404, {"error": "not_found"})


def already_exists(**known: Any) -> Reply:
    """Return the answer to something that was taken before."""
    return reply(409, {"error": "already_exists", **known})
