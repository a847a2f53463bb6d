"""What the types of a model let stand at each place of a file."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache, reduce
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, PlainValidator, Tag, WrapValidator
from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Shape:
    """What a type lets stand at a place; unions are laid over each other.

    A mapping has the keys of ``models`` (``tags`` tells which model a union's tag names), or free
    keys with ``values``; a list has ``elements``, the first again and again where ``endless``;
    ``words`` are those of a Literal. ``open`` means that more may stand there than can be seen.
    """

    models: tuple[type[BaseModel], ...] = ()
    tags: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    values: Shape | None = None
    elements: tuple[Shape, ...] = ()
    endless: bool = False
    words: tuple[Any, ...] = ()
    scalars: frozenset[type] = frozenset()
    open: bool = False

    @property
    def names_keys(self) -> bool:
        """Tell whether keys here, or one level of free names below, belong to a model."""
        return bool(self.models) or (self.values is not None and self.values.names_keys)

    def under(self, part: str | int) -> Shape:
        """Return the shape of what stands under a key or an index."""
        if isinstance(part, int):
            if self.endless and self.elements:
                return self.elements[0]
            return self.elements[part] if part < len(self.elements) else ANYTHING
        if part in (fields := fields_of(self.models)):
            return fields[part]
        return self.values or ANYTHING

    def narrowed(self, tag: str) -> Shape:
        """Return the shape without the models that a tag rules out."""
        return replace(self, models=(self.tags[tag],), tags={}) if tag in self.tags else self

    def over(self, other: Shape) -> Shape:
        """Return the shape that lets either stand."""
        values = self.values.over(other.values) if self.values and other.values else None
        return Shape(
            models=self.models + other.models,
            tags={**self.tags, **other.tags},
            values=values or self.values or other.values,
            elements=self.elements or other.elements,
            endless=self.endless or other.endless,
            words=self.words + other.words,
            scalars=self.scalars | other.scalars,
            open=self.open or other.open,
        )


ANYTHING: Final = Shape(open=True)
_LISTS: Final = (list, tuple, set, frozenset, Sequence)
_REWRITES: Final = (BeforeValidator, PlainValidator, WrapValidator)


def shape_of(annotation: Any, metadata: Iterable[Any] = ()) -> Shape:
    """Return what an annotation lets stand."""
    notes = list(metadata)
    while get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        notes += more
    shape = _bare_shape(annotation)
    for note in notes:
        if isinstance(note, Tag) and len(shape.models) == 1:
            shape = replace(shape, tags={note.tag: shape.models[0]})
        if isinstance(note, _REWRITES):
            shape = replace(shape, open=True)
    return shape


def _bare_shape(annotation: Any) -> Shape:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Union or origin is types.UnionType:
        return reduce(Shape.over, map(shape_of, inner))
    if origin is Literal:
        return Shape(words=inner)
    if origin in (dict, Mapping):
        return Shape(values=shape_of(inner[1]))
    if origin is tuple and inner[-1] is not Ellipsis:
        return Shape(elements=tuple(map(shape_of, inner)))
    if origin in _LISTS:
        return Shape(elements=(shape_of(inner[0]),), endless=True)
    return _plain_shape(annotation)


def _plain_shape(annotation: Any) -> Shape:
    if isinstance(annotation, type):
        if issubclass(annotation, BaseModel):
            return Shape(models=(annotation,))
        if annotation in (bool, int, str, Decimal, types.NoneType):
            return Shape(scalars=frozenset({annotation}))
    return ANYTHING


@cache
def fields_of(models: tuple[type[BaseModel], ...]) -> dict[str, Shape]:
    """Return the shapes of the keys of these models, by the name that files use."""
    found: dict[str, Shape] = {}
    for model in models:
        for name, info in model.model_fields.items():
            key = _file_name(name, info)
            shape = shape_of(info.annotation, info.metadata)
            found[key] = found[key].over(shape) if key in found else shape
    return found


@cache
def aliases_of(models: tuple[type[BaseModel], ...]) -> dict[str, str]:
    """Return the fields that files know by another name than Python does, with that name."""
    return {
        name: _file_name(name, info)
        for model in models
        for name, info in model.model_fields.items()
        if name not in fields_of(models)
    }


def description_of(models: Iterable[type[BaseModel]], key: str) -> str:
    """Return what the models say of a key, or an empty text."""
    said = (
        info.description
        for model in models
        for name, info in model.model_fields.items()
        if key == _file_name(name, info)
    )
    return next(filter(None, said), "")


def _file_name(name: str, info: FieldInfo) -> str:
    return info.validation_alias if isinstance(info.validation_alias, str) else name
