"""Write the reference pages from the models, the catalogue and the simulators."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from harness.align.wording import reference
from harness.checks import CHECKS
from harness.fault_words import WORDS
from harness.faults.styles import STYLES
from harness.mapping import catalogue
from harness.plurals import counted
from harness.schemas import schema_of
from harness.simulators import SIMULATORS, load_simulator
from harness.simulators.profiles import Number
from harness.timing import MILLISECOND, show_duration
from tests.defects.catalogue import DEFECTS, NOT_VISIBLE, VARIANTS
from tests.defects.patches import Defect
from tests.defects.unseen import Unseen
from tests.tools import slips

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"
FILES = {
    "contract": "A contract, `contracts/NAME.yaml`",
    "defaults": "Sections for every contract, `contracts/defaults.yaml`",
    "map": "A shared value map, `contracts/maps/NAME.yaml`",
    "flow": "A flow, `contracts/flows/NAME.yaml`",
    "calendar": "A calendar, `contracts/calendars/NAME.yaml`",
    "systems": "A system, `contracts/systems/NAME.yaml`",
    "teams": "The teams, `contracts/teams.yaml`",
    "policy": "The policy, `contracts/readiness.yaml`",
    "scenario": "A scenario, `scenarios/**/NAME.yaml`",
    "project": "The project, `golive.toml`",
}


def pages() -> dict[str, str]:
    """Return every page of the reference by its file name."""
    return {
        "files.md": "\n".join(_files()) + "\n",
        "transforms.md": "\n".join(_transforms()) + "\n",
        "simulators.md": "\n".join(_simulators()) + "\n",
        "checks.md": "\n".join(_checks()) + "\n",
        "alignment.md": reference(),
        "defects.md": "\n".join(_defects()) + "\n",
        "faults.md": "\n".join(_faults()) + "\n",
        "slips.md": "\n".join(slips.page()).rstrip() + "\n",
    }


def _files() -> Iterator[str]:
    yield "# Files\n\nEvery key of every file, made from the models. Keys that begin with `x-` are"
    yield "yours. Generated; change the models instead."
    for kind, title in FILES.items():
        schema = schema_of(kind)
        yield f"\n## {title}\n"
        yield from _table(schema)
        for name, inner in sorted(schema.get("definitions", {}).items()):
            if inner.get("properties"):
                yield f"\n### {name}\n\n{inner.get('description', '').partition(chr(10))[0]}\n"
                yield from _table(inner)


def _table(schema: dict[str, Any]) -> Iterator[str]:
    required = set(schema.get("required", ()))
    yield "| key | value | meaning |"
    yield "|---|---|---|"
    for name, field in schema.get("properties", {}).items():
        star = " (required)" if name in required else ""
        meaning = field.get("description", "").replace("|", "\\|").replace("\n", " ")
        yield f"| `{name}`{star} | {_kind(field)} | {meaning} |"


def _kind(field: dict[str, Any]) -> str:  # noqa: PLR0911 - one line for each form of a schema
    if "$ref" in field:
        return f"{field['$ref'].rpartition('/')[2]}"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    for word in ("anyOf", "oneOf"):
        if word in field:
            kinds = [_kind(inner) for inner in field[word] if inner.get("type") != "null"]
            return " or ".join(dict.fromkeys(kinds))
    if field.get("type") == "array":
        inner = field.get("items") or {}
        return f"list of {_kind(inner)}" if inner else "list"
    if field.get("type") == "object":
        inner = field.get("additionalProperties")
        return f"mapping to {_kind(inner)}" if isinstance(inner, dict) else "mapping"
    examples = field.get("examples")
    if examples:
        return f"such as `{examples[0]}`"
    kind = str(field.get("type", "anything"))
    plain = {"string": "text", "integer": "whole number", "boolean": "true or false"}
    return plain.get(kind, kind)


def _transforms() -> Iterator[str]:
    yield "# Transforms\n\nWhat may stand after `using:`, one after the other with `|` between."
    yield "Generated from the catalogue.\n"
    yield "| written | takes | gives | loses information | can be reversed | what it does |"
    yield "|---|---|---|---|---|---|"
    for entry in catalogue().values():
        lossy, back = ("yes" if flag else "no" for flag in (entry.lossy, entry.reversible))
        description = entry.description.replace("|", "\\|")
        kinds = f"{entry.accepts} | {entry.gives}"
        yield f"| `{entry.usage}` | {kinds} | {lossy} | {back} | {description} |"


def _simulators() -> Iterator[str]:
    yield "# Simulators\n\nThe systems that are played, and what a scenario may ask of them with"
    yield "`do:`. Generated."
    for name in sorted(SIMULATORS):
        simulator = load_simulator(name)
        first = (simulator.__doc__ or "").strip().partition("\n")[0]
        yield f"\n## `{name}`\n\n{first}"
        if simulator.actions:
            yield "\n| action | what happens |\n|---|---|"
            yield from (f"| `{a}` | {said} |" for a, said in simulator.actions.items())
        if simulator.habits:
            yield "\n| habit | is | meaning | source, as of |\n|---|---|---|---|"
            yield from (_habit(habit, number) for habit, number in simulator.habits.items())


def _habit(name: str, number: Number) -> str:
    value = _shown(number.value).replace("|", "\\|")
    source = number.source.replace("|", "\\|")
    return f"| `{name}` | {value} | {number.meaning} | {source}, {number.as_of} |"


def _shown(value: object) -> str:
    """Return a value as people read it; whole numbers from a millisecond on are times."""
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value))
    if type(value) is int and value >= MILLISECOND:
        return show_duration(value)
    return str(value)


def _faults() -> Iterator[str]:
    yield "# Faults\n\nWhat may stand under `given.faults`, each with `on:`, the message it meets."
    yield "Every fault may say `match`, `try`, `share`, `times`, `from` and `for`; what else it"
    yield "takes stands here, in bold where it cannot do without. A fault that never has an effect"
    yield "leaves its scenario unproven. One that has a time of its own is noted when that begins"
    yield "and ends."
    yield "Generated from the words themselves.\n"
    yield "| `do` | meets | what goes wrong | takes |\n|---|---|---|---|"
    for name, word in WORDS.items():
        takes = ", ".join(f"**`{key}`**" if key in word.needs else f"`{key}`" for key in word.takes)
        yield f"| `{name}` | {word.meets} | {word.meaning} | {takes} |"
    yield "\n## How vendors throttle\n\n`style` of `throttle`.\n"
    yield "| style | status | headers | body | source |\n|---|---|---|---|---|"
    for vendor, style in STYLES.items():
        headers = ", ".join(f"`{key}`" for key in style.headers("2"))
        body = "" if style.body is None else f"`{json.dumps(style.body)}`"
        yield f"| `{vendor}` | {style.status} | {headers} | {body} | {style.source} |"
    yield "\n## What is said otherwise\n"
    yield "| what goes wrong | how it is said |\n|---|---|"
    yield from (f"| {wrong} | {said} |" for wrong, said in OTHERWISE)


OTHERWISE = (
    (
        "a value is null, absent, zero, empty, of another type, unknown, too long, or in letters "
        "that a label does not know",
        "`with: {set: {path: value}, remove: [path]}` of an action, or the verb `send` with "
        "exactly this message: the source then holds it, signs it, and tells it",
    ),
    (
        "a weight in another unit, an amount in other minor units, another rounding",
        "the same: the value stands in the payload of the action",
    ),
    (
        "an item is gone, renamed or not stocked",
        "actions: `erp.delete_item`, `erp.rename_item`, `shopify.delete_product`, "
        "`shopify.stop_stocking`",
    ),
    (
        "an order is split, edited, cancelled late, refunded, returned",
        "actions of the shop, the OMS and the warehouse: see [simulators](simulators.md)",
    ),
    (
        "a token runs out, has the wrong scope, or is revoked",
        "`erp.expire_token`, or `answer` with 401 or 403, from a time on with `from`",
    ),
    ("a page token has run out", "`answer` with 400 from `try: 2` on"),
    (
        "a version of an API is retired",
        "`shopify.retire_versions`; elsewhere `answer` with 410, from a day on with `from`",
    ),
    ("a connection is refused, or breaks in mid-answer", "`refuse`, `truncate`"),
    (
        "the clock: another zone, the hour that comes twice",
        "`start` of the scenario in any zone",
    ),
    ("a system whose clock is fast or slow", "`given.clocks: {shopify: {behind: 4m}}`"),
    (
        "smaller pages, fewer calls a second, another patience than documented",
        "`given.profiles: {wms: {page_size: 10}}`, by the names in [simulators](simulators.md)",
    ),
    ("a subscription is taken away", "`shopify.unsubscribe`, or `silence` for a time"),
    (
        "two things happen at once, in whatever order",
        "the verb `race`, with `every` between its steps",
    ),
)


def _defects() -> Iterator[str]:
    known = sorted((one for one in DEFECTS if one.row), key=lambda one: _number(one.row))
    alone = [one for one in known if one.scenario]
    rows = [one for one in known if not one.scenario]
    other = [one for one in DEFECTS if not one.row]
    yield "# Defects that are found\n\nEach of these mistakes was planted in the reference"
    yield "integration, one at a time: the launch is NO-GO, and the first blocker is the clause"
    yield "and the owner that stand here. Rows are those of a catalogue of defects that happened."
    yield "The integration without them is GO. Generated from the tests that do it.\n"
    yield f"## Caught by the contracts: {_rows(rows)}\n"
    yield "Nothing is needed under `then`, and no scenario was written for the row alone.\n"
    yield "| row | mistake | found by | owner |\n|---|---|---|---|"
    yield from (_defect(one, f"{one.row} | ") for one in rows)
    yield f"\n## Caught only through a scenario written for it: {_rows(alone)}\n"
    yield "| row | mistake | found by | owner | scenario |\n|---|---|---|---|---|"
    yield from (f"{_defect(one, f'{one.row} | ')} {one.scenario} |" for one in alone)
    yield f"\n## Not visible at the seam: {_rows(NOT_VISIBLE)}\n"
    yield from _unseen(NOT_VISIBLE)
    yield f"\n## Planted without a row: {len(other)}\n"
    yield "| mistake | found by | owner |\n|---|---|---|"
    yield from (_defect(one, "") for one in other)
    yield f"\n## Variants that stay GO: {len(VARIANTS)}\n"
    yield from (f"- {one.name}" for one in VARIANTS)


def _rows(table: Iterable[Defect | Unseen]) -> str:
    return counted(len({one.row for one in table}), "row")


def _defect(one: Defect, row: str) -> str:
    return f"| {row}{one.name} | `{one.clause}` | {one.owner} |"


def _unseen(table: Iterable[Unseen]) -> Iterator[str]:
    yield "| row | mistake | why |\n|---|---|---|"
    yield from (f"| {one.row} | {one.mistake} | {one.why} |" for one in table)


def _number(row: str) -> int:
    return int(row.removeprefix("D"))


def _checks() -> Iterator[str]:
    yield "# Checks\n\nThe families of promises that are judged, and in which direction each"
    yield "may err. Generated from the checks themselves."
    for check in CHECKS:
        said = " ".join((check.run.__doc__ or "").split())
        kinds = ", ".join(f"`{kind}`" for kind in sorted(check.kinds))
        yield f"\n## {check.name}\n\n{said}\n\nClauses: {kinds}."


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file, text in pages().items():
        (FOLDER / file).write_text(text, encoding="utf-8")
