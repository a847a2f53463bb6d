"""Data from a document into a model, stricter than pydantic, with problems at their places."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from harness.errors import BadInput, Problem
from harness.yamlfile.complaints import KINDS, Complaint, complaints_in, wrong_kind
from harness.yamlfile.places import Place
from harness.yamlfile.shapes import ANYTHING, Shape, aliases_of, fields_of, shape_of

M = TypeVar("M", bound=BaseModel)


class Placed(Protocol):
    """Data that knows where each of its pieces stands, as a Document does."""

    def problem(self, path: Place, message: str, hint: str = "", *, key: bool = False) -> Problem:
        """Return a problem at the value at a path, or at its key."""


def validate(model: type[M], document: Placed, data: Any, *, at: Place = ()) -> M:
    """Return the model that data from a document describes.

    ``at`` is where the data stands in the document; a path the document lacks is reported at its
    nearest parent. Keys that begin with ``x-`` are notes and are left out wherever the model names
    the keys; where it leaves them open, as in a payload, they are data. Text is never taken for a
    number or a yes, and a key is known by its alias alone.

    Raises:
        BadInput: one problem for each thing that is wrong, at its place.
    """
    shape = shape_of(model)
    complaints: list[Complaint] = []
    kept = _prepare(data, shape, (), complaints)
    try:
        found = model.model_validate(kept)
    except ValidationError as error:
        complaints += complaints_in(error, kept, shape, known={c.path for c in complaints})
    else:
        if not complaints:
            return found
    raise BadInput(_problem(complaint, document, tuple(at)) for complaint in complaints)


def _prepare(
    data: Any, shape: Shape, path: tuple[str | int, ...], complaints: list[Complaint]
) -> Any:
    """Return data without notes, complaining of what pydantic would let pass."""
    if shape is ANYTHING:
        return data
    if isinstance(data, dict):
        known, aliases = fields_of(shape.models), aliases_of(shape.models)
        kept = {}
        for key, value in data.items():
            if shape.names_keys and key.startswith("x-") and key not in known:
                continue
            # Python code may use a field's own name; in a file there is one word for one thing.
            if key in aliases:
                hint = f"write `{aliases[key]}`"
                complaints.append(Complaint((*path, key), "unknown key", hint, key=True))
                key = aliases[key]  # noqa: PLW2901 - so that one mistake is one complaint
            kept[key] = _prepare(value, shape.under(key), (*path, key), complaints)
        return kept
    if isinstance(data, list):
        return [
            _prepare(value, shape.under(index), (*path, index), complaints)
            for index, value in enumerate(data)
        ]
    expected = _lenient(data, shape)
    if expected:
        complaints.append(wrong_kind(path, expected, data))
    return data


def _lenient(value: Any, shape: Shape) -> str:
    """Return what was expected where pydantic would turn a value of another kind into it."""
    scalars = shape.scalars
    if shape.open or type(value) in scalars or value in shape.words:
        return ""
    if isinstance(value, bool | str) and int in scalars:
        return "" if isinstance(value, str) and scalars & {str, Decimal} else KINDS["int_type"]
    if isinstance(value, int | str | Decimal) and bool in scalars:
        return "" if scalars & {int, str, Decimal} else KINDS["bool_type"]
    return ""


def _problem(complaint: Complaint, document: Placed, at: tuple[str | int, ...]) -> Problem:
    path = (*at, *complaint.path)
    where = ".".join(str(part) for part in path)
    message = f"{where}: {complaint.message}" if where else complaint.message
    return document.problem(path, message, complaint.hint, key=complaint.key)
