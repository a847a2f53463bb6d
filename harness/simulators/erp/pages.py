"""Lists: the rows that are asked for, in pages that lead on to each other."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from harness.simulators.base import Call, Reply, reply
from harness.simulators.erp.refusals import Refused
from harness.timing import parse_instant

AFTER: Final = "modifiedAfter"
BEFORE: Final = "modifiedBefore"
SKIP: Final = "$skiptoken"

_PAGE_SIZE: Final = re.compile(r"odata\.maxpagesize=(\d{1,9})")

Row = Mapping[str, Any]


def page(call: Call, rows: Sequence[Row], *, by: str, most: int) -> Reply:
    """Answer the page behind the token of a call, the first without one.

    ``nextLink`` is a whole address, and stands there only where another page follows. It goes on
    behind the last row shown, in the order of the field ``by``; a row whose field changes
    meanwhile may be missed, or shown twice.
    """
    after = call.query.get(SKIP)
    rest = [row for row in rows if after is None or str(row[by]) > after]
    rest.sort(key=lambda row: str(row[by]))
    size = _size(call, most)
    shown: dict[str, Any] = {"value": rest[:size]}
    if len(rest) > size:
        shown["nextLink"] = _link(call, str(rest[size - 1][by]))
    return reply(200, shown)


def asked_for(rows: Sequence[Row], query: Mapping[str, str], fields: Collection[str]) -> list[Row]:
    """Return the rows whose fields are as the query names them; a field not named may be any."""
    wanted = {name: query[name] for name in fields if name in query}
    return [row for row in rows if all(str(row.get(name)) == text for name, text in wanted.items())]


def modified(rows: Sequence[Row], query: Mapping[str, str], *, by: str) -> list[Row]:
    """Return the rows changed at or after the beginning of a window, and before its end.

    Raises:
        Refused: the beginning or the end is not an instant.
    """
    begin, end = _instant(query, AFTER), _instant(query, BEFORE)
    return [
        row
        for row in rows
        if (begin is None or parse_instant(row[by]) >= begin)
        and (end is None or parse_instant(row[by]) < end)
    ]


def refuse_strangers(query: Mapping[str, str], known: Collection[str]) -> None:
    """Refuse a parameter that is not obeyed: to leave it aside would answer something else."""
    if strange := sorted(set(query) - {SKIP, *known}):
        text = f"The query parameter {strange[0]} is not supported here."
        raise Refused(text, code="BadRequest", target=strange[0])


def _instant(query: Mapping[str, str], name: str) -> int | None:
    if name not in query:
        return None
    try:
        return parse_instant(query[name])
    except ValueError as error:
        text = f"{name} is no instant in ISO 8601; is its + sign encoded?"
        raise Refused(text, code="BadRequest", target=name) from error


def _size(call: Call, most: int) -> int:
    match = _PAGE_SIZE.search(call.header("Prefer") or "")
    return min(int(match[1]), most) if match and int(match[1]) else most


def _link(call: Call, last: str) -> str:
    query = urlencode({**call.query, SKIP: last}, safe="$:")
    return urlsplit(call.url)._replace(query=query).geturl()
