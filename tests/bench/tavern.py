"""The same check as the small scenario, run by Tavern in an environment of its own on loopback."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

VERSION = "3.7.1"
# The newest that this Tavern starts on; it allows 9.2 too and then fails on a module it lacks.
PYTEST = "9.1.1"
PER_FILE = 10
INSTALL_SECONDS = 300

HERE = Path(__file__).parent
# Apart from our own packages: Tavern needs an older pytest, which it would also plug into.
ENVIRONMENT = HERE.parents[1] / ".venv/tavern"
PYTHON = ENVIRONMENT / "bin/python"
STAMP = ENVIRONMENT / ".installed"


class NotInstalled(Exception):
    """Tavern cannot be had here, so nothing was measured."""


class NotPassed(Exception):
    """Tavern did not pass every test, so its seconds mean nothing."""


class Oms(ThreadingHTTPServer):
    """Takes orders and shows those it took."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Desk)
        self.orders: list[dict[str, Any]] = []


class _Desk(BaseHTTPRequestHandler):
    server: Oms
    protocol_version = "HTTP/1.1"
    # One write per answer: two small ones on a kept connection can wait 40 ms for each other.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Take one order."""
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.orders.append(order)
        self._answer(201, {"id": "SO-1"})

    def do_GET(self) -> None:
        """Show every order that arrived under one id."""
        wanted = self.path.rpartition("/")[2]
        self._answer(200, [order for order in self.server.orders if order["id"] == wanted])

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def seconds(folder: Path, scenarios: int) -> float:
    """Return the seconds Tavern takes to collect, run and report this many tests.

    The files are written below `folder`, ten tests each. One test runs first, unmeasured, so
    that Tavern does not pay for the compiled files and the disk cache that we already have.

    Raises:
        NotInstalled: Tavern is not here and cannot be installed.
        NotPassed: A test did not pass, or an order did not arrive.
    """
    _install()
    _run(folder / "warm", 1)
    return _run(folder / "tavern", scenarios)


def _run(folder: Path, scenarios: int) -> float:
    with _serving() as oms:
        _write_tests(folder, scenarios, oms.server_port)
        begun = time.perf_counter()
        done = subprocess.run(  # noqa: S603 - our own command line
            [PYTHON, "-m", "pytest", "-p", "no:cacheprovider", "-q"],
            cwd=folder,
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        took = time.perf_counter() - begun
    said = done.stdout + done.stderr
    closing = (done.stdout.rstrip().splitlines() or [""])[-1]
    # Tavern's own dependencies warn; nothing else may stand beside the tests that passed.
    passed = re.fullmatch(rf"{scenarios} passed(, \d+ warnings?)? in .+", closing)
    if not passed or done.returncode or len(oms.orders) != scenarios:
        raise NotPassed(
            f"{scenarios} tests passed and as many orders were expected of Tavern; it closed with"
            f" {closing!r}, status {done.returncode}, {len(oms.orders)} orders\n{said[-2000:]}"
        )
    return took


@contextmanager
def _serving() -> Iterator[Oms]:
    # In this process, not in Tavern's: on two cores the server then takes no time from the tests.
    with Oms() as oms:
        threading.Thread(target=oms.serve_forever, daemon=True).start()
        try:
            yield oms
        finally:
            oms.shutdown()


def _write_tests(folder: Path, scenarios: int, port: int) -> None:
    folder.mkdir(parents=True)
    text = (HERE / "tavern_order.tavern.yaml").read_text().replace("PORT", str(port))
    for first in range(0, scenarios, PER_FILE):
        numbers = range(first, min(first + PER_FILE, scenarios))
        documents = [text.replace("ID", f"B-{number:04}") for number in numbers]
        (folder / f"test_pack{first // PER_FILE:03}.tavern.yaml").write_text(
            "---\n".join(documents)
        )


def _install() -> None:
    wanted = f"tavern {VERSION}, pytest {PYTEST}, Python {sys.version}"
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    _must(sys.executable, "-I", "-m", "venv", "--clear", str(ENVIRONMENT))
    _must(
        str(PYTHON),
        *("-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "--retries", "1"),
        *("install", "--quiet", f"tavern=={VERSION}", f"pytest=={PYTEST}"),
    )
    # What its dependencies became since may keep it from starting; that is not a slow Tavern.
    _must(str(PYTHON), "-I", "-m", "pytest", "--help")
    # Last, so that an installation that was broken off is made anew.
    STAMP.write_text(wanted)


def _must(*command: str) -> None:
    try:
        subprocess.run(  # noqa: S603 - our own command line
            command, capture_output=True, text=True, check=True, timeout=INSTALL_SECONDS
        )
    except subprocess.CalledProcessError as problem:
        lines = problem.stderr.strip().splitlines() or [str(problem)]
        why = [line for line in lines if line.startswith("ERROR")] or lines
        raise NotInstalled(f"tavern {VERSION}: {why[-1]}") from problem
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise NotInstalled(f"tavern {VERSION}: {problem}") from problem
