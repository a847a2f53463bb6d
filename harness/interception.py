"""How the integration's httpx calls reach the door: respx with one route that catches all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import respx

from harness.faults import Lost
from harness.history import Failure
from harness.recordings import leaving
from harness.simulators.base import Call, Reply
from harness.timing import SECOND
from harness.transport import Door, Patience

InThread = Callable[[Coroutine[Any, Any, httpx.Response]], httpx.Response]


@contextmanager
def intercepted(door: Door, *, from_thread: InThread) -> Iterator[None]:
    """Send every httpx call, async or sync, through the door.

    ``from_thread`` runs a coroutine on the scenario's loop for a synchronous caller. respx
    patches httpcore, not httpx, so that the integration's own transports stay in place.
    """

    async def pass_door(request: httpx.Request) -> httpx.Response:
        outcome = await door.call(_as_call(request), _patience(request))
        if isinstance(outcome, Lost):
            raise _as_error(outcome, request)
        return _as_response(outcome)

    def side_effect(request: httpx.Request) -> Any:
        if leaving():
            return request  # it has been through the door, and really goes out
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return from_thread(pass_door(request))
        return pass_door(request)

    with respx.mock(assert_all_called=False, using="httpcore") as router:
        router.route().mock(side_effect=side_effect)
        yield


def _as_call(request: httpx.Request) -> Call:
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw
    )
    return Call(request.method, str(request.url), headers, request.content)


def _as_response(reply: Reply) -> httpx.Response:
    return httpx.Response(reply.status, headers=list(reply.headers), content=reply.body)


def _patience(request: httpx.Request) -> Patience:
    limits = request.extensions.get("timeout", {})
    connect, read = limits.get("connect"), limits.get("read")
    return Patience(
        connect=None if connect is None else int(connect * SECOND),
        read=None if read is None else int(read * SECOND),
    )


def _as_error(lost: Lost, request: httpx.Request) -> httpx.TransportError:
    match lost.failure:
        case Failure.TIMEOUT:
            return httpx.ReadTimeout("the answer did not come in time", request=request)
        case Failure.RESET:
            return httpx.ReadError("the connection was reset", request=request)
        case Failure.NO_CONNECTION:
            return httpx.ConnectError("the connection was refused", request=request)
        case Failure.UNROUTED:
            return httpx.ConnectError(
                f"{request.url.host} belongs to no system of this scenario", request=request
            )
