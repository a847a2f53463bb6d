"""A live system is recorded through the real door, and the recording plays without it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.projects import Ran, golive, landscape

pytestmark = pytest.mark.slow
SECRET = "live-oms-key-4711"  # made up


class Oms(BaseHTTPRequestHandler):
    """A small OMS on loopback that really takes orders."""

    protocol_version = "HTTP/1.1"
    taken: list[dict[str, Any]]

    def do_POST(self) -> None:
        """Take one order."""
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.taken.append(order)  # type: ignore[attr-defined]
        body = json.dumps({"id": "SO-1", "externalId": order["externalId"]}).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


@pytest.fixture
def oms() -> Iterator[ThreadingHTTPServer]:
    """Serve the OMS on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Oms)
    server.taken = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def project_with(folder: Path, where: str) -> Path:
    """Make a project with one scenario whose OMS is `live` or recorded."""
    project = landscape(folder, only=())
    for file in (project / "scenarios").rglob("*.yaml"):
        file.unlink()
    (project / "scenarios" / "live.yaml").write_text(
        "scenario: A paid order reaches the real OMS\n"
        "id: LIVE-001\n"
        "contracts: [shopify-order-to-oms]\n"
        f"systems: {{oms: {where}}}\n"
        "until: 2s\n"
        "when:\n"
        "  - {id: o1, do: shopify.place_order, with: {from: fixtures/order_basic.json}}\n"
    )
    with (project / "golive.toml").open("a") as settings:
        settings.write('\n[live]\noms = "OMS_URL"\n')
    return project


def run(project: Path, url: str, *more: str) -> Ran:
    """Run with the address and the key of the live OMS in the environment."""
    environment = {"OMS_URL": url, "OMS_API_KEY": SECRET, "OMS_WEBHOOK_SECRET": "made-up"}
    return golive(project, "run", "--json", *more, environment=environment)


def test_a_live_system_is_called_recorded_and_played_again(
    tmp_path: Path, oms: ThreadingHTTPServer
) -> None:
    """Record once against the real service; then play it with nobody there."""
    url = f"http://127.0.0.1:{oms.server_port}"
    project = project_with(tmp_path, "live")

    live = run(project, url, "--record").record()["scenarios"][0]
    cassette = project / "scenarios/cassettes/LIVE-001.yaml"

    assert live["outcome"] == "proven", live["reason"]
    assert live["systems"] == {"oms": "live", "ops": "simulated", "shopify": "simulated"}
    assert len(oms.taken) == 1  # type: ignore[attr-defined]

    held = cassette.read_text()
    assert held.count("method: POST") == 1  # only the live call, nothing simulated
    for hidden in (SECRET, "Muster", "1 Example Street", "simulated-"):
        assert hidden not in held

    text = (project / "scenarios/live.yaml").read_text()
    (project / "scenarios/live.yaml").write_text(
        text.replace("oms: live", "oms: {recorded: cassettes/LIVE-001.yaml}")
    )
    oms.shutdown()
    played = run(project, "http://127.0.0.1:1").record()["scenarios"][0]

    assert played["systems"]["oms"] == "recorded"
    assert len(oms.taken) == 1  # type: ignore[attr-defined]
    assert not [r for r in played["rulings"] if "run.missed" in r["clause"]], played["rulings"]


def test_a_call_that_a_recording_does_not_hold_is_explained_and_goes_nowhere(
    tmp_path: Path,
) -> None:
    """The nearest episode is named, and the scenario is no proof."""
    project = project_with(tmp_path, "{recorded: cassettes/other.yaml}")
    (project / "scenarios/cassettes").mkdir()
    (project / "scenarios/cassettes/other.yaml").write_text(
        "version: 1\n"
        "interactions:\n"
        "- request: {method: GET, uri: 'https://oms.golive-demo.example/api/v2/ping',"
        " body: null, headers: {}}\n"
        "  response: {status: {code: 200, message: OK}, headers: {}, body: {string: pong}}\n"
    )

    record = run(project, "http://127.0.0.1:1").record()
    rulings = {r["clause"]: r for r in record["scenarios"][0]["rulings"]}

    assert record["verdict"] != "GO"
    assert rulings["LIVE-001#run.missed"]["status"] == "unproven"
    assert "GET /api/v2/ping" in rulings["LIVE-001#run.missed"]["reason"]
    assert rulings["LIVE-001#run.unplayed"]["status"] == "failed"


def test_a_live_system_needs_its_secret(tmp_path: Path) -> None:
    """The variable is named; nothing is made up for a real system."""
    project = project_with(tmp_path, "live")

    ran = golive(project, "run", environment={"OMS_URL": "http://127.0.0.1:1"})

    assert ran.status == 1
    assert "OMS_API_KEY" in ran.said
