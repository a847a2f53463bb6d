"""Lists in pages, each of which says where the next one is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from harness.simulators.base import Call
from harness.simulators.wms.refusals import Refused
from harness.timing import parse_instant

CURSOR: Final = "cursor"
LIMIT: Final = "limit"


def page_size(call: Call, *, usual: int, most: int) -> int:
    """Return how many rows a call wants.

    Raises:
        Refused: it is no number, or too large.
    """
    text = call.query.get(LIMIT, str(usual))
    size = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    if not 1 <= size <= most:
        raise _bad(LIMIT, f"a number from 1 to {most}")
    return size


def page(
    call: Call, rows: Iterable[tuple[int, Mapping[str, Any]]], name: str, *, size: int
) -> dict[str, Any]:
    """Return the rows behind the cursor of a call, and the whole address of the next page.

    No more rows are taken than the page needs, and one to know whether there is another.
    """
    begin = cursor(call)
    rest = list(islice((row for row in rows if row[0] > begin), size + 1))
    after = rest[size - 1][0] if len(rest) > size else None
    return {
        name: [row for _, row in rest[:size]],
        "next": None if after is None else link(call, str(after)),
    }


def cursor(call: Call) -> int:
    """Return the number of the last row that a caller has seen.

    Raises:
        Refused: it is none that a page gave.
    """
    text = call.query.get(CURSOR, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise _bad(CURSOR, "what `next` of the page before says")
    return int(text)


def link(call: Call, cursor: str) -> str:
    """Return the address of a call with another cursor."""
    query = urlencode({**call.query, CURSOR: cursor})
    return urlsplit(call.url)._replace(query=query).geturl()


def instant(call: Call, name: str) -> int | None:
    """Return the instant that a parameter names, or None where it is not given."""
    if name not in call.query:
        return None
    try:
        return parse_instant(call.query[name])
    except ValueError as error:
        raise _bad(name, "an instant in ISO 8601; is its + sign encoded?") from error


def refuse_strangers(call: Call, known: Collection[str]) -> None:
    """Refuse a parameter that is not obeyed: to leave it aside would answer something else."""
    for name in sorted(set(call.query) - {CURSOR, LIMIT, *known}):
        raise _bad(name, "not a parameter of this list")


def _bad(name: str, expected: str) -> Refused:
    return Refused("bad_parameter", f"{name}: expected {expected}.", status=400, parameter=name)
