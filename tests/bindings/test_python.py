"""An integration in this process is built anew for each scenario, and whatever it does is seen."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.bindings import load_factory
from harness.errors import IntegrationError
from harness.history import EventKind, History
from harness.loader import load_project, load_scenarios
from harness.runner import run_scenario
from harness.timing import SECOND
from tests.projects import landscape, replace_in

SYNC = """
import json
import time
from datetime import UTC, datetime
from decimal import Decimal
import httpx

def create(*, urls, secrets):
    def app(environ, start_response):
        order = json.loads(environ["wsgi.input"].read(), parse_float=Decimal)
        if order["financial_status"] == "paid":
            before = time.time()
            time.sleep(3)
            assert abs(time.time() - before - 3) < 0.001
            with httpx.Client(timeout=5) as client:
                client.post(urls["ops"] + "/alerts", json={
                    "recipient": "commerce-ops", "reference": str(order["id"]),
                    "reason": datetime.now(UTC).isoformat(),
                })
        start_response("200 OK", [])
        return [b""]
    return app
"""
ASGI = """
import asyncio

def create(*, urls, secrets):
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            STARTUP
            return
        await receive()
        BEFORE
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})
        AFTER
    return app
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """Provide a project with one scenario, importable and forgotten afterwards."""
    folder = landscape(tmp_path, only=("ORD-001-paid-order.yaml",))
    yield folder
    sys.path[:] = [entry for entry in sys.path if entry != str(folder)]
    for name in ("ours", "broken"):
        sys.modules.pop(name, None)


def run(project: Path, source: str, **parts: str) -> History:
    """Run the scenario against an integration written on the spot."""
    for name in ("STARTUP", "BEFORE", "AFTER"):
        source = source.replace(name, parts.get(name.lower(), "pass"))
    (project / "ours.py").write_text(source)
    replace_in(project / "golive.toml", "harness.reference.app:create", "ours:create")
    loaded = load_project(project)
    (scenario,) = load_scenarios(project / "scenarios/orders/ORD-001-paid-order.yaml", loaded)
    return run_scenario(scenario, loaded)


def test_a_synchronous_integration_sleeps_on_virtual_time(project: Path) -> None:
    """A WSGI application sleeps, looks at the clock and calls out, all in the scenario's time."""
    history = run(project, SYNC)
    (alert,) = [e for e in history.exchanges if e.url.endswith("/alerts")]
    (paid,) = [e for e in history.exchanges if e.topic == "orders/paid"]

    assert alert.status == 201
    assert alert.sent_at is not None
    assert paid.sent_at is not None
    assert alert.sent_at - paid.sent_at == pytest.approx(3 * SECOND, abs=1000)
    assert not list(history.events(EventKind.CRASHED))


def test_the_answer_counts_when_it_is_complete(project: Path) -> None:
    """What the application does after its answer does not hold the webhook up."""
    history = run(project, ASGI, after="await asyncio.sleep(600)")
    hooks = [e for e in history.exchanges if e.topic]

    assert [e.status for e in hooks] == [200, 200]
    assert all(e.ended_at == e.sent_at for e in hooks)


def test_a_crash_is_a_500_and_is_noted(project: Path) -> None:
    """An exception in the application is answered as a server would, and kept."""
    history = run(project, ASGI, before="raise KeyError('sku')")

    assert 500 in [e.status for e in history.exchanges if e.topic]
    assert "KeyError" in next(history.events(EventKind.CRASHED)).data["error"]


def test_a_webhook_that_is_not_answered_in_time_is_a_timeout(project: Path) -> None:
    """The sender gives up after five seconds, and tries again."""
    history = run(project, ASGI, before="await asyncio.sleep(60)")
    first = next(e for e in history.exchanges if e.topic)

    assert (first.status, str(first.failure)) == (None, "timeout")
    assert len([e for e in history.exchanges if e.topic == "orders/create"]) > 1


def test_work_left_running_is_named(project: Path) -> None:
    """A task that outlives the shut-down is a finding, and is cancelled."""
    history = run(project, ASGI, after="asyncio.get_running_loop().create_task(asyncio.sleep(9e9))")

    assert "sleep" in str(next(history.events(EventKind.LEFT_OVER)).data["tasks"])


def test_a_start_up_that_fails_says_so(project: Path) -> None:
    """The message of the application is passed on."""
    failing = (
        "await receive(); await send({'type': 'lifespan.startup.failed', 'message': 'no queue'})"
    )

    with pytest.raises(IntegrationError, match="no queue"):
        run(project, ASGI, startup=failing)


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("", "ours", "form"),
        ("", "nowhere.app:create", "no 'nowhere'"),
        ("import nothing_like_this", "ours:create", "nothing_like_this"),
        ("1 / 0", "ours:create", "ZeroDivisionError"),
        ("def build(): ...", "ours:create", "it has: build"),
        ("create = 3", "ours:create", "no function"),
        (
            "class App:\n    async def __call__(self, scope, receive, send): ...\ncreate = App()",
            "ours:create",
            "not a factory",
        ),
    ],
)
def test_a_factory_that_cannot_be_used_is_one_clear_message(
    project: Path, source: str, target: str, said: str
) -> None:
    """What is wrong is said without a traceback."""
    (project / "ours.py").write_text(source)

    with pytest.raises(IntegrationError, match=said):
        load_factory(target, root=project)
