"""What a body must look like: the fields of its message, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness.landscape import Message
from harness.simulators.base import Call
from harness.simulators.bodies import NotJson, read_json
from harness.simulators.bounds import objections
from harness.simulators.erp.refusals import Refused, unfit
from harness.simulators.validation import Violation


class Form:
    """The fields of a message that may be sent; those that the ERP sets itself may not."""

    def __init__(self, message: Message) -> None:
        self._message = message
        sent = [path.split(".") for path, spec in message.fields.items() if not spec.read_only]
        self._names = {parts[0] for parts in sent}
        self._line_names = {parts[2] for parts in sent if parts[:2] == ["lines", "*"] and parts[2:]}

    def refuse_unfit(self, body: Any) -> None:
        """Refuse a body for the first thing in which it is not as it should be.

        Raises:
            Refused: it is no object, has a field too many, or a field that is wrong.
        """
        if not isinstance(body, dict):
            raise unfit(Violation("", "type", "expected an object"))
        self._refuse_strangers(body, self._names, "")
        lines = body.get("lines")
        for index, line in enumerate(lines if isinstance(lines, list) else ()):
            if not isinstance(line, dict):
                raise unfit(Violation(f"lines.{index}", "type", "expected an object"))
            self._refuse_strangers(line, self._line_names, f"lines.{index}.")
        for wrong in objections(self._message, body):
            raise unfit(wrong)

    def _refuse_strangers(self, body: Mapping[str, Any], names: Iterable[str], where: str) -> None:
        if strange := sorted(set(body) - set(names)):
            text = f"{where}{strange[0]}: there is no such property that can be written."
            raise Refused(text, code="BadRequest", target=f"{where}{strange[0]}")


def read_body(call: Call) -> Any:
    """Return the body of a call.

    Raises:
        Refused: it is no JSON.
    """
    try:
        return read_json(call)
    except NotJson as error:
        raise Refused(f"The body is no JSON: {error}.", code="BadRequest") from error
