"""A model as its leaves: each value that people wrote, by its path in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.declaration import Declaration

Place = tuple[str, ...]


def leaves(model: Declaration) -> dict[Place, Any]:
    """Return every value of a model by its path, defaults included, in the order of the model.

    A list of plain values is one leaf; a list of mappings is taken apart by position.
    """
    return dict(_leaves(model.model_dump(mode="json", by_alias=True), ()))


def _leaves(value: Any, path: Place) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, str(key)))
    elif isinstance(value, Sequence) and value and all(isinstance(v, Mapping) for v in value):
        for number, inner in enumerate(value):
            yield from _leaves(inner, (*path, str(number)))
    elif value is not None and value not in ([], ""):
        yield path, value
