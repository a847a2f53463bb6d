"""ORDER_CHANGE: who subscribed, and what is told of an order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from harness.simulators.amazon import views
from harness.simulators.amazon.orders import Order
from harness.simulators.amazon.refusals import Refused, not_found
from harness.simulators.webhooks import new_uuid
from harness.timing import MILLISECOND, show_instant

ORDER_CHANGE: Final = "ORDER_CHANGE"
BUYER_ASKS: Final = "BuyerRequestedChange"
STATUS_CHANGES: Final = "OrderStatusChange"


@dataclass(slots=True)
class Subscriptions:
    """Where notifications of a kind go. Nobody is told of what nobody subscribed to."""

    destinations: dict[str, dict[str, Any]] = field(default_factory=dict)
    by_type: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add_destination(self, name: str, resource: Mapping[str, Any], random: Random) -> str:
        """Register a queue or an event bus."""
        destination = new_uuid(random)
        self.destinations[destination] = {
            "name": name,
            "destinationId": destination,
            "resource": dict(resource),
        }
        return destination

    def subscribe(self, type_: str, destination: str, random: Random) -> dict[str, Any]:
        """Send notifications of a type to a destination.

        Raises:
            Refused: the type is not sent here, the destination is unknown, or there is one already.
        """
        if type_ != ORDER_CHANGE:
            raise Refused(f"The simulated marketplace notifies only of {ORDER_CHANGE}.")
        if destination not in self.destinations:
            raise Refused("destinationId names no destination.")
        if type_ in self.by_type:
            raise Refused("There is a subscription already.", status=409, code="Conflict")
        subscription = {
            "subscriptionId": new_uuid(random),
            "payloadVersion": "1.0",
            "destinationId": destination,
        }
        self.by_type[type_] = subscription
        return subscription

    def find(self, type_: str) -> dict[str, Any]:
        """Return the subscription to a type.

        Raises:
            Refused: there is none.
        """
        if type_ not in self.by_type:
            raise not_found(f"There is no subscription to {type_}.")
        return self.by_type[type_]

    def end(self, type_: str, subscription: str) -> None:
        """End a subscription.

        Raises:
            Refused: there is none of that id.
        """
        if self.find(type_)["subscriptionId"] != subscription:
            raise not_found(f"There is no subscription {subscription}.")
        del self.by_type[type_]


def head(*, at: int) -> dict[str, Any]:
    """Return how every notification of an order begins."""
    return {
        "NotificationVersion": "1.0",
        "NotificationType": ORDER_CHANGE,
        "PayloadVersion": "1.0",
        "EventTime": exactly(at),
    }


def envelope(order: Order, change: str, reason: str, *, seller: str, at: int) -> dict[str, Any]:
    """Return what an ORDER_CHANGE notification tells; its metadata comes when it is sent."""
    return {
        **head(at=at),
        "Payload": {
            "OrderChangeNotification": {
                "NotificationLevel": "OrderLevel",
                "SellerId": seller,
                "AmazonOrderId": order.id,
                "OrderChangeType": change,
                "OrderChangeTrigger": {"TimeOfOrderChange": exactly(at), "ChangeReason": reason},
                "Summary": _summary(order),
            }
        },
    }


def metadata(
    subscription: Mapping[str, Any], *, application: str, at: int, number: str
) -> dict[str, Any]:
    """Return how a notification was sent; its id stays the same however often it comes."""
    return {
        "ApplicationId": application,
        "SubscriptionId": subscription.get("subscriptionId", ""),
        "PublishTime": exactly(at),
        "NotificationId": number,
    }


def exactly(now: int) -> str:
    """Return an instant as notifications write it, with milliseconds."""
    whole, rest = divmod(now // MILLISECOND, 1000)
    return f"{show_instant(whole * 1000 * MILLISECOND)[:-1]}.{rest:03d}Z"


def _summary(order: Order) -> dict[str, Any]:
    shown = views.head(order)
    postcode = order.address.get("PostalCode") if views.address(order) else None
    dates = ("EarliestShipDate", "LatestShipDate", "EarliestDeliveryDate", "LatestDeliveryDate")
    return {
        "MarketplaceId": shown["MarketplaceId"],
        "OrderStatus": shown["OrderStatus"],
        "PurchaseDate": shown["PurchaseDate"],
        "DestinationPostalCode": postcode,
        "FulfillmentType": shown["FulfillmentChannel"],
        "OrderType": shown["OrderType"],
        "NumberOfItemsShipped": shown["NumberOfItemsShipped"],
        "NumberOfItemsUnshipped": shown["NumberOfItemsUnshipped"],
        **{name: shown[name] for name in dates if name in shown},
        "OrderItems": [
            {
                "OrderItemId": item.id,
                "SellerSKU": item.sku,
                "SupplySourceId": None,
                "Quantity": item.ordered - item.cancelled,
                "QuantityShipped": item.shipped,
                "IsBuyerRequestedCancel": item.cancel_reason is not None,
            }
            for item in order.items
        ],
    }
