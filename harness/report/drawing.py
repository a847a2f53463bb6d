"""Small drawings as inline SVG: the sequence of a scenario, and a time against its limit."""

from __future__ import annotations

from markupsafe import Markup

from harness.readiness import ScenarioResult, Step, TimingRecord
from harness.timing import show_duration

LANE, ROW, TOP, LEFT = 170, 24, 34, 84
MOST_ROWS = 60


def sequence(result: ScenarioResult) -> Markup:
    """Return who said what to whom, over time, one lane for each system."""
    steps = result.timeline[:MOST_ROWS]
    if not steps:
        return Markup("")
    lanes = _lanes(steps)
    width, height = LEFT + LANE * len(lanes), TOP + ROW * len(steps) + 12
    parts = [
        Markup(
            '<svg class="sequence" role="img" viewBox="0 0 {0} {1}" width="{0}" height="{1}" '
            'aria-label="{2}">'
        ).format(width, height, f"Sequence of {result.name}: {len(steps)} steps")
    ]
    for index, lane in enumerate(lanes):
        x = LEFT + LANE * index + LANE // 2
        parts.append(
            Markup('<text class="lane" x="{}" y="16">{}</text>').format(x, _short(lane, 20))
        )
        parts.append(
            Markup('<line class="life" x1="{0}" y1="24" x2="{0}" y2="{1}"/>').format(x, height - 6)
        )
    for row, step in enumerate(steps):
        parts.append(_row(step, lanes, TOP + ROW * row + 14))
    parts.append(Markup("</svg>"))
    left = len(result.timeline) - len(steps) + result.left_out
    if left > 0:
        parts.append(Markup("<p>{} more steps are in the journal.</p>").format(left))
    return Markup("").join(parts)


def timing_bar(entry: TimingRecord) -> Markup:
    """Return the worst time as a bar, with a line where the limit stands."""
    scale = max(entry.limit, entry.worst, 1)
    worst, limit = 200 * entry.worst // scale, 200 * entry.limit // scale
    kind = "over" if entry.worst > entry.limit else "kept"
    return Markup(
        '<svg class="bar" role="img" viewBox="0 0 204 14" width="204" height="14" '
        'aria-label="{}"><rect class="track" x="0" y="4" width="200" height="6"/>'
        '<rect class="{}" x="0" y="4" width="{}" height="6"/>'
        '<line class="limit" x1="{}" y1="0" x2="{}" y2="14"/></svg>'
    ).format(
        f"worst {show_duration(entry.worst)} of {show_duration(entry.limit)}",
        kind,
        max(worst, 2),
        limit,
        limit,
    )


def _row(step: Step, lanes: list[str], y: int) -> Markup:
    time = Markup('<text class="time" x="{}" y="{}">{}</text>').format(
        LEFT - 6, y + 4, _time(step.t)
    )
    if not step.receiver:
        x = LEFT
        return time + Markup('<text class="note {}" x="{}" y="{}">{}</text>').format(
            "good" if step.good else "bad", x, y + 4, _short(step.label, 70)
        )
    start = LEFT + LANE * lanes.index(step.sender) + LANE // 2
    end = LEFT + LANE * lanes.index(step.receiver) + LANE // 2
    head = -6 if end > start else 6
    kind = "good" if step.good else "bad"
    said = f"{_short(step.label, 34)} {step.result}{' ⚡' if step.faulted else ''}"
    return time + Markup(
        '<g class="{}"><line x1="{}" y1="{}" x2="{}" y2="{}"/>'
        '<path d="M{} {} l{} -4 l0 8 z"/>'
        '<text x="{}" y="{}">{}</text></g>'
    ).format(kind, start, y, end, y, end, y, head, (start + end) // 2, y - 4, said)


def _lanes(steps: tuple[Step, ...]) -> list[str]:
    named = {name for step in steps if step.receiver for name in (step.sender, step.receiver)}
    systems = sorted(named - {"integration", "nobody"})
    half = -(-len(systems) // 2)
    middle = ["integration"] if "integration" in named else []
    last = ["nobody"] if "nobody" in named else []
    return [*systems[:half], *middle, *systems[half:], *last]


def _time(nanoseconds: int | None) -> str:
    if nanoseconds is None:
        return "?"
    return show_duration(nanoseconds // 1_000_000 * 1_000_000)[:12]


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
