"""The alerting system: it keeps what it is told."""

import pytest

from tests.simulators.stage import Stage, data


@pytest.fixture
def ops() -> Stage:
    """Return an alerting system that was told nothing."""
    return Stage("ops")


def test_every_described_request_is_kept(ops: Stage) -> None:
    """An alert and a parked order are committed under their keys."""
    alert = {"recipient": "oms-team", "reference": "77", "reason": "refused"}
    parked = {"reference": "77", "reason": "refused"}
    answers = [ops.call("POST", "/alerts", alert), ops.call("POST", "/parked/orders", parked)]
    assert [(a.status, data(a)) for a in answers] == [(201, {"ok": True})] * 2
    assert ops.commits == [("alert", "77", alert), ("parked_order", "77", parked)]
    assert ops.simulator.snapshot()["alert"] == [{"key": "77", "body": alert}]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/alerts", b"{", 400),
        ("/alerts", b"{}", 422),
        ("/alerts", b"[]", 422),
        ("/other", b"{}", 404),
    ],
)
def test_what_cannot_be_kept_is_refused(ops: Stage, path: str, body: bytes, status: int) -> None:
    """No JSON, no key, no such message: each is answered, and nothing is committed."""
    assert ops.call("POST", path, body).status == status
    assert ops.commits == []
