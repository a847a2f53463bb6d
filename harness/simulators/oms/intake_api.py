"""How orders are sent to the OMS, looked up and read again: sales orders, marketplace orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from harness.landscape import Message
from harness.simulators.base import Call, Context, Reply, reply
from harness.simulators.bodies import NotJson, read_json
from harness.simulators.oms.intake import (
    Intake,
    Taken,
    amount_paths,
    amounts_too_large,
    line_objections,
)
from harness.simulators.oms.keys import Keys
from harness.simulators.oms.refusals import NO_OBJECT, already_exists, not_found, refused
from harness.simulators.routing import Parameters
from harness.simulators.validation import Violation
from harness.timing import show_instant

Judge = Callable[[Message, Any], list[Violation]]


class IntakeApi:
    """Answers about one kind of order. A body is held against the fields of its message."""

    def __init__(
        self,
        intake: Intake,
        context: Context,
        message: Message,
        *,
        judge: Judge,
        keys: Keys,
        refused_skus: set[str],
        numbers: Mapping[str, Any],
        taken: Callable[[Taken], None],
    ) -> None:
        self._intake = intake
        self._context = context
        self._message = message
        self._amounts = amount_paths(message)
        self._judge = judge
        self._keys = keys
        self._refused_skus = refused_skus
        self._warehouse: str = numbers["warehouse"]
        self._largest: Decimal = numbers["largest_amount"]
        self._taken = taken

    def create(self, call: Call, _parameters: Parameters) -> Reply:
        """Take an order, once for each key; after a while once for each externalId."""
        try:
            body = read_json(call)
        except NotJson as error:
            return reply(400, {"error": "bad_json", "message": str(error)})
        key, now = call.header("Idempotency-Key"), self._context.now
        if earlier := self._keys.answer(call.path, key, body, now=now):
            return earlier
        if wrong := self._wrong(body):
            return refused(*wrong)
        if known := self._intake.indexed(body["externalId"], now=now):
            return already_exists(id=known[0].id)
        order = self._intake.take(body, now=now)
        self._taken(order)
        answer = reply(201, self._view(order), Location=f"{call.path}/{order.id}")
        self._keys.remember(call.path, key, body, answer, now=now)
        return answer

    def search(self, call: Call, _parameters: Parameters) -> Reply:
        """Find orders by externalId, the newest not yet."""
        external_id = call.query.get("externalId")
        if not external_id:
            return refused(Violation("externalId", "required", "say which order is wanted"))
        found = self._intake.indexed(external_id, now=self._context.now)
        return reply(200, {"items": [self._view(order) for order in found], "total": len(found)})

    def one(self, _call: Call, parameters: Parameters) -> Reply:
        """Show one order as it came."""
        order = self._intake.taken.get(parameters["id"])
        return not_found() if order is None else reply(200, self._view(order))

    def _wrong(self, body: Any) -> list[Violation]:
        if not isinstance(body, dict):
            return [NO_OBJECT]
        return (
            self._judge(self._message, body)
            or list(amounts_too_large(self._amounts, body, largest=self._largest))
            or line_objections(body, refused_skus=self._refused_skus)
        )

    def _view(self, order: Taken) -> dict[str, Any]:
        return {
            "id": order.id,
            "createdAt": show_instant(order.taken_at),
            "warehouse": self._warehouse,
            **order.body,
        }
