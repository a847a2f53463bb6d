"""What a body must look like: an object, with fields as the system's file describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.landscape import Message
from harness.simulators.base import Call
from harness.simulators.bodies import NotJson, read_json
from harness.simulators.bounds import objections
from harness.simulators.easypost.refusals import Refused, unfit
from harness.simulators.easypost.requests import expected


class Forms:
    """What is sent to EasyPost; the system's file counts, and says more or less than usual."""

    def __init__(self, messages: Mapping[str, Message]) -> None:
        self._messages = {**expected(), **messages}

    def refuse_unfit(self, message: str, body: Any, code: str) -> None:
        """Refuse a body that breaks the fields of its message.

        Raises:
            Refused: fields are missing or not as they should be; all of them are named.
        """
        if wrong := objections(self._messages[message], body):
            raise unfit(code, wrong)


def read_object(call: Call) -> Mapping[str, Any]:
    """Return the body of a call, an object; no body is an empty one.

    Raises:
        Refused: it is no JSON, or something else than an object.
    """
    if not call.body:
        return {}
    try:
        body = read_json(call)
    except NotJson as error:
        text = f"The body is no JSON: {error}."
        raise Refused("PARAMETER.INVALID", text, status=400) from error
    if not isinstance(body, Mapping):
        raise Refused("PARAMETER.INVALID", "The body is not an object.", status=400)
    return body
