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
        ({f"{CONTRACT}.fields.ref.using": "truncate 10"}, ["I04"]),
        ({f"{ORDER}.id.required": "optional", f"{CONTRACT}.fields.ref.if_missing": "park"}, []),
        ({f"{CONTRACT}.idempotency.key": ["status"]}, ["I04"]),
        ({f"{ORDER}.changed.precision": "second"}, ["I05"]),
        ({f"{CONTRACT}.fields.changed.from": "placed"}, ["I05"]),
        ({f"{CONTRACT}.updates": ...}, ["I06"]),
        ({f"{CONTRACT}.updates": ..., "systems.0.messages.order.version": ...}, []),
        (UNREAD, ["I07"]),
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


def test_the_lifetime_is_worked_out() -> None:
    """Retries and repeated webhooks add up."""
    data = changed(f"{CONTRACT}.failures.409", ...)
    (gap,) = gaps(changed(f"{CONTRACT}.idempotency.remembered", "1h", base=data))

    assert gap.arithmetic == (
        "retries last 1m50s",
        "+ 4h in which webhooks come again",
        "= 4h1m50s of 1h",
    )
