"""What all of the GraphQL Admin API shares: global ids, instants in UTC, and pages of rows."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from graphql import GraphQLError

GID: Final = "gid://shopify/"
Row = Mapping[str, Any]


def number_of(gid: Any, type_: str) -> int | None:
    """Return the number in a global id of a type, or None where it is no such id."""
    start = f"{GID}{type_}/"
    text = gid.removeprefix(start) if isinstance(gid, str) and gid.startswith(start) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def instant_of(text: Any) -> str | None:
    """Return an instant as GraphQL writes it, in UTC, while REST keeps the offset of the shop."""
    if not isinstance(text, str):
        return None
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def sku_in(query: str | None) -> str | None:
    """Return the SKU that a search asks for, None where it asks for none.

    Only what stands in quotes is taken whole; without them the search ends at the first blank.
    """
    word, _, wanted = (query or "").strip().partition(":")
    if word != "sku":
        return None
    if wanted[:1] in ("'", '"'):
        return wanted[1:].partition(wanted[0])[0]
    return wanted.partition(" ")[0]


def page_of(rows: Sequence[Row], page: Row, *, most: int) -> Row:
    """Return one page of a connection.

    Raises:
        GraphQLError: the page is asked for without a size, with too large a one, or with a cursor
            that is not one of ours.
    """
    first, after = page.get("first"), page.get("after")
    if type(first) is not int or first < 1:
        raise GraphQLError("you must provide `first` to page through a connection")
    if first > most:
        raise GraphQLError(f"`first` is {first}; {most} is the most")
    start = _place(after) if after else 0
    chosen = rows[start : start + first]
    cursors = [_cursor(start + index + 1) for index in range(len(chosen))]
    return {
        "nodes": chosen,
        "edges": [
            {"cursor": cursor, "node": one} for cursor, one in zip(cursors, chosen, strict=True)
        ],
        "pageInfo": {
            "hasNextPage": start + first < len(rows),
            "hasPreviousPage": start > 0,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(f"after:{place}".encode()).decode()


def _place(cursor: Any) -> int:
    try:
        word, _, text = base64.urlsafe_b64decode(str(cursor)).decode().partition(":")
    except ValueError:
        word, text = "", ""
    if word != "after" or not (text.isascii() and text.isdigit() and len(text) < 10):
        raise GraphQLError("the cursor is not one of ours")
    return int(text)
