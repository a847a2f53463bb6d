"""The Orders API, version 2026-01-01: whole orders, and no restricted data token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.simulators.amazon import views_2026
from harness.simulators.amazon.operations import Asked, Operation, Operations
from harness.simulators.amazon.orders import Order, Orders, seconds
from harness.simulators.amazon.pages import Pages
from harness.simulators.amazon.windows import (
    Names,
    Question,
    read_list,
    read_size,
    read_window,
    refuse_strangers,
)
from harness.simulators.base import Context, Reply, reply

_NAMES: Final = Names("createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore")
_KNOWN: Final = frozenset(
    {
        "createdAfter",
        "createdBefore",
        "lastUpdatedAfter",
        "lastUpdatedBefore",
        "fulfillmentStatuses",
        "marketplaceIds",
        "fulfilledBy",
        "maxResultsPerPage",
        "paginationToken",
        "includedData",
    }
)
_OLD_STATUSES: Final = {new: old for old, new in views_2026.STATUSES.items()}
_OLD_CHANNELS: Final = {new: old for old, new in views_2026.CHANNELS.items()}


class Orders2026Api:
    """Answers for whole orders. The application has the roles for personal data: an assumption."""

    def __init__(self, orders: Orders, context: Context, numbers: Mapping[str, Any]) -> None:
        self._orders = orders
        self._context = context
        self._numbers = numbers
        self._pages: Pages[Order, Question] = Pages(lifetime=numbers["orders_token_lifetime"])

    def operations(self) -> Operations:
        """Return what is answered, by address."""
        return {
            "GET /orders/2026-01-01/orders": Operation("searchOrders", self._search),
            "GET /orders/2026-01-01/orders/:orderId": Operation("getOrder2026", self._one),
        }

    def _search(self, asked: Asked) -> Reply:
        query, now = asked.call.query, self._context.now
        refuse_strangers(query, _KNOWN)
        parts = read_list(query, "includedData", allowed=views_2026.PARTS)
        token = query.get("paginationToken") or None
        question = self._pages.question(token, now=now) if token else self._question(query)
        page = self._pages.cut(
            [order for order in self._orders.by_id.values() if question.fits(order)],
            question,
            place=lambda order: (question.window.instant(order), order.id),
            size=question.size,
            token=token,
            now=now,
            random=self._context.random,
        )
        bound = "lastUpdatedBefore" if question.window.by_update else "createdBefore"
        answer: dict[str, Any] = {
            "orders": [views_2026.order(order, parts) for order in page.rows],
            bound: seconds(question.window.end),
        }
        if page.token is not None:
            answer["pagination"] = {"nextToken": page.token}
        return reply(200, answer)

    def _question(self, query: Mapping[str, str]) -> Question:
        behind = self._numbers["window_behind"]
        statuses = read_list(query, "fulfillmentStatuses", allowed=tuple(_OLD_STATUSES))
        channels = read_list(query, "fulfilledBy", allowed=tuple(_OLD_CHANNELS))
        return Question(
            read_window(query, _NAMES, now=self._context.now, behind=behind),
            marketplaces=read_list(query, "marketplaceIds"),
            statuses=frozenset(_OLD_STATUSES[name] for name in statuses),
            channels=frozenset(_OLD_CHANNELS[name] for name in channels),
            size=read_size(query, "maxResultsPerPage", most=self._numbers["orders_page"]),
        )

    def _one(self, asked: Asked) -> Reply:
        parts = read_list(asked.call.query, "includedData", allowed=views_2026.PARTS)
        order = self._orders.find(asked.parameters["orderId"])
        return reply(200, {"order": views_2026.order(order, parts)})
