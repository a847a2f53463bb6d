"""Small drawings as inline SVG: the sequence of a scenario, and a time against its limit."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from harness.history import INTEGRATION
from harness.plurals import counted
from harness.readiness import ScenarioResult, Step, TimingRecord
from harness.report.characters import visible
from harness.timing import show_duration

LANE: Final = 240
ROW: Final = 26
TOP: Final = 34
LEFT: Final = 92
BAR: Final = 200
MOST_ROWS: Final = 60
LONGEST: Final = 38
"""Characters of a label between two neighbouring lanes."""

NOBODY: Final = "nobody"


def sequence(result: ScenarioResult) -> Markup:
    """Return who said what to whom, over time, one lane for each system."""
    steps = result.timeline[:MOST_ROWS]
    if not steps:
        return Markup("")
    lanes = _lanes(steps)
    width, height = LEFT + LANE * max(len(lanes), 2), TOP + ROW * len(steps) + 8
    label = f"Sequence of {visible(result.name)}: {counted(len(steps), 'step')}"
    parts = [
        Markup(
            '<svg class="sequence" role="img" viewBox="0 0 {0} {1}" width="{0}" height="{1}" '
            'aria-label="{2}">'
        ).format(width, height, label)
    ]
    for name, x in lanes.items():
        parts.append(Markup('<text class="lane" x="{}" y="16">{}</text>').format(x, _cut(name, 24)))
        parts.append(Markup('<path class="life" d="M{} 24V{}"/>').format(x, height - 4))
    parts += [_row(step, lanes, TOP + ROW * row + 16) for row, step in enumerate(steps)]
    parts.append(Markup("</svg>"))
    left = len(result.timeline) - len(steps) + result.left_out
    if left > 0:
        parts.append(Markup("<p>{} more steps are in the journal.</p>").format(left))
    return Markup("").join(parts)


def timing_bar(entry: TimingRecord) -> Markup:
    """Return the worst time as a bar, with a line where the limit stands.

    A promise may allow a share of messages to be late; then the bar is red only beyond the
    ceiling, and a second line marks it.
    """
    scale = max(entry.ceiling, entry.worst, 1)
    kind = "kept"
    if entry.worst > entry.limit:
        kind = "late" if entry.worst <= entry.ceiling else "over"
    said = f"worst {show_duration(entry.worst)}, limit {show_duration(entry.limit)}"
    if entry.ceiling > entry.limit:
        said += f", never over {show_duration(entry.ceiling)}"
    marks = sorted({entry.limit, entry.ceiling})
    lines = Markup("").join(
        Markup('<path class="limit" d="M{} 0V14"/>').format(max(BAR * mark // scale, 1))
        for mark in marks
    )
    return Markup(
        '<svg class="bar" role="img" viewBox="0 0 {0} 14" width="{0}" height="14" '
        'aria-label="{1}"><path class="track" d="M0 4h{2}v6H0z"/>'
        '<path class="{3}" d="M0 4h{4}v6H0z"/>{5}</svg>'
    ).format(BAR + 4, said, BAR, kind, max(BAR * entry.worst // scale, 2), lines)


def _row(step: Step, lanes: dict[str, int], y: int) -> Markup:
    time = Markup('<text class="time" x="{}" y="{}">{}</text>').format(
        LEFT - 8, y + 3, _time(step.t)
    )
    kind = "good" if step.good else "bad"
    if not step.receiver:
        return time + _note(step, lanes, y, kind)
    start, end = lanes[step.sender], lanes[step.receiver]
    if start == end:
        # A party that calls itself has no arrow between lanes.
        return time + _note(step, lanes, y, kind)
    room = LONGEST * abs(end - start) // LANE
    result = " ".join(filter(None, (step.result, "⚡" if step.faulted else "")))
    label = _middle_cut(step.label, max(room - len(result) - 1, 12))
    head = -7 if end > start else 7
    return time + Markup(
        '<g class="{}"><path class="way" d="M{} {}H{}"/><path d="M{} {}l{}-4v8z"/>'
        '<text x="{}" y="{}">{} <tspan>{}</tspan></text></g>'
    ).format(kind, start, y, end + head, end, y, head, (start + end) // 2, y - 5, label, result)


def _note(step: Step, lanes: dict[str, int], y: int, kind: str) -> Markup:
    """Return a remark on the lane of whom it is about, or at the edge."""
    x = lanes.get(step.sender)
    where = Markup('class="note own {}" x="{}"') if x else Markup('class="note {}" x="{}"')
    said = f"{step.label} {step.result}".strip()
    return Markup('<text {} y="{}">{}</text>').format(
        where.format(kind, x or LEFT + 4), y + 3, _cut(said, LONGEST if x else 60)
    )


def _lanes(steps: tuple[Step, ...]) -> dict[str, int]:
    """Return the middle of each lane: the integration between the systems, nobody last."""
    named = {name for step in steps if step.receiver for name in (step.sender, step.receiver)}
    systems = sorted(named - {INTEGRATION, NOBODY})
    half = -(-len(systems) // 2)
    middle = [name for name in (INTEGRATION,) if name in named]
    last = [name for name in (NOBODY,) if name in named]
    order = [*systems[:half], *middle, *systems[half:], *last]
    return {name: LEFT + LANE * number + LANE // 2 for number, name in enumerate(order)}


def _time(nanoseconds: int | None) -> str:
    if nanoseconds is None:
        return "?"
    return show_duration(nanoseconds // 1_000_000 * 1_000_000)[:12]


def _cut(text: str, length: int) -> str:
    return visible(text if len(text) <= length else text[: length - 1] + "…")


def _middle_cut(text: str, length: int) -> str:
    """Return text without its middle: a call is told by its method and by the end of its path."""
    if len(text) <= length:
        return visible(text)
    head = length // 3
    return visible(f"{text[:head]}…{text[head + 1 - length :]}")
