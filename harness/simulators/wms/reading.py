"""How a body that is sent to the warehouse is read: as JSON, and as its message is described."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.landscape import Message
from harness.mapping import to_decimal
from harness.simulators.base import Call
from harness.simulators.bodies import NotJson, read_json
from harness.simulators.bounds import objections
from harness.simulators.validation import Violation
from harness.simulators.wms.items import Items
from harness.simulators.wms.refusals import NO_OBJECT, Refused, invalid, unknown_item


def read_body(call: Call, message: Message | None, **lifted: str) -> dict[str, Any]:
    """Return the body of a call, with what its address says; any where no message describes it.

    Raises:
        Refused: it is no JSON, or not as the message is described.
    """
    try:
        body = read_json(call) if call.body else {}
    except NotJson as error:
        raise Refused("bad_json", f"The body is not JSON: {error}.", status=400) from error
    if not isinstance(body, dict):
        raise invalid(NO_OBJECT)
    body = {**body, **lifted}
    wrong = objections(message, body) if message else []
    if wrong:
        raise invalid(*wrong)
    return body


def refuse_odd_lines(rows: list[Mapping[str, Any]], *names: str) -> None:
    """Refuse rows of which two cannot be told apart, or that ask for less than one."""
    seen: set[tuple[str, ...]] = set()
    for index, row in enumerate(rows):
        key = tuple(str(row.get(name)) for name in names)
        if key in seen:
            text = f"another line has the same {' and '.join(names)}"
            raise invalid(Violation(f"lines.{index}.{names[0]}", "duplicate", text))
        seen.add(key)
        if to_decimal(row["qty"]) < 1:
            raise invalid(Violation(f"lines.{index}.qty", "too_small", "at least 1"))


def refuse_unknown(rows: list[Mapping[str, Any]], items: Items, *, from_the_start: bool) -> None:
    """Refuse rows that name items which nobody told the warehouse of."""
    if wrong := list(_unknown(rows, items, from_the_start=from_the_start)):
        raise unknown_item(*wrong)


def _unknown(
    rows: list[Mapping[str, Any]], items: Items, *, from_the_start: bool
) -> Iterator[Violation]:
    for index, row in enumerate(rows):
        sku = str(row["sku"])
        if not items.knows(sku, from_the_start=from_the_start):
            yield Violation(f"lines.{index}.sku", "unknown_item", f"there is no item {sku}")
