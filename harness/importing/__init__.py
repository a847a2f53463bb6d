"""A system's file out of a vendor's description, or out of one recorded message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.errors import did_you_mean
from harness.fieldtable.yamltext import flow, flow_key
from harness.importing.documents import Source, read_source
from harness.importing.fields import Fields, fields_of_examples, fields_of_schema
from harness.yamlfile.places import FORBIDDEN

__all__ = ["Imported", "Wanted", "import_example", "import_json_schema", "import_openapi"]

_METHODS: Final = ("get", "put", "post", "delete", "patch")
_SCHEMA_MODELINE: Final = "# yaml-language-server: $schema=../../docs/schema/systems.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person says of the system and the message; what is None is left out.

    ``part`` names the schema of a file with several. ``operation`` is ``POST /orders`` or an
    operationId.
    """

    system: str
    message: str
    kind: str | None = None
    owner: str | None = None
    key: str | None = None
    part: str | None = None
    operation: str | None = None


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
    source = read_source(file)
    if not isinstance(source.data, Mapping) or not ({"openapi", "swagger"} & set(source.data)):
        raise source.refuse(
            "is no OpenAPI description", "for a JSON Schema write `golive import jsonschema`"
        )
    way: dict[str, str] | None = None
    if wanted.operation is not None:
        schema, way = _of_operation(source, wanted.operation)
    else:
        schema = _named_schema(source, wanted.part or wanted.message)
    found = fields_of_schema(schema, source)
    return _written(source, wanted, found, way=way, urls=_servers(source), root=root)


def import_json_schema(file: Path, wanted: Wanted, *, root: Path) -> Imported:
    """Return the system's file of a message that a JSON Schema describes.

    Raises:
        BadInput: the file is none, or has no such part.
    """
    source = read_source(file)
    if not isinstance(source.data, Mapping):
        raise source.refuse("is no JSON Schema", "it begins with an object")
    schema = source.data if wanted.part is None else _named_schema(source, wanted.part)
    return _written(source, wanted, fields_of_schema(schema, source), root=root)


def import_example(file: Path, wanted: Wanted, *, root: Path) -> Imported:
    """Return the system's file of a recorded message; none of its values is kept.

    Raises:
        BadInput: the file is no JSON or YAML object.
    """
    source = read_source(file)
    data = source.data
    if wanted.part is not None:
        data = source.resolve(f"#/{wanted.part.replace('.', '/')}")
    elif isinstance(data, Mapping) and len(data) == 1:
        only = next(iter(data.values()))
        data = only if isinstance(only, (Mapping, list)) else data  # wrapped in its name
    examples = data if isinstance(data, list) else [data]
    if not examples or not all(isinstance(one, Mapping) for one in examples):
        raise source.refuse("holds no object", "name the part that does with --part")
    return _written(source, wanted, fields_of_examples(examples), root=root, described=False)


# -- OpenAPI -------------------------------------------------------------------------------------


def _named_schema(source: Source, name: str) -> Any:
    known = _schemas(source)
    if name in known:
        return known[name]
    hint = did_you_mean(name, list(known)) or "an operation can be named as well: --operation"
    raise source.refuse(f"has no schema {name!r}", hint)


def _schemas(source: Source) -> dict[str, Any]:
    found: dict[str, Any] = {}
    places = [("components", "schemas"), ("definitions",), ("$defs",)]
    for place in places:
        here: Any = source.data
        for part in place:
            here = here.get(part) if isinstance(here, Mapping) else None
        if isinstance(here, Mapping):
            found |= {str(name): schema for name, schema in here.items()}
    return found


def _operations(source: Source) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    paths = source.data.get("paths")
    for path, item in paths.items() if isinstance(paths, Mapping) else ():
        if not isinstance(item, Mapping):
            continue
        for method in _METHODS:
            operation = item.get(method)
            if isinstance(operation, Mapping):
                yield f"{method.upper()} {path}", str(operation.get("operationId", "")), operation


def _of_operation(source: Source, name: str) -> tuple[Any, dict[str, str]]:
    known: list[str] = []
    for line, identity, operation in _operations(source):
        known += [line, identity] if identity else [line]
        if name not in (line, identity):
            continue
        method, _, path = line.partition(" ")
        call = f"{method} {_with_colons(path)}"
        body = _request_schema(operation, source)
        if body is not None:
            return body, {"request": call}
        answer = _response_schema(operation, source)
        if answer is not None:
            return answer, {"response": call}
        raise source.refuse(f"says neither what {line} takes nor what it answers")
    raise source.refuse(f"has no operation {name!r}", did_you_mean(name, known))


def _with_colons(path: str) -> str:
    return path.replace("{", ":").replace("}", "")


def _request_schema(operation: Mapping[str, Any], source: Source) -> Any:
    body = _followed(operation.get("requestBody"), source)
    if isinstance(body, Mapping):
        return _json_content(body.get("content"))
    for one in operation.get("parameters") or ():
        parameter = _followed(one, source)
        if isinstance(parameter, Mapping) and parameter.get("in") == "body":
            return parameter.get("schema")
    return None


def _response_schema(operation: Mapping[str, Any], source: Source) -> Any:
    responses = operation.get("responses")
    for status, one in responses.items() if isinstance(responses, Mapping) else ():
        if not str(status).startswith("2"):
            continue
        answer = _followed(one, source)
        if not isinstance(answer, Mapping):
            continue
        found = _json_content(answer.get("content")) or answer.get("schema")
        if found is not None:
            return found
    return None


def _followed(value: Any, source: Source) -> Any:
    if isinstance(value, Mapping) and isinstance(value.get("$ref"), str):
        return source.resolve(value["$ref"])
    return value


def _json_content(content: Any) -> Any:
    for kind, media in content.items() if isinstance(content, Mapping) else ():
        if "json" in str(kind) and isinstance(media, Mapping):
            return media.get("schema")
    return None


def _servers(source: Source) -> list[str]:
    data = source.data
    servers = data.get("servers")
    found = [
        str(one["url"])
        for one in (servers if isinstance(servers, list) else ())
        if isinstance(one, Mapping) and "url" in one
    ]
    if isinstance(data.get("host"), str):
        schemes = data.get("schemes")
        scheme = "https" if not isinstance(schemes, list) or "https" in schemes else "http"
        found.append(f"{scheme}://{data['host']}")
    whole = [url.rstrip("/") for url in found if url.startswith("http") and "{" not in url]
    return list(dict.fromkeys("/".join(url.split("/")[:3]) for url in whole))


# -- writing -------------------------------------------------------------------------------------


def _written(
    source: Source,
    wanted: Wanted,
    found: Fields,
    *,
    root: Path,
    way: Mapping[str, str] | None = None,
    urls: list[str] | None = None,
    described: bool = True,
) -> Imported:
    notes = list(found.notes)
    head: list[str] = []

    def line(key: str, value: Any, why: str) -> None:
        if value is None:
            notes.append(f"{key}: {why}")
            head.append(f"# {key}:   {why}")
        else:
            head.append(f"{key}: {flow(value, braces=False)}")

    line("system", wanted.system, "")
    line("kind", wanted.kind, "say which part it plays: storefront, oms, wms, erp, ...")
    line("owner", wanted.owner, "say which team answers for it")
    line("base_urls", urls or None, "say where it is called")
    head += ["messages:", f"  {flow_key(wanted.message)}:"]
    body: list[str] = []
    key = wanted.key
    if key is None or key not in found.specs:
        if key is not None:
            raise source.refuse(f"has no field {key!r}", did_you_mean(key, list(found.specs)))
        notes.append("key: say which field tells one message from another")
        body.append("    # key:   say which field tells one message from another")
    else:
        body.append(f"    key: {flow(key, braces=False)}")
    if way is None:
        notes.append("carried_by: say in which webhook, request or answer it travels")
        body.append("    # carried_by:   say in which webhook, request or answer it travels")
    else:
        body.append(f"    carried_by: {flow({'call': dict(way)})}")
    if described:
        entry = {"file": _from_root(source.file, root), "sha256": source.sha256}
        body.append(f"    imported: {flow(entry)}")
    body.append("    fields:")
    body += [f"      {flow_key(path)}: {flow(spec)}" for path, spec in found.specs.items()]
    comments = [
        _SCHEMA_MODELINE,
        f"# Made from {_in_comment(source.file.name)}. What it does not say is left out:",
    ]
    comments += [f"#   {_in_comment(note)}" for note in notes] or ["#   nothing"]
    return Imported("\n".join([*comments, *head, *body]) + "\n", tuple(notes))


def _in_comment(text: str) -> str:
    """Return a text as a comment may hold it: one line of visible characters."""
    return " ".join(FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text).split())


def _from_root(file: Path, root: Path) -> str:
    try:
        return file.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return file.name
