"""S: personal data and secrets where they do not belong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.align.catalogue import Gap, pair_check, world_check
from harness.align.pair import Pair
from harness.align.world import World
from harness.redaction.looks import Look, by_itself

_MADE_UP: Final = re.compile(
    r"[\w.+-]+@(?:[\w-]+\.)*(?:example|test|invalid|localhost|example\.(?:com|org|net))\b"
    r"|\+?1[ -]?\(?555\)?[ -]?01\d\d(?:[ -]?\d+)?",
    re.IGNORECASE,
)
"""Addresses and numbers of nobody: RFC 2606, and 555-01xx of the North American plan."""

_KEEPS_NOTHING: Final = frozenset({"sha256", "count"})


@pair_check(
    "S01",
    "Personal data arrives in a field that is not marked",
    weight="major",
    means="Names and addresses end up in logs, reports and recordings of the target.",
    mend="Mark the field in the target's file: `sensitive: personal`.",
    errs="It believes `sensitive` in both files.",
)
def personal_fields_are_marked(pair: Pair) -> Iterator[Gap]:
    """Look for personal values that reach unmarked fields."""
    for view in pair.rules:
        if view.spec is None or view.spec.sensitive is not None:
            continue
        if set(view.stages) & _KEEPS_NOTHING or view.value_map is not None:
            continue
        fed = next((f for f in view.feeds if f.spec is not None and f.spec.sensitive), None)
        if fed is not None and fed.spec is not None:
            yield pair.rule_gap(
                "S01",
                view,
                f"{fed.path} is {fed.spec.sensitive}, and {view.target} is not marked",
                owner="target",
            )


@pair_check(
    "S02",
    "An example looks like somebody real",
    weight="major",
    means="A customer's data stands in the repository, where it cannot be deleted.",
    mend="Make the example up: `.example` addresses, 555-01xx numbers.",
    errs="It finds mail addresses, phone and card numbers by their form, so it can err both ways.",
)
def examples_are_made_up(pair: Pair) -> Iterator[Gap]:
    """Look for values in examples that look like personal data."""
    for number, example in enumerate(pair.contract.examples):
        for side, data in (("source", example.source), ("target", example.target)):
            for path, text in _texts(data):
                if _real(text):
                    yield pair.gap(
                        "S02",
                        f"examples.{number}.{side}.{path}",
                        f"{side} field {path} of example {example.name!r} looks like personal data",
                        place=("examples", number, side),
                        owner="business",
                    )


@world_check(
    "S03",
    "Something that looks like a secret",
    weight="blocker",
    means="Whoever can read the repository can call the system.",
    mend="Take it out, change it at the vendor, and name an environment variable in golive.toml.",
    errs="It finds secrets by their form; a short one it cannot see.",
)
def files_hold_no_secrets(world: World) -> Iterator[Gap]:
    """Look through contracts and systems for texts that look like secrets."""
    for pair in world.pairs:
        data = pair.contract.model_dump(mode="json", by_alias=True, exclude_unset=True)
        for path, text in _texts(data):
            if by_itself(text) is Look.SECRET:
                yield pair.gap(
                    "S03",
                    path,
                    f"the text at {path} looks like a secret",
                    place=tuple(path.split(".")),
                )
    for name, system in world.landscape.systems.items():
        for path, text in _texts(system.model_dump(mode="json", by_alias=True, exclude_unset=True)):
            if by_itself(text) is Look.SECRET or _credential(path, text):
                yield world.gap(
                    "S03",
                    name,
                    path,
                    f"the text at {path} looks like a secret",
                    places=[world.where("system", name, tuple(path.split(".")))],
                    owner=system.owner,
                )


def _credential(path: str, text: str) -> bool:
    return path.startswith("base_urls.") and "@" in text


def _real(text: str) -> bool:
    return by_itself(_MADE_UP.sub("", text)) in (Look.PERSONAL, Look.SECRET)


def _texts(data: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    if isinstance(data, str):
        yield ".".join(path), data
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from _texts(value, (*path, str(key)))
    elif isinstance(data, (list, tuple)):
        for number, value in enumerate(data):
            yield from _texts(value, (*path, str(number)))
