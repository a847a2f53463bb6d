"""Which lists the integration read to their end, page by page, and whom each list covers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from harness.history import INTEGRATION, NOBODY, Exchange, History
from harness.landscape import Call, Landscape
from harness.mapping import missing, parse_path
from harness.messages import VERSION_PARAMETERS, carriages_of
from harness.outcomes import key_text, of_answer

ENDED: Final = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer that lists messages; ``more`` is what it says of a further page, or ENDED."""

    exchange: Exchange
    call: Call
    more: Any


@dataclass(slots=True)
class Reading:
    """One list, from its first page on."""

    pages: list[Page] = field(default_factory=list)

    @property
    def ended(self) -> int | None:
        """Return the tick at which its last page was known, or None when it was not asked for."""
        last = self.pages[-1]
        return last.exchange.done if last.more == ENDED else None

    @property
    def narrowed(self) -> bool:
        """Return whether it was asked for a span of time only."""
        window = self.pages[0].call.window
        if window is None:
            return False
        asked = {name for name, _ in _query(self.pages[0].exchange.url)}
        return bool(asked & {window.since, window.to})

    @property
    def asked(self) -> frozenset[str]:
        """Return the texts by which its call limits it; how many and which page are none.

        Without any it lists everything that there is.
        """
        page = self.pages[0]
        template = (page.call.response or "").partition(" ")[2].strip("/").split("/")
        path = urlsplit(page.exchange.url).path.strip("/").split("/")
        named = [
            (part[1:], unquote(value))
            for part, value in zip(reversed(template), reversed(path), strict=False)
            if part.startswith(":")
        ]
        named += _query(page.exchange.url)
        said = {value for name, value in named if name.casefold() not in _NO_LIMITS}
        said |= set(_texts(page.exchange.body.value))
        terms = {term[term.lastindex or 0] for text in said for term in _TERM.finditer(text)}
        return frozenset(said | terms)


_TERM: Final = re.compile(r"""(?<![-\w])\w+:(?:'([^']+)'|"([^"]+)"|([^\s'"]+))""")
"""A term of a search that is written as one text, such as `sku:'HAT RED' status:active`."""
_NO_LIMITS: Final = frozenset(
    VERSION_PARAMETERS
    | {"count", "first", "limit", "max", "per_page", "perpage", "page_size", "pagesize", "size"}
    | {"offset", "page", "skip", "top"}
)


def readings(history: History, landscape: Landscape, message: str) -> list[Reading]:
    """Return every list of a message that was read, in the order in which they began.

    The page that follows another is the next call to the same place that carries what the first
    page said of it; where that is no more than *yes*, the next one with another query.
    """
    found: list[Reading] = []
    unfinished: list[Reading] = []
    for page in _pages(history, landscape, message):
        before = next((one for one in reversed(unfinished) if _follows(one.pages[-1], page)), None)
        if before is None:
            before = Reading()
            found.append(before)
            unfinished.append(before)
        before.pages.append(page)
        if page.more == ENDED:
            unfinished.remove(before)
    return found


def _pages(history: History, landscape: Landscape, message: str) -> Iterator[Page]:
    carriages = carriages_of(landscape)
    system = message.partition(".")[0]
    for exchange in history.exchanges:
        if exchange.receiver != system or exchange.receiver in (INTEGRATION, NOBODY):
            continue
        if exchange.done is None or exchange.status is None or not 200 <= exchange.status < 300:
            continue
        for name, call in carriages.listings(exchange):
            if name == message and _lists(call, exchange):
                yield Page(exchange, call, _more(call, exchange))


def _lists(call: Call, exchange: Exchange) -> bool:
    """Return whether the list is in the answer: an error inside a 200 lists nothing."""
    found = of_answer(parse_path(call.at.partition(".*")[0]), exchange)
    return not missing(found)


def _more(call: Call, exchange: Exchange) -> Any:
    if call.more is None:
        return ENDED
    said = of_answer(parse_path(call.more), exchange)
    if missing(said) or said is False or said in ("", 0, []):
        return ENDED
    if isinstance(said, str) and "rel=" in said:
        return _next_link(said)
    return said


def _next_link(header: str) -> str:
    """Return the address of the next page from a Link header, or ENDED."""
    for part in header.split(","):
        address, _, relation = part.partition(";")
        if "next" in relation.replace('"', "").replace("rel=", "").split():
            return address.strip().strip("<>")
    return ENDED


def _follows(page: Page, other: Page) -> bool:
    first, second = page.exchange, other.exchange
    if page.more == ENDED or page.call is not other.call or first.done is None:
        return False
    if second.seq < first.done:
        return False
    if isinstance(page.more, str):
        return _carries(second, page.more)
    same_place = urlsplit(first.url).path == urlsplit(second.url).path
    return same_place and _query(first.url) != _query(second.url)


def _carries(exchange: Exchange, token: str) -> bool:
    """Return whether a call carries a token, or goes to the address that the token is."""
    query = _query(exchange.url)
    if any(value == token for _, value in query):
        return True
    if "?" in token and _query(token):
        return sorted(_query(token)) == sorted(query)
    return exchange.body.kind == "json" and token in set(_texts(exchange.body.value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _all_texts(value.values())
    elif isinstance(value, list):
        yield from _all_texts(value)
    elif not missing(value):
        yield key_text(value)


def _all_texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        yield from _texts(value)


def _query(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)
