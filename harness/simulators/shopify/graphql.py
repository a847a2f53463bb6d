"""The GraphQL Admin API: queries that are really executed, paid for in points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from graphql import DocumentNode, GraphQLError, execute_sync, parse, validate

from harness.simulators.base import Call, Reply, reply
from harness.simulators.bodies import NotJson, read_json
from harness.simulators.shopify.connections import (
    GID,
    Row,
    instant_of,
    number_of,
    page_of,
    sku_in,
)
from harness.simulators.shopify.costs import Points, cost_of
from harness.simulators.shopify.products import Products
from harness.simulators.shopify.products_api import Changed
from harness.simulators.shopify.products_graphql import ProductsGraphQL
from harness.simulators.shopify.refunds import Refunds
from harness.simulators.shopify.returns import line_number
from harness.simulators.shopify.returns_graphql import ReturnsGraphQL
from harness.simulators.shopify.schema import admin_schema
from harness.simulators.shopify.shop import Refusal, Resource, Shop
from harness.simulators.shopify.stock import Level, NotTaken, Objection, Stock, Wanted
from harness.simulators.shopify.subscriptions_api import SubscriptionsApi

Fulfil = Callable[[Resource], Resource]
Told = Callable[[Sequence[Level], Sequence[Row]], None]


class GraphQL:
    """One endpoint over the state that REST shows too.

    ``fulfil`` carries out a fulfilment and tells of it; ``told`` is called with levels that were
    set, and with the figures as they were asked for; ``changed`` with each variant that was.
    """

    def __init__(
        self,
        shop: Shop,
        stock: Stock,
        products: Products,
        numbers: Mapping[str, Any],
        *,
        fulfil: Fulfil,
        told: Told,
        changed: Changed,
        clock: Callable[[], str],
        refunds: Refunds,
        returns: ReturnsGraphQL,
        subscriptions: SubscriptionsApi,
    ) -> None:
        self._refunds = refunds
        self._returns = returns
        self._subscriptions = subscriptions
        self._shop = shop
        self._stock = stock
        self._products = products
        self._variants = ProductsGraphQL(
            products, numbers, item=self._item, changed=changed, clock=clock
        )
        self._numbers = numbers
        self._fulfil = fulfil
        self._told = told
        self._clock = clock
        self._points = Points(most=numbers["points"], restored=numbers["points_restored"])
        self._answers: dict[str, tuple[Any, Any]] = {}

    def answer(self, call: Call, *, now: int) -> Reply:
        """Execute what is asked, and say what it cost; trouble stands in a 200 as well."""
        try:
            asked = read_json(call)
        except NotJson:
            return reply(400, {"errors": "the body is not JSON"})
        query = asked.get("query") if isinstance(asked, dict) else None
        variables = asked.get("variables") or {} if isinstance(asked, dict) else {}
        if not isinstance(query, str) or not isinstance(variables, dict):
            return reply(400, {"errors": {"query": "Required parameter missing or invalid"}})
        name = asked.get("operationName")
        try:
            document = parse(query)
        except GraphQLError as error:
            return _failed(error)
        if wrong := validate(admin_schema(), document):
            return _failed(*wrong)
        return self._paid(document, name if isinstance(name, str) else None, _plain(variables), now)

    def _paid(
        self, document: DocumentNode, name: str | None, variables: dict[str, Any], now: int
    ) -> Reply:
        cost = cost_of(document, name, variables)
        most = self._numbers["query_points"]
        if cost > most:
            text = f"Query cost is {cost}, which exceeds the single query max cost limit ({most})."
            return self._with_cost(cost, now, errors=_coded(text, "MAX_COST_EXCEEDED"))
        if not self._points.spend(cost, now):
            return self._with_cost(cost, now, errors=_coded("Throttled", "THROTTLED"))
        root = {
            **self._variants.resolvers(),
            **self._returns.resolvers(),
            **self._subscriptions.resolvers(),
            "order": lambda _info, id: self._order_called(id),  # noqa: A006 - GraphQL's word
            "orders": lambda _info, **page: self._page(
                [self._order(one) for one in self._shop.orders.values()], page
            ),
            "inventoryItem": lambda _info, id: self._item_called(id),  # noqa: A006
            "inventoryItems": lambda _info, query=None, **page: self._page(
                self._items(query), page
            ),
            "inventorySetQuantities": lambda _info, input: self._set(input),  # noqa: A006
            "fulfillmentCreate": lambda _info, fulfillment, message=None: self._create(
                fulfillment, message
            ),
        }
        done = execute_sync(
            admin_schema(), document, root, variable_values=variables, operation_name=name
        )
        errors = [_shown(error) for error in done.errors or ()]
        return self._with_cost(cost, now, data=done.data, actual=cost, errors=errors)

    def _with_cost(
        self,
        cost: int,
        now: int,
        *,
        data: Any = None,
        actual: int | None = None,
        errors: Sequence[Row] = (),
    ) -> Reply:
        body: dict[str, Any] = {} if errors and data is None else {"data": data}
        if errors:
            body["errors"] = list(errors)
        body["extensions"] = {
            "cost": {
                "requestedQueryCost": cost,
                "actualQueryCost": actual,
                "throttleStatus": {
                    "maximumAvailable": self._points.most,
                    "currentlyAvailable": self._points.left(now),
                    "restoreRate": self._points.restored,
                },
            }
        }
        return reply(200, body)

    # What is read.

    def _page(self, rows: Sequence[Row], page: Row) -> Row:
        return page_of(rows, page, most=self._numbers["page_size_at_most"])

    def _order_called(self, gid: str) -> Row | None:
        order = self._shop.orders.get(number_of(gid, "Order") or 0)
        return None if order is None else self._order(order)

    def _order(self, order: Resource) -> Row:
        currency = order.get("currency")
        shown = order.get("presentment_currency") or currency

        def money(amount: Any) -> Row:
            # The shop keeps one amount; a shop that sells in several currencies has two.
            value = {"amount": str(amount if amount is not None else "0.00")}
            return {
                "shopMoney": {**value, "currencyCode": currency},
                "presentmentMoney": {**value, "currencyCode": shown},
            }

        work = self._shop.fulfillment_order(order)
        left = {line["line_item_id"]: line["fulfillable_quantity"] for line in work["line_items"]}
        lines = {line["id"]: self._line(line, left, money) for line in order["line_items"] or ()}
        status = order.get("financial_status")
        return {
            "id": f"{GID}Order/{order['id']}",
            "legacyResourceId": str(order["id"]),
            "name": order["name"],
            "createdAt": instant_of(order["created_at"]),
            "updatedAt": instant_of(order["updated_at"]),
            "cancelledAt": instant_of(order.get("cancelled_at")),
            "test": order.get("test") is True,
            "taxesIncluded": order.get("taxes_included") is True,
            "displayFinancialStatus": status.upper() if isinstance(status, str) else None,
            "displayFulfillmentStatus": _FULFILLED[order.get("fulfillment_status")],
            "currencyCode": currency,
            "presentmentCurrencyCode": shown,
            "totalPriceSet": money(order.get("total_price")),
            "totalTaxSet": money(order.get("total_tax")),
            "lineItems": lambda _info, **page: self._page([*lines.values()], page),
            "fulfillmentOrders": lambda _info, **page: self._page([self._work(work, lines)], page),
            "fulfillments": lambda _info, first=None: [
                self._fulfillment(one, lines)
                for one in self._shop.fulfillments[order["id"]][:first]
            ],
            "refunds": lambda _info, first=None: [
                _refund(one) for one in self._refunds.of_order.get(order["id"], ())[:first]
            ],
            "returns": lambda _info, **page: self._returns.of(order["id"], page),
            "totalRefundedSet": money(f"{self._refunds.paid_back(order['id']):.2f}"),
        }

    def _fulfillment(self, row: Resource, lines: Mapping[int, Row]) -> Row:
        rows = [
            {
                "id": f"{GID}FulfillmentLineItem/{line_number(row, at)}",
                "quantity": line["quantity"],
                "lineItem": lines[line["id"]],
            }
            for at, line in enumerate(row["line_items"])
        ]
        return {
            **_fulfillment(row),
            "fulfillmentLineItems": lambda _info, **page: self._page(rows, page),
        }

    def _line(self, line: Resource, left: Mapping[int, int], money: Callable[[Any], Row]) -> Row:
        return {
            "id": f"{GID}LineItem/{line['id']}",
            "sku": line.get("sku"),
            "name": line.get("name") or line.get("title") or "",
            "quantity": line.get("quantity", 0),
            "unfulfilledQuantity": left.get(line["id"], 0),
            "originalUnitPriceSet": money(line.get("price")),
        }

    def _work(self, work: Resource, lines: Mapping[int, Row]) -> Row:
        rows = [
            {
                "id": f"{GID}FulfillmentOrderLineItem/{line['id']}",
                "totalQuantity": line["quantity"],
                "remainingQuantity": line["fulfillable_quantity"],
                "lineItem": lines[line["line_item_id"]],
            }
            for line in work["line_items"]
        ]
        return {
            "id": f"{GID}FulfillmentOrder/{work['id']}",
            "status": work["status"].upper(),
            "orderId": f"{GID}Order/{work['order_id']}",
            "lineItems": lambda _info, **page: self._page(rows, page),
        }

    def _items(self, query: str | None) -> list[Row]:
        wanted = sku_in(query)
        known = {place[0] for place in self._stock.levels}
        known |= {one.inventory_item_id for one in self._products.variants.values()}
        items = [self._item(number) for number in sorted(known)]
        return [item for item in items if wanted is None or item["sku"] == wanted]

    def _item_called(self, gid: str) -> Row | None:
        number = number_of(gid, "InventoryItem")
        known = number is not None and (self._stock.of(number) or self._products.with_item(number))
        return self._item(number) if number is not None and known else None

    def _item(self, number: int) -> Row:
        levels = self._stock.of(number)
        names = {other: sku for sku, other in self._stock.skus.items()}
        at = {level.location: level for level in levels}
        variant = self._products.with_item(number)
        return {
            "id": f"{GID}InventoryItem/{number}",
            "legacyResourceId": str(number),
            "sku": variant.sku if variant else names.get(number),
            "tracked": variant is None or variant.inventory_management is not None,
            "measurement": {
                "weight": {"value": float(variant.grams), "unit": "GRAMS"} if variant else None
            },
            "inventoryLevel": lambda _info, locationId: (  # noqa: N803 - GraphQL's word
                self._level(at[place])
                if (place := number_of(locationId, "Location")) in at
                else None
            ),
            "inventoryLevels": lambda _info, **page: self._page(
                [self._level(one) for one in levels], page
            ),
        }

    def _level(self, level: Level) -> Row:
        figures = {
            "available": level.available,
            "committed": level.committed,
            "on_hand": level.on_hand,
        }
        return {
            "id": f"{GID}InventoryLevel/{level.location}?inventory_item_id={level.item}",
            "item": lambda _info: self._item(level.item),
            "location": {
                "id": f"{GID}Location/{level.location}",
                "legacyResourceId": str(level.location),
            },
            "quantities": lambda _info, names: [
                {"name": name, "quantity": figures[name], "updatedAt": instant_of(level.updated_at)}
                for name in names
                if name in figures
            ],
        }

    # What is changed.

    def _set(self, asked: Row) -> Row:
        rows, name = asked["quantities"], asked["name"]
        if wrong := self._refused_input(name, rows):
            return {"inventoryAdjustmentGroup": None, "userErrors": [wrong]}
        before = dict(self._stock.levels)
        wanted = [
            Wanted(
                number_of(row["inventoryItemId"], "InventoryItem"),
                number_of(row["locationId"], "Location"),
                row["quantity"],
                row.get("changeFromQuantity"),
            )
            for row in rows
        ]
        try:
            levels = self._stock.set(wanted, on_hand=name == "on_hand", now=self._clock())
        except NotTaken as refused:
            errors = [_user_error(one) for one in refused.why]
            return {"inventoryAdjustmentGroup": None, "userErrors": errors}
        self._told(levels, rows)
        changes = [
            {
                "name": "available",
                "delta": level.available - before[level.place].available,
                "quantityAfterChange": level.available,
            }
            for level in levels
        ]
        group = {
            "createdAt": instant_of(self._clock()),
            "reason": asked["reason"],
            "changes": changes,
        }
        return {"inventoryAdjustmentGroup": group, "userErrors": []}

    def _refused_input(self, name: str, rows: Sequence[Row]) -> Row | None:
        most = self._numbers["quantities_at_most"]
        if name not in ("available", "on_hand"):
            text = "The name is available or on_hand."
            return {"field": ["input", "name"], "code": "INVALID_NAME", "message": text}
        if len(rows) > most:
            text = f"At most {most} quantities are taken in one call."
            code = "TOO_MANY_QUANTITIES"
            return {"field": ["input", "quantities"], "code": code, "message": text}
        return None

    def _create(self, asked: Row, message: str | None) -> Row:
        tracking = asked.get("trackingInfo") or {}
        request: Resource = {
            "notify_customer": asked.get("notifyCustomer") is True,
            "tracking_info": dict(tracking),
            "line_items_by_fulfillment_order": [
                {
                    "fulfillment_order_id": number_of(
                        group["fulfillmentOrderId"], "FulfillmentOrder"
                    ),
                    "fulfillment_order_line_items": [
                        {
                            "id": number_of(one["id"], "FulfillmentOrderLineItem"),
                            "quantity": one["quantity"],
                        }
                        for one in group.get("fulfillmentOrderLineItems") or ()
                    ],
                }
                for group in asked["lineItemsByFulfillmentOrder"]
            ],
        }
        if message is not None:
            request["message"] = message
        try:
            done = self._fulfil(request)
        except Refusal as refusal:
            wrong = {"field": ["fulfillment"], "message": str(refusal)}
            return {"fulfillment": None, "userErrors": [wrong]}
        whole = self._order(self._shop.orders[done["order_id"]])
        made = next(one for one in whole["fulfillments"](None) if one["id"] == _gid(done))
        return {"fulfillment": made, "userErrors": []}


_FULFILLED: Final = {
    None: "UNFULFILLED",
    "partial": "PARTIALLY_FULFILLED",
    "fulfilled": "FULFILLED",
}


def _fulfillment(row: Resource) -> Row:
    return {
        "id": _gid(row),
        "legacyResourceId": str(row["id"]),
        "status": row["status"].upper(),
        "createdAt": instant_of(row["created_at"]),
        "trackingInfo": lambda _info, first=None: [
            {
                "company": row["tracking_company"],
                "number": row["tracking_number"],
                "url": row["tracking_url"],
            }
        ][:first],
    }


def _gid(fulfillment: Resource) -> str:
    return str(fulfillment["admin_graphql_api_id"])


def _refund(row: Resource) -> Row:
    return {
        "id": f"{GID}Refund/{row['id']}",
        "legacyResourceId": str(row["id"]),
        "createdAt": instant_of(row["created_at"]),
        "note": row["note"],
    }


def _user_error(one: Objection) -> Row:
    place = ["input", "quantities", str(one.index), *([one.field] if one.field else [])]
    return {"field": place, "code": one.code, "message": one.message}


def _plain(value: Any) -> Any:
    """Return variables with numbers as GraphQL has them: what has a point is a double."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return float(value) if isinstance(value, Decimal) else value


def _coded(message: str, code: str) -> list[Row]:
    return [{"message": message, "extensions": {"code": code}}]


def _shown(error: GraphQLError) -> Row:
    found = {"message": error.message}
    places = [{"line": one.line, "column": one.column} for one in error.locations or ()]
    return {**found, **({"locations": places} if places else {})}


def _failed(*errors: GraphQLError) -> Reply:
    return reply(200, {"errors": [_shown(error) for error in errors]})
