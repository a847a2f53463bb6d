"""Sends ORDER_CHANGE: some seconds late, in no certain order, and now and then twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.landscape import System
from harness.simulators.amazon import notices
from harness.simulators.amazon.notices import (
    BUYER_ASKS,
    ORDER_CHANGE,
    STATUS_CHANGES,
    Subscriptions,
)
from harness.simulators.amazon.orders import Order
from harness.simulators.base import Context, UnknownAction, Webhook, to_json
from harness.simulators.webhooks import new_uuid, signature, topics_of


class Notifier:
    """Tells who subscribed, where the system's file has a message that ORDER_CHANGE carries."""

    def __init__(
        self,
        system: System,
        context: Context,
        numbers: Mapping[str, Any],
        secrets: Mapping[str, str],
    ) -> None:
        self.subscriptions = Subscriptions()
        self.is_carried = any(ORDER_CHANGE in topics_of(m) for m in system.messages.values())
        self._system = system
        self._context = context
        self._numbers = numbers
        self._secrets = secrets
        self._last: dict[str, Mapping[str, Any]] = {}
        self._statuses: dict[str, str] = {}

    def subscribe(self) -> None:
        """Subscribe the integration, if it is not yet."""
        if ORDER_CHANGE not in self.subscriptions.by_type:
            random = self._context.random
            resource = {"sqs": {"arn": "arn:aws:sqs:eu-west-1:444455556666:orders"}}
            destination = self.subscriptions.add_destination("orders", resource, random)
            self.subscriptions.subscribe(ORDER_CHANGE, destination, random)

    def see(self, order: Order) -> bool:
        """Remember the status of an order; return whether it is another one than before."""
        before, self._statuses[order.id] = self._statuses.get(order.id), order.status
        return before != order.status

    def tell(self, order: Order, *, buyer_asks: bool) -> None:
        """Notify of an order whose status changed, or whose buyer asks for something."""
        is_new = self.see(order)
        if not (is_new or buyer_asks) or ORDER_CHANGE not in self.subscriptions.by_type:
            return
        change = BUYER_ASKS if buyer_asks else STATUS_CHANGES
        reason = "Buyer Requested Cancel" if buyer_asks else order.status
        seller, now = self._numbers["seller"], self._context.now
        told = notices.envelope(order, change, reason, seller=seller, at=now)
        number = new_uuid(self._context.random)
        self._context.after(self._delay(), lambda: self._publish(order.id, told, number))

    def again(self, order: Order) -> None:
        """Deliver the last notification about an order once more."""
        if order.id not in self._last:
            raise UnknownAction(f"nobody was notified of order {order.id} yet; subscribe first")
        self.emit(self._last[order.id])

    def emit(self, notice: Mapping[str, Any]) -> None:
        """Deliver a notification, by the relay that takes it out of the queue."""
        if not self.is_carried:
            return
        body = to_json(notice)
        delivery = new_uuid(self._context.random)
        headers = (
            ("Content-Type", "application/json"),
            ("User-Agent", "order-relay/1"),
            *signature(self._system, self._secrets, body),
            ("X-Relay-Delivery", delivery),
        )
        key = str(_at(notice, "Payload", "OrderChangeNotification", "AmazonOrderId") or "")
        event = str(_at(notice, "NotificationMetadata", "NotificationId") or delivery)
        webhook = Webhook(ORDER_CHANGE, key, body, headers, delivery=delivery, event=event)
        self._context.emit(webhook)

    def wrapped(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Return a notification with this content."""
        number = new_uuid(self._context.random)
        head = notices.head(at=self._context.now)
        sent = self._metadata(self.subscriptions.by_type.get(ORDER_CHANGE) or {}, number)
        payload = {"OrderChangeNotification": content}
        return {**head, "Payload": payload, "NotificationMetadata": sent}

    def _metadata(self, subscription: Mapping[str, Any], number: str) -> dict[str, Any]:
        return notices.metadata(
            subscription,
            application=f"amzn1.sp.solution.{self._system.system}",
            at=self._context.now,
            number=number,
        )

    def _publish(self, key: str, told: Mapping[str, Any], number: str) -> None:
        subscription = self.subscriptions.by_type.get(ORDER_CHANGE)
        if subscription is None:
            return
        notice = {**told, "NotificationMetadata": self._metadata(subscription, number)}
        self._last[key] = notice
        self.emit(notice)
        if self._context.random.randrange(1000) < self._numbers["notices_twice_in_thousand"]:
            self._context.after(self._delay(), lambda: self.emit(notice))

    def _delay(self) -> int:
        least, most = self._numbers["notice_delay_least"], self._numbers["notice_delay_most"]
        return self._context.random.randint(least, max(least, most))


def _at(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
