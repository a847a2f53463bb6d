"""Fields of a message out of a JSON Schema, as far as the schema knows them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from harness.importing.documents import Source, among, visible
from harness.importing.shapes import Bound, Node, Part, Shape, Shapes
from harness.mapping import EVERY, Path, parse_condition, parse_path

MOST_FIELDS: Final = 2000
DEEPEST: Final = 12
_MOST_VALUES: Final = 500
_LONGEST_PATH: Final = 500
_LONGEST_PATTERN: Final = 200
_LONGEST_DESCRIPTION: Final = 120
_SHOWN_PATHS: Final = 6
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_TYPES: Final = {
    "string": "text",
    "integer": "integer",
    "number": "decimal",
    "boolean": "boolean",
    "array": "list",
}
_TEXTS: Final[Mapping[str | None, dict[str, Any]]] = {
    "date-time": {"type": "instant"},
    "date": {"type": "date"},
    "decimal": {"type": "decimal", "encoded_as": "text"},
    "password": {"type": "text", "sensitive": "secret"},
}

Spec = dict[str, Any]


class Way(StrEnum):
    """In which direction a schema is used; it decides who sets a field."""

    SENT = "sent"
    SHOWN = "shown"
    EITHER = "either"
    """An OpenAPI schema that requests and answers share."""
    UNSAID = "unsaid"
    """A JSON Schema, for which `readOnly` changes nothing about what is required."""


@dataclass
class Fields:
    """The fields of one message by path, and what could not be taken over."""

    specs: dict[str, Spec] = field(default_factory=dict)
    _notes: dict[str, dict[str, None]] = field(default_factory=dict)

    def note(self, path: str, said: str) -> None:
        """Note what could not be taken over; an empty path is the whole message."""
        self._notes.setdefault(visible(said), {})[visible(path)] = None

    @property
    def notes(self) -> list[str]:
        """Return what could not be taken over, paths of the same trouble together."""
        lines = []
        for said, paths in self._notes.items():
            named = [path or "the message" for path in paths]
            rest = len(named) - _SHOWN_PATHS
            more = f" and {rest} more" if rest > 0 else ""
            lines.append(f"{', '.join(named[:_SHOWN_PATHS])}{more}: {said}")
        return lines


@dataclass(frozen=True, slots=True)
class Described:
    """The fields that a schema describes; ``elements`` tells that it describes a list of them."""

    fields: Fields
    elements: bool


class _TooMany(Exception):
    """There are more fields than a file may have."""


def fields_of_schema(node: Node, source: Source, *, way: Way = Way.UNSAID) -> Described:
    """Return the fields that a JSON Schema describes, drafts 4 to 2020-12 and OpenAPI.

    Raises:
        BadInput: a reference leads nowhere or out of the file, or the schema describes no object.
    """
    shapes = Shapes(source)
    shape = shapes.of(node)
    elements = shape.kind == "array" and shape.items is not None
    if elements and shape.items is not None:
        shape = shapes.of(shape.items)
    found = Fields()
    if shape.kind == "object" and shape.properties:
        found = _walked(shapes, shape, way)
    shapes.settle()
    if not found.specs:
        place = node.place if isinstance(node, Part) else ()
        hint = "name the schema of an object, not of a single value"
        raise source.refuse("describes no fields here", hint, at=place)
    return Described(found, elements)


def inner_node(node: Node, path: str, source: Source) -> Node:
    """Return the schema at a path such as ``payload.Orders.*`` below a schema.

    Raises:
        BadInput: there is nothing at the path.
    """
    shapes = Shapes(source)
    try:
        parts = parse_path(path).parts
    except ValueError as error:
        raise source.refuse(str(error)) from error
    for part in parts:
        shape = shapes.of(node)
        inner = shape.items if part == EVERY else shape.properties.get(part)
        shapes.settle()
        if inner is None:
            place = node.place if isinstance(node, Part) else ()
            known = [*shape.properties, *([EVERY] if shape.items is not None else [])]
            hint = among(part, known)
            raise source.refuse(f"has no part {part!r} of {path!r}", hint, at=place)
        node = inner
    return node


def _walked(shapes: Shapes, shape: Shape, way: Way) -> Fields:
    """Return the fields of an object, to the depth at which they are not too many."""
    found = Fields()
    # From the top downwards, so that a schema without an end costs no more than it gives.
    for depth in range(1, DEEPEST + 1):
        deeper = Fields()
        walk = _Walk(shapes, deeper, way=way, depth=depth)
        try:
            walk.object(shape, (), _Base())
        except _TooMany:
            found = found if found.specs else deeper
            found.note("", f"has more than {MOST_FIELDS} fields; the others are left out")
            return found
        found = deeper
        if not walk.cut:
            return found
    return found


@dataclass(frozen=True, slots=True)
class _Base:
    """Whether the object around a field is there: always, where ``when`` is, or nobody can say."""

    when: str | None = None
    unsure: bool = False


class _Walk:
    """Goes through a schema and collects fields."""

    def __init__(self, shapes: Shapes, found: Fields, *, way: Way, depth: int) -> None:
        self._shapes = shapes
        self._found = found
        self._way = way
        self._depth = depth
        self.cut = False

    def object(self, shape: Shape, path: tuple[str, ...], base: _Base) -> bool:
        """Add the fields of an object; tell whether one of them must be there where it is."""
        for note in shape.notes:
            self._found.note(_shown(path), note)
        if shape.mapping and path:
            self._found.note(_shown(path), "may have more names than are described")
        must = set(shape.required)
        implied = False
        for name, inner in shape.properties.items():
            needed = self._field(inner, (*path, name), must=name in must, base=base)
            implied = implied or needed
        return implied

    def _field(self, node: Node, path: tuple[str, ...], *, must: bool, base: _Base) -> bool:
        if not _nameable(path):
            self._found.note(_shown(path[:-1]), "has a name that no path can hold")
            return False
        shown = _shown(path)
        if len(path) > self._depth:
            self.cut, outer = True, _shown(path[:-1])
            self._found.note(outer, "holds more, which is too deep and left out")
            self._found.specs.setdefault(outer, {"type": "any"})
            return False
        if len(self._found.specs) >= MOST_FIELDS:
            raise _TooMany
        shape = self._shapes.of(node)
        must = must and self._is_set(shape, shown)
        required = self._required(shown, base) if must else None
        if shape.kind == "object" and shape.properties:
            self._object_field(shape, path, required, base)
        else:
            self._value_field(shape, path, required)
        return required is not None

    def _object_field(
        self, shape: Shape, path: tuple[str, ...], required: Any, base: _Base
    ) -> None:
        shown, null = _shown(path), shape.may_be_null
        # Its own line comes first, and stays only where it says more than its fields do.
        self._found.specs[shown] = _spec("any", required, null=null, shape=shape)
        before = len(self._found.specs)
        inner = base if required is not None and not null else _inside(path)
        implied = self.object(shape, path, inner)
        empty = len(self._found.specs) == before
        if not empty and (required is None or (implied and not null)):
            del self._found.specs[shown]

    def _value_field(self, shape: Shape, path: tuple[str, ...], required: Any) -> None:
        shown = _shown(path)
        for note in shape.notes:
            self._found.note(shown, note)
        self._found.specs[shown] = self._value_spec(shape, shown, required)
        if shape.kind != "array" or shape.items is None:
            return
        within = (*path, EVERY)
        element = self._shapes.of(shape.items)
        if element.kind == "object" and element.properties:
            self.object(element, within, _Base(unsure=element.may_be_null))
        elif element.kind == "array" or element.kind in _TYPES:
            self._field(shape.items, within, must=False, base=_Base())

    def _value_spec(self, shape: Shape, shown: str, required: Any) -> Spec:
        kind = shape.kind
        extra: Spec = {}
        words = dict(_TEXTS.get(shape.format, {})) if kind == "string" else {}
        type_ = words.pop("type", _TYPES.get(kind, "any"))
        if type_ == "text":
            extra = {**self._text(shape, shown), **words}
        elif type_ in ("integer", "decimal"):
            extra = {**words, **self._number(shape, shown, whole=type_ == "integer")}
            if type_ == "decimal":
                extra.setdefault("encoded_as", "number")
        elif type_ == "list":
            extra = _said(most=shape.most, fewest=shape.fewest or None)
        elif type_ == "any" and kind != "object":
            self._found.note(shown, "the schema does not say one type")
        elif type_ == "any" and shape.mapping:
            self._found.note(shown, "is a mapping whose names are values; they have no words here")
        spec = _spec(type_, required, null=shape.may_be_null, shape=shape)
        description = spec.pop("description", None)
        return {**spec, **extra, **_said(description=description)}

    def _is_set(self, shape: Shape, shown: str) -> bool:
        """Tell whether `required` counts for the direction that the message travels in."""
        if self._way is Way.UNSAID or not (shape.read_only or shape.write_only):
            return True
        if self._way is Way.EITHER:
            said = "is required only " + ("in answers" if shape.read_only else "in requests")
            self._found.note(shown, said)
            return False
        return not (shape.read_only if self._way is Way.SENT else shape.write_only)

    def _required(self, shown: str, base: _Base) -> Any:
        if base.unsure:
            said = "is required wherever the part around it is there; that has no words here"
            self._found.note(shown, said)
            return None
        return "always" if base.when is None else {"when": {base.when: {"is": "present"}}}

    def _text(self, shape: Shape, shown: str) -> Spec:
        spec = _said(max=shape.longest, min=shape.shortest or None)
        spec |= self._enum(shape, shown)
        if shape.pattern is not None:
            whole = whole_pattern(shape.pattern)
            if whole is None:
                self._found.note(shown, "its pattern is none that can be used here")
            else:
                spec |= _said(pattern=whole or None)
        return spec

    def _number(self, shape: Shape, shown: str, *, whole: bool) -> Spec:
        for bound in (shape.lower, shape.upper):
            if bound is not None and bound[1] and not whole:
                self._found.note(shown, "its bound itself is excluded, which has no words here")
        spec = _said(
            at_least=_limit(shape.lower, 1, whole=whole),
            at_most=_limit(shape.upper, -1, whole=whole),
        )
        if shape.step is not None and shape.step > 0:
            exponent = shape.step.normalize().as_tuple().exponent
            places = max(0, -exponent) if isinstance(exponent, int) else 0
            if not whole:
                spec["decimals"] = places
            if shape.step != Decimal(1).scaleb(-places):
                self._found.note(shown, f"comes in steps of {shape.step}, which has no words here")
        return spec | (self._enum(shape, shown) if whole else {})

    def _enum(self, shape: Shape, shown: str) -> Spec:
        if shape.values is None:
            return {}
        listed = [value for value in shape.values if value is not None]
        kind = str if shape.kind == "string" else int
        fits = all(isinstance(value, kind) and not isinstance(value, bool) for value in listed)
        texts = [str(value) for value in listed]
        if not fits or not texts or len(texts) > _MOST_VALUES or _SURROGATE.search("".join(texts)):
            self._found.note(shown, "its listed values are none, too many, or of another type")
            return {}
        return {"enum": texts, **({"open_enum": True} if shape.open_values else {})}


def _spec(type_: str, required: Any, *, null: bool, shape: Shape) -> Spec:
    return _said(
        type=type_,
        required=required,
        nullable=null or None,
        read_only=shape.read_only or None,
        description=sentence(shape.description) or None,
    )


def _said(**words: Any) -> Spec:
    return {word: value for word, value in words.items() if value is not None}


def _shown(path: tuple[str, ...]) -> str:
    return str(Path(path)) if path else ""


def _nameable(path: tuple[str, ...]) -> bool:
    name, shown = path[-1], _shown(path)
    if (name == EVERY and len(path) == 1) or len(shown) > _LONGEST_PATH or _SURROGATE.search(name):
        return False
    try:
        return parse_path(shown).parts == path
    except ValueError:
        return False


def _inside(path: tuple[str, ...]) -> _Base:
    """Return what is known of the fields of an object that may be missing."""
    if EVERY in path:
        return _Base(unsure=True)  # a condition cannot speak of this row alone
    shown = _shown(path)
    try:
        parse_condition({shown: {"is": "present"}})
    except ValueError:
        return _Base(unsure=True)
    return _Base(when=shown)


def _limit(bound: Bound | None, inwards: int, *, whole: bool) -> int | Decimal | None:
    if bound is None:
        return None
    value, beyond = bound
    if value != value.to_integral_value():
        return value
    return int(value) + (inwards if beyond and whole else 0)


# -- patterns ------------------------------------------------------------------------------------


def whole_pattern(pattern: str) -> str | None:
    """Return a pattern that the whole text matches where a schema's finds a match in it.

    Empty where every text does; None where Python does not read the pattern.
    """
    if len(pattern) > _LONGEST_PATTERN or _SURROGATE.search(pattern) or not _compiles(pattern):
        return None
    if "|" in _outermost(pattern):
        whole = rf"[\s\S]*(?:{pattern})[\s\S]*"
    else:
        begins = pattern.startswith("^")
        ends = pattern.endswith("$") and not _is_escaped(pattern, len(pattern) - 1)
        inner = pattern[1 if begins else 0 : len(pattern) - 1 if ends else None]
        whole = ("" if begins else r"[\s\S]*") + inner + ("" if ends else r"[\s\S]*")
    if re.fullmatch(r"(\[\\s\\S\]\*|\.\*)*", whole) and whole != ".*":
        return "" if whole else None
    return whole if _compiles(whole) else None


def _compiles(pattern: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what Python doubts, it may read differently
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError, Warning):
        return False
    # A letter after a backslash that other languages take for itself, and Python does not.
    return re.search(r"(?<!\\)(?:\\\\)*\\[AZ]", pattern) is None


def _is_escaped(pattern: str, at: int) -> bool:
    before = pattern[:at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _outermost(pattern: str) -> str:
    """Return the characters that stand in no group, no class and behind no backslash."""
    return "".join(_outer(pattern))


def _outer(pattern: str) -> Iterator[str]:
    deep, in_class, escaped = 0, False, False
    for character in pattern:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif in_class:
            in_class = character != "]"
        elif character == "[":
            in_class = True
        elif character in "()":
            deep += 1 if character == "(" else -1
        elif deep == 0:
            yield character


# -- descriptions --------------------------------------------------------------------------------


def sentence(text: str | None) -> str:
    """Return the first sentence of a description, without marks."""
    if text is None:
        return ""
    plain = visible(re.sub(r"<[^<>]*>", " ", text[:4000]))
    plain = re.sub(r"\s+([.,;:!?])", r"\1", plain)
    first = re.split(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)\s", plain, maxsplit=1)[0]
    return first if len(first) <= _LONGEST_DESCRIPTION else first[: _LONGEST_DESCRIPTION - 1] + "…"
