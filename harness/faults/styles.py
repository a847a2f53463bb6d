"""How vendors say that there are too many calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from harness.fault_words import ThrottleStyle


@dataclass(frozen=True, slots=True)
class Style:
    """The status, the headers for a wait in seconds, and the body of one vendor."""

    status: int
    headers: Callable[[str], Mapping[str, str]]
    body: Any
    source: str


STYLES: Final[Mapping[ThrottleStyle, Style]] = {
    "plain": Style(429, lambda wait: {"Retry-After": wait}, None, "RFC 6585, section 4"),
    "shopify_rest": Style(
        429,
        lambda wait: {
            "Retry-After": wait if "." in wait else f"{wait}.0",
            "X-Shopify-Shop-Api-Call-Limit": "40/40",
        },
        {
            "errors": "Exceeded 2 calls per second for api client. "
            "Reduce request rates to resume uninterrupted service."
        },
        "shopify.dev/docs/api/admin-rest/usage/rate-limits",
    ),
    "shopify_graphql": Style(
        200,
        lambda _wait: {},
        {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]},
        "shopify.dev/docs/api/usage/rate-limits",
    ),
    "amazon": Style(
        429,
        lambda _wait: {"x-amzn-RateLimit-Limit": "0.0167"},
        {
            "errors": [
                {
                    "code": "QuotaExceeded",
                    "message": "You exceeded your quota for the requested resource.",
                    "details": "",
                }
            ]
        },
        "developer-docs.amazon.com/sp-api/docs/usage-plans-and-rate-limits",
    ),
    "shipbob": Style(
        429,
        lambda wait: {"x-retry-after": wait, "x-remaining-calls": "0"},
        None,
        "developer.shipbob.com: 150 calls a minute",
    ),
    "netsuite": Style(
        400,
        lambda _wait: {},
        {"error": {"code": "SSS_REQUEST_LIMIT_EXCEEDED", "message": "Request limit exceeded."}},
        "docs.oracle.com, RESTlets; that the code stands at `error.code`: assumption",
    ),
    "fedex_daily": Style(
        429,
        lambda _wait: {},
        {
            "errors": [
                {
                    "code": "TOO.MANY.REQUESTS",
                    "message": "The daily limit is used up. It begins anew at midnight.",
                }
            ]
        },
        "developer.fedex.com, rate limits: a quota a day; the words of the answer: assumption",
    ),
}
