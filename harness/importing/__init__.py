"""A system's file out of a vendor's description, or out of one recorded message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from harness.errors import BadInput, Problem, did_you_mean
from harness.importing.documents import Source, read_source, visible
from harness.importing.examples import fields_of_examples, only_part
from harness.importing.fields import Fields, Way, fields_of_schema, inner_node
from harness.importing.openapi import body_of, has_schema, named_schema, servers
from harness.importing.shapes import Node, Part
from harness.importing.writing import Content, origin, text_of
from harness.landscape import Kind
from harness.mapping import parse_path, read_all
from harness.plurals import counted
from harness.yamlfile.places import FORBIDDEN

__all__ = ["Imported", "Wanted", "import_example", "import_json_schema", "import_openapi"]

_SYSTEM: Final = re.compile(r"[a-z][a-z0-9_]{0,99}")
_MESSAGE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person says of the system and the message; what is None is left out.

    ``part`` names the schema of a file with several, or a path such as ``payload.Orders.*`` in
    what an operation or an example holds. ``operation`` is ``POST /orders``, an operationId or a
    webhook; ``answer`` takes what it answers, where it takes something as well.
    """

    system: str
    message: str
    kind: str | None = None
    owner: str | None = None
    key: str | None = None
    part: str | None = None
    operation: str | None = None
    answer: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """The text of a system's file, and what it could not know."""

    text: str
    notes: tuple[str, ...]


def import_openapi(file: Path, wanted: Wanted, *, root: Path) -> Imported:
    """Return the system's file of one message of an OpenAPI description, 2.0 or 3.x.

    Raises:
        BadInput: the file is none, or has no such operation or schema; names that fit are said.
    """
    _check(wanted)
    source = read_source(file)
    if not isinstance(source.data, Mapping) or not ({"openapi", "swagger"} & set(source.data)):
        hint = "for a JSON Schema write `golive import jsonschema`"
        raise source.refuse("is no OpenAPI description", hint)
    urls, notes = servers(source)
    if wanted.operation is None:
        node: Node = named_schema(source, wanted.part or wanted.message)
        way, at, call = Way.EITHER, "", None
    else:
        body = body_of(source, wanted.operation, answer=wanted.answer)
        at = wanted.part or ""
        node = inner_node(body.part, at, source) if at else body.part
        way, call = body.way, body.call
        notes += body.notes
    described = fields_of_schema(node, source, way=way)
    if described.elements:
        at = f"{at}.*" if at else "*"
    return _written(
        source, wanted, described.fields, root=root, notes=notes, urls=urls, call=call, at=at
    )


def import_json_schema(file: Path, wanted: Wanted, *, root: Path) -> Imported:
    """Return the system's file of a message that a JSON Schema describes.

    Raises:
        BadInput: the file is none, or has no such part.
    """
    _check(wanted)
    source = read_source(file)
    if not isinstance(source.data, Mapping):
        raise source.refuse("is no JSON Schema", "it begins with an object")
    if {"openapi", "swagger"} & set(source.data):
        hint = "write `golive import openapi`"
        raise source.refuse("is an OpenAPI description, no JSON Schema", hint)
    node: Node = Part(source.data) if wanted.part is None else _part_of(source, wanted.part)
    described = fields_of_schema(node, source)
    at = "*" if described.elements else ""
    return _written(source, wanted, described.fields, root=root, at=at)


def import_example(file: Path, wanted: Wanted, *, root: Path) -> Imported:
    """Return the system's file of a recorded message; none of its values is kept.

    Raises:
        BadInput: the file is no JSON or YAML object.
    """
    _check(wanted)
    source = read_source(file)
    data, at = only_part(source.data)
    found = [data]
    if wanted.part is not None:
        at = wanted.part
        try:
            found = [one.value for one in read_all(parse_path(at), source.data)]
        except ValueError as error:
            raise BadInput([Problem("--part", 0, 0, str(error))]) from error
    examples = [one for value in found for one in (value if isinstance(value, list) else [value])]
    if not all(isinstance(one, Mapping) and one for one in examples) or not examples:
        where = f"holds no object at {at!r}" if wanted.part is not None else "holds no object"
        raise source.refuse(where, "name the part that does with --part, as `orders.*`")
    if any(isinstance(value, list) for value in found):
        at = f"{at}.*" if at else "*"
    fields = fields_of_examples(examples)
    if not fields.specs:
        raise source.refuse("holds no names that can be written", fields.notes[0])
    return _written(source, wanted, fields, root=root, at=at, described=False)


def _part_of(source: Source, part: str) -> Node:
    """Return a named schema of a JSON Schema, or what its own fields hold at a path."""
    own = source.data.get("properties")
    if has_schema(source, part) or not isinstance(own, Mapping):
        return named_schema(source, part)
    if part.partition(".")[0] not in own:
        return named_schema(source, part)
    return inner_node(Part(source.data), part, source)


def _check(wanted: Wanted) -> None:
    """Raise for words that no file can hold."""
    wrong = list(_wrong_words(wanted))
    if wrong:
        raise BadInput(wrong)


def _wrong_words(wanted: Wanted) -> Iterable[Problem]:
    if not _SYSTEM.fullmatch(wanted.system):
        hint = "small letters, digits and `_`, a letter first"
        yield Problem("--system", 0, 0, f"{wanted.system!r} is no name of a system", hint)
    if not _MESSAGE.fullmatch(wanted.message):
        hint = "letters, digits, `_` and `-`, a letter first"
        yield Problem("--message", 0, 0, f"{wanted.message!r} is no name of a message", hint)
    if wanted.kind is not None and wanted.kind not in get_args(Kind):
        hint = did_you_mean(wanted.kind, get_args(Kind))
        yield Problem("--kind", 0, 0, f"there is no kind {wanted.kind!r}", hint)
    if wanted.owner is not None and (not wanted.owner or FORBIDDEN.search(wanted.owner)):
        hint = "a team of teams.yaml"
        yield Problem("--owner", 0, 0, f"{wanted.owner!r} is no name of a team", hint)


def _written(
    source: Source,
    wanted: Wanted,
    found: Fields,
    *,
    root: Path,
    at: str,
    notes: Sequence[str] = (),
    urls: Sequence[str] = (),
    call: Mapping[str, str] | None = None,
    described: bool = True,
) -> Imported:
    if wanted.key is not None and wanted.key not in found.specs:
        hint = did_you_mean(wanted.key, list(found.specs))
        raise source.refuse(f"has no field {wanted.key!r}", hint)
    said = [visible(note) for note in (*notes, *found.notes)]
    if source.twice:
        # Of a recorded message a name may be somebody's, so that it is counted and not shown.
        which = ", ".join(source.twice[:6]) if described else counted(len(source.twice), "name")
        said.append(visible(f"given twice in one object, so that the last one counts: {which}"))
    imported = origin(source, root) if described else None
    if described and imported is None:
        said.append("imported: the file is outside of the project, so nobody is told of a change")
    content = Content(
        system=wanted.system,
        message=wanted.message,
        kind=wanted.kind,
        owner=wanted.owner,
        urls=urls,
        key=wanted.key,
        call=call,
        at=at,
        fields=found.specs,
        imported=imported,
    )
    text = text_of(content, source, said)
    return Imported(text, tuple(said))
