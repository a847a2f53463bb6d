"""Fields of a message out of what was recorded: their types, and none of their values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from harness.importing.fields import MOST_FIELDS, Fields, Spec
from harness.mapping import EVERY, Path

_INSTANT: Final = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)", re.ASCII
)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NUMBER: Final = re.compile(r"-?\d{1,40}\.\d{1,40}", re.ASCII)
_DEPTHS: Final = (12, 8, 6, 5, 4, 3, 2, 1)
# A name begins with a letter, has no space and no sign of an address, and no long row of digits.
_NAME: Final = re.compile(r"[@$_]{0,2}[A-Za-z](?!.*\d{5})[A-Za-z0-9_.:$-]{0,59}")
_RANDOM: Final = re.compile(r"(?=.*\d)(?:[0-9A-Fa-f-]{12,}|[A-Za-z0-9_-]{32,})")
_KINDS: Final[tuple[tuple[type, str], ...]] = (
    (bool, "boolean"),
    (int, "integer"),
    (Decimal, "decimal"),
    (str, "text"),
    (list, "list"),
    (dict, "object"),
)


_Steps = tuple[str, ...]


@dataclass(slots=True)
class _Met:
    """What was met at one path; for texts, the forms that all of them have."""

    kinds: dict[str, None] = field(default_factory=dict)
    null: bool = False
    forms: set[str] | None = None


def fields_of_examples(values: Sequence[Any]) -> Fields:
    """Return the fields of recorded messages, and nothing that they cannot know."""
    found, met = _met_within_bounds(values)
    parents = {path[:-1] for path in met}
    for path, one in met.items():
        if set(one.kinds) == {"object"} and not one.null and path in parents:
            continue  # its fields stand for it
        shown = str(Path(path))
        found.specs[shown] = spec = _spec(one)
        if spec["type"] == "any" and len(one.kinds) != 1:
            found.note(shown, _WHY_ANY[bool(one.kinds)])
        elif spec["type"] == "text" and "number" in (one.forms or ()):
            found.note(shown, "every text is a number; if it is an amount, say `type: decimal`")
    found.note(
        "",
        "what was recorded says nothing of lengths, of what is always there, of units, currencies "
        "and zones, or of what is personal; read through the names as well, a name may be a value",
    )
    return found


_WHY_ANY: Final = {
    True: "was recorded with more than one type",
    False: "was recorded as null alone, so its type is not known",
}


def is_name(text: str) -> bool:
    """Tell whether a key looks like a name that software gave, not like somebody's data."""
    return _NAME.fullmatch(text) is not None and _RANDOM.fullmatch(text) is None


def _met_within_bounds(values: Sequence[Any]) -> tuple[Fields, dict[_Steps, _Met]]:
    """Return what was met, to the depth at which it is not too much."""
    found, met = Fields(), dict[_Steps, _Met]()
    for depth in _DEPTHS:
        found, met = Fields(), {}
        whole = True
        for path, inner in (pair for value in values for pair in _walk(value, (), found, depth)):
            if path in met or len(met) < MOST_FIELDS:
                _meet(met.setdefault(path, _Met()), inner)
            else:
                whole = False
                break
        if whole:
            return found, met
    found.note("", f"has more than {MOST_FIELDS} fields; those after them are left out")
    return found, met


def _walk(value: Any, path: _Steps, found: Fields, depth: int) -> Iterator[tuple[_Steps, Any]]:
    shown = str(Path(path)) if path else ""
    if path:
        yield path, value
    if not isinstance(value, (dict, list)) or not value:
        return
    if len(path) >= depth:
        found.note(shown, "holds more, which is too deep and left out")
    elif isinstance(value, list):
        for element in value:
            yield from _walk(element, (*path, EVERY), found, depth)
    elif all(is_name(name) for name in value):
        for name, inner in value.items():
            yield from _walk(inner, (*path, name), found, depth)
    else:
        found.note(shown, "has names that look like values, so none of them is written")


def _meet(met: _Met, value: Any) -> None:
    if value is None:
        met.null = True
        return
    kind = next((name for type_, name in _KINDS if isinstance(value, type_)), "any")
    met.kinds[kind] = None
    if isinstance(value, str):
        forms = set(_forms(value))
        met.forms = forms if met.forms is None else met.forms & forms


def _forms(text: str) -> Iterator[str]:
    if _INSTANT.fullmatch(text) and _exists(text[:10]):
        yield "instant"
    elif _DAY.fullmatch(text) and _exists(text):
        yield "date"
    if _NUMBER.fullmatch(text):
        yield "number"


def _exists(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _spec(met: _Met) -> Spec:
    kinds = set(met.kinds)
    spec: Spec = {"type": "any"}
    if kinds == {"text"}:
        forms = (met.forms or set()) & {"instant", "date"}
        spec = {"type": next(iter(forms), "text")}
    elif kinds and kinds <= {"integer", "decimal"}:
        spec = {"type": "integer"}
        if "decimal" in kinds:
            spec = {"type": "decimal", "encoded_as": "number"}
    elif len(kinds) == 1 and "object" not in kinds:
        spec = {"type": next(iter(kinds))}
    return {**spec, **({"nullable": True} if met.null else {})}


def only_part(data: Any) -> tuple[Any, str]:
    """Return what stands in an object of one name, and the name; vendors wrap a thing in it."""
    if isinstance(data, Mapping) and len(data) == 1:
        name, inner = next(iter(data.items()))
        if is_name(name) and isinstance(inner, (dict, list)) and inner:
            return inner, str(Path((name,)))
    return data, ""
