"""Repeats are told apart, and late versions from new ones; or it is found."""

from __future__ import annotations

from typing import Any

import pytest

from tests.align.support import changed, codes, gaps

CONTRACT = "contracts.0"
ORDER = "systems.0.messages.order.fields"
UNREAD = {"systems.1.messages.job.carried_by.read": ...}
UNKEYED = {f"{CONTRACT}.idempotency": ..., f"{CONTRACT}.failures.409": ...}
ONCE = {f"{CONTRACT}.receive.delivery": ...}
THERE = {"systems.1.answers.there": {"when": {"status": [409]}, "means": "rejected"}}
NAMED = {
    "there": {"then": "treat_as_success"},
    "otherwise": {"then": "park", "tell": "integration"},
}
"""The same agreement, by the name that the target gives to its answer."""
TOLD = {"key": {"ref": "ref"}}
FIGURES = {"systems.1.messages.job.tells": {"stock": {**TOLD, "set": {"left": "kilos"}}}}
ADDED = {"systems.1.messages.job.tells": {"stock": {**TOLD, "add": {"left": "kilos"}}}}
PUT = {"systems.1.messages.job.carried_by.create.request": "PUT /jobs/:id"}


@pytest.mark.parametrize(
    ("edits", "codes_"),
    [
        ({**UNKEYED, **UNREAD, **ONCE}, ["I01"]),
        ({**UNKEYED, **UNREAD, f"{CONTRACT}.retry": ...}, ["I03"]),
        ({**UNKEYED, **UNREAD, **PUT}, []),
        ({f"{CONTRACT}.idempotency": ...}, []),
        ({f"{CONTRACT}.failures.409": ...}, []),
        ({f"{CONTRACT}.failures.409": ..., f"{CONTRACT}.idempotency.remembered": "1h"}, ["I02"]),
        ({f"{CONTRACT}.failures.409": ..., "systems.1.remembers_keys": "4h"}, ["I02"]),
        ({f"{CONTRACT}.idempotency.remembered": "1h"}, []),
        ({f"{CONTRACT}.failures": NAMED, f"{CONTRACT}.idempotency.remembered": "1h", **THERE}, []),
        ({f"{CONTRACT}.fields.ref.using": "truncate 10"}, ["I04"]),
        ({f"{CONTRACT}.idempotency.key": ["mail"]}, ["I04"]),
        ({f"{ORDER}.id.nullable": True}, ["I04"]),
        ({f"{ORDER}.id.nullable": True, f"{CONTRACT}.fields.ref.if_missing": "fail"}, []),
        ({f"{ORDER}.id.required": "optional", f"{CONTRACT}.fields.ref.if_missing": "park"}, []),
        ({f"{CONTRACT}.idempotency.key": ["status"]}, ["I04"]),
        ({f"{ORDER}.changed.precision": "second"}, ["I05"]),
        ({f"{ORDER}.changed": {"type": "date", "required": "always"}}, ["I05"]),
        ({f"{CONTRACT}.fields.changed.from": "placed"}, ["I05"]),
        ({f"{CONTRACT}.updates": ...}, ["I06"]),
        ({f"{CONTRACT}.updates": ..., "systems.0.messages.order.version": ...}, []),
        (UNREAD, ["I07"]),
        ({f"{CONTRACT}.failures": NAMED, **THERE}, []),
        ({f"{CONTRACT}.failures": NAMED, **THERE, **UNREAD}, ["I07"]),
        ({**UNKEYED, **UNREAD, **FIGURES, f"{CONTRACT}.expect": "one_or_more"}, []),
        ({**UNKEYED, **UNREAD, **FIGURES}, ["I01", "I03"]),
        ({**UNKEYED, **UNREAD, **ADDED, f"{CONTRACT}.expect": "one_or_more"}, ["I01", "I03"]),
    ],
)
def test_one_change_is_found_as_one_thing(edits: dict[str, Any], codes_: list[str]) -> None:
    """Each change of the sound landscape has its code; a near miss has none."""
    data = None
    for path, value in edits.items():
        data = changed(path, value, base=data)

    assert [one for one in codes(data) if one[0] == "I"] == codes_


def test_looking_first_helps_and_is_no_agreement() -> None:
    """Where the target can be read, a missing key weighs less."""
    data = None
    for path, value in {**UNKEYED, **ONCE}.items():
        data = changed(path, value, base=data)

    (gap,) = gaps(data)

    assert (gap.code, gap.weight) == ("I01", "minor")
    assert gap.message.endswith("unless the integration looks first")


def test_a_fresh_look_helps_and_is_no_order() -> None:
    """A version that the target never receives weighs less where the source is read again."""
    data = changed(f"{CONTRACT}.fields.changed.from", "placed")
    (alone,) = [gap for gap in gaps(data) if gap.code == "I05"]
    data = changed(f"{CONTRACT}.guard", {"seen_within": "2m"}, base=data)
    (guarded,) = [gap for gap in gaps(data) if gap.code == "I05"]

    assert (alone.weight, guarded.weight) == ("major", "minor")
    assert guarded.message.endswith("; the source is read at most 2m before")


def test_the_lifetime_is_worked_out() -> None:
    """Retries and repeated webhooks add up."""
    data = changed(f"{CONTRACT}.failures.409", ...)
    (gap,) = gaps(changed(f"{CONTRACT}.idempotency.remembered", "1h", base=data))

    assert gap.arithmetic == (
        "retries last 1m50s",
        "+ 4h in which webhooks come again",
        "= 4h1m50s of 1h",
    )
