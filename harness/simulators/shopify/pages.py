"""Lists that are filtered by equal values and days, in pages by opaque cursors."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from harness.simulators.base import Call, Reply, reply


def listed(
    call: Call,
    rows: Sequence[Mapping[str, Any]],
    *,
    name: str,
    filters: Mapping[str, str],
    numbers: Mapping[str, Any],
) -> Reply:
    """Return a page of the rows that a query asks for, newest first.

    ``filters`` leads from a parameter to the field that it goes by; ``_min`` and ``_max`` at the
    end of a parameter are bounds, which belong to it.
    """
    query = dict(call.query)
    start = 0
    if "page_info" in query:
        cursor = _decoded(query["page_info"])
        if cursor is None or set(query) - {"limit", "page_info"}:
            return reply(400, {"errors": {"page_info": "Invalid value."}})
        start, asked = cursor
    else:
        asked = {key: value for key, value in query.items() if key != "limit"}
    if strangers := sorted(set(asked) - set(filters)):
        return reply(400, {"errors": {strangers[0]: "the simulated shop does not know it"}})
    limit = query.get("limit", str(numbers["page_size"]))
    if not (limit.isascii() and limit.isdigit() and 0 < len(limit) < 10 and int(limit)):
        return reply(400, {"errors": {"limit": "must be a whole number above 0"}})
    size = min(int(limit), numbers["page_size_at_most"])
    fitting = [
        row
        for row in sorted(rows, key=lambda one: one["id"], reverse=True)
        if all(_fits(row[filters[key]], key, value) for key, value in asked.items())
    ]
    page, headers = fitting[start : start + size], {}
    if start + size < len(fitting):
        following = urlencode({"limit": size, "page_info": _encoded(start + size, asked)})
        headers["Link"] = f'<{call.url.partition("?")[0]}?{following}>; rel="next"'
    return reply(200, {name: page}, **headers)


def _fits(value: Any, parameter: str, wanted: str) -> bool:
    if parameter.endswith("_min"):
        return str(value) >= wanted
    if parameter.endswith("_max"):
        return str(value) <= wanted
    return str(value) == wanted


def _encoded(start: int, asked: Mapping[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps([start, dict(asked)]).encode()).decode()


def _decoded(text: str) -> tuple[int, dict[str, str]] | None:
    try:
        start, asked = json.loads(base64.urlsafe_b64decode(text))
        return int(start), {str(key): str(value) for key, value in asked.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
