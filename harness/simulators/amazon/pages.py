"""Long lists cut into pages, by tokens that go stale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Generic, TypeVar

from harness.simulators.amazon.refusals import Refused

Place = tuple[Any, ...]
Row = TypeVar("Row")
Query = TypeVar("Query")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows of one page, and the token of the next page; None at the end."""

    rows: list[Row]
    token: str | None


@dataclass(frozen=True, slots=True)
class _Bookmark(Generic[Query]):
    query: Query
    after: Place
    until: int


class Pages(Generic[Row, Query]):
    """Cuts lists into pages. A token keeps the question it was given for, whatever comes with it.

    It goes on behind the last row shown, so a row that moved meanwhile may be missed or seen twice.
    """

    def __init__(self, *, lifetime: int) -> None:
        self._lifetime = lifetime
        self._bookmarks: dict[str, _Bookmark[Query]] = {}

    def question(self, token: str, *, now: int) -> Query:
        """Return the question for which a token was given.

        Raises:
            Refused: it was never given, or is stale.
        """
        return self._bookmark(token, now).query

    def cut(
        self,
        rows: Sequence[Row],
        query: Query,
        *,
        place: Callable[[Row], Place],
        size: int,
        token: str | None,
        now: int,
        random: Random,
    ) -> Page[Row]:
        """Return the page behind a token, the first one without a token."""
        rest = sorted(rows, key=place)
        if token is not None:
            after = self._bookmark(token, now).after
            rest = [row for row in rest if place(row) > after]
        page = rest[:size]
        if len(rest) <= size:
            return Page(page, None)
        following = f"{random.getrandbits(160):040x}"
        self._bookmarks[following] = _Bookmark(query, place(page[-1]), now + self._lifetime)
        return Page(page, following)

    def _bookmark(self, token: str, now: int) -> _Bookmark[Query]:
        found = self._bookmarks.get(token)
        if found is None:
            raise Refused("The page token is not one that was given.")
        if now >= found.until:
            raise Refused("The page token has expired; begin again without it.")
        return found
