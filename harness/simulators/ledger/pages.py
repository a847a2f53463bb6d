"""Lists in pages, and those rows of them that changed within a span of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.simulators.base import Reply, reply
from harness.timing import parse_instant


class BadQuery(ValueError):
    """A parameter of a list makes no sense."""


def page(
    name: str, rows: Sequence[Mapping[str, Any]], query: Mapping[str, str], *, size: int
) -> Reply:
    """Answer one page of a list, with a number under `next` where another follows.

    Raises:
        BadQuery: `after` or `limit` is no number that fits.
    """
    size = _number(query, "limit", default=size, least=1, most=size)
    begin = _number(query, "after", default=0, least=0, most=len(rows))
    end = begin + size
    following = str(end) if end < len(rows) else None
    return reply(200, {name: list(rows[begin:end]), "next": following})


def changed(
    rows: Sequence[Mapping[str, Any]], query: Mapping[str, str], *, by: str
) -> list[Mapping[str, Any]]:
    """Return the rows whose instant is at or after `changed_from` and before `changed_to`.

    Raises:
        BadQuery: one of the two is not an instant.
    """
    begin, end = _instant(query, "changed_from"), _instant(query, "changed_to")
    return [
        row
        for row in rows
        if (begin is None or parse_instant(row[by]) >= begin)
        and (end is None or parse_instant(row[by]) < end)
    ]


def same(
    rows: Sequence[Mapping[str, Any]], query: Mapping[str, str], *fields: str
) -> list[Mapping[str, Any]]:
    """Return the rows whose fields are as the query names them; a field not named may be any."""
    asked = {field: query[field] for field in fields if field in query}
    return [row for row in rows if all(row.get(name) == value for name, value in asked.items())]


def _instant(query: Mapping[str, str], name: str) -> int | None:
    if name not in query:
        return None
    try:
        return parse_instant(query[name])
    except ValueError as error:
        raise BadQuery(f"{name}: {error}") from error


def _number(query: Mapping[str, str], name: str, *, default: int, least: int, most: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise BadQuery(f"{name} is a number from {least} to {most}")
    return int(text)
