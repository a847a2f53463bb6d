"""Lists: newest first, within a span of time, page by page from an id on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from harness.simulators.easypost.refusals import NotFound, Refused
from harness.timing import parse_instant

Thing = TypeVar("Thing")


class Pager:
    """Cuts what is asked for out of a list; ``id_of`` and ``at_of`` read one thing of it."""

    def __init__(self, numbers: Mapping[str, Any], now: Callable[[], int]) -> None:
        self._numbers = numbers
        self._now = now

    def page(
        self,
        query: Mapping[str, str],
        things: Sequence[Thing],
        *,
        id_of: Callable[[Thing], str],
        at_of: Callable[[Thing], int],
    ) -> tuple[list[Thing], bool]:
        """Return one page, the newest first, and whether there are more.

        Things come in the order in which they were made. A page before an id goes on where the
        last one ended; a page after an id holds those made next.

        Raises:
            Refused: a parameter is not as it should be.
        """
        begin, end = self._window(query)
        size = self._size(query)
        kept = [one for one in things if begin <= at_of(one) < end]
        if "before_id" in query and "after_id" in query:
            raise _bad("before_id and after_id exclude each other.")
        if "after_id" in query:
            rest = kept[self._after(query["after_id"], things, kept, id_of) :]
            return rest[:size][::-1], len(rest) > size
        if "before_id" in query:
            mark = self._before(query["before_id"], things, id_of)
            older = {id_of(one) for one in things[:mark]}
            kept = [one for one in kept if id_of(one) in older]
        newest = kept[::-1]
        return newest[:size], len(newest) > size

    def _before(self, mark: str, things: Sequence[Thing], id_of: Callable[[Thing], str]) -> int:
        found = [index for index, one in enumerate(things) if id_of(one) == mark]
        if not found:
            raise NotFound
        return found[0]

    def _after(
        self,
        mark: str,
        things: Sequence[Thing],
        kept: Sequence[Thing],
        id_of: Callable[[Thing], str],
    ) -> int:
        older = {id_of(one) for one in things[: self._before(mark, things, id_of) + 1]}
        return sum(1 for one in kept if id_of(one) in older)

    def _window(self, query: Mapping[str, str]) -> tuple[int, int]:
        longest = self._numbers["list_window"]
        end = _instant(query, "end_datetime")
        begin = _instant(query, "start_datetime")
        if end is None:
            # Until now, and what is made this very second belongs to it.
            end = self._now() + 1 if begin is None else max(self._now() + 1, begin)
        if begin is None:
            begin = end - longest
        if begin > end:
            raise _bad("start_datetime is after end_datetime.")
        if "end_datetime" in query and end - begin > longest:
            raise _bad("The span of time is too long.")
        return begin, end

    def _size(self, query: Mapping[str, str]) -> int:
        text = query.get("page_size")
        if text is None:
            return int(self._numbers["page_size"])
        if not text.isdecimal() or not text.isascii() or int(text[:9]) < 1:
            raise _bad("page_size is a whole number.")
        return int(min(int(text[:9]), self._numbers["page_size_at_most"]))


def _instant(query: Mapping[str, str], name: str) -> int | None:
    if name not in query:
        return None
    try:
        return parse_instant(query[name], zone="Etc/UTC")
    except ValueError as error:
        raise _bad(f"{name} is no instant in ISO 8601; is its + sign encoded?") from error


def _bad(text: str) -> Refused:
    return Refused("PARAMETER.INVALID", text)
