"""What a change of one value means for the side that sends and for the side that receives."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

from harness.timing import parse_duration

Grade = Literal["tightens", "loosens", "both", "undetermined", "nothing"]
GRADES: Final[tuple[Grade, ...]] = ("tightens", "loosens", "both", "undetermined")
Sides = tuple[Grade, Grade]
"""What it means to the source, and what it means to the target."""

NOTHING: Final[Sides] = ("nothing", "nothing")
BOTH: Final[Sides] = ("both", "both")
UNKNOWN: Final[Sides] = ("undetermined", "undetermined")
SOURCE_MUST: Final[Sides] = ("tightens", "loosens")
"""More is asked of the source, and the target is served better."""
TARGET_MUST: Final[Sides] = ("loosens", "tightens")
"""More is asked of the target, and the source is free to do more."""

_Judge = Callable[[Any, Any], Sides]


@dataclass(frozen=True, slots=True)
class Meaning:
    """Why a change is graded as it is."""

    sides: Sides
    because: str


def of_contract(path: Sequence[str], before: Any, after: Any) -> Meaning:
    """Return what a change in a contract means; ``None`` stands for a value that is not there.

    What no line of the table knows is *undetermined* to both sides, never harmless.
    """
    return _looked_up(_CONTRACT, ".".join(path), before, after)


def of_given(path: Sequence[str], before: Any, after: Any) -> Meaning:
    """Return what a change in a message that the source sends means."""
    return _looked_up(_GIVEN, ".".join(path), before, after)


def of_taken(path: Sequence[str], before: Any, after: Any) -> Meaning:
    """Return what a change in a message that the target accepts means."""
    return _looked_up(_TAKEN, ".".join(path), before, after)


def of_system(path: Sequence[str], before: Any, after: Any) -> Meaning:
    """Return what a change beside the messages of a system means to those who call it.

    The source is whoever calls, the target is the system.
    """
    return _looked_up(_SYSTEM, ".".join(path), before, after)


def weakest(grades: Sequence[Grade]) -> Grade:
    """Return one grade for several: contrary ones are *both*, an unknown one is *undetermined*."""
    found = set(grades) - {"nothing"}
    if not found:
        return "nothing"
    if len(found) == 1:
        return found.pop()
    return "undetermined" if "undetermined" in found else "both"


def _looked_up(
    table: Sequence[tuple[re.Pattern[str], _Judge, str]], path: str, before: Any, after: Any
) -> Meaning:
    for pattern, judge, because in table:
        if pattern.fullmatch(path):
            return Meaning(judge(before, after), because)
    return Meaning(UNKNOWN, "nothing is known about such a change")


def _size(value: Any) -> Decimal | None:
    if isinstance(value, bool):
        return None
    text = str(value)
    try:
        return Decimal(parse_duration(text))
    except ValueError:
        pass
    try:
        return Decimal(text.removesuffix("%"))
    except InvalidOperation:
        return None


def _grows(more: Sides, less: Sides, *, absent: Literal["endless", "zero"]) -> _Judge:
    """Return a judge of sizes; ``absent`` tells what no value means."""

    def judge(before: Any, after: Any) -> Sides:
        if before is None or after is None:
            grown = (after is None) == (absent == "endless")
            return more if grown else less
        left, right = _size(before), _size(after)
        if left is None or right is None:
            return UNKNOWN
        return NOTHING if left == right else more if right > left else less

    return judge


def _always(sides: Sides) -> _Judge:
    return lambda _before, _after: sides


def _appears(there: Sides, gone: Sides, changed: Sides = UNKNOWN) -> _Judge:
    return lambda before, after: there if before is None else gone if after is None else changed


def _turns(on: Sides, off: Sides) -> _Judge:
    return lambda _before, after: on if after is True else off


def _members(more: Sides, fewer: Sides) -> _Judge:
    """Return a judge of lists; no list at all means that everything may come."""

    def judge(before: Any, after: Any) -> Sides:
        if before is None or after is None:
            return more if after is None else fewer
        left, right = set(map(str, before)), set(map(str, after))
        if left < right:
            return more
        if right < left:
            return fewer
        return NOTHING if left == right else BOTH

    return judge


def _required(always: Sides, optional: Sides) -> _Judge:
    def judge(before: Any, after: Any) -> Sides:
        if "always" not in (before, after):
            return BOTH
        return always if after == "always" else optional

    return judge


def _status(before: Any, after: Any) -> Sides:
    binding = ("agreed", "live")
    if before in binding and after in binding:
        return NOTHING
    if after in binding:
        return ("tightens", "tightens")
    return ("loosens", "loosens") if before in binding else NOTHING


def _unmapped(before: Any, after: Any) -> Sides:
    order = ["fail", "park", "keep"]
    if before is None or after is None:
        return UNKNOWN
    return TARGET_MUST if order.index(after) > order.index(before) else SOURCE_MUST


def _table(*lines: tuple[str, _Judge, str]) -> tuple[tuple[re.Pattern[str], _Judge, str], ...]:
    return tuple((re.compile(pattern), judge, because) for pattern, judge, because in lines)


_SOONER: Final = "a shorter time hits whoever sends, a longer one whoever waits"
_CONTRACT: Final = _table(
    (r"contract|from|to|object|sent_by", _always(BOTH), "it is another agreement"),
    (
        r"version|summary|like|signed_off(\..*)?|defaults\..*",
        _always(NOTHING),
        "it says what was agreed elsewhere",
    ),
    (r"status", _status, "only agreed and live contracts bind"),
    (r"owners\..*|.*\.owner|.*\.severity", _always(NOTHING), "who acts changes, not what is sent"),
    (r"not_mapped\..*|examples(\..*)?|x-.*", _always(NOTHING), "nothing that is sent changes"),
    (r".*\.(means|says|description)", _always(NOTHING), "a word of explanation"),
    (r"volume\.messages", _grows(TARGET_MUST, SOURCE_MUST, absent="zero"), "load on the target"),
    (r"volume\.per", _grows(SOURCE_MUST, TARGET_MUST, absent="endless"), "load on the target"),
    (
        r"when\..*|expect|one_per|updates\..*|correlate\..*|with\..*|after",
        _always(BOTH),
        "other messages are owed",
    ),
    (
        r"guard\.seen_within",
        _grows(("loosens", "loosens"), ("tightens", "nothing"), absent="endless"),
        "fresher reads are asked for",
    ),
    (
        r"timing\.delivered\.(fail|warn|never_over)|timing\.(fresh|recovered|every)\..*|receive\.every",
        _grows(TARGET_MUST, SOURCE_MUST, absent="endless"),
        _SOONER,
    ),
    (
        r"timing\.delivered\.share",
        _grows(SOURCE_MUST, TARGET_MUST, absent="zero"),
        "a larger share hits whoever sends",
    ),
    (r"timing\.cutoff\..*", _always(BOTH), "the day is cut elsewhere"),
    (
        r"timing\.response\..*",
        _grows(SOURCE_MUST, TARGET_MUST, absent="endless"),
        "the target answers within this time",
    ),
    (
        r"receive\.answered\..*",
        _grows(("tightens", "nothing"), ("loosens", "nothing"), absent="endless"),
        "the source waits for this answer",
    ),
    (r"receive\..*", _always(BOTH), "messages arrive in another way"),
    (
        r"idempotency\.remembered",
        _grows(TARGET_MUST, SOURCE_MUST, absent="zero"),
        "the target remembers keys that long",
    ),
    (r"idempotency(\..*)?", _always(BOTH), "another key makes other messages the same"),
    (
        r"retry\.attempts|retry\.give_up_after",
        _grows(TARGET_MUST, SOURCE_MUST, absent="zero"),
        "more calls are more load on the target",
    ),
    (
        r"retry\.(wait\..*|timeout)",
        _grows(SOURCE_MUST, TARGET_MUST, absent="zero"),
        "shorter waits are more load on the target",
    ),
    (r"retry\.on", _members(TARGET_MUST, SOURCE_MUST), "more outcomes are tried again"),
    (
        r"retry\.obey_retry_after",
        _turns(SOURCE_MUST, TARGET_MUST),
        "the target says when it is called again",
    ),
    (r"failures\.[^.]+\.(tell|within|attempts|undo)", _always(UNKNOWN), "people act differently"),
    (r"failures\..*", _appears(SOURCE_MUST, TARGET_MUST, BOTH), "a failure is handled differently"),
    (r"parked\..*", _always(UNKNOWN), "parked messages are treated differently"),
    (
        r"maps\.[^.]+\.pairs\..*",
        _appears(TARGET_MUST, SOURCE_MUST, BOTH),
        "a value that is translated reaches the target, one that is not does not",
    ),
    (r"maps\.[^.]+\.if_unmapped", _unmapped, "what is not listed reaches the target, or does not"),
    (r"maps\.[^.]+\.(lossy|if_missing)", _always(UNKNOWN), "other values reach the target"),
    (
        r"fields\..*\.tolerance|sums\..*\.tolerance",
        _grows(TARGET_MUST, SOURCE_MUST, absent="zero"),
        "a larger difference is accepted",
    ),
    (
        r"fields\..*\.(from|fixed|set_by|expression|checked_by)(\..*)?",
        _appears(SOURCE_MUST, TARGET_MUST, BOTH),
        "the value comes from elsewhere",
    ),
    (
        r"fields\..*\.(match_by|each|group_by|where|with|drop)(\..*)?",
        _always(BOTH),
        "other rows are owed",
    ),
    (r"fields\..*\.(using|map|unlike)", _always(BOTH), "the value changes"),
    (r"fields\..*\.if_missing", _always(UNKNOWN), "a missing value is treated differently"),
    (r"sums\..*", _appears(SOURCE_MUST, TARGET_MUST, BOTH), "amounts are held against each other"),
    (r"state\..*|checks\..*", _appears(SOURCE_MUST, TARGET_MUST, BOTH), "another promise is kept"),
)
_GIVEN: Final = _table(
    (
        r"description|.*\.description|.*\.sensitive|.*\.critical|imported\..*",
        _always(NOTHING),
        "nothing that is sent changes",
    ),
    (r"key|version|happened_at", _always(BOTH), "messages are told apart differently"),
    (
        r"sunset",
        _appears(("nothing", "tightens"), ("nothing", "loosens"), ("nothing", "both")),
        "the message ends on that day",
    ),
    (r"carried_by\..*", _always(UNKNOWN), "it travels differently"),
    (
        r"fields\..*\.required(\..*)?",
        _required(SOURCE_MUST, TARGET_MUST),
        "a value that may be missing hits whoever receives",
    ),
    (
        r"fields\..*\.(max|digits|decimals|at_most|most)",
        _grows(TARGET_MUST, SOURCE_MUST, absent="endless"),
        "larger values reach the target",
    ),
    (
        r"fields\..*\.(at_least|min|fewest)",
        _grows(SOURCE_MUST, TARGET_MUST, absent="zero"),
        "smaller values reach the target",
    ),
    (r"fields\..*\.enum", _members(TARGET_MUST, SOURCE_MUST), "a new value reaches the target"),
    (
        r"fields\..*\.(nullable|open_enum)",
        _turns(TARGET_MUST, SOURCE_MUST),
        "values come that did not come before",
    ),
    (
        r"fields\..*\.(type|unit|money|minor_units|tax|zone|encoded_as|precision|charset|pattern"
        r"|unique|moves)(\..*)?",
        _always(BOTH),
        "the value means something else",
    ),
    (r"fields\..*\.read_only", _always(NOTHING), "it says who writes it there"),
    (r"tells\..*|notifies\..*", _always(BOTH), "it says something else of what is held"),
)
_TAKEN: Final = _table(
    (
        r"description|.*\.description|.*\.sensitive|.*\.critical|imported\..*",
        _always(NOTHING),
        "nothing that is accepted changes",
    ),
    (r"key|version|happened_at", _always(BOTH), "messages are told apart differently"),
    (
        r"sunset",
        _appears(("tightens", "nothing"), ("loosens", "nothing"), ("both", "nothing")),
        "the message ends on that day",
    ),
    (r"carried_by\..*", _always(UNKNOWN), "it travels differently"),
    (
        r"fields\..*\.required(\..*)?",
        _required(SOURCE_MUST, TARGET_MUST),
        "a value that must be there hits whoever sends",
    ),
    (
        r"fields\..*\.(max|digits|decimals|at_most|most)",
        _grows(TARGET_MUST, SOURCE_MUST, absent="endless"),
        "the target accepts less",
    ),
    (
        r"fields\..*\.(at_least|min|fewest)",
        _grows(SOURCE_MUST, TARGET_MUST, absent="zero"),
        "the target accepts less",
    ),
    (r"fields\..*\.enum", _members(TARGET_MUST, SOURCE_MUST), "a value that is gone is refused"),
    (
        r"fields\..*\.(nullable|open_enum)",
        _turns(TARGET_MUST, SOURCE_MUST),
        "values are refused that were accepted",
    ),
    (
        r"fields\..*\.(read_only|unique)",
        _turns(SOURCE_MUST, TARGET_MUST),
        "values are refused that were accepted",
    ),
    (
        r"fields\..*\.(type|unit|money|minor_units|tax|zone|encoded_as|precision|charset|pattern"
        r"|moves)(\..*)?",
        _always(BOTH),
        "the value means something else",
    ),
    (r"tells\..*|notifies\..*", _always(BOTH), "it says something else of what is held"),
)
_SYSTEM: Final = _table(
    (r"system|kind|simulator", _always(NOTHING), "it plays the same part"),
    (r"owner|.*\.source", _always(NOTHING), "who acts changes, not what is sent"),
    (r"timezone", _always(BOTH), "times without a zone mean something else"),
    (r"base_urls", _always(UNKNOWN), "it is called elsewhere"),
    (r"limits\.calls", _grows(TARGET_MUST, SOURCE_MUST, absent="endless"), "it takes more calls"),
    (r"limits\.per", _grows(SOURCE_MUST, TARGET_MUST, absent="zero"), "it takes more calls"),
    (
        r"remembers_keys",
        _grows(TARGET_MUST, SOURCE_MUST, absent="zero"),
        "repeats are told apart for that long",
    ),
    (r"maintenance\.lasts", _grows(SOURCE_MUST, TARGET_MUST, absent="zero"), "it is away longer"),
    (
        r"maintenance\.starts|resends\..*|answers\..*|signature\..*|delivery_id",
        _always(UNKNOWN),
        "callers are answered or called differently",
    ),
    (r"records\..*", _always(UNKNOWN), "it holds something else"),
)
