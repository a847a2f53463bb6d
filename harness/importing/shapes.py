"""What a JSON Schema says of a value once its references and its parts are put together.

Where schemas are joined (`allOf`) what both say holds; where one of several may hold (`oneOf`,
`anyOf`) only what is true of every one of them is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final, Literal, TypeVar

from harness.errors import BadInput, Problem
from harness.importing.documents import Pointer, Source, names_of

_MOST_STEPS: Final = 50_000
_DEEPEST: Final = 60
_MOST_PROBLEMS: Final = 10
_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")
_UNREAD: Final = ("not", "if", "patternProperties", "dependentRequired", "dependentSchemas",
                  "dependencies", "propertyNames", "contains")  # fmt: skip
_BIGGEST: Final = 18  # digits before the point, or after it, of a bound that is taken over

Bound = tuple[Decimal, bool]
"""A bound, and whether the value itself is outside of it."""
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Part:
    """A schema as it stands in the file, and the references on the way to it."""

    schema: Any
    place: Pointer = ()
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mix:
    """Several schemas of one value: all of them hold, or any one of them does."""

    word: Literal["all", "any"]
    parts: tuple[Node, ...]


Node = Part | Mix


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """All that is known of a value; None is not said.

    ``kinds`` are JSON Schema's names of types without ``null``. ``notes`` is what the schema says
    and this does not hold.
    """

    kinds: tuple[str, ...] | None = None
    null: bool | None = None
    nullable: bool = False
    format: str | None = None
    pattern: str | None = None
    longest: int | None = None
    shortest: int | None = None
    most: int | None = None
    fewest: int | None = None
    lower: Bound | None = None
    upper: Bound | None = None
    step: Decimal | None = None
    values: tuple[Any, ...] | None = None
    open_values: bool = False
    properties: Mapping[str, Node] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    items: Node | None = None
    mapping: bool = False
    read_only: bool = False
    write_only: bool = False
    description: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """Return the only kind of value there is, or an empty text."""
        if self.kinds is not None:
            return self.kinds[0] if len(self.kinds) == 1 else ""
        if self.properties:
            return "object"
        if self.items is not None:
            return "array"
        real = [value for value in self.values or () if value is not None]
        return "string" if real and all(isinstance(value, str) for value in real) else ""

    @property
    def may_be_null(self) -> bool:
        """Return whether null may stand in place of a value."""
        if self.nullable or self.null:
            return True
        return self.kinds is None and self.null is None and None in (self.values or ())

    @property
    def only_null(self) -> bool:
        """Return whether nothing but null may stand there."""
        return self.kinds == () or (
            self.values is not None and all(value is None for value in self.values)
        )


_ANYTHING: Final = Shape()


class Shapes:
    """Puts the schemas of one file together, within bounds, and collects what is wrong."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._steps = 0
        self._problems: dict[tuple[str, str], Problem] = {}
        # The data of the file lives as long as this does, so that its identities stay.
        self._known: dict[tuple[int, tuple[str, ...]], Shape] = {}

    def of(self, node: Node, *, deep: int = 0) -> Shape:
        """Return the shape of a node.

        Raises:
            BadInput: the schemas refer to each other too often, or in too long a chain.
        """
        key = (id(node.schema), node.seen) if isinstance(node, Part) else None
        if key is not None and key in self._known:
            return self._known[key]
        shape = self._put_together(node, deep)
        if key is not None:
            self._known[key] = shape
        return shape

    def _put_together(self, node: Node, deep: int) -> Shape:
        self._steps += 1
        if self._steps > _MOST_STEPS or deep > _DEEPEST:
            what = f"{_DEEPEST} references in a row" if deep > _DEEPEST else "too many references"
            place = node.place if isinstance(node, Part) else ()
            raise self._source.refuse(
                f"is entangled: {what}", "import a smaller part with --part", at=place
            )
        if isinstance(node, Mix):
            return _JOIN[node.word]([self.of(part, deep=deep + 1) for part in node.parts])
        if not isinstance(node.schema, Mapping):
            said = () if node.schema is True else ("the schema is none, so nothing is known",)
            return Shape(notes=said)
        return self._of_schema(node, node.schema, deep)

    def settle(self) -> None:
        """Raise every reference that could not be followed."""
        if self._problems:
            raise BadInput(self._problems.values())

    def _of_schema(self, node: Part, schema: Mapping[str, Any], deep: int) -> Shape:
        shapes = [_own(schema, node)]
        shapes += [
            self._referred(schema[word], node, word, deep)
            for word in _REFERENCES
            if isinstance(schema.get(word), str)
        ]
        for word, join in _COMBINERS.items():
            parts = schema.get(word)
            if isinstance(parts, list) and parts:
                inner = [
                    self.of(Part(part, (*node.place, word, str(n)), node.seen), deep=deep + 1)
                    for n, part in enumerate(parts)
                ]
                shapes.append(join(inner))
        return shapes[0] if len(shapes) == 1 else _all(shapes)

    def _referred(self, reference: str, node: Part, word: str, deep: int) -> Shape:
        if reference in node.seen:
            return Shape(notes=(f"goes round in a circle ({reference}), so its fields end here",))
        try:
            schema, place = self._source.resolve(reference)
        except LookupError as error:
            message, hint = error.args
            if (message, hint) not in self._problems and len(self._problems) < _MOST_PROBLEMS:
                at = (*node.place, word)
                self._problems[message, hint] = self._source.problem(message, hint, at=at)
            return _ANYTHING
        return self.of(Part(schema, place, (*node.seen, reference)), deep=deep + 1)


# -- one schema ----------------------------------------------------------------------------------


def _own(schema: Mapping[str, Any], node: Part) -> Shape:
    """Return what a schema says by itself, without its references and parts."""
    kinds, null = _kinds(schema.get("type"))
    values, opened = _values(schema)
    lower = _bound(schema, "minimum", "exclusiveMinimum", stricter=max)
    upper = _bound(schema, "maximum", "exclusiveMaximum", stricter=min)
    properties = schema.get("properties")
    required = names_of(_list(schema.get("required")))
    found: dict[str, Node] = {}
    for name, inner in properties.items() if isinstance(properties, Mapping) else ():
        found[name] = Part(inner, (*node.place, "properties", name), node.seen)
        # Draft 3 and some files written by hand say it at the property itself.
        if isinstance(inner, Mapping) and inner.get("required") is True:
            required.append(name)
    items = schema.get("items")
    extra = schema.get("additionalProperties")
    return Shape(
        kinds=kinds,
        null=null,
        nullable=schema.get("nullable") is True or schema.get("x-nullable") is True,
        format=_text(schema.get("format")),
        pattern=_text(schema.get("pattern")),
        longest=_size(schema.get("maxLength")),
        shortest=_size(schema.get("minLength")),
        most=_size(schema.get("maxItems")),
        fewest=_size(schema.get("minItems")),
        lower=lower,
        upper=upper,
        step=number(schema.get("multipleOf")),
        values=values,
        open_values=opened,
        properties=found,
        required=tuple(dict.fromkeys(required)),
        items=Part(items, (*node.place, "items"), node.seen)
        if isinstance(items, (Mapping, bool)) and "prefixItems" not in schema
        else None,
        mapping=isinstance(extra, Mapping) or extra is True,
        read_only=schema.get("readOnly") is True,
        write_only=schema.get("writeOnly") is True,
        description=_text(schema.get("description")),
        notes=tuple(_unread(schema)),
    )


def _unread(schema: Mapping[str, Any]) -> Iterable[str]:
    words = [word for word in _UNREAD if word in schema]
    if words:
        yield "is not taken over: " + ", ".join(f"`{word}`" for word in words)
    if isinstance(schema.get("items"), list) or "prefixItems" in schema:
        yield "has elements that differ by their position, which are not taken over"


def _kinds(said: Any) -> tuple[tuple[str, ...] | None, bool | None]:
    words = names_of([said] if isinstance(said, str) else _list(said))
    if not words or "any" in words:
        return None, None
    # A whole number is a number, so that two kinds are one.
    real = [word for word in words if word != "null"]
    if {"integer", "number"} <= set(real):
        real.remove("integer")
    return tuple(dict.fromkeys(real)), "null" in words


def _values(schema: Mapping[str, Any]) -> tuple[tuple[Any, ...] | None, bool]:
    if "const" in schema:
        return (schema["const"],), False
    for word, opened in (("enum", False), ("x-extensible-enum", True)):
        if isinstance(schema.get(word), list):
            return tuple(schema[word]), opened
    return None, False


def _bound(
    schema: Mapping[str, Any],
    word: str,
    beyond: str,
    *,
    stricter: Callable[[Decimal, Decimal], Decimal],
) -> Bound | None:
    with_it, without_it = number(schema.get(word)), number(schema.get(beyond))
    if with_it is None:
        return None if without_it is None else (without_it, True)
    if without_it is None:
        return with_it, schema.get(beyond) is True  # draft 4 says yes or no
    if with_it == without_it:
        return with_it, True
    return stricter(with_it, without_it), stricter(with_it, without_it) == without_it


def number(value: Any) -> Decimal | None:
    """Return a number of a size that people use, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    if isinstance(value, int):
        return Decimal(value) if abs(value) < 10**_BIGGEST else None
    fits = value.is_finite() and abs(value.adjusted()) < _BIGGEST and len(str(value)) <= 40
    return value if fits else None


def _size(value: Any) -> int | None:
    size = number(value)
    return (
        int(size) if size is not None and size >= 0 and size == size.to_integral_value() else None
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


# -- several schemas -----------------------------------------------------------------------------


def _all(shapes: Sequence[Shape]) -> Shape:
    """Return what holds where all of some shapes do; for words the first one counts."""
    said = [shape.kinds for shape in shapes if shape.kinds is not None]
    kinds, notes = _common_kinds(said), [note for shape in shapes for note in shape.notes]
    if said and not kinds and all(said):
        kinds = None
        notes.append("its parts want different types")
    patterns = _unique(shape.pattern for shape in shapes)
    if len(patterns) > 1:
        notes.append(f"has {len(patterns)} patterns, of which the first is kept")
    nulls = [shape.null for shape in shapes if shape.null is not None]
    return Shape(
        kinds=kinds,
        null=all(nulls) if nulls else None,
        # Vendors write it beside a reference, and mean it.
        nullable=any(shape.nullable for shape in shapes),
        format=_first(shape.format for shape in shapes),
        pattern=_first(patterns),
        longest=_picked(min, (shape.longest for shape in shapes)),
        shortest=_picked(max, (shape.shortest for shape in shapes)),
        most=_picked(min, (shape.most for shape in shapes)),
        fewest=_picked(max, (shape.fewest for shape in shapes)),
        lower=_picked(max, (shape.lower for shape in shapes)),
        upper=_picked(min, (_upside(shape.upper) for shape in shapes), back=_upside),
        step=_first(shape.step for shape in shapes),
        values=_common_values([shape.values for shape in shapes if shape.values is not None]),
        open_values=all(shape.open_values for shape in shapes if shape.values is not None),
        properties=_gathered("all", shapes),
        required=tuple(_unique(name for shape in shapes for name in shape.required)),
        items=_mixed("all", [shape.items for shape in shapes if shape.items is not None]),
        mapping=any(shape.mapping for shape in shapes),
        read_only=any(shape.read_only for shape in shapes),
        write_only=any(shape.write_only for shape in shapes),
        description=_first(shape.description for shape in shapes),
        notes=tuple(_unique(notes)),
    )


def _any(shapes: Sequence[Shape]) -> Shape:
    """Return what holds whichever of some shapes does; a bound is kept where each has one."""
    real = [shape for shape in shapes if not shape.only_null]
    null = len(real) < len(shapes)
    if len(real) < 2:
        only = real[0] if real else Shape(kinds=())
        return _all([Shape(nullable=null), only])
    notes = [note for shape in real for note in shape.notes]
    if any(replace(shape, notes=(), description=None) == _ANYTHING for shape in real):
        notes.append(f"has one of {len(real)} forms, of which one may be anything")
        return Shape(notes=tuple(_unique(notes)))
    values = _every(shape.values for shape in real)
    if values is None and len({_told(shape) for shape in real}) > 1:
        notes.append(f"has one of {len(real)} forms; what holds for all of them is kept")
    kinds = _every(shape.kinds or ((shape.kind,) if shape.kind else None) for shape in real)
    every = _unique(kind for one in kinds for kind in one) if kinds is not None else None
    if every is not None and "number" in every and "integer" in every:
        every.remove("integer")
    must = [set(shape.required) for shape in real]
    return Shape(
        kinds=None if every is None else tuple(every),
        null=None if every is None else any(shape.null for shape in real),
        nullable=null or any(shape.may_be_null for shape in real),
        format=_same(shape.format for shape in real),
        pattern=_same(shape.pattern for shape in real),
        longest=_weakest(max, (shape.longest for shape in real)),
        shortest=_weakest(min, (shape.shortest for shape in real)),
        most=_weakest(max, (shape.most for shape in real)),
        fewest=_weakest(min, (shape.fewest for shape in real)),
        lower=_weakest(min, (shape.lower for shape in real)),
        upper=_weakest(max, (_upside(shape.upper) for shape in real), back=_upside),
        step=_same(shape.step for shape in real),
        values=None if values is None else _without_doubles(v for one in values for v in one),
        open_values=any(shape.open_values for shape in real),
        properties=_gathered("any", real),
        required=tuple(name for name in real[0].required if all(name in one for one in must)),
        items=_mixed("any", _every(shape.items for shape in real) or []),
        mapping=any(shape.mapping for shape in real),
        read_only=all(shape.read_only for shape in real),
        write_only=all(shape.write_only for shape in real),
        description=_same(shape.description for shape in real),
        notes=tuple(_unique(notes)),
    )


def _told(shape: Shape) -> tuple[Any, ...]:
    """Return what a note is due for when forms differ in it."""
    return (shape.kinds, shape.format, shape.pattern, shape.longest, shape.shortest, shape.most,
            shape.fewest, shape.lower, shape.upper, shape.step, shape.values is None,
            tuple(shape.properties), shape.required)  # fmt: skip


_JOIN: Final[Mapping[str, Callable[[Sequence[Shape]], Shape]]] = {"all": _all, "any": _any}
_COMBINERS: Final = {"allOf": _all, "oneOf": _any, "anyOf": _any}


def _gathered(word: Literal["all", "any"], shapes: Sequence[Shape]) -> dict[str, Node]:
    nodes: dict[str, list[Node]] = {}
    for shape in shapes:
        for name, node in shape.properties.items():
            nodes.setdefault(name, []).append(node)
    return {name: mixed for name, found in nodes.items() if (mixed := _mixed(word, found))}


def _mixed(word: Literal["all", "any"], nodes: Sequence[Node]) -> Node | None:
    # Forms often share a part; once is enough.
    different: dict[Any, Node] = {}
    for node in nodes:
        different.setdefault(id(node.schema) if isinstance(node, Part) else id(node), node)
    if len(different) < 2:
        return next(iter(different.values()), None)
    return Mix(word, tuple(different.values()))


def _common_kinds(said: Sequence[tuple[str, ...]]) -> tuple[str, ...] | None:
    if not said:
        return None
    kinds = said[0]
    for other in said[1:]:
        wide = {*other, *(("integer",) if "number" in other else ())}
        narrowed = [kind for kind in kinds if kind in wide]
        if "number" in kinds and "integer" in other:
            narrowed.append("integer")
        kinds = tuple(narrowed)
    return kinds


def _common_values(said: Sequence[tuple[Any, ...]]) -> tuple[Any, ...] | None:
    if not said:
        return None
    values = said[0]
    for other in said[1:]:
        known = {_identity(value) for value in other}
        values = tuple(value for value in values if _identity(value) in known)
    return values


def _without_doubles(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple({_identity(value): value for value in values}.values())


def _identity(value: Any) -> tuple[str, Any]:
    """Return what tells values of JSON apart: `1` is not `true`."""
    return type(value).__name__, id(value) if isinstance(value, (dict, list)) else value


def _upside(bound: Bound | None) -> Any:
    # Below 5 is stricter than up to 5, so the sign of the flag turns where limits compare.
    return None if bound is None else (bound[0], not bound[1])


def _picked(
    pick: Callable[[list[V]], V], said: Iterable[V | None], *, back: Callable[[V], V] | None = None
) -> V | None:
    real = [value for value in said if value is not None]
    if not real:
        return None
    return pick(real) if back is None else back(pick(real))


def _weakest(
    pick: Callable[[list[V]], V], said: Iterable[V | None], *, back: Callable[[V], V] | None = None
) -> V | None:
    real = _every(said)
    return None if real is None else _picked(pick, real, back=back)


def _every(said: Iterable[V | None]) -> list[V] | None:
    """Return all values, or None where one of them is not said."""
    listed = list(said)
    real = [value for value in listed if value is not None]
    return real if len(real) == len(listed) else None


def _same(said: Iterable[V | None]) -> V | None:
    real = _every(said)
    return real[0] if real and all(value == real[0] for value in real) else None


def _first(said: Iterable[V | None]) -> V | None:
    return next((value for value in said if value is not None), None)


def _unique(said: Iterable[V | None]) -> list[V]:
    return list(dict.fromkeys(value for value in said if value is not None))
