"""Whatever part of a contract names a field, it is known where, and of which message."""

from __future__ import annotations

from typing import Any

import pytest

from harness.align.readings import readings
from tests.align.support import changed, world

TWIN = {"twin": {"one": "shop.order", "on": {"id": "email"}, "where": {"state": "open"}}}


@pytest.mark.parametrize(
    ("part", "value", "named"),
    [
        ("with", TWIN, [("shop.order", "id"), ("shop.order", "email"), ("shop.order", "state")]),
        ("correlate", {"mail": "email"}, [("depot.job", "mail"), ("shop.order", "email")]),
        ("one_per", "items", [("shop.order", "items")]),
        (
            "sums",
            {"a": {"add": ["-lines.*.qty * size", 2], "equals": ["source.items.*.qty"]}},
            [("depot.job", "lines.*.qty"), ("depot.job", "lines.*.size")],
        ),
        (
            "sums",
            {"a": {"add": ["total"], "equals": [0], "per": {"ref": "email"}}},
            [("depot.job", "ref"), ("shop.order", "email")],
        ),
        (
            "state",
            {"a": {"what": "sum depot.job total", "per": "mail", "is": 0}},
            [("depot.job", "total"), ("depot.job", "mail")],
        ),
        ("state", {"a": {"what": "depot.stock.free", "at_least": 0}}, []),
    ],
)
def test_each_part_names_its_fields(part: str, value: Any, named: list[tuple[str, str]]) -> None:
    """At the place where it does so."""
    pair = world(changed(f"contracts.0.{part}", value)).pairs[0]

    found = [one for one in readings(pair) if one.place[0] == part]

    assert set(named) <= {(one.feed.message, one.feed.path) for one in found}
    assert bool(named) == bool(found)
