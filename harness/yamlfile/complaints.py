"""What pydantic says, in the words of the file; the branches of a union tell one story."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from harness.errors import did_you_mean
from harness.yamlfile.places import cut
from harness.yamlfile.shapes import Shape, description_of, fields_of


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong with data, at a path in it.

    ``expected`` says what could stand there when the value is of the wrong kind; complaints of
    that sort from the branches of a union become one.
    """

    path: tuple[str | int, ...]
    message: str
    hint: str = ""
    key: bool = False
    expected: str = ""
    lacks: str = ""


KINDS: Final = {
    **dict.fromkeys(("string_type", "string_sub_type"), "text"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "`true` or `false`"),
    **dict.fromkeys(("decimal_type", "decimal_parsing", "float_type", "float_parsing"), "a number"),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), "a list"),
    **dict.fromkeys(
        ("dict_type", "mapping_type", "model_type", "model_attributes_type"), "a mapping"
    ),
    "none_required": "nothing",
}
_LIMITS: Final = {
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "multiple_of": "a multiple of {multiple_of}",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "too_short": "at least {min_length} entries, got {actual_length}",
    "too_long": "at most {max_length} entries, got {actual_length}",
    "string_pattern_mismatch": "text of the form `{pattern}`",
}
_SUGGESTIONS: Final = ("did you mean", "a space follows")
_OWN_WORDS: Final = re.compile("^(Value error|Assertion failed), ")


@dataclass(frozen=True, slots=True)
class _Located:
    """A complaint, and the way to it: keys and indexes, and between them the union branches."""

    steps: tuple[tuple[bool, str | int], ...]
    complaint: Complaint


def complaints_in(
    error: ValidationError, data: Any, shape: Shape, *, known: set[tuple[str | int, ...]]
) -> list[Complaint]:
    """Return what pydantic found in data, without what is ``known`` to be wrong already."""
    found = _settled([_located(detail, data, shape) for detail in error.errors(include_url=False)])
    suggested = {(c.path[:-1], c.hint) for c in found if c.hint.startswith(_SUGGESTIONS)}
    return [
        complaint
        for complaint in found
        if complaint.path not in known
        # A misspelt key is one mistake, though pydantic misses the right one as well.
        and not any(
            complaint.lacks
            and parent == complaint.path
            and re.search(rf"['`]{re.escape(complaint.lacks)}\b", hint)
            for parent, hint in suggested
        )
    ]


def _located(detail: ErrorDetails, data: Any, shape: Shape) -> _Located:
    """Follow pydantic's location through data and types, telling keys from union branches."""
    steps: list[tuple[bool, str | int]] = []
    location, last = detail["loc"], len(detail["loc"]) - 1
    parent = shape
    for index, part in enumerate(location):
        if index == last and (detail["type"] == "missing" or part == "[key]"):
            break
        inner = _inside(data, part)
        if part in shape.tags or inner is _ABSENT:
            steps.append((True, part))
            shape = shape.narrowed(str(part))
        else:
            steps.append((False, part))
            data, parent, shape = inner, shape, shape.under(part)
    path = tuple(part for is_branch, part in steps if not is_branch)
    return _Located(tuple(steps), _complaint(detail, path, data, shape=shape, parent=parent))


_ABSENT: Final = object()


def _inside(data: Any, part: str | int) -> Any:
    if isinstance(data, dict):
        return data.get(part, _ABSENT)
    if isinstance(data, list) and isinstance(part, int) and 0 <= part < len(data):
        return data[part]
    return _ABSENT


def _complaint(
    detail: ErrorDetails,
    path: tuple[str | int, ...],
    value: Any,
    *,
    shape: Shape,
    parent: Shape,
) -> Complaint:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return unknown_key(path, parent)
    if kind == "missing":
        return _missing_key(path, str(detail["loc"][-1]), shape)
    if kind in ("literal_error", "enum"):
        return _unknown_word(path, value, shape, str(context.get("expected", "")))
    if kind in KINDS:
        return wrong_kind(path, KINDS[kind], value)
    return _broken_rule(detail, path, value)


def _broken_rule(detail: ErrorDetails, path: tuple[str | int, ...], value: Any) -> Complaint:
    """Return the complaint of a limit, or of a validator that has its own words."""
    is_key = detail["loc"][-1:] == ("[key]",)
    context = detail.get("ctx", {})
    got = _shown(path[-1] if is_key else value)
    if limit := _LIMITS.get(detail["type"]):
        limits = {key: str(value).strip("^$") for key, value in context.items()}
        expected = limit.format_map(limits)
        expected = expected.replace(" 1 entries", " 1 entry").replace(
            " 1 characters", " 1 character"
        )
        message = f"expected {expected}" + ("" if ", got " in expected else f", got {got}")
        return Complaint(path, message, key=is_key)
    message = _OWN_WORDS.sub("", detail["msg"])
    if message.startswith("Input should "):
        message = f"expected {message.removeprefix('Input should be ')}, got {got}"
    message, _, hint = message.partition(" ~ hint: ")
    named = context.get("key")
    if isinstance(named, str) and _inside(value, named) is not _ABSENT:
        return Complaint((*path, named), message, hint, key=True)
    return Complaint(path, message, hint, key=is_key or isinstance(value, dict))


def unknown_key(path: tuple[str | int, ...], parent: Shape) -> Complaint:
    """Return the complaint that there is no such key, with the nearest one."""
    key = str(path[-1])
    name, colon, value = key.partition(":")
    hint = did_you_mean(key, list(fields_of(parent.models)))
    if colon and name in fields_of(parent.models):
        hint = f"a space follows the colon: `{name}: {value}`"
    elif key.lower() in fields_of(parent.models):
        hint = f"did you mean {key.lower()!r}?"
    return Complaint(path, "unknown key", hint, key=True)


def _missing_key(path: tuple[str | int, ...], key: str, shape: Shape) -> Complaint:
    what = description_of(shape.models, key).rstrip(".")
    message = f"missing `{key}`" + (f": {what}" if what else "")
    return Complaint(path, message, key=True, lacks=key)


def _unknown_word(path: tuple[str | int, ...], value: Any, shape: Shape, listed: str) -> Complaint:
    words = [str(word) for word in shape.words] or re.findall("'([^']*)'", listed)
    expected = _either([f"`{word}`" for word in words])
    hint = did_you_mean(value, words) if isinstance(value, str) else ""
    if not hint.startswith("did you mean"):
        hint = ""
    return Complaint(path, f"expected {expected}, got {_shown(value)}", hint, expected=expected)


def wrong_kind(path: tuple[str | int, ...], expected: str, value: Any) -> Complaint:
    """Return the complaint that a value is not of the expected kind."""
    hint = ""
    if expected == "text" and isinstance(value, bool | int | Decimal):
        hint = f'quote it to make it text: "{_shown(value)}"'
    elif expected == "a list" and value is not None and not isinstance(value, dict):
        hint = "put it in brackets to make it a list of one"
    elif expected == "`true` or `false`" and str(value).lower() in _YES_AND_NO:
        hint = f"write `{_YES_AND_NO[str(value).lower()]}`"
    elif expected in ("a number", "a whole number") and isinstance(value, str):
        hint = "write it without quotes" if _looks_like_a_number(value) else ""
    message = f"expected {expected}, got {_shown(value)}"
    return Complaint(path, message, hint, expected=expected)


def _looks_like_a_number(text: str) -> bool:
    return re.fullmatch(r"-?[0-9]{1,40}(\.[0-9]{1,40})?", text) is not None


_YES_AND_NO: Final = {
    **dict.fromkeys(("yes", "y", "on", "1", "true", "t"), "true"),
    **dict.fromkeys(("no", "n", "off", "0", "false", "f"), "false"),
}


def _settled(errors: Iterable[_Located]) -> list[Complaint]:
    """Return the complaints, those from the branches of each union brought down to one story."""
    settled: list[Complaint] = []
    unions: dict[tuple[Any, ...], dict[str | int, list[_Located]]] = {}
    for located in errors:
        branch = next((i for i, (is_branch, _) in enumerate(located.steps) if is_branch), None)
        if branch is None:
            settled.append(located.complaint)
            continue
        before, (_, name), after = (
            located.steps[:branch],
            located.steps[branch],
            located.steps[branch + 1 :],
        )
        shorter = replace(located, steps=before + after)
        unions.setdefault(before, {}).setdefault(name, []).append(shorter)
    for before, branches in unions.items():
        path = tuple(part for _, part in before)
        settled += _one_story(path, [_settled(branch) for branch in branches.values()])
    return settled


def _one_story(path: tuple[str | int, ...], branches: list[list[Complaint]]) -> list[Complaint]:
    """Return the complaints of the branch that was meant, or one that names all of them."""
    foreign = [b[0] for b in branches if all(c.expected and c.path == path for c in b)]
    meant = [b for b in branches if not all(c.expected and c.path == path for c in b)]
    near = next((c for c in foreign if c.hint.startswith("did you mean")), None)
    if near is not None and all(c.path == path for branch in meant for c in branch):
        return [near]
    if not meant:
        expected = _either(list(dict.fromkeys(c.expected for c in foreign)))
        got = foreign[0].message.rpartition(", got ")[2]
        hint = next((c.hint for c in foreign if c.hint), "")
        message = f"expected {expected}, got {got}"
        return [Complaint(path, message, hint, expected=expected)]
    best = min(meant, key=len)
    if len(best) == 1 and best[0].path == path and foreign and not best[0].key:
        also = _either(list(dict.fromkeys(c.expected for c in foreign)))
        return [replace(best[0], message=f"{best[0].message} (or {also})")]
    return best


def _either(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def _shown(value: Any) -> str:
    """Return a value as people know it from the file."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return cut(repr(value) if isinstance(value, str) else str(value))
