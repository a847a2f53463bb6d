"""Calls that really leave this process, also while every other call is intercepted."""

from __future__ import annotations

from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy
from itertools import count

import httpx

from harness.errors import RecordingError
from harness.recordings.cassette import plain_body

_LEAVING: ContextVar[int] = ContextVar("golive_leaving", default=0)
_NUMBERS = count(1)


def leaving() -> bool:
    """Return whether the code that asks is on its way out of the process.

    An interceptor of httpx asks this first and lets such a call pass: it has been through the
    door already. With respx that is a side effect that returns its own request.
    """
    return _LEAVING.get() > 0


def departure() -> int:
    """Return the number of the live call in whose course this is asked; they count upwards."""
    return _LEAVING.get()


def live_client() -> httpx.AsyncClient:
    """Return a client for live calls; close it, or use it as a context manager.

    It adds nothing of its own: no cookies, no redirects. Proxies and certificates are those of
    the environment, as for the integration itself.
    """
    client = httpx.AsyncClient(follow_redirects=False)
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return client


async def live_call(
    request: httpx.Request, *, client: httpx.AsyncClient | None = None
) -> httpx.Response:
    """Perform a call for real and return the whole answer, its body plain.

    What travels is what was asked: method, address, headers and body. The caller's own timeouts
    count (``request.extensions``).

    Args:
        request: The call of the integration.
        client: One from ``live_client``, so that connections are used again; without it, the call
            gets its own.

    Raises:
        httpx.TransportError: the other side did not answer.
        RecordingError: an interceptor sent the call back to where it came from.
    """
    if _LEAVING.get():
        raise RecordingError(
            f"{request.method} {request.url}: a live call was intercepted on its way out; let "
            "calls pass while harness.recordings.leaving() is true"
        )
    if client is None:
        async with live_client() as own:
            return await live_call(request, client=own)
    body = await request.aread()
    outgoing = httpx.Request(
        request.method,
        request.url,
        headers=request.headers.raw,
        content=body,
        extensions={
            k: v for k, v in request.extensions.items() if k in ("timeout", "sni_hostname")
        },
    )
    token = _LEAVING.set(next(_NUMBERS))
    try:
        answer = await client.send(outgoing, stream=True)
        try:
            raw = b"".join([chunk async for chunk in answer.aiter_raw()])
        finally:
            await answer.aclose()
    finally:
        _LEAVING.reset(token)
    headers = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in answer.headers.raw)
    plain, kept = plain_body(raw, headers)
    return httpx.Response(answer.status_code, headers=list(kept), content=plain, request=request)
