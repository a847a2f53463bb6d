"""The face of items, customers and posting periods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.simulators.base import Call, Reply, reply
from harness.simulators.erp.books import Books
from harness.simulators.erp.customers import Customer, Customers
from harness.simulators.erp.forms import Form, read_body
from harness.simulators.erp.items import Items
from harness.simulators.erp.pages import (
    AFTER,
    BEFORE,
    asked_for,
    modified,
    page,
    refuse_strangers,
)
from harness.simulators.erp.refusals import NotFound, Refused
from harness.simulators.erp.telling import period_row
from harness.simulators.routing import Parameters

_ITEM_FILTERS = ("number", "gtin")
_CUSTOMER_FILTERS = ("number", "displayName", "email")


class ItemsApi:
    """Answers about items, which only the ERP's own people change."""

    def __init__(self, items: Items, *, page_size: int) -> None:
        self._items = items
        self._page_size = page_size

    def several(self, call: Call, _parameters: Parameters) -> Reply:
        """List items by number, all or those changed in a window of time."""
        refuse_strangers(call.query, (AFTER, BEFORE, *_ITEM_FILTERS))
        rows = [item.view for item in self._items.by_id.values()]
        changed = modified(rows, call.query, by="lastModifiedDateTime")
        found = asked_for(changed, call.query, _ITEM_FILTERS)
        return page(call, found, by="number", most=self._page_size)

    def one(self, _call: Call, parameters: Parameters) -> Reply:
        """Show the item of an id."""
        item = self._items.by_id.get(parameters["id"])
        if item is None:
            raise NotFound("There is no item with this id.")
        return reply(200, item.view)


class CustomersApi:
    """Answers about customers; ``make`` makes a card and tells of it."""

    def __init__(
        self,
        customers: Customers,
        make: Callable[[Mapping[str, Any]], Customer],
        *,
        form: Form | None,
        page_size: int,
    ) -> None:
        self._customers = customers
        self._make = make
        self._form = form
        self._page_size = page_size

    def create(self, call: Call, _parameters: Parameters) -> Reply:
        """Make a card, with a number from the series where the body has none."""
        if self._form is None:
            raise Refused("The system's file has no message customer.", code="BadRequest_NotFound")
        body = read_body(call)
        self._form.refuse_unfit(body)
        card = self._make(body)
        return reply(201, card.view, Location=f"{call.path}/{card.id}")

    def several(self, call: Call, _parameters: Parameters) -> Reply:
        """List customers by number, all or those that the query names exactly."""
        refuse_strangers(call.query, _CUSTOMER_FILTERS)
        rows = [card.view for card in self._customers.cards.values() if card.given]
        found = asked_for(rows, call.query, _CUSTOMER_FILTERS)
        return page(call, found, by="number", most=self._page_size)

    def one(self, _call: Call, parameters: Parameters) -> Reply:
        """Show the customer of an id."""
        for card in self._customers.cards.values():
            if card.given and card.id == parameters["id"]:
                return reply(200, card.view)
        raise NotFound("There is no customer with this id.")


class PeriodsApi:
    """Answers about the months that are booked in or closed."""

    def __init__(self, books: Books, *, page_size: int) -> None:
        self._books = books
        self._page_size = page_size

    def several(self, call: Call, _parameters: Parameters) -> Reply:
        """List the months."""
        refuse_strangers(call.query, ())
        rows = [period_row(period, self._books) for period in self._books.periods]
        return page(call, rows, by="period", most=self._page_size)
