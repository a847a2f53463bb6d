"""Only what really left the process is recorded, without secrets, and all of it at the end."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from harness.errors import RecordingError
from harness.loader import load_project
from harness.recordings import Episode, leaving, live_call, masked, read_cassette, recording
from harness.redaction import Veil
from tests.projects import ROOT

SIMULATED = "https://simulated.test"


class Sandbox(BaseHTTPRequestHandler):
    """A system that answers with what it was asked, compressed where the client takes that."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer."""
        asked = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/first":
            self.server.asked_second.wait(5)  # type: ignore[attr-defined]
        elif self.path == "/second":
            self.server.asked_second.set()  # type: ignore[attr-defined]
        data = {"path": self.path, "asked": asked.decode(), "cookie": self.headers.get("Cookie")}
        body = gzip.compress(json.dumps(data).encode())
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", "session=s3cr3t")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def sandbox() -> Iterator[str]:
    """Serve on a free port of this machine; yield the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sandbox)
    server.asked_second = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def unchanged(episodes: Sequence[Episode]) -> Sequence[Episode]:
    """Redact nothing."""
    return episodes


async def door(request: httpx.Request) -> httpx.Response | httpx.Request:
    """Answer for the simulated system, and really call any other."""
    if leaving():
        return request
    if request.url.host == "simulated.test":
        return httpx.Response(200, json={"simulated": True})
    return await live_call(request)


def run(live: str, *, path: str = "/orders?token=t0k", times: int = 1) -> list[httpx.Response]:
    """Let an integration call a simulated and a live system, everything intercepted."""

    async def integration() -> list[httpx.Response]:
        answers: list[httpx.Response] = []
        async with httpx.AsyncClient() as client:
            for _ in range(times):
                answers += await asyncio.gather(
                    client.post(f"{SIMULATED}/a", json={"a": 1}),
                    client.post(
                        live + path, json={"b": 1}, headers={"Authorization": "Bearer abc123"}
                    ),
                )
        return answers

    with respx.mock(assert_all_called=False, using="httpcore") as router:
        router.route().mock(side_effect=door)
        return asyncio.run(integration())


def test_a_live_call_goes_out_through_an_interceptor(sandbox: str) -> None:
    """What travels is what was asked, and the answer is plain."""
    simulated, live = run(sandbox)

    assert simulated.json() == {"simulated": True}
    assert live.json() == {"path": "/orders?token=t0k", "asked": '{"b":1}', "cookie": None}
    assert "content-encoding" not in live.headers


def test_only_live_calls_are_recorded(sandbox: str, tmp_path: Path) -> None:
    """Vcrpy watches every transport and is told of the live calls alone, of each one once."""
    file = tmp_path / "c.yaml"
    with recording(file, hosts={"127.0.0.1", "simulated.test"}, redact=unchanged) as kept:
        run(sandbox, times=2)
        assert not file.exists()

    tape = read_cassette(file)
    assert [str(one) for one in tape.episodes] == [f"POST {sandbox}/orders?token=t0k"] * 2
    assert kept.episodes == tape.episodes
    assert "simulated" not in file.read_text()


def test_calls_are_kept_in_the_order_they_were_sent(sandbox: str, tmp_path: Path) -> None:
    """Also when the first is answered last."""

    async def calls() -> None:
        first = asyncio.create_task(live_call(httpx.Request("POST", f"{sandbox}/first")))
        await asyncio.sleep(0)  # it is on its way; its answer waits for the second
        await live_call(httpx.Request("POST", f"{sandbox}/second"))
        await first

    with recording(tmp_path / "c.yaml", hosts={"127.0.0.1"}, redact=unchanged) as kept:
        asyncio.run(calls())
    assert [one.request.url for one in kept.episodes] == [f"{sandbox}/first", f"{sandbox}/second"]


def test_other_hosts_are_not_recorded(sandbox: str, tmp_path: Path) -> None:
    """Only the hosts that were named."""
    with recording(tmp_path / "c.yaml", hosts={"elsewhere.test"}, redact=unchanged) as kept:
        run(sandbox)

    assert (kept.episodes, list(tmp_path.iterdir())) == ((), [])


@pytest.mark.parametrize("failing", ["run", "redact"])
def test_a_failure_leaves_the_older_recording(sandbox: str, tmp_path: Path, failing: str) -> None:
    """Neither half a recording nor one that holds secrets takes the place of a good one."""
    file = tmp_path / "c.yaml"
    file.write_text("older")

    def broken(episodes: Sequence[Episode]) -> Sequence[Episode]:
        raise KeyError("no")

    with ExitStack() as stack:
        stack.enter_context(pytest.raises(RecordingError if failing == "redact" else OSError))
        stack.enter_context(
            recording(
                file, hosts={"127.0.0.1"}, redact=broken if failing == "redact" else unchanged
            )
        )
        run(sandbox)
        if failing == "run":
            raise OSError
    assert [path.read_text() for path in tmp_path.iterdir()] == ["older"]


def test_a_failed_redaction_leaves_httpx_as_it_was(sandbox: str, tmp_path: Path) -> None:
    """Otherwise the next recording loses its calls when the leftovers are collected."""
    before = httpx.AsyncHTTPTransport.handle_async_request

    def broken(episodes: Sequence[Episode]) -> Sequence[Episode]:
        raise KeyError("no")

    with (
        pytest.raises(RecordingError, match="redacted"),
        recording(tmp_path / "c.yaml", hosts={"127.0.0.1"}, redact=broken),
    ):
        run(sandbox)

    assert httpx.AsyncHTTPTransport.handle_async_request is before


def test_a_recording_holds_no_secrets(sandbox: str, tmp_path: Path) -> None:
    """Headers, cookies, query and JSON are masked before anything is written; it still plays."""
    project = load_project(ROOT)
    veil = Veil(project.landscape, project.contracts, key=None, key_id=None, secrets=["hush-hush"])
    with recording(
        tmp_path / "c.yaml",
        hosts={"127.0.0.1"},
        redact=lambda heard: masked(heard, masking=veil, system_at=lambda url: None),
    ):
        run(sandbox, path="/hush-hush?token=t0k&a=1")

    text = (tmp_path / "c.yaml").read_text()
    assert [word for word in ("t0k", "abc123", "s3cr3t", "hush-hush") if word in text] == []
    assert "a=1" in text


def test_a_call_that_comes_back_is_refused(sandbox: str) -> None:
    """An interceptor that lets nothing pass is named, instead of calling itself for ever."""

    async def closed(request: httpx.Request) -> httpx.Response:
        return await live_call(request)

    async def integration() -> None:
        async with httpx.AsyncClient() as client:
            await client.get(sandbox)

    with respx.mock(assert_all_called=False, using="httpcore") as router:
        router.route().mock(side_effect=closed)
        with pytest.raises(RecordingError, match="intercepted on its way out"):
            asyncio.run(integration())


def test_an_answer_that_never_comes_is_the_callers_own_timeout(sandbox: str) -> None:
    """A refused connection is httpx's error, as it would be without us."""

    async def call() -> None:
        await live_call(httpx.Request("GET", "http://127.0.0.1:9/"))

    with pytest.raises(httpx.ConnectError):
        asyncio.run(call())
