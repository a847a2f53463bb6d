"""Nothing reaches the network that may not."""

from __future__ import annotations

import asyncio
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from harness.clock import NANOSECONDS, VirtualClock, guarded, run_virtual
from harness.errors import UnroutedCall

START = 1_772_438_400 * NANOSECONDS


@contextmanager
def closed(*allowed: str) -> Iterator[list[tuple[str, int]]]:
    """Guard with only these hosts open; yield the attempts that were refused."""
    attempts: list[tuple[str, int]] = []
    with guarded(lambda host, port: attempts.append((host, port)), lambda h, _: h in allowed):
        yield attempts


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_a_connection_is_refused(method: str) -> None:
    """Both ways of connecting name the address and reach nothing."""
    refused = pytest.raises(UnroutedCall, match=r"192\.0\.2\.1:443 belongs to no system")
    with closed() as attempts, socket.socket() as sock, refused:
        getattr(sock, method)(("192.0.2.1", 443))

    assert attempts == [("192.0.2.1", 443)]


@pytest.mark.parametrize("host", ["oms.example.com", b"oms.example.com"])
def test_a_lookup_is_refused(host: str | bytes) -> None:
    """A name is not even asked for."""
    with closed() as attempts, pytest.raises(UnroutedCall, match=r"oms\.example\.com:443"):
        socket.getaddrinfo(host, "443")

    assert attempts == [("oms.example.com", 443)]


def test_a_lookup_by_the_old_call_is_refused() -> None:
    """The other way to ask for a name is guarded as well."""
    with closed(), pytest.raises(UnroutedCall, match=r"to oms\.example\.com belongs"):
        socket.gethostbyname("oms.example.com")


def test_a_datagram_is_refused() -> None:
    """Metrics sent without a connection do not leave either."""
    refused = pytest.raises(UnroutedCall)
    with closed() as attempts, socket.socket(type=socket.SOCK_DGRAM) as sock, refused:
        sock.sendto(b"orders:1|c", ("192.0.2.1", 8125))

    assert attempts == [("192.0.2.1", 8125)]


def test_requests_is_caught() -> None:
    """A client that passes no httpx is caught at the socket."""
    with closed() as attempts, pytest.raises(UnroutedCall):
        requests.get("http://oms.example.com/orders", timeout=5)

    assert attempts == [("oms.example.com", 80)]


def test_the_standard_library_is_caught() -> None:
    """So is urllib."""
    with closed(), pytest.raises(UnroutedCall):
        urllib.request.urlopen("http://192.0.2.1/")


@pytest.mark.parametrize("host", ["192.0.2.1", "oms.example.com"])
def test_asyncio_is_caught_on_a_virtual_loop(host: str) -> None:
    """Connections and look-ups of asyncio itself are refused, in no time."""
    clock = VirtualClock(START)

    async def main() -> None:
        with pytest.raises(UnroutedCall):
            await asyncio.open_connection(host, 443)

    with closed() as attempts:
        run_virtual(main, clock=clock, seed=1)

    assert (attempts, clock.elapsed) == ([(host, 443)], 0)


def test_an_allowed_address_is_reached() -> None:
    """What may be reached is, by address and by the address its name stands for."""
    with socket.create_server(("127.0.0.1", 0)) as server, closed("localhost") as attempts:
        port = server.getsockname()[1]
        found = socket.getaddrinfo("localhost", port, socket.AF_INET, socket.SOCK_STREAM)
        with socket.socket() as sock:
            sock.connect(found[0][4])

    assert attempts == []


def test_sockets_that_stay_on_the_machine_work() -> None:
    """Socket pairs, which asyncio itself needs, and unix sockets are untouched."""
    with closed() as attempts:
        ours, theirs = socket.socketpair()
        ours.send(b"ok")
        assert theirs.recv(2) == b"ok"
        ours.close()
        theirs.close()
        with socket.socket(socket.AF_UNIX) as sock, pytest.raises(FileNotFoundError):
            sock.connect("/nowhere/at/all.sock")

    assert attempts == []


def test_the_guard_is_lifted_afterwards() -> None:
    """An error inside leaves the socket module as it was."""
    before = (socket.getaddrinfo, socket.gethostbyname)

    with pytest.raises(LookupError), closed():
        raise LookupError

    assert before == (socket.getaddrinfo, socket.gethostbyname)
    assert not {"connect", "connect_ex", "sendto"} & vars(socket.socket).keys()
