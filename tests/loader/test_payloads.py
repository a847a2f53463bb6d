"""Payloads are files with values put in and taken out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.loader import load_project, put, resolve_payload


def test_payloads_are_changed_and_given_ones_win(write: Callable[[str], Any], folder: Path) -> None:
    """`set` and `remove` change a copy; `--given` replaces a named payload, unwrapped."""
    (scenario,) = write(
        "scenario: Given\nid: X-1\ngiven: {payloads: {order: fixtures/order_basic.json}}\n"
        "when:\n  - do: shopify.place_order\n"
        "    with: {from: order, set: {note: hi}, remove: [email]}\n"
    )
    (folder / "real.json").write_text('{"order": {"id": 9, "email": "x"}}')
    project = load_project(folder)

    plain = resolve_payload(scenario.when[0].values, scenario, project)
    given = resolve_payload(
        scenario.when[0].values, scenario, project.giving({"order": folder / "real.json"})
    )

    assert (plain["note"], "email" in plain) == ("hi", False)
    assert given == {"id": 9, "note": "hi"}


def test_values_are_put_where_the_path_leads() -> None:
    """Missing mappings are made, lists are indexed."""
    data: Any = {"lines": [{"sku": "A"}]}
    put(data, ("lines", "0", "sku"), "B")
    put(data, ("ship", "to", "city"), "Bergen")

    assert data == {"lines": [{"sku": "B"}], "ship": {"to": {"city": "Bergen"}}}
