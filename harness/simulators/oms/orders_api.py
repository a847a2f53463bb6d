"""Orders as the OMS sees them: read, listed and cancelled by the integration; returns too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.landscape import System
from harness.simulators.base import Call, Reply, UnknownAction, copied, reply
from harness.simulators.bodies import NotJson, read_json
from harness.simulators.bounds import objections
from harness.simulators.oms import views
from harness.simulators.oms.orders import Order
from harness.simulators.oms.refusals import NO_OBJECT, already_exists, not_found, refused
from harness.simulators.oms.telling import Telling
from harness.simulators.oms.work import Work
from harness.simulators.routing import Parameters
from harness.simulators.validation import Violation
from harness.timing import parse_instant


class OrdersApi:
    """Answers about orders and returns."""

    def __init__(self, work: Work, system: System, telling: Telling, *, page_size: int) -> None:
        self._work = work
        self._system = system
        self._telling = telling
        self._page_size = page_size
        self._cancellations: dict[str, Mapping[str, Any]] = {}

    def one(self, _call: Call, parameters: Parameters) -> Reply:
        """Show one order as it stands."""
        order = self._work.orders.by_number.get(parameters["id"])
        return not_found() if order is None else reply(200, views.order(order, self._work.orders))

    def several(self, call: Call, _parameters: Parameters) -> Reply:
        """List orders by their last change, in pages, those of a status or a span of time."""
        query = call.query
        try:
            begin, end = _instant(query, "changedFrom"), _instant(query, "changedTo")
            orders = [
                order
                for order in self._work.orders.by_number.values()
                if (begin is None or order.updated_at >= begin)
                and (end is None or order.updated_at < end)
                and query.get("status") in (None, self._work.orders.status(order))
            ]
            return self._page(orders, query.get("after"))
        except ValueError as error:
            return reply(400, {"error": "bad_query", "message": str(error)})

    def cancel(self, call: Call, parameters: Parameters) -> Reply:
        """Cancel lines of an order, or all of it, once for each reference."""
        order = self._work.orders.by_number.get(parameters["orderNo"])
        message = self._system.messages.get("cancellation")
        if order is None or message is None:
            return not_found()
        try:
            body = read_json(call)
        except NotJson as error:
            return reply(400, {"error": "bad_json", "message": str(error)})
        if not isinstance(body, dict):
            return refused(NO_OBJECT)
        body = {**body, "orderNo": order.number}
        if wrong := objections(message, body):
            return refused(*wrong)
        if body["reference"] in self._cancellations:
            return already_exists(reference=body["reference"])
        return self._cancelled(order, body)

    def one_return(self, _call: Call, parameters: Parameters) -> Reply:
        """Show one return as it stands."""
        found = self._work.returns.by_id.get(parameters["id"])
        return not_found() if found is None else reply(200, views.returned(found))

    def _cancelled(self, order: Order, body: Mapping[str, Any]) -> Reply:
        if self._work.orders.status(order) == "SHIPPED":
            return reply(422, {"error": "too_late"})
        try:
            self._work.cancel(order, body.get("lines"))
        except UnknownAction as error:
            return refused(Violation("lines", "not_open", str(error)))
        self._cancellations[body["reference"]] = copied(body)
        self._telling.commit("cancellation", body)
        return reply(201, body)

    def _page(self, orders: Sequence[Order], after: str | None) -> Reply:
        rows = sorted(orders, key=_place)
        if after is not None:
            rows = [order for order in rows if _place(order) > _bookmark(after)]
        page = rows[: self._page_size]
        token = None
        if len(rows) > len(page):
            token = f"{page[-1].updated_at}.{page[-1].number}"
        shown = [views.order(order, self._work.orders) for order in page]
        return reply(200, {"orders": shown, "next": token})


def _place(order: Order) -> tuple[int, str]:
    return order.updated_at, order.number


def _bookmark(token: str) -> tuple[int, str]:
    instant, _, number = token.partition(".")
    if not (instant.isascii() and instant.isdigit() and len(instant) < 25):
        raise ValueError("after is not a `next` that was given")
    return int(instant), number


def _instant(query: Mapping[str, str], name: str) -> int | None:
    return parse_instant(query[name]) if name in query else None
