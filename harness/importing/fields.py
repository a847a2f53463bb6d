"""Fields of a message out of a JSON Schema, as far as the schema knows them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from harness.importing.documents import Source
from harness.mapping import EVERY, Path

MOST_FIELDS: Final = 2000
_DEEPEST: Final = 12
_TYPES: Final = {
    "string": "text",
    "integer": "integer",
    "number": "decimal",
    "boolean": "boolean",
    "array": "list",
}
_FORMATS: Final = {"date-time": "instant", "date": "date"}
_LONGEST_DESCRIPTION: Final = 120

Spec = dict[str, Any]


@dataclass
class Fields:
    """The fields of one message by path, and what could not be taken over."""

    specs: dict[str, Spec] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def note(self, path: str, said: str) -> None:
        """Note once what could not be taken over."""
        line = f"{path or 'the message'}: {said}"
        if line not in self.notes:
            self.notes.append(line)


def fields_of_schema(schema: Any, source: Source) -> Fields:
    """Return the fields that a JSON Schema describes, drafts 4 to 2020-12 and OpenAPI.

    Raises:
        BadInput: a reference leads nowhere or out of the file, or the schema is none.
    """
    found = Fields()
    _Walk(source, found).object(schema, (), required=True, seen=())
    if not found.specs:
        raise source.refuse(
            "describes no fields here", "name the schema of an object, not of a single value"
        )
    return found


class _Walk:
    """Goes through a schema and collects fields."""

    def __init__(self, source: Source, found: Fields) -> None:
        self._source = source
        self._found = found

    def object(
        self, schema: Any, path: tuple[str, ...], *, required: bool, seen: tuple[str, ...]
    ) -> None:
        whole, seen = self._whole(schema, path, seen)
        must = whole.get("required")
        names = set(must) if isinstance(must, list) else set()
        properties = whole.get("properties")
        for name, inner in properties.items() if isinstance(properties, Mapping) else ():
            always = required and (name in names or _says_required(inner))
            self._field(inner, (*path, str(name)), required=always, seen=seen)

    def _field(
        self, schema: Any, path: tuple[str, ...], *, required: bool, seen: tuple[str, ...]
    ) -> None:
        shown = str(Path(path))
        if len(self._found.specs) >= MOST_FIELDS or len(path) > _DEEPEST:
            self._found.note("", f"more than {MOST_FIELDS} fields, or deeper than {_DEEPEST}")
            return
        whole, inside = self._whole(schema, path, seen)
        kind = _kind(whole)
        if kind == "object" and whole.get("properties"):
            self.object(whole, path, required=required, seen=inside)
            return
        self._found.specs[shown] = self._spec(whole, kind, shown, required=required)
        if kind == "array" and whole.get("items") is not None:
            element, inside = self._whole(whole["items"], (*path, EVERY), inside)
            if _kind(element) == "object":
                self.object(element, (*path, EVERY), required=required, seen=inside)

    def _spec(self, whole: Mapping[str, Any], kind: str, path: str, *, required: bool) -> Spec:
        spec: Spec = {"type": _FORMATS.get(str(whole.get("format")), _TYPES.get(kind, "any"))}
        if kind != "string" and spec["type"] in ("instant", "date"):
            spec["type"] = _TYPES.get(kind, "any")
        if required:
            spec["required"] = "always"
        if _nullable(whole):
            spec["nullable"] = True
        if spec["type"] == "text":
            spec |= _text(whole)
        elif spec["type"] in ("integer", "decimal"):
            spec |= _number(whole)
            if spec["type"] == "decimal":
                spec["encoded_as"] = "number"
        elif spec["type"] == "list":
            spec |= _sized(whole, {"maxItems": "most", "minItems": "fewest"})
        elif spec["type"] == "any" and kind != "object":
            self._found.note(path, "the schema does not say one type")
        if whole.get("readOnly") is True:
            spec["read_only"] = True
        description = _sentence(whole.get("description"))
        if description:
            spec["description"] = description
        return spec

    def _whole(
        self, schema: Any, path: tuple[str, ...], seen: tuple[str, ...]
    ) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return a schema with its references and its parts put together."""
        if not isinstance(schema, Mapping):
            if schema not in (True, None):
                self._found.note(str(Path(path)) if path else "", "is no schema")
            return {}, seen
        whole = dict(schema)
        reference = whole.pop("$ref", None)
        if isinstance(reference, str):
            if reference in seen:
                self._found.note(
                    str(Path(path)) if path else "", f"goes round in a circle ({reference})"
                )
                return whole, seen
            seen = (*seen, reference)
            inner, seen = self._whole(self._source.resolve(reference), path, seen)
            whole = _together(inner, whole)
        for word in ("allOf", "oneOf", "anyOf"):
            parts = whole.pop(word, None)
            if isinstance(parts, list) and parts:
                whole, seen = self._combined(word, parts, whole, path, seen)
        return whole, seen

    def _combined(
        self,
        word: str,
        parts: list[Any],
        whole: dict[str, Any],
        path: tuple[str, ...],
        seen: tuple[str, ...],
    ) -> tuple[dict[str, Any], tuple[str, ...]]:
        read = [self._whole(part, path, seen)[0] for part in parts]
        if word == "allOf":
            for part in read:
                whole = _together(part, whole)
            return whole, seen
        real = [part for part in read if _kind(part) != "null"]
        null = len(real) < len(read)
        if len(real) == 1:
            whole = _together(real[0], whole)
        elif real:
            self._found.note(
                str(Path(path)) if path else "",
                f"one of {len(real)} forms; what they share is kept",
            )
            for part in real:
                shared = dict(part)
                shared.pop("required", None)
                whole = _together(shared, whole)
            if len({_kind(part) for part in real}) > 1:
                whole.pop("type", None)
        if null:
            whole["nullable"] = True
        return whole, seen


def _together(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return two schemas as one; what stands above wins, properties and required are joined."""
    whole = {**below, **above}
    for key in ("properties",):
        if isinstance(below.get(key), Mapping) and isinstance(above.get(key), Mapping):
            whole[key] = {**below[key], **above[key]}
    left, right = below.get("required"), above.get("required")
    if isinstance(left, list) and isinstance(right, list):
        whole["required"] = [*left, *(name for name in right if name not in left)]
    return whole


def _kind(schema: Mapping[str, Any]) -> str:
    said = schema.get("type")
    if isinstance(said, list):
        real = [one for one in said if one != "null"]
        return str(real[0]) if len(real) == 1 else "null" if not real else ""
    if isinstance(said, str):
        return said
    if "properties" in schema:
        return "object"
    if "items" in schema:
        return "array"
    values = [*(schema.get("enum") or ()), *([schema["const"]] if "const" in schema else [])]
    return "string" if values and all(isinstance(value, str) for value in values) else ""


def _nullable(schema: Mapping[str, Any]) -> bool:
    said = schema.get("type")
    listed = isinstance(said, list) and "null" in said
    return listed or schema.get("nullable") is True or schema.get("x-nullable") is True


def _says_required(schema: Any) -> bool:
    # Draft 3 and some hand-written files say it at the property itself.
    return isinstance(schema, Mapping) and schema.get("required") is True


def _text(schema: Mapping[str, Any]) -> Spec:
    spec = _sized(schema, {"maxLength": "max", "minLength": "min"})
    values = schema.get("enum")
    if "const" in schema:
        values = [schema["const"]]
    if isinstance(values, list):
        words = [value for value in values if isinstance(value, str)]
        if words:
            spec["enum"] = words
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and len(pattern) <= 200 and _compiles(pattern):
        spec["pattern"] = pattern
    return spec


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _number(schema: Mapping[str, Any]) -> Spec:
    spec: Spec = {}
    for theirs, ours in (("minimum", "at_least"), ("maximum", "at_most")):
        value = schema.get(theirs)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            spec[ours] = int(value) if float(value).is_integer() else str(value)
    step = str(schema.get("multipleOf", ""))
    if re.fullmatch(r"0\.0*1", step):
        spec["decimals"] = len(step) - 2
    return spec


def _sized(schema: Mapping[str, Any], words: Mapping[str, str]) -> Spec:
    return {
        ours: schema[theirs]
        for theirs, ours in words.items()
        if isinstance(schema.get(theirs), int) and not isinstance(schema[theirs], bool)
        if schema[theirs] > 0
    }


def _sentence(text: Any) -> str:
    if not isinstance(text, str):
        return ""
    plain = " ".join(re.sub(r"<[^>]*>", " ", text).split())
    plain = re.sub(r"\s+([.,;:!?])", r"\1", plain)
    first = re.split(r"(?<=[.!?])\s", plain, maxsplit=1)[0]
    return first if len(first) <= _LONGEST_DESCRIPTION else first[: _LONGEST_DESCRIPTION - 1] + "…"


def fields_of_examples(values: Sequence[Any]) -> Fields:
    """Return the fields of recorded messages: their types, and nothing that they cannot know."""
    found = Fields()
    for path, inner in (pair for value in values for pair in _walk_example(value, ())):
        known = found.specs.get(path)
        spec = _spec_of_example(inner)
        if known is not None and "type" in known and known != spec and spec:
            if "type" not in spec or known["type"] != spec["type"]:
                spec = {"type": "any", **({"nullable": True} if _null_in(known, spec) else {})}
            else:
                spec = {**known, **spec}
        found.specs[path] = spec or {"type": "any"}
    found.note("", "what was recorded says nothing of lengths, of what is always there, of units, "
                   "currencies and zones, or of what is personal")  # fmt: skip
    return found


def _null_in(*specs: Spec) -> bool:
    return any(spec.get("nullable") for spec in specs)


def _walk_example(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    if len(path) > _DEEPEST:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _walk_example(inner, (*path, str(name)))
        if not value and path:
            yield str(Path(path)), value
        return
    if isinstance(value, list):
        if path:
            yield str(Path(path)), value
        for element in value:
            if isinstance(element, (Mapping, list)):
                yield from _walk_example(element, (*path, EVERY))
        return
    if path:
        yield str(Path(path)), value


_FORMS: Final = (
    (
        re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)"),
        {"type": "instant"},
    ),
    (re.compile(r"\d{4}-\d\d-\d\d"), {"type": "date"}),
    (re.compile(r"-?\d+\.\d+"), {"type": "decimal", "encoded_as": "text"}),
)
_PLAIN: Final[tuple[tuple[type, Spec], ...]] = (
    (bool, {"type": "boolean"}),
    (int, {"type": "integer"}),
    (float, {"type": "decimal", "encoded_as": "number"}),
    (list, {"type": "list"}),
    (type(None), {"type": "any", "nullable": True}),
)


def _spec_of_example(value: Any) -> Spec:
    if isinstance(value, str):
        fits = (spec for form, spec in _FORMS if form.fullmatch(value))
        return dict(next(fits, {"type": "text"}))
    kinds = (spec for kind, spec in _PLAIN if isinstance(value, kind))
    return dict(next(kinds, {"type": "any"}))
