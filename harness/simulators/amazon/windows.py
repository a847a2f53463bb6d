"""Questions for orders: a window of time that ends in the past, and what else is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from harness.simulators.amazon.orders import Order, seconds
from harness.simulators.amazon.refusals import Refused
from harness.timing import SECOND, parse_instant

CHANNELS: Final = ("MFN", "AFN")


@dataclass(frozen=True, slots=True)
class Names:
    """How a version of the API calls the parameters of a window."""

    created_after: str
    created_before: str
    updated_after: str
    updated_before: str


@dataclass(frozen=True, slots=True)
class Window:
    """Orders placed, or changed, between two instants, both included."""

    by_update: bool
    begin: int
    end: int

    def holds(self, order: Order) -> bool:
        """Return whether an order falls into the window, by the second."""
        return self.begin <= self.instant(order) <= self.end

    def instant(self, order: Order) -> int:
        """Return the instant of an order that counts, in whole seconds, as it is shown."""
        at = order.updated_at if self.by_update else order.placed_at
        return at // SECOND * SECOND


@dataclass(frozen=True, slots=True)
class Question:
    """Which orders are asked for; an empty set of anything means all."""

    window: Window
    marketplaces: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    size: int = 100

    def fits(self, order: Order) -> bool:
        """Return whether an order is asked for."""
        return self.window.holds(order) and all(
            not wanted or value in wanted
            for wanted, value in (
                (self.marketplaces, order.head.get("MarketplaceId")),
                (self.statuses, order.status),
                (self.channels, order.head.get("FulfillmentChannel")),
                (self.ids, order.id),
            )
        )


def read_window(query: Mapping[str, str], names: Names, *, now: int, behind: int) -> Window:
    """Return the window that a query asks for.

    Raises:
        Refused: it has no beginning or two, or ends too close to the present.
    """
    created, updated = names.created_after in query, names.updated_after in query
    if created == updated:
        text = f"Exactly one of {names.created_after} and {names.updated_after} is needed."
        raise Refused(text)
    if created:
        first, last, other = names.created_after, names.created_before, names.updated_before
    else:
        first, last, other = names.updated_after, names.updated_before, names.created_before
    if other in query:
        raise Refused(f"{other} cannot go with {first}.")
    begin = read_instant(query[first], first)
    newest = now - behind
    end = read_instant(query[last], last) if last in query else newest
    if end > newest:
        raise Refused(f"{last} must be at least two minutes before now ({seconds(newest)}).")
    if last in query and end < begin:
        raise Refused(f"{last} must not be before {first}.")
    return Window(by_update=updated, begin=begin, end=end)


def read_list(
    query: Mapping[str, str], name: str, *, allowed: tuple[str, ...] = ()
) -> frozenset[str]:
    """Return the values of a parameter, parted by commas."""
    values = frozenset(text.strip() for text in query.get(name, "").split(",") if text.strip())
    if allowed and (strange := sorted(values - set(allowed))):
        raise Refused(f"{name}: {strange[0]!r} is not one of {', '.join(allowed)}.")
    return values


def read_size(query: Mapping[str, str], name: str, *, most: int) -> int:
    """Return how many rows a page may have."""
    text = query.get(name, str(most))
    size = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if not 1 <= size <= most:
        raise Refused(f"{name} must be 1 to {most}.")
    return size


def refuse_strangers(query: Mapping[str, str], known: frozenset[str]) -> None:
    """Refuse a parameter that is not obeyed here: to leave it aside would answer something else."""
    if strange := sorted(set(query) - known):
        raise Refused(f"The simulated marketplace does not know the parameter {strange[0]}.")


def read_instant(text: str, name: str) -> int:
    """Return the instant that a parameter names."""
    try:
        return parse_instant(text)
    except ValueError as error:
        raise Refused(f"{name} is not an ISO 8601 time; is its + sign encoded?") from error
