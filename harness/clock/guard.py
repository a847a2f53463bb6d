"""Nothing reaches the network while a scenario runs, except where it may."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from harness.clock.swap import swapped
from harness.errors import UnroutedCall

_GUARDED_FAMILIES = (socket.AF_INET, socket.AF_INET6)  # pipes and unix sockets stay on the machine

_real_connect = socket.socket.connect
_real_connect_ex = socket.socket.connect_ex
_real_sendto = socket.socket.sendto
_real_getaddrinfo = socket.getaddrinfo
_real_gethostbyname = socket.gethostbyname


@contextmanager
def guarded(
    on_attempt: Callable[[str, int], None], allow: Callable[[str, int], bool]
) -> Iterator[None]:
    """Refuse connections and name look-ups to any address that is not allowed.

    This catches what does not pass httpx: requests, urllib3, aiohttp, database drivers that are
    written in Python. An address that an allowed look-up returned is allowed as well.

    Args:
        on_attempt: Told host and port of each refused attempt, before the error is raised; the
            integration may swallow that error. Called on whichever thread made the attempt.
        allow: Whether this host (a name or an address) and port may be reached; port 0 is a
            look-up without one.

    Raises:
        UnroutedCall: Within the block, out of the refused call.
    """
    resolved: set[str] = set()

    def check(host: str, port: int) -> None:
        if host in resolved or allow(host, port):
            return
        on_attempt(host, port)
        where = f"{host}:{port}" if port else host
        raise UnroutedCall(
            f"a connection to {where} belongs to no system in this scenario\n"
            "hint: name the address in a system's base_urls, or give the integration the base URL "
            "it is handed for this system"
        )

    def check_address(sock: socket.socket, address: Any) -> None:
        if sock.family in _GUARDED_FAMILIES and isinstance(address, tuple):
            check(_text(address[0]), _number(address[1]))

    def connect(self: socket.socket, address: Any, /) -> None:
        check_address(self, address)
        _real_connect(self, address)

    def connect_ex(self: socket.socket, address: Any, /) -> int:
        check_address(self, address)
        return _real_connect_ex(self, address)

    def sendto(self: socket.socket, data: Any, *flags_and_address: Any) -> int:
        check_address(self, flags_and_address[-1])
        return _real_sendto(self, data, *flags_and_address)

    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if host:  # none, or an empty one, is this machine's own address
            check(_text(host), _number(port))
        found = _real_getaddrinfo(host, port, *args, **kwargs)
        resolved.update(str(address[0]) for *_, address in found)
        return found

    def gethostbyname(hostname: str, /) -> str:
        check(_text(hostname), 0)
        found = _real_gethostbyname(hostname)
        resolved.add(found)
        return found

    with ExitStack() as stack:
        stack.enter_context(swapped(socket.socket, "connect", connect))
        stack.enter_context(swapped(socket.socket, "connect_ex", connect_ex))
        stack.enter_context(swapped(socket.socket, "sendto", sendto))
        stack.enter_context(swapped(socket, "getaddrinfo", getaddrinfo))
        stack.enter_context(swapped(socket, "gethostbyname", gethostbyname))
        yield


def _text(host: Any) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host)


def _number(port: Any) -> int:
    """Return the port as a number; a service's name is looked up in the machine's own table."""
    if isinstance(port, bytes | bytearray):
        port = port.decode("ascii", "replace")
    if port is None or port == "":
        return 0
    try:
        return int(port)
    except ValueError:
        pass
    try:
        return socket.getservbyname(port)
    except OSError:
        return 0
