"""What goes wrong in the middle of lists and batches: rows are missing, repeat, or fail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from harness.faults.calls import Lost
from harness.json_text import json_text
from harness.mapping import Path, parse_path, read
from harness.messages import Lists
from harness.scenario import Fault
from harness.simulators.base import Call, Reply


@dataclass(frozen=True, slots=True)
class Asked:
    """A batch as it goes through, and what of it does not, by its places."""

    call: Call
    failing: Mapping[int, Any]


class Rows:
    """Spoils lists and batches; it remembers what each address showed last."""

    def __init__(self) -> None:
        self._shown: dict[tuple[str, str, str], Reply] = {}

    def asked(self, fault: Fault, call: Call, lists: Lists) -> Asked:
        """Take the rows that fail out of a batch."""
        rows, body = _rows(call.body, lists.sent)
        if fault.do != "fail_rows" or rows is None or lists.told is None or lists.sent is None:
            return Asked(call, {})
        places = (fault.rows,) if isinstance(fault.rows, int) else fault.rows
        failing = {place: rows[place] for place in places if place < len(rows)}
        left = [row for place, row in enumerate(rows) if place not in failing]
        return Asked(replace(call, body=_with(body, lists.sent, left)), failing)

    def answered(
        self, fault: Fault, system: str, asked: Asked, reply: Reply | Lost, lists: Lists
    ) -> Reply | Lost:
        """Return the answer as the caller gets it; the same one where nothing is spoiled."""
        if isinstance(reply, Lost):
            return reply
        if fault.do in ("repeat_page", "stale_read"):
            query = _ANY if fault.do == "repeat_page" else urlsplit(asked.call.url).query
            return self._shown.get((system, asked.call.path, query), reply)
        at = lists.told if fault.do == "fail_rows" else lists.shown
        rows, body = _rows(reply.body, at)
        if rows is None or at is None:
            return reply
        told = list(rows)
        if fault.do == "lose_rows" and isinstance(fault.rows, int):
            del told[max(len(rows) - fault.rows, 0) :]
        for place, row in sorted(asked.failing.items()):
            said = fault.body if isinstance(fault.body, dict) else {}
            names = {theirs: read(parse_path(mine), row) for theirs, mine in lists.on.items()}
            told.insert(place, {**names, **said})
        return reply if told == rows else replace(reply, body=_with(body, at, told))

    def remember(self, system: str, call: Call, reply: Reply | Lost) -> None:
        """Keep what was shown, for a page that repeats it."""
        if isinstance(reply, Reply):
            for query in (_ANY, urlsplit(call.url).query):
                self._shown[system, call.path, query] = reply


_ANY: Final = "*"
"""Whatever the query: a further page has another one."""


def _rows(raw: bytes, at: Path | None) -> tuple[list[Any] | None, Any]:
    """Return the list at a path, and the whole body; no list where there is none."""
    if at is None:
        return None, None
    try:
        body = json.loads(raw, parse_float=Decimal)
    except ValueError:
        return None, None
    rows = read(at, body) if at.parts else body
    return (rows if isinstance(rows, list) else None), body


def _with(body: Any, at: Path, rows: list[Any]) -> bytes:
    def put(value: Any, path: Path) -> Any:
        if not path.parts:
            return rows
        return {**value, path.head: put(value[path.head], path.tail())}

    return json_text(put(body, at)).encode()
