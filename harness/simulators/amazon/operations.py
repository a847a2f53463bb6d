"""An operation of the API: who may call it, how often, and what answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.simulators.amazon.refusals import Refused
from harness.simulators.base import Call, Reply
from harness.simulators.bodies import NotJson, read_json


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that was let in. ``elements`` is the personal data that its token opens."""

    call: Call
    parameters: Mapping[str, str]
    elements: frozenset[str]
    restricted: bool = False

    def body(self) -> Any:
        """Return the body as JSON.

        Raises:
            Refused: it is none.
        """
        try:
            return read_json(self.call)
        except NotJson as error:
            raise Refused(f"The body is not JSON: {error}") from error

    def object(self) -> dict[str, Any]:
        """Return the body, a JSON object.

        Raises:
            Refused: it is none.
        """
        body = self.body()
        if not isinstance(body, dict):
            raise Refused("The body is a JSON object.")
        return body


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation by the name of its usage plan."""

    name: str
    answer: Callable[[Asked], Reply]
    grantless: bool = False
    """Whether it belongs to the application, and not to a seller."""


Operations = Mapping[str, Operation]
"""Operations by `METHOD /path/:id`."""
