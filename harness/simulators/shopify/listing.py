"""The list of orders as Shopify gives it: filters, sort orders, and pages by opaque cursors."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Final
from urllib.parse import urlencode

from harness.mapping import Uncomparable, to_instant

Resource = Mapping[str, Any]
Place = tuple[datetime, int]
Test = Callable[[Resource], bool]

_WITH_CURSOR: Final = frozenset({"limit", "page_info", "fields"})
_FILTERS: Final = frozenset(
    {
        "status",
        "financial_status",
        "ids",
        "since_id",
        "created_at_min",
        "created_at_max",
        "updated_at_min",
        "updated_at_max",
        "order",
    }
)
_SORTED_BY: Final = ("created_at", "updated_at", "id")
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class BadQuery(Exception):
    """The query is refused; ``errors`` is what the answer says, by parameter."""

    def __init__(self, **errors: str) -> None:
        super().__init__(str(errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Listing:
    """One page, and the Link header that leads to those beside it; empty when there are none."""

    orders: list[Resource]
    link: str


@dataclass(frozen=True, slots=True)
class _Cursor:
    filters: Mapping[str, str]
    place: Place
    back: bool = False

    def encoded(self) -> str:
        data = {
            "filters": dict(self.filters),
            "place": [self.place[0].isoformat(), self.place[1]],
            "back": self.back,
        }
        return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")

    @classmethod
    def decoded(cls, text: str) -> _Cursor:
        try:
            data = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            instant, number = data["place"]
            place = (datetime.fromisoformat(instant).astimezone(UTC), int(number))
            filters = {str(key): str(value) for key, value in data["filters"].items()}
            return cls(filters, place, bool(data["back"]))
        except (
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            OverflowError,
            RecursionError,
        ) as error:
            raise BadQuery(page_info="Invalid value.") from error


def list_orders(
    orders: list[Resource],
    query: Mapping[str, str],
    *,
    url: str,
    zone: tzinfo,
    default_limit: int,
    highest_limit: int,
) -> Listing:
    """Return the page of orders that a query asks for.

    Raises:
        BadQuery: the query is one that Shopify refuses, or one that this shop cannot answer.
    """
    _refuse_strangers(query, with_cursor="page_info" in query)
    cursor = _Cursor.decoded(query["page_info"]) if "page_info" in query else None
    filters = {k: v for k, v in query.items() if k in _FILTERS} if not cursor else cursor.filters
    limit = _limit(query.get("limit"), default=default_limit, highest=highest_limit)
    by, descending = _sorting(filters)
    tests = _tests(filters, zone)
    fitting = [order for order in orders if all(test(order) for test in tests)]
    rows = [(_place(order, by), order) for order in fitting]
    rows.sort(key=lambda row: row[0], reverse=descending)
    page, before, after = _cut(rows, cursor, limit=limit, descending=descending)
    links = [
        _link(url, limit, _Cursor(filters, place, back=back), query.get("fields"))
        for place, back, there in (
            (page[0][0] if page else None, True, before),
            (page[-1][0] if page else None, False, after),
        )
        if place is not None and there
    ]
    return Listing([_view(order, query.get("fields")) for _, order in page], ", ".join(links))


def _cut(
    rows: list[tuple[Place, Resource]], cursor: _Cursor | None, *, limit: int, descending: bool
) -> tuple[list[tuple[Place, Resource]], bool, bool]:
    """Return the rows of the page, and whether there are rows before and after it."""
    start, end = 0, min(limit, len(rows))
    if cursor is not None:
        ahead = [
            place < cursor.place if not descending else place > cursor.place for place, _ in rows
        ]
        if cursor.back:
            end = sum(ahead)
            start = max(end - limit, 0)
        else:
            here = any(place == cursor.place for place, _ in rows)
            start = sum(ahead) + here
            end = min(start + limit, len(rows))
    return rows[start:end], start > 0, end < len(rows)


def _refuse_strangers(query: Mapping[str, str], *, with_cursor: bool) -> None:
    if "page" in query:
        raise BadQuery(page="page cannot be passed. See the guide to cursor-based pagination.")
    for name in query:
        if with_cursor and name not in _WITH_CURSOR:
            raise BadQuery(**{name: f"{name} cannot be passed when page_info is present."})
        if name not in _WITH_CURSOR | _FILTERS:
            # Shopify would filter by some of these; to ignore one would answer another question.
            raise BadQuery(**{name: "the simulated shop does not know this parameter"})


def _limit(text: str | None, *, default: int, highest: int) -> int:
    if text is None:
        return default
    limit = _whole(text, "limit")
    if limit < 1:
        raise BadQuery(limit="must be a whole number above 0")
    return min(limit, highest)


def _sorting(filters: Mapping[str, str]) -> tuple[str, bool]:
    if "since_id" in filters:
        return "id", False
    by, _, direction = filters.get("order", "created_at desc").partition(" ")
    if by not in _SORTED_BY or direction.lower() not in ("", "asc", "desc"):
        raise BadQuery(order="expected created_at, updated_at or id, with asc or desc")
    return by, direction.lower() == "desc"


def _place(order: Resource, by: str) -> Place:
    return (_LONG_AGO if by == "id" else _instant(order.get(by)), order["id"])


def _instant(value: Any) -> datetime:
    try:
        return to_instant(value)
    except Uncomparable:
        return _LONG_AGO


def _tests(filters: Mapping[str, str], zone: tzinfo) -> list[Test]:
    """Return what an order must pass; all filters are read before the first order is."""
    tests = [_status_test(filters.get("status", "open"))]
    payment = filters.get("financial_status", "any")
    if payment != "any":
        tests.append(lambda order: order.get("financial_status") == payment)
    if "ids" in filters:
        ids = filters["ids"].split(",")
        tests.append(lambda order: str(order["id"]) in ids)
    if "since_id" in filters:
        since = _whole(filters["since_id"], "since_id")
        tests.append(lambda order: bool(order["id"] > since))
    return tests + [
        _time_test(name, text, zone)
        for name, text in filters.items()
        if name.endswith(("_min", "_max"))
    ]


def _status_test(status: str) -> Test:
    tests: dict[str, Test] = {
        "any": lambda _order: True,
        "open": lambda order: not order.get("cancelled_at") and not order.get("closed_at"),
        "cancelled": lambda order: bool(order.get("cancelled_at")),
        "closed": lambda order: bool(order.get("closed_at")),
    }
    if status not in tests:
        raise BadQuery(status="expected any, open, closed or cancelled")
    return tests[status]


def _time_test(name: str, text: str, zone: tzinfo) -> Test:
    field, _, bound = name.rpartition("_")
    try:
        limit = datetime.fromisoformat(text)
        limit = (limit.replace(tzinfo=zone) if limit.tzinfo is None else limit).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadQuery(**{name: "expected an ISO 8601 time; is its + sign encoded?"}) from error
    if bound == "min":
        return lambda order: _instant(order.get(field)) >= limit
    return lambda order: _instant(order.get(field)) <= limit


def _whole(text: str, name: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 20:
        return int(text)
    raise BadQuery(**{name: "must be a whole number"})


def _view(order: Resource, fields: str | None) -> Resource:
    if fields is None:
        return order
    wanted = fields.split(",")
    return {name: order[name] for name in wanted if name in order}


def _link(url: str, limit: int, cursor: _Cursor, fields: str | None) -> str:
    query = {"limit": str(limit), "page_info": cursor.encoded()}
    if fields is not None:
        query["fields"] = fields
    relation = "previous" if cursor.back else "next"
    return f'<{url}?{urlencode(query)}>; rel="{relation}"'
