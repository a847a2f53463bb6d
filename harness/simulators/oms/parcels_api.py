"""Parcels: confirmed by warehouses, followed by carriers."""

from __future__ import annotations

from typing import Any

from harness.landscape import Message, System
from harness.simulators.base import Call, Context, Reply, reply
from harness.simulators.bodies import NotJson, read_json
from harness.simulators.bounds import objections
from harness.simulators.oms.keys import Keys
from harness.simulators.oms.orders import Order
from harness.simulators.oms.refusals import NO_OBJECT, already_exists, not_found, refused
from harness.simulators.oms.work import Work
from harness.simulators.routing import Parameters
from harness.simulators.validation import Violation


class ParcelsApi:
    """Answers about parcels. The order or the parcel in the address counts, not one in the body."""

    def __init__(
        self, work: Work, system: System, context: Context, *, keys: Keys, strict: bool
    ) -> None:
        self._work = work
        self._system = system
        self._context = context
        self._keys = keys
        self._strict = strict

    def confirm(self, call: Call, parameters: Parameters) -> Reply:
        """Take a parcel of an order, once for each reference."""
        order = self._work.orders.by_number.get(parameters["orderNo"])
        message = self._system.messages.get("shipment_confirmation")
        if order is None or message is None:
            return not_found()
        body = _body(call, message, orderNo=order.number)
        if isinstance(body, Reply):
            return body
        key, now = call.header("Idempotency-Key"), self._context.now
        if earlier := self._keys.answer(call.path, key, body, now=now):
            return earlier
        answer = self._confirmed(order, body)
        if answer.status < 300:
            self._keys.remember(call.path, key, body, answer, now=now)
        return answer

    def of_order(self, _call: Call, parameters: Parameters) -> Reply:
        """Show the parcels that were confirmed for an order."""
        number = parameters["orderNo"]
        if number not in self._work.orders.by_number:
            return not_found()
        return reply(200, {"parcels": self._work.parcels.of_order(number)})

    def follow(self, call: Call, parameters: Parameters) -> Reply:
        """Believe where a parcel is said to be; backwards too, unless the profile is strict."""
        before = self._work.parcels.states.get(parameters["trackingNumber"])
        message = self._system.messages.get("parcel_status")
        if before is None or message is None:
            return not_found()
        body = _body(call, message, trackingNumber=parameters["trackingNumber"])
        if isinstance(body, Reply):
            return body
        if self._strict and not self._is_forward(before["status"], body["status"]):
            return reply(409, {"error": "not_forward", "status": before["status"]})
        self._work.follow(body)
        return reply(200, body)

    def status(self, _call: Call, parameters: Parameters) -> Reply:
        """Show where a parcel was last said to be."""
        found = self._work.parcels.states.get(parameters["trackingNumber"])
        return not_found() if found is None else reply(200, found)

    def _confirmed(self, order: Order, body: dict[str, Any]) -> Reply:
        if body["parcelRef"] in self._work.parcels.confirmed:
            return already_exists(parcelRef=body["parcelRef"])
        lines = body.get("lines")
        if not isinstance(lines, list) or not lines:
            return refused(Violation("lines", "required", "a parcel has at least one line"))
        contents = self._work.parcels.read(order, lines, self._work.orders.open(order))
        if contents.wrong:
            return refused(*contents.wrong)
        self._work.confirm(order, body, contents)
        return reply(201, body)

    def _is_forward(self, before: str, after: str) -> bool:
        record = self._system.records.get("parcel")
        moves = record.values["status"].moves if record and "status" in record.values else {}
        return not moves or before == after or after in moves.get(before, ())


def _body(call: Call, message: Message, **lifted: str) -> dict[str, Any] | Reply:
    """Return the body with what the address says, or the refusal."""
    try:
        body = read_json(call)
    except NotJson as error:
        return reply(400, {"error": "bad_json", "message": str(error)})
    if not isinstance(body, dict):
        return refused(NO_OBJECT)
    body = {**body, **lifted}
    wrong = objections(message, body)
    return refused(*wrong) if wrong else body
