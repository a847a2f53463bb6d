"""Times without a zone, days cut in the wrong one, and hours that do not exist are found."""

from __future__ import annotations

from typing import Any

import pytest

from tests.align.support import changed, codes, gaps

SOURCE = "systems.0.messages.order.fields"
TARGET = "systems.1.messages.job.fields"
RULE = "contracts.0.fields"
BERLIN = "Europe/Berlin"
TOKYO = "Asia/Tokyo"
AS_IS: dict[str, Any] = {f"{RULE}.placed.using": ...}
NUUK = {"seen_before": "23:30", "zone": "America/Nuuk"}
"""There the clocks change before midnight."""
DAY = {"type": "date", "required": "always"}
CUT = {"seen_before": "14:00", "accepted_by": "16:00", "zone": BERLIN}


@pytest.mark.parametrize(
    ("edits", "code"),
    [
        ({f"{SOURCE}.placed.zone": BERLIN, f"{RULE}.placed.using": ...}, "Z01"),
        (
            {f"{SOURCE}.placed.zone": BERLIN, f"{RULE}.placed.using": "local_to_utc Europe/Berlin"},
            "",
        ),
        ({f"{TARGET}.placed.zone": BERLIN}, "Z01"),
        (
            {
                f"{TARGET}.placed.zone": BERLIN,
                f"{RULE}.placed.using": "to_local Europe/Berlin",
                f"{TARGET}.placed.type": "instant",
            },
            "",
        ),
        ({f"{TARGET}.placed": DAY, f"{RULE}.placed.using": "date_only"}, "Z02"),
        (
            {f"{TARGET}.placed": DAY, f"{RULE}.placed.using": "in_zone Europe/Berlin | date_only"},
            "",
        ),
        ({f"{TARGET}.placed": DAY, f"{RULE}.placed.using": "date_in_zone Europe/Berlin"}, ""),
        ({f"{SOURCE}.placed.zone": BERLIN}, "Z01"),
        ({f"{SOURCE}.placed.zone": BERLIN, f"{RULE}.placed.using": f"local_to_utc {TOKYO}"}, "Z01"),
        ({f"{SOURCE}.placed.zone": BERLIN, f"{TARGET}.placed.zone": BERLIN, **AS_IS}, ""),
        ({f"{SOURCE}.placed.zone": BERLIN, f"{TARGET}.placed.zone": TOKYO, **AS_IS}, "Z01"),
        (
            {
                f"{SOURCE}.placed.zone": BERLIN,
                f"{TARGET}.placed.zone": TOKYO,
                f"{RULE}.placed.using": f"local_to_utc {BERLIN} | to_local {TOKYO}",
            },
            "",
        ),
        ({f"{TARGET}.placed.zone": TOKYO, f"{RULE}.placed.using": f"to_local {BERLIN}"}, "Z01"),
        ({f"{RULE}.placed.using": f"to_local {BERLIN}"}, "Z01"),
        (
            {
                f"{TARGET}.placed.zone": BERLIN,
                f"{RULE}.placed.using": f"in_zone {BERLIN} | format_date %Y-%m-%dT%H:%M:%S",
            },
            "",
        ),
        ({"contracts.0.timing.cutoff": CUT}, ""),
        ({"contracts.0.timing.cutoff": {**CUT, **NUUK}}, "Z03"),
        ({"contracts.0.timing.cutoff": {**CUT, "seen_before": "02:30"}}, "Z03"),
        ({"contracts.0.timing.cutoff": {**CUT, "accepted_by": "03:00"}}, ""),
        ({"contracts.0.timing.cutoff": {**CUT, "seen_before": "02:30", "zone": "Etc/UTC"}}, ""),
    ],
)
def test_times_keep_their_zone(edits: dict[str, Any], code: str) -> None:
    """Each change of the sound landscape has its code; a near miss has none."""
    data = None
    for path, value in edits.items():
        data = changed(path, value, base=data)

    found = [one for one in codes(data) if one not in ("T01", "X05")]

    assert found == ([code] if code else [])


def test_the_day_of_the_change_is_named() -> None:
    """In 2026 Berlin skips the hour on the last Sunday of March."""
    cut = {**CUT, "seen_before": "02:30"}

    (gap,) = gaps(changed("contracts.0.timing.cutoff", cut))

    assert gap.message == "02:30 does not exist in Europe/Berlin on 2026-03-29"
